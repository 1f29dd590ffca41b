"""The shipped grants are enough for the daemon, and no more than it needs."""

from datetime import timedelta

import psycopg
import pytest

from harness.util import wait_until


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    app_db.psql(
        "do $$ begin if not exists (select from pg_roles where rolname = 'recurd_test') then"
        " create role recurd_test login; end if; end $$; grant recurd_worker to recurd_test"
    )
    return app_db


def test_a_daemon_with_least_privilege_does_everything(db, recurd):
    daemon = recurd(db, dsn=db.dsn_as("recurd_test"), poll_interval="50ms", heartbeat_interval="1s", notification_retention="1d")
    template = db.add_template(timedelta(days=1))
    db.add_tag(template, "home")
    db.update("recurring_tasks", template, next_due_at=db.now())  # once it has its tag: the daemon is quick
    ending = db.add_template(timedelta(milliseconds=-1), {"frequency": "daily", "count": 1})
    broken = db.add_template(timedelta(milliseconds=-1), {"frequency": "x"})
    late = db.add_template(timedelta(days=-200), created_at=db.now() - timedelta(hours=1))
    task = db.add_task(remind=timedelta(milliseconds=-1))
    wait_until(lambda: db.occurrences(template) and db.occurrences(ending) and db.occurrences(late))
    wait_until(lambda: db.template(broken)["failed_at"])
    wait_until(lambda: [row["task_id"] for row in db.notifications("reminder")] == [task])
    assert db.value("select count(*) from task_tags") == 1
    assert not db.template(ending)["is_active"]
    db.update("recurring_tasks", template, recurrence_rule='{"frequency": "monthly"}')
    wait_until(lambda: db.template(template)["replan_at"] is None)
    # What is refused has batches, tables and a function of its own.
    unheard = db.add_task(title="refused", remind=timedelta(seconds=2))
    db.psql(
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;"
        "create trigger refuse before insert or update on tasks for each row when (new.title = 'refused') execute function refuse()"
    )
    refused = db.add_template(timedelta(milliseconds=-1), title="refused")
    daemon.expect("refused", template=refused)
    daemon.expect("reminder_refused", task=unheard)
    db.execute("drop trigger refuse on tasks")
    wait_until(lambda: db.occurrences(refused) and db.task(unheard)["reminded_at"], what="both go on by themselves")
    wait_until(lambda: db.value("select count(*) from recurd.waiting") == 0)
    first = db.value("select min(seen_at) from recurd.workers")
    wait_until(lambda: db.value("select min(seen_at) from recurd.workers") > first, what="heartbeats")
    daemon.stop()
    assert db.value("select count(*) from recurd.workers") == 0
    assert not [line for line in daemon.events if line.priority <= 3], daemon.log()


@pytest.mark.parametrize(
    "statement",
    [
        "delete from tasks",
        "update tasks set title = 'x'",
        "update tasks set recurrence_rule = '{}'",
        "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at) values ('x', 'x', 'x', '{}', now())",
        "update recurring_tasks set title = 'x'",
        "update recurring_tasks set user_id = 'x'",
        "delete from recurring_tasks",
        """select * from "user" """,
        "select * from tags",
        "create table public.mine ()",
        "create table recurd.mine ()",
        "create or replace function recurd.now() returns timestamptz language sql return 'epoch'",
        "update recurd.notifications set user_id = 'x'",
        "truncate recurd.notifications",
    ],
)
def test_what_the_daemons_role_may_not_do(db, statement):
    with psycopg.connect(db.dsn_as("recurd_test"), autocommit=True) as conn:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(statement)


def test_defaults_of_the_role_change_nothing(db, recurd):
    """As administrators set them for applications: repeatable read, a short lock wait, another schema."""
    db.psql(
        "create role recurd_odd login; grant recurd_worker to recurd_odd;"
        " alter role recurd_odd set default_transaction_isolation = 'repeatable read';"
        " alter role recurd_odd set search_path = 'nowhere';"
        " alter role recurd_odd set timezone = 'Asia/Kathmandu';"
        " alter role recurd_odd set datestyle = 'SQL, DMY';"
        " alter role recurd_odd set statement_timeout = '20s'"
    )
    try:
        db.add_templates(500, timedelta(seconds=-1), users=5)
        daemons = [recurd(db, dsn=db.dsn_as("recurd_odd"), batch_size=50, poll_interval="50ms") for _ in range(2)]
        wait_until(lambda: db.value("select count(*) from tasks") == 500)
        for daemon in daemons:
            daemon.stop()
        # Not anywhere in the text: keys are hexadecimal, and five digits are in one of them now and then.
        assert [daemon.seen(sqlstate="40001") for daemon in daemons] == [[], []]
    finally:
        db.psql("drop owned by recurd_odd; drop role recurd_odd")


def test_the_applications_tables_in_another_schema(db, recurd):
    db.psql("alter schema public rename to app; create schema public")
    db.execute(f'alter database "{db.name}" set search_path = app')
    db.close()
    daemon = recurd(db, app_schema="app", poll_interval="50ms")
    template = db.add_template(timedelta(milliseconds=-1))
    wait_until(lambda: db.occurrences(template))
    daemon.stop()
