"""One task per occurrence, whatever conspires: many workers, kill -9, stopped and woken workers.

The mutants at the end prove that these tests can fail: without the keys and without SKIP LOCKED the same
run produces duplicates; either alone prevents them.
"""

import random
import signal
from datetime import timedelta

import pytest

from harness.util import holds_for, wait_until

AGO = timedelta(seconds=-1)
HOURLY = {"frequency": "hourly"}
QUIET = {"log_rate": 0, "poll_interval": "50ms"}


def count_duplicates(db):
    return db.value(
        "select count(*) from (select recurring_task_id, occurrence_at from tasks"
        " where recurring_task_id is not null group by 1, 2 having count(*) > 1) twice"
    )


def verify_exact(db, templates, each):
    """Every template has exactly `each` tasks, each with its notification, and has moved on."""
    counts = db.rows(
        "select count(k.id) as n, count(distinct k.occurrence_at) as d from recurring_tasks t"
        " left join tasks k on k.recurring_task_id = t.id group by t.id having count(k.id) <> %s",
        (each,),
    )
    assert counts == [], f"{len(counts)} templates with a wrong number of tasks, as {counts[:3]}"
    assert count_duplicates(db) == 0
    assert db.value("select count(*) from recurd.notifications where kind = 'task_created'") == templates * each
    assert db.value("select count(*) from recurring_tasks where used_count <> %s", (each,)) == 0
    assert db.value("select count(*) from recurring_tasks where next_due_at <> planned_due_at") == 0


def done(db):
    return db.value("select not exists (select from recurring_tasks where next_due_at <= recurd.now())")


def backlog(db, templates, each, users=50):
    """Templates that are each behind by so many occurrences."""
    db.go_live(db.now() - timedelta(days=30))
    db.add_templates(templates, timedelta(hours=-(each - 1), seconds=-1), users=users, rule=HOURLY)


def test_four_daemons_share_the_work(app_db, recurd):
    backlog(app_db, 2000, 3)
    daemons = [recurd(app_db, batch_size=100, worker_name=f"w{n}", **QUIET) for n in range(4)]
    wait_until(lambda: done(app_db), 60, "everything is made")
    for daemon in daemons:
        daemon.stop()
    verify_exact(app_db, 2000, 3)


def test_kill_9_of_one_of_four_twenty_times(app_db, recurd):
    chance = random.Random(20)
    backlog(app_db, 4000, 3)
    start = lambda: recurd(app_db, batch_size=40, reconnect_limit="200ms", **QUIET)  # noqa: E731
    daemons = [start() for _ in range(4)]
    for kill in range(20):
        victim = chance.randrange(4)
        made = app_db.value("select count(*) from tasks")
        wait_until(lambda: app_db.value("select count(*) from tasks") > made or done(app_db), what="some progress")
        if done(app_db):
            # Faster than the killer: more work, so that all twenty kills hit a daemon that generates.
            app_db.execute("update recurring_tasks set next_due_at = next_due_at - interval '0 s'")
            app_db.add_templates(1000, timedelta(hours=-2, seconds=-1), users=50, rule=HOURLY, prefix=f"more{kill}")
        daemons[victim].kill(signal.SIGKILL)
        daemons[victim].wait()
        daemons[victim] = start()
    wait_until(lambda: done(app_db), 60, "everything is made")
    for daemon in daemons:
        daemon.stop()
    verify_exact(app_db, app_db.value("select count(*) from recurring_tasks"), 3)


def test_a_zombie_that_wakes_writes_nothing_twice(app_db, recurd):
    """SIGSTOP in mid-batch: the server ends its transaction, another worker goes on, then it wakes."""
    backlog(app_db, 3000, 1)
    zombie = recurd(app_db, batch_size=200, statement_timeout="1s", reconnect_limit="200ms", **QUIET)
    wait_until(lambda: app_db.value("select count(*) from tasks") > 0)
    zombie.kill(signal.SIGSTOP)
    other = recurd(app_db, batch_size=200, **QUIET)
    wait_until(lambda: done(app_db), 60, "the other finishes, the stopped one's locks do not hold it up")
    zombie.kill(signal.SIGCONT)
    holds_for(lambda: zombie.process.poll() is None, 0.5)
    zombie.stop()
    other.stop()
    verify_exact(app_db, 3000, 1)


FAULTS = [
    "generator.claimed",
    "generator.planned_not_written",
    "generator.written_not_logged",
    "batch.logged_not_committed",
    "batch.committed",
]


@pytest.mark.parametrize("point", FAULTS)
def test_a_crash_at_the_worst_line(app_db, recurd, point):
    """A line may be repeated under the same key; no row is lost or doubled."""
    backlog(app_db, 60, 2)
    crashed = recurd(app_db, batch_size=30, env={"RECURD_FAULT": f"{point}:3"}, ready=False, poll_interval="50ms")
    assert crashed.wait(20) == -signal.SIGKILL, crashed.log()
    second = recurd(app_db, batch_size=30, poll_interval="50ms")
    wait_until(lambda: done(app_db), 30)
    second.stop()
    verify_exact(app_db, 60, 2)
    said = [line for daemon in (crashed, second) for line in daemon.seen("generated")]
    keys = {line["key"] for line in said}
    assert keys == set(app_db.column("select key from recurd.notifications")), "each row has its line"
    assert len(said) - len(keys) <= 30, "at most one batch is said again"


@pytest.mark.parametrize("point", ["reminder.written_not_logged", "batch.logged_not_committed", "batch.committed"])
def test_a_crash_while_reminding(app_db, recurd, point):
    app_db.go_live(app_db.now() - timedelta(days=1))
    tasks = {app_db.add_task(remind=AGO) for _ in range(40)}
    crashed = recurd(app_db, batch_size=15, env={"RECURD_FAULT": f"{point}:2"}, ready=False, poll_interval="50ms")
    assert crashed.wait(20) == -signal.SIGKILL
    second = recurd(app_db, batch_size=15, poll_interval="50ms")
    wait_until(lambda: len(app_db.notifications("reminder")) == 40)
    second.stop()
    assert {row["task_id"] for row in app_db.notifications()} == tasks
    said = {line["key"] for daemon in (crashed, second) for line in daemon.seen("reminder")}
    assert said == {row["key"] for row in app_db.notifications()}


def test_four_daemons_remind_once(app_db, recurd):
    app_db.go_live(app_db.now() - timedelta(days=1))
    app_db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
        " select 'r-' || i, 'x', false, %s, now(), now(), recurd.now() from generate_series(1, 3000) i",
        (app_db.add_user(),),
    )
    daemons = [recurd(app_db, batch_size=50, log_rate=100000, poll_interval="50ms") for _ in range(4)]
    wait_until(lambda: app_db.value("select count(*) from recurd.notifications") == 3000, 30)
    for daemon in daemons:
        daemon.stop()
    keys = [line["key"] for daemon in daemons for line in daemon.seen("reminder")]
    assert len(keys) == len(set(keys)) == 3000


# Mutants ------------------------------------------------------------------------------------------

LOCKED = b"for no key update skip locked"


def drop_keys(db):
    """Neither the occurrence's unique key nor the derived id's primary key stands in the way."""
    db.execute("drop index ux_tasks_recurring_task_id_occurrence_at")
    db.execute("create index ux_tasks_recurring_task_id_occurrence_at on tasks (recurring_task_id, occurrence_at)")
    db.execute("alter table tasks drop constraint tasks_pkey cascade")


def duplicates_of_four(db, recurd, proxy, locks):
    """Four daemons at once; without locks, a proxy takes SKIP LOCKED out of their claims."""
    backlog(db, 4000, 1)
    net = proxy(rewrite=None if locks else (LOCKED, b" " * len(LOCKED)))
    daemons = [recurd(db, dsn=net.dsn_for(db), batch_size=500, ready=False, **QUIET) for _ in range(4)]
    wait_until(lambda: done(db), 60, "everything is made")
    for daemon in daemons:
        daemon.stop()
    assert locks or net.rewritten > 8, "the mutation reached the statements"
    return count_duplicates(db)


def test_mutant_without_locks_and_keys_makes_duplicates(app_db, recurd, proxy):
    """So the tests above can fail."""
    drop_keys(app_db)
    assert duplicates_of_four(app_db, recurd, proxy, locks=False) > 0


def test_the_keys_alone_prevent_duplicates(app_db, recurd, proxy):
    assert duplicates_of_four(app_db, recurd, proxy, locks=False) == 0
    assert app_db.value("select count(*) from tasks") == 4000


def test_the_locks_alone_prevent_duplicates(app_db, recurd, proxy):
    drop_keys(app_db)
    assert duplicates_of_four(app_db, recurd, proxy, locks=True) == 0
    assert app_db.value("select count(*) from tasks") == 4000


def test_recurd_does_not_work_without_the_unique_key(app_db, recurd):
    app_db.execute("drop index ux_tasks_recurring_task_id_occurrence_at")
    backlog(app_db, 10, 1)
    daemon = recurd(app_db)
    assert "ux_tasks_recurring_task_id_occurrence_at" in daemon.expect("database_unfit", count=2)["msg"]
    assert app_db.value("select count(*) from tasks") == 0
    daemon.stop()
