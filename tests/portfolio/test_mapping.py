"""Mappings: labels are read for certain or not at all, no column is unused by accident, nothing is lost unsaid."""

from __future__ import annotations

import typing
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clauses.errors import InputError
from clauses.portfolio.mapping import TableMapping, Unread, count_reasons, read_mapping
from clauses.portfolio.mapping_labels import Conventions, NotRead, read_renewal, read_value
from clauses.portfolio.mapping_parties import make_id, read_parties
from clauses.terms.agreement import Agreement, read_agreement
from clauses.terms.kinds import KINDS
from clauses.terms.kinds.lifetime import Sought
from clauses.terms.values import Date

CUAD = Conventions(
    order="month-day-year", open="[]", two_digit_years_from=1970, never=frozenset({"perpetual"}), between=";"
)
START = Date.read("2014-05-08")

DATES = {
    "5/8/2014": "2014-05-08",
    " 12/31/2020 ": "2020-12-31",
    "12-31-2020": "2020-12-31",
    "09/[]/2019": "2019-09",
    "6/[]/2010": "2010-06",
    "[]/[]/2015": "2015",
    "[]/15/2015": "2015-01-15..2015-12-15",
    "2/3[]/2015": None,
    "2/2[]/2015": "2015-02-20..2015-02-28",
    "0[]/01/2015": "2015-01-01..2015-09-01",
    "[]/[]/19[]": "1900..1999",
    "09/14/200[]": "2000-09-14..2009-09-14",
    "5/8/98": "1998-05-08",
    "5/8/69": "2069-05-08",
    "5/8/70": "1970-05-08",
    "07/31/2000; 07/[]/2000": "2000-07-31",
    "Perpetual": "never",
    "2014-05-08": "2014-05-08",
    "2014-05-08 00:00:00": "2014-05-08",
    "May 8, 2014": "2014-05-08",
    "8th of May 2014": "2014-05-08",
    "8-May-2014": "2014-05-08",
    "Sept. 2014": "2014-09",
    "5 years": "2019-05-07..2019-05-08",
    "five (5) years from the Effective Date": "2019-05-07..2019-05-08",
    "30 days": "2014-06-06..2014-06-07",
    "[]/[]/[]": None,
    "04/30/[]": None,
    "4/30/[][]": None,
    "31/01/2025": None,
    "02/30/2015": None,
    "2014-02-30": None,
    "5/8/0214": None,
    "09/05/2019; perpetual": None,
    "5/8/2014; 5/9/2014": None,
    "7 years from the launch": None,
    "five (6) years": None,
    "until terminated": None,
    "": None,
}


def as_text(cell: str, type: str, conventions: Conventions = CUAD, start: Date | None = START) -> str | None:
    try:
        return str(read_value(cell, type, conventions, start))
    except NotRead:
        return None


@pytest.mark.parametrize(("cell", "meant"), DATES.items())
def test_a_date_is_read_for_certain_or_not_at_all(cell: str, meant: str | None) -> None:
    assert as_text(cell, "date") == meant


def test_the_mapping_says_which_part_is_the_month() -> None:
    day_first = Conventions(order="day-month-year")
    assert as_text("5/8/2014", "date", day_first) == "2014-08-05"
    assert as_text("5/8/98", "date", day_first) is None
    assert as_text("5/8/2014", "date", Conventions()) is None


def test_a_length_of_time_is_no_date_where_nobody_knows_its_start() -> None:
    with pytest.raises(NotRead, match="no day from which it is counted"):
        read_value("5 years", "date", CUAD, None)


def test_a_term_that_starts_on_the_last_of_a_month_ends_on_the_last_of_a_shorter_one() -> None:
    assert as_text("1 month", "date", start=Date.read("2015-01-31")) == "2015-02-27..2015-02-28"


LENGTHS = {
    "30 days": "30 days", "60) days": "60 days", "(6) months": "6 months", "three (3) years": "3 years",
    "twenty-four months": "2 years", "a year": "1 year", "12-month": "1 year", "5 year": "5 years", "2 yrs": "2 years",
    "180 days / 6 months": None, "4 years, 6 months": None, "[] years": None, "10 business days": None,
    "10 1 years": None, "soon": None, "four (5) years": None, "99999999 years": None, "9999 years": None,
}  # fmt: skip


@pytest.mark.parametrize(("cell", "meant"), LENGTHS.items())
def test_a_length_of_time_is_read_for_certain_or_not_at_all(cell: str, meant: str | None) -> None:
    months = as_text(cell, "months")
    assert months == meant or ((meant or "").endswith("days") and as_text(cell, "days") == meant)


RENEWALS: dict[str, tuple[str | None, str | None, int | None]] = {
    "1 year": (None, "1 years", None),
    "successive 1 year": ("successive", "1 years", None),
    "successine 1 year": ("successive", "1 years", None),
    "succsive 1 year": ("successive", "1 years", None),
    "3 successive 1 year": ("successive", "1 years", 3),
    "four successive 10 years": ("successive", "10 years", 4),
    "successive [] years": ("successive", None, None),
    "perpetual": ("perpetual", None, None),
}


@pytest.mark.parametrize(("label", "meant"), RENEWALS.items())
def test_a_renewal_says_no_more_than_its_label(label: str, meant: tuple[str | None, str | None, int | None]) -> None:
    read = read_renewal(label, CUAD)
    assert (read.manner, read.length, read.count) == meant
    assert read.has_open_length == ("[]" in label)


@pytest.mark.parametrize("label", ["10 1 years", "excessive 1 year", "renewable", "some successive 1 year"])
def test_a_renewal_that_is_not_understood_is_not_read(label: str) -> None:
    with pytest.raises(NotRead):
        read_renewal(label, CUAD)


def test_amounts_need_a_currency_and_a_sign_that_is_stated() -> None:
    dollars = Conventions(currencies=(("US$", "USD"), ("$", "USD")))
    assert as_text("$1,250,000", "money", dollars) == "USD 1.25m"
    assert as_text("US$ 5.25", "money", dollars) == "USD 5.25"
    assert as_text("USD 5m", "money", dollars) == "USD 5m"
    assert as_text("$1.250", "money", dollars) is None, "thousands or a fraction"
    assert as_text("1,250,000", "money", dollars) is None
    assert as_text("EUR 1.250,50", "money", Conventions(decimal=",")) == "EUR 1,250.50"


PARTIES = {
    'Ingram Micro ("Distributor"); NETGEAR, Inc. ("NETGEAR")': {
        "ingram-micro": ("Ingram Micro", ("Distributor",)), "netgear-inc": ("NETGEAR, Inc.", ("NETGEAR",)),
    },
    "Pine Co.; “Elm” Ltd": {"pine-co": ("Pine Co.", ()), "elm-ltd": ("Elm Ltd", ())},
    'Oak, Inc."Oak"; Pine "Client"': {"oak-inc": ("Oak, Inc.", ("Oak",)), "pine": ("Pine", ("Client",))},
    'OAK, INC.; ("Oak"); Pine ("P")': {"oak-inc": ("OAK, INC.", ("Oak",)), "pine": ("Pine", ("P",))},
    'Oak ("Oak"); Pine ("Pine"); Oak and Pine ("Party" and together the "Parties")': {
        "oak": ("Oak", ("Oak",)), "pine": ("Pine", ("Pine",)),
    },
    'Oak ("Oak"); Pine ("Party" and collectively the "Parties")': {"oak": ("Oak", ("Oak",)), "pine": ("Pine", ())},
    'Oak ("Oak"); [] ("Franchisee")': {"oak": ("Oak", ("Oak",)), "franchisee": ("Franchisee", ("Franchisee",))},
    'Oak (BVI) Ltd ("a"; "b"); Pine ("c")': {"oak-bvi-ltd": ("Oak (BVI) Ltd", ("a", "b")), "pine": ("Pine", ("c",))},
    'HOF, LLC ("One"); HOF, LLC ("Two")': {"hof-llc": ("HOF, LLC", ("One", "Two"))},
    'Värde & Co ("V")': {"varde-co": ("Värde & Co", ("V",))},
    'Oak ("Oak"); Oak and Birch ("Owners")': {"oak": ("Oak", ("Oak",))},
}  # fmt: skip


@pytest.mark.parametrize(("cell", "meant"), PARTIES.items())
def test_a_list_of_parties(cell: str, meant: dict[str, tuple[str, tuple[str, ...]]]) -> None:
    read = read_parties(cell, ";", "[]")
    assert {id: (party.name, party.called) for id, party in read.parties.items()} == meant


def test_a_word_for_parties_already_named_is_neither_a_party_nor_unread() -> None:
    for group in ('Oak and Pine (the "Parties")', '(each a "Party")', "Each of the foregoing is a party", "Oak, Pine"):
        read = read_parties(f'Oak ("Oak"); Pine ("Pine"); {group}', ";", "")
        assert [*read.parties] == ["oak", "pine"] and read.unread == [], group


def test_what_a_list_of_parties_leaves_unclear_is_said() -> None:
    cell = 'Oak ("Oak"), on behalf of its affiliates; Pine ("Pine); Oak and Birch ("Owners")'
    assert [reason for _, reason in read_parties(cell, ";", "").unread] == [
        "words after the name of a party and what it is called",
        "quotation marks that do not pair",
        "a group of parties that are not all named before",
    ]


def test_ids_are_short_and_told_apart() -> None:
    assert make_id("Reed's, Inc.") == "reeds-inc"
    long = [make_id("x" * 90 + ending) for ending in "ab"]
    assert len({*long}) == 2 and all(len(id) <= 80 for id in long)
    assert make_id("株式会社") != make_id("有限会社")


# --- mapping files

SMALL = """
mapping: small
title: A small table
table:
  nothing: ["n/a"]
  unknown: ["[***]"]
  between: ";"
  dates: {order: day-month-year}
  currencies: {"€": EUR}
agreement:
  id: Name
  title: Title
  signed: {column: Signed}
  parties: Parties
  roles: {Buyer: customer}
clauses:
  term:
    kind: agreement_term
    terms:
      starts: {column: Start}
      ends: {column: End, words: [End words], counted_from: [Start, Signed]}
      refused: {column: Refused}
  minimum:
    kind: minimum_commitment
    heading: Minimum
    if_found: [Minimum]
    terms:
      amount: {column: Minimum}
      obligor: {column: Who buys}
      per: {says: year}
  sole:
    kind: exclusivity
    if_yes: [Exclusive, Sole]
    words: [Exclusive words]
    terms:
      subject: {column: Of what, answers: {Cloud: cloud-compute, Misc: not stated}, if_nothing: other}
  law: {kind: governing_law, for_each: Law, terms: {law: {column: Law}}}
leaves_out: [Remarks]
"""
ROW = {
    "Name": "Deal 7", "Title": "Supply", "Signed": "1/2/2020", "Parties": 'Oak ("Buyer"); Pine', "Start": "1/3/2020",
    "End": "2 years", "End words": "two years", "Refused": "No", "Minimum": "€5m", "Who buys": "buyer",
    "Exclusive": "No", "Sole": "Yes", "Exclusive words": "only from Pine", "Of what": "Cloud", "Law": "France; Spain",
    "Remarks": "none of our business",
}  # fmt: skip


def written(folder: Path, text: str) -> Path:
    file = folder / "small.yaml"
    file.write_text(text)
    return file


@pytest.fixture
def small(tmp_path: Path) -> TableMapping:
    return read_mapping(written(tmp_path, SMALL))


def record(mapping: TableMapping, **cells: str) -> tuple[Agreement, tuple[Unread, ...]]:
    row = ROW | {name.replace("_", " "): text for name, text in cells.items()}
    mapped = mapping.document(row)
    assert mapped.document is not None
    return read_agreement(mapped.document), mapped.unread


def test_a_row_becomes_an_agreement(small: TableMapping) -> None:
    small.check_columns(list(ROW))
    agreement, unread = record(small)
    assert unread == ()
    assert (agreement.id, agreement.title, str(agreement.signed)) == ("deal-7", "Supply", "2020-02-01")
    assert {id: (party.name, party.roles) for id, party in agreement.parties.items()} == {
        "oak": ("Oak", ("customer",)), "pine": ("Pine", ()),
    }  # fmt: skip
    clauses = {id: version.clause.model_dump(exclude_unset=True) for id, version in agreement.clauses.items()}
    terms = {
        id: {k: str(v) for k, v in clause.items() if k not in ("kind", "source", "text", "heading")}
        for id, clause in clauses.items()
    }
    assert terms == {
        "term": {"starts": "2020-03-01", "ends": "2022-02-28..2022-03-01", "refused": "no"},
        "minimum": {"amount": "EUR 5m", "obligor": "oak", "per": "year"},
        "sole": {"subject": "cloud-compute"},
        "law": {"law": "France"},
        "law-2": {"law": "Spain"},
    }
    assert clauses["sole"]["text"] == "only from Pine"


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"End": "2/30/2021"}, "End", "there is no such date in the order of day and month stated"),
        ({"End": "1/1/2019"}, "End", "an end before the start"),
        ({"End": ""}, "End", "no answer beside the words"),
        ({"End": "[***]"}, "End", "held back or left open"),
        ({"Minimum": "five million"}, "Minimum", "not an amount of money"),
        ({"Who_buys": "Birch"}, "Who buys", "not one of the parties"),
        ({"Of_what": "Gold"}, "Of what", "not one of the choices"),
        ({"Refused": "perhaps"}, "Refused", "not one of the choices"),
        ({"Exclusive_words": "n/a"}, "Exclusive", "a yes without any words"),
        ({"Parties": ""}, "Parties", "no party is named"),
    ],
)
def test_what_cannot_be_read_is_unknown_and_said(
    small: TableMapping, cells: dict[str, str], column: str, reason: str
) -> None:
    _, unread = record(small, **cells)
    assert (column, reason) in [(one.column, one.reason) for one in unread]
    assert count_reasons(unread)[column, reason] == 1


def test_a_label_that_is_not_read_leaves_its_term_unknown(small: TableMapping) -> None:
    mapped = small.document(ROW | {"End": "some day", "Of what": "Gold", "Signed": "?"})
    assert mapped.document is not None
    assert mapped.document["clauses"]["term"]["ends"] == "unknown"
    assert mapped.document["clauses"]["sole"]["subject"] == "unknown"
    assert "signed" not in mapped.document
    assert len(mapped.unread) == 3


@pytest.mark.parametrize(
    ("exclusive", "sole", "words", "stands"),
    [
        ("No", "No", "", "absent"),
        ("no", "NO", "n/a", "absent"),
        ("Yes", "", "", "there"),
        ("No", "", "", "open"),
        ("", "", "", "open"),
        ("No", "maybe", "", "open"),
        ("No", "No", "only from Pine", "open"),
    ],
)
def test_no_means_absent_and_a_blank_leaves_a_question_open(
    small: TableMapping, exclusive: str, sole: str, words: str, stands: str
) -> None:
    agreement, unread = record(small, Exclusive=exclusive, Sole=sole, Exclusive_words=words)
    found = {id for id in agreement.clauses if "sole" in id}
    assert found == {"absent": set(), "there": {"sole"}, "open": {"open-sole"}}[stands]
    if stands == "open":
        assert agreement.clauses["open-sole"].clause.about == "exclusivity"  # type: ignore[attr-defined]
    assert bool(unread) == (stands != "absent")


def test_answers_mean_what_the_mapping_says(small: TableMapping) -> None:
    def subject(cell: str) -> object:
        return getattr(record(small, Of_what=cell)[0].clauses["sole"].clause, "subject")  # noqa: B009

    assert [subject(cell) for cell in ("cloud", "Misc", "", "software")] == ["cloud-compute", None, "other", "software"]


def test_a_row_without_a_name_is_no_record(small: TableMapping) -> None:
    mapped = small.document({**ROW, "Name": " "})
    assert mapped.document is None
    assert mapped.unread[0].reason == "a row without a name"


def test_columns_are_neither_missing_nor_unused(small: TableMapping) -> None:
    with pytest.raises(InputError) as error:
        small.check_columns([name for name in ROW if name != "Law"] + ["Laws", "Cost"])
    assert [problem.id for problem in error.value.problems] == ["no-such-column", "unused-column", "unused-column"]
    assert [problem.hint for problem in error.value.problems] == [
        "did you mean `Laws`?", "did you mean `Law`?", "list it under `leaves_out`",
    ]  # fmt: skip
    assert all(problem.place and problem.place.line for problem in error.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "id"),
    [
        ("kind: exclusivity", "kind: exclusive", "unknown-kind"),
        ("refused:", "refusd:", "unknown-key"),
        ("leaves_out:", "leave_out:", "unknown-key"),
        ("per: {says: year}", "per: {says: decade}", "not-a-choice"),
        ("per: {says: year}", "per: {says: year, column: Law}", "column-or-says"),
        ("per: {says: year}", "per: {words: [Law]}", "column-or-says"),
        ("Misc: not stated", "Misc: misc", "not-a-choice"),
        ("if_found: [Minimum]", "if_found: [Minimum]\n    if_yes: [Minimum]", "two-conditions"),
        ("order: day-month-year", "order: day-year-month", "not-a-choice"),
        ("Buyer: customer", "Buyer: purchaser", "not-a-choice"),
    ],
)
def test_a_mapping_that_is_not_sound_is_refused_at_its_place(tmp_path: Path, old: str, new: str, id: str) -> None:
    assert old in SMALL
    with pytest.raises(InputError) as error:
        read_mapping(written(tmp_path, SMALL.replace(old, new)))
    assert error.value.problems[0].id == id
    assert error.value.problems[0].place and error.value.problems[0].place.line > 0


def test_an_unknown_name_of_a_mapping_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as error:
        read_mapping("cuard")
    assert (error.value.problems[0].id, error.value.problems[0].hint) == ("unknown-mapping", "did you mean `cuad`?")


def test_every_kind_but_the_question_may_be_asked_for() -> None:
    assert set(typing.get_args(Sought)) == set(KINDS) - {"open_question"}


# --- the mapping of CUAD

CATEGORIES = 41


@cache
def cuad() -> TableMapping:
    return read_mapping("cuad")


def cuad_row(**answers: str) -> dict[str, str]:
    """A made-up row: every question is answered with no, and nothing else is found."""
    mapping = cuad()
    yes_no = {column for part in mapping.content.clauses.values() for column in part.if_yes}
    row = {column: "No" if column in yes_no else "" for column in mapping.columns()}
    row |= {column: "[]" for column in row if f"{column}-Answer" in row or f"{column}- Answer" in row}
    return row | {"Filename": "Pine_1.pdf", "Parties-Answer": 'Pine ("Licensor"); Oak ("Licensee")'} | answers


def test_the_mapping_of_cuad_reads_all_its_categories() -> None:
    columns = cuad().columns()
    answers = [column for column in columns if column.endswith("Answer")]
    assert len(answers) == CATEGORIES
    assert len(columns) == 1 + 2 * CATEGORIES


def test_a_contract_without_any_clause_has_a_term_and_no_open_questions() -> None:
    mapped = cuad().document(cuad_row())
    assert mapped.unread == ()
    assert mapped.document is not None
    assert list(mapped.document["clauses"]) == ["term"]
    assert mapped.document["clauses"]["term"]["renewal"] == "none"
    assert mapped.document["parties"]["pine"] == {"name": "Pine", "roles": ["licensor"], "called": "Licensor"}


def test_every_category_of_cuad_becomes_a_clause() -> None:
    mapping = cuad()
    for id, part in mapping.content.clauses.items():
        for column in part.if_yes:
            row = cuad_row(**{column: "Yes", part.words[0]: "['the first words', \"the second's words\"]"})
            mapped = mapping.document(row)
            assert mapped.document is not None
            agreement = read_agreement(mapped.document)
            assert {"term", id} == set(agreement.clauses), column
            assert agreement.clauses[id].clause.text == "the first words\n\nthe second's words"


texts = st.text(max_size=60) | st.text(alphabet='0123456789[]/-; ()"., yearsmonthdpfivNo', max_size=40)


@given(st.dictionaries(st.sampled_from(sorted(cuad_row())), texts, max_size=12))
def test_reading_never_raises_and_never_guesses(cells: dict[str, str]) -> None:
    mapped = cuad().document(cuad_row() | cells)
    if mapped.document is None:
        assert [one.reason for one in mapped.unread] == ["a row without a name"]
        return
    agreement = read_agreement(mapped.document)
    term = agreement.clauses["term"].clause
    unread = {one.column for one in mapped.unread}
    for column, name in ANSWERS.items():
        is_said = " ".join(cells.get(column, "").split()) not in ("", "[]")
        assert not is_said or (getattr(term, name) is not None) != (column in unread)


ANSWERS = {
    "Effective Date-Answer": "starts",
    "Expiration Date-Answer": "ends",
    "Notice Period To Terminate Renewal- Answer": "notice",
}


@given(st.dates(min_value=date(1800, 1, 1), max_value=date(2199, 12, 31)), st.sampled_from(["", "d", "m", "dm"]))
def test_an_open_part_widens_a_date_and_never_moves_it(day: date, opened: str) -> None:
    label = f"{'[]' if 'm' in opened else day.month}/{'[]' if 'd' in opened else day.day}/{day.year}"
    read = read_value(label, "date", CUAD)
    assert read.lowest <= day.toordinal() <= read.highest
    assert read.is_exact == (not opened or (opened == "m" and day.month == 2 and day.day > 29))
