// Pieces of the memo shown in the page: what the service draws passes through a list of what may stand here.

import { byId, el, fill } from "./dom.js";
import { ask, Outdated } from "./service.js";
import { deal } from "./state.js";

const SVG = "http://www.w3.org/2000/svg";
const TAGS = new Set(`a b blockquote br caption cite code dd del div dl dt em figcaption figure h2 h3 h4 hr i ins li ol p
  section small span strong sub sup table tbody td tfoot th thead tr u ul
  svg g defs line rect circle ellipse path polygon polyline text tspan title desc pattern linearGradient stop clipPath marker`.split(/\s+/));
const ATTRIBUTES = new Set(`class id scope colspan rowspan role aria-label aria-labelledby aria-hidden tabindex lang dir
  viewBox width height x y x1 y1 x2 y2 cx cy r rx ry d points fill fill-opacity stroke stroke-width stroke-opacity
  stroke-dasharray stroke-linecap stroke-linejoin font-size font-family font-weight font-style text-anchor
  dominant-baseline opacity offset stop-color stop-opacity patternUnits patternTransform transform
  gradientUnits gradientTransform clip-path preserveAspectRatio`.split(/\s+/));

/** Markup of ours without its styles, which no page of ours may hold: the widths of columns are noted beside them. */
export function unstyled(markup) {
  const css = [];
  const html = markup
    .replace(/<style>([\s\S]*?)<\/style>/g, (_, text) => { css.push(text); return ""; })
    .replace(/ style="width:(\d+(?:\.\d+)?%)"/g, ' data-width="$1"')
    .replace(/ style="[^"]*"/g, "");
  return { html, css: css.join("\n") };
}

/** Give columns the widths that were noted. */
export function widen(root) {
  for (const one of root.querySelectorAll("[data-width]")) one.style.setProperty("width", one.dataset.width);
}

/** Markup as nodes of this page, with nothing in them but what is listed. */
export function allowed(markup) {
  const read = new DOMParser().parseFromString(`<!doctype html><body>${unstyled(markup).html}`, "text/html");
  return [...read.body.childNodes].map(copy).filter(Boolean);
}

/** A drawing that came as a file. */
export function drawing(markup) {
  return allowed(markup.replace(/<\?xml[^>]*\?>/, ""));
}

function copy(node) {
  if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE || !TAGS.has(node.localName)) return null;
  const found = node.namespaceURI === SVG ? document.createElementNS(SVG, node.localName) : document.createElement(node.localName);
  for (const { name, value } of node.attributes) {
    const isSafe = ATTRIBUTES.has(name) && !(/url\(/i.test(value) && !/^url\(#[\w-]+\)$/.test(value));
    if (isSafe) found.setAttribute(name, value);
    else if (name === "href" && /^#[\w-]+$/.test(value)) found.setAttribute("href", value);
  }
  found.append(...[...node.childNodes].map(copy).filter(Boolean));
  return found;
}

const EMPTY = {
  timeline: "No dates bear on this term sheet.",
  redline: "The term sheet changes no term in force.",
  cap_table: "No stake in a company bears on this term sheet.",
};

/** Draw timeline, redline and cap table; each view has its own. */
export async function drawFigures(onRefused) {
  try {
    const found = await ask("figures", deal());
    for (const name of Object.keys(EMPTY)) {
      const view = byId(`view-${name.replace("_", "-")}`);
      fill(view, el("div", { class: "memo-part" }, found[name] ? lowered(allowed(found[name])) : el("p", { class: "none" }, EMPTY[name])));
    }
  } catch (error) {
    if (!(error instanceof Outdated)) onRefused(error);
  }
}

/** The pieces have no heading of their own and no links into the memo. */
function lowered(nodes) {
  for (const node of nodes) {
    for (const link of node.querySelectorAll?.("a[href]") ?? []) link.replaceWith(...link.childNodes);
  }
  return nodes;
}
