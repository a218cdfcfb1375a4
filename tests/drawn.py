"""Pictures of mails, drawn once for all tests of a process: a map takes longer than most tests."""

from __future__ import annotations

from alerts.render.pictures import Pictures

PICTURES = Pictures(keep=1000)
