"""Crowds of rows, some of which an application's trigger refuses, and when each row was served.

    oracle = Oracle(db)
    crowd = REMINDERS
    archive(db, crowd)                            # from now on the trigger refuses what is in the archive
    bad = crowd.add(oracle, "bad", 300, archived=True)
    healthy = crowd.add(oracle, "ok", 100)
    ... a worker ...
    late = crowd.watch(db, healthy)
"""

import json
import os
import time
from datetime import timedelta
from pathlib import Path

from faults.oracle import Template
from harness.util import PATIENCE, SLOWNESS, holds_for, wait_until

AGO = timedelta(seconds=-1)
NOW = timedelta(0)
DAILY = {"frequency": "daily"}
# Every line is logged, so that the oracle can ask for each.
OPTIONS = {"log_rate": 1000000, "poll_interval": "250ms", "reconnect_limit": "200ms"}

SECOND = 1.0 * SLOWNESS
MENDED = 90  # seconds, by the clock of the database, until all goes on after a mend
PAUSE = timedelta(seconds=60)  # the longest between two tries


class Crowd:
    """Rows of one kind, due at `first` and then each `step` later.  `add` tells the oracle and returns {id: due}."""

    def due(self, db, prefix, count, first, step):
        first = db.instant(first)
        return {f"{prefix}-{n}": first + n * step for n in range(count)}

    def done(self, db, ids):
        """Those of these rows that others see as served, by the database's clock: [(id, now)]."""
        return [(row["id"], row["now"]) for row in db.rows(self.DONE, (list(ids),))]

    def watch(self, db, due, timeout=PATIENCE):
        """Seconds from being due until it was seen to be served, of each; what is due already counts from now on."""
        began, left, late = db.now(), set(due), {}

        def all_seen():
            for row_id, now in self.done(db, left):
                late[row_id] = max(0.0, (now - max(began, due[row_id])).total_seconds())
                left.discard(row_id)
            return not left

        try:
            wait_until(all_seen, timeout, "all of them are served", interval=0.005)
        except AssertionError as error:
            raise AssertionError(f"{len(left)} of {len(due)} are not served: {error}") from None
        return late

    def waiting(self, db):
        return db.value("select count(*) from recurd.waiting where kind = %s", (self.kind,))

    def causes(self, db):
        """{cause: rows that wait for it}."""
        rows = db.rows("select cause, count(*) as n from recurd.waiting where kind = %s group by 1", (self.kind,))
        return {row["cause"]: row["n"] for row in rows}


class Reminders(Crowd):
    kind, table, named, event = "remind", "tasks", "task", "reminder_refused"
    DONE = (
        "select id, recurd.now() as now from tasks where id = any(%s)"
        " and reminded_at is not null and remind_at <= reminded_at"
    )

    def add(self, oracle, prefix, count, first=AGO, step=NOW, archived=False, users=10):
        due = self.due(oracle.db, prefix, count, first, step)
        oracle.reminders.update((row_id, {at: True}) for row_id, at in due.items())
        add_users(oracle.db, prefix, users)
        put_aside(oracle.db, due if archived else ())
        oracle.db.execute(
            "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
            " select id, 'Buy milk', false, %s || '-user-' || n %% %s, now(), now(), at"
            " from unnest(%s::text[], %s::timestamptz[]) with ordinality as u (id, at, n)",
            (prefix, users, list(due), list(due.values())),
        )
        return due


class Templates(Crowd):
    kind, table, named, event = "generate", "recurring_tasks", "template", "refused"
    DONE = "select distinct recurring_task_id as id, recurd.now() as now from tasks where recurring_task_id = any(%s)"

    def add(self, oracle, prefix, count, first=AGO, step=NOW, archived=False, users=10, rule=DAILY):
        due = self.due(oracle.db, prefix, count, first, step)
        text = json.dumps(rule)
        oracle.templates.update((row_id, Template(text, at)) for row_id, at in due.items())
        add_users(oracle.db, prefix, users)
        put_aside(oracle.db, due if archived else ())
        oracle.db.execute(
            "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, created_at)"
            " select id, %s || '-user-' || n %% %s, 'Water the plants', %s, at, recurd.now()"
            " from unnest(%s::text[], %s::timestamptz[]) with ordinality as u (id, at, n)",
            (prefix, users, text, list(due), list(due.values())),
        )
        return due


REMINDERS, TEMPLATES = Reminders(), Templates()
CROWDS = {"reminders": REMINDERS, "templates": TEMPLATES}


def add_users(db, prefix, count):
    """prefix-user-0 ... prefix-user-N."""
    db.execute(
        'insert into "user" (email, name, id, "emailVerified", "createdAt", "updatedAt")'
        " select id || '@example.org', 'u', id, true, now(), now()"
        " from (select %s || '-user-' || n as id from generate_series(0, %s) as n) as u on conflict (id) do nothing",
        (prefix, count - 1),
    )


def be_quiet(db):
    """The server does not log each refusal with its statement: of a hundred thousand, that would be the load."""
    db.psql(f"alter database {db.name} set log_min_messages = 'fatal'")
    db.close()


# An application's archive -----------------------------------------------------------------------------

RAISE = "raise exception '% is archived', new.id using errcode = '{sqlstate}'"
END = "perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1)"


def archive(db, crowd, sqlstate="P0001", body=RAISE):
    """What is in the archive can be written by nobody but the application; each attempt counts in `attempts`.

    The count is a sequence's, which no rollback takes back.
    """
    be_quiet(db)
    db.psql(
        "create table archive (id text primary key);"
        "create sequence attempts;"
        "create function refuse_archived() returns trigger language plpgsql as $$ begin"
        "  if current_setting('application_name') <> 'harness' and exists (select from public.archive a where a.id = new.id) then"
        f"    perform nextval('public.attempts'); {body.format(sqlstate=sqlstate)};"
        "  end if;"
        "  return new;"
        " end $$;"
        f"create trigger refuse before update on {crowd.table} for each row execute function refuse_archived();"
    )


def put_aside(db, ids):
    if ids:
        db.execute("insert into archive select unnest(%s::text[])", (list(ids),))


def unarchive(db, row_id):
    """Nothing of the row itself changes."""
    assert db.execute("delete from archive where id = %s", (row_id,)).rowcount == 1


def mend(db, crowd):
    db.execute(f"drop trigger refuse on {crowd.table}")


def attempts(db):
    """So far; 0 or 1 both say none."""
    return db.value("select last_value from attempts")


# Time ----------------------------------------------------------------------------------------------


def tried_for_long(db):
    """As if all that waits had been tried in vain for minutes: the pauses are at their longest."""
    db.execute("update recurd.causes set tries = 9, next_try_at = recurd.now() + %s", (PAUSE,))


def let_pass(db, span):
    """As if so much time had passed, for what waits alone."""
    db.execute("update recurd.causes set next_try_at = next_try_at - %s::interval", (span,))


def left(db):
    return db.value("select count(*) from recurd.waiting")


def all_goes_on(oracle, crowd, ids):
    """Mended just now, after minutes of tries in vain.  Seconds until all are served, with the pause that is skipped
    here; nothing is left of the waiting."""
    began = time.monotonic()
    let_pass(oracle.db, PAUSE)
    wait_until(lambda: len(crowd.done(oracle.db, ids)) == len(ids), (MENDED - PAUSE.total_seconds()), "all go on", 0.1)
    took = time.monotonic() - began
    wait_until(lambda: not left(oracle.db), 20, "nothing waits any more", 0.1)
    return PAUSE.total_seconds() + took


# What it costs ----------------------------------------------------------------------------------------


def ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sessions_cpu(db):
    """{pid: seconds} of the server's processes that work for recurd."""
    query = "select pid from pg_stat_activity where datname = current_database() and application_name = 'recurd'"
    return {pid: ticks(pid) for pid in db.column(query)}


def transactions(db):
    return db.value("select xact_commit + xact_rollback from pg_stat_database where datname = current_database()")


class Idle:
    """What workers and server do while nothing is to be done: shares of a processor, transactions a second."""

    def __init__(self, db, daemons, seconds=4):
        """A session tells the server of its transactions late; where those of before are in a look, there is another, of three."""
        for _ in range(3):
            self.look(db, daemons, seconds)
            if self.quiet(len(daemons)):
                return

    def quiet(self, workers):
        return self.worker < 0.05 * SLOWNESS and self.server < 0.10 * workers * SLOWNESS and self.transactions < 20 * workers

    def look(self, db, daemons, seconds):
        began, workers, server = time.monotonic(), [d.cpu_seconds() for d in daemons], sessions_cpu(db)
        before = transactions(db)
        holds_for(lambda: True, seconds, interval=0.5)
        took = time.monotonic() - began
        self.transactions = (transactions(db) - before) / took
        self.worker = max(d.cpu_seconds() - was for d, was in zip(daemons, workers)) / took
        now = sessions_cpu(db)
        self.server = sum(now[pid] - server.get(pid, 0) for pid in now) / took

    def __repr__(self):
        return f"worker {self.worker:.1%}, server {self.server:.1%}, {self.transactions:.0f} transactions a second"


# What it says -----------------------------------------------------------------------------------------

ROWS, A_MINUTE = 20, 20  # lines about single rows: so many at once, then so many a minute
SUMS = 12  # about causes and lost batches, in one test
ABOUT_ROWS = ("held", "refused", "reminder_refused")
ABOUT_SUMS = ("cause", "mended", "batch_failed", "waiting")


def loud(daemon, *events):
    """Lines louder than those that tell of single rows that are served."""
    return [line for line in daemon.events if line["event"] in events and line.priority <= 5]


def says_little(daemon):
    """What cannot be served is told within a budget, whatever its number."""
    rows, sums = loud(daemon, *ABOUT_ROWS), loud(daemon, *ABOUT_SUMS)
    allowed = ROWS + A_MINUTE * (time.monotonic() - daemon.started) / 60 + 1
    assert len(rows) <= allowed, f"{len(rows)} lines, as {[line.raw for line in rows[-3:]]}"
    assert len(sums) <= SUMS, f"{len(sums)} lines, as {[line.raw for line in sums[-5:]]}"
