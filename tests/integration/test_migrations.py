"""The steps of the schema: up, down, and the ways that lead to the same database."""

import hashlib
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from harness import alembic
from harness.database import apply_migrations
from harness.migrate import LAST, STEPS, dump, invalid_indexes, migrate, number_of, step_file

ROWS = alembic.ROWS | {
    21: f"""insert into recurd.notifications (key, kind, user_id, task_id, at)
            values ('k', 'reminder', '{alembic.USER}', '{alembic.TASK}', '2025-03-01 09:00+00');
            insert into recurd.template_tags values ('template', 'tag')""",
}
OPTIONAL = ["--with", "wakeup"]
WAKEUP = 24


@pytest.mark.slow
def test_every_step_can_be_undone_with_rows_present(empty_db):
    """Up, then down, gives back the dump from before; up again, in the end, what going straight up makes."""
    migrate(empty_db, "up", "--to", 1)
    empty_db.psql(ROWS[1])
    before = dump(empty_db)
    for step in STEPS[1:]:
        number = number_of(step)
        migrate(empty_db, "up", "--to", number, *OPTIONAL)
        after = dump(empty_db)
        assert after != before, f"{step} changes nothing"
        migrate(empty_db, "down", "--to", number - 1)
        assert dump(empty_db) == before, f"{step}: down leaves something behind"
        migrate(empty_db, "up", "--to", number, *OPTIONAL)
        before = after
        if number in ROWS:
            empty_db.psql(ROWS[number])
            before = dump(empty_db)
    assert dump(empty_db) == before, "up differs the second time"
    assert invalid_indexes(empty_db) == []


def test_down_to_nothing_leaves_nothing(empty_db):
    before = dump(empty_db)
    migrate(empty_db, "up", *OPTIONAL)
    migrate(empty_db, "down", "--to", 0)
    assert dump(empty_db) == before
    assert empty_db.value("select count(*) from pg_namespace where nspname = 'recurd'") == 0


def test_rollback_of_phase_v(empty_db):
    """down --to 5 is the rollback that the application's own documents describe."""
    migrate(empty_db, "up", "--to", 5)
    before = dump(empty_db)
    migrate(empty_db, "up")
    migrate(empty_db, "down", "--to", 5)
    assert dump(empty_db) == before


def test_psql_makes_the_same(app_db, empty_db):
    """Plain psql, file after file; and recurctl recognises what psql made."""
    theirs = dump(app_db, "--exclude-table=recurd.migrations")
    apply_migrations(empty_db)
    assert dump(empty_db) == theirs
    states = migrate(empty_db, "up").states
    assert {states.pop(n) for n in range(1, 12)} == {"adopted"}
    assert set(states.values()) == {"found"}
    assert dump(empty_db, "--exclude-table=recurd.migrations") == theirs


def test_up_is_idempotent(empty_db):
    first = migrate(empty_db, "up").states
    assert set(first.values()) == {"applied"}
    assert LAST in first and WAKEUP not in first, "the optional step waits to be asked for"
    assert migrate(empty_db, "up").states == {}
    assert migrate(empty_db, "up", *OPTIONAL).states == {WAKEUP: "applied"}


def test_status(empty_db):
    assert set(migrate(empty_db, "status").states.values()) == {"pending", "optional"}
    migrate(empty_db, "up", "--to", 12)
    status = migrate(empty_db, "status")
    assert status.json["level"] == 12
    assert [number for number, state in status.states.items() if state == "applied"] == list(range(1, 13))
    assert status.states[13] == "pending"


def test_dry_run_changes_nothing(empty_db):
    before = dump(empty_db)
    planned = migrate(empty_db, "--dry-run").json
    assert planned["dry_run"] is True
    assert dump(empty_db) == before
    done = migrate(empty_db, "up").json
    assert [(s["number"], s["state"]) for s in planned["steps"]] == [(s["number"], s["state"]) for s in done["steps"]]
    before = dump(empty_db) + [str(empty_db.rows("select * from recurd.migrations order by number"))]
    undone = migrate(empty_db, "down", "--to", 3, "--dry-run").states
    assert set(undone) == set(range(4, LAST + 1)) - {WAKEUP}
    assert dump(empty_db) + [str(empty_db.rows("select * from recurd.migrations order by number"))] == before


@pytest.mark.parametrize("args, hint", [
    ([], "up, down, repair, status, verify"), (["sideways"], "sideways"), (["up", "down"], "up, down"),
    (["down"], "--to N"), (["up", "--to", "x"], "--to"), (["up", "--to", "9999"], "no step 9999"),
    (["up", "--to", "-1"], "--to"), (["up", "--destroy"], "--destroy"), (["status", "--to", "3"], "--to"),
    (["down", "--to", "3", "--with", "wakeup"], "--with"), (["verify", "--dry-run"], "--dry-run"),
    (["up", "--attempts", "0"], "--attempts"),
])
def test_wrong_arguments(empty_db, args, hint):
    done = migrate(empty_db, *args, code=64)
    assert hint in done.err and done.err.count("\n") == 1
    assert empty_db.value("select to_regnamespace('recurd') is null")


def test_unknown_optional_migration(empty_db):
    assert '"nonsense"' in migrate(empty_db, "up", "--with", "nonsense", code=64).err
    assert empty_db.value("select to_regnamespace('recurd') is null")


def test_embedded_files_are_the_files(empty_db):
    """The checksums in the database are those that sha256sum prints for migrations/*.up.sql."""
    migrate(empty_db, "up", *OPTIONAL)
    for row in empty_db.rows("select name, checksum from recurd.migrations"):
        assert hashlib.sha256(step_file(row["name"], "up").read_bytes()).hexdigest() == row["checksum"]


# The ids and keys that recurd derives: the SQL functions against an implementation of their definition.


def instance_id(template, occurrence):
    usec = (occurrence - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)
    digest = hashlib.sha256(b"task\0" + template.encode() + b"\0" + str(usec).encode()).digest()
    raw = bytearray((usec // 1000 % 2**48).to_bytes(6, "big") + digest[:10])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


@pytest.mark.parametrize("instant", [
    "2025-02-03T10:00:00+00:00", "1970-01-01T00:00:00+00:00", "1969-12-31T23:59:59.999999+00:00",
    "2024-02-29T23:59:59.123456+00:00", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00",
])
def test_instance_id_and_key(app_db, instant):
    when = datetime.fromisoformat(instant)
    usec = (when - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)
    for template in ["t-1", "", "Grüße \U0001f4a9", "x" * 300]:
        got = app_db.value("select recurd.instance_id(%s, %s)", (template, instant))
        assert got == instance_id(template, when)
        assert uuid.UUID(got).version == 8 and uuid.UUID(got).variant == uuid.RFC_4122
        key = f"{usec // 1000 % 2**48:012x}"
        key += hashlib.sha256(b"reminder\0" + template.encode() + b"\0" + str(usec).encode()).hexdigest()[:20]
        assert app_db.value("select recurd.notification_key('reminder', %s, %s)", (template, instant)) == key
