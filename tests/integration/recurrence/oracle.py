"""A brute-force expander, written from the tables of RFC 5545 and RFC 8984 and from nothing else.

It walks day by day and asks of each day, hour, minute and second whether it matches; slow, and without
any cleverness to be wrong about.  dateutil's answer comes from `dateutil_walls`.  Both give wall times, all of
them: neither is told of COUNT, zones, UNTIL or overrides.

Those come afterwards, as operations on a set of instants that says what the words mean: `instants` converts with
Python's zoneinfo, which makes one of what a gap brings together, because a set does, and sorts; COUNT is the
first so many of that set (`first_of_all`).  COUNT was once handed to the expanders of wall times, which is what
recurd did: the oracle cannot find what it believes as well.
"""

import datetime as dt
import functools
import signal
from zoneinfo import ZoneInfo

from dateutil import rrule

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQS = ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
ONE_DAY = dt.timedelta(days=1)
UTC = dt.timezone.utc


class TooSlow(Exception):
    pass


def week_start_of(day, wkst):
    return day - dt.timedelta(days=(day.weekday() - wkst) % 7)


def week_number(day, wkst):
    """(week, weeks in that week's year): weeks belong to the year that has at least four of their days."""

    def first_week(year):
        return week_start_of(dt.date(year, 1, 4), wkst)

    year = (week_start_of(day, wkst) + dt.timedelta(days=3)).year
    weeks = (first_week(year + 1) - first_week(year)).days // 7
    return (week_start_of(day, wkst) - first_week(year)).days // 7 + 1, weeks


class Rule:
    """A rule with what its start implies; rule is a dict of RFC 5545 parts with lists of numbers."""

    def __init__(self, rule, start):
        self.start = start
        self.freq = rule["FREQ"]
        self.interval = rule.get("INTERVAL", 1)
        self.wkst = DAYS.index(rule.get("WKST", "MO"))
        self.parts = {k: v for k, v in rule.items() if k.startswith("BY")}
        self.imply()

    def imply(self):
        by, start = self.parts, self.start
        if self.freq == "WEEKLY" and "BYDAY" not in by:
            by["BYDAY"] = [(0, start.weekday())]
        if self.freq == "MONTHLY" and "BYDAY" not in by and "BYMONTHDAY" not in by:
            by["BYMONTHDAY"] = [start.day]
        if self.freq == "YEARLY" and not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & set(by):
            if "BYWEEKNO" in by:
                by["BYDAY"] = [(0, start.weekday())]
            else:
                by["BYMONTHDAY"] = [start.day]
                by.setdefault("BYMONTH", [start.month])
        for freqs, part, value in (
            (FREQS[1:], "BYSECOND", start.second),
            (FREQS[2:], "BYMINUTE", start.minute),
            (FREQS[3:], "BYHOUR", start.hour),
        ):
            if self.freq in freqs and part not in by:
                by[part] = [value]

    def takes_weekday(self, day):
        in_year = self.freq == "YEARLY" and "BYMONTH" not in self.parts
        for nth, weekday in self.parts["BYDAY"]:
            if day.weekday() != weekday:
                continue
            if nth == 0:
                return True
            other = day - ONE_DAY * 7 * nth if nth > 0 else day + ONE_DAY * 7 * -nth
            inner = day - ONE_DAY * 7 * (nth - 1) if nth > 0 else day + ONE_DAY * 7 * (-nth - 1)
            period = (lambda d: d.year) if in_year else (lambda d: (d.year, d.month))
            if period(inner) == period(day) != period(other):
                return True
        return False

    def takes_day(self, day):
        by = self.parts
        last = (day.replace(day=28) + 4 * ONE_DAY).replace(day=1) - ONE_DAY
        length = 366 if (dt.date(day.year, 12, 31) - dt.date(day.year, 1, 1)).days == 365 else 365
        yearday = (day - dt.date(day.year, 1, 1)).days + 1
        if "BYMONTH" in by and day.month not in by["BYMONTH"]:
            return False
        if "BYMONTHDAY" in by and not {day.day, day.day - last.day - 1} & set(by["BYMONTHDAY"]):
            return False
        if "BYYEARDAY" in by and not {yearday, yearday - length - 1} & set(by["BYYEARDAY"]):
            return False
        if "BYDAY" in by and not self.takes_weekday(day):
            return False
        if "BYWEEKNO" in by:
            week, weeks = week_number(day, self.wkst)
            if not {week, week - weeks - 1} & set(by["BYWEEKNO"]):
                return False
        return True

    def never_matches(self):
        """Proof that no period holds an occurrence: 28 years have every kind of year, and of neighbours."""
        subdaily = FREQS[:FREQS.index(self.freq)] if self.freq in FREQS[:3] else FREQS[:3]
        parts = {"SECONDLY": "BYSECOND", "MINUTELY": "BYMINUTE", "HOURLY": "BYHOUR"}
        times = 1
        for freq in subdaily:
            times *= len({min(v, 59) for v in self.parts[parts[freq]]})
        wanted = min((abs(p) for p in self.parts.get("BYSETPOS", (1,))))
        sizes, day = {}, dt.date(2000, 1, 1)
        while day.year < 2028:
            if self.takes_day(day):
                whole = self.freq if self.freq in FREQS[3:] else "DAILY"
                period = {"YEARLY": day.year, "MONTHLY": (day.year, day.month), "WEEKLY": week_start_of(day, self.wkst)}.get(whole, day)
                sizes[period] = sizes.get(period, 0) + times
                if sizes[period] >= wanted:
                    return False
            day += ONE_DAY
        return True

    def period(self, moment):
        """Number of the moment's period, counted in units of the frequency."""
        day = moment.date()
        if self.freq == "YEARLY":
            return day.year
        if self.freq == "MONTHLY":
            return day.year * 12 + day.month
        if self.freq == "WEEKLY":
            return week_start_of(day, self.wkst).toordinal() // 7
        seconds = int((moment - dt.datetime(1900, 1, 1)).total_seconds())
        return seconds // {"DAILY": 86400, "HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}[self.freq]

    def times(self, day):
        by = self.parts
        for hour in sorted(set(by.get("BYHOUR", range(24)))):
            for minute in sorted(set(by.get("BYMINUTE", range(60)))):
                for second in sorted({min(s, 59) for s in by.get("BYSECOND", range(60))}):
                    yield dt.datetime(day.year, day.month, day.day, hour, minute, second)

    def candidates(self, first_day, last_day):
        """In order, as far as INTERVAL and all lists but BYSETPOS take them."""
        base = self.period(self.start)
        day = first_day
        while day <= last_day:
            midnight = dt.datetime(day.year, day.month, day.day)
            whole = self.freq in FREQS[3:]
            if (not whole or (self.period(midnight) - base) % self.interval == 0) and self.takes_day(day):
                for moment in self.times(day):
                    if whole or (self.period(moment) - base) % self.interval == 0:
                        yield moment
            day += ONE_DAY

    def positioned(self, first_day, last_day):
        if "BYSETPOS" not in self.parts:
            yield from self.candidates(first_day, last_day)
            return
        wanted, group, number = self.parts["BYSETPOS"], [], None

        def pick():
            size = len(group)
            return [group[i] for i in range(size) if i + 1 in wanted or i - size in wanted]

        for moment in self.candidates(first_day, last_day):
            if self.period(moment) != number:
                yield from pick()
                group, number = [], self.period(moment)
            group.append(moment)
        yield from pick()

    def walls(self, from_wall, until_wall):
        """Wall times from from_wall on, in order; all of them up to until_wall."""
        begin = max(self.start, from_wall)
        # Whole periods, so that set positions are counted from their beginning.
        first = begin.date()
        if self.freq == "YEARLY":
            first = dt.date(first.year, 1, 1)
        elif self.freq == "MONTHLY":
            first = first.replace(day=1)
        elif self.freq == "WEEKLY":
            first = week_start_of(first, self.wkst)
        last = until_wall.date() + dt.timedelta(days=370)
        for moment in self.positioned(first, last):
            if moment > until_wall:
                return
            if moment >= begin:
                yield moment


def dateutil_walls(rule, start, from_wall, until_wall):
    by = {}
    for part, values in rule.items():
        if part == "BYDAY":
            by["byweekday"] = [rrule.weekday(d, n or None) for n, d in values]
        elif part == "BYSECOND":
            by["bysecond"] = [min(s, 59) for s in values]
        elif part.startswith("BY"):
            by[part.lower()] = values
    if "BYWEEKNO" in rule and not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & set(rule):
        # dateutil takes the whole week; the weekday comes from the start (RFC 8984 section 4.3.3.2).
        by["byweekday"] = [start.weekday()]
    rules = rrule.rrule(
        getattr(rrule, rule["FREQ"]),
        dtstart=start,
        interval=rule.get("INTERVAL", 1),
        wkst=DAYS.index(rule.get("WKST", "MO")),
        until=until_wall,
        cache=False,
        **by,
    )
    for moment in rules:
        if moment > until_wall:
            return
        if moment >= from_wall:
            yield moment


def to_instant(wall, zone):
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC).replace(tzinfo=None)


def to_wall(instant, zone):
    return instant.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def instants(walls, zone, after, n, until=None):
    """The first n instants behind `after`.  A gap may put them out of order: so collect beyond the n-th."""
    found = set()
    for wall in walls:
        instant = to_instant(wall, zone)
        if until is not None and instant > until:
            if wall - dt.timedelta(hours=27) > to_wall(until, zone):
                break
            continue
        if instant <= after:
            continue
        found.add(instant)
        if len(found) >= n:
            here, ahead = (wall + dt.timedelta(hours=h) for h in (-27, 27))
            offsets = {w.replace(tzinfo=zone).utcoffset() for w in (here, wall, ahead)}
            if len(offsets) == 1 or len(found) > 200000:
                break
    return sorted(found)[:n]


def first_of_all(walls, zone, count):
    """What COUNT leaves; walls from the start of the rule on."""
    return instants(walls, zone, dt.datetime.min, count)


EPOCH = dt.datetime(1970, 1, 1)
END = int((dt.datetime(2101, 1, 1) - EPOCH).total_seconds())
STEP = 3 * 86400


def offset(zone, instant):
    return (EPOCH + dt.timedelta(seconds=instant)).replace(tzinfo=UTC).astimezone(zone).utcoffset()


def clock_changes(zone, end=END):
    """(instant, offset before, offset after), from 1970 on"""
    before = offset(zone, 0)
    for start in range(0, end, STEP):
        after = offset(zone, start + STEP)
        if after == before:
            continue
        low, high = start, start + STEP
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
        yield high, before, offset(zone, high)
        before = after


@functools.cache
def gaps(zone):
    """The first local time of each that the clock skips, up to 2040."""
    return [EPOCH + dt.timedelta(seconds=at) + before for at, before, after in clock_changes(zone, 70 * 366 * 86400) if after > before]


class time_limit:
    """Ends what takes too long (dateutil's search for what never comes)."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        def stop(*_):
            raise TooSlow

        self.old = signal.signal(signal.SIGALRM, stop)
        # Again and again: an exception that is raised inside of a destructor is swallowed there.
        signal.setitimer(signal.ITIMER_REAL, self.seconds, 1)

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.old)


def zone_of(name):
    return ZoneInfo(name)
