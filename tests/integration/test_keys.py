"""Keys of notifications begin with time, and no event is ever told under two of them."""

import random
import re
import threading
from datetime import datetime, timedelta, timezone

import pytest

from harness.daemon import once, parse_log, run_recurd
from harness.migrate import migrate
from harness.util import wait_until
from test_generator import notification_key

UTC = timezone.utc
NOON = datetime(2025, 2, 3, 12, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

# What a worker of before the step told a reminder with, and asked before COMMIT.
OLDER_TAKE = """
with due as materialized (
    select k.id, k.user_id, k.recurring_task_id, k.remind_at,
           encode(substr(sha256('reminder\\000'::bytea || convert_to(k.id, 'UTF8') || '\\x00'::bytea
                                || convert_to(recurd.unix_usec(k.remind_at)::text, 'UTF8')), 1, 16), 'hex') as key
      from tasks k
     where k.remind_at is not null and not k.is_complete
       and (k.reminded_at is null or k.remind_at > k.reminded_at) and k.remind_at <= recurd.now()
     order by k.remind_at for no key update of k skip locked
), handled as (
    update tasks k set reminded_at = date_trunc('second', due.remind_at) + interval '999999 us' from due where k.id = due.id
)
insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
select key, 'reminder', user_id, id, recurring_task_id, remind_at from due on conflict (key) do nothing
"""
OLDER_LEVEL = "select compatible_from from recurd.settings"


def set_keys_from(db, instant):
    db.execute(f"create or replace function recurd.keys_from() returns timestamptz language sql stable parallel safe"
               f" return {instant}")


def keys(db):
    return {(row["task_id"], row["at"]): row["key"] for row in db.rows("select * from recurd.notifications order by id")}


def arm_again(db):
    """The application takes back that the reminders were handled."""
    db.execute("update tasks set reminded_at = null where remind_at is not null")


def forget_statement(db):
    """As an older worker left it: handled is what it told."""
    with db.connect(autocommit=False) as older:
        older.execute(OLDER_TAKE)
        older.commit()


@pytest.fixture
def db(app_db):
    """Somebody was at work here; all is of the newer format."""
    app_db.freeze(NOON - DAY)
    app_db.go_live()
    app_db.freeze(NOON)
    return app_db


@pytest.fixture
def old_db(empty_db):
    """On the level before, with an older worker's events in it."""
    migrate(empty_db, "up", "--to", 35)
    empty_db.freeze(NOON - DAY)
    empty_db.go_live()
    empty_db.freeze(NOON)
    empty_db.execute("update recurd.settings set notification_retention = '0'")
    for n in range(5):
        empty_db.add_task(remind=NOON - n * MINUTE)
    forget_statement(empty_db)
    return empty_db


def test_c_and_sql_agree_on_ten_thousand_events(db):
    """Any instant that a reminder can have, in both formats, and ids of any letters."""
    db.execute("update recurd.settings set live_since = '0001-01-02 00:00+00'")
    set_keys_from(db, "timestamptz '1970-03-01 00:00+00'")
    db.add_user("u")
    chance = random.Random(7)
    letters = "aZ09-_ '\"\\äß€\U0001f4a9"
    instants = [timedelta(0), timedelta(microseconds=-1), timedelta(microseconds=1), timedelta(microseconds=-1000)]
    instants += [timedelta(microseconds=chance.randrange(-62_000_000_000_000_000, 1_700_000_000_000_000)) for _ in range(9_996)]
    with db.connect() as conn, conn.cursor() as cursor:
        with cursor.copy("copy tasks (id, title, user_id, is_complete, priority, remind_at, created_at, updated_at) from stdin") as copy:
            for n, since in enumerate(instants):
                name = "".join(chance.choices(letters, k=chance.randrange(12))) + str(n)
                copy.write_row((name, "t", "u", False, "medium", datetime(1970, 1, 1, tzinfo=UTC) + since, NOON.replace(tzinfo=None), NOON.replace(tzinfo=None)))
    once(db, log_rate=0)
    counts = db.row("select count(*) as all, count(*) filter (where key = recurd.notification_key(kind, task_id, at)) as same,"
                    " count(*) filter (where at < recurd.keys_from()) as former from recurd.notifications")
    assert counts["all"] == counts["same"] == 10_000 and 0 < counts["former"] < 10_000
    for row in db.rows("select * from recurd.notifications order by md5(id::text) limit 200"):
        timed = row["at"] >= datetime(1970, 3, 1, tzinfo=UTC)
        assert row["key"] == notification_key("reminder", row["task_id"], row["at"], timed)


def test_any_instant_has_32_digits_and_new_keys_sort_by_time(app_db):
    instants = ["-infinity", "4714-11-24 00:00:00+00 BC", "1969-12-31 23:59:59.9999+00", "1970-01-01 00:00+00", "2025-02-03 12:00+00",
                "2025-02-03 12:00:00.001+00", "9999-12-31 23:59:59.999999+00", "294276-12-31 23:59:59+00", "infinity"]
    found = app_db.column("select recurd.notification_key('reminder', 't', i::timestamptz) from unnest(%s::text[]) i", (instants,))
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in found) and len(set(found)) == len(found) - 1
    assert found[3:7] == sorted(found[3:7]) and found[7] == found[8], "what is beyond 64 bits is infinite"
    set_keys_from(app_db, "timestamptz 'infinity'")
    assert app_db.value("select recurd.notification_key('reminder', 't', '-infinity')") != found[0]


def test_an_sql_function_that_is_inlined(app_db):
    """It must not cost a call a row, and anybody who could use it can still."""
    plan = app_db.column("explain (verbose) select recurd.notification_key('reminder', id, remind_at) from tasks")
    assert not any("notification_key" in line or "keys_from" in line for line in plan)
    app_db.execute(f"create role r_{app_db.name}; grant usage on schema recurd to r_{app_db.name}")
    try:
        app_db.execute(f"begin; set local role r_{app_db.name}; select recurd.notification_key('reminder', 'a', now()); rollback")
    finally:
        app_db.execute(f"drop owned by r_{app_db.name}; drop role r_{app_db.name}")


def test_what_an_older_worker_told_is_not_told_again(old_db):
    """Armed again to the same instants, all of it; what comes later has the newer format."""
    before = keys(old_db)
    migrate(old_db, "up")
    assert old_db.value("select recurd.keys_from() > max(at) from recurd.notifications")
    arm_again(old_db)
    log = once(old_db)
    assert keys(old_db) == before
    assert {line["key"] for line in log if line["event"] == "reminder"} <= set(before.values())
    old_db.execute("create or replace function recurd.now() returns timestamptz language sql stable return now() + interval '1 h'")
    at = old_db.value("select date_trunc('second', now()) + interval '30 min'")
    task = old_db.add_task(remind=at)
    once(old_db)
    assert keys(old_db)[task, at] == notification_key("reminder", task, at)


def test_an_instance_that_is_made_again_is_not_told_again(empty_db):
    """Told by an older worker, deleted with its template, and made again."""
    migrate(empty_db, "up", "--to", 35)
    empty_db.freeze(NOON - DAY)
    empty_db.go_live()
    empty_db.freeze(NOON)
    template = empty_db.add_template(NOON - MINUTE, {"frequency": "weekly"})
    made = empty_db.value("select recurd.instance_id(%s, %s)", (template, NOON - MINUTE))
    empty_db.execute("insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)"
                     " select recurd.notification_key('task_created', %s, %s), 'task_created', 'u', %s, %s, %s",
                     (made, NOON - MINUTE, made, template, NOON - MINUTE))
    before = keys(empty_db)
    migrate(empty_db, "up")
    log = once(empty_db)
    assert empty_db.column("select id from tasks") == [made] and keys(empty_db) == before
    assert [line["key"] for line in log if line["event"] == "generated"] == list(before.values())


def test_a_batch_of_an_older_worker_that_wrote_is_waited_for(old_db):
    """Its event lies before keys_from, though it was not there to be seen when the step began."""
    late = NOON + 5 * timedelta(days=700)  # its clock was ahead
    task = old_db.add_task(remind=late)
    with old_db.connect(autocommit=False) as older:
        older.execute(OLDER_TAKE.replace("recurd.now()", "%s"), (late,))
        step = threading.Thread(target=migrate, args=(old_db, "up"))
        step.start()
        waits = "select exists (select from pg_locks where not granted and relation = 'recurd.notifications'::regclass)"
        wait_until(lambda: old_db.value(waits), what="the step waits for the lock")
        assert older.execute(OLDER_LEVEL).fetchone()["compatible_from"] < 36
        older.commit()
        step.join()
    assert old_db.value("select recurd.keys_from()") > late
    before = keys(old_db)
    assert (task, late) in before
    old_db.travel_to(late + MINUTE)
    arm_again(old_db)
    once(old_db)
    assert keys(old_db) == before


def test_a_batch_of_an_older_worker_that_comes_late_is_rolled_back(old_db):
    """It began before the step, and would write when that is done: its last statement says that it is too old."""
    old_db.add_task(remind=NOON - 9 * MINUTE)
    with old_db.connect(autocommit=False) as older:
        assert older.execute(OLDER_LEVEL).fetchone()["compatible_from"] < 36
        migrate(old_db, "up", "--to", 36)
        older.execute(OLDER_TAKE)
        assert older.execute(OLDER_LEVEL).fetchone()["compatible_from"] == 36, "so that it gives up"
        older.rollback()


def test_down_and_up_again(old_db):
    """Told by a newer worker, then by an older one, instants of both in between each other."""
    migrate(old_db, "up")
    start = old_db.value("select recurd.keys_from()")
    old_db.travel_to(start + DAY)
    for n in range(4):
        old_db.add_task(remind=start + (1 + 2 * n) * MINUTE)
    once(old_db)
    newer = keys(old_db)
    assert sum(key[:2] == "01" for key in newer.values()) >= 4
    migrate(old_db, "down", "--to", 35)
    for n in range(4):
        old_db.add_task(remind=start + (2 + 2 * n) * MINUTE)
    forget_statement(old_db)
    told = keys(old_db)
    assert len(told) == 13 and newer.items() <= told.items(), "rows keep their keys: consumers go by them"
    migrate(old_db, "up")
    assert old_db.value("select recurd.keys_from() > max(at) from recurd.notifications")
    arm_again(old_db)
    log = once(old_db)
    assert keys(old_db) == told
    lines = {line["task"]: line["key"] for line in log if line["event"] == "reminder"}
    assert lines == {task: key for (task, _), key in told.items()}, "the log goes by the keys that are there"
    migrate(old_db, "down", "--to", 35)
    migrate(old_db, "up")
    arm_again(old_db)
    once(old_db)
    assert keys(old_db) == told


def test_down_and_up_without_an_older_worker_keeps_the_begin(old_db):
    """What was pruned meanwhile, and known to consumers, keeps its key as well."""
    migrate(old_db, "up")
    start = old_db.value("select recurd.keys_from()")
    old_db.travel_to(start + DAY)
    first = start + MINUTE
    old_db.add_task(remind=first)
    once(old_db)
    migrate(old_db, "down", "--to", 35)
    migrate(old_db, "up")
    assert old_db.value("select recurd.keys_from()") == first


def test_where_nobody_was_at_work_all_keys_are_new(app_db):
    assert app_db.value("select recurd.keys_from()::text") == "-infinity"
    app_db.execute("delete from recurd.settings; insert into recurd.settings default values")
    assert app_db.value("select compatible_from from recurd.settings") == 37, "no older worker goes on by a row made anew"
    app_db.execute("update recurd.settings set compatible_from = 12")
    assert "older workers would go on" in str(migrate(app_db, "verify", code=1).lines("problems"))
    migrate(app_db, "repair")
    assert app_db.value("select compatible_from from recurd.settings") == 37


def test_rows_of_elsewhere_are_noticed_and_the_mend_works(db):
    """A database that was made anew, and got the rows of one in which an older worker was: no warning, no mend, and
    what was armed again was told under a second key."""
    for n in range(3):
        db.add_task(remind=NOON - n * MINUTE)
    forget_statement(db)
    before = keys(db)
    [line] = migrate(db, "verify", code=1).lines("problems")
    assert "recurd.keys_from() gives -infinity" in line and "told again" in line
    (warning,) = [line for line in once(db) if line["event"] == "keys_differ"]
    assert "recurctl migrate repair" in warning["msg"]
    migrate(db, "repair")
    migrate(db, "verify")
    assert not [line for line in once(db) if line["event"] == "keys_differ"]
    arm_again(db)
    once(db)
    assert keys(db) == before


@pytest.mark.parametrize("broken", [
    "create or replace function recurd.keys_from() returns timestamptz language sql stable parallel safe return null::timestamptz",
    "drop function recurd.keys_from() cascade",
    "create or replace function recurd.keys_from() returns timestamptz language plpgsql as 'begin raise ''no''; end'",
])
def test_a_broken_function_stops_the_worker_and_the_mend_works(db, broken):
    db.add_task(remind=NOON)
    once(db)
    before = keys(db)
    db.execute(broken)
    done = run_recurd("--foreground", "--once", db=db)
    assert done.returncode != 0
    assert any("recurctl migrate" in line.raw for line in parse_log(done.stderr)) or "no" in done.stderr
    migrate(db, "repair")
    migrate(db, "verify")
    arm_again(db)
    once(db)
    assert keys(db) == before


def test_a_batch_whose_keys_are_no_longer_right_is_made_again(db, recurd):
    """keys_from moves while it is at its insert."""
    db.psql("create table gate (here boolean); grant select on gate to public;"
            "create function wait() returns trigger language plpgsql as $$ begin"
            " while not exists (select from public.gate) loop perform pg_sleep(0.01); end loop; return new; end $$;"
            "create trigger wait before insert on recurd.notifications for each row execute function wait()")
    task = db.add_task(remind=NOON - MINUTE)
    daemon = recurd(db, poll_interval="50ms")
    wait_until(lambda: db.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") == 1, what="it is at its insert")
    set_keys_from(db, "timestamptz '2026-01-01'")
    db.execute("insert into gate values (true)")
    daemon.expect("reminder", key=notification_key("reminder", task, NOON - MINUTE, timed=False))
    wait_until(lambda: keys(db), what="it is told")
    daemon.stop()
    assert keys(db) == {(task, NOON - MINUTE): notification_key("reminder", task, NOON - MINUTE, timed=False)}


def test_another_row_under_the_key_is_told_and_counted(db, recurd):
    """80 bits beside the millisecond can be those of another event: it is no success, and no standstill."""
    task, other = db.add_task(remind=NOON - MINUTE), db.add_task(remind=NOON - 2 * MINUTE)
    template = db.add_template(NOON - MINUTE, {"frequency": "weekly"})
    made = db.value("select recurd.instance_id(%s, %s)", (template, NOON - MINUTE))
    for kind, whose, key in (("reminder", "stranger", notification_key("reminder", task, NOON - MINUTE)),
                             ("reminder", made, notification_key("task_created", made, NOON - MINUTE))):
        db.execute("insert into recurd.notifications (key, kind, user_id, task_id, at) values (%s, %s, 'u', %s, %s)",
                   (key, kind, whose, NOON - MINUTE))
    daemon = recurd(db, poll_interval="50ms", heartbeat_interval="1s")
    lines = [daemon.expect("key_collision", task=task), daemon.expect("key_collision", task=made)]
    assert [(line["kind"], line["there_kind"], line["there_task"]) for line in lines] == [
        ("reminder", "reminder", "stranger"), ("task_created", "reminder", made)]
    assert all(line.priority == 3 and line["there_at"] == line["at"] for line in lines)
    wait_until(lambda: db.value("select (figures->>'key_collisions')::int from recurd.workers") == 2, what="they are counted")
    daemon.stop()
    assert not daemon.seen("reminder", task=task), "no line says that it was told"
    assert db.task(task)["reminded_at"] and (other, NOON - 2 * MINUTE) in keys(db), "nobody waits behind them"
    assert db.value("select count(*) from recurd.notifications") == 3


def test_another_row_under_the_key_of_a_successor_is_told_and_counted(db, recurd):
    """The successor was made, nobody heard of it, and no line said so."""
    task = db.add_task(rule={"frequency": "daily"}, due_date=NOON - MINUTE)
    db.execute("update tasks set is_complete = true where id = %s", (task,))
    once(db)
    told = db.row("select key, task_id, at from recurd.notifications where kind = 'task_created'")
    # Once more, and somebody else's event has the key.
    db.execute("delete from tasks where repeat_of = %s", (task,))
    db.execute("update recurd.notifications set kind = 'reminder', task_id = 'stranger'")
    db.execute("update tasks set is_complete = false where id = %s", (task,))
    db.execute("update tasks set is_complete = true where id = %s", (task,))
    daemon = recurd(db, poll_interval="50ms", heartbeat_interval="1s")
    line = daemon.expect("key_collision", task=told["task_id"])
    assert (line["key"], line["there_kind"], line["there_task"], line.priority) == (told["key"], "reminder", "stranger", 3)
    wait_until(lambda: db.value("select (figures->>'key_collisions')::int from recurd.workers order by started_at desc limit 1") == 1,
               what="it is counted")
    assert db.value("select count(*) from tasks where repeat_of = %s", (task,)) == 1

