"""COUNT beside gaps: `recurctl next`, `expand`, what is foretold of a template and what the daemon makes are one.

Random rules just before the clock skips something, with COUNT and overrides; the list that all are held to is the
oracle's, cut where its local times have become a set of instants.
"""

import datetime as dt
import json
import random

import pytest

from harness.ctl import ctl_json, run_ctl
from harness.daemon import run_recurd
from recurrence import oracle, rules

UTC = dt.timezone.utc
TEXT = "%Y-%m-%dT%H:%M:%SZ"
ZONES = ("America/New_York", "Europe/Vienna", "Australia/Lord_Howe", "America/Sao_Paulo", "Antarctica/Troll",
         "Pacific/Apia", "Pacific/Kwajalein")
RULES = (
    {"FREQ": "HOURLY"},
    {"FREQ": "HOURLY", "BYMINUTE": [0, 30]},
    {"FREQ": "MINUTELY", "INTERVAL": 25},
    {"FREQ": "DAILY"},
    {"FREQ": "DAILY", "BYHOUR": [2, 3]},
    {"FREQ": "DAILY", "BYHOUR": [0, 1, 2, 3], "BYMINUTE": [0, 30]},
    {"FREQ": "WEEKLY", "BYDAY": [(0, d) for d in range(7)], "BYHOUR": [1, 2, 3, 12]},
)
CHANGES = ({"excluded": True}, {"title": "Another"}, {"start": None})


def lines(rule, start, zone):
    return f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}\nRRULE:{rules.as_text(rule)}"


def own(rule, start, zone):
    bare = {part: value for part, value in rule.items() if part != "COUNT"}
    walls = oracle.Rule(bare, start).walls(start, start + dt.timedelta(days=60))
    return oracle.first_of_all(walls, oracle.zone_of(zone), rule["COUNT"])


def with_overrides(found, zone, rand):
    """(overrides, what they leave): of any but the first, which the application inserts."""
    overrides, left = {}, list(found)
    for at in rand.sample(found[1:], min(len(found) - 1, rand.randrange(3))):
        change = dict(rand.choice(CHANGES))
        left.remove(at)
        if "start" in change:
            # Where nothing else is.
            change["start"] = (oracle.to_wall(at, zone) + dt.timedelta(hours=30, minutes=7, seconds=len(overrides))).isoformat()
            left.append(oracle.to_instant(dt.datetime.fromisoformat(change["start"]), zone))
        elif "excluded" not in change:
            left.append(at)
        overrides[at.strftime(TEXT)] = change
    return overrides, sorted(left)


def random_series(rand):
    while True:
        zone = rand.choice(ZONES)
        rule = dict(rand.choice(RULES)) | {"COUNT": rand.randint(2, 9)}
        start = rand.choice(oracle.gaps(oracle.zone_of(zone))) - dt.timedelta(minutes=15 * rand.randrange(150))
        found = own(rule, start, zone)
        if start.year < 1980 or len(found) < 2:
            continue
        overrides, left = with_overrides(found, oracle.zone_of(zone), rand)
        return {"rrule": lines(rule, start, zone)} | ({"recurrenceOverrides": overrides} if overrides else {}), left


def texts(instants):
    return [instant.strftime(TEXT) for instant in instants]


def test_what_is_foretold_is_what_is_made(app_db):
    app_db.freeze(dt.datetime(1975, 1, 1, tzinfo=UTC))
    app_db.go_live()
    rand = random.Random(rules.seed())
    series = {f"t{i}": random_series(rand) for i in range(40)}
    for name, (rule, wanted) in series.items():
        app_db.add_template(wanted[0].replace(tzinfo=UTC), rule, id=name)
    questions = "".join(json.dumps({"rule": rule, "n": 40}) + "\n" for rule, _ in series.values())
    expanded = run_ctl(None, "expand", stdin=questions.encode()).text.splitlines()
    for (name, (rule, wanted)), answer in zip(series.items(), expanded):
        assert json.loads(answer) == {"occurrences": texts(wanted)}, rule
    for name, (rule, wanted) in list(series.items())[:6]:
        assert [o["at"] for o in ctl_json(None, "next", "-n", "40", json.dumps(rule))["occurrences"]] == texts(wanted), rule
        told = ctl_json(app_db, "next", "--template", name, "-n", "40")["occurrences"]
        assert [o["at"] for o in told] == texts(wanted), rule
    app_db.freeze(dt.datetime(2041, 1, 1, tzinfo=UTC))
    done = run_recurd("--once", "--foreground", db=app_db, catch_up_limit=1000)
    assert done.returncode == 0, done.stderr
    for name, (rule, wanted) in series.items():
        due = app_db.column("select due_date from tasks where recurring_task_id = %s order by due_date", (name,))
        assert texts(at.astimezone(UTC) for at in due) == texts(wanted), rule
    assert app_db.value("select count(*) from recurring_tasks where is_active or failed_at is not null") == 0


# The two that were found first: text, and all that comes of it.
COUNTED = [
    ("DTSTART;TZID=Europe/Vienna:20170326T013000\nRRULE:FREQ=HOURLY;COUNT=3",
     ["2017-03-26T00:30:00Z", "2017-03-26T01:30:00Z", "2017-03-26T02:30:00Z"]),
    ("DTSTART;TZID=America/New_York:20260307T020000\nRRULE:FREQ=DAILY;BYHOUR=2,3;COUNT=6",
     ["2026-03-07T07:00:00Z", "2026-03-07T08:00:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z",
      "2026-03-09T07:00:00Z", "2026-03-10T06:00:00Z"]),
]


@pytest.mark.parametrize(("rule", "wanted"), COUNTED)
def test_next_loses_none_of_them(rule, wanted):
    assert [o["at"] for o in ctl_json(None, "next", "-n", "40", rule)["occurrences"]] == wanted
