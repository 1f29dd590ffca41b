"""Due occurrences become tasks: which ones, with what in them, and what becomes of the template.

The business clock stands still; recurd --once does what is due at that instant.
"""

import hashlib
from datetime import datetime, timedelta, timezone

import pytest

from harness.daemon import once
from harness.util import wait_until

UTC = timezone.utc
MONDAY = datetime(2025, 2, 3, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def utc(*fields):
    return datetime(*fields, tzinfo=UTC)


@pytest.fixture
def db(app_db):
    """Live since the eve of MONDAY, and it is MONDAY, one second past ten."""
    app_db.freeze(MONDAY - DAY)
    app_db.go_live()
    app_db.freeze(MONDAY + timedelta(seconds=1))
    return app_db


def instance_id(template, occurrence):
    """The id by the manual's words, computed a third time, neither in C nor in SQL."""
    usec = round(occurrence.timestamp() * 1_000_000)
    digest = bytearray(hashlib.sha256(b"task\0" + template.encode() + b"\0" + str(usec).encode()).digest())
    raw = bytearray((usec // 1000 & (1 << 48) - 1).to_bytes(6, "big") + digest[:10])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def notification_key(kind, task, instant, timed=True):
    usec = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    time = f"{usec // 1000 & (1 << 48) - 1:012x}" if timed else ""
    return (time + hashlib.sha256(f"{kind}\0{task}\0{usec}".encode()).hexdigest())[:32]


def test_a_due_template_becomes_a_task(db):
    user = db.add_user()
    template = db.add_template(
        MONDAY, {"frequency": "weekly"}, user=user, title="Bins out", description="The grey one", priority="high",
        created_at=MONDAY - DAY
    )
    tags = {db.add_tag(template, "home", user), db.add_tag(template, "kerb", user)}

    log = once(db)

    task = db.row("select * from tasks")
    assert task["id"] == instance_id(template, MONDAY)
    assert (task["title"], task["description"], task["priority"]) == ("Bins out", "The grey one", "high")
    assert (task["user_id"], task["is_complete"]) == (user, False)
    assert task["due_date"] == task["occurrence_at"] == MONDAY
    assert task["recurring_task_id"] == template
    # timestamp without time zone, UTC by the application's convention, whatever the server's zone is
    assert task["created_at"] == task["updated_at"] == datetime(2025, 2, 3, 10, 0, 1)
    assert task["remind_at"] is None and task["recurrence_rule"] is None
    assert set(db.column("select tag_id from task_tags where task_id = %s", (task["id"],))) == tags

    row = db.template(template)
    assert row["next_due_at"] == row["planned_due_at"] == MONDAY + 7 * DAY
    assert row["made_through"] == MONDAY and row["used_count"] == 1 and row["is_active"]
    assert (row["starts_local"], row["starts_zone"]) == (datetime(2025, 2, 3, 10), "UTC")

    (told,) = db.notifications()
    assert told["key"] == notification_key("task_created", task["id"], MONDAY)
    assert (told["kind"], told["task_id"], told["template_id"]) == ("task_created", task["id"], template)
    assert (told["user_id"], told["at"]) == (user, MONDAY)
    (line,) = [line for line in log if line["event"] == "generated"]
    assert (line["template"], line["task"], line["key"]) == (template, task["id"], told["key"])
    assert (line["occurrence"], line["next"]) == ("2025-02-03T10:00:00Z", "2025-02-10T10:00:00Z")
    assert int(line["late_ms"]) >= 1000


def test_sql_derives_the_same_ids_and_keys(db):
    for instant in (MONDAY, MONDAY + timedelta(microseconds=123456), utc(1969, 12, 31, 23, 59, 59)):
        sql = db.row(
            "select recurd.instance_id('t ü', %(i)s) as id, recurd.notification_key('reminder', 't ü', %(i)s) as key",
            {"i": instant},
        )
        assert sql == {"id": instance_id("t ü", instant), "key": notification_key("reminder", "t ü", instant)}


def test_a_second_run_makes_nothing_more(db):
    template = db.add_template(MONDAY)
    once(db)
    once(db)
    assert db.occurrences(template) == [MONDAY]
    assert len(db.notifications()) == 1


def test_what_is_not_due_or_paused_is_left_alone(db):
    future = db.add_template(MONDAY + timedelta(seconds=2))
    paused = db.add_template(MONDAY, is_active=False)
    before = [db.template(future), db.template(paused)]
    once(db)
    assert db.value("select count(*) from tasks") == 0
    assert [db.template(future), db.template(paused)] == before


@pytest.mark.parametrize("batch_size", [1, 3, 1000])
def test_every_missed_occurrence_is_made_whatever_the_batch(db, batch_size):
    template = db.add_template(MONDAY, created_at=MONDAY)
    db.freeze(MONDAY + 10 * DAY)
    log = once(db, batch_size=batch_size)
    assert db.occurrences(template) == [MONDAY + n * DAY for n in range(11)]
    lines = [line["occurrence"] for line in log if line["event"] == "generated"]
    assert lines == sorted(lines) and len(lines) == 11
    assert db.template(template)["next_due_at"] == MONDAY + 11 * DAY
    assert db.decisions(template) == []


@pytest.mark.parametrize("batch_size", [7, 1000])
def test_beyond_the_limit_the_newest_are_kept_and_the_rest_is_counted(db, batch_size):
    template = db.add_template(MONDAY, created_at=MONDAY)
    db.freeze(MONDAY + 49 * DAY)
    log = once(db, catch_up_limit=20, batch_size=batch_size)
    assert db.occurrences(template) == [MONDAY + n * DAY for n in range(30, 50)]
    dropped = db.decisions(template, "dropped")
    assert sum(row["occurrences"] for row in dropped) == 30
    assert (dropped[0]["first_at"], dropped[-1]["last_at"]) == (MONDAY, MONDAY + 29 * DAY)
    lines = [line for line in log if line["event"] == "dropped"]
    assert sum(int(line["occurrences"]) for line in lines) == 30 and lines[0]["template"] == template
    assert db.template(template)["used_count"] == 50


def test_years_of_downtime_do_not_exceed_the_limit(db):
    template = db.add_template(MONDAY, {"frequency": "minutely"}, created_at=MONDAY)
    db.freeze(MONDAY + 20 * DAY)
    once(db)
    made = db.occurrences(template)
    assert len(made) == 100 and made[-1] == MONDAY + 20 * DAY
    assert sum(row["occurrences"] for row in db.decisions(template, "dropped")) == 20 * 24 * 60 + 1 - 100


def test_the_last_occurrence_ends_the_template_in_the_same_write(db):
    template = db.add_template(MONDAY, {"frequency": "daily", "end_date": "2025-02-05T10:00:00Z"})
    for day in range(3):
        assert db.template(template)["is_active"]
        db.freeze(MONDAY + day * DAY + timedelta(seconds=1))
        once(db)
    row = db.template(template)
    assert not row["is_active"] and row["ended_at"] == MONDAY + 2 * DAY + timedelta(seconds=1)
    assert row["next_due_at"] == MONDAY + 2 * DAY
    assert db.occurrences(template) == [MONDAY, MONDAY + DAY, MONDAY + 2 * DAY]
    assert [d["kind"] for d in db.decisions(template)] == ["ended"]
    db.freeze(MONDAY + 30 * DAY)
    once(db)
    assert len(db.occurrences(template)) == 3


def test_count_is_the_number_of_occurrences_there_will_ever_be(db):
    template = db.add_template(MONDAY, {"frequency": "daily", "count": 4})
    db.freeze(MONDAY + DAY)
    once(db)
    db.freeze(MONDAY + 40 * DAY)
    once(db)
    assert db.occurrences(template) == [MONDAY + n * DAY for n in range(4)]
    assert not db.template(template)["is_active"]


def test_dropped_occurrences_count_too(db):
    template = db.add_template(MONDAY, {"frequency": "daily", "count": 10})
    db.freeze(MONDAY + 40 * DAY)
    once(db, catch_up_limit=3)
    assert db.occurrences(template) == [MONDAY + n * DAY for n in (7, 8, 9)]
    assert not db.template(template)["is_active"]


SERIES = {
    "weekly days": (
        {"frequency": "weekly", "days": ["mon", "wed", "fri"]},
        utc(2025, 2, 3, 10),
        ["02-03 10:00", "02-05 10:00", "02-07 10:00", "02-10 10:00"],
    ),
    "every other week": (
        {"frequency": "weekly", "interval": 2, "days": ["mon", "sun"]},
        utc(2025, 2, 3, 10),
        # ISO weeks begin on Monday: Sunday the 9th is of the first week, the 16th is left out
        ["02-03 10:00", "02-09 10:00", "02-17 10:00", "02-23 10:00", "03-03 10:00"],
    ),
    "the 31st": (
        {"frequency": "monthly"},
        utc(2025, 1, 31, 10),
        ["01-31 10:00", "03-31 10:00", "05-31 10:00", "07-31 10:00", "08-31 10:00", "10-31 10:00"],
    ),
    "29 February": (
        {"frequency": "yearly"},
        utc(2020, 2, 29, 10),
        ["2020-02-29 10:00", "2024-02-29 10:00", "2028-02-29 10:00"],
    ),
    "half past two in New York, into summer": (
        {"frequency": "daily", "timeZone": "America/New_York"},
        utc(2025, 3, 8, 7, 30),
        # on the 9th 02:30 does not exist: the offset from before the gap makes it 03:30 EDT
        ["03-08 07:30", "03-09 07:30", "03-10 06:30", "03-11 06:30"],
    ),
    "half past one in New York, into winter": (
        {"frequency": "daily", "timeZone": "America/New_York"},
        utc(2025, 11, 1, 5, 30),
        ["11-01 05:30", "11-02 05:30", "11-03 06:30"],
    ),
    "RFC 5545 text": (
        {"rrule": "FREQ=WEEKLY;BYDAY=TU,TH", "timeZone": "Europe/Berlin"},
        utc(2025, 3, 25, 9),
        ["03-25 09:00", "03-27 09:00", "04-01 08:00", "04-03 08:00"],
    ),
}


@pytest.mark.parametrize("name", SERIES)
def test_series_do_not_drift(db, name):
    rule, start, wanted = SERIES[name]
    db.freeze(start)
    db.go_live()
    template = db.add_template(start, rule)
    for _ in wanted:
        db.freeze(db.template(template)["next_due_at"])
        once(db)
    pattern = "%Y-%m-%d %H:%M" if len(wanted[0]) > 11 else "%m-%d %H:%M"
    assert [instant.strftime(pattern) for instant in db.occurrences(template)] == wanted


def test_the_same_series_after_downtime(db):
    rule, start, wanted = SERIES["half past two in New York, into summer"]
    db.freeze(start)
    db.go_live()
    template = db.add_template(start, rule)
    db.freeze(utc(2025, 3, 11, 7))
    once(db)
    assert [instant.strftime("%m-%d %H:%M") for instant in db.occurrences(template)] == wanted


def test_notifications_of_new_tasks_can_be_left_out(db):
    db.add_template(MONDAY)
    log = once(db, notify_task_created=False)
    assert db.notifications() == []
    assert [line["event"] for line in log if line["event"] == "generated"] == ["generated"]


def test_the_default_zone_is_an_option(db):
    start = utc(2025, 3, 29, 8)
    db.freeze(start)
    db.go_live()
    template = db.add_template(start)
    db.freeze(start + DAY)
    once(db, default_time_zone="Europe/Berlin")
    assert db.occurrences(template) == [start, start + DAY - timedelta(hours=1)]
    assert db.template(template)["starts_zone"] == "Europe/Berlin"


def test_what_comes_due_during_a_backlog_does_not_wait_for_its_end(app_db, recurd):
    """After a night's downtime, what was due in the morning came when all of the night was made up for."""
    app_db.go_live(app_db.now() - timedelta(days=2))
    app_db.add_templates(10_000, timedelta(hours=-8), users=10)
    daemon = recurd(app_db, batch_size=20, log_level="debug")
    daemon.expect("batch")
    template = app_db.add_template(timedelta(milliseconds=300))
    wait_until(lambda: app_db.occurrences(template), timeout=60)
    left = app_db.value("select count(*) from recurring_tasks where next_due_at <= recurd.now()")
    assert left > 0, "it came last"
    daemon.kill()
