"""`python -m alerts.read.gazetteer FOLDER [TABLE...]`: what `ensure` runs. Progress goes to standard output as JSON
lines, a failure to standard error as one line.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from alerts.errors import GazetteerError
from alerts.read.gazetteer.building import build


def main(arguments: list[str]) -> int:
    def progress(stage: str, share: float) -> None:
        sys.stdout.write(json.dumps([stage, round(share, 3)]) + "\n")
        sys.stdout.flush()

    try:
        build(Path(arguments[0]), progress, [Path(name) for name in arguments[1:]])
    except GazetteerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
