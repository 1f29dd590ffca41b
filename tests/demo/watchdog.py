"""Cleans up after the demo, however it ended: by itself, by Ctrl-C, by a terminal that closed, by kill -9.

    watchdog.py FOLDER      standard input: a line "+PID" for each process that must not stay, "-PID" once it ended

The demo holds the other end of the pipe.  When that is gone, so is the demo: what still runs is ended, and
the folder removed.  In a session of its own, because signals of the terminal and of the group must not
reach it.  The demo's own end takes this way too, so that there is one.
"""

import os
import shutil
import signal
import sys
import time

PATIENCE = 5


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", "rb") as stat:
        return stat.read().rsplit(b") ", 1)[1][:1] != b"Z"


def end(pid):
    """SIGQUIT is PostgreSQL's immediate shutdown; it ends whatever else there is, too."""
    deadline = time.monotonic() + PATIENCE
    sig = signal.SIGQUIT
    try:
        os.kill(pid, sig)
        while runs(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
    except (ProcessLookupError, FileNotFoundError):
        pass


def remove(folder):
    """Again, while something that is about to end still writes there."""
    deadline = time.monotonic() + PATIENCE
    while os.path.exists(folder) and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.01)


def main():
    for sig in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(sig, signal.SIG_IGN)
    pids = []
    for line in sys.stdin:
        if line.startswith("+"):
            pids.append(int(line[1:]))
        elif int(line[1:]) in pids:
            pids.remove(int(line[1:]))
    for pid in reversed(pids):
        end(pid)
    remove(sys.argv[1])


main()
