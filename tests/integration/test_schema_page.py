"""recurd-schema(7) tells of everything that recurd has in a database."""

import re

import pytest

from harness import alembic
from harness.ctl import ctl_json, run_ctl
from harness.daemon import once
from harness.migrate import migrate
from harness.util import SOURCE

PAGE = (SOURCE / "man" / "recurd-schema.7").read_text()
WORDS = set(re.findall(r"[A-Za-z_][A-Za-z_0-9.]*", PAGE))

RELATIONS = "select relname from pg_class where relnamespace = 'recurd'::regnamespace and relkind in ('r', 'v', 'S')"
COLUMNS = """
    select distinct relname || '.' || attname from pg_attribute join pg_class c on c.oid = attrelid
    where relnamespace in ('recurd'::regnamespace, 'public'::regnamespace) and relkind in ('r', 'v') and attnum > 0
          and not attisdropped
"""
FUNCTIONS = "select distinct proname from pg_proc where pronamespace = 'recurd'::regnamespace"
TRIGGERS = "select tgname from pg_trigger where not tgisinternal"
INDEXES = """
    select relname from pg_index join pg_class c on c.oid = indexrelid
    where indrelid::regclass::text in ('tasks', 'recurring_tasks')
          or relnamespace = 'recurd'::regnamespace and relname like 'ix\\_%'
"""
ROLES = "select rolname from pg_roles where rolname like 'recurd\\_%'"


@pytest.fixture
def ours(cluster):
    """ours(query): what recurd adds to what the application's chain makes."""
    full, theirs = cluster.create(), cluster.create()
    migrate(full, "up", "--with", "wakeup")
    alembic.make(theirs, 11)
    theirs.execute("create schema recurd")
    yield lambda query: sorted(set(full.column(query)) - set(theirs.column(query)))
    full.drop()
    theirs.drop()


def test_everything_stands_in_the_page(ours):
    missing = []
    for name in ours(RELATIONS) + ours(FUNCTIONS):
        missing += [name] if f"recurd.{name}" not in {word.rstrip(".") for word in WORDS} else []
    for name in ours(TRIGGERS) + ours(INDEXES):
        missing += [name] if name not in WORDS else []
    for name in ours(COLUMNS):
        table, column = name.split(".")
        missing += [name] if column not in WORDS else []
    assert missing == []
    assert {"recurd_worker", "recurd_reader", "recurd_web", "recurd", "recurd_wake"} <= WORDS


def test_nothing_stands_there_that_is_not(ours):
    """Names that look like ours and are none."""
    known = {f"recurd.{name}" for name in ours(RELATIONS) + ours(FUNCTIONS)} | {"recurd.conf", "recurd.templates_locked", "recurd.actor"}
    known |= set(ours(TRIGGERS)) | set(ours(INDEXES)) | {"recurd_worker", "recurd_reader", "recurd_web", "recurd_wake"}
    named = {word.rstrip(".") for word in WORDS if re.match(r"recurd[._]|[iu]x_", word)}
    assert named - known == set()


def test_every_kind_of_decision_stands_in_the_page():
    kinds = set(re.findall(r'struct decision\)\{ id, "(\w+)"', (SOURCE / "daemon/job/generate_decisions.c").read_text()))
    kinds |= set(re.findall(r"\[FATE_(?!MADE)\w+\] = \"(\w+)\"", (SOURCE / "daemon/plan/fate.c").read_text()))
    for path in (SOURCE / "daemon/sql").glob("*/*.sql"):
        kinds |= set(re.findall(r"into recurd\.decisions \(kind,[^)]*\)\s+select '(\w+)'", path.read_text()))
    assert kinds >= {"dropped", "quarantined", "retried"}
    assert [kind for kind in kinds if f".Ql {kind}" not in PAGE] == []


def test_roles(app_db):
    assert set(app_db.column(ROLES)) >= {"recurd_worker", "recurd_reader", "recurd_web"}


def listing():
    """The tables that recurd needs, typed from the page as they stand there."""
    text = re.search(r"\.Bd -literal -offset indent\n(.*?)\.Ed", PAGE, re.S)[1]
    text = re.sub(r" +-- .*|\n(?=\n)", "", text)
    tables = []
    for block in re.split(r"\n(?=\S)", text.strip()):
        name, rest = block.split(None, 1)
        columns = []
        for line in rest.split("\n"):
            for part in re.split(r", (?![^(]*\))", line.strip().rstrip(",")):
                # "created_at, updated_at timestamp": the type stands behind the last of them.
                columns.append(part.strip())
        for at in range(len(columns) - 2, -1, -1):
            if " " not in columns[at]:
                columns[at] += " " + columns[at + 1].split(None, 1)[1]
        tables.append(f"create table {name} ({', '.join(columns)})")
    return tables


def test_tables_typed_from_the_page_are_adopted_and_served(empty_db):
    """And whatever recurctl shows can do without what does not stand there."""
    db = empty_db
    tables = listing()
    assert len(tables) == 5 and "is_active boolean" in tables[4] and "updated_at" not in tables[4]
    db.psql(*tables)
    db.psql("alter table recurring_tasks alter is_active set default true")
    migrate(db, "up")
    assert migrate(db, "verify").json["good"] is True and migrate(db, "repair").json["steps"] == []
    db.execute("""insert into "user" (id) values ('u'); insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at,
                  created_at) values ('t', 'u', 'Bins', '{"frequency": "daily"}', now(), now() + interval '1 minute')""")
    once(db)
    assert db.column("select title from tasks") == ["Bins"]
    for command in (["show", "t"], ["list"], ["upcoming"], ["next", "--template", "t"], ["validate", "--all"], ["status"], ["preflight"]):
        run_ctl(db, *command)
    assert ctl_json(db, "show", "t")["updated_at"] is None
    db.execute("alter table recurring_tasks add updated_at timestamp default '2026-01-01 12:00'")
    assert ctl_json(db, "show", "t", env={"PGTZ": "Asia/Tokyo"})["updated_at"] == "2026-01-01T12:00:00Z"
    db.execute("alter table recurring_tasks alter updated_at type text")
    assert ctl_json(db, "show", "t")["updated_at"] is None


@pytest.mark.parametrize("table, columns", [('"user"', ["email"]), ("tags", ["user_id", "name"]), ("tags", ["name"])])
def test_a_column_that_only_an_index_asks_for_is_told_with_what_adds_it(empty_db, table, columns):
    empty_db.psql(*listing(), f"alter table {table} " + ", ".join(f"drop column {column}" for column in columns))
    refused = migrate(empty_db, "up", code=65)
    [statement] = re.findall(r"\((alter table .*)\)", "\n".join(refused.lines("problems")))
    empty_db.psql(statement)
    migrate(empty_db, "up")
