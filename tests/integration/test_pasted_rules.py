"""Rules that are stored as people paste them are made, and shown as what they were understood as."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import FOUND, ctl_json, run_ctl
from harness.daemon import once

NOON = datetime(2025, 2, 3, 12, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@pytest.fixture
def db(app_db):
    app_db.freeze(NOON - DAY)
    app_db.go_live()
    return app_db


PASTED = {
    "text": ("FREQ=DAILY; COUNT=5;\n", {"frequency": "daily", "count": 5}),
    "lines": (["RRULE:FREQ=DAILY", "EXDATE;TZID=W. Europe Standard Time:20250204T130000"],
              {"frequency": "daily", "timeZone": "Europe/Berlin",
               "recurrenceOverrides": {"2025-02-04T13:00:00": {"excluded": True}}}),
    "cron": ("TZ=europe/berlin 0 13 * * mon-sun",
             {"frequency": "daily", "byHour": [13], "byMinute": [0], "bySecond": [0], "timeZone": "Europe/Berlin"}),
    "twice": ('{"frequency": "daily", "interval": 1.0}', {"frequency": "daily"}),
}


def test_pasted_rules_are_made_and_shown_as_they_were_read(db):
    for name, (rule, _) in PASTED.items():
        db.add_template(NOON, json.dumps(rule), id=name)
    db.freeze(NOON + 2 * DAY)
    once(db)
    made = {name: [day for day in range(3) if NOON + day * DAY in db.occurrences(name)] for name in PASTED}
    assert made == {"text": [0, 1, 2], "lines": [0, 2], "cron": [0, 1, 2], "twice": [0, 1, 2]}
    for name, (_, canonical) in PASTED.items():
        assert ctl_json(db, "show", name)["canonical"] == canonical


def test_a_users_zone_may_be_written_in_any_case(db):
    """As PostgreSQL takes it: such templates were quarantined."""
    user = db.add_user()
    db.execute("insert into recurd.preferences (user_id, time_zone) values (%s, 'europe/BERLIN')", (user,))
    template = db.add_template(datetime(2025, 3, 29, 8, tzinfo=timezone.utc), {"frequency": "daily"}, user=user)
    db.freeze(datetime(2025, 3, 30, 12, tzinfo=timezone.utc))
    once(db)
    assert [at.hour for at in sorted(db.occurrences(template))] == [8, 7], "09:00 in Berlin on either day"
    assert ctl_json(db, "show", template)["time_zone"] == "Europe/Berlin"


@pytest.mark.parametrize("rule", ["@daily", '["RRULE:FREQ=DAILY"]', '"FREQ=DAILY"', "CRON_TZ=UTC 0 9 * * *"])
def test_validate_knows_a_rule_when_it_sees_one(rule):
    assert run_ctl(None, "validate", rule, dsn="host=/nonexistent").text == "ok\n"


@pytest.mark.parametrize("text, why", [
    ("DTSTART:20270101T090000\nRRULE:FREQ=DAILY\n" + "\n".join(f"EXDATE;TZID=/x{n}/a/Europe/Berlin:20270102T090000" for n in range(40)),
     "the zone changes more than 16 times"),
    ('{"frequency": "daily", "timeZone": "/' + "a/" * 30000 + 'Europe/Berlin"}', "60014 bytes"),
], ids=["hundreds of names", "a name of thousands of parts"])
def test_names_of_zones_cost_no_more_than_a_look(text, why):
    """Each tail of a name in another spelling is a look into a folder: 0.3 s at every plan, in the loop that serves all."""
    assert why in run_ctl(None, "validate", text, expect=FOUND).text
