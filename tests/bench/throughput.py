"""Instances and reminders per second: every subject gets a fresh clone of the same data, in turn, round after round."""

import functools
from dataclasses import dataclass
from typing import Callable

from bound import GENERATE, GENERATE_PLAIN, REMIND, REMIND_PLAIN, run_bound, run_bound_twice
from data import forget_statistics, load_tasks, load_templates, load_told
from rig import run_workers
from rivals import run_loop, run_script


@dataclass
class Subject:
    """work(db, rows) does all that is due, or `slow` of it, and returns the client's processor time."""

    name: str
    work: Callable
    slow: bool = False
    prepare: Callable = None


def _recurd(processes=1, **options):
    return lambda db, rows: run_workers(db, processes, **options)


def _bound(statement, forced=False):
    return lambda db, rows: run_bound(db, statement, forced)


def _misled(db):
    forget_statistics(db, 100)


GENERATORS = [
    Subject("pure SQL", _bound(GENERATE)),
    Subject("pure SQL, nested loop", _bound(GENERATE, forced=True)),
    Subject("pure SQL, plain inserts", _bound(GENERATE_PLAIN)),
    Subject("pure SQL, 2 connections", lambda db, rows: run_bound_twice(db, GENERATE)),
    Subject("recurd, 1 connection", _recurd()),
    Subject("recurd, 2 connections", _recurd(connections=2)),
    Subject("recurd, 2 processes", _recurd(2)),
    Subject("recurd, 4 processes", _recurd(4)),
    Subject("recurd, stale statistics", _recurd(), prepare=_misled),
    Subject("PL/pgSQL row loop", run_loop, slow=True),
    Subject("Python script, one commit", lambda db, rows: run_script(db, rows, False), slow=True),
    Subject("Python script, commit per row", lambda db, rows: run_script(db, rows, True), slow=True),
]

REMINDERS = [
    Subject("pure SQL", _bound(REMIND)),
    Subject("pure SQL, nested loop", _bound(REMIND, forced=True)),
    Subject("pure SQL, plain inserts", _bound(REMIND_PLAIN)),
    Subject("pure SQL, 2 connections", lambda db, rows: run_bound_twice(db, REMIND)),
    Subject("recurd, 1 connection", _recurd()),
    Subject("recurd, 2 connections", _recurd(connections=2)),
    Subject("recurd, 4 processes", _recurd(4)),
    Subject("recurd, stale statistics", _recurd(), prepare=_misled),
]


# None moves anything of what is due: each does its work and comes to the same.
POLICIES = {
    "catch_up": ("catch_up", "'latest'"),
    "overlap": ("overlap", "'skip'"),
    "lead_time": ("lead_time", "'1 minute'"),
    "jitter": ("jitter", "'1 second'"),
    "shift": ("calendar, shift", "'bench', 'next'"),
    "remind_before": ("remind_before", "array[interval '-1 day']"),
}


def _policies(*names):
    """All templates have these."""
    columns, values = zip(*(POLICIES[name] for name in names))

    def prepare(db):
        db.execute("insert into recurd.calendars (name, weekend) values ('bench', '{}')")
        db.execute("insert into recurd.calendar_days (calendar, day, name, rule) values ('bench', '2020-02-29', 'Leap day', 'FREQ=YEARLY')")
        db.execute(f"insert into recurd.policies (template_id, {', '.join(columns)}) select id, {', '.join(values)} from recurring_tasks")
        db.execute("vacuum analyze")

    return prepare


POLICED = [
    Subject("no policies", _recurd()),
    *[Subject(name, _recurd(), prepare=_policies(name)) for name in POLICIES],
    Subject("all of them", _recurd(), prepare=_policies(*POLICIES)),
    Subject("all, 2 connections", _recurd(connections=2), prepare=_policies(*POLICIES)),
]


def _check(db, kind, due, rows, notified=True):
    """Exactly once: every row, no duplicate; returns (rows, duplicates)."""
    found = db.row(
        "select count(*) as n, count(*) - count(distinct (coalesce(template_id, task_id), at)) as twice"
        " from recurd.notifications where kind = %s",
        (kind,),
    )
    assert found["n"] == rows and found["twice"] == 0, f"{found} instead of {rows} notifications"
    if kind == "task_created":
        made = db.value("select count(*) from tasks where recurring_task_id is not null")
        assert made == rows, f"{made} instances instead of {rows}"
    if rows == due:
        left = db.value(
            "select count(*) from recurring_tasks where next_due_at <= recurd.now()"
            if kind == "task_created" else
            "select count(*) from tasks where remind_at <= recurd.now() and reminded_at is null"
        )
        assert left == 0, f"{left} are still due"
    return found["n"], found["twice"]


def _turn(rig, original, subject, kind, due, slow_rows):
    rows = min(due, slow_rows) if subject.slow else due
    with rig.clone(original) as db:
        if subject.prepare:
            subject.prepare(db)
        run = rig.timed(rows, functools.partial(subject.work, db, rows))
        made, twice = _check(db, kind, due, rows)
    return {**run.figures(), "rows": made, "duplicates": twice}


def _measure(rig, results, measure, original, subjects, kind, due, scale):
    for _ in range(scale.rounds):
        for subject in subjects:
            results.add(measure, subject.name, _turn(rig, original, subject, kind, due, scale.slow_rows))


def _beside(scale):
    return f", {scale.told:,} notifications" if scale.told else ""


def generate(rig, results, scale):
    due = scale.due
    original = rig.data_set("templates", lambda db: (load_templates(db, due, due), load_told(db, scale.told)))
    _measure(rig, results, f"generate {due:,} of {due:,} templates, no tasks yet{_beside(scale)}", original, GENERATORS, "task_created", due, scale)


def generate_large(rig, results, scale):
    original = rig.data_set(
        "templates-large", lambda db: (load_templates(db, scale.large, scale.due, tasks=scale.large), load_told(db, scale.told))
    )
    subjects = [subject for subject in GENERATORS if not subject.slow]
    _measure(
        rig, results, f"generate {scale.due:,} of {scale.large:,} templates, {scale.large:,} tasks{_beside(scale)}", original, subjects,
        "task_created", scale.due, scale,
    )


def policies(rig, results, scale):
    """The path of templates with policies beside the one of those without, in one run."""
    due = scale.due
    original = rig.data_set("templates", lambda db: (load_templates(db, due, due), load_told(db, scale.told)))
    _measure(rig, results, f"generate {due:,} templates, all with policies", original, POLICED, "task_created", due, scale)


def remind(rig, results, scale):
    due = scale.due
    original = rig.data_set(
        "reminders",
        lambda db: (load_tasks(db, due, "date_trunc('second', now() - random() * interval '1 hour')"), load_told(db, scale.told)),
    )
    _measure(rig, results, f"remind of {due:,} tasks due at once{_beside(scale)}", original, REMINDERS, "reminder", due, scale)
