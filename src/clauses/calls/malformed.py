"""What is wrong with a call, in our words: one problem for each place in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from clauses.calls.asked import CALL
from clauses.errors import MAXIMUM_SHOWN, Problem, did_you_mean
from clauses.source import Place, Source

_UNIONS = ("function-", "tuple", "nullable")
"""Steps in the library's places that name a type and not a key."""


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """The problems of a call that is not as its model says."""
    errors = error.errors(include_url=False, include_context=True, include_input=False)
    told = errors if len(errors) <= MAXIMUM_SHOWN else errors[: MAXIMUM_SHOWN - 1]
    found = list(dict.fromkeys(_problem(one, model) for one in told))
    if len(errors) > len(told):
        place = Place(Source(CALL, ""), 0, 0)
        found.append(Problem("wrong-value", f"{len(errors) - len(told)} more mistakes are in the call", place))
    return found


def _problem(one: Mapping[str, Any], model: type[BaseModel]) -> Problem:
    keys = [str(step) for step in one["loc"] if not str(step).startswith(_UNIONS)]
    name = ".".join(keys)
    place = Place(Source(f"{CALL}/{'/'.join(keys)}".rstrip("/"), ""), 0, 0)
    sort, context = str(one["type"]), one.get("ctx", {})
    if keys[-1:] == ["[key]"]:
        return Problem("wrong-value", f"`{keys[-2]}` is no name that may stand there", place)
    if sort == "missing":
        return Problem("missing-key", f"the call needs `{name}`", place)
    if sort == "extra_forbidden":
        hint = did_you_mean(keys[-1], _known(model, keys[:-1])) if keys else None
        return Problem("unknown-key", f"the call has no key `{name}`", place, hint)
    if sort == "value_error":
        return Problem("wrong-value", f"`{name}`: {context.get('error')}" if name else str(context["error"]), place)
    return Problem("wrong-value", f"`{name}` should be {_wanted(sort, context)}", place)


def _known(model: type[BaseModel], path: Iterable[str]) -> list[str]:
    """The keys that the call has there; none where the path leads into a document."""
    return list(model.model_fields) if not list(path) else []


def _wanted(sort: str, context: Mapping[str, Any]) -> str:
    """What a value should be, by the sort of the mistake."""
    if sort == "literal_error":
        return f"one of {context['expected']}".replace("'", "`").replace(" or ", ", ")
    limits = {
        "string_too_long": "a text of at most {max_length} characters",
        "string_too_short": "a text of at least {min_length} characters",
        "too_long": "a list of at most {max_length}",
        "too_short": "a list of at least {min_length}",
        "greater_than_equal": "{ge} or more",
        "less_than_equal": "{le} or less",
    }
    if sort in limits:
        return limits[sort].format(**context)
    return _SHAPES.get(sort, "something else")


_SHAPES = {
    "string_type": "a text",
    "string_pattern_mismatch": "a text without control characters",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
