// The page of `clauses serve`: one text, its review as it is typed, and everything that follows from it.

import { byId, el, fileName, fill, later, tabs } from "./dom.js";
import * as editor from "./editor.js";
import { drawFigures } from "./figures.js";
import { capital, listFindings, listProblems, openFinding, marked, showProblems, showVerdict } from "./findings.js";
import { drawFixes } from "./fixes.js";
import { drawForm, form } from "./form.js";
import { drawMargins, forgetRanges, isDragging, margins } from "./margins.js";
import { drawMemo, preview } from "./memo.js";
import { drawNegotiation } from "./negotiation.js";
import { ask, onTokenNeeded, Outdated } from "./service.js";
import { canRedo, canUndo, deal, keep, onText, redo, restore, setText, startWith, state, undo } from "./state.js";

const OWN = "(own)";
let start = null;
let detail = "finding";
let sheetView = "text";
let fresh = new Set(); // the views that show the text as it now is

// --- the review, after every text

const review = later(220, async () => {
  if (!state.text.trim()) return;
  byId("verdict").setAttribute("aria-busy", "true");
  const text = state.text;
  try {
    const [outlined, found] = await Promise.allSettled([
      ask("page-outline", { text, name: state.name }, "outline"), ask("check", deal(), "check"),
    ]);
    if (state.text !== text || [outlined, found].some((one) => one.reason instanceof Outdated)) return;
    state.outline = outlined.value?.outline ?? null;
    if (found.status === "rejected") refuseReview(found.reason);
    else showReview(found.value);
    if (sheetView === "form") drawForm();
    await refreshDetail();
  } finally {
    if (state.text === text) byId("verdict").removeAttribute("aria-busy");
  }
});

function showReview(found) {
  state.review = found;
  state.problems = [];
  notice("");
  editor.show(state.text, []);
  showVerdict(found);
  if (!found.findings.some((one) => one.fingerprint === state.chosen)) {
    const old = state.chosenRule;
    const same = found.findings.find((one) => one.rule === old) ?? found.findings[0];
    state.chosen = same?.fingerprint ?? null;
    state.chosenRule = same?.rule ?? null;
  }
  listFindings(found, chooseFinding);
  openFinding(found.findings.find((one) => one.fingerprint === state.chosen), goTo);
}

function refuseReview(error) {
  state.review = null;
  state.problems = error.problems ?? [{ id: "failed", sentence: error.message }];
  const here = state.problems.filter((one) => one.location?.file === state.name);
  editor.show(state.text, here);
  showProblems(state.problems, error.status === 422);
  listProblems(state.problems, goTo);
  openFinding(null, goTo);
}

function chooseFinding(finding) {
  state.chosen = finding.fingerprint;
  state.chosenRule = finding.rule;
  listFindings(state.review, chooseFinding);
  openFinding(finding, goTo);
  showDetail("finding");
  showPane("detail");
  byId("finding-heading").focus({ preventScroll: true });
  byId("view-finding").scrollTop = 0;
}

// --- what the detail shows

async function refreshDetail() {
  if (isDragging()) return;
  fresh = new Set();
  await draw(detail);
}

async function draw(view) {
  if (fresh.has(view)) return;
  const figures = ["timeline", "redline", "cap-table"];
  if (!state.review && [...figures, "margins", "memo"].includes(view)) {
    if (view !== "memo") fill(byId(`view-${view}`), el("p", { class: "none" }, "Nothing can be shown until the term sheet can be read."));
    return;
  }
  fresh.add(view);
  if (figures.includes(view)) {
    for (const one of figures) fresh.add(one);
    await drawFigures(refused);
  } else if (view === "margins") {
    if (!byId("view-margins").firstChild) fill(byId("view-margins"), el("p", { class: "waiting" }, "Working out how far each can move…"));
    const text = state.text;
    try {
      const found = await ask("margins", deal());
      if (state.text === text && !isDragging()) drawMargins(found);
    } catch (error) {
      if (!(error instanceof Outdated)) refused(error);
    }
  } else if (view === "memo") {
    await preview(refused);
  }
}

// --- going about

function goTo(at) {
  if (at.file === state.agreementText?.name) {
    showSheet("agreement");
    showPane("sheet");
    const line = byId("view-agreement").querySelector(`[data-line="${Number(at.line)}"]`);
    for (const one of byId("view-agreement").querySelectorAll(".here")) one.classList.remove("here");
    line?.classList.add("here");
    line?.focus({ preventScroll: true });
    line?.scrollIntoView({ block: "center" });
  } else if (at.file === state.name) {
    showSheet("text");
    showPane("sheet");
    editor.select(at.line, at.column);
  } else {
    notice(`That stands in ${fileName(at.file)}, line ${at.line}.`);
  }
}

function showPane(name) {
  document.body.dataset.pane = name;
  for (const one of document.querySelectorAll("nav.panes button")) {
    if (one.dataset.to === name) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
}

const showSheet = tabs(document.querySelector("#sheet-pane [role=tablist]"), (view) => {
  sheetView = view;
  if (view === "form" && start) drawForm();
});
const showDetail = tabs(document.querySelector("#detail-pane [role=tablist]"), (view) => {
  detail = view;
  draw(view);
});

function notice(words) {
  byId("notice").hidden = !words;
  fill(byId("notice"), words ? [marked(words), " ", el("button", { type: "button", onclick: () => notice("") }, "Dismiss")] : []);
}

/** Say what was refused; the text is as it was. */
function refused(error) {
  if (error instanceof Outdated) return;
  const one = error.problems?.[0];
  notice(one ? `${capital(one.sentence)}.${one.hint ? ` ${capital(one.hint)}.` : ""}` : `The page failed: ${error.message}`);
}

// --- documents

function choices() {
  const held = start.held;
  const agreement = byId("agreement");
  const current = state.agreement?.held ?? (state.agreement ? OWN : "");
  fill(agreement, held.agreement.map((one) => el("option", { value: one.id, selected: one.id === current }, one.title)),
    current === OWN ? el("option", { value: OWN, selected: true }, fileName(state.agreement.name)) : null);
  const sheets = held.term_sheet.filter((one) => one.agreement === (state.agreementText?.id ?? current));
  fill(byId("term-sheet"), state.sheet ? null : el("option", { value: OWN, selected: true }, state.text ? `${fileName(state.name)} (your own)` : "Choose…"),
    sheets.map((one) => el("option", { value: one.id, selected: one.id === state.sheet }, one.title)),
    el("option", { value: "" }, "An empty one"));
}

async function chooseAgreement(sent) {
  const found = await ask("page-open", { sort: "agreement", document: sent }, "open agreement");
  state.agreement = sent;
  state.agreementText = { name: found.name, text: found.text, id: found.about?.agreement };
  showAgreement();
}

function showAgreement() {
  const lines = (state.agreementText?.text ?? "").split("\n");
  fill(byId("view-agreement"), el("div", { class: "reading" }, lines.map((line, number) =>
    el("div", { class: "line", "data-line": number + 1, tabindex: "-1" }, el("span", { class: "number", "aria-hidden": "true" }, String(number + 1)), el("code", {}, line || " ")))));
}

async function chooseSheet(id) {
  const found = await ask("page-open", { sort: "term_sheet", document: { held: id } }, "open sheet");
  begin(found, id);
}

function begin(found, id) {
  forgetRanges();
  state.chosen = null;
  startWith({ text: found.text, name: found.name, sheet: id });
  choices();
}

function emptySheet() {
  const today = new Date().toISOString().slice(0, 10);
  const id = state.agreementText?.id ?? "agreement";
  begin({ name: "sheet.yaml", text: `term_sheet: new-term-sheet\ntitle: \nagreement: ${id}\ndated: ${today}\nchanges:\n  - add: new-clause\n    clause:\n      kind: supply\n      heading: \n` }, "");
}

async function openFile(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let index = 0; index < bytes.length; index += 0x8000) binary += String.fromCharCode(...bytes.subarray(index, index + 0x8000));
  const document = { name: file.name, base64: btoa(binary) };
  const call = { sort: "term_sheet", document, ...(state.agreement ? { agreement: state.agreement } : {}) };
  const found = await ask("page-open", call, "open file");
  const about = found.about ?? {};
  if (about.agreement && !about.term_sheet && !about.position) {
    await chooseAgreement({ name: file.name, text: found.text });
    choices();
    review();
    return;
  }
  begin(found, "");
}

// --- at the start

function listen() {
  editor.editor((text) => setText(text, "typing"));
  onText((kind) => {
    if (kind !== "typing") editor.show(state.text, []);
    if (kind === "undo" || kind === "redo" || kind === "open") { choices(); showAgreement(); }
    byId("undo").disabled = !canUndo();
    byId("redo").disabled = !canRedo();
    byId("fixes") && kind !== "fix" && fill(byId("fixes"));
    review();
  });
  byId("undo").addEventListener("click", undo);
  byId("redo").addEventListener("click", redo);
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || byId("token").open) return;
    const key = event.key.toLowerCase();
    const isRedo = key === "y" || (key === "z" && event.shiftKey);
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (isRedo) redo();
    else undo();
  });
  byId("agreement").addEventListener("change", async (event) => {
    try {
      await chooseAgreement({ held: event.target.value });
      const first = start.held.term_sheet.find((one) => one.agreement === event.target.value);
      if (first) await chooseSheet(first.id);
    } catch (error) { refused(error); }
  });
  byId("term-sheet").addEventListener("change", async (event) => {
    try {
      if (event.target.value === "") emptySheet();
      else if (event.target.value !== OWN) await chooseSheet(event.target.value);
    } catch (error) { refused(error); }
  });
  byId("as-of").addEventListener("input", (event) => { state.asOf = event.target.value.trim(); keep(); review(); });
  byId("open-file").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) await openFile(file).catch(refused);
  });
  document.addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dropping"); });
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const [file] = event.dataTransfer?.files ?? [];
    if (file) await openFile(file).catch(refused);
  });
  document.querySelector("nav.panes").addEventListener("click", (event) => {
    const to = event.target.closest("button")?.dataset.to;
    if (to) showPane(to);
  });
  document.addEventListener("settled", () => { fresh.delete("margins"); refreshDetail(); });
}

function askForToken() {
  return new Promise((resolve) => {
    const dialog = byId("token");
    if (dialog.open) { resolve(""); return; }
    byId("token-text").value = "";
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "use" ? byId("token-text").value.trim() : ""), { once: true });
    dialog.showModal();
  });
}

async function take(proposal) {
  try {
    const id = proposal.sheet.term_sheet;
    const draft = await ask("page-open", { sort: "term_sheet", document: { held: id } }, "open draft");
    const edited = await ask("page-edit", { text: draft.text, name: draft.name, edits: [{ become: proposal.sheet }] }, "take proposal");
    begin({ ...draft, text: edited.text }, id);
    showSheet("text");
    showPane("sheet");
    byId("text").focus();
  } catch (error) { refused(error); }
}

async function begun() {
  onTokenNeeded(askForToken);
  start = await ask("page-start", undefined);
  form(start, refused);
  margins(refused);
  drawFixes(refused);
  drawMemo(refused);
  drawNegotiation(start.held.position, take);
  openFinding(null, goTo);
  listen();
  if (restore()) {
    byId("as-of").value = state.asOf;
    editor.show(state.text, []);
    showAgreement();
    choices();
    review();
    return;
  }
  const first = start.held.agreement.find((one) => one.id === "microsoft-openai") ?? start.held.agreement[0];
  if (first) await chooseAgreement({ held: first.id });
  choices();
}

begun().catch(refused);
