"""What only looks, looks quietly: no statement of it fails on the server, whatever state the database is in."""

import pytest

from harness import alembic
from harness.ctl import run_ctl
from harness.migrate import migrate

LOOKS = [("preflight",), ("migrate", "--dry-run"), ("migrate", "status"), ("migrate", "verify"), ("migrate", "repair", "--dry-run"),
         ("migrate", "down", "--to", "0", "--destroy", "--dry-run")]


def nothing(db):
    pass


def application(db):
    alembic.make(db, 11)


def misshapen(db):
    """Wherever a check or a verify file has something to say."""
    alembic.make(db, 11)
    user, task = db.add_user("no uuid"), "another"
    db.add_task(user=user, id=task)
    db.psql("alter table tasks drop constraint ck_tasks_priority_valid; update tasks set priority = 'odd';"
            "alter table tags alter created_at type text; alter table recurring_tasks drop recurrence_rule, add starts_zone text;"
            'alter table "user" drop email; create view recurd_is_here as select id from tasks; create schema recurd;'
            "create table recurd.settings ()")


def damaged(db):
    migrate(db, "up", "--with", "wakeup")
    db.psql("drop table recurd.workers cascade; drop function recurd.status_row() cascade; alter table tasks drop remind_at cascade;"
            "revoke all on all tables in schema recurd, public from recurd_worker; drop index ix_recurring_tasks_due")


@pytest.mark.parametrize("state", [nothing, application, misshapen, damaged])
def test_no_statement_of_a_look_fails(cluster, empty_db, state):
    """The server's log is somebody else's to read: preflight wrote 663 lines with 14 errors into it."""
    state(empty_db)
    before = len(cluster.log())
    for look in LOOKS:
        run_ctl(empty_db, *look, expect=None)
    said = cluster.log()[before:]
    assert [line for line in said.splitlines() if f"@{empty_db.name} " in line and ("ERROR" in line or "WARNING" in line)] == []
