// The text with line numbers, colours for keys and comments, and marks where it cannot be read. The colours lie under
// a plain text area, so that a screen reader, a spelling aid or an input method meets nothing unusual.

import { byId, el } from "./dom.js";

const area = byId("text");
const root = byId("editor");
const gutter = root.querySelector(".gutter");
const colours = root.querySelector(".colours");

/** Set up the editor; `typed` hears every text that is typed. */
export function editor(typed) {
  area.addEventListener("input", () => {
    draw(area.value, []);
    typed(area.value);
  });
  area.addEventListener("scroll", follow);
  new ResizeObserver(follow).observe(area);
}

/** Show a text with problems, each with a location. The caret stays where it is. */
export function show(text, problems) {
  if (area.value !== text) {
    const { selectionStart, selectionEnd, scrollTop } = area;
    area.value = text;
    area.setSelectionRange(Math.min(selectionStart, text.length), Math.min(selectionEnd, text.length));
    area.scrollTop = scrollTop;
  }
  draw(text, problems);
  area.setAttribute("aria-invalid", String(problems.length > 0));
}

/** Select what stands at a line and column, both from one, and bring it to be seen. */
export function select(line, column, focus = true) {
  const [start, end] = range(area.value, line, column);
  if (focus) area.focus({ preventScroll: true });
  area.setSelectionRange(start, end);
  const height = parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (line - 1) * height - area.clientHeight / 3);
  area.scrollLeft = 0;
  for (const one of gutter.children) one.classList.remove("here");
  gutter.children[line - 1]?.classList.add("here");
  follow();
}

/** From where to where the value at a place goes: the rest of its line, without a comment. */
export function range(text, line, column) {
  const lines = text.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + Math.max(0, column - 1);
  const rest = (lines[line - 1] ?? "").slice(Math.max(0, column - 1));
  const length = rest.replace(/\s#.*$/, "").trimEnd().length;
  return [Math.min(start, text.length), Math.min(start + Math.max(length, 1), text.length)];
}

function follow() {
  colours.style.setProperty("transform", `translate(${-area.scrollLeft}px, ${-area.scrollTop}px)`);
  gutter.style.setProperty("transform", `translateY(${-area.scrollTop}px)`);
}

function draw(text, problems) {
  const lines = text.split("\n");
  const marks = new Map();
  for (const problem of problems) {
    const at = problem.location;
    if (at?.line && !marks.has(at.line)) marks.set(at.line, { column: at.column ?? 1, sentence: problem.sentence });
  }
  gutter.replaceChildren(...lines.map((_, number) => {
    const mark = marks.get(number + 1);
    return el("span", { class: mark ? "wrong" : null, title: mark?.sentence }, String(number + 1));
  }));
  colours.replaceChildren(...lines.map((line, number) => {
    const mark = marks.get(number + 1);
    return el("span", { class: mark ? "line wrong" : "line" }, ...coloured(line, mark?.column), "\n");
  }));
  follow();
}

const PARTS = /^(\s*(?:- )*)([^\s#:{}[\]"'][^:#{}[\]"']*)(:)(?=\s|$)/;

function coloured(line, wrongAt) {
  if (wrongAt) {
    const start = Math.min(wrongAt - 1, line.length);
    const rest = line.slice(start);
    const length = Math.max(1, rest.replace(/\s#.*$/, "").trimEnd().length);
    return [line.slice(0, start), el("mark", {}, rest.slice(0, length) || " "), rest.slice(length)];
  }
  const found = [];
  let rest = line;
  const key = PARTS.exec(line);
  if (key) {
    found.push(key[1], el("b", {}, key[2]), key[3]);
    rest = line.slice(key[0].length);
  }
  const comment = /(^|\s)#.*$/.exec(rest);
  if (comment) found.push(rest.slice(0, comment.index), el("i", {}, comment[0]));
  else found.push(rest);
  return found;
}
