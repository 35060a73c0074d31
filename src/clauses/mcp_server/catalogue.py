"""What can be read: the schemas, the rule packs and their rules, the kinds of clause, and the documents held."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from urllib.parse import quote

from mcp_types import Resource, ResourceTemplate

from clauses import use_cases
from clauses.calls import Library
from clauses.calls.library import Held, Sort
from clauses.errors import UsageError, did_you_mean
from clauses.language.pack import RulePack
from clauses.language.rule import Rule
from clauses.mcp_server import encoding
from clauses.review.output import rule_page
from clauses.review.output.ink import Ink

START = "clauses://"
MARKDOWN, YAML, SCHEMA = "text/markdown", "application/yaml", "application/schema+json"
FOLDERS: Mapping[Sort, str] = {"agreement": "agreements", "term_sheet": "term-sheets", "position": "positions"}
"""What a sort of document is called in an address."""


@dataclass(frozen=True)
class Page:
    """Something that can be read, by its address."""

    uri: str
    title: str
    description: str
    media_type: str
    read: Callable[[], str]

    def resource(self) -> Resource:
        """The page as it is announced."""
        return Resource(
            uri=self.uri,
            name=self.uri.removeprefix(START),
            title=self.title,
            description=self.description,
            mime_type=self.media_type,
        )


class Catalogue:
    """Every page of a server. It loads its rule packs when the first page is asked for."""

    def __init__(self, library: Library) -> None:
        self.library = library

    @cached_property
    def pages(self) -> Mapping[str, Page]:
        """The pages by their addresses. Raises ClausesError for a pack that cannot be read."""
        packs = {name: use_cases.packs(use_cases.Choice((place,)))[0] for name, place in self.library.packs.items()}
        pages = [*_schemas(), _kinds(), *_packs(packs), *_rules(packs), *_held(self.library)]
        return {page.uri: page for page in pages}

    def text(self, uri: str) -> tuple[Page, str]:
        """A page by its address, and what it says. Raises UsageError where there is none."""
        page = self.page(uri)
        return page, page.read()

    def page(self, uri: str) -> Page:
        """A page by its address. Raises UsageError where there is none."""
        found = self.pages.get(uri)
        if found is None:
            near = [one for one in self.pages if one.rpartition("/")[0] == uri.rpartition("/")[0]]
            hint = did_you_mean(uri, near or self.pages) or "`resources/list` has all of them"
            raise UsageError.of("no-such-resource", f"there is no resource `{uri}`", None, hint)
        return found

    def suggestions(self, template: str, variable: str, start: str, chosen: Mapping[str, str]) -> list[str]:
        """The values that a variable of a template may have, of those that begin as given.

        `chosen` has the variables that were filled in before.
        """
        names = template.removeprefix(START).split("/")
        if f"{{{variable}}}" not in names:
            return []
        here = names.index(f"{{{variable}}}")
        found = dict.fromkeys(
            parts[here]
            for parts in (uri.removeprefix(START).split("/") for uri in self.pages)
            if len(parts) == len(names) and all(map(partial(_agrees, chosen), names[:here], parts[:here]))
        )
        return [one for one in found if one.startswith(start)]

    def ids(self, sort: Sort) -> list[str]:
        """The ids of the documents of a sort."""
        return list(self.library.documents[sort])


TEMPLATES = [
    ResourceTemplate(
        uri_template=f"{START}schemas/{{name}}",
        name="schemas",
        title="JSON Schemas",
        description="The JSON Schema of a document (term-sheet, agreement, position, rule, pack) or of an answer.",
        mime_type=SCHEMA,
    ),
    ResourceTemplate(
        uri_template=f"{START}packs/{{name}}",
        name="packs",
        title="Rule packs",
        description="A rule pack: its rules in words, and its `pack.yaml` with parameters and sources.",
        mime_type=MARKDOWN,
    ),
    ResourceTemplate(
        uri_template=f"{START}rules/{{pack}}/{{id}}",
        name="rules",
        title="Rules",
        description="A rule in words and in YAML, with its authority and its examples.",
        mime_type=MARKDOWN,
    ),
    ResourceTemplate(
        uri_template=f"{START}examples/{{sort}}/{{id}}",
        name="examples",
        title="Documents held",
        description="A document that the server holds: of `agreements`, `term-sheets` or `positions`.",
        mime_type=YAML,
    ),
]


def _agrees(chosen: Mapping[str, str], name: str, part: str) -> bool:
    return chosen.get(name[1:-1], part) == part if name.startswith("{") else name == part


def _uri(*parts: str) -> str:
    return START + "/".join(quote(part, safe="") for part in parts)


def _schemas() -> Iterable[Page]:
    for name, schema in use_cases.schemas().items():
        yield Page(
            _uri("schemas", name),
            f"JSON Schema: {name}",
            f"What a valid `{name}` has, key by key.",
            SCHEMA,
            partial(_schema_text, schema),
        )


def _schema_text(schema: Callable[[], object]) -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False)


def _kinds() -> Page:
    description = "Every kind of clause with its terms: what a term sheet can say."
    return Page(_uri("kinds"), "Kinds of clause", description, MARKDOWN, encoding.kinds)


def _packs(packs: Mapping[str, RulePack]) -> Iterable[Page]:
    for name, pack in packs.items():
        title = f"Rule pack {name} {pack.version}"
        yield Page(
            _uri("packs", name), title, f"{len(pack.rules)} rules in words.", MARKDOWN, partial(_pack_text, pack)
        )


def _pack_text(pack: RulePack) -> str:
    lines = [f"# {pack.name} {pack.version}", ""]
    for rule in pack.rules:
        lines.append(f"- `{rule.id}` ({rule.severity}): {' '.join(rule.heading.split())}")
    return "\n".join([*lines, "", "## pack.yaml", "", encoding.fenced(_text_of(pack, "pack"), "yaml"), ""])


def _rules(packs: Mapping[str, RulePack]) -> Iterable[Page]:
    for name, pack in packs.items():
        for rule in pack.rules:
            read = partial(_rule_text, pack, rule)
            yield Page(_uri("rules", name, rule.id), rule.heading, f"{rule.severity}, of {name}", MARKDOWN, read)


def _rule_text(pack: RulePack, rule: Rule) -> str:
    page = rule_page.render([(pack, rule)], "markdown", Ink(False))
    return f"{page}\n### In YAML\n\n{encoding.fenced(_text_of(pack, rule.id), 'yaml')}\n"


def _text_of(pack: RulePack, stem: str) -> str:
    """The text of a file of a pack."""
    found = [text for file, text in pack.texts.items() if file.rpartition("/")[2].rpartition(".")[0] == stem]
    return found[0] if found else ""


def _held(library: Library) -> Iterable[Page]:
    for sort, folder in FOLDERS.items():
        for held in library.documents[sort].values():
            about = f"; about `{held.agreement}`" if sort != "agreement" else ""
            description = f"{sort.replace('_', ' ')} `{held.id}`{about}"
            yield Page(_uri("examples", folder, held.id), held.title, description, YAML, partial(_document, held))


def _document(held: Held) -> str:
    return held.document.data.decode("utf-8", errors="replace")
