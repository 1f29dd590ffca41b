"""A row over which the server's process dies, each time: a crash of all of its sessions."""

from datetime import timedelta

import pytest

from faults.oracle import Oracle
from harness.util import wait_until

AGO = timedelta(seconds=-1)
DAILY = {"frequency": "daily"}
OPTIONS = {"batch_size": 8, "poll_interval": "50ms", "reconnect_limit": "200ms"}
# Kills its own backend, as a broken index or a bad extension does.
KILLER = """
    create function die() returns trigger language plpgsql security definer as $$
    begin
        if new.title = 'poison' then
            execute format('copy (select 1) to program %L', 'kill -9 ' || pg_catalog.pg_backend_pid());
        end if;
        return new;
    end $$;
    create trigger die before insert or update on tasks for each row execute function die();"""
OFF = "alter table tasks disable trigger die"
ON = "alter table tasks enable trigger die"


@pytest.fixture
def db(make_cluster):
    database = make_cluster().create_migrated()
    database.go_live(database.now() - timedelta(days=1))
    database.psql(KILLER)
    return database


def again(db):
    """After a crash of the server our own session is a new one."""
    db.close()
    return db


def up(db, query, params=None):
    """As db.value, and None while the server is recovering."""
    try:
        return db.value(query, params)
    except Exception:
        again(db)
        return None


def test_a_template_that_kills_its_backend_waits_alone(db, recurd, tally):
    """Fault 3, of one row's own doing: it was tried with all the others, for ever, and nobody's tasks were made.

    Now batches shrink from the second loss on, the one row is found, said, and left for half a minute and more.
    """
    healthy = [db.add_template(AGO, DAILY, user=db.add_user()) for _ in range(7)]
    poison = db.add_template(AGO, DAILY, user=db.add_user(), title="poison")
    daemon = recurd(db, **OPTIONS)
    line = daemon.expect("held", template=poison)
    assert line.priority == 3 and "the session ends whenever its task is written" in line["reason"]
    made = "select count(distinct recurring_task_id) from tasks where recurring_task_id = any(%s)"
    wait_until(lambda: up(db, made, (healthy,)) == 7, what="the others have theirs")
    lost = len(daemon.seen("connection_lost"))
    assert lost <= 8, "and the server is left in peace"
    later = db.add_template(AGO, DAILY, user=db.add_user())
    wait_until(lambda: up(db, made, ([later],)) == 1, what="and so it stays")
    assert len(daemon.seen("connection_lost")) == lost and not db.occurrences(poison)
    daemon.stop()
    db.execute(OFF)
    second = recurd(db, **OPTIONS)
    wait_until(lambda: db.occurrences(poison), what="once it is mended")
    second.stop()
    tally(injected=lost)


def test_a_reminder_that_kills_its_backend_waits_alone(db, recurd, tally):
    """Fault 3, likewise for reminders."""
    db.execute(OFF)
    healthy = [db.add_task(remind=AGO) for _ in range(7)]
    poison = db.add_task(remind=AGO, title="poison")
    db.execute(ON)
    daemon = recurd(db, **OPTIONS)
    line = daemon.expect("reminder_refused", task=poison)
    assert line.priority == 3
    told = "select count(*) from recurd.notifications where task_id = any(%s)"
    wait_until(lambda: up(db, told, (healthy,)) == 7, what="the others are told")
    lost = len(daemon.seen("connection_lost"))
    assert lost <= 12 and up(db, told, ([poison],)) == 0
    daemon.stop()
    tally(injected=lost)
