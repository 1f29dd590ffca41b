"""The lists of recurd.api_*: each row once, in order, page by page, and no more is read than the rows of their user."""

import psycopg
import pytest

from test_api import call

pytestmark = pytest.mark.slow

TASKS = 100_000
READ = "select sum(seq_scan) filter (where relname in ('tasks', 'recurring_tasks', 'task_tags'))," \
    " sum(seq_tup_read + idx_tup_fetch) from pg_stat_xact_user_tables where relname in ('tasks', 'recurring_tasks', 'task_tags', 'tags')"


@pytest.fixture(scope="module")
def large(cluster):
    """100,000 tasks of 1,000 users, of whom one has a tenth."""
    db = cluster.create_migrated()
    db.psql(
        'insert into "user" (email, name, id, "emailVerified", "createdAt", "updatedAt")'
        " select 'u' || i || '@x.org', 'u', 'u' || i, true, now(), now() from generate_series(1, 1000) i;"
        "insert into tags (id, user_id, name) select 'g' || i, 'u' || i, 'home' from generate_series(1, 1000) i;"
        "insert into tasks (id, user_id, title, priority, is_complete, due_date, created_at, updated_at)"
        " select 'k' || i, case when i % 10 = 0 then 'u1' else 'u' || (2 + i % 999) end, 'Task ' || i,"
        " (array['low','medium','high','urgent'])[1 + i % 4], i % 3 = 0, case when i % 5 > 0 then now() + (i - 50000) * interval '1 min' end,"
        f" now() - (i / 7) * interval '1 min', now() from generate_series(1, {TASKS}) i;"
        "insert into task_tags (task_id, tag_id) select id, 'g' || substr(user_id, 2) from tasks where right(id, 1) = '7' or user_id = 'u1' and right(id, 2) = '50';"
        "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, is_active) select 't' || i, 'u' || (1 + i % 1000), 'T',"
        " '{\"frequency\": \"daily\"}', now() + i * interval '1 min', i % 2 = 0 from generate_series(1, 20000) i;"
    )
    db.execute("vacuum analyze")
    yield db
    db.drop()


FILTERS = [
    {}, {"priority": "urgent"}, {"is_complete": False}, {"overdue": True}, {"due_before": "2026-01-01T00:00:00Z"}, {"due_before": "2099-01-01T00:00:00Z"},
    {"text": "sk 5"}, {"text": "100%_"}, {"sort": "due"}, {"overdue": True, "priority": "high"}, {"is_complete": True, "sort": "due"}, {"overdue": False},
]


def pages(conn, function, user, body, limit):
    seen = []
    while True:
        page = call(conn, function, user, {**body, "limit": limit})
        assert page["status"] == 200 and len(page["body"]) <= limit
        seen += page["body"]
        if "next" not in page:
            return seen
        body = {**body, "cursor": page["next"]}


@pytest.mark.xdist_group("api_large")
def test_pages_have_every_row_once_in_order(large):
    conn = psycopg.connect(large.dsn, autocommit=True)
    for body in [*FILTERS, {"tag": "g5"}]:
        whole = call(conn, "task_list", "u5", {**body, "limit": 500})
        assert "next" not in whole
        found = pages(conn, "task_list", "u5", body, 7)
        assert [row["id"] for row in found] == [row["id"] for row in whole["body"]], body
        key = [row["due_date"] or "9" for row in found] if body.keys() & {"due_before", "sort"} or body.get("overdue") else [row["created_at"] for row in found][::-1]
        assert key == sorted(key), body
    assert len(pages(conn, "task_list", "u5", {}, 7)) == large.value("select count(*) from tasks where user_id = 'u5'")
    assert {row["id"] for row in pages(conn, "task_list", "u5", {"overdue": True}, 50)} == set(
        large.column("select id from tasks where user_id = 'u5' and not is_complete and due_date < now()"))
    assert {row["id"] for row in pages(conn, "task_list", "u5", {"text": "sk 5"}, 50)} == set(
        large.column("select id from tasks where user_id = 'u5' and title like '%sk 5%'"))
    assert call(conn, "task_list", "u5", {"text": "%"})["body"] == [], "no pattern, but a character"
    assert len(pages(conn, "template_list", "u5", {}, 3)) == 20 and len(pages(conn, "template_list", "u5", {"is_active": True}, 3)) == 20
    conn.close()


@pytest.mark.xdist_group("api_large")
@pytest.mark.parametrize("who", ["u1", "u5", "nobody"])
def test_lists_read_no_more_than_the_rows_of_their_user(large, who):
    """By the counters of the tables: rows that were read, of a user with many tasks, with few, with none."""
    with large.connect() as conn:
        conn.row_factory = psycopg.rows.tuple_row
        own = conn.execute("select count(*) from tasks where user_id = %s", (who,)).fetchone()[0]
        for function, body in [*(("task_list", body) for body in [*FILTERS, {"tag": f"g{who[1:]}"}]), ("template_list", {}), ("template_list", {"is_active": True}),
                               ("template_list", {"due_before": "2099-01-01T00:00:00Z"}), ("tag_list", {})]:
            with conn.transaction(force_rollback=True):
                before = conn.execute(READ).fetchone()
                answer = call(conn, function, who, body)
                after = conn.execute(READ).fetchone()
            assert answer["status"] == 200
            assert after[0] == before[0], f"{function} {body}: a table was read whole"
            # Each of a page with its tags, beside what was passed over.
            assert after[1] - before[1] <= 2 * own + 500, (function, body, after[1] - before[1])
        if who == "u1":
            with conn.transaction(force_rollback=True):
                before = conn.execute(READ).fetchone()
                call(conn, "task_list", who, {})
                assert conn.execute(READ).fetchone()[1] - before[1] < 1000, "a page of many costs a page"
