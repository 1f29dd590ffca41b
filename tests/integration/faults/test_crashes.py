"""Workers that are killed, stopped or die at the worst line."""

import re
import signal
from datetime import timedelta

import pytest

from faults.oracle import Oracle
from harness.util import SOURCE, holds_for, wait_until

HOURLY = {"frequency": "hourly"}
LINES = {"log_rate": 1000000, "poll_interval": "50ms", "reconnect_limit": "200ms"}


def backlog(db, templates, each, users=50):
    """Templates that are each behind by so many occurrences, and as many reminders that are due."""
    db.go_live(db.now() - timedelta(days=30))
    db.add_templates(templates, timedelta(hours=-(each - 1), seconds=-1), users=users, rule=HOURLY)
    db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
        " select 'r-' || i, 'x', false, %s, now(), now(), recurd.now() - i * interval '1 s' from generate_series(1, %s) i",
        (db.add_user(), templates),
    )
    oracle = Oracle(db)
    oracle.note()
    return oracle


def crash_points():
    """Every fault("...") in the daemon: a new one is tested without being named here."""
    found = []
    for path in sorted((SOURCE / "daemon").rglob("*.c")):
        found += re.findall(r'\bfault\("([^"]+)"\)', path.read_text())
    assert len(found) >= 6
    return found


@pytest.mark.parametrize("point", crash_points())
def test_a_crash_at_the_worst_line(app_db, recurd, tally, point):
    """Fault 6: killed between claim, log line, commit and NOTIFY, the first time and the third.

    A line may be repeated under the same key, at most for one batch; no row is lost or doubled.
    """
    oracle = backlog(app_db, 60, 2)
    daemons = []
    for passage in (1, 3):
        daemons.append(recurd(app_db, batch_size=20, env={"RECURD_FAULT": f"{point}:{passage}"}, ready=False, **LINES))
        assert daemons[-1].wait(20) == -signal.SIGKILL, daemons[-1].log()
    daemons.append(recurd(app_db, batch_size=20, **LINES))
    took = oracle.settle()
    daemons[-1].stop()
    tally(injected=2, recovery=took, **oracle.check(daemons))
    said = [line["key"] for daemon in daemons for line in daemon.events if "key" in line]
    assert len(said) - len(set(said)) <= 2 * 20, "at most the batch that was cut off is said again"
