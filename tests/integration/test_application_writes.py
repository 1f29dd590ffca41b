"""What recurd's triggers and columns mean to applications that know nothing of them."""

import json
import uuid
from datetime import timedelta

import psycopg
import pytest

from harness import alembic
from harness.util import need_pg_dump, wait_until

USER, TASK = alembic.USER, alembic.TASK


@pytest.fixture
def old_app(make_db):
    """old_app(optional): a migrated database, and a connection of a role that knows nothing of recurd."""
    made = []

    def connect(optional=("wakeup",)):
        db = make_db(optional=optional)
        db.execute(alembic.ROWS[1] + ";" + alembic.ROWS[2])
        # The role belongs to the cluster, so it is named after the database.
        role = f"old_app_{db.name}"
        db.psql(
            f"create role {role} login",
            f'grant select, insert, update, delete on "user", tasks, tags, task_tags, recurring_tasks to {role}',
            "revoke execute on all functions in schema recurd from public",
        )
        app = psycopg.connect(db.dsn_as(role), autocommit=True)
        made.append((db, app, role))
        return db, app

    yield connect
    for db, app, role in made:
        app.close()
        db.psql(f"drop owned by {role}; drop role {role}")


def test_the_applications_statements_still_work(old_app):
    """A role without any right on schema recurd inserts, updates and deletes as before, through every trigger."""
    db, app = old_app()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("select recurd.now()")
    app.execute("insert into tags (id, user_id, name) values ('tag', %s, 'home')", (USER,))
    app.execute("insert into task_tags (task_id, tag_id) values (%s, 'tag')", (TASK,))
    for active in (True, False):
        app.execute("insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, is_active)"
                    " values (%s, %s, 't', %s, now(), %s)",
                    (f"active-{active}", USER, json.dumps({"frequency": "daily"}), active))
    app.execute("""update recurring_tasks set recurrence_rule = '{"frequency": "weekly"}'""")
    app.execute("update recurring_tasks set is_active = not is_active")
    app.execute("update recurring_tasks set is_active = not is_active, next_due_at = now(), title = 'new'")
    for complete in (False, True):
        app.execute("insert into tasks (title, id, is_complete, user_id, created_at, updated_at, remind_at)"
                    " values ('x', %s, %s, %s, now(), now(), now())", (str(uuid.uuid4()), complete, USER))
    app.execute("update tasks set is_complete = not is_complete, remind_at = now() + interval '1 s'")
    app.execute("update tasks set is_complete = not is_complete, updated_at = now()")
    app.execute("delete from recurring_tasks")
    app.execute("delete from tasks")
    assert db.value("select count(*) from tasks") == 0


@pytest.mark.parametrize("setting", [
    "set search_path = ''", "set search_path = pg_temp, public", "set standard_conforming_strings = off",
    "set default_transaction_isolation = 'serializable'", "set timezone = 'Pacific/Kiritimati'",
    "set intervalstyle = 'sql_standard'", "set datestyle = 'German'",
])
def test_whatever_the_session_has_set(old_app, setting):
    db, app = old_app()
    app.execute(setting)
    app.execute("create temporary table settings (live_since text)")
    app.execute("""insert into public.recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, is_active)
                   values ('t', %s, 't', '{"frequency": "daily"}', now(), false)""", (USER,))
    app.execute("""update public.recurring_tasks set is_active = true, recurrence_rule = '{"frequency": "weekly"}'""")
    app.execute("update public.tasks set is_complete = true, remind_at = now()")
    app.execute("update public.tasks set is_complete = false")
    row = db.row("select paused_at, resumed_at from recurring_tasks")
    assert row["paused_at"] <= row["resumed_at"]


def test_extreme_instants(old_app):
    """What a timestamptz can hold passes our triggers."""
    db, app = old_app()
    app.execute("""insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at)
                   values ('t', %s, 't', '{"frequency": "daily"}', now())""", (USER,))
    db.execute("update recurring_tasks set starts_local = now(), failed_at = null")
    for number, instant in enumerate(["infinity", "-infinity", "294276-12-31 23:59:59+00", "4714-11-24 00:00:00+00 BC"]):
        app.execute("update recurring_tasks set next_due_at = %s, recurrence_rule = %s, is_active = not is_active",
                    (instant, json.dumps({"frequency": "daily", "interval": number + 2})))
        app.execute("update tasks set remind_at = %s, is_complete = not is_complete", (instant,))
        app.execute("update tasks set is_complete = not is_complete")


def test_without_its_settings(old_app):
    """Even when somebody emptied recurd.settings, or dropped the whole row of it, the application goes on."""
    db, app = old_app()
    db.execute("delete from recurd.settings")
    app.execute("update tasks set remind_at = now()")
    app.execute("update tasks set is_complete = true")
    app.execute("update tasks set is_complete = false")


def test_dump_and_restore(old_app, empty_db):
    """pg_dump | psql of a migrated database works, rows and triggers included."""
    db, app = old_app()
    app.execute("update tasks set is_complete = true")
    import subprocess
    need_pg_dump(db.conn.info.server_version)
    dumped = subprocess.run(["pg_dump", "-d", db.dsn], capture_output=True, text=True, check=True).stdout
    restored = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", empty_db.dsn],
                              input=dumped, capture_output=True, text=True)
    assert restored.returncode == 0, restored.stderr
    assert empty_db.value("select completed_at from tasks") == db.value("select completed_at from tasks")


# The optional wake-up: who is woken by what.


class Ear:
    def __init__(self, db):
        self.conn = psycopg.connect(db.dsn, autocommit=True)
        self.notices = []
        self.conn.add_notify_handler(self.notices.append)
        self.conn.execute("listen recurd_wake")
        self.conn.execute("listen recurd_ear")

    def heard(self):
        """How often it was woken: our own NOTIFY comes behind everything that was committed before."""
        self.conn.execute("notify recurd_ear")
        wait_until(lambda: self.conn.execute("select") and any(n.channel == "recurd_ear" for n in self.notices))
        woken = [n for n in self.notices if n.channel == "recurd_wake"]
        assert all(n.payload == "" for n in woken)
        self.notices.clear()
        return len(woken)


@pytest.fixture
def waked(old_app):
    db, app = old_app()
    ear = Ear(db)
    yield db, app, ear
    ear.conn.close()


def insert_template(app, due, active=True, template="t"):
    app.execute("insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, is_active)"
                """ values (%s, %s, 't', '{"frequency": "daily"}', now() + %s::interval, %s)""",
                (template, USER, due, active))


@pytest.mark.parametrize("due, active, woken", [
    ("1 s", True, 1), ("-1 day", True, 1), ("1 minute", True, 0), ("1 s", False, 0),
])
def test_new_template(waked, due, active, woken):
    _, app, ear = waked
    insert_template(app, due, active)
    assert ear.heard() == woken


@pytest.mark.parametrize("change, woken", [
    ("next_due_at = now() + interval '1 s'", 1),
    ("next_due_at = now() + interval '1 h'", 0),
    ("next_due_at = now(), is_active = false", 0),
    ("title = 'other', description = 'x'", 0),
    ("next_due_at = next_due_at", 0),
    # What a worker writes: the next occurrence, together with its own record of it.
    ("next_due_at = now() + interval '1 s', planned_due_at = now() + interval '1 s', made_through = now()", 0),
    ("is_active = false, ended_at = now(), planned_due_at = next_due_at", 0),
    ("failed_at = now(), failure = 'no such zone'", 0),
    ("starts_local = now(), starts_zone = 'UTC', used_count = 5", 0),
])
def test_changed_template(waked, change, woken):
    _, app, ear = waked
    insert_template(app, "1 hour")
    app.execute(f"update recurring_tasks set {change}")
    assert ear.heard() == woken


def test_resumed_and_repaired_templates(waked):
    db, app, ear = waked
    insert_template(app, "-1 hour", active=False)
    db.execute("update recurring_tasks set planned_due_at = next_due_at")
    app.execute("update recurring_tasks set is_active = true")
    assert ear.heard() == 1, "resumed, and due"
    db.execute("update recurring_tasks set failed_at = now(), failure = 'x'")
    assert ear.heard() == 0
    app.execute("""update recurring_tasks set recurrence_rule = '{"frequency": "weekly"}'""")
    assert ear.heard() == 1, "out of quarantine"


def test_edited_rule_is_due_at_once(waked):
    """Replanning does not wait for next_due_at, however far it is."""
    db, app, ear = waked
    insert_template(app, "30 days")
    db.execute("update recurring_tasks set starts_local = now(), starts_zone = 'UTC', planned_due_at = next_due_at")
    assert ear.heard() == 0
    app.execute("""update recurring_tasks set recurrence_rule = '{"frequency": "weekly"}'""")
    assert ear.heard() == 1
    # The worker's answer.
    db.execute("update recurring_tasks set replan_at = null, next_due_at = now(), planned_due_at = now()")
    assert ear.heard() == 0


def test_worker_that_extends_an_ended_template_wakes_nobody(waked):
    db, app, ear = waked
    insert_template(app, "1 hour")
    db.execute("update recurring_tasks set is_active = false, ended_at = now(), planned_due_at = next_due_at")
    db.execute("update recurring_tasks set is_active = true, ended_at = null, next_due_at = now(), planned_due_at = now()")
    assert ear.heard() == 0


@pytest.mark.parametrize("change, woken", [
    ("remind_at = now() + interval '1 s'", 1), ("remind_at = now() + interval '1 h'", 0), ("remind_at = null", 0),
    ("remind_at = now(), is_complete = true", 0), ("title = 'x'", 0), ("remind_at = now(), reminded_at = now()", 0),
    ("reminded_at = remind_at", 0),
])
def test_changed_task(waked, change, woken):
    _, app, ear = waked
    app.execute("update tasks set remind_at = now() + interval '1 day'")
    app.execute(f"update tasks set {change}")
    assert ear.heard() == woken


def test_horizon(waked):
    db, app, ear = waked
    db.execute("update recurd.settings set wake_horizon = '5 minutes'")
    insert_template(app, "4 minutes")
    assert ear.heard() == 1
    db.time_travel(timedelta(days=1))
    insert_template(app, "4 minutes", template="far")
    insert_template(app, "1 day 6 minutes", template="farther")
    assert ear.heard() == 1, "counted from recurd.now()"
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute("update recurd.settings set wake_horizon = '2 days'")


def test_many_rows_one_notification(waked):
    """A bulk insert of due rows wakes once: equal notifications of a transaction are one."""
    db, _, ear = waked
    db.add_templates(1000, timedelta(seconds=-1))
    assert ear.heard() == 1
