"""SIGHUP with a file that is wrong, SIGTERM at the worst moment."""

import signal
import time
from datetime import timedelta

import pytest

from faults.oracle import Oracle
from harness.util import SLOWNESS, wait_until

DAILY = {"frequency": "daily"}
NOW = timedelta(0)
LINES = {"log_rate": 1000000, "poll_interval": "50ms", "reconnect_limit": "200ms"}


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


# Lines before a good file that would switch NOTIFY off, and what the complaint must name.
BAD = {
    'batch_size = "none"\n': "recurd.conf:1:",
    '\n\nno_such_option = "1"\n': "recurd.conf:3:",
    'batch_size = "7"\nbatch_size = "8"\n': "recurd.conf:2:",
    'poll_interval = "': "recurd.conf:1:",
    'password_file = "/nowhere/password"\n': "/nowhere/password",
    'default_time_zone = "Europe/Berlin"\n': "recurctl settings set default_time_zone Europe/Berlin",
    'listen_dsn = "host=a,b port=1,2,3"\n': "listen_dsn",
    'app_schema = "elsewhere"\n': "app_schema",
}


def test_a_bad_reload_changes_nothing(db, recurd, tally):
    """Fault 28: SIGHUP with files that are wrong in their first line, their last, or only in what they mean.

    Each is refused whole, with the place; the configuration before stays in force, and the work goes on,
    also while a batch is under way.  A good file then takes effect at once.
    """
    oracle = Oracle(db)
    daemon = recurd(db, **LINES)
    good = daemon.conf.read_text()
    for count, (text, place) in enumerate(BAD.items(), 1):
        daemon.write_config(text=text + good + 'notify = "off"\n')
        oracle.add_template(NOW, DAILY)
        mark = daemon.mark()
        daemon.kill(signal.SIGHUP)
        line = daemon.expect("reload_failed", since=mark)
        assert place in line["msg"] and line.priority <= 3
        daemon.notify.expect("READY", count=count + 1)
    daemon.conf.unlink()
    daemon.kill(signal.SIGHUP)
    daemon.expect("reload_failed", count=len(BAD) + 1)
    oracle.add_template(NOW, DAILY)
    took = oracle.settle()
    assert not daemon.seen("reloaded")
    oracle.check([daemon])  # every instance has its notification

    daemon.write_config(text=good + 'notify = "off"\n')
    daemon.kill(signal.SIGHUP)
    daemon.expect("reloaded")
    with db.connect() as listener:
        heard = []
        listener.add_notify_handler(heard.append)
        listener.execute("listen recurd")
        template = db.add_template(NOW, DAILY)
        wait_until(lambda: db.occurrences(template))
        daemon.stop()
        listener.execute("select 1")
        assert heard == []
    tally(injected=len(BAD) + 1, recovery=took)


def test_a_reload_amid_work_on_zones(db, recurd, tally):
    """Fault 28: SIGHUP while statements about zones are out; a reload had freed what the next of them was about."""
    held = db.add_user("held-zones")
    db.psql(
        "create table gate (); grant select on gate to public; create function at_gate() returns trigger language plpgsql as"
        " $$ begin while not exists (select from gate) loop perform pg_sleep(0.01); end loop; return new; end $$;"
        "create trigger at_gate before insert on recurd.zones for each row execute function at_gate()"
    )
    zones = ("Africa/Cairo", "America/Lima", "Asia/Tokyo", "Europe/Berlin", "Pacific/Apia")
    oracle = Oracle(db)
    for zone in zones:
        oracle.add_template(NOW, DAILY | {"timeZone": zone}, user=held)
    daemon = recurd(db, connections=2, **LINES)
    waiting = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and query like '%recurd.zones%'"
    wait_until(lambda: db.value(waiting), what="a zone is being recorded")
    took = oracle.settle()
    daemon.kill(signal.SIGHUP)
    daemon.expect("reloaded")
    db.execute("insert into gate default values")
    recorded = "select count(*) from recurd.zones where name = any(%s)"
    wait_until(lambda: db.value(recorded, (list(zones),)) == len(zones), what="all zones are recorded")
    daemon.stop()
    tally(recovery=took, **oracle.check([daemon]))


def test_sigterm_finishes_the_batch(db, recurd, tally):
    """Fault 28: SIGTERM while thousands are due: whole batches, no line of one that was not written."""
    oracle = Oracle(db)
    db.add_templates(2000, timedelta(seconds=-1), users=5)
    oracle.note()
    first = recurd(db, batch_size=200, **LINES)
    first.expect("generated")
    began = time.monotonic()
    first.stop()
    assert time.monotonic() - began < 5 * SLOWNESS
    made = db.value("select count(*) from tasks")
    assert made % 200 == 0 and made > 0, "whole batches"
    assert made == db.value("select count(*) from recurring_tasks where next_due_at > recurd.now()")
    assert len(first.seen("generated")) == made
    assert db.value("select count(*) from recurd.workers") == 0
    second = recurd(db, **LINES)
    took = oracle.settle()
    second.stop()
    tally(recovery=took, **oracle.check([first, second]))


def test_sigterm_in_a_batch_that_does_not_end(db, recurd, tally):
    """Fault 28: a trigger of the application sleeps for half a minute in our transaction when SIGTERM comes.

    The end comes in less than five seconds and gives up the batch; its server process notices that nobody
    listens when it is done, rolls back, and the next worker makes everything, once.
    """
    db.psql(
        "create function dawdle() returns trigger language plpgsql as"
        " $$ begin perform pg_sleep(30); return new; end $$;"
        "create trigger dawdle before insert on tasks for each row when (new.occurrence_at is not null)"
        " execute function dawdle()"
    )
    oracle = Oracle(db)
    oracle.add_template(NOW, DAILY)
    oracle.add_task(NOW)
    first = recurd(db, statement_timeout="5s", **LINES)
    sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    wait_until(lambda: db.value(sleeping), what="the batch hangs")
    began = time.monotonic()
    first.kill(signal.SIGTERM)
    assert first.wait() == 0
    assert time.monotonic() - began < 5 * SLOWNESS
    first.check_clean()
    told, gives_up = first.seen("stopping")
    assert "giving it up" in gives_up["msg"] and gives_up.received - told.received < 4 + SLOWNESS
    wait_until(lambda: not db.value(sleeping), what="the server's limit ends what was given up")
    db.execute("drop trigger dawdle on tasks")
    second = recurd(db, **LINES)
    took = oracle.settle()
    second.stop()
    tally(recovery=took, **oracle.check([first, second]))


@pytest.fixture
def gate(db):
    """Holds batches open: none that makes a task goes on before gate() is called."""
    db.psql(
        "create table gate (); create function at_gate() returns trigger language plpgsql as"
        " $$ begin while not exists (select from gate) loop perform pg_sleep(0.01); end loop; return new; end $$;"
        "create trigger at_gate before insert on tasks for each row when (new.occurrence_at is not null)"
        " execute function at_gate()"
    )
    return lambda: db.execute("insert into gate default values")


@pytest.mark.parametrize("order", ["reload after the signal to stop", "reload before it"])
def test_a_stop_is_not_undone_by_a_reload(db, recurd, gate, tally, order):
    """Fault 28: SIGHUP comes during a stop, or is still waiting for the batch under way when the stop begins.

    In a stop it is refused, with a line; either way the batch is finished, no session is opened any more, and the
    end is a clean one.
    """
    oracle = Oracle(db)
    oracle.add_template(NOW, DAILY)
    daemon = recurd(db, connections=2, **LINES)
    held = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    wait_until(lambda: db.value(held), what="a batch is held open")
    daemon.expect("connected", count=2)
    mark = daemon.mark()
    if order == "reload before it":
        daemon.kill(signal.SIGHUP)
        daemon.expect("reloaded")
    daemon.kill(signal.SIGTERM)
    daemon.expect("stopping")
    if order != "reload before it":
        daemon.kill(signal.SIGHUP)
        assert "stopping" in daemon.expect("reload_failed")["msg"]
    gate()
    assert daemon.wait() == 0
    daemon.check_clean()
    assert len(daemon.seen("stopping")) == 1, "the batch was not given up"
    assert not daemon.seen("connected", since=mark)
    assert db.value("select count(*) from tasks") == 1
    assert db.value("select count(*) from recurd.workers") == 0, "it took its leave"
    tally(**oracle.check([daemon]))


def test_it_ends_while_the_database_is_mute(db, recurd, proxy, tally):
    """Fault 28: SIGTERM while no answer comes from the network; a second SIGTERM does not wait at all."""
    net = proxy()
    for kills in (1, 2):
        daemon = recurd(db, dsn=net.dsn_for(db), **LINES)
        net.stall()
        began = time.monotonic()
        daemon.kill(signal.SIGTERM)
        if kills == 2:
            daemon.expect("stopping")
            daemon.kill(signal.SIGTERM)
        assert daemon.wait() == 0
        assert time.monotonic() - began < (5 if kills == 1 else 3) * SLOWNESS
        daemon.check_clean()
        net.resume()
    tally(injected=2)
