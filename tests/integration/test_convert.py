"""Applications whose tables have another shape: what is known is told with the statements that mend it, and done
where that is asked for, in one transaction."""

import re
from datetime import timedelta

import pytest

from harness import alembic
from harness.alembic import TASK, USER
from harness.ctl import run_ctl
from harness.migrate import STEPS, dump, migrate, number_of, step_file

# As public descendants of the chain have it: a revision beside it, and a table that says how a task repeats.
NUMBERS = """
    drop index ix_tasks_priority; alter table tasks drop column priority;
    alter table tasks add column priority integer not null default 2 constraint ck_tasks_priority check (priority between 1 and 3);
    create index ix_tasks_priority on tasks (priority);
    alter table tags drop column created_at;
"""
REPETITIONS = """
    create table recurring_tasks (id serial constraint pk_recurring_tasks primary key, task_id text not null, frequency varchar(20),
                                  interval integer default 1, cron_expression varchar(100), next_due_at timestamp not null,
                                  is_active boolean, updated_at timestamp);
    create index ix_recurring_tasks_user_id on recurring_tasks (task_id);
    create function update_recurring_tasks_updated_at() returns trigger language plpgsql
        as 'begin new.updated_at = now(); return new; end';
    create trigger trigger_update_recurring_tasks_updated_at before update on recurring_tasks
        for each row execute function update_recurring_tasks_updated_at();
"""


@pytest.fixture
def db(empty_db):
    alembic.make(empty_db, 11)
    return empty_db


def add_tasks(db, *priorities):
    user = db.add_user()
    for number, priority in enumerate(priorities):
        db.add_task(user=user, id=f"t{number}", priority=priority)


def told(db, step, *args, code=1):
    """The lines of a step that a dry run of up prints; it changes nothing."""
    before = dump(db)
    done = migrate(db, "up", "--dry-run", *args, code=code)
    assert dump(db) == before
    [entry] = [entry for entry in done.json["steps"] if entry["number"] == step]
    return entry["state"], entry["problems"]


def statements(lines, kind="run"):
    return [line.partition(": ")[2] for line in lines if line.startswith(kind + ": ")]


def test_priorities_in_numbers(db):
    """Refused with the statements; with --convert the values are mapped and the rest goes on."""
    db.psql(NUMBERS)
    add_tasks(db, 1, 2, 3, 2)
    state, lines = told(db, 6)
    assert state == "refused" and "shape: tasks.priority is a number, where 1 is low, 2 medium and 3 high" in lines
    assert any("--convert" in line for line in lines) and len(statements(lines)) == 2
    assert not any("update them" in line or "ck_tasks_priority_valid cannot" in line for line in lines), "words are no mend for numbers"
    before = dump(db)
    refused = migrate(db, "up", code=65)
    assert dump(db) == before
    assert refused.err.strip().endswith(
        "0006_add_priority_to_tasks cannot be done: tasks.priority is a number, where 1 is low, 2 medium and 3 high; run the statements"
        " above, or have them run: recurctl migrate up --convert; nothing was changed")
    assert told(db, 6, "--convert", code=0)[0] == "converted"
    done = migrate(db, "up", "--convert")
    assert done.json["steps"][0]["state"] == "converted"
    assert db.column("select priority from tasks where id ~ '^t[0-9]' order by id") == ["low", "medium", "high", "medium"]
    assert migrate(db, "verify").json["good"] is True
    assert "column tags.created_at is missing" in done.lines("problems"), "recurd can do without"


def test_the_statements_as_printed_do_and_undo_it(db):
    db.psql(NUMBERS)
    add_tasks(db, 1, 2, 3)
    before = sorted(dump(db))
    _, lines = told(db, 6)
    db.psql(*statements(lines))
    assert db.column("select priority from tasks where id ~ '^t[0-9]' order by id") == ["low", "medium", "high"]
    db.psql(*statements(lines, "undo"))
    assert sorted(dump(db)) == before
    db.psql(*statements(lines))
    migrate(db, "up")


def test_numbers_without_a_word_are_refused(db):
    db.psql(NUMBERS, "alter table tasks drop constraint ck_tasks_priority")
    add_tasks(db, 1, 7, 0)
    for args in ((), ("--convert",)):
        state, lines = told(db, 6, *args)
        assert state == "refused" and any(line.startswith("refused: 2 tasks have another priority") for line in lines)
        before = dump(db)
        refused = migrate(db, "up", *args, code=65).err
        assert "is a number, where 1 is low, 2 medium and 3 high; 2 tasks have another priority, for instance" in refused
        assert ": update them to 1, 2 or 3; nothing was changed" in refused and "--convert" not in refused, "it would refuse, too"
        assert dump(db) == before
    db.psql("update tasks set priority = 3 where priority = 7; update tasks set priority = 1 where priority = 0")
    migrate(db, "up", "--convert")


def test_times_without_zone_ask_for_it(db):
    db.psql("alter table tasks alter due_date type timestamp, alter remind_at type timestamp;"
            "alter table recurring_tasks alter next_due_at type timestamp")
    user = db.add_user()
    db.psql("insert into tasks (id, user_id, title, is_complete, created_at, updated_at, due_date)"
            f" values ('t', '{user}', 't', false, now(), now(), '2026-07-01 09:00')")
    for step, column in ((7, "tasks.due_date"), (8, "tasks.remind_at"), (11, "recurring_tasks.next_due_at")):
        for args in ((), ("--convert",)):
            state, lines = told(db, step, *args)
            assert state == "refused" and f"shape: {column} is a timestamp without time zone" in lines
            assert any("of which time zone" in line and "--zone UTC" in line for line in lines)
    refused = migrate(db, "up", "--convert", code=65).err
    assert "cannot be done: tasks.due_date is a timestamp without time zone; of which time zone are these times? Say --zone UTC" in refused
    assert refused.strip().endswith("and more (see above); nothing was changed")
    before = dump(db)
    unknown = migrate(db, "up", "--convert", "--zone", "Mars/Olympus' or", code=65)
    assert "Mars/Olympus" in unknown.err and dump(db) == before
    assert told(db, 7, "--zone", "Europe/Berlin")[1][1:3] == [
        "shape: tasks.due_date is a timestamp without time zone",
        "run: alter table tasks alter column due_date type timestamptz using due_date at time zone 'Europe/Berlin'"]
    migrate(db, "up", "--convert", "--zone", "Europe/Berlin")
    assert db.value("select due_date = '2026-07-01 07:00Z' from tasks where id = 't'")
    assert migrate(db, "verify").json["good"] is True


def repetitions(db):
    alembic.make(db, 10)
    db.psql(REPETITIONS)
    db.add_task(id="t", user=db.add_user())
    db.psql("insert into recurring_tasks (task_id, frequency, cron_expression, next_due_at, is_active) values"
            " ('t', 'DAILY', null, '2030-01-01 09:00', true), ('t', 'CUSTOM', '30 9 * * mon-fri', '2030-01-02 09:30', false),"
            " ('t', null, ' ', '2030-01-01 09:00', true), ('gone', 'DAILY', null, '2030-01-01 09:00', true)")


def templates(db, lines):
    """What the last note makes of the rows."""
    note = statements(lines, "note")[-1]
    db.psql(note[note.index("insert into"):])
    return db.column("select recurrence_rule from recurring_tasks order by next_due_at")


def test_another_table_of_the_name(empty_db):
    """It keeps its rows under another name; the note has what makes templates of them."""
    db = empty_db
    repetitions(db)
    state, lines = told(db, 11, "--zone", "Europe/Berlin")
    assert state == "refused" and lines[-1].startswith("recurctl migrate up --convert runs") and "'ZONE'" not in "".join(lines)
    assert "recurctl migrate up --convert runs these statements" in run_ctl(db, "preflight", expect=1).text
    done = migrate(db, "up", "--convert", "--zone", "Europe/Berlin")
    assert done.states[11] == "applied"
    assert db.column("select task_id from recurring_tasks_of_application order by id") == ["t", "t", "t", "gone"]
    assert templates(db, lines) == [{"frequency": "daily", "interval": 1}, {"cron": "30 9 * * mon-fri"}]
    assert db.column("select next_due_at = '2030-01-01 08:00Z' and is_active from recurring_tasks order by next_due_at") == [True, False]
    assert run_ctl(db, "validate", "--all").code == 0
    assert migrate(db, "verify").json["good"] is True


def test_the_undo_of_another_table_brings_all_of_it_back(empty_db):
    """Its own name and those of its indexes, in the order printed, by hand and after up; its function is not ours to drop."""
    db = empty_db
    repetitions(db)
    before = dump(db, "-N", "recurd")
    _, lines = told(db, 11)
    command, *undo = statements(lines, "undo")
    assert command == "recurctl migrate down --to 10" and len(undo) == 3
    db.psql(*statements(lines))
    assert dump(db, "-N", "recurd") != before
    db.psql(*undo)
    assert dump(db, "-N", "recurd") == before
    migrate(db, "up", "--convert")
    migrate(db, *command.split()[2:])
    db.psql(*undo)
    assert dump(db, "-N", "recurd") == before


def test_the_note_asks_for_the_zone_of_a_table_that_has_none(empty_db):
    db = empty_db
    repetitions(db)
    asked = statements(told(db, 11)[1], "note")
    assert "of which time zone are its times, 'ZONE' in what follows? Say --zone UTC" in asked[1] and "'ZONE'" in asked[2]
    db.psql("alter table recurring_tasks alter next_due_at type timestamptz, drop cron_expression, drop interval, drop is_active")
    _, lines = told(db, 11)
    assert "zone" not in "".join(lines).lower(), "an instant has none to ask for"
    migrate(db, "up", "--convert")
    assert templates(db, lines) == [{"frequency": "daily", "interval": 1}, {"frequency": "custom", "interval": 1}]


def test_the_new_names_of_another_table_may_be_taken(empty_db):
    db = empty_db
    repetitions(db)
    db.psql("create view recurring_tasks_of_application as select 1; create table ix_recurring_tasks_user_id_application ()")
    refused = migrate(db, "up", "--convert", code=65).err
    assert "no templates; something is called recurring_tasks_of_application, ix_recurring_tasks_user_id_application already" in refused


def test_what_cannot_be_gone_on_with_is_taken_back(db):
    """The conversion and the look at what would refuse the steps are one transaction."""
    db.psql(NUMBERS, "alter table tags drop constraint pk_tags cascade, drop column id")
    before = dump(db)
    done = migrate(db, "up", "--convert", code=65)
    assert "nothing was changed" in done.err and dump(db) == before


# Ids of uuid, as many applications have them: accounts and sessions refer to users, and text compares with no uuid.
UUIDS = f"""
    create table "user" (id uuid primary key default gen_random_uuid(), email text not null unique);
    create table sessions (id uuid primary key, user_id uuid not null constraint session_user_fkey references "user" on delete cascade);
    create table accounts (owner uuid primary key constraint account_owner references "user" (id));
    create table invoices (id serial primary key, account uuid constraint invoice_account references accounts (owner));
    insert into "user" values ('{USER}', 'a@example.org'); insert into accounts values ('{USER}');
    insert into invoices (account) values ('{USER}'); insert into sessions values ('{TASK}', '{USER}');
"""


def types(db):
    """Of the ids of users, and of what refers to them."""
    rows = db.rows("select table_name as tab, data_type from information_schema.columns where table_schema = 'public' and"
                   " (table_name, column_name) in (('user', 'id'), ('sessions', 'user_id'), ('accounts', 'owner'), ('invoices', 'account'))")
    return {row["tab"]: row["data_type"] for row in rows}


def test_uuids_do_not_become_text_behind_anybodys_back(empty_db):
    """Dry run, preflight and up say which types change, which foreign keys go along and what code is concerned; up stops.
    With --convert all columns that refer to each other change together, defaults and foreign keys stay."""
    db = empty_db
    db.psql(UUIDS)
    before = dump(db)
    state, lines = told(db, 5)
    assert state == "refused"
    assert lines[0] == ('shape: the ids of users and tasks are uuid ("user".id) and become text, which recurd\'s tables refer to')
    notes = "\n".join(statements(lines, "note"))
    for words in ('"user".id', "accounts.owner", "invoices.account", "sessions.user_id", "invoice_account of invoices",
                  "session_user_fkey of sessions", "must read, write and compare these ids as text"):
        assert words in notes
    assert lines[-1] == "recurctl migrate up --convert runs these statements, in one transaction"
    assert [line for line in run_ctl(db, "preflight", expect=1).lines() if "0005_ids_to_text: shape: the ids" in line]
    refused = migrate(db, "up", code=65).err
    assert "are uuid" in refused and "recurctl migrate up --convert; nothing was changed" in refused and dump(db) == before
    assert told(db, 5, "--convert", code=0)[0] == "converted"
    done = migrate(db, "up", "--convert")
    assert done.json["steps"][0]["state"] == "converted"
    assert set(types(db).values()) == {"text"}
    assert db.value("insert into \"user\" (email) values ('b@example.org') returning length(id)") == 36
    db.execute(f"delete from sessions; delete from invoices; delete from accounts; delete from \"user\" where id = '{USER}'")
    assert migrate(db, "verify").json["good"] is True


def test_uuids_come_back_by_the_statements_as_printed(empty_db):
    """In the order printed: the steps that refer to them first."""
    db = empty_db
    db.psql(UUIDS)
    before = sorted(dump(db, "-t", "sessions", "-t", "accounts", "-t", "invoices", "-t", '"user"'))
    _, lines = told(db, 5)
    migrate(db, "up", "--convert")
    command, *undo = statements(lines, "undo")
    migrate(db, *command.split()[2:], "--destroy")
    db.psql("drop table tasks", *undo)
    after = dump(db, "-t", "sessions", "-t", "accounts", "-t", "invoices", "-t", '"user"')
    assert [line for line in sorted(after) if "ix_user_email" not in line] == before


def test_a_chain_before_its_step_only_agrees(empty_db):
    """Where nothing else refers to these ids, the step itself makes text of them, and is stamped as ever."""
    alembic.make(empty_db, 4)
    state, lines = told(empty_db, 5)
    assert state == "refused" and lines[-1] == "recurctl migrate up --convert agrees to it"
    assert statements(lines, "run") == [] and '"user".id, tasks.id, tasks.user_id' in lines[0]
    assert "if that is meant: recurctl migrate up --convert; nothing was changed" in migrate(empty_db, "up", code=65).err
    assert told(empty_db, 5, "--convert", code=0)[0] == "applied"
    migrate(empty_db, "up", "--convert")
    assert alembic.stamped(empty_db) == alembic.REVISIONS[10]
    [undo] = statements(lines, "undo")
    migrate(empty_db, *undo.split()[2:])
    assert types(empty_db)["user"] == "uuid" and alembic.stamped(empty_db) == alembic.REVISIONS[4]


def test_what_holds_a_uuid_to_its_type_is_told_whatever_refers_to_it(empty_db):
    """And what else is wrong with the step is no matter that --convert lifts."""
    empty_db.psql(UUIDS, "create view holding as select account from invoices")
    assert "refused: view holding uses invoices.account, whose type becomes text: drop it, and make it again afterwards" in \
        told(empty_db, 5, "--convert")[1]
    assert "are uuid" in (err := migrate(empty_db, "up", "--convert", code=65).err) and "view holding uses invoices.account" in err
    empty_db.psql("drop view holding; create table tasks (id uuid primary key, user_id uuid, title text, description text,"
                  f" is_complete boolean, created_at timestamp, updated_at timestamp); insert into tasks values ('{TASK}', '{TASK}')")
    assert told(empty_db, 5, "--convert")[0] == "refused"
    before = dump(empty_db)
    refused = migrate(empty_db, "up", "--convert", code=65)
    assert "1 tasks belong to no user" in refused.err and dump(empty_db) == before
    assert refused.json["steps"][0]["state"] == "refused", "what was taken back is not told as converted"
    empty_db.psql("delete from tasks")
    migrate(empty_db, "up", "--convert")


def test_ids_that_recurd_made_itself_go_on_without_a_question(empty_db):
    """An up that was interrupted between the two steps, say."""
    migrate(empty_db, "up", "--to", 4)
    migrate(empty_db, "up")
    assert types(empty_db)["user"] == "text"


def test_no_other_step_changes_the_type_of_what_is_there():
    """Which would want its convert file."""
    chain = [step for step in STEPS if number_of(step) <= 11]
    changing = [number_of(step) for step in chain if re.search(r"alter column \S+ type", step_file(step, "up").read_text())]
    assert changing == [5]


@pytest.mark.parametrize("zone", ["Mars/X", "", "CEST5", "+02:00", "Europe/Berlin' or"])
def test_a_zone_that_the_server_does_not_know_is_told_before_anything(db, zone):
    """PostgreSQL takes an offset, and reads its sign the other way round."""
    db.psql("alter table tasks alter due_date type timestamp")
    for args in (["--convert"], ["--dry-run"], []):
        refused = migrate(db, "up", *args, "--zone", zone, code=65).err
        assert f'the server knows no time zone "{zone}", expected a name such as Europe/Berlin' in refused
