"""alerts: reads news and humanitarian feeds, flags events by rule files, mails explained alerts."""

from __future__ import annotations

__version__ = "0.1.0"
