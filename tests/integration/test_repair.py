"""recurctl migrate repair brings back what applied steps made, whatever took it."""

import json
import re
from datetime import timedelta

import psycopg
import pytest

from harness.catalog import OBJECTS, RIGHTS, SCHEMA, Object
from harness.ctl import FOUND, ctl_json
from harness.daemon import run_recurd
from harness.database import apply_migrations
from harness.migrate import DISPENSABLE, STEPS, invalid_indexes, migrate, start_migrate, step_file
from harness.util import wait_until

# What takes its time here is PostgreSQL: not under sanitizers, which the rest of recurctl migrate runs under.
pytestmark = pytest.mark.slow


def whole(db):
    migrate(db, "up", "--with", "wakeup")
    db.psql("revoke usage on schema public from public")  # which hides that others have none
    return db


def objects(db, query):
    return [Object(**row) for row in db.rows(query)]


def of_kinds(db, *kinds):
    return [one for one in objects(db, OBJECTS) if one.kind in kinds and one.name not in DISPENSABLE]


def schema(db):
    """Without the indexes that do not come back, because their owner may have dropped them."""
    return {line for line in db.column(SCHEMA) if not DISPENSABLE.intersection(re.findall(r"^(?:index CREATE.* INDEX|right) (\w+)", line))}


def take(db, *lost):
    db.execute("set client_min_messages = error; begin;" + ";".join(one.drop for one in lost) + "; commit")


def take_what_is_left(db, *lost):
    """Some of them go along with others."""
    for one in lost:
        try:
            take(db, one)
        except (psycopg.errors.UndefinedObject, psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction):
            db.execute("rollback")


def repair(db, *args, code=0, **kwargs):
    return migrate(db, "repair", *args, code=code, **kwargs)


@pytest.fixture(scope="module")
def db(cluster):
    database = cluster.create()
    yield whole(database)
    database.drop()


def differences(db, lost, before):
    """What is not as it was after things were taken and the schema repaired."""
    take_what_is_left(db, *lost)
    done = repair(db, code=None)
    states = [step["state"] for step in done.json["steps"]] if done.out else []
    return [line[:200] for line in schema(db) ^ before] + [done.err] * done.code + [s for s in states if s != "repaired"]


KINDS = pytest.mark.parametrize("kind, least", [
    ("index", 30), ("constraint", 30), ("trigger", 10), ("disabled trigger", 10), ("function", 14), ("view", 4), ("default", 20),
    ("sequence", 2),
])


@KINDS
def test_each_half_of_a_kind_comes_back(db, kind, least):
    """Every other one of them, then the others: what comes back must not need that its neighbours are there, or gone."""
    lost = of_kinds(db, kind)
    assert len(lost) >= least
    before = schema(db)
    assert [differences(db, lost[half::2], before) for half in (0, 1)] == [[], []]


def test_each_half_of_the_rights_comes_back(db):
    before = schema(db)
    assert [differences(db, objects(db, RIGHTS)[half::2], before) for half in (0, 1)] == [[], []]


@pytest.mark.rare
@KINDS
def test_each_object_comes_back_alone(db, kind, least):
    """Whatever is taken, nothing else, and after it is back the schema is what it was."""
    lost = of_kinds(db, kind)
    assert len(lost) >= least
    before = schema(db)
    odd = {one.drop: found for one in lost if (found := differences(db, [one], before))}
    assert odd == {}


def test_each_column_of_recurds_comes_back_alone(db):
    """With its index, its constraint and its rights; empty, which is said."""
    theirs = "user_id title description id is_complete created_at updated_at recurrence_rule next_due_at is_active priority".split()
    lost = [one for one in of_kinds(db, "column") if one.tab in ("tasks", "recurring_tasks") and one.name not in theirs]
    assert len(lost) >= 18
    before = schema(db)
    odd = {one.drop: found for one in lost if (found := differences(db, [one], before))}
    assert odd == {}


VERIFYING = [step_file(step, "verify").read_text() for step in STEPS]
GRANTING = [text for step, text in zip(STEPS, VERIFYING, strict=True)
            if re.search("grant |revoke ", step_file(step, "up").read_text())]


def is_noticed(connection, texts=None):
    for text in GRANTING if texts is None else texts:
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(text)
        except Exception:  # noqa: BLE001: whatever it is, it is the finding
            return True
    return False


def test_each_right_is_missed_alone_and_all_come_back(db):
    """A restore without privileges (pg_dump -x) takes all of them, somebody's revoke one."""
    lost = objects(db, RIGHTS)
    assert len(lost) > 110
    before = schema(db)
    unnoticed = []
    with db.connect(autocommit=False) as connection:
        assert not is_noticed(connection)
        for one in lost:
            # The text that names it first: it is the one, mostly.
            (name,) = re.search(r"(\w+)(?:\.\w+)?(?:\(.*)?$", one.name).groups()
            texts = sorted(GRANTING, key=lambda text: name not in text)
            with connection.transaction(force_rollback=True):
                connection.execute(one.drop)
                if not is_noticed(connection, texts):
                    unnoticed.append(one.drop)
    assert unnoticed == []
    take(db, *lost)
    assert schema(db) != before
    repair(db)
    assert schema(db) == before
    assert migrate(db, "verify").json["good"] is True


ATTRIBUTES = {"null": 30, "security": 14, "search_path": 14, "view security": 4}


def test_each_attribute_is_missed_alone_and_all_come_back(db):
    """A column that may be null, a function or a view that runs with another's rights or search_path: no look for
    names sees it."""
    lost = of_kinds(db, *ATTRIBUTES)
    for kind, least in ATTRIBUTES.items():
        assert sum(one.kind == kind for one in lost) >= (least if kind != "view security" or db.conn.info.server_version >= 150000 else 0)
    before = schema(db)
    unnoticed = []
    with db.connect(autocommit=False) as connection:
        assert not is_noticed(connection, VERIFYING)
        for one in lost:
            texts = [text for text in VERIFYING if one.name.split("(")[0] in text]
            with connection.transaction(force_rollback=True):
                connection.execute(one.drop)
                if not is_noticed(connection, texts):
                    unnoticed.append(one.drop)
    assert unnoticed == []
    take(db, *lost)
    told = [f["detail"] for f in ctl_json(db, "preflight", expect=FOUND)["findings"] if f["level"] == "problem"]
    assert sum("may be null; run: recurctl migrate repair" in line for line in told) >= 30
    assert any("recurd.held_users(text[]) runs with its caller's rights" in line for line in told)
    repair(db)
    assert schema(db) == before


def test_no_look_fails_for_a_column_that_is_gone(db):
    """What a file looks at may be what was lost: it says so, or says nothing, and the files behind it have their turn."""
    looking = [(step, text) for step, text in zip(STEPS, VERIFYING, strict=True) if re.search("execute |perform ", text)]
    failed = []
    with db.connect(autocommit=False) as connection:
        for one in of_kinds(db, "column"):
            texts = [(step, text) for step, text in looking if re.search(rf"\b{re.escape(one.name)}\b", text)]
            if not texts:
                continue
            with connection.transaction(force_rollback=True):
                connection.execute("set local client_min_messages = error;" + one.drop)
                for step, text in texts:
                    try:
                        with connection.transaction(force_rollback=True):
                            connection.execute(text)
                    except psycopg.errors.RaiseException:
                        pass
                    except psycopg.Error as error:
                        failed.append((step, one.drop, str(error)[:200]))
    assert failed == []


@pytest.mark.rare
@pytest.mark.parametrize("part", range(4))
def test_each_right_comes_back_alone(db, part):
    """What one revoke took, and no other right; in four parts, which may run beside each other."""
    before = schema(db)
    odd = {one.drop: found for one in objects(db, RIGHTS)[part::4] if (found := differences(db, [one], before))}
    assert odd == {}


def fit_again(db, recurd, role):
    """A daemon with the worker's rights tells a reminder."""
    db.execute(f"create role {role} login; grant recurd_worker to {role}")
    db.execute("insert into recurd.settings default values on conflict do nothing")
    db.go_live(db.now() - timedelta(days=1))
    try:
        daemon = recurd(db, dsn=db.dsn_as(role), poll_interval="50ms")
        task = db.add_task(remind=timedelta(seconds=-1))
        db.add_template(timedelta(seconds=-1))
        wait_until(lambda: db.column("select task_id from recurd.notifications where kind = 'reminder'") == [task])
        wait_until(lambda: db.value("select count(*) from tasks") == 2)
        daemon.stop()
        assert not [line for line in daemon.events if line.priority <= 3], daemon.log()
    finally:
        db.execute(f'truncate tasks, recurring_tasks, "user", recurd.notifications, recurd.decisions cascade; drop owned by {role}')
        db.execute(f"drop role {role}")


def test_after_a_restore_without_privileges(db, recurd):
    """The daemon says what to do, and preflight does; what they say is done, and all is well."""
    take(db, *objects(db, RIGHTS))
    db.execute("create role bare login; grant recurd_worker to bare")
    said = run_recurd("--foreground", "--once", database_url=db.dsn_as("bare"))
    assert said.returncode == 69 and "recurctl migrate repair" in said.stderr
    answer = ctl_json(db, "preflight", "--role", "bare", expect=FOUND)
    [grants] = [f["detail"] for f in answer["findings"] if f["check"] == "grants"]
    assert grants.endswith("; run: recurctl migrate repair, as the owner of the tables")
    assert "something that applied steps made is missing" in migrate(db, "up").json["notes"][0]
    repair(db)
    assert "notes" not in migrate(db, "up").json
    assert [f for f in ctl_json(db, "preflight", "--role", "bare")["findings"] if f["level"] == "problem"] == []
    db.execute("drop role bare")
    fit_again(db, recurd, "restored")


def test_where_everybody_may_execute_nothing(empty_db, recurd):
    """Hardened default privileges: a daemon with the worker's rights is fit, an application may insert its zone; and so
    they are again after somebody revoked the same from all functions that are there."""
    empty_db.execute("alter default privileges revoke execute on functions from public")
    migrate(empty_db, "up", "--with", "wakeup")
    assert migrate(empty_db, "verify").json["good"] is True
    empty_db.execute("create role hardened_app; grant usage on schema recurd to hardened_app; grant insert on recurd.preferences to"
                     " hardened_app; insert into \"user\" (id, email, name, \"createdAt\", \"updatedAt\") values ('u', 'u', 'u', now(), now());"
                     " set role hardened_app; insert into recurd.preferences (user_id) values ('u'); reset role; drop owned by hardened_app;"
                     " drop role hardened_app")
    fit_again(empty_db, recurd, "hardened")
    empty_db.execute("revoke execute on all functions in schema recurd from public, recurd_worker, recurd_reader")
    assert any("everybody may not execute recurd.now(); run" in f["detail"] for f in ctl_json(empty_db, "preflight", expect=FOUND)["findings"])
    assert migrate(empty_db, "verify", code=1).lines("problems")
    repair(empty_db)
    assert migrate(empty_db, "verify").json["good"] is True
    fit_again(empty_db, recurd, "softened")


def test_the_row_of_settings_comes_back(db, recurd):
    """Deleted, or left out by a restore: its defaults, and that is said."""
    db.execute("delete from recurd.settings")
    assert migrate(db, "verify", code=1).lines("problems") == ["table recurd.settings has no row"]
    assert any("recurd.settings has no row" in f["detail"] for f in ctl_json(db, "preflight", expect=FOUND)["findings"])
    assert repair(db).lines("notes") == ["table recurd.settings has its row again, with defaults: what it held is lost"]
    fit_again(db, recurd, "settled")


def test_everything_at_once(db, recurd):
    """All of it but the tables, which are empty here; and a daemon with the worker's rights is fit again."""
    tables = db.column("select oid::regclass::text from pg_class where relkind = 'r' and relnamespace = 'recurd'::regnamespace"
                       " and relname not in ('migrations', 'settings')")
    db.execute(f"truncate {', '.join(tables)}")  # daemons of other tests have left something
    before = schema(db)
    for kind in (*ATTRIBUTES, "view", "trigger", "function", "constraint", "index", "default", "column"):
        for one in of_kinds(db, kind):
            if one in of_kinds(db, kind):
                take(db, one)
    plan = repair(db, "--dry-run")
    assert len(schema(db)) < len(before) / 2 and len(plan.lines("statements")) > 150
    done = repair(db)
    assert schema(db) == before
    assert "column tasks.reminded_at comes back without what it held" in done.lines("notes")
    assert migrate(db, "verify").json["good"] is True
    assert repair(db).json["steps"] == []
    fit_again(db, recurd, "anew")


def test_tables_are_made_anew_only_where_that_is_said(db, recurd):
    """A table is more than its columns: what it held is lost."""
    before = schema(db)
    tables = db.column("select oid::regclass::text from pg_class where relkind = 'r' and relnamespace = 'recurd'::regnamespace"
                       " and relname <> 'migrations'")
    db.execute("set client_min_messages = error; drop table " + ", ".join(tables) + ", task_tags cascade")
    done = repair(db, code=1)
    assert done.json["good"] is False and len(schema(db)) < len(before)
    assert any("table recurd.notifications and its rows are gone" in line and "--new-tables" in line for line in done.lines("failures"))
    assert repair(db, "--new-tables", "--dry-run").json["good"] is True
    done = repair(db, "--new-tables")
    assert schema(db) == before
    assert "table recurd.workers is made empty: what it held is lost" in done.lines("notes")
    fit_again(db, recurd, "empty")


def test_each_table_is_made_anew_alone(db):
    """Whichever it is, with all that stands on it and refers to it; "user" with ids as the later steps leave them."""
    tables = db.column("select oid::regclass::text from pg_class where relkind = 'r' and oid <> 'recurd.migrations'::regclass"
                       " and relnamespace in ('public'::regnamespace, 'recurd'::regnamespace)")
    assert {'"user"', "tasks", "recurring_tasks", "tags", "task_tags"} < set(tables) and len(tables) > 14
    before = schema(db)
    for table in tables:
        db.execute(f"set client_min_messages = error; drop table {table} cascade")
        done = repair(db, "--new-tables", code=None)
        odd = [line[:200] for line in schema(db) ^ before]
        assert (done.code, odd) == (0, []), f"{table}: {done.err} {done.out}"
        name = table.strip('"')
        assert f"table {name} is made empty: what it held is lost" in done.lines("notes")


def test_a_table_comes_back_as_its_step_left_it(empty_db):
    """Before the step that makes text of them, ids are uuid, and tasks refer to them."""
    migrate(empty_db, "up", "--to", 4)
    before = schema(empty_db)
    empty_db.execute('set client_min_messages = error; drop table "user" cascade')
    repair(empty_db, "--new-tables")
    assert schema(empty_db) == before
    migrate(empty_db, "up")
    assert migrate(empty_db, "verify").json["good"] is True


def test_what_cannot_come_back_is_told_and_the_rest_goes_on(db):
    """Rows without a value, duplicates, a name that is taken; each with the file and the line that would make it."""
    user = db.add_user()
    db.add_task(user=user), db.add_task(user=user)
    db.execute("alter table tasks drop column title; drop index ux_tasks_repeat_of, ix_recurring_tasks_due, ix_tasks_due_date;"
               "update tasks set repeat_of = 'a'; create table ix_tasks_due_date ()")
    done = repair(db, code=1)
    failures = "\n".join(done.lines("failures"))
    for words in ("0002_create_tasks.repair.sql, line", "title", "0017_repeat_unique.up.sql, line 2", "remove the duplicates"):
        assert words in failures
    states = done.states
    assert (states[2], states[3], states[7], states[17], states[19]) == (*["left as it is"] * 4, "repaired")
    assert invalid_indexes(db) == []
    db.execute("delete from tasks; drop table ix_tasks_due_date")
    repair(db)
    assert migrate(db, "verify").json["good"] is True


def test_differing_objects_are_made_anew(db):
    """An index of other columns, one whose build was interrupted."""
    before = schema(db)
    db.execute("drop index ix_tasks_due_date; create index ix_tasks_due_date on tasks (title);"
               "update pg_index set indisvalid = false where indexrelid = 'ix_recurring_tasks_due'::regclass")
    done = repair(db)
    assert set(done.states) == {7, 19}
    assert schema(db) == before


def test_a_constraint_without_validation_is_validated(empty_db):
    """The foreign key that tasks had before triggers took its place."""
    (triggers,) = (step for step in STEPS if step.endswith("_template_references"))
    migrate(empty_db, "up", "--to", int(triggers[:4]) - 1)
    before = schema(empty_db)
    empty_db.execute(
        "alter table tasks drop constraint fk_tasks_recurring_task_id; alter table tasks add constraint"
        " fk_tasks_recurring_task_id foreign key (recurring_task_id) references recurring_tasks (id) on delete set null not valid")
    assert set(repair(empty_db).states) == {15}
    assert schema(empty_db) == before


def test_adopted_deviations_stay(cluster):
    """What was accepted when the step was adopted is no loss."""
    db = cluster.create()
    try:
        apply_migrations(db, to=11)
        db.psql("drop index ix_tasks_title; alter table tags drop constraint fk_tags_user_id")
        migrate(db, "up")
        before = schema(db)
        assert repair(db).json["steps"] == []
        db.psql("drop index ix_tasks_updated_at")
        assert repair(db).lines("statements") == ["create index concurrently ix_tasks_updated_at on tasks (updated_at)"]
        assert schema(db) == before
    finally:
        db.drop()


def test_nothing_is_repaired_before_there_is_anything(empty_db):
    refused = migrate(empty_db, "repair", code=65)
    assert "run: recurctl migrate up" in refused.err
    migrate(empty_db, "up", "--to", 20)
    assert "0021_events" in repair(empty_db).json["notes"][0]
    empty_db.execute("insert into recurd.migrations (number, name, checksum, adopted, applied_at) values (9000, '9000_later', '', false, now())")
    assert "9000_later was applied by a newer recurctl" in migrate(empty_db, "repair", code=65).err


def test_a_lock_is_waited_for_a_little_at_a_time(db):
    """As with up: no write queues behind it for longer than two seconds; then it is told which step it was, and who
    holds it."""
    db.execute("drop trigger recurd_task_completion_changed on tasks")
    with db.connect(autocommit=False, application_name="greedy") as holder:
        holder.execute("lock table tasks in row exclusive mode")
        refused = repair(db, "--attempts", 1, code=69)
        assert re.search("0014_task_state: a lock could not be had in 1 attempts of 2s, because of pid .*greedy", refused.err)
        holder.execute("lock table tasks in access exclusive mode")
        refused = repair(db, "--attempts", 1, code=69)
        # By which look it is met first is up to the planner.
        assert re.search(r"000[23]_\w+: a lock could .* of 2s, to look at what is there, because of pid .*greedy", refused.err)
    repair(db, "--attempts", 1)
    assert migrate(db, "verify").json["good"] is True


def test_what_was_built_before_a_lock_was_in_the_way_is_told(db):
    """An index that is built stays so; the attempt behind it is not the first that the report is of."""
    before = schema(db)
    db.execute("drop index recurd.ix_notifications_created_at; alter table recurd.template_tags drop constraint pk_template_tags")
    with db.connect(autocommit=False) as reader:
        reader.execute("select from recurd.template_tags")
        process = start_migrate(db, "repair", "--output", "json")
        assert "waiting for pid" in process.stderr.readline()
        wait_until(lambda: db.value("select count(*) from pg_stat_activity where wait_event = 'relation'") == 0)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    [step] = json.loads(out)["steps"]
    assert step["state"] == "repaired" and len(step["problems"]) == 2
    assert [line.split(" on ")[0] for line in step["statements"]] == [
        "create index concurrently ix_notifications_created_at", "create unique index concurrently pk_template_tags",
        "alter table recurd.template_tags add constraint pk_template_tags primary key using index pk_template_tags"]
    assert schema(db) == before


def test_what_stands_on_a_table_that_is_gone_is_one_line(db):
    """Not the server's words about each grant, view and constraint; and with the table all of it comes."""
    db.execute("set client_min_messages = error; drop table tags, task_tags, recurd.workers, recurd.waiting, recurd.decisions cascade")
    failures = repair(db, code=1).lines("failures")
    assert not [line for line in failures if "SQLSTATE" in line or "not repairable" in line]
    assert len([line for line in failures if "and its rows are gone" in line]) == 5
    assert "the rest waits for what is gone (tags, task_tags, recurd.decisions, recurd.workers): run it again once that is back" in failures
    repair(db, "--new-tables")
    assert migrate(db, "verify").json["good"] is True


def test_who_may_not_repair_is_told_whose_it_is(db):
    """The daemon's role, say: exit code 78, as the manual has it."""
    db.execute("create role worker_alone login; grant recurd_worker to worker_alone; drop index ix_tasks_due_date")
    for args in ((), ("--dry-run",)):
        refused = repair(db, *args, dsn=db.dsn_as("worker_alone"), code=78)
        assert "schema recurd belongs to postgres, and this is role worker_alone: run it as the owner" in refused.err
    assert "run this as the owner" in migrate(db, "verify", dsn=db.dsn_as("worker_alone"), code=78).err
    db.execute("drop role worker_alone")
    repair(db)
