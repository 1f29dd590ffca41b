"""recurctl loses its connection in the middle of its work: 69, one line, and the next run goes on."""

import subprocess
from contextlib import contextmanager
from datetime import timedelta

import pytest

from harness import alembic
from harness.ctl import DATA, UNAVAILABLE, run_ctl
from harness.daemon import program
from harness.migrate import invalid_indexes, migrate, start_migrate
from harness.util import PATIENCE, SLOWNESS, clean_environ, spawn, wait_until

WAITING = ("select pid from pg_stat_activity where application_name = 'recurctl' and datname = current_database()"
           " and wait_event_type = 'Lock'")
BUILDING = "select pid from pg_stat_progress_create_index where phase = 'waiting for old snapshots'"
LISTINGS = (["status"], ["status", "--check"], ["workers"], ["upcoming"], ["list"], ["show", "t"], ["next", "--template", "t"],
            ["validate", "t"], ["validate", "--all"], ["retry", "t"], ["retry", "--all-failed"], ["preflight"])
CUTS = ("terminated", "reset")


def start(*args, dsn):
    argv = [str(program("recurctl")), "--dsn", dsn, *args]
    return spawn(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environ())


@contextmanager
def holding(db, statement):
    """Somebody else's transaction, in whose way recurctl comes."""
    with db.connect(autocommit=False) as other:
        other.execute(statement)
        yield other
        if not other.closed:
            other.rollback()


def cut(db, net, how, hold):
    """Once it waits, its session is ended by an administrator, or its network breaks."""
    pids = wait_until(lambda: db.column(hold), what="it waits")
    if how == "reset":
        net.cut()
    db.execute("select pg_terminate_backend(pid) from unnest(%s::int[]) as pid", (pids,))


def told(process, code=UNAVAILABLE):
    """Its one line of complaint."""
    _, err = process.communicate(timeout=PATIENCE * SLOWNESS)
    lines = [line for line in err.splitlines() if not line.startswith("note: ")]
    assert process.returncode == code, f"exit {process.returncode}: {err}"
    assert len(lines) == 1 and lines[0].startswith("recurctl: "), err
    return lines[0]


@pytest.mark.parametrize("how", CUTS)
@pytest.mark.parametrize("args", LISTINGS, ids=" ".join)
def test_any_command_that_is_cut_off_says_so(app_db, proxy, args, how):
    """Not 1, which a monitor would take for a finding, and not 65, which blames the data."""
    app_db.add_template(timedelta(hours=1), id="t")
    app_db.execute("update recurring_tasks set failed_at = now(), failure = 'x'")
    net = proxy()
    with holding(app_db, "lock table recurring_tasks, recurd.workers in access exclusive mode"):
        process = start(*args, dsn=net.dsn_for(app_db))
        cut(app_db, net, how, WAITING)
        told(process)


@pytest.mark.parametrize("how", CUTS)
def test_preflight_that_is_cut_off_while_it_foretells(app_db, proxy, how):
    """Where it would ask no more, a lost connection was a warning, and the exit code that of a finding."""
    app_db.execute("alter table tasks rename to things")
    net = proxy()
    with holding(app_db, "lock table recurd.migrations in access exclusive mode"):
        process = start("preflight", "--role", "nobody_at_all", dsn=net.dsn_for(app_db))
        cut(app_db, net, how, WAITING)
        told(process)


@pytest.mark.parametrize("how", CUTS)
@pytest.mark.parametrize("args", [["up"], ["up", "--dry-run"], ["down", "--to", "11", "--yes"], ["status"], ["verify"]], ids=" ".join)
def test_any_verb_of_migrate_that_is_cut_off_says_so(app_db, proxy, args, how):
    net = proxy()
    records = "select count(*) from recurd.migrations"
    before = app_db.value(records)
    with holding(app_db, "lock table recurd.migrations in access exclusive mode"):
        process = start_migrate(app_db, *args, dsn=net.dsn_for(app_db))
        cut(app_db, net, how, WAITING)
        told(process)
    assert app_db.value(records) == before
    migrate(app_db, "verify")


@pytest.mark.parametrize("how", CUTS)
def test_a_step_that_is_cut_off_is_taken_up_again(empty_db, proxy, how):
    """In the middle of a concurrent build, of which an invalid index stays behind."""
    alembic.make(empty_db, 11)
    net = proxy()
    with empty_db.connect(autocommit=False) as old:
        old.execute("set transaction isolation level repeatable read")
        old.execute("select 1")
        process = start_migrate(empty_db, "up", dsn=net.dsn_for(empty_db))
        cut(empty_db, net, how, BUILDING)
        assert ".up.sql, line " in told(process)
        wait_until(lambda: not empty_db.column(BUILDING), what="the build has ended")
        old.rollback()
    assert invalid_indexes(empty_db) != []
    migrate(empty_db, "up")
    assert invalid_indexes(empty_db) == []
    assert migrate(empty_db, "verify").json["good"]


def test_cut_off_while_another_migrator_is_at_work(empty_db):
    """Between two looks at the lock, with nothing sent."""
    with holding(empty_db, "select pg_advisory_xact_lock(x'7265637572640001'::bigint)"):
        process = start_migrate(empty_db, "up")
        assert "another migrator is at work" in process.stderr.readline()
        empty_db.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'recurctl'")
        told(process)
    migrate(empty_db, "up")


def test_a_server_that_shuts_down_midway(make_cluster):
    """Not a failed migration: the next run, on the server that is back, goes on."""
    cluster = make_cluster()
    db = cluster.create()
    alembic.make(db, 11)
    with holding(db, "lock table recurring_tasks in access share mode") as other:
        process = start_migrate(db, "up")
        wait_until(lambda: db.column(WAITING), what="it waits")
        db.close()
        cluster.stop()
        told(process)
        other.close()
    cluster.start()
    migrate(db, "up")
    assert migrate(db, "verify").json["good"]


def test_what_a_trigger_refuses_is_data(app_db):
    """The database is there and says no: 65, as for any other row that is wrong."""
    app_db.add_template(timedelta(hours=1), id="t")
    app_db.execute("update recurring_tasks set failed_at = now(), failure = 'x'")
    app_db.execute("create function keep() returns trigger language plpgsql as"
                   " $$ begin raise 'this row is kept as it is'; end $$;"
                   "create trigger keep before update on recurring_tasks for each row execute function keep()")
    assert "this row is kept as it is" in run_ctl(app_db, "retry", "t", expect=DATA).errors
