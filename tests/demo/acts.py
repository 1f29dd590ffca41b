"""The acts of the demo: what the application writes, what happens to the workers, what comes of it."""

import json
import os
import sys
import time
from collections import Counter
from datetime import datetime, time as clock_time, timedelta, timezone

from screen import Screen, span
from stage import PATIENCE, ZONE, Failed, Stage

CROWD = 5000


def night_of_the_change(today):
    """The next Sunday on which Berlin's clocks skip an hour."""
    day = today
    while True:
        day += timedelta(days=1)
        before, after = (datetime.combine(day, clock_time(hour), ZONE).utcoffset() for hour in (0, 12))
        if after > before:
            return day


class Play:
    def __init__(self, screen, stage):
        self.screen = screen
        self.stage = stage
        self.titles = {}
        self.silent = False
        self.sunday = night_of_the_change(datetime.now(ZONE).date())
        self.saturday = self.sunday - timedelta(days=1)

    # What is said and shown -----------------------------------------------------------------------

    def tell(self, verb, colour, title, note="", at=None):
        self.screen.line((at or self.stage.now()).astimezone(ZONE), verb, colour, title, note)

    def show(self, event):
        """A line for an event that a person wants to see; log lines as they are with --raw."""
        if self.silent:
            return
        if self.screen.raw:
            print(f"{self.stage.now().astimezone(ZONE):%H:%M:%S}  {event.worker.name}: {event.line}")
            return
        if event.name == "connected" and event["conn"] in ("main", "lane0"):
            self.tell("worker", "blue", event.worker.name, "connected, looks for what is due")
        elif event.name == "generated":
            self.show_made(event)
        elif event.name == "reminder":
            at = event.instant("remind_at") + timedelta(milliseconds=int(event["late_ms"]))
            self.tell("remind", "green", self.titles.get(event["task"], event["task"]), late(event), at)
        elif event.name == "quarantined":
            self.tell("quarantined", "red", self.titles.get(event["template"], ""), event["reason"])

    def show_made(self, event):
        due = event.instant("occurrence").astimezone(ZONE)
        note = late(event)
        if int(event["late_ms"]) > 60000:
            note = f"of {due:%H:%M}, caught up {note}"
        elif (following := event.instant("next")) is not None:
            note += f"; next {following.astimezone(ZONE):%a %-d %b %H:%M}"
        at = due + timedelta(milliseconds=int(event["late_ms"]))
        self.tell("task", "green", self.titles.get(event["template"], event["template"]), note, at)

    def until(self, what, name, n=1, **fields):
        """Shows what workers say until n events of that name, with these fields, were among it."""
        return self.until_all(what, lambda event: event.name == name and
                              all(event[key] == value for key, value in fields.items()), n)

    def until_all(self, what, wanted, n=1):
        for event in self.stage.events(PATIENCE):
            self.show(event)
            n -= bool(wanted(event))
            if n == 0:
                return event
        raise Failed(f"not within {PATIENCE} s: {what}")

    # What the application and the operator do ----------------------------------------------------

    def at(self, day, hour, minute, second=0):
        return datetime.combine(day, clock_time(hour, minute, second), ZONE)

    def write(self, name, title, words, rule, first, step, shown=True):
        """A template: `first` and `step` are what the closing table expects of it."""
        self.titles[name] = title
        self.stage.query(
            """insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at)
               values (:'id', 'ada', :'title', :'rule', :'first');
               insert into demo.expected (template_id, first, zone, step)
               values (:'id', :'local', 'Europe/Berlin', nullif(:'step', '')::interval)""",
            id=name, title=title, rule=json.dumps(rule), first=first.isoformat(), step=step,
            local=first.replace(tzinfo=None).isoformat())
        if shown:
            self.tell("insert", "yellow", title, words)

    def write_task(self, name, title, remind_at):
        self.titles[name] = title
        self.stage.query(
            """insert into tasks (id, user_id, title, is_complete, created_at, updated_at, remind_at)
               values (:'id', 'ada', :'title', false, now() at time zone 'UTC', now() at time zone 'UTC', :'at')""",
            id=name, title=title, at=remind_at.isoformat())
        self.tell("insert", "yellow", title, f"a task, with a reminder at {remind_at.astimezone(ZONE):%H:%M:%S}")

    def start(self, name):
        self.stage.start(name)
        self.until(f"worker {name} is connected", "connected")

    def travel(self, instant, words):
        self.stage.travel_to(instant)
        self.tell("clock", "blue", words)

    # The acts -------------------------------------------------------------------------------------

    def open(self):
        screen, stage = self.screen, self.stage
        screen.say("recurd makes recurring tasks and sends reminders, from a PostgreSQL database, on time.", "bold")
        screen.say(f"Here it has a PostgreSQL of its own, in {stage.folder}; nothing else is touched, and nothing is "
                   "left of it. Ctrl-C ends it.")
        stage.open()
        screen.say(f"Over HTTP it is at {stage.serve()}")
        stage.travel_to(self.at(self.saturday, 8, 59, 58))
        screen.say(f"Its clock is set: it is {self.saturday:%A, %-d %B %Y}, shortly before nine in Berlin.")

    def first_run(self):
        self.screen.act(1, "First run", "The application writes what recurs, and when it is due first. recurd makes the "
                        "tasks, each at its instant.")
        day = self.saturday
        daily = {"frequency": "daily", "timeZone": "Europe/Berlin"}
        self.write("coffee", "Coffee with Grace", "every day at 09:00", daily, self.at(day, 9, 0), "1 day")
        self.write("water", "Drink a glass of water", "every hour", {"frequency": "hourly", "timeZone": "Europe/Berlin"},
                   self.at(day, 9, 0, 1), "1 hour")
        self.write("plants", "Water the plants", "every Saturday",
                   {"rrule": "FREQ=WEEKLY;BYDAY=SA", "timeZone": "Europe/Berlin"}, self.at(day, 9, 0, 2), "7 days")
        self.start("anna")
        self.until("three tasks", "generated", 3)

    def crash(self):
        self.screen.act(2, "kill -9, and three hours without a worker",
                        "What came due meanwhile is caught up, each occurrence once.")
        killed = self.stage.now()
        self.stage.kill("anna")
        self.tell("kill -9", "red", "anna", at=killed)
        self.travel(self.at(self.saturday, 12, 30), "three and a half hours later")
        self.start("anna")
        self.until("three tasks that were missed", "generated", 3, template="water")
        self.stage.query("insert into demo.down values (null, :'since', recurd.now())", since=killed.isoformat())

    def broken_rule(self):
        self.screen.act(3, "A broken rule, and its mend", "A rule that cannot work is quarantined with its reason. It "
                        "delays nobody, and goes on when it is mended.")
        due = soon(self.stage.now())
        rule = {"frequency": "weekly", "days": ["mox"], "timeZone": "Europe/Berlin"}
        self.write("bins", "Bins out", 'every week, "days": ["mox"]', rule, due.astimezone(ZONE), "")
        self.write("cat", "Feed the cat", "every day, from the same second",
                   {"frequency": "daily", "timeZone": "Europe/Berlin"}, due.astimezone(ZONE), "1 day")
        seen = set()

        def both(event):
            seen.update({(event.name, event["template"])} & {("quarantined", "bins"), ("generated", "cat")})
            return len(seen) == 2

        self.until_all("the broken rule is quarantined, its neighbour made", both)
        self.tell("update", "yellow", self.titles["bins"], '"mox" becomes "mon"')
        since = self.stage.now()
        self.stage.query("update recurring_tasks set recurrence_rule = :'rule' where id = 'bins'",
                         rule=json.dumps({**rule, "days": ["mon"]}))
        self.until("the mended one is made", "generated", template="bins")
        # Late since its rule was broken; that is the mender's time, not recurd's.
        self.stage.query("insert into demo.down values ('bins', :'due', :'since')", due=due.isoformat(), since=since.isoformat())

    def second_worker(self):
        self.screen.act(4, "A second worker", f"{CROWD:,} tasks are due in one second. Two workers share them; one is "
                        "killed on the way, and the other makes what it leaves.")
        self.start("bert")
        due = soon(self.stage.now(), 2)
        self.stage.query(
            """insert into "user" (id, email, name, "emailVerified", "createdAt", "updatedAt")
               select 'team-' || n, n || '@example.org', 'Member ' || n, true, now(), now() from generate_series(1, 200) as n;
               insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at)
               select 'check-' || n, 'team-' || (1 + n % 200), 'Check-in', '{"frequency": "weekly"}', :'due'
               from generate_series(1, :n) as n;
               insert into demo.expected (template_id, first, zone)
               select 'check-' || n, timestamptz :'due' at time zone 'UTC', 'UTC' from generate_series(1, :n) as n""",
            due=due.isoformat(), n=CROWD)
        self.tell("insert", "yellow", f"{CROWD:,} times Check-in", f"all due at {due.astimezone(ZONE):%H:%M:%S}")
        self.silent = not self.screen.raw
        told, last = self.crowd(due)
        self.silent = False
        self.tell("tasks", "green", f"{CROWD:,} times Check-in",
                  f"in {span((last - due).total_seconds())}: " + ", ".join(f"{n:,} by {name}" for name, n in told))

    def crowd(self, due):
        """Until all are made.  Who told of how many, and when the last was made."""
        by, last = {}, due
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for event in self.stage.events(0.1):
                self.show(event)
                if event.name != "generated":
                    continue
                # What a worker told of and did not commit, another tells again, under the same key.
                by[event["key"]] = event.worker.name
                last = max(last, event.instant("occurrence") + timedelta(milliseconds=int(event["late_ms"])))
                if len(by) >= CROWD // 4 and "bert" in by.values() and "bert" in self.stage.workers:
                    self.stage.kill("bert")
                    self.tell("kill -9", "red", "bert")
            if self.stage.query("select count(*) from tasks where title = 'Check-in'") == [[str(CROWD)]]:
                return sorted(Counter(by.values()).items()), last
        raise Failed(f"not within {PATIENCE} s: {CROWD} tasks")

    def clock_change(self):
        self.screen.act(5, "The night when clocks change", "In this night there is no 02:30 in Berlin: after 01:59 comes "
                        "03:00. And nine o'clock is nine o'clock, an hour earlier by UTC.")
        self.stage.query("update recurring_tasks set is_active = false where id = 'water';"
                         "update demo.expected set until = recurd.now() where template_id = 'water'")
        self.tell("update", "yellow", self.titles["water"], "paused: not at night")
        night = self.at(self.sunday, 2, 30).astimezone(timezone.utc)
        # Its first instant is at 03:30, so that the rule itself says what it means.
        self.write("backup", "Look after the backup", "every day at 02:30",
                   {"rrule": f"DTSTART;TZID=Europe/Berlin:{self.sunday:%Y%m%d}T023000\nRRULE:FREQ=DAILY"},
                   self.at(self.sunday, 2, 30), "1 day")
        self.travel(night - timedelta(seconds=1), f"{self.sunday:%A}, {(night - timedelta(seconds=1)).astimezone(ZONE):%H:%M}")
        self.until("the task at 02:30", "generated", template="backup")
        self.travel(self.at(self.sunday, 8, 59, 59), f"{self.sunday:%A}, 08:59")
        event = self.until("the task at 09:00", "generated", template="coffee")
        before, after = (self.at(day, 9, 0).astimezone(timezone.utc) for day in (self.saturday, self.sunday))
        assert event.instant("occurrence") == after
        self.screen.say(f"          09:00 was {before:%H:%M} UTC on {self.saturday:%A}, and is {after:%H:%M} UTC today.", "dim")

    def reminder(self):
        self.screen.act(6, "A reminder", "A task asks for attention at an instant. recurd tells: a row, a NOTIFY, a line "
                        "in the log.")
        self.write_task("call", "Call Grace", soon(self.stage.now(), 1.5))
        self.until("the reminder", "reminder")
        row = self.stage.query("select kind, user_id, key from recurd.notifications where task_id = 'call'")[0]
        self.tell("row", "blue", "recurd.notifications", f"kind {row[0]}, user {row[1]}, key {row[2][:8]}…")

    def close(self):
        """The closing table; whether nothing was made twice, and nothing lost."""
        closing = open(os.path.join(os.path.dirname(__file__), "closing.sql"), encoding="utf-8").read()
        made, told, p50, p99, crowd50, crowd99, caught_up, twice, lost = self.stage.query(closing)[0]

        def late(one, other):
            return f"{span(float(one))}, {span(float(other))}"

        print()
        self.screen.say("What the database says", "bold", "cyan")
        self.screen.table([
            ("tasks made", f"{int(made):,}", "rows of tasks"),
            ("reminders told", told, "rows of recurd.notifications"),
            ("late, p50 and p99", late(p50, p99), "from the instant to the commit"),
            (f"{CROWD:,} at once", late(crowd50, crowd99), "the same, in act 4"),
            ("caught up", caught_up, "in acts 2 and 3, not counted as late"),
            ("made or told twice", twice, "beside PostgreSQL's own calendar"),
            ("lost", lost, "beside PostgreSQL's own calendar"),
        ])
        return twice == lost == "0"

    def stay(self):
        """Until somebody ends it."""
        program = os.path.join(os.environ.get("RECURD_BUILD", "build"), "recurctl")
        print()
        self.screen.say("It goes on until Ctrl-C, with a reminder every ten seconds. In another terminal, try:")
        for command in ("upcoming", "status", "show coffee"):
            print(f"    {program} --dsn '{self.stage.dsn}' {command}")
        n = 0
        while True:
            n += 1
            self.write_task(f"stay-{n}", f"Reminder {n}", soon(self.stage.now(), 2))
            for event in self.stage.events(10):
                self.show(event)


def late(event):
    return f"{span(int(event['late_ms']) / 1000)} late"


def soon(now, seconds=1.0):
    """A whole second, not less than so many seconds from now."""
    at = now + timedelta(seconds=seconds)
    return at.replace(microsecond=0) + timedelta(seconds=1) if at.microsecond else at


def play(raw, stay):
    screen = Screen(raw)
    stage = Stage()
    try:
        acts = Play(screen, stage)
        acts.open()
        for act in (acts.first_run, acts.crash, acts.broken_rule, acts.second_worker, acts.clock_change, acts.reminder):
            act()
        good = acts.close()
        if stay:
            acts.stay()
        return 0 if good else 1
    except Failed as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    finally:
        stage.close()
