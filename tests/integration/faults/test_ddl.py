"""Owners of the tables at work: locks of DDL, and things of ours that vanish."""

import time
from datetime import timedelta

import pytest

from faults.oracle import Oracle
from harness.util import SLOWNESS, wait_until

DAILY = {"frequency": "daily"}
LINES = {"log_rate": 1000000, "poll_interval": "50ms", "reconnect_limit": "200ms", "heartbeat_interval": "1s"}


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


def test_ddl_that_holds_its_lock(db, recurd, tally):
    """Fault 19: a migration of the application's, open for seconds, on each of the tables, then on all.

    A poll, which is one statement without limits, gives up its session after query_timeout; from then on it
    is told, once, that a lock is in the way, and heartbeats go on; afterwards all is made at once.  With our
    patience shorter than the lock, every reconnect once left one more backend waiting.
    """
    oracle = Oracle(db)
    daemon = recurd(db, lock_timeout="100ms", query_timeout="800ms", statement_timeout="500ms", **LINES)
    slowest = 0
    for tables in ("tasks", "recurring_tasks", "tasks, recurring_tasks, task_tags"):
        mark = daemon.mark()
        with db.connect(autocommit=False) as holder:
            holder.execute(f"lock table {tables} in access exclusive mode")
            if "recurring_tasks" not in tables:
                holder.execute("alter table tasks add column shade text")
            daemon.expect("waiting", since=mark)
            beat = db.value("select seen_at from recurd.workers")
            wait_until(lambda: db.value("select seen_at from recurd.workers") > beat, what="a heartbeat")
            assert len(daemon.seen("waiting", since=mark)) <= 3, "once for each kind of work"
            wait_until(lambda: db.sessions() <= 3, what="the application's, ours, and the first, without limits")
            holder.rollback()
        oracle.add_template(timedelta(0), DAILY)
        oracle.add_task(timedelta(0))
        slowest = max(slowest, oracle.settle())
    daemon.stop()
    tally(injected=3, recovery=slowest, **oracle.check([daemon]))


def test_polls_that_meet_a_lock_keep_their_pace(db, recurd, tally):
    """Fault 19: polls that met a lock came at ever longer intervals, up to half a minute."""
    # A poll that got no answer at all is followed by cautious ones.
    daemon = recurd(db, poll_interval="100ms", lock_timeout="50ms", statement_timeout="400ms", query_timeout="500ms")
    with db.connect(autocommit=False) as holder:
        holder.execute("lock table recurring_tasks in access exclusive mode")
        waits = (
            "select query_start from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'recurd'"
            " and datname = current_database()"
        )
        tries = set()
        # With pauses that double, fifteen tries would take minutes.
        wait_until(lambda: tries.update(db.column(waits)) or len(tries) >= 15, what="fifteen tries")
        holder.rollback()
    oracle = Oracle(db)
    oracle.add_template(timedelta(0), DAILY)
    took = oracle.settle()
    daemon.stop()
    tally(recovery=took, **oracle.check([daemon]))


def test_once_does_not_wait_for_a_lock(db, recurd, tally):
    """Fault 19: --once settled old reminders again and again until the lock was gone."""
    with db.connect(autocommit=False) as holder:
        holder.execute("lock table tasks in access exclusive mode")
        assert recurd(db, "--once", ready=False).wait() == 69
    tally()


def test_ddl_gets_its_lock_while_recurd_works(db, recurd, tally):
    """Fault 19: the application migrates with a lock_timeout of two seconds (six under sanitizers) while thousands
    are generated.

    It never waits longer than a batch, and the transaction that it queues before does not break ours.
    """
    oracle = Oracle(db)
    db.add_templates(3000, timedelta(seconds=-1), users=20)
    oracle.note()
    daemons = [recurd(db, batch_size=100, **LINES) for _ in range(2)]
    changes = 0
    with db.connect() as app:
        app.execute(f"set lock_timeout = '{2 * SLOWNESS}s'")
        while not oracle.is_settled():
            app.execute(f"alter table tasks add column extra_{changes} text default 'x'")
            app.execute(f"alter table recurring_tasks add column extra_{changes} integer not null default 0")
            changes += 1
            time.sleep(0.05)
    took = oracle.settle()
    for daemon in daemons:
        daemon.stop()
    tally(injected=2 * changes, recovery=took, **oracle.check(daemons))
    assert changes > 0


# What vanishes, how it comes back, and what must be named meanwhile.
GONE = {
    "a column of tasks": ("alter table tasks rename reminded_at to gone", "alter table tasks rename gone to reminded_at", "reminded_at"),
    "a column of templates": (
        "alter table recurring_tasks rename made_through to gone",
        "alter table recurring_tasks rename gone to made_through",
        "made_through",
    ),
    "a column of tasks, dropped with its index": (
        "create table kept as select id, reminded_at from tasks; alter table tasks drop column reminded_at cascade",
        "alter table tasks add column reminded_at timestamptz;"
        "update tasks set reminded_at = kept.reminded_at from kept where kept.id = tasks.id; drop table kept;"
        "create index ix_tasks_pending_remind_at on tasks (remind_at)"
        " where remind_at is not null and not is_complete and (reminded_at is null or remind_at > reminded_at)",
        "reminded_at",
    ),
    "a column of templates, dropped": (
        "alter table recurring_tasks drop column paused_at",
        "alter table recurring_tasks add column paused_at timestamptz",
        "paused_at",
    ),
    "a table": ("alter table recurd.notifications rename to gone", "alter table recurd.gone rename to notifications", "notifications"),
    "the clock": ("alter function recurd.now rename to gone", "alter function recurd.gone rename to now", "recurd.now"),
    "a table of the application's": ("alter table tasks rename to gone", "alter table gone rename to tasks", "tasks"),
    "the schema": ("alter schema recurd rename to gone", "alter schema gone rename to recurd", "recurd"),
}


def test_what_is_ours_vanishes(db, recurd, tally):
    """Fault 19: columns, tables, functions disappear under a running daemon, and under one that starts.

    Error lines name what is missing, at a pace that fills no disk; nothing is half done; when it is back,
    work goes on by itself.
    """
    oracle = Oracle(db)
    daemon = recurd(db, **LINES)
    slowest = 0
    for away, back, name in GONE.values():
        mark = daemon.mark()
        with db.conn.transaction():  # at once, or it would be made before it can fail
            oracle.add_template(timedelta(0), DAILY)
            oracle.add_task(timedelta(0))
            db.execute(away)
        try:
            wait_until(lambda: any(line.priority <= 3 and name in line.raw for line in daemon.events[mark:]), what=f"an error names {name}")
        finally:
            db.execute(back)
        assert len([line for line in daemon.events[mark:] if line.priority <= 3]) < 15
        slowest = max(slowest, oracle.settle())
    daemon.stop()

    for away, back, name in GONE.values():
        db.execute(away)
        try:
            starting = recurd(db, ready=False, **LINES)
            wait_until(lambda: any(line.priority <= 3 and name in line.raw for line in starting.events), what=f"an error names {name}")
            wait_until(lambda: any("waiting" in value for _, key, value in starting.notify.assignments() if key == "STATUS"))
        finally:
            db.execute(back)
        starting.wait_ready()
        starting.expect("connected", count=2)
        starting.stop()
    tally(injected=2 * len(GONE), recovery=slowest, **oracle.check([daemon]))


def test_a_column_becomes_of_another_type(db, recurd, tally):
    """Fault 19: a column that we read is of another type all at once.

    Statement, column and types are named, at a pace that fills no disk, and nothing is misread.  The worker
    once aborted, every two seconds, for ever.
    """
    oracle = Oracle(db)
    daemon = recurd(db, **LINES)
    pid, mark = daemon.pid, daemon.mark()
    db.execute("drop view if exists recurd.status, recurd.upcoming cascade")  # or they would hold the column
    with db.conn.transaction():
        oracle.add_template(timedelta(0), DAILY)
        oracle.add_task(timedelta(0))
        retype(db, "timestamp")
    found = "(remind_at) is timestamp, expected timestamptz"
    wait_until(lambda: any(line.priority <= 3 and found in line.raw for line in daemon.events[mark:]), what="it is told")
    beat = db.value("select seen_at from recurd.workers")
    wait_until(lambda: db.value("select seen_at from recurd.workers") > beat, what="a heartbeat")
    assert len([line for line in daemon.events[mark:] if line.priority <= 3]) < 15
    retype(db, "timestamptz")
    took = oracle.settle()
    assert daemon.pid == pid and daemon.process.poll() is None
    daemon.stop()
    tally(recovery=took, **oracle.check([daemon]))


def retype(db, to):
    """Both, or the predicate of an index would not do."""
    db.execute(f"alter table tasks alter remind_at type {to}, alter reminded_at type {to}")
