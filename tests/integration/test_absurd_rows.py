"""Tables made by hand allow anything in any column: such a row is set aside with the column's name, or left alone where
nothing is asked of the column.  Its neighbours are made, and nothing aborts."""

from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import FOUND, ctl_json
from harness.daemon import once

UTC = timezone.utc
MONDAY = datetime(2025, 2, 3, 10, 0, tzinfo=UTC)
INSTANTS = ["null", "'infinity'", "'-infinity'", "'4714-11-24 00:00:00+00 BC'", "'294276-12-31 23:59:59+00'"]
VALUES = {
    "next_due_at": INSTANTS,
    "planned_due_at": INSTANTS,
    "made_through": INSTANTS,
    "replan_at": INSTANTS,
    "paused_at": INSTANTS,
    "resumed_at": INSTANTS,
    "ended_at": INSTANTS,
    "created_at": INSTANTS,
    "starts_local": INSTANTS,
    "starts_zone": ["null", "''", "'Nowhere'", "repeat('x', 300)"],
    "used_count": ["null", "-1", "-9223372036854775808", "9223372036854775807"],
    "user_id": ["null"],
    "recurrence_rule": ["null", "'null'", "'\"\"'", "'[]'"],
    "is_active": ["null"],
    "description": ["null", "''"],
}
# What the reason says where no plan can be made; all else is left alone.
REASONS = {
    "next_due_at": "next_due_at: expected an instant in the years 1 to 9999, got ",
    "planned_due_at": "planned_due_at: expected an instant in the years 1 to 9999, got ",
    "made_through": "made_through: expected an instant in the years 1 to 9999, got ",
    "replan_at": "replan_at: expected an instant in the years 1 to 9999, got ",
    "starts_local": "starts_local: expected a local time in the years 1 to 9999",
    "used_count": "used_count: expected ",
    "user_id": "user_id: expected a text, got null",
    "recurrence_rule": "recurrence_rule",
}
NULL_IS_NOTHING = {"planned_due_at", "made_through", "replan_at", "starts_local"}


def reason_of(column, value, edited):
    """None: no quarantine."""
    if value == "null" and column in NULL_IS_NOTHING or (column, value) == ("replan_at", "'-infinity'"):
        return None
    if column == "next_due_at" and not edited and value not in ("'-infinity'", "'4714-11-24 00:00:00+00 BC'"):
        return None  # never due
    return REASONS.get(column)


@pytest.fixture
def db(app_db):
    app_db.freeze(MONDAY - timedelta(days=1))
    app_db.go_live()
    app_db.freeze(MONDAY + timedelta(seconds=1))
    for column in VALUES:
        app_db.execute(f"alter table recurring_tasks alter {column} drop not null")
    return app_db


def add_absurd(db, edited):
    """A template for each value of each column; {id: (column, value)}."""
    absurd = {}
    for column, values in VALUES.items():
        for value in values:
            template = f"{column} {value[:40]}"
            absurd[template] = (column, value)
            db.add_template(MONDAY, id=template)
            db.execute(
                "update recurring_tasks set starts_local = '2025-01-06 10:00', starts_zone = 'UTC', used_count = 4,"
                " planned_due_at = next_due_at, made_through = '2025-01-27 10:00+00', replan_at = %s where id = %s",
                ("2025-02-03 09:00+00" if edited else None, template))
            # All triggers off, as in a restore: the value comes as it is.
            db.execute(f"set session_replication_role = replica; update recurring_tasks set {column} = {value}"
                       f" where id = '{template.replace(chr(39), chr(39) * 2)}'; reset session_replication_role")
    return absurd


@pytest.mark.parametrize("edited", [False, True], ids=["due", "edited"])
def test_every_column_may_have_any_value(db, edited):
    absurd = add_absurd(db, edited)
    good = [db.add_template(MONDAY) for _ in range(20)]
    log = once(db, batch_size=7)
    assert all(db.occurrences(template) == [MONDAY] for template in good)
    assert not [line for line in log if line["event"] in ("batch_failed", "abort", "held")]
    failures = {row["id"]: row["failure"] for row in db.rows("select id, failure from recurring_tasks")}
    for template, (column, value) in absurd.items():
        failure, reason = failures[template], reason_of(column, value, edited)
        assert (failure or "").startswith(reason or "") and (failure is None) == (reason is None), template


def test_what_is_set_aside_stays_as_it_was(db):
    """The reason is written, and nothing of the row is put right behind its owner's back."""
    db.add_template(MONDAY, id="anchored")
    db.execute("update recurring_tasks set starts_local = 'infinity', starts_zone = 'UTC', made_through = '-infinity',"
               " planned_due_at = next_due_at, used_count = 7")
    columns = "starts_local::text as starts_local, starts_zone, made_through::text as made_through, planned_due_at, used_count, next_due_at, is_active"
    before = db.row(f"select {columns} from recurring_tasks")
    once(db)
    assert db.row(f"select {columns} from recurring_tasks") == before
    assert db.value("select failure from recurring_tasks").startswith("made_through: expected an instant")


def test_recurctl_reads_them_too(db):
    for template in add_absurd(db, False):
        ctl_json(db, "show", template)
    assert len(ctl_json(db, "list")) == len(db.column("select id from recurring_tasks"))
    assert ctl_json(db, "preflight", expect=FOUND)["to_quarantine"]


@pytest.mark.parametrize("kind", ["timestamp", "date"])
def test_an_instant_of_another_type_is_read_as_one(db, kind):
    """An application that writes its instants without a zone, or days: the server converts them."""
    db.execute("drop view if exists recurd.upcoming cascade")
    db.add_template(MONDAY, id="t", created_at=MONDAY - timedelta(days=3))
    db.execute(f"alter table recurring_tasks alter created_at type {kind} using created_at::{kind}")
    once(db)
    assert db.occurrences("t") == [MONDAY]
