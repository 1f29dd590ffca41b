"""On time and quiet: lateness, idle cost, memory.  Limits are generous; figures are printed with -s."""

import time
from datetime import timedelta

import pytest

from harness.util import wait_until

pytestmark = pytest.mark.timing


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    app_db.execute("create extension if not exists pg_stat_statements")
    return app_db


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def statements(db):
    return db.value(
        "select coalesce(sum(calls), 0)::int from pg_stat_statements"
        " where dbid = (select oid from pg_database where datname = current_database())"
        " and query not like '%pg_stat_statements%'"
    )


def test_reminders_spread_over_ten_seconds_are_on_time(db, recurd):
    db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
        " select 'r-' || i, 'x', false, %s, now(), now(), recurd.now() + interval '1 s' + i * interval '10 ms'"
        " from generate_series(1, 1000) i",
        (db.add_user(),),
    )
    daemon = recurd(db, log_rate=100000)
    wait_until(lambda: db.value("select count(*) from recurd.notifications") == 1000, 30)
    late = [int(line["late_ms"]) for line in daemon.seen("reminder")]
    real = db.column("select extract(epoch from created_at - at) * 1000 from recurd.notifications")
    print(f"late_ms p50 {percentile(late, .5)} p99 {percentile(late, .99)} max {max(late)};"
          f" claim p50 {percentile(real, .5):.1f} p99 {percentile(real, .99):.1f}")
    assert percentile(late, 0.5) <= 5 and percentile(late, 0.99) <= 50
    daemon.stop()


def test_a_template_becomes_a_task_at_its_instant(db, recurd):
    daemon = recurd(db)
    for n in range(20):
        db.add_template(timedelta(seconds=1.5, milliseconds=137 * n))
    wait_until(lambda: db.value("select count(*) from tasks") == 20, 15)
    late = [int(line["late_ms"]) for line in daemon.seen("generated")]
    print(f"late_ms p50 {percentile(late, .5)} max {max(late)}")
    assert percentile(late, 0.5) <= 10 and max(late) <= 200
    daemon.stop()


def test_a_new_row_nearer_than_the_poll_is_noticed_by_the_poll(db, recurd):
    daemon = recurd(db, poll_interval="200ms")
    template = db.add_template(timedelta(0))
    began = time.monotonic()
    wait_until(lambda: db.occurrences(template))
    assert time.monotonic() - began < 1.0
    daemon.stop()


def test_idle_means_idle(db, recurd):
    db.add_templates(100, timedelta(days=1))
    daemon = recurd(db, poll_interval="1s", heartbeat_interval="1h")
    wait_until(lambda: not db.rows("select 1 from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and datname = current_database()"))
    settle = time.monotonic() + 1.5
    wait_until(lambda: time.monotonic() > settle, 5, interval=0.1)
    calls, cpu, began = statements(db), daemon.cpu_seconds(), time.monotonic()
    wait_until(lambda: time.monotonic() - began >= 10, 20, interval=0.5)
    elapsed = time.monotonic() - began
    rate = (statements(db) - calls) / elapsed
    print(f"idle: {rate:.2f} statements/s, CPU {daemon.cpu_seconds() - cpu:.2f} s in {elapsed:.0f} s")
    assert rate <= 1.3
    assert daemon.cpu_seconds() - cpu <= 0.1
    daemon.stop()


def test_memory_and_descriptors_stay_flat(db, recurd):
    db.add_templates(20000, timedelta(seconds=-1), users=10)
    daemon = recurd(db, log_rate=0, batch_size=500)
    wait_until(lambda: db.value("select count(*) from tasks") > 2000, 30)
    fds, memory = daemon.fds(), daemon.memory_kb()
    wait_until(lambda: db.value("select count(*) from tasks") == 20000, 60)
    wait_until(lambda: daemon.fds() == fds)
    print(f"RssAnon {daemon.memory_kb()} kB, VmRSS {daemon.memory_kb('VmRSS')} kB")
    assert daemon.memory_kb() < memory * 1.3 + 1024
    assert daemon.memory_kb() < 12 * 1024
    daemon.stop()


def test_start_to_ready_is_quick(db, recurd):
    took = []
    for _ in range(5):
        daemon = recurd(db)
        took.append(daemon.notify.times("READY")[0] - daemon.started)
        daemon.stop()
    print(f"start to READY: {sorted(took)[2] * 1000:.0f} ms")
    assert sorted(took)[2] < 0.5


def test_milliseconds_with_the_wake_up_migration(make_db, recurd):
    db = make_db(optional=("wakeup",))
    db.go_live()
    daemon = recurd(db, listen_dsn=db.dsn, poll_interval="10s")
    daemon.expect("listening")
    took = []
    for _ in range(10):
        began = time.monotonic()
        task = db.add_task(remind=timedelta(0))
        line = daemon.expect("reminder", task=task, timeout=5)
        took.append(line.received - began)
    print(f"insert to line: p50 {percentile(took, .5) * 1000:.1f} ms, max {max(took) * 1000:.1f} ms")
    assert percentile(took, 0.5) < 0.1
    daemon.stop()


def test_many_listen_sessions_leave_nothing_behind(make_db, recurd):
    db = make_db(optional=("wakeup",))
    daemon = recurd(db, listen_dsn=db.dsn, reconnect_limit="300ms")
    daemon.expect("listening")
    daemon.expect("connected", conn="main")
    wait_until(lambda: db.sessions() == 2, what="the probe has gone")
    fds = daemon.fds()
    for n in range(2, 7):
        db.execute("select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'")
        daemon.expect("listening", count=n)
    wait_until(lambda: daemon.fds() == fds)
    daemon.stop()


def test_it_says_when_it_is_deaf(make_db, recurd, pgbouncer):
    """LISTEN through a pooler in transaction mode reports success and delivers nothing."""
    db = make_db(optional=("wakeup",))
    db.go_live()
    pooler = pgbouncer()
    daemon = recurd(db, listen_dsn=pooler.dsn_for(db), poll_interval="100ms")
    daemon.expect("deaf", timeout=30)
    task = db.add_task(remind=timedelta(0))
    daemon.expect("reminder", task=task)
    daemon.stop()
