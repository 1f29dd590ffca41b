"""How late reminders are: from remind_at to the log line in our hands, and to the NOTIFY that follows the commit.

The reminders are spread over some seconds at microsecond precision.  "flood": templates come due at the same
moment, so that the generator is at work all the while.  log_rate is raised, or lines would be left out.
"""

import json
import os
import threading
import time
from datetime import timezone

import psycopg
from data import load_tasks, load_templates
from rig import Worker


class Listener:
    """When each reminder's NOTIFY arrived."""

    def __init__(self, db):
        self.times = {}
        self._dsn = db.dsn
        self._read_to = 0
        self._reader = psycopg.connect(db.dsn, autocommit=True)
        self._conn = psycopg.connect(db.dsn, autocommit=True)
        self._conn.execute("listen recurd")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for notify in self._conn.notifies():
            now = time.time()
            if self._stop.is_set():
                return
            payload = json.loads(notify.payload)
            if payload["kind"] == "reminder":
                for task in payload.get("tasks") or self._in_table():
                    self.times.setdefault(task, now)

    def _in_table(self):
        """A batch whose ids do not fit into a NOTIFY says only that there is something to read."""
        rows = self._reader.execute(
            "select id, task_id from recurd.notifications where kind = 'reminder' and id > %s", (self._read_to,)
        ).fetchall()
        self._read_to = max([self._read_to, *(number for number, _ in rows)])
        return [task for _, task in rows]

    def close(self):
        self._stop.set()
        with psycopg.connect(self._dsn, autocommit=True) as conn:
            conn.execute("select pg_notify('recurd', '{}')")
        self._thread.join(5)
        self._conn.close()
        self._reader.close()


class Lines:
    """When each reminder's line came, through a pipe."""

    def __init__(self, worker_output):
        self.times = {}
        self._thread = threading.Thread(target=self._read, args=(worker_output,), daemon=True)
        self._thread.start()

    def _read(self, output):
        rest = b""
        while chunk := os.read(output, 1 << 16):
            now = time.time()
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if b"event=reminder " in line:
                    self.times.setdefault(line.split(b" task=", 1)[1].split(b" ", 1)[0].decode(), now)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _figures(times, due):
    late = [(times[task] - at) * 1000 for task, at in due.items() if task in times]
    if not late:
        return {}
    return {
        "n": len(late), "p50_ms": percentile(late, 0.5), "p99_ms": percentile(late, 0.99), "max_ms": max(late),
    }


def _turn(rig, original, scale, flood, **options):
    with rig.clone(original) as db:
        # The clock starts when the daemon serves.
        reader, writer = os.pipe()
        listener = Listener(db)
        worker = Worker(db, output=writer, log_rate=1000000, **options)
        os.close(writer)
        lines = Lines(reader)
        db.execute("select pg_sleep(1)")
        ahead = 1.5
        db.execute(
            "update tasks set remind_at = clock_timestamp() + (%s + random() * %s) * interval '1 s'",
            (ahead, scale.spread),
        )
        if flood:
            db.execute("update recurring_tasks set next_due_at = clock_timestamp() + interval '1 s'")
        due = {row["id"]: row["remind_at"].astimezone(timezone.utc).timestamp() for row in db.rows("select id, remind_at from tasks")}
        server = rig.server_cpu()
        deadline = time.monotonic() + scale.spread + 60
        wanted = "select count(*) from tasks where recurring_task_id is null and reminded_at is null"
        while db.value(wanted) or (flood and db.value("select exists (select from recurring_tasks where next_due_at <= now())")):
            if time.monotonic() > deadline:
                raise RuntimeError("reminders are missing")
            time.sleep(0.5)
        time.sleep(0.2)
        server = rig.server_cpu() - server
        client = worker.stop()
        listener.close()
        os.close(reader)
    return {"line": _figures(lines.times, due), "commit": _figures(listener.times, due), "server": server, "client": client}


def _measure(rig, results, scale, original, name, flood):
    for _ in range(scale.rounds):
        for connections in (1, 2):
            found = _turn(rig, original, scale, flood, connections=connections)
            for what in ("line", "commit"):
                results.add(name, f"recurd, {connections} connection{'s'[:connections - 1]}, to the {what}", found[what])


def idle(rig, results, scale):
    original = rig.data_set("lateness", lambda db: load_tasks(db, scale.late, "null::timestamptz"))
    _measure(rig, results, scale, original, f"lateness of {scale.late:,} reminders over {scale.spread} s, idle", False)


def flood(rig, results, scale):
    original = rig.data_set("lateness-flood", lambda db: load_templates(db, scale.due, 0, tasks=scale.late))
    name = f"lateness of {scale.late:,} reminders over {scale.spread} s, during {scale.due:,} templates"
    _measure(rig, results, scale, original, name, True)
