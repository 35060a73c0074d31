// The term sheet as a form. It is drawn from the outline of the text and from the JSON Schema, and every change of a
// field is an edit of the text: the two are views of one thing.

import { byId, el, fill, later, spoken } from "./dom.js";
import { at, edit, plain } from "./edits.js";
import { state } from "./state.js";

let start = null; // what the service knows of kinds and schemas
let refused = () => {};

export function form(known, onRefused) {
  start = known;
  refused = onRefused;
}

/** Draw the form of the text, or say why it cannot be drawn. */
export function drawForm() {
  const view = byId("view-form");
  const keys = state.outline?.keys;
  if (!keys) {
    fill(view, el("p", { class: "none" }, "The text cannot be read, so there is no form of it. Mend the text first; the findings say where."));
    return;
  }
  const header = start.schema.properties;
  const listed = ["term_sheet", "title", "agreement", "dated", "effective", "proposed_by"];
  const changes = keys.changes?.items ?? [];
  fill(view,
    el("fieldset", {}, el("legend", {}, "The term sheet"),
      listed.map((name) => field([name], name, header[name], { type: name === "proposed_by" ? "party" : typeOf(name) }))),
    changes.map(changeOf),
    adding());
}

const typeOf = (name) => (["dated", "effective"].includes(name) ? "date" : "text");

function changeOf(change, number) {
  const action = ["add", "amend", "remove"].find((word) => change.keys?.[word]) ?? "add";
  const id = change.keys?.[action]?.text ?? "";
  const body = action === "add" ? "clause" : "set";
  const path = ["changes", number, body];
  const terms = change.keys?.[body]?.keys ?? {};
  const kind = terms.kind?.text ?? kindOf(id);
  const words = { add: "Adds", amend: "Amends", remove: "Removes" }[action];
  return el("fieldset", { class: "change" },
    el("legend", {}, `${words} `, el("code", {}, id)),
    field(["changes", number, action], "clause id", { description: "The id of the clause." }, { type: "clause" }),
    action === "remove" ? null : Object.keys(terms).map((name) => termField(path, name, kind, terms[name])),
    action === "remove" ? null : moreTerms(path, kind, terms),
    el("p", { class: "buttons" }, el("button", { type: "button", onclick: () => make([{ remove: ["changes", number] }]) }, `Take out this change`)));
}

/** The kind of a clause in force, read off the text of the agreement. */
function kindOf(id) {
  const text = state.agreementText?.text ?? "";
  const escaped = id.replace(/[^a-z0-9-]/g, "");
  return new RegExp(`^ +${escaped}:\\s*\\n(?: +#.*\\n)* +kind: *([a-z_]+)`, "m").exec(text)?.[1];
}

const definition = (kind) => Object.values(start.schema.$defs).find((one) => one.properties?.kind?.const === kind);

function termField(path, name, kind, node) {
  const about = definition(kind)?.properties?.[name] ?? {};
  const type = name === "kind" ? { type: "choice", choices: Object.keys(start.kinds) } : start.kinds[kind]?.[name] ?? { type: "text" };
  if (node.keys) {
    return el("details", { class: "group" }, el("summary", {}, capitalised(name)),
      Object.keys(node.keys).map((inner) => field([...path, name, inner], inner, {}, { type: inner === "quote" ? "long" : "text" })));
  }
  return field([...path, name], name, about, name === "text" ? { type: "long" } : type);
}

function moreTerms(path, kind, terms) {
  const known = Object.keys(start.kinds[kind] ?? {}).filter((name) => !(name in terms));
  const common = ["heading", "text"].filter((name) => !(name in terms));
  if (!known.length && !common.length) return null;
  const choice = el("select", { "data-key": `${path.join(".")} more`, onchange: (event) => {
    const name = event.target.value;
    if (name) make([{ set: [...path, name], to: null }]);
  } }, el("option", { value: "" }, "Another term…"), [...common, ...known].map((name) => el("option", { value: name }, spoken(name))));
  return el("p", { class: "more" }, el("label", {}, el("span", { class: "unseen" }, "State another term "), choice));
}

const capitalised = (name) => spoken(name).replace(/^./, (first) => first.toUpperCase());

/** A labelled field for the value at a path. */
function field(path, name, about, type) {
  const node = at(state.outline, path);
  const key = path.join(".");
  const id = `field-${key}`;
  const isList = type.list || node?.items;
  const value = isList ? (plain(node) ?? []).filter((one) => typeof one === "string").join(", ") : (node?.text ?? "");
  const said = { id, "data-key": key, "aria-describedby": about?.description ? `${id}-about` : null };
  const commit = (text) => {
    const wanted = isList ? text.split(",").map((one) => one.trim()).filter(Boolean) : text === "" ? null : text;
    if (node === undefined && wanted === null) return;
    make([wanted === null && path.length === 1 ? { remove: path } : { set: path, to: wanted }], key);
  };
  const slowly = later(350, commit);
  const listening = { onchange: (event) => commit(event.target.value), oninput: (event) => slowly(event.target.value) };
  let control;
  if (type.type === "choice" && type.choices?.length && !isList) {
    const choices = value && !type.choices.includes(value) ? [value, ...type.choices] : type.choices;
    control = el("select", { ...said, onchange: listening.onchange }, el("option", { value: "" }, "not stated"),
      choices.map((choice) => el("option", { value: choice, selected: choice === value }, spoken(choice))));
  } else if (type.type === "long") {
    control = el("textarea", { ...said, rows: 3, ...listening, value });
  } else {
    const suggestions = suggestionsFor(type.type, id);
    control = el("input", { ...said, type: "text", value, autocomplete: "off", spellcheck: "false", list: suggestions?.id, ...listening });
    if (suggestions) return el("div", { class: "field" }, el("label", { for: id }, capitalised(name)), control, suggestions, aboutOf(id, about));
  }
  return el("div", { class: "field" }, el("label", { for: id }, capitalised(name)), control, aboutOf(id, about));
}

function aboutOf(id, about) {
  return about?.description ? el("p", { class: "note", id: `${id}-about` }, about.description.replaceAll("`", "")) : null;
}

function suggestionsFor(type, id) {
  if (type !== "party" && type !== "clause") return null;
  const text = state.agreementText?.text ?? "";
  const section = new RegExp(`^${type === "party" ? "parties" : "clauses"}:\\s*\\n((?: +.*\\n|\\s*\\n|#.*\\n)*)`, "m").exec(text)?.[1] ?? "";
  const indent = /^( +)\S/m.exec(section)?.[1] ?? "  ";
  const names = [...section.matchAll(new RegExp(`^${indent}([a-z0-9-]+):`, "gm"))].map((found) => found[1]);
  return names.length ? el("datalist", { id: `${id}-known` }, names.map((name) => el("option", { value: name }))) : null;
}

/** What adds a change: a new clause of a kind, or a clause in force that is amended or removed. */
function adding() {
  const action = el("select", { id: "adding-action" }, [["add", "Add a clause"], ["amend", "Amend a clause"], ["remove", "Remove a clause"]]
    .map(([value, words]) => el("option", { value }, words)));
  const known = suggestionsFor("clause", "adding-id");
  const id = el("input", { id: "adding-id", type: "text", autocomplete: "off", spellcheck: "false", placeholder: "clause id", list: known?.id });
  const kind = el("select", { id: "adding-kind" }, Object.keys(start.kinds).map((name) => el("option", { value: name }, spoken(name))));
  const kindLabel = el("label", {}, "Kind ", kind);
  action.addEventListener("change", () => { kindLabel.hidden = action.value !== "add"; });
  const submit = (event) => {
    event.preventDefault();
    const name = id.value.trim();
    if (!name) { id.focus(); return; }
    const change = { add: { add: name, clause: { kind: kind.value } }, amend: { amend: name, set: {} }, remove: { remove: name } }[action.value];
    make([{ add_change: change }]);
  };
  return el("form", { class: "adding", onsubmit: submit }, el("fieldset", {}, el("legend", {}, "Another change"),
    el("p", { class: "row" }, el("label", {}, el("span", { class: "unseen" }, "What "), action), el("label", {}, el("span", { class: "unseen" }, "Clause id "), id), known, kindLabel,
      el("button", {}, "Add"))));
}

async function make(edits, key = "form") {
  try {
    await edit(edits, `form ${key}`);
  } catch (error) {
    refused(error);
  }
}
