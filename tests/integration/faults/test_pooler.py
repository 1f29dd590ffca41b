"""Through PgBouncer in transaction mode: no session state, neither needed nor left behind.  (Sessions that others
left in a mess: test_sessions.py.)
"""

import signal
import time
from datetime import timedelta

import psycopg
import pytest

from faults.serving import FAST, oracle_of, serves
from faults.storm import OPTIONS, begin, storm
from harness.util import wait_until


def works(oracle, daemon):
    oracle.add_task(timedelta(milliseconds=200))
    return serves(oracle, daemon)


def test_a_pool_of_one(app_db, recurd, pgbouncer, tally):
    """Fault 15: three daemons share a pool of one server connection."""
    oracle = oracle_of(app_db, templates=500)
    pooler = pgbouncer(pool_size=1)
    daemons = [recurd(app_db, dsn=pooler.dsn_for(app_db), **FAST) for _ in range(3)]
    for daemon in daemons:
        works(oracle, daemon)
    recovery = oracle.settle()
    for daemon in daemons:
        daemon.stop()
    tally(recovery=recovery, **oracle.check(daemons))


def test_it_leaves_the_session_as_it_was(app_db, recurd, pgbouncer, tally):
    """Fault 15: what others of the pool get back is as it was."""
    oracle = oracle_of(app_db)
    pooler = pgbouncer(pool_size=1)
    settings = (
        "select name, setting from pg_settings where source = 'session'"
        " and name not in ('application_name', 'client_encoding') order by name"  # these PgBouncer itself keeps up
    )
    with psycopg.connect(pooler.dsn_for(app_db), autocommit=True) as other:
        before, encoding = other.execute(settings).fetchall(), other.execute("show client_encoding").fetchone()
        pid = other.execute("select pg_backend_pid()").fetchone()
        daemon = recurd(app_db, dsn=pooler.dsn_for(app_db), **FAST)
        works(oracle, daemon)
        daemon.stop()
        assert other.execute("select pg_backend_pid()").fetchone() == pid, "the same server session"
        assert other.execute(settings).fetchall() == before
        assert other.execute("show client_encoding").fetchone() == encoding
        assert other.execute("select * from pg_prepared_statements").fetchall() == []
        assert other.execute("select * from pg_listening_channels()").fetchall() == []
        assert other.execute("select count(*) from pg_locks where locktype = 'advisory'").fetchone() == (0,)
    tally(**oracle.check([daemon]))


def test_a_pooler_that_restarts(app_db, recurd, pgbouncer, tally):
    """Fault 15: the pooler is restarted."""
    oracle = oracle_of(app_db)
    pooler = pgbouncer()
    daemon = recurd(app_db, dsn=pooler.dsn_for(app_db), **FAST)
    works(oracle, daemon)
    pooler.stop()
    daemon.expect("connect_failed")
    pooler.start()
    recovery = works(oracle, daemon)
    oracle.settle()
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


@pytest.mark.parametrize("patience", ["1s", "60s"])
def test_a_pooler_that_pauses(app_db, recurd, pgbouncer, tally, patience):
    """Fault 15: PAUSE, for a switch of servers say: questions wait, for longer than query_timeout or not so long.

    Either way recurd works as soon as the pooler resumes.
    """
    oracle = oracle_of(app_db)
    pooler = pgbouncer()
    daemon = recurd(app_db, dsn=pooler.dsn_for(app_db), query_timeout=patience, statement_timeout="900ms", **FAST)
    works(oracle, daemon)
    pooler.command("pause")
    oracle.add_template(timedelta(0), {"frequency": "daily"})
    if patience == "1s":
        daemon.expect("connection_lost", reason="no reply within query_timeout")
    else:
        wait_until(lambda: [row for row in pooler.show("pools") if row[0] == app_db.name and row[3] > 0], what="a question waits")
    pooler.command("resume")
    recovery = oracle.settle()
    assert bool(daemon.seen("connection_lost")) == (patience == "1s")
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


def test_a_full_pool_is_waited_for(app_db, recurd, pgbouncer, tally):
    """Fault 15: the pool is full; query_wait_timeout ends our login with an error as the first result, then the link."""
    oracle = oracle_of(app_db)
    pooler = pgbouncer(pool_size=1, query_wait_timeout=1)
    hog = psycopg.connect(pooler.dsn_for(app_db))
    hog.execute("select 1")  # in a transaction: the only server connection is taken
    daemon = recurd(app_db, dsn=pooler.dsn_for(app_db), ready=False, **FAST)
    wait_until(lambda: any("query_wait_timeout" in line.raw for line in daemon.seen()), what="the pooler's refusal")
    hog.rollback()
    daemon.wait_ready()
    recovery = works(oracle, daemon)
    hog.close()
    oracle.settle()
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


def test_exactly_once_through_a_pooler(app_db, recurd, pgbouncer, tally):
    """Fault 15: four daemons on a pool of three; daemons are killed, the pooler pauses and restarts meanwhile."""
    oracle = begin(app_db)
    pooler = pgbouncer(pool_size=3, server_lifetime=2)
    every, running = [], []

    def start():
        options = {"query_timeout": "3s", "statement_timeout": "2s", **OPTIONS}
        every.append(recurd(app_db, dsn=pooler.dsn_for(app_db), batch_size=10, ready=False, **options))
        return every[-1]

    def kill(chance):
        victim = chance.randrange(len(running))
        running[victim].kill(signal.SIGKILL)
        running[victim].wait()
        running[victim] = start()

    def pause(chance):
        pooler.command("pause")
        time.sleep(chance.random() / 5)  # how long it pauses, not what we wait for
        pooler.command("resume")

    def restart(chance):
        pooler.stop(chance.choice([signal.SIGTERM, signal.SIGKILL]))
        pooler.start()

    running += [start() for _ in range(4)]
    faults = [kill, pause, kill, restart] * 2
    recovery = storm(oracle, lambda n, chance: faults[n](chance), len(faults), seed=15)
    for daemon in running:
        daemon.stop()
    tally(injected=len(faults), recovery=recovery, **oracle.check(every))
