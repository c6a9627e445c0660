// Runs graph and layers models in TensorFlow.js: node run.mjs PACKAGES < jobs.json > answers.json
import {createRequire} from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

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
const tensor = ({dtype, shape, values}) =>
    tf.tensor(values, shape, dtype === 'bool' ? 'bool' : dtype);
const answers = [];
for (const job of JSON.parse(fs.readFileSync(0))) {
  try {
    const artifacts = read(job.folder);
    const outputs = {};
    if (job.layers) {
      const model = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
      const found = model.predict(job.inputs.map(tensor));
      (Array.isArray(found) ? found : [found]).forEach((one, i) => outputs[i] = one);
    } else {
      const model = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
      const feeds = {};
      for (const [name, value] of Object.entries(job.inputs)) feeds[artifacts.signature.inputs[name].name] = tensor(value);
      const names = Object.entries(artifacts.signature.outputs);
      const found = model.execute(feeds, names.map(([, info]) => info.name));
      (Array.isArray(found) ? found : [found]).forEach((one, i) => outputs[names[i][0]] = one);
    }
    const told = {};
    for (const [name, one] of Object.entries(outputs)) told[name] = {shape: one.shape, dtype: one.dtype, values: Array.from(one.dataSync())};
    answers.push({outputs: told});
  } catch (error) {
    answers.push({error: String(error.message || error)});
  }
}
process.stdout.write(JSON.stringify(answers));
