// Runs side by side: curves of their metrics, and where their parameters differ.

import { get } from "./api.js";
import { chart, color, smooth } from "./chart.js";
import { choice, empty, h, link, moment, number, place, runName, seconds, section } from "./dom.js";

const CHARTS = 12;

function line(curve, run, index, { x, weight }) {
  const begin = run?.start ?? curve.time[0] ?? 0;
  const xs = x === "time" ? curve.time.map((time) => (time - begin) / 1000) : curve.step;
  const band = curve.is_gathered && !weight ? { least: curve.least, most: curve.most } : {};
  return { name: run ? runName(run) : curve.run.slice(0, 8), index, href: place(["run", curve.run]), xs, ys: smooth(curve.mean, weight), ...band };
}

// The charts of some metrics of some runs; a run has the same color in all of them. They fill
// themselves, since a long history takes longer than the rest of the page.
export function curves(context, ids, metrics, runs) {
  const before = new Map([...document.querySelectorAll("[data-curve]")].map((box) => [box.dataset.curve, box.firstChild]));
  return h("div", { class: "charts" }, metrics.map((metric) => {
    const shown = before.get(metric)?.cloneNode(true) ?? h("p", { class: "empty" }, "Loading ...");
    const box = h("div", { "data-curve": metric }, shown);
    draw(context, ids, metric, runs).then((figure) => box.replaceChildren(figure), (error) => {
      if (error.name !== "AbortError") box.replaceChildren(h("p", { class: "bad words", role: "alert" }, `${metric}: ${error.message}`));
    });
    return box;
  }));
}

async function draw({ params, signal }, ids, metric, runs) {
  const options = { x: params.x, weight: Number(params.smooth) || 0 };
  const found = await get("curves", { runs: ids.join(","), metric }, signal);
  const lines = found.curves.map((curve, index) => line(curve, runs.get(curve.run), index, options)).filter((one) => one.xs.length);
  return chart(lines, { title: metric, xName: params.x === "time" ? "since the start" : "step", xText: params.x === "time" ? seconds : number, isLog: params.log === "1" });
}

function controls(context, ...more) {
  const { params, go } = context;
  const set = (name) => (event) => go({ ...params, [name]: event.target.type === "checkbox" ? (event.target.checked ? "1" : "") : event.target.value }, { replace: true });
  return h("div", { class: "row" },
    h("label", {}, "Along", choice("x", [["", "steps"], ["time", "time since the start"]], params.x, { id: "along", onchange: set("x") })),
    h("label", {}, "Smoothing", choice("smooth", [["", "none"], ["0.6", "a little"], ["0.9", "much"], ["0.98", "very much"]], params.smooth, { id: "smooth", onchange: set("smooth") })),
    h("label", { class: "check" }, h("input", { type: "checkbox", id: "log", checked: params.log === "1", onchange: set("log") }), "Logarithmic"), more);
}

function allNames(runs, kind) { return [...new Set(runs.flatMap((run) => Object.keys(run[kind])))].sort(); }

// Rows of names, a column for each run; what differs is marked.
function beside(label, runs, names, value, onlyDifferent) {
  const rows = names.map((name) => ({ name, values: runs.map((run) => value(run, name)) }));
  const shown = rows.map((row) => ({ ...row, differs: new Set(row.values).size > 1 })).filter((row) => row.differs || !onlyDifferent);
  if (!shown.length) return empty(onlyDifferent && rows.length ? `${label} are the same in all.` : `They have no ${label.toLowerCase()}.`);
  const head = h("tr", {}, h("th", { scope: "col" }, ""), runs.map((run, index) => h("th", { scope: "col" }, h("span", { class: `swatch ${color(index)}`, "aria-hidden": "true" }), runName(run))));
  const body = shown.map((row) => h("tr", { class: row.differs ? "differs" : undefined }, h("th", { scope: "row" }, row.name), row.values.map((text) => h("td", { class: "words" }, text))));
  return h("div", { class: "wide" }, h("table", { "aria-label": label }, h("thead", {}, head), h("tbody", {}, body)));
}

export async function compareView(context) {
  const { params, signal, go } = context, ids = (params.runs ?? "").split(",").filter(Boolean);
  if (!ids.length) return [h("h1", {}, "Runs side by side"), empty("No runs are chosen. Choose some in the list of runs.")];
  const { runs } = await get("compare", { runs: ids.join(",") }, signal);
  const metrics = allNames(runs, "metrics"), page = Number(params.charts) || 0;
  const shown = params.metric ? metrics.filter((name) => name === params.metric) : metrics.slice(page, page + CHARTS);
  const onlyDifferent = params.same !== "1";
  const pick = h("label", {}, "Metric", choice("metric", [["", `all (${metrics.length})`], ...metrics.map((name) => [name, name])], params.metric, { id: "metric", onchange: (event) => go({ ...params, metric: event.target.value }, { replace: true }) }));
  const toggle = h("label", { class: "check" }, h("input", { type: "checkbox", id: "same", checked: !onlyDifferent, onchange: (event) => go({ ...params, same: event.target.checked ? "1" : "" }, { replace: true }) }), "Also what is the same");
  const more = !params.metric && metrics.length > CHARTS
    ? h("p", { class: "pager" }, page ? link("Before", ["compare"], { ...params, charts: Math.max(0, page - CHARTS) || "" }) : null, h("span", { class: "faint" }, `metrics ${page + 1} to ${page + shown.length} of ${metrics.length}`), page + CHARTS < metrics.length ? link("After", ["compare"], { ...params, charts: page + CHARTS }) : null)
    : null;
  if (runs.some((run) => run.status === "RUNNING")) context.again(10);
  const drop = (run) => link("without it", ["compare"], { ...params, runs: ids.filter((id) => id !== run.id).join(",") });
  const listed = h("ul", {}, runs.map((run, index) => h("li", {}, h("span", { class: `swatch ${color(index)}`, "aria-hidden": "true" }), link(runName(run), ["run", run.id], {}, { "data-row": true }), " ", h("span", { class: run.status }, run.status.toLowerCase()), " ", moment(run.start), " ", runs.length > 1 ? drop(run) : null)));
  return [
    h("h1", {}, `${runs.length} runs side by side`),
    section("Which", listed),
    section("Curves", controls(context, pick), shown.length ? curves(context, ids, shown, new Map(runs.map((run) => [run.id, run]))) : empty("They have no metrics."), more),
    section("Parameters", toggle, beside("Parameters", runs, allNames(runs, "params"), (run, name) => run.params[name] ?? "", onlyDifferent)),
    section("Last values", beside("Metrics", runs, metrics, (run, name) => (run.metrics[name] ? number(run.metrics[name].value) : ""), false)),
  ];
}

export { controls };
