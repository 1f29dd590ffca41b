"""A role that may not see or do enough: told at once, and never taken for a quiet night."""

from datetime import timedelta

import pytest

from faults.oracle import Oracle
from harness.util import wait_until

DAILY = {"frequency": "daily"}
NOW = timedelta(0)
LINES = {"log_rate": 1000000, "poll_interval": "50ms", "reconnect_limit": "200ms", "heartbeat_interval": "1s"}


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


@pytest.fixture
def role(db):
    """A role of this database's own, with what the migrations grant."""
    name = f"limited_{db.name}"
    db.psql(f"create role {name} login; grant recurd_worker to {name}")
    yield name
    db.psql(f"drop owned by {name}; drop role {name}")


def says_to_systemd(daemon, text):
    return any(text in value for _, key, value in daemon.notify.assignments() if key == "STATUS")


@pytest.mark.parametrize("table", ["tasks", "recurring_tasks", "task_tags", "recurd.template_tags", "recurd.waiting"])
def test_row_level_security_that_blinds(db, role, recurd, tally, table):
    """Fault 26: row-level security hides rows, before the start, and later under a running worker.

    It would see no row and look healthy, as it once did until its next connection: instead it waits, says
    what to do in its log and to systemd, and is not counted among the living.  A policy for some rows is no
    help, since nobody knows which rows it leaves out.
    """
    oracle = Oracle(db)
    db.psql(f"alter table {table} enable row level security")
    daemon = recurd(db, dsn=db.dsn_as(role), ready=False, **LINES)
    slowest = 0
    mark = 0
    for _ in range(2):
        line = daemon.expect("database_unfit", since=mark)
        assert "row-level security" in line["msg"] and table in line["msg"] and "bypassrls" in line["msg"]
        assert line.priority <= 3
        wait_until(lambda: says_to_systemd(daemon, "waiting: row-level security"))
        oracle.add_task(NOW)
        oracle.add_template(NOW, DAILY)
        db.psql(f"create policy part on {table} to recurd_worker using (true)")
        daemon.expect("connected", since=mark, count=4)
        assert not oracle.is_settled()
        if table == "tasks":  # once is enough, it takes three heartbeats
            wait_until(lambda: "alive" not in db.column("select state from recurd.worker_states"), what="it is counted as dead")
        db.psql(f"drop policy part on {table}; alter table {table} disable row level security")
        slowest = max(slowest, oracle.settle())
        wait_until(lambda: db.column("select state from recurd.worker_states") == ["alive"])
        mark = daemon.mark()
        db.psql(f"alter table {table} enable row level security")
        daemon.expect("database_unfit", since=mark)
    db.psql(f"alter table {table} disable row level security")
    daemon.stop()
    tally(injected=3, recovery=slowest, **oracle.check([daemon]))


def test_bypassrls_is_the_way_out(db, role, recurd, tally):
    """Fault 26: what the log line advises works, without a restart."""
    oracle = Oracle(db)
    db.psql("alter table tasks enable row level security; alter table recurring_tasks enable row level security")
    daemon = recurd(db, dsn=db.dsn_as(role), ready=False, **LINES)
    daemon.expect("database_unfit")
    oracle.add_task(NOW)
    oracle.add_template(NOW, DAILY)
    db.psql(f"alter role {role} bypassrls")
    took = oracle.settle()
    daemon.stop()
    tally(recovery=took, **oracle.check([daemon]))


# A right that is taken away, and what must be named then.
RIGHTS = {
    "select on recurring_tasks": "recurring_tasks",
    "update (next_due_at) on recurring_tasks": "recurring_tasks",
    "insert (title) on tasks": "tasks",
    "update (reminded_at) on tasks": "tasks",
    "insert on recurd.notifications": "notifications",
    "select on recurd.settings": "settings",
    "usage on schema recurd": "recurd",
}


@pytest.mark.parametrize("when", ["before the start", "later"])
def test_missing_grants(make_db, recurd, tally, when):
    """Fault 26: one right after the other is missing; each is named at error level, with who has what it takes.

    When the right is given, everything is done, by itself.
    """
    db = make_db()
    db.go_live(db.now() - timedelta(days=1))
    name = f"naked_{db.name}"
    # As recurd_worker, but of this database alone: roles belong to the whole cluster.
    db.psql(f"create role {name} login; grant usage on schema public to {name}")
    db.execute(
        "do $$ declare one record; begin"
        " for one in select format('grant %s on %s to " + name + "', string_agg(what, ', '), thing) as command from ("
        "   select privilege_type || ' (' || column_name || ')' as what, table_schema || '.' || table_name as thing"
        "   from information_schema.column_privileges where grantee = 'recurd_worker'"
        "   union all select privilege_type, table_schema || '.' || table_name"
        "   from information_schema.table_privileges where grantee = 'recurd_worker') g group by thing"
        " loop execute one.command; end loop; end $$"
    )
    db.psql(f"grant usage on schema recurd to {name}; grant select (ctid) on tasks to {name};"
            f"grant execute on function recurd.held_users(text[]) to {name}")
    try:
        oracle, slowest, daemons = Oracle(db), 0, []
        if when == "later":
            daemons.append(recurd(db, dsn=db.dsn_as(name), **LINES))
        for right, named in RIGHTS.items():
            db.psql(f"revoke {right} from {name}")
            if when != "later":
                daemons.append(recurd(db, dsn=db.dsn_as(name), ready=False, **LINES))
            daemon = daemons[-1]
            mark = daemon.mark() if when == "later" else 0
            oracle.add_task(NOW)
            oracle.add_template(NOW, DAILY)
            wait_until(
                lambda: any(line.priority <= 3 and "permission denied" in line.raw and named in line.raw for line in daemon.events[mark:]),
                what=f"{right}: an error names {named}",
            )
            assert not oracle.is_settled()
            db.psql(f"grant {right} to {name}")
            slowest = max(slowest, oracle.settle())
            if when != "later":
                daemon.stop()
        if when == "later":
            daemon.stop()
        tally(injected=len(RIGHTS), recovery=slowest, **oracle.check(daemons))
    finally:
        db.psql(f"drop owned by {name}; drop role {name}")
