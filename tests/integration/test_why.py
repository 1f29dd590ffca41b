"""Why: what is not simply made is told, and by whom; who changed a template, and from what to what; and what explain
makes of it all."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from psycopg.types.json import Jsonb

from harness.ctl import ctl_json, run_ctl
from harness.daemon import once

pytestmark = pytest.mark.slow

UTC = timezone.utc
MONDAY = datetime(2025, 2, 3, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DAILY = {"frequency": "daily"}


@pytest.fixture(scope="module")
def shared_db(cluster):
    db = cluster.create_migrated()
    yield db
    db.drop()


@pytest.fixture
def db(shared_db):
    """Live since the eve of MONDAY, and it is MONDAY, an hour past ten; empty."""
    db = shared_db
    db.execute("truncate recurring_tasks, tasks, recurd.decisions, recurd.changes, recurd.notifications, recurd.repeats,"
               " recurd.preferences, recurd.template_tags cascade")
    db.execute("update recurd.settings set audit = null, catch_up_limit = null, default_time_zone = null, adopt_backlog = null")
    db.freeze(MONDAY - DAY)
    db.go_live()
    db.freeze(MONDAY + HOUR)
    return db


def override(*pairs):
    return DAILY | {"recurrenceOverrides": {at.strftime("%Y-%m-%dT%H:%M:%S"): what for at, what in pairs}}


def told(db, template):
    return [(d["kind"], d["first_at"], d["last_at"], d["occurrences"]) for d in db.decisions(template)]


# Decisions ----------------------------------------------------------------------------------------


def test_what_is_excluded_or_moved_is_told(db):
    """An excluded date that lay ahead was passed over without a word, with COUNT or without."""
    rule = override((MONDAY + DAY, {"excluded": True}), (MONDAY + 2 * DAY, {"excluded": True}),
                    (MONDAY + 4 * DAY, {"start": "2025-02-07T18:00:00"}))
    template = db.add_template(MONDAY, rule)
    for day in (0, 3, 4, 5):
        db.freeze(MONDAY + day * DAY + 9 * HOUR)
        once(db, worker_name="ada")
    assert db.occurrences(template) == [MONDAY + day * DAY for day in (0, 3, 4, 5)]
    assert told(db, template) == [("excluded", MONDAY + DAY, MONDAY + 2 * DAY, 2),
                                  ("moved", MONDAY + 4 * DAY, MONDAY + 4 * DAY + 8 * HOUR, 1)]
    assert {d["by"] for d in db.decisions(template)} == {"worker ada"}


def test_what_policies_have_come_later_is_no_worker_that_is_missing(db):
    """It said "no worker has been there yet" of what goes from a Saturday to the Monday behind it."""
    saturday = MONDAY + 5 * DAY
    template = db.add_template(saturday, DAILY)
    db.execute("insert into recurd.policies (template_id, shift) values (%s, 'next')", (template,))
    db.freeze(saturday + HOUR)
    once(db)
    assert db.occurrences(template) == []
    [entry] = ctl_json(db, "explain", template, "--to", "1h")
    assert [row["overdue"] for row in ctl_json(db, "upcoming")] == [False]
    assert entry["verdict"] == "to come" and "; due 2025-02-10T" in entry["why"]
    db.freeze(MONDAY + 7 * DAY + HOUR)
    once(db)
    assert saturday in db.occurrences(template)


def test_what_is_still_to_come_says_when(db):
    """Days behind the end of a pause were "not made unless that ends before"; what is moved was as the rule has it; and
    what catch_up_window dropped had been more than catch_up_limit."""
    rule = override((MONDAY + 3 * DAY, {"start": "2025-02-07T18:00:00"}))
    template = db.add_template(MONDAY, rule)
    once(db)
    db.execute("select recurd.pause(%s, 'ill', %s)", (template, MONDAY + 2 * DAY + HOUR))
    within, last, behind, moved = explain(db, template, MONDAY + HOUR, MONDAY + 4 * DAY + 9 * HOUR)[:4]
    if last["occurrence_at"] > behind["occurrence_at"]:
        last, behind = behind, last
    assert "until 2025-02-05T11:00:00Z: it is not made" in within["why"] and within["why"] == last["why"]
    assert "its pause ends before" in behind["why"] and "its pause ends before" in moved["why"]
    assert "; due 2025-02-07T18:00:00Z" in moved["why"] and "; due" not in behind["why"]

    late = db.add_template(MONDAY, DAILY)
    db.execute("insert into recurd.policies (template_id, catch_up_window) values (%s, '1 day')", (late,))
    db.freeze(MONDAY + 6 * DAY + HOUR)
    once(db)
    dropped = [entry for entry in explain(db, late) if entry["verdict"] == "dropped"]
    assert dropped and all("later than catch_up_window" in entry["why"] and "catch_up_limit" not in entry["why"]
                           for entry in dropped)


def test_runs_of_a_kind_end_where_something_was_made(db):
    """Two pauses' worth of excluded dates once were one entry, over what was made in between."""
    rule = override(*((MONDAY + day * DAY, {"excluded": True}) for day in (1, 3, 5)))
    template = db.add_template(MONDAY, rule)
    db.freeze(MONDAY + 6 * DAY)
    once(db)
    assert told(db, template) == [("excluded", MONDAY + day * DAY, MONDAY + day * DAY, 1) for day in (1, 3, 5)]


def test_kinds_that_alternate_are_no_flood(db):
    """Hundreds of excluded dates among hundreds that are late: a row of each kind."""
    rule = override(*((MONDAY + day * DAY, {"excluded": True}) for day in range(1, 200, 2)))
    db.execute("update recurd.settings set catch_up_limit = 1")
    template = db.add_template(MONDAY, rule)
    db.freeze(MONDAY + 200 * DAY)
    once(db)
    assert sorted(told(db, template)) == [("dropped", MONDAY, MONDAY + 198 * DAY, 100),
                                          ("excluded", MONDAY + DAY, MONDAY + 199 * DAY, 100)]


# Changes ------------------------------------------------------------------------------------------


def changes(db, template):
    return db.rows("select * from recurd.changes where template_id = %s order by id", (template,))


def test_who_changed_what(db):
    template = db.add_template(MONDAY, DAILY, title="Water")
    once(db)
    assert changes(db, template) == [], "what a worker writes is no change of anybody's"
    with db.connect(autocommit=False) as conn:
        conn.execute("set local recurd.actor = 'ada@example.org'")
        conn.execute("update recurring_tasks set title = 'Fern', recurrence_rule = %s", (Jsonb({"frequency": "weekly"}),))
        conn.commit()
    db.execute("update recurring_tasks set title = 'Fern'")
    db.execute("update recurring_tasks set is_active = false")
    db.execute("delete from recurring_tasks")
    first, paused, deleted = changes(db, template)
    assert (first["before"], first["after"]) == ({"title": "Water", "recurrence_rule": DAILY},
                                                 {"title": "Fern", "recurrence_rule": {"frequency": "weekly"}})
    assert (first["by"], first["at"], first["recurrence_rule"]) == ("ada@example.org", MONDAY + HOUR, DAILY)
    assert (first["starts_zone"], first["next_due_at"]) == ("UTC", MONDAY + DAY)
    assert (paused["before"], paused["after"], paused["by"]) == ({"is_active": True}, {"is_active": False}, "postgres")
    assert deleted["after"] is None and deleted["before"]["title"] == "Fern" and "made_through" not in deleted["before"]


def test_who_changed_which_policy(db):
    """Who had a series shifted, or stopped it, nobody could tell."""
    template = db.add_template(MONDAY, DAILY)
    with db.connect(autocommit=False) as conn:
        conn.execute("set local recurd.actor = 'ada@example.org'")
        conn.execute("select recurd.set_policy(%s, 'catch_up', 'none')", (template,))
        conn.commit()
    db.execute("select recurd.set_policy(%s, 'lead_time', '2 days')", (template,))
    db.execute("select recurd.set_policy(%s, 'lead_time', '2 days')", (template,))  # changes nothing
    db.execute("select recurd.set_policy(%s, 'catch_up', 'latest')", (template,))
    db.execute("select recurd.pause(%s, 'holidays')", (template,))
    db.execute("delete from recurd.policies")
    assert [(row["kind"], row["by"], row["before"], row["after"]) for row in changes(db, template)] == [
        ("policies", "ada@example.org", {"catch_up": None}, {"catch_up": "none"}),
        ("policies", "postgres", {"lead_time": None}, {"lead_time": "2 days"}),
        ("policies", "postgres", {"catch_up": "none"}, {"catch_up": "latest"}),
        ("policies", "postgres", {"pause_reason": None, "paused_by": None}, {"pause_reason": "holidays", "paused_by": "postgres"}),
        ("template", "postgres", {"is_active": True}, {"is_active": False}),
        ("policies", "postgres", {"catch_up": "latest", "lead_time": "2 days", "pause_reason": "holidays", "paused_by": "postgres"},
         {"catch_up": None, "lead_time": None, "pause_reason": None, "paused_by": None}),
    ]
    shown = ctl_json(db, "show", template)["changes"]
    assert [(row["by"], row["before"], row["after"]) for row in shown[-2:]] == [
        ("postgres", {"lead_time": None}, {"lead_time": "2 days"}), ("ada@example.org", {"catch_up": None}, {"catch_up": "none"})]
    assert "ada@example.org" in run_ctl(db, "show", template).text
    run_ctl(db, "settings", "set", "audit", "off")
    db.execute("select recurd.set_policy(%s, 'jitter', '1 minute')", (template,))
    assert len(changes(db, template)) == 6


def test_audit_is_switched_off_and_pruned(db):
    template = db.add_template(MONDAY, DAILY)
    run_ctl(db, "settings", "set", "audit", "off")
    db.execute("update recurring_tasks set title = 'Fern'")
    assert changes(db, template) == []
    run_ctl(db, "settings", "reset", "audit")
    db.execute("update recurring_tasks set title = 'Moss'")
    assert len(changes(db, template)) == 1


def test_a_sequence_that_is_behind_refuses_nothing(db):
    """After a restore an application's update met a row of the audit in its place."""
    template = db.add_template(MONDAY, DAILY)
    for title in "abc":
        db.execute("update recurring_tasks set title = %s", (title,))
    db.execute("select setval(pg_get_serial_sequence('recurd.changes', 'id'), min(id), false) from recurd.changes")
    for title in "defg":
        db.execute("update recurring_tasks set title = %s", (title,))
    assert [row["after"]["title"] for row in changes(db, template)] == list("abcdefg")


def test_a_value_that_is_large_is_not_kept_twice(db):
    template = db.add_template(MONDAY, DAILY)
    db.execute("update recurring_tasks set recurrence_rule = (select jsonb_build_object('note', string_agg(md5(i::text), ''))"
               " from generate_series(1, 9000) i)")
    [row] = changes(db, template)
    assert row["after"] == {"recurrence_rule": "(more than 64 kB)"} and row["before"] == {"recurrence_rule": DAILY}


# Tasks in quarantine ------------------------------------------------------------------------------


def test_a_mended_zone_frees_tasks(db):
    """A template of the user was looked at again when the zone was mended; his completed task waited for ever."""
    ada, bob = db.add_user("ada"), db.add_user("bob")
    db.execute("insert into recurd.preferences (user_id, time_zone) values ('ada', 'Mars/Olympus'), ('bob', 'Mars/Olympus')")
    tasks = {user: db.add_task(user=user, rule=DAILY, due_date=MONDAY, title=f"of {user}") for user in (ada, bob)}
    db.execute("update tasks set is_complete = true")
    once(db)
    assert db.value("select count(*) from recurd.repeats where failed_at is not null") == 2
    db.execute("update recurd.preferences set time_zone = 'Europe/Berlin' where user_id = 'ada'")
    once(db)
    assert db.column("select repeat_of from tasks where repeat_of is not null") == [tasks[ada]]
    db.execute("delete from recurd.preferences")
    once(db)
    assert len(db.column("select repeat_of from tasks where repeat_of is not null")) == 2


# Explain ------------------------------------------------------------------------------------------


def explain(db, template, since=MONDAY - 400 * DAY, until=MONDAY + 400 * DAY):
    return ctl_json(db, "explain", template, "--from", since.isoformat().replace("+00:00", "Z"),
                    "--to", until.isoformat().replace("+00:00", "Z"))


def accounted(db, template, **span):
    """{occurrence: what}; each occurrence stands there once."""
    rows = explain(db, template, **span)
    what = {datetime.fromisoformat(row["occurrence_at"].replace("Z", "+00:00")): row["verdict"] for row in rows}
    assert len(what) == len(rows), rows
    return what


def days(*numbers):
    return [MONDAY + day * DAY for day in numbers]


def look(db, at, **options):
    db.freeze(at)
    return once(db, **options)


def test_each_occurrence_once(db):
    """Made, missed, in a pause, excluded, moved, deleted, to come: in one list."""
    rule = override((MONDAY + 3 * DAY, {"excluded": True}), (MONDAY + 12 * DAY, {"excluded": True}),
                    (MONDAY + 4 * DAY, {"start": "2025-02-07T18:00:00"}))
    template = db.add_template(MONDAY, rule)
    db.execute("update recurd.settings set catch_up_limit = 1")
    for day in (0, 3, 4, 5, 8):  # 6 and 7 are missed
        look(db, MONDAY + day * DAY + 9 * HOUR, worker_name="ada")
    db.execute("update recurring_tasks set is_active = false")
    db.freeze(MONDAY + 10 * DAY + HOUR)
    db.execute("update recurring_tasks set is_active = true")
    look(db, MONDAY + 11 * DAY + HOUR)
    db.execute("delete from tasks where occurrence_at = %s", (MONDAY + 5 * DAY,))
    told = accounted(db, template, until=MONDAY + 14 * DAY)
    wanted = (dict.fromkeys(days(0, 1, 2, 4, 8, 11), "made") | dict.fromkeys(days(3, 12), "excluded")
              | dict.fromkeys(days(9, 10), "paused") | {MONDAY + 5 * DAY: "gone"} | dict.fromkeys(days(6, 7), "dropped")
              | dict.fromkeys(days(13, 14), "to come"))
    wanted |= dict.fromkeys(days(1, 2), "dropped") | {MONDAY + 2 * DAY: "made"}
    assert told == dict(sorted(wanted.items()))
    rows = {row["occurrence_at"][8:10]: row for row in explain(db, template, until=MONDAY + 14 * DAY)}
    assert rows["06"]["by"] == "worker ada" and rows["07"]["due_at"] == "2025-02-07T18:00:00Z"
    assert "stand at another time" in rows["07"]["why"] and rows["05"]["late_seconds"] == 33 * 3600
    text = run_ctl(db, "explain", template, "--to", "2025-02-17").text
    assert "5 made, 6 decided against, 1 excluded, 1 gone, 2 to come" in text, text


BY_NIGHT = {
    "an override": ("select recurd.skip('it', '2025-02-06 10:00+00')", [3, 4], {5: "due", 6: "excluded", 7: "due", 8: "to come"}),
    "two of them": ("select recurd.skip('it', '2025-02-07 10:00+00'), recurd.postpone('it', '2025-02-08 10:00+00', '2025-02-08 12:00+00')",
                    [3, 4], {5: "due", 6: "due", 7: "excluded", 8: "to come"}),
    "the zone": ("""update recurring_tasks set recurrence_rule = recurrence_rule || '{"timeZone": "Europe/London"}'""",
                 [3, 4], {5: "due", 6: "due", 7: "due", 8: "to come"}),
    "split": ("select recurd.split('it', '2025-02-08 10:00+00')", [3, 4], {5: "due", 6: "due", 7: "due"}),
    "the rule": ("""update recurring_tasks set recurrence_rule = recurrence_rule || '{"byHour": [13]}'""",
                 [3, 4], {5: "due", 6: "passed over", 7: "passed over", 8: "to come"}),
}


@pytest.mark.parametrize("edit", BY_NIGHT)
def test_an_edit_while_nobody_looks(db, edit):
    """Three days late, somebody skips one of them: they were told twice, as passed over by that edit and as due; of an
    edit of the zone they remained so, and those that were made stood outside of the rule."""
    statement, made, rest = BY_NIGHT[edit]
    db.add_template(MONDAY, DAILY | {"timeZone": "UTC"}, id="it")
    look(db, MONDAY + DAY + HOUR)
    db.freeze(MONDAY + 4 * DAY + 3 * HOUR)
    db.execute(statement)
    wanted = dict.fromkeys(made, "made") | rest
    told = accounted(db, "it", until=MONDAY + 5 * DAY + 5 * HOUR)
    assert {at.day: what for at, what in told.items()} == wanted
    look(db, MONDAY + 4 * DAY + 4 * HOUR)
    told = accounted(db, "it", until=MONDAY + 5 * DAY + 5 * HOUR)
    assert {at.day: what for at, what in told.items()} == {day: "made" if what == "due" else what for day, what in wanted.items()}


def test_all_of_it_was_skipped(db):
    """Before the first was made: the series has ended, and what was skipped does not come by a save of is_active."""
    db.add_template(MONDAY + DAY, DAILY | {"count": 3}, id="it")
    look(db, MONDAY + HOUR)
    for day in (1, 2, 3):
        db.execute("select recurd.skip('it', %s)", (MONDAY + day * DAY,))
    look(db, MONDAY + 2 * HOUR)
    assert accounted(db, "it") == dict.fromkeys(days(1, 2, 3), "excluded")
    db.execute("update recurring_tasks set is_active = true")
    look(db, MONDAY + 5 * DAY)
    assert db.occurrences("it") == [] and db.template("it")["ended_at"] is not None
    assert accounted(db, "it") == dict.fromkeys(days(1, 2, 3), "excluded")


def test_tasks_in_quarantine_are_seen(db):
    """list and status told of templates alone: a task that does not come back stood in the log and in show."""
    task = db.add_task(user=db.add_user("ada"), rule={"frequency": "hourlyish"}, due_date=MONDAY, title="Water")
    db.execute("update tasks set is_complete = true")
    once(db)
    [row] = ctl_json(db, "list", "--state", "quarantined")
    assert (row["kind"], row["id"], row["user_id"], row["state"], row["title"]) == ("task", task, "ada", "quarantined", "Water")
    assert "hourlyish" in row["failure"] and ctl_json(db, "list") == []
    assert ctl_json(db, "list", "--state", "quarantined", "--user", "bob") == []
    assert "task" in run_ctl(db, "list", "--state", "quarantined").lines()[1]
    assert ctl_json(db, "status")["tasks_quarantined"] == 1 and "recurctl list --state quarantined" in run_ctl(db, "status").text
    checked = run_ctl(db, "status", "--check", "--min-workers", "0", expect=1).text
    assert "1 or more tasks in quarantine (limit 0)" in checked
    run_ctl(db, "status", "--check", "--min-workers", "0", "--max-failures", "1")
    told = ctl_json(db, "explain", "--task", task)
    assert [row["what"] for row in told] == ["made", "completed", "quarantined"], "once, and it does not come back all the same"
    assert "is in quarantine" in told[1]["why"]
    assert "hourlyish" in told[2]["why"] and "by the application" in told[0]["why"]


def test_why_a_task_is_there(db):
    """An instance, a repeat and its successor, a reminder that came late, one that is to come."""
    template = db.add_template(MONDAY, DAILY)
    repeats = db.add_task(rule=DAILY, due_date=MONDAY, remind=MONDAY - HOUR)
    once(db)
    db.execute("update tasks set is_complete = true where id = %s", (repeats,))
    once(db)
    instance = db.value("select id from tasks where recurring_task_id = %s", (template,))
    follows = db.value("select id from tasks where repeat_of = %s", (repeats,))
    [made, told] = ctl_json(db, "explain", "--task", instance)
    assert template in made["why"] and "late by 1h" in made["why"] and told["what"] == "told"
    first = {row["what"]: row for row in ctl_json(db, "explain", "--task", repeats)}
    assert "late by 2h" in first["reminded"]["why"] and follows in first["repeated"]["why"] and "came back" in first["completed"]["why"]
    assert [row["kind"] for row in ctl_json(db, "show", repeats)["notifications"]] == ["reminder"], "though it is complete"
    second = {row["what"]: row for row in ctl_json(db, "explain", "--task", follows)}
    assert repeats in second["made"]["why"] and second["reminder to come"]["at"] == "2025-02-04T09:00:00Z"
    assert "there is no task" in run_ctl(db, "explain", "--task", "nobody", expect=65).errors


def test_whatever_stands_in_the_rows(db):
    """Instants without an end, figures without a sense, zones that are none: told as far as it goes, and no crash."""
    template = db.add_template(MONDAY, DAILY)
    look(db, MONDAY + 3 * DAY + HOUR)
    db.execute("update tasks set created_at = case when occurrence_at = %s then timestamp 'infinity' else '294276-01-01' end", (MONDAY,))
    db.execute("insert into recurd.decisions (template_id, kind, first_at, last_at, occurrences, detail)"
               " select %s, k, f, l, n, 'Mars/Olympus to ../etc' from unnest(array['dropped', 'rezoned', 'odd']) k,"
               " unnest(array['-infinity', '2025-02-04 10:00Z', 'infinity']::timestamptz[]) f,"
               " unnest(array['infinity', '2025-02-01']::timestamptz[]) l, unnest(array[-5, 9223372036854775807, null]) n", (template,))
    odd = ["starts_local = 'infinity'", "starts_zone = 'Mars/Olympus'", "made_through = '-infinity'", "next_due_at = 'infinity'",
           "made_through = 'infinity'", "recurrence_rule = '[1]'", "used_count = -7", "paused_at = '-infinity', is_active = false"]
    for column in odd:
        db.execute(f"update recurring_tasks set {column}")
        assert explain(db, template)
        assert run_ctl(db, "explain", template, "--from", "36500d", "--to", "36500d", "-o", "json").json
    db.execute("delete from recurd.decisions")
    db.execute("update recurd.changes set starts_local = '-infinity', made_through = 'infinity', recurrence_rule = '{}'")
    told = run_ctl(db, "explain", template, "--from", "2025-01-01").text
    assert "\nNot all could be expanded: " in told and "4 made outside of the rule" in told, told
