"""What is to be done when a test ends, however it ends: also when it is killed, as a test that takes too long is.

Servers that detach themselves go on for ever else, with their files, and slow down all tests after.
"""

from __future__ import annotations

import subprocess


def at_the_end(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Run a shell script (`$1` is the first argument) when this process is gone, or earlier when the result is closed,
    as at the end of its `with`."""
    command = ("sh", "-c", f"cat > /dev/null; {script}", "sh", *arguments)
    nowhere = subprocess.DEVNULL  # a session of its own: whoever kills the tests by their group does not kill it
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere, start_new_session=True)
