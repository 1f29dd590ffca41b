"""Every statement in daemon/sql prepares, and those that name an index use it, at size, planned generically."""

import json
import re
from datetime import timedelta

import pytest

from harness import alembic
from harness.database import plan_as_batches_do, statement, statement_files
from harness.migrate import migrate
from harness.util import SOURCE

FILES = statement_files()
FORMS = [pytest.param(path, False, id=path.stem) for path in FILES]
FORMS += [pytest.param(path, True, id=f"{path.stem}-other") for path in FILES if "{other " in path.read_text()]
CONTROL = re.compile(r"^(begin|commit|rollback|savepoint|release|set|listen|fetch)\b", re.I)
CURSOR = re.compile(r"^declare \w+ .*?cursor for\s", re.I | re.S)


# What a word of a "-- Result:" line means (include/db/shape.h), by the server's names.
WORDS = {
    "bool": {"bool"},
    "int4": {"int4"},
    "int8": {"int8"},
    "float8": {"float8"},
    "text": {"text", "varchar", "bpchar", "name"},
    "timestamp": {"timestamp"},
    "timestamptz": {"timestamptz"},
    "tid": {"tid"},
    "void": {"void"},
}

# What the verify files of the migrations let pass in a database that hands have made.
OTHER_TYPES = """
    alter table recurring_tasks alter id type text, alter user_id type text, alter title type text,
                                alter description type text, alter priority type text,
                                alter updated_at type timestamp, alter next_due_at drop not null;
    alter table tasks alter id type varchar(100), alter user_id type varchar, alter title type text,
                      alter description type text, alter priority type text;
    alter table "user" alter id type varchar;
    alter table tags alter id type text, alter user_id type text, alter name type text;
    alter table task_tags alter task_id type text, alter tag_id type text"""


@pytest.fixture(scope="module")
def sized_db(cluster):
    """Big enough that the planner would not choose a sequential scan by mistake."""
    db = cluster.create_migrated()
    db.go_live()
    db.add_templates(20000, timedelta(days=2), users=50)
    db.execute("update recurring_tasks set next_due_at = recurd.now() + (random() * 40 - 1) * interval '1 day'")
    db.execute("update recurring_tasks set replan_at = recurd.now() where id like '%777'")
    db.execute(
        "insert into tasks (id, title, is_complete, user_id, created_at, updated_at, remind_at)"
        " select 'k-' || i, 'x', i % 2 = 0, 'u-1', now(), now(),"
        " case when i % 10 = 0 then recurd.now() + (random() * 40 - 1) * interval '1 day' end"
        " from generate_series(1, 60000) i"
    )
    db.execute("vacuum analyze")
    yield db
    db.drop()


def test_there_are_statements():
    assert len(FILES) > 10


def test_what_is_too_large_for_a_rule_is_too_large_to_read():
    limit = re.search(r"define RULE_BYTES_MAX (\d+)", (SOURCE / "include/recur/rule.h").read_text())[1]
    assert set(re.findall(r"<= (\d+)", (SOURCE / "daemon/sql/plan/rule.part").read_text())) == {limit}


def test_the_columns_of_a_template_are_as_many_as_are_read():
    part = (SOURCE / "daemon/sql/plan/template_columns.part").read_text()
    columns = sum(line.count(" as ") for line in part.splitlines() if not line.startswith("--"))
    header = (SOURCE / "include/plan/template_row.h").read_text()
    assert columns + 1 == int(re.search(r"define TEMPLATE_COLUMNS (\d+)", header)[1])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_statement_says_its_caller(path):
    head, body = statement(path.stem)
    assert re.match(r"Caller: |recurctl\b", head), "a statement opens with its caller"
    for caller in re.findall(r"\b(?:job|svc|db|ctl|plan|web)/\w+\.c", head):
        assert (SOURCE / "daemon" / caller).exists(), f"{caller} does not exist"
    numbers = {int(n) for n in re.findall(r"\$(\d+)", body)}
    assert numbers == set(range(1, len(numbers) + 1)), "parameters without a gap"
    for number in numbers if len(numbers) > 1 else ():
        assert f"${number}" in head or re.search(r"\$\d+ to \$\d+|\$\d+-\$?\d+", head), f"${number} is not explained"


@pytest.mark.xdist_group("sized_db")
@pytest.mark.parametrize("path, careful", FORMS)
def test_a_statement_prepares_and_uses_its_index(sized_db, path, careful):
    head, body = statement(path.stem, careful)
    if CONTROL.match(body):
        pytest.skip("transaction control")
    with sized_db.connect(autocommit=False) as conn:
        conn.execute("prepare p as " + CURSOR.sub("", body))
        types = conn.execute("select parameter_types::text[] from pg_prepared_statements").fetchone()
        count = len(types["parameter_types"])
        named = set(re.findall(r"\b(?:ux|ix|pk|uq)_\w+|\btasks_pkey\b", head))
        if not named or path.stem.startswith(("ctl_", "web_")):
            return  # recurctl's run once in a while; the web's call functions, into which web/test_outlook.py looks
        conn.execute("set local plan_cache_mode = force_generic_plan")
        plan_as_batches_do(conn)  # and the tables of schema recurd are empty here
        arguments = "(" + ", ".join(["null"] * count) + ")" if count else ""
        plan = json.dumps(conn.execute(f"explain (format json) execute p{arguments}").fetchone())
        used = set(re.findall(r'"Index Name": "(\w+)"', plan))
        # ON CONFLICT shows its arbiter elsewhere; a foreign key's index is used below the plan.
        used |= set(re.findall(r"\b(?:ux|ix|pk|uq)_\w+", json.dumps(plan)))
        missing = {name for name in named - used if not name.startswith("ux_tasks_recurring")}
        assert not missing, f"not in the plan: {missing}; in it: {used}"
        conn.rollback()


@pytest.fixture(scope="module", params=["as migrated", "made by hand"])
def typed_db(request, cluster):
    if request.param == "as migrated":
        db = cluster.create_migrated()
    else:
        db = cluster.create()
        alembic.make(db, 11)
        db.execute(OTHER_TYPES)
        migrate(db, "up")
    yield db
    db.drop()


def promised(path):
    """The words of its "-- Result:" lines, those of parts for parts that are named there."""
    words = " ".join(re.findall(r"^-- Result: (.*)$", path.read_text(), re.M))
    assert words, "a statement says what it returns"
    for name in re.findall(r"{(.*?)}", words):
        [part] = SOURCE.glob(f"daemon/sql/*/{name.replace(' ', '_')}.part")
        words = words.replace("{" + name + "}", " ".join(promised(part)))
    return words.split()


def found(db, body):
    """The types of a statement's columns, as the server describes them."""
    with db.connect() as conn:
        names = {row["oid"]: row["typname"] for row in conn.execute("select oid, typname::text from pg_type").fetchall()}
        assert conn.pgconn.prepare(b"p", body.encode()).status == 1, conn.pgconn.error_message
        described = conn.pgconn.describe_prepared(b"p")
        return [names[described.ftype(i)] for i in range(described.nfields)]


@pytest.mark.xdist_group("typed_db")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_statement_returns_what_it_says(typed_db, path):
    """The daemon takes no result of other types; also where tables were made by hand."""
    _, body = statement(path.stem)
    words = promised(path)
    if CONTROL.match(body):
        assert words == (["any"] if body.startswith("fetch") else ["none"])
        return
    is_cursor = bool(CURSOR.match(body))
    assert (words[0] == "cursor") == is_cursor, "of a cursor it is what will be fetched"
    types = found(typed_db, CURSOR.sub("", body))
    words = [word for word in words if word not in ("cursor", "none")]
    fits = [name in set.union(*(WORDS[one] for one in word.split("|"))) for name, word in zip(types, words)]
    assert len(types) == len(words) and all(fits), f"it returns {' '.join(types)}"


@pytest.mark.xdist_group("sized_db")
def test_the_polls_touch_few_pages(sized_db):
    _, body = statement("poll")
    with sized_db.connect() as conn:
        conn.execute(f"prepare p as {body}")
        lower = "('-infinity', '-infinity', '-infinity')"
        plan = conn.execute(f"explain (analyze, buffers, format json) execute p{lower}").fetchone()["QUERY PLAN"][0]
    buffers = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    assert buffers < 60, f"{buffers} pages for one poll"
