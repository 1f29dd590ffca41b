"""Reminders: one row, one line, one hint each; armed again by moving them later, and by nothing else."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from harness.daemon import once
from harness.util import wait_until
from test_generator import notification_key

UTC = timezone.utc
NOON = datetime(2025, 2, 3, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def db(app_db):
    app_db.freeze(NOON - timedelta(days=1))
    app_db.go_live()
    app_db.freeze(NOON)
    return app_db


def told(db):
    return [(row["task_id"], row["at"].astimezone(UTC)) for row in db.notifications("reminder")]


def test_a_reminder_becomes_a_row_and_a_line(db):
    user = db.add_user()
    at = NOON - MINUTE + timedelta(microseconds=7)
    task = db.add_task(user, remind=at)
    log = once(db)
    (row,) = db.notifications()
    assert row["key"] == notification_key("reminder", task, at)
    assert (row["kind"], row["task_id"], row["user_id"], row["template_id"]) == ("reminder", task, user, None)
    assert (row["at"], row["created_at"]) == (at, NOON)
    (line,) = [line for line in log if line["event"] == "reminder"]
    assert (line["task"], line["user"], line["key"]) == (task, user, row["key"])
    assert line["remind_at"] == "2025-02-03T11:59:00.000007Z"
    assert db.task(task)["reminded_at"] == at.replace(microsecond=999999)
    assert not any("Buy milk" in line.raw for line in log), "titles are not for the log"


def test_reminders_are_told_once_and_in_order(db):
    tasks = [db.add_task(remind=NOON - n * MINUTE) for n in (1, 3, 2)]
    log = once(db)
    once(db)
    assert [task for task, _ in told(db)] == [tasks[1], tasks[2], tasks[0]]
    assert [line["task"] for line in log if line["event"] == "reminder"] == [tasks[1], tasks[2], tasks[0]]


def test_what_is_not_due_completed_or_without_reminder_is_silent(db):
    db.add_task(remind=NOON + 60 * MINUTE)
    db.add_task(remind=NOON - MINUTE, is_complete=True)
    db.add_task()
    once(db)
    assert told(db) == []


def test_snoozing_arms_again_saving_again_does_not(db):
    at = NOON - MINUTE + timedelta(microseconds=123456)
    task = db.add_task(remind=at)
    once(db)
    # What an application that keeps milliseconds, or rounds, writes back is the reminder that it read.
    near = [at.replace(microsecond=us) for us in (123000, 0, 123457, 124000, 999999)]
    for again in (at, *near, at - MINUTE):
        db.update("tasks", task, remind_at=again)
        once(db)
        assert told(db) == [(task, at)], again
    db.update("tasks", task, remind_at=NOON + 5 * MINUTE)
    once(db)
    assert len(told(db)) == 1
    db.freeze(NOON + 6 * MINUTE)
    once(db)
    assert told(db) == [(task, at), (task, NOON + 5 * MINUTE)]
    second = timedelta(seconds=1)
    db.update("tasks", task, remind_at=NOON + 5 * MINUTE + second)
    once(db)
    assert told(db)[2:] == [(task, NOON + 5 * MINUTE + second)], "another second is another reminder"


def test_a_reminder_of_an_instance_names_its_template(db):
    template = db.add_template(NOON)
    once(db)
    (task,) = db.column("select id from tasks")
    db.update("tasks", task, remind_at=NOON + MINUTE)
    db.freeze(NOON + MINUTE)
    once(db)
    (row,) = db.notifications("reminder")
    assert (row["task_id"], row["template_id"]) == (task, template)


@pytest.mark.parametrize("instant", ["infinity", "-infinity"])
def test_infinite_instants_hang_nothing(db, instant):
    db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
        " values ('inf', 'x', false, %s, now(), now(), %s)",
        (db.add_user(), instant),
    )
    task = db.add_task(remind=NOON - MINUTE)
    once(db)
    assert [row for row, _ in told(db)] == [task]


def listen(db):
    conn = db.connect()
    conn.execute("listen recurd")
    return conn


def test_one_hint_a_batch_after_its_commit(db):
    conn = listen(db)
    received = []
    conn.add_notify_handler(lambda n: received.append(n.payload))
    tasks = {db.add_task(remind=NOON - MINUTE) for _ in range(3)}
    template = db.add_template(NOON)
    once(db)
    conn.execute("select 1")
    by_kind = {hint["kind"]: hint for hint in map(json.loads, received)}
    assert len(received) == 2
    assert set(by_kind["reminder"]["tasks"]) == tasks and by_kind["reminder"]["count"] == 3
    (instance,) = db.column("select id from tasks where recurring_task_id = %s", (template,))
    assert by_kind["task_created"]["tasks"] == [instance]


def test_a_hint_that_would_be_too_long_says_read_the_table(db):
    conn = listen(db)
    received = []
    conn.add_notify_handler(lambda n: received.append(n.payload))
    for n in range(600):
        db.add_task(remind=NOON - MINUTE, id=f"task-{n}-\"quoted\"-\u00fc")
    once(db)
    conn.execute("select 1")
    (hint,) = map(json.loads, received)
    assert hint["count"] == 600 and hint["more"] is True and "tasks" not in hint
    assert all(len(payload.encode()) < 8000 for payload in received)
    assert len(told(db)) == 600


def test_hints_can_be_switched_off(db):
    conn = listen(db)
    received = []
    conn.add_notify_handler(lambda n: received.append(n.payload))
    db.add_task(remind=NOON - MINUTE)
    once(db, notify=False)
    conn.execute("select 1")
    assert received == [] and len(told(db)) == 1


def test_above_log_rate_a_summary_takes_over_and_no_row_is_missing(db):
    db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
        " select 'r-' || i, 'x', false, %s, now(), now(), %s from generate_series(1, 500) i",
        (db.add_user(), NOON - MINUTE),
    )
    log = once(db, log_rate=100)
    lines = [line for line in log if line["event"] == "reminder"]
    silent = sum(int(line.get("without_line", 0)) for line in log if line["event"] == "batch")
    assert 100 <= len(lines) < 400
    assert len(lines) + silent == 500
    assert len(told(db)) == 500


def test_ids_of_any_kind_cannot_forge_a_line(db):
    task = 'x" event=forged task="\n<0>event=forged\x1b[31m'
    db.add_task(remind=NOON - MINUTE, id=task)
    log = once(db)
    (line,) = [line for line in log if line["event"] == "reminder"]
    assert line["task"] == task
    assert not [line for line in log if line["event"] == "forged"]


def test_a_flood_of_instances_takes_no_lines_from_reminders(app_db, recurd):
    """One budget for both once let 500 instances silence the reminders that came a moment later."""
    app_db.go_live()
    daemon = recurd(app_db, log_rate=100)
    app_db.add_templates(500, timedelta(0))
    wait_until(lambda: len(app_db.notifications("task_created")) == 500, timeout=30)
    tasks = [app_db.add_task(remind=timedelta(0)) for _ in range(50)]
    for task in tasks:
        daemon.expect("reminder", task=task)
