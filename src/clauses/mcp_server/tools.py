"""The tools: what an assistant may ask, each a verb of the desk with the same JSON as the command line's.

All of them only read. A new tool is a line in `TOOLS`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations

from clauses.mcp_server.evaluator import Reply, refused
from clauses.mcp_server.schemas import input_schema, output_schema
from clauses.mcp_server.settings import Keep

RECORDED = ("check", "explain")
"""The verbs whose reviews may be kept in a ledger: by the server's settings, and not by whoever asks."""
BRIEF = ("rule", "heading", "severity", "tags", "pack")
"""What is told of a rule in a list that is not `full`."""
WHOLE_LIST = {
    "full": {
        "type": "boolean",
        "default": False,
        "description": "Whole rules, as `get_rule` has them. All rules of the built-in pack are half a megabyte.",
    }
}


@dataclass(frozen=True)
class Asking:
    """A tool: the verb behind it, and what it says of itself."""

    name: str
    verb: str
    title: str
    description: str
    answer: str
    """The name of the schema of what it answers."""
    wrapped_as: str | None = None
    """The key of the structured content where the command line prints a list, and not an object."""
    left_out: tuple[str, ...] = ()
    """Keys of the call that the tool does not have."""

    def tool(self) -> Tool:
        """The tool as it is announced."""
        takes = input_schema(self.verb, self.left_out)
        if self.verb == "rules":
            takes["properties"] |= WHOLE_LIST
        return Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=takes,
            output_schema=output_schema(self.answer),
            annotations=ToolAnnotations(
                title=self.title, read_only_hint=True, destructive_hint=False, idempotent_hint=True,
                open_world_hint=False,
            ),
        )  # fmt: skip

    def call(self, arguments: Mapping[str, Any], record: Keep | None) -> dict[str, Any] | Reply:
        """The call of the desk that is meant, or a refusal of keys that the tool does not have."""
        call = dict(arguments)
        for key in self.left_out:
            if key in call:
                return refused("unknown-key", f"the call has no key `{key}`")
        if self.verb == "rules" and not isinstance(call.pop("full", False), bool):
            return refused("wrong-value", "`full` should be true or false")
        return {**call, "record": record} if record and self.verb in RECORDED else call

    def result(self, reply: Reply, arguments: Mapping[str, Any]) -> CallToolResult:
        """A reply as the protocol has it: the JSON as text, and the same as data."""
        if reply.is_error:
            return CallToolResult(
                content=[TextContent(type="text", text=reply.text)],
                structured_content={"errors": [dict(one) for one in reply.problems]},
                is_error=True,
            )
        text, data = reply.body.decode(), json.loads(reply.body)
        if self.verb == "rules" and not arguments.get("full"):
            data = [{key: one[key] for key in BRIEF} for one in (data if isinstance(data, list) else [data])]
            text = json.dumps(data, indent=2, ensure_ascii=False)
        if self.wrapped_as is not None:
            data = {self.wrapped_as: data if isinstance(data, list) else [data]}
        meta: Any = {"clauses/recorded": reply.recorded} if reply.recorded else None
        return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=data, _meta=meta)


_DOCUMENTS = (
    "Documents are the text of a YAML file (a plain string), or {\"held\": id} for one that the server holds. "
    "Nothing is taken as a path or an address."
)  # fmt: skip

TOOLS: Mapping[str, Asking] = {
    one.name: one
    for one in (
        Asking(
            "check_term_sheet",
            "check",
            "Check a term sheet",
            "Review a proposed term sheet against the agreement in force. Answers with a verdict (conflict, consent, "
            "undetermined, flag or clear), and for each finding the rule, its authority, the clauses and the values "
            "that decided it with their places, and what a redraft would say. A wrong term sheet is an error that "
            f"names line and column: mend that place and check again. {_DOCUMENTS}",
            "review",
            left_out=("record",),
        ),
        Asking(
            "explain_finding",
            "explain",
            "Explain a finding",
            "Say why a rule found something in a term sheet, or why it did not: the deciding facts first, in plain "
            "sentences with values and places. Name rules in `rule`, or leave it out for every rule that found "
            f"something. {_DOCUMENTS}",
            "explanations",
            "explanations",
            left_out=("record",),
        ),
        Asking(
            "list_rules",
            "rules",
            "List the rules",
            "The rules of the packs, each with its id, heading, severity, tags and pack. `get_rule` has the rest.",
            "rules",
            "rules",
        ),
        Asking(
            "get_rule",
            "rule",
            "Get a rule",
            "One rule in plain English and as it is written, with its authority, its redraft and its examples.",
            "rule",
        ),
        Asking(
            "terms_in_force",
            "terms",
            "Terms in force",
            "The clauses that are in force as of a day, each with its terms, its words and its source: those of an "
            f"`agreement`, or those that would be in force with a `term_sheet`. {_DOCUMENTS}",
            "terms",
        ),
        Asking(
            "resolve",
            "resolve",
            "Resolve what stands in the way",
            "Find the smallest changes to a term sheet after which nothing from `fail_on` on stands in the way, "
            "several where there are several, each proven by running the rules again. `keep` names terms and clauses "
            f"that must stay. {_DOCUMENTS}",
            "resolution",
        ),
        Asking(
            "negotiate",
            "negotiate",
            "Find room for a deal",
            "Whether the positions of two sides leave room for a deal: the range of every term in it and a fair point, "
            "or, where there is none, exactly what collides and the least concession that opens it. `first` and "
            f"`second` are positions, `term_sheet` the draft that they are about. {_DOCUMENTS}",
            "negotiation",
            left_out=("plot",),
        ),
        Asking(
            "margins",
            "margins",
            "Margins of the verdict",
            "How far each number and date of a term sheet can move before the verdict changes, and which open value "
            f"decides it. {_DOCUMENTS}",
            "margins",
        ),
        Asking(
            "verify_pack",
            "verify",
            "Verify rule packs",
            "Look for what is wrong with rule packs themselves: rules that can never fire, that always fire, that say "
            "the same, or that demand opposite things, each with a situation that shows it. `rules` names packs of the "
            'server, or has the texts of a pack: {"name": "mine", "files": {"pack.yaml": "…", "a-rule.yaml": "…"}}.',
            "verification",
        ),
    )
}
"""Every tool by its name."""
