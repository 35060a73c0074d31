"""JSON Schemas of what tools take and answer, written so that an assistant reads them with the least effort."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from clauses import use_cases
from clauses.calls import VERBS
from clauses.errors import UsageError

LOCATION = {"type": ["object", "null"], "description": "The file, line and column."}


def input_schema(verb: str, left_out: Collection[str] = ()) -> dict[str, Any]:
    """What a tool takes: the call of its verb, without some of its keys.

    Definitions stand where they are used, a choice between a text and an object begins with the text, and what need
    not be given is left out rather than null.
    """
    whole = VERBS[verb].model_json_schema()
    plain = _plain(whole, whole.get("$defs", {}))
    properties = {name: shape for name, shape in plain["properties"].items() if name not in left_out}
    required = plain.get("required", [])
    ordered = {name: properties[name] for name in sorted(properties, key=lambda name: name not in required)}
    found: dict[str, Any] = {"type": "object", "properties": ordered, "additionalProperties": False}
    return {**found, "required": required} if required else found


def _plain(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_plain(one, definitions) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        whole = definitions[node["$ref"].removeprefix("#/$defs/")]
        return _plain({**whole, **{key: value for key, value in node.items() if key != "$ref"}}, definitions)
    found = {key: _plain(value, definitions) for key, value in node.items() if key != "$defs"}
    for key in ("title", "pattern", "minLength", "maxLength"):  # the desk checks them, and says what is wrong
        if isinstance(found.get(key), (str, int)):
            del found[key]
    if isinstance(found.get("description"), str):
        found["description"] = " ".join(found["description"].split())
    if "anyOf" in found:
        choices = [one for one in found["anyOf"] if one != {"type": "null"}]
        choices.sort(key=lambda one: one.get("type") != "string")
        del found["anyOf"]
        found = {**choices[0], **found} if len(choices) == 1 else {"anyOf": choices, **found}
        if found.get("default", 0) is None:
            del found["default"]
    return found


def output_schema(answer: str) -> dict[str, Any]:
    """What a tool answers: a published schema by its name, or one of those below.

    Where an extra is missing that a published schema needs, any object may come.
    """
    if answer in _ANSWERS:
        return _ANSWERS[answer]
    try:
        found = use_cases.schemas()[answer]()
    except UsageError:
        found = {}
    return {**found, "type": "object"}


def _object(properties: Mapping[str, Any], *more: str) -> dict[str, Any]:
    """An object whose keys are always there, but for those of `more`."""
    required = [name for name in properties if name not in more]
    return {"type": "object", "properties": dict(properties), "required": required}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(items)}


_TEXT = {"type": "string"}
_MAY_BE_TEXT = {"type": ["string", "null"]}
_TEXTS = _list(_TEXT)
_PACK = _object({"name": _TEXT, "version": _TEXT})
_RULE = {"rule": _TEXT, "heading": _TEXT, "severity": _TEXT, "tags": _TEXTS, "pack": _PACK}
_WHOLE_RULE = _object(
    {
        **_RULE, "english": _TEXTS, "written": _TEXTS, "says": _MAY_BE_TEXT, "redraft": _MAY_BE_TEXT,
        "authority": _list({"type": "object"}), "examples": _list({"type": "object"}), "location": LOCATION,
    }
)  # fmt: skip
_ANSWERS: Mapping[str, dict[str, Any]] = {
    "explanations": _object(
        {
            "explanations": _list(
                _object(
                    {
                        "rule": _TEXT, "heading": _TEXT, "severity": _TEXT, "status": _TEXT, "meaning": _TEXTS,
                        "findings": {"type": "array"}, "reasons": {"type": "array"}, "remark": _MAY_BE_TEXT,
                        "location": LOCATION,
                    },
                )
            )
        }
    ),
    "rules": _object({"rules": _list({**_WHOLE_RULE, "required": list(_RULE)})}),
    "rule": _WHOLE_RULE,
    "terms": _object({"as_of": _TEXT, "agreement": _TEXT, "clauses": _list({"type": "object"})}),
}  # fmt: skip
