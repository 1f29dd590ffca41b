"""What next, show, upcoming and explain foretell of templates with policies is what the daemon then makes.

A table of policies over days with a summer time and a month's end; a worker looks whenever something is to be
made, as one that runs does, and every task must come when it was said, due when it was said, and no other.
"""

from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import ctl_json, run_ctl
from harness.daemon import once
from harness.util import wait_until

pytestmark = pytest.mark.slow

UTC = timezone.utc
START = datetime(2025, 3, 24, 12, 0, tzinfo=UTC)  # a Monday; summer time begins in Berlin on the 30th
FIRST = datetime(2025, 3, 25, 1, 30, tzinfo=UTC)  # half past two in Berlin
END = START + timedelta(days=12)
HOUR = timedelta(hours=1)

BERLIN = {"frequency": "daily", "interval": 2, "timeZone": "Europe/Berlin"}
WEEKLY = {"frequency": "weekly", "days": ["wed", "sat"], "timeZone": "Europe/Berlin"}
MONTH_END = {"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1"}
CHANGED = {"frequency": "daily", "interval": 2, "count": 8, "recurrenceOverrides": {
    "2025-03-27T01:30:00": {"excluded": True}, "2025-04-02T01:30:00": {"start": "2025-04-03T18:00:00"}}}
# Name: the rule, and what its policies say.
TABLE = {
    "plain": (BERLIN, None),
    "ahead": (BERLIN, "lead_time = '30 hours'"),
    "spread": (WEEKLY, "jitter = '5 hours'"),
    "both": (CHANGED, "lead_time = '3 hours', jitter = '20 minutes'"),
    "next": (WEEKLY, "shift = 'next', calendar = 'office'"),
    "previous": (MONTH_END, "shift = 'previous', calendar = 'office', lead_time = '1 day'"),
    "left out": (BERLIN, "shift = 'skip', calendar = 'office'"),
    "nearest": (CHANGED, "shift = 'nearest', calendar = 'office', jitter = '1 hour'"),
    "late": (BERLIN, "catch_up = 'latest'"),
    "missed": (BERLIN, "catch_up_window = '3 days'"),
    "paused": (BERLIN, "pause_catch_up = 'latest', paused_until = '2025-03-30T12:00Z'"),
    "paused, all": (WEEKLY, "pause_catch_up = 'all', paused_until = '2025-03-30T12:00Z', lead_time = '2 hours'"),
    "paused for good": (BERLIN, "pause_reason = 'on holiday'"),
    "gives way": (WEEKLY, "overlap = 'replace', lead_time = '2 hours'"),
}


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.fixture(scope="module")
def world(cluster):
    db = cluster.create_migrated()
    db.freeze(START - timedelta(days=10))
    db.go_live()
    db.execute("insert into recurd.calendars (name) values ('office')")
    db.execute("insert into recurd.calendar_days (calendar, day, name) values ('office', '2025-03-31', 'x'), ('office', '2025-04-30', 'y')")
    for name, (rule, policy) in TABLE.items():
        missed = name in ("late", "missed")
        db.add_template(FIRST - 9 * timedelta(days=1) if missed else FIRST, rule, id=name)
        if policy:
            keys, values = zip(*(column.split(" = ", 1) for column in policy.split(", ")))
            db.execute(f"insert into recurd.policies (template_id, {', '.join(keys)}) values (%s, {', '.join(values)})", (name,))
    db.freeze(START)
    db.execute("update recurring_tasks set is_active = false where id like 'paused%'")
    yield db
    db.drop()


def foretold(db, name):
    """[(when it is made, its occurrence, when it is due)]"""
    rows = ctl_json(db, "next", "--template", name, "-n", "60")["occurrences"]
    assert rows[:5] == ctl_json(db, "show", name)["next_occurrences"]
    return [(instant(row["made_at"]), instant(row["occurrence_at"]), instant(row["at"])) for row in rows]


def live(db, daemon, until):
    """The clock goes on when all is made that was to be made by then."""
    next_look = lambda: db.value("""
            select min(at) from (select coalesce(wake_at, next_due_at) at from recurring_tasks where is_active and failed_at is null
                                 union all select paused_until from recurd.policies p join recurring_tasks t on t.id = p.template_id
                                            where not t.is_active and t.ended_at is null) x""")  # noqa: E731
    while (now := next_look()) <= until:
        db.freeze(max(now, db.now()))
        wait_until(lambda: next_look() > db.now(), 20, f"what is due at {now}", interval=0.01)


def test_what_is_foretold_is_made(world, recurd):
    db = world
    said = {name: [one for one in foretold(db, name) if one[0] <= END] for name in TABLE}
    first = {row["template_id"]: row for row in ctl_json(db, "upcoming", "-n", "0") if row["kind"] == "occurrence"}
    explained = {name: [(row["occurrence_at"], row["due_at"]) for row in ctl_json(db, "explain", name, "--from", "1s", "--to", "10d")
                        if row["verdict"] in ("due", "to come")] for name in ("next", "ahead", "nearest")}
    live(db, recurd(db, poll_interval="20ms"), END)
    for name in TABLE:
        rows = db.rows("select created_at at time zone 'UTC' c, occurrence_at o, due_date d from tasks"
                       " where recurring_task_id = %s order by due_date, occurrence_at", (name,))
        made = [(row["c"], row["o"], row["d"]) for row in rows]
        assert sorted(made) == sorted(said[name]), name
        assert bool(made) == (name != "paused for good")
        if name in explained:
            told = [(instant(at), instant(due)) for at, due in explained[name]]
            assert told and told == [(o, d) for _, o, d in said[name]][:len(told)], name
    assert instant(first["plain"]["at"]) == FIRST and first["plain"]["made_at"] is None
    assert first.keys() == {name for name in TABLE if "paused" not in name}


def test_both_dates_are_shown(world):
    """Of what was moved, shifted or made ahead one saw one of the two, and not which."""
    world.freeze(START)
    text = run_ctl(world, "next", "--template", "previous", "-n", "5").text
    assert "2025-05-30T01:30:00Z" in text and "shifted by its calendar from 2025-05-31T01:30:00Z; made 2025-05-29T01:30:00Z" in text
    assert "none while it is paused" in run_ctl(world, "next", "--template", "paused for good").text


def test_what_depends_on_others_says_so(app_db):
    db = app_db
    db.freeze(START - timedelta(days=2))
    db.go_live()
    for overlap in ("skip", "replace"):
        db.add_template(START - HOUR, {"frequency": "daily"}, id=overlap)
        db.execute("insert into recurd.policies (template_id, overlap) values (%s, %s)", (overlap, overlap))
    notes = {overlap: [one["note"] for one in ctl_json(db, "next", "--template", overlap, "-n", 2)["occurrences"]] for overlap in ("skip", "replace")}
    assert notes == {"skip": [None, "only if the one before is complete by then"],
                     "replace": [None, "completes the one before, if that is open"]}
    db.freeze(START)
    once(db)
    assert ctl_json(db, "show", "skip", "-n", 1)["next_occurrences"][0]["note"] == "only if the one before is complete by then"


def test_settings_that_catch_up_are_settings_of_what_is_foretold(app_db):
    """simulate and next went by catch_up 'all' and a minute of grace, whatever recurd.settings said."""
    db = app_db
    db.freeze(START - timedelta(days=5))
    db.go_live()
    db.add_template(START - timedelta(days=4), {"frequency": "daily"}, id="missed")
    db.freeze(START + HOUR)
    db.execute("update recurd.settings set default_catch_up = 'latest', catch_up_grace = '2 hours'")
    (first, second) = ctl_json(db, "next", "--template", "missed", "-n", 2)["occurrences"]
    simulated = [row["occurrence"] for row in ctl_json(db, "simulate", "missed", "--to", "1d") if row["kind"] == "instance"]
    once(db)
    made = [row["occurrence_at"] for row in db.rows("select occurrence_at from tasks order by 1")]
    assert [instant(first["at"])] == made[:1] or made == [instant(first["at"]), instant(second["at"])]
    assert [instant(at) for at in simulated[:len(made)]] == made and len(made) < 3
