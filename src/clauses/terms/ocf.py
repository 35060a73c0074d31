"""A company in the Open Cap Table Format (OCF): who holds how many shares of it, fully diluted.

An OCF company is a manifest and the files that it lists: stakeholders, stock classes, stock plans and
transactions. What is outstanding is what was issued by the manifest's `as_of`, less what was cancelled,
repurchased, retracted, transferred, converted, exercised, released, reissued or consolidated by then. What comes
of such a transaction is an issuance of its own. A split multiplies what is outstanding of its class, options and
warrants on that class too, and comes before the issuances of its day.

Counted are stock, equity compensation (granted, vested or not) and warrants, each share as the shares that it
converts into where its class states one ratio. Not counted are convertibles, which have no number of shares yet,
shares that a plan reserves and has not granted, and what expired before `as_of`.

A file that is not OCF is refused (InputError, with the place). What is OCF but does not hold together, a
reference to nothing, say, is a note beside the result: nothing is dropped in silence.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Literal

from clauses.errors import InputError, Problems
from clauses.source import Place, printable
from clauses.terms.kinds.equity import Holding, ShareClass
from clauses.terms.party import Origin, Party
from clauses.terms.values import Date, Percentage
from clauses.yaml_nodes import Absent, Mapping_, Node, Scalar, Sequence, read_file

MANIFEST = "Manifest.ocf.json"

Family = Literal["stock", "equity compensation", "warrant", "convertible"]

_FAMILIES: dict[str, Family] = {
    "STOCK": "stock",
    "EQUITY_COMPENSATION": "equity compensation",
    "PLAN_SECURITY": "equity compensation",
    "WARRANT": "warrant",
    "CONVERTIBLE": "convertible",
}
_ENDINGS = "CANCELLATION|REPURCHASE|RETRACTION|TRANSFER|CONVERSION|REISSUANCE|EXERCISE|RELEASE"
_ISSUANCE = re.compile(rf"TX_({'|'.join(_FAMILIES)})_ISSUANCE")
_ENDING = re.compile(rf"TX_({'|'.join(_FAMILIES)})_({_ENDINGS})")
_NO_EFFECT = re.compile(
    rf"TX_({'|'.join(_FAMILIES)})_(ACCEPTANCE|REPRICING)|TX_VESTING_(START|EVENT|ACCELERATION)"
    r"|TX_(ISSUER|STOCK_CLASS)_AUTHORIZED_SHARES_ADJUSTMENT|TX_STOCK_PLAN_(POOL_ADJUSTMENT|RETURN_TO_POOL)"
    r"|CE_STAKEHOLDER_(RELATIONSHIP|STATUS)"
    r"|ISSUER|STOCK_LEGEND_TEMPLATE|VESTING_TERMS|VALUATION|DOCUMENT|FINANCING"
)
"""Objects that change no number of shares that anybody holds."""


@dataclass(frozen=True)
class Line:
    """What one stakeholder holds of one class, in one form."""

    stakeholder: str
    """The OCF id of the holder."""
    name: str
    share_class: str
    """The name of the stock class; of an option without one, the name of its plan."""
    family: Family
    quantity: Fraction
    """How many are outstanding, as issued."""
    shares: Fraction
    """As how many shares they count, fully diluted."""


@dataclass(frozen=True)
class Company:
    """What is outstanding of a company, by stakeholder and class, as of a day."""

    name: str
    as_of: Date
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    """What was not counted, or counted in a way that the reader should know of, in sentences."""
    investors: frozenset[str] = frozenset()
    """The OCF ids of the stakeholders that are investors."""
    preferred: frozenset[str] = frozenset()
    """The names of the classes of preferred stock."""

    @property
    def total(self) -> Fraction:
        """All shares, fully diluted."""
        return sum((line.shares for line in self.lines), Fraction(0))

    def stakes(self) -> dict[str, Fraction]:
        """The part of all shares that each stakeholder holds, by OCF id, exactly."""
        found: dict[str, Fraction] = {}
        total = self.total
        for line in self.lines:
            found[line.stakeholder] = found.get(line.stakeholder, Fraction(0)) + line.shares / total
        return found


def read_company(path: Path | str) -> Company:
    """Read a company from its folder or its manifest. Raises InputError with every problem found."""
    path = Path(path)
    manifest = path / MANIFEST if path.is_dir() else path
    return _Reader(manifest).company()


def read_holdings(path: Path, place: Place) -> tuple[dict[str, Party], dict[str, Holding], tuple[str, ...]]:
    """The parties and holdings of a company: parties by an id made of their names, holdings as `ocf-<party>`;
    and what was left out, in sentences.

    `place` is where an agreement names the company. Raises InputError: there if nothing is at the path, else
    in the company's files.
    """
    try:
        is_there = path.exists()
    except (OSError, ValueError):  # no file can have such a name
        is_there = False
    if not is_there:
        hint = f"give the folder of an Open Cap Table Format company, or its {MANIFEST}"
        raise InputError.of("no-such-file", f"there is no file or folder `{path}`", place, hint)
    company = read_company(path)
    names = {line.stakeholder: line.name for line in company.lines}
    issuer, *ids = _slugs([company.name, *names.values()])
    parties = {issuer: Party(name=company.name, roles=("issuer",))}
    holdings = {}
    for id, (stakeholder, stake) in zip(ids, company.stakes().items(), strict=True):
        roles: tuple[Literal["investor"], ...] = ("investor",) if stakeholder in company.investors else ()
        parties[id] = Party(name=names[stakeholder], roles=roles)
        holdings[f"ocf-{id}"] = _holding(id, issuer, stake, stakeholder, company)
    return parties, holdings, company.notes


def _holding(id: str, issuer: str, stake: Fraction, stakeholder: str, company: Company) -> Holding:
    own = [line for line in company.lines if line.stakeholder == stakeholder]
    held = " and ".join(f"{_plain(line.quantity)} {line.share_class} ({line.family})" for line in own)
    classes = {_class_of(line, company) for line in own}
    return Holding(
        kind="holding",
        heading=f"Stake of {own[0].name} in {company.name}",
        text=f"As of {company.as_of}, {own[0].name} holds {held}: "
        f"{_plain(sum((line.shares for line in own), Fraction(0)))} of {_plain(company.total)} shares, fully diluted.",
        source=Origin(basis="stated"),
        holder=id,
        issuer=issuer,
        stake=Percentage.of_fractions(stake, stake),
        share_class=classes.pop() if len(classes) == 1 else None,
    )


def _class_of(line: Line, company: Company) -> ShareClass | None:
    if line.family == "equity compensation":
        return "options"
    if line.family == "warrant":
        return None
    return "preferred" if line.share_class in company.preferred else "common"


def _plain(number: Fraction) -> str:
    """A number as people write it; a fraction that decimals cannot write keeps its form."""
    if number.denominator == 1:
        return f"{number.numerator:,}"
    tenth = number * 10**10
    if tenth.denominator > 1:
        return f"{number.numerator:,}/{number.denominator:,}"
    whole, part = divmod(int(tenth), 10**10)
    return f"{whole:,}.{part:010}".rstrip("0")


def _slugs(names: list[str]) -> list[str]:
    """Ids in kebab-case for names, each once: the second of the same name gets `-2`."""
    found: dict[str, None] = {}
    counts: dict[str, int] = {}
    for name in names:
        ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        base = re.sub(r"[^a-z0-9]+", "-", ascii_name.replace("'", ""))[:60].strip("-") or "holder"
        slug = base = "holder-others" if base == "others" else base
        while slug in found:
            counts[base] = counts.get(base, 1) + 1
            slug = f"{base}-{counts[base]}"
        found[slug] = None
    return list(found)


# --- reading -----------------------------------------------------------------------------------


@dataclass
class _Security:
    """A security from its issuance on, with what is left of it."""

    id: str
    family: Family
    stakeholder: str
    class_id: str | None
    plan_id: str | None
    quantity: Fraction
    expires: datetime.date | None


@dataclass(frozen=True)
class _Class:
    """A stock class: its name, and as how many shares of which class one of its shares counts."""

    id: str
    name: str
    is_preferred: bool
    ratio: Fraction = Fraction(1)
    into: str | None = None


@dataclass(frozen=True)
class _Object:
    """One object of a file."""

    type: str
    node: Mapping_
    number: int
    """Its place among all objects, in the order of the files."""


@dataclass
class _Reader:
    """Reads one company."""

    manifest: Path
    problems: Problems = field(default_factory=Problems)
    notes: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    investors: set[str] = field(default_factory=set)
    classes: dict[str, _Class] = field(default_factory=dict)
    plans: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    securities: dict[tuple[Family, str], _Security] = field(default_factory=dict)
    issued: set[tuple[Family, str]] = field(default_factory=set)
    """Every security that is issued by the day asked for, read before the transactions are applied."""

    def company(self) -> Company:
        """The company as of its day. Raises InputError."""
        root = read_file(self.manifest)
        if self.text(root, "file_type") != "OCF_MANIFEST_FILE":
            sentence = "this is not the manifest of an Open Cap Table Format company"
            raise InputError.of("not-a-manifest", sentence, root.place, f"give its folder or its {MANIFEST}")
        issuer = root.get("issuer")
        name = self.text(issuer, "legal_name") if isinstance(issuer, Mapping_) else None
        if name is None and not self.problems.found:
            self.problems.add("missing-key", "the manifest needs an `issuer` with a `legal_name`", root.place)
        as_of = self.day(root, "as_of", required=True)
        objects = self.objects(root)
        self.problems.raise_as(InputError)
        assert name is not None and as_of is not None
        self.read_things(objects)
        self.apply_transactions(objects, as_of)
        self.problems.raise_as(InputError)
        lines = tuple(self.lines(as_of))
        if self.plans:
            self.notes.append("Shares that a stock plan reserves and has not granted are not counted.")
        preferred = frozenset(c.name for c in self.classes.values() if c.is_preferred)
        notes = tuple(dict.fromkeys(self.notes))
        return Company(name, Date.of(as_of), lines, notes, frozenset(self.investors), preferred)

    def objects(self, root: Mapping_) -> list[_Object]:
        """The objects of every file that the manifest lists."""
        found: list[_Object] = []
        for key in root.items:
            if not key.endswith("_files"):
                continue
            for entry in self.sequence(root, key):
                path = self.file(entry)
                for item in self.items(path) if path else ():
                    type = self.text(item, "object_type") if isinstance(item, Mapping_) else None
                    if isinstance(item, Mapping_) and type is not None:
                        found.append(_Object(type, item, len(found)))
                    elif not isinstance(item, Mapping_):
                        self.problems.add("wrong-type", "an object should be `key: value` lines", item.place)
        return found

    def file(self, entry: Node) -> Path | None:
        """The path of a file that the manifest lists; it must be in the company's folder."""
        if not isinstance(entry, Mapping_):
            self.problems.add("wrong-type", "a file should be given as `filepath: …`", entry.place)
            return None
        name = self.text(entry, "filepath")
        if name is None:
            return None
        place = entry.items["filepath"].place
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name or "\0" in name:
            self.problems.add("outside-the-folder", f"`{name}` is not a file in the company's folder", place)
            return None
        path = self.manifest.parent / pure
        if not path.is_file():
            self.problems.add("no-such-file", f"there is no file `{name}`", place)
            return None
        return path

    def items(self, path: Path) -> tuple[Node, ...]:
        try:
            root = read_file(path)
        except InputError as error:
            self.problems.found.extend(error.problems)
            return ()
        if "items" not in root.items:
            self.problems.add("missing-key", "the file needs the key `items` with its objects", root.place)
        return self.sequence(root, "items")

    # values, each with its place when it is wrong

    def text(self, node: Mapping_, key: str, required: bool = True) -> str | None:
        """A text. Notes a problem and gives None where it is missing or is none."""
        value = node.get(key)
        if isinstance(value, Scalar) and value.text.strip():
            return printable(value.text.strip())
        if required or not (value is None or isinstance(value, Absent)):
            what = "is missing" if value is None or isinstance(value, Absent) else "should be a text"
            self.problems.add("missing-key", f"the key `{key}` {what}", value.place if value else node.place)
        return None

    def number(self, node: Mapping_, key: str, required: bool = False) -> Fraction | None:
        """A number, exactly as it is written: `100.00`, `+10000000.00`."""
        written = self.text(node, key, required)
        if written is None:
            return None
        place = node.items[key].place
        if not re.fullmatch(r"[+-]?[0-9]{1,40}(\.[0-9]{1,10})?", written):
            sentence = f"`{written}` is not a number of the format"
            self.problems.add(
                "not-a-number", sentence, place, "write digits with at most ten decimals, such as `100.00`"
            )
            return None
        value = Fraction(written)
        if value < 0:
            self.problems.add("negative", f"`{key}` is negative", place)
            return None
        return value

    def ratio(self, node: Node | None, place: Place) -> Fraction | None:
        """A ratio of two positive numbers."""
        if not isinstance(node, Mapping_):
            self.problems.add("missing-key", "a ratio with `numerator` and `denominator` is missing", place)
            return None
        both = self.number(node, "numerator", True), self.number(node, "denominator", True)
        if both[0] is None or both[1] is None:
            return None
        if 0 in both:
            self.problems.add("not-a-ratio", "a ratio cannot have a part that is zero", node.place)
            return None
        return both[0] / both[1]

    def day(self, node: Mapping_, key: str, required: bool = False) -> datetime.date | None:
        written = self.text(node, key, required)
        if written is None:
            return None
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written, re.ASCII):
                return datetime.date.fromisoformat(written)
        except ValueError:
            pass
        self.problems.add("not-a-date", f"`{written}` is not a date", node.items[key].place, "write it as `2022-03-22`")
        return None

    def sequence(self, node: Mapping_, key: str) -> tuple[Node, ...]:
        value = node.get(key)
        if isinstance(value, Sequence):
            return value.items
        if isinstance(value, Mapping_ | Scalar):
            self.problems.add("wrong-type", f"`{key}` should be a list", value.place)
        return ()

    def texts(self, node: Mapping_, key: str) -> tuple[str, ...]:
        return tuple(printable(item.text) for item in self.sequence(node, key) if isinstance(item, Scalar))

    # stakeholders, classes and plans

    def read_things(self, objects: list[_Object]) -> None:
        readers: dict[str, Callable[[Mapping_], None]] = {
            "STAKEHOLDER": self.read_stakeholder,
            "STOCK_CLASS": self.read_class,
            "STOCK_PLAN": self.read_plan,
        }
        for one in objects:
            if one.type in readers:
                readers[one.type](one.node)

    def read_stakeholder(self, node: Mapping_) -> None:
        id, name = self.text(node, "id"), node.get("name")
        legal_name = self.text(name, "legal_name") if isinstance(name, Mapping_) else None
        if not isinstance(name, Mapping_):
            self.problems.add("missing-key", "a stakeholder needs a `name` with a `legal_name`", node.place)
        if id is None or legal_name is None:
            return
        if id in self.names:
            self.notes.append(f"The stakeholder `{id}` stands twice; the first is taken.")
        self.names.setdefault(id, legal_name)
        relationships = {*self.texts(node, "current_relationships"), self.text(node, "current_relationship", False)}
        if "INVESTOR" in relationships:
            self.investors.add(id)

    def read_class(self, node: Mapping_) -> None:
        id, name = self.text(node, "id"), self.text(node, "name")
        if id is None or name is None:
            return
        if id in self.classes:
            self.notes.append(f"The stock class `{id}` stands twice; the first is taken.")
            return
        found = _Class(id, name, self.text(node, "class_type", False) == "PREFERRED")
        rights = [right for right in self.sequence(node, "conversion_rights") if isinstance(right, Mapping_)]
        for right in rights:
            mechanism = right.get("conversion_mechanism")
            is_ratio = isinstance(mechanism, Mapping_) and self.text(mechanism, "type", False) == "RATIO_CONVERSION"
            if len(rights) == 1 and is_ratio:
                assert isinstance(mechanism, Mapping_)
                ratio = self.ratio(mechanism.get("ratio"), mechanism.place) or Fraction(1)
                into = self.text(right, "converts_to_stock_class_id", False)
                found = _Class(id, name, found.is_preferred, ratio, into)
            else:
                self.notes.append(
                    f"The class `{name}` states no single ratio of conversion; its shares count one for one."
                )
        self.classes[id] = found

    def read_plan(self, node: Mapping_) -> None:
        id, name = self.text(node, "id"), self.text(node, "plan_name")
        if id is not None and name is not None:
            one = self.text(node, "stock_class_id", False)
            self.plans.setdefault(id, (name, self.texts(node, "stock_class_ids") or ((one,) if one else ())))

    # transactions

    def apply_transactions(self, objects: list[_Object], as_of: datetime.date) -> None:
        """Apply what happened by the day, in order of dates: splits, then issuances, then the rest of a day."""
        dated: list[tuple[datetime.date, int, _Object]] = []
        late = 0
        for one in objects:
            rank = self.rank(one)
            date = self.day(one.node, "date", required=True) if rank is not None else None
            if rank is not None and date is not None:
                late += date > as_of
                if date <= as_of:
                    dated.append((date, rank, one))
        if late:
            which = "1 transaction is" if late == 1 else f"{late} transactions are"
            self.notes.append(f"{which} later than {as_of} and not counted.")
        for _, _, one in dated:
            if match := _ISSUANCE.fullmatch(one.type):
                self.issued.add((_FAMILIES[match[1]], self.text(one.node, "security_id") or ""))
        for date, _, one in sorted(dated, key=lambda entry: (entry[0], entry[1], entry[2].number)):
            self.apply(one, date)

    def rank(self, one: _Object) -> int | None:
        """Where an object comes on its day; None for one that changes no number, which is noted if unknown."""
        if one.type == "TX_STOCK_CLASS_SPLIT":
            return 0
        if _ISSUANCE.fullmatch(one.type):
            return 1
        is_other = one.type in ("TX_STOCK_CONSOLIDATION", "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT")
        if is_other or _ENDING.fullmatch(one.type):
            return 2
        if not _NO_EFFECT.fullmatch(one.type) and one.type not in ("STAKEHOLDER", "STOCK_CLASS", "STOCK_PLAN"):
            self.notes.append(f"Objects of the type `{one.type}` are not known here and not counted.")
        return None

    def apply(self, one: _Object, date: datetime.date) -> None:
        if match := _ISSUANCE.fullmatch(one.type):
            self.issue(one.node, _FAMILIES[match[1]])
        elif one.type == "TX_STOCK_CLASS_SPLIT":
            self.split(one.node, date)
        elif one.type == "TX_STOCK_CONSOLIDATION":
            for merged in self.texts(one.node, "security_ids"):
                self.end(one, "stock", merged, None)
            result = self.text(one.node, "resulting_security_id")
            self.check_results(one, "stock", (result,) if result else ())
        elif one.type == "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT":
            self.adjust_ratio(one.node)
        elif match := _ENDING.fullmatch(one.type):
            quantity = self.number(one.node, "quantity")
            if quantity is None:
                quantity = self.number(one.node, "quantity_converted")
            id = self.text(one.node, "security_id")
            if id is not None:
                self.end(one, _FAMILIES[match[1]], id, quantity)
            if match[1] != "CONVERTIBLE":
                self.check_results(one, _FAMILIES[match[1]], self.texts(one.node, "resulting_security_ids"))

    def issue(self, node: Mapping_, family: Family) -> None:
        """Note a new security."""
        id, stakeholder = self.text(node, "security_id"), self.text(node, "stakeholder_id")
        if (family, id) in self.securities:
            self.notes.append(f"The {family} `{id}` is issued twice; the first issuance is counted.")
            return
        quantity = self.quantity(node, family)
        if id is None or stakeholder is None or quantity is None:
            return
        if stakeholder not in self.names:
            self.notes.append(f"The holder `{stakeholder}` of the {family} `{id}` is not among the stakeholders.")
        class_id = self.text(node, "stock_class_id", False) or self.class_of_warrant(node)
        plan_id = self.text(node, "stock_plan_id", False)
        if class_id is None and plan_id in self.plans and len(self.plans[plan_id][1]) == 1:
            class_id = self.plans[plan_id][1][0]
        if class_id is not None and class_id not in self.classes:
            self.notes.append(f"The class `{class_id}` of the {family} `{id}` is not among the stock classes.")
        if plan_id is not None and plan_id not in self.plans:
            self.notes.append(f"The plan `{plan_id}` of the {family} `{id}` is not among the stock plans.")
        key = "warrant_expiration_date" if family == "warrant" else "expiration_date"
        expires = self.day(node, key)
        self.securities[family, id] = _Security(id, family, stakeholder, class_id, plan_id, quantity, expires)

    def quantity(self, node: Mapping_, family: Family) -> Fraction | None:
        """How many are issued. A convertible has no number; a warrant may leave it to its trigger, or open."""
        if family == "convertible":
            return Fraction(1)
        quantity = self.number(node, "quantity", required=family != "warrant")
        if quantity is None and family == "warrant" and not isinstance(node.get("quantity"), Scalar):
            mechanisms = [right.get("conversion_mechanism") for right in self.rights(node)]
            fixed = [self.number(m, "converts_to_quantity") for m in mechanisms if isinstance(m, Mapping_)]
            if len(fixed) == 1 and fixed[0] is not None:
                return fixed[0]
            id = self.text(node, "security_id")
            self.notes.append(f"The warrant `{id}` states no fixed number of shares and is not counted.")
            return Fraction(0)
        return quantity

    def rights(self, node: Mapping_) -> Iterator[Mapping_]:
        """The rights of conversion of a warrant's triggers."""
        for trigger in self.sequence(node, "exercise_triggers"):
            right = trigger.get("conversion_right") if isinstance(trigger, Mapping_) else None
            if isinstance(right, Mapping_):
                yield right

    def class_of_warrant(self, node: Mapping_) -> str | None:
        found = {self.text(right, "converts_to_stock_class_id", False) for right in self.rights(node)}
        return found.pop() if len(found) == 1 else None

    def end(self, one: _Object, family: Family, id: str, quantity: Fraction | None) -> None:
        """Take a number, or all, off a security. A balance security carries the rest by its own issuance."""
        security = self.securities.get((family, id))
        if security is None:
            self.notes.append(f"`{one.type}` names the {family} `{id}`, which is not issued before it.")
            return
        balance = self.text(one.node, "balance_security_id", False)
        if balance is not None and (family, balance) in self.issued:
            security.quantity = Fraction(0)
            return
        if balance is not None:
            rest = "is not counted" if quantity is None else f"is counted as `{id}`"
            self.notes.append(f"The {family} `{balance}`, the rest of `{id}`, is issued nowhere; the rest {rest}.")
        if family == "convertible":
            security.quantity = Fraction(0 if balance is None else 1)
            return
        if quantity is not None and quantity > security.quantity:
            more = f"{_plain(quantity)} off the {family} `{id}`, of which {_plain(security.quantity)} are left"
            self.notes.append(f"`{one.type}` takes {more}; none are counted.")
        security.quantity -= security.quantity if quantity is None else min(quantity, security.quantity)

    def check_results(self, one: _Object, family: Family, results: tuple[str, ...]) -> None:
        """What comes of a transaction must be issued somewhere; else it is not counted, and that is noted."""
        for result in results:
            if not any((kind, result) in self.issued for kind in _FAMILIES.values()):
                id = self.text(one.node, "security_id", False) or "several securities"
                self.notes.append(f"`{result}`, what `{one.type}` makes of the {family} `{id}`, is issued nowhere.")

    def split(self, node: Mapping_, date: datetime.date) -> None:
        """Multiply what is outstanding of a class."""
        class_id, ratio = self.text(node, "stock_class_id"), self.ratio(node.get("split_ratio"), node.place)
        if class_id is None or ratio is None:
            return
        if class_id not in self.classes:
            self.notes.append(f"The split of {date} is of the class `{class_id}`, which is not among the classes.")
        name = self.class_name(class_id)
        for security in self.securities.values():
            if security.class_id == class_id and security.family != "convertible" and security.quantity:
                security.quantity *= ratio
                if security.family != "stock":
                    self.notes.append(f"Options and warrants on `{name}` are counted as split with it on {date}.")
            elif security.class_id is None and class_id in self.plans.get(security.plan_id or "", ("", ()))[1]:
                sentence = f"`{security.id}`, of a plan for several classes, is not counted as split on {date}."
                self.notes.append(sentence)
        for other in self.classes.values():
            if other.into == class_id and other.id != class_id:
                its_ratio = f"The ratio at which `{other.name}` converts into `{name}`"
                self.notes.append(f"{its_ratio} is taken as stated, also after the split of {date}.")

    def adjust_ratio(self, node: Mapping_) -> None:
        """A new ratio at which a class converts."""
        class_id, mechanism = self.text(node, "stock_class_id"), node.get("new_ratio_conversion_mechanism")
        inner = mechanism.get("ratio") if isinstance(mechanism, Mapping_) else None
        ratio = self.ratio(inner, mechanism.place if mechanism else node.place)
        if class_id is None or ratio is None:
            return
        if class_id not in self.classes:
            self.notes.append(f"A ratio is adjusted for the class `{class_id}`, which is not among the classes.")
            return
        old = self.classes[class_id]
        self.classes[class_id] = _Class(old.id, old.name, old.is_preferred, ratio, old.into)

    # the result

    def lines(self, as_of: datetime.date) -> Iterator[Line]:
        """What is outstanding, by stakeholder, class and form, in the order of names."""
        found: dict[tuple[str, str, str, Family], tuple[Fraction, Fraction]] = {}
        convertibles = 0
        for security in self.securities.values():
            if not security.quantity:
                continue
            if security.family == "convertible":
                convertibles += 1
                continue
            if security.expires is not None and security.expires < as_of:
                expired = f"The {security.family} `{security.id}` expired on {security.expires} and is not counted."
                self.notes.append(expired)
                continue
            name = self.names.get(security.stakeholder, security.stakeholder)
            key = (name, security.stakeholder, self.label(security), security.family)
            quantity, shares = found.get(key, (Fraction(0), Fraction(0)))
            more = security.quantity * self.factor(security.class_id)
            found[key] = (quantity + security.quantity, shares + more)
        if convertibles:
            which = "1 convertible is" if convertibles == 1 else f"{convertibles} convertibles are"
            self.notes.append(f"{which} outstanding and not counted: they have no number of shares yet.")
        for (name, stakeholder, label, family), (quantity, shares) in sorted(found.items()):
            yield Line(stakeholder, name, label, family, quantity, shares)

    def label(self, security: _Security) -> str:
        if security.class_id is not None:
            return self.class_name(security.class_id)
        if security.plan_id is not None:
            return self.plans[security.plan_id][0] if security.plan_id in self.plans else security.plan_id
        return security.family

    def class_name(self, class_id: str) -> str:
        return self.classes[class_id].name if class_id in self.classes else class_id

    def factor(self, class_id: str | None) -> Fraction:
        """As how many shares one share of a class counts when everything that can convert has converted."""
        factor, seen = Fraction(1), set[str]()
        at = class_id
        while at is not None and at in self.classes:
            if at in seen:
                self.notes.append(f"The class `{self.class_name(at)}` converts, in the end, into itself.")
                return Fraction(1)
            seen.add(at)
            factor *= self.classes[at].ratio
            at = self.classes[at].into
        return factor
