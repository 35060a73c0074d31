// Two positions: the zone in which both could sign and a proposal within it, or what collides and who would have to
// give way.

import { byId, day, el, fill, spoken } from "./dom.js";
import { drawing } from "./figures.js";
import { capital } from "./findings.js";
import { said } from "./fixes.js";
import { scaled } from "./values.js";
import { ask, askForText, Outdated } from "./service.js";

const PASTED = "(pasted)";

/** Draw the view; `take` is called with a proposal that is to become the text. */
export function drawNegotiation(held, take) {
  const choice = (id, label, chosen) => el("div", { class: "side" },
    el("label", { for: id }, label),
    el("select", { id, onchange: (event) => { byId(`${id}-text`).hidden = event.target.value !== PASTED; } },
      held.map((one, number) => el("option", { value: one.id, selected: number === chosen }, one.title)),
      el("option", { value: PASTED }, "Paste one…")),
    el("textarea", { id: `${id}-text`, rows: 6, hidden: true, spellcheck: "false", "aria-label": `${label} as text` }));
  const openai = held.findIndex((one) => one.id === "openai");
  const other = held.findIndex((one) => one.id === "microsoft");
  fill(byId("view-negotiation"),
    el("p", { class: "note" }, "Whether two positions leave room for a deal: the range of every open term and a fair point, or the few claims that collide and the least that would open it."),
    el("form", { class: "ask", onsubmit: (event) => { event.preventDefault(); negotiate(take); } },
      choice("first", "One side", Math.max(0, openai)), choice("second", "The other", other >= 0 ? other : Math.min(1, held.length - 1)),
      el("button", { class: "main", id: "negotiate" }, "Find the zone")),
    el("div", { id: "zone", "aria-live": "polite" }));
}

const sent = (id) => (byId(id).value === PASTED ? { name: `${id}.yaml`, text: byId(`${id}-text`).value } : { held: byId(id).value });

async function negotiate(take) {
  const place = byId("zone");
  const call = { first: sent("first"), second: sent("second") };
  fill(place, el("p", { class: "waiting" }, "Searching…"));
  try {
    const found = await ask("negotiate", call);
    fill(place, found.has_zone ? zone(found, call, take) : found.has_zone === false ? collision(found) : el("p", { class: "none" }, "It was not decided within the solver's steps."));
  } catch (error) {
    if (error instanceof Outdated) return;
    fill(place, el("p", { class: "none" }, "No zone can be sought: ", error.message, "."));
  }
}

function zone(found, call, take) {
  const axes = found.terms.filter((one) => one.type !== "choice").map((one) => one.term);
  const figure = el("div", { class: "drawing", id: "plot" });
  return [
    el("h3", {}, "There is a zone"),
    el("div", { class: "table" }, el("table", {},
      el("caption", {}, "What both could sign, and the point proposed"),
      el("thead", {}, el("tr", {}, ["Term", "From", "To", "Proposed"].map((word) => el("th", { scope: "col" }, word)))),
      el("tbody", {}, found.terms.map((one) => el("tr", {},
        el("th", { scope: "row" }, term(one.term)),
        one.type === "choice" ? el("td", { colspan: 2 }, one.choices.map(spoken).join(", ")) : [el("td", {}, day(one.least) || "open"), el("td", {}, day(one.greatest) || "open")],
        el("td", {}, el("b", {}, day(one.chosen) || "–"), bar(one))))))),
    found.proposal ? proposal(found.proposal, take) : null,
    axes.length > 1 ? el("form", { class: "ask row", onsubmit: (event) => { event.preventDefault(); plot(call, figure); } },
      axis("across", "Across", axes, axes.indexOf("conversion-equity.stake"), 0), axis("up", "Up", axes, axes.indexOf("conversion-equity.floor"), 1),
      el("button", {}, "Draw the zone")) : null,
    figure,
  ];
}

const term = (name) => { const [clause, inner] = name.split("."); return [`${spoken(inner ?? "")} `, el("span", { class: "meta" }, clause)]; };

function axis(id, label, axes, wanted, otherwise) {
  const chosen = wanted >= 0 ? wanted : otherwise;
  return el("label", {}, `${label} `, el("select", { id: `axis-${id}` }, axes.map((name, number) => el("option", { value: name, selected: number === chosen }, name))));
}

/** Where the chosen value lies between the ends, as a small picture beside the words. */
function bar(one) {
  const [low, high, chosen] = [one.least, one.greatest, one.chosen].map((text) => (text ? scaled(text)?.number : undefined));
  if (low === undefined || high === undefined || chosen === undefined || high === low) return null;
  const found = el("span", { class: "bar", "aria-hidden": "true" }, el("span", { class: "pin" }));
  found.firstChild.style.setProperty("left", `${((chosen - low) / (high - low)) * 100}%`);
  return found;
}

function proposal(found, take) {
  return el("section", { class: "part" },
    el("h3", {}, "A fair point"),
    el("ul", {}, found.edits.map((one) => el("li", {}, said(one)))),
    el("p", { class: "meta" }, found.satisfaction.map((one) => `${spoken(one.party)}: ${(one.satisfied / 10).toFixed(1)} % satisfied, walks away below ${(one.walk_away / 10).toFixed(1)} %`).join(" · ")),
    el("p", { class: "buttons" }, el("button", { type: "button", onclick: () => take(found) }, "Open this deal as the term sheet")));
}

async function plot(call, figure) {
  try {
    const text = await askForText("negotiate", { ...call, plot: [byId("axis-across").value, byId("axis-up").value] }, "plot");
    fill(figure, drawing(text));
  } catch (error) {
    if (!(error instanceof Outdated)) fill(figure, el("p", { class: "none" }, "It cannot be drawn: ", error.message, "."));
  }
}

/** Words as a sentence of their own. */
const sentence = (words) => `${capital(words).replace(/\.$/, "")}.`;

function collision(found) {
  return [
    el("h3", {}, "There is no zone"),
    el("p", {}, "These cannot all hold together; take away any one of them and the others can:"),
    el("ul", { class: "collision" }, found.collision.map((one) => el("li", {}, el("p", {}, el("b", {}, one.claim), ": ", one.says),
      one.quote ? el("blockquote", {}, el("p", {}, `“${one.quote}”`)) : null))),
    el("h3", {}, "What would open it"),
    found.openings.map((one) => el("section", { class: "part" }, el("h4", {}, `If ${spoken(one.party)} gives way`),
      one.possible ? el("ul", {}, one.concessions.map((each) => el("li", {}, `${sentence(each.says)} From ${each.stands_at} to `, el("ins", {}, each.would_be), "."))) : el("p", {}, "Nothing it could give opens it."))),
  ];
}
