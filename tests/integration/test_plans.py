"""The daemon's statements read the large tables through the indexes that their heads name: at 300,000 rows, whatever
the planner knows of them (statistics from before a bulk load, none, fresh ones), planned with and without values.

A plan that reads a large table whole makes every batch cost what the whole table costs, and nobody notices
until the table is large.  After a bulk load reminders were once taken by a bitmap of all that were due, sorted anew
for each batch.
"""

import json
import re
import sys

import pytest

from harness.database import plan_as_batches_do, statement
from harness.util import SOURCE

sys.path.insert(0, str(SOURCE / "tests" / "bench"))

from data import forget_statistics, load_templates

ROWS = 300_000
BATCH = 1000
WAITING = 30_000
LARGE = {"tasks", "recurring_tasks", "waiting", "repeats", "reminders"}
STATES = ["stale", "none", "analysed"]
STATEMENTS = [
    "poll", "generate_claim", "generate_claim_fair", "generate_claim_edited", "generate_claim_waiting", "generate_claim_policed", "generate_claim_policed_fair", "generate_write", "generate_left", "resume_due",
    "backfill_claim", "backfill_tasks", "backfill_changes", "backfill_turns", "backfill_write", "backfill_progress", "backfills_prune",
    "reminder_claim_fair", "reminder_settle", "reminder_claim", "reminder_claim_waiting", "reminder_left", "zones_mark",
    "reminders_claim", "reminders_claim_fair", "reminders_claim_waiting", "reminders_write", "reminders_left",
    "repeat_claim", "repeat_claim_waiting", "repeat_write", "repeat_left",
    "retry_pick", "retry_choose", "retry_choose_held", "retry_choose_killing", "retry_end",
]
CAREFUL = ["generate_write", "reminder_write", "reminders_write", "repeat_write"]
INDEX = re.compile(r"\b(?:ux|ix|pk)_\w+|\btasks_pkey\b")
# Behind ON CONFLICT and foreign keys; no node of a plan shows them.
UNSEEN = {"ux_tasks_recurring_task_id_occurrence_at", "pk_made_today"}
# Values as they come in a full batch: one for each element of an array.
VALUES = {
    "text[]": f"(select array_agg(id::text) from (select id from recurring_tasks limit {BATCH}) t)",
    "tid[]": f"(select array_agg(ctid) from (select ctid from recurring_tasks limit {BATCH}) t)",
    "timestamp with time zone[]": f"array_fill(timestamptz '2025-01-01', array[{BATCH}])",
    "timestamp without time zone[]": f"array_fill(timestamp '2025-01-01', array[{BATCH}])",
    "bigint[]": f"array_fill(1::bigint, array[{BATCH}])",
    "boolean[]": f"array_fill(true, array[{BATCH}])",
    "uuid[]": f"(select array_agg(lpad(to_hex(i), 32, '0')::uuid order by i) from generate_series(1, {BATCH}) i)",
    "boolean": "true",
    "bigint": str(BATCH),
    "integer": "65536",
    "timestamp with time zone": "timestamptz '2020-01-01'",
    "text": "null",
}
TASKS = f"(select array_agg(id::text) from (select id from tasks limit {BATCH}) k)"
REMINDERS = f"(select array_agg(id) from (select id from recurd.reminders limit {BATCH}) r)"
SPECIAL = {
    ("reminder_claim", "text"): "'remind'", ("reminder_claim_fair", "text"): "'remind'", ("reminder_claim_waiting", "text[]"): TASKS,
    ("reminder_left", "text[]"): TASKS, ("reminder_left", "text"): "'remind'", ("reminder_write", "text[]"): TASKS,
    ("reminder_write", "tid[]"): f"(select array_agg(ctid) from (select ctid from tasks limit {BATCH}) k)",
    ("reminders_claim", "text"): "'reminders'", ("reminders_claim_fair", "text"): "'reminders'", ("reminders_claim_waiting", "text[]"): REMINDERS,
    ("reminders_left", "text[]"): REMINDERS, ("reminders_left", "text"): "'reminders'", ("reminders_write", "text[]"): REMINDERS,
    ("reminders_write", "tid[]"): f"(select array_agg(ctid) from (select ctid from recurd.reminders limit {BATCH}) k)",
    ("repeat_claim_waiting", "text[]"): TASKS, ("repeat_write", "text[]"): TASKS,
    ("repeat_write", "tid[]"): f"(select array_agg(ctid) from (select ctid from tasks limit {BATCH}) k)",
    ("repeat_left", "text[]"): TASKS, ("repeat_left", "text"): "'repeat'",
    ("generate_left", "text"): "'generate'", ("generate_claim_waiting", "text"): "'policed'", ("zones_mark", "text"): "'1'",
    ("retry_pick", "text"): "'remind'", ("retry_choose", "text"): "'remind'", ("retry_choose_held", "text"): "'remind'", ("retry_end", "text"): "'remind'",
    ("retry_choose_killing", "text"): "'remind'",
    ("backfill_changes", "text"): "'t-1'", ("backfill_turns", "text"): "'t-1'", ("backfill_write", "text"): "'t-1'", ("backfill_progress", "text"): "'x'",
}


def read(name, careful=False):
    """The indexes that its head names, and the statement."""
    head, body = statement(name, careful)
    return set(INDEX.findall(head)), body


@pytest.fixture(scope="module")
def large_db(cluster):
    db = cluster.create_migrated()
    for table in ("tasks", "recurring_tasks", "recurd.template_tags"):
        db.execute(f"alter table {table} set (autovacuum_enabled = off)")
    load_templates(db, 100, 10, tasks=100)  # and analyses
    load_templates(db, ROWS, 2 * BATCH, tasks=ROWS, analyse=False)
    # Reminders of a year, told and done with, and some that are pending.
    db.execute(
        "update tasks set remind_at = now() - random() * interval '365 days', reminded_at = now(), is_complete = random() < 0.9"
        " where random() < 0.2"
    )
    db.execute(
        "update tasks set remind_at = now() - interval '1 hour', reminded_at = null, is_complete = false"
        f" where id in (select id from tasks limit {2 * BATCH})"
    )
    db.execute(f"update recurring_tasks set replan_at = now() where id in (select id from recurring_tasks limit {BATCH})")
    # As many in a table of their own.
    db.execute("alter table recurd.reminders set (autovacuum_enabled = off)")
    db.execute(
        "insert into recurd.reminders (task_id, remind_at, reminded_at) select id, at, case when n > %s then at end"
        " from (select id, now() - random() * interval '365 days' as at, row_number() over () as n from tasks) k",
        (2 * BATCH,),
    )
    # Some with policies.
    db.execute("alter table recurd.policies set (autovacuum_enabled = off)")
    db.execute("insert into recurd.policies (template_id, overlap) select id, 'skip' from recurring_tasks where random() < 0.1")
    # Completed ones that come back, beside open ones of chains.
    db.execute("alter table recurd.repeats set (autovacuum_enabled = off)")
    db.execute(
        "insert into recurd.repeats (task_id, completed_at, planned_due_at)"
        " select id, case when random() < 0.1 then now() end, now() from tasks where random() < 0.3"
    )
    # Many that wait, for some causes.
    db.execute("alter table recurd.waiting set (autovacuum_enabled = off)")
    for kind, table in (("remind", "tasks"), ("generate", "recurring_tasks"), ("reminders", "recurd.reminders")):
        db.execute(
            "insert into recurd.waiting (kind, id, cause, place, tried_at) select %s, id, 'cause ' || row_number() over () %% 5, '(0,0)',"
            f" now() - random() * interval '60 s' from {table} limit {WAITING}",
            (kind,),
        )
    db.execute("insert into recurd.causes (kind, cause, why, next_try_at) select distinct kind, cause, 'refused', now() from recurd.waiting")
    yield db
    db.drop()


@pytest.fixture(scope="module", params=STATES)
def known(large_db, request):
    """The same rows, and what the planner believes of them."""
    if request.param == "none":
        forget_statistics(large_db, -1)
    elif request.param == "analysed":
        large_db.execute("vacuum analyze")
    return large_db


def _nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def _sorts_much(node):
    return node["Node Type"] == "Sort" and any(below.get("Relation Name") in LARGE for below in _nodes(node))


def _plan(db, name, body, generic):
    with db.connect(autocommit=False) as conn:
        conn.execute("set local enable_indexscan = off; set local enable_nestloop = off; set local enable_tidscan = off")  # somebody's
        conn.execute("prepare p as " + body)
        types = conn.execute("select parameter_types::text[] as types from pg_prepared_statements where name = 'p'").fetchone()["types"]
        values = [SPECIAL.get((name, kind), VALUES[kind]) for kind in types]
        # Literals: a subquery is no argument that the planner could look into.
        literals = [
            "null" if (found := conn.execute(f"select quote_literal(({value})::text) as v").fetchone()["v"]) is None else f"{found}::{kind}"
            for value, kind in zip(values, types)
        ]
        conn.execute(f"set local plan_cache_mode = force_{'generic' if generic else 'custom'}_plan")
        plan_as_batches_do(conn)
        arguments = f"({', '.join(literals)})" if literals else ""
        (plan,) = conn.execute(f"explain (format json) execute p{arguments}").fetchone().values()
        conn.rollback()
    return list(_nodes(plan[0]["Plan"]))


@pytest.mark.slow
@pytest.mark.xdist_group("large_db")  # one process makes it, once
@pytest.mark.parametrize("generic", [True, False], ids=["generic", "custom"])
@pytest.mark.parametrize("name", STATEMENTS)
def test_large_tables_are_read_through_the_named_indexes(known, name, generic):
    indexes, body = read(name)
    nodes = _plan(known, name, body, generic)
    whole = [node for node in nodes if node.get("Relation Name") in LARGE and node["Node Type"] in ("Seq Scan", "Bitmap Heap Scan")]
    assert not whole, f"not in the order of an index, and perhaps whole:\n{json.dumps(whole, indent=1)}"
    collected = [node for limit in nodes if limit["Node Type"] == "Limit" for node in _nodes(limit) if _sorts_much(node)]
    if name == "retry_choose_killing":
        return  # those over which sessions end are few, or nothing else works either
    assert not collected, f"all that is due is sorted for each batch:\n{json.dumps(collected, indent=1)}"
    used = {node["Index Name"] for node in nodes if "Index Name" in node}
    missing = indexes - used - UNSEEN
    assert not missing, f"not used: {missing}; used: {used}"


@pytest.mark.slow
@pytest.mark.xdist_group("large_db")
@pytest.mark.parametrize("generic", [True, False], ids=["generic", "custom"])
@pytest.mark.parametrize("name", CAREFUL)
def test_careful_batches_read_no_table_whole(known, name, generic):
    """They look for what is there already."""
    nodes = _plan(known, name, read(name, careful=True)[1], generic)
    assert not [node for node in nodes if node.get("Relation Name") in LARGE | {"notifications"} and node["Node Type"] == "Seq Scan"]


@pytest.mark.slow
@pytest.mark.xdist_group("large_db")
@pytest.mark.parametrize("generic", [True, False], ids=["generic", "custom"])
def test_a_batch_finds_its_templates_by_their_place(known, generic):
    """They are locked and stay where they are; two lookups of a text id each were a fortieth of a batch."""
    nodes = _plan(known, "generate_write", read("generate_write")[1], generic)
    ways = [node["Node Type"] for node in nodes if node.get("Relation Name") == "recurring_tasks" and "Scan" in node["Node Type"]]
    assert ways == ["Tid Scan", "Tid Scan", "Index Scan"], "the last one for those in quarantine alone"


def test_the_list_is_complete():
    """A new statement of the daemon that names an index of a large table is looked at here."""
    heads = {path.stem: read(path.stem)[0] for path in (SOURCE / "daemon/sql").glob("*/*.sql")}
    large = re.compile("task|ix_waiting|repeats|_reminders|template_id|backfills")
    ours = {name for name, found in heads.items() if not name.startswith(("ctl_", "web_")) and any(map(large.search, found))}
    assert ours == set(STATEMENTS), "see STATEMENTS"
