"""What a hostile caller tries: nothing is opened, fetched, expanded or run that a call names."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from http_service import OPEN, ROOT, WORKED, problems
from starlette.testclient import TestClient

from clauses.http_api.settings import Settings, is_loopback, needs_tokens

SHEET = (ROOT / "examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml").read_text()
SECRET = "the-word-in-the-file"
PATHS = (
    "../../../etc/passwd",
    "/etc/passwd",
    "file:///etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "~/.bashrc",
    "%2e%2e/x",
    "\\\\host\\x",
)
URLS = ("http://127.0.0.1:1/x.yaml", "https://example.org/agreement.yaml", "ftp://example.org/a.yaml", "gopher://x")


@pytest.fixture
def secret(tmp_path: Path) -> str:
    """A file of this machine that no call may read: an agreement that would be taken if it were looked at."""
    text = (ROOT / "examples/microsoft-openai/agreement.yaml").read_text()
    (tmp_path / "agreement.yaml").write_text(text.replace("agreement: microsoft-openai", f"agreement: {SECRET}"))
    return str(tmp_path / "agreement.yaml")


# --- paths and addresses


@pytest.mark.parametrize("named", [*PATHS, *URLS])
def test_no_field_of_a_call_opens_a_path_or_an_address(named: str, client: TestClient) -> None:
    sheet = {"name": "s.yaml", "text": SHEET}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("check", {"term_sheet": {"held": named}}),
        ("check", {"term_sheet": sheet, "agreement": {"held": named}}),
        (
            "check",
            {"term_sheet": {**sheet, "text": SHEET.replace("agreement: microsoft-openai", f"agreement: {named}")}},
        ),
        ("check", {"term_sheet": sheet, "rules": [named]}),
        ("check", {"term_sheet": sheet, "rules": [{"name": named, "files": {named: "rule: x"}}]}),
        ("check", {**WORKED, "select": [named]}),
        ("terms", {"agreement": {"held": named}}),
        ("form", {"agreement": {"held": named}}),
        ("negotiate", {"first": {"held": named}, "second": {"held": named}}),
        (
            "negotiate",
            {"first": f"position: x\nagreement: {named}\nterm_sheet: {named}\nparty: x", "second": "position: y"},
        ),
        ("verify", {"rules": [named]}),
        ("memo", {**WORKED, "format": named}),
        ("memo", {**WORKED, "templates": named}),
    ]
    for verb, call in calls:
        answer = client.post(f"/v1/{verb}", json=call)
        assert answer.status_code in (400, 422), (verb, call, answer.text)
        problems(answer)
        assert "root:" not in answer.text
    for path in ("rules", "schemas", "held/agreements", "held/term-sheets"):
        answer = client.get(f"/v1/{path}/{named}")
        assert answer.status_code == 404 and "root:" not in answer.text
    assert client.get("/v1/terms", params={"agreement": named}).status_code in (404,)
    assert client.get(f"/assets/{named}").status_code == 404


def test_a_name_opens_nothing_even_where_a_file_of_that_name_is_there(secret: str, client: TestClient) -> None:
    for sheet in (SHEET.replace("microsoft-openai", secret, 1), SHEET.replace("microsoft-openai", SECRET, 1)):
        answer = client.post(
            "/v1/check", json={"term_sheet": {"name": str(Path(secret).parent / "s.yaml"), "text": sheet}}
        )
        assert answer.status_code == 422
        assert {one["id"] for one in problems(answer)} <= {"not-held", "no-agreement", "agreement-mismatch"}
    answer = client.post("/v1/terms", json={"agreement": {"name": secret, "text": "agreement: x\n"}})
    assert answer.status_code == 422 and "clauses" in json.dumps(problems(answer))


def test_no_call_makes_a_connection(client: TestClient, tmp_path: Path) -> None:
    """The evaluator is watched: where an address stands in every place of a call, it opens no socket."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.3)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/agreement.yaml"
        text = SHEET.replace("agreement: microsoft-openai", f"agreement: {url}")
        for call in ({"term_sheet": text}, {"term_sheet": SHEET, "agreement": url}, {**WORKED, "rules": [url]}):
            assert client.post("/v1/check", json=call).status_code == 422
        memo = SHEET.replace("title:", f"title: <img src='{url}'>", 1)
        for format in ("html", "pdf"):
            call = {"term_sheet": memo, "agreement": {"held": "microsoft-openai"}, "format": format}
            client.post("/v1/memo", json=call)
        with pytest.raises(TimeoutError):
            listener.accept()


# --- what documents may hold


def test_templates_and_markup_in_a_document_are_text(client: TestClient) -> None:
    nasty = '{{ 7*7 }}{% for x in y %}<script>alert(1)</script>"><img src=x onerror=alert(1)>=HYPERLINK(1)'
    lines = [f"title: {json.dumps(nasty)}" if line.startswith("title:") else line for line in SHEET.splitlines()]
    call = {"term_sheet": "\n".join(lines), "agreement": {"held": "microsoft-openai"}, "format": "html"}
    answer = client.post("/v1/memo", json=call)
    assert answer.status_code == 200, answer.text
    assert "<script>alert" not in answer.text and "<img src=x" not in answer.text
    assert "{{ 7*7 }}" in answer.text and "49{%" not in answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "default-src" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n",
        "a: !!python/object/apply:os.system ['true']\n",
        "- " * 200 + "x",
        "{" * 500 + "}" * 500,
        "a: " + "[" * 100_000,
        "? " * 300 + "x",
        "a: x\na: y\n",
    ],
)
def test_bombs_of_yaml_are_refused(bomb: str, client: TestClient) -> None:
    for name in ("s.yaml", "s.json", "s.toml"):
        answer = client.post("/v1/check", json={"term_sheet": {"name": name, "text": bomb}})
        assert answer.status_code == 422, answer.text
        problems(answer)


def packed(files: dict[str, bytes]) -> bytes:
    """A zip file."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


@pytest.mark.parametrize(
    "files",
    [
        {"word/document.xml": b"<w>" + b" " * 100_000_000 + b"</w>", "[Content_Types].xml": b"<Types/>"},
        {"../../evil.txt": b"x", "word/document.xml": b"<w/>"},
        {"word/document.xml": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><w>&a;</w>'},
        {"word/document.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><w>&b;</w>'},
        {},
    ],
    ids=["bomb", "path", "entity", "entities", "empty"],
)  # fmt: skip
def test_bombs_of_word_are_refused(files: dict[str, bytes], client: TestClient) -> None:
    form = {"term_sheet": ("form.docx", packed(files)), "agreement": (None, "microsoft-openai")}
    answer = client.post("/v1/check", files=form)
    assert answer.status_code == 422, answer.text
    assert "root:" not in json.dumps(problems(answer))


def test_a_file_name_cannot_break_out_of_its_header(client: TestClient) -> None:
    lines = [
        'term_sheet: "a\\"; filename=evil.exe"' if line.startswith("term_sheet:") else line
        for line in SHEET.splitlines()
    ]
    call = {"term_sheet": "\n".join(lines), "agreement": {"held": "microsoft-openai"}, "format": "md"}
    answer = client.post("/v1/memo", json=call)
    if answer.status_code == 200:
        assert 'evil.exe"' not in answer.headers["content-disposition"].replace("_", "")
        assert answer.headers["content-disposition"].count('"') == 2
    else:
        assert answer.status_code == 422


# --- other pages


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://127.0.0.1.example.org"},
        {"Origin": "chrome-extension://x"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_another_page_cannot_use_a_reader_s_browser(headers: dict[str, str], client: TestClient) -> None:
    answers = [client.post("/v1/check", json=WORKED, headers=headers), client.get("/v1/held", headers=headers)]
    answers.append(client.options("/v1/check", headers={**headers, "Access-Control-Request-Method": "POST"}))
    for answer in answers:
        assert answer.status_code == 403 and problems(answer)[0]["id"] == "another-page"
        assert not any(name.startswith("access-control") for name in answer.headers)


def test_the_page_itself_and_a_link_to_it_pass(client: TestClient) -> None:
    own = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/v1/check", json=WORKED, headers=own).status_code == 200
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1.example.org", "", "localhost.example.org:80", "[::2]", "a b"]
)
def test_a_name_that_someone_points_at_this_machine_is_refused(host: str, client: TestClient) -> None:
    answer = client.post("/v1/check", json=WORKED, headers={"Host": host})
    assert answer.status_code == 421 and problems(answer)[0]["id"] == "wrong-host"


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:80", "[::1]:8000"])
def test_the_names_of_this_machine_pass(host: str, client: TestClient) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_headers_keep_answers_from_being_framed_or_guessed(client: TestClient) -> None:
    for answer in (
        client.get("/healthz"),
        client.get("/nothing"),
        client.post("/v1/check", json=WORKED),
        client.get("/"),
    ):
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers


def test_no_page_of_the_framework_loads_from_elsewhere(client: TestClient) -> None:
    for path in ("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"):
        assert client.get(path).status_code == 404


# --- who must show a token


@pytest.mark.parametrize(
    ("host", "ledger", "no_tokens", "needed"),
    [
        ("127.0.0.1", None, False, False), ("127.0.0.1", "x", False, True), ("::1", "x", True, False),
        ("localhost", None, True, False), ("0.0.0.0", "x", False, True), ("::", "x", False, True),
        ("0.0.0.0", None, False, None), ("0.0.0.0", "x", True, None), ("10.0.0.1", "x", True, None),
        ("intranet", None, True, None),
    ],
)  # fmt: skip
def test_tokens_are_off_on_this_machine_alone(
    host: str, ledger: str | None, no_tokens: bool, needed: bool | None
) -> None:
    from clauses.errors import UsageError

    if needed is None:
        with pytest.raises(UsageError):
            needs_tokens(host, ledger, no_tokens)
    else:
        assert needs_tokens(host, ledger, no_tokens) is needed


def test_what_loopback_is() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "", "localhost.example.org", "128.0.0.1", "::ffff:8.8.8.8")))


def test_settings_survive_the_way_to_a_worker() -> None:
    settings = Settings(host="::1", host_names=("a",), deals=("x", "y"), limits=OPEN.limits)
    assert Settings.read(settings.text()) == settings
