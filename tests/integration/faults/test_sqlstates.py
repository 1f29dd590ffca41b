"""Errors of the server, at every statement that writes and at COMMIT."""

import re
import threading
import time
from datetime import timedelta

import pytest

from faults.oracle import Oracle
from harness.util import wait_until

DAILY = {"frequency": "daily"}
NOW = timedelta(0)
LINES = {"log_rate": 1000000, "poll_interval": "50ms", "reconnect_limit": "200ms"}


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


# Raised by a trigger: what the server itself cannot be made to raise at will.
CODES = {
    "40001": "serialization_failure",
    "40P01": "deadlock_detected",
    "55P03": "lock_not_available",
    "57014": "query_canceled",
    "53100": "disk_full",
    "53200": "out_of_memory",
    "58030": "io_error",
    "XX000": "internal_error",
}
WHERE = {
    "while writing": "create trigger refuse before insert or update on tasks for each row execute function refuse()",
    "at commit": "create constraint trigger refuse after insert or update on tasks deferrable initially deferred"
    " for each row execute function refuse()",
}
TIMES = 2


@pytest.mark.parametrize("where", WHERE)
def test_an_error_that_passes(db, recurd, tally, where):
    """Fault 17: each error comes twice, then no more; at COMMIT, too, when the lines are in the log already.

    All is made within seconds, and what is said again is said under the same key with the same facts.
    """
    db.execute("create sequence tries")
    refuse = (
        "create or replace function refuse() returns trigger language plpgsql as $$ begin"
        " if tg_op = 'INSERT' and new.occurrence_at is null then return new; end if;"
        f" if nextval('public.tries') <= {TIMES} then raise exception 'injected' using errcode = '%s'; end if;"
        " return new; end $$"
    )
    db.execute(refuse % "40001")
    db.execute(WHERE[where])
    oracle = Oracle(db)
    daemon = recurd(db, **LINES)
    slowest = 0
    codes = list(CODES)[:: 1 if where == "while writing" else 3]
    for code in codes:
        db.execute(refuse % code)
        for add in (lambda: oracle.add_template(NOW, DAILY), lambda: oracle.add_task(NOW)):
            db.execute("alter sequence tries restart")
            add()
            slowest = max(slowest, oracle.settle())
            assert db.value("select last_value from tries") > TIMES, f"{code} was met"
    daemon.stop()
    tally(injected=len(codes) * 2 * TIMES, recovery=slowest, **oracle.check([daemon]))


def test_statements_that_are_cancelled(db, recurd, tally):
    """Fault 17: 57014, the real one: an administrator cancels whatever runs, a hundred times a second."""
    oracle = Oracle(db)
    db.add_templates(600, timedelta(seconds=-1), users=5)
    oracle.note()
    stop, cancelled = threading.Event(), []

    def cancel():
        with db.connect(application_name="harness") as conn:
            while not stop.wait(0.01):
                cancelled.extend(
                    conn.execute(
                        "select pg_cancel_backend(pid) from pg_stat_activity where datname = current_database()"
                        " and application_name = 'recurd' and state = 'active'"
                    ).fetchall()
                )

    canceller = threading.Thread(target=cancel)
    daemons = [recurd(db, batch_size=100, ready=False, **LINES) for _ in range(2)]
    canceller.start()
    try:
        for _ in range(30):
            oracle.add_task(NOW)
        wait_until(lambda: len(cancelled) >= 20, what="twenty cancellations")
    finally:
        stop.set()
        canceller.join(10)
    took = oracle.settle()
    for daemon in daemons:
        daemon.stop()
    tally(injected=len(cancelled), recovery=took, **oracle.check(daemons))


def test_an_application_that_holds_the_row(db, recurd, tally):
    """Fault 17: 55P03, the real one, of a foreign key, a row and a table; each is waited out."""
    oracle = Oracle(db)
    daemon = recurd(db, **LINES)
    slowest = 0
    user = db.add_user("held")
    for lock in (
        """select from "user" where id = 'held' for update""",
        "lock table tasks in share row exclusive mode",
        "lock table recurd.notifications in access exclusive mode",
    ):
        template = oracle.add_template(timedelta(milliseconds=300), DAILY, user=user)
        mark = daemon.mark()
        with db.connect(autocommit=False) as holder:
            holder.execute(lock)
            wait_until(lambda: db.template(template)["next_due_at"] < db.now())
            wait_until(lambda: [line for line in daemon.events[mark:] if line["event"] in ("held", "waiting")], what="it meets the lock")
            assert db.occurrences(template) == []
        slowest = max(slowest, oracle.settle())
    daemon.stop()
    tally(injected=3, recovery=slowest, **oracle.check([daemon]))


def test_a_transaction_that_idled_too_long(db, recurd, proxy, tally):
    """Fault 17: 25P03, the real one: the network holds our write's answer back until the server loses patience."""
    db.psql(
        "create function dawdle() returns trigger language plpgsql as"
        " $$ begin perform pg_sleep(0.8); return new; end $$;"
        "create trigger dawdle before insert on tasks for each row when (new.occurrence_at is not null)"
        " execute function dawdle()"
    )
    net = proxy()
    oracle = Oracle(db)
    daemon = recurd(db, dsn=net.dsn_for(db), statement_timeout="1500ms", **LINES)
    oracle.add_template(NOW, DAILY)
    activity = "select wait_event, state from pg_stat_activity where application_name = 'recurd' and datname = current_database()"
    wait_until(lambda: any(row["wait_event"] == "PgSleep" for row in db.rows(activity)), what="it writes")
    net.stall()
    wait_until(lambda: any(row["state"] == "idle in transaction" for row in db.rows(activity)), what="the answer is on its way")
    wait_until(lambda: not db.rows(activity), what="the server ends it")
    assert "idle-in-transaction" in db.cluster.log()
    began = time.monotonic()
    net.resume()
    oracle.settle()
    took = time.monotonic() - began
    daemon.stop()
    tally(recovery=took, **oracle.check([daemon]))


def test_no_connection_is_left_for_us(db, recurd, tally):
    """Fault 17: 53300, the real one: others have taken all connections, at our start and after we were cut off."""
    role = f"crowded_{db.name}"
    db.execute(f"create role {role} login connection limit 0; grant recurd_worker to {role}")
    try:
        oracle = Oracle(db)
        daemon = recurd(db, dsn=db.dsn_as(role), ready=False, **LINES)
        for _ in range(2):
            mark = daemon.mark()
            daemon.expect("connect_failed", since=mark, reason=re.compile("too many connections for role"))
            oracle.add_template(NOW, DAILY)
            oracle.add_task(NOW)
            began = time.monotonic()
            db.execute(f"alter role {role} connection limit 1")
            oracle.settle()
            took = time.monotonic() - began
            db.execute(f"alter role {role} connection limit 0")
            db.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", (role,))
        db.execute(f"alter role {role} connection limit 1")
        daemon.stop()
        tally(injected=2, recovery=took, **oracle.check([daemon]))
    finally:
        db.psql(f"drop owned by {role}; drop role {role}")
