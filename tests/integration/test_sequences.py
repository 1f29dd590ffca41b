"""Sequences that stand behind their tables: they are noticed, and what is said to mend them does."""

import re
import threading

import psycopg
import pytest
from psycopg.rows import dict_row

from harness.ctl import FOUND, ctl_json
from harness.database import statement
from harness.migrate import migrate

ROOM = 10_000
TABLES = ["recurd.notifications", "recurd.decisions"]
MEND = statement("sequences_mend")[1]


def fill(db, table, first, last):
    """Rows with ids of elsewhere, as a subscription brings them; the sequence knows nothing of them."""
    columns, values = {
        "recurd.notifications": ("key, kind, user_id, task_id, at", "'key-' || i, 'reminder', 'u', 'k', now()"),
        "recurd.decisions": ("kind, template_id", "'ended', 'gone'"),
    }[table]
    db.execute(f"insert into {table} (id, {columns}) overriding system value"
               f" select i, {values} from generate_series({first}, {last}) i")


def next_id(db, table):
    return db.value(f"select nextval(pg_get_serial_sequence('{table}', 'id'))")


@pytest.fixture
def worker(app_db, cluster):
    """A connection as the daemon's role has it."""
    name = f"worker_{app_db.name}"
    app_db.execute(f"create role {name} login in role recurd_worker")
    connection = psycopg.connect(app_db.dsn_as(name), autocommit=True, row_factory=dict_row)
    yield connection
    connection.close()
    app_db.execute(f"drop role {name}")


def test_every_identity_is_looked_after(app_db):
    """A table of recurd's that gets an identity has its place in the statement and in the verify file."""
    found = app_db.column(
        "select attrelid::regclass::text from pg_attribute join pg_class c on c.oid = attrelid"
        " where relnamespace = 'recurd'::regnamespace and (attidentity <> '' or atthasdef and"
        " pg_get_serial_sequence(attrelid::regclass::text, attname) is not null)")
    found.remove("recurd.changes")  # its trigger goes on by itself: the application's write must not wait for a worker
    assert sorted(found) == sorted(TABLES)
    assert all(f"'{table}'" in MEND for table in TABLES)


def test_the_worker_sets_what_is_behind_beyond_its_table(app_db, worker):
    fill(app_db, "recurd.notifications", 1, 400)
    fill(app_db, "recurd.decisions", 7, 9)
    mended = {row["tab"]: row for row in worker.execute(MEND).fetchall()}
    assert {tab: (row["behind"], row["mended"]) for tab, row in mended.items()} == {
        "recurd.notifications": (400, True), "recurd.decisions": (9, True)}
    assert next_id(app_db, "recurd.notifications") == 400 + ROOM + 1
    assert next_id(app_db, "recurd.decisions") == 9 + ROOM + 1


def test_what_is_not_behind_stays(app_db, worker):
    """Never backwards: empty tables, a sequence ahead, and one that a person has just set to go on from."""
    assert worker.execute(MEND).fetchall() == []
    fill(app_db, "recurd.notifications", 1, 400)
    fill(app_db, "recurd.decisions", 1, 400)
    app_db.execute("alter table recurd.notifications alter id restart with 401")
    app_db.execute("select setval('recurd.decisions_id_seq', 5000)")
    assert worker.execute(MEND).fetchall() == []
    assert (next_id(app_db, "recurd.notifications"), next_id(app_db, "recurd.decisions")) == (402, 5002)


def test_workers_mend_beside_each_other(app_db):
    """Eight at once, while rows are written with what they set: no id is given twice, one of them mends."""
    fill(app_db, "recurd.notifications", 1, 400)
    told, start = [], threading.Barrier(8)

    def mend_and_write():
        with app_db.connect() as conn:
            start.wait()
            told.extend(conn.execute(MEND).fetchall())
            for _ in range(50):
                conn.execute("insert into recurd.notifications (key, kind, user_id, task_id, at)"
                             " values (gen_random_uuid()::text, 'reminder', 'u', 'k', now())")

    threads = [threading.Thread(target=mend_and_write) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert app_db.value("select count(*) from recurd.notifications") == 800
    assert [row["behind"] for row in told if row["tab"] == "recurd.notifications"] == [400]


def test_the_end_of_a_sequence_is_no_error(app_db, worker):
    """Somebody wrote the greatest id there is almost: nothing is out of range, and what is left is given."""
    end = app_db.value("select seqmax from pg_sequence where seqrelid = 'recurd.decisions_id_seq'::regclass")
    fill(app_db, "recurd.decisions", end - 5, end - 5)
    [row] = worker.execute(MEND).fetchall()
    assert row["mended"] and app_db.value("select last_value from recurd.decisions_id_seq") == end


def test_a_role_without_the_right_is_told_which_command_mends(app_db, worker):
    """After a restore without privileges, say: nothing fails, the row says what to run, and that works."""
    app_db.execute("revoke update on all sequences in schema recurd from recurd_worker")
    fill(app_db, "recurd.notifications", 1, 400)
    rows = worker.execute(MEND).fetchall()
    assert {row["tab"]: (row["behind"], row["mended"]) for row in rows} == {tab: (None, False) for tab in TABLES}
    for row in rows:
        app_db.execute(row["command"])
    assert next_id(app_db, "recurd.notifications") == 401
    assert next_id(app_db, "recurd.decisions") == 1


@pytest.mark.parametrize("table", TABLES)
def test_verify_and_preflight_name_it_and_the_mend_as_printed_works(app_db, table):
    fill(app_db, table, 3, 400)
    next_id(app_db, table)
    [line] = migrate(app_db, "verify", code=1).lines("problems")
    assert f"sequence {table}_id_seq is behind its table, by 399 ids" in line
    [said] = [f for f in ctl_json(app_db, "preflight", expect=FOUND)["findings"] if f["check"] == "sequence"]
    assert said["level"] == "problem" and said["detail"] == line
    app_db.psql(re.search(r"run: (.*)", line)[1])
    assert next_id(app_db, table) == 401
    assert migrate(app_db, "verify").json["good"] is True
    assert [f for f in ctl_json(app_db, "preflight")["findings"] if f["check"] == "sequence"] == []


def test_a_lost_identity_is_named_and_the_mend_as_printed_works(app_db):
    """Rows copied into a table that was made by hand: the column draws from nothing."""
    app_db.execute("alter table recurd.decisions alter id drop identity")
    fill_by_hand = "insert into recurd.decisions (id, kind, template_id) values (7, 'ended', 'gone')"
    app_db.execute(fill_by_hand)
    for words in ("has no sequence", "may not update", "behind its table, by 7 ids"):
        line = migrate(app_db, "verify", code=1).lines("problems")[0]
        assert words in line
        app_db.psql(re.search(r"run: (.*)", line)[1])
    assert migrate(app_db, "verify").json["good"] is True


def test_the_migration_itself_mends(empty_db):
    """A database that changed hosts before it had this step."""
    migrate(empty_db, "up", "--to", 26)
    fill(empty_db, "recurd.notifications", 1, 400)
    migrate(empty_db, "up")
    assert next_id(empty_db, "recurd.notifications") == 401
    assert migrate(empty_db, "verify").json["good"] is True
