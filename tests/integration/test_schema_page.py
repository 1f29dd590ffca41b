"""recurd-schema(7) tells of everything that recurd has in a database."""

import re

import pytest

from harness import alembic
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
    assert {"recurd_worker", "recurd_reader", "recurd", "recurd_wake"} <= WORDS


def test_nothing_stands_there_that_is_not(ours):
    """Names that look like ours and are none."""
    known = {f"recurd.{name}" for name in ours(RELATIONS) + ours(FUNCTIONS)} | {"recurd.conf", "recurd.templates_locked"}
    known |= set(ours(TRIGGERS)) | set(ours(INDEXES)) | {"recurd_worker", "recurd_reader", "recurd_wake"}
    named = {word.rstrip(".") for word in WORDS if re.match(r"recurd[._]|[iu]x_", word)}
    assert named - known == set()


def test_every_kind_of_decision_stands_in_the_page():
    kinds = set(re.findall(r'struct decision\)\{ id, "(\w+)"', (SOURCE / "daemon/job/generate_rows.c").read_text()))
    names = re.search(r"fate_kind_name\(.*?\{ \"made\", \"excluded\", (.*?) \}", (SOURCE / "daemon/plan/fate.c").read_text(), re.S)[1]
    kinds |= set(re.findall(r"\w+", names))
    for path in (SOURCE / "daemon/sql").glob("*/*.sql"):
        kinds |= set(re.findall(r"into recurd\.decisions \(kind,[^)]*\)\s+select '(\w+)'", path.read_text()))
    assert kinds >= {"dropped", "quarantined", "retried"}
    assert [kind for kind in kinds if f".Ql {kind}" not in PAGE] == []


def test_roles(app_db):
    assert set(app_db.column(ROLES)) >= {"recurd_worker", "recurd_reader"}
