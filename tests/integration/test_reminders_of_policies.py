"""Reminders that instances get from their template's policy (remind_before)."""

from datetime import timedelta

import pytest

from harness.daemon import once
from test_more_reminders import DAY, HOUR, MINUTE, NOON, db, told  # noqa: F401

pytestmark = pytest.mark.slow  # once, without sanitizers


def test_instances_get_those_of_their_template(db):
    """remind_before: each once, although it says an hour twice; an edit of it is for what is made from then on."""
    template = db.add_template(NOON + HOUR)
    plain = db.add_template(NOON + HOUR)
    db.execute(
        "insert into recurd.policies (template_id, lead_time, remind_before) values (%s, '2 hours', %s)",
        (template, [HOUR, timedelta(minutes=60), -10 * MINUTE, 3 * HOUR, 4 * HOUR]),
    )
    once(db)
    (task,) = db.column("select id from tasks where recurring_task_id = %s", (template,))
    rows = db.rows("select * from recurd.reminders order by remind_at")
    assert [(row["task_id"], row["before"], row["source"]) for row in rows] == [
        (task, before, "policy") for before in (4 * HOUR, 3 * HOUR, HOUR, -10 * MINUTE)]
    assert rows[2]["id"] == db.value("select recurd.reminder_id(%s, '3600000000')", (task,))
    assert [at for _, _, at in told(db)] == [NOON], "of what has passed already the last one"
    once(db)
    db.execute("update recurd.policies set remind_before = '{30 minutes}'")
    db.freeze(NOON + 2 * HOUR)
    once(db)
    assert [at for _, _, at in told(db)] == [NOON, NOON + 70 * MINUTE]
    assert {row for _, row, _ in told(db)} <= {row["id"] for row in rows}
    db.freeze(NOON + DAY + 40 * MINUTE)
    once(db)
    once(db)
    assert told(db)[2][2] == NOON + DAY + 30 * MINUTE
    assert db.value("select count(*) from recurd.reminders r join tasks k on k.id = task_id where recurring_task_id = %s", (plain,)) == 0


def test_an_instance_without_lead_is_reminded_late(db):
    template = db.add_template(NOON - MINUTE)
    db.execute("insert into recurd.policies (template_id, remind_before) values (%s, '{1 day,1 hour,1 year 6 days}')", (template,))
    once(db)
    once(db)
    assert [at for _, _, at in told(db)] == [NOON - HOUR - MINUTE]


def test_what_is_made_by_hand_is_reminded_as_well(db):
    """The manual said "of each task", and tasks of recurd.trigger had none."""
    template = db.add_template(NOON + DAY)
    db.execute("insert into recurd.policies (template_id, remind_before) values (%s, '{1 day,0,-30 minutes}')", (template,))
    task = db.value("select recurd.trigger(%s)", (template,))
    once(db)
    db.freeze(NOON + HOUR)
    once(db)
    assert [(of, at) for of, _, at in told(db)] == [(task, NOON), (task, NOON + 30 * MINUTE)]
