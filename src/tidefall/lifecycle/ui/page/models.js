// Models, their versions, and one version with its card, its approvals and its history.

import { get, post } from "./api.js";
import { empty, frame, h, link, moment, pager, pairs, section, table, choice } from "./dom.js";

const SIZE = 50;

function stage(words) { return words === "None" ? "" : h("span", { class: words }, words); }

function aliases(model, number) { return Object.entries(model.aliases).filter(([, of]) => of === number).map(([alias]) => alias).join(", "); }

export async function modelsView(context) {
  const { params, signal, go } = context, first = Number(params.first) || 0;
  const { models, has_more: hasMore } = await get("models", { find: params.find, first, size: SIZE }, signal);
  const submit = (event) => { event.preventDefault(); go({ find: new FormData(event.target).get("find").trim() }); };
  const columns = [
    { name: "Model", kind: "words", cell: (one) => link(one.name, ["models", one.name], {}, { "data-row": true }) },
    { name: "Versions", kind: "number", cell: (one) => String(one.versions) },
    { name: "Newest", kind: "number", cell: (one) => (one.latest ? link(one.latest.number, ["models", one.name, one.latest.number]) : "") },
    { name: "Its stage", cell: (one) => (one.latest ? stage(one.latest.stage) : "") },
    { name: "Aliases", kind: "words", cell: (one) => Object.entries(one.aliases).map(([alias, number]) => `${alias} = ${number}`).join(", ") },
    { name: "Changed", cell: (one) => moment(one.updated) },
    { name: "Description", kind: "words", cell: (one) => one.description },
  ];
  const nothing = params.find ? "No model is called so." : "No models yet. tidefall models register NAME FOLDER makes one.";
  return [
    h("h1", {}, "Models"),
    h("form", { class: "row", role: "search", onsubmit: submit }, h("label", { class: "grow" }, "Name", h("input", { name: "find", id: "filter", value: params.find ?? "", spellcheck: "false" })), h("button", { class: "first" }, "Find")),
    h("section", { "aria-label": "List of models" }, models.length ? table(columns, models, { label: "Models" }) : empty(nothing), pager(["models"], params, first, SIZE, models.length, hasMore)),
  ];
}

export async function modelView(context) {
  const { params, signal, segments } = context, name = segments[1], first = Number(params.first) || 0;
  const { model, versions, has_more: hasMore } = await get("model", { name, first, size: SIZE }, signal);
  const columns = [
    { name: "Version", kind: "number", cell: (one) => link(one.number, ["models", name, one.number], {}, { "data-row": true }) },
    { name: "Stage", cell: (one) => stage(one.stage) },
    { name: "Aliases", kind: "words", cell: (one) => aliases(model, one.number) },
    { name: "Approved by", kind: "words", cell: (one) => one.approvals.join(", ") },
    { name: "Registered by", kind: "words", cell: (one) => one.user },
    { name: "When", cell: (one) => moment(one.created) },
    { name: "Run", cell: (one) => (one.run ? link(one.run.slice(0, 8), ["run", one.run]) : "") },
    { name: "Description", kind: "words", cell: (one) => one.description },
  ];
  const pointed = Object.entries(model.aliases).map(([alias, number]) => [alias, link(`version ${number}`, ["models", name, number])]);
  return [
    h("h1", {}, name),
    model.description || pointed.length || Object.keys(model.tags).length ? section("About", model.description ? h("p", { class: "words" }, model.description) : null, pairs({ ...Object.fromEntries(pointed), ...model.tags })) : null,
    h("section", { "aria-label": "Versions" }, h("h2", {}, "Versions"), versions.length ? table(columns, versions, { label: "Versions" }) : empty(first ? "There are no more versions." : "It has no versions."), pager(["models", name], params, first, SIZE, versions.length, hasMore)),
  ];
}

function form(context, words, endpoint, given, ...fields) {
  const said = h("p", { class: "bad words", role: "alert" });
  const button = h("button", { class: "first" }, words);
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    said.textContent = "";
    try {
      await post(endpoint, { ...given, ...Object.fromEntries(new FormData(event.target)), ...(event.target.elements.archive_existing ? { archive_existing: event.target.elements.archive_existing.checked } : {}) });
      context.refresh();
    } catch (error) {
      said.textContent = error.message;
      button.disabled = false;
    }
  };
  return h("form", { onsubmit: submit, "aria-label": words }, h("div", { class: "row" }, fields, button), said);
}

// What the user's roles allow; nothing for most.
function changes(context, found) {
  const given = { name: found.version.model, version: Number(found.version.number) }, { allowed } = context.about;
  const forms = [
    allowed.includes("approve") ? form(context, "Approve", "approve", given, h("label", { class: "grow" }, "Comment", h("input", { name: "comment", maxlength: 2000 }))) : null,
    allowed.includes("promote") ? form(context, "Set the stage", "stage", given, h("label", {}, "Stage", choice("stage", found.stages.map((one) => [one, one]), found.version.stage)), h("label", { class: "check" }, h("input", { type: "checkbox", name: "archive_existing" }), "Archive the one that has it")) : null,
    allowed.includes("promote") ? form(context, "Set the alias", "alias", given, h("label", {}, "Alias", h("input", { name: "alias", required: true, maxlength: 200 }))) : null,
  ].filter(Boolean);
  return forms.length ? section("Change it", h("p", { class: "faint" }, `As ${context.about.user}. Each change is written to the audit log.`), forms) : null;
}

// Reads all files of a version when it is asked to: that may take as long as they are large.
function checking(version) {
  const said = h("p", { class: "words", role: "status" });
  const check = async (event) => {
    const button = event.target;
    button.disabled = true;
    said.className = "words faint";
    said.textContent = "Reading its files ...";
    try {
      const { problems, signature_checked: isSigned } = await get("check", { name: version.model, version: version.number });
      said.className = problems.length ? "words bad" : "words good";
      said.textContent = problems.join("; ") || `Its files, its card and the audit log are as they were registered${isSigned ? ", and signed by a trusted key" : "; no key was given to check signatures by"}.`;
    } catch (error) {
      said.className = "words bad";
      said.textContent = error.message;
    }
    button.disabled = false;
  };
  return version.path ? [h("p", {}, h("button", { type: "button", id: "check", onclick: check }, "Check its files")), said] : null;
}

function approvals(found) {
  const needed = Object.entries(found.needed).filter(([, count]) => count > 0).map(([of, count]) => `${count} needed for ${of}`).join(", ");
  const listed = found.approvals.length ? h("ul", {}, found.approvals.map((one) => h("li", { class: "words" }, one.user, one.comment ? `: ${one.comment}` : ""))) : empty("Nobody has approved it.");
  return section("Approvals", needed ? h("p", { class: "faint" }, needed) : null, listed);
}

function card(found) {
  if (!found.card) return section("Model card", h("p", { class: "faint words" }, found.card_problem));
  const { said, tables, address } = found.card;
  return section("Model card",
    Object.entries(said).map(([heading, words]) => [h("h3", {}, heading), h("p", { class: "words" }, words)]),
    Object.entries(tables).map(([heading, rows]) => [h("h3", {}, heading), pairs(Object.fromEntries(rows))]),
    h("details", {}, h("summary", { class: "faint" }, "As the page that lies with the version"), frame("Model card", address)));
}

export async function versionView(context) {
  const [, name, number] = context.segments;
  const found = await get("version", { name, version: number }, context.signal), { version } = found;
  const facts = {
    Stage: version.stage, Aliases: found.aliases.join(", "), "Registered by": version.user, When: moment(version.created),
    Run: version.run ? link(version.run.slice(0, 8), ["run", version.run]) : "",
    Lineage: link("what it was made from, and what came of it", ["lineage", version.artifact]),
    From: version.source, Folder: version.path, Manifest: version.manifest, ...version.tags,
  };
  const audit = [
    { name: "", kind: "number", cell: (one) => String(one.sequence) }, { name: "When", cell: (one) => moment(Date.parse(one.time)) },
    { name: "Who", kind: "words", cell: (one) => one.who }, { name: "What", cell: (one) => one.action },
    { name: "Details", kind: "words", cell: (one) => Object.entries(one.details).filter(([key, value]) => key !== "manifest" && key !== "version" && value !== "").map(([key, value]) => `${key} = ${value}`).join(", ") },
  ];
  return [
    h("h1", {}, link(name, ["models", name]), ` version ${version.number}`),
    section("About", version.description ? h("p", { class: "words" }, version.description) : null, pairs(facts), checking(version)),
    changes(context, found),
    approvals(found),
    card(found),
    section("History", found.audit.length ? table(audit, found.audit, { label: "Audit log" }) : empty("The audit log tells nothing of it.")),
  ];
}
