"""A database that was dumped and restored, or replicated, is worked on as if nothing had been.

A database with a past (templates, reminders, tags, a quarantine, a pause) is brought to another place in
each of the usual ways.  Two days later everything due is made exactly once there, and told under the same
keys as where it came from; or what is missing is said, with a command, and after that command it is so.
"""

import os
import re
import subprocess
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from harness.ctl import run_ctl
from harness.daemon import once, run_recurd
from harness.database import Database
from harness.migrate import migrate
from harness.util import clean_environ, need_pg_dump, wait_until

T0 = datetime(2025, 3, 10, 12, 0, tzinfo=timezone.utc)
T1 = T0 + timedelta(days=2)
DAILY = {"frequency": "daily"}

FACTS = {
    "instances": "select k.id, recurring_task_id, occurrence_at, title, k.user_id, completed_at, reminded_at,"
                 " (select array_agg(tag_id order by tag_id) from task_tags where task_id = k.id) as tags"
                 " from tasks k order by k.id",
    "templates": "select id, next_due_at, planned_due_at, made_through, used_count, is_active, paused_at, ended_at,"
                 " failed_at, failure from recurring_tasks order by id",
    "notifications": "select key, kind, user_id, task_id, template_id, at from recurd.notifications order by key",
    "decisions": "select kind, template_id, first_at, last_at, occurrences from recurd.decisions order by 1, 2, 3",
}


def facts(db, since=None):
    """What there is; since: of notifications and decisions those that were written then."""
    found = {name: db.rows(query) for name, query in FACTS.items()}
    if since:
        new = set(db.column("select key from recurd.notifications where created_at >= %s", (since,)))
        found["notifications"] = [row for row in found["notifications"] if row["key"] in new]
        found["decisions"] = []
    return found


def add_past(db):
    """A month of work, up to T0; then the worker stops.  Something is due soon after it."""
    db.freeze(T0 - timedelta(days=30))
    db.add_user("ann")
    db.add_user("zoe")
    db.execute("insert into recurd.preferences (user_id, time_zone) values ('zoe', 'Pacific/Auckland')")
    once(db)
    for n in range(3):
        db.add_template(timedelta(hours=n), DAILY, user="ann", id=f"daily-{n}", title=f"Daily {n}")
        db.add_task(user="ann", remind=timedelta(days=n), id=f"past-{n}", title="Told")
        db.add_task(user="ann", remind=timedelta(days=30, hours=n + 1), id=f"soon-{n}", title="To be told")
    db.add_tag("daily-1", "home", user="ann")
    db.add_template(timedelta(hours=1), {"frequency": "daily"}, user="zoe", id="zoned", title="In Auckland")
    db.add_template(timedelta(hours=1), {"frequency": "daily", "count": 31}, user="ann", id="ends", title="Ends")
    db.add_template(timedelta(hours=1), {"frequency": "sometimes"}, user="ann", id="broken", title="Broken")
    db.add_template(timedelta(hours=1), DAILY, user="ann", id="paused", title="Paused")
    db.freeze(T0 - timedelta(days=3))
    once(db, catch_up_limit=100)
    db.update("recurring_tasks", "paused", is_active=False)
    db.update("tasks", "past-0", is_complete=True)
    db.freeze(T0)
    once(db, catch_up_limit=100)


@pytest.fixture(scope="module")
def origin(cluster):
    """The database that is brought elsewhere; .later: its facts when it went on at home, .new: those of the two days."""
    db, twin = cluster.create_migrated(), None
    need_pg_dump(db.conn.info.server_version)
    add_past(db)
    twin = db.clone()
    twin.freeze(T1)
    once(twin)
    db.later, db.new = facts(twin), facts(twin, since=T1)
    assert len(db.new["notifications"]) == 3 * 2 + 2 + 1 + 3 and len(db.later["notifications"]) > 100
    twin.drop()
    db.close()
    yield db
    db.drop()


@pytest.fixture
def target(cluster):
    db = cluster.create()
    yield db
    db.drop()


@pytest.fixture
def migrated(cluster):
    db = cluster.create_migrated()
    yield db
    db.drop()


@pytest.fixture
def role(cluster):
    """A worker's role, with the rights of recurd_worker and no more."""
    name = f"restored_{os.getpid()}"
    with psycopg.connect(cluster.dsn_for("postgres"), autocommit=True) as conn:
        conn.execute(f"drop role if exists {name}")
        conn.execute(f"create role {name} login in role recurd_worker")
        yield name
        conn.execute(f"drop role {name}")


def run(*argv, check=True):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, env=clean_environ())
    assert not check or done.returncode == 0, done.stderr
    return done


def by_sql(origin, target, tmp_path, *options, stop=True):
    """A plain dump, read by psql; stop=False: as psql does by itself, errors and all."""
    run("pg_dump", "-d", origin.dsn, "-f", tmp_path / "dump.sql", *options)
    return run("psql", "-X", "-q", "-v", f"ON_ERROR_STOP={int(stop)}", "-d", target.dsn, "-f", tmp_path / "dump.sql", check=stop)


def by_archive(origin, target, tmp_path, dump=(), restore=((),), check=True):
    """pg_dump -Fc or -Fd, then pg_restore, as often as there are tuples of options."""
    form = next((word for word in dump if word.startswith("-F")), "-Fc")
    run("pg_dump", "-d", origin.dsn, "-f", tmp_path / "dump", form, *(word for word in dump if word != form))
    for options in restore:
        done = run("pg_restore", "-d", target.dsn, *options, tmp_path / "dump", check=check)
    return done


def work(db, role, at=T1):
    """The main job's turn, as the worker's role."""
    db.freeze(at)
    return run_recurd("--foreground", "--once", database_url=db.dsn_as(role))


def check_whole(db, origin, role, without_past=False):
    """Two days later everything is there as at home; without_past: what recurd had told before is gone by choice."""
    done = work(db, role)
    assert done.returncode == 0, done.stderr
    found, wanted = facts(db, since=T1 if without_past else None), origin.new if without_past else origin.later
    for name in FACTS:
        assert not without_past or found[name] or name == "decisions"
        for f, w in zip(found[name], wanted[name]):
            assert f == w
        assert found[name] == wanted[name] or without_past and name == "decisions", name
    assert work(db, role).returncode == 0
    assert facts(db, since=T1 if without_past else None) == found, "nothing is done twice"
    assert migrate(db, "verify").json["good"] is True


SECTIONS = [(f"--section={name}",) for name in ("pre-data", "data", "post-data")]
WHOLE = {
    "plain": lambda *way: by_sql(*way),
    "plain, without comments": lambda *way: by_sql(*way, "--no-comments"),
    "plain, without owners": lambda *way: by_sql(*way, "-O"),
    "plain, inserts": lambda *way: by_sql(*way, "--rows-per-insert=100"),
    "custom": lambda *way: by_archive(*way),
    "custom, without owners": lambda *way: by_archive(*way, restore=[("-O",)]),
    "custom, in one transaction": lambda *way: by_archive(*way, restore=[("-1",)]),
    "custom, section by section": lambda *way: by_archive(*way, restore=SECTIONS),
    "directory, two jobs": lambda *way: by_archive(*way, dump=("-Fd", "-j2"), restore=[("-j2",)]),
    "schema, then data": lambda *way: (by_sql(*way, "-s"), by_sql(*way, "-a")),
    "schema, then data without triggers": lambda *way: by_archive(*way, restore=[("-s",), ("-a", "--disable-triggers")]),
}
OVER = {
    "plain, cleaned": lambda *way: by_sql(*way, "--clean", "--if-exists"),
    "custom, cleaned": lambda *way: by_archive(*way, restore=[("--clean", "--if-exists")]),
}


@pytest.mark.parametrize("form", WHOLE)
def test_into_an_empty_database(origin, target, tmp_path, role, form):
    WHOLE[form](origin, target, tmp_path)
    check_whole(target, origin, role)


@pytest.mark.parametrize("form", OVER)
def test_over_a_migrated_database(origin, migrated, tmp_path, role, form):
    """--clean --if-exists: what is there is replaced."""
    OVER[form](origin, migrated, tmp_path)
    check_whole(migrated, origin, role)


def commands(answer):
    """The statements that preflight's or verify's lines tell to run."""
    return re.findall(r"run: ((?:grant|select|insert|alter)\b.*)", answer)


@pytest.mark.parametrize("cleared", [True, False])
@pytest.mark.parametrize("triggers", [(), ("--disable-triggers",)])
def test_rows_alone_into_a_migrated_database(origin, migrated, tmp_path, role, triggers, cleared):
    """pg_dump -a: the rows that the migrations made stand in the way of those that were dumped, and those stay out.

    Where nobody emptied recurd.settings before, live_since is missing: the first event says when recurd was
    here at the latest, so that what became due since the dump is still told.
    """
    migrated.freeze(T0 + timedelta(hours=30))  # the triggers' clock while rows come in
    if cleared:
        migrated.execute("truncate recurd.settings, recurd.migrations")
    done = by_sql(origin, migrated, tmp_path, "-a", *triggers, stop=cleared)
    assert ("pk_settings" in done.stderr) == (not cleared)
    assert migrated.value("select live_since is null from recurd.settings") == (not cleared)
    check_whole(migrated, origin, role)


def test_without_privileges(origin, target, tmp_path, role):
    """-x: the worker says that rights are missing; preflight prints what mends it, and as printed that is enough."""
    by_archive(origin, target, tmp_path, restore=[("-x",)])
    done = work(target, role)
    assert done.returncode == 69 and "permission denied" in done.stderr
    told = run_ctl(target, "preflight", "--role", role, "-o", "json", expect=None).json
    [line] = [f["detail"] for f in told["findings"] if f["check"] == "grants"]
    assert line.endswith("; run: recurctl migrate repair, as the owner of the tables")
    migrate(target, "repair")
    done = work(target, role)
    assert done.returncode == 0, done.stderr
    assert facts(target) == origin.later
    again = run_ctl(target, "preflight", "--role", role, "-o", "json").json
    assert [f for f in again["findings"] if f["level"] == "problem"] == []


def test_without_the_rows_of_recurd(origin, target, tmp_path, role):
    """--exclude-table-data=recurd.*: the worker names the row that is missing and what makes it; its past is the
    person's to give."""
    by_sql(origin, target, tmp_path, "--exclude-table-data=recurd.*")
    done = work(target, role)
    assert done.returncode == 69 and "insert into recurd.settings" in done.stderr and "live_since" in done.stderr
    assert facts(target)["notifications"] == []
    target.execute("insert into recurd.settings (live_since) values (%s)", (T0 - timedelta(days=30),))
    migrate(target, "up")
    target.freeze(T0)
    target.psql("insert into recurd.preferences (user_id, time_zone) values ('zoe', 'Pacific/Auckland')")
    target.execute("insert into recurd.template_tags select 'daily-1', id from tags")
    check_whole(target, origin, role, without_past=True)


def test_without_the_schema_of_recurd(origin, target, tmp_path, role):
    """-n public: the triggers do not come along, as their functions are not there.  No migration can give the past
    back: what is said to be restored is restored, and all is well."""
    target.execute("drop schema public")
    by_sql(origin, target, tmp_path, "-n", "public", stop=False)
    done = run_recurd("--foreground", "--once", database_url=target.dsn)
    assert done.returncode == 69 and "missing: recurd.settings" in done.stderr and "recurctl migrate up" in done.stderr
    refused = migrate(target, "up", code=None)
    assert refused.code == 65 and "restore the dump again with it" in refused.err
    assert target.value("select to_regnamespace('recurd') is null"), "nothing was changed"
    by_sql(origin, target, tmp_path, "--clean", "--if-exists")
    check_whole(target, origin, role)


def test_sequences_that_a_restore_missed(origin, target, tmp_path, role):
    """pg_restore -L without the sequences' places: named by verify, and put right by the first batch."""
    run("pg_dump", "-d", origin.dsn, "-Fc", "-f", tmp_path / "dump")
    items = run("pg_restore", "-l", tmp_path / "dump").stdout
    kept = [line for line in items.splitlines() if " SEQUENCE SET " not in line]
    assert len(kept) < len(items.splitlines())
    (tmp_path / "list").write_text("\n".join(kept) + "\n")
    run("pg_restore", "-d", target.dsn, "-L", tmp_path / "list", tmp_path / "dump")
    stale = migrate(target, "verify", code=1).lines("problems")
    assert len(stale) == 2 and all("is behind its table" in line for line in stale)
    check_whole(target, origin, role)


# Replication ----------------------------------------------------------------------------------------


@pytest.fixture
def pair(make_cluster, origin, tmp_path):
    """(source, target): databases of two clusters, the first with the past, the second migrated and empty."""
    source, away = make_cluster(wal_level="logical", max_wal_senders="10"), make_cluster()
    here = source.create()
    by_sql(origin, here, tmp_path)
    return here, away.create_migrated()


COPIED = "select count(*) from pg_subscription_rel where srsubstate <> 'r'"


def cut_over(here: Database, away: Database):
    """All that was written is there; the subscription is dropped, and the sequences are where they were."""
    lsn = here.value("select pg_current_wal_lsn()")
    wait_until(lambda: here.value("select bool_and(replay_lsn >= %s) from pg_stat_replication", (lsn,)), what="all is there")
    away.execute("drop subscription moved")
    here.execute("drop publication moved")


@pytest.mark.parametrize("may_set", [True, False])
def test_a_change_over_by_logical_replication(origin, pair, may_set):
    """A publication and a subscription of all tables into a migrated database: sequences do not come along.

    The worker puts them right, or where it may not, names the statement; nothing is lost either way.
    """
    here, away = pair
    role = "moved"
    away.psql(f"create role {role} login in role recurd_worker", "truncate recurd.settings, recurd.migrations")
    if not may_set:
        away.psql("revoke update on all sequences in schema recurd from recurd_worker")
    here.execute("create publication moved for all tables")
    away.execute(f"create subscription moved connection '{here.dsn}' publication moved")
    wait_until(lambda: away.value(COPIED) == 0, what="all tables are copied")
    late = here.add_task(user="ann", remind=T0 + timedelta(hours=5), id="late", title="Replicated")
    wait_until(lambda: away.value("select count(*) from tasks where id = %s", (late,)), what="it goes on")
    cut_over(here, away)
    assert any("is behind its table" in line for line in migrate(away, "verify", code=1).lines("problems"))
    if not may_set:
        away.freeze(T1)
        done = work(away, role)
        assert done.returncode != 0 and "pg_catalog.setval" in done.stderr
        for line in migrate(away, "verify", code=1).lines("problems"):
            away.psql(*commands(line))
    then = T1 + timedelta(seconds=2)  # what was refused meanwhile waits, and is tried again
    done = work(away, role, then)
    assert done.returncode == 0, done.stderr
    here.freeze(then)
    once(here)
    assert facts(away) == facts(here)
    assert away.value("select count(*) from recurd.notifications where task_id = %s", (late,)) == 1
    assert migrate(away, "verify").json["good"] is True
