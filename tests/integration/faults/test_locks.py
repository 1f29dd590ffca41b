"""Applications and recurd on the same rows: nobody waits long, and the application is never killed."""

import signal
import threading
import time
from datetime import timedelta, timezone

import psycopg
import pytest

from faults.oracle import Oracle
from harness.util import PATIENCE, SLOWNESS, holds_for, wait_until

AGO = timedelta(seconds=-1)


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


def made(db, user=None):
    return db.value("select count(*) from tasks where recurring_task_id is not null and user_id = coalesce(%s, user_id)", (user,))


def test_a_users_row_that_is_held_holds_up_that_user_alone(db, recurd, tally):
    """Fault 30: a user's row is held.  1,000 templates of many users are due: all but one are made while the row is held."""
    db.add_templates(999, AGO, users=300)
    blocked = db.add_user("blocked")
    template = db.add_template(AGO, user=blocked)
    oracle = Oracle(db)
    oracle.note()
    holder = db.connect(autocommit=False)
    holder.execute("""select * from "user" where id = 'blocked' for update""")
    daemon = recurd(db)
    wait_until(lambda: made(db) == 999, what="999 are made")
    assert db.occurrences(template) == []

    # The application goes on in its transaction: it touches the template, and is not the one to be killed.
    for _ in range(10):
        holder.execute("update recurring_tasks set title = title || '.' where id = %s", (template,))
        holder.execute("""update "user" set name = name where id = 'blocked'""")
        holder.execute("select pg_sleep(0.2)")
    holder.commit()
    took = oracle.settle()  # the blocked user's task comes after the lock is gone
    daemon.stop()
    assert "deadlock detected" not in daemon.log(10000)
    tally(recovery=took, **oracle.check([daemon], lines=False))


def test_a_locked_template_is_passed_over_and_does_not_spin(db, recurd, tally):
    """Fault 30: a template's row is held."""
    locked = db.add_template(AGO)
    other = db.add_template(AGO)
    oracle = Oracle(db)
    oracle.note()
    holder = db.connect(autocommit=False)
    holder.execute("select * from recurring_tasks where id = %s for update", (locked,))
    daemon = recurd(db, poll_interval="500ms")
    wait_until(lambda: db.occurrences(other))
    before = daemon.cpu_seconds()
    holds_for(lambda: not db.occurrences(locked), 2)
    assert daemon.cpu_seconds() - before < 0.3 * SLOWNESS, "backs off while it cannot have the row"
    holder.rollback()
    took = oracle.settle()
    daemon.stop()
    tally(recovery=took, **oracle.check([daemon]))


def test_a_locked_task_is_passed_over(db, recurd, tally):
    """Fault 30: a task's row is held while its reminder is due: the others are told, and it as soon as it is free."""
    oracle = Oracle(db)
    locked = oracle.add_task(AGO)
    with db.connect(autocommit=False) as holder:
        holder.execute("select * from tasks where id = %s for update", (locked,))
        daemon = recurd(db, poll_interval="100ms")
        others = {oracle.add_task(AGO) for _ in range(5)}
        wait_until(lambda: {row["task_id"] for row in db.notifications("reminder")} == others)
        # The application snoozes it while it has it: that is what counts afterwards.
        holder.execute("update tasks set remind_at = remind_at + interval '1 s' where id = %s", (locked,))
        holder.commit()
    oracle.reminders[locked] = {db.task(locked)["remind_at"].astimezone(timezone.utc): True}
    wait_until(lambda: len(db.notifications("reminder")) == 6)
    took = oracle.settle()
    daemon.stop()
    assert len(daemon.seen("reminder", task=locked)) == 1
    assert db.task(locked)["reminded_at"] >= db.task(locked)["remind_at"]
    tally(recovery=took, **oracle.check([daemon]))


@pytest.mark.timing
def test_what_was_held_is_done_within_seconds_of_its_release(db, recurd):
    """Fault 30: a user's row, a template's and a task's are held for two seconds."""
    user = db.add_user("blocked")
    templates = [db.add_template(AGO, user=user), db.add_template(AGO)]
    task = db.add_task(remind=AGO)
    with db.connect(autocommit=False) as holder:
        holder.execute("""select from "user" where id = 'blocked' for update""")
        holder.execute("select from recurring_tasks where id = %s for update", (templates[1],))
        holder.execute("select from tasks where id = %s for update", (task,))
        daemon = recurd(db, poll_interval="500ms")
        holds_for(lambda: made(db) == 0 and not db.notifications("reminder"), 2)
    released = time.monotonic()
    wait_until(lambda: made(db) == 2 and db.notifications("reminder"))
    assert time.monotonic() - released < 5
    daemon.stop()


# Edits one template, and returns how many tasks were made while it had to wait.
EDIT = """
create function edit(template text) returns bigint language plpgsql as $$
declare
    before bigint := (select count(*) from tasks);
begin
    update recurring_tasks set title = title || '!' where id = template;
    return (select count(*) from tasks) - before;
end $$"""


def test_an_application_waits_no_longer_than_a_batch(db, recurd, tally):
    """Fault 30: edits of templates while 4,000 are generated in twenty batches: none waits for more than a few of them.

    Counted in what is made meanwhile, as the server sees it: seconds depend on who else uses the machine.
    """
    db.add_templates(4000, AGO, users=100)
    db.psql(EDIT)
    daemon = recurd(db, log_rate=0, batch_size=200)
    wait_until(lambda: made(db) > 0)
    waits = [db.value("select edit(%s)", (f"t-{n * 50}",)) for n in range(1, 80)]
    wait_until(lambda: made(db) >= 4000)
    assert max(waits) <= 5 * 200, f"made while an edit waited: {waits}"
    daemon.stop()
    tally(injected=len(waits))


def test_inserts_that_refer_to_a_claimed_template_do_not_wait(db, recurd, tally):
    """Fault 30: a worker is stopped with a template and its user's task claimed: what only refers to them goes through.

    Hence NO KEY UPDATE: with FOR UPDATE each of these would wait for the batch.
    """
    oracle = Oracle(db)
    template = oracle.add_template(AGO, {"frequency": "daily"})
    daemon = recurd(db, env={"RECURD_FAULT_STOP": "generator.planned_not_written"}, ready=False)
    wait_until(lambda: daemon.status_field("State").startswith("T"), what="it has claimed the template")
    claimed = "select count(*) from (select from recurring_tasks for no key update skip locked) as free"
    assert db.value(claimed) == 0
    db.execute("insert into tags (id, user_id, name) values ('tag', 'user-default', 'x')")
    with db.connect() as conn:
        conn.execute("set lock_timeout = '100ms'")
        conn.execute("insert into recurd.template_tags values (%s, 'tag')", (template,))
        conn.execute(
            "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, recurring_task_id)"
            " values ('mine', 'x', false, 'user-default', now(), now(), %s)", (template,),
        )
    daemon.kill(signal.SIGCONT)
    took = oracle.settle()
    daemon.stop()
    tally(recovery=took, **oracle.check([daemon]))


def test_deadlocks_never_kill_the_application(db, recurd, tally):
    """Fault 30: the application locks in the opposite order, again and again, with a short deadlock_timeout."""
    db.execute("alter database " + db.name + " set deadlock_timeout = '400ms'")
    users = [db.add_user(f"du-{n}") for n in range(4)]
    daemon = recurd(db, poll_interval="20ms", min_interval="1s")
    templates = [
        db.add_template(timedelta(milliseconds=200), {"frequency": "secondly"}, user=user) for user in users
    ]
    errors, stop = [], threading.Event()

    def application(n):
        with psycopg.connect(db.dsn, autocommit=False) as conn:
            while not stop.is_set():
                try:
                    conn.execute('select 1 from "user" where id = %s for update', (users[n],))
                    conn.execute("select pg_sleep(0.15)")
                    conn.execute("update recurring_tasks set title = 'x' where id = %s", (templates[n],))
                    conn.commit()
                    conn.execute("select pg_sleep(0.15)")
                    conn.rollback()
                except psycopg.Error as error:
                    errors.append(error)
                    conn.rollback()

    threads = [threading.Thread(target=application, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: made(db) >= 12, what="recurd gets its turns")
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert errors == []
    daemon.stop()
    for template in templates:
        there = [at.replace(microsecond=0) for at in db.occurrences(template)]
        assert there == [there[0] + timedelta(seconds=s) for s in range(len(there))]
    tally(injected=made(db))
