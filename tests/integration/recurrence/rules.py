"""Random valid rules, in every form that recurd reads."""

import datetime as dt
import os
from random import SystemRandom

from .oracle import DAYS, FREQS


def seed():
    """RECURD_SEED; "random" draws one.  Without it every run is the same."""
    wanted = os.environ.get("RECURD_SEED", "5545")
    return SystemRandom().randrange(10**9) if wanted == "random" else int(wanted)


ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Europe/Dublin",
    "America/Sao_Paulo",
    "Asia/Tehran",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Africa/Monrovia",
    "America/St_Johns",
    "Asia/Kolkata",
    "Antarctica/Troll",
)

LISTS = {
    "BYMONTH": (1, 12, False),
    "BYWEEKNO": (1, 53, True),
    "BYYEARDAY": (1, 366, True),
    "BYMONTHDAY": (1, 31, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSECOND": (0, 60, False),
}

# How often a list is taken, by frequency from SECONDLY to YEARLY; 0: the RFC forbids it.
ODDS = {
    "BYMONTH": (0.1, 0.1, 0.1, 0.2, 0.15, 0.2, 0.4),
    "BYWEEKNO": (0, 0, 0, 0, 0, 0, 0.12),
    "BYYEARDAY": (0.05, 0.05, 0.05, 0, 0, 0, 0.15),
    "BYMONTHDAY": (0.1, 0.1, 0.1, 0.15, 0, 0.4, 0.25),
    "BYDAY": (0.15, 0.15, 0.15, 0.25, 0.6, 0.4, 0.3),
    "BYHOUR": (0.3, 0.3, 0.3, 0.2, 0.2, 0.15, 0.1),
    "BYMINUTE": (0.3, 0.3, 0.3, 0.2, 0.1, 0.1, 0.1),
    "BYSECOND": (0.3, 0.2, 0.1, 0.05, 0.05, 0.05, 0.05),
}


def random_list(random, low, high, negative):
    values = [random.randint(low, high) for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5)))]
    return [-v if negative and v and random.random() < 0.3 else v for v in values]


def random_days(random, freq, numbered):
    days = []
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        nth = 0
        if numbered and random.random() < 0.5:
            nth = random.choice((1, 2, 3, 4, 5, -1, -2)) if freq == "MONTHLY" or random.random() < 0.5 else random.randint(1, 53)
        days.append((nth, random.randrange(7)))
    return days


def random_rule(random):
    """(rule, start, zone name): rule as oracle.Rule takes it."""
    freq = random.choices(FREQS, (1, 1, 2, 4, 5, 6, 5))[0]
    level = FREQS.index(freq)
    rule = {"FREQ": freq}
    if random.random() < 0.5:
        rule["INTERVAL"] = random.choice((1, 2, 2, 3, 4, 5, 7, 10, 12, 13, 15, 24, 25, 45, 90))
    for part, odds in ODDS.items():
        if random.random() >= odds[level]:
            continue
        if part == "BYDAY":
            rule[part] = random_days(random, freq, freq == "MONTHLY" or (freq == "YEARLY" and "BYWEEKNO" not in rule))
        else:
            rule[part] = random_list(random, *LISTS[part])
    if any(part in rule for part in ODDS) and random.random() < 0.15:
        rule["BYSETPOS"] = [p for p in random_list(random, 1, random.choice((2, 3, 5, 20)), True)]
    if random.random() < 0.3:
        rule["WKST"] = random.choice(DAYS)
    year = random.randint(1970, 2040) if random.random() < 0.3 else random.randint(2005, 2030)
    start = dt.datetime(year, 1, 1) + dt.timedelta(days=random.randrange(366), seconds=random.randrange(86400))
    if random.random() < 0.3:
        start = start.replace(hour=random.choice((0, 1, 2, 3)), minute=random.choice((0, 30)))
    if random.random() < 0.8:
        start = start.replace(second=0)
    return rule, start, random.choice(ZONES)


def as_text(rule, random=None):
    items = []
    for part, value in rule.items():
        if part == "BYDAY":
            value = ",".join(f"{n or ''}{DAYS[d]}" for n, d in value)
        elif isinstance(value, list):
            value = ",".join(map(str, value))
        elif isinstance(value, dt.datetime):
            value = value.strftime("%Y%m%dT%H%M%S")
        items.append(f"{part}={value}")
    if random:
        random.shuffle(items)
    return ";".join(items)


NAMES = {
    "BYMONTH": "byMonth",
    "BYWEEKNO": "byWeekNo",
    "BYYEARDAY": "byYearDay",
    "BYMONTHDAY": "byMonthDay",
    "BYHOUR": "byHour",
    "BYMINUTE": "byMinute",
    "BYSECOND": "bySecond",
    "BYSETPOS": "bySetPosition",
}


def as_json(rule):
    out = {"frequency": rule["FREQ"].lower()}
    for part, value in rule.items():
        if part == "INTERVAL":
            out["interval"] = value
        elif part == "WKST":
            out["firstDayOfWeek"] = value.lower()
        elif part == "COUNT":
            out["count"] = value
        elif part == "UNTIL":
            out["until"] = value.strftime("%Y-%m-%dT%H:%M:%S")
        elif part == "BYMONTH":
            out["byMonth"] = [str(v) for v in value]
        elif part == "BYDAY":
            out["byDay"] = [{"day": DAYS[d].lower()} | ({"nthOfPeriod": n} if n else {}) for n, d in value]
        elif part in NAMES:
            out[NAMES[part]] = value
    return out


def as_stored(rule):
    """The form that the applications store, where it can say the rule; else None."""
    if rule["FREQ"] not in FREQS[3:] or set(rule) - {"FREQ", "INTERVAL", "BYDAY", "UNTIL"}:
        return None
    if any(n for n, _ in rule.get("BYDAY", ())):
        return None
    out = {"frequency": rule["FREQ"].lower(), "interval": rule.get("INTERVAL", 1)}
    if "BYDAY" in rule:
        out["days"] = [("mon", "tue", "wed", "thu", "fri", "sat", "sun")[d] for _, d in rule["BYDAY"]]
    if "UNTIL" in rule:
        out["end_date"] = rule["UNTIL"].strftime("%Y-%m-%dT%H:%M:%S")
    return out


def in_some_form(rule, random):
    stored = as_stored(rule)
    if stored and random.random() < 0.5:
        return stored
    if random.random() < 0.5:
        return {"rrule": as_text(rule, random)}
    return as_json(rule)
