"""How late the others are while somebody's flood is worked off, and what that costs the flood.

An instance's lateness is counted from its instant to the commit of its transaction, by the server's own record
(track_commit_timestamp), so that measuring takes nothing from what is measured.
"""

import time
from dataclasses import dataclass

from lateness import percentile
from rig import Worker

AHEAD = 10  # seconds, from the insert of the rows to the first of them
OTHERS = 1_000
SHARES = ("100%", "25%")  # without fairness, and as shipped


@dataclass
class Shape:
    """SQL of instants, with i from 1 on, T the moment when the flood comes due."""

    name: str
    flood: str = "T"  # of the flood's templates
    others: str = "T + interval '1 s'"
    users: int = 1  # whose flood it is
    workers: int = 1
    connections: int = 1


SHAPES = [
    Shape("one instant, others 1 s later"),
    Shape("spread over 1 s, others at the same time", flood="T + (i %% 1000) * interval '1 ms'",
          others="T + (i %% 1000) * interval '1 ms'"),
    Shape("one instant of an hour ago, others 1 s after the start", flood="T - interval '1 hour'"),
    Shape("spread over an hour of the past, others of its middle", flood="T - (i %% 3600) * interval '1 s'",
          others="T - interval '30 min' - i * interval '1 ms'"),
    Shape("ten users, one instant", users=10),
    Shape("one instant, everybody's", others="T"),
    Shape("one instant, others over 3 s, 4 workers", others="T + i * interval '3 ms'", workers=4),
    Shape("one instant, others over 3 s, 2 connections", others="T + i * interval '3 ms'", connections=2),
]


def _begin(db):
    db.execute("update recurd.settings set live_since = now() - interval '10 days'")
    db.execute(
        'insert into "user" (email, name, id, "emailVerified", "createdAt", "updatedAt")'
        " select 'u-' || i || '@example.org', 'User ' || i, 'u-' || i, true, now(), now() from generate_series(1, %s) i",
        (OTHERS + 20,),
    )


def _insert(db, who, instants, n, first_user, users, start):
    db.execute(
        "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, created_at)"
        " select gen_random_uuid(), 'u-' || (%(first)s + i %% %(users)s), %(who)s, '{\"frequency\": \"yearly\"}'::jsonb,"
        f" {instants.replace('T', '%(start)s::timestamptz', 1)}, now() - interval '9 days' from generate_series(1, %(n)s) i",
        {"who": who, "n": n, "first": first_user, "users": users, "start": start},
    )


def _wait(db, rows):
    deadline = time.monotonic() + 120
    while (n := db.value("select count(*) from tasks")) < rows:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{n} instances instead of {rows}")
        time.sleep(0.3)


def _late(db, who, start):
    return db.row(
        "select count(*) as n, extract(epoch from max(at) - greatest(min(due), %(start)s::timestamptz))::float as seconds,"
        " array_agg((extract(epoch from at - greatest(due, %(start)s::timestamptz)) * 1000)::float) as late"
        " from (select occurrence_at as due, pg_xact_commit_timestamp(xmin) as at from tasks where title = %(who)s) k",
        {"who": who, "start": start},
    )


def _turn(rig, original, shape, flood, options):
    with rig.clone(original) as db:
        start = db.value("select clock_timestamp() + %s * interval '1 s'", (AHEAD,))
        _insert(db, "flood", shape.flood, flood, OTHERS + 1, shape.users, start)
        _insert(db, "other", shape.others, OTHERS, 1, OTHERS, start)
        db.execute("vacuum analyze recurring_tasks")
        db.execute("checkpoint")
        if db.value("select clock_timestamp() > %s - interval '1 s'", (start,)):
            raise RuntimeError("the rows took longer than the time until they are due: raise AHEAD")
        db.execute("select pg_sleep(extract(epoch from %s::timestamptz - clock_timestamp()) - 0.5)", (start,))
        left = db.value("select extract(epoch from %s::timestamptz - clock_timestamp())::float", (start,))
        if shape.flood.startswith("T -"):  # it is there when the worker comes
            db.execute("select pg_sleep(extract(epoch from %s::timestamptz - clock_timestamp()))", (start,))
        server = rig.server_cpu()
        workers = [Worker(db, connections=shape.connections, **options) for _ in range(shape.workers)]
        _wait(db, flood + OTHERS)
        server = rig.server_cpu() - server
        client = sum(worker.stop() for worker in workers)
        others, floods = _late(db, "other", start), _late(db, "flood", start)
    late = others["late"]
    rows = floods["n"] + others["n"]
    return {
        "rows_per_s": floods["n"] / floods["seconds"], "server_us": server / rows * 1e6, "client_us": client / rows * 1e6,
        "others_p50_ms": percentile(late, 0.5), "others_p99_ms": percentile(late, 0.99), "others_max_ms": max(late),
    }


def flood(rig, results, scale):
    original = rig.data_set("flood", _begin)
    for shape in SHAPES:
        rows = scale.due // 2
        for _ in range(scale.rounds):
            for share in SHARES:
                found = _turn(rig, original, shape, rows, {"user_share": share})
                results.add(f"flood of {rows:,}: {shape.name}", f"user_share {share}", found)
