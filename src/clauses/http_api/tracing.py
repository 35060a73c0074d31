"""Spans of OpenTelemetry, where it is installed and its own environment variables name an exporter; else nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

SETTINGS = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_tracer: Any = None


def is_wanted() -> bool:
    """Whether the environment asks for spans."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    return any(os.environ.get(name) for name in SETTINGS)


def start_tracing() -> bool:
    """Begin to make spans where they are wanted and can be made; says whether they are."""
    global _tracer
    packages = ("opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
    if not is_wanted() or not all(_is_installed(name) for name in packages):
        return False
    from importlib import import_module

    trace = import_module("opentelemetry.trace")
    sdk, export = import_module("opentelemetry.sdk.trace"), import_module("opentelemetry.sdk.trace.export")
    otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    provider = sdk.TracerProvider()
    is_console = os.environ.get("OTEL_TRACES_EXPORTER") == "console"
    exporter = export.ConsoleSpanExporter() if is_console else otlp.OTLPSpanExporter()
    provider.add_span_processor(export.BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    _tracer = trace.get_tracer("clauses")
    return True


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


class Span:
    """A span, or nothing."""

    def __init__(self, span: Any = None) -> None:
        self._span = span

    def set(self, method: str, route: str, status: int, request: str) -> None:
        """Say what the request was; routes and numbers only."""
        if self._span is not None:
            self._span.update_name(f"{method} {route}")
            facts = {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
                "clauses.request": request,
            }
            self._span.set_attributes(facts)


_NOTHING = Span()


@contextmanager
def span(name: str, headers: Mapping[str, str] | None = None) -> Iterator[Span]:
    """A span around some work; `headers` may name the span of the caller to which it belongs."""
    if _tracer is None:
        yield _NOTHING
        return
    from importlib import import_module

    context = import_module("opentelemetry.propagate").extract(dict(headers)) if headers is not None else None
    with _tracer.start_as_current_span(name, context=context) as found:
        yield Span(found)
