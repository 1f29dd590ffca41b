"""A transaction that is forgotten open, while the queue turns over."""

import time
from datetime import timedelta

import pytest

from faults.oracle import Oracle
from harness.util import SLOWNESS

NOW = timedelta(0)
LINES = {"log_rate": 1000000, "poll_interval": "20ms", "reconnect_limit": "200ms"}
TURNS, EACH = 5, 1000
# Transactions whose dead rows nobody may remove.
HELD_BACK = "select max(age(backend_xmin)) from pg_stat_activity where datname = current_database()"


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


def test_a_snapshot_is_held_while_the_queue_turns_over(db, recurd, tally):
    """Fault 20: an old snapshot, so that no dead index entry can go; thousands of reminders and templates pass.

    They and what comes then are as exact and as quick as ever.  (What a poll costs under a snapshot that is
    held for longer is test_lowwater.py's.)
    """
    oracle = Oracle(db)
    daemons = [recurd(db, **LINES) for _ in range(2)]
    with db.connect(autocommit=False) as old:
        old.execute("set transaction isolation level repeatable read")
        old.execute("select count(*) from recurd.settings")
        for turn in range(TURNS):
            oracle.add_reminders(EACH, prefix=f"r{turn}")
            oracle.add_templates(EACH // 10, timedelta(hours=-20, seconds=-turn), {"frequency": "hourly"}, prefix=f"t{turn}")
            oracle.settle()
        began = time.monotonic()
        oracle.add_task(NOW)
        oracle.add_template(NOW, {"frequency": "daily"})
        took = oracle.settle()
        assert time.monotonic() - began < 2 * SLOWNESS
        assert db.value(HELD_BACK) > 3 * TURNS, "the snapshot was held all the time"
        old.rollback()
    for daemon in daemons:
        daemon.stop()
    tally(injected=TURNS, recovery=took, **oracle.check(daemons))
