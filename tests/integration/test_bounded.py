"""What people and monitoring ask over and over costs the same at any size, and says the same as before.

recurd.status counted every template: a quarter of a second at a million of them, and again each minute.  A list of
a hundred read them all, too, and sorted them.  RECURD_ROWS=1000000 runs this at another size than the suite does.
"""

import json
import os
import random
import re
import sys
from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import FOUND, ctl_json, run_ctl
from harness.database import statement
from harness.migrate import migrate, step_file
from harness.util import SOURCE

sys.path.insert(0, str(SOURCE / "tests" / "bench"))

from data import forget_statistics, without_indexes

ROWS = int(os.environ.get("RECURD_ROWS", 60_000))
COUNTED, LISTED = 1000, 20
LARGE = {"tasks", "recurring_tasks", "reminders", "waiting", "notifications", "decisions"}
CURSOR = re.compile(r"^declare \w+ .*?cursor for\s", re.I | re.S)
PENDING = "remind_at is not null and not is_complete and (reminded_at is null or remind_at > reminded_at)"


def status_of_before():
    """The body of recurd.status as it counted everything."""
    text = step_file(23, "up").read_text()
    return re.search(r"create function recurd\.status_row\(\).*?as \$body\$(.*?)\$body\$", text, re.S)[1].replace("%1$I", "public")


def bounded_settings():
    """What recurctl switches on and off for such a transaction."""
    text = (SOURCE / "daemon/ctl/stream.c").read_text().replace('"\n', "")
    return re.findall(r"set local (?:enable_\w+|jit) = \w+", text)


# The same costs at any size --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large_db(cluster):
    db = cluster.create_migrated()
    db.add_user("u-1"), db.add_user("u-2")
    for table in ("tasks", "recurring_tasks", "recurd.waiting"):
        db.execute(f"alter table {table} set (autovacuum_enabled = off)")
    with without_indexes(db, "recurring_tasks"):
        db.execute("alter table recurring_tasks disable trigger all")
        # A third of those that are active at one instant, as at nine o'clock.
        db.execute(
            "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, is_active, ended_at, failed_at, failure, replan_at)"
            " select 't-' || i, 'u-' || 1 + i %% 2, 'x', '{}', now() + case when i %% 3 = 0 then interval '1 h'"
            " else random() * interval '9 days' - interval '1 day' end, i %% 10 > 1, case when i %% 10 = 0 then now() end,"
            " case when i %% 10 = 2 then now() end, case when i %% 10 = 2 then 'why' end, case when i %% 10 = 3 then now() end"
            " from generate_series(1, %s) i", (ROWS,))
        db.execute("alter table recurring_tasks enable trigger all")
    with without_indexes(db, "tasks"):
        db.execute("alter table tasks disable trigger all")
        db.execute(
            "insert into tasks (id, user_id, title, is_complete, created_at, updated_at, remind_at, recurring_task_id, occurrence_at)"
            " select 'k-' || i, 'u-' || 1 + i %% 2, 'x', false, now(), now(), case when i %% 2 = 0 then"
            " now() + random() * interval '9 days' - interval '1 day' end, case when i %% 10 = 1 then 't-3' end,"
            " now() + i * interval '1 s' from generate_series(1, %s) i", (ROWS,))
        db.execute("alter table tasks enable trigger all")
    db.execute(
        "insert into recurd.waiting (kind, id, user_id, cause, at, place)"
        " select case when substr(id, 3)::int % 4 = 1 then 'replan' else 'generate' end, id, user_id, '23514 ' || substr(id, 3)::int % 3,"
        " next_due_at, ctid from recurring_tasks where is_active and failed_at is null and substr(id, 3)::int % 4 = 1 and next_due_at > now()")
    # As many reminders beside those, told and pending.
    db.execute("alter table recurd.reminders set (autovacuum_enabled = off)")
    db.execute("insert into recurd.reminders (task_id, remind_at, reminded_at)"
               " select id, now() + random() * interval '9 days' - interval '1 day', case when random() < 0.5 then 'infinity'::timestamptz end from tasks")
    db.execute("insert into recurd.notifications (key, kind, user_id, task_id, at)"
               " select i, 'reminder', 'u-1', 'k', now() from generate_series(1, 20000) i")
    db.execute("insert into recurd.decisions (kind, template_id) select 'dropped', 't-3' from generate_series(1, 20000)")
    db.execute("insert into recurd.consumers (name) values ('slow')")
    yield db
    db.drop()


@pytest.fixture(scope="module", params=["none", "stale", "analysed"])
def known(large_db, request):
    """The same rows, and what the planner believes of them."""
    if request.param == "analysed":
        large_db.execute("vacuum analyze")
    else:
        forget_statistics(large_db, -1 if request.param == "none" else 100)
    return large_db


def _nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def rows_read(db, body, settings):
    """How many rows of large tables a statement looks at, by table; and the plan."""
    with db.connect(autocommit=False) as conn:
        for setting in settings:
            conn.execute(setting)
        (plan,) = conn.execute("explain (analyze, timing off, format json) " + body).fetchone().values()
        conn.rollback()
    read = {}
    for node in _nodes(plan[0]["Plan"]):
        if node.get("Relation Name") in LARGE:
            rows = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
            read[node["Relation Name"]] = read.get(node["Relation Name"], 0) + rows
    return read, json.dumps(plan, indent=1)


def literal(value):
    return "null" if value is None else f"'{value}'"


def filled(name, *values):
    body = CURSOR.sub("", statement(name)[1])
    for number in range(len(values), 0, -1):
        body = re.sub(rf"\${number}(?!\d)(?:::\w+)?", lambda _: f"({literal(values[number - 1])}::{kind(values[number - 1])})", body)
    return body


def kind(value):
    if isinstance(value, bool):
        return "boolean"
    return "bigint" if isinstance(value, int) else "timestamptz" if value and re.match(r"\d{4}-", value) else "text"


STATES = [None, "active", "paused", "ended", "quarantined", "waiting"]


@pytest.mark.slow
@pytest.mark.xdist_group("bounded_db")
@pytest.mark.parametrize("name, values, most", [
    *[("ctl_list_open", (None, state, LISTED), 40 * LISTED) for state in STATES],
    ("ctl_list_open", ("u-1", None, LISTED), 40 * LISTED),
    ("ctl_list_open", ("nobody", None, LISTED), LISTED),
    ("ctl_quarantined", (COUNTED,), COUNTED),
    ("ctl_causes", (), 3500),
    ("ctl_template", ("t-3",), COUNTED + 3),
    ("ctl_changes", ("t-3", LISTED), LISTED),
    ("ctl_decisions", ("t-3", LISTED, False), COUNTED),
    ("ctl_consumers", (), COUNTED + 2),
    ("ctl_waits", None, LISTED),
], ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else None)
def test_listings_read_what_they_show(known, name, values, most):
    if values is None:
        body = statement(name)[1].replace("$1", "'t-5'").replace("$2::text[]", "array['generate', 'replan']")
    else:
        body = filled(name, *values)
    read, plan = rows_read(known, body, bounded_settings())
    assert sum(read.values()) <= most, f"{read}\n{plan}"


def upcoming(user, until, limit=LISTED):
    body = CURSOR.sub("", statement("ctl_upcoming_open")[1])
    values = {"1": f"{literal(user)}::text", "2": f"{literal(until)}::timestamptz", "3": f"{limit}::bigint", "4": "null::bigint"}
    return re.sub(r"\$(\d)(?:::\w+)?", lambda found: f"({values[found[1]]})", body)


@pytest.mark.slow
@pytest.mark.xdist_group("bounded_db")
@pytest.mark.parametrize("user, until", [(None, None), ("u-2", None), ("nobody", None), (None, "2100-01-01")])
def test_upcoming_reads_what_it_shows(known, user, until):
    read, plan = rows_read(known, upcoming(user, until), bounded_settings())
    own = known.value("select 3 * count(*) from tasks where user_id = %s", (user,))  # with as many reminders beside them
    assert sum(read.values()) <= 10 * LISTED + own, f"{read}\n{plan}"


@pytest.mark.slow
@pytest.mark.xdist_group("bounded_db")
def test_the_function_upcoming_reads_what_it_shows(known):
    """The view has no limit: with a million templates it took up to 313 ms, by the planner's mood."""
    function = known.row("select prosrc, proconfig from pg_proc where oid = 'recurd.upcoming(integer)'::regprocedure")
    settings = [f"set local {setting}" for setting in function["proconfig"]]
    read, plan = rows_read(known, re.sub(r"\bcoalesce\(n, 20\)", str(LISTED), function["prosrc"]), settings)
    assert 0 < sum(read.values()) <= 5 * LISTED, f"{read}\n{plan}"


@pytest.mark.slow
@pytest.mark.xdist_group("bounded_db")
def test_status_counts_to_a_thousand(known):
    """Nine counts of a thousand and one, of which those of recurd.reminders look at the task, too, and five ends of an index."""
    function = known.row("select prosrc, proconfig from pg_proc where oid = 'recurd.status_figures()'::regprocedure")
    settings = [f"set local {setting}" for setting in function["proconfig"]]
    read, plan = rows_read(known, function["prosrc"], settings)
    assert read["recurring_tasks"] <= 5 * 1001 + 3 and read["tasks"] <= 3 * 1001 + 3 + 1001 + 101, f"{read}\n{plan}"
    assert read["notifications"] <= 1001 and read.get("reminders", 0) <= 1001 + 101, f"{read}\n{plan}"


# And says the same -----------------------------------------------------------------------------------


@pytest.fixture
def db(app_db):
    app_db.execute("set timezone = 'UTC'")
    app_db.add_user("u-1"), app_db.add_user("u-2")
    return app_db


def fill_at_random(db, rng):
    """Templates and tasks of every kind, those that nobody would make among them."""
    instants = ["now()", "now() - interval '1 h'", "now() + interval '1 h'", "'infinity'", "'-infinity'", "now() + interval '1 s'"]
    db.execute("truncate recurring_tasks, tasks, recurd.waiting, recurd.notifications cascade")
    db.execute("alter table recurring_tasks disable trigger user; alter table tasks disable trigger user")
    for number in range(rng.choice([0, 1, 40])):
        at, null = (lambda: rng.choice(instants)), (lambda share, value: value if rng.random() < share else "null")
        db.execute(
            "insert into recurring_tasks (id, user_id, created_at, title, recurrence_rule, next_due_at, is_active, ended_at, failed_at, replan_at)"
            f" values ('t-{number}', 'u-{rng.randint(1, 2)}', '2020-01-01', 'x', '{{}}', {at()}, {rng.random() < 0.6}, {null(0.3, 'now()')},"
            f" {null(0.2, 'now()')}, {null(0.2, 'now()')})")
        db.execute(
            "insert into tasks (id, user_id, title, is_complete, created_at, updated_at, remind_at, reminded_at)"
            f" values ('k-{number}', 'u-1', 'x', {rng.random() < 0.3}, now(), now(), {null(0.8, at())}, {null(0.3, at())})")
    db.execute("alter table recurring_tasks enable trigger user; alter table tasks enable trigger user")
    for kind in ("generate", "replan"):
        db.execute(f"insert into recurd.waiting (kind, id, cause, at, place) select '{kind}', id, 'c' || length(id), next_due_at,"
                   " case when random() < 0.7 then ctid else '(9,9)' end from recurring_tasks where random() < 0.3")
    db.execute("insert into recurd.notifications (key, kind, user_id, task_id, at, created_at)"
               " select i, 'reminder', 'u-1', 'k', now(), now() - i * interval '10 min' from generate_series(1, 9) i")


def test_more_reminders_count_as_the_tasks_own(db):
    """recurctl upcoming and herd knew of tasks.remind_at alone: who had three reminders a task saw one of them."""
    db.freeze(datetime(2025, 6, 2, 12, tzinfo=timezone.utc))
    db.execute("insert into tasks (id, user_id, title, is_complete, created_at, updated_at, remind_at)"
               " select 'k-' || i, 'u-1', 'x', i = 3, now(), now(), case when i = 1 then recurd.now() + interval '2 h' end from generate_series(1, 3) i")
    db.execute("insert into recurd.reminders (task_id, remind_at) select k, recurd.now() + at * interval '1 h'"
               " from (values ('k-1', -1), ('k-1', 1), ('k-2', 3), ('k-3', 1)) as r (k, at)")
    expected = [("k-1", 11), ("k-1", 13), ("k-1", 14), ("k-2", 15)]
    for user, wanted in ((["--user", "u-1"], expected), (["--user", "u-2"], []), ([], expected)):
        assert [(row["task_id"], int(row["at"][11:13])) for row in ctl_json(db, "upcoming", *user)] == wanted
    for listing in ("recurd.upcoming", "recurd.upcoming(20)", "recurd.web_upcoming(20)"):
        assert [(row["task_id"], row["at"].hour) for row in db.rows(f"select task_id, at from {listing} as u order by u.at")] == expected
    assert db.row("select reminders_pending, reminders_due, reminders_lag, next_remind_at - recurd.now() as next from recurd.status") == {
        "reminders_pending": 4, "reminders_due": 1, "reminders_lag": timedelta(), "next": timedelta(hours=1)}
    assert db.value("select sum(due) from recurd.web_minutes()") is None
    db.freeze(datetime(2025, 6, 2, 12, 0, 1, tzinfo=timezone.utc))
    assert db.value("select sum(due) from recurd.web_minutes()") == 1
    db.freeze(datetime(2025, 6, 2, 13, 30, tzinfo=timezone.utc))  # none of a complete task is late
    assert db.row("select reminders_due, reminders_lag from recurd.status") == {"reminders_due": 2, "reminders_lag": timedelta(hours=1.5)}
    db.freeze(datetime(2025, 6, 2, 12, tzinfo=timezone.utc))
    assert [(row["minute"][11:16], row["reminders"]) for row in sorted(ctl_json(db, "herd"), key=lambda row: row["minute"])] == [
        ("13:00", 1), ("14:00", 1), ("15:00", 1)]


LATE = "select extract(epoch from templates_lag)::int from recurd.status"


def test_nothing_is_late_before_anybody_asked_for_it(db):
    """A template that began years ago, a pause that ended, or a lead time of a month was an alarm when nothing was late."""
    now = datetime(2025, 6, 2, 12, tzinfo=timezone.utc)
    db.freeze(now)
    db.execute("update recurring_tasks set is_active = false")
    insert = ("insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, created_at, is_active)"
              " values (%s, 'u-1', 'x', '{\"frequency\": \"daily\"}', %s, %s, %s)")
    db.execute(insert, ("new", now - timedelta(days=3), now, True))
    assert db.value(LATE) == 0
    db.execute(insert, ("resumed", now - timedelta(days=3), now - timedelta(days=9), False))
    db.execute("select recurd.resume('resumed')")
    assert db.value(LATE) == 0
    db.execute(insert, ("ahead", now + timedelta(days=3), now - timedelta(days=9), True))
    db.execute("select recurd.set_policy('ahead', 'lead_time', '30 days')")
    assert db.value(LATE) == 0
    db.freeze(now + timedelta(minutes=4))
    assert db.value(LATE) == 240
    db.execute("delete from recurring_tasks where id <> 'ahead'")
    assert db.value(LATE) == 240
    db.execute("delete from recurring_tasks")
    db.execute(insert, ("old", now - timedelta(hours=1), now - timedelta(days=9), True))
    assert db.value(LATE) == 3600 + 240


STATE_OF_BEFORE = """
    select t.id, case when t.failed_at is not null then 'quarantined'
                      when exists (select from recurd.waiting as w where w.kind in ('generate', 'replan')
                                   and w.id = t.id and w.place = t.ctid) then 'waiting'
                      when t.ended_at is not null then 'ended' when not t.is_active then 'paused' else 'active' end as state
    from recurring_tasks as t order by t.next_due_at, t.id
"""


@pytest.mark.parametrize("seed", range(6))
def test_figures_and_lists_are_those_of_the_slow_definition(db, seed):
    rng = random.Random(seed)
    fill_at_random(db, rng)
    with db.connect(autocommit=False) as conn:
        was = conn.execute(f"select * from ({status_of_before()}) as s (now, live_since, templates, templates_active, templates_due,"
                           " templates_lag, templates_paused, templates_ended, templates_quarantined, templates_replan, next_due_at,"
                           " reminders_pending, reminders_due, reminders_lag, next_remind_at, workers_alive, workers_dead, last_seen_at,"
                           " notifications_last_hour, oldest_snapshot_age)").fetchone()
        now = conn.execute("select * from recurd.status").fetchone()
        was.pop("oldest_snapshot_age"), now.pop("oldest_snapshot_age")
        assert (now.pop("capped"), now.pop("estimates")) == ([], {})
        assert now == was
        expected = conn.execute(STATE_OF_BEFORE).fetchall()
        view = conn.execute("select kind, coalesce(task_id, template_id) as id, at::text, user_id from recurd.upcoming order by upcoming.at, id").fetchall()
        ordered = "select kind, coalesce(task_id, template_id) as id, at::text, user_id from recurd.upcoming({}) as u order by u.at, id"
        assert conn.execute(ordered.format(100000)).fetchall() == view
        ats = [row["at"] for row in view]
        assert [row["at"] for row in conn.execute(ordered.format(7)).fetchall()] == ats[:7]
        assert [row["at"] for row in conn.execute(ordered.format("")).fetchall()] == ats[:20]
        assert [len(conn.execute(ordered.format(n)).fetchall()) for n in ("null", 0, -1)] == [min(20, len(view)), 0, 0]
        for user in (None, "u-1", "u-2"):
            listed = conn.execute("select kind, coalesce(task_id, template_id) as id, at::text, user_id"
                                  f" from ({upcoming(user, None, 1000)}) as u (at, kind, user_id, template_id, task_id) order by u.at, id").fetchall()
            assert [row for row in view if user in (None, row["user_id"])] == listed
        conn.rollback()
    assert [(t["id"], t["state"]) for t in ctl_json(db, "list")] == [(row["id"], row["state"]) for row in expected]
    assert [t["id"] for t in ctl_json(db, "list", "-n", 0)] == [row["id"] for row in expected]
    for state in ("active", "paused", "ended", "quarantined", "waiting"):
        assert [t["id"] for t in ctl_json(db, "list", "--state", state)] == [row["id"] for row in expected if row["state"] == state]
    mine = db.column("select id from recurring_tasks where user_id = 'u-2'")
    for options in ([], ["--state", "quarantined"], ["--state", "waiting"]):
        listed = [(t["id"], t["state"]) for t in ctl_json(db, "list", "--user", "u-2", *options)]
        assert listed == [(row["id"], row["state"]) for row in expected if row["id"] in mine and row["state"] in (*options[1:], row["state"])[:1]]
    assert [t["id"] for t in ctl_json(db, "list", "-n", 7)] == [row["id"] for row in expected][:7]


@pytest.mark.parametrize("rows", [999, 1000, 1001])
def test_a_count_stops_at_a_thousand_and_says_so(db, rows):
    db.execute("update recurd.settings set live_since = now()")
    db.execute("insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, failed_at)"
               " select 't-' || i, 'u-1', 'x', '{}', now() - interval '1 s', now() from generate_series(1, %s) i", (rows,))
    db.execute("insert into recurd.waiting (kind, id, cause, place) select 'remind', i, 'c', '(0,1)' from generate_series(1, %s) i", (rows,))
    db.execute("insert into recurd.notifications (key, kind, user_id, task_id, at) select i, 'x', 'u', 'k', now() from generate_series(1, %s) i",
               (rows,))
    db.execute("insert into recurd.consumers (name) values ('slow')")
    db.add_template(timedelta(hours=1), id="t")
    db.execute("insert into tasks (id, user_id, title, is_complete, created_at, updated_at, recurring_task_id, occurrence_at)"
               " select 'k-' || i, 'u-1', 'x', false, now(), now(), 't', now() + i * interval '1 s' from generate_series(1, %s) i", (rows,))
    status, more = ctl_json(db, "status"), rows > 1000
    shown = min(rows, 1000)
    names = {"templates_quarantined", "reminders_waiting", "notifications_last_hour"}  # what waits of a cause may be of either
    assert {status[name] for name in names} == {shown}
    assert set(status["capped"]) == (names | {"templates", "templates_waiting"} if more else {"templates"} if rows == 1000 else set())
    assert [(c["rows"], c["rows_capped"]) for c in status["causes"]] == [(shown, more)]
    assert [(c["behind"], c["behind_capped"]) for c in ctl_json(db, "consumers")] == [(shown, more)]
    template = ctl_json(db, "show", "t")
    assert (template["tasks"], template["tasks_capped"]) == (shown, more)
    assert (f"{shown}+" in run_ctl(db, "status").text) == (more or rows == 1000)
    assert (f"{shown}+" in run_ctl(db, "consumers").text) == more
    assert (f"{shown}+" in run_ctl(db, "show", "t").text) == more
    db.execute("vacuum analyze recurring_tasks")
    if more:
        status = ctl_json(db, "status")
        assert status["estimates"]["templates_quarantined"] == rows
        assert f"templates_quarantined {rows}" in run_ctl(db, "status").text


def test_a_threshold_beyond_what_is_counted_is_still_kept(db):
    """--max-failures may be larger than the view's count goes."""
    db.execute("insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, failed_at)"
               " select 't-' || i, 'u-1', 'x', '{}', now() - interval '1 s', now() from generate_series(1, 1500) i")
    for allowed, words in ((0, "1000+ templates in quarantine (limit 0)"), (999, "1000+ templates"), (1000, "1001+ templates"),
                           (1499, "1500+ templates in quarantine (limit 1499)")):
        assert words in run_ctl(db, "status", "--check", "--max-failures", allowed, expect=FOUND).text
    for allowed in (1500, 2**63 - 1):
        assert "quarantine" not in run_ctl(db, "status", "--check", "--max-failures", allowed, expect=FOUND).text


def test_causes_without_number_are_no_more_than_two_hundred(db):
    """A trigger of the application's that names a constraint of its own for each row."""
    db.execute("insert into recurd.waiting (kind, id, cause, place) select 'remind', i, '23514 constraint c' || i, '(0,1)' from generate_series(1, 300) i")
    status = ctl_json(db, "status")
    assert len(status["causes"]) == 200
    assert status["reminders_waiting"] == 200 and "reminders_waiting" in status["capped"]


def test_what_others_built_on_the_view_stays(empty_db):
    """The view is replaced, not made anew: a view of the application's on it, and rights, stay."""
    migrate(empty_db, "up", "--to", 30)
    empty_db.execute("create view lag as select templates_lag, templates from recurd.status; create role looks; grant select on recurd.status to looks")
    try:
        migrate(empty_db, "up", "--to", 33)
        assert empty_db.row("select * from lag") == {"templates_lag": None, "templates": 0}
        assert empty_db.value("select has_table_privilege('looks', 'recurd.status', 'select')")
        empty_db.execute("drop view lag")
        migrate(empty_db, "down", "--to", 30)
    finally:
        empty_db.execute("drop owned by looks; drop role looks")


def test_an_interrupted_step_finds_its_own_indexes(empty_db):
    """Killed between its last index and its record, a step took its own indexes for somebody else's, and was refused."""
    migrate(empty_db, "up", "--to", 33)
    empty_db.execute("update recurd.migrations set applied_at = null where number = 33")
    assert migrate(empty_db, "up", "--to", 33).states == {33: "finished"}
    migrate(empty_db, "up")
    assert migrate(empty_db, "verify").json["good"]
