"""What would refuse `recurctl migrate up` is told by --dry-run and by preflight, and by up before its first change."""

import re
import shutil
from datetime import timedelta

import pytest

from harness import alembic
from harness.alembic import TASK, USER
from harness.ctl import FOUND, ctl_json
from harness.daemon import run_recurd
from harness.migrate import dump, migrate, start_migrate
from harness.util import MIGRATIONS

TWIN = f"""insert into "user" (email, name, id, "createdAt", "updatedAt")
           values ('a@example.org', 'Twin', 'twin', now(), now())"""


def foreseen(db, step, words, dsn=None):
    """dry-run, preflight and up say the same, and up has changed nothing."""
    before = dump(db)
    planned = migrate(db, "up", "--dry-run", code=1, dsn=dsn)
    assert planned.states[step] == "refused"
    (refused,) = [s for s in planned.json["steps"] if s["number"] == step]
    text = "\n".join(refused["problems"])
    assert all(word in text for word in words), text
    answer = ctl_json(db, "preflight", expect=FOUND, dsn=dsn)
    told = [f["detail"] for f in answer["findings"] if f["check"] == "migration" and f["level"] == "problem"]
    assert [line for line in told if line.startswith(f"{step:04}_")] == \
        [f"{refused['name']}: {line}" for line in refused["problems"]]
    assert len({line.split(": ", 1)[1] for line in told}) == len(told), "each is told once"
    done = migrate(db, "up", code=65, dsn=dsn)
    assert "nothing was changed" in done.err and done.err.count("\n") == 1
    assert done.states == {n: s for n, s in planned.states.items() if s == "refused"}
    assert dump(db) == before
    return done


@pytest.fixture
def unforeseeing(tmp_path):
    """Migrations that foretell nothing, to show that what is foretold is so."""
    files = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    for path in files.glob("*.check.sql"):
        path.unlink()
    # 0006 takes the check back where rows break it; what would be then is what it spares us.
    path = files / "0006_add_priority_to_tasks.up.sql"
    path.write_text(re.sub("(?s)-- A row that was.*", "alter table tasks validate constraint ck_tasks_priority_valid;",
                           path.read_text()))
    for path in files.glob("*.verify.sql"):
        path.write_text(re.sub("^-- needs: .*\n", "", path.read_text(), flags=re.M).replace(" [needed]", ""))
    return files


# at: the step of the chain; damage; step that is refused; what is said; repair.
ROWS_AND_NAMES = {
    "e-mails": (11, f"drop index ix_user_email; {TWIN}", 1, ["1 e-mail address", "'a@example.org' (2 times)", "remove"],
                """delete from "user" where id = 'twin'"""),
    "no ids": (11, 'alter table "user" drop column id cascade', 1, ['"user".id is missing'],
               'alter table "user" add column id text default gen_random_uuid()::text primary key;'
               ' update tasks set user_id = (select id from "user"); update tags set user_id = (select id from "user");'
               ' update recurring_tasks set user_id = (select id from "user")'),
    "no e-mails": (11, 'alter table "user" drop column email', 1, ["email is missing"],
                   'alter table "user" add column email varchar(255)'),
    "chat": (4, "alter table conversations drop column user_id", 4, ["conversations.user_id is missing"],
             "alter table conversations add column user_id uuid"),
    "foreign key to a uuid": (
        4, 'alter table conversations add constraint chat_user foreign key (user_id) references "user" (id)', 5,
        ["chat_user", "conversations", '"user".id', "foreign keys that follow"], "alter table conversations drop constraint chat_user"),
    "foreign key to itself": (
        4, "alter table tasks add column parent uuid constraint parent_fkey references tasks (id)", 5,
        ["parent_fkey", "tasks.id"], "alter table tasks drop constraint parent_fkey"),
    "view": (4, "create view mine as select id, title from tasks", 5, ["view mine uses tasks.id"], "drop view mine"),
    "rule": (4, "create rule kept as on delete to tasks where old.user_id is null do instead nothing", 5,
             ["rule kept on table tasks uses tasks.user_id"], "drop rule kept on tasks"),
    "trigger": (4, "create trigger own before update of user_id on tasks for each row"
                " execute function suppress_redundant_updates_trigger()", 5, ["trigger own on table tasks", "tasks.user_id"],
                "drop trigger own on tasks"),
    "generated column": (4, "alter table tasks add column g text generated always as (user_id::text) stored", 5,
                         ["column g of table tasks uses tasks.user_id"], "alter table tasks drop column g"),
    "policy": (4, f"create policy own on tasks using (user_id = '{USER}')", 5, ["policy own", "tasks.user_id"],
               "drop policy own on tasks"),
    "orphans": (11, "alter table tasks drop constraint tasks_user_id_fkey;"
                f" update tasks set user_id = 'nobody'", 5, ["1 tasks belong to no user", TASK, "tasks_user_id_fkey"],
                f"update tasks set user_id = '{USER}'"),
    "no users": (11, 'drop table "user" cascade', 5, ['table "user" is missing, and there are tasks'], "delete from tasks;"
                 " delete from tags; delete from recurring_tasks"),
    "priorities": (11, "alter table tasks drop constraint ck_tasks_priority_valid; update tasks set priority = 'asap'",
                   6, ["1 tasks have a priority", f"'{TASK}' ('asap')", "low, medium, high"],
                   "update tasks set priority = 'low'"),
    "priorities before their step": (5, "alter table tasks add column priority text default 'p1'", 6, ["'p1'"],
                                     "update tasks set priority = 'low'"),
    "tags": (11, "drop index ix_tags_user_id_name;"
             f" insert into tags (id, user_id, name) values ('twin', '{USER}', 'home')", 10,
             ["1 pairs of user_id and name", f"('{USER}', 'home')", "ix_tags_user_id_name", "remove the duplicates"],
             "delete from tags where id = 'twin'"),
    "tags of tasks": (11, "drop index ix_task_tags_task_tag; alter table task_tags drop constraint pk_task_tags;"
                      " insert into task_tags select * from task_tags", 10, [f"('{TASK}', 'tag')"],
                      "delete from task_tags"),
    "function of the name": (
        10, "create function update_recurring_tasks_updated_at() returns integer language sql return 1", 11,
        ["update_recurring_tasks_updated_at()"], "drop function update_recurring_tasks_updated_at()"),
    "schema of the name": (11, "create schema recurd; create table recurd.settings (id text)", 12, ["it has settings (a table or view)"],
                           "drop schema recurd cascade"),
    "columns of templates": (11, "alter table recurring_tasks add column failure text, add column ended_at date", 13,
                             ["failure, ended_at", "rename it"],
                             "alter table recurring_tasks drop column failure, drop column ended_at"),
    "columns of tasks": (5, "alter table tasks add column completed_at timestamp", 14, ["completed_at"],
                         "alter table tasks rename column completed_at to done_at"),
    "column without default": (11, "alter table tasks add column team text not null default 'x';"
                               "alter table tasks alter column team drop default", 14,
                               ["tasks.team is not null and has no default"],
                               "alter table tasks alter column team set default 'x'"),
    "index of the name": (11, "create index ix_recurring_tasks_due on recurring_tasks (title)", 19,
                          ["ix_recurring_tasks_due is an index on recurring_tasks", "rename or drop"],
                          "drop index ix_recurring_tasks_due"),
    "table of the name of an index": (9, "create table ix_tags_user_id (id text)", 10, ["ix_tags_user_id is a table"],
                                      "drop table ix_tags_user_id"),
    "index of the name elsewhere": (9, "create index ix_tags_user_id on tasks (title)", 10,
                                    ["ix_tags_user_id is an index on tasks"], "drop index ix_tags_user_id"),
    "types": (11, "alter table tasks alter column remind_at type text", 8, ["tasks.remind_at is text, expected"],
              "alter table tasks alter column remind_at type timestamptz using remind_at::timestamptz"),
    "ids of tags": (11, "delete from tags; alter table task_tags drop constraint fk_task_tags_tag_id;"
                    "alter table tags alter column id type uuid using id::uuid", 10, ["tags.id is uuid, expected"],
                    "alter table tags alter column id type text"),
    "ids of templates": (11, "delete from recurring_tasks;"
                         "alter table recurring_tasks alter column id type uuid using id::uuid", 11,
                         ["recurring_tasks.id is uuid, expected"], "alter table recurring_tasks alter column id type text"),
    "ids in numbers": (11, "delete from task_tags; delete from tasks; alter table task_tags drop constraint"
                       " fk_task_tags_task_id; alter table tasks alter column id type bigint using 1", 2,
                       ["tasks.id is bigint, expected"], "alter table tasks alter column id type text"),
    "no primary key": (11, "alter table tags drop constraint pk_tags cascade", 10, ["pk_tags on tags is missing"],
                       "alter table tags add primary key (id)"),
    "partitioned": (1, f"create table tasks (title text, description text, id text, is_complete boolean, user_id text,"
                    " created_at timestamp, updated_at timestamp, primary key (id)) partition by list (id)",
                    2, ["tasks is a partitioned table"], "drop table tasks"),
}


@pytest.mark.parametrize("name", ROWS_AND_NAMES)
def test_refusal_is_foretold(empty_db, unforeseeing, name):
    at, damage, step, words, repair = ROWS_AND_NAMES[name]
    alembic.make(empty_db, at)
    empty_db.psql(damage)
    foreseen(empty_db, step, words)
    blind = empty_db.clone()
    try:
        failed = migrate(blind, "up", "--to", step, "--dir", unforeseeing, code=None)
        assert failed.code == 65 or migrate(blind, "verify", "--to", step, code=None).code == 1, "refused without need"
    finally:
        blind.drop()
    empty_db.psql(repair)
    agreed = ["--convert"] * (at < 5)  # to text in the place of uuid
    planned = migrate(empty_db, "up", "--to", step, "--dry-run", *agreed).states
    assert migrate(empty_db, "up", "--to", step, *agreed).states == planned
    assert migrate(empty_db, "verify", "--to", step).json["good"] is True


def test_a_schema_recurd_with_something_else_in_it(empty_db):
    """What has no name of ours is none of our business."""
    alembic.make(empty_db, 11)
    empty_db.psql("create schema recurd; create table recurd.notes (id text); create function recurd.now(integer)"
                  " returns integer language sql return $1")
    migrate(empty_db, "up")
    assert migrate(empty_db, "verify").json["good"] is True


@pytest.mark.parametrize("kind", ["before insert", "nothing"])
def test_a_trigger_may_fill_a_column_without_default(empty_db, kind):
    alembic.make(empty_db, 11, rows=False)
    empty_db.psql("alter table tasks add column team text not null")
    if kind == "nothing":
        foreseen(empty_db, 14, ["tasks.team"])
        return
    empty_db.psql("create function fill() returns trigger language plpgsql as $$ begin new.team := 'x'; return new; end $$;"
                  " create trigger fill before insert on tasks for each row execute function fill()")
    migrate(empty_db, "up")


def test_everything_at_once(empty_db):
    """All refusals are told together, not one per attempt."""
    alembic.make(empty_db, 11)
    empty_db.psql("drop index ix_user_email", TWIN,
                  "alter table tasks drop constraint ck_tasks_priority_valid; update tasks set priority = 'asap'",
                  "alter table recurring_tasks add column failure text")
    done = foreseen(empty_db, 6, ["asap"])
    assert set(done.states) == {1, 6, 13} and "and more" in done.err


def test_up_to_a_step_is_refused_for_that_part_only(empty_db):
    alembic.make(empty_db, 5)
    empty_db.psql("alter table tasks add column completed_at timestamp")
    migrate(empty_db, "up", "--to", 13)
    foreseen(empty_db, 14, ["completed_at"])


def test_hostile_examples_stay_on_their_line(empty_db):
    alembic.make(empty_db, 11)
    empty_db.execute("drop index ix_tags_user_id_name")
    empty_db.execute("insert into tags (id, user_id, name) select i::text, %s, %s from generate_series(1, 2) i",
                     (USER, "a\n\x1b[2J%s%n'"))
    foreseen(empty_db, 10, ["1 pairs"])


# Rights.


@pytest.fixture
def outsider(empty_db):
    empty_db.psql("drop role if exists outsider; create role outsider login")
    yield "outsider"
    empty_db.psql("reassign owned by outsider to current_user; drop owned by outsider; drop role outsider")


def give(db, role):
    for table in ('"user"', "tasks", "tags", "task_tags", "recurring_tasks", "conversations", "messages"):
        db.psql(f"alter table {table} owner to {role}")


def test_rights_are_foretold(cluster, empty_db, outsider):
    """One after the other: CREATE on the database, ownership, CREATE in the schema, the roles."""
    alembic.make(empty_db, 11)
    dsn = empty_db.dsn_as(outsider)
    roles_are_there = empty_db.value("select count(*) from pg_roles where rolname in ('recurd_worker', 'recurd_reader', 'recurd_web')") == 3
    foreseen(empty_db, 1, ["may not create schema recurd", f"grant create on database {empty_db.name} to outsider"], dsn)
    told = ctl_json(empty_db, "preflight", expect=FOUND, dsn=dsn)["findings"]
    assert any("as their owner" in f["detail"] for f in told), "it may not read the rows, and goes on"
    empty_db.psql(f"grant create on database {empty_db.name} to outsider")
    foreseen(empty_db, 13, ["recurring_tasks belongs to", "owner of the application's tables"], dsn)
    give(empty_db, outsider)
    foreseen(empty_db, 16, ["outsider may not create anything in schema public"], dsn)
    empty_db.psql("grant create on schema public to outsider")
    if not roles_are_there:
        foreseen(empty_db, 22, ["recurd_worker is not there", "outsider may not create it", "create role recurd_worker"],
                 dsn)
        empty_db.psql("alter role outsider createrole")
    migrate(empty_db, "up", dsn=dsn)
    migrate(empty_db, "down", "--to", 11, dsn=dsn)


def test_table_of_users_of_another_role(empty_db, outsider):
    """The authentication library's table may belong to somebody else, who lets us refer to it."""
    alembic.make(empty_db, 11)
    give(empty_db, outsider)
    empty_db.psql('alter table "user" owner to current_user', f"grant create on database {empty_db.name} to outsider",
                  "grant create on schema public to outsider; alter role outsider createrole")
    foreseen(empty_db, 25, ['grant references on "user" to outsider'], empty_db.dsn_as(outsider))
    empty_db.psql('grant references on "user" to outsider')
    migrate(empty_db, "up", dsn=empty_db.dsn_as(outsider))
    # It may not lock its rows beforehand, which batches after a refusal do where they can.
    empty_db.psql("alter table tasks add constraint no_mondays check (title <> 'I hate Mondays')")
    empty_db.go_live(empty_db.now() - timedelta(days=1))
    bad = empty_db.add_template(timedelta(seconds=-2), title="I hate Mondays")
    good = [empty_db.add_template(timedelta(seconds=-1)) for _ in range(3)]
    done = run_recurd("--foreground", "--once", database_url=empty_db.dsn_as(outsider))
    assert all(empty_db.occurrences(template) for template in good), done.stderr
    assert empty_db.column("select id from recurd.waiting") == [bad] and "event=batch_failed" not in done.stderr


# A row that comes too late to be foretold.


def test_a_row_that_was_under_way(empty_db):
    """Uncommitted at the look, committed before the lock: the step fails, and leaves no check behind that is not
    validated, which would refuse every update of that row.  The next run goes on."""
    alembic.make(empty_db, 11)
    empty_db.psql("alter table tasks drop constraint ck_tasks_priority_valid")
    with empty_db.connect(autocommit=False) as app:
        app.execute("update tasks set priority = 'asap'")
        process = start_migrate(empty_db, "up")
        assert "waiting for pid" in process.stderr.readline()
        app.commit()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 65 and "'asap'" in err and "ck_tasks_priority_valid" in err
    assert empty_db.value("select count(*) from pg_constraint where conname = 'ck_tasks_priority_valid'") == 0
    empty_db.execute("update tasks set title = 'still mine'")
    foreseen(empty_db, 6, ["'asap'"])
    empty_db.execute("update tasks set priority = 'high'")
    assert migrate(empty_db, "up").states[6] == "finished"
    assert migrate(empty_db, "verify").json["good"] is True
    assert empty_db.value("select convalidated from pg_constraint where conname = 'ck_tasks_priority_valid'")
