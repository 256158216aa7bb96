"""Logging.

Made from mlops/30_logging.ipynb; edit it there.
"""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.logging import RichHandler
from rich.text import Text

__all__ = [
    "BACKUP_COUNT",
    "MAX_BYTES",
    "JSONFormatter",
    "RedactFilter",
    "RequestIdFilter",
    "isolated_logging",
    "logging_config",
    "read_log",
    "redact",
    "request_id",
]

# From cell 9c1cc408 of mlops/30_logging.ipynb.
_STATE = "level", "propagate", "disabled", "handlers", "filters"


def _states() -> dict[logging.Logger, dict[str, Any]]:
    named = logging.root.manager.loggerDict.values()
    loggers = [logging.root, *(x for x in named if isinstance(x, logging.Logger))]
    return {x: {name: copy(getattr(x, name)) for name in _STATE} for x in loggers}


# From cell 745e93b7 of mlops/30_logging.ipynb.
@contextmanager
def isolated_logging() -> Iterator[None]:
    """Leave the tree of loggers as it was found, and close the handlers added to it.

    Restores each logger's level, handlers, filters, propagation and disabled mark, and
    the factory of records. Loggers can't be deleted: one made inside stays, bare.
    """
    found, factory = _states(), logging.getLogRecordFactory()
    try:
        yield
    finally:
        logging.setLogRecordFactory(factory)
        for logger, state in _states().items():
            before = found.get(logger) or vars(logging.Logger("bare"))
            for handler in set(state["handlers"]) - set(before["handlers"]):
                handler.close()
            vars(logger).update({name: before[name] for name in _STATE})
            logger.setLevel(logger.level)  # forgets which levels it found enabled


# From cell dcbf9ccc of mlops/30_logging.ipynb.
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime"}


class JSONFormatter(logging.Formatter):
    """One line of ASCII JSON: UTC time, level, origin, message and every `extra`.

    An `extra` can't replace one of these fields. A traceback is the field `exception`;
    a value that JSON has no form for is written as text.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a JSON object on one line."""
        when = datetime.fromtimestamp(record.created, UTC)
        fields = {
            "time": when.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "function": record.funcName,
            "line": record.lineno,
            "message": record.getMessage(),
        }
        if record.exc_text:
            fields["exception"] = record.exc_text
        elif record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        known = {*_STANDARD, *fields}
        extra = {k: v for k, v in vars(record).items() if k not in known}
        return json.dumps(fields | extra, default=str)


# From cell 94860785 of mlops/30_logging.ipynb.
_request_id: ContextVar[str] = ContextVar("request_id", default="-")


@contextmanager
def request_id(value: str) -> Iterator[None]:
    """Let every record made inside, across `await` too, carry the id of a request."""
    token = _request_id.set(value)
    try:
        yield
    finally:
        _request_id.reset(token)


class RequestIdFilter(logging.Filter):
    """Write `request_id` on every record: "-" outside a request.

    It belongs on handlers: a logger's filters never see its children's records.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, and an id that is already there."""
        if not hasattr(record, "request_id"):
            record.request_id = _request_id.get()
        return True


# From cell 32e8899b of mlops/30_logging.ipynb.
_SECRET = re.compile(
    r"""((?:api[_-]?key|token|password|secret)["']?\s*[=:]\s*["']?(?:bearer\s+)?"""
    r"""|bearer\s+)[^\s"',;&]+""",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Replace what follows `token=`, `password:`, `api_key=`, `Bearer ` … by ***."""
    return _SECRET.sub(r"\1***", text)


class RedactFilter(logging.Filter):
    """Redact message, textual extras and traceback of a record. A net, not a proof."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record."""
        with suppress(TypeError, ValueError):  # arguments that don't fit: left alone
            record.msg, record.args = redact(record.getMessage()), ()
        for name, value in vars(record).items():
            if name not in _STANDARD and isinstance(value, str):
                setattr(record, name, redact(f"{name}={value}")[len(name) + 1 :])
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            record.exc_text = redact(trace)
        return True


# From cell af41d6cc of mlops/30_logging.ipynb.
MAX_BYTES = 10 * 1024**2  # 10,485,760 bytes: 10 MiB
BACKUP_COUNT = 10
_FILTERS = "request_id", "redact"


def _rotating(path: Path, level: str) -> dict[str, Any]:
    return {
        "class": "logging.handlers.RotatingFileHandler",
        "filename": str(path),
        "maxBytes": MAX_BYTES,
        "backupCount": BACKUP_COUNT,
        "encoding": "utf-8",
        "level": level,
        "formatter": "json",
        "filters": [*_FILTERS],
    }


def _drawn(console: Console) -> dict[str, Any]:
    return {
        "()": RichHandler,
        "console": console,
        "show_path": False,
        "log_time_format": _utc,
        "formatter": "people",
        "filters": [*_FILTERS],
    }


def _utc(when: datetime) -> Text:
    return Text(f"{when.astimezone(UTC):%H:%M:%S}")


# From cell 5b086ebd of mlops/30_logging.ipynb.
def logging_config(
    directory: Path,
    level: str = "INFO",
    app: str = "tagging",
    console: Console | None = None,
) -> dict[str, Any]:
    """Return a configuration for `logging.config.dictConfig`.

    Args:
        directory: where info.log and error.log go, as JSON lines; it must exist.
        level: of the application's loggers. Other libraries speak from WARNING up.
        app: the name above all loggers of the application.
        console: for people; standard error if None.
    """
    handlers = {
        "console": _drawn(console or Console(stderr=True)),
        "info": _rotating(directory / "info.log", "INFO"),
        "error": _rotating(directory / "error.log", "ERROR"),
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": RequestIdFilter},
            "redact": {"()": RedactFilter},
        },
        "formatters": {
            "json": {"()": JSONFormatter},
            "people": {"format": "%(request_id)s %(name)s: %(message)s"},
        },
        "handlers": handlers,
        "root": {"level": "WARNING", "handlers": [*handlers]},
        "loggers": {app: {"level": level}},
    }


# From cell c1ebab5f of mlops/30_logging.ipynb.
def read_log(path: Path) -> pd.DataFrame:
    """Read a log of JSON lines and its rotated predecessors, the oldest line first.

    Lines that are no JSON object (a crash can tear one) are left out, and a warning
    says how many.

    Returns:
        A row for each record, a column for each field, `time` as a UTC timestamp.

    Raises:
        FileNotFoundError: if there is no such log.
    """
    older = [x for x in path.parent.glob(f"{path.name}.*") if x.suffix[1:].isdigit()]
    older.sort(key=lambda x: int(x.suffix[1:]), reverse=True)
    texts = [x.read_text(encoding="utf-8") for x in [*older, path]]
    lines = [line for text in texts for line in text.splitlines()]
    rows = [row for row in map(_parsed, lines) if row]
    if num_torn := len(lines) - len(rows):
        logging.getLogger(__name__).warning("%s: %d lines left out", path, num_torn)
    log = pd.DataFrame(rows, columns=None if rows else ["time"])
    return log.assign(time=pd.to_datetime(log["time"], utc=True))


def _parsed(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}
