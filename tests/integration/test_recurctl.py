"""recurctl: what its commands show, their JSON, their exit codes, hostile rows and nonsense arguments."""

import re
import subprocess
import unicodedata
from datetime import datetime, timedelta, timezone
from random import Random

import pytest

from harness.ctl import CONFIG, DATA, FOUND, IO, OK, UNAVAILABLE, USAGE, ctl_json, run_ctl
from harness.daemon import program
from harness.database import apply_migrations
from harness.util import clean_environ, wait_until

UTC = timezone.utc
NOON = datetime(2025, 3, 10, 12, 0, tzinfo=UTC)
EVIL = "a\nb\x1b[2J\x07\u202egnp.exe\u200b\u009bx\\ \u00e4"


@pytest.fixture
def db(app_db):
    app_db.freeze(NOON)
    return app_db


def commands():
    text = subprocess.run([program("recurctl"), "--help"], capture_output=True, text=True, check=True).stdout
    body = text[text.index("commands:"):text.index("options:")]
    return re.findall(r"^  (\S+) ", body, flags=re.M)


def add_worker(db, name, silent=timedelta(0), started=timedelta(hours=1)):
    db.execute(
        "insert into recurd.workers (id, name, pid, version, started_at, seen_at, heartbeat)"
        " values (%s, %s, 42, '0.1.0', recurd.now() - %s, recurd.now() - %s, interval '30s')",
        (f"{name}-{started}", name, started, silent),
    )


# Arguments ----------------------------------------------------------------------------------------


def test_every_command_has_help_and_refuses_nonsense():
    for name in commands():
        text = run_ctl(None, name, "--help").text
        assert text.startswith(f"usage: recurctl {name}")
        run_ctl(None, name, "--no-such-option", expect=USAGE)
        run_ctl(None, name, "--help=3", expect=USAGE)
    run_ctl(None, expect=USAGE)
    run_ctl(None, "statsu", expect=USAGE)
    run_ctl(None, "-o", "xml", "status", expect=USAGE)
    run_ctl(None, "status", "-o", expect=USAGE)
    assert run_ctl(None, "--version").text.startswith("recurctl ")


@pytest.mark.parametrize("args", [
    ("list", "-n", "-1"), ("list", "-n", "1e3"), ("list", "-n", "99999999999999999999"), ("list", "-n", ""),
    ("list", "--state", "asleep"), ("list", "extra"), ("upcoming", "--until", "tomorrow"),
    ("upcoming", "--until", "2025-02-30T00:00:00Z"), ("upcoming", "x"), ("herd", "x"), ("herd", "-n", "0"),
    ("herd", "--from", "soon"), ("herd", "--until", "25:00"), ("show",), ("show", "a", "b"),
    ("show", "a", "-n", "x"), ("retry", "a", "b"), ("retry", "--all-failed", "a"),
    ("validate",), ("validate", "--all", "x"), ("status", "--max-lag", "5"), ("status", "--max-lag", "5min"),
    ("status", "--check", "--max-lag", "9999999999999999d"), ("status", "--check", "--max-failures", "-1"),
    ("workers", "x"), ("preflight", "x"),
])
def test_wrong_arguments_are_usage_errors_before_any_connection(args):
    run_ctl(None, *args, dsn="host=/nonexistent", expect=USAGE)


def test_nonsense_of_any_kind_never_crashes(db):
    db.add_template(timedelta(hours=1), id="t")
    random = Random(20250310)
    words = ["", "-", "--", "-n", "-n5", "-nx", "--user", "--state", "active", "--until", "--check", "--all", "t", "{", "{}",
             "[]", "FREQ=DAILY", "FREQ=", "\x01", "\xff\udcff", "a" * 5000, "--number=3", "--to", "9" * 40, "-o", "json",
             "--template", "--template=t", "--start", "2025-01-01T00:00:00", "--after", "0", "%s%n", "'; --"]
    for name in commands():
        if name == "migrate":
            continue  # takes "down"
        for _ in range(6):
            run_ctl(db, name, *random.choices(words, k=random.randint(0, 4)), stdin=b"", expect=None)


def test_through_a_pooler_in_transaction_mode(db, pgbouncer):
    db.add_templates(2500, timedelta(hours=1))
    broken = db.add_template(timedelta(hours=1), {"frequency": "x"}, id="broken")
    db.execute("update recurring_tasks set failed_at = now(), failure = 'x' where id = 'broken'")
    dsn = pgbouncer(pool_size=1).dsn_for(db)
    assert len(ctl_json(None, "list", "-n", "0", dsn=dsn)) == 2501
    assert [r["id"] for r in ctl_json(None, "validate", "--all", dsn=dsn, expect=FOUND)] == [broken]
    assert [r["id"] for r in ctl_json(None, "retry", "--all-failed", dsn=dsn)] == [broken]
    for command in ("status", "workers", "upcoming", "herd", "preflight"):
        run_ctl(None, command, dsn=dsn)


def test_titles_of_a_database_without_an_encoding(cluster, db):
    """SQL_ASCII checks nothing: bytes come that are not UTF-8."""
    name = f"{db.name}_ascii"
    db.execute(f"create database {name} encoding 'SQL_ASCII' locale 'C' template template0")
    try:
        plain = type(db)(cluster, name)
        apply_migrations(plain)
        plain.conn.execute("set client_encoding = 'SQL_ASCII'")
        plain.add_template(timedelta(hours=1), id="raw")
        plain.execute("update recurring_tasks set title = convert_from('\\x61ff62'::bytea, 'SQL_ASCII')")
        assert "a\\xffb" in run_ctl(plain, "list").text
        assert ctl_json(plain, "list")[0]["title"] == "a\ufffdb"
        plain.close()
    finally:
        db.execute(f"drop database {name} with (force)")


def test_global_options_stand_before_and_after_the_command(db):
    before = run_ctl(db, "-o", "json", "list")
    after = run_ctl(None, "list", "-o", "json", "--dsn", db.dsn)
    assert before.json == after.json == []


def test_no_database_is_69_and_a_bad_file_is_78(db, tmp_path):
    run_ctl(None, "status", dsn="host=127.0.0.1 port=1 connect_timeout=2", expect=UNAVAILABLE)
    bad = tmp_path / "bad.conf"
    bad.write_text("colour = red\n")
    answer = run_ctl(db, "-c", bad, "status", expect=CONFIG)
    assert f"{bad}:1" in answer.errors
    run_ctl(db, "-c", tmp_path / "missing.conf", "status", expect=CONFIG)


def test_a_database_without_recurd_says_what_to_do(empty_db):
    for command in (["status"], ["workers"], ["list"], ["upcoming"], ["show", "x"], ["validate", "--all"]):
        answer = run_ctl(empty_db, *command, expect=CONFIG)
        assert "recurctl migrate up" in answer.errors


def test_an_application_schema_that_is_not_there(db):
    answer = run_ctl(db, "list", env={"RECURD_APP_SCHEMA": "elsewhere"}, expect=CONFIG)
    assert "app_schema" in answer.errors


def test_a_role_without_rights_is_told_which_to_ask_for(db):
    db.execute("create role ctl_nobody login")
    try:
        answer = run_ctl(None, "list", dsn=db.dsn_as("ctl_nobody"), expect=CONFIG)
        assert "recurd_reader" in answer.errors
        db.execute("grant recurd_reader to ctl_nobody")
        db.add_template(timedelta(hours=1), id="mine")
        for command in (["list"], ["status"], ["workers"], ["upcoming"], ["show", "mine"], ["validate", "--all"],
                        ["preflight"]):
            run_ctl(None, *command, dsn=db.dsn_as("ctl_nobody"), expect=FOUND if command == ["preflight"] else OK)
        answer = run_ctl(None, "retry", "--all-failed", dsn=db.dsn_as("ctl_nobody"), expect=CONFIG)
        assert 'grant recurd_worker to "ctl_nobody"' in answer.errors
        db.execute("revoke recurd_reader from ctl_nobody; grant recurd_worker to ctl_nobody")
        run_ctl(None, "retry", "--all-failed", dsn=db.dsn_as("ctl_nobody"))
        answer = run_ctl(None, "show", "mine", dsn=db.dsn_as("ctl_nobody"), expect=CONFIG)
        assert 'grant recurd_reader to "ctl_nobody"' in answer.errors
    finally:
        db.execute("drop owned by ctl_nobody")
        db.execute("drop role ctl_nobody")


def test_a_full_disk_is_an_error(db):
    db.add_template(timedelta(hours=1))
    with open("/dev/full", "w") as full:
        done = subprocess.run([program("recurctl"), "--dsn", db.dsn, "list"], stdout=full, stderr=subprocess.PIPE,
                              env=clean_environ())
    assert done.returncode == IO


# status and workers -------------------------------------------------------------------------------


def test_status_counts_what_is_due_and_how_late(db):
    db.add_template(timedelta(hours=-2), created_at=db.now() - timedelta(days=1))
    db.add_template(timedelta(hours=3))
    db.add_template(timedelta(hours=-5), is_active=False)
    ended = db.add_template(timedelta(hours=-9))
    db.execute("update recurring_tasks set is_active = false, ended_at = recurd.now() where id = %s", (ended,))
    broken = db.add_template(timedelta(hours=-9))
    db.execute("update recurring_tasks set failed_at = recurd.now(), failure = 'x' where id = %s", (broken,))
    db.add_task(remind=timedelta(minutes=-10))
    db.add_task(remind=timedelta(minutes=20))
    db.add_task(remind=timedelta(minutes=-30), is_complete=True)
    add_worker(db, "alive")
    status = ctl_json(db, "status")
    assert status["templates"] == 5
    assert status["templates_active"] == 2
    assert status["templates_due"] == 1
    assert status["templates_lag_seconds"] == 7200
    assert (status["templates_paused"], status["templates_ended"], status["templates_quarantined"]) == (1, 1, 1)
    assert status["next_due_at"] == "2025-03-10T15:00:00Z"
    assert (status["reminders_pending"], status["reminders_due"]) == (2, 1)
    assert status["reminders_lag_seconds"] == 600
    assert status["next_remind_at"] == "2025-03-10T12:20:00Z"
    assert (status["workers_alive"], status["workers_dead"]) == (1, 0)
    assert status["now"] == "2025-03-10T12:00:00Z"
    text = run_ctl(db, "status").text
    assert re.search(r"^  lag +2h$", text, flags=re.M)
    assert "quarantine" in text and "No worker has ever started" in text


def test_status_of_an_idle_database_has_no_lag(db):
    status = ctl_json(db, "status")
    assert (status["templates_lag_seconds"], status["reminders_lag_seconds"]) == (0, 0)
    assert status["next_due_at"] is None and status["last_seen_at"] is None


def test_infinite_instants_do_no_harm(db):
    for infinity in ("infinity", "-infinity"):
        template = db.add_template(timedelta(hours=1))
        db.execute(f"update recurring_tasks set next_due_at = '{infinity}' where id = %s", (template,))
        task = db.add_task()
        db.execute(f"update tasks set remind_at = '{infinity}' where id = %s", (task,))
        for command in (["status"], ["list"], ["upcoming"], ["show", template], ["show", task]):
            run_ctl(db, *command)
        run_ctl(db, "validate", "--all", expect=FOUND)
        run_ctl(db, "preflight")


def test_status_check_is_one_line_and_tells_by_its_exit_code(db):
    add_worker(db, "one")
    assert run_ctl(db, "status", "--check").text == "ok\n"
    db.add_template(timedelta(minutes=-7), created_at=db.now() - timedelta(hours=1))
    late = run_ctl(db, "status", "--check", expect=FOUND)
    assert late.lines() == ["templates are 7min late (limit 5min)"]
    assert run_ctl(db, "status", "--check", "--max-lag", "10min").code == OK
    answer = ctl_json(db, "status", "--check", expect=FOUND)
    assert answer["ok"] is False and "late" in answer["problems"]


@pytest.mark.parametrize("option, problem", [("--max-failures", "quarantine"), ("--max-dead", "dead")])
def test_status_check_looks_at_failures_and_dead_workers(db, option, problem):
    add_worker(db, "one")
    add_worker(db, "gone", silent=timedelta(minutes=5))
    broken = db.add_template(timedelta(hours=1))
    db.execute("update recurring_tasks set failed_at = recurd.now(), failure = 'x' where id = %s", (broken,))
    others = {"--max-failures": "1", "--max-dead": "1"}
    others.pop(option)
    args = [word for pair in others.items() for word in pair]
    assert problem in run_ctl(db, "status", "--check", *args, option, "0", expect=FOUND).text
    assert run_ctl(db, "status", "--check", *args, option, "1").code == OK


def test_status_does_not_pile_up_behind_a_lock(db):
    with db.connect(autocommit=False) as holder:
        holder.execute("lock table tasks in access exclusive mode")
        assert "lock timeout" in run_ctl(db, "status", "--check", expect=UNAVAILABLE).errors


@pytest.mark.parametrize("now", ["'infinity'", "null"])
def test_status_under_a_broken_clock_says_what_to_mend(db, now):
    """It said "cannot subtract infinite timestamps"."""
    db.execute(f"create or replace function recurd.now() returns timestamptz language sql stable return {now}::timestamptz")
    errors = run_ctl(db, "status", expect=DATA).errors
    assert "recurd.now() gives no usable time" in errors and "create or replace function" in errors


def test_status_check_wants_a_worker(db):
    assert "0 workers alive" in run_ctl(db, "status", "--check", expect=FOUND).text
    assert run_ctl(db, "status", "--check", "--min-workers", "0").code == OK


def test_a_worker_is_dead_when_silent_and_replaced_when_its_like_came_after_it(db):
    add_worker(db, "a", silent=timedelta(seconds=89))
    add_worker(db, "b", silent=timedelta(seconds=91))
    add_worker(db, "c", silent=timedelta(hours=1), started=timedelta(hours=2))
    add_worker(db, "c", started=timedelta(minutes=1))
    states = {(w["name"], w["state"]) for w in ctl_json(db, "workers")}
    assert states == {("a", "alive"), ("b", "dead"), ("c", "replaced"), ("c", "alive")}
    assert ctl_json(db, "status")["workers_dead"] == 1


def test_a_running_daemon_is_alive_and_a_killed_one_is_not_for_long(app_db, recurd):
    app_db.add_template(timedelta(seconds=-1))
    daemon = recurd(app_db, worker_name="night", heartbeat_interval="1s")
    wait_until(lambda: app_db.value("select count(*) from tasks") == 1, what="the instance")
    wait_until(lambda: [w["state"] for w in ctl_json(app_db, "workers")] == ["alive"], what="a worker alive")
    wait_until(lambda: run_ctl(app_db, "status", "--check", expect=None).text == "ok\n", what="all is well")
    daemon.kill()
    daemon.wait()
    wait_until(lambda: run_ctl(app_db, "status", "--check", expect=None).code == FOUND, what="the alarm")
    assert [w["state"] for w in ctl_json(app_db, "workers")] == ["dead"]
    recurd(app_db, worker_name="night", heartbeat_interval="1s")
    wait_until(lambda: run_ctl(app_db, "status", "--check", expect=None).code == OK, what="the end of the alarm")
    wait_until(lambda: sorted(w["state"] for w in ctl_json(app_db, "workers")) == ["alive", "replaced"], what="both are told apart")


# Listings -----------------------------------------------------------------------------------------


def test_upcoming_merges_occurrences_and_reminders_in_order(db):
    user = db.add_user("ann")
    db.add_template(timedelta(hours=2), id="later")
    db.add_task(remind=timedelta(hours=1), id="call", user=user, title="Call")
    db.add_template(timedelta(hours=-1), id="late", user=user)
    db.add_task(remind=timedelta(hours=3), id="done", is_complete=True)
    rows = ctl_json(db, "upcoming")
    assert [(r["kind"], r["template_id"], r["task_id"]) for r in rows] == [
        ("occurrence", "late", None), ("reminder", None, "call"), ("occurrence", "later", None)]
    assert [r["overdue"] for r in rows] == [True, False, False]
    assert [r["at"] for r in rows] == ["2025-03-10T11:00:00Z", "2025-03-10T13:00:00Z", "2025-03-10T14:00:00Z"]
    assert len(ctl_json(db, "upcoming", "-n", "1")) == 1
    assert {r["user_id"] for r in ctl_json(db, "upcoming", "--user", "ann")} == {"ann"}
    assert len(ctl_json(db, "upcoming", "--until", "2025-03-10T13:00:00Z")) == 2
    assert ctl_json(db, "upcoming", "--until", "2025-03-10T12:00:00+02:00") == []


def test_upcoming_without_a_limit(db):
    db.add_templates(250, timedelta(hours=1))
    assert len(ctl_json(db, "upcoming")) == 20
    assert len(ctl_json(db, "upcoming", "-n", "0")) == 250
    assert len(run_ctl(db, "upcoming", "-n", "0").lines()) == 251


def test_instants_at_the_ends_of_what_postgresql_holds(db):
    """The last 30 years of PostgreSQL lie beyond 64 bits of Unix microseconds, and are no infinity."""
    ends = {"last": "294276-12-31 23:59:59.999999+00", "first": "4714-11-24 00:00:00+00 BC", "never": "infinity",
            "ever": "-infinity"}
    for name, instant in ends.items():
        db.add_template(instant, id=name)
    assert {t["id"]: t["next_due_at"] for t in ctl_json(db, "list")} == {
        "last": "294276-12-31T23:59:59.999999Z", "first": "-4713-11-24T00:00:00Z", "never": "infinity",
        "ever": "-infinity"}
    assert ctl_json(db, "upcoming")[-1]["at"] == "294276-12-31T23:59:59.999999Z"
    db.add_task(id="task", created_at="infinity", updated_at="294276-12-31 23:59:59")
    task = ctl_json(db, "show", "task")
    assert (task["created_at"], task["updated_at"]) == ("infinity", "294276-12-31T23:59:59")


def test_long_ids_are_cut_in_text_and_whole_in_json(db):
    long = "x" * 10000
    db.add_template(timedelta(hours=1), id=long)
    for command in (["list"], ["upcoming"]):
        text = run_ctl(db, *command).text
        assert max(map(len, text.splitlines())) < 400 and "x" * 90 in text and "..." in text
    assert ctl_json(db, "list")[0]["id"] == long
    assert long in run_ctl(db, "show", long).text


def test_upcoming_reads_the_three_indexes_and_no_table(db):
    db.add_templates(3000, timedelta(hours=1))
    db.execute("insert into tasks (id, title, user_id, is_complete, created_at, updated_at, remind_at)"
               " select 'k' || i, 'x', 'u-1', false, now(), now(), recurd.now() + i * interval '1 min'"
               " from generate_series(1, 3000) i")
    db.execute("insert into recurd.reminders (task_id, remind_at) select id, remind_at from tasks")
    db.execute("analyze recurring_tasks, tasks, recurd.reminders")
    plan = "\n".join(db.column("explain select * from recurd.upcoming order by at limit 20"))
    assert all(index in plan for index in ("ix_recurring_tasks_due", "ix_tasks_pending_remind_at", "ix_reminders_pending"))
    assert "Seq Scan" not in plan and "Sort  " not in plan


def test_list_filters_by_state_and_user_and_says_when_it_is_cut(db):
    db.add_template(timedelta(hours=1), id="a")
    db.add_template(timedelta(hours=2), id="p", is_active=False)
    db.add_template(timedelta(hours=3), id="e", user=db.add_user("bob"))
    db.execute("update recurring_tasks set is_active = false, ended_at = now() where id = 'e'")
    db.add_template(timedelta(hours=4), id="q")
    db.execute("update recurring_tasks set failed_at = now(), failure = 'why' where id = 'q'")
    assert [(t["id"], t["state"]) for t in ctl_json(db, "list")] == [
        ("a", "active"), ("p", "paused"), ("e", "ended"), ("q", "quarantined")]
    for state, template in (("active", "a"), ("paused", "p"), ("ended", "e"), ("quarantined", "q")):
        assert [t["id"] for t in ctl_json(db, "list", "--state", state)] == [template]
    assert [t["id"] for t in ctl_json(db, "list", "--user", "bob")] == ["e"]
    assert ctl_json(db, "list", "--state", "quarantined")[0]["failure"] == "why"
    cut = run_ctl(db, "list", "-n", "3")
    assert len(cut.lines()) == 4 and "there are more" in cut.errors
    assert run_ctl(db, "list", "-n", "4").errors == ""


def test_a_long_listing_is_whole_and_one_document(db):
    db.add_templates(2500, timedelta(hours=1))
    assert len(ctl_json(db, "list", "-n", "0")) == 2500
    lines = run_ctl(db, "list", "-n", "0").lines()
    assert len(lines) == 2501 and len(set(lines)) == 2501


def test_hostile_titles_neither_move_the_cursor_nor_forge_a_row(db):
    template = db.add_template(timedelta(hours=1), title=EVIL, description=EVIL)
    task = db.add_task(remind=timedelta(hours=2), title=EVIL)
    for command in (["list"], ["upcoming"], ["show", template], ["show", task]):
        text = run_ctl(db, *command).text
        assert "a\\x0ab\\x1b[2J\\x07\\u{202e}gnp.exe\\u{200b}\\u{9b}x\\\\ \u00e4" in text
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u0080-\u009f\u202e\u200b]", text)
    assert len(run_ctl(db, "upcoming").lines()) == 3
    assert ctl_json(db, "list")[0]["title"] == EVIL
    assert ctl_json(db, "show", task)["title"] == EVIL


def test_hostile_ids_in_arguments_are_escaped_too(db):
    for command in ("show", "retry", "validate"):
        answer = run_ctl(db, command, "x\x1b[2J\x07y';drop", expect=DATA)
        assert "x\\x1b[2J\\x07y" in answer.errors and "\x1b" not in answer.errors


def test_columns_line_up_under_their_headings(db):
    for title in ("short", "\u00e9" * 70, "\u6f22\u5b57", "x" * 200):
        db.add_template(timedelta(hours=1), title=title, id=title[:1] * 3)
    head, *rows = run_ctl(db, "list").lines()
    at = head.index("PRIORITY")
    for row in rows:
        width = cells = 0
        for cells, char in enumerate(row):
            if width >= at:
                break
            width += 2 if unicodedata.east_asian_width(char) == "W" else 1
        assert row[cells:].startswith("medium"), row
    assert all(len(row) < at + 90 for row in rows)


# Views --------------------------------------------------------------------------------------------


def test_the_applications_alter_table_is_not_refused_over_our_views(db):
    db.add_template(timedelta(hours=1))
    db.execute("alter table tasks alter column title type varchar(500)")
    db.execute("alter table recurring_tasks alter column title type text")
    db.execute("alter table recurring_tasks alter column description type text")
    db.psql(program("recurctl").parents[0] / "../migrations/0023_views.verify.sql")
    assert len(ctl_json(db, "upcoming")) == 1
