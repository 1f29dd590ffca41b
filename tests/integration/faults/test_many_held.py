"""An application holds many users' rows: their tasks wait for it, and nobody else does.

Each attempt at a held user cost a wait for a lock, and went before all other work: with 100 users held, of 400
templates of others none was made.
"""

import threading
import time
from datetime import timedelta

import psycopg
import pytest

from faults.crowds import AGO, OPTIONS, REMINDERS, SECOND, TEMPLATES, add_users, says_little
from faults.oracle import Oracle
from harness.util import PATIENCE, SLOWNESS, wait_until

OTHERS, APART = 400, timedelta(milliseconds=25)
RELEASED = 2 * SLOWNESS  # seconds from a release until all is made
PATIENT = 0.5 * SLOWNESS  # of the application, for one lock
DEADLOCK = "deadlock detected"
USERS = """select id from "user" where id like %s order by id for update"""


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Application:
    """A transaction that holds the users of a crowd, and goes on with their rows while it does."""

    def __init__(self, db, prefix):
        self.conn = db.connect(autocommit=False, application_name="harness")
        self.held = self.conn.execute(USERS, (f"{prefix}-user-%",)).rowcount
        self.waits, self.errors = [], []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(prefix,))
        self._thread.start()

    def _work(self, prefix):
        n = 0
        try:
            while not self._stop.wait(0.02):
                n += 1
                began = time.monotonic()
                self.conn.execute("update recurring_tasks set title = title || '.' where id = %s", (f"{prefix}-{n % self.held}",))
                self.waits.append(time.monotonic() - began)
        except psycopg.Error as error:
            self.errors.append(error)

    def stop(self):
        """It has touched enough."""
        self._stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive() and self.errors == []
        return max(self.waits, default=0)

    def release(self):
        self.conn.commit()
        self.conn.close()
        return time.monotonic()


def log_from(db):
    return len(db.cluster.log())


def hold_and_serve(db, recurd, held, workers, touch=True):
    """(oracle, daemons, how late the others were, seconds from the release until all is made); the application's waits are looked at."""
    oracle, mark = Oracle(db), log_from(db)
    theirs = TEMPLATES.add(oracle, "held", held, AGO, users=held)
    add_users(db, "other", 50)
    application = Application(db, "held")
    assert application.held == held
    if not touch:
        application.stop()
    others = TEMPLATES.add(oracle, "other", OTHERS, timedelta(seconds=2), APART, users=50)
    reminders = REMINDERS.add(oracle, "told", 50, timedelta(seconds=2), APART * 8)
    daemons = [recurd(db, worker_name=f"w{n}", **OPTIONS) for n in range(workers)]
    late = TEMPLATES.watch(db, others, 60)
    assert percentile(late.values(), 0.99) < SECOND
    # The last of them is due with the last template.
    assert max(REMINDERS.watch(db, reminders, 20).values()) < SECOND, "reminders wait for nobody's user"
    assert TEMPLATES.done(db, theirs) == [], "whose user is held waits"
    if touch:
        longest = application.stop()
        print(f"{len(application.waits)} writes of the application, the longest {longest * 1000:.0f} ms")
        assert longest < PATIENT
    for daemon in daemons:
        says_little(daemon)
    if not touch:  # else the templates are locked, too, and passed over
        wait_until(lambda: TEMPLATES.causes(db) == {"held": held}, 20, "all of the held are known", 0.1)
    released = application.release()
    wait_until(lambda: len(TEMPLATES.done(db, theirs)) == held, what="what was held is made")
    took = time.monotonic() - released
    for daemon in daemons:
        assert DEADLOCK not in daemon.log(100000)
    assert DEADLOCK not in db.cluster.log()[mark:]
    return oracle, daemons, late, took


@pytest.mark.parametrize("held, workers", [(100, 1), (100, 4), pytest.param(2000, 1, marks=[pytest.mark.slow, pytest.mark.rare]), pytest.param(2000, 4, marks=pytest.mark.slow)])
def test_many_users_that_are_held_hold_up_nobody_else(db, recurd, tally, held, workers):
    """Fault 34: a hundred, two thousand users are held while their templates are due; 400 of others come due meanwhile.

    The application goes on with its users' templates, and waits for nobody long; there is no deadlock.
    """
    oracle, daemons, _, took = hold_and_serve(db, recurd, held, workers)
    assert took < RELEASED * (1 if held < 1000 else 2)
    oracle.settle()
    wait_until(lambda: TEMPLATES.waiting(db) == 0, 20, "nothing waits any more")
    for daemon in daemons:
        daemon.stop()
    tally(injected=held, recovery=took, **oracle.check(daemons))


@pytest.mark.timing
@pytest.mark.parametrize("held", [100, pytest.param(2000, marks=pytest.mark.slow)])
def test_others_are_on_time_and_the_held_come_at_once(db, recurd, tally, held):
    """Fault 34: on a machine of its own: the others are on time, the held come within 2 s of their release.

    The aim is a p99 of 100 ms, which is printed.  What fails is what held users did once, seconds: a machine that is
    shared adds some milliseconds to anybody's p99.
    """
    oracle, daemons, late, took = hold_and_serve(db, recurd, held, 1, touch=False)
    values = late.values()
    print(f"late p50 {percentile(values, .5) * 1000:.0f} ms, p99 {percentile(values, .99) * 1000:.0f} ms, max {max(values) * 1000:.0f} ms; made {took:.2f} s after the release")
    assert percentile(values, 0.5) < 0.1 and percentile(values, 0.99) < 0.5
    assert took < 2
    daemons[0].stop()
    tally(injected=held, recovery=took, **oracle.check(daemons))


def test_held_one_after_the_other(db, recurd, tally):
    """Fault 34: several applications hold and release, overlapping, all the time: nothing is lost, nobody starves."""
    oracle, mark = Oracle(db), log_from(db)
    for n in range(4):
        TEMPLATES.add(oracle, f"held{n}", 100, timedelta(milliseconds=500 * n), users=100)
    stop, errors, holds = threading.Event(), [], []

    def application(n):
        with db.connect(autocommit=False, application_name="harness") as conn:
            while not stop.is_set():
                try:
                    conn.execute(USERS, (f"held{n}-user-%",))
                    conn.execute("update recurring_tasks set description = 'x' where id = %s", (f"held{n}-{len(holds) % 100}",))
                    conn.execute("select pg_sleep(0.4)")
                    conn.commit()
                    holds.append(n)
                    conn.execute("select pg_sleep(0.6)")
                    conn.commit()
                except psycopg.Error as error:
                    errors.append(error)
                    conn.rollback()

    threads = [threading.Thread(target=application, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        daemons = [recurd(db, worker_name=f"w{n}", **OPTIONS) for n in range(2)]
        others = TEMPLATES.add(oracle, "other", 200, timedelta(milliseconds=500), APART)
        late = max(TEMPLATES.watch(db, others).values())
        took = oracle.settle(60)
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
    print(f"others {late:.2f} s late at most; all made {took:.1f} s later; {len(holds)} holds")
    assert errors == [] and late < SECOND and took < 20 * SLOWNESS
    for daemon in daemons:
        daemon.stop()
    assert DEADLOCK not in db.cluster.log()[mark:]
    tally(injected=len(holds), recovery=took, **oracle.check(daemons))


@pytest.mark.parametrize("table", ["tasks", "recurring_tasks"])
def test_rows_of_ours_that_are_held_are_passed_over(db, recurd, tally, table):
    """Fault 34: instead of users, 500 tasks or templates themselves are held: skipped without a wait, served within 2 s of the release."""
    crowd = REMINDERS if table == "tasks" else TEMPLATES
    oracle = Oracle(db)
    theirs = crowd.add(oracle, "held", 500, AGO, users=50)
    holder = db.connect(autocommit=False)
    holder.execute(f"select from {table} where id like 'held-%' for update")
    others = crowd.add(oracle, "other", 100, timedelta(seconds=1.5), APART)
    daemon = recurd(db, **OPTIONS)
    late = crowd.watch(db, others)
    assert max(late.values()) < SECOND
    assert crowd.done(db, theirs) == []
    holder.rollback()
    released = time.monotonic()
    wait_until(lambda: len(crowd.done(db, theirs)) == 500, what="what was held is served")
    took = time.monotonic() - released
    holder.close()
    assert took < RELEASED
    daemon.stop()
    tally(injected=500, recovery=took, **oracle.check([daemon]))
