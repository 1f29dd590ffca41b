"""What waits (recurd.waiting), as recurctl tells it: status, its check, list, show; and how retry ends it."""

from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import DATA, FOUND, ctl_json, run_ctl
from harness.util import wait_until

UTC = timezone.utc
NOON = datetime(2025, 3, 10, 12, 0, tzinfo=UTC)
CHECK = "23514 constraint ck_x"
KILLING, HELD = "killing", "held"


@pytest.fixture
def db(app_db):
    app_db.freeze(NOON)
    return app_db


def add_cause(db, kind, cause, since=timedelta(seconds=30), next_try=timedelta(seconds=15), reason=""):
    why = cause if cause in (HELD, KILLING) else "refused"
    db.execute("insert into recurd.causes (kind, cause, why, sqlstate, reason, since, tries, next_try_at)"
               " values (%s, %s, %s, '', %s, recurd.now() - %s, 5, recurd.now() + %s)",
               (kind, cause, why, reason, since, next_try))


def add_waiting(db, kind, ids, cause, reason="no"):
    """As the daemon leaves them: with the place of the row."""
    table = "recurring_tasks" if kind in ("generate", "replan") else "tasks"
    db.execute(f"insert into recurd.waiting (kind, id, user_id, cause, reason, at, place, since, tried_at, tries)"
               f" select %s, t.id, t.user_id, %s, %s, recurd.now(), t.ctid, recurd.now() - interval '30 s', recurd.now(), 3"
               f" from {table} as t where t.id = any (%s)", (kind, cause, reason, ids))


def refuse(db, n, cause=CHECK, **more):
    """n templates that wait for one cause."""
    db.add_templates(n, timedelta(seconds=-1), prefix=cause[:5])
    add_cause(db, "generate", cause, **more)
    add_waiting(db, "generate", [f"{cause[:5]}-{i}" for i in range(1, n + 1)], cause, "new row violates ck_x")


def check(db, code):
    return run_ctl(db, "status", "--check", "--min-workers", "0", expect=code).text


# status -------------------------------------------------------------------------------------------


def test_status_says_nothing_of_what_does_not_wait(db):
    told = ctl_json(db, "status")
    assert (told["templates_waiting"], told["reminders_waiting"], told["causes"]) == (0, 0, [])
    assert "what waits" not in run_ctl(db, "status").text
    assert check(db, 0) == "ok\n"


def test_status_counts_what_waits_and_names_each_cause(db):
    refuse(db, 12, reason="new row violates ck_x\x1b[2J" + "x" * 200)
    db.add_task(id="k", remind=timedelta(seconds=-1))
    add_cause(db, "remind", HELD)
    add_waiting(db, "remind", ["k"], HELD)
    told = ctl_json(db, "status")
    assert (told["templates_waiting"], told["reminders_waiting"]) == (12, 1)
    first, second = told["causes"]
    assert first == {
        "kind": "generate", "cause": CHECK, "why": "refused", "rows": 12, "since": "2025-03-10T11:59:30Z",
        "next_try_at": "2025-03-10T12:00:15Z", "reason": "new row violates ck_x\x1b[2J" + "x" * 200, "rows_capped": False}
    assert (second["kind"], second["why"], second["rows"]) == ("remind", "held", 1)
    text = run_ctl(db, "status").text
    assert "what waits" in text and CHECK in text and "ck_x\\x1b[2Jxxx" in text and "x" * 60 not in text


def test_status_of_rows_whose_cause_nobody_has_counted_yet(db):
    refuse(db, 12)
    db.execute("delete from recurd.causes")
    [cause] = ctl_json(db, "status")["causes"]
    assert (cause["why"], cause["rows"], cause["next_try_at"], cause["reason"]) == ("refused", 12, None, "new row violates ck_x")
    assert "next try soon" in check(db, FOUND)


def test_status_on_a_schema_that_does_not_have_it_yet(db):
    """A newer recurctl on a database that still waits for its migration."""
    db.execute("drop table recurd.causes, recurd.waiting cascade")
    told = ctl_json(db, "status")
    assert told["templates_waiting"] is None and told["reminders_waiting"] is None
    assert check(db, 0) == "ok\n"


# status --check -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n, since, cause, line", [
    (9, 59, CHECK, None),
    (10, 59, CHECK, "10 templates are refused by one cause: 23514 constraint ck_x"
                    " (since 2025-03-10T11:59:01Z, next try 2025-03-10T12:00:15Z)"),
    (1, 61, CHECK, "1 template is refused: 23514 constraint ck_x (since 2025-03-10T11:58:59Z, next try 2025-03-10T12:00:15Z)"),
    (3, 61, KILLING, "3 templates end the session that tries them (since "),
    (1, 61, KILLING, "1 template ends the session that tries it (since "),
    (400, 3600, HELD, None),
])
def test_check_tells_of_what_is_refused_in_numbers_or_for_long(db, n, since, cause, line):
    """A lock is somebody's business, and passes; a hiccup is nobody's."""
    refuse(db, n, cause, since=timedelta(seconds=since))
    if line is None:
        assert check(db, 0) == "ok\n"
    else:
        assert check(db, FOUND).startswith(line)


def test_check_names_the_greatest_and_counts_the_others(db):
    refuse(db, 20)
    refuse(db, 400, "23502 column tasks.project_id")
    refuse(db, 1, "P0001 function young()")
    text = check(db, FOUND)
    assert text.startswith("400 templates are refused by one cause: 23502 column tasks.project_id (since ")
    assert text.endswith(") and 1 other cause\n") and text.count("\n") == 1
    told = ctl_json(db, "status", "--check", "--min-workers", "0", expect=FOUND)
    assert told["ok"] is False and told["problems"] + "\n" == text


def test_check_escapes_a_hostile_name(db):
    refuse(db, 10, "23514 constraint ck\n\x1b[2J\u202e")
    assert "constraint ck\\x0a\\x1b[2J\\u{202e}" in check(db, FOUND)


def test_check_of_reminders(db):
    ids = [db.add_task(id=f"k{i}", remind=timedelta(seconds=-1)) for i in range(11)]
    add_cause(db, "remind", "P0001 function refuse_archived()")
    add_waiting(db, "remind", ids, "P0001 function refuse_archived()")
    assert check(db, FOUND).startswith("11 reminders are refused by one cause: P0001 function refuse_archived() (since ")


# list and show ------------------------------------------------------------------------------------


def test_list_shows_what_waits_and_why(db):
    refuse(db, 2)
    db.add_template(timedelta(hours=1), id="well")
    rows = ctl_json(db, "list", "--state", "waiting")
    assert [(r["id"], r["state"], r["cause"], r["reason"]) for r in rows] == [
        (f"23514-{i}", "waiting", CHECK, "new row violates ck_x") for i in (1, 2)]
    head, *lines = run_ctl(db, "list", "--state", "waiting").lines()
    assert "CAUSE" in head and "REASON" in head and len(lines) == 2 and all(CHECK in line for line in lines)
    assert [r["id"] for r in ctl_json(db, "list", "--state", "active")] == ["well"]
    assert {r["id"]: r["cause"] for r in ctl_json(db, "list")} == {"23514-1": CHECK, "23514-2": CHECK, "well": None}


def test_an_edit_ends_the_wait(db):
    refuse(db, 2)
    db.update("recurring_tasks", "23514-1", title="Another")
    assert [r["id"] for r in ctl_json(db, "list", "--state", "waiting")] == ["23514-2"]
    assert ctl_json(db, "show", "23514-1")["waiting"] == []


def test_what_is_in_quarantine_is_not_said_to_wait(db):
    refuse(db, 1)
    db.execute("update recurring_tasks set failed_at = now(), failure = 'x'")
    db.execute("update recurd.waiting set place = (select ctid from recurring_tasks)")
    assert ctl_json(db, "list")[0]["state"] == "quarantined"


def test_show_tells_of_a_template_that_it_waits(db):
    refuse(db, 1)
    told = ctl_json(db, "show", "23514-1")
    assert told["state"] == "waiting" and len(told["next_occurrences"]) == 5
    assert told["waiting"] == [{
        "kind": "generate", "cause": CHECK, "why": "refused", "since": "2025-03-10T11:59:30Z", "tried_at": "2025-03-10T12:00:00Z",
        "tries": 3, "next_try_at": "2025-03-10T12:00:15Z", "reason": "new row violates ck_x"}]
    text = run_ctl(db, "show", "23514-1").text
    assert "waits for" in text and CHECK in text
    db.add_template(timedelta(hours=1), id="well")
    assert "waits for" not in run_ctl(db, "show", "well").text


def test_show_tells_of_a_task_that_its_reminder_waits(db):
    db.add_task(id="k", remind=timedelta(seconds=-1))
    add_cause(db, "remind", KILLING)
    add_waiting(db, "remind", ["k"], KILLING, "the session ended")
    [wait] = ctl_json(db, "show", "k")["waiting"]
    assert (wait["kind"], wait["why"], wait["reason"]) == ("remind", "killing", "the session ended")
    assert "waits for" in run_ctl(db, "show", "k").text


def test_a_template_and_a_task_of_one_id_are_not_mixed_up(db):
    db.add_template(timedelta(hours=1), id="same")
    db.add_task(id="same", remind=timedelta(seconds=-1))
    add_waiting(db, "remind", ["same"], HELD)
    assert ctl_json(db, "show", "same")["waiting"] == []


# retry --------------------------------------------------------------------------------------------


def test_retry_of_one_ends_its_wait(db):
    refuse(db, 2)
    [row] = ctl_json(db, "retry", "23514-1")
    assert (row["id"], row["waited"], row["failure"]) == ("23514-1", "generate", "new row violates ck_x")
    assert db.column("select id from recurd.waiting") == ["23514-2"]
    db.add_task(id="k", remind=timedelta(seconds=-1))
    add_waiting(db, "remind", ["k"], HELD)
    assert "remind" in run_ctl(db, "retry", "k").text
    run_ctl(db, "retry", "k", expect=DATA)


def test_retry_of_one_that_is_in_quarantine_and_waits(db):
    refuse(db, 1)
    db.execute("update recurring_tasks set failed_at = now(), failure = 'broken'")
    rows = ctl_json(db, "retry", "23514-1")
    assert [(r["failure"], r["waited"]) for r in rows] == [("broken", None), ("new row violates ck_x", "generate")]
    assert db.template("23514-1")["failed_at"] is None and db.column("select id from recurd.waiting") == []


def test_retry_makes_all_causes_due(db):
    refuse(db, 3, next_try=timedelta(minutes=10))
    told = ctl_json(db, "retry")
    assert [(c["cause"], c["rows"], c["next_try_at"]) for c in told] == [(CHECK, 3, "2025-03-10T12:00:00Z")]
    assert db.row("select tries, next_try_at = recurd.now() as due from recurd.causes") == {"tries": 0, "due": True}
    assert CHECK in run_ctl(db, "retry").text


def test_retry_never_says_that_nothing_is_left_while_something_waits(db):
    assert run_ctl(db, "retry").text == "nothing waits\n"
    assert run_ctl(db, "retry", "--all-failed").text == "no template or task is in quarantine\n"
    refuse(db, 3)
    text = run_ctl(db, "retry", "--all-failed").text
    assert text == "no template or task is in quarantine; 3 templates and 0 reminders wait, to try them: recurctl retry\n"
    assert "neither" not in run_ctl(db, "retry").text and "nothing" not in run_ctl(db, "retry").text


def test_rights_of_the_group_roles_are_enough(db):
    refuse(db, 12)
    db.add_task(id="k", remind=timedelta(seconds=-1))
    add_waiting(db, "remind", ["k"], HELD)
    suffix = db.name.replace("-", "_")
    db.execute(f"create role reader_{suffix} login in role recurd_reader; create role worker_{suffix} login in role recurd_worker")
    try:
        for command in (["status"], ["list"], ["list", "--state", "waiting"], ["show", "23514-1"], ["show", "k"]):
            run_ctl(None, *command, dsn=db.dsn_as(f"reader_{suffix}"))
        for command in (["retry"], ["retry", "23514-1"], ["retry", "k"], ["retry", "--all-failed"]):
            run_ctl(None, *command, dsn=db.dsn_as(f"worker_{suffix}"))
    finally:
        db.execute(f"drop role reader_{suffix}; drop role worker_{suffix}")


# With a worker ------------------------------------------------------------------------------------


def test_from_a_refusal_to_its_end(app_db, recurd):
    """A constraint that no insert of ours meets; a monitor hears of it; it is mended, and nobody need wait for the next try."""
    app_db.execute("alter table tasks add constraint ck_x check (title <> 'Water the plants')")
    ids = [app_db.add_template(timedelta(seconds=-1), user=app_db.add_user(f"u{i}")) for i in range(12)]
    recurd(app_db)
    wait_until(lambda: "ck_x" in run_ctl(app_db, "status", "--check", expect=None).text, what="the alarm")
    assert {r["id"] for r in ctl_json(app_db, "list", "--state", "waiting")} == set(ids)
    assert ctl_json(app_db, "list", "--state", "quarantined") == []
    app_db.execute("alter table tasks drop constraint ck_x")
    run_ctl(app_db, "retry")
    wait_until(lambda: app_db.value("select count(*) from tasks") == 12, what="all are made")
    wait_until(lambda: run_ctl(app_db, "status", "--check", expect=None).text == "ok\n", what="the end of the alarm")
