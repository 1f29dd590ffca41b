"""One whose series is judged by local dates alone."""

from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

UTC = timezone.utc


class Traveller:
    """A daily template, at nine by the clock of its user, who moves from one zone to another and back.

    Which instant a local date came to depends on which worker knew of which move when; but by no two of the ZONES
    is it nine at one instant, so that each instant tells its date.

    The application may set the next one, as it does with any template: that instant is made, whatever was made of
    its date before, and the series goes on behind the latest date.
    """

    ZONES = ("UTC", "Europe/Moscow", "Asia/Tokyo", "Pacific/Honolulu", "America/Bogota", "Pacific/Tongatapu")
    RULE = {"frequency": "daily"}
    gone = newest = None

    def __init__(self, first, zone):
        self.first, self.zone = first, zone
        self.instants = []  # as they are in the database
        self.set = []  # by the application: (instant, its date, the latest date that had been made by then, or None)

    @classmethod
    def next_nine(cls, now, zone):
        """The next instant at which it is nine there."""
        wall = now.astimezone(ZoneInfo(zone)).replace(hour=9, minute=0, second=0, microsecond=0)
        return (wall if wall > now else wall + timedelta(days=1)).astimezone(UTC)

    @classmethod
    def local_dates(cls, instant):
        walls = [instant.replace(microsecond=0).astimezone(ZoneInfo(zone)) for zone in cls.ZONES]
        return [wall.date() for wall in walls if (wall.hour, wall.minute) == (9, 0)]

    def occurrences(self, through):
        return [at for at in self.instants if at <= through]

    def is_paused(self):
        return False

    def complaints(self, now):
        found = [self.local_dates(at) for at in self.instants]
        yield from (f"{at} is not nine anywhere" for at, dates in zip(self.instants, found) if len(dates) != 1)
        yield from (f"{at} was set, and is not there" for at, _, _ in self.set if at <= now and at not in self.instants)
        dates = sorted(date for each in found for date in each)
        wanted = sorted(self.wanted(now))
        # A date that was made by another clock may lie ahead of this one.
        ahead = dates[len(wanted) :]
        is_waiting = any(at > now for at, _, _ in self.set)
        if dates[: len(wanted)] != wanted or len(ahead) > (0 if is_waiting else 2) or len(set(ahead)) != len(ahead):
            yield f"{[str(date) for date in dates]}, not {[str(date) for date in wanted]}; set: {self.set}"

    def wanted(self, now):
        """The dates of which there must be one, in the order in which they are made."""
        day, [begin] = timedelta(days=1), self.local_dates(self.first)
        for at, date, last in self.set:
            last = last or begin - day
            yield from (begin + day * n for n in range((last - begin).days + 1))
            if at > now:
                return
            yield date
            begin = max(last, date) + day
        last = self.next_nine(now, self.zone).astimezone(ZoneInfo(self.zone)).date() - day
        yield from (begin + day * n for n in range((last - begin).days + 1))
