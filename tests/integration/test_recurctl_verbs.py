"""recurctl task, template and tag: what a to-do application does, from a terminal."""

import json
from datetime import timedelta

import pytest

from harness.ctl import CONFIG, DATA, USAGE, ctl_json, run_ctl
from harness.daemon import once

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def db(cluster):
    database = cluster.create_migrated()
    database.add_user("ada")
    database.add_user("bob")
    yield database
    database.drop()


def say(db, command, *args, user="ada", **kwargs):
    return ctl_json(db, *command.split(), "--user", user, *args, **kwargs)


def refused(db, command, *args, user="ada", expect=DATA):
    return run_ctl(db, *command.split(), "--user", user, *args, expect=expect).errors


def test_a_task_from_its_creation_to_its_end(db):
    say(db, "tag create", "home", "--color", "#abcdef")
    made = say(db, "task create", "Milk", "--priority", "high", "--due", "2030-05-01T09:00:00+02:00", "--tag", "home", "--rule", "FREQ=DAILY")
    assert (made["due_date"], made["tags"], made["recurrence_rule"]) == ("2030-05-01T07:00:00Z", ["home"], {"rrule": "FREQ=DAILY"})
    assert made["next_occurrences"][0]["at"] == "2030-05-02T07:00:00Z"
    assert "2030-05-01T07:00:00Z" in run_ctl(db, "task", "show", made["id"], "--user", "ada").text
    changed = say(db, "task update", made["id"], "--due", "", "--rule", "", "--title", "Oat milk")
    assert (changed["due_date"], changed["recurrence_rule"], changed["title"], changed["priority"]) == (None, None, "Oat milk", "high")
    assert "next_occurrences" not in changed
    assert say(db, "task complete", made["id"])["is_complete"] is True
    assert [row["id"] for row in say(db, "task list", "--complete", "--tag", "home")] == [made["id"]]
    assert say(db, "task update", made["id"], "--open")["is_complete"] is False
    assert say(db, "task tags", made["id"])["tags"] == []
    assert say(db, "task delete", made["id"]) == {"id": made["id"], "deleted": True}
    assert "there is no such task" in refused(db, "task show", made["id"])


def test_a_template_is_made_as_its_rule_says_and_served(db):
    made = say(db, "template create", "Plants", "--rule", "0 9 * * 1")
    first = db.value("select next_due_at from recurring_tasks where id = %s", (made["id"],))
    assert first.isoweekday() == 1 and first.utctimetuple()[3:5] == (9, 0) and timedelta() < first - db.now() <= timedelta(days=7)
    assert [one["at"] for one in made["next_occurrences"]][0] == made["next_due_at"]
    late = say(db, "template create", "Bins", "--rule", '{"frequency": "daily"}', "--due", (db.now() - timedelta(seconds=1)).isoformat())
    once(db)
    [told] = say(db, "template history", late["id"])
    assert told["kind"] == "made" and [row["title"] for row in say(db, "task list", "--template", late["id"])] == ["Bins"]
    assert say(db, "template update", late["id"], "--paused")["state"] == "paused"
    assert "none while it is paused" in run_ctl(db, "template", "show", late["id"], "--user", "ada").text
    assert [row["title"] for row in say(db, "template list", "--paused")] == ["Bins"]
    for template in (late, made):
        say(db, "template delete", template["id"])
    db.execute("delete from tasks")


def test_a_dry_run_shows_the_row_and_what_comes_and_changes_nothing(db):
    before = db.value("select count(*) from recurring_tasks"), db.value("select count(*) from tasks")
    shown = say(db, "template create", "Rent", "--rule", "FREQ=MONTHLY;BYMONTHDAY=31", "--due", "2030-01-31T09:00:00Z", "--dry-run")
    assert [one["at"][:10] for one in shown["next_occurrences"]] == ["2030-01-31", "2030-03-31", "2030-05-31", "2030-07-31", "2030-08-31"]
    task = say(db, "task create", "Keep", "--key", "k")
    assert say(db, "task delete", task["id"], "--dry-run") == {"id": task["id"], "deleted": False}
    assert say(db, "task update", task["id"], "--title", "Gone", "--dry-run")["title"] == "Gone"
    assert say(db, "task show", task["id"])["title"] == "Keep"
    assert (db.value("select count(*) from recurring_tasks"), db.value("select count(*) from tasks") - 1) == before
    say(db, "task delete", task["id"])


@pytest.mark.parametrize("rule, words", [
    ("FREQ=DALY", 'did you mean "daily"'), ('{"frequency": "daily", "intervall": 2}', "intervall"), ("FREQ=SECONDLY", "min_interval"),
    ("FREQ=DAILY;UNTIL=20200101T000000Z", "no occurrence of it is to come"), ('{"frequency": "daily", "timeZone": "Mars/Base"}', "Mars/Base"),
])
def test_a_rule_is_read_before_it_is_stored(db, rule, words):
    assert words in refused(db, "template create", "x", "--rule", rule)
    assert say(db, "template list") == []


def test_the_users_zone_counts(db):
    db.execute("insert into recurd.preferences (user_id, time_zone) values ('bob', 'Asia/Tokyo')")
    made = say(db, "template create", "x", "--rule", "0 9 * * *", user="bob")
    assert made["next_due_at"].endswith("T00:00:00Z")
    say(db, "template delete", made["id"], user="bob")


def test_what_is_wrong_is_told_by_key(db):
    told = refused(db, "task create", "", "--priority", "hi", "--due", "tomorrow")
    assert all(f"{key}: expected" in told for key in ("title", "priority", "due_date")), told
    assert 'recurctl tag create --user ada nosuch' in refused(db, "task create", "x", "--tag", "nosuch")
    assert "no such user" in refused(db, "task create", "x", user="nobody")
    assert say(db, "task list") == []


def test_nobody_elses(db):
    theirs = say(db, "task create", "secret", user="bob")
    for command in ("task show", "task complete", "task delete", "task tags", "task update"):
        assert "there is no such task" in refused(db, command, theirs["id"])
    assert say(db, "task list") == []
    say(db, "task delete", theirs["id"], user="bob")


def test_etags_and_keys(db):
    made = say(db, "task create", "Once", "--key", "k1")
    assert say(db, "task create", "Once", "--key", "k1") == made
    assert "another one" in refused(db, "task create", "Twice", "--key", "k1")
    say(db, "task update", made["id"], "--title", "Changed", "--if-match", made["etag"])
    assert "changed meanwhile" in refused(db, "task update", made["id"], "--title", "Again", "--if-match", made["etag"])
    say(db, "task delete", made["id"])


def test_lists_page_by_page(db):
    for number in range(5):
        say(db, "task create", f"Task {number}")
    first = run_ctl(db, "task", "list", "--user", "ada", "-n", "2", "-o", "json")
    cursor = first.errors.split("--cursor ")[1].strip()
    assert [row["title"] for row in first.json] == ["Task 4", "Task 3"]
    assert [row["title"] for row in say(db, "task list", "--cursor", cursor)] == ["Task 2", "Task 1", "Task 0"]
    assert "cursor: expected" in refused(db, "task list", "--cursor", "zz")
    assert len(say(db, "task list", "--text", "TASK", "-n", "0")) == 5
    db.execute("delete from tasks")


@pytest.mark.parametrize("words, told", [
    ("task frob --user u", 'there is no task frob'), ("task lst --user u", 'did you mean "list"'), ("task list", "--user ID says whose"),
    ("task create --user u", "takes a TITLE"), ("task create a b --user u", "takes a TITLE"), ("task show --user u", "takes the ID"),
    ("task create a --overdue --user u", "--overdue is for list, not for create"), ("task list --key k --user u", "--key is for create"),
    ("task show x --if-match 1 --user u", "--if-match is for what changes"), ("task list --dry-run --user u", "--dry-run is for"),
    ("task delete x --cursor 1 --user u", "--cursor is for lists"), ("template complete x --user u", "there is no template complete"),
    ("tag list --title x --user u", "no option --title"),
])
def test_wrong_words(words, told):
    assert told in run_ctl(None, *words.split(), expect=USAGE).errors


def test_titles_cannot_forge_and_bytes_are_refused(db):
    assert "control character" in refused(db, "task create", "a\x1b[2Jb")
    assert "no UTF-8" in refused(db, "task create", b"\xff".decode(errors="surrogateescape"), expect=USAGE)
    db.add_task("ada", title="\x1b[2Jforged\u202e")
    assert "\x1b" not in run_ctl(db, "task", "list", "--user", "ada").text
    db.execute("delete from tasks")


def test_rights_and_tables_are_told(db):
    db.psql("do $$ begin create role verbs_nobody login; exception when duplicate_object then null; end $$; revoke recurd_web from verbs_nobody")
    told = run_ctl(db, "task", "list", "--user", "ada", dsn=db.dsn_as("verbs_nobody"), expect=CONFIG).errors
    assert 'grant recurd_web to "verbs_nobody"' in told
    db.psql("grant recurd_web to verbs_nobody")
    assert run_ctl(db, "task", "list", "--user", "ada", dsn=db.dsn_as("verbs_nobody")).text == "none\n"
    made = json.loads(run_ctl(db, "template", "create", "x", "--user", "ada", "--rule", "FREQ=DAILY", "-o", "json", dsn=db.dsn_as("verbs_nobody")).text)
    assert len(made["next_occurrences"]) == 5, "with no other right"
    db.psql("alter table tasks drop constraint ck_tasks_priority_valid, alter priority drop default, alter priority type integer using 2")
    assert "recurctl migrate verify" in refused(db, "task create", "x", expect=CONFIG)
