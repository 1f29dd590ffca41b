"""One occurrence of a series: skipped, postponed, changed, and what is split off or made beside it."""
import json
import threading
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from harness.ctl import DATA, ctl_json, run_ctl
from harness.daemon import once

pytestmark = pytest.mark.slow

UTC = timezone.utc
START = datetime(2025, 1, 6, 9, tzinfo=UTC)
# What is daily from the sixth on, in each form that rules have.
FORMS = {
    "days": {"frequency": "daily", "end_date": "2025-01-31T23:59:59Z"},
    "jscalendar": {"@type": "RecurrenceRule", "frequency": "daily", "count": 20},
    "rrule": {"rrule": "FREQ=DAILY;COUNT=20"},
    "text": "FREQ=DAILY;COUNT=20",
    "lines": ["DTSTART:20250106T090000Z", "RRULE:FREQ=DAILY;COUNT=20", "RDATE:20250109T200000Z"],
    "cron": {"cron": "0 9 * * *"},
    "cron text": "0 9 * * *",
    "twice": json.dumps({"frequency": "daily"}),
    "overrides": {"frequency": "daily", "recurrenceOverrides": {"2025-01-20": {"excluded": True}}},
}


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
    whole.execute("delete from recurring_tasks; delete from tasks; delete from recurd.decisions; delete from recurd.notifications")
    whole.freeze(START - timedelta(days=1))
    return whole


def call(db, function, *args, **named):
    return db.value(f"select recurd.{function}({', '.join(['%s'] * len(args) + [f'{key} => %s' for key in named])})",
                    (*args, *named.values()))


def refused(db, *args, **named):
    with pytest.raises(psycopg.Error) as caught:
        call(db, *args, **named)
    error = caught.value.diag
    return error.message_primary + " | " + (error.message_detail or "") + " | " + (error.message_hint or "")


@pytest.mark.parametrize("instant", ["infinity", "-infinity", "294276-12-31 23:59:59.999999+00", "4713-01-01 00:00:00+00 BC", "9999-12-31 23:59:59+00"])
def test_instants_beyond_all_calendars(db, instant):
    """They were told as "timestamp out of range"."""
    template = db.add_template(START, FORMS["days"])
    for function, *more in (("skip",), ("unskip",), ("postpone", day(9)), ("change", "x"), ("split",)):
        assert "in the years 1 to 9999" in refused(db, function, template, instant, *more)
    assert "expected the instant to which" in refused(db, "postpone", template, day(8), instant) or "cannot be moved" in refused(
        db, "postpone", template, day(8), instant)


def test_an_override_that_is_no_date_is_named(db):
    for overrides in ({"2025-02-30T09:00:00": {}}, {"2025-02-20T09:00:00": {"start": "2025-02-20T25:00:00"}}):
        template = db.add_template(START, {"frequency": "daily", "recurrenceOverrides": overrides})
        odd = "2025-02-20T25:00:00" if "2025-02-30T09:00:00" not in overrides else "2025-02-30T09:00:00"
        for function, *more in (("skip",), ("postpone", day(9)), ("change", "x"), ("split",)):
            assert refused(db, function, template, day(8), *more).startswith(
                f'template {template}: recurrenceOverrides has "{odd}", which is no date and time |')


def test_texts_of_one_occurrence_have_no_control_characters(db):
    template = db.add_template(START, FORMS["days"])
    for title in ("a\nb", "a\tb", "a\x1b[31m", "a\x7f"):
        assert "title: expected characters that can be seen" in refused(db, "change", template, day(8), title=title)
    assert "description: expected text" in refused(db, "change", template, day(8), description="a\x1b[2J")
    call(db, "change", template, day(8), title="ä ✓", description="one\ttwo\r\nthree")


def test_a_day_to_which_a_calendar_shifts_is_no_occurrence(db):
    """Skipping Friday, to which Saturday's is shifted, was accepted and skipped nothing."""
    template = db.add_template(datetime(2025, 1, 4, 9, tzinfo=UTC), {"frequency": "weekly"})  # Saturdays
    at(db, datetime(2025, 1, 4, 10, tzinfo=UTC))
    db.execute("select recurd.set_policy(%s, 'shift', 'previous')", (template,))
    once(db)
    friday, saturday = day(10), day(11)
    assert "the next is at" in refused(db, "skip", template, friday)
    assert "is no occurrence" in run_ctl(db, "skip", template, friday.isoformat(), expect=DATA).errors
    call(db, "skip", template, saturday)
    assert list(db.value("select recurrence_rule->'recurrenceOverrides' from recurring_tasks")) == [f"{saturday:%Y-%m-%dT%H:%M:%S}"]
    at(db, day(20))
    assert made(db, template) == ["04.09", "17.09"]


@pytest.mark.parametrize("planned", [False, True], ids=["new", "planned"])
def test_every_form_of_rule(db, planned):
    """Skipped, moved, renamed, whatever the rule is written as, and whether a worker has seen it or not."""
    for name, rule in FORMS.items():
        db.add_template(START, json.dumps(rule), id=name)
    if planned:
        at(db, START)
    for name in FORMS:
        assert call(db, "skip", name, day(7)) == day(7)
        assert call(db, "postpone", name, day(8), day(8, 18)) == day(8)
        assert call(db, "change", name, day(9), title="other", priority="urgent") == day(9)
    at(db, day(10))
    for name in FORMS:
        extra = ["09.20"] if name == "lines" else []
        assert made(db, name) == ["06.09", "08.18", "09.09", *extra, "10.09"], name
        assert db.column("select title || ' ' || priority from tasks where recurring_task_id = %s and due_date = %s",
                         (name, day(9))) == ["other urgent"], name
        assert db.value("select failure from recurring_tasks where id = %s", (name,)) is None


def test_the_first_one_of_a_new_template(db):
    for name in ("skipped", "postponed"):
        db.add_template(START, {"frequency": "daily", "count": 3}, id=name)
    call(db, "skip", "skipped", START)
    call(db, "postpone", "postponed", START, day(6, 20))
    at(db, day(20))
    assert made(db, "skipped") == ["07.09", "08.09"]
    assert made(db, "postponed") == ["06.20", "07.09", "08.09"]


def test_what_was_missed_is_made(db):
    """No worker runs for days; an occurrence of next week is skipped meanwhile: the days before were lost by that."""
    db.add_template(START, {"frequency": "daily"}, id="t")
    at(db, START)
    db.freeze(day(9, 12))
    call(db, "skip", "t", day(14))
    call(db, "skip", "t", day(8))
    at(db, day(10))
    assert made(db, "t") == ["06.09", "07.09", "09.09", "10.09"]


def test_it_is_the_occurrence_that_stays(db):
    """By its own instant or by the one to which it was moved; moved again, taken back."""
    db.add_template(START, {"frequency": "daily", "timeZone": "America/New_York"}, id="t")
    at(db, START)
    call(db, "postpone", "t", day(7), day(8, 15))
    assert call(db, "postpone", "t", day(8, 15), day(8, 17)) == day(7)
    assert call(db, "change", "t", day(7), title="moved") == day(7)
    call(db, "postpone", "t", day(9), day(9, 20))
    call(db, "unskip", "t", day(9, 20))
    call(db, "skip", "t", day(10))
    call(db, "skip", "t", day(10))
    call(db, "unskip", "t", day(10))
    at(db, day(8, 17))
    assert made(db, "t") == ["06.09", "08.09", "08.17"]
    assert db.value("select title from tasks where due_date = %s", (day(8, 17),)) == "moved"
    assert "has been made: task" in refused(db, "skip", "t", day(8, 17))
    at(db, day(10))
    assert made(db, "t")[3:] == ["09.09", "10.09"]
    assert "as its rule says" in refused(db, "unskip", "t", day(20))


def test_an_instant_that_is_no_occurrence_means_nothing(db):
    """Nobody expands rules in SQL: nothing is added by what is said of an instant where there is nothing."""
    db.add_template(START, {"frequency": "daily"}, id="t")
    call(db, "skip", "t", day(7, 11))
    call(db, "change", "t", day(7, 10), title="x")
    call(db, "postpone", "t", day(7, 12), day(7, 13))
    at(db, day(8))
    assert made(db, "t") == ["06.09", "07.09", "08.09"]


REFUSALS = [
    (("skip", "nobody", day(8)), {}, "there is no template nobody"),
    (("skip", "t", None), {}, "expected a template's id"),
    (("skip", "t", "infinity"), {}, "expected a template's id"),
    (("skip", "t", day(6)), {}, "has been made: task"),
    (("skip", "t", day(1)), {}, "is past: the series has come to"),
    (("postpone", "t", day(8), day(6)), {}, "cannot be moved to"),
    (("postpone", "t", day(8), None), {}, "expected the instant to which"),
    (("postpone", "new", day(28), day(24)), {}, "The series begins at"),
    (("postpone", "berlin", day(8), datetime(2025, 10, 26, 1, 30, tzinfo=UTC)), {}, "shows that time twice"),
    (("change", "t", day(8)), {}, "expected a title, a description or a priority"),
    (("change", "t", day(8)), {"priority": "huge"}, "priority: expected low, medium, high or urgent, got 'huge'"),
    (("change", "t", day(8)), {"title": "x" * 201}, "title: expected 1 to 200 characters"),
    (("change", "out", day(8)), {"title": "x"}, "is left out |  | recurd.unskip() takes that back."),
    (("skip", "bad", day(8)), {}, "is in quarantine: recurrence_rule.frequency"),
    (("skip", "zone", day(8)), {}, "PostgreSQL has no time zone Nowhere/Land"),
    (("split", "t", day(6)), {}, "has come to"),
    (("split", "new", day(25)), {}, "nothing would be left before"),
    (("trigger", "nobody"), {}, "there is no template nobody"),
]


def test_refusals(db):
    for name, due, rule in (("t", START, {"frequency": "daily"}), ("berlin", START, {"frequency": "daily", "timeZone": "Europe/Berlin"}),
                            ("out", START, {"frequency": "daily", "recurrenceOverrides": {"2025-01-08T09:00:00": {"excluded": True}}}),
                            ("bad", START, {"frequency": "often"}), ("new", day(25), {"frequency": "daily"}),
                            ("zone", day(25), {"frequency": "daily", "timeZone": "Nowhere/Land"})):
        db.add_template(due, rule, id=name)
    at(db, START)
    for args, named, told in REFUSALS:
        assert told in refused(db, *args, **named), args


def test_thousands_are_told_the_limit(db):
    """A rule has 64 kB: 1,400 exclusions or so.  The one that is too much is refused, and the rule goes on working."""
    db.add_template(START, {"frequency": "hourly"}, id="t")
    at(db, START)
    db.execute("""update recurring_tasks set recurrence_rule = recurrence_rule || jsonb_build_object('recurrenceOverrides',
        (select jsonb_object_agg(to_char(timestamp '2025-01-06 09:00' + n * interval '1 h', 'YYYY-MM-DD"T"HH24:MI:SS'),
         '{"excluded": true}'::jsonb) from generate_series(1, 1515) n))""")
    for hour in range(1516, 1560):
        try:
            call(db, "skip", "t", START + timedelta(hours=hour))
        except psycopg.errors.ProgramLimitExceeded as error:
            assert "A rule has at most 65536 bytes" in error.diag.message_detail
            break
    assert 1516 < hour < 1559
    at(db, START + timedelta(hours=hour))
    assert made(db, "t") == ["06.09", f"{START + timedelta(hours=hour):%d.%H}"]


def test_two_sessions_lose_nothing(db):
    db.add_template(START, {"frequency": "daily"}, id="t")
    at(db, START)

    def skip(first):
        with db.connect() as conn:
            for number in range(first, 28, 2):
                conn.execute("select recurd.skip('t', %s)", (day(number),))
    threads = [threading.Thread(target=skip, args=(first,)) for first in (7, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    at(db, day(29))
    assert made(db, "t") == ["06.09", "28.09", "29.09"]


def test_within_the_transaction_of_the_application(db):
    """Rolled back, nothing happened; while it is open a worker leaves the template alone, and none waits for another."""
    db.add_template(START, {"frequency": "daily"}, id="t")
    at(db, START)
    with db.connect(autocommit=False) as conn:
        conn.execute("select recurd.skip('t', %s)", (day(7),))
        conn.execute("select recurd.trigger('t')")
        at(db, day(7))
        assert made(db, "t") == ["06.09"]
        conn.rollback()
    at(db, day(7))
    assert made(db, "t") == ["06.09", "07.09"]
    assert not db.rows("select from recurd.decisions where kind = 'triggered'")


def test_beside_a_worker_that_holds_the_row(db):
    """The call waits for the batch, and sees what it made."""
    db.add_template(START, {"frequency": "daily"}, id="t")
    at(db, START)
    failed = []
    with db.connect(autocommit=False) as worker:
        worker.execute("select from recurring_tasks where id = 't' for no key update")
        thread = threading.Thread(target=lambda: failed.append(refused(clone, "skip", "t", day(7))))
        clone = type(db)(db.cluster, db.name)
        thread.start()
        worker.execute("update recurring_tasks set made_through = %s where id = 't'", (day(7),))
        worker.commit()
        thread.join()
    clone.close()
    assert "is past" in failed[0]


def test_trigger(db):
    """An instance of now, told like any other; the series goes on as if nothing were, even at the same second."""
    db.add_template(START, {"frequency": "daily", "count": 3}, id="t", title="now")
    db.add_tag("t", f"red {db.value('select random()')}")
    at(db, START)
    first, second = call(db, "trigger", "t"), call(db, "trigger", "t")
    db.freeze(day(7))
    third = call(db, "trigger", "t")
    assert db.row("select title, due_date, recurring_task_id as t from tasks where id = %s", (first,)) == {
        "title": "now", "due_date": START, "t": "t"}
    assert db.value("select count(*) from task_tags where task_id = any(%s)", ([first, second, third],)) == 3
    assert db.value("select count(*) from recurd.notifications where kind = 'task_created' and task_id = any(%s)"
                    , ([first, second, third],)) == 3
    assert db.value("select count(*) from recurd.decisions where kind = 'triggered' and template_id = 't'") == 3
    at(db, day(20))
    assert made(db, "t") == ["06.09", "06.09", "06.09", "07.09", "07.09", "08.09"]


def test_split(db):
    """The old one ends where the new one begins: together they are what the one was, COUNT and overrides as well."""
    for form, rule in FORMS.items():
        db.add_template(START, json.dumps(rule), id=form, title="x", priority="high")
        db.add_template(START, json.dumps(rule), id=f"{form} whole")
    db.add_tag("days", "blue")
    at(db, day(7))
    for name in db.column("select id from recurring_tasks"):
        call(db, "skip", name, day(8))
        call(db, "skip", name, day(12))
        call(db, "postpone", name, day(13), day(13, 20))
    rests = {form: call(db, "split", form, day(11)) for form in FORMS}
    assert db.column("select title || ' ' || priority from recurring_tasks where id = %s", (rests["days"],)) == ["x high"]
    assert db.value("select count(*) from recurd.template_tags where recurring_task_id = %s", (rests["days"],)) == 1
    at(db, day(31, 10))
    for form, rest in rests.items():
        assert sorted(made(db, form) + made(db, rest)) == made(db, f"{form} whole"), form
        assert made(db, rest)[0] == "11.09" and made(db, form)[-1] == "10.09", form
        assert db.value("select ended_at from recurring_tasks where id = %s", (form,)) is not None


def test_what_is_split_off_is_edited_before_it_begins(db):
    """Whatever was edited in the rest, skipped, moved or renamed, brought up all that lay between now and its begin
    once more, beside those of the old one, and COUNT with it."""
    edits = {
        "skip": (("skip", day(13)), [11, 12, 14, 15]), "the first": (("skip", day(11)), [12, 13, 14, 15]),
        "change": (("change", day(13), "other"), [11, 12, 13, 14, 15]), "none": (None, [11, 12, 13, 14, 15]),
        "move": (("postpone", day(12), day(13, 9)), [11, 13, 13, 14, 15]), "rule": ("byHour", [11, 12, 13, 14, 15]),
    }
    for name in edits:
        db.add_template(START, {"frequency": "daily", "count": 10}, id=name)
    at(db, day(7))
    rests = {name: call(db, "split", name, day(11)) for name in edits}
    assert "has come to" in refused(db, "postpone", rests["skip"], day(12), day(9)), "no worker has seen it yet"
    other = call(db, "split", rests["none"], day(14), json.dumps({"frequency": "daily", "byHour": [9], "count": 2}))
    at(db, day(7, 10))
    for name, (edit, _) in edits.items():
        if edit == "byHour":
            db.execute("""update recurring_tasks set recurrence_rule = recurrence_rule || '{"byHour": [9]}' where id = %s""", (rests[name],))
        elif edit:
            call(db, edit[0], rests[name], *edit[1:])
    call(db, "skip", other, day(15))
    assert "has come to" in refused(db, "postpone", rests["skip"], day(12), day(9))
    for number in range(7, 17):
        at(db, day(number, 11))
    for name, (_, days) in edits.items():
        wanted = [f"{n:02}.09" for n in (days if name != "none" else [11, 12, 13])]
        assert (made(db, name), made(db, rests[name])) == (["06.09", "07.09", "08.09", "09.09", "10.09"], wanted), name
    assert made(db, other) == ["14.09"]
    before = [row["why"] for row in ctl_json(db, "explain", other, "--from", "2025-01-01") if row["verdict"] == "gone"]
    assert before and all("from which this one was split off" in why for why in before)


def test_a_move_beyond_what_the_series_has_come_to(db):
    """Its own date is past then.  Taken back, it was neither made nor told, and COUNT slid; left out, COUNT slid as well."""
    for name in ("taken back", "skipped", "moved again", "in time"):
        db.add_template(START, {"frequency": "daily", "count": 6}, id=name)
    at(db, START)
    for name in ("taken back", "skipped", "moved again", "in time"):
        call(db, "postpone", name, day(8), day(11, 12))
    assert call(db, "unskip", "in time", day(8)) == day(8)
    at(db, day(9, 10))
    told = refused(db, "unskip", "taken back", day(8))
    assert "its own time is past" in told and "Move it to another time, or skip it." in told
    call(db, "skip", "skipped", day(11, 12))
    call(db, "postpone", "moved again", day(8), day(10, 12))
    at(db, day(20))
    assert made(db, "taken back") == ["06.09", "07.09", "09.09", "10.09", "11.09", "11.12"]
    assert made(db, "skipped") == ["06.09", "07.09", "09.09", "10.09", "11.09"]
    assert made(db, "moved again") == ["06.09", "07.09", "09.09", "10.09", "10.12", "11.09"]
    assert made(db, "in time") == [f"{n:02}.09" for n in range(6, 12)]


def test_split_behind_one_that_was_moved_to_before_it(db):
    """tine20/tine20#5716: neither of the two had it.  What the refusal says to do is done, one way and the other."""
    for name in ("before it", "taken back"):
        db.add_template(START, {"frequency": "daily", "count": 8}, id=name)
    at(db, START)
    for name in ("before it", "taken back"):
        call(db, "postpone", name, day(11), day(8, 12))
        told = refused(db, "split", name, day(10))
        assert "was moved to" in told and "recurd.unskip()" in told
    rest = call(db, "split", "before it", day(8, 12))
    call(db, "unskip", "taken back", day(11))
    other = call(db, "split", "taken back", day(10))
    at(db, day(20))
    assert (made(db, "before it"), made(db, rest)) == (["06.09", "07.09", "08.09"], ["08.12", "09.09", "10.09", "12.09", "13.09"])
    assert (made(db, "taken back"), made(db, other)) == (["06.09", "07.09", "08.09", "09.09"], ["10.09", "11.09", "12.09", "13.09"])


ENDS = {
    "until": {"frequency": "daily", "until": "2025-01-10T09:00:00"},
    "date": {"frequency": "daily", "until": "2025-01-10"},
    "end_date": {"frequency": "daily", "end_date": "2025-01-10T23:59:59Z"},
    "object": {"rrule": "FREQ=DAILY;UNTIL=20250110T090000Z"},
    "text": "RRULE:FREQ=DAILY;UNTIL=20250110",
}


def test_a_series_that_is_split_behind_its_end_does_not_grow(db):
    """Its end was moved to there, so that it went on for months; so it was of one that was split twice at an instant."""
    for form, rule in ENDS.items():
        db.add_template(START, json.dumps(rule), id=form)
    for form in ENDS:
        assert "nothing of it would come" in refused(db, "split", form, day(20)), form
        assert "nothing of it would come" in run_ctl(db, "split", form, "2025-03-01T09:00:00Z", expect=65).errors
    rest = call(db, "split", "until", day(8))
    assert "ends at" in refused(db, "split", "until", day(8))
    assert call(db, "split", "date", day(10))
    db.add_template(START, json.dumps({"frequency": "daily", "count": 5}), id="count")
    assert "last occurrence at 2025-01-10T09" in run_ctl(db, "split", "count", "2025-03-01T09:00:00Z", expect=65).errors
    at(db, day(31))
    assert made(db, "until") + made(db, rest) == made(db, "text") == made(db, "count") == [f"{n:02}.09" for n in range(6, 11)]


def test_split_takes_a_rule_in_any_form_and_nothing_that_is_none(db):
    db.add_template(START, json.dumps({"frequency": "daily"}), id="t")
    for rule in ("3", "null", "[]", "true"):
        assert refused(db, "split", "t", day(20), rule).startswith("new_rule: expected a rule"), rule
    assert "tusday" in run_ctl(db, "split", "t", "2025-01-20T09:00:00Z", "every tusday", expect=65).errors
    rest = ctl_json(db, "split", "t", "2025-01-20T09:00:00Z", "every weekday at 10")[0]["id"]
    at(db, day(21, 12))
    assert made(db, rest) == ["20.10", "21.10"]


def test_split_with_another_rule(db):
    """From here on at another time, counted anew; what was missed of the old one is made."""
    db.add_template(START, {"frequency": "daily", "count": 9}, id="t")
    at(db, START)
    db.freeze(day(8, 12))
    rest = call(db, "split", "t", day(10), json.dumps({"frequency": "daily", "byHour": [15], "count": 2}))
    at(db, day(20))
    assert made(db, "t") == ["06.09", "07.09", "08.09", "09.09"]
    assert made(db, rest) == ["10.15", "11.15"]


def test_recurctl(db):
    """What SQL cannot tell recurctl does: an instant that is no occurrence is refused, with those around it."""
    db.add_template(START, {"frequency": "daily"}, id="t")
    at(db, START)
    ctl_json(db, "skip", "t", "2025-01-07T09:00:00Z")
    ctl_json(db, "skip", "t", "2025-01-08T10:00:00+01:00")
    ctl_json(db, "unskip", "t", "2025-01-08T09:00:00Z")
    ctl_json(db, "postpone", "t", "2025-01-08T09:00:00Z", "2025-01-08T12:00:00Z")
    ctl_json(db, "change", "t", "2025-01-08T12:00:00Z", "--title", "later")
    refusal = run_ctl(db, "skip", "t", "2025-01-09T10:00:00Z", expect=65).errors
    assert "is no occurrence of template \"t\"" in refusal
    assert "before it there is 2025-01-09T09:00:00Z; after it there is 2025-01-10T09:00:00Z" in refusal
    assert "is no occurrence" in run_ctl(db, "skip", "t", "2025-01-06T09:00:00Z", expect=65).errors
    assert "has come to" in run_ctl(db, "split", "t", "2025-01-06T09:00:00Z", expect=65).errors
    assert "there is no template" in run_ctl(db, "split", "nobody", "2025-01-09T10:00:00Z", expect=65).errors
    assert "frequency" in run_ctl(db, "split", "t", "2025-01-10T09:00:00Z", '{"frequency": "often"}', expect=65).errors
    rest = ctl_json(db, "split", "t", "2025-01-10T09:00:00Z")[0]["id"]
    task = ctl_json(db, "trigger", "t")[0]["id"]
    at(db, day(11))
    assert db.value("select title from tasks where due_date = %s", (day(8, 12),)) == "later"
    assert db.value("select recurring_task_id from tasks where id = %s", (task,)) == "t"
    assert made(db, "t") == ["06.09", "06.09", "08.12", "09.09"] and made(db, rest) == ["10.09", "11.09"]


def test_split_leaves_to_the_server_what_it_makes_by_itself(db):
    """Columns that are generated, and numbers that the server gives: none of them was to be written, and no split worked."""
    db.execute("alter table recurring_tasks add shout text generated always as (upper(title)) stored,"
               " add number bigint generated always as identity unique, add place serial unique, add note text")
    try:
        template = db.add_template(START, title="water", note="mine")
        rest = call(db, "split", template, day(9))
        one, two = (db.row("select shout, number, place, note from recurring_tasks where id = %s", (id,)) for id in (template, rest))
        assert (two["shout"], two["note"]) == ("WATER", "mine")
        assert one["number"] != two["number"] and one["place"] != two["place"]
    finally:
        db.execute("alter table recurring_tasks drop shout, drop number, drop place, drop note")


@pytest.mark.parametrize("instant", ["20000-01-01T09:00:00Z", "0044-03-15T09:00:00Z BC", "infinity"])
def test_instants_that_no_rule_can_name(db, instant):
    """They were written all the same: as one of another year, or as an end that put the series into quarantine."""
    template = db.add_template(START)
    before = db.row("select recurrence_rule, next_due_at from recurring_tasks")
    for args in (["skip", template, instant], ["change", template, instant, "Other"], ["split", template, instant],
                 ["postpone", template, instant, day(20)]):
        assert "the instant of an occurrence" in refused(db, *args)
    assert db.row("select recurrence_rule, next_due_at from recurring_tasks") == before
