// The smallest changes after which nothing stands in the way, and the way to take one over.

import { byId, day, el, fill, spoken } from "./dom.js";
import { at, edit } from "./edits.js";
import { marked, verdictName } from "./findings.js";
import { ask, Outdated } from "./service.js";
import { deal, state } from "./state.js";

/** Draw the view as it is before anything was asked for. */
export function drawFixes(refused) {
  fill(byId("view-fixes"),
    el("p", { class: "note" }, "The smallest changes of the term sheet after which no rule stands in its way, the cheapest first. Each was reviewed by the engines before it is shown."),
    el("form", { class: "ask", onsubmit: (event) => { event.preventDefault(); propose(refused); } },
      el("label", { for: "keep" }, "Keep as they are"),
      el("input", { id: "keep", type: "text", autocomplete: "off", spellcheck: "false", placeholder: "oracle-supply.starts, oracle-supply.ends", "aria-describedby": "keep-note" }),
      el("p", { class: "note", id: "keep-note" }, "Terms or clauses, with commas between them."),
      el("button", { class: "main", id: "propose" }, "Propose a fix")),
    el("div", { id: "fixes", "aria-live": "polite" }));
}

/** Ask for fixes and list them. */
export async function propose(refused) {
  const place = byId("fixes");
  fill(place, el("p", { class: "waiting" }, "Searching…"));
  const keep = byId("keep").value.split(",").map((one) => one.trim()).filter(Boolean);
  const text = state.text;
  try {
    const found = await ask("resolve", { ...deal(), keep });
    if (state.text === text) list(found, refused);
  } catch (error) {
    if (error instanceof Outdated) return;
    fill(place, el("p", { class: "none" }, "No fix can be sought: ", error.message, "."));
  }
}

function list(found, refused) {
  const place = byId("fixes");
  if (found.is_clear) {
    fill(place, el("p", { class: "none" }, "Nothing stands in its way as it is."));
    return;
  }
  const remark = found.undecided ? "The search ended before every fix was found." : found.all_followed === false ? "A smaller change of several terms together may exist." : null;
  fill(place,
    found.fixes.length ? null : el("p", { class: "none" }, "No fix was found."),
    el("ol", { class: "fixes" }, found.fixes.map((fix, number) => el("li", { class: "fix" },
      el("h3", {}, `Fix ${number + 1}: `, el("span", { class: `badge ${fix.verdict}` }, verdictName(fix.verdict)), el("span", { class: "meta" }, ` cost ${fix.cost}`)),
      el("ul", {}, fix.edits.map((one) => el("li", {}, said(one)))),
      el("p", { class: "buttons" }, el("button", { type: "button", class: "main", onclick: () => apply(fix, refused) }, `Apply fix ${number + 1}`))))),
    remark ? el("p", { class: "note" }, remark) : null);
}

/** An edit in words. */
export function said(one) {
  const whose = one.clause ? [" of ", el("code", {}, one.clause)] : [];
  const term = one.term ? spoken(one.term) : "effective date";
  const range = one.least !== null && one.greatest !== null && one.least !== undefined
    ? ` (${one.whole_range ? "anything" : "somewhere"} from ${day(one.least)} to ${day(one.greatest)} will do)` : "";
  if (one.action === "move") return ["Move ", el("b", {}, term), whose, " from ", el("del", {}, day(one.before)), " to ", el("ins", {}, day(one.after)), range];
  if (one.action === "state") return ["State ", el("b", {}, term), whose, " as ", el("ins", {}, day(one.after)), range];
  if (one.action === "add") return ["Add ", el("code", {}, one.clause), one.after ? [": ", marked(one.after)] : null];
  return ["Leave out the change ", el("code", {}, one.clause)];
}

async function apply(fix, refused) {
  try {
    await edit([{ become: fix.sheet }], "fix", true);
  } catch (error) {
    refused(error);
    return;
  }
  const silent = [...new Set(fix.edits.filter((one) => one.action === "move" && hasWords(one.clause)).map((one) => one.clause))];
  fill(byId("fixes"),
    el("p", { class: "done", tabindex: "-1", id: "fix-done" }, "The fix is in the text. Undo takes it back."),
    silent.length ? el("p", { class: "note" }, `The words of ${silent.join(", ")} still say what they said: bring them into line.`) : null);
  byId("fix-done").focus();
}

function hasWords(clause) {
  const changes = at(state.outline, ["changes"])?.items ?? [];
  return changes.some((change) => change.keys?.add?.text === clause && change.keys.clause?.keys?.text);
}
