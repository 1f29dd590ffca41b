"""Databases that Alembic, or hands, brought somewhere: what recurctl migrate makes of them."""

import pytest

from harness import alembic
from harness.alembic import REVISIONS, TASK, USER, stamped
from harness.ctl import FOUND, ctl_json, run_ctl
from harness.daemon import run_recurd
from harness.migrate import dump, invalid_indexes, migrate

BOOKKEEPING = ["--exclude-table=recurd.migrations", "--exclude-table=alembic_version"]


def schema(db):
    """Without layout and case, in which bodies of functions may differ."""
    return [line.strip().lower() for line in dump(db, *BOOKKEEPING, data=False)]


@pytest.fixture(scope="module")
def fresh_schema(cluster):
    db = cluster.create_migrated()
    yield schema(db)
    db.drop()


@pytest.mark.parametrize("step", range(0, 12))
def test_adopted_equals_fresh(empty_db, fresh_schema, step):
    """From any step of the chain, with rows, the schema comes out as a fresh one, and the rows stay."""
    if step:
        alembic.make(empty_db, step)
    rows = dump(empty_db, "-a", *BOOKKEEPING) if step >= 5 else None
    states = migrate(empty_db, "up", *["--convert"] * (0 < step < 5)).states
    assert schema(empty_db) == fresh_schema
    assert [states[n] for n in range(1, 12)] == ["adopted"] * step + ["applied"] * (11 - step)
    assert migrate(empty_db, "verify").json["good"] is True
    if step == 11:
        # The same rows, with our columns behind theirs.
        assert empty_db.value("select title from tasks where id = %s", (TASK,)) == "Old"
        assert [line for line in rows if "Water" in line or "home" in line]
    # The chain as published cannot write its eleventh revision into varchar(32).
    if step:
        assert stamped(empty_db) == REVISIONS[11 if step == 11 else 10]


def test_status_tells_what_is_there(empty_db):
    """Before the first up: what would be recorded, what completed, what is still to come."""
    alembic.make(empty_db, 10)
    empty_db.psql("drop index ix_tasks_title; alter table tasks alter column remind_at type text")
    status = migrate(empty_db, "status")
    assert [n for n, state in status.states.items() if state == "adoptable"] == list(range(1, 11))
    assert set(status.states.values()) == {"adoptable", "pending", "optional"}
    text = {line.split()[0][:4]: line for line in run_ctl(empty_db, "migrate", "status").lines() if line[:2] == "00"}
    assert text["0001"].endswith("adoptable  up records it as it is")
    assert text["0003"].endswith("adoptable  up completes it") and text["0008"].endswith("up would refuse it")
    assert any("ix_tasks_title" in line for line in status.lines("problems"))
    assert status.json["level"] == 0


def test_no_rows_at_all(empty_db, fresh_schema):
    alembic.make(empty_db, 11, rows=False)
    migrate(empty_db, "up")
    assert schema(empty_db) == fresh_schema


def test_the_eleventh_revision_is_stamped_where_it_fits(empty_db):
    alembic.make(empty_db, 10, width=64)
    assert migrate(empty_db, "up").lines("notes") == []
    assert stamped(empty_db) == REVISIONS[11]
    migrate(empty_db, "down", "--to", 10)
    assert stamped(empty_db) == REVISIONS[10]


def test_the_eleventh_revision_does_not_fit(empty_db):
    alembic.make(empty_db, 5)
    foretold = migrate(empty_db, "up", "--dry-run").lines("notes")
    (note,) = migrate(empty_db, "up").lines("notes")
    assert foretold == [note]
    assert "34 characters" in note and "holds 32" in note and f"alembic stamp {REVISIONS[11]}" in note
    assert stamped(empty_db) == REVISIONS[10]
    migrate(empty_db, "down", "--to", 5)
    assert stamped(empty_db) == REVISIONS[5]


def test_stamp_without_objects(empty_db, fresh_schema):
    """alembic_version says 11, the objects say 5: objects decide, and the difference is told."""
    alembic.make(empty_db, 5, stamp=11)
    done = migrate(empty_db, "up")
    assert [done.states[n] for n in (5, 6, 11)] == ["adopted", "applied", "applied"]
    assert len([n for n in done.lines("notes") if "the database did not" in n]) == 6
    assert schema(empty_db) == fresh_schema
    assert stamped(empty_db) == REVISIONS[11]


def test_objects_without_stamp(empty_db, fresh_schema):
    alembic.make(empty_db, 11, stamp=5)
    done = migrate(empty_db, "up")
    assert {done.states[n] for n in range(1, 12)} == {"adopted"}
    assert len([n for n in done.lines("notes") if "the database does" in n]) == 6
    assert stamped(empty_db) == REVISIONS[5], "what recurd did not apply it does not stamp"
    assert schema(empty_db) == fresh_schema


@pytest.mark.parametrize("stamp", ["none", "empty", "foreign", "two heads"])
def test_other_stamps_are_left_alone(empty_db, fresh_schema, stamp):
    alembic.make(empty_db, 8, stamp=False)
    if stamp != "none":
        alembic.set_stamp(empty_db, REVISIONS[8])
    if stamp == "empty":
        empty_db.execute("delete from alembic_version")
    if stamp == "foreign":
        empty_db.execute("update alembic_version set version_num = '2026_something_newer'")
    if stamp == "two heads":
        empty_db.execute("insert into alembic_version values ('another_branch')")
    migrate(empty_db, "up")
    assert schema(empty_db) == fresh_schema
    if stamp == "none":
        assert empty_db.value("select to_regclass('alembic_version') is null")
    else:
        # An empty table is the chain's beginning, and is moved along as far as it goes.
        expected = {"empty": [REVISIONS[10]], "foreign": ["2026_something_newer"],
                    "two heads": [REVISIONS[8], "another_branch"]}[stamp]
        assert empty_db.column("select version_num from alembic_version order by 1") == expected


# Partly present steps are completed.


@pytest.mark.parametrize("removed, step, state", [
    ("drop index ix_tasks_due_date", 7, "completed"),
    ("alter table tasks drop constraint ck_tasks_priority_valid", 6, "completed"),
    ("drop index ix_tasks_title", 3, "completed"),
    ("drop table task_tags", 10, "completed"),
    ("drop index ix_tags_user_id_name", 10, "completed"),
    ("drop trigger trigger_update_recurring_tasks_updated_at on recurring_tasks", 11, "completed"),
    ("drop function update_recurring_tasks_updated_at() cascade", 11, "completed"),
    ("drop index ix_recurring_tasks_recurrence_rule", 11, "completed"),
    ("drop index ix_user_email", 1, "completed"),
    ("alter table tasks drop constraint tasks_user_id_fkey", 5, "completed"),
])
def test_partly_present_step_is_completed(empty_db, fresh_schema, removed, step, state):
    alembic.make(empty_db, 11)
    empty_db.execute(removed)
    planned = migrate(empty_db, "--dry-run").states
    states = migrate(empty_db, "up").states
    assert states[step] == planned[step] == state
    assert schema(empty_db) == fresh_schema
    assert empty_db.value("select adopted from recurd.migrations where number = %s", (step,))


def test_invalid_index_of_others_is_rebuilt(empty_db, fresh_schema):
    alembic.make(empty_db, 11)
    empty_db.execute("update pg_index set indisvalid = false where indexrelid = 'ix_tasks_due_date'::regclass")
    assert migrate(empty_db, "up").states[7] == "completed"
    assert invalid_indexes(empty_db) == []
    assert schema(empty_db) == fresh_schema


# Small deviations.


def usable(db):
    """recurd's part is there and works: the application's writes, and a worker's."""
    db.execute("""insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at)
                  values ('new', %s, 't', '{"frequency": "daily"}', now())""", (USER,))
    db.execute("""insert into tasks (id, title, priority, user_id, is_complete, due_date, created_at, updated_at,
                                     recurring_task_id, occurrence_at)
                  select recurd.instance_id(id, next_due_at), title, priority, user_id, false, next_due_at,
                         now() at time zone 'utc', now() at time zone 'utc', id, next_due_at
                  from recurring_tasks where id = 'new'""")
    db.execute("update tasks set is_complete = true, updated_at = now() where recurring_task_id = 'new'")
    return True


@pytest.mark.parametrize("deviation", [
    "alter table tasks alter column id type varchar(64), alter column user_id type varchar(64)",
    'alter table "user" alter column id type varchar',
    "alter table recurring_tasks alter column id type text, alter column user_id type text",
    "alter table tags alter column id type text; alter table task_tags alter column tag_id type text",
    "alter table tasks alter column title type text, alter column description type text",
    "alter table tasks add column project_id integer; create index ix_tasks_project on tasks (project_id)",
    "alter table recurring_tasks add column color text not null default 'red'",
    "create index ix_mine on recurring_tasks (title) where is_active",
    """alter table "user" drop column image, alter column "createdAt" type timestamptz""",
    "alter table tags drop constraint fk_tags_user_id",
    "alter table tasks drop constraint tasks_user_id_fkey",
    "alter table tasks rename constraint tasks_pkey to pk_tasks",
    "alter table tags rename constraint pk_tags to tags_pkey",
    "drop table messages", "drop table messages, conversations",
    "alter table tasks alter column priority drop not null",
])
def test_deviation_is_accepted(empty_db, deviation):
    alembic.make(empty_db, 11)
    empty_db.psql(deviation)
    planned = migrate(empty_db, "up", "--dry-run").states
    assert migrate(empty_db, "up").states == planned
    verified = migrate(empty_db, "verify")
    assert verified.json["good"] is True, verified.lines("problems")
    assert usable(empty_db)


def test_chat_that_is_not_there_stays_away(empty_db):
    alembic.make(empty_db, 11)
    empty_db.psql("drop table messages, conversations")
    assert migrate(empty_db, "up").states[4] == "left alone"
    assert empty_db.value("select to_regclass('conversations') is null")
    assert migrate(empty_db, "verify").lines("accepted") == [
        "table conversations is missing", "table messages is missing"]


def test_accepted_deviation_does_not_hide_a_new_one(empty_db):
    alembic.make(empty_db, 11)
    empty_db.psql('alter table "user" drop column image')
    migrate(empty_db, "up")
    empty_db.psql('alter table "user" drop column name')
    done = migrate(empty_db, "verify", code=1)
    assert done.lines("problems") == ['column "user".name is missing']
    assert done.lines("accepted") == ['column "user".image is missing']


@pytest.mark.parametrize("deviation, words", [
    ("alter table tasks alter column remind_at type text", ["tasks.remind_at is text", "timestamp with time zone"]),
    ("alter table recurring_tasks alter column recurrence_rule type text", ["recurring_tasks.recurrence_rule is text"]),
    ("alter table tasks alter column created_at type timestamptz", ["tasks.created_at is timestamp with time zone"]),
    ("alter table recurring_tasks drop column is_active", ["recurring_tasks.is_active", "is_active"]),
    ("alter table tasks add column team text not null", ["tasks.team", "has no default"]),
])
def test_what_recurd_cannot_work_with_is_refused(empty_db, deviation, words):
    alembic.make(empty_db, 11, rows=False)
    empty_db.psql("drop index ix_recurring_tasks_recurrence_rule", deviation)
    done = migrate(empty_db, "up", code=65)
    assert all(word in done.err for word in words), done.err
    assert done.err.count("\n") == 1


def test_other_schema_and_owner(empty_db, fresh_schema):
    """The application's tables in schema "MyApp", owned by a role that is no superuser."""
    empty_db.psql("""
        drop role if exists app_owner; create role app_owner login createrole;
        create schema "MyApp" authorization app_owner;
        do $$ begin execute format('grant create on database %I to app_owner', current_database()); end $$
    """)
    empty_db.psql(*['set role app_owner; set search_path = "MyApp";' + statements
                    for _, _, statements in alembic.CHAIN])
    dsn = empty_db.dsn_as("app_owner")
    refused = migrate(empty_db, "up", dsn=dsn, code=78, schema="nowhere")
    assert '"nowhere"' in refused.err
    states = migrate(empty_db, "up", dsn=dsn, schema="MyApp").states
    assert {states[n] for n in range(1, 12)} == {"adopted"}
    assert migrate(empty_db, "verify", dsn=dsn, schema="MyApp").json["good"]
    ours = [line.replace('"myapp"', "public").replace("'myapp'", "'public'") for line in schema(empty_db)]
    assert set(fresh_schema) - set(ours) == set()
    migrate(empty_db, "down", "--to", 11, dsn=dsn, schema="MyApp")
    empty_db.psql("drop owned by app_owner; drop schema if exists recurd cascade; drop role app_owner")


@pytest.mark.parametrize("kind", ["text", "varchar(64)"])
def test_only_the_users_of_an_authentication_library(empty_db, kind):
    """Its ids are text from the beginning; the tables of tasks are made to fit."""
    empty_db.psql(f"""create table "user" (id {kind} primary key, email text not null unique, name text,
                                           "emailVerified" boolean not null, "createdAt" timestamptz not null)""",
                  f"""insert into "user" values ('{USER}', 'a@example.org', 'A', true, now())""")
    planned, done = migrate(empty_db, "up", "--dry-run").states, migrate(empty_db, "up").states
    assert planned.pop(5) == "completed" and done.pop(5) == "adopted", "0002 leaves it nothing to do"
    assert done == planned and done[4] == "left alone"
    assert migrate(empty_db, "verify").json["good"] is True
    assert usable(empty_db)


def test_wrong_schema_of_the_application(empty_db):
    """Before the migration and after it: nothing is made where it does not belong, and nobody is sent in circles."""
    alembic.make(empty_db, 11)
    empty_db.psql("create schema other")
    for name in ("recurd", "information_schema", "pg_catalog"):
        if name == "recurd":
            empty_db.psql("create schema recurd")
        before = dump(empty_db)
        assert "not the application's" in migrate(empty_db, "up", code=78, schema=name).err
        assert dump(empty_db) == before
    migrate(empty_db, "up")
    for args in (["up"], ["up", "--dry-run"], ["verify"], ["status"]):
        refused = migrate(empty_db, *args, code=78, schema="other")
        assert 'app_schema is "other"' in refused.err and 'schema "public"' in refused.err
    log = run_recurd("--foreground", "--once", db=empty_db, app_schema="other").stderr
    assert "is app_schema right?" in log
    answer = ctl_json(empty_db, "preflight", env={"RECURD_APP_SCHEMA": "other"}, expect=FOUND)
    assert [f["detail"] for f in answer["findings"] if f["check"] == "schema"] == [
        "schema other has no tables tasks and recurring_tasks; set app_schema, or run: recurctl migrate up, then: recurctl migrate repair"]
    empty_db.psql("alter schema public rename to app")
    problems = migrate(empty_db, "verify", schema="app", code=1).lines("problems")
    assert len(problems) >= 3 and all("does not fit the tables" in problem for problem in problems)
    migrate(empty_db, "repair", schema="app")
    assert migrate(empty_db, "verify", schema="app").json["good"] is True


def test_not_the_owner(empty_db):
    alembic.make(empty_db, 11)
    empty_db.psql("""
        drop role if exists stranger; create role stranger login;
        do $$ begin execute format('grant create on database %I to stranger', current_database()); end $$""")
    done = migrate(empty_db, "up", dsn=empty_db.dsn_as("stranger"), code=65)
    assert "recurring_tasks belongs to" in done.err and "as the owner of the application's tables" in done.err
    empty_db.psql("drop owned by stranger; drop role stranger")


# The way back.


def test_down_over_an_adopted_step_needs_destroy(empty_db):
    alembic.make(empty_db, 8)
    migrate(empty_db, "up")
    before = dump(empty_db)
    refused = migrate(empty_db, "down", "--to", 7, code=65)
    assert "0008_add_reminders_to_tasks" in refused.err and "--destroy" in refused.err
    assert dump(empty_db) == before, "refused before anything is undone"
    migrate(empty_db, "down", "--to", 8)
    assert stamped(empty_db) == REVISIONS[8]
    migrate(empty_db, "down", "--to", 7, "--destroy")
    assert stamped(empty_db) == REVISIONS[7]
    migrate(empty_db, "down", "--to", 0, "--destroy")
    assert empty_db.column("select version_num from alembic_version") == []
    assert empty_db.column("select relname from pg_class where relnamespace = 'public'::regnamespace"
                           " and relkind = 'r'") == ["alembic_version"]


def test_down_gives_an_adopted_database_back(empty_db):
    alembic.make(empty_db, 11)
    before = dump(empty_db)
    migrate(empty_db, "up")
    migrate(empty_db, "down", "--to", 11)
    assert dump(empty_db, "--exclude-schema=recurd") == before
