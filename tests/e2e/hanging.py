"""`alerts run`, which reads for ever on an article that has the word "endless" in its title; and whose watchdog loses
patience within seconds (PATIENCE in the environment). For `test_watchdog`."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from alerts.cli import main
from alerts.engine import pulse
from alerts.match.engine import Detection, Ruleset
from alerts.types import Article

PATIENCE = "ALERTS_TEST_PATIENCE"


def hang() -> None:
    threading.Event().wait()


def wire() -> None:
    pulse.PATIENCE_S.update(dict.fromkeys(pulse.PATIENCE_S, float(os.environ[PATIENCE])))
    real = Ruleset.detect

    def detect(ruleset: Ruleset, article: Article, *rest: Any) -> Detection:
        if "endless" in article.title:
            hang()
        return real(ruleset, article, *rest)

    setattr(Ruleset, "detect", detect)  # noqa: B010  mypy knows that a method is no attribute to set


if __name__ == "__main__":
    wire()
    sys.argv = ["alerts", "run", *sys.argv[1:]]
    main()
