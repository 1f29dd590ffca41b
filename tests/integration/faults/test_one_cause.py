"""One cause for many rows: a migration of the application's that no write of ours meets.

It was taken for the fault of each of 400 rules: all of them were in quarantine within seconds, and came back for nobody
but an administrator with `recurctl retry`.
"""

import time
from datetime import timedelta

import pytest

from faults.crowds import (
    AGO, CROWDS, MENDED, OPTIONS, PAUSE, REMINDERS, SECOND, TEMPLATES, Idle, all_goes_on, attempts, be_quiet, left, let_pass, says_little, tried_for_long,
)
from faults.oracle import Oracle
from harness.ctl import FOUND, OK, run_ctl
from harness.util import SLOWNESS, holds_for, wait_until

COUNT = 400
PROBES = 16  # rows that are tried of a cause as long as none succeeds

# Attempts on the server, each of which a sequence counts before the refusal.
COUNTED = """
    create sequence attempts;
    create function attempt() returns trigger language plpgsql as
        $$ begin perform nextval('public.attempts'); return new; end $$;
"""
INSERTS = "create trigger attempt before insert on tasks for each row when (new.recurring_task_id is not null) execute function attempt()"
UPDATES = "create trigger attempt before update on tasks for each row execute function attempt()"

# What the migration does, what mends it, what names it, its SQLSTATE.
MIGRATIONS = {
    "a column": (
        "alter table tasks add column project_id integer not null default 1; alter table tasks alter column project_id drop default",
        "alter table tasks alter column project_id set default 1", "project_id", "23502",
    ),
    "a check": (
        "alter table tasks add constraint ck_tasks_project check (recurring_task_id is null or title like 'Project:%') not valid",
        "alter table tasks drop constraint ck_tasks_project", "ck_tasks_project", "23514",
    ),
    "a foreign key": (
        "create table projects (id text primary key);"
        "alter table tasks add column project text default 'none',"
        " add constraint fk_tasks_project foreign key (project) references projects not valid",
        "insert into projects values ('none')", "fk_tasks_project", "23503",
    ),
    "a narrower type": ("alter table tasks alter column title type varchar(8)", "alter table tasks alter column title type text", "", "22001"),
    "a trigger": (
        "create function in_project() returns trigger language plpgsql as"
        " $$ begin if new.recurring_task_id is not null then raise 'task % is in no project', new.id; end if; return new; end $$;"
        "create trigger in_project before insert on tasks for each row execute function in_project()",
        "drop trigger in_project on tasks", "in_project()", "P0001",
    ),
    "a unique index": (
        "create unique index ux_tasks_project on tasks (is_complete) where recurring_task_id is not null;"
        "insert into tasks (id, title, user_id, is_complete, created_at, updated_at, recurring_task_id)"
        " select 'first', 'x', user_id, false, now(), now(), id from recurring_tasks limit 1",
        "drop index ux_tasks_project; delete from tasks where id = 'first'", "ux_tasks_project", "23505",
    ),
}


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    be_quiet(app_db)
    app_db.psql(COUNTED)
    return app_db


def is_told(daemons, kind, sqlstate, name):
    """Once, loudly, with its SQLSTATE, what refuses, and of how many: and not many lines beside that."""
    summed = wait_until(lambda: [line for daemon in daemons for line in daemon.seen("cause", kind=kind)], 40, "the cause is told", 0.1)
    assert all(line["sqlstate"] == sqlstate and name in line["cause"] and line.priority == 3 for line in summed)
    assert len(summed) <= 3 and 10 <= int(summed[0]["rows"]) <= COUNT
    for daemon in daemons:
        says_little(daemon)


def is_probed_now_and_then(db, daemons, workers):
    """A few rows a try, whatever their number; in between nothing is done."""
    tries = "select sum(tries) from recurd.causes"
    before, tried = attempts(db), db.value(tries)
    wait_until(lambda: db.value(tries) >= tried + 2, 30, "two more tries in vain", 0.1)
    made, tried = attempts(db) - before, db.value(tries) - tried
    assert made <= (tried + 1) * 2 * PROBES, f"{made} attempts in {tried} tries"
    tried_for_long(db)
    before, idle = attempts(db), Idle(db, daemons)
    print(f"{made} attempts in {tried} tries; {idle}")
    assert attempts(db) == before and idle.quiet(workers), idle


RARE = ("a column", "a foreign key", "a narrower type", "a unique index")


@pytest.mark.parametrize("migration, workers", [
    *(pytest.param(name, 1, marks=[pytest.mark.rare] if name in RARE else []) for name in MIGRATIONS), ("a check", 4), ("a column", 4)])
def test_a_migration_that_no_task_of_ours_meets(db, recurd, tally, migration, workers):
    """Fault 33: no insert of ours is accepted any more.  400 templates are due: none of them is to blame.

    They wait, it is told once, a few are tried now and then, reminders go on, and all is made within 90 s of the mend.  A
    rule that is wrong is in quarantine as ever.
    """
    change, mending, name, sqlstate = MIGRATIONS[migration]
    oracle = Oracle(db)
    due = TEMPLATES.add(oracle, "due", COUNT, AGO, users=40)
    told = REMINDERS.add(oracle, "told", 50, timedelta(seconds=6 * SLOWNESS), timedelta(milliseconds=40))
    db.psql(change, INSERTS)
    wrong = db.add_template(AGO, {"frequency": "daily", "interval": 0})
    before = attempts(db)
    daemons = [recurd(db, worker_name=f"w{n}", **OPTIONS) for n in range(workers)]
    wait_until(lambda: db.template(wrong)["failed_at"], what="what is wrong with a rule is the rule's fault")
    wait_until(lambda: TEMPLATES.waiting(db) == COUNT, 40, "all of them wait")
    [cause] = TEMPLATES.causes(db)
    assert cause.startswith(sqlstate) and name in cause
    assert db.value("select count(*) from recurring_tasks where failed_at is not null") == 1, "nobody else is condemned"
    found = attempts(db) - before
    assert found <= 2 * COUNT + 200 * workers, f"{found} attempts"

    late = max(REMINDERS.watch(db, told, 20).values())
    assert late < SECOND, f"a reminder is {late:.2f} s late"

    is_told(daemons, "generate", sqlstate, name)
    is_probed_now_and_then(db, daemons, workers)

    struck = time.monotonic()
    db.psql(mending)
    took = all_goes_on(oracle, TEMPLATES, due)
    assert time.monotonic() - struck < MENDED
    assert db.template(wrong)["failed_at"]
    wait_until(lambda: any(daemon.seen("mended", kind="generate") for daemon in daemons), 30, "that it is over is told", 0.1)
    assert not db.rows("select from recurd.causes")
    for daemon in daemons:
        daemon.stop()
    db.execute("delete from recurring_tasks where id = %s", (wrong,))
    tally(injected=COUNT, recovery=took, **oracle.check(daemons))


@pytest.mark.parametrize("workers", [1, 4])
def test_a_migration_that_no_reminder_meets(db, recurd, tally, workers):
    """Fault 33: a check that old tasks do not meet, so that no update of them is accepted: likewise for 400 reminders."""
    oracle = Oracle(db)
    due = REMINDERS.add(oracle, "due", COUNT, AGO)
    db.psql("alter table tasks add constraint ck_tasks_title check (title <> 'Buy milk') not valid", UPDATES)
    daemons = [recurd(db, worker_name=f"w{n}", **OPTIONS) for n in range(workers)]
    wait_until(lambda: REMINDERS.waiting(db) == COUNT, 40, "all of them wait")
    assert list(REMINDERS.causes(db)) == ["23514 constraint ck_tasks_title"]
    assert attempts(db) <= 2 * COUNT + 200 * workers
    made = TEMPLATES.add(oracle, "made", 50, timedelta(milliseconds=200), timedelta(milliseconds=40))
    late = max(TEMPLATES.watch(db, made, 20).values())
    assert late < SECOND, f"a task is {late:.2f} s late"
    is_told(daemons, "remind", "23514", "ck_tasks_title")
    is_probed_now_and_then(db, daemons, workers)
    db.psql("alter table tasks drop constraint ck_tasks_title")
    took = all_goes_on(oracle, REMINDERS, due)
    for daemon in daemons:
        daemon.stop()
    tally(injected=COUNT, recovery=took, **oracle.check(daemons))


def test_two_causes_at_a_time(db, recurd, tally):
    """Fault 33: two migrations, each of which refuses other rows: each is told, and each goes on by its own mend."""
    oracle = Oracle(db)
    urgent = TEMPLATES.add(oracle, "urgent", 100, AGO)
    other = TEMPLATES.add(oracle, "other", 100, AGO)
    db.execute("update recurring_tasks set priority = 'urgent' where id like 'urgent%'")
    db.psql(
        "alter table tasks add constraint ck_tasks_urgent check (recurring_task_id is null or priority <> 'urgent') not valid,"
        " add constraint ck_tasks_other check (recurring_task_id is null or priority <> 'medium') not valid"
    )
    [daemon] = [recurd(db, **OPTIONS)]
    wanted = {"23514 constraint ck_tasks_urgent": 100, "23514 constraint ck_tasks_other": 100}
    wait_until(lambda: TEMPLATES.causes(db) == wanted, 40, "both are known")
    tried_for_long(db)
    db.psql("alter table tasks drop constraint ck_tasks_urgent")
    tried_for_long(db)
    let_pass(db, PAUSE)
    wait_until(lambda: len(TEMPLATES.done(db, urgent)) == 100, 30, "those go on")
    holds_for(lambda: not TEMPLATES.done(db, other), 1, "these wait")
    assert TEMPLATES.causes(db) == {"23514 constraint ck_tasks_other": 100}
    db.psql("alter table tasks drop constraint ck_tasks_other")
    took = all_goes_on(oracle, TEMPLATES, other)
    assert not left(db)
    daemon.stop()
    tally(injected=2, recovery=took, **oracle.check([daemon]))


@pytest.mark.parametrize("crowd", CROWDS.values(), ids=CROWDS)
def test_monitoring_is_told_why_and_of_how_many(db, recurd, tally, crowd):
    """Fault 33: what `recurctl status`, `status --check` and `list` say while 400 rows wait for one cause, and afterwards."""
    oracle = Oracle(db)
    due = crowd.add(oracle, "due", COUNT, AGO)
    db.psql("alter table tasks add constraint ck_tasks_title check (title = 'Project') not valid")
    daemon = recurd(db, **OPTIONS)
    wait_until(lambda: crowd.waiting(db) == COUNT, 40, "all of them wait")
    check = run_ctl(db, "status", "--check", expect=FOUND).text
    for text in (check, run_ctl(db, "status").text):
        assert "23514" in text and "ck_tasks_title" in text and str(COUNT) in text, text
    if crowd is TEMPLATES:
        assert len(run_ctl(db, "list", "--state", "waiting", "-n", "0").lines()) >= COUNT
    db.psql("alter table tasks drop constraint ck_tasks_title")
    tried_for_long(db)
    took = all_goes_on(oracle, crowd, due)
    run_ctl(db, "status", "--check", expect=OK)
    assert run_ctl(db, "list", "--state", "waiting", "-n", "0").code == OK
    daemon.stop()
    tally(injected=COUNT, recovery=took, **oracle.check([daemon]))
