"""Upgrades: schemas that are newer than a running binary, compatible and not."""

import time
from datetime import timedelta

import pytest

from faults.oracle import Oracle
from harness.migrate import LAST
from harness.util import wait_until

DAILY = {"frequency": "daily"}
NOW = timedelta(0)
LINES = {"log_rate": 1000000, "poll_interval": "50ms", "reconnect_limit": "200ms"}

# What a later version of ours may bring, and may bring without a stop: columns, tables, triggers, a wider
# settings row, another order of columns.
NEWER = f"""
    alter table recurring_tasks add column skip_policy text, add column priority_of text not null default 'x';
    alter table tasks add column channel text default 'push';
    alter table recurd.settings add column next_version integer default 7;
    alter table recurd.notifications add column delivered_at timestamptz, add column attempt integer not null default 0;
    alter table recurd.workers add column lanes integer not null default 1;
    alter table recurd.decisions add column by_worker text;
    create table recurd.deliveries (key text primary key);
    grant select, insert on recurd.deliveries to recurd_worker;
    create function recurd.queue_delivery() returns trigger language plpgsql security definer set search_path = '' as
        $$ begin insert into recurd.deliveries values (new.key); return null; end $$;
    create trigger queue after insert on recurd.notifications for each row execute function recurd.queue_delivery();
    create index ix_tasks_channel on tasks (channel);
    insert into recurd.migrations (number, name, checksum, adopted) values ({LAST + 1}, 'newer', 'x', false);
"""


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


def test_an_upgrade_beside_running_workers(db, recurd, tally):
    """Fault 29: while templates are being made, a newer and compatible schema comes, and workers change one by one.

    The one that was there before the migration, and those of its version that start after it, work on beside
    each other; nobody stops, nothing is made twice.
    """
    oracle = Oracle(db)
    db.add_templates(1500, timedelta(seconds=-1), users=20)
    oracle.note()
    before = recurd(db, batch_size=50, worker_name="before", **LINES)
    before.expect("generated")
    db.psql(NEWER)
    after = recurd(db, batch_size=50, worker_name="after", **LINES)
    oracle.add_task(NOW)

    def comes_to_work():  # the older one may have done all that there was before this one had started
        oracle.add_template(NOW, DAILY)
        return after.seen("generated")

    wait_until(comes_to_work, interval=0.05)
    before.stop()
    last = recurd(db, batch_size=50, worker_name="last", **LINES)
    oracle.add_template(NOW, DAILY)
    took = oracle.settle()
    for daemon in (after, last):
        daemon.stop()
    tally(recovery=took, **oracle.check([before, after, last]))
    assert db.value("select count(*) from recurd.deliveries") > 0, "the newer trigger took part"


def raise_level(conn, level):
    conn.execute("update recurd.settings set compatible_from = %s", (level,))


def test_a_schema_that_is_too_new(db, recurd, tally):
    """Fault 29: compatible_from rises above what the binary knows: at a start, while it works, while it idles.

    Exit status 78, one line that says what to do, and no row is written after the migration.  A running
    worker found out only with its next session.
    """
    oracle = Oracle(db)
    db.add_templates(2000, timedelta(seconds=-1), users=20)
    oracle.note()
    busy = recurd(db, batch_size=5, heartbeat_interval="1h", **LINES)
    busy.expect("generated")
    began = time.monotonic()
    with db.connect(autocommit=False) as migration:
        # What such a migration locks anyway.
        migration.execute("lock table tasks, recurring_tasks in access exclusive mode")
        raise_level(migration, LAST + 1)
        migration.commit()
    made = "select (select count(*) from tasks where recurring_task_id is not null), (select count(*) from recurd.notifications) as told"
    counts = db.row(made)
    assert busy.wait() == 78
    took = time.monotonic() - began
    refused = [recurd(db, *how, ready=False, **LINES) for how in ([], ["--once"])]
    for daemon in refused:
        assert daemon.wait() == 78
    assert 0 < counts["count"] < 2000, "in mid-work"
    assert db.row(made) == counts, "nothing was written after the migration"

    raise_level(db, LAST)
    idle = recurd(db, heartbeat_interval="1s", **LINES)
    oracle.settle()
    raise_level(db, LAST + 1)
    assert idle.wait() == 78, "its heartbeat finds out"
    for daemon in (busy, *refused, idle):
        (line,) = daemon.seen("incompatible")
        assert str(LAST + 1) in line["msg"] and "upgrade" in line["msg"] and line.priority == 2
        daemon.check_clean()
    tally(injected=4, recovery=took, **oracle.check([busy, *refused, idle]))
