"""recurd with nothing to do: statements, processor time, memory; and how soon after its start it works."""

import time

from data import load_templates
from rig import TICKS, Worker, memory_kb, process_cpu


def _backends_cpu(db):
    """Of the daemon's sessions."""
    pids = db.column(
        "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        " and backend_type = 'client backend'"
    )
    return sum(process_cpu(pid) for pid in pids)


def _calls(db):
    return db.value(
        "select coalesce(sum(calls), 0)::bigint from pg_stat_statements s join pg_database d on d.oid = s.dbid"
        " where d.datname = current_database() and query not like '%pg_stat%'"
    )


def _idle_turn(rig, db, seconds):
    worker = Worker(db)
    pid = worker.process.pid
    time.sleep(3)  # its start is no idling
    calls, client, server = _calls(db), process_cpu(pid), _backends_cpu(db)
    time.sleep(seconds)
    figures = {
        "queries_per_s": (_calls(db) - calls) / seconds,
        "client_cpu_percent": (process_cpu(pid) - client) / seconds * 100,
        "server_cpu_percent": (_backends_cpu(db) - server) / seconds * 100,
    }
    figures["rss_anon_kb"], figures["rss_kb"] = memory_kb(pid)
    worker.stop()
    return figures


def idle(rig, results, scale):
    """With no templates and with many."""
    for templates in (0, scale.large):
        name = f"templates-{templates}"
        original = rig.data_set(name, lambda db: load_templates(db, templates, 0))
        with rig.clone(original) as db:
            db.execute("create extension pg_stat_statements")
            measure = f"idle for {scale.idle} s (resolution of processor time: {100 / TICKS / scale.idle:.2f} %)"
            results.add(measure, f"recurd, {templates:,} templates", _idle_turn(rig, db, scale.idle))
        rig.forget(name)


def start(rig, results, scale):
    """From exec to the commit of what was due."""
    original = rig.data_set("one", lambda db: load_templates(db, 1, 1))
    for _ in range(scale.starts):
        with rig.clone(original) as db:
            worker = Worker(db)
            deadline = time.monotonic() + 20
            while not db.value("select exists (select from recurd.notifications)"):
                if time.monotonic() > deadline:
                    raise RuntimeError("nothing was generated")
                time.sleep(0.001)
            results.add("start to first firing", "recurd", {"ms": (time.time() - worker.started) * 1000})
            worker.stop()
