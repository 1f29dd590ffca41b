"""Waiting, processes, places.

A test waits for a condition with wait_until, never for time to pass.  Every process that the harness
starts dies with it, also when the test run is killed.
"""

import ctypes
import functools
import os
import pwd
import signal
import socket
import subprocess
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
BUILD = SOURCE / os.environ.get("RECURD_BUILD", "build")
MIGRATIONS = SOURCE / "migrations"

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def wait_until(predicate, timeout=10.0, what=None, interval=0.01):
    """Returns the first true value of predicate(); fails after timeout seconds, saying what was awaited."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            what = what or getattr(predicate, "__name__", "condition")
            raise AssertionError(f"not within {timeout} s: {what} (last value {value!r})")
        time.sleep(interval)


def holds_for(predicate, seconds, what=None, interval=0.02):
    """Fails as soon as predicate() is false within the next seconds: for things that must not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert predicate(), f"no longer true: {what or getattr(predicate, '__name__', 'condition')}"
        time.sleep(interval)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_root():
    return os.geteuid() == 0


@functools.cache
def service_user():
    """Whom servers run as that refuse to run as root; None: ourselves."""
    if not is_root():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("no unprivileged user to run a server as")


def give(path):
    """Hands a path over to the service user."""
    user = service_user()
    if user:
        os.chown(path, user.pw_uid, user.pw_gid)


def spawn(argv, as_service_user=False, death_signal=signal.SIGKILL, **kwargs):
    """subprocess.Popen for a process that must not outlive us."""
    if as_service_user and service_user():
        user = service_user()
        kwargs.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])

    def tie():
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))

    return subprocess.Popen([str(a) for a in argv], preexec_fn=tie, **kwargs)


def stop_process(process, sig=signal.SIGTERM, timeout=10.0):
    """Ends a process; what does not end in time is killed."""
    if process.poll() is not None:
        return process.returncode
    process.send_signal(sig)
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(10)


def clean_environ(**extra):
    """Our environment without what would steer libpq or recurd behind a test's back."""
    environ = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PG", "RECURD_")) and key not in ("DATABASE_URL", "NOTIFY_SOCKET", "WATCHDOG_USEC")
    }
    environ["TZ"] = "Pacific/Chatham"  # a daemon that used local time anywhere would be caught by 12:45 h
    environ.update({key: str(value) for key, value in extra.items()})
    return environ
