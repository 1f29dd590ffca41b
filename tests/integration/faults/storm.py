"""A storm: workers share a backlog that grows while something strikes them again and again."""

import random
import time
from datetime import timedelta

from faults.oracle import Oracle
from harness.util import wait_until

HOURLY = {"frequency": "hourly"}
MISSED = timedelta(hours=-2, seconds=-1)  # three occurrences
# Every line is logged, so that the oracle can ask for each.
OPTIONS = {"log_rate": 1000000, "poll_interval": "50ms", "reconnect_limit": "200ms"}


def begin(db):
    """A database in use for a month, and its oracle."""
    db.go_live(db.now() - timedelta(days=30))
    oracle = Oracle(db)
    oracle.note()
    return oracle


def feed(oracle, templates, reminders=0, repeats=0, due=MISSED, rule=HOURLY, users=50):
    """More that is due."""
    serial = len(oracle.templates) + len(oracle.reminders) + len(oracle.repeaters)
    if templates:
        oracle.add_templates(templates, due, rule, prefix=f"t{serial}", users=users)
    if reminders:
        oracle.add_reminders(reminders, prefix=f"r{serial}")
    if repeats:
        oracle.add_repeats(repeats, prefix=f"c{serial}")


def told(db):
    return db.value("select count(*) from recurd.notifications")


def storm(oracle, strike, strikes, templates=60, reminders=60, repeats=20, seed=1):
    """strike(n, chance) comes when there is work under way, n = 0, 1, ...; then all is left to settle.

    Returns the seconds from the last strike until nothing is due.
    """
    db, chance = oracle.db, random.Random(seed)
    for n in range(strikes):
        before = told(db)  # first: under load all of it may be done before we have looked
        feed(oracle, templates, reminders, repeats)
        wait_until(lambda: told(db) > before + chance.randrange(templates), 20, "work goes on between strikes")
        struck = time.monotonic()
        strike(n, chance)
    oracle.settle()
    return time.monotonic() - struck
