"""What recurctl foretells is what recurd then does: the same template, first asked, then generated."""

from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import ctl_json
from harness.daemon import run_recurd

UTC = timezone.utc
START = datetime(2025, 1, 10, 12, 0, tzinfo=UTC)
RULES = {
    "daily": {"frequency": "daily"},
    "weekly": {"frequency": "weekly", "interval": 2, "days": ["mon", "wed", "fri"]},
    "monthly": {"frequency": "monthly"},
    "berlin": {"frequency": "daily", "timeZone": "Europe/Berlin"},
    "counted": {"frequency": "weekly", "count": 9},
    "until": {"frequency": "weekly", "end_date": "2025-03-31T23:59:59Z"},
    "user's zone": {"frequency": "daily", "interval": 3},
    "excluded": {"frequency": "daily", "count": 80, "recurrenceOverrides": {
        "2025-02-05T09:30:00": {"excluded": True}, "2025-03-04T09:30:00": {"excluded": True},
        "2025-03-20T09:30:00": {"excluded": True}, "2025-03-25T09:30:00": {"start": "2025-03-25T18:00:00"},
        "2025-04-01T04:00:00": {}}},
    "last friday": {"rrule": "FREQ=MONTHLY;BYDAY=-1FR", "timeZone": "America/New_York"},
}
# What an application does to its template, in SQL.
CHANGES = {
    "nothing": "select",
    "moved": "update recurring_tasks set next_due_at = next_due_at + interval '90 minutes'",
    "moved onto the set": "update recurring_tasks set next_due_at = next_due_at + interval '14 days'",
    "moved back": "update recurring_tasks set next_due_at = next_due_at - interval '300 days'",
    "edited": """update recurring_tasks set recurrence_rule = '{"frequency": "daily", "interval": 3}'""",
    "zone edited": "update recurring_tasks set recurrence_rule = recurrence_rule || '{\"timeZone\": \"Asia/Tokyo\"}'",
    "edited and moved": """update recurring_tasks set recurrence_rule = '{"frequency": "weekly"}',
                           next_due_at = next_due_at + interval '1 day 1 hour'""",
    "stale save": "update recurring_tasks set next_due_at = next_due_at - interval '7 days'",
    "user moved": "update recurd.preferences set time_zone = 'Asia/Tokyo'",
    "edited while overdue": """update recurring_tasks set next_due_at = recurd.now() - interval '1 hour';
                               update recurring_tasks set recurrence_rule = '{"frequency": "weekly"}'""",
    "counted out": """update recurring_tasks set recurrence_rule = '{"frequency": "daily", "count": 1}'""",
}


def run_once(db):
    done = run_recurd("--once", "--foreground", db=db, catch_up_limit=100000)
    assert done.returncode == 0, done.stderr


def made(db, template):
    return db.column(
        "select to_char(due_date at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from tasks"
        " where recurring_task_id = %s order by due_date", (template,))


@pytest.mark.parametrize("change", CHANGES)
def test_next_foretells_what_is_made(app_db, change):
    app_db.freeze(START)
    run_once(app_db)
    for rule, text in RULES.items():
        app_db.add_template(datetime(2025, 1, 31, 9, 30, tzinfo=UTC), text, id=rule, user=app_db.add_user(rule))
    app_db.execute("""insert into recurd.preferences (user_id, time_zone) values ('user''s zone', 'America/New_York')""")
    app_db.freeze(START + timedelta(days=50))
    run_once(app_db)
    before = {rule: made(app_db, rule) for rule in RULES}
    assert all(before.values())
    app_db.execute(CHANGES[change])
    foretold = {rule: [o["at"] for o in ctl_json(app_db, "next", "--template", rule, "-n", "400")["occurrences"]]
                for rule in RULES}
    app_db.freeze(START + timedelta(days=170))
    run_once(app_db)
    now = app_db.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    for rule in RULES:
        assert made(app_db, rule)[len(before[rule]):] == [at for at in foretold[rule] if at <= now], rule
