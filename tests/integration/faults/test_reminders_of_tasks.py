"""Rows of recurd.reminders that cannot be written, that somebody holds, or over which workers die: the others go on, and
each is told once, under one key."""

import os
import random
import signal
import threading
import time
from datetime import timedelta

import pytest

from faults.crowds import OPTIONS, SECOND, Crowd, add_users, archive, let_pass, mend, put_aside, tried_for_long, unarchive
from faults.oracle import key_of
from harness.ctl import run_ctl
from harness.util import holds_for, wait_until

pytestmark = pytest.mark.slow  # once, without sanitizers

DAY, AGO = timedelta(days=1), timedelta(minutes=-3)


class Rows(Crowd):
    """A task each, with a reminder of the same id."""

    kind, table, named, event = "reminders", "recurd.reminders", "reminder", "reminder_refused"
    DONE = "select reminder_id as id, recurd.now() as now from recurd.notifications where reminder_id = any(%s)"

    def add(self, db, prefix, count, first=AGO, step=timedelta(0), archived=False):
        due = self.due(db, prefix, count, first, step)
        add_users(db, prefix, 10)
        put_aside(db, due if archived else ())
        db.execute(
            "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, due_date)"
            " select id, 'Buy milk', false, %s || '-user-' || n %% 10, now(), now(), at + interval '1 hour'"
            " from unnest(%s::text[], %s::timestamptz[]) with ordinality as u (id, at, n)",
            (prefix, list(due), list(due.values())),
        )
        db.execute("insert into recurd.reminders (id, task_id, before) select k, k, '1 hour' from unnest(%s::text[]) k", (list(due),))
        return due


ROWS = Rows()


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - DAY)
    return app_db


def exactly_once(db, due):
    rows = db.rows("select reminder_id, key, at from recurd.notifications where reminder_id is not null")
    assert len(rows) == len(due)
    assert {row["reminder_id"]: row["at"] for row in rows} == due
    for row in random.sample(rows, min(20, len(rows))):
        assert row["key"] == key_of(f"reminder/{row['reminder_id']}", row["reminder_id"], row["at"])


@pytest.mark.parametrize("count", [300, 20_000])
def test_what_a_trigger_refuses_waits_and_the_others_go_on(db, recurd, count):
    if count > 300 and not os.environ.get("RECURD_LONG"):
        pytest.skip("a minute: with RECURD_LONG=1")
    archive(db, ROWS)
    bad = ROWS.add(db, "bad", count, archived=True)
    behind = ROWS.add(db, "behind", 50, timedelta(seconds=-1))
    fresh = ROWS.add(db, "fresh", 50, timedelta(seconds=1), timedelta(milliseconds=40))
    daemon = recurd(db, **OPTIONS)
    late = ROWS.watch(db, behind | fresh, 120)
    assert max(late[row] for row in fresh) < SECOND and max(late[row] for row in behind) < 3 * SECOND
    wait_until(lambda: ROWS.waiting(db) == count, 120, "all of the refused are known", 0.1)
    [cause] = ROWS.causes(db)
    assert cause == "P0001 function refuse_archived()"
    line = daemon.seen("reminder_refused")[0]
    assert line["reminder"].startswith("bad-") and line["user"].startswith("bad-user-")

    # A row of its own: a retry by its id, or its task's; an edit.  (Behind thousands the next full poll finds these.)
    tried_for_long(db)
    unarchive(db, "bad-1")
    assert "reminders" in run_ctl(db, "retry", "bad-1").text
    unarchive(db, "bad-2")
    db.execute("update recurd.reminders set source = 'user' where id = 'bad-2'")
    if count == 300:
        assert max(ROWS.watch(db, {row: bad[row] for row in ("bad-1", "bad-2")}, 10).values()) < 4 * SECOND
    assert "refuse_archived" in run_ctl(db, "show", "bad-3").text, "a task tells what its reminders wait for"

    mend(db, ROWS)
    let_pass(db, timedelta(seconds=90))
    ROWS.watch(db, bad, 90)
    wait_until(lambda: ROWS.waiting(db) == 0, 20, "nothing waits any more")
    daemon.stop()
    exactly_once(db, bad | behind | fresh)


def test_what_somebody_holds(db, recurd):
    """A lock on a reminder holds up that one; a lock on its task nobody."""
    held = ROWS.add(db, "held", 20)
    locked = ROWS.add(db, "locked", 20)
    free = ROWS.add(db, "free", 20)
    with db.connect(autocommit=False) as application:
        application.execute("update recurd.reminders set source = 'user' where id like 'held-%'")
        application.execute("update tasks set title = 'x' where id like 'locked-%'")
        daemon = recurd(db, **OPTIONS)
        assert max(ROWS.watch(db, locked | free, 10).values()) < 2 * SECOND
        holds_for(lambda: not ROWS.done(db, held), 0.5)
        application.rollback()
    assert max(ROWS.watch(db, {row: db.now() for row in held}, 10).values()) < 2 * SECOND
    daemon.stop()
    exactly_once(db, held | locked | free)


def test_kill_9_amid_batches_with_four_daemons(db, recurd):
    start = lambda: recurd(db, batch_size=20, **OPTIONS)  # noqa: E731
    daemons = [start() for _ in range(4)]
    due, everybody, chance = {}, list(daemons), random.Random(12)
    for number in range(8):
        due |= ROWS.add(db, f"r{number}", 100, timedelta(0))
        time.sleep(chance.random() / 20)  # at any moment of a batch
        victim = chance.randrange(4)
        daemons[victim].kill(signal.SIGKILL)
        daemons[victim].wait()
        daemons[victim] = start()
        everybody.append(daemons[victim])
    ROWS.watch(db, due, 60)
    for daemon in daemons:
        daemon.stop()
    exactly_once(db, due)
    keys = {row["reminder_id"]: row["key"] for row in db.rows("select reminder_id, key from recurd.notifications")}
    lines = [line for daemon in everybody for line in daemon.seen("reminder")]
    assert {line["reminder"] for line in lines} == set(due), "a line each, at least"
    assert all(line["key"] == keys[line["reminder"]] for line in lines), "and always under one key"


def test_neither_kind_of_reminder_starves_the_other(db, recurd):
    """Each has its turn beside a backlog of the other."""
    own = {f"own-{n}": db.now() for n in range(4_000)}
    add_users(db, "own", 100)
    db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
        " select id, 'x', false, 'own-user-' || n %% 100, now(), now(), recurd.now() - interval '2 minutes'"
        " from unnest(%s::text[]) with ordinality as u (id, n)", (list(own),))
    due = ROWS.add(db, "more", 4_000, timedelta(minutes=-2))
    daemon = recurd(db, connections=1, **OPTIONS | {"log_rate": 0, "batch_size": 200})
    told = "select count(*) filter (where reminder_id is null) as own, count(*) filter (where reminder_id is not null) as more from recurd.notifications"
    seen = []

    def half_done():
        seen.append(db.row(told))
        return seen[-1]["own"] + seen[-1]["more"] >= 4_000

    wait_until(half_done, 60, "half of all are told", 0.02)
    assert min(seen[-1].values()) > 1000, seen[-1]
    wait_until(lambda: sum(db.row(told).values()) == 8_000, 60, "all are told")
    daemon.stop()
    assert len(due) == db.row(told)["more"]


def test_a_due_date_that_moves_while_it_is_told(db, recurd):
    """From eight sessions, back and forth: no instant is told twice, none that stood is missed at the end."""
    due = ROWS.add(db, "moving", 8, timedelta(0))
    daemon = recurd(db, **OPTIONS)
    errors = []

    def move(task):
        with db.connect() as conn:
            for n in range(15):
                try:
                    conn.execute("update tasks set due_date = recurd.now() + interval '1 hour' + %s * interval '1 ms' where id = %s", (n % 3 - 1, task))
                except Exception as error:  # noqa: BLE001
                    errors.append(error)

    movers = [threading.Thread(target=move, args=(task,)) for task in due]
    for mover in movers:
        mover.start()
    for mover in movers:
        mover.join()
    assert errors == []
    pending = "select count(*) from recurd.reminders where remind_at > reminded_at or reminded_at is null"
    wait_until(lambda: db.value(pending) == 0, what="all are told")
    daemon.stop()
    assert not db.rows("select from recurd.notifications group by reminder_id, at having count(*) > 1")
