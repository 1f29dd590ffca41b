"""Libraries that are put between the daemon and libc: turns.c, wallclock.c, haste.c."""

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from harness.daemon import IS_SANITIZED


def compiled(name, folder):
    """The library of NAME.c in this folder."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip(f"needs a C compiler (cc) for {name}.c")
    library = folder / f"{name}.so"
    source = Path(__file__).parent / f"{name}.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-o", library, source], check=True)
    return library


def preloaded(library, **environ):
    """A command prefix that runs a program with it."""
    # A preloaded library comes before the sanitizer's, which minds.
    options = ["ASAN_OPTIONS=exitcode=99:detect_leaks=1:verify_asan_link_order=0"] if IS_SANITIZED else []
    return ["env", *(f"{key}={value}" for key, value in environ.items()), f"LD_PRELOAD={library}", *options]


class Turns:
    """The turns of one daemon's loop: `wrapper` for recurd(...), the last one where there are several."""

    def __init__(self, folder, library):
        path = folder / "turns"
        path.write_bytes(bytes(16))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 16)
        self.wrapper = preloaded(library, TURNS=path)

    def count(self):
        return struct.unpack("q", self._map[8:])[0]

    def longest_wait(self):
        """The longest time, in seconds, that anything but epoll_wait blocked."""
        return struct.unpack("q", self._map[:8])[0] / 1e6
