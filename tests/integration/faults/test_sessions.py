"""Sessions of a pool that others have left in a mess."""

import time
from datetime import timedelta

import psycopg
import pytest

from faults.oracle import Oracle
from harness.util import wait_until

SOON = timedelta(milliseconds=300)

# What clients of the pool may leave behind on the only server session.
READ_ONLY = "set default_transaction_read_only = on;"
SERIALIZABLE = "set default_transaction_isolation = 'serializable'; set default_transaction_deferrable = on;"
SHADOWS = """
    create temporary table tasks (id text, remind_at timestamptz, is_complete boolean);
    create temporary table recurring_tasks (id text);
    create temporary table task_tags (task_id text);
    create temporary table settings (live_since timestamptz);
    create temporary table notifications (key text);
    create temporary table workers (id text);
    create temporary table regclass (x int); create temporary table text (x int);
    create temporary table timestamptz (x int);"""
OPERATORS = """
    create schema evil;
    create function evil.never(timestamptz, timestamptz) returns boolean language sql return false;
    create operator evil.<= (function = evil.never, leftarg = timestamptz, rightarg = timestamptz);
    set search_path = evil, pg_catalog;"""
FORMATS = """
    set timezone = 'Pacific/Kiritimati'; set datestyle = 'SQL, DMY'; set intervalstyle = 'iso_8601';
    set bytea_output = 'escape'; set extra_float_digits = 0;"""
LIMITS = "set lock_timeout = '1ms'; set statement_timeout = '40ms'; set idle_in_transaction_session_timeout = '1ms';"
PLANS = """
    set plan_cache_mode = force_generic_plan; set enable_indexscan = off; set enable_bitmapscan = off;
    prepare recurd as select 1;"""

MESS = {"read only, names and formats": READ_ONLY + SHADOWS + FORMATS, "serializable, paths and limits": SERIALIZABLE + OPERATORS + PLANS + LIMITS}


@pytest.fixture
def db(app_db):
    """A trigger of the application's that needs its own schema to be found."""
    app_db.go_live()
    app_db.psql(
        "create table audit (task text, isolation text default current_setting('transaction_isolation'));"
        "create function note() returns trigger language plpgsql as"
        " $$ begin insert into audit (task) values (new.id); return new; end $$;"
        "create trigger note after insert or update on tasks for each row execute function note();"
        "create trigger note after update on recurring_tasks for each row execute function note()"
    )
    return app_db


@pytest.mark.parametrize("mess", MESS)
def test_whatever_others_left_in_the_pooled_session(db, recurd, pgbouncer, tally, mess):
    """Fault 16: one server session for all, left in a mess before the start and again while the daemon runs.

    Everything is done all the same.  Read only made the daemon unfit, and its heartbeats and pruning fail: only
    its batches had opened their transactions themselves.  With another schema's operators before the
    server's, polls saw nothing due, and all looked healthy.
    """
    pooler = pgbouncer(pool_size=1)
    with psycopg.connect(pooler.dsn_for(db), autocommit=True) as other:
        other.execute(MESS[mess])  # in one simple query: before its own limits bite
        pid = other.execute("select pg_backend_pid()").fetchone()
        daemon = recurd(db, dsn=pooler.dsn_for(db), poll_interval="50ms", heartbeat_interval="1s", notification_retention="1d")
        oracle = Oracle(db)
        db.execute("insert into recurd.decisions (at, kind, template_id) values (now() - interval '2 days', 'x', 'old')")
        recovery = 0.0
        for again in (False, True):
            if again:
                other.execute("discard all")
                db.execute("drop schema if exists evil cascade")
                other.execute(MESS[mess])
            left = time.monotonic()
            template = oracle.add_template(timedelta(0), {"frequency": "daily"})
            task = oracle.add_task(SOON)
            wait_until(lambda: db.occurrences(template), what="a task through the pooler")
            wait_until(lambda: task in [row["task_id"] for row in db.notifications("reminder")], what="a reminder")
            recovery = max(recovery, time.monotonic() - left)
        seen = db.value("select seen_at from recurd.workers")
        wait_until(lambda: db.value("select seen_at from recurd.workers") > seen, what="a heartbeat")
        wait_until(lambda: db.decisions("old") == [], what="old decisions go")
        assert other.execute("select pg_backend_pid()").fetchone() == pid, "the same server session all the time"
    daemon.stop()
    assert db.value("select count(*) from audit") >= 4
    # Whatever the default is: in serializable transactions, claims that collide would fail.
    assert set(db.column("select isolation from audit")) == {"read committed"}
    assert db.value("select count(*) from recurd.workers") == 0, "it could sign off"
    assert not [line for line in daemon.events if line.priority <= 3], daemon.log()
    tally(injected=2, recovery=recovery, **oracle.check([daemon]))


def test_a_heartbeat_that_fails_leaves_no_transaction_in_the_pool(db, recurd, pgbouncer, tally):
    """Fault 16, by our own hand: a write beside the batches fails in the only server session of the pool.

    It is rolled back in the same flight: whoever has the session next finds it idle, and so do we.
    """
    pooler = pgbouncer(pool_size=1)
    oracle = Oracle(db)
    daemon = recurd(db, dsn=pooler.dsn_for(db), poll_interval="50ms", heartbeat_interval="1s", lock_timeout="50ms")
    wait_until(lambda: db.value("select count(*) from recurd.workers"), what="the first heartbeat")
    with db.connect(autocommit=False) as holder:
        holder.execute("lock table recurd.workers in access exclusive mode")
        daemon.expect("heartbeat_failed")
        oracle.add_template(timedelta(0), {"frequency": "daily"})
        oracle.settle()
        with psycopg.connect(pooler.dsn_for(db), autocommit=True) as other:
            assert other.execute("select 1").fetchone() == (1,)
    seen = db.value("select max(seen_at) from recurd.workers")
    wait_until(lambda: db.value("select max(seen_at) from recurd.workers") > seen, what="the next heartbeat")
    daemon.stop()
    tally(**oracle.check([daemon]))
