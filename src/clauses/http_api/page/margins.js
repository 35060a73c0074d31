// Every number and date of the sheet on a slider along its range, with the places where the verdict changes. Moving
// it writes the value into the text.

import { byId, day, el, fill, later, spoken } from "./dom.js";
import { edit, pathOfTerm } from "./edits.js";
import { capital, verdictName } from "./findings.js";
import { state } from "./state.js";
import { scaled, span } from "./values.js";

const ranges = new Map(); // the range of a slider stays while its value moves
let dragging = null;
let refused = () => {};

export const margins = (onRefused) => { refused = onRefused; };
export const isDragging = () => dragging !== null;
export const forgetRanges = () => ranges.clear();

/** Draw the sliders of what `/v1/margins` found. */
export function drawMargins(found) {
  const view = byId("view-margins");
  const movable = found.margins.map((one) => ({ ...one, scale: scaled(one.value), path: pathOfTerm(state.outline, one.term) }));
  const sliders = movable.filter((one) => one.scale && one.path);
  const fixed = movable.filter((one) => !(one.scale && one.path));
  fill(view,
    el("p", { class: "note" }, "How far each number and date can move, all else as it is, before the verdict changes. Moving a slider writes the value into the term sheet. A stretch that fades is where the verdict changes first; how far it goes shows once the value is in it."),
    sliders.length ? sliders.map((one) => slider(one, found.verdict)) : el("p", { class: "none" }, "The term sheet sets no number or date that could move."),
    fixed.length ? el("section", { class: "part" }, el("h3", {}, "Not movable here"), el("ul", {}, fixed.map((one) => el("li", {}, el("code", {}, one.term), ` is ${one.value}. ${sentence(one, found.verdict)}`)))) : null,
    found.deciding.length ? el("section", { class: "part" }, el("h3", {}, "What would decide it"),
      found.deciding.map((one) => el("ul", {}, one.questions.map((question) => el("li", {}, question))))) : null,
    found.undecided.length ? el("p", { class: "note" }, `Not found within the solver's steps: ${found.undecided.join(", ")}.`) : null);
}

function slider(one, verdict) {
  const kept = ranges.get(one.term);
  const fresh = span(one.scale, one);
  const range = kept ? { ...kept, low: Math.min(kept.low, one.scale.number), high: Math.max(kept.high, one.scale.number) } : fresh;
  ranges.set(one.term, range);
  const id = `slider-${one.term}`;
  const shown = el("output", { for: id, class: "value" }, words(one.value));
  const say = el("p", { class: "meta", id: `${id}-says` }, sentence(one, verdict));
  const input = el("input", {
    id, type: "range", min: range.low, max: range.high, step: range.step, "data-key": id,
    "aria-describedby": `${id}-says`, "aria-valuetext": words(one.value), value: one.scale.number,
  });
  const write = later(140, async (value) => {
    try {
      await edit([{ set: one.path, to: value }], `slider ${one.term}`);
    } catch (error) {
      refused(error);
    }
  });
  input.addEventListener("input", () => {
    const value = one.scale.write(Number(input.value));
    shown.textContent = words(value);
    input.setAttribute("aria-valuetext", words(value));
    dragging = one.term;
    write(value);
  });
  const settle = later(900, () => { dragging = null; document.dispatchEvent(new CustomEvent("settled")); });
  input.addEventListener("change", settle);
  const track = el("div", { class: "track", "aria-hidden": "true" });
  const at = (text) => {
    const number = text === null ? null : scaled(text)?.number;
    return number === undefined || number === null ? null : ((number - range.low) / (range.high - range.low)) * 100;
  };
  const [left, right] = [at(one.down.next) ?? 0, at(one.up.next) ?? 100].map((part) => Math.min(100, Math.max(0, part)));
  const same = el("span", { class: `stretch ${verdict}` });
  same.style.setProperty("left", `${left}%`);
  same.style.setProperty("right", `${100 - right}%`);
  const before = one.down.next === null ? null : el("span", { class: `stretch beyond down ${one.down.verdict}` });
  before?.style.setProperty("right", `${100 - left}%`);
  before?.style.setProperty("left", "0");
  const after = one.up.next === null ? null : el("span", { class: `stretch beyond up ${one.up.verdict}` });
  after?.style.setProperty("left", `${right}%`);
  after?.style.setProperty("right", "0");
  track.append(...[before, same, after].filter(Boolean));
  return el("section", { class: "margin" },
    el("p", { class: "margin-head" }, el("label", { for: id }, capital(named(one.term))), shown),
    el("div", { class: "slide" }, track, input),
    el("p", { class: "ends", "aria-hidden": "true" }, el("span", {}, words(one.scale.write(range.low))), el("span", {}, words(one.scale.write(range.high)))),
    say);
}

const words = (text) => day(text).replaceAll("_", " ");
const named = (term) => { const [clause, name] = term.split("."); return clause === "term_sheet" ? spoken(name) : `${spoken(name)} of ${spoken(clause)}`; };

function sentence(one, verdict) {
  const parts = [];
  for (const [edge, way] of [[one.down, "below"], [one.up, "above"]]) {
    if (edge.next !== null) parts.push(`${verdictName(edge.verdict)} from ${words(edge.next)} ${way === "below" ? "down" : "on"}`);
  }
  return capital(parts.length ? `${verdictName(verdict)} now; ${parts.join("; ")}.` : `${verdictName(verdict)} wherever it lies.`);
}
