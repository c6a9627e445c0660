// Curves of one metric, of many runs: lines, and a band where the server gathered values.

import { h, svg, number } from "./dom.js";

const WIDTH = 600, HEIGHT = 200, COLORS = 8;

export function color(index) { return `c${index % COLORS}${index % (2 * COLORS) >= COLORS ? " dash" : ""}`; }

function isNumber(value) { return typeof value === "number" && Number.isFinite(value); }

// An exponential moving mean that is not drawn to zero at its beginning.
export function smooth(values, weight) {
  if (!weight) return values;
  let sum = 0, mass = 0;
  return values.map((value) => {
    if (!isNumber(value)) return value;
    sum = sum * weight + (1 - weight) * value;
    mass = mass * weight + (1 - weight);
    return sum / mass;
  });
}

function bounds(values, isLog) {
  let least = Infinity, most = -Infinity;
  for (const value of values) {
    if (!isNumber(value) || (isLog && value <= 0)) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (least > most) return null;
  if (least === most) {
    const room = Math.abs(least) * 0.1 || 1;
    return isLog ? [least / 2, most * 2] : [least - room, most + room];
  }
  return [least, most];
}

// Stretches of points that can be drawn: where a value is not a number, a line has a gap.
function stretches(xs, columns, isGood) {
  const found = [];
  let last = null;
  xs.forEach((x, index) => {
    if (!columns.every((column) => isGood(column[index]))) { last = null; return; }
    if (!last) { last = []; found.push(last); }
    last.push(index);
  });
  return found;
}

/* A figure of lines [{name, index, href, xs, ys, least, most}].
   options: title, xName, xText(x), isLog. */
export function chart(lines, { title, xName, xText = number, isLog = false }) {
  const onX = bounds(lines.flatMap((line) => line.xs), false);
  const onY = bounds(lines.flatMap((line) => (line.least ? [...line.ys, ...line.least, ...line.most] : line.ys)), isLog);
  const caption = h("figcaption", {}, title);
  const legend = h("div", { class: "legend" }, lines.map((line) => {
    const swatch = h("span", { class: `swatch ${color(line.index)}`, "aria-hidden": "true" });
    return line.href ? h("span", {}, swatch, h("a", { href: line.href }, line.name)) : h("span", {}, swatch, line.name);
  }));
  if (!onX || !onY) {
    const none = isLog ? "Nothing above zero to draw" : "No values that can be drawn";
    return h("figure", {}, caption, legend, h("span"), h("div", { class: "plot" }, h("div", { class: "none" }, none)));
  }
  const level = isLog ? Math.log10 : (value) => value;
  const [low, high] = onY.map(level), [left, right] = onX;
  const x = (value) => (right === left ? WIDTH / 2 : (WIDTH * (value - left)) / (right - left));
  const y = (value) => HEIGHT - 4 - ((HEIGHT - 8) * (level(value) - low)) / (high - low);
  const isGood = (value) => isNumber(value) && (!isLog || value > 0);
  const point = (at, value) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`;
  const drawn = lines.map((line) => svg("g", { class: color(line.index) },
    line.least ? stretches(line.xs, [line.least, line.most], isGood).map((indices) => svg("polygon", { class: "band", points: [
      ...indices.map((index) => point(line.xs[index], line.most[index])),
      ...indices.toReversed().map((index) => point(line.xs[index], line.least[index])),
    ].join(" ") })) : null,
    stretches(line.xs, [line.ys], isGood).map((indices) => {
      const points = indices.map((index) => point(line.xs[index], line.ys[index]));
      if (points.length === 1) points.push(`${x(line.xs[indices[0]]) + 2},${y(line.ys[indices[0]]).toFixed(1)}`); // A dot.
      return svg("polyline", { points: points.join(" ") });
    })));
  const cursor = svg("path", { class: "cursor", d: "" });
  const reading = h("div", { class: "reading", "aria-live": "polite" });
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", tabindex: "0", "aria-label": `${title}: ${lines.map((line) => `${line.name} ${number(line.ys.findLast(isNumber))}`).join(", ")}` },
    svg("path", { class: "grid", d: `M0 ${HEIGHT / 2}H${WIDTH}` }), drawn, cursor);
  const read = follow(lines, reading, cursor, { left, right, x, xName, xText });
  drawing.addEventListener("pointermove", (event) => {
    const box = drawing.getBoundingClientRect();
    read(left + ((right - left) * (event.clientX - box.left)) / box.width);
  });
  let at = left;
  drawing.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    at = Math.min(right, Math.max(left, at + (step * (right - left)) / 50));
    read(at);
  });
  const middle = isLog ? 10 ** ((low + high) / 2) : (low + high) / 2;
  return h("figure", {}, caption, legend,
    h("div", { class: "scale", "aria-hidden": "true" }, [onY[1], middle, onY[0]].map((value) => h("span", {}, number(Number(value.toPrecision(3)))))),
    h("div", { class: "plot" }, drawing),
    h("div", { class: "axis", "aria-hidden": "true" }, h("span", {}, xText(left)), h("span", {}, xName), h("span", {}, xText(right))),
    reading);
}

// What the lines are at a place, told in words below them.
function follow(lines, reading, cursor, { left, right, x, xName, xText }) {
  return (wanted) => {
    let nearest = null;
    for (const line of lines) for (const value of line.xs) if (nearest === null || Math.abs(value - wanted) < Math.abs(nearest - wanted)) nearest = value;
    cursor.setAttribute("d", `M${x(nearest).toFixed(1)} 0V${HEIGHT}`);
    const told = lines.map((line) => {
      let best = -1;
      line.xs.forEach((value, index) => { if (best < 0 || Math.abs(value - nearest) < Math.abs(line.xs[best] - nearest)) best = index; });
      const isNear = best >= 0 && Math.abs(line.xs[best] - nearest) <= (right - left) / 50;
      return isNear ? `${line.name} ${number(line.ys[best])}` : null;
    });
    reading.textContent = `${xName} ${xText(nearest)}: ${told.filter(Boolean).join(", ")}`;
  };
}
