"""The optional session that LISTENs: what it leaves behind, and whether it hears."""

from datetime import timedelta

from harness.util import wait_until


def test_many_listen_sessions_leave_nothing_behind(make_db, recurd):
    db = make_db(optional=("wakeup",))
    daemon = recurd(db, listen_dsn=db.dsn, reconnect_limit="300ms")
    daemon.expect("listening")
    daemon.expect("connected", conn="main")
    wait_until(lambda: db.sessions() == 2, what="the probe has gone")
    fds = daemon.steady_fds()
    for n in range(2, 7):
        db.execute("select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'")
        daemon.expect("listening", count=n)
    wait_until(lambda: daemon.fds() <= fds, what="as many descriptors as before")
    daemon.stop()


def test_it_says_when_it_is_deaf(make_db, recurd, pgbouncer):
    """LISTEN through a pooler in transaction mode reports success and delivers nothing."""
    db = make_db(optional=("wakeup",))
    db.go_live()
    pooler = pgbouncer()
    daemon = recurd(db, listen_dsn=pooler.dsn_for(db), poll_interval="100ms")
    daemon.expect("deaf")
    task = db.add_task(remind=timedelta(0))
    daemon.expect("reminder", task=task)
    daemon.stop()
