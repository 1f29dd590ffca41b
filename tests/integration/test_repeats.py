"""Tasks with a rule of their own come back when they are completed.

The business clock stands still unless a test moves it; recurd --once does what is due at that instant.
"""

import hashlib
import json
import signal
import threading
from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import ctl_json
from harness.daemon import once
from harness.util import wait_until

UTC = timezone.utc
MONDAY = datetime(2025, 2, 3, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DAILY = {"frequency": "daily"}


@pytest.fixture
def db(app_db):
    """Live since the eve of MONDAY, and it is MONDAY, an hour past ten."""
    app_db.freeze(MONDAY - DAY)
    app_db.go_live()
    app_db.freeze(MONDAY + timedelta(hours=1))
    return app_db


def complete(db, *ids, complete=True):
    db.execute("update tasks set is_complete = %s where id = any(%s)", (complete, list(ids)))


def successors(db, task):
    return db.rows("select * from tasks where repeat_of = %s", (task,))


def successor_id(task, due):
    """The id by the manual's words."""
    usec = round(due.timestamp() * 1_000_000)
    digest = bytearray(hashlib.sha256(b"repeat\0" + task.encode() + b"\0" + str(usec).encode()).digest())
    raw = bytearray((usec // 1000 & (1 << 48) - 1).to_bytes(6, "big") + digest[:10])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def tag(db, task, name):
    user = db.value("select user_id from tasks where id = %s", (task,))
    row_id = f"tag-{name}"
    db.execute("insert into tags (id, user_id, name, color, created_at) values (%s, %s, %s, '#123456', now())", (row_id, user, name))
    db.execute("insert into task_tags (task_id, tag_id) values (%s, %s)", (task, row_id))
    return row_id


def test_a_completed_task_comes_back(db):
    rule = DAILY | {"count": 5}
    task = db.add_task(remind=MONDAY - timedelta(minutes=30), rule=rule, title="Water", description="The fern", priority="high",
                       due_date=MONDAY)
    label = tag(db, task, "home")
    complete(db, task)

    log = once(db)

    (after,) = successors(db, task)
    assert after["id"] == successor_id(task, MONDAY + DAY)
    assert (after["title"], after["description"], after["priority"], after["is_complete"]) == ("Water", "The fern", "high", False)
    assert (after["due_date"], after["remind_at"]) == (MONDAY + DAY, MONDAY + DAY - timedelta(minutes=30))
    assert after["recurrence_rule"] == DAILY | {"count": 4} and after["reminded_at"] is None
    assert db.column("select tag_id from task_tags where task_id = %s", (after["id"],)) == [label]
    told = db.row("select * from recurd.notifications where kind = 'task_created'")
    assert (told["task_id"], told["template_id"], told["at"]) == (after["id"], None, MONDAY + DAY)
    (line,) = [line for line in log if line["event"] == "repeated"]
    assert (line["task"], line["repeat_of"], line["key"]) == (after["id"], task, told["key"])
    once(db)
    assert db.value("select count(*) from tasks") == 2


def test_completed_again_and_again_it_comes_back_once(db):
    task = db.add_task(rule=DAILY, due_date=MONDAY)
    complete(db, task)
    complete(db, task, complete=False)
    once(db)
    assert successors(db, task) == [], "reopened before anybody looked"
    complete(db, task)
    complete(db, task, complete=False)
    complete(db, task)
    once(db)
    complete(db, task, complete=False)
    once(db)
    complete(db, task)
    once(db)
    assert len(successors(db, task)) == 1
    assert db.value("select count(*) from recurd.repeats where completed_at is not null") == 0


def test_the_chain_ends(db):
    task = db.add_task(rule=DAILY | {"count": 3}, due_date=MONDAY)
    seen = [task]
    for _ in range(5):
        complete(db, seen[-1])
        log = once(db)
        seen += [row["id"] for row in successors(db, seen[-1])]
    assert len(seen) == 3
    decision = db.row("select * from recurd.decisions")
    assert (decision["task_id"], decision["template_id"], decision["kind"]) == (seen[-1], None, "ended")
    assert db.value("select count(*) from recurd.repeats") == 0


def test_what_hurts_nobody(db):
    """A rule that is wrong is told, waits for its mend, and is in nobody's way."""
    wrong = db.add_task(rule={"frequency": "hourlyish"}, due_date=MONDAY)
    endless = db.add_task(rule=DAILY, due_date="infinity")
    good = db.add_task(rule=DAILY, due_date=MONDAY)
    complete(db, wrong, endless, good)
    log = once(db)
    assert len(successors(db, good)) == 1 and db.value("select count(*) from tasks where repeat_of is not null") == 1
    failures = {row["task_id"]: row["failure"] for row in db.rows("select * from recurd.repeats where failed_at is not null")}
    assert set(failures) == {wrong, endless}
    assert "hourlyish" in failures[wrong] and "due_date" in failures[endless]
    assert {line["task"] for line in log if line["event"] == "quarantined"} == set(failures)
    once(db)
    assert db.value("select count(*) from recurd.decisions") == 2, "told once"
    db.execute("update tasks set recurrence_rule = %s where id = %s", (json.dumps(DAILY), wrong))
    db.execute("update tasks set due_date = %s where id = %s", (MONDAY, endless))
    given_up = [db.add_task(rule={"frequency": "hourlyish"}, due_date=MONDAY) for _ in range(2)]
    complete(db, *given_up)
    once(db)
    assert len(successors(db, wrong)) == len(successors(db, endless)) == 1
    for task, nothing in zip(given_up, (None, "null")):
        db.execute("update tasks set recurrence_rule = %s where id = %s", (nothing, task))
    once(db)
    assert db.value("select count(*) from recurd.repeats where completed_at is not null") == 0, "without a rule there is nothing to mend"


def test_what_does_not_come_back(db):
    """Instances of templates, what is deleted, tasks without a rule; what is inserted complete; where it is switched off."""
    template = db.add_template(MONDAY, DAILY)
    once(db)
    instance = db.value("select id from tasks")
    db.execute("update tasks set recurrence_rule = %s where id = %s", (json.dumps(DAILY), instance))
    deleted = db.add_task(rule=DAILY, due_date=MONDAY)
    plain = db.add_task(due_date=MONDAY)
    # JSON's null, as a model without none_as_null writes it: each such task that was completed got a warning.
    null, emptied = db.add_task(rule="null", due_date=MONDAY), db.add_task(rule=DAILY, due_date=MONDAY)
    db.add_task(rule=DAILY, due_date=MONDAY, is_complete=True)
    complete(db, instance, deleted, plain, null, emptied)
    db.execute("update tasks set recurrence_rule = 'null' where id = %s", (emptied,))
    db.execute("delete from tasks where id = %s", (deleted,))
    log = once(db)
    assert not [line for line in log if line["event"] == "quarantined"]
    db.execute("update recurd.settings set repeat_tasks = false")
    off = db.add_task(rule=DAILY, due_date=MONDAY)
    complete(db, off)
    once(db)
    assert db.value("select count(*) from tasks where repeat_of is not null") == 0
    assert db.value("select count(*) from recurd.repeats") == 0
    assert template


def test_before_the_first_start_it_was_for_others(db):
    db.freeze(MONDAY - 2 * DAY)
    task = db.add_task(rule=DAILY, due_date=MONDAY - 2 * DAY)
    complete(db, task)
    db.freeze(MONDAY)
    once(db)
    assert successors(db, task) == [] and db.value("select count(*) from recurd.repeats") == 0


def test_completion_found_late_counts_from_when_it_happened(db):
    task = db.add_task(rule=DAILY, due_date=MONDAY)
    complete(db, task)
    db.freeze(MONDAY + 14 * DAY)
    once(db)
    assert successors(db, task)[0]["due_date"] == MONDAY + DAY


def test_a_locked_task_waits_alone(db, recurd):
    db.travel_to(MONDAY + timedelta(hours=1))
    locked, free = (db.add_task(rule=DAILY, due_date=MONDAY) for _ in range(2))
    daemon = recurd(db, poll_interval="50ms")
    with db.connect() as other:
        complete(db, locked)
        other.execute("begin")
        # Whoever is faster: it is locked, or was served already.
        other.execute("select from tasks where id = %s for update", (locked,))
        complete(db, free)
        wait_until(lambda: successors(db, free), what="the free one comes back")
        other.execute("rollback")
    wait_until(lambda: successors(db, locked), what="the locked one comes back")
    daemon.stop()


def test_four_workers_and_toggling_hands_make_one_each(db, recurd):
    """Completed, reopened and completed again by two hands while four workers look, each killed in between."""
    db.travel_to(MONDAY + timedelta(hours=1))
    ids = [db.add_task(rule=DAILY, due_date=MONDAY) for _ in range(40)]
    workers = [recurd(db, poll_interval="20ms", worker_name=f"w{n}") for n in range(4)]

    def toggle(order):
        with db.connect() as hand:
            for task in order:
                for state in (True, False, True):
                    hand.execute("update tasks set is_complete = %s where id = %s", (state, task))

    hands = [threading.Thread(target=toggle, args=(order,)) for order in (ids, ids[::-1])]
    for hand in hands:
        hand.start()
    for n, worker in enumerate(workers[:2]):
        worker.kill(signal.SIGKILL)
        worker.wait()
        workers[n] = recurd(db, poll_interval="20ms", worker_name=f"again{n}")
    for hand in hands:
        hand.join()
    wait_until(lambda: db.value("select count(*) from recurd.repeats where completed_at is not null") == 0, what="all is done")
    assert db.value("select count(distinct repeat_of) from tasks where repeat_of is not null") == len(ids)
    for worker in workers:
        worker.stop()


def test_an_admin_sees_and_mends(db):
    """show tells what became of a completed task; retry takes it out of quarantine."""
    wrong = db.add_task(rule={"frequency": "hourlyish"}, due_date=MONDAY)
    good = db.add_task(rule=DAILY, due_date=MONDAY)
    complete(db, wrong, good)
    once(db)
    shown = ctl_json(db, "show", wrong)
    assert "hourlyish" in shown["failure"] and [one["kind"] for one in shown["decisions"]] == ["quarantined"]
    shown = ctl_json(db, "show", good)
    (after,) = successors(db, good)
    assert shown["repeated_by"] == after["id"] and shown["failure"] is None
    assert [one["kind"] for one in ctl_json(db, "show", after["id"])["notifications"]] == ["task_created"]
    for args in ((wrong,), ("--all-failed",)):
        (row,) = ctl_json(db, "retry", *args)
        assert row["id"] == wrong and "hourlyish" in row["failure"]
        once(db)
    assert [one["kind"] for one in ctl_json(db, "show", wrong)["decisions"]].count("retried") == 2
    assert db.value("select count(*) from recurd.repeats where failed_at is not null") == 1
