"""Errors of the server, at every statement that writes and at COMMIT."""

import re
import signal
import threading
import time
from datetime import timedelta

import psycopg
import pytest

from faults.oracle import Oracle
from harness.util import PATIENCE, wait_until

DAILY = {"frequency": "daily"}
NOW = timedelta(0)
LINES = {"log_rate": 1000000, "poll_interval": "50ms", "reconnect_limit": "200ms"}


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


# Raised by a trigger, at a place and as often as we like; those that a server can be made to raise itself follow below,
# and a disk that is full is test_disks.py's.
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


READ_COMMITTED, SERIALIZABLE = b"isolation level read committed", b"isolation level serializable  "


def test_serializable_transactions_that_collide(db, recurd, proxy, tally):
    """Fault 17: 40001, the real one: somebody between us and the server makes our transactions serializable.

    Three workers and an application then collide all the time, and nothing of it is lost, doubled, or taken for
    the fault of a row.
    """
    net = proxy(rewrite=(READ_COMMITTED, SERIALIZABLE))
    oracle = Oracle(db)
    oracle.add_templates(400, timedelta(seconds=-1), DAILY, users=40)
    oracle.add_reminders(100)
    refusals = lambda: sum(text in line for line in db.cluster.log().splitlines() if "ERROR:" in line for text in TEXTS)  # noqa: E731
    before = refusals()
    daemons = [recurd(db, dsn=net.dsn_for(db), batch_size=20, ready=False, **LINES) for _ in range(3)]
    with db.connect() as application:
        while not oracle.is_settled() or refusals() - before < 5:
            if oracle.is_settled():
                oracle.add_templates(100, timedelta(seconds=-1), DAILY, users=40, prefix=f"t{len(oracle.templates)}")
            application.execute("update recurring_tasks set title = title || '.' where id = 't-' || (1 + random() * 399)::int")
            application.execute("update tasks set title = title || '.' where id = 'r-' || (1 + random() * 99)::int")
    net.rewrite = None
    oracle.add_template(NOW, DAILY)
    oracle.add_task(NOW)
    took = oracle.settle()
    for daemon in daemons:
        daemon.stop()
    tally(injected=refusals() - before, recovery=took, **oracle.check(daemons))


TEXTS = ("could not serialize access due to concurrent update", "could not serialize access due to read/write dependencies")


def test_a_deadlock_of_which_we_are_the_victim(make_cluster, recurd, tally):
    """Fault 17: 40P01, the real one: deadlock_timeout is lowered under a running worker, below its lock_timeout.

    Stopped with its templates claimed, it wakes when the application holds the user and waits for the template.
    The application gets what it wants; the batch is made when it has gone.
    """
    cluster = make_cluster()
    db = cluster.create_migrated()
    db.go_live(db.now() - timedelta(days=1))
    oracle, user = Oracle(db), db.add_user("wanted")
    daemon = recurd(db, env={"RECURD_FAULT_STOP": "generator.planned_not_written"}, statement_timeout="30s", query_timeout="60s", **LINES)
    cluster.configure(deadlock_timeout="10ms")
    template = oracle.add_template(NOW, DAILY, user=user)
    wait_until(lambda: daemon.status_field("State").startswith("T"), what="it has claimed the template")
    errors = []
    with db.connect(autocommit=False) as application:
        application.execute("set local deadlock_timeout = '1h'")
        application.execute("""select from "user" where id = 'wanted' for update""")

        def edit():
            try:
                application.execute("update recurring_tasks set title = 'Edited' where id = %s", (template,))
            except psycopg.Error as error:
                errors.append(error)

        editor = threading.Thread(target=edit)
        editor.start()
        wait_until(lambda: db.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"), what="the application waits")
        daemon.kill(signal.SIGCONT)
        editor.join(PATIENCE)
        assert not editor.is_alive() and errors == []
        wait_until(lambda: "deadlock detected" in cluster.log(), what="the server's own 40P01")
        assert db.occurrences(template) == []
        application.commit()
    took = oracle.settle()
    assert db.column("select title from tasks") == ["Edited"]
    daemon.stop()
    tally(recovery=took, **oracle.check([daemon]))


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


def test_no_connection_is_left_for_our_role(db, recurd, tally):
    """Fault 17: 53300, the real one: the role may have no more connections, at our start and after we were cut off."""
    role = f"crowded_{db.name}"
    db.execute(f"create role {role} login connection limit 0; grant recurd_worker to {role}")
    try:
        oracle = Oracle(db)
        daemon = recurd(db, dsn=db.dsn_as(role), ready=False, **LINES)
        slowest = 0
        for _ in range(2):
            mark = daemon.mark()
            daemon.expect("connect_failed", since=mark, reason=re.compile("too many connections for role"))
            oracle.add_template(NOW, DAILY)
            oracle.add_task(NOW)
            db.execute(f"alter role {role} connection limit 1")
            slowest = max(slowest, oracle.settle())
            db.execute(f"alter role {role} connection limit 0")
            db.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", (role,))
        db.execute(f"alter role {role} connection limit 1")
        daemon.stop()
        tally(injected=2, recovery=slowest, **oracle.check([daemon]))
    finally:
        db.psql(f"drop owned by {role}; drop role {role}")


def test_no_connection_is_left_for_anybody(make_cluster, recurd, tally):
    """Fault 17: 53300, the real one: applications have taken all of max_connections, at our start and after we were cut off."""
    cluster = make_cluster(max_connections=8, superuser_reserved_connections=0, max_wal_senders=0)
    db = cluster.create_migrated()
    db.go_live(db.now() - timedelta(days=1))
    oracle, crowd, slowest = Oracle(db), [], 0
    crowd += take_all(db)
    daemon = recurd(db, ready=False, **LINES)
    for again in (False, True):
        if again:
            cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'recurd'"
            wait_until(lambda: db.column(cut) and crowd.extend(take_all(db)) is None and len(crowd) == 7, what="a crowd of seven")
        mark = daemon.mark()
        daemon.expect("connect_failed", since=mark, count=2, reason=re.compile("too many clients"))
        oracle.add_template(NOW, DAILY)
        oracle.add_task(NOW)
        crowd.pop().close()
        slowest = max(slowest, oracle.settle())
    for conn in crowd:
        conn.close()
    daemon.stop()
    tally(injected=2, recovery=slowest, **oracle.check([daemon]))


def take_all(db):
    """Connections up to the last that there is; the harness has one already."""
    db.execute("select 1")
    taken = []
    try:
        while True:
            taken.append(db.connect())
    except psycopg.OperationalError as error:
        assert "too many clients" in str(error), error
    return taken
