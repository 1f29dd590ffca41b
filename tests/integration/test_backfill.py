"""A span of the past is made because somebody asks: what was decided against, once each, whoever asks how often."""

import json
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from harness.ctl import DATA, ctl_json, run_ctl
from harness.daemon import once
from harness.util import wait_until

pytestmark = pytest.mark.slow

UTC = timezone.utc
START = datetime(2025, 1, 6, 9, tzinfo=UTC)


def day(number, hour=9):
    return datetime(2025, 1, number, hour, tzinfo=UTC)


def at(db, instant, **options):
    db.freeze(instant)
    once(db, **options)


def made(db, template):
    return [f"{due:%d.%H}" for due in db.column(
        "select due_date at time zone 'UTC' from tasks where recurring_task_id = %s order by due_date, id", (template,))]


@pytest.fixture(scope="module")
def whole(cluster):
    database = cluster.create_migrated()
    database.freeze(START - timedelta(days=3))
    once(database)
    yield database
    database.drop()


@pytest.fixture
def db(whole):
    whole.execute("delete from recurring_tasks; delete from tasks; delete from recurd.decisions; delete from recurd.notifications;"
                  " delete from recurd.changes; delete from recurd.calendars; delete from recurd.made_today")
    whole.freeze(START - timedelta(days=1))
    return whole


def ask(db, template, since, until):
    return db.value("select recurd.backfill(%s, %s, %s)", (template, since, until))


def request(db, request):
    return db.row("select * from recurd.backfills where id = %s", (request,))


def series(db, id="t", rule=None, policies="", due=START, **columns):
    db.add_template(due, json.dumps(rule or {"frequency": "daily"}), id=id, **columns)
    for policy in policies.split():
        db.execute("select recurd.set_policy(%s, %s, %s)", (id, *policy.split("=")))


def missed(db, until=16, **kwargs):
    """A template that was made on the sixth, and of which nobody made anything until then."""
    series(db, policies="catch_up=none", **kwargs)
    at(db, START)
    at(db, day(until, 12))


def test_what_was_decided_against_is_made(db):
    """Missed with catch_up none; each has its notification, and explain says who asked for it."""
    db.add_user("ann")
    missed(db, user="ann")
    db.add_tag("t", "tagged", user="ann")
    assert made(db, "t") == ["06.09"]
    db.execute("select set_config('recurd.actor', 'ann', false)")
    asked = ask(db, "t", day(8, 0), day(12, 23))
    db.execute("select set_config('recurd.actor', '', false)")
    once(db)
    assert made(db, "t") == ["06.09", "08.09", "09.09", "10.09", "11.09", "12.09"]
    row = request(db, asked)
    assert (row["made"], row["present"], row["left_out"], row["outcome"]) == (5, 0, 0, "done")
    assert db.value("select count(distinct task_id) from recurd.notifications where kind = 'task_created' and template_id = 't'") == 6
    assert db.value("select count(*) from task_tags") == 5
    decision, = db.rows("select * from recurd.decisions where kind = 'backfilled'")
    assert (decision["by"], decision["occurrences"], decision["first_at"], decision["last_at"]) == ("ann", 5, day(8), day(12))
    told = ctl_json(db, "explain", "t", "--from", "2025-01-06", "--to", "2025-01-16")
    verdicts = {entry["occurrence_at"][8:10]: (entry["verdict"], entry["kind"], entry["by"]) for entry in told}
    assert verdicts["08"] == ("made", "backfilled", "ann")
    assert verdicts["07"][0] == "dropped" and verdicts["13"][0] == "dropped", "what nobody asked for stays as it was"


def test_asked_again_nothing_is_made_twice(db):
    """The same span, overlapping ones, several under way at a time: each occurrence once, each told once."""
    missed(db)
    first = ask(db, "t", day(7, 0), day(10, 0))
    assert ask(db, "t", day(7, 0), day(10, 0)) == first, "under way: the same request"
    ask(db, "t", day(8, 0), day(12, 0))
    once(db)
    again = ask(db, "t", day(7, 0), day(12, 0))
    assert again != first
    once(db)
    assert made(db, "t") == ["06.09", "07.09", "08.09", "09.09", "10.09", "11.09"]
    assert (request(db, again)["made"], request(db, again)["present"]) == (0, 5)
    assert db.value("select count(*) from recurd.notifications") == 6
    # Deleted, and asked for anew: it is there again, and was told before.
    db.execute("delete from tasks where occurrence_at = %s", (day(9),))
    ask(db, "t", day(7, 0), day(12, 0))
    once(db)
    assert made(db, "t") == ["06.09", "07.09", "08.09", "09.09", "10.09", "11.09"]
    assert db.value("select count(*) from recurd.notifications") == 6


def test_runs_of_decisions_end_where_there_was_an_instance(db):
    """What came at its time does not count as backfilled."""
    series(db)
    for date in (6, 7, 8, 9, 10):
        at(db, day(date))
    db.execute("delete from tasks where occurrence_at in (%s, %s, %s)", (day(7), day(9), day(10)))
    ask(db, "t", day(6, 0), day(10, 9))
    once(db)
    assert [(d["first_at"].day, d["last_at"].day, d["occurrences"]) for d in db.decisions("t", "backfilled")] == [(7, 7, 1), (9, 10, 2)]


def test_excluded_ones_stay_out_and_changed_ones_are_as_changed(db):
    rule = {"frequency": "daily", "count": 8, "recurrenceOverrides": {
        "2025-01-08T09:00:00": {"excluded": True}, "2025-01-09T09:00:00": {"title": "Another"},
        "2025-01-10T09:00:00": {"start": "2025-01-10T15:00:00"}}}
    missed(db, rule=rule)
    before = db.row("select next_due_at, used_count, made_through, ended_at from recurring_tasks")
    asked = ask(db, "t", day(1), day(16))
    once(db)
    assert made(db, "t") == ["06.09", "07.09", "09.09", "10.15", "11.09", "12.09", "13.09"]
    assert db.value("select title from tasks where occurrence_at = %s", (day(9),)) == "Another"
    assert db.value("select occurrence_at from tasks where due_date = %s", (day(10, 15),)) == day(10), "moved: its identity is the nominal one"
    assert request(db, asked)["left_out"] == 1
    assert db.row("select next_due_at, used_count, made_through, ended_at from recurring_tasks") == before, "COUNT does not slide"


def test_calendars_and_shifts_are_those_of_now(db):
    """The eleventh of January 2025 is a Saturday."""
    missed(db)
    db.execute("select recurd.set_policy('t', 'shift', 'next')")
    ask(db, "t", day(10, 0), day(12, 23))
    once(db)
    assert made(db, "t") == ["06.09", "10.09", "13.09", "13.09"], "two that are shifted onto one day stay two"
    db.execute("delete from tasks where occurrence_at > %s", (day(7),))
    db.execute("select recurd.set_policy('t', 'shift', 'skip')")
    asked = ask(db, "t", day(10, 0), day(13, 23))
    once(db)
    assert made(db, "t") == ["06.09", "10.09", "13.09"]
    assert request(db, asked)["left_out"] == 2


def test_a_pause_is_made_while_it_lasts_and_not_again_behind_it(db):
    """What falls into a pause is made because somebody asks; whoever resumes with catch_up all gets no second one."""
    series(db, policies="pause_catch_up=all")
    at(db, START)
    db.freeze(day(7, 0))
    db.execute("select recurd.pause('t')")
    at(db, day(10, 12))
    ask(db, "t", day(7, 0), day(9, 0))
    once(db)
    assert made(db, "t") == ["06.09", "07.09", "08.09"]
    db.execute("select recurd.resume('t')")
    once(db)
    assert made(db, "t") == ["06.09", "07.09", "08.09", "09.09", "10.09"]
    assert db.value("select count(*) from recurd.waiting") == 0


def test_what_is_due_comes_by_itself(db):
    """Of a template that is behind, a worker says first what becomes of it: here it is dropped, and made then."""
    series(db, policies="catch_up=none")
    at(db, START)
    db.freeze(day(9, 12))
    asked = ask(db, "t", day(6, 0), day(9, 0))
    once(db)
    db.freeze(day(9, 13))
    once(db)
    assert made(db, "t") == ["06.09", "07.09", "08.09"] and request(db, asked)["outcome"] == "done"


def test_reminders_of_the_past_are_not_made(db):
    """Those that come after the due date, and are still to come, are."""
    missed(db)
    db.execute("select recurd.set_policy('t', 'remind_before', '1 hour, -10 days')")
    ask(db, "t", day(7, 0), day(8, 0))
    once(db)
    assert db.column("select remind_at from recurd.reminders") == [day(17)]
    assert db.column("select reminded_at from recurd.reminders") == [None]


def test_a_request_has_limits(db):
    """Small batches; as much as one request may; as much as a user may have a day."""
    missed(db, rule={"frequency": "hourly"})
    asked = ask(db, "t", day(7, 0), day(14, 0))
    db.execute("update recurd.backfills set made = 9990")
    once(db, batch_size=3)
    row = request(db, asked)
    assert (row["made"], row["outcome"], row["through"]) == (10000, "capped", day(7)) and "from there on" in row["detail"]
    db.execute("update recurd.settings set max_instances_per_user_day = 25")
    try:
        db.execute("delete from recurd.made_today; insert into recurd.made_today (user_id, day, made, limited)"
                   " select user_id, (recurd.now() at time zone 'UTC')::date, 20, 0 from recurring_tasks")
        asked = ask(db, "t", row["through"], day(14, 0))
        once(db)
        limited = request(db, asked)
        assert (limited["made"], limited["outcome"]) == (5, "limited") and "tomorrow" in limited["detail"]
        assert db.value("select made from recurd.made_today") == 25
    finally:
        db.execute("update recurd.settings set max_instances_per_user_day = null")


def test_what_the_tables_refuse_ends_the_request_with_the_reason(db):
    """And holds up nobody else's."""
    missed(db)
    series(db, id="other", policies="catch_up=none")
    at(db, day(16, 13))
    db.execute("alter table tasks add constraint no_ninth check (due_date <> '2025-01-09T09:00:00Z') not valid")
    try:
        broken, good = ask(db, "t", day(6, 0), day(10, 0)), ask(db, "other", day(7, 0), day(8, 0))
        once(db)
        row = request(db, broken)
        assert row["outcome"] == "failed" and "no_ninth" in row["detail"] and row["made"] == 0
        assert request(db, good)["outcome"] == "done"
    finally:
        db.execute("alter table tasks drop constraint no_ninth")
    again = ask(db, "t", day(6, 0), day(10, 0))
    once(db)
    assert request(db, again)["made"] == 3


def test_a_series_that_moved_and_changed_is_that_of_then(db):
    """Its zone was another, and its rule: what was due then is due then, and what came is not made again an hour off."""
    series(db, rule={"frequency": "daily", "timeZone": "Europe/Berlin"})
    for date in (6, 7, 8):
        at(db, day(date))
    db.execute("update recurring_tasks set recurrence_rule = %s", (json.dumps({"frequency": "daily", "timeZone": "Europe/London"}),))
    for date in (9, 10, 11):
        at(db, day(date, 12))
    before = made(db, "t")
    asked = ask(db, "t", day(6, 0), day(11, 12))
    once(db)
    assert made(db, "t") == before and request(db, asked)["made"] == 0
    db.execute("delete from tasks where occurrence_at in (%s, %s)", (day(7), day(10, 10)))
    ask(db, "t", day(6, 0), day(11, 12))
    once(db)
    assert made(db, "t") == before


REFUSED = {
    "nothing there": ("none", day(6), day(7), "there is no template none"),
    "backwards": ("t", day(7), day(6), "before it begins"),
    "ahead": ("t", day(20), day(21), "comes by itself"),
    "infinite": ("t", "-infinity", day(6), "two instants"),
    "null": ("t", None, day(6), "two instants"),
    "quarantine": ("broken", day(6), day(7), "Mend its rule first"),
}


def test_wrong_arguments_are_refused(db):
    series(db)
    series(db, id="broken", rule={"frequency": "often"})
    at(db, day(16))
    for template, since, until, words in REFUSED.values():
        with pytest.raises(psycopg.Error) as caught:
            ask(db, template, since, until)
        assert words in caught.value.diag.message_primary + (caught.value.diag.message_hint or "")
    asked = ask(db, "t", day(6), day(30))
    assert request(db, asked)["asked_to"] == day(16), "never beyond now"


def test_recurctl_backfill(db):
    """A dry run says what would be made; the request shows how far it came."""
    missed(db)
    would = ctl_json(db, "backfill", "t", "--from", "2025-01-08", "--to", "2025-01-09", "--dry-run")
    assert [entry["occurrence_at"] for entry in would] == ["2025-01-08T09:00:00Z", "2025-01-09T09:00:00Z"]
    assert db.value("select count(*) from recurd.backfills") == 0
    asked, = ctl_json(db, "backfill", "t", "--from", "2025-01-08", "--to", "2025-01-09")
    assert asked["outcome"] is None and asked["made"] == 0
    once(db)
    done, = ctl_json(db, "backfill", "t")
    assert (done["id"], done["made"], done["outcome"]) == (asked["id"], 2, "done")
    assert "comes by itself" in run_ctl(db, "backfill", "t", "--from", "2026-01-08", expect=DATA).errors
    assert "there is no template" in run_ctl(db, "backfill", "none", "--from", "2025-01-08", "--dry-run", expect=DATA).errors


WAKES = {
    "skip": "recurd.skip('skip', '2025-01-09T09:00:00Z')",
    "postpone": "recurd.postpone('postpone', '2025-01-10T09:00:00Z', '2025-01-10T10:00:00Z')",
    "change": "recurd.change('change', '2025-01-11T09:00:00Z', title => 'x')",
    "split": "recurd.split('split', '2025-01-12T09:00:00Z')",
    "backfill": "recurd.backfill('t', '2025-01-01', '2025-01-02')",
    "remind": "recurd.remind('k', '2025-01-06T09:00:02Z')",
    "snooze": "recurd.snooze('k', '2025-01-06T09:00:02Z')",
}


def heard(db, *calls):
    """What comes of it on both channels, and what the last one answers."""
    notes = []
    with db.connect() as listener:
        listener.add_notify_handler(lambda note: notes.append((note.channel, note.payload)))
        listener.execute("listen recurd")
        listener.execute("listen recurd_wake")
        for call in calls:
            answer = db.value(f"select {call}")
        listener.execute("select 1")
        wait_until(lambda: listener.execute("select 1") and notes, what=f"{calls} is heard")
    return sorted(notes), answer


def test_verbs_wake_idle_workers(make_db):
    """With the step "wakeup".  Of an instance that was made by hand, listeners heard nothing."""
    db = make_db(optional=("wakeup",))
    db.freeze(START + timedelta(seconds=1))
    for template in ("t", "skip", "postpone", "change", "split"):
        series(db, template)
    once(db)
    db.add_task(id="k")
    for verb, call in WAKES.items():
        assert heard(db, call)[0] == [("recurd_wake", "")], verb
    notes, task = heard(db, "recurd.trigger('t')")
    assert notes[1:] == [("recurd_wake", "")]
    assert json.loads(notes[0][1]) == {"kind": "task_created", "count": 1, "tasks": [task]}
    db.execute("update recurring_tasks set is_active = false, next_due_at = recurd.now()")
    assert heard(db, "recurd.resume('t')")[0] == [("recurd_wake", "")]


def test_four_workers_killed_in_the_midst(app_db, recurd):
    """kill -9 of four workers at it, again and again: each occurrence once, with one notification."""
    app_db.go_live(app_db.now() - timedelta(days=30))
    begin = app_db.now().replace(microsecond=0) - timedelta(days=10)
    for n in range(4):
        series(app_db, id=f"t{n}", rule={"frequency": "hourly"}, policies="catch_up=none", due=begin)
    once(app_db)
    for n in range(4):
        app_db.value("select recurd.backfill(%s, %s, recurd.now())", (f"t{n}", begin))
    pending = "select count(*) from recurd.backfills where finished_at is null"
    for _ in range(2):
        daemons = [recurd(app_db, batch_size=5, poll_interval="50ms", worker_name=f"w{n}") for n in range(4)]
        before = app_db.value("select count(*) from tasks")
        wait_until(lambda: app_db.value("select count(*) from tasks") > before + 100 or app_db.value(pending) == 0)
        for daemon in daemons:
            daemon.kill()
    last = recurd(app_db, poll_interval="50ms")
    wait_until(lambda: app_db.value(pending) == 0, what="all that was asked for is made")
    last.stop()
    assert app_db.rows("select recurring_task_id from tasks group by 1 having count(*) < 239 or count(*) <> count(distinct occurrence_at)") == []
    assert app_db.value("select count(*) from recurd.notifications") == app_db.value("select count(*) from tasks")
    assert app_db.value("select sum(occurrences) from recurd.decisions where kind = 'backfilled'") == app_db.value("select sum(made) from recurd.backfills")
    assert app_db.value("select sum(made + present) from recurd.backfills") == app_db.value("select count(*) from tasks")
