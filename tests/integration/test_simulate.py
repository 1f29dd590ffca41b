"""recurctl simulate: what it says of a month is what the daemon then does under time travel, row for row."""

import re
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import DATA, USAGE, ctl_json, run_ctl
from harness.daemon import once

pytestmark = pytest.mark.slow

UTC = timezone.utc
START = datetime(2025, 3, 10, 12, 0, tzinfo=UTC)  # summer time begins in Berlin on the 30th
RULES = {
    "daily": {"frequency": "daily"},
    "berlin": {"frequency": "daily", "timeZone": "Europe/Berlin"},
    "in the gap": {"rrule": "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "timeZone": "Europe/Berlin"},
    "weekly": {"frequency": "weekly", "interval": 2, "days": ["mon", "wed", "fri"]},
    "month's end": {"frequency": "monthly"},
    "counted": {"frequency": "daily", "count": 9},
    "until": {"frequency": "weekly", "end_date": "2025-03-31T23:59:59Z"},
    "user's zone": {"frequency": "daily", "interval": 3},
    "hourly": {"rrule": "FREQ=HOURLY;INTERVAL=5"},
    "changed": {"frequency": "daily", "count": 80, "recurrenceOverrides": {
        "2025-03-14T09:30:00": {"excluded": True}, "2025-03-15T09:30:00": {"start": "2025-03-20T18:00:00"},
        "2025-03-18T09:30:00": {"title": "Another, \"quoted\"", "priority": "high"}, "2025-04-01T04:00:00": {}}},
    "last friday": {"rrule": "FREQ=MONTHLY;BYDAY=-1FR", "timeZone": "America/New_York"},
    "wrong": {"frequency": "fortnightly"},
    "too often": {"rrule": "FREQ=SECONDLY"},
}
CHANGES = """
    update recurring_tasks set next_due_at = next_due_at + interval '90 minutes' where id = 'daily';
    update recurring_tasks set recurrence_rule = '{"frequency": "daily", "interval": 2}' where id = 'edited';
    update recurring_tasks set is_active = true where id = 'resumed' or id ~ 'of the pause' and id !~ 'ends';
    update recurd.policies set paused_until = recurd.now() + interval '5 days 1 hour' where template_id ~ 'that ends';
    update recurring_tasks set next_due_at = recurd.now() - interval '10 days' where id = 'overdue';
    update recurring_tasks set recurrence_rule = '{"frequency": "x"}' where id = 'spoilt';
    insert into recurd.preferences (user_id, time_zone) values ('user''s zone', 'America/New_York');
"""


POLICIES = {
    "ahead": "lead_time = '30 hours'",
    "spread": "jitter = '5 hours', catch_up = 'latest'",
    "not while open": "overlap = 'skip'",
    "gives way": "overlap = 'replace', lead_time = '2 hours'",
    "none late": "catch_up = 'none'",
    "a window": "catch_up_window = '20 hours', catch_up_cap = 2",
    "two at most": "catch_up_cap = 2, lead_time = '1 hour', jitter = '10 minutes'",
    "of the pause one": "pause_catch_up = 'latest', catch_up = 'none'",
    "of the pause that ends": "pause_catch_up = 'all', lead_time = '3 hours'",
    "told of": "remind_before = array[interval '1 hour', '0', '60 minutes', '-90 minutes', '40 days'], lead_time = '3 hours'",
    "told of in its place": "overlap = 'replace', remind_before = '{-1 hour, -10 hours}'",
    "of the pause all": "pause_catch_up = 'all', catch_up = 'latest'",
}


def stamp(instant):
    text = instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return re.sub(r"\.(\d+)Z", lambda m: f".{m[1]:<06}Z", text)


def fill(db):
    for rule, text in RULES.items():
        db.add_template(datetime(2025, 3, 7, 9, 30, tzinfo=UTC), text, id=rule, user=db.add_user(rule), priority="low")
    for name in ("edited", "paused", "resumed", "overdue", "spoilt"):
        db.add_template(datetime(2025, 3, 7, 9, 30, tzinfo=UTC), id=name, priority="low")
    db.add_template(datetime(2025, 3, 20, 9, 30, tzinfo=UTC), id="set ahead", priority="low")
    db.add_template(datetime(2025, 3, 1, 9, 30, tzinfo=UTC), id="adopted", priority="low")
    for name, columns in POLICIES.items():
        db.add_template(datetime(2025, 3, 7, 9, 30, tzinfo=UTC), {"rrule": "FREQ=HOURLY;INTERVAL=9"}, id=name, priority="low")
        keys, values = zip(*(column.split(" = ") for column in re.split(", (?=[a-z_]+ =)", columns)))
        db.execute(f"insert into recurd.policies (template_id, {', '.join(keys)}) values (%s, {', '.join(values)})", (name,))
    task = db.value("select id from tasks limit 1") if db.rows("select from tasks") else db.add_task()
    db.add_task(remind=timedelta(days=3, seconds=0.25), title="later")
    db.add_task(remind=timedelta(days=40), title="beyond")
    db.execute("update tasks set remind_at = recurd.now() + interval '5 days' where id = %s", (task,))
    db.execute("update tasks set due_date = recurd.now() + interval '7 days' where id = %s", (task,))
    for words in ("at => recurd.now() + interval '6 days'", "before => interval '1 day 20 minutes'", "at => recurd.now() + interval '5 days'",
                  "before => interval '-30 days'"):
        db.execute(f"select recurd.remind(%s, {words})", (task,))


@pytest.fixture
def world(app_db):
    """A live installation with templates of every kind, some of which nobody has looked at since they were changed."""
    app_db.freeze(START - timedelta(days=4))
    app_db.go_live()
    fill(app_db)
    app_db.freeze(START - timedelta(days=1))
    once(app_db)
    app_db.freeze(START - timedelta(hours=12))
    app_db.execute("update recurring_tasks set is_active = false where id in ('paused', 'resumed') or id ~ 'of the pause'")
    app_db.freeze(START)
    app_db.execute(CHANGES)
    return app_db


def gaps(visits):
    """Nobody is there but at those instants."""
    ends = zip(visits, visits[1:])
    return [word for a, b in ends for word in ("--down", f"{stamp(a + timedelta(microseconds=1))}/{stamp(b)}")]


def foretold(db, *args):
    events = ctl_json(db, "simulate", "--all", "--open", "36500d", *args)  # nobody completes anything
    made = sorted((e["task_id"], e["template_id"], e["user_id"], e["occurrence"], e["due"], e["title"], e["priority"], e["at"])
                  for e in events if e["kind"] == "instance")
    told = sorted((e["task_id"], e["user_id"], e["occurrence"], e["at"]) for e in events if e["kind"] == "reminder")
    others = {}
    for e in events:
        if e["kind"] in ("instance", "reminder", "is paused", "in quarantine", "resumed"):
            continue
        note = re.sub(r"(: )?\d+, through .*$", "", e["note"] or "")
        add_run(others, (e["template_id"], e["kind"], e["at"], note), e["occurrence"], e["through"], e["number"] or 0)
    return made, told, runs_of(others)


def add_run(runs, key, first, last, number):
    """What became of occurrences of a kind at one look, all together, wherever others stood among them."""
    run = runs.setdefault(key, [first, last, 0])
    run[0] = min(run[0], first) if first else run[0]
    run[1:] = [max(run[1], last) if last else run[1], run[2] + number]


def runs_of(runs):
    return sorted((template, kind, *run, at, note) for (template, kind, at, note), run in runs.items())


def happened(db, since):
    utc = "to_char({} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    made = db.rows(
        f"select id, recurring_task_id, user_id, {utc.format('occurrence_at')} o, {utc.format('due_date')} d, title, priority,"
        f" {utc.format('created_at at time zone $$UTC$$')} c from tasks"
        " where recurring_task_id is not null and created_at >= %s at time zone 'UTC'", (since,))
    told = db.rows(f"select task_id, user_id, {utc.format('at')} o, {utc.format('created_at')} c from recurd.notifications"
                   " where kind = 'reminder' and created_at >= %s", (since,))
    others = db.rows(
        f"select template_id, kind, {utc.format('first_at')} f, {utc.format('last_at')} l, occurrences n,"
        f" {utc.format('at')} c, coalesce(detail, '') as detail from recurd.decisions where at >= %s", (since,))
    short = lambda row: tuple(re.sub(r"\.000000Z$", "Z", v) if isinstance(v, str) else v for v in row.values())  # noqa: E731
    decided = {}
    for template, kind, first, last, number, at, detail in map(short, others):
        if kind in ("excluded", "moved"):
            continue  # of the first nothing is foretold, the second is said of the instance
        plain = kind in ("quarantined", "ended", "rezoned", "extended", "superseded")
        add_run(decided, (template, kind, at, detail), *((None, None, 0) if plain else (first, last, number)))
    return sorted(map(short, made)), sorted(map(short, told)), runs_of(decided)


def travel(db, visits):
    for visit in visits:
        db.freeze(visit)
        once(db)


def test_a_month_of_a_worker_that_looks_by_now_and_then(world):
    visits = [START + timedelta(hours=53 * n, minutes=17 * n) for n in range(14)]
    visits.append(START + timedelta(days=31))
    said = foretold(world, "--to", stamp(visits[-1]), *gaps(visits))
    travel(world, visits)
    made, told, others = happened(world, START)
    assert said[0] == made and len(made) > 200
    assert said[1] == told and len(told) > 100
    assert said[2] == others and {kind for _, kind, *_ in others} >= {
        "ended", "paused", "quarantined", "dropped", "coalesced", "overlapped", "superseded"}


def test_hours_of_a_worker_that_is_there(world):
    """It looks when something is due, as one that runs does."""
    until = START + timedelta(hours=20)
    said = foretold(world, "--to", stamp(until))
    now = START
    while now is not None and now <= until:
        travel(world, [now])
        now = world.value(
            "select min(at) from (select coalesce(wake_at, next_due_at) as at from recurring_tasks where is_active and failed_at is null"
            " union all select remind_at from tasks where reminded_at is null"
            " union all select remind_at from recurd.reminders where reminded_at is null or remind_at > reminded_at) x")
    assert said == happened(world, START)


def test_no_more_than_a_user_may_have_a_day(app_db):
    """It was foretold as if there were no limit."""
    app_db.freeze(START)
    app_db.go_live()
    app_db.execute("update recurd.settings set max_instances_per_user_day = 4")
    for name, user in (("one", "u1"), ("two", "u2"), ("three", "u3")):
        app_db.add_template(START + timedelta(hours=1), {"rrule": f"FREQ=HOURLY;INTERVAL={len(name)}"}, id=name, user=app_db.add_user(user))
    app_db.freeze(START + timedelta(hours=3))
    once(app_db)
    visits = [START + timedelta(hours=4 + 5 * n) for n in range(10)]
    app_db.freeze(visits[0])
    said = foretold(app_db, "--to", stamp(visits[-1]), *gaps(visits))
    travel(app_db, visits)
    made, told, others = happened(app_db, visits[0])
    assert said[0] == made and said[2] == others and {kind for _, kind, *_ in others} == {"limited"}
    shared = app_db.add_template(visits[-1] + timedelta(minutes=1), {"rrule": "FREQ=HOURLY"}, user="u1")
    events = ctl_json(app_db, "simulate", "one", shared, "--to", "6d")
    assert max(Counter(e["at"][:10] for e in events if e["kind"] == "instance").values()) == 4


def test_a_long_time_away(world):
    """Of what was missed the newest are made; the rest is said to be dropped, and is."""
    world.execute("update recurd.settings set catch_up_limit = 5")
    back = START + timedelta(days=30)
    said = foretold(world, "--to", stamp(back), "--down", f"{stamp(START)}/{stamp(back)}")
    travel(world, [back])
    assert said == happened(world, START)
    assert ("hourly", "dropped") in [(template, kind) for template, kind, *_ in said[2]]


# Its forms.


@pytest.fixture(scope="module")
def small(cluster):
    db = cluster.create_migrated()
    db.freeze(START)
    db.go_live(START - timedelta(days=1))
    db.add_template(START + timedelta(hours=1, minutes=5), id="daily", title="Büro; kehren, wischen\nund " + "sehr " * 20 + "sauber\\")
    db.add_template(START + timedelta(hours=1), {"rrule": "FREQ=HOURLY;COUNT=3"}, id="three")
    db.add_template(START + timedelta(hours=1), id="bäd\x01", title="\x1b[31mred")
    db.add_task(remind=timedelta(hours=2), title="call", id="task")
    yield db
    db.drop()


def test_text_ends_with_what_it_comes_to(small):
    lines = run_ctl(small, "simulate", "three").lines()
    assert lines[0].split() == ["AT", "KIND", "TEMPLATE", "DUE", "TITLE", "NOTE"]
    assert [line.split()[1] for line in lines[1:-1]] == ["instance", "instance", "instance", "ended"]
    assert lines[-1] == ("3 instances and 0 reminders; 1 templates, of which 0 are in quarantine by then; "
                         "the fullest hour begins at 2025-03-10T13:00:00Z, with 1")
    assert run_ctl(small, "simulate", "three", "--from", "2d").lines()[0] == "nothing comes in that time"
    assert "\x1b" not in run_ctl(small, "simulate", "--all").text


def test_load_of_each_hour(small):
    assert ctl_json(small, "simulate", "--all", "--load", "--to", "2h") == [
        {"hour": "2025-03-10T13:00:00Z", "instances": 3, "reminders": 0, "fullest_minute": "2025-03-10T13:00:00Z", "in_that_minute": 2},
        {"hour": "2025-03-10T14:00:00Z", "instances": 1, "reminders": 1, "fullest_minute": "2025-03-10T14:00:00Z", "in_that_minute": 2},
    ]


def test_a_calendar(small):
    """As others read it: folded, escaped, the task's id as the event's."""
    text = run_ctl(small, "simulate", "daily", "--ics", "--to", "1d").text
    lines = text.split("\r\n")
    assert "\n" not in text.replace("\r\n", "") and max(len(line.encode()) for line in lines) <= 75
    events = [dict(line.split(":", 1) for line in part.split("\r\n") if ":" in line)
              for part in text.replace("\r\n ", "").split("BEGIN:VEVENT")[1:]]
    (event,) = events
    assert event["SUMMARY"] == "Büro\\; kehren\\, wischen\\nund " + "sehr " * 20 + "sauber\\\\"
    assert event["DTSTART"] == "20250310T130500Z" and event["CATEGORIES"] == "instance"
    (said,) = ctl_json(small, "simulate", "daily", "--to", "1d")
    assert event["UID"] == said["task_id"] == small.value("select recurd.instance_id('daily', %s)", (START + timedelta(minutes=65),))
    assert "X-" not in text and text.startswith("BEGIN:VCALENDAR\r\n") and text.endswith("END:VCALENDAR\r\n")
    assert run_ctl(small, "simulate", "--all", "--ics").text.count("CATEGORIES:reminder") == 1


@pytest.mark.parametrize("args", [
    (), ("--all", "daily"), ("daily", "--to", "soon"), ("daily", "--load", "--ics"), ("daily", "--ics", "-o", "json"),
    ("daily", "--down", "2025-03-11"), ("daily", "--down", "2025-03-12/2025-03-10"), ("daily", "--to", "2025-03-09"),
    ("daily", "--to", "4000d"), ("daily", "--from", "4000d"), ("daily", *["--down", "1d/1h"] * 101),
])
def test_wrong_words(small, args):
    assert "see: recurctl simulate --help" in run_ctl(small, "simulate", *args, expect=USAGE).errors


def test_who_is_not_there_and_whose_id_is_odd(small):
    assert 'there is no template "nobody"' in run_ctl(small, "simulate", "daily", "nobody", expect=DATA).errors
    assert len(ctl_json(small, "simulate", "bäd\\x01", "--to", "1d")) == 1


def test_a_clock_that_is_broken(app_db):
    app_db._set_clock("timestamptz 'infinity'")
    assert "recurd.now() is infinity" in run_ctl(app_db, "simulate", "--all", expect=None).errors
