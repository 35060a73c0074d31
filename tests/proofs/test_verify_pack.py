"""`verify` finds every defect that was put into a pack and nothing else, and what it proves is true."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from clauses import built_in_pack, load_pack
from clauses import verify as verify_packs
from clauses.errors import PackError
from clauses.proofs.pack.ask import Question, Side, days_of
from clauses.proofs.pack.defects import SORTS, Verification
from clauses.proofs.pack.evidence import LEVELS, Judge
from clauses.proofs.pack.situation import as_yaml, run_again
from clauses.proofs.pack.solution import written
from clauses.proofs.pack.verify import verify
from clauses.proofs.report_pack import save, witnesses_of
from clauses.review.finding import as_data
from clauses.terms.values import Date
from clauses.use_cases import read_deal
from clauses.yaml_nodes import parse, text_source

from .random_packs import AS_OF, Maker
from .seeded_packs import Case, cases, rule, write_pack

DAY = Date.read(AS_OF)


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return subprocess.run(
        [sys.executable, "-m", "clauses", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Verification]:
    folder = write_pack(tmp_path_factory.mktemp("seeded"), cases())
    return folder, verify(load_pack(folder), DAY)


# --- what it finds


@pytest.mark.slow
@pytest.mark.parametrize("day", [AS_OF, "2026-11-22"])
def test_the_shipped_pack_is_sound(day: str) -> None:
    found = verify(built_in_pack(), Date.read(day))
    assert found.is_clean, [one.sentence for one in (*found.defects, *found.undecided)]
    assert found.counts.examples > 900


def test_ten_seeded_defects_of_each_sort_are_found_and_nothing_else(seeded: tuple[Path, Verification]) -> None:
    _, found = seeded
    wanted = {(case.sort, frozenset(rules)) for case in cases() for rules in case.defects}
    assert {(one.sort, frozenset(one.rules)) for one in found.defects if one.sort != "unused"} == wanted
    assert not found.undecided
    for sort in SORTS:
        assert sum(defect.sort == sort for defect in found.defects) >= 10, sort


def test_what_is_unused_is_named(seeded: tuple[Path, Verification]) -> None:
    said = [defect.sentence for defect in seeded[1].defects if defect.sort == "unused"]
    wanted = [name for case in cases() for name in case.unused]
    assert len(said) == len(wanted) == 10
    assert all(any(one.startswith(name) for one in said) for name in wanted)


def test_the_order_of_subsumption_is_told(seeded: tuple[Path, Verification]) -> None:
    found = {defect.rules for defect in seeded[1].defects if defect.sort == "subsumed"}
    assert found == {(f"subsumed-{number}", f"wider-{number}") for number in range(10)}


def test_what_keeps_a_rule_from_firing_is_the_least_that_does(seeded: tuple[Path, Verification]) -> None:
    because = {defect.rules[0]: defect.because for defect in seeded[1].defects if defect.sort == "unreachable"}
    assert because["unreachable-0"] == ("x.amount > USD 10bn", "x.amount < USD 5bn")
    assert because["unreachable-7"] == ("x.id == y.id", '"amount" not in x.changed', "x.amount > y.amount")


def test_every_defect_that_can_have_a_witness_has_one(seeded: tuple[Path, Verification]) -> None:
    bare = {defect.sort for defect in seeded[1].defects if not defect.witnesses}
    assert bare == {"unreachable", "unused"}
    numbers = {len(defect.witnesses) for defect in seeded[1].defects if defect.sort == "contradiction"}
    assert numbers == {2}  # one proposal meets the one rule, another the other


def test_saved_witnesses_are_reviewed_as_they_were_reported(seeded: tuple[Path, Verification], tmp_path: Path) -> None:
    folder, found = seeded
    named = list(witnesses_of([found]))
    files = save(iter(named), tmp_path)
    assert len(files) == len(set(files)) == len(named) > 60
    judge = Judge(load_pack(folder), load_pack(folder).parameters_at(DAY))
    for file, (_, witness) in zip(files, named, strict=True):
        agreement, sheet = read_deal(file)
        assert str(sheet.dated) == witness.as_of
        statuses = statuses_of(judge, file)
        assert {name: statuses[name] for name in witness.statuses} == witness.statuses
        assert agreement.parties
    judge.close()


def statuses_of(judge: Judge, file: Path) -> dict[str, str]:
    """What the rules say of a term sheet in a file."""
    from clauses.terms.facts import deal

    agreement, sheet = read_deal(file)
    return dict(judge.statuses(deal(agreement, sheet, sheet.dated), "rete"))


def test_a_rule_without_conditions_that_only_a_consent_excuses_is_no_tautology(tmp_path: Path) -> None:
    made = rule("supply", None, unless={"c": {"kind": "consent", "in": "result", "when": "c.permits == x.id"}})
    assert verify(load_pack(write_pack(tmp_path, [Case("", {"unasked": made}, [])])), DAY).is_clean


def test_a_reader_of_a_fact_that_is_never_derived_is_unreachable_with_the_reason(tmp_path: Path) -> None:
    makes = {
        "given": {"x": {"kind": "supply", "in": "proposed"}},
        "when": "x.amount > USD 2bn and x.amount < USD 1bn",
        "derives": {"kind": "never", "party": "x.supplier"},
    }
    reads = {"given": {"n": {"kind": "never"}}, "when": "n.party == context.proposed_by", "severity": "flag"}
    case = Case("", {"makes": makes, "reads": reads}, [], {"never": {"party": "party"}})
    found = verify(load_pack(write_pack(tmp_path, [case])), DAY)
    dead = {defect.rules[0]: defect.because for defect in found.defects if defect.sort == "unreachable"}
    assert set(dead) == {"makes", "reads"}
    assert dead["reads"] == ("no rule that can fire derives `never`",)
    assert [d.sentence for d in found.defects if d.sort == "unused"] == [
        "the derived fact `never` is unused: the rules that derive it can never fire"
    ]


def test_rules_that_derive_are_compared_by_what_they_derive(tmp_path: Path) -> None:
    def makes(party: str, when: str) -> dict[str, object]:
        given = {"x": {"kind": "supply", "in": "proposed"}}
        return {"given": given, "when": when, "derives": {"kind": "tie", "party": f"x.{party}"}}

    reads = {"given": {"n": {"kind": "tie"}}, "when": "n.party == context.proposed_by", "severity": "flag"}
    rules = {
        "a": makes("supplier", "x.amount > USD 2bn"),
        "b": makes("supplier", "x.amount > USD 1bn"),
        "c": makes("customer", "x.amount > USD 1bn"),
        "reads": reads,
    }
    found = verify(load_pack(write_pack(tmp_path, [Case("", rules, [], {"tie": {"party": "party"}})])), DAY)
    assert [(defect.sort, defect.rules) for defect in found.defects] == [("subsumed", ("a", "b"))]


def test_the_parameters_of_the_day_decide(tmp_path: Path) -> None:
    when = "x.share > parameters.high_stake and x.share < 33%"
    folder = write_pack(tmp_path, [Case("", {"between": rule("revenue_share", when)}, [])])
    assert verify(load_pack(folder), DAY).is_clean
    earlier = verify(load_pack(folder), Date.read("2023-07-01"))  # the parameter was 35% then
    assert [defect.sort for defect in earlier.defects] == ["unreachable", "unused"]


# --- what is proved is true, and what is not proved is shown


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_no_random_deal_refutes_what_is_proved_of_random_rules(seed: int, tmp_path: Path) -> None:
    maker = Maker(seed)
    pack = maker.pack(tmp_path, 24)
    judge = Judge(pack, {})
    days = days_of(judge, DAY)
    rows = [judge.statuses(one) for one in maker.deals(250)]
    assert len(rows) > 100
    rules = [one for one in pack.rules if one.derives is None]
    for _ in range(50):
        one, other = maker.random.sample(rules, 2)
        question = Question(Side(judge, one), Side(judge, other), days)
        if question.impossible():
            assert all(LEVELS[row[one.id]] <= LEVELS[row[other.id]] for row in rows), (one.id, other.id)
            continue
        solver, claims = question.situation()
        documents = written(question.space, solver, claims, DAY)
        assert documents is not None, (one.id, other.id)
        said = run_again(documents, judge, ("reference",))
        assert said is not None and LEVELS[said[one.id]] > LEVELS[said[other.id]], (one.id, other.id)
    for one in rules:
        side = Side(judge, one)
        if Question(side, side.never(), days, about="findings").impossible():
            assert all(row[one.id] != "breached" for row in rows), one.id
        if Question(side.applies(), side, days, about="silence").impossible():
            assert all(row[one.id] != "satisfied" for row in rows), one.id


@pytest.mark.parametrize("seed", range(3))
def test_a_rule_with_one_condition_more_is_always_covered(seed: int, tmp_path: Path) -> None:
    maker = Maker(1000 + seed)
    rules: dict[str, dict[str, object]] = {}
    for number in range(8):
        document = maker.rule()
        if "b" not in document["given"]:
            narrower = f"({document['when']}) and {maker.atom('x', document['given']['x']['kind'])}"
            rules |= {f"wide-{number}": document, f"narrow-{number}": {**document, "when": narrower}}
    pack = load_pack(write_pack(tmp_path, [Case("", rules, [])]))
    judge = Judge(pack, {})
    by_id = {one.id: one for one in pack.rules}
    for name in rules:
        if name.startswith("narrow"):
            wide = by_id[name.replace("narrow", "wide")]
            question = Question(Side(judge, by_id[name]), Side(judge, wide), days_of(judge, DAY))
            assert question.impossible() is not None, name


# --- the same every time, and honest about limits


def test_too_few_steps_are_undecided_and_never_a_claim(tmp_path: Path) -> None:
    chosen = [case for case in cases() if case.sort in ("subsumed", "duplicate")]
    found = verify(load_pack(write_pack(tmp_path, chosen)), DAY, steps=1)
    assert found.undecided and not found.is_clean
    assert all("the solver did not decide it" in one.sentence for one in found.undecided)
    assert not {defect.sort for defect in found.defects} & {"subsumed", "duplicate"}


@pytest.mark.slow
def test_the_report_is_the_same_bytes_whatever_the_hash_seed_and_the_order_of_the_files(tmp_path: Path) -> None:
    chosen = [case for case in cases() if case.sort in ("subsumed", "contradiction", "gap", "unused")]
    outputs = set()
    for number, hash_seed in enumerate(("0", "1", "77")):
        shuffled = list(chosen)
        random.Random(number).shuffle(shuffled)
        folder = tmp_path / "pack"
        shutil.rmtree(folder, ignore_errors=True)
        write_pack(folder, shuffled)
        header = yaml.safe_load((folder / "pack.yaml").read_text())
        for key in ("facts", "parameters"):
            header[key] = dict(sorted(header[key].items()))
        (folder / "pack.yaml").write_text(yaml.safe_dump(header, sort_keys=False))
        outputs.add(command("verify", str(folder), "-f", "json", "--as-of", AS_OF, PYTHONHASHSEED=hash_seed).stdout)
    assert len(outputs) == 1
    assert json.loads(outputs.pop())["packs"][0]["defects"]


# --- the doors


def exit_and_lines(folder: Path, *options: str) -> tuple[int, Sequence[str]]:
    """What the command says of a pack."""
    done = command("verify", str(folder), "--as-of", AS_OF, *options)
    assert "internal" not in done.stderr
    return done.returncode, (done.stdout + done.stderr).splitlines()


def test_a_sound_pack_exits_with_nothing_and_one_with_a_defect_with_one(tmp_path: Path) -> None:
    sound = Case("", {"large": rule("supply", "x.amount > USD 1bn")}, [])
    dead = Case("", {"dead": rule("supply", "x.amount > USD 2bn and x.amount < USD 1bn")}, [])
    code, lines = exit_and_lines(write_pack(tmp_path / "sound", [sound]))
    assert (code, lines[0]) == (0, "seeded 1.0.0: no defects in 1 rules, as of 2025-07-01")
    code, lines = exit_and_lines(write_pack(tmp_path / "dead", [sound, dead]))
    assert code == 1
    assert (
        "dead.yaml:1:7: defect[unreachable] `dead` can never fire: there is no situation that breaches it" in lines[0]
    )
    assert lines[1:4] == ["  these cannot hold together:", "    x.amount > USD 2bn", "    x.amount < USD 1bn"]


def test_a_witness_is_printed_as_an_example_of_a_rule_is_written(tmp_path: Path) -> None:
    rules = {"large": rule("supply", "x.amount > USD 1bn"), "larger": rule("supply", "x.amount > USD 2bn")}
    code, lines = exit_and_lines(write_pack(tmp_path, [Case("", rules, [])]))
    assert code == 1
    start = next(number for number, line in enumerate(lines) if "witness" in line)
    example = yaml.safe_load("\n".join(line for line in lines[start + 1 :] if line.startswith("    ")))
    assert str(example["as_of"]) == AS_OF
    assert example["term_sheet"]["changes"][0]["clause"]["kind"] == "supply"


def test_json_has_the_same_and_can_be_written_to_a_file(tmp_path: Path) -> None:
    rules = {"large": rule("supply", "x.amount > USD 1bn"), "larger": rule("supply", "x.amount > USD 2bn")}
    folder = write_pack(tmp_path / "pack", [Case("", rules, [])])
    done = command("verify", str(folder), "-f", "json", "--as-of", AS_OF, "-o", str(tmp_path / "out.json"))
    data = json.loads((tmp_path / "out.json").read_text())
    assert done.returncode == 1 and data["schema_version"] == 1
    assert data["packs"] == [json.loads(json.dumps(as_data(verify_packs(folder, as_of=AS_OF)[0])))]
    (defect,) = data["packs"][0]["defects"]
    assert (defect["sort"], defect["certainty"], defect["rules"]) == ("subsumed", "proved", ["larger", "large"])


def test_what_is_undecided_alone_exits_with_three(tmp_path: Path) -> None:
    # Whether two amendments can be ambiguous is not something that a situation of ours can be written for.
    given = {"x": {"kind": "ambiguity", "in": "result"}}
    case = Case("", {"unclear": {"given": given, "when": 'x.term == "ends"', "severity": "flag"}}, [])
    code, lines = exit_and_lines(write_pack(tmp_path, [case]))
    assert code == 3
    assert "undecided[unreachable]" in lines[0]


def test_an_unused_parameter_or_fact_is_refused_when_the_pack_is_loaded(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, [Case("", {"large": rule("supply", "x.amount > USD 1bn")}, [])])
    header = yaml.safe_load((folder / "pack.yaml").read_text())
    header["parameters"] = {"idle": {"description": "x", "values": [{"starting": "2020-01-01", "value": "1%"}]}}
    (folder / "pack.yaml").write_text(yaml.safe_dump(header))
    with pytest.raises(PackError, match="no rule reads the parameter `idle`"):
        verify_packs(folder, as_of=AS_OF)


def test_an_example_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    examples = [
        {"name": "bad", "expect": "breached", "term_sheet": {"changes": [{"add": "a", "clause": {"kind": "x"}}]}}
    ]
    folder = write_pack(tmp_path, [Case("", {"large": rule("supply", "x.amount > USD 1bn", examples=examples)}, [])])
    code, lines = exit_and_lines(folder)
    assert code == 2 and any("error[unknown-kind]" in line for line in lines)


def test_a_selection_says_what_it_leaves_out(tmp_path: Path) -> None:
    rules = {"large": rule("supply", "x.amount > USD 1bn"), "larger": rule("supply", "x.amount > USD 2bn")}
    folder = write_pack(tmp_path, [Case("", rules, [])])
    code, lines = exit_and_lines(folder, "--select", "large")
    assert code == 0
    assert "note: 1 rules of the pack seeded were not selected and not verified" in lines


def test_documents_read_back_as_what_was_written() -> None:
    odd = {"agreement": "a", "clauses": {"one": {"kind": "supply", "heading": 'a "b": {c}, [d] #', "text": " null "}}}
    again = parse(text_source(as_yaml(odd).encode(), "x.yaml")).plain()
    assert again == odd


def test_without_the_solver_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "z3.py").write_text("raise ImportError('no solver', name='z3')\n")
    folder = write_pack(tmp_path / "pack", [Case("", {"large": rule("supply", "x.amount > USD 1bn")}, [])])
    for arguments in (("verify", str(folder)), ("diff", str(folder), str(folder))):
        done = command(*arguments, PYTHONPATH=str(tmp_path))
        assert done.returncode == 2
        assert "needs the package `z3`, which is not installed" in done.stderr
        assert "pip install 'clauses[verify]'" in done.stderr
