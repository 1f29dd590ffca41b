"""The harness keeps its promises: a test that stands on a broken part proves nothing."""

import socket
import subprocess
import time
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from harness.daemon import parse_logfmt
from harness.notify import NotifySocket
from harness.util import clean_environ, wait_until


def test_a_database_is_empty_and_its_own(empty_db):
    assert empty_db.value("select count(*) from pg_tables where schemaname = 'public'") == 0
    empty_db.execute("create table here (i int)")
    assert empty_db.clone().value("select count(*) from here") == 0


def test_psql_stops_at_the_first_error(empty_db):
    with pytest.raises(AssertionError, match="nowhere"):
        empty_db.psql("select 1", "select * from nowhere", "create table late ()")
    assert empty_db.value("select to_regclass('late') is null")


def test_the_clock_can_be_moved_and_stopped(app_db):
    real = app_db.now()
    app_db.time_travel(timedelta(days=40))
    assert timedelta(days=40) <= app_db.now() - real < timedelta(days=40, minutes=1)
    stop = datetime(2025, 2, 3, 10, 0, 0, 5, tzinfo=timezone.utc)
    app_db.freeze(stop)
    assert app_db.now() == stop


def test_rows_of_the_application(app_db):
    user = app_db.add_user()
    template = app_db.add_template(timedelta(hours=-1), {"frequency": "weekly"}, user=user, title="Bins")
    task = app_db.add_task(user, remind=timedelta(minutes=5))
    app_db.add_templates(100, timedelta(0), users=7)
    assert app_db.row("select title, user_id from recurring_tasks where id = %s", (template,)) == {
        "title": "Bins", "user_id": user,
    }
    assert app_db.value("select remind_at > recurd.now() from tasks where id = %s", (task,))
    assert app_db.value("select count(distinct user_id) from recurring_tasks where id like 't-%'") == 7


@pytest.mark.parametrize("mode", ["fast", "immediate", "kill"])
def test_a_cluster_can_be_stopped_killed_and_restarted(make_cluster, mode):
    cluster = make_cluster()
    db = cluster.create()
    db.execute("create table kept (i int)")
    db.execute("checkpoint")
    cluster.stop(mode)
    with pytest.raises(psycopg.OperationalError):
        db.connect()
    cluster.start()
    assert db.value("select count(*) from kept") == 0


def test_pgbouncer_in_transaction_mode_shares_one_server_connection(empty_db, pgbouncer):
    pooler = pgbouncer(pool_size=1)
    one = psycopg.connect(pooler.dsn_for(empty_db), autocommit=True)
    two = psycopg.connect(pooler.dsn_for(empty_db), autocommit=True)
    pids = {conn.execute("select pg_backend_pid()").fetchone()[0] for conn in (one, two)}
    assert len(pids) == 1
    assert pooler.show("pools")


def test_a_proxy_stalls_resumes_and_cuts(empty_db, proxy):
    net = proxy()
    conn = psycopg.connect(net.dsn_for(empty_db), autocommit=True)
    assert conn.execute("select 1").fetchone() == (1,)

    net.stall()
    conn.pgconn.send_query(b"select 2")
    conn.pgconn.consume_input()
    assert conn.pgconn.is_busy()
    net.resume()
    assert conn.pgconn.get_result().get_value(0, 0) == b"2"
    while conn.pgconn.get_result():
        pass

    net.cut()
    with pytest.raises(psycopg.OperationalError):
        conn.execute("select 3")
    net.refuse()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(net.dsn_for(empty_db))
    net.resume()
    psycopg.connect(net.dsn_for(empty_db)).close()


def test_a_stalled_proxy_is_a_mute_host(empty_db, proxy):
    net = proxy()
    net.stall()
    with pytest.raises(psycopg.OperationalError, match="timeout"):
        psycopg.connect(net.dsn_for(empty_db) + " connect_timeout=2")


def test_notifications_to_the_service_manager_are_kept_in_order(tmp_path):
    receiver = NotifySocket(tmp_path / "n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(receiver.path)
        sender.send(b"STATUS=one\nREADY=1")
        sender.send(b"STATUS=two")
    assert receiver.expect("STATUS", "two") == "two"
    assert receiver.seen("STATUS") == ["one", "two"] and receiver.seen("READY") == ["1"]
    receiver.close()


def test_syslog_of_a_wrapped_program_arrives(syslog):
    script = "import syslog; syslog.openlog('recurd', syslog.LOG_PID, syslog.LOG_DAEMON); syslog.syslog(syslog.LOG_WARNING, 'event=x')"
    subprocess.run([*syslog.wrapper, "/usr/bin/python3", "-c", script], check=True, env=clean_environ())
    ((facility, priority, ident, pid, text),) = wait_until(syslog.lines)
    assert (facility, priority, ident, text) == (3, 4, "recurd", "event=x")
    assert pid > 0


@pytest.mark.parametrize(
    "text, pairs",
    [
        ("event=batch rows=1000 ms=93", {"event": "batch", "rows": "1000", "ms": "93"}),
        (r'event=quarantined reason="got \"mox\" \\ \x0a"', {"event": "quarantined", "reason": 'got "mox" \\ \n'}),
        (r'event=held title="\xe2\x80\xae\x0a\xff"', {"event": "held", "title": "\u202e\n\\xff"}),
        ('event=x empty=""', {"event": "x", "empty": ""}),
    ],
)
def test_log_lines_are_read(text, pairs):
    assert parse_logfmt(text) == pairs


@pytest.mark.parametrize("text", ["", "event", "event=a b", 'event="a', "event=a event=b", 'a="b"c=d', "a=b=c"])
def test_lines_that_are_not_logfmt_are_refused(text):
    with pytest.raises(ValueError):
        parse_logfmt(text)


def test_waiting_says_what_it_waited_for():
    started = time.monotonic()
    with pytest.raises(AssertionError, match="pigs fly"):
        wait_until(lambda: False, 0.2, "pigs fly")
    assert time.monotonic() - started < 20
