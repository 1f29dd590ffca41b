"""Applications that delete, edit and listen while recurd is at work."""

import random
import signal
import threading
import time
from datetime import timedelta

import psycopg
import pytest

from faults.oracle import Oracle, instance_id
from harness.util import PATIENCE, SLOWNESS, wait_until

DAILY = {"frequency": "daily"}
NOW = timedelta(0)
LINES = {"log_rate": 1000000, "poll_interval": "50ms", "reconnect_limit": "200ms"}


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=3))
    return app_db


# NOTIFY --------------------------------------------------------------------------------------------

# The server refuses at COMMIT, as this does.  Before PostgreSQL 17 the real one is full at 8 GB, a million pages,
# whatever the payloads: tried by hand (1,040,000 of 7,900 bytes, 125 s), it ends the same.
NOTIFY, FULL = b"pg_catalog.pg_notify('recurd', $1)", b"recurd.queue_is_full('recurd', $1)"
QUEUE = """
    create table recurd.full_queue (x integer);
    create function recurd.refuse() returns trigger language plpgsql as $$ begin
        raise exception 'too many notifications in the NOTIFY queue' using errcode = '54000'; end $$;
    create constraint trigger refuse after insert on recurd.full_queue deferrable initially deferred
        for each row execute function recurd.refuse();
    create function recurd.queue_is_full(text, text) returns void language sql
        as 'insert into recurd.full_queue values (1)';
"""


def test_a_full_notify_queue(db, recurd, proxy, tally):
    """Fault 30: every NOTIFY is refused at COMMIT, because somebody listens and never reads.

    It is a hint, sent after COMMIT: tasks, reminders, rows and lines are complete, and it is told.
    """
    db.psql(QUEUE)
    oracle = Oracle(db)
    net = proxy(rewrite=(NOTIFY, FULL))
    daemon = recurd(db, dsn=net.dsn_for(db), **LINES)
    took = 0
    for _ in range(5):
        oracle.add_template(NOW, DAILY)
        oracle.add_task(NOW)
        took = max(took, oracle.settle())
    line = daemon.expect("notify_failed")
    assert "too many notifications" in line["msg"] and "recurd.notifications" in line["msg"]
    daemon.stop()
    refused = len(daemon.seen("notify_failed"))
    assert refused >= 5
    tally(injected=refused, recovery=took, **oracle.check([daemon]))


def fill_queue(db):
    """Until the server refuses; somebody listens in an open transaction, so that nothing goes.  That session."""
    deaf = db.connect()
    deaf.execute("listen nobody")
    deaf.execute("begin")
    deaf.execute("select 1")
    with pytest.raises(psycopg.errors.ProgramLimitExceeded), db.connect() as conn:
        for n in range(1_000_000):
            conn.execute("select pg_notify('nobody', %s || repeat('x', 7900))", (str(n),))
    return deaf


def test_a_notify_queue_that_is_really_full(make_cluster, cluster, recurd, tally):
    """Fault 30: the same with a queue of PostgreSQL 17 and later, which may be small; then who held it up goes.

    NOTIFY was refused for ever then, to everybody: until somebody asks how full the queue is, the server does not look.
    """
    if not cluster.has("max_notify_queue_pages"):
        pytest.skip("needs PostgreSQL 17: the queue of this one is full at 8 GB")
    db = make_cluster(max_notify_queue_pages=64).create_migrated()
    db.go_live(db.now() - timedelta(days=3))
    oracle = Oracle(db)
    daemon = recurd(db, **LINES)
    deaf = fill_queue(db)
    for count in range(1, 4):
        oracle.add_template(NOW, DAILY)
        oracle.add_task(NOW)
        oracle.settle()
        assert "too many notifications" in daemon.expect("notify_failed", count=2 * count)["msg"]
    deaf.close()
    heard = []
    with db.connect() as listener:
        listener.add_notify_handler(heard.append)
        listener.execute("listen recurd")
        began = time.monotonic()
        oracle.add_task(NOW)
        wait_until(lambda: listener.execute("select 1") and heard, what="hints come again")
        took = time.monotonic() - began
    assert '"kind":"reminder"' in heard[0].payload
    daemon.stop()
    tally(injected=6, recovery=took, **oracle.check([daemon]))


# Deletions -----------------------------------------------------------------------------------------


# Whatever recurd writes stands still until there is a row in `gate`.
GATE = """
    create table gate (x integer);
    create function stand_still() returns trigger language plpgsql as $$ begin
        while not exists (select from public.gate) loop perform pg_sleep(0.01); end loop; return new; end $$;
    create trigger gate before insert on tasks for each row when (new.occurrence_at is not null) execute function stand_still();
    create trigger gate2 before update of reminded_at on tasks for each row execute function stand_still();
"""
# What there is to do, and what somebody deletes while it is being done, in the order in which applications do.
DELETED = {
    "a template": ("template", ["delete from recurring_tasks where user_id = %s"]),
    "a task": ("task", ["delete from tasks where user_id = %s"]),
    "a user with a template": ("template", [
        "delete from tasks where user_id = %s", "delete from recurring_tasks where user_id = %s",
        "delete from tasks where user_id = %s", """delete from "user" where id = %s""",
    ]),
    "a user with a task": ("task", ["delete from tasks where user_id = %s", """delete from "user" where id = %s"""]),
}


def test_what_is_handled_is_deleted_meanwhile(db, recurd, tally):
    """Fault 30: user, template, task go while the transaction that handles them is open.

    Whoever deletes waits for the batch and succeeds; nothing is left that refers to nobody, nothing comes later.
    """
    db.psql(GATE)
    oracle = Oracle(db)
    daemon = recurd(db, statement_timeout="30s", query_timeout="40s", **LINES)
    writing = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'deleter'"
    slowest = 0
    for what, (kind, statements) in DELETED.items():
        user = db.add_user(what)
        db.execute("truncate gate")
        add = db.add_template if kind == "template" else lambda due, user: db.add_task(user, due)
        add(NOW, user=user)
        wait_until(lambda: db.value(writing), what=f"{what}: it is being handled")
        errors = []

        def delete():
            try:
                with db.connect(application_name="deleter") as conn:
                    for statement in statements:
                        conn.execute(statement, (user,))
            except psycopg.Error as error:
                errors.append(error)

        deleter = threading.Thread(target=delete)
        deleter.start()
        wait_until(lambda: db.value(waiting), what=f"{what}: who deletes it waits")
        db.execute("insert into gate values (1)")
        began = time.monotonic()
        deleter.join(PATIENCE)
        assert not deleter.is_alive() and errors == []
        slowest = max(slowest, time.monotonic() - began)
        oracle.settle()
        assert db.value("select count(*) from recurring_tasks where user_id = %s", (user,)) == 0
        left = db.value("select count(*) from tasks where user_id = %s", (user,))
        assert left == (what == "a template"), "what became of the template before it went"
        assert db.value("select count(*) from recurd.notifications where user_id = %s", (user,)) == 1
        oracle.add_template(NOW, DAILY)
        oracle.settle()
    assert slowest < SLOWNESS
    daemon.stop()
    assert not [line for line in daemon.events if line.priority <= 3], daemon.log()
    tally(injected=len(DELETED), recovery=slowest)


def test_a_storm_of_deletions_and_edits(db, recurd, tally):
    """Fault 30: four applications delete users, templates, tasks and instances, and edit them, as fast as they can.

    None of them ever gets an error, a deadlock least of all.  Templates that live have all their occurrences
    without a gap, except for instances that their user deleted; nothing of a deleted one comes later.
    """
    db.execute(f"alter database {db.name} set deadlock_timeout = '400ms'")
    names = [db.add_user(f"s-{n}") for n in range(8)]
    add = lambda user: db.add_template(timedelta(milliseconds=300), {"frequency": "secondly"}, user=user)  # noqa: E731
    lasting = [add(user) for user in names]
    errors, stop, counts = [], threading.Event(), [0] * 4

    def application(n):
        chance = random.Random(n)
        with psycopg.connect(db.dsn, autocommit=False) as conn:
            while not stop.is_set():
                user, name = chance.choice(names), f"storm-{n}-{counts[n]}"
                try:
                    conn.execute('select from "user" where id = %s for update', (user,))
                    conn.execute(
                        "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at)"
                        """ values (%s, %s, 'x', '{"frequency": "secondly"}', now())""", (name, user),
                    )
                    conn.execute(
                        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
                        " values (%s, 'x', false, %s, now(), now(), now())", (name, user),
                    )
                    conn.commit()
                    conn.execute("select pg_sleep(%s)", (chance.random() / 10,))
                    conn.commit()
                    # In this order applications lock: the task, the user, the template.
                    conn.execute("delete from tasks where id = %s", (name,))
                    conn.execute("update tasks set title = 'edited' where recurring_task_id = %s", (name,))
                    conn.execute("""update "user" set name = 'y' where id = %s""", (user,))
                    conn.execute("select pg_sleep(%s)", (chance.random() / 10,))
                    conn.execute("delete from recurring_tasks where id = %s", (name,))
                    conn.execute("delete from tasks where user_id = %s and title = 'edited'", (user,))
                    conn.commit()
                    counts[n] += 1
                except psycopg.Error as error:
                    errors.append(error)
                    conn.rollback()

    daemons = [recurd(db, min_interval="1s", **{**LINES, "poll_interval": "20ms"}) for _ in range(2)]
    threads = [threading.Thread(target=application, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: sum(counts) >= 60 and db.value("select count(*) from tasks where recurring_task_id = %s", (lasting[0],)) >= 3)
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert errors == []
    db.execute("update recurring_tasks set is_active = false")
    oracle = Oracle(db)
    took = oracle.settle()
    for daemon in daemons:
        daemon.stop()
    for template in lasting:
        there = db.occurrences(template)
        # The first stands as it was given; what recurd computes has whole seconds.
        first = there[0].replace(microsecond=0)
        assert [at.replace(microsecond=0) for at in there] == [first + timedelta(seconds=s) for s in range(len(there))]
        assert len(there) >= 3
    assert db.value("select count(*) from recurring_tasks where id like 'storm-%'") == 0
    bad = [line for daemon in daemons for line in daemon.events if line.priority <= 3 or line["event"] == "quarantined"]
    assert not bad, bad[:3]
    tally(injected=sum(counts), recovery=took)


def test_what_its_user_deleted_stays_deleted(db, recurd, tally):
    """Fault 30: instances are deleted, edited, completed; then workers die, clocks step back, stale rows are saved.

    No deleted instance comes back, no edit is undone, and what comes next comes.
    """
    user = db.add_user("editor")
    templates = [db.add_template(NOW - timedelta(days=2), DAILY, user=user) for _ in range(4)]
    stale = {t: db.row("select title, recurrence_rule::text, next_due_at, is_active from recurring_tasks where id = %s", (t,)) for t in templates}
    oracle = Oracle(db)
    oracle.note()
    first = recurd(db, **LINES)
    oracle.settle()
    doomed = {t: db.occurrences(t)[1] for t in templates}
    for template, at in doomed.items():
        row_id = instance_id(template, at)
        oracle.deleted.add(row_id)
        assert db.execute("delete from tasks where id = %s", (row_id,)).rowcount == 1
        kept = instance_id(template, db.occurrences(template)[0])
        db.execute("update tasks set title = 'mine', is_complete = true, due_date = null where id = %s", (kept,))
    first.kill(signal.SIGKILL)
    first.wait()

    second = recurd(db, **LINES)
    db.time_travel(timedelta(days=-1))
    for template in templates:
        # As an ORM does that loaded the row days ago: the title is new, next_due_at is history.
        row = {**stale[template], "title": "Renamed"}
        db.update("recurring_tasks", template, **row)
    began = time.monotonic()
    wait_until(lambda: db.value("select min(next_due_at) from recurring_tasks") > db.now() + timedelta(hours=30), what="all look ahead again")
    db.time_travel(timedelta(days=1))
    oracle.settle()
    took = time.monotonic() - began
    second.stop()
    assert db.value("select count(*) from tasks where title = 'mine' and is_complete and due_date is null") == len(templates)
    tally(injected=3 * len(templates), recovery=took, **oracle.check([first, second]))
