"""The worked deal says what its source says; its sheets apply; amendments stack up as they should."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from clauses.errors import InputError
from clauses.terms.agreement import Agreement, ClauseVersion, TermSheet, read_agreement, read_term_sheet
from clauses.terms.in_force import Ambiguity, World, standings, worlds
from clauses.terms.values import Date, Value
from clauses.yaml_nodes import Mapping_

EXAMPLES = Path(__file__).parents[2] / "examples"
DEAL = EXAMPLES / "microsoft-openai"
STACK = EXAMPLES / "amendment-stack"
SHEETS = sorted((DEAL / "term-sheets").glob("*.yaml"))

WORDS_OF_VALUES = {
    "2030": "until 2030",
    "2026-04": "April 2026 deadline",
    "USD 500bn": "$500 billion",
    "2025-01": "In January",
    "2025-06-17..2025-06-25": "after a report on June 17th",
}
"""Every amount and date that the deal holds as reported, with the words of the article that carry it."""

NOT_REPORTED = {"microsoft-holding", "raise-consent", "listing-consent"}

KEY_STATEMENTS = [
    "he had a phone conversation with Microsoft CEO Satya Nadella",
    "New York Times podcast on Tuesday morning",
    "Microsoft, an early investor in OpenAI",
    "is negotiating to adjust investment terms",
    "this adjustment could significantly change Microsoft's ownership stake",
    "there are points of disagreement, and we are no exception",
    "this relationship remains extremely positive",
    "Microsoft might pause negotiations if they cannot find common ground",
    'ready to "abandon risky negotiations" if no agreement is reached',
    "affirming their collaborative relationship remains effective",
    "the number of shares Microsoft will receive if OpenAI successfully converts to a for-profit company",
    "seeking to freely raise new capital or go public",
    "could dilute Microsoft's current shares if terms are not renegotiated",
    "accused Microsoft of actions that might attract regulatory attention",
    "its dual role as both investor and sole cloud partner",
    "committed to their current commercial contract until 2030",
    "using Azure as the cloud platform for all OpenAI projects",
    "products like GitHub Copilot",
    "the cloud platform behind ChatGPT",
    "pillars in both companies' AI ambitions",
    "Tensions have persisted for months",
    "both companies issued a joint statement rejecting fractures",
    "Negotiations are ongoing, and we are optimistic about building the future together.",
    "effective AI discussions with former US President Donald Trump",
    "a $500 billion private initiative involving SoftBank, Oracle, and OpenAI",
    "Microsoft's early investment helped OpenAI rapidly breakthrough",
    "OpenAI's breakthroughs stimulated demand for Microsoft's cloud and software services",
    "new projects and potential stock market listings",
    "gradually transitioning from partners to competitors",
    "both sides remaining optimistic about a long-term collaborative path",
    "the April 2026 deadline for OpenAI's conversion to a for-profit model to preserve financial commitments",
    "the next few months will determine the relationship's future",
    "potential withdrawal depends on the speed of resolving final complexities",
]


@pytest.fixture(scope="module")
def deal() -> Agreement:
    return read_agreement(DEAL / "agreement.yaml")


@pytest.fixture(scope="module")
def article(deal: Agreement) -> str:
    file = deal.sources["article"].file
    assert file
    return (DEAL / file).read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def stack() -> Agreement:
    return read_agreement(STACK / "agreement.yaml")


def reported(agreement: Agreement) -> dict[str, ClauseVersion]:
    return {id: v for id, v in agreement.clauses.items() if v.clause.source.basis == "reported"}


def applied(deal: Agreement, path: Path) -> tuple[TermSheet, World]:
    sheet = read_term_sheet(path, deal)
    (world,) = worlds(deal, sheet.dated, sheet)
    return sheet, world


class TestTheDealAgainstItsSource:
    def test_every_quote_stands_in_the_article(self, deal: Agreement, article: str) -> None:
        quotes = {id: version.clause.source.quote or "" for id, version in reported(deal).items()}
        missing = {id: quote for id, quote in quotes.items() if not quote or quote not in article}
        assert not missing

    def test_every_clause_writes_its_basis(self, deal: Agreement) -> None:
        for id, version in deal.clauses.items():
            source = version.nodes.get("source")
            assert isinstance(source, Mapping_) and "basis" in source.items, id
            assert version.clause.source.basis in ("reported", "assumed"), id

    def test_what_is_assumed_is_as_listed_says_so_and_quotes_nothing(self, deal: Agreement) -> None:
        assumed = {id: v.clause for id, v in deal.clauses.items() if v.clause.source.basis == "assumed"}
        assert set(assumed) == NOT_REPORTED
        for clause in assumed.values():
            assert clause.source.quote is None and clause.source.document is None
            assert clause.text.startswith("Assumed for the exercise") and "(assumed)" in clause.heading

    def test_every_clause_has_a_heading_and_words(self, deal: Agreement) -> None:
        assert all(version.clause.heading and version.clause.text for version in deal.clauses.values())

    def test_every_reported_value_is_carried_by_the_quote(self, deal: Agreement) -> None:
        for id, version in reported(deal).items():
            for term, value in version.clause:
                if isinstance(value, Value):
                    assert WORDS_OF_VALUES[str(value)] in (version.clause.source.quote or ""), f"{id}.{term}"

    def test_reported_clauses_name_only_parties_that_the_article_names(self, deal: Agreement, article: str) -> None:
        for id, version in reported(deal).items():
            for name, kind in version.clause.term_types().items():
                value = getattr(version.clause, name)
                if kind.name == "party" and value is not None:
                    for party in value if isinstance(value, tuple) else [value]:
                        assert deal.parties[party].name in article, f"{id}.{name}"

    @pytest.mark.parametrize("statement", KEY_STATEMENTS)
    def test_every_key_statement_is_covered(self, deal: Agreement, article: str, statement: str) -> None:
        assert statement in article, "the phrase itself must be the article's"
        assert any(statement in (v.clause.source.quote or "") for v in reported(deal).values())

    def test_what_the_article_leaves_open_is_not_stated(self, deal: Agreement) -> None:
        open_terms = {
            "azure-supply": ["amount", "starts"],
            "azure-exclusivity": ["starts"],
            "openai-conversion": ["closing"],
            "conversion-funding": ["funder", "recipient", "amount", "if_missed"],
            "conversion-equity": ["stake", "floor", "anti_dilution", "deadline"],
            "dual-role": ["authority"],
            "stargate": ["subject"],
            "openai-competes": ["subject"],
        }
        stated = {
            f"{id}.{term}": getattr(deal.clauses[id].clause, term)
            for id, terms in open_terms.items()
            for term in terms
            if getattr(deal.clauses[id].clause, term) is not None
        }
        assert not stated

    def test_dates_keep_the_precision_of_the_source(self, deal: Agreement) -> None:
        assert deal.clauses["azure-exclusivity"].clause.ends == Date.read("2030-01-01..2030-12-31")
        conversion: Any = deal.clauses["openai-conversion"].clause
        assert conversion.deadline == Date.read("2026-04-01..2026-04-30")

    def test_the_walk_away_reaches_the_negotiations_and_not_the_contract(self, deal: Agreement) -> None:
        walk_away: Any = deal.clauses["microsoft-walk-away"].clause
        assert walk_away.exercised == "no"
        assert deal.clauses[walk_away.ends_clause].kind == "negotiation"


class TestTheTermSheets:
    def test_there_are_enough_of_them(self) -> None:
        assert len(SHEETS) >= 20

    @pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
    def test_it_applies(self, deal: Agreement, path: Path) -> None:
        sheet, world = applied(deal, path)
        assert sheet.id == path.stem
        assert sheet.agreement == deal.id
        assert sheet.proposed_by in deal.parties
        assert Date.read("2025-07-01").lowest <= sheet.dated.lowest <= Date.read("2025-12-31").highest
        assert world.proposed or world.removed

    @pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
    def test_it_is_short_and_says_what_it_is(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        comment = list(itertools.takewhile(lambda line: line.startswith("#"), lines))
        assert len(lines) <= 40
        assert 2 <= len(comment) <= 4
        assert "invented" in " ".join(comment)
        assert "lawyer" in " ".join(comment)

    @pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
    def test_what_it_proposes_is_on_nobodys_word_but_its_own(self, deal: Agreement, article: str, path: Path) -> None:
        _, world = applied(deal, path)
        for id in world.proposed:
            clause = world.result[id].clause
            assert clause.heading, id
            assert clause.source.basis == "stated", id
            assert clause.source.quote is None, id

    def test_the_four_listings_differ_in_their_protection_alone(self, deal: Agreement) -> None:
        seen = {}
        for path in (path for path in SHEETS if path.stem.startswith("listing-")):
            _, world = applied(deal, path)
            terms = {f"{id}.{term}": value for id in world.proposed for term, value in world.result[id].clause}
            seen[terms.pop("conversion-equity.anti_dilution")] = terms
        assert set(seen) == {"none", "weighted-average", "full-ratchet", "floor-top-up"}
        assert all(terms == seen["none"] for terms in seen.values())

    def test_a_struck_clause_is_in_force_before_and_not_after(self, deal: Agreement) -> None:
        _, world = applied(deal, DEAL / "term-sheets" / "contract-struck.yaml")
        assert world.removed == {"azure-supply", "azure-exclusivity"}
        assert world.removed <= set(world.current) and not world.removed & set(world.result)


class TestTheAmendmentStack:
    EVERYTHING_KNOWN = Date.read("2025-01-01")

    def on(
        self, stack: Agreement, day: str, known_on: str | None = None, sheet: TermSheet | None = None
    ) -> list[World]:
        return worlds(stack, Date.read(day), sheet, Date.read(known_on) if known_on else None)

    def term(self, world: World, id: str, term: str) -> str:
        return str(getattr(world.result[id].clause, term))

    def test_everything_is_assumed(self, stack: Agreement) -> None:
        (world,) = self.on(stack, "2024-06-01")
        bases = {version.clause.source.basis for version in world.current.values()}
        assert bases == {"assumed", "stated"}  # what an amendment rewrote is stated by that amendment

    @pytest.mark.parametrize(
        ("day", "known_on", "shares"),
        [
            ("2023-02-01", None, ["3%"]),
            ("2023-05-15", None, ["3%"]),  # in force perhaps, but not yet signed
            ("2023-09-14", None, ["3%"]),
            ("2023-09-15", None, ["4.5%"]),
            ("2023-04-30", "2024-01-01", ["3%"]),
            ("2023-05-01", "2024-01-01", ["4.5%", "3%"]),  # some day of May
            ("2023-05-30", "2024-01-01", ["4.5%", "3%"]),
            ("2023-05-31", "2024-01-01", ["4.5%"]),
            ("2023-06-01", "2023-06-01", ["3%"]),  # what a reader knew then
            ("2023-06-01", "2024-01-01", ["4.5%"]),  # what held, as was known later
            ("2024-06-01", None, ["4.5%"]),
            ("2024-06-01", "2023-08-01", ["3%"]),
        ],
    )
    def test_the_first_amendment_holds_before_it_is_signed(
        self, stack: Agreement, day: str, known_on: str | None, shares: list[str]
    ) -> None:
        assert [self.term(world, "revenue-share", "share") for world in self.on(stack, day, known_on)] == shares

    def test_in_may_the_share_is_only_possible_and_the_rest_certain(self, stack: Agreement) -> None:
        found = standings(self.on(stack, "2023-05-15", "2024-01-01"))
        assert [s.certain for s in found if s.version.id == "revenue-share"] == [False, False]
        assert all(s.certain for s in found if s.version.id != "revenue-share")

    @pytest.mark.parametrize(
        ("day", "known_on", "amount"),
        [
            ("2023-12-31", None, "USD 2m"),
            ("2024-02-29", None, "USD 2m"),  # signed, not yet effective
            ("2024-03-01", None, "USD 3m"),
            ("2024-03-01", "2024-01-31", "USD 2m"),
        ],
    )
    def test_the_side_letter_prevails(self, stack: Agreement, day: str, known_on: str | None, amount: str) -> None:
        (world,) = self.on(stack, day, known_on)
        assert self.term(world, "minimum-purchase", "amount") == amount
        assert "minimum-purchase" not in {found.clause_id for found in world.ambiguities}

    def test_two_ends_of_one_day_are_nobodys(self, stack: Agreement) -> None:
        (world,) = self.on(stack, "2024-03-01")
        assert world.ambiguities == (Ambiguity("hosting-exclusivity", "ends", ("second-amendment", "third-amendment")),)
        version = world.current["hosting-exclusivity"]
        assert version.clause.ends is None
        assert version.ambiguous == {"ends"}

    def test_before_that_day_nothing_is_ambiguous(self, stack: Agreement) -> None:
        (world,) = self.on(stack, "2024-02-29")
        assert world.ambiguities == ()
        assert self.term(world, "hosting-exclusivity", "ends") == "2025-12-31"

    @pytest.mark.parametrize(
        ("day", "assignment", "control"), [("2024-02-29", True, False), ("2024-03-01", False, True)]
    )
    def test_clauses_come_and_go(self, stack: Agreement, day: str, assignment: bool, control: bool) -> None:
        (world,) = self.on(stack, day)
        assert ("no-assignment" in world.current) is assignment
        assert ("change-of-control" in world.current) is control

    def test_the_term_sheet_settles_the_end(self, stack: Agreement) -> None:
        sheet = read_term_sheet(STACK / "term-sheets" / "one-end-for-the-exclusivity.yaml", stack)
        (world,) = worlds(stack, sheet.dated, sheet)
        assert world.current["hosting-exclusivity"].ambiguous == {"ends"}
        settled = world.result["hosting-exclusivity"]
        assert settled.ambiguous == frozenset()
        assert str(settled.clause.ends) == "2026-12-31"
        assert world.proposed == {"hosting-exclusivity"}

    def test_a_sheet_cannot_change_what_has_been_struck(self, stack: Agreement) -> None:
        changes = [{"remove": "no-assignment"}]
        data = {
            "term_sheet": "too-late",
            "agreement": "amendment-stack",
            "dated": "2024-06-03",
            "changes": changes,
        }
        with pytest.raises(InputError) as refused:
            self.on(stack, "2024-06-03", sheet=read_term_sheet(data, stack))
        assert [problem.id for problem in refused.value.problems] == ["not-in-force"]
