"""Any number of reminders of a task (recurd.reminders): at an instant, or so long before it is due.

The business clock stands still unless a test moves it; recurd --once does what is due at that instant.
"""

import functools
import threading
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from harness.ctl import DATA, USAGE, ctl_json, run_ctl
from harness.daemon import once, run_recurd
from harness.util import wait_until
from test_generator import notification_key

pytestmark = pytest.mark.slow  # once, without sanitizers

UTC = timezone.utc
NOON = datetime(2025, 2, 3, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def db(app_db):
    app_db.freeze(NOON - DAY)
    app_db.go_live()
    app_db.freeze(NOON)
    return app_db


def remind(db, task, when):
    """recurd.remind, as an application calls it."""
    name = "at" if isinstance(when, datetime) else "before"
    return db.value(f"select recurd.remind(%s, {name} => %s)", (task, when))


def told(db):
    """(task, reminder, instant), in the order of the instants."""
    rows = db.rows("select task_id, reminder_id, at from recurd.notifications where kind = 'reminder' order by at, reminder_id")
    return [(row["task_id"], row["reminder_id"], row["at"].astimezone(UTC)) for row in rows]


def reminder(db, row_id):
    return db.row("select * from recurd.reminders where id = %s", (row_id,))


def pending(db):
    return db.column(
        "select id from recurd.reminders where remind_at is not null and (reminded_at is null or remind_at > reminded_at) order by remind_at"
    )


def test_a_task_has_any_number_beside_its_own(db):
    task = db.add_task(remind=NOON - MINUTE, due_date=NOON + HOUR)
    before = remind(db, task, HOUR + MINUTE)
    at = remind(db, task, NOON + MINUTE)
    after = remind(db, task, -2 * HOUR)
    log = once(db)
    assert told(db) == [(task, before, NOON - MINUTE), (task, None, NOON - MINUTE)], "two at one instant are two"
    row = db.row("select * from recurd.notifications where reminder_id is not null")
    assert row["key"] == notification_key(f"reminder/{before}", task, NOON - MINUTE)
    assert row["key"] == db.value("select recurd.notification_key('reminder/' || %s, %s, %s)", (before, task, NOON - MINUTE))
    assert (row["kind"], row["user_id"], row["template_id"], row["created_at"]) == ("reminder", "user-default", None, NOON)
    (line,) = [line for line in log if line["event"] == "reminder" and "reminder" in line]
    assert (line["task"], line["reminder"], line["key"]) == (task, before, row["key"])
    assert pending(db) == [at, after]
    db.freeze(NOON + 4 * HOUR)
    once(db)
    once(db)
    assert told(db)[2:] == [(task, at, NOON + MINUTE), (task, after, NOON + 3 * HOUR)]
    assert pending(db) == []


def test_a_relative_one_follows_the_due_date(db):
    """Told once; armed again when it moves ahead of what was told, and by nothing else."""
    due = NOON + HOUR
    task = db.add_task(due_date=due)
    ahead, stays = remind(db, task, HOUR), remind(db, task, NOON + 10 * HOUR)

    def move(to, expected):
        db.update("tasks", task, due_date=to)
        once(db)
        assert [at for _, row, at in told(db) if row == ahead] == expected, to
        assert reminder(db, stays)["remind_at"] == NOON + 10 * HOUR

    move(due + DAY, [])
    move(due, [NOON])
    for again in (due, due - HOUR, due, due.replace(microsecond=400), None, due, "infinity", due, "-infinity", due):
        move(again, [NOON])
    db.update("tasks", task, due_date=None)
    assert reminder(db, ahead)["remind_at"] is None
    move(due + MINUTE, [NOON])
    assert pending(db) == [ahead, stays]
    db.freeze(NOON + 2 * MINUTE)
    move(due + MINUTE, [NOON, NOON + MINUTE])
    db.freeze(NOON + HOUR)
    move(due + 5 * MINUTE, [NOON, NOON + MINUTE, NOON + 5 * MINUTE])


def test_days_have_24_hours_in_every_session(db):
    """The clocks go forward in Berlin between the reminder and the due date: whoever moves it there gets the same instant."""
    task = db.add_task(due_date=NOON)
    row = remind(db, task, DAY)
    due = datetime(2025, 3, 30, 12, 0, tzinfo=UTC)
    for zone in ("Europe/Berlin", "UTC"):
        with db.connect() as conn:
            conn.execute(f"set timezone = '{zone}'")
            conn.execute("update tasks set due_date = %s", (due + HOUR,))
            conn.execute("update tasks set due_date = %s", (due,))
        assert reminder(db, row)["remind_at"] == due - DAY


@pytest.mark.parametrize("due", ["infinity", "-infinity", "4713-01-02 BC", "294276-12-31", "0001-01-01", "9999-12-31"])
def test_no_due_date_fails_an_update(db, due):
    task = db.add_task(due_date=NOON + DAY)
    rows = [remind(db, task, 366 * DAY), remind(db, task, -366 * DAY)]
    db.execute("update tasks set due_date = %s::timestamptz", (due,))
    once(db)
    assert told(db) == [], "what lies before the first start is handled without a word"
    assert db.column("select id from recurd.reminders order by before desc") == rows


def test_nobody_is_reminded_of_what_is_complete(db):
    task = db.add_task(due_date=NOON + HOUR)
    first, second, third = (remind(db, task, HOUR - n * MINUTE) for n in (1, 2, 30))
    db.update("tasks", task, is_complete=True)
    db.freeze(NOON + MINUTE)
    log = once(db)
    assert told(db) == [] and pending(db) == [second, third]
    assert not [line for line in log if line["event"] == "reminder"]
    db.freeze(NOON + 10 * MINUTE)
    db.update("tasks", task, is_complete=False)
    once(db)
    assert told(db) == [] and pending(db) == [third], "what passed while it was complete is history, whether a worker saw it or not"
    db.freeze(NOON + 31 * MINUTE)
    once(db)
    assert told(db) == [(task, third, NOON + 30 * MINUTE)] and first not in pending(db)


def test_they_go_with_their_task(db):
    task = db.add_task(due_date=NOON)
    remind(db, task, MINUTE)
    db.execute("delete from tasks where id = %s", (task,))
    assert db.value("select count(*) from recurd.reminders") == 0
    # One that is left behind by a delete with triggers off is handled, and in nobody's way.
    left = db.add_task(due_date=NOON)
    remind(db, left, MINUTE)
    with db.connect() as conn:
        conn.execute("set session_replication_role = replica")
        conn.execute("delete from tasks where id = %s", (left,))
    healthy = remind(db, db.add_task(due_date=NOON), MINUTE)
    once(db)
    assert [row for _, row, _ in told(db)] == [healthy] and pending(db) == []


def test_those_from_before_the_first_start_are_not_told(app_db):
    app_db.freeze(NOON - DAY)
    task = app_db.add_task(due_date=NOON)
    early, late = remind(app_db, task, HOUR), remind(app_db, task, -HOUR)
    app_db.freeze(NOON)
    once(app_db)
    assert told(app_db) == [] and pending(app_db) == [late]
    app_db.freeze(NOON + HOUR)
    once(app_db)
    assert [row for _, row, _ in told(app_db)] == [late] and early not in pending(app_db)


def test_an_instance_names_its_template(db):
    template = db.add_template(NOON)
    once(db)
    (task,) = db.column("select id from tasks")
    db.freeze(NOON + HOUR)
    remind(db, task, -30 * MINUTE)
    once(db)
    assert db.value("select template_id from recurd.notifications where reminder_id is not null") == template


def test_a_dump_that_is_restored_days_later(db, make_db):
    """What came due meanwhile is told once, under the key that it always had; what was told is told under its key again."""
    task = db.add_task(due_date=NOON + HOUR)
    rows = [remind(db, task, HOUR), remind(db, task, HOUR - 10 * MINUTE), remind(db, task, -3 * DAY)]
    dump = [db.rows(f"select * from {table}") for table in ('"user"', "tasks", "recurd.reminders")]
    live = db.value("select live_since from recurd.settings")
    once(db)
    db.freeze(NOON + 2 * DAY)
    once(db)
    keys = db.column("select key from recurd.notifications order by at")
    assert len(keys) == 2

    other = make_db()
    other.freeze(NOON + 2 * DAY)
    other.execute("update recurd.settings set live_since = %s", (live,))
    for table, found in zip(('"user"', "tasks", "recurd.reminders"), dump):
        for row in found:
            other._insert(table, row)
    once(other)
    once(other)
    assert other.column("select key from recurd.notifications order by at") == keys
    assert pending(other) == rows[2:]


def test_ten_thousand_of_one_task(db):
    task = db.add_task(due_date=NOON)
    db.execute(
        "insert into recurd.reminders (task_id, before) select %s, i * interval '1 second' from generate_series(1, 10000) i", (task,)
    )
    other = remind(db, db.add_task(db.add_user("other"), due_date=NOON), MINUTE)
    log = once(db, batch_size=1000)
    assert len(told(db)) == 10001
    assert [line["kind"] for line in log if line["event"] == "flood"] == ["reminders"]
    order = db.column("select reminder_id from recurd.notifications order by id")
    assert order.index(other) < 3000, "by its instant it would be nearly the last"
    assert len(db.column("select distinct key from recurd.notifications")) == 10001
    assert not [line for line in log if line.priority <= 4]
    db.update("tasks", task, due_date=NOON + DAY)
    assert len(pending(db)) == 10000


def test_four_daemons_remind_once(app_db, recurd):
    app_db.go_live(app_db.now() - DAY)
    app_db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, due_date, remind_at)"
        " select 'r-' || i, 'x', false, %s, now(), now(), recurd.now(), recurd.now() from generate_series(1, 1000) i",
        (app_db.add_user(),),
    )
    app_db.execute("insert into recurd.reminders (task_id, before) select id, n * interval '1 minute' from tasks, generate_series(0, 2) n")
    daemons = [recurd(app_db, batch_size=100, worker_name=f"w{n}", log_rate=0, poll_interval="50ms") for n in range(4)]
    wait_until(lambda: app_db.value("select count(*) from recurd.notifications") == 4000, what="all are told")
    for daemon in daemons:
        daemon.stop()
    assert pending(app_db) == []
    assert app_db.value("select count(distinct (task_id, reminder_id, at)) from recurd.notifications") == 4000


def test_one_that_is_due_soon_wakes_a_worker(make_db, recurd):
    """With the step "wakeup", which a due date that moves, or a snooze that ends soon, needs as well."""
    db = make_db(optional=("wakeup",))
    db.go_live()
    daemon = recurd(db, listen_dsn=db.dsn, poll_interval="60s")
    daemon.expect("listening")
    task = db.add_task(due_date=db.now() + 2 * HOUR)
    with db.connect(autocommit=False) as conn:
        row = conn.execute("select recurd.remind(%s, before => '1 hour')", (task,)).fetchone()["remind"]
        conn.execute("update tasks set due_date = recurd.now() + interval '1 hour 200 ms' where id = %s", (task,))
    daemon.expect("reminder", reminder=row)
    db.execute("select recurd.remind(%s, at => recurd.now() + '300 ms')", (task,))
    wait_until(lambda: len(told(db)) == 2, 10, "the second one comes")


def test_a_worker_that_dies_before_it_commits(db):
    """Another one tells it, under the same key."""
    row = remind(db, db.add_task(due_date=NOON), MINUTE)
    done = run_recurd("--foreground", "--once", db=db, env={"RECURD_FAULT": "batch.logged_not_committed"})
    assert done.returncode != 0 and told(db) == []
    line = next(word for word in done.stderr.split() if word.startswith("key="))
    once(db)
    assert [found for _, found, _ in told(db)] == [row]
    assert line == "key=" + db.value("select key from recurd.notifications")


def test_an_update_beside_it_waits_for_nobody(db):
    """An application moves the due date while a reminder of the task is being added."""
    task = db.add_task(due_date=NOON + HOUR)
    with db.connect(autocommit=False) as first:
        first.execute("select recurd.remind(%s, before => '10 minutes')", (task,))
        mover = threading.Thread(target=lambda: db.update("tasks", task, due_date=NOON + 2 * HOUR))
        mover.start()
        wait_until(lambda: first.execute("select exists (select from pg_locks where not granted)").fetchone()["exists"], what="it waits")
        first.commit()
        mover.join()
    assert db.value("select remind_at from recurd.reminders") == NOON + 110 * MINUTE


def test_a_task_that_repeats_another_has_its_reminders(db):
    """At the same distance to the due date, relative or not, all along the chain; a snooze was of the one task."""
    task = db.add_task(rule={"frequency": "daily"}, due_date=NOON + HOUR)
    rows = [remind(db, task, 30 * MINUTE), remind(db, task, NOON + 10 * MINUTE), remind(db, task, 2 * DAY)]
    db.execute("select recurd.snooze(%s, span => '5 minutes')", (task,))
    ids = set(rows)
    for day in (1, 2):
        db.update("tasks", task, is_complete=True)
        once(db)
        (task,) = db.column("select id from tasks where repeat_of = %s", (task,))
        found = db.rows("select * from recurd.reminders where task_id = %s order by remind_at", (task,))
        due = NOON + HOUR + day * DAY
        assert [(row["remind_at"], row["before"]) for row in found] == [
            (due - 2 * DAY, 2 * DAY), (due - 50 * MINUTE, None), (due - 30 * MINUTE, 30 * MINUTE)]
        assert [row["reminded_at"] is None for row in found] == [day == 2, True, True], "what has passed is not told"
        ids |= {row["id"] for row in found}
    assert len(ids) == 9
    assert db.column("select id from recurd.reminders where task_id = %s", (task,)).count(
        db.value("select recurd.reminder_id(%s, id) from recurd.reminders where before is null and source = 'api' and task_id ="
                 " (select repeat_of from tasks where id = %s)", (task, task))) == 1


def test_no_reminder_keeps_a_task_from_coming_back(db):
    """One that would be told before the year 1, or after 9999, does not come again; its task does, and is reminded.

    A task without a due date whose reminder lies beyond all calendars, and one that was due in 9999 and repeats from
    its completion: the distance from there to the next one led beyond what an instant can be, and both waited for ever.
    """
    far = db.add_task(rule={"frequency": "daily"})
    db.execute("update tasks set remind_at = '200000-01-01' where id = %s", (far,))
    late = db.add_task(rule={"frequency": "daily", "repeatFrom": "completion"}, due_date=datetime(9999, 1, 1, tzinfo=UTC))
    for task in (far, late):
        remind(db, task, NOON + HOUR)
        remind(db, task, DAY)
        db.update("tasks", task, is_complete=True)
    once(db)
    for task in (far, late):
        rows = db.rows("select k.due_date, r.remind_at, r.before from recurd.reminders as r right join tasks as k on k.id = r.task_id"
                       " where k.repeat_of = %s", (task,))
        assert [(row["remind_at"], row["before"]) for row in rows] == [(rows[0]["due_date"] - DAY, DAY)]
    assert db.value("select count(*) from recurd.repeats where completed_at is not null") == 0


# Functions -----------------------------------------------------------------------------------------------


def test_snooze(db):
    """What would have come until then comes once, then; nothing else of the task changes."""
    task = db.add_task(remind=NOON - MINUTE, due_date=NOON + HOUR)
    remind(db, task, 50 * MINUTE)
    beyond = remind(db, task, -DAY)
    once(db)
    assert len(told(db)) == 1
    assert db.value("select recurd.snooze(%s, span => '30 minutes')", (task,)) == NOON + 30 * MINUTE
    assert db.value("select recurd.snooze(%s, until => %s)", (task, NOON + 20 * MINUTE)) == NOON + 20 * MINUTE
    db.freeze(NOON + 20 * MINUTE)
    once(db)
    snoozed = f"snooze {task}"
    assert told(db)[1:] == [(task, snoozed, NOON + 20 * MINUTE)]
    db.execute("select recurd.snooze(%s, span => '1 minute')", (task,))
    db.freeze(NOON + 40 * MINUTE)
    once(db)
    assert told(db)[2:] == [(task, snoozed, NOON + 21 * MINUTE)]
    row = db.task(task)
    assert (row["due_date"], row["remind_at"]) == (NOON + HOUR, NOON - MINUTE)
    assert pending(db) == [beyond], "the one that fell into the snooze is over"
    db.execute("select recurd.snooze(%s, span => '1 day')", (task,))
    assert db.value("select recurd.unremind(%s)", (snoozed,)) == task
    assert pending(db) == [beyond]


def test_a_snooze_that_is_made_shorter_gives_back_what_it_put_aside(db):
    """Whoever typed a month instead of ten minutes, and mended it, was told nothing of the task in that month."""
    task = db.add_task(remind=NOON + 3 * HOUR)
    within, last = remind(db, task, NOON + 5 * MINUTE), remind(db, task, NOON + 4 * HOUR)
    db.execute("select recurd.snooze(%s, span => '30 days')", (task,))
    assert pending(db) == [f"snooze {task}"]
    db.execute("select recurd.snooze(%s, span => '10 minutes')", (task,))
    assert last in pending(db) and within not in pending(db)
    db.execute("select recurd.snooze(%s, span => '30 days')", (task,))
    db.execute("select recurd.unremind(%s)", (f"snooze {task}",))
    assert sorted(pending(db)) == sorted([within, last])
    db.freeze(NOON + 5 * HOUR)
    once(db)
    assert told(db) == [(task, within, NOON + 5 * MINUTE), (task, None, NOON + 3 * HOUR), (task, last, NOON + 4 * HOUR)]


def test_a_snooze_silences_the_task_s_own_reminder_until_then(db):
    task = db.add_task(remind=NOON + 10 * MINUTE)
    later = db.add_task(remind=NOON + 2 * HOUR)
    for row in (task, later):
        db.execute("select recurd.snooze(%s, span => '1 hour')", (row,))
    db.freeze(NOON + 3 * HOUR)
    once(db)
    assert told(db) == [(row, f"snooze {row}", NOON + HOUR) for row in sorted((task, later))] + [(later, None, NOON + 2 * HOUR)]


WRONG = {
    "select recurd.remind('none', at => recurd.now() + '1 day')": ("P0002", 'there is no task "none"'),
    "select recurd.remind(null, before => '1 day')": ("P0002", "there is no task"),
    "select recurd.remind('done', before => '1 hour')": ("55000", 'task "done" is complete'),
    "select recurd.remind('open', at => null)": ("22023", "at: expected an instant, got null"),
    "select recurd.remind('open', at => 'infinity')": ("22023", "at: expected an instant, got infinity"),
    "select recurd.remind('open', at => recurd.now())": ("22023", "has passed"),
    "select recurd.remind('open')": ("22023", "at: expected an instant, got null"),
    "select recurd.remind('open', at => recurd.now() + '1 h', before => '1 h')": ("22023", "got both"),
    "select recurd.snooze('open')": ("22023", "until: expected an instant, got null"),
    "select recurd.snooze('open', recurd.now() + '1 h', '1 h')": ("22023", "got both"),
    "select recurd.remind('open', before => '367 days')": ("22023", "before: expected an interval of up to 366 days, got 367 days"),
    "select recurd.remind('open', before => '-100 years')": ("22023", "before: expected an interval"),
    "select recurd.snooze('open', until => recurd.now() - '1 s'::interval)": ("22023", "until: "),
    "select recurd.snooze('open', span => '0')": ("22023", "span: expected an interval from a second"),
    "select recurd.snooze('open', span => '10000 years')": ("22023", "span: expected an interval"),
    "select recurd.snooze('none', span => '1 hour')": ("P0002", 'there is no task "none"'),
    "select recurd.snooze('done', span => '1 hour')": ("55000", "is complete"),
    "select recurd.unremind('none')": ("P0002", 'there is no reminder "none"'),
    "insert into recurd.reminders (task_id) values ('open')": ("23514", "ck_reminders_at"),
    "insert into recurd.reminders (task_id, remind_at) values ('open', '-infinity')": ("23514", "ck_reminders_remind_at"),
    "insert into recurd.reminders (task_id, before) values ('open', '367 days')": ("23514", "ck_reminders_before"),
    "insert into recurd.reminders (task_id, before) values ('open', '1000000 months -30000000 days')": ("23514", "ck_reminders_before"),
    "insert into recurd.reminders (task_id, remind_at, source) values ('open', now(), 'me')": ("23514", "ck_reminders_source"),
    "insert into recurd.reminders (task_id, before) values ('none', '1 hour')": ("23503", "fk_reminders_task_id"),
}


def test_wrong_calls_say_what_to_do(db):
    db.add_task(id="open")
    db.add_task(id="done", is_complete=True)
    with db.connect() as conn:
        for call, (sqlstate, words) in WRONG.items():
            with pytest.raises(psycopg.Error) as refused:
                conn.execute(call)
            assert (refused.value.sqlstate, words in str(refused.value)) == (sqlstate, True), f"{call}: {refused.value}"
            assert sqlstate[:2] == "23" or refused.value.diag.message_hint, call
    assert pending(db) == []


def test_an_empty_search_path_and_a_role_of_its_own(db):
    """As an application with hardened settings, which may read and write its tables and recurd.reminders, calls them."""
    db.psql(
        "do $$ begin create role app_of_reminders login; exception when duplicate_object then null; end $$;"
        "grant usage on schema recurd to app_of_reminders;"
        "grant select, insert, update, delete on tasks, recurd.reminders to app_of_reminders"
    )
    task = db.add_task(due_date=NOON + HOUR)
    with psycopg.connect(db.dsn_as("app_of_reminders"), autocommit=True) as conn:
        conn.execute("set search_path = ''; set timezone = 'Asia/Kolkata'; set recurd.actor = 'ada'")
        (row,) = conn.execute("select recurd.remind(%s, before => '10 minutes')", (task,)).fetchone()
        conn.execute("select recurd.snooze(%s, span => '5 minutes')", (task,))
        conn.execute("update public.tasks set due_date = due_date + interval '1 hour'")
        conn.execute("select recurd.unremind(%s)", (row,))
    assert db.column("select created_by from recurd.reminders") == ["ada"]


# recurctl ------------------------------------------------------------------------------------------------


def test_remind_and_snooze_by_recurctl(db):
    task = db.add_task(remind=NOON + HOUR, due_date=NOON + DAY, title="Call")
    run = functools.partial(ctl_json, db)
    run("remind", task, "--at", "2025-02-03T15:00:00Z")
    run("remind", task, "--before", "2h")
    own, at, before, after = run("remind", task, "--after", "10min")
    assert (own["id"], own["source"], own["pending"]) == (None, "task", True)
    assert (at["remind_at"], at["before_seconds"]) == ("2025-02-03T15:00:00Z", None)
    assert (before["remind_at"], before["before_seconds"], after["before_seconds"]) == ("2025-02-04T10:00:00Z", 7200, -600)
    assert run("remind", "--remove", at["id"])[0]["task_id"] == task
    rows = run("snooze", task, "--for", "3h")
    assert [(row["source"], row["pending"]) for row in rows] == [("task", False), ("snooze", True), ("api", True), ("api", True)]
    assert run("snooze", task, "--until", "2025-02-03T16:00:00Z")[1]["remind_at"] == "2025-02-03T16:00:00Z"
    assert [row["id"] for row in run("show", task)["reminders"]] == [f"snooze {task}", before["id"], after["id"]]

    other = db.add_task(db.add_user("other"), remind=NOON - MINUTE, title="Mail")
    assert [(row["task_id"], row["overdue"], row["source"]) for row in run("list", "--reminders")] == [
        (other, True, "task"), (task, False, "snooze"), (task, False, "api"), (task, False, "api")]
    assert [row["task_id"] for row in run("list", "--reminders", "--user", "other")] == [other]
    assert [row["id"] for row in run("list", "--reminders", "--user", "user-default", "-n", "1")] == [f"snooze {task}"]
    assert "Call" in run_ctl(db, "list", "--reminders").text

    done = db.add_task(is_complete=True)
    for args, words in {
        ("remind", "none", "--before", "1h"): 'there is no task "none"',
        ("snooze", "none", "--for", "1h"): 'there is no task "none"',
        ("remind", "none"): 'there is no task "none"',
        ("remind", "--remove", "none"): 'there is no reminder "none"',
        ("remind", done, "--before", "1h"): "is complete",
        ("remind", task, "--before", "400d"): "up to 366 days",
        ("remind", task, "--at", "2020-01-01T00:00:00Z"): "has passed",
        ("snooze", task, "--until", "2020-01-01T00:00:00Z"): "has passed",
    }.items():
        assert words in run_ctl(db, *args, expect=DATA).errors, args
    for args in (("remind", task, "--before", "1h", "--after", "1h"), ("snooze", task), ("remind", task, "--at", "soon"),
                 ("list", "--reminders", "--state", "paused"), ("remind", task, "--remove", "x")):
        run_ctl(db, *args, expect=USAGE)


def test_a_worker_s_rights_are_enough_for_them(db):
    db.psql("do $$ begin create role ctl_of_reminders login in role recurd_worker; exception when duplicate_object then null; end $$")
    task, dsn = db.add_task(due_date=NOON + DAY), db.dsn_as("ctl_of_reminders")
    for args in (("remind", task, "--before", "1h"), ("snooze", task, "--for", "1h"), ("remind", "--remove", f"snooze {task}")):
        run_ctl(db, *args, dsn=dsn)
    assert len(pending(db)) == 1
