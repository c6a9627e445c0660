// Elements, and how values are written. Names and values come from elsewhere and may be hostile:
// they only ever become text or the value of a harmless attribute. Nothing here makes HTML, links
// lead to this page's own places, and the page's policy lets no other script run.

const SVG = "http://www.w3.org/2000/svg";

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "selected") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) made.append(child);
  }
  return made;
}

export function h(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

// The address of a place in this page: segments, and what is chosen there.
export function place(segments, chosen = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(chosen)) if (value !== "" && value !== undefined && value !== null) query.set(name, value);
  const text = query.toString();
  return `#/${segments.map((segment) => encodeURIComponent(segment)).join("/")}${text ? `?${text}` : ""}`;
}

export function link(words, segments, chosen, attributes) {
  return h("a", { href: place(segments, chosen), ...attributes }, words);
}

export function section(title, ...children) {
  return h("section", { "aria-label": title }, h("h2", {}, title), children);
}

export function empty(words) { return h("p", { class: "empty" }, words); }

// A table of columns [{name, kind, head, cell(row)}]; on narrow screens each row becomes a block.
export function table(columns, rows, { label, rowClass = () => undefined } = {}) {
  const head = columns.map((column) => h("th", { scope: "col", class: column.kind, "aria-sort": column.sort }, column.head ?? column.name));
  const body = rows.map((row) => h("tr", { class: rowClass(row) }, columns.map((column) => h("td", { class: column.kind, "data-name": column.name }, column.cell(row)))));
  return h("div", { class: "wide" }, h("table", { class: "stacks", "aria-label": label }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)));
}

// Names and values, one below the other.
export function pairs(values) {
  const shown = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return h("dl", {}, shown.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value instanceof Node ? value : String(value))]));
}

// Links to the pages before and after.
export function pager(segments, chosen, first, size, shown, hasMore) {
  if (!first && !hasMore) return null;
  const before = first > 0 && link("Before", segments, { ...chosen, first: Math.max(0, first - size) || "" }, { rel: "prev", id: "before" });
  const after = hasMore && link("After", segments, { ...chosen, first: first + size }, { rel: "next", id: "after" });
  return h("nav", { class: "pager", "aria-label": "Pages" }, before, h("span", { class: "faint" }, `${first + 1} to ${first + shown}`), after);
}

export function choice(name, options, chosen, attributes) {
  const select = h("select", { name, ...attributes }, options.map(([value, words]) => h("option", { value, selected: String(value) === String(chosen ?? "") }, words)));
  return select;
}

// At most six digits, and no zeros that say nothing; what is not finite comes as text.
export function number(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  const text = String(Number(value.toPrecision(6)));
  return text.length > 12 ? value.toExponential(4) : text;
}

export function bytes(size) {
  if (size === null || size === undefined) return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) { size /= 1000; unit += 1; }
  return `${Number(size.toPrecision(3))} ${units[unit]}`;
}

export function seconds(value) {
  if (value === null || value === undefined || value < 0) return "";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 120) return `${Number(value.toPrecision(3))} s`;
  if (value < 7200) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  return `${Math.floor(value / 3600)} h ${Math.round((value % 3600) / 60)} min`;
}

export function moment(milliseconds) {
  if (!milliseconds) return "";
  const when = new Date(milliseconds);
  const two = (part) => String(part).padStart(2, "0");
  const text = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())} ${two(when.getHours())}:${two(when.getMinutes())}`;
  return h("time", { datetime: when.toISOString(), title: when.toISOString() }, text);
}

export function runName(run) { return run.name || run.id.slice(0, 8); }

// A document that others made, in a frame that has an origin of its own and can load nothing.
export function frame(title, address) {
  return h("div", {},
    h("iframe", { src: address, title, sandbox: "allow-scripts", loading: "lazy", referrerpolicy: "no-referrer" }),
    h("p", { class: "faint" }, h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, "Open it alone")));
}
