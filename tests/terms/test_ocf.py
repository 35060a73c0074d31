"""Companies in Open Cap Table Format: what is counted, what is noted, and what is refused with its place."""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clauses.errors import InputError
from clauses.source import NOWHERE
from clauses.terms.agreement import read_agreement
from clauses.terms.cap_table import cap_table
from clauses.terms.ocf import Company, read_company, read_holdings
from clauses.terms.values import Date, Percentage

SAMPLE = Path(__file__).parents[1] / "data" / "ocf"

ANN = {"object_type": "STAKEHOLDER", "id": "s-ann", "name": {"legal_name": "Ann Ågren"}}
FUND = {
    "object_type": "STAKEHOLDER",
    "id": "s-fund",
    "name": {"legal_name": "Fund III, L.P."},
    "current_relationships": ["INVESTOR"],
}
COMMON = {"object_type": "STOCK_CLASS", "id": "c-common", "name": "Common", "class_type": "COMMON"}
PREFERRED = {
    "object_type": "STOCK_CLASS",
    "id": "c-a",
    "name": "Series A",
    "class_type": "PREFERRED",
    "conversion_rights": [
        {
            "conversion_mechanism": {"type": "RATIO_CONVERSION", "ratio": {"numerator": "3", "denominator": "2"}},
            "converts_to_stock_class_id": "c-common",
        }
    ],
}
PLAN = {"object_type": "STOCK_PLAN", "id": "p", "plan_name": "Plan 2020", "stock_class_ids": ["c-common"]}


def tx(type: str, date: str = "2020-01-01", **terms: Any) -> dict[str, Any]:
    """A transaction."""
    return {"object_type": f"TX_{type}", "id": f"{type}-{date}", "date": date, **terms}


def stock(
    id: str, quantity: str, holder: str = "s-ann", date: str = "2020-01-01", of: str = "c-common"
) -> dict[str, Any]:
    """An issuance of stock."""
    return tx("STOCK_ISSUANCE", date, security_id=id, stakeholder_id=holder, stock_class_id=of, quantity=quantity)


def write(folder: Path, *items: Any, **manifest: Any) -> Path:
    """A company's files, everything but the manifest in one of them."""
    whole = {
        "file_type": "OCF_MANIFEST_FILE",
        "issuer": {"object_type": "ISSUER", "legal_name": "Acme Inc."},
        "as_of": "2022-03-22",
        "transactions_files": [{"filepath": "./All.ocf.json"}],
        **manifest,
    }
    folder.mkdir(exist_ok=True)
    (folder / "Manifest.ocf.json").write_text(json.dumps(whole, indent=2), encoding="utf-8")
    (folder / "All.ocf.json").write_text(json.dumps({"items": items}, indent=2, ensure_ascii=False), encoding="utf-8")
    return folder


def company(folder: Path, *transactions: Any, **manifest: Any) -> Company:
    return read_company(write(folder, ANN, FUND, COMMON, PREFERRED, PLAN, *transactions, **manifest))


def shares(company: Company) -> dict[tuple[str, str], F]:
    return {(line.name, line.share_class): line.shares for line in company.lines}


PLAN_NOTE = "Shares that a stock plan reserves and has not granted are not counted."


# --- the sample of the format ------------------------------------------------------------------


def test_the_sample_company_loads_from_its_folder_and_from_its_manifest() -> None:
    found = read_company(SAMPLE)
    assert found == read_company(SAMPLE / "Manifest.ocf.json")
    assert found.name == "ACME Industries"
    assert found.as_of == Date.read("2022-03-22")
    # stock 4800, warrants 1000 + 22538; options 50 + 100 and 100 more without a plan
    assert [line.shares for line in found.lines] == [4800, 23538, 100, 150]
    assert sum(found.stakes().values()) == 1


def test_every_dangling_reference_of_the_sample_is_noted() -> None:
    notes = "\n".join(read_company(SAMPLE).notes)
    for reference in ("stakeholder-id", "stock-class-id", "test-stock-plan-id", "0zHLfmI9G0", "eiO9qSCztZ"):
        assert f"`{reference}`" in notes
    assert "2 convertibles are outstanding and not counted" in notes
    assert "later than 2022-03-22" in notes


# --- what is counted ---------------------------------------------------------------------------


def test_numbers_are_read_exactly(tmp_path: Path) -> None:
    found = company(tmp_path, stock("1", "+10000000.00"), stock("2", "0.1", "s-fund"), stock("3", "0.2", "s-fund"))
    assert shares(found) == {("Ann Ågren", "Common"): 10**7, ("Fund III, L.P.", "Common"): F(3, 10)}
    assert found.notes == (PLAN_NOTE,)


def test_preferred_stock_counts_as_what_it_converts_into(tmp_path: Path) -> None:
    found = company(tmp_path, stock("1", "700"), stock("2", "200", "s-fund", of="c-a"))
    assert shares(found)["Fund III, L.P.", "Series A"] == 300
    assert found.stakes() == {"s-ann": F(7, 10), "s-fund": F(3, 10)}


def test_an_adjusted_ratio_counts_from_its_day(tmp_path: Path) -> None:
    mechanism = {"type": "RATIO_CONVERSION", "ratio": {"numerator": "1.00", "denominator": "0.20"}}
    adjust = "STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT"
    in_time = tx(adjust, "2022-03-22", stock_class_id="c-a", new_ratio_conversion_mechanism=mechanism)
    late = tx(adjust, "2022-03-23", stock_class_id="c-a", new_ratio_conversion_mechanism=mechanism)
    one = stock("1", "100", of="c-a")
    assert company(tmp_path, one, in_time).total == 500
    assert company(tmp_path, one, late).total == 150
    assert "1 transaction is later than 2022-03-22 and not counted." in company(tmp_path, one, late).notes


def test_options_and_warrants_count_in_full(tmp_path: Path) -> None:
    option = tx(
        "EQUITY_COMPENSATION_ISSUANCE", security_id="o", stakeholder_id="s-ann", stock_plan_id="p", quantity="50"
    )
    older = tx("PLAN_SECURITY_ISSUANCE", security_id="q", stakeholder_id="s-ann", stock_plan_id="p", quantity="5")
    warrant = tx("WARRANT_ISSUANCE", security_id="w", stakeholder_id="s-fund", quantity="45")
    found = company(tmp_path, option, older, warrant)
    assert shares(found) == {("Ann Ågren", "Common"): 55, ("Fund III, L.P.", "warrant"): 45}


def test_a_warrant_may_leave_its_number_to_its_trigger_or_open(tmp_path: Path) -> None:
    mechanism = {"type": "FIXED_AMOUNT_CONVERSION", "converts_to_quantity": "80.00"}
    right = {"conversion_mechanism": mechanism, "converts_to_stock_class_id": "c-a"}
    fixed = tx(
        "WARRANT_ISSUANCE", security_id="w", stakeholder_id="s-ann", exercise_triggers=[{"conversion_right": right}]
    )
    assert company(tmp_path, fixed).total == 120
    found = company(tmp_path, tx("WARRANT_ISSUANCE", security_id="w", stakeholder_id="s-ann"))
    assert found.total == 0
    assert "The warrant `w` states no fixed number of shares and is not counted." in found.notes


def test_what_expired_is_not_counted(tmp_path: Path) -> None:
    terms = {"stakeholder_id": "s-ann", "stock_plan_id": "p", "quantity": "50"}
    option = tx("EQUITY_COMPENSATION_ISSUANCE", security_id="o", expiration_date="2022-03-21", **terms)
    last_day = tx("EQUITY_COMPENSATION_ISSUANCE", security_id="l", expiration_date="2022-03-22", **terms)
    found = company(tmp_path, option, last_day)
    assert found.total == 50
    assert "The equity compensation `o` expired on 2022-03-21 and is not counted." in found.notes


@pytest.mark.parametrize(
    ("ending", "left"),
    [
        (tx("STOCK_CANCELLATION", security_id="1", quantity="30"), 70),
        (tx("STOCK_REPURCHASE", security_id="1", quantity="30.5"), F(139, 2)),
        (tx("STOCK_RETRACTION", security_id="1"), 0),
        (tx("STOCK_TRANSFER", security_id="1", quantity="30", resulting_security_ids=[]), 70),
        (tx("STOCK_CONVERSION", security_id="1", quantity_converted="30", resulting_security_ids=[]), 70),
        (tx("STOCK_REISSUANCE", security_id="1", resulting_security_ids=[]), 0),
        (tx("STOCK_CANCELLATION", "2022-03-22", security_id="1", quantity="30"), 70),
        (tx("STOCK_CANCELLATION", "2022-03-23", security_id="1", quantity="30"), 100),
    ],
)
def test_what_ends_is_taken_off(tmp_path: Path, ending: dict[str, Any], left: F) -> None:
    assert company(tmp_path, ending, stock("1", "100")).total == left


def test_a_balance_security_carries_the_rest(tmp_path: Path) -> None:
    transfer = tx(
        "STOCK_TRANSFER",
        "2021-01-01",
        security_id="1",
        quantity="30",
        balance_security_id="3",
        resulting_security_ids=["2"],
    )
    issued = [stock("2", "30", "s-fund", "2021-01-01"), stock("3", "70", "s-ann", "2021-01-01")]
    found = company(tmp_path, stock("1", "100"), transfer, *issued)
    assert found.stakes() == {"s-ann": F(7, 10), "s-fund": F(3, 10)}
    assert found.notes == (PLAN_NOTE,)
    found = company(tmp_path, stock("1", "100"), transfer)
    assert found.stakes() == {"s-ann": 1}
    assert "The stock `3`, the rest of `1`, is issued nowhere; the rest is counted as `1`." in found.notes
    assert "`2`, what `TX_STOCK_TRANSFER` makes of the stock `1`, is issued nowhere." in found.notes


def test_an_exercise_turns_options_into_stock(tmp_path: Path) -> None:
    terms = {"security_id": "o", "stakeholder_id": "s-ann", "stock_plan_id": "p", "quantity": "50"}
    option = tx("EQUITY_COMPENSATION_ISSUANCE", **terms)
    exercise = tx(
        "EQUITY_COMPENSATION_EXERCISE", "2021-01-01", security_id="o", quantity="20", resulting_security_ids=["1"]
    )
    found = company(tmp_path, option, exercise, stock("1", "20", date="2021-01-01"))
    assert [(line.family, line.shares) for line in found.lines] == [("equity compensation", 30), ("stock", 20)]


def test_consolidated_securities_are_counted_once(tmp_path: Path) -> None:
    merge = tx("STOCK_CONSOLIDATION", "2021-01-01", security_ids=["1", "2"], resulting_security_id="3")
    found = company(tmp_path, stock("1", "10"), stock("2", "20"), merge, stock("3", "30", date="2021-01-01"))
    assert found.total == 30
    assert found.notes == (PLAN_NOTE,)


def test_a_split_multiplies_what_was_issued_before_its_day(tmp_path: Path) -> None:
    ratio = {"numerator": "3", "denominator": "2"}
    split = tx("STOCK_CLASS_SPLIT", "2021-01-01", stock_class_id="c-common", split_ratio=ratio)
    option = tx(
        "EQUITY_COMPENSATION_ISSUANCE", security_id="o", stakeholder_id="s-ann", stock_plan_id="p", quantity="50"
    )
    after = stock("2", "7", "s-fund", "2021-01-01")
    found = company(tmp_path, after, split, stock("1", "100"), option, stock("3", "10", "s-fund", of="c-a"))
    by_family = {(line.name, line.family, line.share_class): line.shares for line in found.lines}
    assert by_family["Ann Ågren", "stock", "Common"] == 150
    assert by_family["Ann Ågren", "equity compensation", "Common"] == 75
    assert by_family["Fund III, L.P.", "stock", "Common"] == 7
    assert by_family["Fund III, L.P.", "stock", "Series A"] == 15
    assert "Options and warrants on `Common` are counted as split with it on 2021-01-01." in found.notes
    assert any("`Series A` converts into `Common`" in note for note in found.notes)


def test_convertibles_are_noted_and_not_counted(tmp_path: Path) -> None:
    one = tx("CONVERTIBLE_ISSUANCE", security_id="n", stakeholder_id="s-fund")
    found = company(tmp_path, stock("1", "1"), one)
    assert found.total == 1
    assert "1 convertible is outstanding and not counted: they have no number of shares yet." in found.notes
    ended = company(tmp_path, stock("1", "1"), one, tx("CONVERTIBLE_RETRACTION", security_id="n"))
    assert not any("convertible" in note for note in ended.notes)


# --- what does not hold together is noted ------------------------------------------------------


def test_unknown_objects_and_dangling_references_become_notes(tmp_path: Path) -> None:
    found = company(
        tmp_path,
        stock("1", "10", "nobody", of="no-class"),
        stock("1", "99"),
        tx("STOCK_MERGER"),
        tx("STOCK_CANCELLATION", security_id="gone", quantity="1"),
        tx("STOCK_REPURCHASE", "2021-01-01", security_id="1", quantity="11"),
        tx("EQUITY_COMPENSATION_ISSUANCE", security_id="o", stakeholder_id="s-ann", stock_plan_id="lost", quantity="5"),
        tx("STOCK_CLASS_SPLIT", stock_class_id="lost", split_ratio={"numerator": "2", "denominator": "1"}),
    )
    assert found.total == 5
    for note in (
        "The holder `nobody` of the stock `1` is not among the stakeholders.",
        "The class `no-class` of the stock `1` is not among the stock classes.",
        "The stock `1` is issued twice; the first issuance is counted.",
        "Objects of the type `TX_STOCK_MERGER` are not known here and not counted.",
        "`TX_STOCK_CANCELLATION` names the stock `gone`, which is not issued before it.",
        "`TX_STOCK_REPURCHASE` takes 11 off the stock `1`, of which 10 are left; none are counted.",
        "The plan `lost` of the equity compensation `o` is not among the stock plans.",
        "The split of 2020-01-01 is of the class `lost`, which is not among the classes.",
    ):
        assert note in found.notes


def test_classes_that_convert_in_a_circle_count_one_for_one(tmp_path: Path) -> None:
    right = {"conversion_mechanism": {"type": "RATIO_CONVERSION", "ratio": {"numerator": "2", "denominator": "1"}}}
    circle = [
        {**COMMON, "id": "x", "name": "X", "conversion_rights": [{**right, "converts_to_stock_class_id": "y"}]},
        {**COMMON, "id": "y", "name": "Y", "conversion_rights": [{**right, "converts_to_stock_class_id": "x"}]},
    ]
    found = read_company(write(tmp_path, ANN, *circle, stock("1", "10", of="x")))
    assert found.total == 10
    assert found.notes == ("The class `X` converts, in the end, into itself.",)


# --- what is refused ---------------------------------------------------------------------------


def refused(folder: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        read_company(folder)
    return caught.value


@pytest.mark.parametrize(
    ("item", "id", "excerpt"),
    [
        (stock("1", "ten"), "not-a-number", "ten"),
        (stock("1", "1e3"), "not-a-number", "1e3"),
        (stock("1", "1.12345678901"), "not-a-number", "1.12345678901"),
        (stock("1", "٣"), "not-a-number", "٣"),
        (stock("1", "-5"), "negative", "-5"),
        (stock("1", "5", date="2020-02-30"), "not-a-date", "2020-02-30"),
        (stock("1", "5", date="yesterday"), "not-a-date", "yesterday"),
        ({**stock("1", "5"), "quantity": {"a": "b"}}, "missing-key", "quantity"),
        ({**stock("1", "5"), "security_id": None}, "missing-key", "security_id"),
        ({"id": "no type"}, "missing-key", "{"),
        (["not", "an", "object"], "wrong-type", "["),
        ({"object_type": "STAKEHOLDER", "id": "x"}, "missing-key", "{"),
        (tx("STOCK_CLASS_SPLIT", stock_class_id="c-common", split_ratio="2"), "missing-key", "{"),
        (
            tx("STOCK_CLASS_SPLIT", stock_class_id="c", split_ratio={"numerator": "0", "denominator": "1"}),
            "not-a-ratio",
            "{",
        ),
    ],
)
def test_a_value_that_is_none_is_refused_with_its_place(tmp_path: Path, item: Any, id: str, excerpt: str) -> None:
    error = refused(write(tmp_path, ANN, COMMON, item))
    assert [problem.id for problem in error.problems] == [id]
    place = error.problems[0].place
    assert place is not None
    assert place.file.endswith("All.ocf.json")
    assert place.line > 1
    assert excerpt in place.excerpt()


def test_all_problems_are_reported_together(tmp_path: Path) -> None:
    error = refused(write(tmp_path, ANN, COMMON, stock("1", "ten"), stock("2", "-1"), stock("3", "5", date="x")))
    assert {problem.id for problem in error.problems} == {"not-a-number", "negative", "not-a-date"}


@pytest.mark.parametrize(
    ("manifest", "id"),
    [
        ({"file_type": "OCF_STAKEHOLDERS_FILE"}, "not-a-manifest"),
        ({"issuer": {}}, "missing-key"),
        ({"issuer": None}, "missing-key"),
        ({"as_of": None}, "missing-key"),
        ({"as_of": "2022"}, "not-a-date"),
        ({"transactions_files": [{"filepath": "./Gone.ocf.json"}]}, "no-such-file"),
        ({"transactions_files": [{"filepath": "../../secret.ocf.json"}]}, "outside-the-folder"),
        ({"transactions_files": [{"filepath": "/etc/hosts"}]}, "outside-the-folder"),
        ({"transactions_files": ["./All.ocf.json"]}, "wrong-type"),
        ({"transactions_files": "./All.ocf.json"}, "wrong-type"),
        ({"transactions_files": {"filepath": "./All.ocf.json"}}, "wrong-type"),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, manifest: dict[str, Any], id: str) -> None:
    error = refused(write(tmp_path, ANN, **manifest))
    assert [problem.id for problem in error.problems] == [id]
    assert error.problems[0].place is not None


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"', '{"items": 3}', '{"items": {"a": "b"}}', "{}"])
def test_a_listed_file_that_is_broken_is_refused(tmp_path: Path, text: str) -> None:
    folder = write(tmp_path, ANN)
    (folder / "All.ocf.json").write_text(text, encoding="utf-8")
    assert refused(folder).problems


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path).problems[0].id == "no-such-file"


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_damage_to_the_sample_ends_in_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    items = json.loads((SAMPLE / "Transactions.ocf.json").read_text(encoding="utf-8"))["items"]
    for _ in range(3):
        item = data.draw(st.sampled_from([one for one in items if isinstance(one, dict)]))
        key = data.draw(st.sampled_from(sorted(item)))
        item[key] = data.draw(
            st.sampled_from([None, "", "x", "-1", 7, 1.5, True, [], ["x"], [None], {}, {"x": "y"}, [[]]])
        )
    folder = write(tmp_path_factory.mktemp("ocf"), ANN, FUND, COMMON, PREFERRED, PLAN, *items)
    try:
        found = read_company(folder)
    except InputError as error:
        assert all(problem.place is not None for problem in error.problems)
    else:
        assert not found.lines or sum(found.stakes().values()) == 1


# --- holdings ----------------------------------------------------------------------------------


def test_holdings_name_their_parties_by_slug(tmp_path: Path) -> None:
    double = {**ANN, "id": "s-other"}
    issued = [stock("1", "1"), stock("2", "1", "s-other"), stock("3", "1", "s-fund")]
    parties, holdings, _ = read_holdings(write(tmp_path, ANN, double, FUND, COMMON, *issued), NOWHERE)
    assert list(parties) == ["acme-inc", "ann-agren", "ann-agren-2", "fund-iii-l-p"]
    assert parties["acme-inc"].roles == ("issuer",)
    assert parties["fund-iii-l-p"].roles == ("investor",)
    assert list(holdings) == ["ocf-ann-agren", "ocf-ann-agren-2", "ocf-fund-iii-l-p"]
    one = holdings["ocf-fund-iii-l-p"]
    assert (one.holder, one.issuer, one.share_class) == ("fund-iii-l-p", "acme-inc", "common")
    assert one.stake == Percentage.read("33.3333%..33.3334%")
    assert one.source.basis == "stated"
    assert one.text == "As of 2022-03-22, Fund III, L.P. holds 1 Common (stock): 1 of 3 shares, fully diluted."
    assert one.anti_dilution is None


def test_a_path_to_nothing_is_refused_where_the_agreement_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_holdings(tmp_path / "gone", NOWHERE)
    assert caught.value.problems[0].place is NOWHERE


def test_an_agreement_takes_its_holdings_from_a_company(tmp_path: Path) -> None:
    write(tmp_path / "acme", ANN, FUND, COMMON, stock("1", "75"), stock("2", "25", "s-fund"))
    file = tmp_path / "agreement.yaml"
    file.write_text(
        "agreement: investment\ntitle: Investment\nsigned: 2022-04-01\ncap_table: acme\n"
        "parties: {acme-inc: {name: Acme Inc.}, fund-iii-l-p: {name: Fund III}}\n"
        "clauses:\n"
        "  convert: {kind: conversion, issuer: acme-inc, closing: 2023-01-01}\n"
        "  equity: {kind: equity_on_conversion, holder: fund-iii-l-p, issuer: acme-inc, stake: 40%}\n",
        encoding="utf-8",
    )
    agreement = read_agreement(file)
    assert {"ann-agren", "acme-inc", "fund-iii-l-p"} == set(agreement.parties)
    table = cap_table({id: version.clause for id, version in agreement.clauses.items()})
    before, after = table.issuers["acme-inc"]
    assert before.lines == {"ann-agren": (F(3, 4), F(3, 4)), "fund-iii-l-p": (F(1, 4), F(1, 4))}
    assert after.lines == {"ann-agren": (F(3, 5), F(3, 5)), "fund-iii-l-p": (F(2, 5), F(2, 5))}
