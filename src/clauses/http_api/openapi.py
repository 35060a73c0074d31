"""The service's own description: OpenAPI, with an example of every call from the worked deal that ships.

What a call holds comes from its model, what an answer holds from the published schemas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from clauses.calls import VERBS, Held
from clauses.http_api.bodies import DOCUMENTS, FORM, JSON
from clauses.http_api.evaluator import Asked
from clauses.http_api.problems import MEDIA_TYPE as PROBLEM
from clauses.http_api.problems import TITLES, Refused

if TYPE_CHECKING:
    from clauses.http_api.service import Service

REF = "#/components/schemas/{model}"
EXAMPLE = "oracle-stargate-capacity"
ANSWERS = {
    "check": "review",
    "resolve": "resolution",
    "margins": "margins",
    "negotiate": "negotiation",
    "verify": "verification",
}
"""The published schema of the answer to a call."""
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOCUMENT_TYPES = {
    "memo": ("text/html", "text/markdown", DOCX, "application/pdf"),
    "redline": (DOCX,),
    "form": (DOCX,),
    "negotiate": (JSON, "image/svg+xml"),
}
BODY_STATUSES = (400, 408, 413, 415, 422, 429, 500, 501, 503, 504)
QUERY_STATUSES = (400, 404, 422, 429, 500, 501, 503, 504)
LEDGER_STATUSES = (400, 500, 503)
ALWAYS = (403, 421)
"""A page of another site, and a wrong host, are refused everywhere."""

ABOUT = (
    "Reviews a term sheet against the agreements in force and says why. Answers in JSON are the bytes that the "
    "command line prints with `-f json`. Refusals are `application/problem+json` with the same id, place and hint "
    "as on the command line."
)
TAGS = {
    "reviews": "What a term sheet would do: findings, reasons, documents.",
    "proofs": "What is shown about all values, not only those that are written: fixes, margins, negotiations, packs.",
    "terms and rules": "What is in force, and what the rules say.",
    "held": "What the service itself has: documents, packs and schemas.",
    "ledger": "What was recorded, and what was accepted.",
    "service": "Whether it is well.",
}
_TAG_OF = {
    **dict.fromkeys(("check", "explain", "memo", "redline", "form", "figures"), "reviews"),
    **dict.fromkeys(("resolve", "margins", "negotiate", "verify"), "proofs"),
    **dict.fromkeys(("terms", "rules", "rule"), "terms and rules"),
}


def call(verb: str, service: Service) -> dict[str, Any]:
    """How the route of a call that has a body is described."""
    model = VERBS[verb]
    schema = {"$ref": REF.format(model=model.__name__)}
    content: dict[str, Any] = {JSON: {"schema": schema, "examples": _examples(verb, service)}}
    content[FORM] = {"schema": _form_schema(model)}
    headers = {
        "Clauses-Recorded": {"description": "The anchor of the entry in the ledger.", "schema": {"type": "string"}}
    }
    return _route(
        verb,
        str(model.__doc__),
        _TAG_OF[verb],
        service,
        {"description": "The answer.", "content": _answer_content(verb), "headers": headers},
        BODY_STATUSES,
        {"requestBody": {"required": True, "content": content}},
    )


def query(verb: str, service: Service) -> dict[str, Any]:
    """How the route of a call that stands in an address is described."""
    names = {"terms": ("agreement", "term_sheet", "as_of", "known_on"), "rules": ("rules",), "rule": ("rules",)}[verb]
    fields = VERBS[verb].model_json_schema()["properties"]
    parameters = [_parameter(name, fields[name].get("description", "")) for name in names]
    if verb == "rule":
        parameters.insert(0, _in_path("id", "The id of the rule.", "compute-outside-the-exclusive-cloud"))
    success = {"description": "The answer.", "content": {JSON: {"schema": _answer_schema(verb)}}}
    sentence = str(VERBS[verb].__doc__) + (" Of those that the service holds." if verb == "terms" else "")
    return _route(f"get {verb}", sentence, _TAG_OF[verb], service, success, QUERY_STATUSES, {"parameters": parameters})


def held(service: Service) -> dict[str, Any]:
    """How the list of what the service holds is described."""
    return _get("held", "Everything that the service holds, by id.", "held", service, "Holdings", (400,))


def held_one(service: Service) -> dict[str, Any]:
    """How a document that the service holds is described."""
    sort = {**_in_path("sort", "What it is.", "term-sheets")}
    sort["schema"] = {"type": "string", "enum": ["agreements", "term-sheets", "positions"]}
    parameters = [sort, _in_path("id", "Its id.", EXAMPLE)]
    return _get("held one", "A document that the service holds.", "held", service, "HeldText", (400, 404), parameters)


def schemas(service: Service) -> dict[str, Any]:
    """How the list of the published schemas is described."""
    return _get("schemas", "The names of the published JSON Schemas.", "held", service, "SchemaNames", QUERY_STATUSES)


def schema(service: Service) -> dict[str, Any]:
    """How a published schema is described."""
    success = {"description": "The schema.", "content": {"application/schema+json": {"schema": {"type": "object"}}}}
    more = {"parameters": [_in_path("name", "The name of the schema.", "term-sheet")]}
    return _route("schema", "A published JSON Schema.", "held", service, success, QUERY_STATUSES, more)


def reviews(service: Service) -> dict[str, Any]:
    """How the list of recorded reviews is described."""
    number = {"type": "integer", "minimum": 1}
    parameters = [
        {"name": "before", "in": "query", "description": "Only entries below this number.", "schema": number},
        {"name": "limit", "in": "query", "description": "How many.", "schema": {**number, "maximum": 200}},
        {"name": "who", "in": "query", "description": "Only those of this name.", "schema": {"type": "string"}},
    ]
    sentence = "The reviews that were recorded, the newest first."
    return _get("reviews", sentence, "ledger", service, "Reviews", LEDGER_STATUSES, parameters)


def review(service: Service) -> dict[str, Any]:
    """How a recorded review is described."""
    parameters = [_in_path("id", "Its number in the ledger, or its `review_id`: the newest of these.", "17")]
    sentence = "A review that was recorded."
    return _get("review", sentence, "ledger", service, "RecordedReview", (*LEDGER_STATUSES, 404), parameters)


def deviations(service: Service) -> dict[str, Any]:
    """How the list of deviations is described."""
    sentence = "The findings that were accepted, and what that is worth today."
    return _get("deviations", sentence, "ledger", service, "Deviations", LEDGER_STATUSES)


def change(name: str, model: type[BaseModel], service: Service) -> dict[str, Any]:
    """How a change of deviations is described."""
    examples = {
        "accept": {"fingerprint": "3f2a", "review": 17, "why": "Agreed with both sides.", "expires": "2026-12-31"},
        "sign": {},
        "withdraw": {"why": "The agreement was amended."},
    }
    content = {JSON: {"schema": model.model_json_schema(), "example": examples[name]}}
    body = {"requestBody": {"required": name != "sign", "content": content}}
    parameters = [] if name == "accept" else [_in_path("id", "The deviation.", "1-3f2a")]
    success = {"description": "The deviation.", "content": {JSON: {"schema": {"$ref": REF.format(model="Deviation")}}}}
    statuses = (400, 404, 408, 413, 415, 422, 500, 503)
    more = {**body, "parameters": parameters}
    return _route(name, str(model.__doc__), "ledger", service, success, statuses, more, status=201)


def own(service: Service) -> dict[str, Any]:
    """How this description is described."""
    return _get("openapi", "This description.", "service", service, "Anything", (400, 503), is_open=True)


def health(service: Service) -> dict[str, Any]:
    """How the answer to whether the service runs is described."""
    return _get("healthz", "Whether the service runs.", "service", service, "Health", (), is_open=True)


def readiness(service: Service) -> dict[str, Any]:
    """How the answer to whether the service can answer calls is described."""
    return _get(
        "readyz", "Whether the service can answer calls.", "service", service, "Readiness", (503,), is_open=True
    )


def _get(
    name: str, sentence: str, tag: str, service: Service, schema: str, statuses: tuple[int, ...],
    parameters: list[Any] | None = None, is_open: bool = False,
) -> dict[str, Any]:  # fmt: skip
    success = {"description": "The answer.", "content": {JSON: {"schema": {"$ref": REF.format(model=schema)}}}}
    return _route(name, sentence, tag, service, success, statuses, {"parameters": parameters or []}, is_open)


def _route(
    name: str,
    sentence: str,
    tag: str,
    service: Service,
    success: Mapping[str, Any],
    statuses: tuple[int, ...],
    more: Mapping[str, Any],
    is_open: bool = False,
    status: int = 200,
) -> dict[str, Any]:
    guarded = (401,) if service.settings.has_tokens and not is_open else ()
    security: dict[str, Any] = {"security": [{"token": []}] if guarded else []}
    refusals = {number: _refusal(number) for number in sorted({*statuses, *ALWAYS, *guarded})}
    return {
        "operation_id": name.replace(" ", "_"),
        "summary": sentence.split("\n")[0],
        "tags": [tag],
        "status_code": status,
        "responses": {status: dict(success), **refusals},
        "openapi_extra": {**more, **security},
    }


def _refusal(status: int) -> dict[str, Any]:
    content = {"schema": {"$ref": REF.format(model="Problem")}, "example": _problem_example(status)}
    return {"description": TITLES[status], "content": {PROBLEM: content}}


def _problem_example(status: int) -> dict[str, Any]:
    sentences = {
        400: ("missing-key", "the call needs `term_sheet`"),
        404: ("not-held", "the server holds no term sheet `oracle`"),
        422: ("unknown-key", "a supply of computing power has no key `amont`"),
    }
    id, sentence = sentences.get(status, ("refused", TITLES[status][0].lower() + TITLES[status][1:]))
    place = {"file": "term_sheet.yaml", "line": 9, "column": 5} if status == 422 else None
    problem = {"id": id, "sentence": sentence, "location": place, "hint": None}
    head = {"type": f"urn:clauses:{id}", "title": TITLES[status], "status": status, "detail": sentence}
    return {**head, "problems": [problem]}


def _parameter(name: str, description: str) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "string", "maxLength": 200}
    if name == "rules":
        shape = {"type": "array", "items": {**shape, "minLength": 1}, "maxItems": 20}
        description = "Names of packs that the service has."
    examples = {"agreement": "microsoft-openai", "as_of": "2025-07-01", "rules": ["partnership"]}
    more = {"example": examples[name]} if name in examples else {}
    return {"name": name, "in": "query", "description": description, "schema": shape, **more}


def _in_path(name: str, description: str, example: str) -> dict[str, Any]:
    shape = {"type": "string", "minLength": 1}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": shape,
        "example": example,
    }


def _answer_schema(verb: str) -> dict[str, Any]:
    models = {"figures": "Figures", "terms": "Terms"}
    return {"$ref": REF.format(model=models[verb])} if verb in models else {}


def _answer_content(verb: str) -> dict[str, Any]:
    if verb not in DOCUMENT_TYPES:
        shape = {"$ref": REF.format(model=ANSWERS[verb])} if verb in ANSWERS else _answer_schema(verb)
        return {JSON: {"schema": shape}}
    binary = {"type": "string", "format": "binary"}
    shapes: dict[str, Any] = {JSON: {"$ref": REF.format(model=ANSWERS.get(verb, ""))}}
    for name in DOCUMENT_TYPES[verb]:
        shapes.setdefault(name, dict(_TEXT) if name.startswith(("text/", "image/svg")) else binary)
    return {name: {"schema": shapes[name]} for name in DOCUMENT_TYPES[verb]}


def _form_schema(model: Any) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        about = field.description or name
        if name in DOCUMENTS:
            properties[name] = {
                "type": "string", "format": "binary",
                "description": f"{about} A file; or a field with its text, or with the id of one that is held.",
            }  # fmt: skip
        elif name not in ("weights", "plot"):
            properties[name] = {"type": "string", "description": about}
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    return {"type": "object", "properties": properties, **({"required": needed} if needed else {})}


def _examples(verb: str, service: Service) -> dict[str, Any]:
    """Calls about the worked deal: with documents that the service holds, and with documents that are sent."""
    if verb == "verify":
        return {"built in": {"value": {"rules": ["partnership"], "as_of": "2025-07-01"}}}
    documents = service.library.documents
    if EXAMPLE not in documents["term_sheet"]:
        return {}
    if verb == "negotiate":
        return _negotiation(list(documents["position"].values()))
    sheet = documents["term_sheet"][EXAMPLE]
    if verb in ("form", "terms"):
        return {"held": {"value": {"agreement": {"held": sheet.agreement}, "as_of": "2025-07-01"}}}
    text = sheet.document.data.decode()
    sent = {"term_sheet": {"name": "sheet.yaml", "text": text}, "agreement": {"held": sheet.agreement}}
    return {
        "held": {"summary": "A term sheet that the service holds", "value": {"term_sheet": {"held": EXAMPLE}}},
        "sent": {"summary": "A term sheet that is sent", "value": sent},
    }


def _negotiation(positions: list[Held]) -> dict[str, Any]:
    """The first two positions of different sides about one draft."""
    for one, other in combinations(positions, 2):
        if one.term_sheet == other.term_sheet and _side(one) != _side(other):
            return {"held": {"value": {"first": {"held": one.id}, "second": {"held": other.id}}}}
    return {}


def _side(position: Held) -> str:
    found = re.search(rb"^party: *(\S+)", position.document.data, re.MULTILINE)
    return found[1].decode(errors="replace") if found else ""


# --- the document


async def document(app: FastAPI, service: Service) -> bytes:
    """The description as JSON; made once, with the schemas that an evaluator knows."""
    if not hasattr(app.state, "openapi"):
        published = {name: await _published(name, service) for name in ANSWERS.values()}
        app.state.openapi = json.dumps(_document(app, service, published), ensure_ascii=False).encode()
    found: bytes = app.state.openapi
    return found


async def _published(name: str, service: Service) -> dict[str, Any]:
    """A published schema; that of an answer for which a package is missing here says nothing."""
    now = service.clock()
    asked = Asked("schema", "-", service.today.isoformat(), now.isoformat(), (), data={"name": name})
    reply = await service.evaluators.ask(asked, "(openapi)")
    if reply.status == 501:
        return {}
    if reply.status != 200:
        raise Refused(reply.status, reply.problems)
    found: dict[str, Any] = json.loads(reply.body)
    return found


def _document(app: FastAPI, service: Service, published: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    from importlib.metadata import version

    tags = [{"name": name, "description": about} for name, about in TAGS.items()]
    found = get_openapi(
        title="clauses", version=version("clauses"), description=ABOUT, routes=app.routes, tags=tags,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )  # fmt: skip
    _, calls = models_json_schema([(model, "validation") for model in VERBS.values()], ref_template=REF)
    shapes = {**calls.get("$defs", {}), **_SHAPES}
    for name, one in published.items():
        shapes |= _moved(name, one)
    components = found.setdefault("components", {})
    components["schemas"] = {**components.get("schemas", {}), **shapes}
    if service.settings.has_tokens:
        about = "A token of `clauses token create`, with the scope read, write or sign."
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "description": about}}
    return found


def _moved(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its definitions as components, each under a name that begins with the schema's."""
    whole = dict(schema)
    whole.pop("$schema", None)
    own = whole.pop("$defs", {})

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: item.replace("#/$defs/", f"#/components/schemas/{name}.")
                if key == "$ref" and isinstance(item, str)
                else moved(item)
                for key, item in value.items()
            }
        return [moved(item) for item in value] if isinstance(value, list) else value

    return {name: moved(whole), **{f"{name}.{key}": moved(one) for key, one in own.items()}}


_TEXT = {"type": "string"}
_ENTRY = {
    "type": "object",
    "properties": {"id": _TEXT, "title": _TEXT, "agreement": _TEXT, "term_sheet": _TEXT},
    "required": ["id", "title", "agreement"],
    "additionalProperties": False,
}
_LOCATION = {
    "type": "object",
    "properties": {"file": _TEXT, "line": {"type": "integer"}, "column": {"type": "integer"}, "spot": _TEXT},
    "required": ["file", "line", "column"],
}


def _object(needed: Mapping[str, Any], about: str = "") -> dict[str, Any]:
    shape = {"type": "object", "properties": dict(needed), "required": list(needed)}
    return {**shape, "description": about} if about else shape


_BRIEF = _object(
    {
        "number": {"type": "integer"},
        **{name: _TEXT for name in ("at", "who", "door", "review_id", "verdict", "as_of", "anchor")},
        "agreement": {"type": "object"},
        "term_sheet": {"type": ["object", "null"]},
    }
)


_SHAPES: dict[str, Any] = {
    "Anything": {"type": "object"},
    "Problem": _object(
        {
            "type": {"type": "string", "format": "uri-reference"},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "problems": {
                "type": "array",
                "minItems": 1,
                "items": _object(
                    {
                        "id": _TEXT,
                        "sentence": _TEXT,
                        "location": {"anyOf": [_LOCATION, {"type": "null"}]},
                        "hint": {"type": ["string", "null"]},
                    }
                ),
            },
        },
        "Why a request was refused (RFC 9457); each of the problems reads as on the command line.",
    ),
    "Figures": _object(
        {name: {"type": ["string", "null"]} for name in ("redline", "timeline", "cap_table", "style")},
        "Parts of the memo, as fragments of HTML.",
    ),
    "Terms": _object({"as_of": _TEXT, "agreement": _TEXT, "clauses": {"type": "array"}}, "What is in force."),
    "Holdings": _object(
        {
            **{name: {"type": "array", "items": _ENTRY} for name in ("agreements", "term_sheets", "positions")},
            "packs": {"type": "array", "items": _TEXT},
        }
    ),
    "HeldText": _object({"id": _TEXT, "title": _TEXT, "agreement": _TEXT, "name": _TEXT, "text": _TEXT}),
    "SchemaNames": _object({"schemas": {"type": "array", "items": _TEXT}}),
    "Reviews": _object({"reviews": {"type": "array", "items": _BRIEF}, "next": {"type": ["integer", "null"]}}),
    "RecordedReview": {
        **_BRIEF,
        "properties": {**_BRIEF["properties"], "entry": {"type": "object"}, "review": {"type": ["object", "null"]}},
    },
    "Deviations": _object({"deviations": {"type": "array", "items": {"$ref": REF.format(model="Deviation")}}}),
    "Deviation": _object(
        {"id": _TEXT, "fingerprint": _TEXT, "rule": _TEXT, "who": _TEXT, "why": _TEXT, "state": _TEXT}
    ),
    "Health": _object({"status": {"const": "ok"}}),
    "Readiness": _object({"status": _TEXT, "evaluators": {"type": "integer"}, "ledger": _TEXT, "tokens": _TEXT}),
}
