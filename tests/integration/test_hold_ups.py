"""One row, one lock, one race must not hold up the rest.  Each of these once did."""

import shutil
from datetime import timedelta

import pytest

from harness.util import wait_until

AGO = timedelta(seconds=-1)
SOON = timedelta(seconds=1)


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


def refuse_titles(db, title):
    """A trigger of the application's that refuses to touch tasks of that title."""
    db.execute(
        f"""create function refuse() returns trigger language plpgsql as
            $$begin if new.title = '{title}' then raise exception 'not this one'; end if; return new; end$$"""
    )
    db.execute("create trigger refuse before update on tasks for each row execute function refuse()")


def test_a_reminder_that_the_server_refuses_waits_alone(db, recurd):
    """A trigger of the application refuses one of six: all six went without a word, for ever."""
    refuse_titles(db, "poison")
    poisoned = db.add_task(remind=AGO, title="poison")
    healthy = [db.add_task(remind=AGO) for _ in range(5)]
    daemon = recurd(db)
    wait_until(lambda: len(db.notifications("reminder")) == 5)
    assert {row["task_id"] for row in db.notifications("reminder")} == set(healthy)
    daemon.expect("reminder_refused", task=poisoned)
    db.execute("drop trigger refuse on tasks")
    daemon.expect("reminder", task=poisoned)


def test_the_reminder_that_is_refused_is_named_amid_a_backlog(db, recurd):
    """While there is plenty, every other batch is about what comes due now; the oldest of the backlog was blamed for it."""
    db.execute(
        "insert into tasks (id, title, user_id, is_complete, created_at, updated_at, remind_at)"
        " select 'old-' || i, 'Buy milk', %s, false, now(), now(), recurd.now() - interval '5 min'"
        " from generate_series(1, 1000) i",
        (db.add_user(),),
    )
    refuse_titles(db, "poison")
    daemon = recurd(db, batch_size=1)
    told = "select count(*) from recurd.notifications"
    wait_until(lambda: db.value(told) > 10)
    poisoned = db.add_task(remind=timedelta(milliseconds=50), title="poison")
    wait_until(lambda: db.value(told) == 1000)
    daemon.expect("reminder_refused", task=poisoned)
    daemon.stop()
    assert {line["task"] for line in daemon.seen("reminder_refused")} == {poisoned}


def test_a_reminder_that_waits_alone_and_was_told_already(db, recurd):
    """Its notification is there: it failed, others used up the caution that its next attempt needed, and so on for ever."""
    refuse_titles(db, "poison")
    poisoned = db.add_task(remind=AGO, title="poison")
    db.execute(
        "insert into recurd.notifications (key, kind, user_id, task_id, at)"
        " select recurd.notification_key('reminder', id, remind_at), 'reminder', user_id, id, remind_at from tasks"
    )
    daemon = recurd(db, poll_interval="20ms", log_level="debug")
    wait_until(lambda: db.column("select tries from recurd.waiting where id = %s", (poisoned,)) == [3], what="it is tried again and again")
    assert len([line for line in daemon.seen("reminder_refused", task=poisoned) if line.priority < 7]) == 1, "and told once"
    db.execute("drop trigger refuse on tasks")

    def handled(task):
        return db.task(task)["reminded_at"]

    def others_go_on():
        task = db.add_task(remind=AGO)
        wait_until(lambda: handled(task))
        return handled(poisoned)

    wait_until(others_go_on, 10, "it has its turn")
    daemon.stop()


def test_an_edited_template_that_waits_alone_is_tried_as_an_edited_one(db, recurd):
    """It was tried as a due one, found not to be due, and no longer waited: each attempt was the first, for ever."""
    template = db.add_template(AGO)
    daemon = recurd(db, poll_interval="50ms")
    wait_until(lambda: db.occurrences(template))
    db.execute("create sequence attempts")
    db.execute(
        """create function in_use() returns trigger language plpgsql as $$begin
             if old.replan_at is not null then
               perform nextval('attempts');
               raise exception 'in use' using errcode = '55P03';
             end if;
             return new;
           end$$"""
    )
    db.execute("create trigger in_use before update on recurring_tasks for each row execute function in_use()")
    db.update("recurring_tasks", template, recurrence_rule='{"frequency": "weekly"}')
    wait_until(lambda: db.value("select last_value from attempts") >= 4, what="it is tried again and again")
    assert len(daemon.seen("held", template=template)) == 1, "and told once"
    db.execute("drop trigger in_use on recurring_tasks")
    wait_until(lambda: db.value("select replan_at is null from recurring_tasks"), what="it is planned anew")
    daemon.stop()

def test_an_old_reminder_that_cannot_be_settled_stops_nothing(app_db, recurd):
    """Settling came before all other work, and tried the same batch again without a pause."""
    refuse_titles(app_db, "poison")
    app_db.add_task(remind=timedelta(days=-90), title="poison")
    daemon = recurd(app_db)
    template = app_db.add_template(timedelta(0))
    wait_until(lambda: app_db.occurrences(template))
    daemon.expect("reminder_refused")


def test_a_tag_that_goes_while_its_task_is_made_condemns_nobody(db, recurd):
    """The foreign key of the tag failed once, and a healthy template was in quarantine for good."""
    template = db.add_template(SOON)
    db.add_tag(template, "gone")
    holder = db.connect(autocommit=False)
    holder.execute("delete from task_tags")
    holder.execute("delete from tags")  # takes template_tags with it, once it is committed
    daemon = recurd(db)
    waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'recurd' and datname = current_database()"
    wait_until(lambda: db.rows(waits), what="the worker waits for the tag's row")
    holder.commit()
    wait_until(lambda: db.occurrences(template))
    assert db.template(template)["failed_at"] is None
    daemon.stop()


@pytest.mark.parametrize("run", range(3))
def test_many_sessions_may_start_first_together(app_db, recurd, run):
    """Who came second for live_since read nothing, and aborted."""
    daemon = recurd(app_db, "--once", connections=8, ready=False)
    assert daemon.wait() == 0
    assert app_db.value("select live_since is not null from recurd.settings")


def test_zone_data_are_applied_beside_an_application_that_holds_a_row(db, recurd, tmp_path):
    """Marking waited for the application's lock, and could make it the victim of a deadlock."""
    zones = tmp_path / "zoneinfo"
    for name in ("UTC", "Europe/Berlin"):
        (zones / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f"/usr/share/zoneinfo/{name}", zones / name)
    tmp_path.chmod(0o755)
    held = db.add_template(AGO, rule={"frequency": "daily", "timeZone": "Europe/Berlin"})
    free = db.add_template(AGO, rule={"frequency": "daily", "timeZone": "Europe/Berlin"})
    daemon = recurd(db, zoneinfo_dir=zones, heartbeat_interval="1s")
    wait_until(lambda: db.value("select count(*) from recurd.zones where name = 'Europe/Berlin'"))
    wait_until(lambda: db.occurrences(held) and db.occurrences(free))

    def due(template):  # replan_at is -infinity for a moment, which Python cannot read
        return db.value("select next_due_at from recurring_tasks where id = %s", (template,))

    before = {t: due(t) for t in (held, free)}
    holder = db.connect(autocommit=False)
    holder.execute("select * from recurring_tasks where id = %s for update", (held,))
    shutil.copy("/usr/share/zoneinfo/Europe/Moscow", zones / "fresh")
    (zones / "fresh").rename(zones / "Europe/Berlin")
    daemon.expect("tzdata_applied", zone="Europe/Berlin", held="1")
    wait_until(lambda: due(free) != before[free])
    holder.rollback()
    wait_until(lambda: due(held) != before[held])


BROKEN = ("insert into no_such_table values (1)", "raise exception 'as if the disk were full' using errcode = '53100'")


@pytest.mark.parametrize("failing", BROKEN, ids=["42P01", "53100"])
def test_a_trigger_that_fails_as_the_server_does_holds_up_one_row(db, recurd, failing):
    """An application's trigger lacks a table, or a right, for one row: it was taken for the server's trouble, and
    everybody waited with growing pauses for as long as the trigger stood."""
    db.psql(
        f"create function fail() returns trigger language plpgsql as $$ begin {failing}; return new; end $$;"
        "create trigger fail before insert or update on tasks for each row when (new.title = 'poison') execute function fail()"
    )
    poison = db.add_template(AGO, user=db.add_user(), title="poison")
    others = [db.add_template(AGO, user=db.add_user()) for _ in range(40)]
    daemon = recurd(db, batch_size=20)
    line = daemon.expect("refused", template=poison)
    assert line.priority == 3 and ("no_such_table" in line["reason"] or "disk" in line["reason"])
    wait_until(lambda: all(db.occurrences(other) for other in others), 5, "the others have theirs")
    db.execute("alter table tasks disable trigger fail")
    reminder = db.add_task(title="poison", remind=AGO)
    db.execute("alter table tasks enable trigger fail")
    healthy = [db.add_task(remind=AGO) for _ in range(5)]
    assert daemon.expect("reminder_refused", task=reminder).priority == 3
    wait_until(lambda: {row["task_id"] for row in db.notifications("reminder")} == set(healthy), 5, "the others are told")
    assert len(daemon.seen("batch_failed")) <= 4, "and it is not said again and again"
    db.execute("drop trigger fail on tasks")
    wait_until(lambda: db.occurrences(poison) and len(db.notifications("reminder")) == 6, what="mended, they come by themselves")
    daemon.stop()


def test_when_all_fail_nobody_is_to_blame(db, recurd):
    """The same failure over every row is the server's: attempts become rare, and all come when it is well."""
    db.psql(
        "create sequence attempts",
        "create function fail() returns trigger language plpgsql as"
        " $$ begin perform nextval('attempts'); raise exception 'as if the disk were full' using errcode = '53100'; end $$;"
        "create trigger fail before insert on tasks for each row execute function fail()"
    )
    templates = [db.add_template(AGO, user=db.add_user()) for _ in range(40)]
    daemon = recurd(db, batch_size=20)
    # It is told once as the server's trouble, once for all as a cause, and once of a row.
    line = daemon.expect("cause", kind="generate", sqlstate="53100", rows="40")
    assert line.priority == 3 and "disk" in line["reason"]
    told = [row["template"] for row in daemon.seen("refused")]
    assert len(told) == len(set(told)) and 1 <= len(daemon.seen("batch_failed")) <= 2
    before = db.value("select last_value from attempts")
    wait_until(lambda: db.value("select tries from recurd.causes") == 3, what="probes: after one second, and two more")
    assert db.value("select last_value from attempts") - before <= 4 * 20, "of sixteen rows each"
    assert db.column("select id from recurring_tasks where failed_at is not null") == []
    db.execute("drop trigger fail on tasks")
    wait_until(lambda: all(db.occurrences(template) for template in templates), what="all of them")
    daemon.expect("mended", kind="generate")
    daemon.stop()


def test_a_reminder_that_waits_for_a_lock_waits_alone(db, recurd):
    """A trigger of the application's wants a row that is locked: others' reminders came seconds late."""
    db.psql(
        "create table counters (id int primary key); insert into counters values (1);"
        "create function count_it() returns trigger language plpgsql as"
        " $$ begin if new.title = 'counted' then perform from counters for update; end if; return new; end $$;"
        "create trigger count_it before update on tasks for each row execute function count_it()"
    )
    with db.connect(autocommit=False) as holder:
        holder.execute("select from counters for update")
        held = db.add_task(title="counted", remind=AGO)
        others = [db.add_task(remind=AGO) for _ in range(30)]
        daemon = recurd(db)
        daemon.expect("reminder_refused", task=held, sqlstate="55P03")
        wait_until(lambda: {row["task_id"] for row in db.notifications("reminder")} == set(others), 5, "the others are told")
        holder.rollback()
    wait_until(lambda: len(db.notifications("reminder")) == 31, what="it comes by itself")
    daemon.stop()


def test_history_does_not_keep_from_what_is_due_now(app_db, recurd):
    """400,000 old reminders were marked handled before anything else: 17 s late was everybody else."""
    app_db.add_user("user-default")
    app_db.execute(
        "insert into tasks (id, title, user_id, is_complete, created_at, updated_at, remind_at)"
        " select 'old-' || i, 'x', 'user-default', false, now(), now(), now() - interval '2 h' from generate_series(1, 6000) i"
    )
    app_db.go_live()
    template, task = app_db.add_template(timedelta(0)), app_db.add_task(remind=timedelta(0))
    daemon = recurd(app_db, batch_size=100)
    wait_until(lambda: app_db.value("select count(*) from tasks where id like 'old-%%' and reminded_at is null") == 0, what="all are settled")
    wait_until(lambda: app_db.occurrences(template) and app_db.notifications("reminder"))
    order = [line["event"] for line in daemon.events if line["event"] in ("settled", "generated", "reminder")]
    assert order.index("reminder") < 10 and order.index("generated") < 10 and len(order) > 60
    assert [row["task_id"] for row in app_db.notifications("reminder")] == [task]
    daemon.stop()
