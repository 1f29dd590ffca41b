"""The application stays the master of next_due_at and of the rule: each kind of edit, and what follows."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from harness.daemon import once

UTC = timezone.utc
MONDAY = datetime(2025, 2, 3, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def db(app_db):
    app_db.freeze(MONDAY - DAY)
    app_db.go_live()
    return app_db


def run_at(db, instant, **options):
    db.freeze(instant)
    return once(db, **options)


def edit(db, template, at, **columns):
    """The application changes a row at an instant of the business clock."""
    db.freeze(at)
    if "recurrence_rule" in columns:
        columns["recurrence_rule"] = json.dumps(columns["recurrence_rule"])
    db.update("recurring_tasks", template, **columns)


def save_whole_row(db, row, **changes):
    """An ORM's habit: every column that the application knows, as it was when it was read."""
    known = ("user_id", "title", "description", "priority", "recurrence_rule", "next_due_at", "is_active")
    columns = {name: row[name] for name in known} | changes
    columns["recurrence_rule"] = json.dumps(columns["recurrence_rule"])
    db.update("recurring_tasks", row["id"], **columns)


def test_the_first_instant_is_made_as_it_stands(db):
    # Monday is none of the rule's days.
    template = db.add_template(MONDAY, {"frequency": "weekly", "days": ["tue"], "count": 3})
    run_at(db, MONDAY + 30 * DAY)
    assert db.occurrences(template) == [MONDAY, MONDAY + DAY, MONDAY + 8 * DAY]
    assert not db.template(template)["is_active"], "the first one counts"


def test_an_edited_rule_keeps_the_wall_time_and_what_was_due(db):
    template = db.add_template(MONDAY, {"frequency": "daily", "timeZone": "Europe/Berlin"})
    run_at(db, MONDAY)
    # On Thursday, with Tuesday's to Thursday's still unmade, it becomes a rule for Fridays.
    rule = {"frequency": "weekly", "days": ["fri"], "timeZone": "Europe/Berlin"}
    edit(db, template, MONDAY + 3 * DAY + HOUR, recurrence_rule=rule)
    run_at(db, MONDAY + 3 * DAY + 2 * HOUR)
    friday = MONDAY + 4 * DAY
    assert db.template(template)["next_due_at"] == friday
    made = db.occurrences(template)
    assert made[0] == MONDAY and made[1] == MONDAY + DAY, "what was due before the edit is kept"
    run_at(db, MONDAY + 15 * DAY)
    assert [at for at in db.occurrences(template) if at > MONDAY + 3 * DAY] == [friday, friday + 7 * DAY]


def test_an_edited_rule_moves_what_lies_ahead(db):
    template = db.add_template(MONDAY, {"frequency": "monthly"})
    run_at(db, MONDAY)
    assert db.template(template)["next_due_at"] == datetime(2025, 3, 3, 10, tzinfo=UTC)
    edit(db, template, MONDAY + 2 * HOUR, recurrence_rule={"frequency": "daily"})
    run_at(db, MONDAY + 3 * HOUR)
    row = db.template(template)
    assert row["next_due_at"] == row["planned_due_at"] == MONDAY + DAY and row["replan_at"] is None
    assert db.occurrences(template) == [MONDAY]


def test_an_edited_zone_keeps_the_wall_time(db):
    template = db.add_template(MONDAY, {"frequency": "daily", "timeZone": "Europe/Berlin"})  # 11:00 there
    run_at(db, MONDAY)
    edit(db, template, MONDAY + HOUR, recurrence_rule={"frequency": "daily", "timeZone": "America/New_York"})
    run_at(db, MONDAY + 2 * HOUR)
    due = db.template(template)["next_due_at"]
    # 11:00 in New York on the same day is still ahead of the edit, but 11:00 of that day has been made.
    assert due == MONDAY + DAY + 6 * HOUR
    run_at(db, MONDAY + DAY + 7 * HOUR)
    assert db.occurrences(template) == [MONDAY, MONDAY + DAY + 6 * HOUR]


def test_next_due_at_moved_onto_the_set_keeps_the_anchor(db):
    template = db.add_template(MONDAY, {"frequency": "daily", "interval": 2})
    run_at(db, MONDAY)
    anchor = db.template(template)["starts_local"]
    edit(db, template, MONDAY + HOUR, next_due_at=MONDAY + 6 * DAY)
    run_at(db, MONDAY + 8 * DAY)
    assert db.occurrences(template) == [MONDAY, MONDAY + 6 * DAY, MONDAY + 8 * DAY]
    assert db.template(template)["starts_local"] == anchor


def test_next_due_at_moved_off_the_set_is_the_new_anchor(db):
    template = db.add_template(MONDAY, {"frequency": "daily", "interval": 2})
    run_at(db, MONDAY)
    moved = MONDAY + DAY + timedelta(hours=3, minutes=17)
    edit(db, template, MONDAY + HOUR, next_due_at=moved)
    run_at(db, MONDAY + 6 * DAY)
    assert db.occurrences(template) == [MONDAY, moved, moved + 2 * DAY, moved + 4 * DAY]
    assert db.template(template)["starts_local"] == moved.replace(tzinfo=None)


def test_next_due_at_moved_into_the_past_after_the_last_made_is_made_as_it_stands(db):
    template = db.add_template(MONDAY, {"frequency": "weekly"})
    run_at(db, MONDAY)
    edit(db, template, MONDAY + 2 * DAY, next_due_at=MONDAY + DAY)
    run_at(db, MONDAY + 2 * DAY)
    assert db.occurrences(template) == [MONDAY, MONDAY + DAY]
    assert db.template(template)["next_due_at"] == MONDAY + 8 * DAY


def test_rule_and_next_due_at_edited_together_stand_both(db):
    template = db.add_template(MONDAY, {"frequency": "daily"})
    run_at(db, MONDAY)
    moved = MONDAY + 2 * DAY + HOUR
    edit(db, template, MONDAY + HOUR, recurrence_rule={"frequency": "weekly"}, next_due_at=moved)
    run_at(db, MONDAY + 10 * DAY)
    assert db.occurrences(template) == [MONDAY, moved, moved + 7 * DAY]


def test_a_whole_row_saved_unchanged_changes_nothing(db):
    template = db.add_template(MONDAY, {"frequency": "daily"})
    run_at(db, MONDAY)
    before = db.template(template)
    save_whole_row(db, before)
    run_at(db, MONDAY + HOUR)
    after = db.template(template)
    assert {**after, "updated_at": None} == {**before, "updated_at": None}
    assert db.occurrences(template) == [MONDAY]


@pytest.mark.parametrize("digits", [0, 3, 6])
def test_a_stale_whole_row_resurrects_nothing(db, digits):
    due = MONDAY + timedelta(microseconds=123456)
    template = db.add_template(due, {"frequency": "daily"})
    stale = db.template(template)
    run_at(db, MONDAY + HOUR)
    cut = round(123456, digits - 6) if digits else 0
    save_whole_row(db, stale, title="Renamed", next_due_at=MONDAY + timedelta(microseconds=cut))
    run_at(db, MONDAY + 2 * HOUR)
    assert db.value("select count(*) from tasks") == 1
    row = db.template(template)
    assert row["next_due_at"] == MONDAY + DAY and row["title"] == "Renamed"
    run_at(db, MONDAY + DAY)
    assert db.occurrences(template)[1:] == [MONDAY + DAY]


def test_a_deleted_instance_stays_deleted_also_after_a_stale_save(db):
    template = db.add_template(MONDAY, {"frequency": "daily"})
    stale = db.template(template)
    run_at(db, MONDAY)
    db.execute("delete from tasks")
    save_whole_row(db, stale)
    run_at(db, MONDAY + HOUR)
    assert db.occurrences(template) == []
    run_at(db, MONDAY + DAY)
    assert db.occurrences(template) == [MONDAY + DAY]


def test_a_pause_of_three_weeks_is_no_downtime(db):
    template = db.add_template(MONDAY, {"frequency": "daily"})
    run_at(db, MONDAY)
    # Tuesday's is due and unmade when the user pauses on Tuesday evening.
    edit(db, template, MONDAY + DAY + 8 * HOUR, is_active=False)
    run_at(db, MONDAY + 10 * DAY)
    assert db.occurrences(template) == [MONDAY]
    edit(db, template, MONDAY + 22 * DAY + HOUR, is_active=True)
    run_at(db, MONDAY + 23 * DAY)
    assert db.occurrences(template) == [MONDAY, MONDAY + DAY, MONDAY + 23 * DAY]
    assert sum(row["occurrences"] for row in db.decisions(template, "paused")) == 21


def test_created_paused_and_resumed_later(db):
    db.freeze(MONDAY - HOUR)
    template = db.add_template(MONDAY, {"frequency": "daily"}, is_active=False)
    edit(db, template, MONDAY + 5 * DAY + HOUR, is_active=True)
    run_at(db, MONDAY + 6 * DAY)
    assert db.occurrences(template) == [MONDAY + 6 * DAY]


def test_quarantine_and_repair(db):
    template = db.add_template(MONDAY, {"frequency": "weekly", "days": ["mon", "mox"]})
    neighbour = db.add_template(MONDAY)
    log = run_at(db, MONDAY)
    row = db.template(template)
    assert row["failed_at"] == MONDAY and "recurrence_rule.days[1]" in row["failure"] and "mox" in row["failure"]
    assert row["is_active"] and row["next_due_at"] == MONDAY
    (line,) = [line for line in log if line["event"] == "quarantined"]
    assert line["template"] == template and line["reason"] == row["failure"]
    assert [d["detail"] for d in db.decisions(template, "quarantined")] == [row["failure"]]
    assert db.occurrences(neighbour) == [MONDAY]

    assert not [line for line in run_at(db, MONDAY + DAY) if line["event"] == "quarantined"], "said once"
    edit(db, template, MONDAY + 8 * DAY, title="Not the rule")
    run_at(db, MONDAY + 8 * DAY)
    assert db.occurrences(template) == []

    edit(db, template, MONDAY + 8 * DAY + HOUR, recurrence_rule={"frequency": "weekly", "days": ["mon"]})
    run_at(db, MONDAY + 8 * DAY + HOUR)
    row = db.template(template)
    assert row["failed_at"] is None and row["failure"] is None
    assert db.occurrences(template) == [MONDAY, MONDAY + 7 * DAY], "what was due meanwhile is caught up"


def test_a_rule_that_breaks_later_does_not_lose_what_it_made(db):
    template = db.add_template(MONDAY, {"frequency": "daily"})
    run_at(db, MONDAY)
    edit(db, template, MONDAY + HOUR, recurrence_rule={"frequency": "fortnightly"})
    run_at(db, MONDAY + 3 * DAY)
    assert "recurrence_rule.frequency" in db.template(template)["failure"]
    edit(db, template, MONDAY + 3 * DAY, recurrence_rule={"frequency": "daily"})
    run_at(db, MONDAY + 3 * DAY)
    assert db.occurrences(template) == [MONDAY + n * DAY for n in range(4)]


def test_an_ended_rule_that_is_extended_goes_on(db):
    until = "2025-02-04T23:00:00Z"
    template = db.add_template(MONDAY, {"frequency": "daily", "end_date": until})
    run_at(db, MONDAY + DAY)
    assert not db.template(template)["is_active"] and db.template(template)["ended_at"]
    edit(db, template, MONDAY + 4 * DAY + HOUR, recurrence_rule={"frequency": "daily", "end_date": "2025-02-09T23:00:00Z"})
    run_at(db, MONDAY + 5 * DAY)
    row = db.template(template)
    assert row["is_active"] and row["ended_at"] is None
    run_at(db, MONDAY + 20 * DAY)
    # What lies between the end and the edit was never promised to anybody.
    assert db.occurrences(template) == [MONDAY, MONDAY + DAY, MONDAY + 5 * DAY, MONDAY + 6 * DAY]
    assert not db.template(template)["is_active"]


def test_an_ended_rule_that_is_edited_without_further_occurrences_stays_ended(db):
    template = db.add_template(MONDAY, {"frequency": "daily", "count": 2})
    run_at(db, MONDAY + DAY)
    edit(db, template, MONDAY + 3 * DAY, recurrence_rule={"frequency": "weekly", "count": 2})
    run_at(db, MONDAY + 3 * DAY)
    row = db.template(template)
    assert not row["is_active"] and row["ended_at"] is not None and row["replan_at"] is None
    assert db.occurrences(template) == [MONDAY, MONDAY + DAY]


def test_count_across_a_moved_anchor(db):
    template = db.add_template(MONDAY, {"frequency": "daily", "count": 5})
    run_at(db, MONDAY + DAY)
    moved = MONDAY + 3 * DAY + timedelta(minutes=20)
    edit(db, template, MONDAY + DAY + HOUR, next_due_at=moved)
    run_at(db, MONDAY + 30 * DAY)
    assert db.occurrences(template) == [MONDAY, MONDAY + DAY, moved, moved + DAY, moved + 2 * DAY]
    assert not db.template(template)["is_active"]


def test_next_due_at_beyond_the_rules_end_ends_it(db):
    template = db.add_template(MONDAY, {"frequency": "daily", "end_date": "2025-02-06T00:00:00Z"})
    run_at(db, MONDAY)
    edit(db, template, MONDAY + HOUR, next_due_at=MONDAY + 10 * DAY)
    run_at(db, MONDAY + 10 * DAY)
    assert db.occurrences(template) == [MONDAY]
    assert not db.template(template)["is_active"]


def test_a_template_deleted_while_due_leaves_no_trace(db):
    template = db.add_template(MONDAY)
    run_at(db, MONDAY)
    db.execute("delete from recurring_tasks where id = %s", (template,))
    run_at(db, MONDAY + DAY)
    assert db.column("select recurring_task_id from tasks") == [None]
