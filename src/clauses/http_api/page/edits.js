// Edits of the text in place. The service makes them, so that comments and layout stay and the rules of the format
// are kept in one place.

import { ask } from "./service.js";
import { setText, state } from "./state.js";

let queue = Promise.resolve();

/** Make edits, one after the other; the new text is a step of a kind. Raises Refusal where one cannot be made. */
export function edit(edits, kind, isNewStep = false) {
  const work = async () => {
    for (;;) {
      const { text, name } = state;
      const found = await ask("page-edit", { text, name, edits }, `edit ${kind}`);
      if (state.text !== text || state.name !== name) continue; // typed in the meantime: made again on what is there now
      state.outline = found.outline;
      setText(found.text, kind, isNewStep);
      return;
    }
  };
  queue = queue.then(work, work);
  return queue;
}

/** Where in a document a value stands: its path, by the line and column. */
export function pathAt(node, line, column, path = []) {
  if (node.at[0] === line && node.at[1] === column && node.text !== undefined) return path;
  const inner = node.keys ? Object.entries(node.keys) : (node.items ?? []).map((item, number) => [number, item]);
  for (const [step, child] of inner) {
    const found = pathAt(child, line, column, [...path, step]);
    if (found) return found;
  }
  return null;
}

/** The value at a path of an outline, if there is one. */
export function at(node, path) {
  let found = node;
  for (const step of path) found = found?.keys?.[step] ?? found?.items?.[step];
  return found;
}

/** An outline as plain data. */
export function plain(node) {
  if (node === undefined) return undefined;
  if (node.keys) return Object.fromEntries(Object.entries(node.keys).map(([key, item]) => [key, plain(item)]));
  if (node.items) return node.items.map(plain);
  return node.text ?? null;
}

/** The path of a term by its name, `clause.term` or `term_sheet.effective`; null where the sheet does not set it. */
export function pathOfTerm(outline, name) {
  const [clause, term] = name.split(".");
  if (clause === "term_sheet") return outline?.keys?.[term] ? [term] : null;
  const changes = outline?.keys?.changes?.items ?? [];
  for (const [number, change] of changes.entries()) {
    if (change.keys?.add?.text === clause && change.keys.clause?.keys) return ["changes", number, "clause", term];
    if (change.keys?.amend?.text === clause && change.keys.set?.keys?.[term]) return ["changes", number, "set", term];
  }
  return null;
}
