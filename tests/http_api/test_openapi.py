"""The service's own description is whole, its examples work, and a fuzzer that reads it finds nothing."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any

import pytest
from http_service import WORKED, Server
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from starlette.testclient import TestClient

from clauses.calls import VERBS

SHORT = int(os.environ.get("CLAUSES_FUZZ", "2"))
"""How many examples a fuzzer makes of each address; 200 and more where somebody waits for it."""
SLOW = ("/v1/verify",)
"""What takes seconds for the smallest call that is right: the built-in pack is proved whole."""


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    answer = client.get("/v1/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, item in document["paths"].items() for method, one in item.items()]


def test_every_call_has_its_address(document: dict[str, Any]) -> None:
    asked = {verb for verb in VERBS if "post" in document["paths"].get(f"/v1/{verb}", {})}
    assert asked == set(VERBS) - {"rules", "rule"}
    for path in ("/v1/terms", "/v1/rules", "/v1/rules/{id}", "/v1/schemas", "/v1/held", "/healthz", "/readyz"):
        assert "get" in document["paths"][path]
    ids = [one["operationId"] for _, _, one in operations(document)]
    assert len(set(ids)) == len(ids)


def test_every_reference_leads_somewhere_and_none_to_another_host(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for name in set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', text)):
        assert name in document["components"]["schemas"], name
    assert set(re.findall(r'"\$ref": "([^#"][^"]*)"', text)) == set()
    assert not re.search(r"https?://(?!json-schema\.org)", text)


def test_every_refusal_is_described_with_its_form_and_an_example(document: dict[str, Any]) -> None:
    for path, method, one in operations(document):
        assert one["summary"] and one["tags"], (path, method)
        for status, answer in one["responses"].items():
            assert answer["description"]
            if status.startswith("2"):
                continue
            content = answer["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert content["example"]["status"] == int(status)


def test_the_examples_are_calls_that_are_answered(document: dict[str, Any], client: TestClient) -> None:
    tried = 0
    for path, method, one in operations(document):
        if method != "post":
            continue
        examples = one["requestBody"]["content"]["application/json"]["examples"]
        assert examples, path
        if path == "/v1/verify":
            continue  # the whole built-in pack takes too long here
        for example in examples.values():
            answer = client.post(path, json=example["value"])
            assert answer.status_code == 200, (path, answer.text)
            tried += 1
    assert tried >= 14


def test_answers_are_as_described(document: dict[str, Any], client: TestClient) -> None:
    from jsonschema import Draft202012Validator

    def check(path: str, method: str, answer: Any) -> None:
        schema = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": document["components"]}
        Draft202012Validator(whole).validate(answer.json())

    for path in ("/v1/held", "/v1/schemas", "/healthz", "/readyz", "/v1/rules"):
        check(path, "get", client.get(path))
    for verb in ("check", "explain", "resolve", "margins", "figures", "terms"):
        path = f"/v1/{verb}"
        example = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"]["held"]
        check(path, "post", client.post(path, json=example["value"]))
    problem = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    Draft202012Validator(problem).validate(client.post("/v1/check", json={}).json())


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_a_fuzzer_that_reads_the_description_finds_no_fault(mode: str, serve: Callable[..., Server]) -> None:
    """A few calls of each address here; many with CLAUSES_FUZZ=300."""
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    demanded = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
        *([checks.negative_data_rejection] if mode == "NEGATIVE" else []),
    ]
    server = serve("--evaluators", "2", "--per-caller", "64", "--ledger", "ledger.db", "--no-tokens")
    for keep in ("inputs", "digests"):
        assert server.client.post("/v1/check", json={**WORKED, "record": keep}).status_code == 200
    loaded = schemathesis.openapi.from_url(f"{server.address}/v1/openapi.json")
    seen = 0

    def fuzz(case: schemathesis.Case) -> None:
        nonlocal seen
        seen += 1
        case.call_and_validate(checks=demanded, timeout=90)

    for result in loaded.get_all_operations():
        operation = result.ok()
        if operation.path in SLOW and SHORT < 50:
            continue
        strategy = operation.as_strategy(generation_mode=schemathesis.GenerationMode[mode])
        few = settings(
            max_examples=SHORT,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        try:
            few(given(case=strategy)(fuzz))()
        except Unsatisfiable:
            assert mode == "NEGATIVE" and not operation.body  # nothing that could be wrong
    assert seen >= 12 * SHORT
    assert server.client.post("/v1/check", json=WORKED).status_code == 200
    assert not [line for line in server.lines() if line.get("status", 0) >= 500 or line["event"] == "defect"]
