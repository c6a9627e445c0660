// One run: its curves, parameters, files, what it read and made.

import { get } from "./api.js";
import { controls, curves } from "./compare.js";
import { bytes, empty, frame, h, link, moment, number, pairs, seconds, section, table, runName } from "./dom.js";

const CHARTS = 12;

export function artifactRows(artifacts, label) {
  const columns = [
    { name: "Artifact", kind: "words", cell: (one) => link(`${one.type} ${one.name || one.id}`, ["artifact", one.id], {}, { "data-row": true }) },
    { name: "As", cell: (one) => one.key ?? "" },
    { name: "Where", kind: "words", cell: (one) => one.uri },
    { name: "", cell: (one) => link("lineage", ["lineage", one.id]) },
  ];
  return artifacts.length ? table(columns, artifacts, { label }) : empty("None.");
}

// The files of a run, a folder at a time, and the one that is looked at.
async function files(context, run) {
  const { params, signal } = context;
  const { files: found, path } = await get("files", { run: run.id, path: params.path }, signal);
  const parent = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const up = path ? h("p", {}, link("..", ["run", run.id], { path: parent }), ` ${path}/`) : null;
  if (!found.length) return [up, empty(path ? "This folder is empty." : "It logged no files.")];
  const open = (file) => (file.size === null ? link(`${file.name}/`, ["run", run.id], { path: file.path }, { "data-row": true })
    : file.is_shown ? link(file.name, ["run", run.id], { path, file: file.name }, { "data-row": true }) : h("a", { href: file.address, "data-row": true, download: file.name }, file.name));
  const shown = found.find((file) => file.name === params.file && file.is_shown);
  return [
    up,
    table([{ name: "Name", kind: "words", cell: open }, { name: "Size", kind: "number", cell: (file) => bytes(file.size) }], found, { label: "Files" }),
    shown ? frame(shown.name, shown.address) : null,
  ];
}

export async function runView(context) {
  const id = context.segments[1];
  const { run, experiment, links, versions } = await get("run", { id }, context.signal);
  const metrics = Object.keys(run.metrics).sort();
  const own = Object.fromEntries(Object.entries(run.tags).filter(([name]) => !name.startsWith("mlflow.") && !name.startsWith("tidefall.")));
  const rest = Object.fromEntries(Object.entries(run.tags).filter(([name]) => name.startsWith("mlflow.") || name.startsWith("tidefall.")));
  const isRunning = run.status === "RUNNING";
  if (isRunning) context.again(5);
  const shown = metrics.slice(0, CHARTS);
  const facts = {
    Experiment: link(experiment, ["runs"], { experiment: run.experiment }),
    State: h("span", { class: run.status }, run.is_deleted ? `${run.status.toLowerCase()}, deleted` : run.status.toLowerCase()),
    Started: moment(run.start), Ended: moment(run.end),
    Took: run.end ? seconds((run.end - run.start) / 1000) : "",
    Run: run.id, ...own,
  };
  return [
    h("h1", {}, runName(run)),
    section("About", pairs(facts), h("details", {}, h("summary", { class: "faint" }, "Environment and cost"), pairs(rest))),
    section("Curves", metrics.length ? [controls(context), curves(context, [run.id], shown, new Map([[run.id, run]]))] : empty(isRunning ? "No metrics yet." : "It logged no metrics."),
      metrics.length > CHARTS ? h("p", {}, link(`All ${metrics.length} metrics`, ["compare"], { runs: run.id })) : null),
    section("Parameters", Object.keys(run.params).length ? pairs(run.params) : empty("It logged no parameters.")),
    metrics.length ? section("Last values", table([{ name: "Metric", kind: "words", cell: (name) => name }, { name: "Value", kind: "number", cell: (name) => number(run.metrics[name].value) }, { name: "Step", kind: "number", cell: (name) => String(run.metrics[name].step) }], metrics, { label: "Metrics" })) : null,
    section("Files", ...(await files(context, run))),
    versions.length ? section("Models registered from it", table([{ name: "Version", kind: "words", cell: (one) => link(`${one.model} ${one.number}`, ["models", one.model, one.number], {}, { "data-row": true }) }, { name: "Stage", cell: (one) => h("span", { class: one.stage }, one.stage) }], versions, { label: "Versions" })) : null,
    section("What it read", artifactRows(links.inputs, "Inputs")),
    section("What it made", artifactRows(links.outputs, "Outputs")),
  ];
}
