"""recurctl migrate down takes away data: it says which, asks, and ends nowhere half way."""

import os
import pty
import subprocess
from datetime import timedelta

import pytest

from harness.migrate import LAST, dump, migrate, start_migrate
from harness.util import BUILD, clean_environ, wait_until


def refused(db, *args, code=65):
    """What down says; and it changed nothing."""
    before = dump(db, data=False)
    done = migrate(db, "down", *args, code=code)
    assert "nothing was changed" in done.err
    assert dump(db, data=False) == before
    return done


@pytest.fixture
def db(empty_db):
    migrate(empty_db, "up")
    return empty_db


def test_ids_that_are_no_uuids_are_foretold(db):
    """Those of the usual authentication library: down ended at 0005, with 0011 to 0006 gone."""
    user = db.add_user("kL9tQ-no-uuid")
    db.add_task(user=user)
    for args in (("--to", 0), ("--to", 4, "--dry-run")):
        done = refused(db, *args)
        assert '1 values of "user".id are no UUIDs' in done.err and "--to 5" in done.err
        assert any("tasks.user_id" in note for note in done.json["notes"])
    migrate(db, "down", "--to", 5)


def test_objects_that_hold_on_are_foretold(db):
    db.psql("create view mine as select id, reminded_at from tasks; create view recent as select * from recurd.notifications;"
            "create table sub (tag varchar references tags (id), task text references tasks (id))")
    notes = refused(db, "--to", 9, "--dry-run").json["notes"]
    assert len(notes) == 3
    for words in ("view mine holds on to column reminded_at of table tasks", "view recent holds on to", "on table sub holds on to"):
        assert sum(words in note for note in notes) == 1, notes
    db.psql("drop view mine, recent; drop table sub")
    migrate(db, "down", "--to", 9)


def test_a_column_made_of_ours_is_not_lost_without_a_word(db):
    """Before PostgreSQL 15 a generated column goes along with what it is made of, and nobody says so."""
    db.psql("alter table tasks add column told boolean generated always as (reminded_at is not null) stored")
    (note,) = refused(db, "--to", 9, "--dry-run").json["notes"]
    assert "column told of table tasks holds on to column reminded_at of table tasks" in note
    db.psql("alter table tasks drop column told")
    migrate(db, "down", "--to", 9)


def test_what_goes_along_with_our_columns_is_told(db):
    """Indexes, checks and statistics of the application's on a column of ours: PostgreSQL drops them along with it, on
    all versions, and said nothing.  Our own are told by their column."""
    db.psql("create index mine_told on tasks (reminded_at); create index half on tasks (id) where reminded_at is null;"
            "create index expression on tasks (date_part('hour', reminded_at at time zone 'UTC'));"
            "alter table tasks add constraint sane check (reminded_at > '2000-01-01');"
            'alter table tasks add constraint "so; ""sane"" (\\d" check (reminded_at >= remind_at) not valid;'
            "create statistics both_of_them on reminded_at, remind_at from tasks")
    lost = migrate(db, "down", "--to", 9, "--dry-run").lines("lost")
    along = {line.split(",")[0].split(": ", 1)[1] for line in lost if ", with column" in line}
    assert along == {"index mine_told", "index half", "index expression", "constraint sane on table tasks",
                     'constraint so; "sane" (\\d on table tasks', "statistics object both_of_them"}
    migrate(db, "down", "--to", 9)
    assert not db.value("select to_regclass('mine_told')")


def test_what_nobody_foresaw_takes_nothing_with_it(db):
    """One transaction: the steps before the one that fails are there still."""
    db.psql("create function recurd.mine() returns int language sql return 1")
    before = dump(db, data=False)
    done = migrate(db, "down", "--to", 0, code=65)
    assert "nothing was undone: schema recurd cannot go" in done.err
    assert dump(db, data=False) == before
    db.psql("drop function recurd.mine()")
    migrate(db, "down", "--to", 0)


def test_the_database_and_what_is_lost_are_told(db):
    db.add_template(timedelta(days=1))
    db.execute("insert into recurd.decisions (kind, template_id) select 'ended', i::text from generate_series(1, 3) i")
    done = migrate(db, "down", "--to", 11, "--dry-run")
    lost = done.lines("lost")
    assert "lost: table recurd.decisions, 3 rows" in lost and "lost: column recurring_tasks.made_through" in lost
    assert (done.json["database"], done.json["role"]) == (db.name, "postgres")
    assert migrate(db, "up").json["database"] == db.name
    process = start_migrate(db, "up")
    assert process.communicate()[0].startswith(f"note: database {db.name} on /")
    assert "lost: table recurring_tasks, 1 row" in migrate(db, "down", "--to", 10, "--dry-run").lines("lost")


def test_it_wants_to_be_told_yes(db):
    said = migrate(db, "down", "--to", 11, agree=False, code=65).err
    assert f"in database {db.name}" in said and "--yes" in said
    for answer, code in (("no\n", 65), ("\n", 65), ("yes\n", 0)):
        assert asked(db, answer) == code
        assert db.value("select count(*) from recurd.migrations") == (11 if code == 0 else LAST - 1)


def ask(db):
    """On a terminal, up to the question."""
    leader, follower = pty.openpty()
    argv = [str(BUILD / "recurctl"), "migrate", "--dsn", db.dsn, "down", "--to", "11"]
    process = subprocess.Popen(argv, stdin=follower, stdout=subprocess.PIPE, stderr=follower, env=clean_environ())
    os.close(follower)
    said = ""
    while "Type yes: " not in said:
        said += os.read(leader, 4096).decode()
    assert "lost: table recurd.notifications, 0 rows" in said and db.name in said
    return leader, process


def asked(db, answer):
    """Returns the exit code."""
    leader, process = ask(db)
    os.write(leader, answer.encode())
    code = process.wait()
    os.close(leader)
    return code


def test_workers_at_work_are_named(db, recurd):
    daemon = recurd(db, worker_name="busy")
    wait_until(lambda: db.value("select count(*) from recurd.workers") == 1)
    done = refused(db, "--to", 11)
    assert "worker busy (pid" in done.err and "--beside-workers" in done.err
    assert "at work: worker busy" in migrate(db, "down", "--to", 11, "--dry-run").json["notes"][0]
    daemon.stop()
    migrate(db, "down", "--to", 11)


def test_down_and_up_under_a_running_daemon(db, recurd):
    """It must not go on with what it remembers of the schema that is gone: its row of workers comes back, live_since
    is written anew, and what became due before that is history."""
    daemon = recurd(db, poll_interval="50ms", heartbeat_interval="1s")
    first = wait_until(lambda: db.value("select live_since from recurd.settings"))
    migrate(db, "down", "--to", 11, "--beside-workers")
    migrate(db, "up")
    wait_until(lambda: db.value("select live_since from recurd.settings"), what="live_since anew")
    assert db.value("select live_since from recurd.settings") > first
    task = db.add_task(remind=timedelta(milliseconds=-1))
    wait_until(lambda: [row["task_id"] for row in db.notifications("reminder")] == [task])
    daemon.stop()


def test_a_worker_tells_what_was_taken_from_it_and_goes_on_afterwards(db, recurd):
    """Down beside it, and it stays down: one line says what is missing and what to do; it waits, and asks less and
    less often; after up it works, without a restart."""
    daemon = recurd(db, poll_interval="1s", heartbeat_interval="1s")
    wait_until(lambda: db.value("select count(*) from recurd.workers") == 1)
    migrate(db, "down", "--to", 20, "--beside-workers")
    line = daemon.expect("database_unfit")
    for words in ("recurctl migrate up", "a migration was undone", "this worker waits, and goes on by itself", "missing: recurd.notifications.key"):
        assert words in line["msg"], line
    migrate(db, "up")
    db.go_live(db.now() - timedelta(days=1))
    task = db.add_task(remind=timedelta(milliseconds=-1))
    wait_until(lambda: [row["task_id"] for row in db.notifications("reminder")] == [task])
    # That it waited too long for what the step had locked, or that a statement under way met what was just gone, is no
    # surprise; and it is not told again and again.
    assert all(line["sqlstate"] in ("55P03", "42P01") for line in daemon.seen("heartbeat_failed"))
    assert len(daemon.seen("heartbeat_failed")) <= 4
    names = [line["event"] for line in daemon.events]
    assert names.count("database_unfit") < 4, "again for what is missing when half of up is done, and not each time it looks"
    daemon.stop()


def test_a_session_of_a_worker_is_seen_where_its_row_is_gone(db):
    """A second down, after the first took the table: the worker has not noticed yet."""
    with db.connect(application_name="recurd"):
        migrate(db, "down", "--to", 20, "--beside-workers")
        assert "session recurd (pid" in refused(db, "--to", 11).err
        assert migrate(db, "down", "--to", 11, "--dry-run").json["notes"][0].startswith("at work: session recurd (pid")
    wait_until(lambda: db.value("select count(*) from pg_stat_activity where application_name = 'recurd'") == 0)
    migrate(db, "down", "--to", 11)


def test_a_worker_that_comes_during_the_question_is_seen(db, recurd):
    """What was true before it was asked is asked again where nothing can change any more."""
    leader, process = ask(db)
    daemon = recurd(db, worker_name="late")
    wait_until(lambda: db.value("select count(*) from recurd.workers") == 1)
    os.write(leader, b"yes\n")
    said = ""
    try:
        while piece := os.read(leader, 4096).decode():
            said += piece
    except OSError:  # the other end is closed
        pass
    assert process.wait() == 65 and "worker late (pid" in said and "nothing was undone" in said
    os.close(leader)
    assert db.value("select count(*) from recurd.migrations") == LAST - 1
    daemon.stop()
