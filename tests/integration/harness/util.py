"""Waiting, processes, places.

A test waits for a condition with wait_until, never for time to pass.  Every process that the harness
starts dies with it, also when the test run is killed.
"""

import ctypes
import functools
import os
import pwd
import random
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[3]
BUILD = SOURCE / os.environ.get("RECURD_BUILD", "build")
MIGRATIONS = SOURCE / "migrations"
IS_SANITIZED = "asan" in BUILD.name

# How long a test waits for what must happen: no measure of anything, so it is generous.  Four processes share
# a processor with a compiler, and sanitizers take their share.
SLOWNESS = 3 if IS_SANITIZED else 1
PATIENCE = 40.0

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def wait_until(predicate, timeout=PATIENCE, what=None, interval=0.01):
    """Returns the first true value of predicate(); fails after timeout seconds (three times as many under sanitizers),
    saying what was awaited."""
    timeout *= SLOWNESS
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


def steady(sample, seconds=0.3):
    """The value of sample() once it has stayed the same for so long: a baseline without what is open for a moment."""
    value, since = sample(), time.monotonic()

    def stays():
        nonlocal value, since
        now = sample()
        if now != value:
            value, since = now, time.monotonic()
        return time.monotonic() - since >= seconds

    wait_until(stays, what="a value that stays")
    return value


_claims = []


def free_port():
    """A port of 127.0.0.1 that no other test run gets while we live, also while its server is down.

    Below the range from which the kernel takes ports for outgoing connections, or one of those could sit on it
    when the server comes back.
    """
    while True:
        port = random.SystemRandom().randrange(10000, 32000)
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0recurd-test-port-{port}")  # abstract: known to the machine, gone with us
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return port


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


def stop_process(process, sig=signal.SIGTERM, timeout=PATIENCE):
    """Ends a process; what does not end in time is killed."""
    if process.poll() is not None:
        return process.returncode
    process.send_signal(sig)
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(PATIENCE)


def need_pg_dump(server):
    """Skips a test whose server is newer than the pg_dump at hand, which refuses it.  server: PG_VERSION_NUM."""
    words = subprocess.run(["pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
    major = int(re.search(r"\) (\d+)", words)[1])
    if major < server // 10000:
        pytest.skip(f"pg_dump {major} dumps no PostgreSQL {server // 10000}")


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
