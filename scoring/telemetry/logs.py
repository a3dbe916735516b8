"""Logs: one JSON object per line on standard error, without secrets and without personal data.

What the service itself says is made of known words, numbers and identifiers. What libraries say may hold anything, so
of a library's record only the level, the unfilled message and the kinds and places of its error are kept.
"""

import logging
import sys
import warnings
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from typing_extensions import override

_LONGEST_CHAIN = 8
_MOST_PLACES = 30
_log = structlog.get_logger(__name__)


def configure_logs(level: str) -> None:
    """Log everything from ``level`` to standard error; from other libraries only warnings and errors."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _in_order,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, _Libraries)] + [_Libraries()]
    # httpx logs every URL at INFO: too much, and a URL may contain filters
    root.setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(max(number, logging.INFO))
    warnings.showwarning = _warn


def failure(error: BaseException) -> list[dict[str, Any]]:
    """An error and its causes, outermost first: classes and code locations only.

    Messages and values are left out, because they may hold anything. A place is ``module:line function``.
    """
    chain: list[dict[str, Any]] = []
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen and len(chain) < _LONGEST_CHAIN:
        seen.add(id(behind))
        chain.append({"error": _name(type(behind)), "places": _places(behind)})
        inner = behind.exceptions[0] if isinstance(behind, BaseExceptionGroup) else None
        behind = behind.__cause__ or behind.__context__ or inner
    return chain


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _places(error: BaseException) -> list[str]:
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        places.append(f"{frame.f_globals.get('__name__', '?')}:{trace.tb_lineno} {frame.f_code.co_name}")
        trace = trace.tb_next
    return places[-_MOST_PLACES:]


def _in_order(_logger: object, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """Put time, level and event first, for human readers."""
    return {name: event.pop(name) for name in ("at", "level", "event")} | dict(event)


class _Libraries(logging.Handler):
    """Forwards log records of libraries to this log."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        raised = record.exc_info[1] if record.exc_info else None
        details = {} if raised is None else {"failure": failure(raised)}
        _log.log(record.levelno, _unfilled(record), logger=record.name, **details)


def _unfilled(record: logging.LogRecord) -> str:
    """The first line of a message template: values and further lines may contain personal data.

    uvicorn's own announcements (that it listens, and where) have numbers and addresses of this service only.
    """
    is_announcement = record.name == "uvicorn.error" and record.module == "server"
    return (record.getMessage() if is_announcement else str(record.msg)).partition("\n")[0]


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del message, file, line  # they may contain personal data
    _log.warning("warning", category=_name(category), place=f"{filename.rpartition('site-packages/')[2]}:{lineno}")
