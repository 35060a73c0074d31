"""From a tree of text to a model, with every refusal put in a reader's words and at its place."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from clauses.errors import Problem, Problems, did_you_mean
from clauses.yaml_nodes import Absent, Mapping_, Node, Scalar, Sequence, at

ModelT = TypeVar("ModelT", bound=BaseModel)


def validate(model: type[ModelT], node: Node, problems: Problems, what: str) -> ModelT | None:
    """The model of a node, or None after noting what is wrong. `what` names it: `an agreement`."""
    if not isinstance(node, Mapping_):
        problems.add("wrong-type", f"{what} should be `key: value` lines", node.place)
        return None
    try:
        return model.model_validate(node.plain())
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            problems.found.append(_problem(model, node, detail, what))
        return None


def _problem(model: type[BaseModel], node: Mapping_, detail: Any, what: str) -> Problem:
    is_key = detail["loc"][-1:] == ("[key]",)
    path = tuple(detail["loc"][:-1] if is_key else detail["loc"])
    found, place = at(node, path)
    names = [str(step) for step in path if isinstance(step, str)]
    key = names[-1] if names else what
    if len(path) > 1 and detail["type"] in ("missing", "extra_forbidden"):
        what = f"`{path[-2]}`"
    written = found.text if isinstance(found, Scalar) else None
    if is_key:
        outer = at(node, path[:-1])[0]
        place = outer.keys.get(key, place) if isinstance(outer, Mapping_) else place
        written = key
    context = detail.get("ctx") or {}
    match detail["type"]:
        case "missing":
            return Problem("missing-key", f"{what} needs the key `{key}`", place)
        case "extra_forbidden":
            outer = at(node, path[:-1])[0]
            place = outer.keys.get(key, place) if isinstance(outer, Mapping_) else place
            known = _known_keys(model, path[:-1])
            return Problem("unknown-key", f"{what} has no key `{key}`", place, did_you_mean(key, known))
        case "literal_error" | "not_a_value" if isinstance(found, Absent):
            return Problem("empty", f"`{key}` is empty", place)
        case "literal_error" | "not_a_value" if written is None:
            return Problem("wrong-type", f"`{key}` should be a single text", place)
        case "literal_error":
            choices = _choices(str(context.get("expected", "")))
            return Problem(
                "not-a-choice",
                f"`{written}` is not one of the choices of `{key}`",
                place,
                did_you_mean(written or "", choices),
            )
        case "not_a_value":
            return Problem("not-a-value", _at_key(str(context["sentence"]), key), place, context.get("hint"))
        case "string_pattern_mismatch":
            return Problem(
                "not-an-id", f"`{written}` is not an id", place, "use lower-case letters, digits and single hyphens"
            )
        case "string_too_short" | "too_short":
            return Problem("empty", f"`{key}` is empty", place)
        case "string_too_long" if is_key or "-" in str(written):
            return Problem("too-long", f"`{written}` is longer than {context.get('max_length')} characters", place)
        case "string_too_long":
            return Problem("too-long", f"`{key}` is longer than {context.get('max_length')} characters", place)
    return Problem("wrong-type", f"`{key}` should be {_shape(detail['type'], found)}", place)


def _at_key(sentence: str, key: str) -> str:
    return sentence if sentence.startswith("`") or key.isdigit() else f"`{key}`: {sentence}"


def _known_keys(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The keys that a model accepts at a path inside it."""
    current: Any = model
    for step in path:
        fields = getattr(current, "model_fields", {})
        if step in fields:
            current = _inner_model(fields[step].annotation)
    return [field.alias or name for name, field in getattr(current, "model_fields", {}).items()]


def _inner_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        inner = _inner_model(part)
        if inner is not None:
            return inner
    return None


def _choices(expected: str) -> list[str]:
    return [part.strip(" '") for part in expected.replace(" or ", ", ").split(",") if part.strip()]


def _shape(error_type: str, found: Node) -> str:
    if error_type.startswith(("tuple", "list")):
        return "a list, with one `- item` a line"
    if error_type.startswith(("dict", "model")):
        return "`key: value` lines"
    if isinstance(found, Mapping_ | Sequence):
        return "a single text"
    return "a text"
