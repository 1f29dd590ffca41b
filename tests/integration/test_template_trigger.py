"""What the trigger on recurring_tasks notes of the application's saves: a table of rows before and after.

The row before is as a worker left it: made through Monday ten o'clock, planned for the next Monday.  The
application saves on Thursday.  No worker runs here; what becomes of the notes is in test_lives.py.
"""

import json
from datetime import datetime, timedelta, timezone

import pytest

UTC = timezone.utc
MADE = datetime(2025, 1, 6, 10, tzinfo=UTC)
PLANNED = MADE + timedelta(days=7)
NOW = datetime(2025, 1, 9, 12, 0, 0, 300000, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)
LATER = PLANNED + timedelta(days=2, hours=3)

WEEKLY = json.dumps({"frequency": "weekly"})
DAILY = json.dumps({"frequency": "daily"})
SKIPS = json.dumps({"frequency": "weekly", "recurrenceOverrides": {"2025-01-13T10:00:00": {"excluded": True}}})
AMENDED = NOW + timedelta(microseconds=1)  # by the last digit: the overrides alone
NOTES = ("replan_at", "paused_at", "resumed_at", "failed_at", "failure")
PAUSED = {"is_active": False, "paused_at": EARLIER}
FAILED = {"failed_at": EARLIER, "failure": "why"}
ENDED = {"is_active": False, "ended_at": EARLIER}

# What, the row's own state, the save, the notes that differ from before.
SAVES = [
    ("the whole row as it is", {}, {"recurrence_rule": WEEKLY, "next_due_at": PLANNED, "is_active": True}, {}),
    ("its title", {}, {"title": "x"}, {}),
    ("the rule in other words", {}, {"recurrence_rule": '{ "frequency" :"weekly" }'}, {}),
    ("the instant", {}, {"next_due_at": LATER}, {}),
    ("a stale instant", {}, {"next_due_at": MADE}, {}),
    ("the rule", {}, {"recurrence_rule": DAILY}, {"replan_at": NOW}),
    ("the rule, and the instant with fewer digits", {"next_due_at": PLANNED + timedelta(microseconds=9)},
     {"recurrence_rule": DAILY, "next_due_at": PLANNED}, {"replan_at": NOW}),
    ("its overrides alone", {}, {"recurrence_rule": SKIPS}, {"replan_at": AMENDED}),
    ("its overrides, before anything was made", {"starts_local": None, "made_through": None, "planned_due_at": None},
     {"recurrence_rule": SKIPS}, {"replan_at": AMENDED}),
    ("its overrides, after an edit that no worker has seen", {"replan_at": EARLIER}, {"recurrence_rule": SKIPS}, {}),
    ("its overrides and the instant", {}, {"recurrence_rule": SKIPS, "next_due_at": LATER}, {}),
    ("both", {}, {"recurrence_rule": DAILY, "next_due_at": LATER}, {}),
    ("both, after an edit that no worker has seen", {"replan_at": EARLIER},
     {"recurrence_rule": DAILY, "next_due_at": LATER}, {"replan_at": None}),
    ("the rule, with a stale instant", {}, {"recurrence_rule": DAILY, "next_due_at": MADE}, {"replan_at": NOW}),
    ("the rule, with a stale instant that has more digits", {},
     {"recurrence_rule": DAILY, "next_due_at": MADE + timedelta(microseconds=9)}, {"replan_at": NOW}),
    ("the rule again", {"replan_at": EARLIER}, {"recurrence_rule": DAILY}, {"replan_at": NOW}),
    ("the rule, before anything was made", {"starts_local": None, "made_through": None, "planned_due_at": None},
     {"recurrence_rule": DAILY}, {}),
    ("the rule of an ended one", ENDED, {"recurrence_rule": DAILY}, {"replan_at": NOW}),
    ("a pause", {}, {"is_active": False}, {"paused_at": NOW}),
    ("a pause, after one that is over", {"paused_at": EARLIER - timedelta(days=9), "resumed_at": EARLIER},
     {"is_active": False}, {"paused_at": NOW, "resumed_at": None}),
    ("a pause, while the one before has not been worked off",
     {"paused_at": MADE + timedelta(days=1), "resumed_at": EARLIER, "next_due_at": EARLIER - timedelta(hours=1)},
     {"is_active": False}, {"resumed_at": None}),
    ("a resume", PAUSED, {"is_active": True}, {"resumed_at": NOW}),
    ("a resume with another rule", PAUSED, {"is_active": True, "recurrence_rule": DAILY},
     {"resumed_at": NOW, "replan_at": NOW}),
    ("paused, and paused again", PAUSED, {"is_active": False, "title": "x"}, {}),
    ("the title of a quarantined one", FAILED, {"title": "x", "recurrence_rule": WEEKLY, "next_due_at": PLANNED}, {}),
    ("the rule of a quarantined one", FAILED, {"recurrence_rule": DAILY}, {"failed_at": None, "failure": None}),
    ("the instant of a quarantined one", FAILED, {"next_due_at": LATER}, {"failed_at": None, "failure": None}),
    ("a quarantined one is paused", FAILED, {"is_active": False}, {"paused_at": NOW}),
    ("a worker ends it", {}, {"is_active": False, "ended_at": NOW}, {}),
    ("a worker extends it", {**ENDED, "replan_at": EARLIER},
     {"is_active": True, "ended_at": None, "replan_at": None}, {"replan_at": None}),
    ("a worker quarantines it", {}, {"failed_at": NOW, "failure": "why"}, {"failed_at": NOW, "failure": "why"}),
    ("a worker moves on", {}, {"next_due_at": LATER, "planned_due_at": LATER, "made_through": PLANNED}, {}),
]


@pytest.fixture(scope="module")
def db(cluster):
    database = cluster.create_migrated()
    yield database
    database.drop()


def insert(db, **state):
    """A row as a worker left it: what its columns hold is no event."""
    columns = {
        "next_due_at": PLANNED, "planned_due_at": PLANNED, "made_through": MADE, "used_count": 1,
        "starts_local": MADE.replace(tzinfo=None), "starts_zone": "UTC", **state,
    }
    due = columns.pop("next_due_at")
    db.execute("alter table recurring_tasks disable trigger user")
    template = db.add_template(due, WEEKLY, **columns)
    db.execute("alter table recurring_tasks enable trigger user")
    return template


def notes(db, template):
    row = db.template(template)
    return {name: row[name] for name in NOTES}


@pytest.mark.parametrize("state, save, changes", [pytest.param(*save[1:], id=save[0].replace(" ", "-")) for save in SAVES])
def test_a_save(db, state, save, changes):
    db.freeze(NOW)
    template = insert(db, **state)
    before = notes(db, template)
    db.update("recurring_tasks", template, **save)
    assert notes(db, template) == {**before, **changes}
    row = db.template(template)
    for name, value in save.items():
        saved = json.loads(value) if name == "recurrence_rule" else value
        assert row[name] == saved, "the application's own columns are never touched"


@pytest.mark.parametrize("active", [True, False])
def test_an_insert(db, active):
    db.freeze(NOW)
    template = db.add_template(LATER, WEEKLY, is_active=active)
    assert notes(db, template) == dict.fromkeys(NOTES) | ({} if active else {"paused_at": NOW})
