"""The plainest way to say what becomes of the occurrences of a template.

It knows all of them beforehand as a list of instants, goes through the looks of a worker one after the other, and
decides about everything that came up to then, policy by policy, in the order in which the manual tells them.  No
iterator, no budget, no row of a database.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hashlib import sha256

GRACE = timedelta(minutes=1)  # what is later than that is late
LIMIT = 100  # catch_up_limit
NEVER = datetime.max.replace(tzinfo=timezone.utc)
NOTHING = timedelta()


@dataclass(frozen=True)
class Policy:
    """None: not set."""

    catch_up: str = None
    catch_up_window: timedelta = None
    catch_up_cap: int = None
    overlap: str = None
    lead_time: timedelta = None
    jitter: timedelta = None
    pause_catch_up: str = None
    shift: str = None


@dataclass(frozen=True)
class Calendar:
    """Monday to Friday, but for holidays, and for working days that nobody would expect."""

    holidays: set
    working: set
    zone: object
    walls: dict  # of each occurrence: its local time, as the rule has it

    def works(self, day):
        return day in self.working or day.weekday() < 5 and day not in self.holidays

    def shifted(self, occurrence, how):
        """Where it goes, None: nowhere.  The day is the local one, the time of day stays."""
        wall = self.walls[occurrence]
        if how in (None, "none") or self.works(wall.date()):
            return occurrence
        if how == "skip":
            return None
        step = timedelta(days=1)
        before, after = wall, wall
        while not self.works(before.date()):
            before -= step
        while not self.works(after.date()):
            after += step
        nearest = before if wall - before <= after - wall else after
        found = {"next": after, "previous": before, "nearest": nearest}[how]
        return found.replace(tzinfo=self.zone).astimezone(timezone.utc)


@dataclass(frozen=True)
class World:
    start: datetime
    end: datetime
    outages: tuple = ()  # (from, until): nobody is there
    open_for: timedelta = NOTHING  # so long a task stays open

    def attended(self, at):
        for begin, until in self.outages:
            if begin <= at < until:
                at = until
        return at


@dataclass
class Told:
    """Of each occurrence what became of it and when, of tasks when they are due; of tasks that gave way to another, when they did."""

    fates: dict = field(default_factory=dict)
    superseded: list = field(default_factory=list)


def spread(template, jitter):
    if not jitter:
        return NOTHING
    number = int.from_bytes(sha256(b"jitter\0" + template.encode() + b"\0" + b"0").digest()[:8], "big")
    return timedelta(microseconds=number % (jitter // timedelta(microseconds=1)))


class Life:
    def __init__(self, template, occurrences, policy, world, calendar, paused_until=None):
        """paused_until: the template is paused when the world begins, until then."""
        self.policy, self.world, self.told = policy, world, Told()
        self.left = list(occurrences)
        self.due = {o: calendar.shifted(o, policy.shift) or o for o in occurrences}
        self.skipped = [o for o in occurrences if calendar.shifted(o, policy.shift) is None]
        self.after_due = spread(template, policy.jitter) - (policy.lead_time or NOTHING)
        self.resumed = world.attended(paused_until) if paused_until else None
        self.open_until = None  # the newest task's completion; None: there is none

    def fire(self, occurrence):
        return self.due[occurrence] + self.after_due

    def run(self):
        now = self.resumed or self.world.start
        while self.left:
            now = self.world.attended(max(now, self.fire(self.left[0])))
            if now > self.world.end:
                break
            came = [o for o in self.left if self.fire(o) <= now]
            self.left = self.left[len(came):]
            self.decide(came, now)
        return self.told

    def decide(self, came, now):
        fates = dict.fromkeys(came, "instance")
        chosen = lambda: [o for o in came if fates[o] == "instance"]  # noqa: E731
        for o in came:
            if o in self.skipped:
                fates[o] = "skipped"
        came = chosen()
        paused = [o for o in came if self.resumed and self.world.start <= self.due[o] <= self.resumed]
        # What was made ahead is late from when it is due; nobody has missed what lies ahead yet.
        since = {o: max(self.due[o], self.fire(o)) for o in came}
        late = [o for o in came if since[o] < now - GRACE and o not in paused]

        # What fell into a pause: none of it, the newest, or all.
        how = self.policy.pause_catch_up or "none"
        for o in paused if how == "none" else paused[:-1] if how == "latest" else []:
            fates[o] = "paused"
        # What is late: nothing older than the window; of the rest none, the newest, or all.
        for o in late:
            if self.policy.catch_up_window and now - since[o] > self.policy.catch_up_window:
                fates[o] = "dropped"
        still = [o for o in late if fates[o] == "instance"]
        for o in still if self.policy.catch_up == "none" else still[:-1] if self.policy.catch_up == "latest" else []:
            fates[o] = "dropped" if self.policy.catch_up == "none" else "coalesced"
        # Of what is left, and was to be made before, the newest so many.
        for o in [o for o in chosen() if since[o] < now - GRACE][:-(self.policy.catch_up_cap or LIMIT)]:
            fates[o] = "dropped"
        # While the newest task is open, none; or the newest, and the open one gives way.
        is_open = self.open_until is not None and self.open_until > now
        if self.policy.overlap == "skip":
            for o in chosen() if is_open else chosen()[1:]:
                fates[o] = "overlapped"
        if self.policy.overlap == "replace":
            for o in chosen()[:-1]:
                fates[o] = "overlapped"
            if is_open and chosen():
                self.told.superseded.append(now)
        if chosen():
            self.open_until = now + self.world.open_for
        for o, fate in fates.items():
            self.told.fates[o] = {"instance": (fate, now, self.due[o]), "skipped": (fate,)}.get(fate, (fate, now))
