"""Templates in which every two values of two policies stand together, and the occurrences of their rules."""

import json
from calendar import monthrange
from datetime import datetime, timedelta, timezone
from itertools import combinations, product
from random import Random
from zoneinfo import ZoneInfo

from .model import Policy

UTC = timezone.utc
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2024, 2, 26, tzinfo=UTC)  # a leap day, two month ends and a summer time lie ahead
END = datetime(2024, 4, 5, tzinfo=UTC)
FOREVER = timedelta(days=4000)

DAYS = [START.replace(tzinfo=None) + timedelta(days=n) for n in range(60)]


def local(wall, zone):
    """A time that the clock skips takes the offset of before."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


# Name: the rule, and all occurrences of some weeks, those after the world's end included.
RULES = {
    "daily": ({"frequency": "daily"}, [local(d + timedelta(hours=9, minutes=30), UTC) for d in DAYS]),
    "in the gap": ({"frequency": "daily", "timeZone": "Europe/Berlin"},
                   [local(d + timedelta(hours=2, minutes=30), BERLIN) for d in DAYS]),
    "six hours": ({"rrule": "FREQ=HOURLY;INTERVAL=6"}, [local(d + timedelta(hours=h), UTC) for d in DAYS for h in (3, 9, 15, 21)]),
    "month's end": ({"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1"},
                    [local(d + timedelta(hours=12), UTC) for d in DAYS if d.day == monthrange(d.year, d.month)[1]]),
    "leap day": ({"rrule": "FREQ=YEARLY"}, [datetime(2024, 2, 29, 8, tzinfo=UTC), datetime(2028, 2, 29, 8, tzinfo=UTC)]),
    "weekdays": ({"frequency": "weekly", "days": ["mon", "wed", "thu"], "timeZone": "Europe/Berlin"},
                 [local(d + timedelta(hours=18), BERLIN) for d in DAYS if d.weekday() in (0, 2, 3)]),
    "counted": ({"frequency": "daily", "count": 20}, [local(d + timedelta(hours=7), UTC) for d in DAYS[:20]]),
}
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
        self.rule, self.occurrences = RULES[row["rule"]]
        self.paused_until = START + timedelta(days=8, hours=1) if row["pause"] else None
        self.columns = {name: row[name] for name in AXES if name not in ("rule", "pause")}
        self.columns["pause_catch_up"] = None if row["pause"] == "unset" else row["pause"]
        self.policy = Policy(**self.columns)

    def insert(self, db, user):
        """As an application does, and the policies with it."""
        db.execute(
            "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, is_active, created_at)"
            " values (%s, %s, 'x', %s, %s, %s, recurd.now())",
            (self.id, user, json.dumps(self.rule), self.occurrences[0], not self.paused_until))
        given = {**self.columns, "paused_until": self.paused_until}
        db.execute(f"insert into recurd.policies (template_id, {', '.join(given)}) values ({', '.join(['%s'] * (1 + len(given)))})",
                   (self.id, *given.values()))


def templates(more=80):
    """All pairs, and some more rows of values that chance has put together: three and more may do what two do not."""
    random = Random(20240226)
    rows = all_pairs(AXES) + [{name: random.choice(values) for name, values in AXES.items()} for _ in range(more)]
    return [Template(n, row) for n, row in enumerate(rows)]
