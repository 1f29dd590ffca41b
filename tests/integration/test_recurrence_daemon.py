"""The language in the daemon: every form of a rule, single occurrences that differ, zones, refusals.

What a rule means is tested through `recurctl expand`; here it is that the daemon takes it the same way.
The business clock stands on a Monday in February, an hour past midnight.
"""

import json
from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import DATA, FOUND, run_ctl
from harness.daemon import once

UTC = timezone.utc
START = datetime(2025, 2, 3, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def utc(*fields):
    return datetime(2025, *fields, tzinfo=UTC)


@pytest.fixture
def db(app_db):
    app_db.freeze(START - DAY)
    app_db.go_live()
    app_db.freeze(START)
    return app_db


def run_until(db, instant, **options):
    db.freeze(instant)
    return once(db, **options)


def test_an_override_changes_one_instance_alone(db):
    template = db.add_template(utc(2, 4, 9), {
        "frequency": "daily",
        "recurrenceOverrides": {
            "2025-02-05T09:00:00": {"title": "Wednesday's", "description": "Once", "priority": "urgent"},
            "2025-02-06T09:00:00": {"excluded": True},
            "2025-02-07T09:00:00": {"start": "2025-02-07T18:30:00"},
            "2025-02-08T12:00:00": {"title": "Added"},
        },
    }, title="Every day", description="The usual", priority="low")
    run_until(db, utc(2, 9, 1))
    tasks = db.rows("select * from tasks where recurring_task_id = %s order by due_date", (template,))
    assert [(t["title"], t["description"], t["priority"], t["due_date"].astimezone(UTC)) for t in tasks] == [
        ("Every day", "The usual", "low", utc(2, 4, 9)),
        ("Wednesday's", "Once", "urgent", utc(2, 5, 9)),
        ("Every day", "The usual", "low", utc(2, 7, 18, 30)),
        ("Every day", "The usual", "low", utc(2, 8, 9)),
        ("Added", "The usual", "low", utc(2, 8, 12)),
    ]
    # What was moved keeps its name.
    assert db.occurrences(template)[2] == utc(2, 7, 9)


FORMS = {
    "RFC 8984": ({"frequency": "monthly", "byDay": [{"day": "fr", "nthOfPeriod": -1}], "byHour": [9], "byMinute": [0],
                  "timeZone": "Europe/Berlin"}, [utc(2, 28, 8), utc(3, 28, 8), utc(4, 25, 7)]),
    "as stored": ({"frequency": "weekly", "interval": 2, "days": ["mon", "wed"], "end_date": "2025-02-19T23:59:59Z"},
                  [utc(2, 3, 10), utc(2, 5, 10), utc(2, 17, 10), utc(2, 19, 10)]),
    "RRULE": ({"rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "timeZone": "America/New_York"},
              [utc(2, 28, 15), utc(3, 31, 14), utc(4, 30, 14)]),
    "lines": ({"rrule": "DTSTART;TZID=Europe/Berlin:20250203T110000\nRRULE:FREQ=DAILY;COUNT=5\n"
                        "EXDATE;TZID=Europe/Berlin:20250204T110000\nRDATE:20250205T200000Z"},
              [utc(2, 3, 10), utc(2, 5, 10), utc(2, 5, 20), utc(2, 6, 10), utc(2, 7, 10)]),
    "cron": ({"cron": "30 8 * * mon-fri", "timeZone": "Asia/Tokyo"}, [utc(2, 3, 23, 30), utc(2, 4, 23, 30), utc(2, 5, 23, 30)]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_generated(db, form):
    rule, expected = FORMS[form]
    due = expected[0]
    template = db.add_template(due, rule)
    for _ in range(3):
        run_until(db, expected[-1] + timedelta(hours=1))
    assert db.occurrences(template) == expected


def test_the_rules_zone_then_the_users_then_the_options(db):
    user = db.add_user("kiri")
    db.execute("insert into recurd.preferences (user_id, time_zone) values (%s, 'Europe/Berlin')", (user,))
    due = utc(3, 29, 8)
    rules = db.add_template(due, {"frequency": "daily", "timeZone": "Asia/Tokyo"}, user=user)
    users = db.add_template(due, {"frequency": "daily"}, user=user)
    options = db.add_template(due, {"frequency": "daily"}, user=db.add_user("sam"))
    run_until(db, utc(4, 10), default_time_zone="Australia/Lord_Howe")
    assert db.template(rules)["starts_zone"] == "Asia/Tokyo" and db.template(options)["starts_zone"] == "Australia/Lord_Howe"
    assert db.occurrences(rules)[1] == utc(3, 30, 8), "no clock changes there"
    assert db.occurrences(users)[1] == utc(3, 30, 7), "summer time in Berlin"
    # 19:00 there, and half an hour of summer time ends on 6 April.
    assert db.occurrences(options)[8:10] == [utc(4, 6, 8, 30), utc(4, 7, 8, 30)]


# Rule and reason, which is the same wherever a rule is read.
REFUSED = {
    "malformed": ('{"frequency": "daily"', "recurrence_rule: not JSON: '}' expected near end of file (line 1, column 21)"),
    "out of range": ({"frequency": "daily", "byHour": [9, 24]}, "recurrence_rule.byHour[1]: expected 0 ... 23, got 24"),
    "beyond all machines": ({"frequency": "daily", "interval": 99999999999999999999},
                            "recurrence_rule.interval: expected 1 ... 2147483647, got 99999999999999999999"),
    "no integer": ({"frequency": "daily", "count": 1.5}, "recurrence_rule.count: expected 1 ... 2147483647, got 1.5"),
    "forbidden": ({"rrule": "FREQ=WEEKLY;BYMONTHDAY=1"}, "recurrence_rule.rrule: BYMONTHDAY: not allowed with frequency weekly"),
    "repeated": ({"rrule": "FREQ=DAILY;INTERVAL=2;INTERVAL=2"}, "recurrence_rule.rrule: INTERVAL: given twice"),
    "unknown": ({"frequency": "daily", "colour": "red"}, 'recurrence_rule: unknown key "colour"'),
    "unknown part": ({"rrule": "FREQ=DAILY;X=1"}, 'recurrence_rule.rrule: unknown part "X=1"'),
    "too long": ({"rrule": "FREQ=DAILY;BYHOUR=" + "9," * 17000 + "9"}, "recurrence_rule.rrule: longer than 32768 bytes"),
    "impossible": ({"frequency": "yearly", "byMonth": ["2"], "byMonthDay": [30]},
                   "recurrence_rule: no day ever matches all of the lists: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
    "a sixth Monday": ({"rrule": "FREQ=MONTHLY;BYDAY=6MO"},
                       "recurrence_rule.rrule: no day ever matches all of the lists: FREQ=MONTHLY;BYDAY=6MO"),
    "too frequent": ({"frequency": "minutely", "bySecond": [0, 30]},
                     "recurrence_rule.bySecond: occurrences 30 s apart, at least 60 s (min_interval) are required"),
    "every second": ({"rrule": "FREQ=SECONDLY"},
                     "recurrence_rule.rrule: FREQ: occurrences 1 s apart, at least 60 s (min_interval) are required"),
    "wrapped": ({"rrule": "FREQ=DAILY;COUNT=4294967298"},
                'recurrence_rule.rrule: COUNT: expected 1 ... 2147483647, got "4294967298"'),
    "with a tail": ({"cron": "0 9 * * monday"}, 'recurrence_rule.cron: day of the week: cannot read "monday", expected 0 ... 7 or names of three letters, ranges, lists and steps'),
    "no such zone": ({"frequency": "daily", "timeZone": "Mars/Base"}, 'recurrence_rule.timeZone: unknown time zone "Mars/Base"'),
}


def test_a_rule_is_refused_in_the_same_words_everywhere(db):
    templates = {}
    for name, (rule, reason) in REFUSED.items():
        text = rule if isinstance(rule, str) else json.dumps(rule)
        assert run_ctl(db, "next", text, expect=DATA).errors == f"recurctl: {reason}\n"
        assert reason in run_ctl(None, "validate", text, expect=FOUND).text
        if name != "malformed":  # PostgreSQL's json takes no such text
            templates[name] = db.add_template(utc(2, 2, 10), text)
    once(db)
    assert {name: db.template(template)["failure"] for name, template in templates.items()} == {
        name: REFUSED[name][1] for name in templates
    }
    assert db.value("select count(*) from tasks") == 0
