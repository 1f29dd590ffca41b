"""Application users write rules, titles and ids: what they write harms their own row at most."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import FOUND, UNAVAILABLE, ctl_json
from harness.daemon import once, parse_log, run_recurd
from harness.util import wait_until

UTC = timezone.utc
MONDAY = datetime(2025, 2, 3, 10, 0, tzinfo=UTC)


@pytest.fixture
def db(app_db):
    app_db.freeze(MONDAY - timedelta(days=1))
    app_db.go_live()
    app_db.freeze(MONDAY + timedelta(seconds=1))
    return app_db


# Each rule, and what the reason must name.
POISON = {
    "no object": ('"daily"', "recurrence_rule"),
    "null": ("null", "recurrence_rule"),
    "a list": ("[]", "recurrence_rule"),
    "empty": ("{}", "frequency"),
    "unknown frequency": ('{"frequency": "hourlyish"}', "recurrence_rule.frequency"),
    "frequency of a wrong type": ('{"frequency": 7}', "recurrence_rule.frequency"),
    "unknown key": ('{"frequency": "daily", "freq": 1}', 'unknown key "freq"'),
    "interval zero": ('{"frequency": "daily", "interval": 0}', "recurrence_rule.interval"),
    "interval negative": ('{"frequency": "daily", "interval": -1}', "recurrence_rule.interval"),
    "interval huge": ('{"frequency": "daily", "interval": 99999999999999999999}', "recurrence_rule"),
    "interval fraction": ('{"frequency": "daily", "interval": 1.5}', "recurrence_rule.interval"),
    "interval as text": ('{"frequency": "daily", "interval": "1"}', "recurrence_rule.interval"),
    "days of no week": ('{"frequency": "weekly", "days": ["mon", "mox"]}', "recurrence_rule.days[1]"),
    "days as text": ('{"frequency": "weekly", "days": "mon"}', "recurrence_rule.days"),
    "end_date nonsense": ('{"frequency": "daily", "end_date": "tomorrow"}', "recurrence_rule.end_date"),
    "end_date out of range": ('{"frequency": "daily", "end_date": "2025-02-30T00:00:00Z"}', "recurrence_rule.end_date"),
    "zone unknown": ('{"frequency": "daily", "timeZone": "Europe/Atlantis"}', "recurrence_rule.timeZone"),
    "zone leaves the folder": ('{"frequency": "daily", "timeZone": "../../../etc/passwd"}', "recurrence_rule.timeZone"),
    "zone is a folder": ('{"frequency": "daily", "timeZone": "Europe"}', "recurrence_rule.timeZone"),
    "too frequent": ('{"rrule": "FREQ=SECONDLY"}', "min_interval"),
    "RRULE nonsense": ('{"rrule": "FREQ=NEVER"}', "rrule"),
    "RRULE with a tail": ('{"rrule": "FREQ=DAILY;COUNT=3;DROP TABLE tasks"}', "rrule"),
    "never": ('{"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}', "recurrence_rule"),
    "controls": ('{"frequency": "a\\nb\\u001b[31m\\u0085"}', "recurrence_rule.frequency"),
    "deep": ("[" * 3000 + "]" * 3000, "recurrence_rule"),
    "large": (json.dumps({"frequency": "daily", "x": "y" * 70000}), "65536"),
}


def test_poison_is_quarantined_with_a_reason_and_its_neighbours_are_made(db):
    poison = {}
    for name, (rule, _) in POISON.items():
        poison[name] = db.add_template(MONDAY - timedelta(minutes=1), rule)
    good = [db.add_template(MONDAY) for _ in range(30)]
    log = once(db, batch_size=10)
    for template in good:
        assert db.occurrences(template) == [MONDAY]
    wrong = []
    for name, (_, named) in POISON.items():
        row = db.row("select failed_at, failure, is_active from recurring_tasks where id = %s", (poison[name],))
        # A rule that never fires beyond its first instant may also just end there.
        ended = name == "never" and not row["is_active"]
        if not ended and (row["failed_at"] is None or named not in row["failure"]):
            wrong.append(f"{name}: {row['failure']}")
    assert not wrong, "\n".join(wrong)
    quarantined = {line["template"] for line in log if line["event"] == "quarantined"}
    assert quarantined == set(db.column("select id from recurring_tasks where failed_at is not null"))


def test_reasons_are_safe_to_print(db):
    template = db.add_template(MONDAY, POISON["controls"][0])
    log = once(db)
    failure = db.template(template)["failure"]
    assert all(ch.isprintable() for ch in failure), repr(failure)
    (line,) = [line for line in log if line["event"] == "quarantined"]
    assert line.raw.isprintable()


TITLES = {
    "quotes": "O'Brien \"quoted\" \\ back",
    "injection": "'); drop table tasks; --",
    "format": "%s%n%d",
    "long": "\u00fc" * 200,
    "rtl and emoji": "\u202eevil\u202c \U0001f4a3",
    "newline": "two\nlines\r\x1b[2J",
    "empty": "",
}


@pytest.mark.parametrize("name", TITLES)
def test_titles_arrive_unchanged(db, name):
    template = db.add_template(MONDAY, title=TITLES[name], description=TITLES[name] * 5)
    once(db)
    row = db.row("select title, description from tasks where recurring_task_id = %s", (template,))
    assert row == {"title": TITLES[name], "description": TITLES[name] * 5}


def test_ids_of_any_kind(db):
    ids = ["", " ", "a,b", '{"x":1}', "{a}", "NULL", "null", "\\", '"', "'", "\u00fc\U0001f4a3", "a\nb", "x" * 500]
    for template in ids:
        db.add_template(MONDAY, id=template)
    once(db)
    assert {template: len(db.occurrences(template)) for template in ids} == dict.fromkeys(ids, 1)


def test_a_rule_that_is_null(db):
    """Tables made by hand allow it."""
    db.execute("alter table recurring_tasks alter column recurrence_rule drop not null")
    null = db.add_template(MONDAY - timedelta(minutes=1))
    db.execute("update recurring_tasks set recurrence_rule = null")
    problem = "recurrence_rule: expected an object, got null"
    assert ctl_json(db, "preflight")["to_quarantine"][0]["problem"] == problem
    assert ctl_json(db, "validate", "--all", expect=FOUND)[0]["problem"] == problem
    assert ctl_json(db, "validate", null, expect=FOUND)[0]["problem"] == problem
    once(db)
    assert db.template(null)["failure"] == problem
    assert ctl_json(db, "list")[0]["recurrence_rule"] is None
    db.execute("update recurring_tasks set failed_at = null, failure = null, replan_at = '-infinity'")
    once(db)
    assert db.value("select failure from recurring_tasks") == problem


def test_a_due_instant_that_is_null(db):
    """Tables made by hand allow it; with an edit of its rule such a template once ended the worker, for ever."""
    db.execute("alter table recurring_tasks alter column next_due_at drop not null")
    null = db.add_template(MONDAY - timedelta(minutes=1))
    once(db)
    db.execute("""update recurring_tasks set next_due_at = null, recurrence_rule = '{"frequency": "weekly"}'""")
    good = db.add_template(MONDAY)
    once(db)
    row = db.template(null)
    assert "next_due_at" in row["failure"] and row["next_due_at"] is None, "what is null stays so"
    assert db.occurrences(good) == [MONDAY]


@pytest.mark.parametrize("due", ["infinity", "-infinity", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59+00"])
def test_instants_at_the_ends_of_time(db, due):
    template = db.add_template(MONDAY)
    db.execute("update recurring_tasks set next_due_at = %s where id = %s", (due, template))
    good = db.add_template(MONDAY)
    once(db)
    assert db.occurrences(good) == [MONDAY]
    assert db.value("select count(*) from tasks where recurring_task_id = %s", (template,)) <= 1


# What the database refuses waits, and goes on by itself ----------------------------------------------


def once_in_part(db, **options):
    """recurd --once where the database refuses something: its status tells of it.  Its log."""
    done = run_recurd("--foreground", "--once", db=db, **options)
    assert done.returncode == UNAVAILABLE, done.stderr
    return parse_log(done.stderr)


def refused(db, log):
    """The template that alone was refused: told once, waiting with a reason, its rule blamed for nothing."""
    (line,) = [line for line in log if line["event"] == "refused"]
    (row,) = db.rows("select * from recurd.waits")
    assert (row["kind"], row["why"], row["id"], row["reason"]) == ("generate", "refused", line["template"], line["reason"])
    assert db.column("select id from recurring_tasks where failed_at is not null") == []
    return row


def mended(db):
    """Two seconds after the mend: nobody did anything else."""
    db.freeze(MONDAY + timedelta(seconds=3))
    once(db)
    assert db.rows("select * from recurd.waiting") == []


def test_a_row_that_the_database_refuses_is_found_and_set_aside(db):
    """A check of the application's own that one template's instance breaks: it alone waits."""
    db.execute("alter table tasks add constraint no_mondays check (title <> 'I hate Mondays')")
    bad = db.add_template(MONDAY - timedelta(minutes=1), title="I hate Mondays")
    db.add_templates(300, MONDAY, users=3)
    log = once_in_part(db, batch_size=100)
    assert db.value("select count(*) from tasks") == 300
    row = refused(db, log)
    assert row["id"] == bad and row["cause"] == "23514 constraint no_mondays" and "no_mondays" in row["reason"]
    db.execute("alter table tasks drop constraint no_mondays")
    mended(db)
    assert db.occurrences(bad) == [MONDAY - timedelta(minutes=1)]


def test_a_trigger_of_the_application_that_fails(db):
    db.psql(
        "create function angry() returns trigger language plpgsql as"
        " $$ begin if new.title = 'bad' then raise exception 'no %', new.title; end if; return new; end $$;"
        " create trigger angry before insert on tasks for each row execute function angry()"
    )
    bad = db.add_template(MONDAY - timedelta(minutes=1), title="bad")
    db.add_templates(50, MONDAY)
    log = once_in_part(db, batch_size=20)
    assert db.value("select count(*) from tasks") == 50
    row = refused(db, log)
    assert row["id"] == bad and "no bad" in row["reason"] and row["cause"] == "P0001 function angry()"
    db.execute("drop trigger angry on tasks")
    mended(db)
    assert len(db.occurrences(bad)) == 1


def test_a_user_who_is_deleted_meanwhile_takes_only_his_own_with_him(db):
    """The template's user has vanished although a foreign key forbids it: constraints were off once."""
    lost = db.add_template(MONDAY, user=db.add_user("ghost"))
    db.execute("alter table recurring_tasks drop constraint fk_recurring_tasks_user_id")
    db.execute("""delete from "user" where id = 'ghost'""")
    db.add_templates(50, MONDAY)
    log = once_in_part(db, batch_size=20)
    assert db.value("select count(*) from tasks") == 50
    assert refused(db, log)["id"] == lost
    db.add_user("ghost")
    mended(db)
    assert db.occurrences(lost) == [MONDAY]


def test_a_thousand_greedy_templates_do_not_starve_the_modest(app_db, recurd):
    """Everybody asks for a minute-by-minute catch-up of a month; one new daily task is due now."""
    app_db.go_live(app_db.now() - timedelta(days=60))
    app_db.add_templates(300, timedelta(days=-30), rule={"frequency": "minutely"})
    app_db.execute("update recurring_tasks set created_at = recurd.now()")
    daemon = recurd(app_db, catch_up_limit=100, log_rate=0)
    modest = app_db.add_template(timedelta(milliseconds=100))
    wait_until(lambda: app_db.occurrences(modest), what="the modest one's turn")
    daemon.stop()


# What the application's own constraints and triggers do with an instance -----------------------------


IN_THE_WAY = {
    "a unique index": ("create unique index one_title on tasks (user_id, title)", "drop index one_title"),
    "a trigger that drops the row": (
        "create function drop_it() returns trigger language plpgsql as"
        " $$ begin if new.title = 'Secret' then return null; end if; return new; end $$;"
        " create trigger drop_it before insert on tasks for each row execute function drop_it()",
        "drop trigger drop_it on tasks; drop function drop_it()"),
    "a check": ("alter table tasks add constraint no_secrets check (title <> 'Secret')",
                "alter table tasks drop constraint no_secrets"),
    "an exclusion": ("alter table tasks add constraint one exclude (title with =) where (title = 'Secret')",
                     "alter table tasks drop constraint one"),
}


@pytest.mark.parametrize("name", IN_THE_WAY)
def test_an_instance_that_the_application_forbids_is_never_lost_in_silence(db, name):
    """ON CONFLICT DO NOTHING once passed over it: nothing was made, nothing told, and next_due_at went on."""
    forbid, allow = IN_THE_WAY[name]
    db.execute(forbid)
    if name in ("a unique index", "an exclusion"):
        db.add_task(title="Secret")
    template = db.add_template(MONDAY - timedelta(days=2), title="Secret", description="Secret", created_at=MONDAY)
    neighbours = [db.add_template(MONDAY, title=f"t-{i}") for i in range(5)]
    log = once_in_part(db)
    row = refused(db, log)
    assert row["id"] == template and row["reason"]
    assert all(db.occurrences(neighbour) == [MONDAY] for neighbour in neighbours)
    assert db.occurrences(template) == [] and db.notifications("task_created") and "Secret" not in str(log)
    assert "Secret" not in row["reason"] + row["cause"]
    db.execute(allow)
    mended(db)
    assert len(db.occurrences(template)) == 3


def test_instances_that_are_there_are_no_refusal(db):
    """After a fail-over, or when a deleted template comes back with its id: what is there is left as it is."""
    template = db.add_template(MONDAY - timedelta(days=2), created_at=MONDAY)
    db.execute("insert into tasks (id, title, user_id, is_complete, created_at, updated_at)"
               " values (recurd.instance_id(%s, %s), 'before', 'user-default', true, now(), now())",
               (template, MONDAY - timedelta(days=2)))
    db.execute("insert into tasks (id, title, user_id, is_complete, created_at, updated_at, recurring_task_id, occurrence_at)"
               " values ('mine', 'by hand', 'user-default', false, now(), now(), %s, %s)",
               (template, MONDAY - timedelta(days=1)))
    log = once(db)
    assert [line["event"] for line in log if line.get("template") == template] == ["generated"]
    assert db.occurrences(template) == [MONDAY - timedelta(days=1), MONDAY]
    assert db.template(template)["failure"] is None
