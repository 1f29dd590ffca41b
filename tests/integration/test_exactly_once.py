"""One task per occurrence, one line per reminder, however many workers share the work (faults/ breaks them)."""

from datetime import timedelta

import pytest

from harness.util import wait_until

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
    wait_until(lambda: done(app_db), what="everything is made")
    for daemon in daemons:
        daemon.stop()
    verify_exact(app_db, 2000, 3)


def test_four_daemons_remind_once(app_db, recurd):
    app_db.go_live(app_db.now() - timedelta(days=1))
    app_db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
        " select 'r-' || i, 'x', false, %s, now(), now(), recurd.now() from generate_series(1, 3000) i",
        (app_db.add_user(),),
    )
    daemons = [recurd(app_db, batch_size=50, log_rate=100000, poll_interval="50ms") for _ in range(4)]
    wait_until(lambda: app_db.value("select count(*) from recurd.notifications") == 3000)
    for daemon in daemons:
        daemon.stop()
    keys = [line["key"] for daemon in daemons for line in daemon.seen("reminder")]
    assert len(keys) == len(set(keys)) == 3000


@pytest.mark.parametrize("there", [1, 30])
def test_what_is_there_already_is_left_as_it_is(app_db, recurd, there):
    """A backup restored in part: the tasks came back, the templates' new state did not.

    Batches insert without looking, and the server refuses one of these; then they look, and nobody waits.
    """
    backlog(app_db, 60, 1)
    app_db.execute(
        "insert into tasks (id, title, user_id, is_complete, created_at, updated_at, recurring_task_id, occurrence_at)"
        " select recurd.instance_id(id, next_due_at), 'Done by hand', user_id, true, now(), now(), id, next_due_at"
        " from recurring_tasks where split_part(id, '-', 2)::int <= %s",
        (there,),
    )
    daemon = recurd(app_db, batch_size=20, poll_interval="50ms")
    wait_until(lambda: done(app_db), what="everything is made")
    # What follows finds the worker as able as before.
    later = app_db.add_template(AGO, user="u-1")
    wait_until(lambda: app_db.occurrences(later), what="the next one is made")
    daemon.stop()
    assert app_db.value("select count(*) from tasks where title = 'Done by hand' and is_complete") == there
    assert app_db.value("select count(*) from tasks") == 61
    assert count_duplicates(app_db) == 0
    assert len(daemon.seen("generated")) == 61 - there, "what was there is not told again"
    assert app_db.value("select count(*) from recurd.notifications") == 61 - there
    assert app_db.value("select count(*) from recurring_tasks where failed_at is not null") == 0
    assert app_db.rows("select * from recurd.waiting") == []
    assert daemon.seen("held") == [] and daemon.seen("refused") == [] and daemon.seen("batch_failed") == []


def test_a_notification_that_is_there_already_keeps_its_row(app_db, recurd):
    """As above for reminders: told before, with a row under its key, and pending again."""
    app_db.go_live(app_db.now() - timedelta(days=1))
    tasks = [app_db.add_task(remind=AGO) for _ in range(40)]
    app_db.execute(
        "insert into recurd.notifications (key, kind, user_id, task_id, at)"
        " select recurd.notification_key('reminder', id, remind_at), 'reminder', user_id, id, remind_at"
        " from tasks where id = any(%s)",
        (tasks[:3],),
    )
    told = app_db.rows("select * from recurd.notifications order by id")
    daemon = recurd(app_db, batch_size=20, poll_interval="50ms")
    pending = "select count(*) from tasks where reminded_at is null"
    wait_until(lambda: app_db.value(pending) == 0, what="all are handled")
    daemon.stop()
    assert app_db.rows("select * from recurd.notifications order by id limit 3") == told
    assert app_db.value("select count(*) from recurd.notifications") == 40
    assert {line["task"] for line in daemon.seen("reminder")} == set(tasks)
    assert daemon.seen("reminder_refused") == [] and daemon.seen("batch_failed") == []


def test_an_id_that_another_row_has_loses_nothing_in_silence(app_db, recurd):
    """Somebody gave an instance's id to a task of his own: the occurrence was passed over without a word."""
    app_db.go_live(app_db.now() - timedelta(days=1))
    victim, other = (app_db.add_template(AGO, user=app_db.add_user()) for _ in range(2))
    app_db.execute(
        "insert into tasks (id, title, user_id, is_complete, created_at, updated_at, recurring_task_id, occurrence_at)"
        " select recurd.instance_id(id, next_due_at), 'mine', user_id, false, now(), now(), %s, '2020-01-01'"
        " from recurring_tasks where id = %s",
        (other, victim),
    )
    due = app_db.template(victim)["next_due_at"]
    daemon = recurd(app_db)
    assert "tasks_pkey" in daemon.expect("refused", template=victim)["cause"]
    wait_until(lambda: app_db.column("select id from recurd.waiting") == [victim], what="it waits")
    wait_until(lambda: len(app_db.occurrences(other)) == 2, what="the other is served")
    assert app_db.occurrences(victim) == [] and app_db.template(victim)["failed_at"] is None
    app_db.execute("update tasks set id = 'its-own' where title = 'mine'")
    wait_until(lambda: app_db.occurrences(victim) == [due], what="the id is free again: it is made by itself")
    daemon.stop()
