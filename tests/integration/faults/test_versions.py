"""Upgrades: schemas that are newer than a running binary, compatible and not."""

import time
from datetime import timedelta

import pytest

from faults.oracle import Oracle
from harness.migrate import LAST
from harness.util import BUILD, SLOWNESS, wait_until

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


@pytest.fixture
def next_recurd(recurd):
    """The next version, which knows one migration more; it says so in its first line and in recurd.workers."""
    program = BUILD / "recurd-next"
    if not program.exists():
        pytest.skip("needs a build with RECURD_FAULTS: recurd-next")
    wrapper = ["sh", "-c", 'program=$1; shift 2; exec "$program" "$@"', "sh", str(program)]
    return lambda db, *args, **options: recurd(db, *args, wrapper=wrapper, **options)


def test_an_upgrade_version_by_version(db, recurd, next_recurd, tally):
    """Fault 29: two versions of the daemon side by side, through a whole upgrade, while there is work all the time.

    The newer daemon comes first, on the old schema; then the schema, compatible, under both; then an older one
    starts on it; at last the schema that only the newer one understands: the older ones end with 78, and say
    why, in mid-work, and the newer one does the rest.
    """
    oracle = Oracle(db)
    serial = iter(range(100))

    def work(*daemons):
        """Until each of these has made something."""
        marks = [daemon.mark() for daemon in daemons]
        feeding = f"w{next(serial)}"
        oracle.add_templates(200, timedelta(seconds=-1), DAILY, prefix=feeding, users=20)

        def all_did():
            oracle.add_template(NOW, DAILY)
            return all(daemon.seen("generated", since=mark) for daemon, mark in zip(daemons, marks))

        wait_until(all_did, interval=0.05, what="each of them has its part")

    options = {**LINES, "batch_size": 5, "poll_interval": "20ms", "heartbeat_interval": "1s"}
    older = recurd(db, worker_name="older", **options)
    work(older)
    newer = next_recurd(db, worker_name="newer", **options)
    versions = "select name, version from recurd.workers order by 1"
    wait_until(lambda: [row["name"] for row in db.rows(versions)] == ["newer", "older"])
    assert {row["version"] for row in db.rows(versions)} == {"next", older.seen("started")[0]["msg"].split()[-1]}
    work(older, newer)
    db.psql(NEWER)
    work(older, newer)
    late = recurd(db, worker_name="late", **options)
    work(older, newer, late)
    assert db.value("select count(*) from recurd.deliveries") > 0, "the newer trigger took part"

    oracle.add_templates(2000, timedelta(seconds=-1), DAILY, prefix="last", users=20)
    began = time.monotonic()
    raise_level(db, LAST + 1)
    for daemon in (older, late):
        assert daemon.wait() == 78
        (line,) = daemon.seen("incompatible")
        assert str(LAST + 1) in line["msg"] and "upgrade" in line["msg"]
        daemon.check_clean()
    assert time.monotonic() - began < 5 * SLOWNESS
    work(newer)
    took = oracle.settle()
    newer.stop()
    tally(injected=3, recovery=took, **oracle.check([older, newer, late]))


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
