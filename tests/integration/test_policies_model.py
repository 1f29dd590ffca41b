"""Policies, every two values of two of them together, against a model that shares no code with the daemon."""

from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import ctl_json
from policies.model import Life, World
from policies.table import END, START, insert_calendar, templates

pytestmark = pytest.mark.slow

UTC = timezone.utc
OUTAGES = ((datetime(2024, 3, 8, 12, tzinfo=UTC), datetime(2024, 3, 12, 8, tzinfo=UTC)),
           (datetime(2024, 3, 30, 20, tzinfo=UTC), datetime(2024, 4, 1, 6, tzinfo=UTC)))
HOURS = timedelta(hours=1)
WORLDS = {
    "somebody is there": World(START, END),
    "outages": World(START, END, OUTAGES),
    "tasks stay open for a day and a half": World(START, END, (), 36 * HOURS),
    "both": World(START, END, OUTAGES, 36 * HOURS),
    "nobody completes anything": World(START, END, OUTAGES, 24000 * HOURS),
}


@pytest.fixture(scope="module")
def table(cluster):
    db = cluster.create_migrated()
    db.freeze(START)
    db.go_live(START - timedelta(days=1))
    db.templates = templates()
    insert_calendar(db)
    user = db.add_user("u")
    for template in db.templates:
        template.insert(db, user)
    yield db
    db.drop()


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def simulated(db, world):
    """{template: ({occurrence: (kind, at)}, [superseded at])}; a run of several stands for each of them."""
    gaps = [word for a, b in world.outages for word in ("--down", f"{a:%Y-%m-%dT%H:%M:%SZ}/{b:%Y-%m-%dT%H:%M:%SZ}")]
    days = world.open_for // HOURS
    events = ctl_json(db, "simulate", "--all", "--to", f"{END:%Y-%m-%dT%H:%M:%SZ}", "--open", f"{days}h", *gaps)
    found = {template.id: ({}, []) for template in db.templates}
    known = {template.id: template.occurrences for template in db.templates}
    for event in events:
        fates, superseded = found[event["template_id"]]
        if event["kind"] == "superseded":
            superseded.append(instant(event["at"]))
        if event["occurrence"] is None:
            continue
        first, last = instant(event["occurrence"]), instant(event["through"] or event["occurrence"])
        run = [o for o in known[event["template_id"]] if first <= o <= last] if event["through"] else [first]
        assert len(run) == (event["number"] or 1), event
        for occurrence in run:
            assert occurrence not in fates, f"twice: {event}"
            kind, at = event["kind"], instant(event["at"])
            fates[occurrence] = (kind, at, instant(event["due"])) if kind == "instance" else (kind,) if kind == "skipped" else (kind, at)
    return found


@pytest.mark.parametrize("name", WORLDS)
def test_every_pair_of_policies(table, name):
    world = WORLDS[name]
    found = simulated(table, world)
    wrong = []
    for template in table.templates:
        told = Life(template.id, template.occurrences, template.policy, world, template.calendar, template.paused_until).run()
        fates, superseded = found[template.id]
        for occurrence, fate in list(told.fates.items()):  # nobody waits for what is skipped
            if fate == ("skipped",) and occurrence > max(fates, default=START):
                del told.fates[occurrence]
        different = [f"  {o}: expected {told.fates.get(o)}, got {fates.get(o)}" for o in sorted({*told.fates, *fates})
                     if told.fates.get(o) != fates.get(o)]
        if told.superseded != superseded:
            different.append(f"  superseded: expected {told.superseded}, got {superseded}")
        if different:
            wrong.append("\n".join([f"{template.id}: {template.words}", *different[:6], f"  ({len(different)} in all)"]))
    assert not wrong, "\n" + "\n".join(wrong)
