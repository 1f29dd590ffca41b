"""Polls and claims under a transaction that holds its snapshot: dead index entries stay, and are not read again
and again; what lies below the bound is found all the same."""

from datetime import timedelta

import pytest

from harness.util import wait_until

DEAD = 40_000
POLL = "select coalesce(sum(calls), 0)::int as calls, coalesce(sum(shared_blks_hit), 0)::bigint as pages from pg_stat_statements" \
    " where query like '%k.remind_at > recurd.now()%from recurd.causes) c%group by c.kind%' and dbid = (select oid from pg_database where datname = current_database())"


def held(db):
    """A transaction that sees the database as it is now, for as long as it is open."""
    old = db.connect(autocommit=False)
    old.execute("set transaction isolation level repeatable read")
    old.execute("select count(*) from recurd.settings")
    return old


@pytest.fixture
def rotten_db(app_db):
    """Tens of thousands of reminders that were told while a snapshot is held."""
    app_db.go_live(app_db.now() - timedelta(days=1))
    app_db.execute("create extension if not exists pg_stat_statements")
    app_db.add_user("u")
    app_db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
        " select 'k-' || i, 'x', false, 'u', now(), now(), recurd.now() - (600 + random() * 600) * interval '1 s'"
        " from generate_series(1, %s) i",
        (DEAD,),
    )
    old = held(app_db)
    app_db.execute("update tasks set reminded_at = remind_at")
    yield app_db
    old.close()


@pytest.mark.slow
def test_polls_do_not_wade_through_dead_entries(rotten_db, recurd):
    daemon = recurd(rotten_db, poll_interval="20ms")
    before = rotten_db.row(POLL)
    wait_until(lambda: rotten_db.row(POLL)["calls"] >= before["calls"] + 100, what="a hundred polls")
    after = rotten_db.row(POLL)
    pages = (after["pages"] - before["pages"]) / (after["calls"] - before["calls"])
    assert pages < DEAD / 4, f"{pages:.0f} pages a poll"
    daemon.stop()


@pytest.mark.slow
def test_what_is_dated_back_below_the_bound_is_found(rotten_db, recurd):
    daemon = recurd(rotten_db, poll_interval="20ms")
    before = rotten_db.row(POLL)["calls"]
    wait_until(lambda: rotten_db.row(POLL)["calls"] >= before + 20, what="bounded polls")
    task = rotten_db.add_task(remind=-timedelta(minutes=30))
    template = rotten_db.add_template(-timedelta(minutes=30))
    daemon.expect("reminder", task=task)
    daemon.expect("generated", template=template)
    daemon.stop()
