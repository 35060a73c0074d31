"""What a request says: its JSON, its form or its query, as plain data. Strict, and read where it can do no harm.

A body is read in an evaluator, not in the event loop. What it holds is checked by `clauses.calls`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from clauses.calls import read_json
from clauses.errors import UsageError, did_you_mean
from clauses.http_api.problems import MalformedCall

MAXIMUM_DEPTH = 80
"""How deep JSON may be nested: a little deeper than a document of ours, which may stand in it."""
MAXIMUM_PARTS = 64

JSON, FORM = "application/json", "multipart/form-data"
DOCUMENTS = ("term_sheet", "agreement", "first", "second")
"""The fields of a form that are documents."""

_NESTING = re.compile(rb'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"|\Z)|[\[\]{}]', re.DOTALL)
"""Brackets outside of texts. It never goes back: a text that does not end is one text, and read once."""


def media_type(content_type: str) -> str:
    """The media type that a header names, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def read_body(content_type: str, body: bytes, types: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a body. A form knows texts alone, and `types` says what else a field of it may be.

    Raises MalformedCall for anything but a JSON object or a form.
    """
    return _form(content_type, body, types) if media_type(content_type) == FORM else _json(body)


# --- JSON


def _json(body: bytes) -> dict[str, Any]:
    _check_depth(body)
    try:
        body.decode("utf-8")  # the reader of JSON would take other encodings too
        data = read_json(body)
    except UnicodeDecodeError:
        raise MalformedCall.of("not-json", "the call is not JSON in UTF-8") from None
    except UsageError as error:
        raise MalformedCall(error.problems) from None
    if not isinstance(data, dict):
        raise MalformedCall.of("not-json", "the call should be a JSON object", None, 'write `{"term_sheet": …}`')
    return data


def _check_depth(body: bytes) -> None:
    depth = 0
    for found in _NESTING.finditer(body):
        if found[0] in b"[{":
            depth += 1
            if depth > MAXIMUM_DEPTH:
                raise _too_deep()
        elif found[0] in b"]}":
            depth -= 1


def _too_deep() -> MalformedCall:
    return MalformedCall.of("too-deep", f"the JSON is nested more than {MAXIMUM_DEPTH} levels deep")


# --- forms


def _form(content_type: str, body: bytes, types: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, file_name, data in _parts(content_type, body):
        is_document = file_name is not None or name in DOCUMENTS
        value = _document(name, file_name, data) if is_document else _text(data)
        if value == "":
            continue  # a field that nobody filled in
        if types.get(name) == "array":
            found.setdefault(name, []).append(value)
        elif name in found:
            raise MalformedCall.of("duplicate-key", f"the form gives the field `{name}` twice")
        else:
            found[name] = _typed(value, types.get(name))
    return found


def _typed(value: Any, type_: str | None) -> Any:
    """A text as what it stands for; where it stands for nothing of that type, the text."""
    if type_ == "boolean":
        return {"true": True, "yes": True, "on": True, "false": False, "no": False}.get(value, value)
    if type_ == "integer" and isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        return int(value)
    return value


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedCall.of("not-a-form", "a field of the form is not UTF-8") from None


def _document(name: str, file_name: str | None, data: bytes) -> Any:
    """A file as a document that is sent; a field without a file name is a text, or names what the service holds."""
    if file_name is None:
        text = _text(data)
        is_id = text.strip() and "\n" not in text.strip() and ":" not in text
        return {"held": text.strip()} if is_id else text
    return {"name": file_name or name, "base64": base64.b64encode(data).decode()}


def _parts(content_type: str, body: bytes) -> list[tuple[str, str | None, bytes]]:
    """The parts of a form: name, file name and bytes."""
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise MalformedCall.of("not-a-form", "the `Content-Type` of the form names no boundary")
    reading = _Reading()
    try:
        parser = MultipartParser(boundary, reading.callbacks(), max_header_count=8, max_header_size=4096)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise MalformedCall.of("not-a-form", "the body cannot be read as a form") from None
    if not reading.is_ended:
        raise MalformedCall.of("not-a-form", "the form breaks off")
    found = []
    for headers, data in reading.parts:
        _, disposition = parse_options_header(headers.get(b"content-disposition"))
        name, file_name = disposition.get(b"name"), disposition.get(b"filename")
        if name is None:
            raise MalformedCall.of("not-a-form", "a part of the form has no name")
        found.append((_text(name), None if file_name is None else _text(file_name), bytes(data)))
    return found


class _Reading:
    """A form as its parser tells of it."""

    def __init__(self) -> None:
        self.parts: list[tuple[dict[bytes, bytes], bytearray]] = []
        self.is_ended = False
        self._field = bytearray()
        self._value = bytearray()

    def callbacks(self) -> Any:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self.parts[-1][1].extend(data[start:end]),
            "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) == MAXIMUM_PARTS:
            raise MalformedCall.of("not-a-form", f"the form has more than {MAXIMUM_PARTS} parts")
        self.parts.append(({}, bytearray()))

    def _header(self) -> None:
        self.parts[-1][0][bytes(self._field).lower()] = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _end(self) -> None:
        self.is_ended = True


# --- queries


def read_query(pairs: Iterable[tuple[str, str]], known: Mapping[str, bool]) -> dict[str, Any]:
    """The fields of a query; `known` says of each whether it may come more than once.

    Raises MalformedCall for a field that is unknown or comes too often.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in known:
            hint = did_you_mean(name, known)
            raise MalformedCall.of(
                "unknown-key", f"the query has a field `{name}`, which is not known here", None, hint
            )
        if known[name]:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise MalformedCall.of("duplicate-key", f"the query gives `{name}` twice")
        else:
            found[name] = value
    return found
