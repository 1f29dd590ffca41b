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
WAITING = "select array_agg(id) from recurd.waiting where cause = 'killing' and tries > 6"
# Two that end over everybody, then groups of at most 32, 16, 8, 4, 2, 1.
LOSSES = 2 + 6
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

    Now the rows of the second loss wait as suspects, groups of them are halved with each further loss, and the one
    row is found, and left for half a minute and more.
    """
    healthy = [db.add_template(AGO, DAILY, user=db.add_user()) for _ in range(7)]
    poison = db.add_template(AGO, DAILY, user=db.add_user(), title="poison")
    daemon = recurd(db, **OPTIONS)
    line = daemon.expect("held", template=poison)
    assert line.priority == 3 and "the session ends when it is written" in line["reason"]
    made = "select count(distinct recurring_task_id) from tasks where recurring_task_id = any(%s)"
    wait_until(lambda: up(db, made, (healthy,)) == 7, what="the others have theirs")
    wait_until(lambda: up(db, WAITING) == [poison], what="it alone is proven")
    wait_until(lambda: len(daemon.seen("connection_lost")) == LOSSES, what="after that many losses")
    wait_until(lambda: up(db, "select true"), what="the server is back")
    lost = LOSSES  # and the server is left in peace
    later = db.add_template(AGO, DAILY, user=db.add_user())
    wait_until(lambda: up(db, made, ([later],)) == 1, what="and so it stays")
    assert len(daemon.seen("connection_lost")) == lost and not db.occurrences(poison)
    daemon.stop()
    db.execute(OFF)
    db.time_travel(timedelta(seconds=30))  # no restart forgets how long it waits
    second = recurd(db, **OPTIONS)
    wait_until(lambda: db.occurrences(poison), what="once it is mended")
    wait_until(lambda: db.value("select count(*) from recurd.waiting") == 0, what="and nobody waits any more")
    second.stop()
    tally(injected=LOSSES)


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
    wait_until(lambda: up(db, WAITING) == [poison], what="it alone is proven")
    wait_until(lambda: len(daemon.seen("connection_lost")) == LOSSES, what="after that many losses")
    wait_until(lambda: up(db, "select true"), what="the server is back")
    assert up(db, told, ([poison],)) == 0
    daemon.stop()
    tally(injected=LOSSES)
