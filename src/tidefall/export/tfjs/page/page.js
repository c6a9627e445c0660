// A form made from the signature of MODEL (model.js), and the model behind it. Nothing is fetched.
'use strict';
const BACKENDS = ['webgl', 'wasm', 'cpu'];
const MOST = 10;
const page = {ready: null, predict: null};
const $ = (id) => document.getElementById(id);
const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in element) element[key] = value; else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
};

const sizes = (info) => (info.tensorShape.dim || []).map((dim) => Number(dim.size));
const kinds = {DT_FLOAT: 'float32', DT_INT32: 'int32', DT_INT64: 'int32', DT_BOOL: 'bool', DT_UINT8: 'int32'};

const bytesOf = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer;

async function open() {
  const {manifest, weights, model} = MODEL;
  return tf.loadGraphModel(tf.io.fromMemory({
    ...model, weightSpecs: manifest.flatMap((group) => group.weights), weightData: bytesOf(weights),
  }));
}

// ---- inputs ----

// A picture: dropped, chosen, or drawn with the pointer or the keys.
function picture(name, shape) {
  const [, height, width, channels] = shape.map((size) => size < 0 ? 224 : size);
  const canvas = make('canvas', {width, height, tabIndex: 0});
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `${name}: draw with the pointer, or drop a picture`);
  const context = canvas.getContext('2d', {willReadFrequently: true});
  const clear = () => { context.fillStyle = '#000'; context.fillRect(0, 0, width, height); };
  clear();
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * width, (event.clientY - box.top) / box.height * height];
  };
  let last = null;
  const stroke = (to) => {
    context.strokeStyle = '#fff';
    context.lineCap = 'round';
    context.lineWidth = Math.max(1, width / 12);
    context.beginPath();
    context.moveTo(...(last || to));
    context.lineTo(...to);
    context.stroke();
    last = to;
  };
  canvas.addEventListener('pointerdown', (event) => { canvas.setPointerCapture(event.pointerId); last = null; stroke(place(event)); });
  canvas.addEventListener('pointermove', (event) => { if (event.buttons) stroke(place(event)); });
  canvas.addEventListener('pointerup', run);
  const show = async (file) => {
    const bitmap = await createImageBitmap(file);
    context.drawImage(bitmap, 0, 0, width, height);
    run();
  };
  canvas.addEventListener('dragover', (event) => { event.preventDefault(); canvas.classList.add('over'); });
  canvas.addEventListener('dragleave', () => canvas.classList.remove('over'));
  canvas.addEventListener('drop', (event) => {
    event.preventDefault();
    canvas.classList.remove('over');
    if (event.dataTransfer.files.length) show(event.dataTransfer.files[0]).catch(told);
  });
  const chooser = make('input', {type: 'file', accept: 'image/*', 'aria-label': `${name}: choose a picture`});
  chooser.addEventListener('change', () => chooser.files.length && show(chooser.files[0]).catch(told));
  const wipe = make('button', {type: 'button'}, 'Clear');
  wipe.addEventListener('click', () => { clear(); run(); });
  const [low, high] = MODEL.pictureRange;
  const read = () => tf.tidy(() => {
    const whole = tf.browser.fromPixels(canvas, channels === 1 ? 3 : channels).toFloat();
    const values = channels === 1 ? whole.mean(2, true) : whole;
    return values.mul((high - low) / 255).add(low).expandDims(0);
  });
  return {elements: [canvas, make('div', {className: 'row'}, chooser, wipe)], read};
}

// Numbers, one after the other; sizes that are free follow from how many there are.
function numbers(name, shape, dtype) {
  const fixed = shape.map((size, i) => size < 0 ? (i ? null : 1) : size);
  const known = fixed.reduce((product, size) => size === null ? product : product * size, 1);
  const free = fixed.indexOf(null);
  const count = free < 0 ? known : known * 4;
  const area = make('textarea', {value: Array(count).fill(0).join(', '), spellcheck: false});
  area.setAttribute('aria-label', `${name}: ${count} numbers`);
  area.addEventListener('change', run);
  const random = make('button', {type: 'button'}, 'Random');
  random.addEventListener('click', () => {
    const draw = dtype === 'float32' ? () => (2 * Math.random() - 1).toFixed(3) : () => Math.floor(10 * Math.random());
    area.value = Array.from({length: area.value.split(/[\s,;]+/).filter(Boolean).length || count}, draw).join(', ');
    run();
  });
  const read = () => {
    const values = area.value.split(/[\s,;]+/).filter(Boolean).map(Number);
    if (values.some(Number.isNaN)) throw new Error(`${name}: these are not all numbers`);
    const whole = [...fixed];
    if (free >= 0) whole[free] = values.length / known;
    const wanted = whole.reduce((product, size) => product * size, 1);
    if (wanted !== values.length || !Number.isInteger(whole[free < 0 ? 0 : free])) {
      throw new Error(`${name}: ${values.length} numbers for the shape [${shape.join(', ')}]`);
    }
    return tf.tensor(values, whole, dtype);
  };
  return {elements: [area, make('div', {className: 'row'}, random)], read};
}

function widget(name, info) {
  const shape = sizes(info), dtype = kinds[info.dtype] || 'float32';
  const isPicture = shape.length === 4 && [1, 3, 4].includes(shape[3]) && dtype === 'float32';
  const made = isPicture ? picture(name, shape) : numbers(name, shape, dtype);
  const words = `${info.dtype.replace('DT_', '').toLowerCase()} [${shape.map((s) => s < 0 ? 'any' : s).join(', ')}]`;
  $('inputs').append(make('fieldset', {}, make('legend', {}, name), make('p', {}, words), ...made.elements));
  return made.read;
}

// ---- outputs ----

const short = (value) => Number.isInteger(value) ? String(value) : value.toPrecision(4);

function shown(name, {shape, values}) {
  if (shape.length > 2 || (shape[0] ?? 1) !== 1 || values.length > 10000) {
    return make('figure', {}, make('figcaption', {}, `${name} [${shape.join(', ')}]`),
        make('pre', {}, values.slice(0, 1000).map(short).join(', ')));
  }
  const labels = MODEL.labels.length === values.length ? MODEL.labels : values.map((_, i) => String(i));
  const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a]).slice(0, MOST);
  const largest = Math.max(...values.map(Math.abs), 1e-30);
  const table = make('table', {}, make('caption', {}, name));
  for (const i of order) {
    const bar = make('span');
    bar.style.width = `${100 * Math.abs(values[i]) / largest}%`;
    table.append(make('tr', {}, make('th', {scope: 'row'}, labels[i]), make('td', {className: 'bar'}, bar),
        make('td', {className: 'number'}, short(values[i]))));
  }
  return table;
}

function told(error) {
  $('problem').textContent = String(error.message || error);
}

let model, readers, running = false, again = false;

// Arrays by name to arrays by name.
page.predict = async (inputs) => {
  const {signature} = MODEL.model;
  const feeds = {};
  for (const [name, info] of Object.entries(signature.inputs)) {
    const given = inputs[name];
    feeds[info.name] = given instanceof tf.Tensor ? given : tf.tensor(given.values, given.shape, given.dtype || 'float32');
  }
  const names = Object.keys(signature.outputs);
  const found = model.execute(feeds, names.map((name) => signature.outputs[name].name));
  const all = Array.isArray(found) ? found : [found], answers = {};
  for (let i = 0; i < all.length; ++i) {
    answers[names[i]] = {shape: all[i].shape, values: Array.from(await all[i].data())};
  }
  tf.dispose([Object.values(feeds), all]);
  return answers;
};

async function run() {
  if (running) { again = true; return; }
  running = true;
  do {
    again = false;
    try {
      $('problem').textContent = '';
      const inputs = Object.fromEntries(Object.entries(readers).map(([name, read]) => [name, read()]));
      const start = performance.now();
      const answers = await page.predict(inputs);
      const took = performance.now() - start;
      $('outputs').replaceChildren(...Object.entries(answers).map(([name, answer]) => shown(name, answer)));
      $('figures').textContent = `${took.toFixed(1)} ms, ${(tf.memory().numBytes / 1e6).toFixed(1)} MB of tensors`;
    } catch (error) {
      told(error);
    }
  } while (again);
  running = false;
}

async function choose(name) {
  if (!await tf.setBackend(name)) throw new Error(`this browser has no ${name}`);
  await tf.ready();
  if (model) model.dispose();
  model = await open();
}

async function begin() {
  document.title = $('title').textContent = MODEL.title;
  $('about').textContent = MODEL.about;
  tf.wasm.setWasmPaths(WASM);
  const wanted = new URLSearchParams(location.search).get('backend');
  for (const name of wanted ? [wanted] : BACKENDS) {
    try { await choose(name); break; } catch (error) { told(error); }
  }
  if (!model) return;
  $('problem').textContent = '';
  for (const name of BACKENDS) $('backend').append(make('option', {value: name, selected: name === tf.getBackend()}, name));
  $('backend').addEventListener('change', () => choose($('backend').value).then(run).catch(told));
  $('inputs').addEventListener('submit', (event) => { event.preventDefault(); run(); });
  readers = Object.fromEntries(Object.entries(MODEL.model.signature.inputs).map(([name, info]) => [name, widget(name, info)]));
  $('inputs').append(make('button', {type: 'submit'}, 'Run'));
  await run();
}

window.page = page;
page.ready = begin().catch(told);
