"""What one poll costs the server on a table of many tasks: execution time, planning time, buffers touched.

"held snapshot": reminders were told while somebody's transaction is open, so that their index entries are
dead and cannot be removed.
"""

from datetime import datetime, timedelta, timezone

from data import load_tasks
from harness.database import statement

EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)
REPEATS = 15


def _explain(db, query):
    (plan,) = db.value("explain (analyze, buffers, format json) " + query)
    buffers = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    return {"execution_ms": plan["Execution Time"], "planning_ms": plan["Planning Time"], "buffers": buffers}


def _polls(db, results, measure, subject, lower=EPOCH):
    """lower: nothing older is looked for; a daemon whose polls have become dear sets it (svc/lowwater.h)."""
    query = statement("poll")[1].replace("$1", f"'{lower.isoformat()}'::timestamptz").replace("$2", "timestamptz '-infinity'").replace("$3", "timestamptz '-infinity'")
    _explain(db, query)
    for _ in range(REPEATS):
        results.add(measure, subject, _explain(db, query))


def polls(rig, results, scale):
    """Nothing due; then dead entries below the first live one, first held by a snapshot, then not."""
    measure = f"poll with {scale.polled:,} tasks"
    original = rig.data_set(
        "polls",
        lambda db: load_tasks(
            db, scale.polled,
            f"case when i <= {scale.dead} then now() - random() * interval '1 hour'"
            " when i %% 10 = 0 then now() + interval '1 day' + random() * interval '300 days' end",
        ),
    )
    db = original  # used up: a clone of the largest set would take minutes
    with db.connect(autocommit=False) as old:
        old.execute("set transaction isolation level repeatable read")
        old.execute("select count(*) from recurd.settings")
        db.execute("update tasks set reminded_at = remind_at where remind_at <= recurd.now()")
        _polls(db, results, measure, f"{scale.dead:,} dead entries, held snapshot, full poll")
        clean = db.now() - timedelta(seconds=60)
        _polls(db, results, measure, f"{scale.dead:,} dead entries, held snapshot, bounded poll", clean)
        old.rollback()
    # A server looks for a newer horizon only after a transaction that wrote.
    db.execute("select pg_current_xact_id()")
    _polls(db, results, measure, f"{scale.dead:,} dead entries, first polls after it")
    db.execute("vacuum tasks")
    _polls(db, results, measure, "nothing due")
    rig.forget("polls")
