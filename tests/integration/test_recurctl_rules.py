"""recurctl show, next, validate, retry: one template or task, its rule and what comes of it."""

import re
from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import DATA, FOUND, OK, UNAVAILABLE, USAGE, ctl_json, run_ctl
from harness.daemon import once

UTC = timezone.utc
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture
def db(app_db):
    app_db.freeze(datetime(2025, 3, 10, 12, 0, tzinfo=UTC))
    return app_db


# show ---------------------------------------------------------------------------------------------


def test_show_a_template_with_its_next_occurrences_in_local_time(db):
    template = db.add_template(datetime(2025, 3, 29, 1, 30, tzinfo=UTC),
                               {"frequency": "daily", "timeZone": "Europe/Berlin"})
    shown = ctl_json(db, "show", template, "-n", "3")
    assert shown["kind"] == "template" and shown["state"] == "active"
    assert shown["recurrence_rule"] == {"frequency": "daily", "timeZone": "Europe/Berlin"}
    # 02:30 does not exist on the 30th: the offset from before the gap makes it 03:30.
    assert [(o["at"], o["local"]) for o in shown["next_occurrences"]] == [
        ("2025-03-29T01:30:00Z", "2025-03-29T02:30:00"),
        ("2025-03-30T01:30:00Z", "2025-03-30T03:30:00"),
        ("2025-03-31T00:30:00Z", "2025-03-31T02:30:00")]
    assert "skips" in shown["next_occurrences"][1]["note"]
    assert shown["sentence"] and shown["problem"] is None


def test_a_users_time_zone_is_taken_for_rules_that_name_none(db):
    user = db.add_user("kiri")
    template = db.add_template(datetime(2025, 3, 11, 9, 0, tzinfo=UTC), user=user)
    db.execute("insert into recurd.preferences (user_id, time_zone) values (%s, 'Asia/Tokyo')", (user,))
    shown = ctl_json(db, "show", template)
    assert shown["time_zone"] == "Asia/Tokyo"
    assert shown["next_occurrences"][0]["local"] == "2025-03-11T18:00:00"
    assert run_ctl(db, "validate", template).code == OK
    db.execute("update recurd.preferences set time_zone = 'Mars/Olympus'")
    for answer in (ctl_json(db, "validate", "--all", expect=FOUND)[0], ctl_json(db, "preflight")["to_quarantine"][0]):
        assert answer["id"] == template and answer["problem"].startswith("recurd.preferences.time_zone")


def test_show_tells_what_would_be_made_of_a_count_that_runs_out(db):
    template = db.add_template(timedelta(hours=1), {"frequency": "daily", "count": 5})
    db.execute("update recurring_tasks set used_count = 3 where id = %s", (template,))
    assert len(ctl_json(db, "show", template, "-n", "9")["next_occurrences"]) == 2


def test_next_of_a_template_goes_on_from_the_state_that_it_is_in(db):
    template = db.add_template(datetime(2025, 3, 31, 9, 0, tzinfo=UTC), {"frequency": "monthly"}, id="month")
    db.execute("update recurring_tasks set starts_local = '2025-01-31 09:00', starts_zone = 'UTC',"
               " planned_due_at = next_due_at, used_count = 2")
    ats = [o["at"] for o in ctl_json(db, "next", "--template", template, "-n", "3")["occurrences"]]
    assert ats == ["2025-03-31T09:00:00Z", "2025-05-31T09:00:00Z", "2025-07-31T09:00:00Z"]
    # The application moves it off the set: that instant is made, and is the anchor from then on.
    db.execute("update recurring_tasks set next_due_at = '2025-04-02 10:00Z'")
    ats = [o["at"] for o in ctl_json(db, "next", "--template", template, "-n", "3")["occurrences"]]
    assert ats == ["2025-04-02T10:00:00Z", "2025-05-02T10:00:00Z", "2025-06-02T10:00:00Z"]
    # It edits the rule: the anchor's wall time stays, and what comes lies after the edit.
    db.execute("update recurring_tasks set next_due_at = planned_due_at")
    db.execute("""update recurring_tasks set recurrence_rule = '{"frequency": "daily"}'""")
    ats = [o["at"] for o in ctl_json(db, "next", "--template", template, "-n", "2")["occurrences"]]
    assert ats == ["2025-03-11T09:00:00Z", "2025-03-12T09:00:00Z"]
    run_ctl(db, "next", "--template", "nothing", expect=DATA)
    run_ctl(db, "next", "--template", template, "FREQ=DAILY", expect=USAGE)
    run_ctl(db, "next", "--template", template, "--after", "2025-03-11T09:00:00Z", expect=USAGE)


def test_show_a_broken_rule_says_why(db):
    template = db.add_template(timedelta(hours=1), {"frequency": "weekly", "days": ["mon", "mox"]})
    shown = ctl_json(db, "show", template)
    assert "days[1]" in shown["problem"] and shown["next_occurrences"] == []
    assert "days[1]" in run_ctl(db, "show", template).text


def test_show_a_template_lists_its_decisions_and_tags(db):
    template = db.add_template(timedelta(hours=1))
    db.execute("insert into tags (id, user_id, name) values ('g', 'user-default', 'home')")
    db.execute("insert into recurd.template_tags values (%s, 'g')", (template,))
    db.execute("insert into recurd.decisions (kind, template_id, first_at, last_at, occurrences, detail)"
               " values ('dropped', %s, recurd.now() - interval '9 days', recurd.now(), 9, 'catch_up_limit')",
               (template,))
    shown = ctl_json(db, "show", template)
    assert shown["tags"] == ["home"]
    (decision,) = shown["decisions"]
    assert decision["kind"] == "dropped" and decision["occurrences"] == 9
    assert INSTANT.fullmatch(decision["first_at"])


def test_show_tells_a_catch_up_as_one_decision(db):
    """Which takes many batches, a row of decisions each: the pause before it and the failure after it stay."""
    template = db.add_template(timedelta(days=-90), {"frequency": "minutely", "interval": 5})
    db.go_live(db.now() - timedelta(days=100))
    db.execute("update recurring_tasks set created_at = recurd.now() - interval '100 days',"
               " planned_due_at = next_due_at, paused_at = recurd.now() - interval '90 days' - interval '1 min',"
               " resumed_at = recurd.now() - interval '60 days'")
    once(db)
    assert len(db.decisions(template, "dropped")) > 10
    db.update("recurring_tasks", template, recurrence_rule='{"frequency": "sometimes"}', next_due_at=db.now())
    once(db)
    shown = [(d["kind"], d["occurrences"]) for d in ctl_json(db, "show", template)["decisions"]]
    total = {kind: sum(d["occurrences"] for d in db.decisions(template, kind)) for kind in ("paused", "dropped")}
    assert shown == [("quarantined", 0), ("dropped", total["dropped"]), ("paused", total["paused"])]
    first, last = db.decisions(template, "dropped")[0], db.decisions(template, "dropped")[-1]
    dropped = ctl_json(db, "show", template)["decisions"][1]
    assert dropped["first_at"] == f"{first['first_at'].astimezone(timezone.utc):%FT%TZ}"
    assert dropped["last_at"] == f"{last['last_at'].astimezone(timezone.utc):%FT%TZ}"


def test_show_a_task_with_what_was_told_of_it(db):
    task = db.add_task(remind=timedelta(hours=-1), id="milk")
    db.execute("update tasks set reminded_at = remind_at where id = 'milk'")
    db.execute("insert into recurd.notifications (key, kind, user_id, task_id, at)"
               " select recurd.notification_key('reminder', id, remind_at), 'reminder', user_id, id, remind_at"
               " from tasks where id = 'milk'")
    shown = ctl_json(db, "show", task)
    assert shown["kind"] == "task" and shown["reminder_pending"] is False
    assert [n["kind"] for n in shown["notifications"]] == ["reminder"]
    db.execute("delete from recurd.notifications")
    assert "before the first start" in run_ctl(db, "show", task).text
    run_ctl(db, "show", "nothing", expect=DATA)


# validate and retry -------------------------------------------------------------------------------


def test_validate_names_every_rule_that_would_not_work(db):
    db.add_template(timedelta(hours=1), id="fine")
    db.add_template(timedelta(hours=1), {"frequency": "weekly", "days": ["mox"]}, id="day")
    db.add_template(timedelta(hours=1), {"rrule": "FREQ=SECONDLY"}, id="fast")
    db.add_template(timedelta(hours=1), {"frequency": "daily", "timeZone": "../../etc/passwd"}, id="zone")
    db.add_template(timedelta(hours=1), {"frequency": "daily", "note": "x" * 70000}, id="huge")
    db.add_template(timedelta(hours=1), "[1]", id="list")
    db.add_task(rule={"frequency": "sometimes"}, id="task")
    db.add_task(rule={"frequency": "sometimes"}, id="done", is_complete=True)
    db.add_task(rule="null", id="none")
    found = {r["id"]: r["problem"] for r in ctl_json(db, "validate", "--all", expect=FOUND)}
    assert set(found) == {"day", "fast", "zone", "huge", "list", "task"}
    assert "days[0]" in found["day"] and "timeZone" in found["zone"]
    assert run_ctl(db, "validate", "--all", expect=FOUND).lines()[-1] == "6 of 7 rules would not work"
    assert run_ctl(db, "validate", "fine").text == "ok\n"
    assert "mox" in run_ctl(db, "validate", "day", expect=FOUND).text
    run_ctl(db, "validate", "nothing", expect=DATA)


def test_validate_takes_a_rule_as_it_is_typed_without_a_database():
    nowhere = {"dsn": "host=/nonexistent"}
    for rule in ('{"frequency":"daily"}', "FREQ=MONTHLY;BYMONTHDAY=-1"):
        assert run_ctl(None, "validate", rule, **nowhere).text == "ok\n"
    for rule, problem in (('{"frequency":"dayly"}', "dayly"), ("FREQ=DAILY;BYMONTH=13", "13"), ("{", "rule"),
                          ('{"frequency":"\x1b[2J"}', "x1b")):
        answer = run_ctl(None, "validate", rule, expect=FOUND, **nowhere)
        assert problem in answer.text and "\x1b" not in answer.text


def test_validate_takes_min_interval_from_the_database(db):
    db.add_template(timedelta(hours=1), {"rrule": "FREQ=HOURLY"}, id="hourly")
    assert run_ctl(db, "validate", "hourly").code == OK
    assert run_ctl(db, "validate", "FREQ=HOURLY").text == "ok\n"
    run_ctl(db, "settings", "set", "min_interval", "2h")
    run_ctl(db, "validate", "hourly", expect=FOUND)
    run_ctl(db, "validate", "FREQ=HOURLY", expect=FOUND)


def test_retry_takes_templates_out_of_quarantine_and_leaves_a_trace(db):
    for name in ("a", "b", "c"):
        db.add_template(timedelta(hours=-1), id=name)
    db.execute("update recurring_tasks set failed_at = now(), failure = 'was ' || id where id in ('a', 'b')")
    run_ctl(db, "retry", "c", expect=DATA)
    (row,) = ctl_json(db, "retry", "a")
    assert row["id"] == "a" and row["failure"] == "was a"
    assert db.column("select id from recurring_tasks where failed_at is not null") == ["b"]
    assert [r["id"] for r in ctl_json(db, "retry", "--all-failed")] == ["b"]
    assert db.value("select count(*) from recurring_tasks where failed_at is not null or failure is not null") == 0
    assert db.column("select template_id from recurd.decisions where kind = 'retried' order by 1") == ["a", "b"]
    assert ctl_json(db, "retry", "--all-failed") == []


def test_retry_does_not_wait_for_ever_for_a_row_that_somebody_holds(db):
    db.add_template(timedelta(hours=-1), id="held")
    db.execute("update recurring_tasks set failed_at = now(), failure = 'x'")
    with db.connect(autocommit=False) as holder:
        holder.execute("update recurring_tasks set title = 'mine'")
        assert "try again" in run_ctl(db, "retry", "held", expect=UNAVAILABLE).errors
    assert len(ctl_json(db, "retry", "held")) == 1
