"""Fail-over to a standby: replicated, with a lost tail, and while there is only a standby."""

import time
from datetime import timedelta

import pytest

from harness.database import Database
from harness.standby import Standby
from harness.util import holds_for, wait_until

HOURLY = {"frequency": "hourly"}
SOON = timedelta(milliseconds=300)
RECONNECTED_WITHIN = 10

# All that recurd says of an occurrence or a reminder, here and to its consumers.
TASKS = """
    select id, recurring_task_id, occurrence_at, title, due_date from tasks
     where recurring_task_id is not null order by id"""
NOTIFICATIONS = "select key, kind, task_id, template_id, user_id, at from recurd.notifications order by key"


@pytest.fixture
def pair(make_cluster):
    """A primary with an application's database in it, and a standby that follows."""
    primary = make_cluster(hot_standby_feedback="on")
    db = primary.create_migrated()
    db.go_live(db.now() - timedelta(days=30))
    standby = Standby(primary)
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


def done(db):
    return db.value("select not exists (select from recurring_tasks where next_due_at <= recurd.now())")


def verify_exact(db, templates, each):
    counts = db.rows(
        "select count(*) filter (where n <> %s) as wrong, count(*) as templates from (select count(k.id) as n"
        " from recurring_tasks t left join tasks k on k.recurring_task_id = t.id group by t.id) x",
        (each,),
    )
    assert counts == [{"wrong": 0, "templates": templates}]
    made = "select count(distinct (recurring_task_id, occurrence_at)) from tasks where recurring_task_id is not null"
    assert db.value(made) == templates * each
    assert db.value("select count(*) from recurd.notifications where kind = 'task_created'") == templates * each


def test_a_promoted_standby(pair, recurd, tally):
    """Fault 7: the primary dies in the middle of much work, its synchronous standby is promoted.

    Nothing that was committed is lost, and with the configuration as shipped the daemons work on the new
    primary within 10 s.
    """
    db, standby = pair
    db.cluster.configure(synchronous_standby_names="*")
    db.add_templates(1200, timedelta(hours=-2, seconds=-1), users=20, rule=HOURLY)
    dsn = of_both(db, standby)
    daemons = [recurd(db, dsn=dsn, batch_size=60, log_rate=0, worker_name=f"w{n}") for n in range(2)]
    wait_until(lambda: db.value("select count(*) from tasks") > 300, 30)
    db.cluster.stop("kill")
    killed = time.monotonic()
    standby.promote()
    promoted = time.monotonic()
    after = Database(standby, db.name)
    replicated = after.value("select count(*) from tasks")
    assert not done(after), "died in the middle"
    wait_until(lambda: after.value("select count(*) from tasks") > replicated, 15, "work goes on")
    assert time.monotonic() - promoted < RECONNECTED_WITHIN
    recovery = time.monotonic() - killed
    wait_until(lambda: done(after), 60)
    for daemon in daemons:
        daemon.stop()
    verify_exact(after, 1200, 3)
    tally(recovery=recovery)


def test_a_standby_that_lost_the_tail(pair, recurd, tally):
    """Fault 8: the standby had missed the last commits when the primary died: what they made is made again.

    Ids, keys and all that they say come out the same, so that a consumer knows what it has had already.
    """
    db, standby = pair
    db.add_templates(30, timedelta(hours=-2, seconds=-1), users=3, rule=HOURLY)
    tasks = [db.add_task(remind=timedelta(hours=-1)) for _ in range(5)]
    standby.wait_caught_up()
    standby.stop()
    daemon = recurd(db, dsn=of_both(db, standby), reconnect_limit="500ms")
    wait_until(lambda: done(db) and len(db.notifications("reminder")) == len(tasks), 30)
    before = db.rows(TASKS), db.rows(NOTIFICATIONS)
    mark = daemon.mark()
    db.cluster.stop("kill")
    killed = time.monotonic()
    standby.start()
    standby.promote()
    after = Database(standby, db.name)
    wait_until(lambda: done(after) and len(after.notifications("reminder")) == len(tasks), 30, "all is made again")
    recovery = time.monotonic() - killed
    assert (after.rows(TASKS), after.rows(NOTIFICATIONS)) == before
    verify_exact(after, 30, 3)
    said = {
        since: {line["key"]: facts(line) for line in daemon.seen(since=since) if "key" in line}
        for since in (0, mark)
    }
    assert said[mark] == said[0] and len(said[0]) == 30 * 3 + len(tasks), "said again in the same words"
    daemon.stop()
    tally(recovery=recovery)


def facts(line):
    return {key: value for key, value in line.items() if key != "late_ms"}


@pytest.mark.parametrize("attributes", ["read-write", "any"])
def test_only_a_standby_is_left(pair, recurd, tally, attributes):
    """Fault 9: the only server that can be reached is a standby, whether libpq may connect to it or not.

    recurd waits, says for what, and writes nothing; promoted, the standby is served.
    """
    db, standby = pair
    dsn = of_both(db, standby, target_session_attrs=attributes)
    daemon = recurd(db, dsn=dsn, poll_interval="50ms", reconnect_limit="500ms")
    template = db.add_template(SOON)
    wait_until(lambda: db.occurrences(template))
    late = db.add_template(timedelta(seconds=2))
    standby.wait_caught_up()
    db.cluster.stop()
    mark = daemon.mark()
    if attributes == "any":
        assert "standby" in daemon.expect("database_unfit", since=mark, count=3)["msg"]
        daemon.notify.expect("STATUS", "standby")
    else:
        wait_until(lambda: [line for line in daemon.seen("connect_failed", mark) if "read-only" in line.raw], 15)
        daemon.notify.expect("STATUS", "read-only")
    after = Database(standby, db.name)
    wait_until(lambda: after.now() > after.template(late)["next_due_at"], what="due meanwhile")
    sessions = len(daemon.seen(since=mark))
    holds_for(lambda: not after.occurrences(late) and daemon.process.poll() is None, 0.5)
    assert len(daemon.seen(since=mark)) - sessions < 20, "it does not hammer the standby"
    standby.promote()
    promoted = time.monotonic()
    wait_until(lambda: after.occurrences(late), 10)
    recovery = time.monotonic() - promoted
    assert len(after.occurrences(template)) == len(after.occurrences(late)) == 1
    daemon.stop()
    tally(recovery=recovery)
