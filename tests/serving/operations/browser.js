// Enough of a browser to run the script of the status page: elements that hold text and children.
// Reads {script, replies, events} from standard input; prints what the page shows.
"use strict";
const vm = require("node:vm");

class Element {
  constructor(name) { Object.assign(this, { name, className: "", children: [], listeners: {}, attributes: {}, text: "" }); this.chosen = undefined; }
  set textContent(text) { this.children = []; this.text = String(text); }
  get textContent() { return this.text + this.children.map((child) => child.textContent).join("|"); }
  set innerHTML(text) { throw new Error("the page makes HTML"); }
  get value() { return this.chosen ?? (this.name === "select" ? this.children[0]?.value ?? "" : ""); }
  set value(value) { this.chosen = value; }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; this.text = ""; }
  setAttribute(name, value) { this.attributes[name] = String(value); }
  addEventListener(name, listener) { this.listeners[name] = listener; }
}

async function main({ script, replies, rounds, predict }) {
  const elements = {}, asked = [];
  const selects = new Set(["model", "signature"]);
  let tick;
  const document = {
    hidden: false,
    getElementById: (id) => (elements[id] ??= new Element(selects.has(id) ? "select" : id)),
    createElement: (name) => new Element(name),
    createElementNS: (_, name) => new Element(name),
  };
  const fetch = async (path, options) => {
    asked.push({ path, method: options.method ?? "GET", body: options.body, headers: options.headers });
    const queue = replies[path] ?? [{ status: 404, body: { error: `nothing at ${path}` } }];
    const { status, body } = queue.length > 1 ? queue.shift() : queue[0];
    return { ok: status === 200, status, text: async () => (typeof body === "string" ? body : JSON.stringify(body)) };
  };
  const context = { document, fetch, performance, console, setInterval: (callback) => { tick = callback; } };
  vm.runInNewContext(script, context);
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
  await settle();
  for (let round = 1; round < rounds; round++) { tick(); await settle(); }
  if (predict) { elements.form.listeners.submit({ preventDefault() {} }); await settle(); }
  const rows = (elements.models?.children ?? []).map((row) => row.children.map((cell) => cell.textContent));
  const shown = Object.fromEntries(Object.entries(elements).map(([id, element]) => [id, element.textContent]));
  const values = Object.fromEntries(Object.entries(elements).map(([id, element]) => [id, element.value]));
  const names = new Set();
  const walk = (element) => { names.add(element.name); element.children.forEach(walk); };
  Object.values(elements).forEach(walk);
  const lines = (elements.rate?.children ?? []).filter((child) => child.name === "polyline").map((line) => line.attributes.points);
  process.stdout.write(JSON.stringify({ rows, shown, values, asked, lines, elements: [...names] }));
}

let input = "";
process.stdin.on("data", (data) => { input += data; });
process.stdin.on("end", () => main(JSON.parse(input)));
