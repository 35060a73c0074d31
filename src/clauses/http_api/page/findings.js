// The verdict in words, the list of findings, and one finding opened to why.

import { byId, day, el, fileName, fill, spoken } from "./dom.js";
import { state } from "./state.js";

const VERDICTS = {
  conflict: "Conflict: it cannot stand beside what is in force.",
  consent: "Consent is needed before it can be signed.",
  undetermined: "It cannot be told yet: the documents do not say enough.",
  flag: "Nothing stands in its way, but something needs attention.",
  clear: "Clear: nothing stands in its way.",
  unreadable: "The term sheet cannot be read yet.",
  failed: "There is no review.",
};
const SEVERITIES = { conflict: "Conflict", consent: "Consent", flag: "Flag", note: "Note" };
const TRUTHS = { true: "holds", false: "does not hold", unknown: "cannot be told" };

export const verdictName = (verdict) => (verdict ?? "none").replace("undetermined", "cannot be told");

/** Say the verdict of a review. */
export function showVerdict(review) {
  const counts = review.summary;
  const parts = [
    `${counts.breached} of ${counts.rules} rules breached`,
    counts.undetermined ? `${counts.undetermined} open` : null,
    `${counts.satisfied} satisfied`,
    `as of ${day(review.as_of)}`,
  ];
  say(review.verdict, VERDICTS[review.verdict], parts.filter(Boolean).join(" · "));
}

/** Say that there is no review, and why. */
export function showProblems(problems, isText) {
  const count = problems.length;
  say(isText ? "unreadable" : "failed", VERDICTS[isText ? "unreadable" : "failed"], count === 1 ? problems[0].sentence : `${count} errors`);
}

function say(verdict, words, more) {
  const bar = byId("verdict");
  bar.dataset.verdict = verdict;
  if (byId("verdict-words").textContent !== words) byId("verdict-words").textContent = words;
  fill(byId("verdict-more"), marked(more));
  document.title = `${words.split(":")[0]} · Clauses`;
}

/** Words with those of a document, which stand in backticks, set apart. */
export function marked(sentence) {
  return String(sentence ?? "").split("`").map((part, number) => (number % 2 ? el("code", {}, part) : part));
}

/** List the findings of a review; `open` hears which is chosen. */
export function listFindings(review, open) {
  byId("count").textContent = String(review.findings.length);
  const items = review.findings.map((finding) => {
    const isChosen = finding.fingerprint === state.chosen;
    const tone = finding.status === "undetermined" ? "undetermined" : finding.severity;
    return el("li", { class: `finding ${tone}` },
      el("h3", {}, el("button", {
        type: "button", "data-key": finding.fingerprint, "aria-current": isChosen ? "true" : null,
        "aria-controls": "view-finding", onclick: () => open(finding),
      }, badge(finding), el("span", { class: "heading" }, capital(finding.heading)))),
      el("p", {}, finding.message),
      finding.deviation ? el("p", { class: "meta" }, standing(finding.deviation)) : null);
  });
  const none = el("p", { class: "none" }, "No rule finds anything against it.");
  fill(byId("findings"), items.length ? el("ol", { class: "findings" }, items) : none, passed(review));
}

/** List what keeps a document from being read; `goTo` is called with a place in the text. */
export function listProblems(problems, goTo) {
  byId("count").textContent = "!";
  const items = problems.map((problem) => {
    const at = problem.location;
    const isHere = at?.line && at.file === state.name;
    const where = at?.line ? `${isHere ? "Line" : `${fileName(at.file)}, line`} ${at.line}` : null;
    return el("li", { class: "finding problem" },
      el("p", { class: "words" }, marked(capital(problem.sentence)), "."),
      problem.hint ? el("p", { class: "hint" }, marked(capital(problem.hint)), ".") : null,
      el("p", { class: "meta" }, isHere
        ? el("button", { type: "button", class: "place", "data-key": `problem ${at.line}`, onclick: () => goTo(at) }, where)
        : where));
  });
  fill(byId("findings"), el("ol", { class: "findings" }, items));
}

function passed(review) {
  const counted = (status) => review.rules.filter((rule) => rule.status === status);
  const satisfied = counted("satisfied");
  return el("details", { class: "passed" },
    el("summary", {}, `${satisfied.length} rules are satisfied, ${counted("not_applicable").length} do not apply`),
    el("ul", {}, satisfied.map((rule) => el("li", {}, spoken(rule.rule)))));
}

function badge(finding) {
  const isOpen = finding.status === "undetermined";
  const tone = isOpen ? "undetermined" : finding.severity;
  return el("span", { class: `badge ${tone}` }, isOpen ? `Open (${finding.severity})` : SEVERITIES[finding.severity]);
}

export const capital = (text) => (text ? text[0].toUpperCase() + text.slice(1) : "");

/** Open a finding in its view: message, clauses with their quotes, derivation, authority, redraft, question. */
export function openFinding(finding, goTo) {
  const view = byId("view-finding");
  if (!finding) {
    fill(view, el("p", { class: "none" }, "Choose a finding to see why."));
    return;
  }
  fill(view,
    el("p", { class: "meta" }, badge(finding), " ", el("code", {}, finding.rule)),
    el("h3", { id: "finding-heading", tabindex: "-1" }, capital(finding.heading)),
    el("p", { class: "lead" }, finding.message),
    deviation(finding.deviation),
    finding.question ? block("What would settle it", el("p", {}, finding.question)) : null,
    finding.redraft ? block("Redraft", el("p", { class: "redraft" }, `${capital(finding.redraft)}.`)) : null,
    block("Clauses", finding.clauses.map((clause) => clauseOf(clause, goTo))),
    block("Why", el("p", { class: "note" }, "The condition of the rule, and what each part of it comes to."),
      el("ul", { class: "tree" }, branch(finding.derivation))),
    block("Values that decided it", values(finding.values, goTo)),
    finding.authority.length ? block("Authority", finding.authority.map(authority)) : null);
}

const STANDINGS = {
  accepted: "accepted: it counts no longer",
  unsigned: "accepted, but nobody has signed that yet: it counts",
  expired: "the acceptance has expired: it counts again",
  withdrawn: "the acceptance was withdrawn: it counts",
  changed: "something else was accepted than now stands here: it counts",
};

const standing = (taken) => capital(STANDINGS[taken.state] ?? taken.state);

/** A finding that somebody took on, as the ledger has it. */
function deviation(taken) {
  if (!taken) return null;
  const known = Object.entries(taken).filter(([, value]) => typeof value === "string" && value);
  return block("Deviation", el("p", {}, standing(taken), "."), el("dl", {}, known.map(([key, value]) => [el("dt", {}, spoken(key)), el("dd", {}, value)])));
}

const block = (heading, ...content) => el("section", { class: "part" }, el("h4", {}, heading), content);

function clauseOf(clause, goTo) {
  const layer = { proposed: "the term sheet proposes it", current: "in force", result: "as it would stand" }[clause.in] ?? clause.in;
  return el("div", { class: "clause" },
    el("p", { class: "clause-heading" }, clause.heading || clause.id),
    el("p", { class: "meta" }, `${spoken(clause.kind)} · ${layer} · ${clause.basis} · `, place(clause.location, goTo)),
    clause.quote ? el("blockquote", {}, el("p", {}, `“${clause.quote}”`)) : null);
}

/** A button that goes to a place; plain words where the place cannot be shown. */
function place(at, goTo) {
  if (!at?.line) return null;
  const words = at.spot ?? `${fileName(at.file)}, line ${at.line}`;
  return el("button", { type: "button", class: "place", "data-key": `place ${at.file}:${at.line}:${at.column}`, onclick: () => goTo(at) }, words);
}

function branch(node) {
  const words = [el("span", { class: `truth ${node.truth}` }, TRUTHS[node.truth] ?? node.truth), " ", el("code", {}, node.text)];
  if (!node.parts?.length) return el("li", {}, el("span", { class: "leaf" }, words));
  return el("li", {}, el("details", { open: true }, el("summary", {}, words), el("ul", {}, node.parts.map(branch))));
}

function values(listed, goTo) {
  return el("div", { class: "table" }, el("table", {},
    el("thead", {}, el("tr", {}, ["Term", "Value", "Where"].map((word) => el("th", { scope: "col" }, word)))),
    el("tbody", {}, listed.map((one) => el("tr", {},
      el("th", { scope: "row" }, el("code", {}, one.term)),
      el("td", {}, one.value || "not stated"),
      el("td", {}, place(one.location, goTo)))))));
}

const authority = (one) => el("blockquote", {},
  one.quote ? el("p", {}, `“${one.quote}”`) : null,
  el("p", { class: "meta" }, [one.document, one.section].filter(Boolean).join(", ")));
