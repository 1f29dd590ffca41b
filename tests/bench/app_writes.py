#!/usr/bin/python3
"""What recurd's columns, indexes and triggers cost the application's own writes.

Compares a database as the application's chain made it with migrated copies of it, without and with the
optional wake-up, in interleaved rounds on a throw-away cluster (fsync off, so that nothing hides behind the
disk).  Prints the median time of a statement, each in a transaction of its own, over one connection.

    tests/bench/app_writes.py [ROUNDS]
"""

import statistics
import sys
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from harness import alembic
from harness.cluster import Cluster
from harness.migrate import migrate

ROWS = 1000
TASK = "insert into tasks (title, id, is_complete, user_id, created_at, updated_at, remind_at, priority)" \
       " values ('Buy milk', %(id)s, false, %(user)s, now(), now(), now() + interval '3 days', 'low')"
TEMPLATE = "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at)" \
           """ values (%(id)s, %(user)s, 'Water', '{"frequency": "daily"}', now() + interval '3 days')"""
STATEMENTS = {
    "insert a task": TASK,
    "rename a task": "update tasks set title = 'x' || random(), updated_at = now() where id = %(id)s",
    "complete a task": "update tasks set is_complete = true, updated_at = now() where id = %(id)s",
    "insert a template": TEMPLATE,
    "save a template": "update recurring_tasks set title = 'x' || random(), next_due_at = next_due_at,"
                       " recurrence_rule = recurrence_rule, is_active = is_active where id = %(id)s",
    "move next_due_at": "update recurring_tasks set next_due_at = next_due_at + interval '1 h' where id = %(id)s",
}


def prepare(cluster, kind):
    db = cluster.create()
    alembic.make(db, 11)
    if kind != "before":
        migrate(db, "up", *(["--with", "wakeup"] if kind == "wakeup" else []))
    return db


def measure(db):
    """Median microseconds of each statement over ROWS rows."""
    ids = [str(uuid.uuid4()) for _ in range(ROWS)]
    times = {}
    with db.connect() as connection, connection.cursor() as cursor:
        for name, statement in STATEMENTS.items():
            spent = []
            for one in ids:
                start = time.perf_counter()
                cursor.execute(statement, {"id": one, "user": alembic.USER}, prepare=True)
                spent.append(time.perf_counter() - start)
            times[name] = statistics.median(spent) * 1e6
    db.execute("vacuum analyze tasks, recurring_tasks")
    return times


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    cluster = Cluster().start()
    try:
        databases = {kind: prepare(cluster, kind) for kind in ("before", "migrated", "wakeup")}
        results = {kind: [] for kind in databases}
        for _ in range(rounds):
            for kind, db in databases.items():
                results[kind].append(measure(db))
    finally:
        cluster.destroy()
    print(f"{'microseconds, median':24}" + "".join(f"{kind:>12}" for kind in results))
    for name in STATEMENTS:
        medians = [statistics.median(one[name] for one in results[kind]) for kind in results]
        print(f"{name:24}" + "".join(f"{value:12.0f}" for value in medians) + f"   {medians[1] / medians[0] - 1:+.0%}")


main()
