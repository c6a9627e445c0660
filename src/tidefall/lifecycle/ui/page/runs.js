// The list of runs, and the curves of those that are chosen.

import { get } from "./api.js";
import { curves } from "./compare.js";
import { choice, empty, h, link, moment, number, pager, runName, seconds, section, table } from "./dom.js";

const SIZE = 50, FIRST = 5, MOST = 20, METRICS = 5, PARAMS = 4, EXPERIMENTS = 200;

// The names that most of the runs have, at most so many.
function common(runs, kind, most) {
  const counts = new Map();
  for (const run of runs) for (const name of Object.keys(run[kind])) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, most).map(([name]) => name);
}

function quoted(name) { return /^[\w.\-/]+$/.test(name) ? name : `\`${name}\``; }

function form(context, experiments, metrics, hasOlder) {
  const { params, go } = context;
  const submit = (event) => {
    event.preventDefault();
    const given = new FormData(made);
    go({ ...params, experiment: given.get("experiment"), filter: given.get("filter").trim(), order_by: given.get("order_by"), first: "" });
  };
  const orders = [["", "newest first"], ...metrics.flatMap((name) => [[`metrics.${quoted(name)} DESC`, `${name}, largest first`], [`metrics.${quoted(name)} ASC`, `${name}, least first`]])];
  if (params.order_by && !orders.some(([value]) => value === params.order_by)) orders.push([params.order_by, params.order_by]);
  const change = () => made.requestSubmit();
  const made = h("form", { class: "row", role: "search", onsubmit: submit },
    h("label", {}, hasOlder ? "Experiment (older ones by their runs)" : "Experiment", choice("experiment", [["", "all"], ...experiments.map((one) => [one.id, `${one.name} (${one.runs})`])], params.experiment, { id: "experiment", onchange: change })),
    h("label", { class: "grow" }, "Filter, such as metrics.loss < 0.5 and params.optimizer = 'adam'", h("input", { name: "filter", id: "filter", value: params.filter ?? "", spellcheck: "false", autocomplete: "off" })),
    h("label", {}, "Order", choice("order_by", orders, params.order_by, { id: "order", onchange: change })),
    h("button", { class: "first" }, "Find"));
  return made;
}

// A heading that orders by its metric: largest first, then least, then not at all.
function ordering(context, name) {
  const [down, up] = ["DESC", "ASC"].map((way) => `metrics.${quoted(name)} ${way}`), now = context.params.order_by;
  const next = now === down ? up : now === up ? "" : down;
  return {
    name, kind: "number",
    sort: now === down ? "descending" : now === up ? "ascending" : undefined,
    head: h("button", { type: "button", id: `order-${name}`, title: "Order by it", onclick: () => context.go({ ...context.params, order_by: next, first: "" }) }, name, now === down ? " ↓" : now === up ? " ↑" : ""),
    cell: (run) => (run.metrics[name] ? number(run.metrics[name].value) : ""),
  };
}

function columns(context, runs, selected, toggle) {
  const chosen = (run) => h("input", { type: "checkbox", id: `choose-${run.id}`, checked: selected.has(run.id), "aria-label": `Choose ${runName(run)}`, onchange: (event) => toggle(run.id, event.target.checked) });
  return [
    { name: "", cell: chosen },
    { name: "Run", kind: "words", cell: (run) => link(runName(run), ["run", run.id], {}, { "data-row": true }) },
    ...(context.params.experiment ? [] : [{ name: "Experiment", kind: "words", cell: (run) => link(run.experiment_name, ["runs"], { experiment: run.experiment }) }]),
    { name: "State", cell: (run) => h("span", { class: run.status }, run.status.toLowerCase()) },
    { name: "Started", cell: (run) => moment(run.start) },
    { name: "Took", kind: "number", cell: (run) => (run.end ? seconds((run.end - run.start) / 1000) : "") },
    ...common(runs, "metrics", METRICS).map((name) => ordering(context, name)),
    ...common(runs, "params", PARAMS).map((name) => ({ name, kind: "words", cell: (run) => run.params[name] ?? "" })),
  ];
}

export async function runsView(context) {
  const { params, signal, go } = context, first = Number(params.first) || 0;
  const asked = { experiment: params.experiment, filter: params.filter, order_by: params.order_by, first, size: SIZE };
  const [{ experiments, has_more: hasOlder }, { runs, has_more: hasMore }] = await Promise.all([
    get("experiments", { size: EXPERIMENTS, with: params.experiment }, signal),
    get("runs", asked, signal),
  ]);
  const selected = new Set((params.select ?? "").split(",").filter(Boolean));
  const metrics = common(runs, "metrics", 30);
  const toggle = (id, isChosen) => {
    if (isChosen) selected.add(id);
    else selected.delete(id);
    go({ ...params, select: [...selected].slice(0, MOST).join(",") }, { replace: true });
  };
  if (runs.some((run) => run.status === "RUNNING")) context.again(10);
  const shown = selected.size ? [...selected] : runs.slice(0, FIRST).map((run) => run.id);
  const metric = metrics.includes(params.metric) || selected.size ? params.metric || metrics[0] : metrics[0];
  const about = h("span", { class: "faint" }, selected.size ? `${selected.size} chosen` : `The first ${shown.length} of this list; choose others by their boxes.`);
  const all = shown.length ? link("Compare all their metrics and parameters", ["compare"], { runs: shown.join(",") }, { id: "compare" }) : null;
  const clear = selected.size ? link("Choose none", ["runs"], { ...params, select: "" }, { id: "clear" }) : null;
  const pick = h("label", {}, "Curves of", choice("metric", metrics.map((name) => [name, name]), metric, { id: "metric", onchange: (event) => go({ ...params, metric: event.target.value }, { replace: true }) }));
  const nothing = params.filter || params.experiment ? "No run is like this." : first ? "There are no more runs." : "No runs yet. A run begins with tidefall.track.Tracker(store).start_run().";
  return [
    h("h1", {}, "Runs"),
    form(context, experiments, metrics, hasOlder),
    metric && shown.length ? section("Curves", h("div", { class: "row" }, pick, about, all, clear), curves(context, shown, [metric], new Map(runs.map((run) => [run.id, run])))) : null,
    h("section", { "aria-label": "List of runs" },
      runs.length ? table(columns(context, runs, selected, toggle), runs, { label: "Runs" }) : empty(nothing),
      pager(["runs"], params, first, SIZE, runs.length, hasMore)),
  ];
}

