"""A transaction that is forgotten open, while the queue turns over."""

import time
from datetime import timedelta

import pytest

from faults.oracle import Oracle
from harness.util import SLOWNESS

NOW = timedelta(0)
LINES = {"log_rate": 1000000, "poll_interval": "20ms", "reconnect_limit": "200ms"}
TURNS, EACH = 5, 1000

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
    user = db.add_user()
    daemons = [recurd(db, **LINES) for _ in range(2)]
    with db.connect(autocommit=False) as old:
        old.execute("set transaction isolation level repeatable read")
        old.execute("select count(*) from recurd.settings")
        for turn in range(TURNS):
            db.execute(
                "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
                " select %s || i, 'x', false, %s, now(), now(), recurd.now() - random() * interval '10 s'"
                " from generate_series(1, %s) i",
                (f"r{turn}-", user, EACH),
            )
            db.add_templates(EACH // 10, timedelta(hours=-20, seconds=-turn), rule={"frequency": "hourly"}, prefix=f"t{turn}")
            oracle.settle()
        began = time.monotonic()
        oracle.add_task(NOW)
        oracle.add_template(NOW, {"frequency": "daily"})
        took = oracle.settle()
        assert time.monotonic() - began < 5 * SLOWNESS
        old.rollback()
    for turn in range(TURNS):
        tasks = db.value("select count(*) from tasks where id like %s and reminded_at = remind_at", (f"r{turn}-%",))
        assert tasks == EACH
        made = "select count(*) from tasks where recurring_task_id like %s"
        assert db.value(made, (f"t{turn}-%",)) == EACH // 10 * 21
    keys = "select count(*) as n, count(distinct key) as d from recurd.notifications"
    assert db.row(keys) == {"n": TURNS * (EACH + EACH // 10 * 21) + 2, "d": TURNS * (EACH + EACH // 10 * 21) + 2}
    for daemon in daemons:
        daemon.stop()
    tally(injected=TURNS, recovery=took)
