"""nginx with one page as a file, on one core: what a server can do that has nothing to make."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.fakes.ports import free_port

_CONFIG: Final = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 256; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    gzip_static on;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
        location / {{ default_type text/html; try_files /page.html =404; }}
    }}
}}
"""


def program() -> str | None:
    """Where nginx is; None where it is not installed."""
    return shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


@contextmanager
def nginx(folder: Path, page: bytes, core: int) -> Iterator[int]:
    """Serve this page at every address; gives the port."""
    folder.mkdir()
    (folder / "page.html").write_bytes(page)
    port = free_port()
    (folder / "nginx.conf").write_text(_CONFIG.format(folder=folder, port=port), encoding="utf-8")
    run = ("taskset", "-c", str(core), str(program()), "-c", str(folder / "nginx.conf"), "-p", str(folder))
    with subprocess.Popen(run, stderr=subprocess.DEVNULL) as server:
        time.sleep(0.5)
        try:
            yield port
        finally:
            server.terminate()
