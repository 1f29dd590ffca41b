"""Rows that the server takes without an error and does not write, or writes otherwise: told, never lost, no hot loop.

Each case has rows of a user `caught`, over which something of the application's lies, and rows of others,
which must be served as if nothing were.  What a case swallows must be told by a line of the log, stay due
as a whole, cost next to nothing while it waits, and be done exactly once when the cause is gone.
"""

import re
import time
from datetime import timedelta

import psycopg
import pytest

from faults.oracle import UTC, key_of
from faults.serving import AGO, DAILY
from harness.daemon import run_recurd
from harness.util import SLOWNESS, wait_until

OPTIONS = {"poll_interval": "200ms", "reconnect_limit": "200ms", "heartbeat_interval": "1s"}
COUNT = 3
MENDED = 90  # seconds within which what waits goes on by itself

# What is no longer due and yet not all there.
LOST = """
select 'no instance of ' || t.id from recurring_tasks t join expected e on e.id = t.id
 where t.next_due_at > e.due and not exists (
       select from tasks k where k.recurring_task_id = t.id and k.occurrence_at = e.due)
union all
select 'another id: ' || k.id from tasks k
 where k.recurring_task_id is not null and k.id <> recurd.instance_id(k.recurring_task_id, k.occurrence_at)
union all
select 'of no template: ' || k.id from tasks k
 where k.recurring_task_id is null and k.occurrence_at is not null
union all
select 'not tagged: ' || k.id from tasks k join recurd.template_tags g using (recurring_task_id)
 where not exists (select from task_tags a where a.task_id = k.id and a.tag_id = g.tag_id)
union all
select 'instance not told: ' || k.id from tasks k
 where k.recurring_task_id is not null and not exists (
       select from recurd.notifications n where n.kind = 'task_created' and n.task_id = k.id
              and n.template_id = k.recurring_task_id and n.at = k.occurrence_at)
union all
select 'reminder not told: ' || k.id from tasks k join expected e on e.id = k.id
 where k.reminded_at >= e.due and e.due >= (select live_since from recurd.settings)
       and not exists (select from recurd.notifications n where n.kind = 'reminder' and n.task_id = k.id and n.at = e.due)
"""

DUE = """
select e.id from expected e where exists (
       select from recurring_tasks t where t.id = e.id and t.is_active and (t.next_due_at <= e.due or t.failed_at is not null))
    or exists (select from tasks k where k.id = e.id and (k.reminded_at is null or k.reminded_at < e.due))
 order by 1
"""


def trigger(table, event, body, mend_too=""):
    """(trap, mend): a trigger of the application's before each row; body has new and old."""
    trap = (f"create function trap() returns trigger language plpgsql as $$ begin {body} return new; end $$;"
            f"create trigger a_trap before {event} on {table} for each row execute function trap()")
    return trap, f"drop function trap() cascade; {mend_too}"


def swallow(table, event, condition="new.user_id = 'caught'"):
    return trigger(table, event, f"if {condition} then return null; end if;")


TEMPLATES, REMINDERS = "templates", "reminders"

# name: (trap, mend, what of `caught` it concerns)
CASES = {
    "tasks: insert gives null": (*swallow("tasks", "insert"), {TEMPLATES}),
    "tasks: insert goes to a child table": (
        "create table tasks_caught () inherits (tasks);"
        "create function trap() returns trigger language plpgsql as $$ begin if new.user_id = 'caught' then"
        " insert into tasks_caught select new.*; return null; end if; return new; end $$;"
        "create trigger a_trap before insert on tasks for each row execute function trap()",
        "drop function trap() cascade; drop table tasks_caught", {TEMPLATES}),
    "tasks: insert gets another id": (
        *trigger("tasks", "insert", "if new.user_id = 'caught' then new.id = gen_random_uuid(); end if;"), {TEMPLATES}),
    "tasks: insert gets no template": (
        *trigger("tasks", "insert", "if new.user_id = 'caught' then new.recurring_task_id = null; end if;"), {TEMPLATES}),
    "tasks: insert gets another occurrence": (
        *trigger("tasks", "insert", "if new.user_id = 'caught' then new.occurrence_at = '2000-01-01'; end if;"), {TEMPLATES}),
    "tasks: another unique index": (
        "insert into tasks (id, title, user_id, is_complete, created_at, updated_at)"
        " select 'there-' || i, 'caught-' || i, 'caught', true, now(), now() from generate_series(1, 3) i;"
        "create unique index theirs on tasks (user_id, title) where user_id = 'caught' and not is_complete or id like 'there%'",
        "drop index theirs; delete from tasks where id like 'there-%'", {TEMPLATES}),
    "task_tags: insert gives null": (*swallow("task_tags", "insert", "new.tag_id = 'caught'"), {TEMPLATES}),
    "recurring_tasks: update gives null": (*swallow("recurring_tasks", "update"), {TEMPLATES}),
    "recurring_tasks: update leaves it due": (
        *trigger("recurring_tasks", "update", "if new.user_id = 'caught' then new.next_due_at = old.next_due_at; end if;"),
        {TEMPLATES}),
    "notifications: insert gives null": (*swallow("recurd.notifications", "insert"), {TEMPLATES, REMINDERS}),
    "notifications: insert gets another key": (
        *trigger("recurd.notifications", "insert", "if new.user_id = 'caught' then new.key = 'the same'; end if;"),
        {TEMPLATES, REMINDERS}),
    "tasks: update gives null": (*swallow("tasks", "update"), {REMINDERS}),
    "tasks: update leaves it pending": (
        *trigger("tasks", "update", "if new.user_id = 'caught' then new.reminded_at = old.reminded_at; end if;"), {REMINDERS}),
    "tasks: update in replica mode, gives null": (
        swallow("tasks", "update")[0] + "; alter table tasks enable replica trigger a_trap;"
        "do $$ begin execute format('alter database %I set session_replication_role = replica', current_database()); end $$",
        swallow("tasks", "update")[1], {REMINDERS}),
}


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=30))
    return app_db


def fill(db, count=COUNT):
    """So many due templates with a tag and reminders each of the users caught and free."""
    db.execute("create table expected (id text, due timestamptz)")
    for user in ("caught", "free"):
        db.add_user(user)
        db.execute("insert into tags (id, user_id, name) values (%s, %s, %s)", (user, user, user))
        for n in range(1, count + 1):
            db.add_template(AGO, DAILY, user=user, id=f"{user}-{n}", title=f"{user}-{n}")
            db.execute("insert into recurd.template_tags values (%s, %s)", (f"{user}-{n}", user))
            db.add_task(user=user, remind=AGO, id=f"{user}-r{n}", title=f"to {user}-{n}")
    db.execute("insert into expected select id, next_due_at from recurring_tasks union all"
               " select id, remind_at from tasks where remind_at is not null")


def ids(kinds, user="caught", count=COUNT):
    prefixes = [prefix for kind, prefix in ((TEMPLATES, ""), (REMINDERS, "r")) if kind in kinds]
    return sorted(f"{user}-{prefix}{n}" for prefix in prefixes for n in range(1, count + 1))


def named(daemon, since=0):
    """Ids of templates and tasks that a warning or notice names."""
    lines = [line for line in daemon.events[since:] if line.priority <= 5]
    return {line[key] for line in lines for key in ("template", "task") if key in line}


def transactions(db):
    return db.value("select xact_commit + xact_rollback from pg_stat_database where datname = current_database()")


def costs_little(db, daemon, seconds=3):
    """A worker that waits leaves the processor and the server in peace."""
    db.close()  # our own transactions are counted when the session ends; the worker's, after a second
    time.sleep(1)
    cpu, before, began = daemon.cpu_seconds(), transactions(db), time.monotonic()
    lines = daemon.mark()
    wait_until(lambda: time.monotonic() - began > seconds, what="some seconds are over")
    assert daemon.cpu_seconds() - cpu < 0.2 * seconds * SLOWNESS, daemon.log()
    assert transactions(db) - before < 60 * seconds, daemon.log()
    assert len(daemon.events) - lines < 20 * seconds, daemon.log()


def all_is_well(db):
    """Everything once: as many instances, tags and notifications as there were things due."""
    assert db.column(DUE) == [] and db.column(LOST) == []
    instances = db.rows("select id, recurring_task_id as template, occurrence_at from tasks where occurrence_at is not null")
    assert len({row["template"] for row in instances}) == len(instances) == db.value(
        "select count(*) from expected where id in (select id from recurring_tasks)")
    keys = [key_of("task_created", row["id"], row["occurrence_at"].astimezone(UTC)) for row in instances]
    keys += [key_of("reminder", row["id"], row["due"].astimezone(UTC))
             for row in db.rows("select e.* from expected e join tasks using (id)")]
    assert sorted(keys) == sorted(db.column("select key from recurd.notifications"))


@pytest.mark.parametrize("case", CASES)
def test_what_is_swallowed_is_told_and_stays_due(db, recurd, case):
    """Fault 0: the application's own triggers and indexes make writes vanish, or turn them into others."""
    trap, mend, kinds = CASES[case]
    fill(db)
    db.psql(trap)
    daemon = recurd(db, **OPTIONS)
    caught = ids(kinds)
    wait_until(lambda: set(db.column(DUE)) <= set(caught), what="all others are served")
    wait_until(lambda: named(daemon) >= set(caught), 10, f"the log names {caught}: {daemon.log()}")
    costs_little(db, daemon)
    assert db.column(LOST) == []
    assert db.column(DUE) == caught, "nothing of it is half done"
    db.psql(mend)
    wait_until(lambda: db.column(DUE) == [], MENDED, "what waited is done")
    daemon.stop()
    all_is_well(db)


def test_what_is_swallowed_at_size(db, recurd):
    """Fault 0: more than fit into one batch, the healthy ones last in line; they do not wait for the others."""
    fill(db, 300)
    db.execute("update expected set due = due - interval '1 second' where id like 'caught%'")
    db.execute("update recurring_tasks t set next_due_at = e.due from expected e where e.id = t.id")
    db.execute("update tasks k set remind_at = e.due from expected e where e.id = k.id")
    db.execute("update recurring_tasks set replan_at = null")
    trap, mend = swallow("recurd.notifications", "insert")
    db.psql(trap)
    daemon = recurd(db, **OPTIONS, batch_size=100)
    caught = set(ids({TEMPLATES, REMINDERS}, count=300))
    wait_until(lambda: set(db.column(DUE)) == caught, 20, "all others are served")
    assert db.column(LOST) == []
    costs_little(db, daemon)
    db.psql(mend)
    wait_until(lambda: db.column(DUE) == [], MENDED, "what waited is done")
    daemon.stop()
    all_is_well(db)


def test_a_decision_that_is_swallowed_is_not_taken(db, recurd):
    """Fault 0: a quarantine without its row in recurd.decisions would be a template that ends in silence."""
    trap, mend = swallow("recurd.decisions", "insert", "new.template_id = 'broken'")
    db.psql(trap)
    db.add_user("free")
    db.add_template(AGO, '{"frequency": "sometimes"}', id="broken")
    healthy = db.add_template(AGO, DAILY)
    daemon = recurd(db, **OPTIONS)
    wait_until(lambda: db.occurrences(healthy), what="the other is served")
    wait_until(lambda: "broken" in named(daemon), 10, daemon.log)
    costs_little(db, daemon)
    assert db.template("broken")["failed_at"] is None and db.decisions("broken") == []
    db.psql(mend)
    wait_until(lambda: db.template("broken")["failed_at"], MENDED, "it is in quarantine")
    assert [row["kind"] for row in db.decisions("broken")] == ["quarantined"]


def test_reminders_of_old_that_cannot_be_settled(db, recurd):
    """Fault 0: what was due before the first start is marked handled, and a trigger drops the mark: no hot loop."""
    db.go_live(db.now() - timedelta(hours=1))
    fill(db)
    db.add_task(user="caught", remind=timedelta(hours=-2), id="old", title="old")
    trap, mend = swallow("tasks", "update", "new.id = 'old'")
    db.psql(trap)
    daemon = recurd(db, **OPTIONS)
    wait_until(lambda: db.column(DUE) == [], what="what is due is done")
    wait_until(lambda: "old" in named(daemon), 10, daemon.log)
    costs_little(db, daemon)
    db.psql(mend)
    wait_until(lambda: db.task("old")["reminded_at"], MENDED, "it is marked")
    daemon.stop()
    all_is_well(db)


@pytest.mark.parametrize("trap, words", [
    ("alter table tasks rename to base_tasks; create view tasks as select * from base_tasks", "public.tasks is no table"),
    ("alter table recurring_tasks rename to base; create view recurring_tasks as select * from base",
     "public.recurring_tasks is no table"),
    ("alter table recurd.notifications rename to told; create view recurd.notifications as select * from recurd.told;"
     "create function trap() returns trigger language plpgsql as $$ begin return new; end $$;"
     "create trigger trap instead of insert on recurd.notifications for each row execute function trap()",
     "recurd.notifications is no table"),
    ("create rule trap as on insert to tasks where new.user_id = 'caught' do instead nothing", "rule trap"),
    ("create rule trap as on update to tasks do instead nothing", "rule trap"),
    ("create rule trap as on update to recurring_tasks where new.user_id = 'caught' do instead"
     " update recurring_tasks set title = new.title where id = new.id", "rule trap"),
    ("create rule trap as on insert to recurd.notifications do also notify told", "rule trap"),
    ("create rule trap as on insert to task_tags do instead nothing", "rule trap"),
    ("alter table task_tags enable row level security", "row-level security"),
    ("alter table recurd.template_tags enable row level security", "row-level security"),
    ("alter table recurd.notifications enable row level security", "row-level security"),
    ("alter table recurd.preferences enable row level security; alter table recurd.preferences force row level security",
     "row-level security"),
    ("alter table tasks drop constraint if exists tasks_repeat_of_fkey cascade;"
     "create table parts (like tasks including defaults) partition by hash (user_id);"
     "create table parts_0 partition of parts for values with (modulus 1, remainder 0);"
     "drop table tasks cascade; alter table parts rename to tasks", "ux_tasks_recurring_task_id_occurrence_at"),
])
def test_what_swallows_from_the_start_is_a_start_refused(db, recurd, trap, words):
    """Fault 0: views, rules, row security, partitions without the unique key: said at once, nothing is touched."""
    role = f"swallowed_{db.name}"
    fill(db)
    db.psql(f"create role {role} login in role recurd_worker", trap)
    db.psql("do $$ begin execute (select string_agg(format('grant select, insert, update on %s to recurd_worker', oid::regclass), ';')"
            " from pg_class where relkind in ('r', 'v', 'p') and relnamespace in ('public'::regnamespace, 'recurd'::regnamespace)); end $$")
    before = db.value("select count(*) from recurd.notifications")
    daemon = recurd(db, dsn=db.dsn_as(role), ready=False, **OPTIONS)
    line = daemon.expect("database_unfit", 10)
    assert words in line["msg"] and line.priority <= 3
    costs_little(db, daemon)
    assert daemon.seen("generated") == daemon.seen("reminder") == []
    assert db.value("select count(*) from recurd.notifications") == before
    daemon.stop()
    once = run_recurd("--foreground", "--once", dsn=None, database_url=db.dsn_as(role))
    assert once.returncode == 69 and words in once.stderr
    db.psql(f"drop owned by {role}; drop role {role}")


def test_a_rule_made_under_a_running_worker(db, recurd):
    """Fault 0: it is named, and when it is dropped all goes on by itself."""
    fill(db, 1)
    daemon = recurd(db, **OPTIONS)
    wait_until(lambda: db.column(DUE) == [], what="what is due is done")
    db.psql("create rule trap as on update to tasks do instead nothing")
    late = db.add_task(user="free", remind=AGO)
    assert "rule trap" in daemon.expect("database_unfit")["msg"]
    costs_little(db, daemon)
    db.psql("drop rule trap on tasks")
    wait_until(lambda: db.task(late)["reminded_at"], what="it is told")
    daemon.stop()
    assert db.value("select count(*) from recurd.notifications where task_id = %s", (late,)) == 1


@pytest.mark.parametrize("trap, mend", [
    ("alter table tasks drop column reminded_at cascade;"
     "alter table tasks add reminded_at timestamptz generated always as (null::timestamptz) stored;"
     "grant select (reminded_at), update (reminded_at) on tasks to recurd_worker;"
     "create index ix_tasks_pending_remind_at on tasks (remind_at) where remind_at is not null and not is_complete"
     " and (reminded_at is null or remind_at > reminded_at)",
     "alter table tasks alter reminded_at drop expression"),
    ("alter table recurd.notifications drop at; alter table recurd.notifications add at timestamptz"
     " generated always as ('epoch'::timestamptz) stored", "alter table recurd.notifications alter at drop expression"),
])
def test_a_generated_column_is_told_once_and_not_a_row_at_a_time(db, recurd, trap, mend):
    """Fault 0: a column that we write gives what it likes: an error of every row, with one cause."""
    fill(db, 40)
    db.psql(trap)
    daemon = recurd(db, **OPTIONS)
    wait_until(lambda: any("generated" in " ".join(line.values()) or "428C9" in line.values() for line in daemon.events
                           if line.priority <= 5), 10, "the log says it")
    costs_little(db, daemon)
    assert db.column(LOST) == []
    assert len([line for line in daemon.events if line.priority <= 4]) < 40, daemon.log()
    db.psql(mend)
    wait_until(lambda: db.column(DUE) == [], MENDED, "what waited is done")
    daemon.stop()
    assert db.column(LOST) == []


@pytest.mark.parametrize("setting", ["database", "role"])
def test_triggers_that_are_off_swallow_nothing(db, recurd, setting):
    """Fault 0: session_replication_role = replica, left over from a restore: no foreign keys, no triggers, all done once."""
    role = f"replica_{db.name}"
    fill(db)
    db.psql(f"create role {role} login in role recurd_worker",
            f"alter role {role} set session_replication_role = replica" if setting == "role" else
            f'alter database "{db.name}" set session_replication_role = replica')
    daemon = recurd(db, dsn=db.dsn_as(role), **OPTIONS)
    wait_until(lambda: db.column(DUE) == [], what="what is due is done")
    daemon.stop()
    all_is_well(db)
    db.psql(f"drop owned by {role}; drop role {role}")


@pytest.mark.parametrize("body", [
    "new.next_due_at = date_trunc('minute', new.next_due_at) + interval '1 minute';",
    "new.next_due_at = new.next_due_at + interval '1 hour';",
])
def test_an_application_that_moves_what_is_due_next_is_followed(db, recurd, body):
    """Fault 0: a trigger that rounds or moves next_due_at has its way; it is no refusal, and nothing is done twice."""
    fill(db)
    db.psql(trigger("recurring_tasks", "update", f"if new.next_due_at > old.next_due_at then {body} end if;")[0])
    daemon = recurd(db, **OPTIONS)
    wait_until(lambda: db.column(DUE) == [], what="what is due is done")
    costs_little(db, daemon)
    daemon.stop()
    all_is_well(db)
    assert named(daemon) & set(ids({TEMPLATES}, "free")) == set()


def test_partitions_of_templates_are_served(db, recurd):
    """Fault 0: recurring_tasks in partitions; rows of two of them share their place (ctid)."""
    fill(db, 20)
    db.psql(
        "create table parts (like recurring_tasks including all) partition by hash (id)",
        "create table parts_0 partition of parts for values with (modulus 2, remainder 0);"
        "create table parts_1 partition of parts for values with (modulus 2, remainder 1)",
        "insert into parts select * from recurring_tasks; drop table recurring_tasks cascade;"
        "alter table parts rename to recurring_tasks",
        "create index ix_recurring_tasks_due on recurring_tasks (next_due_at) where is_active and failed_at is null",
        "create index ix_recurring_tasks_wake on recurring_tasks (wake_at)"
        " where is_active and failed_at is null and wake_at is not null",
        "create index ix_recurring_tasks_replan on recurring_tasks (replan_at) where replan_at is not null"
        " and failed_at is null and (is_active or ended_at is not null)",
    )
    assert db.value("select count(*) > count(distinct ctid) from recurring_tasks")
    daemon = recurd(db, **OPTIONS)
    wait_until(lambda: db.column(DUE) == [], what="what is due is done")
    daemon.stop()
    all_is_well(db)


def test_a_place_to_wait_in_that_swallows_rows(db, recurd):
    """Fault 0: who waits cannot be written down either: the others are served, and nothing turns hot."""
    if not db.value("select to_regclass('recurd.waiting') is not null"):
        pytest.skip("nothing waits in a table")
    fill(db)
    trap, mend = swallow("tasks", "insert")
    db.psql(trap)
    db.psql("create function drop_it() returns trigger language plpgsql as $$ begin return null; end $$;"
            "create trigger drop_it before insert or update on recurd.waiting for each row execute function drop_it()")
    daemon = recurd(db, **OPTIONS)
    caught = ids({TEMPLATES})
    wait_until(lambda: db.column(DUE) == caught, what="all others are served")
    costs_little(db, daemon)
    db.psql(mend)
    wait_until(lambda: db.column(DUE) == [], MENDED, "what waited is done")
    daemon.stop()
    all_is_well(db)


def test_a_stale_sequence_swallows_no_event(db, recurd):
    """Fault 0: the sequence of recurd.notifications stands behind its table: the worker mends it, every event is there."""
    fill(db, 40)
    db.execute("insert into recurd.notifications (id, key, kind, user_id, task_id, at) overriding system value"
               " select i, 'old-' || i, 'reminder', 'u', 'k', now() from generate_series(1, 1000) i")
    db.execute("insert into recurd.decisions (id, kind, template_id) overriding system value"
               " select i, 'ended', 'gone' from generate_series(1, 1000) i")
    db.add_template(AGO, '{"frequency": "sometimes"}', id="broken")
    daemon = recurd(db, **OPTIONS)
    wait_until(lambda: db.column(DUE) == [] and db.template("broken")["failed_at"], what="what is due is done")
    daemon.stop()
    db.execute("delete from recurd.notifications where key like 'old-%'")
    assert [row["kind"] for row in db.decisions("broken")] == ["quarantined"]
    all_is_well(db)


def test_a_stale_sequence_that_the_worker_may_not_set(db, recurd):
    """Fault 0: without the right everything waits, and the log names the command that mends it; as printed, it does."""
    role = f"stale_{db.name}"
    fill(db)
    db.psql(f"create role {role} login in role recurd_worker; revoke all on all sequences in schema recurd from recurd_worker")
    db.execute("insert into recurd.notifications (id, key, kind, user_id, task_id, at) overriding system value"
               " select i, 'old-' || i, 'reminder', 'u', 'k', now() from generate_series(1, 1000) i")
    daemon = recurd(db, dsn=db.dsn_as(role), **OPTIONS)
    said = wait_until(lambda: [text for line in daemon.events for text in line.values() if "pg_catalog.setval" in text], 10,
                      "the log names the command")
    costs_little(db, daemon)
    assert db.column(LOST) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        psycopg.connect(db.dsn_as(role)).execute("select setval('recurd.notifications_id_seq', 1)")
    db.psql(re.search(r"select pg_catalog.setval\([^;]*? from recurd\.\w+", said[0])[0])
    wait_until(lambda: db.column(DUE) == [], MENDED, "what waited is done")
    daemon.stop()
    db.execute("delete from recurd.notifications where key like 'old-%'")
    all_is_well(db)
    db.psql(f"drop owned by {role}; drop role {role}")
