"""Templates in which every two values of two policies stand together, and the occurrences of their rules."""

import json
from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from itertools import combinations, product
from random import Random
from zoneinfo import ZoneInfo

from .model import Calendar, Policy

UTC = timezone.utc
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2024, 2, 26, tzinfo=UTC)  # a leap day, two month ends and a summer time lie ahead
END = datetime(2024, 4, 5, tzinfo=UTC)
FOREVER = timedelta(days=4000)

DAYS = [START.replace(tzinfo=None) + timedelta(days=n) for n in range(60)]


def local(wall, zone):
    """A time that the clock skips takes the offset of before."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def at(days, *hours):
    return [d + timedelta(hours=h) for d in days for h in hours]


# Name: the rule, the local times of some weeks, those after the world's end included, and their zone.
RULES = {
    "daily": ({"frequency": "daily"}, at(DAYS, 9.5), UTC),
    "in the gap": ({"frequency": "daily", "timeZone": "Europe/Berlin"}, at(DAYS, 2.5), BERLIN),
    "six hours": ({"rrule": "FREQ=HOURLY;INTERVAL=6"}, at(DAYS, 3, 9, 15, 21), UTC),
    "month's end": ({"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1"}, at([d for d in DAYS if d.day == monthrange(d.year, d.month)[1]], 12), UTC),
    "leap day": ({"rrule": "FREQ=YEARLY"}, [datetime(2024, 2, 29, 8), datetime(2028, 2, 29, 8)], UTC),
    "weekdays": ({"frequency": "weekly", "days": ["mon", "wed", "thu"], "timeZone": "Europe/Berlin"},
                 at([d for d in DAYS if d.weekday() in (0, 2, 3)], 18), BERLIN),
    "counted": ({"frequency": "daily", "count": 20}, at(DAYS[:20], 7), UTC),
}
HOLIDAYS = {date(2024, 2, 29), date(2024, 3, 14), date(2024, 3, 29), date(2024, 4, 1)}
WORKING = {date(2024, 3, 16)}  # a Saturday
H = timedelta(hours=1)
AXES = {
    "rule": list(RULES),
    "catch_up": [None, "all", "latest", "none"],
    "catch_up_window": [None, 48 * H],
    "catch_up_cap": [None, 1, 3],
    "overlap": [None, "allow", "skip", "replace"],
    "lead_time": [None, 2 * H, 72 * H],  # the last one longer than most intervals
    "jitter": [None, H / 2, 24 * H],
    "pause": [None, "unset", "none", "latest", "all"],
    "shift": [None, "next", "previous", "nearest", "skip"],
}


def all_pairs(axes):
    """Greedily: rows, until each pair of values of each two axes stands in one of them."""
    names = list(axes)
    missing = {((a, u), (b, v)) for a, b in combinations(names, 2) for u, v in product(axes[a], axes[b])}
    rows = []
    while missing:
        row = dict(min(missing, key=repr))
        for name in [n for n in names if n not in row]:
            def gain(value):
                pairs = [((a, row[a]), (name, value)) if names.index(a) < names.index(name) else ((name, value), (a, row[a]))
                         for a in row]
                return sum(pair in missing for pair in pairs)
            row[name] = max(axes[name], key=gain)
        missing -= {((a, row[a]), (b, row[b])) for a, b in combinations(names, 2)}
        rows.append(row)
    return rows


class Template:
    def __init__(self, number, row):
        self.id = f"template {number}"
        self.words = ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)
        self.rule, walls, zone = RULES[row["rule"]]
        self.walls = {local(wall, zone): wall for wall in walls}
        self.occurrences = list(self.walls)
        self.paused_until = START + timedelta(days=8, hours=1) if row["pause"] else None
        self.columns = {name: row[name] for name in AXES if name not in ("rule", "pause")}
        self.columns["pause_catch_up"] = None if row["pause"] == "unset" else row["pause"]
        if row["rule"] == "six hours":  # several that come to one day are made when it begins: not for this model
            self.columns["shift"] = None
        self.calendar = Calendar(HOLIDAYS, WORKING, zone, self.walls)
        self.policy = Policy(**self.columns)

    def insert(self, db, user):
        """As an application does, and the policies with it."""
        db.execute(
            "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, is_active, created_at)"
            " values (%s, %s, 'x', %s, %s, %s, recurd.now())",
            (self.id, user, json.dumps(self.rule), self.occurrences[0], not self.paused_until))
        given = {**self.columns, "paused_until": self.paused_until, "calendar": self.columns["shift"] and "office"}
        db.execute(f"insert into recurd.policies (template_id, {', '.join(given)}) values ({', '.join(['%s'] * (1 + len(given)))})",
                   (self.id, *given.values()))


def insert_calendar(db):
    db.execute("insert into recurd.calendars (name) values ('office')")
    for days, working in ((HOLIDAYS, False), (WORKING, True)):
        for day in days:
            db.execute("insert into recurd.calendar_days (calendar, day, name, working) values ('office', %s, 'x', %s)", (day, working))


def templates(more=80):
    """All pairs, and some more rows of values that chance has put together: three and more may do what two do not."""
    random = Random(20240226)
    rows = all_pairs(AXES) + [{name: random.choice(values) for name, values in AXES.items()} for _ in range(more)]
    return [Template(n, row) for n, row in enumerate(rows)]
