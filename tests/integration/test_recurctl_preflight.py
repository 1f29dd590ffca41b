"""recurctl preflight: what a first start would do with a database as a year of use leaves it."""

import shutil
from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import FOUND, OK, ctl_json, run_ctl
from harness.daemon import apply_settings, run_recurd
from harness.database import apply_migrations
from harness.migrate import migrate
from harness.util import wait_until

NOON = datetime(2025, 3, 10, 12, 0, tzinfo=timezone.utc)
DAILY = {"frequency": "daily"}


@pytest.fixture
def db(app_db):
    app_db.freeze(NOON)
    return app_db


def found(answer, check):
    return [f["detail"] for f in answer["findings"] if f["check"] == check]


def year_of_use(db):
    """Old reminders on open tasks, a stale template, a fresh one, an ended, a paused and a broken one."""
    db.add_task(remind=timedelta(days=-200))
    db.add_task(remind=timedelta(days=-2))
    db.add_task(remind=timedelta(days=-2), is_complete=True)
    db.add_task(remind=timedelta(days=2))
    db.add_template(timedelta(days=-9, hours=-1), DAILY, id="stale")
    db.add_template(timedelta(days=-400), {"frequency": "daily", "interval": 2}, id="old")
    db.add_template(timedelta(days=1), DAILY, id="fresh")
    db.add_template(timedelta(days=-5), DAILY, id="paused", is_active=False)
    db.add_template(timedelta(days=-5), {"frequency": "daily", "end_date": "2025-03-07T12:00:00Z"}, id="ends")
    db.add_template(timedelta(days=-5), {"frequency": "weekly", "days": ["mox"]}, id="broken")
    db.execute("update recurring_tasks set created_at = recurd.now() - interval '500 days'")


def advised(db):
    """The indexes of the advice, and what stands behind each."""
    return dict(detail.split(" ", 1) for detail in found(ctl_json(db, "preflight"), "indexes"))


def test_indexes_that_serve_nobody_are_advice(db):
    """What is told can be dropped by the words that are told, is not missed, and does not come back."""
    db.add_user("u")
    db.execute("insert into tasks (id, title, user_id, is_complete, created_at, updated_at)"
               " select i, 'number ' || i, 'u', false, now() + i * interval '1 s', now() + i * interval '1 s' from generate_series(1, 1500) i")
    db.execute("analyze tasks")
    told = advised(db)
    covered = {"public.ix_tasks_user_id": "ix_tasks_user_id_created_at", "public.ix_recurring_tasks_user_id": "ix_recurring_tasks_user_id_next_due_at",
               "public.ix_task_tags_task_id": "pk_task_tags", "public.ix_task_tags_task_tag": "pk_task_tags"}
    assert {name: told[name].split(": ")[1].split()[0] for name in covered} == covered
    vague = {"public.ix_tasks_is_complete", "public.ix_tasks_priority", "public.ix_recurring_tasks_is_active"}
    assert set(told) == set(covered) | vague, "ix_task_tags_tag_id is the only one that finds a tag"
    assert all(("kB)" in words or "bytes)" in words) and "owner's choice" in words for words in told.values())
    answer = ctl_json(db, "preflight")
    assert answer["findings"] and not [f for f in answer["findings"] if f["level"] == "problem"]
    for words in told.values():
        db.execute("drop index concurrently " + words.split("drop index concurrently ")[1])
    assert advised(db) == {}
    assert migrate(db, "up") and migrate(db, "verify").json["good"] is True
    assert migrate(db, "repair").json["steps"] == []


NO_ADVICE = {
    "another collation": "create index one on tasks (title collate \"C\", id)",
    "another order": "create index one on tasks (title desc, id)",
    "some rows only": "create index one on tasks (title, id) where not is_complete",
    "another kind": "create index one on tasks using hash (title)",
    "an expression": "create index one on tasks (lower(title), id)",
    "a pattern's": "create index one on tasks (title varchar_pattern_ops, id)",
    "behind another column": "create index one on tasks (id, title)",
    "less than it carries": "drop index ix_tasks_title; create index ix_tasks_title on tasks (title) include (description);"
                            " create index one on tasks (title, id)",
    "not as unique": "drop index ix_tasks_title; create unique index ix_tasks_title on tasks (title); create index one on tasks (title, id)",
    "a constraint's": "drop index ix_tasks_title; alter table tasks add constraint ix_tasks_title unique (title);"
                      " create unique index one on tasks (title)",
    "a replica's identity": "alter table tasks alter title set not null; drop index ix_tasks_title; create unique index ix_tasks_title"
                            " on tasks (title); alter table tasks replica identity using index ix_tasks_title; create unique index one on tasks (title)",
    "on a table that recurd does not write": "create index one on tags (name); create index two on tags (name, id)",
}


@pytest.mark.parametrize("what", NO_ADVICE)
def test_an_index_that_another_does_not_replace_is_none(db, what):
    db.execute(NO_ADVICE[what])
    assert "public.ix_tasks_title" not in advised(db) and "public.two" not in advised(db)


@pytest.mark.parametrize("index, wider", [
    ("create index one on tasks (title)", "ix_tasks_title"), ("create index \"One Two\" on tasks (title)", "ix_tasks_title"),
    ("create index one on tasks (id)", "tasks_pkey"), ("create unique index one on tasks (id)", "tasks_pkey"),
    ("create index one on tasks (user_id) include (created_at)", "ix_tasks_user_id_created_at"),
])
def test_an_index_of_somebody_that_another_replaces_is_told(db, index, wider):
    """Of two that are the same one stays."""
    db.execute(index)
    details = [d for d in found(ctl_json(db, "preflight"), "indexes") if "One Two" in d or d.startswith("public.one ")]
    assert len(details) == 1 and f": {wider} finds" in details[0], details
    db.execute("drop index concurrently " + details[0].split("drop index concurrently ")[1])


def test_an_index_that_is_asked_is_not_vague(db):
    db.execute("set enable_seqscan = off; set enable_bitmapscan = off; select count(*) from recurring_tasks where is_active; reset all")
    if db.value("show server_version_num") >= "150000":
        db.execute("select pg_stat_force_next_flush()")
    # Before 15 a session tells what it did at the end of a later transaction, half a second later at the soonest.
    wait_until(lambda: db.value("select 1") and "public.ix_recurring_tasks_is_active" not in advised(db),
               what="statistics are written down")


def test_a_first_start_is_foretold(db):
    year_of_use(db)
    answer = ctl_json(db, "preflight")
    assert answer["live_since"] is None
    assert answer["reminders_past"] == 2
    assert answer["templates"] == 5
    stale = {t["id"]: t for t in answer["stale_templates"]}
    assert [t["id"] for t in answer["stale_templates"]] == ["old", "stale", "ends"]
    assert (stale["stale"]["missed"], stale["old"]["missed"], stale["ends"]["missed"]) == (10, 201, 3)
    assert answer["occurrences_missed"] == 214
    assert answer["occurrences_to_make"] == 3  # adopt_backlog = latest
    (broken,) = answer["to_quarantine"]
    assert broken["id"] == "broken" and "days[0]" in broken["problem"]
    assert "cron" in found(answer, "old script")[0]
    assert "2 pending reminders" in found(answer, "reminders")[0]


@pytest.mark.parametrize("policy, made", [("all", 100 + 10 + 3), ("none", 0)])
def test_adopt_backlog_and_catch_up_limit_are_taken_into_account(db, policy, made):
    year_of_use(db)
    apply_settings({"adopt_backlog": policy, "catch_up_limit": 100}, db.dsn)
    answer = ctl_json(db, "preflight")
    assert answer["adopt_backlog"] == policy
    assert answer["occurrences_to_make"] == made


@pytest.mark.parametrize("policy", ["latest", "all", "none"])
def test_a_first_start_does_what_was_foretold(db, policy):
    year_of_use(db)
    options = {"adopt_backlog": policy, "catch_up_limit": 20}
    apply_settings(options, db.dsn)
    answer = ctl_json(db, "preflight")
    done = run_recurd("--once", "--foreground", db=db, **options)
    assert done.returncode == 0, done.stderr
    assert db.value("select count(*) from tasks where occurrence_at is not null") == answer["occurrences_to_make"]
    assert db.value("select count(*) from tasks where reminded_at is not null") == answer["reminders_past"]
    assert db.value("select count(*) from recurd.notifications where kind = 'reminder'") == 0
    # A broken rule is met when its template is due, or looked at.
    assert db.column("select id from recurring_tasks where failed_at is not null") == [
        t["id"] for t in answer["to_quarantine"]]


def test_after_the_first_start_everything_due_is_ordinary_catch_up(db):
    year_of_use(db)
    db.execute("update recurd.settings set live_since = %s", (NOON - timedelta(days=30),))
    answer = ctl_json(db, "preflight")
    assert answer["live_since"] == "2025-02-08T12:00:00Z"
    assert answer["occurrences_to_make"] == 113
    assert found(answer, "old script") == [] and "goes on" in found(answer, "start")[0]


def test_it_changes_nothing(db):
    year_of_use(db)
    before = db.rows("select * from recurring_tasks order by id"), db.rows("select * from tasks order by id")
    run_ctl(db, "preflight")
    assert before == (db.rows("select * from recurring_tasks order by id"), db.rows("select * from tasks order by id"))
    assert db.value("select live_since from recurd.settings") is None


def test_before_the_migration_it_counts_the_same_and_names_the_migration(empty_db):
    apply_migrations(empty_db, to=11)
    empty_db.now = lambda: datetime.now(timezone.utc)  # there is no recurd.now() yet
    empty_db.add_task(remind=timedelta(days=-2))
    empty_db.add_task(remind=timedelta(days=2))
    empty_db.add_template(timedelta(days=-9, hours=-1), DAILY, id="stale")
    answer = ctl_json(empty_db, "preflight", expect=FOUND)
    assert answer["reminders_past"] == 1
    assert [(t["id"], t["missed"]) for t in answer["stale_templates"]] == [("stale", 10)]
    assert "migrate up" in found(answer, "schema")[0]


def test_steps_that_this_program_has_and_the_database_has_not(empty_db):
    run_ctl(empty_db, "migrate", "up")
    assert found(ctl_json(empty_db, "preflight"), "schema") == []
    assert ctl_json(empty_db, "status")["schema_level"] >= 23
    run_ctl(empty_db, "migrate", "down", "--to", "22", "--yes")
    (missing, *_) = found(ctl_json(empty_db, "preflight", expect=FOUND), "schema")
    assert "0023_views" in missing and "0022" not in missing


def test_an_empty_database_is_told_what_it_lacks(empty_db):
    answer = ctl_json(empty_db, "preflight", expect=FOUND)
    assert any("no tables" in detail for detail in found(answer, "schema"))


def test_another_application_schema(db):
    answer = ctl_json(db, "preflight", env={"RECURD_APP_SCHEMA": "elsewhere"}, expect=FOUND)
    assert any("elsewhere" in detail for detail in found(answer, "schema"))


@pytest.mark.parametrize("damage, named", [
    ("drop index ix_recurring_tasks_due", "ix_recurring_tasks_due"),
    ("drop index ix_tasks_pending_remind_at", "ix_tasks_pending_remind_at"),
    ("drop index ux_tasks_recurring_task_id_occurrence_at", "ux_tasks_recurring_task_id_occurrence_at"),
    ("alter table tasks drop column reminded_at cascade", "tasks.reminded_at"),
    ("alter table recurring_tasks drop column replan_at cascade", "recurring_tasks.replan_at"),
    ("drop table recurd.workers cascade", "recurd.workers"),
    ("update pg_index set indisvalid = false where indexrelid = 'ix_recurring_tasks_due'::regclass", "invalid"),
])
def test_what_is_missing_is_named(db, damage, named):
    assert ctl_json(db, "preflight")["findings"]
    db.execute(damage)
    answer = ctl_json(db, "preflight", expect=FOUND)
    assert any(named in detail for detail in found(answer, "schema")), answer["findings"]


@pytest.fixture
def role(db):
    db.execute("create role ctl_worker login")
    yield "ctl_worker"
    db.execute("drop owned by ctl_worker")
    db.execute("drop role ctl_worker")


def test_the_rights_of_the_role(db, role):
    answer = ctl_json(db, "preflight", "--role", role, expect=FOUND)
    (detail,) = found(answer, "grants")
    assert "insert on public.tasks" in detail and "grant recurd_worker to ctl_worker" in detail
    db.execute("grant recurd_worker to ctl_worker")
    assert found(ctl_json(db, "preflight", "--role", role), "grants") == []
    # A column that a migration of the application's drops and adds again comes back without its grants.  The
    # advice was to grant what was granted, then a list of grants that was not enough.
    migrate(db, "up")
    db.execute("alter table tasks drop column description, add column description text")
    db.execute("revoke update (made_through) on recurring_tasks from recurd_worker; revoke delete on recurd.workers from recurd_worker")
    (detail,) = found(ctl_json(db, "preflight", "--role", role, expect=FOUND), "grants")
    assert "update on public.recurring_tasks (made_through)" in detail and "insert on public.tasks (description)" in detail
    assert detail.endswith("; run: recurctl migrate repair, as the owner of the tables")
    migrate(db, "repair")
    assert found(ctl_json(db, "preflight", "--role", role), "grants") == []
    assert "no role" in found(ctl_json(db, "preflight", "--role", "no\nbody", expect=FOUND), "grants")[0]


def test_row_level_security_that_would_blind_the_role(db, role):
    db.execute("grant recurd_worker to ctl_worker")
    db.execute("alter table tasks enable row level security")
    answer = ctl_json(db, "preflight", "--role", role, expect=FOUND)
    assert "bypassrls" in found(answer, "row-level security")[0]
    assert run_ctl(db, "preflight").code == OK  # the superuser sees everything
    db.execute("alter role ctl_worker bypassrls")
    assert found(ctl_json(db, "preflight", "--role", role), "row-level security") == []


def test_a_zone_that_this_host_does_not_have(db, tmp_path):
    """PostgreSQL knows the zone, or it would not have taken it; time zone data of this machine are older."""
    shutil.copy("/usr/share/zoneinfo/UTC", tmp_path)
    apply_settings({"default_time_zone": "Europe/Kyiv"}, db.dsn)
    answer = ctl_json(db, "preflight", env={"RECURD_ZONEINFO_DIR": str(tmp_path)}, expect=FOUND)
    assert "Europe/Kyiv" in found(answer, "time zone")[0]


def test_a_replaced_clock_is_told(db):
    assert found(ctl_json(db, "preflight"), "clock") != []


def test_many_broken_and_stale_templates_are_counted_and_cut(db):
    db.add_templates(300, timedelta(days=-3), prefix="s")
    db.add_templates(250, timedelta(days=-3), rule={"frequency": "x"}, prefix="b")
    answer = ctl_json(db, "preflight")
    assert answer["templates_stale"] == 300 and len(answer["stale_templates"]) == 10
    assert answer["templates_to_quarantine"] == 250 and len(answer["to_quarantine"]) == 100
    assert answer["occurrences_missed"] == 1200


def test_a_clock_that_gives_null(db):
    db._set_clock("null::timestamptz")
    answer = ctl_json(db, "preflight", expect=FOUND)
    assert "gives null" in found(answer, "clock")[0] and answer["now"]


def test_a_schema_that_is_too_new(db):
    assert ctl_json(db, "status")["compatible_from"] == ctl_json(db, "preflight")["compatible_from"] == 37
    db.execute("update recurd.settings set compatible_from = 9000")
    answer = ctl_json(db, "preflight", expect=FOUND)
    assert "9000" in found(answer, "version")[0] and "newer recurd" in found(answer, "version")[0]
    assert ctl_json(db, "status")["compatible_from"] == 9000
