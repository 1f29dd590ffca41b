"""Through PgBouncer in transaction mode: no session state, neither needed nor left behind."""

import random
import signal
import time
from datetime import timedelta

import psycopg
import pytest

from harness.util import holds_for, wait_until

from .oracle import Oracle

SOON = timedelta(milliseconds=300)

# What other clients of the pool may have done to the server session before us.
POLLUTION = """
    set search_path = nowhere;
    set timezone = 'Asia/Kathmandu';
    set datestyle = 'SQL, DMY';
    set intervalstyle = 'iso_8601';
    set bytea_output = 'escape';
    set extra_float_digits = 0;
    set default_transaction_isolation = 'serializable';
    set statement_timeout = '2s';
    set lock_timeout = '1ms';
    set role none;
    set standard_conforming_strings = on;
    set plan_cache_mode = force_generic_plan;
    prepare recurd as select 1;
"""


@pytest.fixture
def db(app_db):
    app_db.go_live()
    return app_db


def works(db, daemon):
    template = db.add_template(SOON)
    task = db.add_task(remind=SOON)
    wait_until(lambda: db.occurrences(template), what="a task through the pooler")
    wait_until(lambda: task in [row["task_id"] for row in db.notifications("reminder")], what="a reminder")
    assert daemon.process.poll() is None


def test_it_works_through_one_shared_server_connection(db, recurd, pgbouncer):
    """Fault 15: three daemons share a pool of one server connection."""
    pooler = pgbouncer(pool_size=1)
    daemons = [recurd(db, dsn=pooler.dsn_for(db), poll_interval="50ms") for _ in range(3)]
    for daemon in daemons:
        works(db, daemon)
    db.add_templates(500, timedelta(seconds=-1), users=10)
    wait_until(lambda: db.value("select count(*) from tasks where recurring_task_id like 't-%'") == 500)
    for daemon in daemons:
        daemon.stop()


def test_a_polluted_session_changes_nothing(db, recurd, pgbouncer):
    """Fault 16: the pooled session was left with settings of others."""
    pooler = pgbouncer(pool_size=1)
    with psycopg.connect(pooler.dsn_for(db), autocommit=True) as other:
        # One simple query, so that all of it happens before the server's own limits bite.
        other.execute(POLLUTION)
    daemon = recurd(db, dsn=pooler.dsn_for(db), poll_interval="50ms")
    works(db, daemon)
    daemon.stop()


def test_it_leaves_the_session_as_it_was(db, recurd, pgbouncer):
    """Fault 15: what others of the pool get back is as it was."""
    pooler = pgbouncer(pool_size=1)
    settings = (
        "select name, setting from pg_settings where source = 'session'"
        " and name <> 'application_name' order by name"  # that one PgBouncer itself keeps up
    )
    with psycopg.connect(pooler.dsn_for(db), autocommit=True) as other:
        before = other.execute(settings).fetchall()
        pid = other.execute("select pg_backend_pid()").fetchone()
        daemon = recurd(db, dsn=pooler.dsn_for(db), poll_interval="50ms")
        works(db, daemon)
        daemon.stop()
        assert other.execute("select pg_backend_pid()").fetchone() == pid, "the same server session"
        assert other.execute(settings).fetchall() == before
        assert other.execute("select * from pg_prepared_statements").fetchall() == []
        assert other.execute("select * from pg_listening_channels()").fetchall() == []
        assert other.execute("select count(*) from pg_locks where locktype = 'advisory'").fetchone() == (0,)


def test_a_pooler_that_restarts(db, recurd, pgbouncer):
    """Fault 15: the pooler restarts."""
    pooler = pgbouncer()
    daemon = recurd(db, dsn=pooler.dsn_for(db), poll_interval="50ms", reconnect_limit="500ms")
    works(db, daemon)
    pooler.stop()
    daemon.expect("connect_failed")
    pooler.start()
    works(db, daemon)
    daemon.stop()


def test_a_full_pool_is_waited_for(db, recurd, pgbouncer):
    """Fault 15: the pool is full; query_wait_timeout ends our login with an error as the first result, then the link."""
    pooler = pgbouncer(pool_size=1, query_wait_timeout=1)
    hog = psycopg.connect(pooler.dsn_for(db))
    hog.execute("select 1")  # in a transaction: the only server connection is taken
    daemon = recurd(db, dsn=pooler.dsn_for(db), ready=False, poll_interval="50ms", reconnect_limit="300ms")
    wait_until(lambda: any("query_wait_timeout" in line.raw for line in daemon.seen()), what="the pooler's refusal")
    hog.rollback()
    daemon.wait_ready()
    works(db, daemon)
    hog.close()
    daemon.stop()
