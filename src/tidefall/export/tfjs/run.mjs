// Runs models in TensorFlow.js: node run.mjs PACKAGES, where PACKAGES has node_modules/@tensorflow/tfjs.
// Each line it reads is a job, {folder, inputs, layers}; each line it writes is the answer.
import {createRequire} from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';

console.log = console.info = console.warn = () => {};
const require = createRequire(path.join(process.argv[2], 'package.json'));
const tf = require('@tensorflow/tfjs');

const read = (folder) => {
  const model = JSON.parse(fs.readFileSync(path.join(folder, 'model.json')));
  const groups = model.weightsManifest || [];
  const bytes = Buffer.concat(
      groups.flatMap((group) => group.paths.map((name) => fs.readFileSync(path.join(folder, name)))));
  return {
    ...model,
    weightSpecs: groups.flatMap((group) => group.weights),
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  };
};

const opened = new Map();
const open = async (folder, layers) => {
  if (!opened.has(folder)) {
    const artifacts = read(folder);
    const source = tf.io.fromMemory(artifacts);
    const model = layers ? await tf.loadLayersModel(source) : await tf.loadGraphModel(source);
    opened.set(folder, {model, signature: artifacts.signature});
  }
  return opened.get(folder);
};

const tensor = ({dtype, shape, values}) => tf.tensor(values, shape, dtype);
const told = (one) => ({shape: one.shape, dtype: one.dtype, values: Array.from(one.dataSync())});

const run = async ({folder, inputs, layers}) => {
  const {model, signature} = await open(folder, layers);
  let names, found;
  if (layers) {
    found = model.predict(inputs.map(tensor));
  } else {
    const feeds = {};
    for (const [name, value] of Object.entries(inputs)) feeds[signature.inputs[name].name] = tensor(value);
    names = Object.keys(signature.outputs);
    found = model.execute(feeds, names.map((name) => signature.outputs[name].name));
  }
  const outputs = {};
  (Array.isArray(found) ? found : [found]).forEach((one, i) => outputs[names ? names[i] : i] = told(one));
  return {outputs};
};

for await (const line of readline.createInterface({input: process.stdin})) {
  let answer;
  try {
    answer = await run(JSON.parse(line));
  } catch (error) {
    answer = {error: String(error.message || error)};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
