"""Runs templates as data, not as programs: what is not listed here, a template cannot do.

The sandbox of Jinja alone is not enough: it offers filters that switch escaping off, and texts and numbers
that grow without bounds. So filters, tests, functions, methods and operators are lists of what is allowed.

Every piece of output carries an invisible mark with the template and the line that wrote it. `place_of` finds
it again, so that the parser, which reads the finished memo, can still name the line of the template.
"""

from __future__ import annotations

import bisect
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, TemplateNotFound, UndefinedError, nodes
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError, TemplateRuntimeError, TemplateSyntaxError
from jinja2.runtime import BlockReference, LoopContext, Macro, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from markupsafe import Markup, escape

from clauses.errors import did_you_mean
from clauses.memo.plain import Plain
from clauses.memo.templates import Template, Templates, line_of_long_number, template_error

MAXIMUM_OUTPUT = 20_000_000
_FILTERS = (
    "capitalize",
    "default",
    "e",
    "escape",
    "first",
    "join",
    "last",
    "length",
    "lower",
    "string",
    "title",
    "trim",
    "unique",
    "upper",
)
_TESTS = (
    "defined",
    "undefined",
    "none",
    "string",
    "number",
    "mapping",
    "sequence",
    "odd",
    "even",
    "eq",
    "equalto",
    "==",
    "ne",
    "!=",
    "in",
    "true",
    "false",
    "lt",
    "gt",
    "le",
    "ge",
)
_TEXT_METHODS = (
    "upper",
    "lower",
    "title",
    "capitalize",
    "strip",
    "startswith",
    "endswith",
    "removeprefix",
    "removesuffix",
)
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_MARK = re.compile(f"{_OPEN}(\\d+):(\\d+)(e?){_CLOSE}")
_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


class _Loader(BaseLoader):
    def __init__(self, templates: Templates) -> None:
        self.templates = templates

    def get_source(self, environment: Any, template: str) -> tuple[str, str, Callable[[], bool]]:
        found = self.templates.find(template)
        if found is None:
            raise TemplateNotFound(template)
        return found.text, found.shown_as, lambda: True


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment in which a template can arrange plain data, and nothing else."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    intercepted_unops = frozenset({"+", "-"})

    def __init__(self, templates: Templates) -> None:
        super().__init__(
            loader=_Loader(templates), undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self.templates = templates
        self.marked: list[str] = []
        """The files that marks name, by number."""
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.filters |= {
            "fill": fill,
            "counted": counted,
            "listed": listed,
            "sentence": sentence,
            "capital": capital,
            "letter": letter,
        }
        self.tests = {name: self.tests[name] for name in _TESTS}
        self.globals = {"range": self.globals["range"], "namespace": Namespace}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if _OPEN in source or _CLOSE in source:
            raise TemplateSyntaxError("this template holds a character that is none", 1, name, filename)
        try:
            tree = super()._parse(source, name, filename)
        except ValueError:  # Python reads no number of thousands of digits
            line = line_of_long_number(source)
            raise TemplateSyntaxError("a number has too many digits", line, name, filename) from None
        _refuse_switches(tree, name, filename)
        shown = filename or name or "template"
        if shown not in self.marked:
            self.marked.append(shown)
        number = self.marked.index(shown)
        for output in tree.find_all(nodes.Output):
            output.nodes = [mark for child in output.nodes for mark in _marked(child, number)]
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict):  # `memo.items` is the key, never the method
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if self.is_safe_attribute(obj, attribute, None):
            return super().getattr(obj, attribute)
        return self.unsafe_undefined(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, dict):
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)
        if isinstance(obj, (list, tuple, str)) and isinstance(argument, (int, slice)):
            return super().getitem(obj, argument)
        return self.unsafe_undefined(obj, str(argument))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str):
            return attr in _TEXT_METHODS
        allowed = isinstance(obj, (LoopContext, TemplateModule, TemplateReference, Namespace))
        return allowed and not attr.startswith("_")

    def is_safe_callable(self, obj: Any) -> bool:
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str):
            return getattr(obj, "__name__", "") in _TEXT_METHODS
        return (
            isinstance(obj, (Macro, BlockReference)) or obj in self.globals.values() or isinstance(owner, LoopContext)
        )

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = type(left) is int and type(right) is int and abs(left) < 10**12 and abs(right) < 10**12
        if operator == "**" or not numbers:
            raise SecurityError(f"`{operator}` works on whole numbers only; join texts with `~`")
        return super().call_binop(context, operator, left, right)


def _refuse_switches(tree: nodes.Template, name: str | None, filename: str | None) -> None:
    """`{% autoescape %}` is a statement of the core, and a name that is computed hides what is used."""
    for node in tree.find_all(nodes.EvalContextModifier):
        raise TemplateSyntaxError("escaping cannot be switched in a memo template", node.lineno, name, filename)
    for found in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        named = getattr(found, "template", None)
        if not isinstance(named, nodes.Const) or not isinstance(named.value, str):
            raise TemplateSyntaxError("a template is named by a fixed text", found.lineno, name, filename)


def _marked(child: nodes.Expr, number: int) -> list[nodes.Expr]:
    is_text = isinstance(child, nodes.TemplateData)
    mark = f"{_OPEN}{number}:{child.lineno}{'' if is_text else 'e'}{_CLOSE}"
    return [nodes.TemplateData(mark, lineno=child.lineno), child]


# --- filters of our own


def fill(text: str, **values: Any) -> Markup:
    """A label with its `{name}` places filled in; never `str.format`, which reaches into objects."""
    pieces = re.split(r"\{(\w+)\}", text)
    missing = [name for name in pieces[1::2] if name not in values]
    if missing:
        raise TemplateRuntimeError(f"the label `{text}` has a place `{{{missing[0]}}}` that nothing fills here")
    return Markup("").join(escape(values[piece] if odd % 2 else piece) for odd, piece in enumerate(pieces))


def counted(forms: list[str], number: int) -> Markup:
    """`one conflict` or `three conflicts`: a label with a form for one and a form for several."""
    word = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    return fill(forms[0] if number == 1 else forms[1], n=word)


def listed(items: Iterable[Any], word: str = "and") -> Markup:
    """`a, b and c`."""
    texts = [escape(item) for item in items]
    head = Markup(", ").join(texts[:-1])
    return Markup("{} {} {}").format(head, word, texts[-1]) if head else Markup("").join(texts)


def sentence(text: Any) -> Markup:
    """A text that starts with a capital letter and ends with a stop."""
    raw = escape(str(text).strip()) if not isinstance(text, Markup) else text.strip()
    if not raw:
        return Markup("")
    shown = Markup(raw[:1].upper()) + raw[1:]
    return shown if re.search(r"[.?!:;…][”’\"')\]]*$", str(shown)) else shown + "."


def letter(number: int) -> str:
    """`a` for 1: the letters of a list in a sentence."""
    return chr(96 + number) if 0 < number < 27 else str(number)


def capital(text: Any) -> Markup:
    """A text with a capital letter first."""
    raw = escape(text)
    return Markup(raw[:1].upper()) + raw[1:]


# --- running


@dataclass(frozen=True)
class Rendered:
    """What a template wrote, with the lines of the templates that wrote it."""

    text: str
    marks: tuple[tuple[int, str, int, bool], ...]
    """From which byte on, in which file, on which line, and whether a value rather than the template's own text."""

    def place_of(self, offset: int) -> tuple[str, int]:
        """The file and line that wrote the byte at an offset."""
        number = bisect.bisect_right([mark[0] for mark in self.marks], offset) - 1
        if number < 0:
            return "", 0
        start, file, line, is_value = self.marks[number]
        between = self.text.encode()[start:offset]
        return file, line if is_value else line + between.count(b"\n")


def render(sandbox: Sandbox, name: str, values: Mapping[str, Plain]) -> Rendered:
    """Run a template over plain data. Raises TemplateError with the template's file and line."""
    try:
        pieces, length = [], 0
        for piece in sandbox.get_template(name).generate(**values):
            pieces.append(piece)
            length += len(piece)
            if length > MAXIMUM_OUTPUT:
                raise template_error("the memo grows beyond all bounds", name)
    except TemplateSyntaxError as error:
        raise template_error(_reason(error), error.filename or name, error.lineno) from None
    except TemplateNotFound as error:
        raise template_error(f"there is no template `{error.name}`", name) from None
    except (RecursionError, SyntaxError, MemoryError) as error:  # of Python, which a template becomes
        sentence = "the template is nested too deeply, or calls itself without end"
        raise template_error(sentence, *_line_of(error, sandbox, name)) from None
    except (
        TemplateRuntimeError,
        UndefinedError,
        SecurityError,
        TypeError,
        ValueError,
        ArithmeticError,
        IndexError,
        KeyError,
        AttributeError,
    ) as error:
        raise template_error(_reason(error), *_line_of(error, sandbox, name)) from None
    return _located("".join(pieces), sandbox.marked)


def _reason(error: Exception) -> str:
    text = getattr(error, "message", None) or str(error) or "this cannot be worked out"
    return text.rstrip(".").replace("\n", " ").replace("'", "`")


def _line_of(error: Exception, sandbox: Sandbox, name: str) -> tuple[str, int]:
    """The last line of a template in the trace of an error."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in sandbox.marked:
            return frame.filename, frame.lineno or 0
    return name, 0


def _located(text: str, files: list[str]) -> Rendered:
    pieces: list[str] = []
    marks: list[tuple[int, str, int, bool]] = []
    done = size = 0
    for mark in _MARK.finditer(text):
        piece = text[done : mark.start()]
        pieces.append(piece)
        size += len(piece.encode())
        marks.append((size, files[int(mark[1])], int(mark[2]), bool(mark[3])))
        done = mark.end()
    return Rendered("".join([*pieces, text[done:]]), tuple(marks))


# --- what a template refers to


def referenced(sandbox: Sandbox, names: Iterable[str]) -> list[Template]:
    """The templates of these names and all that they include, import and extend, in the order of their names.

    Raises TemplateError for one that is missing, that takes itself in, or that replaces what is not there.
    """
    found: dict[str, Template] = {}
    trees: dict[str, nodes.Template] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        template = sandbox.templates.find(name)
        if template is None:
            raise template_error(f"there is no template `{name}`", name)
        found[name], trees[name] = template, _tree(sandbox, name, template)
        waiting += [other for other, _ in _taken_in(trees[name])]
    for name in names:
        _refuse_circles(name, found, trees, [], set())
    for name, template in found.items():
        if template.origin == "house":
            _refuse_what_is_lost(name, template, trees)
    return [found[name] for name in sorted(found)]


def _tree(sandbox: Sandbox, name: str, template: Template) -> nodes.Template:
    try:
        return sandbox._parse(template.text, name, template.shown_as)
    except TemplateSyntaxError as error:
        raise template_error(_reason(error), template.shown_as, error.lineno, text=template.text) from None
    except RecursionError:
        raise template_error("the template is nested too deeply", template.shown_as) from None


def _taken_in(tree: nodes.Template) -> list[tuple[str, int]]:
    """The names of the templates that one includes, imports and extends, with the line."""
    listed = tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))
    return [(_named(one), one.lineno) for one in listed]


def _named(node: Any) -> str:
    """The template that a node names; `_refuse_switches` has seen that it is a fixed text."""
    return str(node.template.value)


def _refuse_circles(
    name: str, found: Mapping[str, Template], trees: Mapping[str, nodes.Template], path: list[str], done: set[str]
) -> None:
    """A template that takes itself in, directly or by way of others, would never end."""
    for other, line in _taken_in(trees[name]):
        if other == name or other in path:
            by_way = [*path, name][[*path, name].index(other) + 1 :]
            ways = " by way of " + ", ".join(f"`{one}`" for one in by_way) if by_way else ""
            hint = f"ours is named `core:{other}`"
            raise template_error(f"`{other}` takes itself in{ways}", found[name].shown_as, line, hint)
        if other not in done:
            _refuse_circles(other, found, trees, [*path, name], done)
    done.add(name)


def _refuse_what_is_lost(name: str, template: Template, trees: Mapping[str, nodes.Template]) -> None:
    """Of a template that extends another only blocks of that other one are shown."""
    extended = trees[name].find(nodes.Extends)
    if extended is None:
        return
    master = _named(extended)
    known = _blocks(master, trees)
    for node in trees[name].body:
        if isinstance(node, nodes.Block) and node.name not in known:
            sentence = f"`{master}` has no block `{node.name}`, so this one would not be shown"
            raise template_error(sentence, template.shown_as, node.lineno, did_you_mean(node.name, known))
        if isinstance(node, nodes.Output) and _writes(node):
            sentence = f"what stands outside the blocks of a template that extends `{master}` would not be shown"
            raise template_error(sentence, template.shown_as, node.lineno)


def _blocks(name: str, trees: Mapping[str, nodes.Template]) -> set[str]:
    """The blocks of a template and of those that it extends."""
    extended = [_named(one) for one in trees[name].find_all(nodes.Extends)]
    here = {one.name for one in trees[name].find_all(nodes.Block)}
    return here.union(*(_blocks(master, trees) for master in extended))


def _writes(output: nodes.Output) -> bool:
    texts = [_MARK.sub("", one.data) if isinstance(one, nodes.TemplateData) else "words" for one in output.nodes]
    return bool("".join(texts).strip())
