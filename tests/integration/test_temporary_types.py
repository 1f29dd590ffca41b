"""What recurd's functions do with their owner's rights is theirs to say, not that of types in somebody's pg_temp.

An empty search_path looks safe, and PostgreSQL still looks for types in pg_temp first.  Whoever had TEMP on the database,
as everybody has, and wrote a task, made a domain pg_temp.text with a check of his own, and a cast to text in a trigger of
recurd's ran it as the owner of the tables."""

import re

import psycopg
import pytest

from harness.ctl import FOUND, ctl_json
from harness.migrate import STEPS, migrate, number_of
from harness.util import wait_until

pytestmark = pytest.mark.slow

(LEVEL,) = (number_of(step) for step in STEPS if step.endswith("_search_path"))
ROLE = "recurd_test_temporary"
# Whatever a body may name without its schema.
TYPES = ("text", "varchar", "jsonb", "json", "timestamptz", "timestamp", "date", "interval", "int2", "int4", "int8", "numeric", "float8",
         "bool", "bytea", "uuid", "name", "oid")
CATALOGS = ("pg_class", "pg_proc", "pg_type", "pg_namespace", "pg_settings")
DEFINERS = "select proname from pg_proc where pronamespace = 'recurd'::regnamespace and prosecdef and proname not like 'api\\_%' order by 1"
ATTACK = """
insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, is_active) values ('a', 'u', 'x', '{"frequency": "daily"}', now(), false)
insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at) values ('b', 'u', 'x', '{"frequency": "daily"}', now())
update recurring_tasks set recurrence_rule = '{"frequency": "weekly", "recurrenceOverrides": {"2099-01-01T09:00:00": {"excluded": true}}}' where id = 'b'
update recurring_tasks set next_due_at = now() + interval '1 minute' where id = 'b'
update recurring_tasks set is_active = false where id = 'b'
insert into recurd.policies (template_id, pause_reason, paused_until) values ('b', 'x', '2099-01-01')
update recurring_tasks set is_active = true where id = 'b'
insert into recurd.policies (template_id, catch_up) values ('b', 'latest')
update recurd.policies set template_id = 'a'
delete from recurd.policies
insert into tasks (id, user_id, title, is_complete, created_at, updated_at, recurring_task_id) values ('k', 'u', 'x', false, now(), now(), 'b')
insert into tasks (id, user_id, title, is_complete, created_at, updated_at, recurrence_rule, due_date, remind_at) values ('r', 'u', 'x', false, now(), now(), '{"frequency": "daily"}', now(), now())
insert into tasks (id, user_id, title, is_complete, created_at, updated_at) values ('done', 'u', 'x', true, now(), now())
insert into recurd.reminders (task_id, before) values ('r', '1 hour')
insert into recurd.reminders (task_id, remind_at) values ('r', now())
update recurd.reminders set before = '2 hours' where before is not null
update tasks set is_complete = true where id = 'r'
update tasks set due_date = now() + interval '1 day' where id = 'r'
update tasks set is_complete = false where id = 'r'
update tasks set remind_at = now() + interval '1 second' where id = 'r'
update tasks set recurring_task_id = 'a' where id = 'k'
insert into recurd.preferences (user_id, time_zone) values ('u', 'Europe/Paris')
update recurd.preferences set time_zone = 'Asia/Kathmandu'
delete from recurd.preferences
update recurd.settings set default_time_zone = 'Europe/Paris', max_templates_per_user = 100
insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at) values ('c', 'u', 'x', '{"frequency": "daily", "calendar": "c"}', now())
insert into recurd.calendars (name) values ('c')
insert into recurd.calendar_days (calendar, day, name) values ('c', '2099-01-01', 'x')
update recurd.calendars set weekend = '{5}'
update recurd.calendar_days set working = true
delete from recurd.calendar_days
delete from recurd.calendars
truncate recurd.calendars, recurd.calendar_days
insert into recurd.consumers (name) values ('x')
update recurd.consumers set done_through = 0
select recurd.held_users('{u}')
select recurd.tell_triggered('b')
select recurd.trigger('b')
do $$ begin if pg_catalog.to_regclass('recurd.backfills') is not null then insert into recurd.backfills (template_id, asked_from, asked_to) values ('b', now(), now()); end if; end $$
select recurd.session_user_id('x')
select * from recurd.token_keys()
select recurd.api_feed_create('u', '{"name": "x"}', 'k')
select * from recurd.feed_open('x')
select * from recurd.feed_tasks('x', now(), now(), 1)
select * from recurd.feed_templates('x', now(), 1)
select * from recurd.web_now()
select * from recurd.web_minutes()
select * from recurd.web_upcoming(9)
select * from recurd.web_templates('active', null, 9, null, null)
select * from recurd.web_instances('b', now() - interval '9 days', now())
select * from recurd.web_decisions(null, 9, null, null)
select * from recurd.web_workers()
select * from recurd.web_figures()
select * from recurd.web_changes('t-1', 10)
select * from recurd.web_turns('t-1', 10)
select * from recurd.web_policies('t-1')
select recurd.web_act('trigger', 'b', null)
delete from tasks
update recurring_tasks set id = 'd' where id = 'b'
delete from recurring_tasks
delete from recurd.consumers
update recurd.settings set default_time_zone = null, max_templates_per_user = 0
""".strip().splitlines()


@pytest.fixture(scope="module")
def db(cluster):
    database = cluster.create_migrated(("wakeup",))
    database.add_user("u")
    database.psql(
        f"create role {ROLE} login; grant usage on schema recurd to {ROLE}; grant execute on function recurd.held_users(text[]),"
        f" recurd.tell_triggered(text) to {ROLE}; grant all on all tables in schema public to {ROLE};"
        f" grant recurd_web to {ROLE}; grant all on all tables in schema recurd to {ROLE}; revoke all on recurd.migrations from {ROLE};"
        ' create table "session" (id text, token text, "userId" text, "expiresAt" timestamp);'
        """ create table jwks (id text, "publicKey" text, "createdAt" timestamp); insert into jwks values ('x', '{}', now());"""
        " create function public.evil() returns boolean language plpgsql as $$ begin raise notice '%', current_user; return true; end $$;"
        f' alter database "{database.name}" set track_functions = \'all\''
    )
    yield database
    database.psql(f"drop owned by {ROLE}; drop role {ROLE}")
    database.drop()


def attack(db):
    """The functions of recurd's in which the attacker's ran with rights that he has not; and how many of the statements
    failed, which tells of it, too, and takes nothing back of what was told."""
    functions, failed = set(), 0

    def listen(notice):
        if notice.message_primary != ROLE:
            functions.update(re.findall(r"function recurd\.(\w+)", notice.context))

    with psycopg.connect(db.dsn_as(ROLE), autocommit=True) as conn:
        conn.add_notice_handler(listen)
        for name in TYPES:
            conn.execute(f"create domain pg_temp.{name} as pg_catalog.{name} check (public.evil())")
        for name in CATALOGS:
            conn.execute(f"create temp view {name} as select * from pg_catalog.{name} where public.evil()")
            conn.execute(f"grant select on pg_temp.{name} to public")
        for statement in ATTACK:
            try:
                conn.execute(statement)
            except psycopg.errors.DatatypeMismatch:
                failed += 1
            except psycopg.errors.UndefinedFunction:
                assert "recurd." in statement  # that a later step brings
    return functions, failed


def called(db):
    return set(db.column("select funcname from pg_stat_user_functions where schemaname = 'recurd' and calls > 0"))


def test_types_of_pg_temp_run_nothing_with_the_owners_rights(db):
    """Seen to succeed at the level before, through what reaches every function that has its owner's rights."""
    migrate(db, "down", "--to", LEVEL - 1)
    functions, _ = attack(db)
    assert {"task_repeats", "preferences_changed", "policies_changed", "calendars_changed", "settings_changed", "template_limit",
            "template_audited", "zone_mended", "tell_triggered"} <= functions
    migrate(db, "up")
    db.execute(f"grant all on recurd.backfills to {ROLE}")
    assert attack(db) == (set(), 0)
    # A session tells what it called when it ends, or a little later.
    wait_until(lambda: set(db.column(DEFINERS)) <= called(db))


def paths(db):
    return db.rows("select oid::regprocedure::text as name, proconfig from pg_proc where pronamespace = 'recurd'::regnamespace order by 1")


def test_what_an_earlier_step_made_anew_is_told_and_mended(db):
    """A function that repair brings back has the path that its step gave it, until repair comes to this step."""
    before = paths(db)
    db.execute("drop function recurd.task_repeats() cascade; alter function recurd.policies_stamped() set search_path = ''")
    told = migrate(db, "verify", code=1).lines("problems")
    assert [line for line in told if line.startswith("functions ")] == [
        "functions recurd.policies_stamped() run with the empty search_path, which finds types of pg_temp first, expected pg_catalog, pg_temp"]
    told = [f["detail"] for f in ctl_json(db, "preflight", expect=FOUND)["findings"]]
    assert any(line.startswith("functions recurd.policies_stamped() run with") and line.endswith("run: recurctl migrate repair") for line in told)
    migrate(db, "repair")
    assert paths(db) == before
    assert migrate(db, "verify").json["good"] is True


def test_every_function_with_another_path_is_told(db):
    """In one line of this step for the empty one, whose function it is; in the line of the step that made it for any other."""
    names = db.column("select oid::regprocedure::text from pg_proc where pronamespace = 'recurd'::regnamespace and prosecdef order by 1")
    before = paths(db)
    for path in ("''", "public"):
        db.execute(";".join(f"alter function {name} set search_path = {path}" for name in names))
        told = migrate(db, "verify", code=1).json["steps"]
        if path == "public":
            for name in names:
                assert name.split("(")[0] in str(told)
        else:
            [line] = [line for step in told if step["number"] == LEVEL for line in step["problems"]]
            assert f" and {len(names) - 5} more run with the empty search_path" in line
        migrate(db, "repair")
        assert paths(db) == before


def test_the_optional_step_that_comes_later(empty_db):
    """What up leaves behind, its own words mend."""
    migrate(empty_db, "up")
    done = migrate(empty_db, "up", "--with", "wakeup")
    [note] = done.json["notes"]
    assert "_search_path" in note and note.endswith("run: recurctl migrate repair")
    migrate(empty_db, "repair")
    assert migrate(empty_db, "verify").json["good"] is True
    assert empty_db.column("select distinct proconfig from pg_proc where proname in ('task_wake', 'template_wake')") == [["search_path=pg_catalog, pg_temp"]]
