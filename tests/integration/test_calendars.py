"""Calendars: rows of recurd.calendars say which days are working days; rules go by them, and workers notice a change."""

from datetime import date, datetime, timedelta, timezone

import pytest
from dateutil.easter import easter

from harness.ctl import DATA, FOUND, OK, USAGE, ctl_json, run_ctl
from harness.daemon import run_recurd

pytestmark = pytest.mark.slow
UTC = timezone.utc
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
BUT_ONE = {"frequency": "monthly", "workday": -2, "calendar": "bank"}


@pytest.fixture
def db(app_db):
    app_db.freeze(START - timedelta(hours=1))
    app_db.go_live()
    app_db.execute("insert into recurd.calendars (name) values ('bank')")
    return app_db


def add_days(db, *rows, calendar="bank"):
    for day, name, rule in rows:
        db.execute("insert into recurd.calendar_days (calendar, day, name, rule) values (%s, %s, %s, %s)", (calendar, day, name, rule))


HOLIDAYS = [("2000-01-01", "New Year", "FREQ=YEARLY"), ("2000-01-01", "Good Friday", "EASTER-2"),
            ("2000-01-01", "Easter Monday", "EASTER+1"), ("2000-05-01", "Labour Day", "FREQ=YEARLY"),
            ("2000-12-25", "Christmas", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25,26")]


def once(db):
    done = run_recurd("--once", "--foreground", db=db)
    assert done.returncode == 0, done.stderr
    return done.stderr


def days(db, template):
    return [at.date().isoformat() for at in db.occurrences(template)]


# What an independent calendar says ----------------------------------------------------------------


def works(day):
    sunday = easter(day.year)
    return not (day.weekday() >= 5 or day in (sunday - timedelta(2), sunday + timedelta(1))
                or (day.month, day.day) in ((1, 1), (5, 1), (12, 25), (12, 26)))


def last_but_one(year, month):
    first = date(year + month // 12, month % 12 + 1, 1)
    return [day for n in range(1, 32) if works(day := first - timedelta(n)) and day.month == month][1]


def test_the_last_working_day_but_one_is_made_for_five_years(db):
    """A template with a calendar makes what an oracle that shares no code says, Easter included."""
    add_days(db, *HOLIDAYS)
    template = db.add_template(START, BUT_ONE)
    foretold = ctl_json(db, "next", "--template", template, "-n", 60)
    db.travel_to(datetime(2031, 3, 1, tzinfo=UTC))
    db.execute("update recurd.settings set catch_up_limit = 100")
    once(db)
    expected = [last_but_one(2026 + (m // 12), m % 12 + 1).isoformat() for m in range(2, 62)]
    assert days(db, template) == ["2026-03-01", *expected]  # next_due_at stands by itself
    assert [row["at"][:10] for row in foretold["occurrences"]] == days(db, template)[:60]
    assert "second last working day (calendar bank)" in foretold["description"]


def test_a_holiday_that_is_added_moves_what_is_planned(db):
    """Planned for 30 March; then the 31st becomes a holiday, and 27 March is the last but one."""
    template = db.add_template(START, BUT_ONE)
    db.travel_to(START)
    once(db)
    assert db.template(template)["next_due_at"].date() == date(2026, 3, 30)
    add_days(db, ("2026-03-31", "Founder's day", None))
    once(db)
    assert db.template(template)["next_due_at"].date() == date(2026, 3, 27)
    db.execute("delete from recurd.calendar_days")
    once(db)
    assert db.template(template)["next_due_at"].date() == date(2026, 3, 30)
    db.execute("update recurd.calendars set weekend = '{1,2}'")
    once(db)
    assert db.template(template)["next_due_at"].date() == date(2026, 3, 28)


def test_a_worker_that_runs_notices(db, recurd):
    """Its calendars are read with the settings: a holiday holds for what it plans next, without a restart."""
    from harness.util import wait_until
    template = db.add_template(START, {"frequency": "daily", "workday": True, "calendar": "bank"})
    worker = recurd(db, poll_interval="20ms")
    db.travel_to(START + timedelta(hours=1))
    wait_until(lambda: db.template(template)["next_due_at"].date() == date(2026, 3, 2))
    add_days(db, ("2026-03-02", "Storm", None))
    wait_until(lambda: db.template(template)["next_due_at"].date() == date(2026, 3, 3))
    db.travel_to(START + timedelta(days=3, hours=1))
    wait_until(lambda: days(db, template) == ["2026-03-01", "2026-03-03", "2026-03-04"])
    worker.stop()


def test_what_was_missed_is_not_lost_by_a_change(db):
    """The calendar was changed while no worker ran: what was due before, and was missed, is made all the same."""
    template = db.add_template(START, {"frequency": "daily", "workday": True, "calendar": "bank"})
    db.travel_to(START)
    once(db)
    db.travel_to(START + timedelta(days=4))
    add_days(db, ("2026-12-24", "Far away", None), ("2026-03-04", "Late", None))
    once(db)
    assert days(db, template) == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-05"]


def test_a_calendar_that_is_missing_or_wrong_is_told_and_mended(db):
    """The template is quarantined with the reason, others are not, and it goes on when the calendar is there."""
    wrong = db.add_template(START, {**BUT_ONE, "calendar": "moon"})
    fine = db.add_template(START, BUT_ONE)
    task = db.add_task(rule={**BUT_ONE, "calendar": "moon"}, due_date=START)
    db.travel_to(START)
    db.execute("update tasks set is_complete = true where id = %s", (task,))
    once(db)
    assert 'there is no calendar "moon"' in db.template(wrong)["failure"]
    assert len(days(db, fine)) == 1 and days(db, wrong) == []
    assert 'there is no calendar "moon"' in db.value("select failure from recurd.repeats")
    db.execute("insert into recurd.calendars (name) values ('moon')")
    once(db)
    assert db.template(wrong)["failure"] is None and days(db, wrong) == ["2026-03-01"]
    assert db.value("select count(*) from tasks where repeat_of = %s", (task,)) == 1
    # A rule in it that nobody can go by.
    add_days(db, ("2026-01-01", "Tides", "FREQ=HOURLY"), calendar="moon")
    log = once(db)
    assert "event=calendar_failed" in log and "Tides" in log and "expected days" in log
    db.travel_to(START + timedelta(days=60))
    once(db)
    assert "Tides" in db.template(wrong)["failure"] and len(days(db, fine)) > 1
    db.execute("delete from recurd.calendar_days")
    once(db)
    assert db.template(wrong)["failure"] is None and len(days(db, wrong)) > 1


def test_rows_that_no_check_stops(db):
    """Somebody dropped the constraints: what they kept out breaks its own calendar, and nothing else."""
    db.execute("alter table recurd.calendar_days drop constraint ck_calendar_days_day, drop constraint ck_calendar_days_days,"
               " drop constraint ck_calendar_days_rule, drop constraint ck_calendar_days_name;"
               " alter table recurd.calendars drop constraint ck_calendars_weekend, drop constraint ck_calendars_name")
    rows = {"infinite": ("infinity", 1, None), "long": ("2026-01-01", 400000, None), "less": ("2026-01-01", -1, None),
            "huge": ("2026-01-01", 1, "x" * 70000), "empty": ("2026-01-01", 1, ""), "bc": ("4000-01-01 BC", 1, None)}
    for name, (day, span, rule) in rows.items():
        db.execute("insert into recurd.calendars (name, weekend) values (%s, '{6,7,99,-5,null}')", (name,))
        db.execute("insert into recurd.calendar_days (calendar, day, days, name, rule) values (%s, %s, %s, repeat('n', 5000), %s)",
                   (name, day, span, rule))
        db.add_template(START, {**BUT_ONE, "calendar": name}, id=name)
    db.add_template(START, BUT_ONE, id="fine")
    db.travel_to(START)
    once(db)
    for name in rows:
        assert db.template(name)["failure"].startswith(f'recurrence_rule.calendar: calendar "{name}"'), name
    assert days(db, "fine") == ["2026-03-01"]
