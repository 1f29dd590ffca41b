"""recurctl explain accounts for every occurrence of many templates over a year: what was made and what was decided
together are the set that the rules give, each once.

Daemons look now and then, so that some is missed; users pause, edit rules, set the next one, and move; half of the
templates have policies.  RECURD_TEMPLATES sets how many templates there are (10,000 take an hour), RECURD_SEED the dice.
"""

import json
import os
import random
from collections import Counter
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from harness.ctl import ctl_json
from harness.daemon import once
from recurrence.oracle import Rule, to_instant as to_naive
from recurrence.rules import as_json, seed

pytestmark = pytest.mark.slow

UTC = timezone.utc
BEGIN = datetime(2024, 11, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
DAY = timedelta(days=1)
TEMPLATES = int(os.environ.get("RECURD_TEMPLATES", "80"))
VISITS = 12
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
SHAPES = [
    {"FREQ": "DAILY"}, {"FREQ": "DAILY", "INTERVAL": 3}, {"FREQ": "WEEKLY"}, {"FREQ": "MONTHLY", "BYMONTHDAY": [31]},
    {"FREQ": "WEEKLY", "INTERVAL": 2, "BYDAY": [(0, 0), (0, 3)]}, {"FREQ": "MONTHLY", "BYDAY": [(-1, 4)]},
    {"FREQ": "MONTHLY", "BYMONTHDAY": [-1]}, {"FREQ": "HOURLY", "INTERVAL": 7}, {"FREQ": "DAILY", "BYHOUR": [2, 14]},
]
POLICIES = [
    "catch_up = 'latest'", "catch_up = 'none'", "catch_up_window = '9 days', catch_up_cap = 2", "overlap = 'skip'", "overlap = 'replace'",
    "lead_time = '30 hours'", "jitter = '20 hours'", "shift = 'next', calendar = 'office'", "shift = 'previous'",
    "shift = 'skip', calendar = 'office'", "shift = 'nearest', lead_time = '2 hours', jitter = '3 hours', pause_catch_up = 'latest'",
    "pause_catch_up = 'all', catch_up = 'latest', overlap = 'skip', lead_time = '1 day'",
]
DECIDED = ("excluded", "dropped", "paused", "adopted", "coalesced", "overlapped", "skipped")


def to_instant(wall, zone):
    return to_naive(wall, ZoneInfo(zone)).replace(tzinfo=UTC)


class Series:
    """A template, and the set that its rule gives, by other code than the daemon's."""

    def __init__(self, db, number, rand):
        self.zone = rand.choice(ZONES)
        self.rule = dict(rand.choice(SHAPES))
        start = datetime(2024, 11, 4, 0, 30) + timedelta(days=rand.randrange(60), minutes=15 * rand.randrange(96))
        self.start = next(iter(Rule(self.rule, start).walls(start, start + YEAR)))
        self.count = rand.choice([0, 0, 0, 40])
        self.walls = list(Rule(self.rule, self.start).walls(self.start, self.start + 2 * YEAR))
        excluded = rand.sample(self.walls[1:30], min(3, len(self.walls[1:30]))) if rand.random() < 0.4 else []
        self.named = rand.random() < 0.7
        self.user = db.add_user(f"u{number % 9}")
        if not self.named:
            self.zone = "UTC"
        text = as_json(self.rule) | ({"timeZone": self.zone} if self.named else {})
        if self.count:
            text["count"] = self.count
            self.walls = self.walls[:self.count]
        if excluded:
            text["recurrenceOverrides"] = {wall.isoformat(): {"excluded": True} for wall in excluded}
        self.excluded = {to_instant(wall, self.zone) for wall in excluded}
        self.text = text
        self.disturbed = False
        self.set = set()
        self.id = db.add_template(to_instant(self.start, self.zone), text, user=self.user)
        self.policy = rand.choice(POLICIES) if rand.random() < 0.5 else None
        if self.policy:
            keys, values = zip(*(column.split(" = ") for column in self.policy.split(", ")))
            db.execute(f"insert into recurd.policies (template_id, {', '.join(keys)}) values (%s, {', '.join(values)})", (self.id,))

    def nominal(self):
        return [to_instant(wall, self.zone) for wall in self.walls]


def disturb(db, series, rand, now):
    """Something that people do; whether the set stays the same."""
    what = rand.choice(["pause", "resume", "resume", "edit", "set", "title"])
    if what in ("pause", "resume"):
        db.execute("update recurring_tasks set is_active = %s where id = %s and ended_at is null", (what == "resume", series.id))
    elif what == "edit":
        series.disturbed = True
        series.text["interval"] = rand.randrange(1, 4)
        db.execute("update recurring_tasks set recurrence_rule = %s where id = %s", (json.dumps(series.text), series.id))
    elif what == "set":
        series.disturbed = True
        series.set.add(now + rand.randrange(1, 9) * DAY)
        db.update("recurring_tasks", series.id, next_due_at=max(series.set))
    else:
        db.update("recurring_tasks", series.id, title="another")


def move(db, series, rand):
    """A user takes his series along to another zone; local times stay."""
    user = f"u{rand.randrange(9)}"
    db.execute("insert into recurd.preferences (user_id, time_zone) values (%s, %s) on conflict (user_id) do update"
               " set time_zone = excluded.time_zone", (user, rand.choice(ZONES)))
    for each in series:
        each.disturbed |= each.user == user and not each.named


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def complaints(db, series, now):
    rows = ctl_json(db, "explain", series.id, "--from", "2024-01-01", "--to", now.isoformat().replace("+00:00", "Z"))
    told = Counter(row["occurrence_at"] for row in rows)
    twice = [at for at, n in told.items() if n > 1]
    if twice:
        yield "told twice", twice
    tasks = {row["task_id"]: row["occurrence_at"] for row in rows if row["task_id"]}
    # What its lead time has made ahead lies behind the span.
    there = db.rows("select id, occurrence_at from tasks where recurring_task_id = %s and occurrence_at <= %s", (series.id, now))
    if tasks.keys() != {row["id"] for row in there} or len(tasks) != sum(row["task_id"] is not None for row in rows):
        yield "instances", tasks.keys() ^ {row["id"] for row in there}
    decided = Counter()
    for row in rows:
        if row["verdict"] in DECIDED and row["kind"]:
            decided[row["verdict"]] += row["number"]
    counted = Counter()
    for row in db.decisions(series.id):
        if row["kind"] in DECIDED:
            counted[row["kind"]] += row["occurrences"]
    beyond = any(row["last_at"] and row["last_at"] > now for row in db.decisions(series.id))  # of a lead time
    if decided != counted and not beyond:
        yield "decisions", (decided, counted)
    strange = [(row["occurrence_at"], row["verdict"]) for row in rows
               if row["verdict"] in ("gone", "due")
               or (row["why"] or "").startswith("not by the rule") and instant(row["occurrence_at"]) not in series.set]
    if strange:
        yield "unaccounted", strange
    if not series.disturbed:
        wanted = [at for at in series.nominal() if at <= now]
        got = [instant(row["occurrence_at"]) for row in rows]
        if got != wanted:
            yield "the set", (sorted(set(got) ^ set(wanted)), got[:1], wanted[:1])


def test_a_year(app_db):
    db, rand = app_db, random.Random(seed())
    db.freeze(BEGIN)
    db.go_live()
    db.execute("insert into recurd.calendars (name) values ('office')")
    db.execute("insert into recurd.calendar_days (calendar, day, name, rule) values ('office', '2024-11-01', 'x', 'FREQ=MONTHLY')")
    db.execute("update recurd.settings set catch_up_limit = 5, notification_retention = interval '0', audit_retention = interval '0'")
    series = [Series(db, number, rand) for number in range(TEMPLATES)]
    now = BEGIN
    for visit in range(VISITS):
        now = BEGIN + timedelta(days=365 // VISITS) * (visit + 1) + timedelta(minutes=rand.randrange(1000))
        db.freeze(now)
        once(db, batch_size=1000)
        if visit + 1 < VISITS:
            for each in rand.sample(series, TEMPLATES // 12):
                disturb(db, each, rand, now)
            move(db, series, rand)
    wrong = {each.id: found for each in series if (found := list(complaints(db, each, now)))}
    assert not wrong, f"RECURD_SEED={seed()}: {len(wrong)} of {TEMPLATES}: " + "\n".join(
        f"{each.text} {each.start} {each.policy} {wrong[each.id]}" for each in series if each.id in wrong)[:6000]
