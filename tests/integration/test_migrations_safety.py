"""Migrations beside applications, other migrators, long transactions, and things that go wrong."""

import hashlib
import shutil
import signal
import threading

import psycopg
import pytest

from harness import alembic
from harness.migrate import dump, invalid_indexes, migrate, start_migrate
from harness.util import MIGRATIONS, PATIENCE, SLOWNESS, wait_until


@pytest.fixture
def files(tmp_path):
    """A copy of the migrations, to be changed; pass it with --dir."""
    return shutil.copytree(MIGRATIONS, tmp_path / "migrations")


def recorded(db):
    if db.value("select to_regclass('recurd.migrations') is null"):
        return []
    return db.column("select number from recurd.migrations where applied_at is not null order by 1")


def snapshot(db):
    """A transaction that holds an old snapshot and no lock: concurrent index builds wait for its end."""
    connection = db.connect(autocommit=False, application_name="nightly report")
    connection.execute("set transaction isolation level repeatable read")
    connection.execute("select 1")
    return connection


def building(db):
    """An index is built, and waits for the end of older snapshots."""
    return db.rows("select from pg_stat_progress_create_index where phase = 'waiting for old snapshots'")


def finish(process):
    out, err = process.communicate(timeout=100 * SLOWNESS)
    assert process.returncode == 0, err
    return out, err


def test_two_at_once(empty_db):
    """Both end well, each step is applied once, and no index is left invalid."""
    processes = [start_migrate(empty_db, "up") for _ in range(4)]
    outputs = [finish(process)[0] for process in processes]
    for number in recorded(empty_db):
        assert sum(f"{number:04}_" in out for out in outputs) == 1, f"step {number}"
    assert invalid_indexes(empty_db) == []
    assert migrate(empty_db, "verify").json["good"]


def test_second_waits_outside_of_a_transaction(empty_db):
    """A waiter inside a transaction would make the first one's concurrent build wait for it, for ever."""
    alembic.make(empty_db, 11)
    with snapshot(empty_db) as old:
        first = start_migrate(empty_db, "up")
        wait_until(lambda: building(empty_db), what="an index is being built")
        second = start_migrate(empty_db, "up")
        assert "another migrator is at work" in second.stderr.readline()
        outside = "select from pg_stat_activity where application_name = 'recurctl' and state = 'idle' and backend_xmin is null"
        wait_until(lambda: empty_db.rows(outside), what="the second waits with no transaction open")
        old.rollback()
    for process in (first, second):
        finish(process)
    assert invalid_indexes(empty_db) == []
    assert migrate(empty_db, "verify").json["good"]


def test_beside_a_long_transaction(empty_db):
    """It names whom it waits for, lets the application write meanwhile, and goes on when that one ends."""
    alembic.make(empty_db, 11)
    with snapshot(empty_db) as old:
        process = start_migrate(empty_db, "up")
        line = process.stderr.readline()
        assert "waiting for pid" in line and "nightly report" in line
        # Writers do not queue behind the migration.
        with empty_db.connect() as app:
            app.execute("set statement_timeout = '30s'")
            for table in ("tasks", "recurring_tasks"):
                app.execute(f"update {table} set title = 'written meanwhile'")
        old.rollback()
    finish(process)
    assert invalid_indexes(empty_db) == []
    assert migrate(empty_db, "verify").json["good"]


def test_a_locked_table_is_tried_again(empty_db):
    """Nobody queues behind a migration for more than its lock timeout."""
    alembic.make(empty_db, 11)
    with empty_db.connect(autocommit=False, application_name="holder") as holder:
        holder.execute("update recurring_tasks set title = 'locked'")
        process = start_migrate(empty_db, "up")
        assert "waiting for pid" in process.stderr.readline()
        with empty_db.connect() as app:
            # A reader comes through between two attempts.
            app.execute("set statement_timeout = '30s'")
            app.execute("select * from recurring_tasks")
        holder.rollback()
    finish(process)
    assert migrate(empty_db, "verify").json["good"]


def test_gives_up_with_a_name(empty_db):
    alembic.make(empty_db, 11)
    with empty_db.connect(autocommit=False, application_name="the one in the way") as holder:
        holder.execute("lock table recurring_tasks in access share mode")
        done = migrate(empty_db, "up", "--attempts", 1, code=69)
        holder.rollback()
    assert "0013_template_state" in done.err and "the one in the way" in done.err
    assert recorded(empty_db)[-1] == 12
    migrate(empty_db, "up")
    assert migrate(empty_db, "verify").json["good"]


def test_while_the_application_writes(empty_db):
    """Inserts and updates of the old application go on through all steps from 5 to the last, and back."""
    alembic.make(empty_db, 5)
    stop, failures, written = threading.Event(), [], 0

    def write():
        nonlocal written
        with psycopg.connect(empty_db.dsn, autocommit=True) as app:
            while not stop.is_set():
                try:
                    app.execute("set statement_timeout = '20s'")
                    app.execute("insert into tasks (title, id, is_complete, user_id, created_at, updated_at)"
                                " values ('x', gen_random_uuid(), false, %s, now(), now())", (alembic.USER,))
                    app.execute("update tasks set is_complete = not is_complete where title = 'Old'")
                    written += 1
                except psycopg.Error as error:
                    failures.append(str(error))
                    return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_until(lambda: written > 10)
        migrate(empty_db, "up")
        before = written
        wait_until(lambda: written > before + 10 or failures)
        migrate(empty_db, "down", "--to", 5)
        before = written
        wait_until(lambda: written > before + 10 or failures)
    finally:
        stop.set()
        writer.join()
    assert failures == []
    assert invalid_indexes(empty_db) == []


@pytest.mark.parametrize("step", [6, 10, 11, 16, 18])
def test_killed_during_a_concurrent_build(empty_db, step):
    """What a kill leaves is finished by the next run; status says so meanwhile."""
    migrate(empty_db, "up", "--to", step - 1)
    with snapshot(empty_db) as old:
        process = start_migrate(empty_db, "up")
        wait_until(lambda: building(empty_db), what="an index is being built")
        process.send_signal(signal.SIGKILL)
        process.wait()
        # The backend notices when it tries to answer; an administrator would end it.
        empty_db.execute("select pg_terminate_backend(pid) from pg_stat_progress_create_index")
        wait_until(lambda: not building(empty_db))
        old.rollback()
    assert invalid_indexes(empty_db) != []
    assert migrate(empty_db, "status").states[step] == "interrupted"
    assert "interrupted: run recurctl migrate up" in migrate(empty_db, "verify", code=1).lines("problems")
    assert migrate(empty_db, "up").states[step] == "finished"
    assert invalid_indexes(empty_db) == []
    assert migrate(empty_db, "verify").json["good"]
    assert empty_db.value("select adopted from recurd.migrations where number = %s", (step,)) is False


def test_ctrl_c(empty_db):
    """The statement is cancelled on the server, too; the next run goes on."""
    alembic.make(empty_db, 11)
    with snapshot(empty_db) as old:
        process = start_migrate(empty_db, "up")
        wait_until(lambda: building(empty_db), what="an index is being built")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE * SLOWNESS)
        assert process.returncode == 65 and "it was cancelled" in err
        wait_until(lambda: not building(empty_db))
        old.rollback()
    migrate(empty_db, "up")
    assert invalid_indexes(empty_db) == []
    assert migrate(empty_db, "verify").json["good"]


def test_interrupted_step_can_be_undone(empty_db):
    migrate(empty_db, "up", "--to", 5)
    before = dump(empty_db)
    migrate(empty_db, "up", "--to", 6)
    empty_db.execute("update recurd.migrations set applied_at = null where number = 6; drop index ix_tasks_priority")
    migrate(empty_db, "down", "--to", 5)
    assert dump(empty_db) == before


def test_failing_statement(empty_db, files):
    """The step, the line and the way out; nothing of the step remains."""
    path = files / "0014_task_state.up.sql"
    path.write_text(path.read_text() + "\n-- The end.\nselect 1;\n\nalter table tasks\n    add column nonsense no_such_type;\n")
    lines = path.read_text().splitlines()
    done = migrate(empty_db, "up", "--dir", files, code=65)
    assert f"0014_task_state.up.sql, line {lines.index('    add column nonsense no_such_type;') + 1}: " in done.err
    assert 'type "no_such_type" does not exist' in done.err and "SQLSTATE 42704" in done.err
    assert "run it again" in done.err and done.err.count("\n") == 1
    assert done.states == {number: "applied" for number in range(1, 14)}
    assert recorded(empty_db) == list(range(1, 14))
    assert migrate(empty_db, "verify", "--to", 13).json["good"]
    migrate(empty_db, "up")
    assert migrate(empty_db, "verify").json["good"]


def test_duplicates_in_the_way_of_a_unique_index(empty_db):
    alembic.make(empty_db, 11)
    empty_db.execute("drop index ix_tags_user_id_name;"
                     f"insert into tags (id, user_id, name) values ('twin', '{alembic.USER}', 'home')")
    done = migrate(empty_db, "up", code=65)
    assert "ix_tags_user_id_name" in done.err and "remove the duplicates" in done.err
    empty_db.execute("delete from tags where id = 'twin'")
    assert migrate(empty_db, "up").states[10] == "completed"
    assert invalid_indexes(empty_db) == []
    assert migrate(empty_db, "verify").json["good"]


def test_changed_file(empty_db, files):
    migrate(empty_db, "up", "--to", 12, "--dir", files)
    path = files / "0003_add_performance_indexes.up.sql"
    path.write_text(path.read_text() + "\n-- A word more.\n")
    before = dump(empty_db)
    for args in (["up"], ["up", "--to", "3"]):
        done = migrate(empty_db, *args, "--dir", files, code=65)
        assert "0003_add_performance_indexes.up.sql is not the file that was applied" in done.err
        assert "--accept-changes" in done.err
    assert migrate(empty_db, "status", "--dir", files).states[3] == "changed"
    assert migrate(empty_db, "verify", "--to", 12, "--dir", files, code=1).states[3] == "bad"
    assert migrate(empty_db, "--dry-run", "--dir", files, code=1).states[3] == "refused"
    assert dump(empty_db) == before
    done = migrate(empty_db, "up", "--to", 12, "--dir", files, "--accept-changes")
    assert done.states == {3: "accepted"}
    checksum = empty_db.value("select checksum from recurd.migrations where number = 3")
    assert checksum == hashlib.sha256(path.read_bytes()).hexdigest()
    migrate(empty_db, "up", "--to", 12, "--dir", files)


def test_newer_steps(empty_db, files):
    """A database that a newer recurctl brought further."""
    for kind in ("up", "down", "verify"):
        (files / f"9000_future.{kind}.sql").write_text("-- Nothing.\nselect 1;\n")
    migrate(empty_db, "up", "--dir", files)
    assert migrate(empty_db, "up").states == {}
    assert migrate(empty_db, "status").states[9000] == "newer"
    done = migrate(empty_db, "down", "--to", 11, code=65)
    assert "9000_future" in done.err and "newer recurctl" in done.err
    assert recorded(empty_db)[-1] == 9000


@pytest.mark.parametrize("damage, words", [
    (lambda files: (files / "0005_ids_to_text.down.sql").unlink(), "0005_ids_to_text.down.sql is missing"),
    (lambda files: [shutil.copy(files / f"0005_ids_to_text.{k}.sql", files / f"0005_twin.{k}.sql")
                    for k in ("up", "down", "verify")], "the same number"),
    (lambda files: shutil.rmtree(files), "cannot read the folder"),
    (lambda files: [path.unlink() for path in files.iterdir()], "there are no migrations"),
])
def test_damaged_folder(empty_db, files, damage, words):
    damage(files)
    assert words in migrate(empty_db, "up", "--dir", files, code=78).err
    assert recorded(empty_db) == []


def test_through_a_pooler(empty_db, pgbouncer):
    """Session locks and settings would go astray: refused, with what to do."""
    done = migrate(empty_db, "up", dsn=pgbouncer().dsn_for(empty_db), code=78)
    assert "pooler" in done.err and "--dsn" in done.err
    assert recorded(empty_db) == []


def test_hostile_session_defaults(empty_db):
    """Settings of the role or the database that would break a migration are overruled."""
    name = empty_db.name
    empty_db.psql(
        f"alter database {name} set default_transaction_isolation = 'serializable'",
        f"alter database {name} set default_transaction_read_only = on",
        f"alter database {name} set statement_timeout = '300ms'",
        f"alter database {name} set lock_timeout = '1ms'",
        f"alter database {name} set search_path = pg_catalog",
        f"alter database {name} set standard_conforming_strings = off",
        f"alter database {name} set check_function_bodies = off",
    )
    migrate(empty_db, "up", "--with", "wakeup")
    assert migrate(empty_db, "verify").json["good"]
    migrate(empty_db, "down", "--to", 0)


def test_standby(make_cluster):
    """It can be looked at, and is not changed."""
    cluster = make_cluster()
    db = cluster.create()
    migrate(db, "up", "--to", 12)
    cluster.stop()
    (cluster.data / "standby.signal").touch()
    cluster.start()
    assert migrate(db, "status").json["level"] == 12
    assert migrate(db, "verify", "--to", 12).json["good"]
    assert migrate(db, "--dry-run").states[13] == "applied"
    for args in (["up"], ["down", "--to", 0]):
        assert "standby" in migrate(db, *args, code=78).err
