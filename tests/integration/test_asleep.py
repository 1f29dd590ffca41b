"""A long poll_interval is a long sleep: without connections, so that a server that suspends when nobody is there may."""

import signal
from datetime import timedelta

import pytest

from faults.preload import compiled, preloaded
from harness.util import SLOWNESS, holds_for, wait_until

HASTE = 20  # a minute of the daemon's and of business are three seconds of ours
LONG = {"poll_interval": "10min", "heartbeat_interval": "10min", "connections": 2}


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


@pytest.fixture
def hasty(db, tmp_path):
    """A command prefix under which a daemon's monotonic clock is as fast as the business clock of this database."""
    began = db.value("select pg_catalog.now()").isoformat()
    db._set_clock(f"timestamptz '{began}' + {HASTE} * (pg_catalog.now() - timestamptz '{began}')")
    return preloaded(compiled("haste", tmp_path), HASTE=HASTE)


def falls_asleep(db, daemon):
    wait_until(lambda: db.sessions() == 0, what="none of its connections is left")
    assert daemon.process.poll() is None


def state(daemon):
    """What it says of itself at SIGUSR1: its own line, and those of its lanes."""
    mark = daemon.mark()
    daemon.kill(signal.SIGUSR1)
    daemon.expect("lane", since=mark, count=LONG["connections"])
    return daemon.expect("state", since=mark), daemon.seen("lane", since=mark)


def test_asleep_it_has_no_connection_and_says_so(db, recurd):
    daemon = recurd(db, **LONG)
    falls_asleep(db, daemon)
    connected = len(daemon.seen("connected"))
    line, lanes = state(daemon)
    assert {lane["state"] for lane in lanes} == {"offline"} and {lane["conn"] for lane in lanes} == {"off"}
    assert 0 < int(line["next_poll_ms"]) <= 600_000 and "next_due_ms" not in line
    holds_for(lambda: db.sessions() == 0, 0.5, "asking wakes nobody")
    assert len(daemon.seen("connected")) == connected
    daemon.stop()


def test_what_is_due_within_half_a_minute_keeps_it_awake(db, recurd):
    task = db.add_task(remind=timedelta(seconds=3))
    daemon = recurd(db, **LONG)
    daemon.expect("reminder", task=task)
    assert len(daemon.seen("connected")) == LONG["connections"]
    falls_asleep(db, daemon)
    daemon.stop()


def test_it_wakes_for_what_it_knows_of(db, recurd, hasty):
    """A reminder is due in some minutes: it sleeps until then, without a connection, and goes to sleep again."""
    ahead = 60 + 60 * SLOWNESS
    task = db.add_task(remind=timedelta(seconds=ahead))
    daemon = recurd(db, wrapper=hasty, **LONG)
    falls_asleep(db, daemon)
    line, _ = state(daemon)
    assert 0 < int(line["next_due_ms"]) <= ahead * 1000
    assert not daemon.seen("reminder")
    connected = len(daemon.seen("connected"))

    told = daemon.expect("reminder", task=task)
    # In business time, with the way back to the server in it; the next poll would have come minutes later.
    assert 0 <= int(told["late_ms"]) < 60_000 * SLOWNESS
    # It slept until then; the first connection that is there tells, and the other may still be on its way.
    daemon.expect("connected", count=connected + LONG["connections"])
    falls_asleep(db, daemon)
    assert len(daemon.seen("connected")) == connected + LONG["connections"], "it woke once"
    daemon.stop()
