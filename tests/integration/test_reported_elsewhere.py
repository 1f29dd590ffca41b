"""What people have reported of other programs that repeat tasks, tried here.

A story is what a report tells, in words, with its source; what recurd does stands in it.  Most went wrong there, some
did here.  They lie in one database, in which workers look a few times, so that a story costs next to nothing.
"""

import json
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from harness.ctl import DATA, run_ctl
from harness.daemon import once

pytestmark = pytest.mark.slow

UTC = timezone.utc
BERLIN, SYDNEY, AUCKLAND = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Sydney"), ZoneInfo("Pacific/Auckland")
DAILY, WEEKLY, MONTHLY = ({"frequency": word} for word in ("daily", "weekly", "monthly"))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def at(text, zone=UTC):
    """From "03-10 09:00", of the year 2026 unless it says another."""
    return datetime.fromisoformat(text if text[:2] == "20" else f"2026-{text}").replace(tzinfo=zone).astimezone(UTC)


def said(instants, zone=UTC):
    return [f"{instant.astimezone(zone):%m-%d %H:%M}" for instant in instants]


def nine(*days):
    """At nine in March; "a-b" are all from a to b."""
    numbers = [n for day in days for n in (range(*(int(x) + i for i, x in enumerate(day.split("-")))) if isinstance(day, str) else [day])]
    return [f"03-{n:02} 09:00" for n in numbers]


# Series ---------------------------------------------------------------------------------------------

CREATED, PAUSES, RESUMES = "03-01 00:00", "03-11 12:00", "03-14 12:00"
LOOKS = [CREATED, "03-07 10:00", "03-09 10:00", "03-11 10:00", PAUSES, RESUMES, "03-14 13:00", "03-20 20:00", "04-30 20:00"]
TEN = at("03-10 09:00")


def skip(instant):
    return "select recurd.skip(%(id)s, %(at)s)", {"at": instant}


def postpone(instant, to):
    return "select recurd.postpone(%(id)s, %(at)s, %(to)s)", {"at": instant, "to": to}


def split(instant):
    return "select recurd.split(%(id)s, %(at)s)", {"at": instant}


def policy(**columns):
    names = ", ".join(columns)
    return f"insert into recurd.policies (template_id, {names}) values (%(id)s, {', '.join(f'%({n})s' for n in columns)})", columns


PAUSE, RESUME, TRIGGER = (f"select recurd.{verb}(%(id)s)" for verb in ("pause", "resume", "trigger"))
PAUSED = {PAUSES: [PAUSE], RESUMES: [RESUME]}

# Source: what is told, the rule, its first due date, what is done when, and the due dates of its tasks, in UTC or in
# the zone of the rule.  Those of what is split off are among them.
SERIES = {
    "callumalpass/tasknotes#2191": (
        "The 13th was moved to the 11th and left out there: its own date came back.",
        DAILY | {"count": 5}, TEN, {CREATED: [postpone(at("03-13 09:00"), at("03-11 12:00")), skip(at("03-11 12:00"))]},
        nine(10, 11, 12, 14)),
    "ronnieholm/SPCalendarRecurrenceExpander#7": (
        "Moved, and then deleted: it was there all the same.",
        DAILY | {"count": 3}, TEN, {CREATED: [postpone(at("03-11 09:00"), at("03-11 13:00")), skip(at("03-11 09:00"))]},
        nine(10, 12)),
    "bryntum/support#8783": (
        "Twice, of which the second is left out: a third came in its place.",
        DAILY | {"count": 2}, TEN, {CREATED: [skip(at("03-11 09:00"))]}, nine(10)),
    "nextcloud/calendar-js#570": (
        "One that was moved had all of COUNT before it again.",
        DAILY | {"count": 3}, TEN, {CREATED: [postpone(at("03-10 09:00"), at("03-10 18:00"))]},
        ["03-10 18:00", *nine(11, 12)]),
    "cornellh4i/ithaca-recovery#542": (
        "Six weeks, split at the fourth over the month's end: the rest had six again.",
        WEEKLY | {"count": 6}, TEN, {"03-11 10:00": [split(at("03-31 09:00"))]},
        [*nine(10, 17, 24, 31), "04-07 09:00", "04-14 09:00"]),
    "rapla/rapla#133": (
        "The first was excepted, and stood there again once the series was split.",
        DAILY | {"count": 4}, TEN, {CREATED: [skip(TEN)], "03-11 10:00": [split(at("03-12 09:00"))]}, nine(11, 12, 13)),
    "VladimirMarkelov/ttdl#117": (
        "Postponed beyond the next one: that is none the less for it, and those behind it stay where they are.",
        DAILY | {"count": 4}, TEN, {CREATED: [postpone(at("03-11 09:00"), at("03-12 15:00"))]},
        [*nine(10, 12), "03-12 15:00", *nine(13)]),
    "onto another": (
        "Postponed to the very instant of the next: both come.",
        DAILY | {"count": 3}, TEN, {CREATED: [postpone(at("03-11 09:00"), at("03-12 09:00"))]}, nine(10, 12, 12)),
    "beyond the end": (
        "The last one is postponed beyond UNTIL.",
        DAILY | {"until": "2026-03-12"}, TEN, {CREATED: [postpone(at("03-12 09:00"), at("03-18 09:00"))]}, nine(10, 11, 18)),
    "ulsklyc/yuvomi#1304": (
        "UNTIL one second before the occurrence of the day on which somebody split the series: it came on that day as well.",
        {"rrule": "DTSTART;TZID=Europe/Berlin:20260313T170000\nRRULE:FREQ=WEEKLY;WKST=MO;UNTIL=20260327T155959Z;BYDAY=FR"},
        at("03-13 17:00", BERLIN), {}, ["03-13 17:00", "03-20 17:00"]),
    "odoo/odoo#265297": (
        "UNTIL is an instant of the day before by the local clock.",
        {"rrule": "DTSTART;TZID=America/Argentina/Buenos_Aires:20260312T100000\nRRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20260326T025959Z"},
        at("03-12 10:00", ZoneInfo("America/Argentina/Buenos_Aires")), {}, ["03-12 10:00", "03-19 10:00"]),
    "llazzaro/django-scheduler#509": (
        "Moved from Monday to Tuesday on the other side of the change of the clocks: there were both.",
        WEEKLY | {"timeZone": "Europe/Berlin", "count": 4}, at("03-16 12:00", BERLIN),
        {CREATED: [postpone(at("03-30 12:00", BERLIN), at("03-31 12:00", BERLIN))]},
        ["03-16 12:00", "03-23 12:00", "03-31 12:00", "04-06 12:00"]),
    "vtmocanu/uzi#317": (
        "Resumed in the afternoon, it fired for the slot of the night.", DAILY | {"count": 6}, TEN, PAUSED, nine(10, 11, 15)),
    "agronholm/apscheduler#856": (
        "What fell into the pause is wanted afterwards.",
        DAILY | {"count": 6}, TEN, {CREATED: [policy(pause_catch_up="all")]} | PAUSED, nine("10-15")),
    "apache/airflow#47566": (
        "Resumed with the newest alone, each of the times of day had one.",
        {"rrule": "FREQ=DAILY;BYHOUR=8,20;COUNT=12"}, at("03-10 08:00"), {CREATED: [policy(pause_catch_up="latest")]} | PAUSED,
        ["03-10 08:00", "03-10 20:00", "03-11 08:00", "03-14 08:00", "03-14 20:00", "03-15 08:00", "03-15 20:00"]),
    "super-productivity/super-productivity#7951": (
        "Paused and resumed on one day, after that day's task was there: it went to the next day.",
        DAILY | {"count": 3}, TEN, {"03-11 10:00": [PAUSE, RESUME]}, nine(10, 11, 12)),
    "frankframework/frankframework#1135": (
        "Asked for by hand while it is paused: it comes, and the pause stays.",
        DAILY | {"count": 4}, TEN, PAUSED | {PAUSES: [PAUSE, TRIGGER]}, ["03-10 09:00", "03-11 09:00", "03-11 12:00"]),
    "apache/airflow#13963": (
        "One by hand, and the next one by the rule was left out.",
        DAILY | {"count": 3}, TEN, {"03-11 10:00": [TRIGGER]}, ["03-10 09:00", "03-11 09:00", "03-11 10:00", "03-12 09:00"]),
    "oban-bg/oban#1156": (
        "Another time of day, saved behind it: it ran at once, as one that had been missed.",
        DAILY | {"byHour": [9], "count": 4}, TEN,
        {PAUSES: ["""update recurring_tasks set recurrence_rule = recurrence_rule || '{"byHour": [8]}' where id = %(id)s"""]},
        [*nine(10, 11), "03-12 08:00", "03-13 08:00"]),
    "TracksApp/tracks#1437": (
        "It was to start in a week, and then at once.",
        DAILY | {"count": 2}, at("03-18 09:00"),
        {"03-09 10:00": ["update recurring_tasks set next_due_at = '2026-03-10 09:00+00' where id = %(id)s"]}, nine(10, 11)),
    "GothenburgBitFactory/taskwarrior#1829": (
        "Every Monday, and on the Tuesday behind it where that is a holiday.",
        WEEKLY | {"count": 3}, at("03-09 09:00"), {CREATED: [policy(shift="next", calendar="bank")]}, nine(9, 18, 23)),
    "GothenburgBitFactory/taskwarrior#1824": (
        "The last working day up to the fifteenth.",
        MONTHLY | {"count": 2}, at("03-15 09:00"), {CREATED: [policy(shift="previous", calendar="bank")]}, ["03-13 09:00", "04-15 09:00"]),
    "jperelli/Redmine-Periodic-Task#55": (
        "Every three days, on Monday where that is a weekend: three days from the Saturday, not from the Monday.",
        DAILY | {"interval": 3, "count": 5}, TEN, {CREATED: [policy(shift="next")]}, nine(10, 13, 16, 19, 23)),
    "actualbudget/actual#4023": (
        "One that stands before the weekend could not be skipped: it is named by its own date.",
        MONTHLY | {"count": 2}, at("03-28 09:00"), {CREATED: [policy(shift="previous"), skip(at("03-28 09:00"))]}, ["04-28 09:00"]),
    "actualbudget/actual#2737": (
        "The first one goes before the weekend, and before the day that was set as the start.",
        WEEKLY | {"count": 1}, at("03-07 09:00"), {CREATED: [policy(shift="previous")]}, nine(6)),
    "quartz-scheduler/quartz#488": (
        "All that is left becomes a holiday: it counted as missed, and fired.",
        DAILY | {"count": 3}, TEN, {CREATED: [policy(shift="skip", calendar="full")]}, []),
    "home-assistant/core#38751": (
        "A Sunday evening on the west coast is Monday in London: it is no working day.",
        DAILY | {"timeZone": "America/Los_Angeles", "count": 3}, at("03-13 23:30", ZoneInfo("America/Los_Angeles")),
        {CREATED: [policy(shift="skip")]}, ["03-13 23:30"]),
    "quartznet/quartznet#1665": (
        "Midnight belongs to the day that begins with it: the end of a holiday, and the begin of one.",
        DAILY | {"timeZone": "Pacific/Kiritimati", "count": 5}, at("03-14 00:00", ZoneInfo("Pacific/Kiritimati")),
        {CREATED: [policy(shift="skip", calendar="bank")]}, ["03-18 00:00"]),
    "jmix-framework/jmix#1461": (
        "A holiday that is a working day at the same time is a working day.",
        DAILY | {"count": 2}, at("03-19 09:00"), {CREATED: [policy(shift="skip", calendar="bank")]}, nine(19, 20)),
    "kubernetes/kubernetes#58748": (
        "None while one is open.", DAILY | {"count": 4}, TEN, {CREATED: [policy(overlap="skip")]}, nine(10)),
    "kubernetes/kubernetes#58748, deleted": (
        "The one that was open was deleted: the next one comes.",
        DAILY | {"count": 4}, TEN, {CREATED: [policy(overlap="skip")], PAUSES: ["delete from tasks where recurring_task_id = %(id)s"]},
        nine(12)),
    "cadence-workflow/cadence#7936": (
        "All of what is late, but none while one is open: the first of them, as if somebody had looked in time.",
        DAILY | {"count": 3}, at("03-12 09:00"), {CREATED: [policy(overlap="skip", catch_up="all")]}, nine(12)),
    "made ahead": (
        "Made three days before it is due, it cannot be skipped any more; the one behind it can.",
        DAILY | {"count": 5}, at("03-12 09:00"),
        {CREATED: [policy(lead_time=3 * DAY)], "03-09 10:00": [skip(at("03-14 09:00"))]}, nine(12, 13, 15, 16)),
    "lfos/calcurse#445": (
        "The month's last day, or the working day before it; there was a rule of the last weekday in its place.",
        {"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2"}, at("03-31 09:00"), {CREATED: [policy(shift="previous", calendar="bank")]},
        ["03-30 09:00", "04-30 09:00"]),
    "lfos/calcurse#445, by a rule": (
        "The same.", MONTHLY | {"workday": -1, "calendar": "bank", "count": 2}, at("03-30 09:00"), {},
        ["03-30 09:00", "04-30 09:00"]),
    "GothenburgBitFactory/taskwarrior#182": (
        "The last three working days of the month.",
        MONTHLY | {"workday": [-1, -2, -3], "calendar": "bank", "count": 4}, at("03-26 09:00"), {},
        [*nine(26, 27, 30), "04-28 09:00"]),
    "eduolalo/moment-business-days#86": (
        "The sixteenth working day of a month with holidays.",
        MONTHLY | {"workday": 16, "calendar": "bank", "count": 2}, at("03-25 09:00"), {}, ["03-25 09:00", "04-22 09:00"]),
    "quartznet/quartznet#218": (
        "Two days of every other week, by a calendar: the second day of a week was left out.",
        WEEKLY | {"interval": 2, "days": ["mon", "tue"], "count": 4}, at("03-09 09:00"), {CREATED: [policy(shift="skip")]},
        nine(9, 10, 23, 24)),
}


@pytest.fixture(scope="module")
def shared_db(cluster):
    db = cluster.create_migrated()
    db.go_live(at("2024-01-01 00:00"))
    for day, title in (("2026-03-16", "A"), ("2026-03-17", "B"), ("2026-03-19", "C"), ("2026-03-31", "D")):
        db.execute("insert into recurd.calendars (name) values ('bank'), ('full') on conflict do nothing")
        db.execute("insert into recurd.calendar_days (calendar, day, name) values ('bank', %s, %s)", (day, title))
    db.execute("insert into recurd.calendar_days (calendar, day, name, working) values ('bank', '2026-03-19', 'fair', true)")
    db.execute("insert into recurd.calendar_days (calendar, day, name, days) values ('full', '2026-03-08', 'works holidays', 30)")
    yield db
    db.drop()


@pytest.fixture(scope="module")
def series(shared_db):
    """{source: due dates}, after all of them were lived."""
    db = shared_db
    for source, (_, rule, due, _, _) in SERIES.items():
        db.add_template(due, rule, id=source, title=source)
    for look in LOOKS:
        db.freeze(at(look))
        for source, (_, _, _, acts, _) in SERIES.items():
            for act in acts.get(look, []):
                statement, params = (act, {}) if isinstance(act, str) else act
                db.execute(statement, params | {"id": source})
        once(db)
    made = {}
    for row in db.rows("select title, due_date from tasks where recurring_task_id is not null order by due_date, occurrence_at"):
        made.setdefault(row["title"], []).append(row["due_date"])
    yield made
    db.execute("delete from recurring_tasks")
    db.execute("delete from tasks")


@pytest.mark.parametrize("source", SERIES)
def test_series(series, source):
    _, rule, due, _, wanted = SERIES[source]
    zone = rule.get("timeZone") or (rule.get("rrule", "").partition("TZID=")[2].partition(":")[0] or "UTC")
    assert said(series.get(source, []), ZoneInfo(zone)) == wanted, SERIES[source][0]


def test_the_months_of_a_bank(shared_db):
    """The last working day as a rule, and as the month's last day that is shifted: the same for seven years."""
    db = shared_db
    db.freeze(at(CREATED))
    db.add_template(at("2026-03-31 09:00"), {"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1"}, id="shifted")
    db.execute("insert into recurd.policies (template_id, shift) values ('shifted', 'previous')")
    db.add_template(at("2026-03-31 09:00"), MONTHLY | {"workday": -1}, id="rule")
    db.freeze(at("2033-01-01 00:00"))
    once(db)
    due = {row["recurring_task_id"]: row["all"] for row in db.rows(
        "select recurring_task_id, array_agg(due_date order by due_date) as all from tasks group by 1")}

    def last(month):
        day = date(month // 12, month % 12 + 1, 1) + timedelta(days=31)
        day -= timedelta(days=day.day)
        return day - timedelta(days=max(0, day.weekday() - 4))

    wanted = [last(month) for month in range(2026 * 12 + 2, 2033 * 12)]
    assert [instant.astimezone(UTC).date() for instant in due["rule"]] == wanted and due["shifted"] == due["rule"]
    db.execute("delete from recurring_tasks")
    db.execute("delete from tasks")


def test_what_is_skipped_by_the_date_on_which_it_stands(shared_db):
    """actualbudget/actual#6270: nothing happened, and nobody was told.  recurctl names the date that it goes by."""
    shared_db.freeze(at(CREATED))
    shared_db.add_template(at("2026-06-28 09:00"), MONTHLY, id="salary")
    shared_db.execute("insert into recurd.policies (template_id, shift) values ('salary', 'previous')")
    told = run_ctl(shared_db, "skip", "salary", "2026-06-26T09:00:00Z", expect=DATA).errors
    assert "after it there is 2026-06-28T09:00:00Z" in told
    shared_db.execute("delete from recurring_tasks")


def test_nothing_but_what_is_on_time_by_a_worker_that_looks_every_five_minutes(shared_db):
    """Raven-Scout/scout-plugin#198: what was not to be caught up never came at all, since each look is a little late.
    So it is here, where a worker runs from cron, until catch_up_grace is longer than from one look to the next."""
    db = shared_db
    db.execute("delete from recurring_tasks")
    db.execute("delete from tasks")
    db.freeze(at(CREATED))
    for word in ("none", "window"):
        db.add_template(at("04-01 09:00"), {"frequency": "hourly"}, id=word)
    db.execute("insert into recurd.policies (template_id, catch_up) values ('none', 'none')")
    db.execute("insert into recurd.policies (template_id, catch_up_window) values ('window', '2 min')")
    made = []
    for hour in (9, 10, 12):  # at eleven nobody looks
        if hour == 10:
            run_ctl(db, "settings", "set", "catch_up_grace", "6min")  # as recurd(8) says
        db.freeze(at(f"04-01 {hour:02}:04"))
        once(db)
        made.append(sorted(db.column("select recurring_task_id || extract(hour from due_date at time zone 'UTC') from tasks")))
    assert made[:2] == [[], ["none10", "window10"]] and made[2] == ["none10", "none12", "window10", "window12"]
    db.execute("update recurd.settings set catch_up_grace = null")
    db.execute("delete from recurring_tasks")
    db.execute("delete from tasks")


# Tasks that repeat themselves -------------------------------------------------------------------------

FROM_COMPLETION = {"repeatFrom": "completion"}
# Source: what is told, the rule, its zone, when it is due, when it is completed, again and again, and when it is due then.
REPEATS = {
    "tasks/tasks#3017": ("Three days late, it had to be completed four times.",
                         DAILY, UTC, "03-01 08:00", ["03-04 10:00"], ["03-05 08:00"]),
    "tasks/tasks#2438": ("A week late and before its time of day: it is due on the same day.",
                         DAILY, UTC, "03-01 08:00", ["03-09 07:45"], ["03-09 08:00"]),
    "tgrosinger/tq-obsidian#27": ("The month's end, a day early: it was due on the next day again.",
                                  MONTHLY | {"byMonthDay": [-1]} | FROM_COMPLETION, UTC, "03-31 08:00", ["03-30 10:00"], ["04-30 08:00"]),
    "obsidian-tasks-group/obsidian-tasks#1924": ("A Friday's that was done on Thursday was due on Friday, twice.",
                                                 WEEKLY | {"days": ["fri"]} | FROM_COMPLETION, UTC, "03-06 08:00", ["03-05 10:00"],
                                                 ["03-13 08:00"]),
    "tasks/tasks#4024": ("Every three months, done on 29 November: it came in May.",
                         MONTHLY | {"interval": 3} | FROM_COMPLETION, UTC, "2025-11-20 08:00", ["2025-11-29 10:00"], ["02-28 08:00"]),
    "donetick/donetick#53": ("Completed again on the same day by accident: thirty days from then, not sixty.",
                             DAILY | {"interval": 30} | FROM_COMPLETION, UTC, "03-09 08:00", ["03-09 10:00", "03-09 10:05"],
                             ["04-08 08:00", "04-08 08:00"]),
    "ad-si/TaskLite#41": ("Two days early: the week counts from then.",
                          WEEKLY | FROM_COMPLETION, UTC, "03-10 08:00", ["03-08 10:00"], ["03-15 08:00"]),
    "tasks/tasks#2143": ("Every 24 hours: at the time of day of the completion.",
                         {"frequency": "hourly", "interval": 24} | FROM_COMPLETION, UTC, "03-10 13:00", ["03-10 15:00"], ["03-11 15:00"]),
    "obsidian-tasks-group/obsidian-tasks#2309": ("The night before the clocks go forward: it came back on the same day.",
                                                 DAILY, SYDNEY, "10-03 00:00", ["10-03 09:00", "10-04 09:00"], ["10-04 00:00", "10-05 00:00"]),
    "tasks/tasks#1634": ("The same, thirteen hours ahead of Greenwich.",
                         DAILY, AUCKLAND, "09-26 00:00", ["09-26 21:00", "09-27 09:00"], ["09-27 00:00", "09-28 00:00"]),
    "GothenburgBitFactory/taskwarrior#75": ("A minute before midnight on Sundays became one before eleven, and another day.",
                                            WEEKLY, BERLIN, "10-18 23:59", ["10-18 20:00", "10-25 20:00"], ["10-25 23:59", "11-01 23:59"]),
    "GothenburgBitFactory/taskwarrior#1698": ("The 31st became the 28th and remained so.",
                                              MONTHLY | {"skip": "backward"}, UTC, "2027-01-31 09:00",
                                              ["2027-01-31 10:00", "2027-02-28 10:00", "2027-03-31 10:00"],
                                              ["02-28 09:00", "03-31 09:00", "04-30 09:00"]),
    "ulsklyc/yuvomi#978": ("A leap day became the 28th, and in the next leap year, too.",
                           {"frequency": "yearly", "skip": "backward"}, UTC, "2024-02-29 09:00",
                           ["2024-03-01 10:00", "2025-03-01 10:00", "2026-03-01 10:00", "2027-03-01 10:00"],
                           ["02-28 09:00", "02-28 09:00", "02-28 09:00", "02-29 09:00"]),
    "tasks/tasks#2115": ("Each in turn.", DAILY | {"repeatFrom": "each"}, UTC, "03-01 08:00", ["03-03 10:00"] * 3,
                         ["03-02 08:00", "03-03 08:00", "03-04 08:00"]),
    "getting-things-gnome/gtg#1342": ("The second one had no rule.", DAILY, UTC, "03-01 08:00", [f"03-0{n} 10:00" for n in (1, 2, 3, 4)],
                                      [f"03-0{n} 08:00" for n in (2, 3, 4, 5)]),
    "topydo/topydo#222": ("On the next working day, which a holiday is not.",
                          DAILY | {"workday": True, "calendar": "bank"}, UTC, "03-13 08:00", ["03-13 10:00"], ["03-18 08:00"]),
}


def completed(db, task, instant):
    db.freeze(instant)
    db.execute("update tasks set is_complete = true where id = %s", (task,))


def test_repeats(shared_db):
    """Each is completed, and what follows it, and so on."""
    db = shared_db
    last, found = {}, {source: [] for source in REPEATS}
    for source, (_, rule, zone, due, _, _) in REPEATS.items():
        last[source] = db.add_task(id=source, due_date=at(due, zone), title=source,
                                   rule=rule if zone is UTC else rule | {"timeZone": str(zone)})
    for number in range(4):
        for source, (_, _, zone, _, completions, _) in REPEATS.items():
            if number < len(completions):
                completed(db, last[source], at(completions[number], zone))
        once(db)
        for row in db.rows("select id, title, due_date, repeat_of from tasks where repeat_of = any(%s)", (list(last.values()),)):
            found[row["title"]].append(row["due_date"])
            last[row["title"]] = row["id"]
    for source, (words, _, zone, _, _, wanted) in REPEATS.items():
        assert said(found[source], zone) == wanted, f"{source}: {words}"
    db.execute("delete from tasks")


def test_a_completed_task_is_edited_and_ticked_again(shared_db):
    """mjdescy/TodoTxtMac#124, taskgenius/taskgenius-plugin#549, dannymcc/may#232: each gave another one that follows it."""
    db = shared_db
    task = db.add_task(due_date=at("03-01 08:00"), rule=DAILY)
    completed(db, task, at("03-01 10:00"))
    once(db)
    for change in ("title = 'Net', priority = 'high'", "due_date = due_date - interval '1 day'", "is_complete = false",
                   "is_complete = true", "recurrence_rule = '{\"frequency\": \"weekly\"}'"):
        db.execute(f"update tasks set {change} where id = %s", (task,))
        once(db)
    assert said(db.column("select due_date from tasks where repeat_of is not null")) == ["03-02 08:00"]
    db.execute("delete from tasks")


def test_a_reminder_that_somebody_sets_after_he_has_snoozed(shared_db):
    """tasks/tasks#2914: snoozed for an hour, and then set to an earlier time, it said nothing until the hour was over."""
    db = shared_db
    db.freeze(at("03-02 16:00"))
    due = at("03-02 17:00")
    for task in ("moved", "added", "due"):
        db.add_task(id=task, due_date=due, remind=due if task != "due" else None)
    db.execute("select recurd.remind('due', before => '0')")
    db.add_task(id="far", due_date=at("2036-03-26 10:00"))
    db.execute("select recurd.remind('far', before => '30 days')")  # rendyhd/Vicu#10: told ten years ahead of its time
    db.freeze(due)
    once(db)
    db.execute("select recurd.snooze(id, span => '1 hour') from tasks where id <> 'far'")
    soon = at("03-02 17:10")
    db.update("tasks", "moved", remind_at=soon)
    db.execute("select recurd.remind('added', at => %s)", (soon,))
    db.update("tasks", "due", due_date=soon)
    for minute in ("17:10", "18:00", "18:30"):
        db.freeze(at(f"03-02 {minute}"))
        once(db)
    told = {}
    for row in db.notifications("reminder"):
        told.setdefault(row["task_id"], []).append(f"{row['at'].astimezone(UTC):%H:%M}")
    assert {task: told[task] for task in ("moved", "added", "due")} == dict.fromkeys(("moved", "added", "due"), ["17:00", "17:10", "18:00"])
    db.execute("delete from tasks")


# What people write ------------------------------------------------------------------------------------

# As to-do lists have it, and what comes from Monday 2 March 2026, 9:00, on; or what it is refused for.
SENTENCES = {
    "every other fri": "03-06 03-20", "every 15 Aug": "08-15 08-15", "every last day": "03-31 04-30", "ev monday": "03-02 03-09",
    "every workday": "03-02 03-03", "every quarter": "03-02 06-02", "every 1st wed jan": "01-06 01-05", "every 3rd friday 8pm": "03-20 04-17",
    "every last monday of the month": "03-30 04-27", "every other month on the 2nd": "03-02 05-02", "every 2nd and 4th tuesday": "03-10 03-24",
    "every friday the 13th": "03-13 11-13", "every year on feb 29": "02-29 02-29", "every 16th workday of the month": "03-23 04-22",
    "every 2nd to last day": "03-30 04-29", "every 3rd day": "03-02 03-05", "every 3rd day of the month": "03-03 04-03",
    "every monday of january": "01-04 01-11", "1st of every month": "04-01 05-01", "every month on the fifth friday": "05-29 07-31",
    "every jan 13th, may 15th": "these dates are several rules", "every mon at 9 and fri at 10": "is another rule",
    "every day starting aug 3 ending sep 2": "the start is no part of a rule", "every week on mon until dec 31": "a date with its year",
    "every day for 3 weeks": "how many times", "every 0 days": "expected a number", "every 1.5 days": "\"5\"", "every Montag": "did you mean \"Monday\"",
    "every 31st of february": "no day ever matches",
}
# Lines of calendars: the rule, its start, and the instants.
LINES = {
    "ical-org/ical.net#736": (
        "UNTIL in the hour that the clock shows twice: the second night was lost.",
        "DTSTART;TZID=Europe/Amsterdam:20201024T023000\nRRULE:FREQ=DAILY;UNTIL=20201025T010000Z", "2020-10-24T02:30:00",
        ["2020-10-24T00:30:00Z", "2020-10-25T00:30:00Z"]),
    "quartz-scheduler/quartz#1352": (
        "In the hour that the clock skips: from that night on it came at another time, or a day was lost.",
        "DTSTART;TZID=Europe/Amsterdam:20250329T023000\nRRULE:FREQ=DAILY;COUNT=3", "2025-03-29T02:30:00",
        ["2025-03-29T01:30:00Z", "2025-03-30T01:30:00Z", "2025-03-31T00:30:00Z"]),
}


def test_what_people_write():
    asked = [{"rule": text, "start": "2026-03-02T09:00:00", "n": 2} for text in SENTENCES]
    asked += [{"rule": {"rrule": text}, "start": start, "n": 5} for _, text, start, _ in LINES.values()]
    answers = [json.loads(line) for line in run_ctl(None, "expand", stdin="".join(json.dumps(row) + "\n" for row in asked).encode()).lines()]
    for (text, wanted), answer in zip(SENTENCES.items(), answers):
        got = " ".join(instant[5:10] for instant in answer["occurrences"]) if "occurrences" in answer else answer["error"]
        assert wanted == got if "occurrences" in answer else wanted in got, f"{text}: {got}"
    for (source, (words, _, _, wanted)), answer in zip(LINES.items(), answers[len(SENTENCES):]):
        assert answer == {"occurrences": wanted}, f"{source}: {words}"
