"""The log of the service: one JSON object a line on standard error; no contract text, no tokens, no query values."""

from __future__ import annotations

import datetime
import json
import logging
import logging.config
from typing import Any

LOGGER = logging.getLogger("clauses.http")


class JsonLines(logging.Formatter):
    """A record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": at, "level": record.levelname.lower()}
        facts = getattr(record, "facts", None)
        if facts is not None:
            line |= facts
        elif record.name.startswith("uvicorn"):
            line |= {"event": "server", "message": record.getMessage().strip()}
        else:  # a message of any other package may quote what was sent
            line |= {"event": "package", "package": record.name.partition(".")[0]}
        if record.exc_info and record.exc_info[0] is not None:  # a message of an exception may quote a contract
            line["exception"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def start_log() -> None:
    """Send the records of the service and of its web server to standard error."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": {"()": JsonLines}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "loggers": {
                "clauses.http": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
                "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            },
            "root": {"handlers": ["stderr"], "level": "WARNING"},
        }
    )


def tell(event: str, **facts: Any) -> None:
    """Note something that happened, with what is known of it."""
    LOGGER.info("", extra={"facts": {"event": event, **facts}})
