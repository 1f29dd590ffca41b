"""Nobody is flooded, the less plain cases (the plain: test_first_start.py).

A database as a year of use leaves it: a cron script has made instances and moved next_due_at for a while
and was given up; reminders of a year lie on open tasks; some templates are paused, over, or broken.
"""

from datetime import datetime, timedelta, timezone

import pytest

from harness.daemon import once
from harness.util import wait_until

UTC = timezone.utc
NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PENDING = "remind_at is not null and not is_complete and (reminded_at is null or remind_at > reminded_at)"


def add_old_template(db, due, rule=None, **columns):
    return db.add_template(due, rule, created_at=NOW - 400 * DAY, **columns)


@pytest.fixture
def db(app_db):
    app_db.freeze(NOW)
    return app_db


@pytest.fixture
def year(db):
    """Names of what lies there, to ids."""
    rows = {
        "stale": add_old_template(db, NOW - 30 * DAY),
        "hourly": add_old_template(db, NOW - 300 * DAY, {"rrule": "FREQ=HOURLY"}),
        "over": add_old_template(db, NOW - 90 * DAY, {"frequency": "daily", "end_date": "2025-05-01T00:00:00Z"}),
        "counted": add_old_template(db, NOW - 90 * DAY, {"frequency": "daily", "count": 10}),
        "broken": add_old_template(db, NOW - 90 * DAY, {"frequency": "daily", "days": "mon"}),
        "ahead": add_old_template(db, NOW + DAY, {"frequency": "weekly"}),
    }
    # Paused long before recurd came: no trigger has noted when.
    rows["paused"] = add_old_template(db, NOW - 200 * DAY)
    db.execute("alter table recurring_tasks disable trigger user")
    db.update("recurring_tasks", rows["paused"], is_active=False)
    db.execute("alter table recurring_tasks enable trigger user")
    # The script's own instances, and a year of reminders, two thirds of them on open tasks.
    db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, due_date, remind_at)"
        " select 'script-' || i, 'Water the plants', i %% 3 = 0, 'user-default', now(), now(),"
        "        %(now)s - i * interval '1 day', %(now)s - i * interval '1 day' - interval '1 minute'"
        " from generate_series(1, 365) i",
        {"now": NOW},
    )
    return rows


def counts(db, rows):
    return {name: len(db.occurrences(template)) for name, template in rows.items()}


# The first start -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "policy, made",
    [
        ("latest", {"stale": 1, "hourly": 1, "over": 1, "counted": 1}),
        ("none", {}),
        ("all", {"stale": 31, "hourly": 100, "over": 58, "counted": 10}),
    ],
)
@pytest.mark.parametrize("batch_size", [pytest.param(50, marks=pytest.mark.slow), 1000])
def test_the_first_start_on_a_year_of_use(db, year, policy, made, batch_size):
    """One task a template that was due (or none, or up to the limit), no word about old reminders; next time nothing."""
    log = once(db, adopt_backlog=policy, batch_size=batch_size)
    expected = {name: made.get(name, 0) for name in year}
    assert counts(db, year) == expected
    assert len([line for line in log if line["event"] == "generated"]) == sum(made.values())
    assert not [line for line in log if line["event"] == "reminder"] and db.notifications("reminder") == []
    assert db.value(f"select count(*) from tasks where {PENDING}") == 0
    state = {name: db.template(template) for name, template in year.items()}
    assert [name for name, row in state.items() if row["failed_at"]] == ["broken"]
    assert [name for name, row in state.items() if row["ended_at"]] == ["over", "counted"]
    assert state["over"]["next_due_at"] == datetime(2025, 4, 30, 12, tzinfo=UTC)
    assert all(row["next_due_at"] > NOW for name, row in state.items() if name in ("stale", "hourly", "ahead"))
    assert counts(db, year) == expected and not [line for line in once(db) if line["event"] == "generated"]


def test_what_is_not_made_is_on_record_to_the_last_one(db, year):
    once(db, adopt_backlog="none")
    for name, missed in (("stale", 31), ("hourly", 300 * 24 + 1), ("over", 58), ("counted", 10)):
        rows = db.decisions(year[name], "adopted")
        assert sum(row["occurrences"] for row in rows) == missed, name
        assert min(row["first_at"] for row in rows) == NOW - {"stale": 30, "hourly": 300}.get(name, 90) * DAY


def test_two_workers_at_a_first_start_agree_on_it(db, year, recurd):
    """Both come up at once on a database that never saw one: one live_since, one task a template."""
    for daemon in [recurd(db, ready=False, poll_interval="50ms", batch_size=25) for _ in range(2)]:
        daemon.wait_ready()
    left = (
        f"select (select count(*) from tasks where {PENDING}) + (select count(*) from recurring_tasks"
        " where is_active and failed_at is null and next_due_at <= recurd.now())"
    )
    wait_until(lambda: db.value(left) == 0, what="nothing is left", interval=0.1)
    expected = {name: int(name in ("stale", "hourly", "over", "counted")) for name in year}
    assert counts(db, year) == expected and db.notifications("reminder") == []
    assert db.value("select live_since from recurd.settings") == NOW


def test_a_reminder_whose_row_is_held_during_the_first_start_is_not_told_later(db, year):
    holder = db.connect(autocommit=False)
    holder.execute("select from tasks where id = 'script-1' for update")
    once(db)
    holder.rollback()
    holder.close()
    db.freeze(NOW + HOUR)
    once(db)
    assert db.notifications("reminder") == []
    assert db.value(f"select count(*) from tasks where {PENDING}") == 0


def test_an_old_reminder_that_is_snoozed_after_the_first_start_is_told(db, year):
    once(db)
    db.update("tasks", "script-1", remind_at=NOW + HOUR)
    db.freeze(NOW + 2 * HOUR)
    once(db)
    assert [row["task_id"] for row in db.notifications("reminder")] == ["script-1"]


def test_an_old_broken_template_that_is_repaired_follows_adopt_backlog(db, year):
    once(db)
    db.freeze(NOW + 3 * DAY + HOUR)
    db.update("recurring_tasks", year["broken"], recurrence_rule='{"frequency": "daily"}')
    once(db)
    assert db.occurrences(year["broken"]) == [NOW + n * DAY for n in range(4)]


# Resumes ---------------------------------------------------------------------------------------------


def test_a_template_paused_before_recurd_came_is_resumed_without_a_flood(db, year):
    once(db)
    db.freeze(NOW + 5 * DAY)
    db.update("recurring_tasks", year["paused"], is_active=True)
    log = once(db)
    assert db.occurrences(year["paused"]) == []
    # In more lines than one where the planner's time was up in between.
    assert sum(int(line["occurrences"]) for line in log if line["event"] == "paused") == 206
    db.freeze(NOW + 6 * DAY)
    once(db)
    assert db.occurrences(year["paused"]) == [NOW + 6 * DAY]


def test_an_hourly_template_resumed_after_a_year_makes_nothing_of_the_year(db):
    once(db)
    template = db.add_template(NOW + HOUR, {"rrule": "FREQ=HOURLY"})
    db.freeze(NOW + HOUR)
    once(db)
    db.update("recurring_tasks", template, is_active=False)
    db.freeze(NOW + 365 * DAY)
    db.update("recurring_tasks", template, is_active=True)
    once(db)
    assert db.occurrences(template) == [NOW + HOUR]
    db.freeze(NOW + 365 * DAY + HOUR)
    once(db)
    assert db.occurrences(template) == [NOW + HOUR, NOW + 365 * DAY + HOUR]
    assert sum(row["occurrences"] for row in db.decisions(template, "paused")) == 365 * 24 - 1


def test_downtime_that_ends_with_a_pause_is_caught_up_once_it_is_resumed(db):
    """Due for three days, then paused for ten, and no worker anywhere: three tasks, not thirteen."""
    once(db)
    template = db.add_template(NOW + HOUR)
    db.freeze(NOW + 3 * DAY)
    db.update("recurring_tasks", template, is_active=False)
    db.freeze(NOW + 13 * DAY)
    db.update("recurring_tasks", template, is_active=True)
    once(db)
    assert db.occurrences(template) == [NOW + HOUR + n * DAY for n in range(3)]


# Reopened tasks --------------------------------------------------------------------------------------


def reopen(db, task, **columns):
    db.update("tasks", task, is_complete=False, **columns)


def test_a_reopened_task_reminds_only_of_what_lies_ahead(db):
    """Completed in time and reopened late: silence.  Moved ahead in the same save: a reminder."""
    once(db)
    tasks = {name: db.add_task(remind=HOUR) for name in ("late", "snoozed", "early", "untouched")}
    for name in ("late", "snoozed", "early"):
        db.update("tasks", tasks[name], is_complete=True)
    reopen(db, tasks["early"])
    db.freeze(NOW + DAY)
    reopen(db, tasks["late"])
    reopen(db, tasks["snoozed"], remind_at=NOW + DAY + HOUR)
    once(db)
    told = [row["task_id"] for row in db.notifications("reminder")]
    assert sorted(told) == sorted([tasks["early"], tasks["untouched"]])
    db.freeze(NOW + DAY + HOUR)
    once(db)
    assert [row["task_id"] for row in db.notifications("reminder")][2:] == [tasks["snoozed"]]


def test_completed_and_reopened_after_its_reminder_it_is_not_told_again(db):
    once(db)
    task = db.add_task(remind=HOUR)
    db.freeze(NOW + HOUR)
    once(db)
    db.update("tasks", task, is_complete=True)
    reopen(db, task)
    db.freeze(NOW + 2 * HOUR)
    once(db)
    assert len(db.notifications("reminder")) == 1


def test_a_thousand_tasks_reopened_at_once_are_silent(db):
    once(db)
    db.add_user("user-default")
    db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
        " select 'k-' || i, 'x', true, 'user-default', now(), now(), %s + i * interval '1 minute'"
        " from generate_series(1, 1000) i",
        (NOW,),
    )
    db.freeze(NOW + 30 * DAY)
    db.execute("update tasks set is_complete = false")
    once(db)
    assert db.notifications("reminder") == []


# Rows from an absurd past ----------------------------------------------------------------------------


def test_templates_back_dated_to_the_year_one_keep_nobody_waiting(db, recurd):
    """A user back-dates forty templates by two thousand years, every minute; another has one that is due now."""
    once(db)
    db.add_templates(40, datetime(1, 1, 1, tzinfo=UTC), rule={"rrule": "FREQ=MINUTELY"})
    modest = db.add_template(NOW)
    recurd(db, catch_up_limit=10, log_rate=0, poll_interval="50ms")
    wait_until(lambda: db.occurrences(modest), what="the modest one's turn")
    due = "is_active and failed_at is null and next_due_at <= recurd.now()"
    wait_until(lambda: db.value(f"select count(*) from recurring_tasks where {due}") == 0, what="all are up to date", interval=0.1)
    assert db.value("select count(*) from tasks where recurring_task_id like 't-%'") == 400
    (first, *rest) = db.decisions("t-1", "dropped")
    assert first["detail"] == "their number is estimated" and len(rest) < 5
    years = (datetime(2025, 6, 2) - datetime(1, 1, 1)) / timedelta(minutes=1)
    assert sum(row["occurrences"] for row in (first, *rest)) == pytest.approx(years, rel=0.01)
