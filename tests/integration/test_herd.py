"""recurctl herd: the fullest minutes, whose they are, and that the answer does not take longer where tables are larger."""

from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import ctl_json, run_ctl
from harness.database import statement

NOON = datetime(2025, 3, 10, 12, 0, tzinfo=timezone.utc)
NINE = "2025-03-11T09:00:00Z"


@pytest.fixture(scope="module")
def herd_db(cluster):
    """400 templates and 100 reminders of next nine o'clock, half of them ann's; others here and there."""
    db = cluster.create_migrated()
    db.freeze(NOON)
    db.go_live()
    db.add_templates(400, NOON + timedelta(hours=21), users=200, prefix="nine")
    ann = db.add_user("ann")
    db.execute("update recurring_tasks set user_id = %s where id in (select 'nine-' || i from generate_series(1, 200) i)", (ann,))
    db.add_templates(30, NOON + timedelta(minutes=10, seconds=59), users=30, prefix="soon")
    db.add_templates(20, NOON - timedelta(minutes=10), users=20, prefix="overdue")
    db.add_templates(50, NOON + timedelta(days=3), users=20, prefix="far")
    for n in range(100):
        db.add_task(remind=NOON + timedelta(hours=21, seconds=n % 60), user=ann if n % 2 else None)
    db.add_task(remind=NOON + timedelta(hours=21), user=ann, is_complete=True)
    yield db
    db.drop()


def test_the_fullest_minutes_come_first(herd_db):
    first, second = ctl_json(herd_db, "herd")
    assert first == {
        "minute": NINE, "templates": 400, "reminders": 100, "user_id": "ann", "user_rows": 250, "work_seconds": None,
        "estimated": False,
    }
    assert (second["minute"], second["templates"]) == ("2025-03-10T12:10:00Z", 30)
    assert len(ctl_json(herd_db, "herd", "-n", "1")) == 1
    heading, row, *_ = run_ctl(herd_db, "herd").lines()
    assert heading.split()[:3] == ["MINUTE", "TEMPLATES", "REMINDERS"] and row.split()[:4] == [NINE, "400", "100", "ann"]


@pytest.mark.parametrize("args, minutes", [
    (("--from", "12h"), [NINE]),
    (("--until", "1h"), ["2025-03-10T12:10:00Z"]),
    (("--from", "2025-03-11"), [NINE]),
    (("--from", "2025-03-11", "--until", "2025-03-11"), [NINE]),
    (("--until", "2025-03-10"), ["2025-03-10T12:10:00Z"]),
    (("--from", "2025-03-13T00:00:00Z"), ["2025-03-13T12:00:00Z"]),
    (("--from", "2025-03-10T11:00:00Z", "--until", "2h"), ["2025-03-10T12:10:00Z", "2025-03-10T11:50:00Z"]),
    (("--from", "2025-03-12"), []),
    (("--from", "2d", "--until", "2025-03-10"), []),
])
def test_a_span_of_time(herd_db, args, minutes):
    assert [row["minute"] for row in ctl_json(herd_db, "herd", *args)] == minutes


def test_nothing_is_to_come(herd_db):
    assert run_ctl(herd_db, "herd", "--from", "2026-01-01").text == "nothing is to come in that time\n"


def test_how_long_it_takes_is_told_by_what_batches_took(herd_db):
    herd_db.execute(
        "insert into recurd.workers (id, name, pid, version, started_at, seen_at, heartbeat, figures)"
        " values ('w', 'w', 1, 'x', now(), now(), interval '30 s', '{\"bulk_rows\": 10000, \"bulk_ms\": 2000}'),"
        " ('v', 'v', 1, 'x', now(), now(), interval '30 s', '{\"bulk_rows\": \"many\", \"bulk_ms\": -1}'),"
        " ('u', 'u', 1, 'x', now(), now(), interval '30 s', '{}')"
    )
    assert ctl_json(herd_db, "herd")[0]["work_seconds"] == pytest.approx(0.1)
    herd_db.execute("delete from recurd.workers")


def test_more_than_can_be_counted_is_estimated(cluster):
    """Blocks at random stand for the others: the minute that stands out does so by about its size."""
    db = cluster.create_migrated()
    db.freeze(NOON)
    db.add_templates(6000, NOON + timedelta(hours=21), users=3)
    db.execute("update recurring_tasks set next_due_at = next_due_at - interval '1 min' * (1 + right(id, 1)::int) where length(id) = 6 and id < 't-2000'")
    _, body = statement("ctl_herd")
    arguments = f"(null, 0, null, {24 * 3600 * 10**6}, 10, 1000)"
    with db.connect(autocommit=False) as conn:
        conn.execute("set local jit = off; set local enable_seqscan = off; set local enable_bitmapscan = off")
        conn.execute("prepare p as " + body)
        rows = conn.execute(f"execute p{arguments}").fetchall()
        (plan,) = conn.execute(f"explain (analyze, format json) execute p{arguments}").fetchone().values()
    fullest = list(rows[0].values())
    assert fullest[0] == NOON + timedelta(hours=21) and fullest[-1] is True
    assert 2500 < fullest[1] < 9000, "5,000, by some hundred of them"
    ways = {node["Node Type"]: node["Actual Rows"] for node in _nodes(plan[0]["Plan"]) if node.get("Relation Name") == "recurring_tasks"}
    assert ways.keys() == {"Index Scan", "Sample Scan"} and ways["Index Scan"] == 1001, "no more than is counted"
    db.drop()


def _nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)
