"""Calendars: rows of recurd.calendars say which days are working days; rules go by them, and workers notice a change."""

import json
import re
from datetime import date, datetime, timedelta, timezone

import psycopg
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


# recurctl calendar --------------------------------------------------------------------------------


def ics(*events):
    return ("BEGIN:VCALENDAR\r\n" + "".join(f"BEGIN:VEVENT\r\n{lines}END:VEVENT\r\n" for lines in events) + "END:VCALENDAR\r\n").encode()


CHRISTMAS = "DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Weihnachten\r\n"
NEW_YEAR = "DTSTART;VALUE=DATE:20000101\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Neujahr\r\n"
MEETING = "DTSTART:20261201T100000Z\r\nDTEND:20261201T110000Z\r\nSUMMARY:Besprechung\r\n"


def rows(db, name):
    return db.column("select concat_ws(' ', day, days, name, rule, working, imported) from recurd.calendar_days"
                     " where calendar = %s order by day, name", (name,))


def test_a_file_is_imported_and_its_successor_takes_its_place(db):
    """Next year's file replaces this year's; what was added by hand stays; what is no day is told."""
    answer = ctl_json(db, "calendar", "import", "de", "-", stdin=ics(CHRISTMAS, NEW_YEAR, MEETING))
    assert answer == {"name": "de", "new": True, "days": 2, "recurring": 1, "changed": 2, "gone": 0,
                      "left_out": [{"left_out": "Besprechung: covers no whole day"}]}
    run_ctl(db, "calendar", "add", "de", "2026-12-28", "Inventur ä", "--working")
    run_ctl(db, "calendar", "add", "de", "2000-01-01", "Ostermontag", "--every", "EASTER+1")
    assert rows(db, "de") == ['2000-01-01 1 Neujahr {"frequency":"yearly"} f t', "2000-01-01 1 Ostermontag EASTER+1 f f",
                              "2026-12-25 2 Weihnachten f t", "2026-12-28 1 Inventur ä t f"]
    shown = {row["day"]: row["name"] for row in ctl_json(db, "calendar", "show", "de", "--year", 2026)["days"]}
    assert shown == {"2026-01-01": "Neujahr", "2026-04-06": "Ostermontag", "2026-12-25": "Weihnachten", "2026-12-26": "Weihnachten",
                     "2026-12-28": "Inventur ä"}
    # The same again changes nothing, and nothing is planned anew.
    version = db.value("select xmin::text from recurd.settings")
    again = ctl_json(db, "calendar", "import", "de", "-", stdin=ics(CHRISTMAS, NEW_YEAR))
    assert (again["new"], again["changed"], again["gone"]) == (False, 0, 0)
    assert db.value("select xmin::text from recurd.settings") == version
    later = ctl_json(db, "calendar", "import", "de", "-", stdin=ics(CHRISTMAS.replace("2026", "2027"), NEW_YEAR))
    assert (later["changed"], later["gone"]) == (1, 1)
    assert [row for row in rows(db, "de") if "Weihnachten" in row] == ["2027-12-25 2 Weihnachten f t"]


def test_calendars_by_hand(db):
    run_ctl(db, "calendar", "create", "gulf", "--weekend", "Fri, sat")
    run_ctl(db, "calendar", "add", "gulf", "2026-03-20", "Eid", "--days", "3")
    listed = {row["name"]: (row["weekend"], row["holidays"]) for row in ctl_json(db, "calendar")}
    assert listed == {"bank": ("sat,sun", 0), "gulf": ("fri,sat", 1)}
    run_ctl(db, "calendar", "weekend", "gulf", "none")
    assert ctl_json(db, "calendar", "show", "gulf")["weekend"] == "none"
    assert [row["day"] for row in ctl_json(db, "calendar", "show", "gulf", "--year", 2026)["days"]] == [
        "2026-03-20", "2026-03-21", "2026-03-22"]
    run_ctl(db, "calendar", "remove", "gulf", "2026-03-20", "Eid")
    assert rows(db, "gulf") == []
    db.add_template(START, {**BUT_ONE, "calendar": "gulf"})
    shifted(db, {"frequency": "daily"}, "next", calendar="gulf")
    assert "2 templates go by calendar" in run_ctl(db, "calendar", "delete", "gulf", expect=DATA).errors
    assert "--force deletes it" in run_ctl(db, "calendar", "delete", "gulf", expect=DATA).errors
    run_ctl(db, "calendar", "delete", "gulf", "--force")
    assert db.value("select count(*) from recurd.calendars where name = 'gulf'") == 0


@pytest.mark.parametrize("args, says", [
    (["show", "bnak"], 'there is no calendar "bnak" (did you mean "bank"?)'),
    (["add", "bnak", "2026-01-01", "x"], 'there is no calendar "bnak"'),
    (["weekend", "bnak", "sun"], 'there is no calendar "bnak"'),
    (["delete", "bnak"], 'there is no calendar "bnak"'),
    (["create", "my bank"], "a name has 1 to 64 letters"),
    (["create", "bank"], 'there is a calendar "bank" already'),
    (["weekend", "bank", "sat+sun"], "expected days like sat,sun"),
    (["weekend", "bank", ""], "expected days like sat,sun"),
    (["weekend", "bank", "mon,tue,wed,thu,fri,sat,sun"], "ck_calendars_weekend"),
    (["add", "bank", "2026-02-30", "x"], "expected a day like 2026-12-24"),
    (["add", "bank", "infinity", "x"], "expected a day like 2026-12-24"),
    (["add", "bank", "2026-01-01", "x", "--every", "FREQ=HOURLY"], "--every: expected days, got a rule that is hourly"),
    (["add", "bank", "2026-01-01", "x", "--every", "every year"], "--every: "),
    (["add", "bank", "2026-01-01", b"\xff"], "TITLE: expected UTF-8"),
    (["remove", "bank", "2026-01-01"], "has nothing  that begins on 2026-01-01"),
    (["import", "x", "/nonexistent.ics"], "No such file"),
])
def test_what_recurctl_calendar_refuses(db, args, says):
    import os
    args = [os.fsdecode(arg) if isinstance(arg, bytes) else arg for arg in args]
    assert says in run_ctl(db, "calendar", *args, expect=DATA).errors


def test_hostile_files(db):
    """None of them is imported, in part or as a whole, and a calendar that was there stays as it was."""
    run_ctl(db, "calendar", "import", "de", "-", stdin=ics(CHRISTMAS))
    many = ics(*(f"DTSTART;VALUE=DATE:2026{1 + n % 12:02}{1 + n % 28:02}\r\nSUMMARY:{n}\r\n" for n in range(20100)))
    for text, says in [(ics(CHRISTMAS, NEW_YEAR)[:-40], "a part of the file is missing"), (b"", ""), (b"<html>", ""), (ics(MEETING), "no event"),
                       (many, "more than 20000 days"), (ics(*[NEW_YEAR.replace("jahr", str(n)) for n in range(501)]), "more than 500 rules")]:
        assert says in run_ctl(db, "calendar", "import", "de", "-", stdin=text, expect=DATA).errors
    assert rows(db, "de") == ["2026-12-25 2 Weihnachten f t"]


# Policies -----------------------------------------------------------------------------------------


def shifted(db, rule, shift, calendar="bank", **columns):
    template = db.add_template(START, rule, **columns)
    db.execute("insert into recurd.policies (template_id, calendar, shift) values (%s, %s, %s)", (template, calendar, shift))
    return template


def due(db, template):
    return {row["occurrence_at"].strftime("%a %d"): row["due_date"].strftime("%a %d") for row in db.rows(
        "select occurrence_at, due_date from tasks where recurring_task_id = %s order by occurrence_at", (template,))}


def test_what_falls_on_a_day_off_is_shifted_and_told(db):
    """Every day for a week, by each kind of shift: tasks keep their occurrence, and are due on working days alone."""
    add_days(db, ("2026-03-04", "Feast", None))
    templates = {shift: shifted(db, {"frequency": "daily", "count": 8}, shift) for shift in ("none", "next", "previous", "nearest", "skip")}
    for day in range(-1, 9):
        db.travel_to(START + timedelta(days=day, hours=1))
        once(db)
    week = ["Sun 01", "Mon 02", "Tue 03", "Wed 04", "Thu 05", "Fri 06", "Sat 07", "Sun 08"]
    assert due(db, templates["none"]) == dict(zip(week, week))
    assert list(due(db, templates["next"]).values()) == ["Mon 02", "Mon 02", "Tue 03", "Thu 05", "Thu 05", "Fri 06", "Mon 09", "Mon 09"]
    assert list(due(db, templates["previous"]).values()) == ["Fri 27", "Mon 02", "Tue 03", "Tue 03", "Thu 05", "Fri 06", "Fri 06", "Fri 06"]
    assert list(due(db, templates["nearest"]).values()) == ["Mon 02", "Mon 02", "Tue 03", "Tue 03", "Thu 05", "Fri 06", "Fri 06", "Mon 09"]
    assert list(due(db, templates["skip"]).values()) == ["Mon 02", "Tue 03", "Thu 05", "Fri 06"]
    told = {shift: db.rows("select kind, occurrences, detail from recurd.decisions where template_id = %s and kind in ('shifted', 'skipped')"
                           " order by id", (template,)) for shift, template in templates.items()}
    assert told["none"] == [] and {row["kind"] for row in told["skip"]} == {"skipped"}
    assert sum(row["occurrences"] for row in told["next"]) == sum(row["occurrences"] for row in told["skip"]) == 4
    assert told["next"][0]["detail"] == "from a day off to the next working day"


def test_a_calendar_of_a_policy_that_changes(db):
    """Planned to be made on Monday the 9th; that becomes a holiday, and then an ordinary day again."""
    template = shifted(db, {"frequency": "weekly"}, "next")
    db.travel_to(START + timedelta(days=2))
    once(db)
    assert due(db, template) == {"Sun 01": "Mon 02"}
    assert db.template(template)["wake_at"].date() == date(2026, 3, 9)
    assert db.template(template)["next_due_at"].date() == date(2026, 3, 8)
    add_days(db, ("2026-03-09", "Storm", None))
    once(db)
    assert db.template(template)["wake_at"].date() == date(2026, 3, 10)
    db.execute("delete from recurd.calendar_days")
    once(db)
    db.travel_to(START + timedelta(days=8, hours=1))
    once(db)
    assert due(db, template) == {"Sun 01": "Mon 02", "Sun 08": "Mon 09"}


def test_the_mend_that_the_quarantine_names_works(db):
    """It named a command that only lists."""
    template = shifted(db, {"frequency": "weekly"}, "next", calendar="moon")
    db.travel_to(START + timedelta(days=2))
    once(db)
    (mend,) = re.findall(r"recurctl (calendar create \S+) makes it", db.template(template)["failure"])
    run_ctl(db, *mend.split())
    once(db)
    assert db.template(template)["failure"] is None and len(due(db, template)) == 1
    db.execute("delete from recurd.policies")
    with pytest.raises(psycopg.Error) as refused:
        db.execute("select recurd.set_policy(%s, 'calendar', 'sun')", (template,))
    (mend,) = re.findall(r"recurctl (calendar create) makes one", refused.value.diag.message_hint)
    run_ctl(db, *mend.split(), "sun")
    db.execute("select recurd.set_policy(%s, 'calendar', 'sun')", (template,))


@pytest.mark.parametrize("mend", ["update recurd.policies set calendar = 'bank'", "update recurd.policies set shift = null",
                                  "insert into recurd.calendars (name) values ('moon')", "delete from recurd.policies"])
def test_a_policy_with_a_calendar_that_is_not_there(db, mend):
    template = shifted(db, {"frequency": "weekly"}, "next", calendar="moon")
    db.travel_to(START + timedelta(days=2))
    once(db)
    assert db.template(template)["failure"].startswith('recurd.policies.calendar: there is no calendar "moon"')
    db.execute(mend)
    once(db)
    assert db.template(template)["failure"] is None and len(due(db, template)) == 1


QUESTION = {"rule": {"frequency": "daily"}, "start": "2024-12-31T09:00:00", "timeZone": "Europe/Berlin",
            "after": "2024-12-31T08:00:00Z", "n": 4}
A_FILE = ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20240101\r\n"
          "SUMMARY:New Year\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")


@pytest.mark.parametrize("shift, wanted", [("none", "01 02 03 04"), ("next", "02 02 03 06"), ("previous", "02 03 03 03"), ("skip", "02 03 06 07")])
def test_expand_goes_by_a_calendar(db, tmp_path, shift, wanted):
    """Of the database, or a file: what falls on the New Year, or a weekend, goes where the policy of that name would have it."""
    file = tmp_path / "new-year.ics"
    file.write_text(A_FILE, newline="")
    add_days(db, ("2024-01-01", "New Year", "FREQ=YEARLY"))
    for calendar in (str(file), "bank"):
        answer = run_ctl(db, "expand", "--calendar", calendar, "--shift", shift, stdin=json.dumps(QUESTION).encode()).text
        assert [at[8:10] for at in json.loads(answer)["occurrences"]] == wanted.split()


def test_expand_says_what_is_wrong_with_its_calendar(db, tmp_path):
    (tmp_path / "none.ics").write_text("no calendar")
    assert "no calendar" in run_ctl(db, "expand", "--calendar", str(tmp_path / "none.ics"), stdin=b"", expect=DATA).errors
    assert 'there is no calendar "moon"' in run_ctl(db, "expand", "--calendar", "moon", stdin=b"", expect=DATA).errors
    assert "expected none, next" in run_ctl(db, "expand", "--shift", "later", stdin=b"", expect=USAGE).errors
    only = json.dumps({"rule": "FREQ=WEEKLY;BYDAY=SA", "start": "2025-01-04T09:00:00", "n": 1})
    assert "are left" in run_ctl(db, "expand", "--shift", "skip", stdin=only.encode()).text
