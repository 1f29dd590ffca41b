"""What workers run with, where they differ, who is dead, and consumers that say how far they are."""

import shlex
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from harness.ctl import DATA, FOUND, USAGE, ctl_json, run_ctl
from harness.daemon import once
from harness.util import wait_until

UTC = timezone.utc
NOW = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)
DAILY = {"frequency": "daily"}


@pytest.fixture
def db(app_db):
    app_db.freeze(NOW)
    app_db.go_live()
    return app_db


def add_worker(db, name, seen=timedelta(0), **columns):
    columns = {"version": "1.0", "tzdata": "2025b", "options": "app_schema=public notify=on", **columns}
    names = ", ".join(columns)
    db.execute(
        f"insert into recurd.workers (id, name, pid, started_at, seen_at, heartbeat, {names})"
        f" values (gen_random_uuid(), %s, 1, recurd.now() - interval '3 days', %s, '30 s', {', '.join(['%s'] * len(columns))})",
        (name, db.now() - seen, *columns.values()))


# What they run with -------------------------------------------------------------------------------


def test_a_worker_says_what_it_runs_with(db, recurd):
    worker = recurd(db, worker_name="alpha", heartbeat_interval="1s")
    [row] = wait_until(lambda: ctl_json(db, "workers"))
    assert row["file"] == str(worker.conf) and row["options"] == "app_schema=public notify=on"
    assert row["tzdata"] == worker.expect("started")["tzdata"]
    worker.write_config(notify=False, worker_name="beta")
    worker.kill(1)
    wait_until(lambda: [(r["name"], r["options"]) for r in ctl_json(db, "workers")] == [("beta", "app_schema=public notify=off")])
    worker.stop()


def test_status_tells_where_live_workers_differ(db):
    """Whose time zone data are older makes other tasks; who works in another schema makes none here."""
    add_worker(db, "a")
    assert ctl_json(db, "status")["workers_differ"] is None
    add_worker(db, "b", version="2.0", tzdata="2024a")
    add_worker(db, "c", options="app_schema=app notify=on")
    add_worker(db, "gone", seen=timedelta(hours=2), version="0.1")
    add_worker(db, "old", tzdata=None, options=None)
    differ = ctl_json(db, "status")["workers_differ"]
    assert differ == ("version: 1.0 (a, c, old), 2.0 (b); time zone data: 2024a (b), 2025b (a, c), unknown (old);"
                      " options: app_schema=app notify=on (c), app_schema=public notify=on (a, b)")
    assert f"Live workers differ in {differ}" in run_ctl(db, "workers").text
    assert differ in run_ctl(db, "status").text


# The dead -----------------------------------------------------------------------------------------


def test_what_counts_is_that_the_work_is_served(db):
    """Containers have a new name each time: their dead kept --check red for a day."""
    add_worker(db, "pod-1", seen=timedelta(hours=2))
    assert "0 workers alive" in run_ctl(db, "status", "--check", expect=FOUND).text
    add_worker(db, "pod-2")
    assert run_ctl(db, "status", "--check").text == "ok\n"
    assert "1 workers dead" in run_ctl(db, "status", "--check", "--max-dead", "0", expect=FOUND).text


def test_the_dead_can_be_forgotten_and_the_living_not(db):
    for name in ("pod-1", "pod-2", "pod-3"):
        add_worker(db, name, seen=timedelta(hours=2))
    add_worker(db, "alive")
    assert "stopped, not forgotten" in run_ctl(db, "workers", "--forget", "alive", expect=DATA).errors
    assert [row["name"] for row in ctl_json(db, "workers", "--forget", "pod-2")] == ["pod-2"]
    assert {row["name"] for row in ctl_json(db, "workers", "--forget", "--dead")} == {"pod-1", "pod-3"}
    assert run_ctl(db, "workers", "--dead").text == "no worker is dead\n"
    run_ctl(db, "workers", "--dead", "--forget", "x", expect=USAGE)
    assert [row["name"] for row in ctl_json(db, "workers")] == ["alive"]


def test_who_may_not_forget_is_told_which_role_may(db):
    db.execute("drop role if exists forgetful; create role forgetful login in role recurd_reader")
    try:
        add_worker(db, "pod-1", seen=timedelta(hours=2))
        refused = run_ctl(None, "workers", "--dead", dsn=db.dsn_as("forgetful"), expect=78).errors
        assert 'grant recurd_worker to "forgetful"' in refused
        db.execute("grant recurd_worker to forgetful")
        run_ctl(None, "workers", "--dead", dsn=db.dsn_as("forgetful"))
    finally:
        db.execute("drop role forgetful")


# Retention and consumers --------------------------------------------------------------------------


def add_notifications(db, count, age):
    return db.column(
        "insert into recurd.notifications (key, kind, user_id, task_id, at, created_at)"
        " select gen_random_uuid(), 'reminder', 'u', 't', recurd.now(), %s from generate_series(1, %s) returning id",
        (db.now() - age, count))


def ids(db):
    return db.column("select id from recurd.notifications order by id")


def test_the_first_start_says_how_long_rows_are_kept(app_db):
    [line] = [line for line in once(app_db) if line["event"] == "first_start"]
    assert "kept for 90d" in line["msg"] and "settings set notification_retention 0" in line["msg"]
    assert not [line for line in once(app_db) if line["event"] == "first_start"]
    assert any(f["check"] == "retention" and "90d" in f["detail"] for f in ctl_json(app_db, "preflight")["findings"])


def test_what_an_upgrade_is_about_to_delete_is_told_first(db, recurd):
    """A database that had kept everything lost it with the first heartbeat of the new version, without a line."""
    old = add_notifications(db, 3, timedelta(days=200))
    [finding] = [f for f in ctl_json(db, "preflight")["findings"] if f["check"] == "retention"]
    assert "3 notifications are that old now" in finding["detail"]
    worker = recurd(db, heartbeat_interval="1s", poll_interval="20ms")
    line = worker.expect("prune")
    assert (line["rows"], line["older_than"]) == ("3", "90d") and "settings set notification_retention 0" in line["reason"]
    assert ids(db) == old, "told, and then done"
    wait_until(lambda: ids(db) == [])
    worker.stop()
    add_notifications(db, 1, timedelta(days=90, hours=1))
    worker = recurd(db, heartbeat_interval="1s", poll_interval="20ms")
    wait_until(lambda: ids(db) == [])
    assert not worker.seen("prune"), "what grew old meanwhile is no news"
    worker.stop()


def test_rows_are_kept_for_90_days_or_for_ever(db, recurd):
    kept = add_notifications(db, 2, timedelta(days=89))
    old = add_notifications(db, 2, timedelta(days=91))
    run_ctl(db, "settings", "set", "notification_retention", "0")
    worker = recurd(db, heartbeat_interval="1s", poll_interval="20ms")
    wait_until(lambda: worker.seen("settings") and ctl_json(db, "workers"))
    assert ids(db) == kept + old
    run_ctl(db, "settings", "reset", "notification_retention")
    wait_until(lambda: ids(db) == kept)
    worker.stop()


def test_nothing_is_deleted_before_a_consumer_has_done_it(db, recurd):
    """Two consumers: what the slower one has not done stays, in whatever order rows became visible."""
    first = add_notifications(db, 3, timedelta(days=100))
    second = add_notifications(db, 3, timedelta(days=95))
    late = add_notifications(db, 1, timedelta(days=99))  # a higher id with an earlier instant
    new = add_notifications(db, 1, timedelta(days=1))
    db.execute("insert into recurd.consumers (name, done_through) values ('mail', %s), ('push', %s)", (late[0], second[0]))
    worker = recurd(db, heartbeat_interval="1s", poll_interval="20ms")
    wait_until(lambda: ids(db) == second[1:] + late + new)
    listed = {row["name"]: row for row in ctl_json(db, "consumers")}
    assert (listed["push"]["behind"], listed["mail"]["behind"]) == (4, 1)
    assert listed["push"]["lag_seconds"] == 95 * 86400
    add_worker(db, "here")
    problem = run_ctl(db, "status", "--check", expect=FOUND).text
    assert "consumer push is 95d behind with 4 notifications" in problem and "consumer mail" not in problem
    assert "recurctl consumers --forget push" in problem
    db.execute("update recurd.consumers set done_through = %s where name = 'push'", (second[1],))
    wait_until(lambda: ids(db) == second[2:] + late + new)
    assert ctl_json(db, "consumers", "--forget", "push")[0]["name"] == "push"
    wait_until(lambda: ids(db) == new)
    assert run_ctl(db, "status", "--check", "--max-consumer-lag", "2d").text == "ok\n"
    assert "no consumer" in run_ctl(db, "consumers", "--forget", "push", expect=DATA).errors
    run_ctl(db, "consumers", "--forget", "mail")
    assert "by their age alone" in run_ctl(db, "consumers").text
    worker.stop()


def test_what_a_consumer_says_of_itself_is_checked(db):
    """One said it had done what was not there yet, and nothing was kept for it; one had a name of 10 kB."""
    last = add_notifications(db, 2, timedelta(days=1))[-1]
    db.execute("insert into recurd.consumers (name) values ('mail')")
    for wrong, words in (("done_through = %s + 1", "expected an id of recurd.notifications, "), ("done_through = -%s", "ck_consumers_done_through"),
                         ("since = 'infinity', done_through = %s", "ck_consumers_since"),
                         ("seen_at = '-infinity', done_through = %s", "ck_consumers_since"),
                         ("name = '', done_through = %s", "ck_consumers_name"), ("name = ' a', done_through = %s", "ck_consumers_name"),
                         ("name = e'a\\nb', done_through = %s", "ck_consumers_name"),
                         ("name = repeat('x', 201), done_through = %s", "ck_consumers_name")):
        with pytest.raises(psycopg.Error, match=words):
            db.execute(f"update recurd.consumers set {wrong}", (last,))
    db.freeze(NOW + timedelta(hours=1))
    db.execute("update recurd.consumers set done_through = %s", (last,))
    assert ctl_json(db, "consumers")[0]["seen_at"] == "2026-06-01T08:00:00Z", "that it moved is seen, whatever it writes"
    db.execute("delete from recurd.notifications")
    db.execute("update recurd.consumers set done_through = done_through")
    db.execute("update recurd.consumers set done_through = %s", (last - 1,))


def test_a_consumer_that_never_moves_is_told_by_status(db):
    """It keeps everything for ever, and nobody was told but by --check."""
    add_notifications(db, 3, timedelta(days=40))
    assert ctl_json(db, "status")["consumers_behind"] is None
    db.execute("insert into recurd.consumers (name) values ('it''s mail')")
    told = "consumer it's mail is 40d behind with 3 notifications, which are kept for it; if it is no more: recurctl consumers --forget \"it's mail\""
    assert ctl_json(db, "status")["consumers_behind"] == told
    assert told in run_ctl(db, "status").text.replace("Consumer", "consumer")
    words = shlex.split(told[told.index("recurctl"):])
    run_ctl(db, *words[1:])
    assert ctl_json(db, "status")["consumers_behind"] is None
