// What is being worked on: one text, where it came from, and every text it has been. Kept in the tab, so that a
// reload loses nothing.

const PLACE = "clauses.desk";
const MAXIMUM_STEPS = 200;
const PAUSE = 900; // milliseconds after which typing is a new step

export const state = {
  text: "",
  name: "sheet.yaml",
  sheet: "",          // the id of the held term sheet it started as
  agreement: null,    // {held} or {name, text}
  agreementText: null, // {name, text} of the agreement, for showing places in it
  asOf: "",
  review: null,
  problems: [],
  outline: null,
  chosen: null,       // the fingerprint of the finding that is open
};

let past = [];
let future = [];
let lastStep = { kind: "", time: 0 };
const listeners = [];

/** Hear of every new text: `(kind) => …`, where the kind is what made it. */
export const onText = (listener) => listeners.push(listener);

export const canUndo = () => past.length > 0;
export const canRedo = () => future.length > 0;

/** Another text. Steps of one kind that follow each other closely are one step back. */
export function setText(text, kind, isNewStep = false) {
  if (text === state.text) return;
  const now = Date.now();
  const continues = !isNewStep && kind === lastStep.kind && now - lastStep.time < PAUSE && past.length > 0;
  if (!continues) past.push({ text: state.text, name: state.name });
  if (past.length > MAXIMUM_STEPS) past.shift();
  future = [];
  lastStep = { kind, time: now };
  state.text = text;
  changed(kind);
}

/** Start over with another document; what was there can be had back. */
export function startWith(document) {
  if (state.text) past.push({ text: state.text, name: state.name, ...rest() });
  future = [];
  lastStep = { kind: "open", time: 0 };
  Object.assign(state, document);
  changed("open");
}

export const undo = () => step(past, future, "undo");
export const redo = () => step(future, past, "redo");

const rest = () => ({ sheet: state.sheet, agreement: state.agreement, agreementText: state.agreementText });

function step(from, to, kind) {
  const found = from.pop();
  if (!found) return;
  to.push({ text: state.text, name: state.name, ...rest() });
  Object.assign(state, found);
  lastStep = { kind: "", time: 0 };
  changed(kind);
}

function changed(kind) {
  keep();
  for (const listener of listeners) listener(kind);
}

export function keep() {
  const { text, name, sheet, agreement, agreementText, asOf } = state;
  try {
    sessionStorage.setItem(PLACE, JSON.stringify({ text, name, sheet, agreement, agreementText, asOf }));
  } catch {
    // the tab's store is full; the text is still on the page
  }
}

/** What was being worked on before a reload; false where that is nothing. */
export function restore() {
  try {
    const found = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
    if (!found?.text) return false;
    Object.assign(state, found);
    return true;
  } catch {
    return false;
  }
}

/** The deal as a call names it. */
export function deal() {
  const found = { term_sheet: { name: state.name, text: state.text } };
  if (state.agreement) found.agreement = state.agreement;
  if (state.asOf) found.as_of = state.asOf;
  return found;
}
