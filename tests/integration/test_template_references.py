"""recurring_task_id without a foreign key: triggers keep it (migration template_references).

A template that goes leaves its tasks, which refer to nobody then; an id stays as long as tasks refer to it; and what
an application writes refers to a template that is there.
"""

import random
import threading
import time
from datetime import timedelta

import psycopg
import pytest

from harness.ctl import ctl_json
from harness.migrate import STEPS, migrate, number_of
from harness.util import wait_until

DANGLING = (
    "select count(*) from tasks k where recurring_task_id is not null"
    " and not exists (select from recurring_tasks t where t.id = k.recurring_task_id)"
)
BEFORE = number_of(next(step for step in STEPS if step.endswith("_template_references"))) - 1
HOURLY = {"frequency": "hourly"}
KEY = "fk_tasks_recurring_task_id"


@pytest.fixture(scope="module")
def db(cluster):
    database = cluster.create_migrated()
    database.execute("create role remover; grant delete, select on recurring_tasks to remover")
    yield database
    database.execute("drop owned by remover; drop role remover")
    database.drop()


@pytest.fixture
def rows(db):
    """Templates a, b and c with two tasks each, and a task of nobody."""
    db.execute('truncate "user", recurring_tasks, tasks cascade')
    user = db.add_user("u")
    for template in "abc":
        db.add_template(timedelta(days=1), user=user, id=template)
        for hours in (1, 2):
            db.add_task(user=user, id=f"{template}{hours}", recurring_task_id=template, occurrence_at=db.instant(timedelta(hours=-hours)))
    db.add_task(user=user, id="plain")
    return db


def references(db):
    return "".join(db.column("select coalesce(recurring_task_id, '-') from tasks order by id"))


WAYS = {
    "one": ("delete from recurring_tasks where id = 'a'", "--bbcc-"),
    "several": ("delete from recurring_tasks where id <> 'b'", "--bb---"),
    "none": ("delete from recurring_tasks where id = 'x'", "aabbcc-"),
    "in the middle of a statement": ("with gone as (delete from recurring_tasks where id = 'c' returning id) select * from gone", "aabb---"),
    "in repeatable read": ("begin isolation level repeatable read; delete from recurring_tasks where id = 'a'; commit", "--bbcc-"),
    "by somebody who may nothing else": ("set role remover; delete from recurring_tasks where id = 'a'; reset role", "--bbcc-"),
    "with its user": (
        'alter table recurring_tasks drop constraint fk_recurring_tasks_user_id, add constraint fk_recurring_tasks_user_id'
        ' foreign key (user_id) references "user" (id) on delete cascade;'
        """insert into "user" (id, email, name, "emailVerified", "createdAt", "updatedAt") values ('v', 'v', 'v', true, now(), now());"""
        "update recurring_tasks set user_id = 'v' where id <> 'c';" 'delete from "user" where id = \'v\'', "----cc-"),
    "all": ("truncate recurring_tasks cascade", "-------"),
    "all with their tasks": ("truncate recurring_tasks, tasks cascade", ""),
    "all with their tasks, in repeatable read": (
        "begin isolation level repeatable read; truncate recurring_tasks, tasks cascade; commit", ""),
    "under a hostile path": ("set search_path = pg_temp; delete from public.recurring_tasks where id = 'a'; reset search_path", "--bbcc-"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_template_that_goes_leaves_its_tasks(rows, way):
    statements, left = WAYS[way]
    rows.execute(statements)
    assert references(rows) == left
    assert rows.value(DANGLING) == 0


REFUSED = {
    "an id that tasks refer to": ("update recurring_tasks set id = 'x' where id = 'a'", "23503"),
    "ids that change places": ("update recurring_tasks set id = case id when 'a' then 'x' else 'a' end where id in ('a', 'b')", "23503"),
    "a task of no template": ("insert into tasks (id, title, user_id, is_complete, created_at, updated_at, recurring_task_id)"
                              " values ('new', 'x', 'u', false, now(), now(), 'x')", "23503"),
    "a task that was an occurrence": ("insert into tasks (id, title, user_id, is_complete, created_at, updated_at, recurring_task_id,"
                                      " occurrence_at) values ('new', 'x', 'u', false, now(), now(), 'x', now())", "23503"),
    "a task that is given to no template": ("update tasks set recurring_task_id = 'x' where id = 'plain'", "23503"),
    "all, by an old snapshot": ("begin isolation level repeatable read; truncate recurring_tasks cascade", "0A000"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_refer_to_nobody_is_refused(rows, what):
    statements, sqlstate = REFUSED[what]
    with rows.connect() as conn, pytest.raises(psycopg.Error) as caught:
        conn.execute(statements)
    assert caught.value.sqlstate == sqlstate
    if sqlstate == "23503":
        assert (caught.value.diag.constraint_name, caught.value.diag.table_name) == (KEY, "tasks")
    assert references(rows) == "aabbcc-"


def test_what_refers_to_somebody_is_not(rows):
    """An id that nobody refers to, a task of a template that comes with it, a whole row that is saved again."""
    rows.execute("delete from tasks where recurring_task_id = 'a'; update recurring_tasks set id = 'd' where id = 'a'")
    rows.execute(
        "with t as (insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at) values ('e', 'u', 'x', '{}', now()))"
        " insert into tasks (id, title, user_id, is_complete, created_at, updated_at, recurring_task_id)"
        " values ('new', 'x', 'u', false, now(), now(), 'e')"
    )
    rows.execute("update tasks set recurring_task_id = recurring_task_id, title = 'y'; update tasks set recurring_task_id = 'd' where id = 'plain'")
    assert references(rows) == "bbcced"


def test_a_task_that_is_being_written_holds_its_template(rows):
    """Two transactions at once: who deletes waits for the one that refers, and then takes the reference away."""
    with rows.connect(autocommit=False) as writer, rows.connect() as remover:
        writer.execute("update tasks set recurring_task_id = 'a' where id = 'plain'")
        gone = threading.Thread(target=remover.execute, args=("delete from recurring_tasks where id = 'a'",))
        gone.start()
        wait_until(lambda: rows.value("select count(*) from pg_locks where not granted") > 0, what="it waits")
        writer.commit()
        gone.join()
    assert references(rows) == "--bbcc-"


@pytest.mark.parametrize("isolation, sqlstate", [("read committed", None), ("repeatable read", "40001"), ("serializable", "40001")])
def test_a_template_that_a_batch_has_goes_after_it(rows, isolation, sqlstate):
    """As a worker's batch locks, inserts and updates, with a deletion that begins before its COMMIT."""
    with rows.connect(autocommit=False) as batch, rows.connect() as remover:
        batch.execute("set local recurd.templates_locked = 'on'")
        batch.execute("select from recurring_tasks where id = 'a' for no key update skip locked")
        remover.execute(f"begin isolation level {isolation}; select count(*) from tasks")
        caught = []

        def remove():
            try:
                remover.execute("delete from recurring_tasks where id = 'a'; commit")
            except psycopg.Error as error:
                caught.append(error.sqlstate)

        gone = threading.Thread(target=remove)
        gone.start()
        wait_until(lambda: rows.value("select count(*) from pg_locks where not granted") > 0, what="it waits")
        batch.execute(
            "insert into tasks (id, title, user_id, is_complete, created_at, updated_at, recurring_task_id, occurrence_at)"
            " values ('a3', 'x', 'u', false, now(), now(), 'a', now());"
            " update recurring_tasks set next_due_at = next_due_at + interval '1 day' where id = 'a'"
        )
        batch.commit()
        gone.join()
    assert caught == ([sqlstate] if sqlstate else [])
    assert references(rows) == ("aaabbcc-" if sqlstate else "---bbcc-")


def test_most_of_the_table_is_found_by_the_index(db):
    """A template with nearly all tasks, where the planner would rather read the table, also by the plan of a session's
    sixth deletion."""
    db.execute('truncate "user", recurring_tasks, tasks cascade')
    user = db.add_user("u")
    for number in range(7):
        db.add_template(timedelta(days=1), user=user, id=f"t{number}")
    db.execute("alter table tasks disable trigger user")
    db.execute(
        "insert into tasks (id, title, user_id, is_complete, created_at, updated_at, recurring_task_id, occurrence_at)"
        " select 'k' || i, 'x', 'u', true, now(), now(), 't' || greatest(6 - i, 0), now() + i * interval '1 s' from generate_series(1, 20000) i"
    )
    db.execute("alter table tasks enable trigger user; analyze tasks, recurring_tasks")
    with db.connect(autocommit=False) as conn:
        for number in reversed(range(7)):
            conn.execute("delete from recurring_tasks where id = %s", (f"t{number}",))
        (read,) = conn.execute("select seq_scan, idx_scan from pg_stat_xact_user_tables where relname = 'tasks'").fetchall()
        assert read["seq_scan"] == 0 and read["idx_scan"] == 7, read
        assert conn.execute("select count(*) as n from tasks where recurring_task_id is not null").fetchone()["n"] == 0


def test_the_foreign_key_comes_back_and_goes_again(cluster):
    """Also over a reference that was left dangling where triggers were off, and where somebody had added it himself."""
    db = cluster.create()
    key = "select pg_get_constraintdef(oid), convalidated from pg_constraint where conname = %s"
    try:
        migrate(db, "up")
        user = db.add_user("u")
        for template in "ab":
            db.add_template(timedelta(days=1), user=user, id=template)
            db.add_task(user=user, id=f"{template}1", recurring_task_id=template)
        db.execute("set session_replication_role = replica; delete from recurring_tasks where id = 'a'; reset session_replication_role")
        assert references(db) == "ab", "as a foreign key, it looks away"
        migrate(db, "down", "--to", BEFORE, "--yes")
        assert references(db) == "-b" and db.row(key, (KEY,))["convalidated"]
        assert migrate(db, "verify", "--to", BEFORE).json["good"] is True
        migrate(db, "up")
        assert db.rows(key, (KEY,)) == [] and migrate(db, "verify").json["good"] is True
        db.execute(f"alter table tasks add constraint {KEY} foreign key (recurring_task_id) references recurring_tasks (id) on delete set null")
        assert migrate(db, "verify").json["good"] is True
        db.execute("delete from recurring_tasks")
        assert references(db) == "--"
        migrate(db, "down", "--to", BEFORE, "--yes")
        assert db.row(key, (KEY,))["convalidated"]
    finally:
        db.drop()


def test_a_foreign_key_that_came_back_is_told(app_db):
    """By a model that still has it, and Alembic's --autogenerate."""
    told = lambda: [f["detail"] for f in ctl_json(app_db, "preflight")["findings"] if f["check"] == "foreign key"]  # noqa: E731
    assert told() == []
    app_db.execute('alter table tasks add constraint "Again" foreign key (recurring_task_id) references recurring_tasks (id)')
    (detail,) = told()
    app_db.execute(detail.split("run: ")[1])
    assert told() == []


def test_policies_that_hold_for_the_owner_are_foretold(empty_db):
    """With them a template could not be deleted: said before anything is changed, and by verify where they came later."""
    db = empty_db
    db.execute("create role holder login createrole; grant all on schema public to holder; grant create on database"
               f' "{db.name}" to holder')
    force = "alter table tasks enable row level security, force row level security"
    try:
        migrate(db, "up", "--to", BEFORE, dsn=db.dsn_as("holder"))
        db.execute(force)
        done = migrate(db, "up", dsn=db.dsn_as("holder"), code=None)
        assert done.code != 0 and "row-level security of tasks holds for role holder" in done.err, done.err
        db.execute(done.err.split("run: ")[1].split(" (or")[0])
        migrate(db, "up", dsn=db.dsn_as("holder"))
        db.execute(force)
        bad = migrate(db, "verify", code=1).lines("problems")
        assert len(bad) == 2 and all("which owns function" in line for line in bad), bad
        template = db.add_template(timedelta(days=1), user=db.add_user("u"))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("delete from recurring_tasks where id = %s", (template,))
        db.execute(bad[0].split("run: ")[1].split(" (or")[0])
        db.execute("delete from recurring_tasks where id = %s", (template,))
        assert migrate(db, "verify").json["good"] is True
    finally:
        db.execute("drop owned by holder cascade; drop role holder")


class Trouble(threading.Thread):
    """An application that deletes templates, gives them other ids and empties the table, in every isolation."""

    def __init__(self, db, seed):
        super().__init__()
        self.conn, self.random = db.connect(), random.Random(seed)
        self.done = {"deleted": 0, "renamed": 0, "refused": 0, "serialized": 0, "truncated": 0}
        self.stopped = threading.Event()
        self.failure = None

    def attempt(self, number):
        name = f"t-{number}"
        isolation = self.random.choice(["read committed", "repeatable read", "serializable"])
        with self.conn.transaction():
            self.conn.execute(f"set transaction isolation level {isolation}")
            self.conn.execute("select count(*) from recurd.settings")  # its snapshot is from here on
            if number % 3 == 0:
                self.conn.execute("update recurring_tasks set id = 'renamed-' || id where id = %s", (name,))
                return "renamed"
            self.conn.execute("delete from recurring_tasks where id = %s", (name,))
            return "deleted"

    def run(self):
        try:
            numbers = list(range(1, 601))
            self.random.shuffle(numbers)
            while numbers and not self.stopped.is_set():
                try:
                    kind = self.attempt(numbers[-1])
                    numbers.pop()
                except psycopg.errors.SerializationFailure:
                    kind = "serialized"
                except psycopg.errors.ForeignKeyViolation:
                    kind = "refused"
                    numbers.pop()
                self.done[kind] += 1
        except BaseException as error:  # noqa: BLE001: told by the test
            self.failure = error
        finally:
            self.conn.close()


def test_templates_that_go_amid_the_batches_of_four_workers(app_db, recurd):
    """Nothing dangles, nothing is lost, each occurrence of those that stay is made once; at the end all go at once."""
    db = app_db
    db.go_live(db.now() - timedelta(days=30))
    db.add_templates(1200, timedelta(hours=-5, seconds=-1), users=20, rule=HOURLY)
    trouble = [Trouble(db, seed) for seed in range(2)]
    workers = [recurd(db, batch_size=40, log_rate=0, poll_interval="20ms", worker_name=f"w{n}") for n in range(4)]
    for one in trouble:
        one.start()
    most = 0
    while any(one.is_alive() for one in trouble):
        most = max(most, db.value(DANGLING))
        time.sleep(0.01)
    wait_until(lambda: db.value("select not exists (select from recurring_tasks where next_due_at <= recurd.now())"))
    assert [one.failure for one in trouble] == [None, None]
    total = {kind: sum(one.done[kind] for one in trouble) for kind in trouble[0].done}
    assert most == 0 and db.value(DANGLING) == 0
    assert total["deleted"] > 100 and total["refused"] > 50, total
    left = db.rows(
        "select t.id, count(k.id) as n, count(distinct k.occurrence_at) as d from recurring_tasks t"
        " left join tasks k on k.recurring_task_id = t.id where t.id like 't-%' group by t.id having count(k.id) <> 6"
    )
    assert left == []
    assert db.value("select count(*) from tasks") == db.value("select count(*) from recurd.notifications")
    # All of them, amid a further batch.
    db.execute("update recurring_tasks set next_due_at = recurd.now() - interval '1 s', planned_due_at = null, made_through = null")
    made = db.value("select count(*) from tasks")
    db.execute("truncate recurring_tasks cascade")
    assert db.value("select count(*) from tasks where recurring_task_id is not null") == 0
    assert db.value("select count(*) from tasks") >= made
    later = db.add_template(timedelta(seconds=-1), user="u-1")
    wait_until(lambda: db.occurrences(later), what="they work on")
    for worker in workers:
        worker.stop()
        assert not worker.seen("refused") and not worker.seen("quarantined")
