"""The quick way reads what the full way reads, or nothing."""

from __future__ import annotations

import json

import pytest
from plain_records import Records

from clauses.errors import InputError
from clauses.terms.facts import Deal, deal
from clauses.terms.plain import PlainReader, texts
from clauses.terms.records import read_record
from clauses.terms.values import Date
from clauses.yaml_nodes import parse, text_source

AS_OF = Date.read("2025-07-01")
READER = PlainReader(AS_OF)


def full(line: bytes) -> Deal:
    """The deal of a record by the full way."""
    return deal(*read_record(parse(text_source(line, "record.json"))), AS_OF)


def check(line: bytes) -> bool:
    """Whether a record is plain; where it is, both ways must read the same."""
    found = READER.facts(line)
    if found is None:
        return False
    world = full(line)
    assert list(found.facts) == list(world.facts), line
    assert found.id == world.agreement.id and found.title == world.agreement.title
    assert found.term_sheet == (world.sheet.id if world.sheet else None)
    ids = {fact.id for fact in found.facts if fact.kind == "clause"}
    assert {id: found.headings.get(id) for id in ids} == {id: world.heading(id) for id in ids}, line
    return True


def test_ordinary_records_are_plain() -> None:
    right = read = 0
    for number in range(500):
        made = Records(f"ordinary/{number}")
        line = made.text(made.record())
        try:
            full(line)
        except InputError:
            assert READER.facts(line) is None
            continue
        right += 1
        read += check(line)
    assert right > 400  # the rest yield in circles, or leave nothing to propose
    assert read >= 0.98 * right


def test_what_is_wrong_is_left_to_the_full_way() -> None:
    plain_ones = wrong = 0
    for number in range(1500):
        made = Records(f"spoilt/{number}")
        line = made.spoilt(made.text(made.record(4)))
        plain_ones += check(line)  # the full way must not refuse what is plain
        try:
            full(line)
        except InputError:
            wrong += 1
    assert plain_ones > 50 and wrong > 500


def test_no_text_makes_it_fail() -> None:
    for line in (b"", b"{", b"null", b"[]", b"7", b"\xff", b'{"agreement": ' + b"[" * 5000, b'"' * 9, b"{}" * 3):
        assert READER.facts(line) is None


DEAL = {
    "agreement": "deal",
    "parties": {"acme": {"name": "Acme"}, "bolt": {"name": "Bolt"}},
    "clauses": {"c1": {"kind": "supply", "supplier": "acme", "amount": "USD 5m"}},
}


def line_with(**clause: object) -> bytes:
    """The deal with more in its clause."""
    return json.dumps({**DEAL, "clauses": {"c1": {**DEAL["clauses"]["c1"], **clause}}}).encode()  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("part", "twice"),
    [
        ('"supplier": "acme"', '"supplier": "bolt", "supplier": "acme"'),
        ('"kind": "supply"', '"kind": "supply", "kind": "supply"'),
        ('"bolt": {', '"bolt": {"name": "Other"}, "bolt": {'),
        ('"name": "Bolt"', '"name": "Bolt", "name": "Bolt"'),
        ('"agreement": "deal"', '"agreement": "deal", "agreement": "deal"'),
        ('"c1": {', '"c1": {"kind": "supply"}, "c1": {'),
    ],
)
def test_a_key_that_stands_twice_is_noticed(part: str, twice: str) -> None:
    line = json.dumps(DEAL)
    assert READER.facts(line.encode()) is not None
    assert part in line
    assert READER.facts(line.replace(part, twice, 1).encode()) is None
    compact = json.dumps(json.loads(line), separators=(",", ":"))
    assert READER.facts(compact.encode()) is not None
    short = part.replace(": ", ":")
    assert short in compact
    assert READER.facts(compact.replace(short, twice.replace(": ", ":"), 1).encode()) is None
    hidden = line.replace(part, twice, 1).replace('"Acme"', '"Acme\\u003a Inc."')
    assert READER.facts(hidden.encode()) is None  # a colon written by its number outweighs none


def test_a_key_that_an_amendment_names_twice_is_noticed() -> None:
    changes = '[{"amend": "c1", "set": {"supplier": "bolt"}}]'
    sheet = f'{{"term_sheet": "s", "agreement": "deal", "dated": "2025-07-01", "changes": {changes}}}'
    line = f'{{"agreement": {json.dumps(DEAL)}, "term_sheet": {sheet}}}'
    assert check(line.encode())
    for twice in ('"supplier": "acme", "supplier": "bolt"', '"supplier":"bolt","ends":"2","supplier":"bolt"'):
        assert READER.facts(line.replace('"supplier": "bolt"', twice).encode()) is None


def test_a_colon_in_a_text_is_no_key() -> None:
    line = line_with(heading="Supply: the cloud", text='"a": "b"')
    assert check(line)


@pytest.mark.parametrize(
    "clause",
    [
        {"supplier": "nobody"}, {"venture": "c9"}, {"amount": "5m"}, {"amount": "USD -5"}, {"ends": "2025-02-30"},
        {"subject": "clouds"}, {"colour": "red"}, {"subject_to": ["c1"]}, {"source": {"document": "press"}},
        {"source": {"basis": "reported"}}, {"starts": 2025.5}, {"heading": None}, {"amount": "USD 999999999999999999"},
    ],
)  # fmt: skip
def test_what_a_clause_must_not_say_is_refused(clause: dict[str, object]) -> None:
    line = line_with(**clause)
    assert READER.facts(line) is None
    with pytest.raises(InputError):
        full(line)


def test_remembering_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAXIMUM_REMEMBERED", 10)
    for number in range(50):
        assert check(line_with(amount=f"USD {number + 1}"))
    assert len(texts.VALUES["money"]) <= 12


def test_a_bare_number_is_read_as_it_is_written() -> None:
    board = {"kind": "governance", "seats": 3}
    assert check(json.dumps({**DEAL, "clauses": {"c1": board}}).encode())
    for seats in ("-0", "1.0", "1e2", "true"):
        line = json.dumps({**DEAL, "clauses": {"c1": board}}).replace('"seats": 3', f'"seats": {seats}')
        assert READER.facts(line.encode()) is None


SPELLINGS = (
    "2030-12-31", "2024-02-30", "2024-W01-1", "0000-01-01", "9999-12-31", "2024-1-01", "20240101", "２０２４-01-01",
    "USD 5", "USD 5m", "USD 5bn", "USD 0", "JPY 7", "KWD 3m", "USD 1000000000000000", "USD 10000000000000", "XXX 5",
    "ABC 5", "USD  5", "usd 5", "USD 5M", "USD ٣", "USD 5m ", "5%", "0%", "32.5%", "32.50001%", "1000%", "999.9999%",
    "1.%", "05%", "٣%", "5 %", "", "never", "unknown",
)  # fmt: skip


@pytest.mark.parametrize("type_name", sorted(texts.EXACT))
def test_what_is_read_at_once_is_what_is_read_with_care(type_name: str) -> None:
    read = 0
    made = Records("spellings").random
    numbers = [str(made.randrange(10 ** made.randrange(1, 17))) for _ in range(300)]
    forms = ("USD Nm", "EUR N", "N%", "3.N%")
    spellings = [*SPELLINGS, *(form.replace("N", number) for number in numbers for form in forms)]
    for text in spellings:
        found = texts.EXACT[type_name](text)
        if found is not None:
            value = texts.VALUES[type_name].type.read(text)
            assert found == (value.lowest, value.highest, getattr(value, "currency", None)), text
            read += 1
    assert read >= 2


def test_an_empty_proponent_is_none() -> None:
    every = (Records(f"proponent/{number}").record(4) for number in range(99))
    made = next(one for one in every if "term_sheet" in one)
    made["term_sheet"]["proposed_by"] = ""
    assert PlainReader(AS_OF).facts(json.dumps(made).encode()) is None
