"""Fail-over to a standby: replicated, with a lost tail, and while there is only a standby."""

import signal
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest

from faults.serving import DAILY, FAST, count_tasks, oracle_of
from harness.database import Database
from harness.standby import Standby
from harness.util import holds_for, wait_until

RECONNECTED_WITHIN = 10
CONNECT_TIMEOUT = 5  # which a host may take that is before the new primary, and mute

# All that recurd says of an occurrence or a reminder, here and to its consumers.
TASKS = """
    select id, recurring_task_id, occurrence_at, title, due_date from tasks
     where recurring_task_id is not null order by id"""
NOTIFICATIONS = "select key, kind, task_id, template_id, user_id, at from recurd.notifications order by key"


@pytest.fixture
def pair(make_cluster, pristine):
    """A primary with an application's database in it, and a standby that follows."""
    primary = make_cluster(hot_standby_feedback="on")
    db = primary.create_migrated()
    standby = Standby(primary, copy_of=pristine)
    try:
        standby.start()
        yield db, standby
    finally:
        standby.destroy()


def of_both(db, standby, **words):
    """A connection string with both hosts, the primary's first."""
    extra = "".join(f" {key}={value}" for key, value in words.items())
    ports = f"{db.cluster.port},{standby.port}"
    return f"host=127.0.0.1,127.0.0.1 port={ports} dbname={db.name} user=postgres{extra}"


@contextmanager
def held(*daemons):
    """Stopped for as long."""
    for daemon in daemons:
        daemon.kill(signal.SIGSTOP)
    yield
    for daemon in daemons:
        daemon.kill(signal.SIGCONT)


@pytest.mark.parametrize("outage", ["short", "long"])
def test_a_promoted_standby(pair, recurd, tally, outage):
    """Fault 7: the primary dies in the middle of much work, its synchronous standby is promoted, soon or late.

    Nothing that was committed is lost, and with the configuration as shipped the daemons work on the new
    primary within 10 s, also when their pauses have become as long as they get.  Those were up to 30 s.
    """
    db, standby = pair
    db.cluster.configure(synchronous_standby_names="*")
    oracle = oracle_of(db, templates=1200, each=3)
    dsn = of_both(db, standby)
    daemons = [recurd(db, dsn=dsn, batch_size=60, worker_name=f"w{n}", log_rate=1000000) for n in range(2)]
    wait_until(lambda: count_tasks(db) > 300)
    db.cluster.stop("kill")
    if outage == "long":
        for daemon in daemons:
            wait_until(lambda: len(pauses(daemon)) > 1, what="long pauses")
            assert max(pauses(daemon)) < RECONNECTED_WITHIN - CONNECT_TIMEOUT
    with held(*daemons):  # or they are done before we have looked
        standby.promote()
        oracle.db = after = Database(standby, db.name)
        replicated = count_tasks(after)
        assert not oracle.is_settled(), "died in the middle"
    promoted = time.monotonic()
    wait_until(lambda: count_tasks(after) > replicated, what="work goes on")
    recovery = time.monotonic() - promoted
    assert recovery < RECONNECTED_WITHIN
    oracle.settle(60)
    for daemon in daemons:
        daemon.stop()
    tally(recovery=recovery, **oracle.check(daemons))


def pauses(daemon):
    """In seconds, those of 2 s and more."""
    found = [int(line["retry_ms"]) / 1000 for line in daemon.seen("connect_failed") if "retry_ms" in line]
    return [pause for pause in found if pause >= 2]


def test_a_standby_that_lost_the_tail(pair, recurd, tally):
    """Fault 8: the standby had missed the last commits when the primary died: what they made is made again.

    Ids, keys and all that they say come out the same, so that a consumer knows what it has had already.
    """
    db, standby = pair
    oracle = oracle_of(db, templates=30, each=3, reminders=5)
    standby.wait_caught_up()
    standby.stop()
    daemon = recurd(db, dsn=of_both(db, standby), reconnect_limit="500ms")
    oracle.settle()
    before = db.rows(TASKS), db.rows(NOTIFICATIONS)
    mark = daemon.mark()
    db.cluster.stop("kill")
    killed = time.monotonic()
    standby.start()
    with held(daemon):
        standby.promote()
        oracle.db = after = Database(standby, db.name)
        assert not oracle.is_settled(), "the tail is lost"
    oracle.settle()
    recovery = time.monotonic() - killed
    assert (after.rows(TASKS), after.rows(NOTIFICATIONS)) == before
    keys = {line["key"] for line in daemon.seen(since=mark) if "key" in line}
    assert len(keys) == 30 * 3 + 5, "all of it was said again"
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


@pytest.mark.parametrize("attributes", ["read-write", "any"])
def test_only_a_standby_is_left(pair, recurd, tally, attributes):
    """Fault 9: the only server that can be reached is a standby, whether libpq may connect to it or not.

    recurd waits, says for what, and writes nothing; promoted, the standby is served.
    """
    db, standby = pair
    oracle = oracle_of(db, templates=1)
    dsn = of_both(db, standby, target_session_attrs=attributes)
    daemon = recurd(db, dsn=dsn, **FAST)
    oracle.settle()
    late = oracle.add_template(timedelta(seconds=2), DAILY)
    standby.wait_caught_up()
    db.cluster.stop()
    mark = daemon.mark()
    if attributes == "any":
        assert "standby" in daemon.expect("database_unfit", since=mark)["msg"]
        daemon.expect("connected", since=mark, count=3)
        daemon.notify.expect("STATUS", "standby")
    else:
        wait_until(lambda: [line for line in daemon.seen("connect_failed", mark) if "read-only" in line.raw])
        daemon.notify.expect("STATUS", "read-only")
    oracle.db = after = Database(standby, db.name)
    wait_until(lambda: after.now() > after.template(late)["next_due_at"], what="due meanwhile")
    lines = len(daemon.seen(since=mark))
    holds_for(lambda: not after.occurrences(late) and daemon.process.poll() is None, 0.5)
    assert len(daemon.seen(since=mark)) - lines < 20, "it does not hammer the standby"
    standby.promote()
    promoted = time.monotonic()
    oracle.settle()
    recovery = time.monotonic() - promoted
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))
