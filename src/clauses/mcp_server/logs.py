"""The log of the server: one JSON object a line on standard error; no contract text and no tokens."""

from __future__ import annotations

import datetime
import json
import logging
import logging.config
from typing import Any

LOGGER = logging.getLogger("clauses.mcp")


class JsonLines(logging.Formatter):
    """A record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": at, "level": record.levelname.lower()}
        # What other packages say may quote what was sent: the place where they say it has to do.
        line |= getattr(record, "facts", {"event": "package", "where": f"{record.name}:{record.lineno}"})
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def start_log() -> None:
    """Send the records of the server and of the packages that it uses to standard error."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": {"()": JsonLines}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "loggers": {"clauses.mcp": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
        }
    )


def tell(event: str, **facts: Any) -> None:
    """Note something that happened, with what is known of it."""
    LOGGER.info("", extra={"facts": {"event": event, **facts}})
