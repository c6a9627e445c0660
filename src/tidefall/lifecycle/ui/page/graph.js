// A graph whose nodes the server has placed.

import { h, svg } from "./dom.js";

const WIDTH = 190, HEIGHT = 46, MARGIN = 16;

function short(text, most) { return text.length > most ? `${text.slice(0, most - 1)}…` : text; }

/* Nodes {key, place: [x, y]}; words(node) gives [title, below], href(node) an address or null,
   kind(node) classes; edges {from, to, label}. */
export function graph(nodes, edges, { label, words, href, kind }) {
  const at = new Map(nodes.map((node) => [node.key, node.place]));
  const right = Math.max(...nodes.map((node) => node.place[0])) + WIDTH + MARGIN;
  const bottom = Math.max(...nodes.map((node) => node.place[1])) + HEIGHT + MARGIN;
  const tip = svg("marker", { id: "tip", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" }, svg("path", { d: "M0 0L8 4L0 8z" }));
  const lines = edges.filter((edge) => at.has(edge.from) && at.has(edge.to)).map((edge) => {
    const [x, y] = [at.get(edge.from)[0] + WIDTH, at.get(edge.from)[1] + HEIGHT / 2];
    const [toX, toY] = [at.get(edge.to)[0], at.get(edge.to)[1] + HEIGHT / 2];
    const bend = Math.max(24, Math.abs(toX - x) / 2);
    return svg("path", { d: `M${x} ${y}C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`, "marker-end": "url(#tip)" }, svg("title", {}, edge.label));
  });
  const boxes = nodes.map((node) => {
    const [x, y] = node.place, [title, below] = words(node), to = href(node);
    const box = svg("g", { class: kind(node) },
      svg("title", {}, `${title} ${below}`),
      svg("rect", { x, y, width: WIDTH, height: HEIGHT, rx: kind(node).includes("execution") ? 20 : 4 }),
      svg("text", { x: x + 12, y: y + 20 }, short(title, 25)),
      svg("text", { class: "sub", x: x + 12, y: y + 36 }, short(below, 31)));
    return to ? svg("a", { href: to, "aria-label": `${title} ${below}` }, box) : box;
  });
  return h("div", { class: "graph", tabindex: "0", role: "region", "aria-label": label },
    svg("svg", { role: "group", "aria-label": label, width: right, height: bottom, viewBox: `0 0 ${right} ${bottom}` }, svg("defs", {}, tip), lines, boxes));
}
