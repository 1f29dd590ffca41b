"""Hand-made tables: any column may hold null, infinity or nonsense.  recurctl shows it, says what is wrong with which row
and column, and never crashes over it."""

from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import DATA, FOUND, OK, ctl_json, run_ctl

NOON = datetime(2025, 3, 10, 12, 0, tzinfo=timezone.utc)
ABSURD = {
    "timestamp with time zone": ("infinity", "-infinity", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00"),
    "timestamp without time zone": ("infinity", "-infinity", "4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999"),
    "bigint": (-2**63, 2**63 - 1, -1, 0),
    "integer": (-2**31, 2**31 - 1),
    "interval": ("178000000 years", "-178000000 years", "-1 s", "0"),
    "boolean": (False, True),
    "jsonb": ("null", "[]", '"x"', "0", "{}", '{"frequency": null}', '{"frequency": "daily", "interval": 1e400}',
              '{"frequency": "daily", "interval": 99999999999999999999}', '{"a": "' + 70000 * "x" + '"}'),
    "text": ("", " ", "\x1b[2J\u202e\n", "x" * 100000, "-infinity"),
}
# What the row must be told to be wrong with: a plan is made from these columns.
NAMED = {("next_due_at", None), ("recurrence_rule", None), ("user_id", None)}


def columns(db, table):
    kinds = db.rows("select column_name::text, data_type::text from information_schema.columns"
                    " where table_schema = 'public' and table_name = %s order by ordinal_position", (table,))
    return {row["column_name"]: "text" if "char" in row["data_type"] else row["data_type"] for row in kinds}


def make_lax(db):
    """As made by hand: no constraint, no trigger, everything may be null and of any length."""
    for table in ("tasks", "recurring_tasks"):
        for name in db.column("select conname from pg_constraint where conrelid = %s::regclass and contype <> 'n' order by contype = 'p'", (table,)):
            db.execute(f'alter table {table} drop constraint "{name}" cascade')
        db.execute(f"alter table {table} disable trigger all")
        for name in db.column("select tgname from pg_trigger where tgrelid = %s::regclass and not tgisinternal", (table,)):
            db.execute(f'drop trigger "{name}" on {table}')
        for name, kind in columns(db, table).items():
            db.execute(f"alter table {table} alter column {name} drop not null")
            if kind == "text":
                db.execute(f"alter table {table} alter column {name} type text")


def fill(db, table, add):
    """A row for each value of each column, with an id that says which; returns {id: (column, value)}."""
    made = {}
    for name, kind in columns(db, table).items():
        for number, value in enumerate((None, *ABSURD[kind])):
            row = f"{table}-{name}-{number}"
            add(row)
            db.execute(f"update {table} set {name} = %s where id = %s", (value, row))
            if name != "id":
                made[row] = (name, value)
    return made


@pytest.fixture
def db(app_db):
    app_db.freeze(NOON)
    make_lax(app_db)
    return app_db


@pytest.fixture
def templates(db):
    return fill(db, "recurring_tasks", lambda row: db.add_template(timedelta(hours=-1), id=row))


@pytest.fixture
def tasks(db):
    return fill(db, "tasks", lambda row: db.add_task(id=row, remind=timedelta(hours=-1), rule={"frequency": "daily"}))


def test_listings_show_every_row(db, templates, tasks):
    listed = ctl_json(db, "list", "-n", "0")
    assert {t["id"] for t in listed} >= templates.keys() and len(listed) == db.value("select count(*) from recurring_tasks")
    assert len(run_ctl(db, "list", "-n", "0").lines()) == len(listed) + 1
    for state in ("active", "paused", "ended", "quarantined", "waiting"):
        ctl_json(db, "list", "-n", "0", "--state", state)
    coming = ctl_json(db, "upcoming", "-n", "0")
    assert len(coming) > 100 and len(run_ctl(db, "upcoming", "-n", "0").lines()) == len(coming) + 1


def test_show_shows_every_row_as_it_stands(db, templates, tasks):
    for row, (column, value) in (templates | tasks).items():
        shown = ctl_json(db, "show", row)
        assert not shown.get("problem") or column in shown["problem"], (row, shown["problem"])
        if value is None:
            name = {"recurring_task_id": "template_id"}.get(column, column)
            assert shown.get(name) is None or name == "state", (row, shown[name])
    for row in ("recurring_tasks-next_due_at-0", "recurring_tasks-used_count-1", "tasks-title-3"):
        run_ctl(db, "show", row)


def test_next_of_every_template_works_or_says_why(db, templates):
    for row, what in templates.items():
        answer = run_ctl(db, "next", "--template", row, expect=None)
        assert answer.code in (OK, DATA)
        assert answer.code == OK or what[0] in answer.errors, (row, answer.errors)
        if what in NAMED or what == ("used_count", None):
            assert answer.code == DATA, row


def test_validate_names_the_row_and_the_column(db, templates, tasks):
    problems = {p["id"]: p["problem"] for p in ctl_json(db, "validate", "--all", expect=FOUND)}
    for row, what in templates.items():
        if what in NAMED:
            assert what[0] in problems[row], (row, problems[row])
        if what[0] not in ("next_due_at", "recurrence_rule", "user_id"):
            assert row not in problems, "nothing else is the rule's"
    assert all(": " in problem for problem in problems.values()), problems
    for row in problems:
        if row and row in templates:
            assert [p["id"] for p in ctl_json(db, "validate", row, expect=FOUND)] == [row]


def test_preflight_counts_them_all(db, templates, tasks):
    told = ctl_json(db, "preflight", expect=None)
    assert told["templates"] == db.value("select count(*) from recurring_tasks where is_active and failed_at is null")
    assert {b["id"] for b in told["to_quarantine"]} >= {row for row, what in templates.items() if what in NAMED}
    assert all(templates[b["id"]][0] in b["problem"] for b in told["to_quarantine"] if b["id"] in templates)
    run_ctl(db, "preflight", expect=None)


def test_preflight_of_what_was_never_planned(db):
    """Due long ago, and with nulls where it is listed."""
    for column in ("user_id", "title", "id"):
        row = db.add_template(timedelta(days=-9), id=f"stale-{column}")
        db.execute(f"update recurring_tasks set {column} = null where id = %s", (row,))
    told = ctl_json(db, "preflight", expect=None)
    assert [(s["id"], s["title"]) for s in told["stale_templates"]] == [("stale-title", "")]
    assert sorted(b["problem"].split(":")[0] for b in told["to_quarantine"]) == ["id", "user_id"]
    run_ctl(db, "preflight", expect=None)


def test_status_counts_what_can_be_counted(db, templates, tasks):
    told = ctl_json(db, "status")
    assert told["templates"] == db.value("select count(*) from recurring_tasks")
    run_ctl(db, "status")
    run_ctl(db, "status", "--check", expect=FOUND)


def test_retry_takes_out_whatever_is_in_quarantine(db, templates):
    db.execute("update recurring_tasks set failed_at = '-infinity', failure = null where failed_at is null")
    failed = db.value("select count(*) from recurring_tasks where id is not null")
    assert len(ctl_json(db, "retry", "--all-failed")) == failed


OURS = {
    "recurd.settings": ("live_since, compatible_from", (["status"], ["status", "--check"], ["preflight"])),
    "recurd.workers": ("name, pid, version, started_at, seen_at, heartbeat, generated, reminded, quarantined",
                       (["status"], ["status", "--check"], ["workers"])),
    "recurd.decisions": ("at, kind, occurrences, first_at, last_at, detail", (["show", "t"],)),
    "recurd.notifications": ("created_at, kind, at", (["status"], ["show", "k"])),
    "recurd.preferences": ("time_zone", (["show", "t"], ["next", "--template", "t"], ["validate", "--all"], ["preflight"])),
    "recurd.migrations": ("name, checksum, adopted, accepted, started_at, applied_at",
                          (["status"], ["migrate", "status"], ["migrate", "verify"], ["migrate", "--dry-run"])),
}


def add_of_each(db):
    db.add_template(timedelta(hours=1), id="t")
    db.add_task(id="k", recurring_task_id="t", occurrence_at=NOON)
    db.execute("insert into recurd.workers (id, name, pid, version, started_at, seen_at, heartbeat)"
               " values ('w', 'w', 1, 'v', now(), now(), interval '1 min')")
    db.execute("insert into recurd.decisions (kind, template_id) values ('retried', 't')")
    db.execute("insert into recurd.notifications (kind, key, user_id, task_id, at) values"
               " ('task_created', recurd.notification_key('task_created', 'k', %s), 'u', 'k', now())", (NOON,))
    db.execute("insert into recurd.preferences (user_id, time_zone) values ('user-default', 'Europe/Berlin')")


LONG = ("recurd.workers", "recurd.migrations", "recurd.notifications")


@pytest.mark.parametrize("table", [pytest.param(table, marks=[pytest.mark.slow] if table in LONG else []) for table in OURS])
def test_our_own_tables_with_nulls(db, table):
    """An administrator's hand may have been in them."""
    names, commands = OURS[table]
    add_of_each(db)
    for constraint in db.column("select conname from pg_constraint where conrelid = %s::regclass and contype = 'c'", (table,)):
        db.execute(f'alter table {table} drop constraint "{constraint}"')
    kinds = {row["name"]: row["kind"] for row in db.rows(
        "select column_name::text as name, data_type::text as kind from information_schema.columns"
        " where table_schema || '.' || table_name = %s", (table,))}
    for name in names.split(", "):
        db.execute(f"alter table {table} alter column {name} drop not null")
        before = db.value(f"select {name} from {table} limit 1")
        for number, value in enumerate((None, *ABSURD[kinds[name]])):
            db.execute(f"update {table} set {name} = %s", (value,))
            for command in commands:
                run_ctl(db, *command, *(["-o", "json"] if number % 2 else []), expect=None)
        db.execute(f"update {table} set {name} = %s", (before,))


@pytest.mark.parametrize("seen", ["infinity", "-infinity"])
def test_a_worker_that_was_seen_at_no_instant_is_listed(db, seen):
    """It said "cannot subtract infinite timestamps", and nothing of all the others."""
    add_of_each(db)
    db.execute("update recurd.workers set seen_at = %s", (seen,))
    [worker] = ctl_json(db, "workers")
    assert worker["seen_at"] == seen and worker["silent_seconds"] is None
    run_ctl(db, "workers")


@pytest.mark.parametrize("column", ["occurrence_at", "reminded_at"])
@pytest.mark.parametrize("never", ["infinity", "-infinity"])
def test_a_task_of_no_instant_is_shown(db, column, never):
    """It said "cannot convert infinity to bigint": such an instant has no key of a notification."""
    add_of_each(db)
    db.execute(f"update tasks set {column} = %s where id = 'k'", (never,))
    assert ctl_json(db, "show", "k")[column] == never
