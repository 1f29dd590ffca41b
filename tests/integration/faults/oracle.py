"""What must exist, computed from what the application wrote, with nothing of recurd's own code.

    oracle = Oracle(db)
    oracle.note()                      # learns the rows; before a worker has seen them
    ... faults ...
    took = oracle.settle()             # seconds until nothing is due any more
    tally(injected=3, recovery=took, **oracle.check(daemons))

`check` compares rows with expectation: instances, their ids, notifications, log lines.  Templates are
expanded by the brute-force expander of recurrence/oracle.py with Python's zoneinfo.  Edits, pauses and
deletions are told to the oracle by whoever makes them (`model`), with the instants that the database gave.
"""

import bisect
import functools
import hashlib
import json
import time
import uuid
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from faults.book import LogBook, Wrong
from faults.traveller import Traveller
from harness.util import wait_until
from recurrence.oracle import DAYS, Rule, to_instant, to_wall
from recurrence.rules import NAMES

UTC = timezone.utc
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHORT = {name.lower(): n for n, name in enumerate(DAYS)} | dict(zip("mon tue wed thu fri sat sun".split(), range(7)))

LINE_ONLY = None  # instead of whether it must be told: a line may be there, a row must not
HORIZON = timedelta(days=500)  # beyond it, it is not computed which occurrence comes next
SPARE_FDS = 4  # a zone file, a resolver's socket, the log's
PARTS = {name: part for part, name in NAMES.items()}

# Identities ----------------------------------------------------------------------------------------


def usec(instant):
    return (instant - EPOCH) // timedelta(microseconds=1)


def digest(what, row_id, instant):
    return hashlib.sha256(b"\0".join([what.encode(), row_id.encode(), str(usec(instant)).encode()])).digest()


def derived_id(what, source, instant):
    """UUIDv8: 48 bits of milliseconds, then of the hash."""
    bits = (usec(instant) // 1000 & (1 << 48) - 1).to_bytes(6, "big") + digest(what, source, instant)[:10]
    number = int.from_bytes(bits, "big")
    number = number & ~(0xF << 76) | 8 << 76
    return str(uuid.UUID(int=number & ~(3 << 62) | 2 << 62))


def instance_id(template, occurrence):
    return derived_id("task", template, occurrence)


def successor_id(task, due):
    return derived_id("repeat", task, due)


def key_of(kind, task, instant):
    """12 hex digits of milliseconds, then of the hash."""
    return f"{usec(instant) // 1000 & (1 << 48) - 1:012x}" + digest(kind, task, instant)[:10].hex()


# Rules ---------------------------------------------------------------------------------------------


def parse_days(items):
    """["mon"], [{"day": "mo", "nthOfPeriod": 1}] or "-1FR,MO"."""
    if isinstance(items, str):
        return [(int(item[:-2] or 0), DAYS.index(item[-2:])) for item in items.split(",")]
    return [(item.get("nthOfPeriod", 0), SHORT[item["day"]]) if isinstance(item, dict) else (0, SHORT[item]) for item in items]


def parse_rrule(text):
    rule = {}
    for part, _, value in (item.partition("=") for item in text.split(";")):
        if part == "BYDAY":
            rule[part] = parse_days(value)
        elif part.startswith("BY"):
            rule[part] = [int(v) for v in value.split(",")]
        else:
            rule[part] = int(value) if part in ("INTERVAL", "COUNT") else value
    return rule


def parse_stored(stored):
    """(parts, zone, until) of recurrence_rule; as much of the language as the suite uses."""
    stored = dict(stored)
    zone = ZoneInfo(stored.pop("timeZone", "UTC"))
    until = stored.pop("end_date", None) or stored.pop("until", None)
    if "rrule" in stored:
        return parse_rrule(stored["rrule"]), zone, until
    rule = {"FREQ": stored.pop("frequency").upper()}
    for key, value in stored.items():
        if key in ("days", "byDay"):
            rule["BYDAY"] = parse_days(value)
        elif key == "firstDayOfWeek":
            rule["WKST"] = value.upper()
        elif key in PARTS:
            rule[PARTS[key]] = [int(v) for v in value]
        else:
            rule[{"interval": "INTERVAL", "count": "COUNT"}[key]] = value
    return rule, zone, until


@functools.lru_cache(maxsize=4096)
def expand(text, anchor, first, through):
    """Instants of a rule up to `through`, in order.  anchor: wall time; first: stands as it is, or None.

    What recurd computes has whole seconds; what the application wrote keeps its fraction.
    """
    rule, zone, until = parse_stored(json.loads(text))
    count = rule.pop("COUNT", None)
    anchor = anchor.replace(microsecond=0)
    walls = Rule(rule, anchor).walls(anchor, to_wall(through.replace(tzinfo=None), zone) + timedelta(hours=27))
    found = {to_instant(wall, zone).replace(tzinfo=UTC) for wall in walls}
    if first is not None:
        found = {instant for instant in found if instant > first} | {first}
    found = sorted(found)[:count]
    if until:
        limit = datetime.fromisoformat(until.replace("Z", "+00:00"))
        limit = limit if limit.tzinfo else to_instant(limit, zone).replace(tzinfo=UTC)
        found = found[: bisect.bisect_right(found, limit)]
    return found[: bisect.bisect_right(found, through)]


class Template:
    """One template as the application knows it.  edits: (instant, rule text); pauses: (from, to or None)."""

    def __init__(self, rule, due):
        self.rule = rule
        self.due = due
        self.edits = []
        self.pauses = []
        self.newest = None  # (count, at): of what was missed by then, only so many are made
        self.gone = None  # deleted at this instant: what was due until then may be there

    def occurrences(self, through):
        zone = parse_stored(json.loads(self.rule))[1]
        anchor = to_wall(self.due.replace(tzinfo=None), zone)
        found, made = [], None  # the wall time of the last one: an edit that names another zone makes no local time twice
        ends = [at for at, _ in self.edits] + [through]
        for number, text in enumerate([self.rule, *(text for _, text in self.edits)]):
            since = self.edits[number - 1][0] if number else None
            part = expand(text, anchor, None if number else self.due, min(ends[number], through))
            zone = parse_stored(json.loads(text))[1]
            fresh = [(at, to_wall(at.replace(tzinfo=None), zone)) for at in (part[bisect.bisect_right(part, since) :] if since else part)]
            fresh = [(at, wall) for at, wall in fresh if made is None or wall.replace(microsecond=0) > made]
            made = fresh[-1][1].replace(microsecond=0) if fresh else made
            found += [at for at, _ in fresh]
        for begin, end in self.pauses:
            found = [at for at in found if not begin <= at <= (end or through)]
        return found


    def is_plain(self):
        return not (self.edits or self.pauses or self.newest or self.gone)

    def is_paused(self):
        return bool(self.pauses) and self.pauses[-1][1] is None

    def next_after(self, now):
        """The first occurrence after now; None: there is none within HORIZON."""
        for days in (2, 40, 400, HORIZON.days):
            ahead = self.occurrences(now + timedelta(days=days))
            at = bisect.bisect_right(ahead, now)
            if at < len(ahead):
                return ahead[at]
        return None


# The comparison ------------------------------------------------------------------------------------

DUE = """
select exists (select from recurring_tasks where is_active and failed_at is null
                and (next_due_at <= recurd.now() or replan_at is not null))
    or exists (select from tasks where remind_at <= recurd.now() and not is_complete
                and (reminded_at is null or remind_at > reminded_at))
    or exists (select from recurd.repeats where completed_at is not null and failed_at is null)
"""


class Oracle:
    def __init__(self, db):
        self.db = db
        self.templates = {}
        self.reminders = {}  # task: {instant: True: must be told; False: may be}
        self.deleted = set()  # ids of instances that their user deleted
        self.repeaters = set()  # tasks with a daily rule of their own; those that follow them are found

    # What the application did ------------------------------------------------------------------------

    def note(self):
        """Learns all templates and reminders that are there; none of them may have been handled yet."""
        for row in self.db.rows("select id, recurrence_rule::text, next_due_at, planned_due_at from recurring_tasks"):
            if row["id"] not in self.templates:
                assert row["planned_due_at"] is None, "a worker came before the oracle"
                self.templates[row["id"]] = Template(row["recurrence_rule"], row["next_due_at"].astimezone(UTC))
        for row in self.db.rows("select id, remind_at from tasks where remind_at is not null and reminded_at is null"):
            self.reminders.setdefault(row["id"], {row["remind_at"].astimezone(UTC): True})

    def add_template(self, due, rule, **columns):
        """For a database that workers serve already."""
        due = self.db.instant(due)
        row_id = columns.setdefault("id", str(uuid.uuid4()))
        self.templates[row_id] = Template(json.dumps(rule), due)
        return self.db.add_template(due, rule, **columns)

    def add_task(self, remind, **columns):
        remind = self.db.instant(remind)
        row_id = columns.setdefault("id", str(uuid.uuid4()))
        self.reminders[row_id] = {remind: True}
        return self.db.add_task(remind=remind, **columns)

    def add_templates(self, count, due, rule, prefix="t", users=1):
        due = self.db.instant(due)
        self.templates.update((f"{prefix}-{n}", Template(json.dumps(rule), due)) for n in range(1, count + 1))
        self.db.add_templates(count, due, users=users, rule=rule, prefix=prefix)

    def add_reminders(self, count, prefix="r"):
        """So many tasks whose reminders are due, a second apart."""
        newest = self.db.now()
        due = [newest - timedelta(seconds=n) for n in range(count)]
        self.reminders.update((f"{prefix}-{n}", {at: True}) for n, at in enumerate(due, 1))
        self.db.execute(
            "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
            " select %s || '-' || n, 'Buy milk', false, %s, now(), now(), at"
            " from unnest(%s::timestamptz[]) with ordinality as u (at, n)",
            (prefix, self.db.add_user(), due),
        )

    def add_repeats(self, count, prefix="c"):
        """So many tasks that repeat themselves, completed just now."""
        made = [f"{prefix}-{n}" for n in range(1, count + 1)]
        self.repeaters.update(made)
        self.db.execute(
            "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, due_date, recurrence_rule)"
            " select id, 'Water', false, %s, now(), now(), date_trunc('second', now()), '{\"frequency\":\"daily\"}' from unnest(%s::text[]) id",
            (self.db.add_user(), made),
        )
        self.db.execute("update tasks set is_complete = true where id = any(%s)", (made,))

    # Waiting -----------------------------------------------------------------------------------------

    def withdraw(self, task, at, now):
        """The application takes a reminder back before it was handled.

        If it was due, a batch may have had its line written before it was rolled back: that line stands.
        """
        if at <= now:
            self.reminders[task][at] = LINE_ONLY
        else:
            del self.reminders[task][at]

    def is_settled(self):
        return not self.db.value(DUE)

    def settle(self, timeout=20.0):
        """Waits until nothing is due; the seconds that it took."""
        began = time.monotonic()
        wait_until(self.is_settled, timeout, "all that is due is done", interval=0.02)
        return time.monotonic() - began

    # Comparing ---------------------------------------------------------------------------------------

    def _check_travellers(self, there, now, wrong):
        """Their instants follow from when which worker knew of which move; their local dates do not."""
        for row_id, template in self.templates.items():
            if isinstance(template, Traveller):
                template.instants = sorted(at for name, at in there if name == row_id)
                for complaint in template.complaints(now):
                    wrong.add("not once a local date", True, f"{row_id}: {complaint}")

    def check(self, daemons=(), now=None, lines=True, book=None):
        """Everything above; lines=False where log_rate leaves lines out.  {"lost": 0, "doubled": 0}, or fails.

        book: lines that were read before, of daemons that are no more.
        """
        now = now or self.db.now()
        book = book or LogBook()
        wrong = Wrong()
        for daemon in daemons:
            book.read(daemon)
            spare = daemon.count_spare_fds() if daemon.process.poll() is None else daemon.spare_fds
            wrong.add("with too many descriptors", (spare or 0) > SPARE_FDS, f"{spare} too many in {daemon.pid}")
        wrong.include(book.wrong)
        told = self._check_instances(now, wrong)
        told.update(self._check_reminders(now, wrong))
        told.update(self._check_repeats(wrong))
        self._check_templates(now, wrong)
        self._check_notifications(told, wrong)
        if lines:
            travellers = {row_id for row_id, template in self.templates.items() if isinstance(template, Traveller)}
            book.compare(told, wrong, travellers)
        wrong.report()
        return {"lost": 0, "doubled": 0}

    def _expected(self, now):
        """What must be there: {(template, occurrence)}; and what was there when its template was deleted."""
        must, may = set(), set()
        for row_id, template in self.templates.items():
            found = template.occurrences(min(template.gone or now, now))
            if template.newest:
                count, at = template.newest
                found = found[max(0, bisect.bisect_right(found, at) - count) :]
            (may if template.gone else must).update((row_id, at) for at in found)
        return must, may

    def _check_instances(self, now, wrong):
        """Returns {key: (must be told, task, template, instant)} of what the instances say of themselves."""
        there = defaultdict(list)
        query = "select id, recurring_task_id, occurrence_at from tasks where occurrence_at is not null"
        for row in self.db.rows(query):
            at = row["occurrence_at"].astimezone(UTC)
            there[row["recurring_task_id"], at].append(row["id"])
        self._check_travellers(there, now, wrong)
        must, may = self._expected(now)
        for (template, at), ids in there.items():
            if template is None:  # its template was deleted
                continue
            wrong.add("doubled", ids[1:], f"{template} {at}: {ids}")
            wrong.add("unexpected", (template, at) not in must, f"{template} {at}")
            wrong.add("derived otherwise", ids[0] != instance_id(template, at), f"{ids[0]} of {template} {at}")
        told = {}
        for template, at in must | may:
            row_id, sure = instance_id(template, at), (template, at) in must
            if sure and row_id not in self.deleted:
                wrong.add("lost", (template, at) not in there, f"{template} {at}")
            wrong.add("resurrected", row_id in self.deleted and (template, at) in there, f"{template} {at}")
            told[key_of("task_created", row_id, at)] = (sure, row_id, template, at)
        return told

    def _check_templates(self, now, wrong):
        """Each stands at its next occurrence, or at its last one for good."""
        query = "select id, next_due_at, used_count, is_active, ended_at, failed_at, failure from recurring_tasks"
        for row in self.db.rows(query):
            template = self.templates.get(row["id"])
            if template is None or template.is_paused() or template.gone:
                continue
            wrong.add("in quarantine", row["failed_at"] is not None, f"{row['id']}: {row['failure']}")
            if isinstance(template, Traveller):
                continue
            ahead = template.next_after(now)
            due = row["next_due_at"].astimezone(UTC)
            if ahead is None:
                over = row["ended_at"] and not row["is_active"]
                wrong.add("not ended", not over and due < now + HORIZON, f"{row['id']} at {due}")
            else:
                wrong.add("elsewhere", due != ahead or not row["is_active"], f"{row['id']} at {due}, not {ahead}")
            if template.is_plain():
                used = len(template.occurrences(now))
                wrong.add("miscounted", row["used_count"] != used, f"{row['id']}: {row['used_count']}, not {used}")

    def _check_reminders(self, now, wrong):
        told = {}
        for task, instants in self.reminders.items():
            for at, sure in instants.items():
                if at <= now:
                    told[key_of("reminder", task, at)] = (sure, task, None, at)
        return told

    def _check_repeats(self, wrong):
        """Who was completed has one successor, some days later, and nobody else has one."""
        query = "select id, is_complete, due_date, repeat_of from tasks where repeat_of is not null or id = any(%s)"
        rows = {row["id"]: row for row in self.db.rows(query, (list(self.repeaters),))}
        wrong.add("lost", [one for one in self.repeaters if one not in rows], "a task that repeats itself")
        followed = {row["repeat_of"]: row for row in rows.values() if row["repeat_of"]}
        for one, row in rows.items():
            wrong.add("lost", row["is_complete"] and one not in followed, f"the successor of {one}")
        told = {}
        for before, row in followed.items():
            wrong.add("unexpected", before not in rows, f"{row['id']}, which follows {before}")
            due = row["due_date"].astimezone(UTC)
            days = (due - rows[before]["due_date"]) / timedelta(days=1) if before in rows else 1
            wrong.add("elsewhere", days < 1 or days != int(days), f"{row['id']}: {days} days after {before}")
            wrong.add("derived otherwise", row["id"] != successor_id(before, due), f"{row['id']} of {before} {due}")
            told[key_of("task_created", row["id"], due)] = (True, row["id"], None, due)
        return told

    def _check_notifications(self, told, wrong):
        there = {}
        for row in self.db.rows("select key, kind, task_id, template_id, at from recurd.notifications"):
            wrong.add("doubled", row["key"] in there, f"notification {row}")
            there[row["key"]] = (row["task_id"], row["template_id"], row["at"].astimezone(UTC))
        for key, (sure, *facts) in told.items():
            wrong.add("lost", sure and key not in there, f"notification {key}: {facts}")
            wrong.add("unexpected", sure is LINE_ONLY and key in there, f"notification {key}: {facts}")
            wrong.add("wrong", key in there and there[key] != tuple(facts), f"notification {key}: {there.get(key)}, not {facts}")
        for key in there.keys() - told.keys():
            wrong.add("unexpected", True, f"notification {key}: {there[key]}")
