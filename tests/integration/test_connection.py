"""The database goes away, is not there yet, or refuses us: no reason to exit, and no work is lost.

Broken networks are in faults/.
"""

from datetime import timedelta

import psycopg
import pytest

from harness.util import holds_for, wait_until

SOON = timedelta(milliseconds=300)
FAST = {"poll_interval": "50ms", "reconnect_limit": "500ms"}


def serves(db, daemon):
    """The daemon makes what is due in this database."""
    template = db.add_template(SOON)

    def made():
        assert daemon.process.poll() is None, daemon.log()
        return db.occurrences(template)

    wait_until(made, what="the daemon serves the database")


def test_a_database_that_is_down_at_start(make_cluster, recurd):
    cluster = make_cluster()
    db = cluster.create_migrated()
    db.go_live()
    cluster.stop()
    daemon = recurd(db, ready=False, **FAST)
    daemon.expect("connect_failed")
    # systemd must not take a database that is late for a daemon that failed.
    daemon.notify.expect("READY")
    daemon.notify.expect("STATUS", "unavailable")
    cluster.start()
    daemon.wait_ready()
    serves(db, daemon)
    daemon.stop()


@pytest.mark.parametrize("mode", ["fast", "immediate", "kill"])
def test_a_restart_of_the_server(make_cluster, recurd, mode):
    cluster = make_cluster()
    db = cluster.create_migrated()
    db.go_live()
    daemon = recurd(db, **FAST)
    serves(db, daemon)
    fds = daemon.steady_fds()
    cluster.restart(mode)
    serves(db, daemon)
    cluster.restart(mode)
    serves(db, daemon)
    wait_until(lambda: daemon.fds() == fds, what="no file descriptor is left over")
    daemon.stop()


def test_a_backend_that_is_terminated(app_db, recurd):
    app_db.go_live()
    daemon = recurd(app_db, **FAST)
    for _ in range(3):
        wait_until(
            lambda: app_db.column(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"
            )
        )
        serves(app_db, daemon)
    daemon.stop()


def test_a_read_only_host_is_passed_over(make_cluster, app_db, recurd):
    """target_session_attrs is read-write without being asked."""
    app_db.go_live()
    first = make_cluster()
    with psycopg.connect(first.dsn_for("postgres"), autocommit=True) as conn:
        conn.execute(f'create database "{app_db.name}"')
    first.configure(default_transaction_read_only="on")
    dsn = f"host=127.0.0.1,127.0.0.1 port={first.port},{app_db.cluster.port} dbname={app_db.name} user=postgres"
    daemon = recurd(app_db, dsn=dsn, **FAST)
    serves(app_db, daemon)
    daemon.stop()


def test_a_password_from_a_file(make_cluster, recurd, tmp_path):
    cluster = make_cluster()
    db = cluster.create_migrated()
    db.go_live()
    db.execute("create role app login superuser password 'open sesame'")
    hba = cluster.data / "pg_hba.conf"
    hba.write_text("local all postgres trust\nhost all app all scram-sha-256\n")
    cluster.configure(log_connections="on")
    secret = tmp_path / "secret"
    secret.write_text("open sesame\nsecond line\n")
    daemon = recurd(db, dsn=cluster.tcp_dsn_for(db.name, "app"), password_file=secret, **FAST)
    serves(db, daemon)
    daemon.stop()


def test_a_wrong_password_is_said_and_retried(make_cluster, recurd):
    cluster = make_cluster()
    db = cluster.create_migrated()
    db.go_live()
    db.execute("create role app login superuser password 'right'")
    (cluster.data / "pg_hba.conf").write_text("local all postgres trust\nhost all app all scram-sha-256\n")
    cluster.configure(log_connections="on")
    daemon = recurd(db, dsn=cluster.tcp_dsn_for(db.name, "app") + " password=wrong", ready=False, **FAST)
    daemon.expect("connect_failed", count=2)
    assert any("password authentication failed" in line.raw for line in daemon.seen("connect_failed"))
    db.execute("alter role app password 'wrong'")
    daemon.wait_ready()
    daemon.stop()


def test_a_server_that_comes_and_goes_does_not_make_it_grow(make_cluster, recurd):
    cluster = make_cluster()
    db = cluster.create_migrated()
    db.go_live()
    daemon = recurd(db, **FAST)
    serves(db, daemon)
    fds, threads = daemon.steady_fds(), daemon.threads()
    cluster.stop("immediate")
    count = len(daemon.seen("connect_failed"))
    daemon.expect("connect_failed", count=count + 8)
    cluster.start()
    serves(db, daemon)
    wait_until(lambda: daemon.fds() == fds and daemon.threads() <= threads + 1, what="as many descriptors as before")
    daemon.stop()


def test_it_does_not_hammer_a_server_that_is_down(make_cluster, recurd):
    cluster = make_cluster()
    db = cluster.create_migrated()
    daemon = recurd(db, poll_interval="50ms", reconnect_limit="30s")
    cluster.stop("immediate")
    daemon.expect("connect_failed")
    mark = daemon.mark()
    holds_for(lambda: len(daemon.seen("connect_failed", mark)) < 12, 3, "attempts are spaced out")
    cluster.start()
    daemon.stop()


CLAIM = b"for no key update of t skip locked"


def work_through(db, daemon, n):
    """So many batches of one row, one after the other."""
    for _ in range(n):
        serves(db, daemon)


def test_a_long_outage_does_not_fill_the_log(make_cluster, recurd):
    """Attempts go on at the same pace; ten are told, then one a minute, and the next outage begins anew."""
    cluster = make_cluster()
    db = cluster.create_migrated()
    db.go_live()
    daemon = recurd(db, log_level="debug", **{**FAST, "reconnect_limit": "100ms"})
    for _ in range(2):
        db.close()
        mark = daemon.mark()
        cluster.stop("fast")
        wait_until(lambda: len(daemon.seen("connect_failed", mark)) >= 30, what="thirty attempts")
        cluster.start()
        serves(db, daemon)
        told = [line for line in daemon.seen("connect_failed", mark) if line.priority <= 5]
        assert 9 <= len(told) <= 11
    daemon.stop()


def test_what_comes_again_is_prepared_in_a_direct_session(app_db, recurd, proxy):
    """Parsing and planning would be most of what a batch of one row costs.  The text goes over a few times, then its name."""
    net = proxy(rewrite=(CLAIM, CLAIM))
    app_db.go_live()
    daemon = recurd(app_db, dsn=net.dsn_for(app_db), **FAST)
    work_through(app_db, daemon, 5)
    seen = net.rewritten
    work_through(app_db, daemon, 10)
    assert seen > 0 and net.rewritten == seen, "the statements' texts are not sent again"
    daemon.stop()


def test_a_pooler_is_noticed_and_gets_texts_only(app_db, recurd, pgbouncer):
    """A pooler makes up the backend's number.  PgBouncer knows no named statements in transaction mode."""
    app_db.go_live()
    daemon = recurd(app_db, dsn=pgbouncer(pool_size=2).dsn_for(app_db), **FAST)
    work_through(app_db, daemon, 8)
    assert daemon.seen("batch_failed") == [] and daemon.seen("connection_lost") == []
    daemon.stop()


def test_a_session_that_forgets_what_was_prepared(app_db, recurd):
    """As behind a pooler that passes the backend's number on: one session is given up, then it works with texts, nothing
    is lost."""
    app_db.go_live()
    daemon = recurd(app_db, **FAST)
    work_through(app_db, daemon, 6)
    app_db.execute(
        "create function forget() returns trigger language plpgsql as $$ begin execute 'deallocate all'; return null; end $$;"
        "create trigger forget after insert on tasks for each statement execute function forget()"
    )
    work_through(app_db, daemon, 8)
    assert len(daemon.seen("connected")) == 2
    daemon.stop()
    assert app_db.value("select count(*) from tasks") == 14


@pytest.mark.parametrize("column", ["recurring_tasks.created_at", "tasks.remind_at"])
def test_a_column_that_gets_another_type(app_db, recurd, column):
    """What was prepared before returned the old type and fails in that session: claims did for ever, and polls."""
    table, name = column.split(".")
    app_db.go_live(app_db.now() - timedelta(days=1))
    daemon = recurd(app_db, **FAST)
    work_through(app_db, daemon, 6)
    app_db.execute(f"alter table {table} alter column {name} type timestamptz(3)")
    reminded = app_db.add_task(remind=timedelta(seconds=-1))
    work_through(app_db, daemon, 2)
    wait_until(lambda: app_db.task(reminded)["reminded_at"], what="reminders go on, too")
    assert len(daemon.seen("connected")) <= 4, "one more for each statement that was"
    daemon.stop()


def test_backslashes_as_they_were_in_the_last_century(app_db, recurd):
    """With standard_conforming_strings off a pattern lost its backslash, and no table was found."""
    app_db.go_live()
    app_db.execute(f'alter database "{app_db.name}" set standard_conforming_strings = off')
    daemon = recurd(app_db, **FAST)
    serves(app_db, daemon)
    daemon.stop()
