// Artifacts with their reports and files, and what led to what.

import { get } from "./api.js";
import { bytes, choice, empty, frame, h, link, moment, pager, pairs, place, section, table } from "./dom.js";
import { graph } from "./graph.js";

const SIZE = 50;
const RUN = "tidefall.Run", VERSION = "tidefall.ModelVersion";

const COLUMNS = [
  { name: "Artifact", kind: "words", cell: (one) => link(one.name || `${one.type} ${one.id}`, ["artifact", one.id], {}, { "data-row": true }) },
  { name: "Type", kind: "words", cell: (one) => one.type },
  { name: "Made", cell: (one) => moment(one.time) },
  { name: "Where", kind: "words", cell: (one) => one.uri },
  { name: "", cell: (one) => link("lineage", ["lineage", one.id]) },
];

export async function artifactsView(context) {
  const { params, signal, go } = context, first = Number(params.first) || 0;
  const [{ types }, { artifacts, has_more: hasMore }] = await Promise.all([get("artifact-types", {}, signal), get("artifacts", { type: params.type, first, size: SIZE }, signal)]);
  const pick = h("label", {}, "Type", choice("type", [["", "all"], ...types.map((one) => [one.name, `${one.name} (${one.count})`])], params.type, { id: "filter", onchange: (event) => go({ type: event.target.value }) }));
  return [
    h("h1", {}, "Artifacts"),
    h("div", { class: "row" }, pick),
    h("section", { "aria-label": "List of artifacts" }, artifacts.length ? table(COLUMNS, artifacts, { label: "Artifacts" }) : empty(params.type || first ? "There are no more of these." : "No artifacts yet: pipelines, runs and the registry make them."), pager(["artifacts"], params, first, SIZE, artifacts.length, hasMore)),
  ];
}

export async function reportsView(context) {
  const { params, signal } = context, first = Number(params.first) || 0;
  const { artifacts, has_more: hasMore } = await get("artifacts", { type: "reports", first, size: SIZE }, signal);
  return [
    h("h1", {}, "Reports of data and evaluations"),
    h("section", { "aria-label": "List of reports" }, artifacts.length ? table(COLUMNS, artifacts, { label: "Reports" }) : empty("No statistics, anomalies, schemas or evaluations yet. What runs logged as HTML is among the files of each run."), pager(["reports"], params, first, SIZE, artifacts.length, hasMore)),
  ];
}

function execution(one) {
  const words = `${one.type} ${one.name || one.id}`;
  return h("li", { class: "words" }, one.type === RUN ? link(words, ["run", one.name]) : words, " ", h("span", { class: one.state }, one.state.toLowerCase()));
}

export async function artifactView(context) {
  const { params, signal, segments } = context;
  const { artifact, made_by: made, read_by: read, report, files, problem } = await get("artifact", { id: segments[1] }, signal);
  const shown = files.find((file) => file.name === params.file && file.is_shown);
  const own = (file) => file.name || artifact.uri.split("/").pop();
  const open = (file) => (file.is_shown ? link(own(file), ["artifact", artifact.id], { file: file.name }, { "data-row": true }) : h("a", { href: file.address, "data-row": true, download: own(file) }, own(file)));
  const version = artifact.type === VERSION && artifact.name ? /^(.*)\/(\d+)$/.exec(artifact.name) : null;
  return [
    h("h1", {}, `${artifact.type} ${artifact.name || artifact.id}`),
    section("About", pairs({
      Artifact: String(artifact.id), State: h("span", { class: artifact.state }, artifact.state.toLowerCase()), Made: moment(artifact.time), Where: artifact.uri,
      Model: version ? link(`${version[1]} version ${version[2]}`, ["models", version[1], version[2]]) : "",
      Lineage: link("what it was made from, and what came of it", ["lineage", artifact.id]), ...artifact.properties,
    })),
    report ? section("Report", frame("Report", report)) : null,
    section("Files", problem ? h("p", { class: "faint words" }, problem) : files.length ? table([{ name: "Name", kind: "words", cell: open }, { name: "Size", kind: "number", cell: (file) => bytes(file.size) }], files, { label: "Files" }) : empty("It has no files."), shown ? frame(own(shown), shown.address) : null),
    section("Made by", made.length ? h("ul", {}, made.map(execution)) : empty("Nothing that is known.")),
    section("Read by", read.length ? h("ul", {}, read.map(execution)) : empty("Nothing yet.")),
  ];
}

export async function lineageView(context) {
  const { params, signal, segments, goTo } = context, wanted = segments[1] ?? "";
  const submit = (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const name = given.get("artifact").trim();
    if (name) goTo(["lineage", name], { direction: given.get("direction"), hops: given.get("hops") });
  };
  const change = (event) => event.target.form.requestSubmit();
  const form = h("form", { class: "row", role: "search", onsubmit: submit },
    h("label", { class: "grow" }, "Of a model (NAME or NAME/VERSION), an artifact's number, or its place", h("input", { name: "artifact", id: "filter", value: wanted, spellcheck: "false" })),
    h("label", {}, "Direction", choice("direction", [["both", "both ways"], ["backward", "what it was made from"], ["forward", "what came of it"]], params.direction ?? "both", { id: "direction", onchange: change })),
    h("label", {}, "How far", choice("hops", [["1", "one step"], ["3", "three steps"], ["0", "all the way"]], params.hops ?? "3", { id: "hops", onchange: change })),
    h("button", { class: "first" }, "Show"));
  const head = [h("h1", {}, "Lineage"), form];
  if (!wanted) return [...head, empty("Name a model or an artifact to see what it was made from, and what came of it.")];
  const found = await get("lineage", { artifact: wanted, direction: params.direction ?? "both", hops: params.hops ?? "3" }, signal);
  return [...head, ...picture(found)];
}

function picture({ start, nodes, edges, is_cut: isCut }) {
  const href = (node) => (node.kind === "artifact" ? place(["artifact", node.id]) : node.type === RUN ? place(["run", node.name]) : null);
  const title = (node) => `${node.type} ${(node.type === RUN && node.properties["t.mlflow.runName"]) || node.name || node.id}`;
  const columns = [
    { name: "Node", kind: "words", cell: (node) => (href(node) ? h("a", { href: href(node), "data-row": true }, title(node)) : title(node)) },
    { name: "Kind", cell: (node) => node.kind }, { name: "State", cell: (node) => h("span", { class: node.state }, node.state.toLowerCase()) },
    { name: "When", cell: (node) => moment(node.time) }, { name: "Where", kind: "words", cell: (node) => node.uri },
    { name: "Properties", kind: "words", cell: (node) => (Object.keys(node.properties).length ? h("details", {}, h("summary", {}, String(Object.keys(node.properties).length)), pairs(node.properties)) : "") },
  ];
  return [
    isCut ? h("p", { class: "bad", role: "status" }, "The graph is larger than what is shown here: go fewer steps, or one way.") : null,
    section("Graph", graph(nodes, edges, { label: "Lineage graph", words: (node) => [title(node), node.kind === "execution" ? node.state : node.uri || node.state], href, kind: (node) => `${node.kind} ${node.state}${node.key === start ? " start" : ""}` })),
    section("Nodes", table(columns, nodes, { label: "Nodes" })),
  ];
}
