"""Work for the tests of this folder, known to the oracle; and whether a daemon does it."""

import time
from datetime import timedelta

from faults.oracle import Oracle
from harness.util import wait_until

AGO = timedelta(seconds=-1)
SOON = timedelta(milliseconds=300)
DAILY = {"frequency": "daily"}
HOURLY = {"frequency": "hourly"}
FAST = {"poll_interval": "50ms", "reconnect_limit": "500ms"}
QUIET = {"log_rate": 0}  # then oracle.check(..., lines=False)


def oracle_of(db, templates=0, each=1, reminders=0, users=10):
    """An oracle that knows a database with so much to be done, in which recurd is live since long ago."""
    db.go_live(db.now() - timedelta(days=30))
    if templates:
        db.add_templates(templates, timedelta(hours=1 - each, seconds=-1), users=users, rule=HOURLY)
    for _ in range(reminders):
        db.add_task(remind=AGO)
    oracle = Oracle(db)
    oracle.note()
    return oracle


def serves(oracle, daemon):
    """The daemon makes what becomes due now; the seconds until it did."""
    began = time.monotonic()
    template = oracle.add_template(SOON, DAILY)

    def made():
        assert daemon.process.poll() is None, daemon.log()
        return oracle.db.occurrences(template)

    wait_until(made, what="the daemon serves the database")
    return time.monotonic() - began


def count_tasks(db):
    return db.value("select count(*) from tasks where recurring_task_id is not null")
