"""What is tortured: a cluster, one database, four workers that reach it directly, through a
pooler and through breakable networks, a clock that leaps."""

import signal
import time
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count

import psycopg

from faults.crowds import REMINDERS, TEMPLATES
from faults.book import Disagreement, LogBook
from faults.oracle import Oracle
from harness.cluster import Cluster
from harness.daemon import FORGETFUL, Recurd
from harness.pgbouncer import PgBouncer, available
from harness.proxy import Proxy
from harness.util import wait_until

# Short, so that what is stopped or stalled for seconds is past them.
LIMITS = {"statement_timeout": "1500ms", "query_timeout": "3s", "connect_timeout": "1s", "reconnect_limit": "500ms"}
LEFT = (
    "select kind, cause, c.tries, count(*) as rows, min(c.next_try_at) - recurd.now() as next"
    " from recurd.waiting w left join recurd.causes c using (kind, cause) group by 1, 2, 3"
)
SETTLED_WITHIN = 90  # seconds, on a machine that does other things too


class Slot:
    """The place of one worker: who is killed is followed by another."""

    def __init__(self, world, name, dsn, **options):
        self.world = world
        self.name = name
        self.dsn = dsn
        self.options = options
        self.daemon = None
        self.frozen = False
        self.mark = 0

    @property
    def is_up(self):
        return self.daemon is not None and not self.frozen

    @property
    def is_ready(self):
        """Up, and so far that a signal does not end it."""
        return self.is_up and bool(self.daemon.notify.seen("READY"))

    def works(self):
        """It says that it has a connection; asked again and again."""
        assert self.daemon.process.poll() is None, f"{self.name} ended:\n{self.daemon.log()}"
        if not self.is_ready:
            return False
        self.daemon.kill(signal.SIGUSR1)
        lanes = self.daemon.seen("lane", since=self.mark)
        self.mark = self.daemon.mark()
        return any(line["conn"] in ("ready", "busy") for line in lanes)

    def start(self, chance, **env):
        options = {
            "batch_size": chance.choice((1, 7, 50, 200)),
            "connections": chance.choice((1, 1, 2, 3)),
            "poll_interval": chance.choice(("20ms", "100ms", "1s")),
        }
        self.daemon = Recurd(
            dsn=self.dsn, env={**FORGETFUL, **env}, worker_name=self.name, heartbeat_interval="1s", log_rate=1000000,
            **LIMITS, **options, **self.options,
        )

    def end(self, expected):
        """The daemon is dead or dying, as expected; its lines are kept."""
        daemon, self.daemon, self.frozen = self.daemon, None, False
        code = daemon.wait(20)
        assert code in expected, f"{self.name} ended with {code}:\n{daemon.log()}"
        self.world.book.read(daemon)
        daemon.dispose()

    def kill(self):
        self.daemon.kill(signal.SIGKILL)
        self.end([-signal.SIGKILL])


# An application's trigger, which refuses to the workers some rows while an SQLSTATE is set: the application knows
# what it may write.
REFUSING = """
    create or replace function refuse() returns trigger language plpgsql as $$ begin
        if current_setting('application_name') like 'recurd%' and abs(hashtext(new.id)) % 3 = {third} then
            raise exception 'refused: %', new.id using errcode = '{sqlstate}';
        end if;
        return new;
    end $$"""
ACCEPTING = "create or replace function refuse() returns trigger language plpgsql as $$ begin return new; end $$"
TRIGGERS = (
    "create trigger refuse before insert or update on tasks for each row execute function refuse();"
    "create trigger refuse before update on recurring_tasks for each row execute function refuse()"
)


class World:
    def __init__(self):
        self.cluster = Cluster(log_lock_waits="off", log_min_error_statement="panic").start()
        self.db = self.cluster.create_migrated(("wakeup",))
        self.db.go_live(self.db.now() - timedelta(days=60))
        self.db.psql(ACCEPTING, TRIGGERS, "update recurd.settings set catch_up_limit = 10000")
        self.proxies = [Proxy("127.0.0.1", self.cluster.port) for _ in range(2)]
        self.pooler = PgBouncer(self.cluster, server_login_retry=1) if available() else None
        pooled = self.pooler.dsn_for(self.db) if self.pooler else self.db.tcp_dsn
        self.slots = [Slot(self, "direct", self.db.dsn, listen_dsn=self.db.dsn), Slot(self, "pooled", pooled)]
        self.slots += [Slot(self, f"proxy{n}", proxy.dsn_for(self.db)) for n, proxy in enumerate(self.proxies, 1)]
        self.offset = timedelta(0)
        self.latest = self.db.now()  # the latest business time that there ever was
        self.reached = 0  # crash points and stopping points, of those that were set
        self._undo = []
        self._serial = count()
        self.begin_round()

    def close(self):
        for slot in self.slots:
            if slot.daemon:
                slot.daemon.dispose()
        for proxy in self.proxies:
            proxy.close()
        if self.pooler:
            self.pooler.destroy()
        self.cluster.destroy()

    # The clock ---------------------------------------------------------------------------------------

    def leap(self, by):
        self.latest = max(self.latest, self.db.now())
        self.offset += by
        self.db.time_travel(self.offset)

    def settle(self):
        """All is done that is due by an instant, not earlier than it ever was, at which the clock then stands still.

        Until then it goes on: by it, what waits is tried again.
        """
        while True:
            if self.db.now() < self.latest:
                self.leap(self.latest - self.db.now())
            try:
                self.oracle.settle(SETTLED_WITHIN)
            except AssertionError as error:
                raise AssertionError(f"{error}; what waits: {self.db.rows(LEFT)}") from None
            self.latest = max(self.latest, self.db.now())
            self.db.freeze(self.latest)
            if self.oracle.is_settled():
                return
            self.db.time_travel(self.offset)

    # Troubles that last ------------------------------------------------------------------------------

    def later(self, seconds, undo):
        heappush(self._undo, (time.monotonic() + seconds, next(self._serial), undo))

    def undo_due(self, everything=False):
        while self._undo and (everything or self._undo[0][0] <= time.monotonic()):
            heappop(self._undo)[2]()

    def refuse(self, sqlstate, third):
        self.db.execute(REFUSING.format(sqlstate=sqlstate, third=third))

    def accept(self):
        self.db.execute(ACCEPTING)

    def crowd(self, chance, count, users):
        """So many templates and as many reminders are due, of users of their own; the prefix of their ids, or None: a
        lock is in the way."""
        prefix = f"crowd{next(self._serial)}"
        due, known = self.db.now() - timedelta(seconds=chance.uniform(0, 5)), Oracle(self.db)
        try:
            with self.db.conn.transaction():
                self.db.execute("set local lock_timeout = '1s'")
                TEMPLATES.add(known, prefix, count, due, users=users)
                REMINDERS.add(known, f"{prefix}r", count, due, users=users)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
            return None
        self.oracle.templates.update(known.templates)
        self.oracle.reminders.update(known.reminders)
        return prefix

    # Rounds ------------------------------------------------------------------------------------------

    def begin_round(self):
        self.oracle = Oracle(self.db)
        self.book = LogBook()

    def check_alive(self):
        for slot in self.slots:
            if slot.is_up and slot.daemon.process.poll() is not None:
                slot.end([])

    def end_round(self, chance):
        """All troubles end; everything is done in time, and as the oracle has it.  Seconds until it was."""
        struck = time.monotonic()
        self.undo_due(everything=True)
        for slot in self.slots:
            if slot.daemon is None:
                slot.start(chance)
        self.settle()
        took = time.monotonic() - struck
        for slot in self.slots:
            slot.mark = slot.daemon.mark()
            wait_until(slot.works, 20, f"{slot.name} has a connection", interval=0.3)
        self._check()
        return took

    def _check(self):
        """Lines travel through pipes and threads of ours: what is missing may be on its way."""
        deadline = time.monotonic() + 10
        while True:
            for slot in self.slots:
                self.book.read(slot.daemon, forget=True)
            try:
                self.oracle.check(now=self.latest, book=self.book)
                return
            except Disagreement as disagreement:
                if set(disagreement.counts) != {"without a line"} or time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    def clear(self):
        """For the next round: the rows go, the workers stay."""
        tables = "tasks, recurring_tasks, tags, recurd.notifications, recurd.decisions, recurd.repeats"
        # A deadlock here would be a worker's fault: it yields first.
        self.db.execute(f"truncate {tables} cascade")
        self.db.time_travel(self.offset)
        self.begin_round()
