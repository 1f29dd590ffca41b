"""Nobody waits for somebody else's flood: which batch the others are in, counted, not timed.

A batch is a transaction; what it wrote has its number in the order of the notifications.  The clock stands still, so
that everything is due from the beginning.
"""

from datetime import timedelta

import pytest

from harness.daemon import once, run_recurd
from harness.util import wait_until

FLOOD, OTHERS, BATCH = 800, 30, 100
KINDS = ["templates", "reminders"]


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=2))
    app_db.freeze(app_db.now())
    app_db.execute(
        'insert into "user" (email, name, id, "emailVerified", "createdAt", "updatedAt")'
        " select i || '@example.org', 'u', i, true, now(), now()"
        " from (select 'flood-' || n from generate_series(1, 10) n union all select 'u-' || n from generate_series(1, 400) n) x (i)"
    )
    return app_db


def add(db, kind, who, n, instant, users=1):
    """n rows; instant: of the i-th of them, as SQL; T is now, long ago by the clock of the next test."""
    instant = instant.replace("T", "recurd.now() - interval '1 hour'")
    user = f"'{who}-' || (1 + i %% {users})"
    if kind == "templates":
        db.execute(
            "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, created_at)"
            f" select %s || '-t-' || i, {user}, 'x', '{{\"frequency\": \"yearly\"}}', {instant}, recurd.now() - interval '1 day'"
            f" from generate_series(1, {n}) i", (who,),
        )
    else:
        db.execute(
            "insert into tasks (id, user_id, title, is_complete, created_at, updated_at, remind_at)"
            f" select %s || '-r-' || i, {user}, 'x', false, now(), now(), {instant} from generate_series(1, {n}) i", (who,),
        )


def batches(db):
    """For each batch in turn how many rows of the flood were in it, and how many of others."""
    rows = db.rows(
        "select count(*) filter (where user_id like 'flood%') as flood, count(*) filter (where user_id not like 'flood%') as others"
        " from recurd.notifications group by xmin order by min(id)"
    )
    return [(row["flood"], row["others"]) for row in rows]


def last_of_others(found):
    return max(number for number, (_, others) in enumerate(found, 1) if others)


def check_all(found, flood=FLOOD, others=OTHERS):
    assert tuple(map(sum, zip(*found))) == (flood, others), "each of them once"


SHAPES = {  # the flood's instants, the others', users who have a flood, and the batch that has the last of the others
    "one instant, the others later": ("T", "T + interval '1 s'", 1, 2),
    "one instant, the others in it": ("T", "T", 1, 2),
    "spread, the others amid it": ("T + i * interval '1 ms'", f"T + ({FLOOD} - i) * interval '1 ms'", 1, 3),
    "spread, the others later": ("T - i * interval '1 s'", "T + i * interval '1 ms'", 1, 2),
    "ten floods": ("T", "T + interval '1 s'", 10, 5),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flood, others, users, by", SHAPES.values(), ids=SHAPES)
def test_the_others_come_with_the_batch_behind_the_one_that_shows_the_flood(db, kind, flood, others, users, by):
    add(db, kind, "flood", FLOOD, flood, users)
    add(db, kind, "u", OTHERS, others, users=OTHERS)
    log = once(db, batch_size=BATCH)
    found = batches(db)
    assert last_of_others(found) <= by, found
    check_all(found)
    told = [line for line in log if line["event"] == "flood"]
    assert len(told) == users and told[0]["user"].startswith("flood-")


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_share_the_order_of_instants_is_all(db, kind):
    """As it was for everybody: the others came when the last of the flood was done."""
    add(db, kind, "flood", FLOOD, "T")
    add(db, kind, "u", OTHERS, "T + interval '1 s'", users=OTHERS)
    log = once(db, batch_size=BATCH, user_share="100%")
    assert batches(db)[-1] == (0, OTHERS)
    assert not [line for line in log if line["event"] == "flood"]


@pytest.mark.parametrize("kind", KINDS)
def test_others_without_end_do_not_starve_the_flood_either(db, kind):
    """Who is marked has the share of each batch, and no more as long as others wait."""
    add(db, kind, "flood", FLOOD, "T")
    add(db, kind, "u", 400, "T + interval '1 s'", users=400)
    once(db, batch_size=BATCH, user_share="20%")
    found = batches(db)
    check_all(found, others=400)
    amid = found[1:last_of_others(found) - 1]
    assert len(amid) > 3
    for flood, others in amid:
        assert others > 0 and 0 < flood <= 0.2 * (flood + others) + 1, found


def test_a_herd_of_many_users_is_worked_off_in_its_order(db):
    """Nobody of them has more than others: nothing is looked for, nobody is put back."""
    add(db, "templates", "u", 400, "T", users=400)
    log = once(db, batch_size=BATCH)
    assert batches(db) == [(0, BATCH)] * 4
    assert not [line for line in log if line["event"] == "flood"]


def test_templates_that_make_up_for_days_count_with_each_day(db):
    """Ten templates of one user fill a batch with the hundred days of theirs."""
    db.execute(
        "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, created_at)"
        " select 'd-' || i, 'flood-1', 'x', '{\"frequency\": \"hourly\"}', recurd.now() - interval '40 h', recurd.now() - interval '41 h'"
        " from generate_series(1, 20) i"
    )
    add(db, "templates", "u", OTHERS, "T", users=OTHERS)
    once(db, batch_size=BATCH, catch_up_limit=100)
    found = batches(db)
    assert sum(others for _, others in found) == OTHERS
    assert last_of_others(found) <= 2, found


def test_a_row_of_the_flood_that_is_refused_puts_the_others_back_by_no_more_than_careful_batches_do(db):
    """Batches are careful from then on, and put the others first all the same."""
    add(db, "templates", "flood", FLOOD, "T")
    add(db, "templates", "u", OTHERS, "T + interval '1 s'", users=OTHERS)
    db.execute("alter table tasks add constraint ck_no_150 check (recurring_task_id <> 'flood-t-150')")
    assert run_recurd("--foreground", "--once", db=db, batch_size=BATCH).returncode == 69, "that row is still due"
    found = batches(db)
    check_all(found, flood=FLOOD - 1)
    assert last_of_others(found) <= 4, found


def test_four_workers_and_two_connections_share_a_flood(db, recurd):
    """Each of them marks for itself, and what one has locked no other one takes for seen."""
    add(db, "templates", "flood", 2000, "T", users=2)
    add(db, "templates", "u", 400, "T + interval '1 s'", users=400)
    daemons = [recurd(db, batch_size=BATCH, connections=1 + n % 2, ready=False) for n in range(4)]
    wait_until(lambda: db.value("select count(*) from tasks") == 2400, timeout=30)
    found = batches(db)
    check_all(found, flood=2000, others=400)
    assert last_of_others(found) < len(found) - 1, found
    for daemon in daemons:
        daemon.stop()


def test_what_is_dated_back_amid_a_flood_is_found(db, recurd):
    """It comes to lie where others were looked for already."""
    add(db, "templates", "flood", 3000, "T + i * interval '1 ms'")
    db.execute(
        "create function date_back() returns trigger language plpgsql as $$ begin"
        " if (select count(*) from tasks) between 900 and 1100 then"
        " insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, created_at)"
        " values ('late', 'u-1', 'x', '{\"frequency\": \"yearly\"}', recurd.now() - interval '1 hour' + interval '2900 ms', recurd.now())"
        " on conflict do nothing; end if; return null; end $$;"
        " create trigger date_back after insert on tasks execute function date_back()"
    )
    once(db, batch_size=BATCH)
    found = batches(db)
    check_all(found, flood=3000, others=1)
    assert last_of_others(found) < 0.8 * len(found), found


def test_what_comes_due_after_a_herd_that_was_foreseen_is_on_time(app_db, recurd):
    """The herd's own instant was taken for what is fresh, and everything later waited for the last of the herd."""
    app_db.go_live(app_db.now() - timedelta(days=2))
    app_db.add_templates(6_000, timedelta(seconds=3), users=300)
    daemon = recurd(app_db, batch_size=20, user_share="100%")
    template = app_db.add_template(timedelta(seconds=3.3))
    wait_until(lambda: app_db.occurrences(template), timeout=60)
    assert app_db.value("select count(*) from recurring_tasks where next_due_at <= recurd.now()") > 0, "it came last"
    daemon.kill()


def test_batches_are_brief_while_reminders_come(app_db, recurd):
    """A reminder that comes due waits for the batch under way: none of a thousand rows is begun while one is near."""
    app_db.go_live(app_db.now() - timedelta(days=2))
    app_db.add_templates(2_500, timedelta(hours=-1), users=500)
    app_db.execute(
        "insert into tasks (id, user_id, title, is_complete, created_at, updated_at, remind_at)"
        " select 'r-' || i, 'u-1', 'x', false, now(), now(), recurd.now() + i * interval '100 ms' from generate_series(1, 600) i"
    )
    daemon = recurd(app_db, log_level="debug", batch_size=1000)
    wait_until(lambda: app_db.value("select count(*) from tasks where recurring_task_id is not null") == 2500, timeout=60)
    rows = [int(line["rows"]) for line in daemon.seen("batch") if line["kind"] == "generate"]
    assert max(rows) < 1000 and len(rows) >= 4, rows
    daemon.kill()


@pytest.mark.timing
def test_how_late_the_others_are(app_db, recurd):
    """5,000 templates of one user, and 200 of others 300 ms later: these do not wait for the flood."""
    app_db.go_live(app_db.now() - timedelta(days=2))
    begin = app_db.now() + timedelta(seconds=3)
    app_db.add_templates(5_000, begin, users=1, prefix="flood")
    app_db.add_templates(200, begin + timedelta(milliseconds=300), users=200, prefix="other")
    daemon = recurd(app_db, log_rate=100000)
    wait_until(lambda: app_db.value("select count(*) from tasks") == 5_200, timeout=60)
    late = {who: sorted(int(line["late_ms"]) for line in daemon.seen("generated") if line["template"].startswith(who))
            for who in ("other", "flood")}
    p50, p99 = late["other"][100], late["other"][198]
    print(f"late_ms of others p50 {p50} p99 {p99}, of the flood p50 {late['flood'][2500]} max {late['flood'][-1]}")
    assert p50 <= late["flood"][-1] / 2
    daemon.stop()
