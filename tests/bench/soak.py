"""An hour of work in a minute: the business clock jumps ahead minute by minute while recurd serves what comes due.

Memory is to be flat: what is reported is its private memory after a tenth of the way, and at the end.
"""

import time
from datetime import timedelta

from data import load_templates
from rig import Worker, memory_kb

MINUTES = 60
TEMPLATES = 1000
RULE = '{"rrule": "FREQ=MINUTELY"}'


def _made(db):
    return db.value("select count(*) from recurd.notifications")


def _wait_for(db, count):
    deadline = time.monotonic() + 60
    while (made := _made(db)) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{made} notifications, {count} expected")
        time.sleep(0.02)


def soak(rig, results, scale):
    original = rig.data_set("soak", lambda db: load_templates(db, TEMPLATES, 0, tasks=TEMPLATES))
    with rig.clone(original) as db:
        db.execute("update recurring_tasks set recurrence_rule = %s, next_due_at = now() + interval '30 s'", (RULE,))
        worker = Worker(db, poll_interval="20ms")
        memory = []
        for minute in range(1, MINUTES + 1):
            db.execute(
                "update tasks set remind_at = recurd.now() + interval '10 s'"
                " where recurring_task_id is null and is_complete = false"
            )
            db.time_travel(timedelta(minutes=minute))
            _wait_for(db, 2 * TEMPLATES * minute)
            memory.append(memory_kb(worker.process.pid))
        worker.stop()
    early, late = memory[MINUTES // 10], memory[-1]
    results.add(
        f"soak: {MINUTES} minutes, {TEMPLATES:,} instances and reminders in each", "recurd",
        {"rss_anon_kb_early": early[0], "rss_anon_kb": late[0], "rss_kb_early": early[1], "rss_kb": late[1]},
    )
