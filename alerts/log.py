"""The log: to standard error, as lines for people or as JSON for machines. It carries ids, never addresses."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog

_SHARED: tuple[structlog.types.Processor, ...] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(kind: Literal["console", "json"], level: int = logging.INFO) -> None:
    """Send all log records to standard error in the form `kind`."""
    last: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if kind == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            last,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("apscheduler", "uvicorn", "asyncio", "aiosmtplib", "alembic"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
