"""An application that is used: templates and tasks come, change and go at random, one transaction each.

Whatever is done is told to the oracle, from values that were read under the row's lock in the same
transaction.  What cannot be foretold by the rules of the manual is not done (a rule is edited only while
nothing of the template is due, for example), and nothing of it fails but for locks.
"""

import json
import uuid
from datetime import timedelta

import psycopg

from faults.oracle import Template
from faults.traveller import Traveller

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kolkata")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def random_rule(chance):
    """In the forms that are stored; occurrences an hour apart at least, without an end."""
    kind = chance.choices(("hourly", "daily", "weekly", "monthly", "rrule"), (2, 5, 4, 2, 2))[0]
    if kind == "hourly":
        return {"frequency": "hourly", "interval": chance.choice((1, 2, 3, 6))}
    zone = {"timeZone": chance.choice(ZONES)} if chance.random() < 0.7 else {}
    if kind == "rrule":
        return {"rrule": chance.choice(("FREQ=DAILY;INTERVAL=2", "FREQ=DAILY;BYHOUR=7,19", "FREQ=MONTHLY;BYDAY=1MO,-1FR"))} | zone
    rule = {"frequency": kind, "interval": chance.choice((1, 1, 2))} | zone
    if kind == "weekly" and chance.random() < 0.7:
        rule["days"] = sorted(chance.sample(DAYS, chance.randrange(1, 5)), key=DAYS.index)
    if kind == "monthly" and chance.random() < 0.5:
        rule["byMonthDay"] = [chance.choice((1, 15, 29, 31, -1))]
    return rule


class Application:
    def __init__(self, world):
        self.world = world
        self.counts = {}
        self.refused = 0
        self.forget()

    def forget(self):
        """A new round: nothing is there."""
        self.pending = {}  # task: the remind_at that is to be told, or None
        self.travellers = []  # users who move from zone to zone
        self.endless = []  # templates that may be edited and paused
        self.loaded = None  # a form that is open: (template, next_due_at, edits so far)

    def act(self, chance):
        action = chance.choices([one for one, _ in ACTIONS], [weight for _, weight in ACTIONS])[0]
        name = action.__name__
        try:
            with self.world.db.conn.transaction():
                self.world.db.execute("set local lock_timeout = '300ms'")
                note = action(self, chance)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
            self.refused += 1
            return
        if note:
            note()
            self.counts[name] = self.counts.get(name, 0) + 1

    @property
    def db(self):
        return self.world.db

    @property
    def oracle(self):
        return self.world.oracle

    def near(self, chance, before, after):
        """An instant around now; some have a fraction of a second."""
        at = self.db.now() + timedelta(seconds=chance.uniform(-before, after))
        return at if chance.random() < 0.2 else at.replace(microsecond=0)

    # Templates ---------------------------------------------------------------------------------------

    def create_template(self, chance):
        rule, due, row_id = random_rule(chance), self.near(chance, 7200, 86400), str(uuid.UUID(int=chance.getrandbits(128)))
        ends = chance.random()
        if ends < 0.15:
            rule["count"] = chance.randrange(1, 9)
        elif ends < 0.3:
            rule["end_date"] = (due + timedelta(days=chance.uniform(0, 9))).strftime("%Y-%m-%dT%H:%M:%SZ")
        if "rrule" in rule:
            rule.pop("count", None), rule.pop("end_date", None)
        self.db.add_template(due, rule, id=row_id, title=f"Template {row_id[:4]}", user=self.db.add_user("user-default"))

        def note():
            self.oracle.templates[row_id] = Template(json.dumps(rule), due)
            if not {"count", "end_date"} & rule.keys():
                self.endless.append(row_id)

        return note

    def burst(self, chance):
        """Many that are due at once."""
        count, due, rule = chance.randrange(20, 200), self.near(chance, 5, 2), random_rule(chance)
        prefix = f"burst{len(self.oracle.templates)}"
        self.db.add_templates(count, due, users=20, rule=rule, prefix=prefix)
        ids = [f"{prefix}-{n}" for n in range(1, count + 1)]
        return lambda: self.oracle.templates.update((row_id, Template(json.dumps(rule), due)) for row_id in ids)

    def locked_template(self, chance):
        """One of those without an end, of which nothing is due, and the clock has not been set back."""
        if not self.endless:
            return None
        row = self.db.rows(
            "select id, next_due_at, is_active, recurrence_rule as rule, recurd.now() as now from recurring_tasks where id = %s and failed_at is null"
            " and replan_at is null and starts_local is not null and next_due_at > recurd.now() for update",
            (chance.choice(self.endless),),
        )
        return row[0] if row and row[0]["now"] >= self.world.latest else None

    @staticmethod
    def is_same_but_zone(one, other):
        """The series moves then: travellers do that."""
        return {**one, "timeZone": ""} == {**other, "timeZone": ""}

    def edit_rule(self, chance):
        row, rule = self.locked_template(chance), random_rule(chance)
        if not row or not row["is_active"] or self.is_same_but_zone(rule, row["rule"]):
            return None
        self.db.update("recurring_tasks", row["id"], recurrence_rule=json.dumps(rule))
        return lambda: self.oracle.templates[row["id"]].edits.append((row["now"], json.dumps(rule)))

    def pause(self, chance):
        row = self.locked_template(chance)
        if not row or not row["is_active"]:
            return None
        self.db.update("recurring_tasks", row["id"], is_active=False)
        return lambda: self.oracle.templates[row["id"]].pauses.append((row["now"], None))

    def resume(self, chance):
        paused = [row_id for row_id in self.endless if self.oracle.templates[row_id].is_paused()]
        if not paused or self.db.now() < self.world.latest:
            return None
        row_id = chance.choice(paused)
        self.db.update("recurring_tasks", row_id, is_active=True)
        now, template = self.db.now(), self.oracle.templates[row_id]

        def note():
            template.pauses[-1] = (template.pauses[-1][0], now)

        return note

    def open_form(self, chance):
        """Loads a row as an ORM does, to save it much later."""
        row = self.locked_template(chance)
        if row:
            self.loaded = (row["id"], row["next_due_at"], len(self.oracle.templates[row["id"]].edits))
        return None

    def save_stale_form(self, chance):
        """A whole-row save brings back a next_due_at that is history."""
        if not self.loaded or len(self.oracle.templates[self.loaded[0]].edits) != self.loaded[2]:
            return None
        row_id, due, _ = self.loaded
        if row_id not in self.endless:
            return None
        self.db.update("recurring_tasks", row_id, title="Saved late", next_due_at=due)
        return lambda: setattr(self, "loaded", None)

    def delete_template(self, chance):
        if len(self.endless) < 5:
            return None
        row_id = chance.choice(self.endless)
        self.db.execute("delete from recurring_tasks where id = %s", (row_id,))
        gone = max(self.db.now(), self.world.latest)

        def note():
            self.endless.remove(row_id)
            self.oracle.templates[row_id].gone = gone

        return note

    def delete_instance(self, chance):
        row = self.db.rows(
            "delete from tasks where id = (select id from tasks where occurrence_at is not null and user_id not like 'traveller%%'"
            " order by id offset %s limit 1) returning id",
            (chance.randrange(50),),
        )
        return (lambda: self.oracle.deleted.add(row[0]["id"])) if row else None

    # Users who move ----------------------------------------------------------------------------------

    MOVES = (
        "insert into recurd.preferences (user_id, time_zone) values (%s, %s)"
        " on conflict (user_id) do update set time_zone = excluded.time_zone"
    )

    def create_traveller(self, chance):
        user, zone = f"traveller{len(self.travellers)}-{chance.getrandbits(32):x}", chance.choice(Traveller.ZONES)
        first = Traveller.next_nine(self.world.latest, zone)
        self.db.add_user(user)
        self.db.execute(self.MOVES, (user, zone))
        self.db.add_template(first, Traveller.RULE, id=user, user=user)

        def note():
            self.oracle.templates[user] = Traveller(first, zone)
            self.travellers.append(user)

        return note

    def move_traveller(self, chance):
        user = self.served_traveller()
        if not user:
            return None
        zone = chance.choice(Traveller.ZONES)
        self.db.execute(self.MOVES, (user, zone))
        return lambda: setattr(self.oracle.templates[user], "zone", zone)

    def served_traveller(self):
        """One who has been served once, and whose next_due_at is not an instant of the application's."""
        row = self.db.rows(
            "select id from recurring_tasks where id = any(%s) and starts_local is not null"
            " and date_trunc('second', next_due_at) = planned_due_at order by random() limit 1 for update", (self.travellers,))
        return row[0]["id"] if row else None

    def set_traveller(self, chance):
        """The next one is to be at nine by the clock of now, at an instant that lies ahead; the date may have been made
        by another clock, or a move may be on its way that no worker has seen."""
        user = self.served_traveller()
        if not user:
            return None
        traveller = self.oracle.templates[user]
        at = Traveller.next_nine(max(self.db.now(), self.world.latest), traveller.zone) + timedelta(days=chance.choice((0, 0, 0, 1, 2)))
        [date] = Traveller.local_dates(at)
        made = self.db.column("select occurrence_at from tasks where recurring_task_id = %s", (user,))
        last = max((date for each in made for date in Traveller.local_dates(each)), default=None)
        planned = self.db.value("select planned_due_at from recurring_tasks where id = %s", (user,))
        if at == planned:
            return None
        self.db.update("recurring_tasks", user, next_due_at=at)
        return lambda: traveller.set.append((at, date, last))

    # Tasks that repeat themselves --------------------------------------------------------------------

    def create_repeaters(self, chance):
        user, made = self.db.add_user("repeater"), [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(chance.choice((1, 3)))]
        for row_id in made:
            due = self.near(chance, 7200, 86400).replace(microsecond=0)
            self.db.add_task(id=row_id, user=user, rule={"frequency": "daily"}, due_date=due)
        return lambda: self.oracle.repeaters.update(made)

    def tick(self, chance, done):
        """Completed, or reopened: one that was made by hand, or that follows another."""
        row = self.db.rows(
            "select id from tasks where user_id = 'repeater' and is_complete = %s order by id offset %s limit 1",
            (not done, chance.randrange(8)),
        )
        if not row:
            return None
        self.db.update("tasks", row[0]["id"], is_complete=done)
        return lambda: None

    def tick_off(self, chance):
        return self.tick(chance, True)

    def untick(self, chance):
        return self.tick(chance, False)

    # Tasks with reminders ----------------------------------------------------------------------------

    def create_tasks(self, chance):
        made = {str(uuid.UUID(int=chance.getrandbits(128))): self.near(chance, 30, 40000) for _ in range(chance.choice((1, 1, 5, 50)))}
        for row_id, at in made.items():
            self.db.add_task(id=row_id, remind=at)

        def note():
            self.pending.update(made)
            self.oracle.reminders.update((row_id, {at: True}) for row_id, at in made.items())

        return note

    def change_task(self, chance, **changes):
        """Snooze, complete, reopen or delete (no changes) a task; what the row says decides what is to be told."""
        if not self.pending:
            return None
        row_id = chance.choice(list(self.pending))
        query = "select remind_at, reminded_at, is_complete from tasks where id = %s"
        before = self.db.row(query + " for update", (row_id,))
        now = max(self.db.now(), self.world.latest)
        if changes:
            self.db.update("tasks", row_id, **changes)
            after = self.db.row(query, (row_id,))
        else:
            self.db.execute("delete from tasks where id = %s", (row_id,))
            after = None

        def note():
            was = self.pending.pop(row_id)
            if was and not (before["reminded_at"] and before["reminded_at"] >= was):
                self.oracle.withdraw(row_id, was, now)
            if after:
                self.pending[row_id] = awaited = self.awaited(after)
                if awaited:
                    self.oracle.reminders[row_id][awaited] = True

        return note

    @staticmethod
    def awaited(row):
        handled = row["reminded_at"] and row["remind_at"] <= row["reminded_at"]
        return None if row["is_complete"] or handled else row["remind_at"]

    def snooze(self, chance):
        return self.change_task(chance, remind_at=self.near(chance, 600, 20000))

    def complete(self, chance):
        return self.change_task(chance, is_complete=True)

    def reopen(self, chance):
        return self.change_task(chance, is_complete=False)

    def delete_task(self, chance):
        return self.change_task(chance)


ACTIONS = (
    (Application.create_template, 10),
    (Application.burst, 1),
    (Application.edit_rule, 4),
    (Application.pause, 2),
    (Application.resume, 2),
    (Application.open_form, 1),
    (Application.save_stale_form, 1),
    (Application.delete_template, 1),
    (Application.delete_instance, 2),
    (Application.create_traveller, 1),
    (Application.move_traveller, 3),
    (Application.set_traveller, 2),
    (Application.create_repeaters, 1),
    (Application.tick_off, 6),
    (Application.untick, 2),
    (Application.create_tasks, 10),
    (Application.snooze, 6),
    (Application.complete, 3),
    (Application.reopen, 2),
    (Application.delete_task, 2),
)
