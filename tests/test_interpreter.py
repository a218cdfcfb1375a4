"""How the service's Python is set."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from alerts.interpreter import HEAPS

_SERVICE = """
import os, sys, threading
from alerts.interpreter import settle

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

def work():
    pieces = [b"x" * 2**20 for _ in range(10)]
    done.wait()
    del pieces
    freed.wait()
    stay.wait()

done, freed, stay = threading.Barrier(9), threading.Barrier(9), threading.Event()
if sys.argv[1] == "settled":
    settle()
bytes(16 * 2**20)  # from this the library learns to keep the like
before = resident()
threads = [threading.Thread(target=work, daemon=True) for _ in range(8)]
for one in threads:
    one.start()
done.wait()
freed.wait()
print(resident() - before)
"""

_THREADS = """
import ctypes, sys, threading
from alerts.interpreter import settle

def work():
    piece = bytes(4096)  # too large for the heap that is Python's own
    done.wait()
    stay.wait()

done, stay = threading.Barrier(9), threading.Event()
if sys.argv[1] == "settled":
    settle()
threads = [threading.Thread(target=work, daemon=True) for _ in range(8)]
for one in threads:
    one.start()
done.wait()
library = ctypes.CDLL(None)
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
"""

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")


def _said(program: str, how: str) -> str:
    return subprocess.run([sys.executable, "-c", program, how], capture_output=True, check=True, text=True).stdout


def _kept(how: str) -> float:
    """MiB that eight threads hold on to after a peak of 10 MiB each."""
    return float(_said(_SERVICE, how))


@glibc
def test_what_threads_held_at_their_peak_goes_back_to_the_system() -> None:
    assert _kept("settled") < 20 < _kept("unsettled")


@glibc
def test_threads_share_two_heaps() -> None:
    assert _said(_THREADS, "settled").count("<heap nr=") == HEAPS < _said(_THREADS, "unsettled").count("<heap nr=")
