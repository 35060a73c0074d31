// The memo as it would be sent, in a frame that can run nothing, and every document for download.

import { byId, el, fill } from "./dom.js";
import { unstyled, widen } from "./figures.js";
import { askForFile, askForText, Outdated } from "./service.js";
import { deal, state } from "./state.js";

const FILES = [
  ["memo", "html", "Memo as a web page"], ["memo", "docx", "Memo in Word"], ["memo", "pdf", "Memo as PDF"], ["memo", "md", "Memo in Markdown"],
  ["redline", "docx", "Redline in Word"], ["form", "docx", "Form in Word"],
];

/** Draw the buttons and an empty frame. */
export function drawMemo(refused) {
  fill(byId("view-memo"),
    el("p", { class: "buttons downloads", role: "group", "aria-label": "Download" },
      FILES.map(([verb, format, words]) => el("button", { type: "button", "data-key": `${verb} ${format}`, onclick: (event) => download(event.target, verb, format, refused) }, words)),
      el("button", { type: "button", onclick: () => save(new Blob([state.text]), state.name.split("/").at(-1)) }, "Term sheet as it is")),
    el("label", { class: "check" }, el("input", { id: "with-fixes", type: "checkbox", onchange: () => preview(refused) }), " With the smallest changes that would clear it"),
    el("p", { class: "waiting", id: "memo-state", role: "status" }),
    el("iframe", { id: "memo", title: "Preview of the memo", sandbox: "allow-same-origin", tabindex: "0" }));
}

/** Show the memo of the term sheet as it now is. */
export async function preview(refused) {
  byId("memo-state").textContent = "Writing the memo…";
  try {
    const html = await askForText("memo", { ...deal(), format: "html", fixes: byId("with-fixes").checked }, "preview");
    show(html);
    byId("memo-state").textContent = "";
  } catch (error) {
    if (error instanceof Outdated) return;
    byId("memo-state").textContent = "";
    refused(error);
  }
}

/** No style stands in a page of ours, so the memo's own is taken out of its text and given to its frame as a sheet. */
function show(memo) {
  const { html, css } = unstyled(memo);
  const read = new DOMParser().parseFromString(html, "text/html");
  for (const gone of read.querySelectorAll("script, meta[http-equiv], link, base")) gone.remove();
  const frame = byId("memo");
  frame.onload = () => {
    const sheet = new frame.contentWindow.CSSStyleSheet();
    sheet.replaceSync(css);
    frame.contentDocument.adoptedStyleSheets = [sheet];
    widen(frame.contentDocument);
  };
  frame.srcdoc = `<!doctype html>${read.documentElement.outerHTML}`;
}

async function download(button, verb, format, refused) {
  button.setAttribute("aria-busy", "true");
  try {
    const { term_sheet, agreement, as_of } = deal();
    const call = { memo: { ...deal(), format, fixes: byId("with-fixes").checked }, redline: deal(), form: { term_sheet, agreement, as_of } }[verb];
    const file = await askForFile(verb, call, `download ${verb} ${format}`);
    save(file.blob, file.name ?? `${verb}.${format}`);
  } catch (error) {
    if (!(error instanceof Outdated)) refused(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
