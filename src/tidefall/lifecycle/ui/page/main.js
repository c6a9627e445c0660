// Which view an address shows, and what all views share: errors, keys, the token, loading again.

import { ApiError, get, setToken, token } from "./api.js";
import { artifactView, artifactsView, lineageView, reportsView } from "./artifacts.js";
import { compareView } from "./compare.js";
import { h, place } from "./dom.js";
import { modelView, modelsView, versionView } from "./models.js";
import { pipelineRunView, pipelineView, pipelinesView } from "./pipelines.js";
import { runView } from "./run.js";
import { runsView } from "./runs.js";

const $ = (id) => document.getElementById(id);
const SLOW = 300; // Milliseconds after which a page says that it is loading.

// By the first segment of the address, and how many follow it: the view, and its part of the page.
const VIEWS = {
  "runs/0": [runsView, "runs"], "run/1": [runView, "runs"], "compare/0": [compareView, "runs"],
  "models/0": [modelsView, "models"], "models/1": [modelView, "models"], "models/2": [versionView, "models"],
  "pipelines/0": [pipelinesView, "pipelines"], "pipelines/1": [pipelineView, "pipelines"], "pipeline-run/1": [pipelineRunView, "pipelines"],
  "reports/0": [reportsView, "reports"], "artifacts/0": [artifactsView, "artifacts"], "artifact/1": [artifactView, "artifacts"],
  "lineage/0": [lineageView, "lineage"], "lineage/1": [lineageView, "lineage"],
};

let about = null, loading = null, timer = null, shown = null;

function address() {
  const [path, query] = (location.hash.slice(2) || "runs").split("?", 2);
  let segments;
  try { segments = path.split("/").map(decodeURIComponent); } catch { segments = [path]; }
  return { segments, params: Object.fromEntries(new URLSearchParams(query ?? "")) };
}

function context(signal) {
  const { segments, params } = address();
  const goTo = (to, chosen, { replace = false } = {}) => {
    const target = place(to, chosen);
    if (target === location.hash) load();
    else if (replace) { history.replaceState(null, "", target); load(); }
    else location.hash = target;
  };
  const again = (seconds) => { timer = setTimeout(() => { if (isAtRest()) load(); else context(signal).again(seconds); }, seconds * 1000); };
  return { segments, params, signal, about, goTo, go: (chosen, options) => goTo(segments, chosen, options), refresh: load, again };
}

// Whether nobody is typing, choosing or reading a document, whom a change of the page would disturb.
function isAtRest() {
  return !document.hidden && !["INPUT", "SELECT", "TEXTAREA", "IFRAME"].includes(document.activeElement?.tagName) && !$("view").querySelector("iframe");
}

async function load() {
  clearTimeout(timer);
  loading?.abort();
  const mine = (loading = new AbortController());
  const { segments } = address(), [view, part] = VIEWS[`${segments[0]}/${segments.length - 1}`] ?? [null, ""];
  for (const one of document.querySelectorAll("header nav a")) {
    if (one.getAttribute("href") === `#/${part}`) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
  const slow = setTimeout(() => { $("status").textContent = "Loading ..."; }, SLOW);
  try {
    if (!view) throw new ApiError(404, "This page has no such place.");
    about ??= await get("about", {}, mine.signal);
    $("about").replaceChildren(`${about.store}${about.user ? ` as ${about.user}` : ""}`, about.problem ? h("span", { class: "bad" }, `: ${about.problem}`) : "");
    const made = await view(context(mine.signal));
    if (mine !== loading) return;
    show(made);
    $("problem").replaceChildren();
  } catch (error) {
    if (mine === loading && error.name !== "AbortError") fail(error);
  } finally {
    clearTimeout(slow);
    if (mine === loading) $("status").textContent = "";
  }
}

function show(made) {
  const focused = document.activeElement?.id, isNew = shown !== address().segments.join("/");
  $("view").replaceChildren(...made.filter(Boolean));
  document.title = `${$("view").querySelector("h1")?.textContent ?? ""} · Tidefall`;
  if (focused && !isNew) $(focused)?.focus({ preventScroll: true });
  if (isNew && shown !== null) { scrollTo(0, 0); $("main").focus({ preventScroll: true }); }
  shown = address().segments.join("/");
}

function fail(error) {
  if (error instanceof ApiError && error.status === 401) {
    about = null;
    $("access").open = true;
  }
  if (!(error instanceof ApiError)) console.error(error);
  // What was there would be taken for what was asked for.
  if (shown !== address().segments.join("/")) { $("view").replaceChildren(); shown = ""; }
  $("problem").replaceChildren(h("p", {}, error.message), h("button", { type: "button", onclick: load }, "Try again"));
}

function move(step) {
  const rows = [...$("view").querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))].focus();
}

const KEYS = {
  "/": () => $("filter")?.focus(), j: () => move(1), k: () => move(-1),
  "[": () => $("before")?.click(), "]": () => $("after")?.click(), r: load,
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea")) return;
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
}

$("token").value = token();
$("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken($("token").value.trim());
  about = null;
  $("access").open = false;
  load();
});
$("skip").addEventListener("click", () => $("main").focus());
document.addEventListener("keydown", onKey);
addEventListener("hashchange", load);
load();
