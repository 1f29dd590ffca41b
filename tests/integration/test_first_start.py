"""Nobody is flooded: a first start on a database as a year of use leaves it, a resume, a reopened task."""

from datetime import datetime, timedelta, timezone

import pytest

from harness.daemon import once

UTC = timezone.utc
NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def db(app_db):
    """Nothing has ever run here."""
    app_db.freeze(NOW)
    return app_db


@pytest.fixture
def old_db(db):
    """A year of use: old reminders on open tasks, stale templates, instances that the old script made."""
    db.add_templates(20, NOW - 200 * DAY, users=3, prefix="stale")
    db.add_templates(5, NOW + DAY, users=3, prefix="ahead")
    db.execute("update recurring_tasks set created_at = %s", (NOW - 300 * DAY,))
    db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at, due_date)"
        " select 'old-' || i, 'x', i %% 3 = 0, 'u-1', now(), now(), %s::timestamptz - i * interval '7 hours', now()"
        " from generate_series(1, 3000) i",
        (NOW,),
    )
    return db


def test_a_first_start_reminds_nobody_of_the_past(old_db):
    coming = old_db.add_task(remind=HOUR)
    log = once(old_db)
    assert not [line for line in log if line["event"] == "reminder"]
    assert old_db.notifications("reminder") == []
    pending = "remind_at is not null and not is_complete and (reminded_at is null or remind_at > reminded_at)"
    assert old_db.column(f"select id from tasks where {pending}") == [coming]
    assert old_db.value("select live_since from recurd.settings") == NOW
    old_db.freeze(NOW + HOUR)
    once(old_db)
    assert [row["task_id"] for row in old_db.notifications("reminder")] == [coming]


@pytest.mark.parametrize("policy, made", [(None, 1), ("latest", 1), ("none", 0), ("all", 100)])
def test_stale_templates_follow_adopt_backlog(old_db, policy, made):
    once(old_db, **({"adopt_backlog": policy} if policy else {}))
    counts = old_db.column(
        "select (select count(*) from tasks k where k.recurring_task_id = t.id) from recurring_tasks t"
        " where t.id like 'stale-%'"
    )
    assert counts == [made] * 20
    if made == 1:
        assert set(old_db.column("select occurrence_at from tasks where occurrence_at is not null")) == {NOW}
    ahead = old_db.column("select count(*) from tasks where recurring_task_id like 'ahead-%'")
    assert ahead == [0]
    due = set(old_db.column("select next_due_at from recurring_tasks"))
    assert due == {NOW + DAY}
    once(old_db)
    assert old_db.value("select count(*) from tasks where occurrence_at is not null") == 20 * made


def test_what_is_adopted_is_on_record(old_db):
    once(old_db)
    rows = old_db.decisions("stale-1", "adopted")  # one, unless the planner's time was up in between
    assert sum(row["occurrences"] for row in rows) == 200
    assert (rows[0]["first_at"], rows[-1]["last_at"]) == (NOW - 200 * DAY, NOW - DAY)


def test_templates_created_after_the_first_start_are_ordinary_catch_up(db):
    once(db)
    db.freeze(NOW + DAY)
    template = db.add_template(NOW - 3 * DAY)
    once(db)
    assert db.occurrences(template) == [NOW + n * DAY for n in range(-3, 2)]


def test_a_later_start_is_no_first_start(db):
    once(db)
    template = db.add_template(NOW + HOUR, created_at=NOW)
    task = db.add_task(remind=HOUR)
    db.freeze(NOW + 5 * DAY)
    once(db)
    assert len(db.occurrences(template)) == 5
    assert [row["task_id"] for row in db.notifications("reminder")] == [task]


def test_resuming_floods_nobody(db):
    once(db)
    template = db.add_template(NOW + HOUR)
    db.freeze(NOW + 2 * HOUR)
    once(db)
    db.update("recurring_tasks", template, is_active=False)
    db.freeze(NOW + 90 * DAY)
    db.update("recurring_tasks", template, is_active=True)
    once(db)
    assert len(db.occurrences(template)) == 1
    assert db.template(template)["next_due_at"] == NOW + 90 * DAY + HOUR


def test_reopening_a_task_does_not_remind_of_the_past(db):
    once(db)
    task = db.add_task(remind=HOUR, is_complete=True)
    later = db.add_task(remind=3 * DAY, is_complete=True)
    db.freeze(NOW + 2 * DAY)
    db.update("tasks", task, is_complete=False)
    db.update("tasks", later, is_complete=False)
    once(db)
    assert db.notifications("reminder") == []
    db.freeze(NOW + 4 * DAY)
    once(db)
    assert [row["task_id"] for row in db.notifications("reminder")] == [later]
