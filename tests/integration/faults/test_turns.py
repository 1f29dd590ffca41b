"""A backlog of one kind of work, and what becomes due of the others meanwhile.

Work was chosen by strict precedence: reminders took all connections while they were in backlog, and nothing that was
edited or due had a turn.
"""

import json
import time
from datetime import timedelta

import pytest

from faults.crowds import AGO, DAILY, NOW, OPTIONS, REMINDERS, TEMPLATES
from faults.oracle import UTC, Oracle
from harness.util import IS_SANITIZED, SLOWNESS, wait_until

WEEKLY = {"frequency": "weekly"}
LAG = 2.0 * SLOWNESS  # of what becomes due while something else is in backlog
TOMORROW = timedelta(days=1)
PROBES = 8  # rounds of one row of each of the other kinds


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


class Kind:
    """flood(n): a backlog, as one statement of the application; left(): how much of it there is;
    probe(): one more row that is due now; is_done(probe)."""

    def __init__(self, oracle):
        self.oracle, self.db = oracle, oracle.db

    def left(self):
        return self.db.value(self.LEFT)


class Remind(Kind):
    LEFT = "select count(*) from tasks where id like 'flood%' and remind_at is not null and reminded_at is null"

    def flood(self, count):
        REMINDERS.add(self.oracle, "flood", count, AGO)

    def probe(self):
        return self.oracle.add_task(NOW)

    def is_done(self, probe):
        return self.db.task(probe)["reminded_at"]


class Generate(Kind):
    LEFT = "select count(*) from recurring_tasks where id like 'flood%' and next_due_at <= recurd.now()"

    def flood(self, count):
        TEMPLATES.add(self.oracle, "flood", count, AGO, users=100)

    def probe(self):
        return self.oracle.add_template(NOW, DAILY)

    def is_done(self, probe):
        return self.db.occurrences(probe)


class Replan(Kind):
    """Edited rules: of templates that stand where a worker left them."""

    LEFT = "select count(*) from recurring_tasks where id like 'edited%' and replan_at is not null"

    def __init__(self, oracle):
        super().__init__(oracle)
        self.probes = TEMPLATES.add(oracle, "probe", 4 * PROBES, AGO)
        self.unused = iter(list(self.probes))

    def prepare(self, count):
        TEMPLATES.add(self.oracle, "edited", count, AGO, users=100)

    def edit(self, where, what):
        """The instant of the edit is the statement's; the oracle is told."""
        rows = self.db.rows(
            f"update recurring_tasks set recurrence_rule = %s where {where} returning id, replan_at", (json.dumps(WEEKLY), what),
        )
        for row in rows:
            self.oracle.templates[row["id"]].edits.append((row["replan_at"].astimezone(UTC), json.dumps(WEEKLY)))
        return [row["id"] for row in rows]

    def flood(self, count):
        assert len(self.edit("id like %s", "edited-%")) == count

    def probe(self):
        return self.edit("id = %s", next(self.unused))[0]

    def is_done(self, probe):
        return self.db.value("select replan_at is null from recurring_tasks where id = %s", (probe,))


def probe_all(kinds, backlog):
    """Rounds of one probe of each kind, as long as there is a backlog; the longest wait of each kind."""
    longest = {type(kind).__name__: 0.0 for kind in kinds}
    rounds = 0
    while rounds < PROBES and backlog.left() > 0:
        began = time.monotonic()
        probes = [(kind, kind.probe()) for kind in kinds]
        for kind, probe in probes:
            wait_until(lambda: kind.is_done(probe), what=f"a probe of {type(kind).__name__}", interval=0.005)  # noqa: B023
            name = type(kind).__name__
            longest[name] = max(longest[name], time.monotonic() - began)
        rounds += backlog.left() > 0  # else the last one has proved nothing
    return rounds, longest


FLOODS = {"reminders": 50_000, "templates": 20_000, "edits": 20_000}
SMALL = {"reminders": 6000, "templates": 2000, "edits": 2000}


@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("size, workers", [("small", 1), ("small", 4), pytest.param("large", 1, marks=pytest.mark.slow)])
def test_a_backlog_of_one_kind_keeps_nobody_from_the_others(db, recurd, tally, flood, size, workers):
    """Fault 35: many reminders, templates or edits at once: each of the other kinds goes on within two seconds.

    A small backlog is worked off in small batches, so that it lasts.
    """
    large = size == "large" and not IS_SANITIZED
    count = (FLOODS if large else SMALL)[flood]
    oracle = Oracle(db)
    kinds = {"reminders": Remind(oracle), "templates": Generate(oracle), "edits": Replan(oracle)}
    if flood == "edits":
        kinds["edits"].prepare(count)
    daemons = [recurd(db, worker_name=f"w{n}", batch_size=1000 if large else 20, **OPTIONS) for n in range(workers)]
    oracle.settle(100)

    kinds[flood].flood(count)
    began = time.monotonic()
    rounds, longest = probe_all([kind for name, kind in kinds.items() if name != flood], kinds[flood])
    print(f"{count} {flood}: {rounds} rounds, the longest waits {longest}")
    assert rounds >= 2, "there was a backlog all the time"
    assert max(longest.values()) < LAG
    oracle.settle(100)
    print(f"all done in {time.monotonic() - began:.1f} s")
    for daemon in daemons:
        daemon.stop()
    tally(injected=count, recovery=max(longest.values()), **oracle.check(daemons))


def test_three_backlogs_at_a_time(db, recurd, tally):
    """Fault 35: reminders, templates and edits in backlog together: each shrinks while the others are there."""
    oracle = Oracle(db)
    kinds = {"reminders": Remind(oracle), "templates": Generate(oracle), "edits": Replan(oracle)}
    kinds["edits"].prepare(SMALL["edits"])
    daemon = recurd(db, batch_size=20, **OPTIONS)
    oracle.settle(100)
    with db.conn.transaction():
        for name in FLOODS:
            kinds[name].flood(SMALL[name])
    left = {name: SMALL[name] for name in FLOODS}

    def all_shrink():
        now = {name: kind.left() for name, kind in kinds.items()}
        for name in now:
            left[name] = min(left[name], now[name])
        return all(left[name] < 0.95 * SMALL[name] for name in left)

    began = time.monotonic()
    wait_until(all_shrink, 20, "each has begun")
    assert all(left.values()), f"nobody was made to wait for another's end: {left}"
    took = oracle.settle(100)
    print(f"begun within {time.monotonic() - began - took:.2f} s, with {left} left; done {took:.1f} s later")
    daemon.stop()
    tally(injected=sum(SMALL.values()), recovery=took, **oracle.check([daemon]))
