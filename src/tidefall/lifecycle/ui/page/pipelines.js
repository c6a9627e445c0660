// Pipelines, their runs, and the nodes of a run.

import { get } from "./api.js";
import { empty, h, link, moment, pager, pairs, place, seconds, section, table } from "./dom.js";
import { graph } from "./graph.js";
import { artifactRows } from "./run.js";

const SIZE = 50;

function state(words) { return h("span", { class: words }, words); }

const RUN_COLUMNS = [
  { name: "Run", kind: "words", cell: (one) => link(one.id, ["pipeline-run", one.id], {}, { "data-row": true }) },
  { name: "State", cell: (one) => state(one.state) },
  { name: "Started", cell: (one) => moment(one.begin) },
  { name: "Took", kind: "number", cell: (one) => (one.state === "running" ? "" : seconds((one.end - one.begin) / 1000)) },
];

export async function pipelinesView(context) {
  const { params, signal } = context, first = Number(params.first) || 0;
  const { pipelines, has_more: hasMore } = await get("pipelines", { first, size: SIZE }, signal);
  const columns = [
    { name: "Pipeline", kind: "words", cell: (one) => link(one.name, ["pipelines", one.name], {}, { "data-row": true }) },
    { name: "Last run", kind: "words", cell: (one) => (one.last ? link(one.last.id, ["pipeline-run", one.last.id]) : "") },
    { name: "State", cell: (one) => (one.last ? state(one.last.state) : "") },
    { name: "Started", cell: (one) => (one.last ? moment(one.last.begin) : "") },
  ];
  if (pipelines.some((one) => one.last?.state === "running")) context.again(5);
  return [
    h("h1", {}, "Pipelines"),
    h("section", { "aria-label": "List of pipelines" }, pipelines.length ? table(columns, pipelines, { label: "Pipelines" }) : empty("No pipeline ran in this store. tidefall pipeline run FILE runs one; its metadata is then what to open here."), pager(["pipelines"], params, first, SIZE, pipelines.length, hasMore)),
  ];
}

export async function pipelineView(context) {
  const { params, signal, segments } = context, first = Number(params.first) || 0, name = segments[1];
  const { runs, has_more: hasMore } = await get("pipeline", { name, first, size: SIZE }, signal);
  if (runs.some((one) => one.state === "running")) context.again(5);
  return [
    h("h1", {}, name),
    h("section", { "aria-label": "Runs" }, h("h2", {}, "Runs"), runs.length ? table(RUN_COLUMNS, runs, { label: "Runs" }) : empty("It did not run yet."), pager(["pipelines", name], params, first, SIZE, runs.length, hasMore)),
  ];
}

export async function pipelineRunView(context) {
  const { params, signal, segments } = context;
  const { run, nodes, edges } = await get("pipeline-run", { id: segments[1] }, signal);
  const took = (node) => node.seconds ?? (node.state === "running" ? null : (node.end - node.begin) / 1000);
  const chosen = nodes.find((node) => node.name === params.node);
  const columns = [
    { name: "Node", kind: "words", cell: (node) => link(node.name, ["pipeline-run", run.id], { node: node.name }, { "data-row": true }) },
    { name: "State", cell: (node) => state(node.state) },
    { name: "Took", kind: "number", cell: (node) => seconds(took(node)) },
    { name: "Attempts", kind: "number", cell: (node) => String(node.attempts) },
    { name: "Error", kind: "words", cell: (node) => node.error },
  ];
  if (run.state === "running") context.again(3);
  return [
    h("h1", {}, link(run.pipeline, ["pipelines", run.pipeline]), ` run ${run.id}`),
    section("About", pairs({ State: state(run.state), Started: moment(run.begin), Took: run.state === "running" ? "" : seconds((run.end - run.begin) / 1000) })),
    nodes.length ? section("Nodes",
      graph(nodes, edges, {
        label: "Nodes of the run", words: (node) => [node.name, [node.state, seconds(took(node))].filter(Boolean).join(", ")],
        href: (node) => place(["pipeline-run", run.id], { node: node.name }),
        kind: (node) => `execution ${node.state}${node === chosen ? " start" : ""}`,
      }),
      table(columns, nodes, { label: "Nodes" })) : section("Nodes", empty("No node has begun.")),
    chosen ? section(chosen.name,
      pairs({ Type: chosen.type, State: state(chosen.state), Started: moment(chosen.begin), Error: chosen.error, ...chosen.properties }),
      h("h3", {}, "What it read"), artifactRows(chosen.inputs, "Inputs"), h("h3", {}, "What it made"), artifactRows(chosen.outputs, "Outputs")) : null,
  ];
}
