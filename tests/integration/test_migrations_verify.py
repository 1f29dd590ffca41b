"""recurctl migrate verify names whatever is missing, and nothing else."""

import pytest

from harness.migrate import DISPENSABLE, STEPS, migrate, step_file

SEED_INDEXES = """
    ix_tasks_priority ix_tasks_due_date ix_tasks_remind_at ix_tasks_recurrence_rule ix_tags_user_id
    ix_tags_user_id_name ix_task_tags_task_id ix_task_tags_tag_id ix_task_tags_task_tag ix_recurring_tasks_user_id
    ix_recurring_tasks_user_id_next_due_at ix_recurring_tasks_is_active ix_recurring_tasks_recurrence_rule
""".split()

# What a dependency drags along: "drop ... cascade" of an object makes these missing too.
TABLES = """
    "user" tasks conversations messages tags task_tags recurring_tasks recurd.settings recurd.notifications
    recurd.decisions recurd.workers recurd.template_tags
""".split()

OBJECTS = """
    select 'index' as kind, c.oid::regclass::text as name, null as tab from pg_index i join pg_class c on c.oid = indexrelid
     where relnamespace in ('public'::regnamespace, 'recurd'::regnamespace)
           and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))
           and indrelid <> 'recurd.migrations'::regclass
    union all
    select 'constraint', conname, conrelid::regclass::text from pg_constraint
     where connamespace in ('public'::regnamespace, 'recurd'::regnamespace) and contype in ('p', 'u', 'f', 'c')
           and conrelid <> 'recurd.migrations'::regclass
    union all
    select 'trigger', tgname, tgrelid::regclass::text from pg_trigger where not tgisinternal
    union all
    select 'function', oid::regprocedure::text, null from pg_proc
     where pronamespace in ('public'::regnamespace, 'recurd'::regnamespace)
    union all
    select 'column', attname, attrelid::regclass::text from pg_attribute join pg_class c on c.oid = attrelid
     where relnamespace in ('public'::regnamespace, 'recurd'::regnamespace) and relkind = 'r' and attnum > 0
           and not attisdropped and attrelid <> 'recurd.migrations'::regclass
    union all
    select 'view', c.oid::regclass::text, null from pg_class c
     where relnamespace = 'recurd'::regnamespace and relkind = 'v'
    order by 1, 3, 2
"""

DROP = {
    "index": "drop index {name}",
    "constraint": 'alter table {tab} drop constraint "{name}" cascade',
    "trigger": "drop trigger {name} on {tab}",
    "function": "drop function {name} cascade",
    "column": 'alter table {tab} drop column "{name}" cascade',
    "view": "drop view {name} cascade",
    "table": "drop table {name} cascade",
}


@pytest.fixture
def full_db(empty_db):
    migrate(empty_db, "up", "--with", "wakeup")
    return empty_db


FILES = [step_file(step, "verify").read_text() for step in STEPS]


def raised(connection, name=None):
    """What all verify files together raise inside the connection's transaction; up to the first that says name."""
    texts = []
    for text in sorted(FILES, key=lambda text: name is not None and name not in text):
        with connection.transaction(force_rollback=True):
            try:
                connection.execute(text)
            except Exception as error:  # noqa: BLE001: whatever it is, it is the finding
                texts.append(error.diag.message_primary)
        if name and texts and name in texts[-1]:
            break
    return "\n".join(texts)


@pytest.mark.slow
def test_every_object_is_named_when_it_is_missing(full_db):
    """Every index, constraint, trigger, function, column, view and table, one after the other."""
    objects = full_db.rows(OBJECTS) + [{"kind": "table", "name": name, "tab": None} for name in TABLES]
    assert len(objects) > 150
    assert set(SEED_INDEXES) <= {o["name"] for o in objects}
    with full_db.connect(autocommit=False) as connection:
        assert raised(connection) == ""
        silent = []
        for one in objects:
            with connection.transaction(force_rollback=True):
                connection.execute(DROP[one["kind"]].format(**one))
                name = one["name"].split("(")[0]
                text = raised(connection, name)
            if name not in text:
                silent.append((one["kind"], one["tab"], one["name"]))
        assert {name for *_, name in silent} == DISPENSABLE and len(silent) == len(DISPENSABLE) == 7


@pytest.mark.parametrize("damage, words", [
    ("alter table tasks alter column description type integer using 1", "column tasks.description is integer, expected"),
    ("drop index ix_tasks_due_date; create index ix_tasks_due_date on tasks (title)", "index ix_tasks_due_date on tasks"),
    ("drop index ix_tags_user_id_name; create index ix_tags_user_id_name on tags (user_id, name)", "unique"),
    ("drop index ux_tasks_repeat_of; create unique index ux_tasks_repeat_of on tasks (repeat_of)", "WHERE"),
    ("alter table tasks disable trigger recurd_task_completion_changed", "missing or disabled"),
    ("update pg_index set indisvalid = false where indexrelid = 'ix_recurring_tasks_due'::regclass", "is invalid"),
    ("alter table tasks drop constraint ck_tasks_priority_valid;"
     "alter table tasks add constraint ck_tasks_priority_valid check (priority <> '')", "ck_tasks_priority_valid"),
    ("revoke update (reminded_at) on tasks from recurd_worker", "may not update tasks.reminded_at"),
    ("revoke usage on schema recurd from recurd_worker", "recurd_worker may not use schema recurd"),
    ("revoke insert on recurd.notifications from recurd_worker", "may not insert recurd.notifications"),
])
def test_what_differs_is_named(full_db, damage, words):
    full_db.psql(damage)
    done = migrate(full_db, "verify", code=1)
    assert done.json["good"] is False
    assert any(words in line for line in done.lines("problems")), done.lines("problems")
    assert len(done.lines("problems")) == 1


def test_supersets_are_fine(full_db):
    full_db.psql(
        "alter table tasks add column extra text; create index extra_index on tasks (extra)",
        "create table extra (id text); create table recurd.extra (id text)",
        "alter index ix_tasks_due_date set (fillfactor = 70)",
        "create trigger extra before update on tasks for each row execute function suppress_redundant_updates_trigger()",
        "grant select on tasks to recurd_worker",
    )
    assert migrate(full_db, "verify").json["good"] is True


def test_all_problems_in_one_message(empty_db):
    """psql, too: one exception names everything of a step."""
    migrate(empty_db, "up")
    empty_db.psql("drop table task_tags; drop index ix_tags_user_id; alter table tags drop color")
    error = empty_db.psql(step_file(10, "verify"), check=False) or ""
    with pytest.raises(AssertionError) as caught:
        empty_db.psql(step_file(10, "verify"))
    assert error == ""
    for words in ("table task_tags is missing", "index ix_tags_user_id on tags is missing", "column tags.color is missing"):
        assert words in str(caught.value)


def test_verify_without_a_record(empty_db):
    """On a database that recurctl has never seen, verify says what is there."""
    done = migrate(empty_db, "verify", code=1)
    assert set(done.states.values()) == {"bad"}
    assert empty_db.value("select to_regnamespace('recurd') is null")


def test_verify_up_to_a_step(empty_db):
    migrate(empty_db, "up", "--to", 11)
    assert migrate(empty_db, "verify", code=1).json["good"] is False
    assert migrate(empty_db, "verify", "--to", 11).json["good"] is True
