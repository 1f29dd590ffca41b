"""What the pages ask costs the same however much there is: at 30,000 templates and 10,000 reminders each of it reads some
hundreds of blocks, where the tables have thousands."""

from datetime import timedelta

import pytest

pytestmark = pytest.mark.slow

CALLS = {
    "web_now()": 5000, # its counts go up to 1000 each
     "web_minutes()": 900, "web_upcoming(100)": 600,
    "web_upcoming(100, now() + interval '1 h')": 600,
    "web_templates('active', null, 100, null, null)": 900,
    "web_templates('active', null, 100, now() + interval '5 h', 't-9')": 600,
    "web_templates('paused', null, 100, null, null)": 600, "web_templates('ended', null, 100, null, null)": 600,
    "web_templates('quarantined', null, 100, null, null)": 600,
    "web_templates('id', 't-77', 1, null, null)": 100, "web_templates('prefix', 't-77', 100, null, null)": 600,
    "web_templates('user', 'u-7', 100, null, null)": 600,
    "web_instances('t-77', now() - interval '30 d', now())": 100,
    "web_decisions(null, 100, null, null)": 300, "web_decisions('t-77', 100, null, null)": 300,
    "web_workers()": 100, "web_figures()": 6000, "web_changes('t-77', 1000)": 100, "web_turns('t-77', 1000)": 100,
    "web_policies('t-77')": 100,
}


@pytest.fixture(scope="module")
def large(db):
    db.add_templates(30000, timedelta(seconds=1), users=300)
    db.execute("update recurring_tasks set next_due_at = now() + (('x' || substr(md5(id), 1, 4))::bit(16)::int || ' s')::interval,"
               " is_active = id not like '%3', failed_at = case when id like '%7' then now() end")
    db.execute("insert into tasks (id, user_id, title, is_complete, remind_at, created_at, updated_at)"
               " select 'k-' || i, 'u-1', 'x', false, now() + i * interval '5 s', now(), now() from generate_series(1, 10000) i")
    db.execute("vacuum analyze recurring_tasks")
    db.execute("vacuum analyze tasks")
    return db


@pytest.mark.parametrize("call", CALLS)
def test_a_page_costs_the_same_however_much_there_is(large, call):
    db = large
    db.rows(f"select * from recurd.{call}")  # what is planned and read of catalogs once a session does not count
    plan = db.value(f"explain (analyze, buffers, format json) select * from recurd.{call}")[0]["Plan"]
    blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    assert blocks < CALLS[call], f"{blocks} blocks"


def test_the_sample_is_of_so_many_and_no_more(large):
    n = large.value("select count(*) from recurd.web_templates('sample', null, 5000, null, null)")
    assert 4000 <= n <= 5000


def test_pages_of_templates_miss_none_and_repeat_none(large):
    """Also of those that are due at one instant."""
    db = large
    db.execute("update recurring_tasks set next_due_at = '2030-01-01' where id like 't-1__'")
    seen, after, last = [], None, None
    while True:
        rows = db.rows("select next_due_at, id from recurd.web_templates('active', null, 37, %s, %s)", (after, last)) \
            if seen else db.rows("select next_due_at, id from recurd.web_templates('active', null, 37, '2030-01-01', '')")
        if not rows:
            break
        seen += [row["id"] for row in rows]
        after, last = rows[-1]["next_due_at"], rows[-1]["id"]
    wanted = db.column("select id from recurring_tasks where is_active and failed_at is null and next_due_at >= '2030-01-01'")
    assert sorted(seen) == sorted(wanted) and len(seen) == len(set(seen)) > 37


def test_only_the_web_and_the_reader_may_ask(large):
    from psycopg import errors

    large.execute("do $$ begin create role recurd_test_nothing login; exception when duplicate_object then null; end $$")
    with pytest.raises(errors.InsufficientPrivilege):
        large.execute("set role recurd_test_nothing; select * from recurd.web_now()")
    large.execute("reset role")


def test_what_is_no_kind_of_search_is_refused(large):
    from psycopg import errors

    with pytest.raises(errors.InvalidParameterValue, match="expected active, paused"):
        large.execute("select * from recurd.web_templates('t.id = $1; drop table tasks', '', 1, null, null)")
