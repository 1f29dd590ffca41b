"""Policies of a template: what is made of what is late, while a task is open, ahead of time, later than others; and
what becomes of it when they change.

The business clock stands still; recurd --once does what is due at that instant.
"""

import threading
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from harness.ctl import ctl_json, run_ctl
from harness.daemon import once, parse_log, run_recurd
from harness.database import statement
from harness.util import wait_until

pytestmark = pytest.mark.slow

UTC = timezone.utc
MONDAY = datetime(2025, 2, 3, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DAILY = {"frequency": "daily"}


@pytest.fixture(scope="module")
def shared(cluster):
    db = cluster.create_migrated()
    db.freeze(MONDAY - 400 * DAY)
    db.go_live()
    yield db
    db.drop()


@pytest.fixture
def db(shared):
    """Nothing in it, on MONDAY, one second past ten."""
    shared.execute("delete from tasks; delete from recurring_tasks; delete from recurd.decisions")
    shared.freeze(MONDAY + timedelta(seconds=1))
    return shared


def policed(db, due=MONDAY, rule=DAILY, **policies):
    template = db.add_template(due, rule)
    columns = ", ".join(policies)
    db.execute(
        f"insert into recurd.policies (template_id, {columns}) values (%s, {', '.join(['%s'] * len(policies))})",
        (template, *policies.values()),
    )
    return template


def made(db, template):
    return [row["occurrence_at"] for row in db.rows(
        "select occurrence_at from tasks where recurring_task_id = %s order by occurrence_at", (template,))]


def decisions(db, template):
    return [(row["kind"], row["occurrences"], row["detail"]) for row in db.rows(
        "select kind, occurrences, detail from recurd.decisions where template_id = %s order by id", (template,))]


def wake(db, template):
    return db.value("select wake_at from recurring_tasks where id = %s", (template,))


def test_what_a_lead_time_has_due_is_not_late(db):
    """Whoever asked for a month ahead had thirty tasks that were told weeks late."""
    template = db.add_template(MONDAY + DAY, DAILY)
    once(db)
    db.execute("select recurd.set_policy(%s, 'lead_time', '30 days')", (template,))
    late = [int(line["late_ms"]) for line in once(db) if line["event"] == "generated"]
    assert len(late) == len(made(db, template)) == 30 and max(late) < 60_000
    db.freeze(MONDAY + DAY + 2 * HOUR)
    assert [int(line["late_ms"]) // 1000 for line in once(db) if line["event"] == "generated"] == [7200]


def test_without_policies_wake_at_stays_null(db):
    template = db.add_template(MONDAY, DAILY)
    once(db)
    assert made(db, template) == [MONDAY] and wake(db, template) is None


@pytest.mark.parametrize("policies, wanted, decided", [
    ({"catch_up": "all"}, [-3, -2, -1, 0], []),
    ({"catch_up": "latest"}, [-1, 0], [("coalesced", 2, None)]),
    ({"catch_up": "none"}, [0], [("dropped", 3, "late, and catch_up is none")]),
    ({"catch_up_window": "40 hours"}, [-1, 0], [("dropped", 2, "later than catch_up_window")]),
    ({"catch_up_cap": 2}, [-2, -1, 0], [("dropped", 1, "beyond catch_up_cap")]),
    ({"overlap": "skip"}, [-3], [("overlapped", 3, None)]),
    ({"overlap": "replace"}, [0], [("overlapped", 3, None)]),
], ids=str)
def test_what_is_late(db, policies, wanted, decided):
    """Three days late, and what is on time today: that is made whatever is said of what is late."""
    template = policed(db, MONDAY - 3 * DAY, **policies)
    once(db)
    assert made(db, template) == [MONDAY + days * DAY for days in wanted]
    assert decisions(db, template) == decided
    assert wake(db, template) == MONDAY + DAY


def test_skip_until_the_task_is_completed(db):
    template = policed(db, overlap="skip")
    once(db)
    for day in (1, 2):
        db.freeze(MONDAY + day * DAY + HOUR)
        once(db)
    assert made(db, template) == [MONDAY] and decisions(db, template) == [("overlapped", 1, None)] * 2
    db.execute("update tasks set is_complete = true")
    db.freeze(MONDAY + 3 * DAY + HOUR)
    once(db)
    assert made(db, template) == [MONDAY, MONDAY + 3 * DAY]


def test_replace_completes_the_open_one_in_the_same_write(db):
    template = policed(db, overlap="replace")
    once(db)
    first = db.value("select id from tasks")
    db.freeze(MONDAY + DAY)
    once(db)
    assert [(row["is_complete"], row["completed_at"] is not None) for row in db.rows(
        "select is_complete, completed_at from tasks order by occurrence_at")] == [(True, True), (False, False)]
    assert decisions(db, template) == [("superseded", 0, first)]
    assert made(db, template) == [MONDAY, MONDAY + DAY]


def test_lead_makes_it_ahead_and_grows_and_shrinks(db):
    """Nothing comes twice and nothing is left out, whichever way lead goes; what lies ahead is never late."""
    template = policed(db, MONDAY + 2 * DAY, lead_time="1 day", catch_up="none")
    once(db)
    assert made(db, template) == [] and wake(db, template) == MONDAY + DAY
    db.execute("update recurd.policies set lead_time = interval '4 days'")
    assert wake(db, template) == MONDAY + timedelta(seconds=1)
    once(db)
    assert made(db, template) == [MONDAY + day * DAY for day in (2, 3, 4)]
    assert wake(db, template) == MONDAY + DAY
    assert db.value("select count(*) from tasks where due_date = occurrence_at") == 3
    db.execute("update recurd.policies set lead_time = null")
    once(db)
    assert made(db, template) == [MONDAY + day * DAY for day in (2, 3, 4)]
    assert wake(db, template) == MONDAY + 5 * DAY
    db.freeze(MONDAY + 5 * DAY)
    once(db)
    assert made(db, template) == [MONDAY + day * DAY for day in (2, 3, 4, 5)] and decisions(db, template) == []


def test_a_rule_that_is_edited_makes_nothing_again_that_was_made_ahead(db):
    template = policed(db, lead_time="3 days")
    once(db)
    assert made(db, template) == [MONDAY + day * DAY for day in range(4)]
    db.execute("update recurring_tasks set recurrence_rule = '{\"frequency\": \"daily\", \"interval\": 2}'")
    once(db)
    db.freeze(MONDAY + 3 * DAY)
    once(db)
    assert made(db, template) == [MONDAY + day * DAY for day in (0, 1, 2, 3, 4, 6)]


def test_jitter_is_later_by_the_same_time_every_day(db):
    template = policed(db, jitter="1 hour")
    once(db)
    first = wake(db, template)
    assert made(db, template) == [] and MONDAY < first < MONDAY + HOUR
    db.freeze(first)
    once(db)
    assert made(db, template) == [MONDAY] and wake(db, template) == first + DAY
    assert db.value("select due_date from tasks") == MONDAY


def test_jitter_that_is_larger_than_the_interval(db):
    template = policed(db, rule={"frequency": "hourly"}, jitter="1 day")
    once(db)
    spread = wake(db, template) - MONDAY
    for hour in range(30):
        db.freeze(MONDAY + spread + hour * HOUR)
        once(db)
    assert made(db, template) == [MONDAY + hour * HOUR for hour in range(30)] and decisions(db, template) == []


def test_the_end_of_a_rule_comes_with_its_last_task(db):
    template = policed(db, rule={"frequency": "daily", "count": 3}, lead_time="7 days")
    once(db)
    assert made(db, template) == [MONDAY + day * DAY for day in range(3)]
    row = db.row("select is_active, ended_at is not null as ended, wake_at from recurring_tasks")
    assert not row["is_active"] and row["ended"] and row["wake_at"] is not None


@pytest.mark.parametrize("policy, wanted", [(None, [0, 4]), ("none", [0, 4]), ("latest", [0, 3, 4]), ("all", [0, 1, 2, 3, 4])])
def test_what_fell_into_a_pause(db, policy, wanted):
    template = policed(db, overlap="allow", pause_catch_up=policy)
    once(db)
    db.freeze(MONDAY + HOUR)
    db.execute("update recurring_tasks set is_active = false")
    db.freeze(MONDAY + 3 * DAY + HOUR)
    once(db)
    db.execute("update recurring_tasks set is_active = true")
    once(db)
    db.freeze(MONDAY + 4 * DAY)
    once(db)
    assert made(db, template) == [MONDAY + day * DAY for day in wanted]


def test_policies_come_and_go(db):
    """The template changes its path, and is made the same on either."""
    template = db.add_template(MONDAY, DAILY)
    once(db)
    db.execute("insert into recurd.policies (template_id) values (%s)", (template,))
    once(db)
    assert wake(db, template) == MONDAY + DAY
    db.freeze(MONDAY + DAY)
    once(db)
    db.execute("delete from recurd.policies")
    assert wake(db, template) is None
    db.freeze(MONDAY + 2 * DAY)
    once(db)
    assert made(db, template) == [MONDAY + day * DAY for day in range(3)]
    db.execute("insert into recurd.policies (template_id) values (%s)", (template,))
    db.execute("delete from recurring_tasks")
    assert db.value("select count(*) from recurd.policies") == 0


def test_an_application_that_saves_what_it_read_does_not_lose_them(db):
    """An ORM writes all of a row; a copy of it takes wake_at along."""
    template = policed(db, lead_time="1 day")
    once(db)
    db.execute("update recurring_tasks set wake_at = null, next_due_at = next_due_at")
    assert wake(db, template) == MONDAY + timedelta(seconds=1)
    db.execute("update recurring_tasks set wake_at = 'infinity'")
    assert wake(db, template) == MONDAY + timedelta(seconds=1)
    once(db)
    assert wake(db, template) == MONDAY + DAY
    db.execute(
        "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, wake_at)"
        " select 'copy', user_id, title, recurrence_rule, next_due_at, wake_at from recurring_tasks"
    )
    assert wake(db, "copy") is None


@pytest.mark.parametrize("column, value", [
    ("catch_up", "some"), ("catch_up_window", "-1 day"), ("catch_up_cap", 0), ("overlap", "queue"), ("lead_time", "-1 hour"),
    ("lead_time", "2 years"), ("jitter", "2 days"), ("shift", "up"), ("pause_catch_up", "most"), ("remind_before", ["400 days"]),
    ("remind_before", ["1 min"] * 21), ("remind_before", [None]), ("paused_until", "infinity"), ("calendar", ""),
])
def test_what_is_no_policy_is_refused(db, column, value):
    with pytest.raises(psycopg.errors.CheckViolation, match=f"ck_policies_{column}"):
        policed(db, **{column: value})


def test_a_pause_with_an_end(db):
    """It ends then, whoever was down meanwhile: what comes at its end is made, what fell into it is not."""
    template = db.add_template(MONDAY, DAILY)
    once(db)
    until = MONDAY + 3 * DAY
    db.execute("select set_config('recurd.actor', 'Ann', false); select recurd.pause(%s, reason => 'holiday', until => %s)"
               .replace("%s", "'" + template + "'", 1).replace("%s", "'" + until.isoformat() + "'"))
    row = db.row("select pause_reason, paused_by, paused_until from recurd.policies")
    assert row == {"pause_reason": "holiday", "paused_by": "Ann", "paused_until": until}
    db.freeze(MONDAY + 2 * DAY)
    once(db)
    assert made(db, template) == [MONDAY]
    db.freeze(MONDAY + 5 * DAY)
    log = once(db)
    assert [line["template"] for line in log if line["event"] == "resumed"] == [template]
    assert made(db, template) == [MONDAY + day * DAY for day in (0, 3, 4, 5)]
    assert ("paused", 2, None) in decisions(db, template)
    assert db.value("select count(*) from recurd.policies") == 0 and wake(db, template) is None


def test_a_pause_that_somebody_prolongs_while_it_ends(db):
    """He had committed before the worker locked the template: its pause was ended all the same, and what he said lost."""
    template = policed(db, lead_time=HOUR)
    db.execute("select recurd.pause(%s, 'holiday', %s)", (template, MONDAY + HOUR))
    db.freeze(MONDAY + DAY)
    _, body = statement("resume_due")
    held = "where (select true from pg_advisory_lock_shared(45)) and p.paused_until is not null"
    body = body.replace("where p.paused_until is not null", held).replace("$1", "1000")
    with db.connect() as holder, db.connect() as worker:
        holder.execute("select pg_advisory_lock(45)")
        ending = threading.Thread(target=worker.execute, args=(body,))
        ending.start()
        wait_until(lambda: db.value("select exists (select from pg_locks where locktype = 'advisory' and not granted)"), what="it waits")
        db.execute("select recurd.pause(%s, 'longer', %s)", (template, MONDAY + 30 * DAY))
        holder.execute("select pg_advisory_unlock(45)")
        ending.join()
    assert not db.value("select is_active from recurring_tasks")
    assert db.row("select pause_reason, paused_until from recurd.policies") == {
        "pause_reason": "longer", "paused_until": MONDAY + 30 * DAY}


def test_what_cannot_be_resumed_is_in_nobody_s_way(db):
    """One that a trigger of the application's refuses stays paused, and says why; no pause of others ended for it."""
    refused, other = (policed(db, lead_time=HOUR) for _ in range(2))
    for template in (refused, other):
        db.execute("select recurd.pause(%s, until => %s)", (template, MONDAY + HOUR))
    db.freeze(MONDAY + DAY)
    db.execute("create function enough() returns trigger language plpgsql as $$ begin raise 'at most five of them'; end $$")
    db.execute(f"create trigger enough before update on recurring_tasks for each row when (new.is_active and new.id = '{refused}')"
               " execute function enough()")
    try:
        done = run_recurd("--foreground", "--once", db=db)
        log = parse_log(done.stderr)
        assert done.returncode == 69
        assert [line["template"] for line in log if line["event"] == "resumed"] == [other]
        told = {(line["template"], line["sqlstate"], line["reason"]) for line in log if line["event"] == "refused"}
        assert told == {(refused, "P0001", "at most five of them")}
        assert db.column("select id from recurring_tasks where not is_active") == [refused]
    finally:
        db.execute("drop function enough cascade")
    once(db)
    assert db.column("select id from recurring_tasks where not is_active") == []


@pytest.mark.parametrize("when", [HOUR, 5 * HOUR], ids=["before", "behind"])
def test_any_number_that_cannot_be_resumed_is_in_nobody_s_way(db, when):
    """A batch full of such was tried again and again, the oldest first, then the newest first: who stood at the other end
    stayed paused for ever."""
    db.add_templates(1500, MONDAY - db.now(), prefix="bad")
    other = policed(db, lead_time=HOUR)
    db.execute("update recurring_tasks set is_active = false")
    db.execute("insert into recurd.policies (template_id, paused_until) select id, %s::timestamptz + random() * interval '1 hour'"
               " from recurring_tasks on conflict (template_id) do update set paused_until = excluded.paused_until", (MONDAY + 2 * HOUR,))
    db.execute("update recurd.policies set paused_until = %s where template_id = %s", (MONDAY + when, other))
    db.freeze(MONDAY + DAY)
    db.execute("create function enough() returns trigger language plpgsql as $$ begin raise 'at most five of them'; end $$")
    db.execute("create trigger enough before update on recurring_tasks for each row when (new.is_active and new.id like 'bad%')"
               " execute function enough()")
    _, body = statement("resume_due")
    try:
        for _ in range(60):  # a half of those behind the newest half are tried each time
            db.execute(body.replace("$1", "1000::bigint"))
            if db.value("select is_active from recurring_tasks where id = %s", (other,)):
                break
        assert db.column("select id from recurring_tasks where is_active") == [other]
    finally:
        db.execute("drop function enough cascade")


def test_resumed_by_hand_before_its_end(db):
    template = policed(db, catch_up="latest")
    db.execute("select recurd.pause(%s, 'x', %s)", (template, MONDAY + 9 * DAY))
    db.execute("select recurd.resume(%s)", (template,))
    assert db.value("select is_active from recurring_tasks")
    row = db.row("select catch_up, pause_reason, paused_until from recurd.policies")
    assert row == {"catch_up": "latest", "pause_reason": None, "paused_until": None}
    db.execute("update recurd.policies set paused_until = %s", (MONDAY,))
    once(db)
    assert db.value("select paused_until from recurd.policies") is None, "of a template that is active"
    assert wake(db, template) == MONDAY + DAY


@pytest.mark.parametrize("call, words", [
    ("pause('none')", "no recurring task with the id \"none\""), ("resume('none')", "no recurring task with the id"),
    ("pause('t', until => '2020-01-01')", "until: expected an instant after"), ("pause('over')", "has ended"),
    ("resume('over')", "has ended"), ("set_policy('t', 'leed', '1 h')", "no policy \"leed\""),
    ("set_policy('none', 'overlap', 'skip')", "no recurring task"), ("set_policy('t', 'overlap', 'queue')", "overlap: expected allow, skip or replace"),
    ("set_policy('t', 'lead_time', 'soon')", "lead_time: expected an interval from 0 to 366 days, got \"soon\""),
    ("set_policy('t', 'calendar', 'moon')", "calendar: there is no calendar \"moon\""),
    ("set_policy('t', 'catch_up_cap', '1e9')", "catch_up_cap: expected a number"),
    ("set_policy('t', 'remind_before', '1 h,soon')", "remind_before: expected up to 20 intervals"),
])
def test_wrong_calls_say_what_was_expected(db, call, words):
    db.execute("update recurring_tasks set id = 't' where id = %s", (db.add_template(MONDAY, DAILY),))
    db.execute("update recurring_tasks set id = 'over', ended_at = now(), is_active = false where id = %s", (db.add_template(MONDAY, DAILY),))
    with pytest.raises(psycopg.Error) as raised:
        db.execute("select recurd." + call)
    assert words in raised.value.diag.message_primary


def test_set_policy(db):
    template = db.add_template(MONDAY, DAILY)
    for key, value in (("lead_time", "2h"), ("remind_before", "10 min, -1 h"), ("catch_up_cap", "3"), ("overlap", "skip")):
        db.execute("select recurd.set_policy(%s, %s, %s)", (template, key, value))
    row = db.row("select lead_time, remind_before, catch_up_cap, overlap from recurd.policies")
    assert row == {"lead_time": 2 * HOUR, "remind_before": [timedelta(minutes=10), -HOUR], "catch_up_cap": 3, "overlap": "skip"}
    for key in ("lead_time", "remind_before", "catch_up_cap", "overlap"):
        db.execute("select recurd.set_policy(%s, %s, '')", (template, key))
    assert db.value("select count(*) from recurd.policies") == 0, "a row that says nothing goes"
    assert wake(db, template) is None


def test_a_policy_that_is_written_while_a_batch_plans_by_another(db):
    """The batch holds the template; it finds another version when it writes, and the template is looked at again."""
    template = policed(db, MONDAY + 2 * DAY, overlap="allow")
    claim = ("select p.xmin::text::bigint from recurring_tasks t join recurd.policies p on p.template_id = t.id"
             " for no key update of t")
    with db.connect(autocommit=False) as batch, db.connect() as writer:
        batch.execute(claim)
        writer.execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            writer.execute("update recurd.policies set lead_time = interval '3 days'")
    db.execute("update recurd.policies set lead_time = interval '3 days'")
    once(db)
    assert made(db, template) == [MONDAY + day * DAY for day in (2, 3)]


def test_recurctl(db):
    template = db.add_template(MONDAY, DAILY)
    assert ctl_json(db, "policy", template)["catch_up"] is None
    row = ctl_json(db, "policy", template, "lead_time=2h", "overlap=skip", "remind_before=10min,-1h")
    assert (row["lead_time"], row["overlap"]) == (7200, "skip") and row["wake_at"] is not None
    assert ctl_json(db, "policy", template, "overlap=")["overlap"] is None
    row = ctl_json(db, "pause", template, "--until", "3d", "--reason", "holiday")
    assert (row["is_active"], row["pause_reason"], row["paused_until"]) == (False, "holiday", "2025-02-06T10:00:01Z")
    assert ctl_json(db, "resume", template)["is_active"]
    for args, words in ((("policy", template, "leed=1"), 'no policy "leed"'), (("policy", "none"), 'no template "none"'),
                        (("policy", template, "overlap=queue"), "expected allow, skip or replace"),
                        (("pause", template, "--until", "2020-01-01"), "until: expected an instant after")):
        answer = run_ctl(db, *args, expect=65)
        assert words in answer.errors


def test_four_workers_one_of_which_is_killed_again_and_again(db, recurd):
    """A week of thirty series with every policy there is; each occurrence once, and one open task where there may be one."""
    kinds = ({"overlap": "skip"}, {"overlap": "replace"}, {"lead_time": "3 hours"}, {"jitter": "30 min"}, {"catch_up": "latest"},
             {"lead_time": "2 days", "jitter": "1 day", "catch_up": "all", "catch_up_cap": 5})
    templates = [(policed(db, MONDAY + HOUR, {"frequency": "hourly"}, **kinds[i % len(kinds)]), kinds[i % len(kinds)]) for i in range(30)]
    workers = [recurd(db, poll_interval="200ms") for _ in range(4)]
    for step in range(8):
        db.freeze(MONDAY + timedelta(hours=step, minutes=40))
        workers[step % 4].kill()
        workers[step % 4] = recurd(db, poll_interval="200ms")
        wait_until(lambda: db.value("select count(*) from recurring_tasks where is_active and wake_at <= recurd.now()") == 0, timeout=20)
    now = MONDAY + timedelta(hours=7, minutes=40)
    assert db.value("select count(*) from (select 1 from tasks group by recurring_task_id, occurrence_at having count(*) > 1) x") == 0
    assert db.value("select count(*) from recurring_tasks where failed_at is not null") == 0
    for template, policies in templates:
        hours = [(at - MONDAY) / HOUR for at in made(db, template)]
        open_n = db.value("select count(*) from tasks where recurring_task_id = %s and not is_complete", (template,))
        if policies.get("overlap") == "skip":
            assert hours == [1]
        elif policies.get("overlap") == "replace":
            assert hours == list(range(1, 8)) and open_n == 1
        elif policies == {"lead_time": "3 hours"}:
            assert hours == list(range(1, 11))
        elif policies == {"jitter": "30 min"} or policies == {"catch_up": "latest"}:
            assert hours == list(range(1, 8))
        else:
            assert hours == list(range(1, len(hours) + 1)) and wake(db, template) > now


@pytest.mark.parametrize("settings, wanted", [
    ({"default_catch_up": "latest"}, [-1, 0]), ({"default_catch_up": "none"}, [0]), ({"default_catch_up_window": "40 hours"}, [-1, 0]),
    ({"default_catch_up": "none", "catch_up_grace": "86400 s"}, [-1, 0] ),
], ids=str)
def test_what_the_settings_say_holds_without_policies(db, settings, wanted):
    template = db.add_template(MONDAY - 3 * DAY + timedelta(seconds=1), DAILY)
    other = policed(db, MONDAY - 3 * DAY, catch_up="all", catch_up_window="10 days")
    for key, value in settings.items():
        db.execute(f"update recurd.settings set {key} = %s", (value,))
    once(db)
    db.execute("update recurd.settings set default_catch_up = null, default_catch_up_window = null, catch_up_grace = null")
    assert made(db, template) == [MONDAY + days * DAY + timedelta(seconds=1) for days in wanted]
    assert made(db, other) == [MONDAY + days * DAY for days in (-3, -2, -1, 0)]
    assert wake(db, template) is None


def test_pauses_that_nobody_can_end_are_in_nobodys_way(db):
    """A batch full of those that a trigger of the application's refused came first, again and again."""
    db.add_templates(1000, MONDAY, users=1)
    good = db.add_template(MONDAY, DAILY, title="good")
    db.execute("insert into recurd.policies (template_id, paused_until) select id, recurd.now() + case when title = 'good' then interval '2 h'"
               " else interval '1 h' end from recurring_tasks; update recurring_tasks set is_active = false")
    db.execute("create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not yet'; end $$;"
               " create trigger refuse before update on recurring_tasks for each row"
               " when (new.is_active and not old.is_active and new.title <> 'good') execute function refuse()")
    try:
        db.freeze(MONDAY + DAY)
        assert run_recurd("--foreground", "--once", db=db).returncode == 69
        assert db.column("select id from recurring_tasks where is_active") == [good]
    finally:
        db.execute("drop trigger refuse on recurring_tasks; drop function refuse()")
