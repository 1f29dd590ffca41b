"""A user, or a rule, moves to another time zone: every local date and time of the series is made once.

Daily at nine, made in Berlin at 08:00Z; then the user went to London and had it again at 09:00Z, the same local day.
The other way a day was lost, and nothing told of it.
"""

import json
import random
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from psycopg.types.json import Jsonb

from faults.oracle import parse_stored
from harness.ctl import ctl_json
from harness.daemon import run_recurd
from recurrence import rules
from recurrence.oracle import Rule, to_instant, to_wall

UTC = timezone.utc
JANUARY = datetime(2025, 1, 6, tzinfo=UTC)
ZONES = ["Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Pago_Pago"]


def visit(db, at):
    db.freeze(at)
    done = run_recurd("--once", "--foreground", db=db, catch_up_limit=100000)
    assert done.returncode == 0, done.stderr


def move(db, user, zone):
    db.execute(
        "insert into recurd.preferences (user_id, time_zone) values (%s, %s)"
        " on conflict (user_id) do update set time_zone = excluded.time_zone", (user, zone))


def due_dates(db, template):
    return db.column("select due_date from tasks where recurring_task_id = %s order by due_date", (template,))


@pytest.fixture
def db(app_db):
    app_db.freeze(JANUARY - timedelta(days=1))
    app_db.go_live()
    return app_db


def hours(days):
    return JANUARY + timedelta(days=days)


@pytest.mark.parametrize("first, then, moved_at, expected", [
    ("Europe/Berlin", "Europe/London", 0.36, [0 + 8 / 24, 1 + 9 / 24, 2 + 9 / 24]),
    ("Europe/London", "Europe/Berlin", 1.36, [0 + 9 / 24, 1 + 8 / 24, 2 + 8 / 24]),
    (None, "Asia/Tokyo", 0.5, [0 + 9 / 24, 1 + 0 / 24, 2 + 0 / 24, 3 + 0 / 24]),
    ("Europe/Berlin", None, 0.36, [0 + 8 / 24, 1 + 9 / 24, 2 + 9 / 24]),
], ids=["west", "east", "the first preference ever", "the last one goes"])
def test_a_user_moves(db, first, then, moved_at, expected):
    user = db.add_user("ada")
    if first:
        move(db, user, first)
    template = db.add_template(hours(expected[0]), {"frequency": "daily"}, user=user)
    visit(db, hours(expected[0]))
    db.freeze(hours(moved_at))
    if first and not then:
        db.execute("delete from recurd.preferences")
    else:
        move(db, user, then)
    foretold = [o["at"] for o in ctl_json(db, "next", "--template", template, "-n", "2")["occurrences"]]
    visit(db, hours(moved_at))
    visit(db, hours(3) + timedelta(hours=1))
    assert [(at - JANUARY) / timedelta(days=1) for at in due_dates(db, template)] == pytest.approx(expected)
    assert foretold == [at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in due_dates(db, template)[1:3]]
    [decision] = db.decisions(template, "rezoned")
    assert decision["detail"] == f"{first or 'UTC'} to {then or 'UTC'}" and decision["first_at"] != decision["last_at"]
    assert not db.decisions(template, "dropped")


@pytest.mark.parametrize("rule, step, count", [
    ({"frequency": "daily"}, timedelta(days=1), 0),
    ({"frequency": "daily", "count": 9}, timedelta(days=1), 9),
    ({"frequency": "weekly"}, timedelta(days=7), 0),
    ({"rrule": "FREQ=HOURLY;INTERVAL=3"}, timedelta(hours=3), 0),
], ids=["daily", "counted", "weekly", "every three hours"])
def test_a_user_who_does_not_stay(db, rule, step, count):
    """Around the world and back, each local time once, whether workers look by every time or not."""
    user = db.add_user("phileas")
    move(db, user, "Europe/London")
    anchor = datetime(2025, 1, 6, 9)
    template = db.add_template(anchor.replace(tzinfo=UTC), rule, user=user)
    at, walls = anchor.replace(tzinfo=UTC), []

    def look():
        visit(db, at)
        zone = ZoneInfo(db.template(template)["starts_zone"])
        fresh = due_dates_in_order_of_making(db, template)[len(walls):]
        walls.extend(due.astimezone(zone).replace(tzinfo=None) for due in fresh)

    look()
    for leg, zone in enumerate(["Asia/Tokyo", "Pacific/Pago_Pago", "Pacific/Kiritimati", "America/New_York", "Europe/London", "Europe/Berlin"]):
        at += timedelta(hours=(7, 31, 50)[leg % 3], minutes=13)
        db.freeze(at)
        move(db, user, zone)
        if leg != 2:
            look()
    at += timedelta(days=4)
    look()
    assert walls == [anchor + n * step for n in range(len(walls))]
    assert len(walls) == count if count else walls[-1] > at.replace(tzinfo=None) - step - timedelta(hours=1)


def due_dates_in_order_of_making(db, template):
    """Late ones have earlier instants than some that were made before them; ctid tells the order, nothing is vacuumed."""
    return db.column("select due_date from tasks where recurring_task_id = %s order by ctid", (template,))


@pytest.mark.parametrize("seen", [True, False], ids=["a worker has seen the move", "none has"])
def test_the_next_one_is_set_after_a_move_west(db, seen):
    """Made at nine in Berlin; at half past, by London's clock half past eight, it is set to a quarter to nine: ahead.

    It was history until London's clock was at nine.  The series' own local times rest until then all the same.
    """
    user = db.add_user("ada")
    move(db, user, "Europe/Berlin")
    template = db.add_template(hours(7 / 24), {"rrule": "FREQ=HOURLY"}, user=user)
    visit(db, hours(8 / 24))
    db.freeze(hours(8.5 / 24))
    move(db, user, "Europe/London")
    if seen:
        visit(db, hours(8.5 / 24))
        assert db.template(template)["starts_local"].microsecond == 803600, "an hour ahead of made_through"
    db.update("recurring_tasks", template, next_due_at=hours(8.75 / 24))
    for at in (8.5, 8.75, 9.9):
        visit(db, hours(at / 24))
    assert db.template(template)["starts_local"].microsecond == 0, "the clock is as far"
    assert [(at - JANUARY) / timedelta(hours=1) for at in due_dates(db, template)] == [7, 8, 8.75, 9.75]


def test_the_zone_of_a_rule_moves(db):
    rule = {"frequency": "daily", "timeZone": "Europe/London"}
    template = db.add_template(hours(9 / 24), rule, user=db.add_user("ada"))
    visit(db, hours(9 / 24))
    db.freeze(hours(1.36))
    db.update("recurring_tasks", template, recurrence_rule=Jsonb({**rule, "timeZone": "Europe/Berlin"}))
    visit(db, hours(1.36))
    assert due_dates(db, template) == [hours(9 / 24), hours(1 + 8 / 24)], "nine in Berlin has passed: late, not lost"


LINES = "DTSTART{};20250106T090000\nRRULE:FREQ=DAILY"


@pytest.mark.parametrize("one, other, same", [
    ({"frequency": "daily"}, {"frequency": "daily", "timeZone": "Asia/Tokyo"}, True),
    ({"rrule": LINES.format(";TZID=Europe/Berlin")}, {"rrule": LINES.format(";TZID=Europe/London")}, True),
    ({"rrule": LINES.format(';tzid="Europe/Berlin"')}, {"rrule": LINES.format("")}, True),
    ({"cron": "CRON_TZ=Europe/London 0 9 * * *"}, {"cron": "TZ=Europe/Berlin 0 9 * * *"}, True),
    ({"cron": "CRON_TZ=Europe/London 0 9 * * *"}, {"cron": "CRON_TZ=Europe/London 0 10 * * *"}, False),
    ({"frequency": "daily"}, {"frequency": "weekly", "timeZone": "Asia/Tokyo"}, False),
    (["TZID", 1], None, False), ("timeZone", 7, False), (None, None, True),
], ids=str)
def test_whether_an_edit_is_of_the_zone_alone(db, one, other, same):
    query = "select recurd.rule_but_zone(%s::jsonb) = recurd.rule_but_zone(%s::jsonb)"
    assert db.value(query, (json.dumps(one), json.dumps(other))) is same


def test_a_step_that_another_role_runs_breaks_no_edit(db):
    """The trigger's function belongs to who made it first, and what it calls to who ran the last step."""
    template = db.add_template(hours(9 / 24), {"frequency": "daily"}, user=db.add_user("ada"))
    visit(db, hours(9 / 24))
    db.psql("create role first_owner; grant usage on schema recurd to first_owner;"
            "grant all on all tables in schema public to first_owner; alter function recurd.template_changed() owner to first_owner")
    try:
        db.update("recurring_tasks", template, recurrence_rule=json.dumps({"frequency": "weekly"}))
    finally:
        db.psql("drop owned by first_owner cascade; drop role first_owner")


def test_a_rule_moves_and_is_edited_by_an_old_worker_and_a_new_one(db):
    """Two moves before anybody looks: the first zone counts, as that is where it was made."""
    user = db.add_user("ada")
    move(db, user, "Europe/Berlin")
    template = db.add_template(hours(8 / 24), {"frequency": "daily"}, user=user)
    visit(db, hours(8 / 24))
    db.freeze(hours(3.5))
    move(db, user, "Asia/Tokyo")
    move(db, user, "Europe/Berlin")
    visit(db, hours(3.5))
    assert due_dates(db, template) == [hours(n + 8 / 24) for n in range(4)], "there and back: no day is lost"


# Beside the brute-force expander, which knows wall times and no zones: over the nights when clocks change, too.

CHANGING = ["Europe/Berlin", "Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Auckland",
            "Asia/Tokyo", "America/St_Johns"]
SERIES = [
    {"frequency": "daily"},
    {"frequency": "daily", "count": 17},
    {"frequency": "weekly", "days": ["mon", "wed", "sat"]},
    {"rrule": "FREQ=DAILY;BYHOUR=2,20"},
    {"rrule": "FREQ=HOURLY;INTERVAL=6"},
    {"rrule": "FREQ=MONTHLY;BYMONTHDAY=1,15,-1"},
]


class Series:
    def __init__(self, db, rand, number):
        self.id, self.user, self.made = f"series-{number}", db.add_user(f"user-{number}"), []
        self.rule, self.zone, self.by_rule = rand.choice(SERIES), rand.choice(CHANGING), rand.random() < 0.5
        self.anchor = datetime(2025, 3, 1, rand.randrange(24), rand.choice((0, 30)))
        due = to_instant(self.anchor, ZoneInfo(self.zone)).replace(tzinfo=UTC)
        if not self.by_rule:
            move(db, self.user, self.zone)
        db.add_template(due, self.text(), id=self.id, user=self.user)

    def text(self):
        return {**self.rule, **({"timeZone": self.zone} if self.by_rule else {})}

    def go(self, db, zone):
        self.zone = zone
        if self.by_rule:
            db.update("recurring_tasks", self.id, recurrence_rule=json.dumps(self.text()))
        else:
            move(db, self.user, zone)

    def look(self, db):
        """What was made since the last time, by the zone of now: wall time, and whether a gap may have shifted it."""
        zone = ZoneInfo(self.zone)
        for due in due_dates_in_order_of_making(db, self.id)[len(self.made):]:
            self.made.append(to_wall(due.astimezone(UTC).replace(tzinfo=None), zone))

    def complaint(self, now):
        parts, _, _ = parse_stored(self.rule)
        count = parts.pop("COUNT", None)
        walls = [wall for wall in Rule(parts, self.anchor).walls(self.anchor, self.anchor + timedelta(days=80)) if wall > self.anchor]
        walls = [self.anchor, *walls][:count]  # the first is the application's, and stands
        over = [wall for wall in walls if to_instant(wall, ZoneInfo(self.zone)).replace(tzinfo=UTC) <= now]
        pairs = list(zip(sorted(self.made), walls))
        shifted = [(made, wall) for made, wall in pairs if not timedelta(0) <= made - wall <= timedelta(hours=1)]
        if shifted or len(self.made) < len(over) or len(self.made) > len(walls):
            return f"{self.id} {self.text()}: {len(self.made)} made, {len(over)} are past; {shifted[:2]}"
        return None


def test_random_series_beside_a_brute_force_expander(db):
    """Forty users with series, who move, or whose rules do, before and after the nights when clocks change."""
    seed = rules.seed()
    rand = random.Random(seed)
    now = datetime(2025, 3, 3, tzinfo=UTC)  # each has been made once, and has its zone
    db.freeze(now - timedelta(days=3))
    series = [Series(db, rand, number) for number in range(40)]
    visit(db, now)
    while now < datetime(2025, 4, 20, tzinfo=UTC):
        for each in series:
            each.look(db)
        now += timedelta(hours=rand.choice((5, 30, 71)), minutes=rand.randrange(60))
        db.freeze(now)
        for each in rand.sample(series, 12):
            each.go(db, rand.choice(CHANGING))
        visit(db, now)
    for each in series:
        each.look(db)
    wrong = [complaint for complaint in (each.complaint(now) for each in series) if complaint]
    assert not wrong, f"RECURD_SEED={seed}: {wrong}"
    assert sum(len(each.made) for each in series) > 1000
