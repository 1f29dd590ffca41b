"""Governments move clocks with weeks of notice: the wall time of what is planned stays, its instant moves."""

import shutil
from datetime import timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from harness.util import wait_until

SYSTEM = Path("/usr/share/zoneinfo")
BERLIN = {"frequency": "daily", "timeZone": "Europe/Berlin"}


@pytest.fixture
def zones(tmp_path):
    """A zoneinfo folder of the test's own."""
    folder = tmp_path / "zoneinfo"
    for name in ("UTC", "Europe/Berlin"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SYSTEM / name, folder / name)
    return folder


def move_berlin(zones, to):
    fresh = zones / "fresh"
    shutil.copy(SYSTEM / to, fresh)
    fresh.rename(zones / "Europe/Berlin")


def due(db, template):  # replan_at is -infinity for a moment, which Python cannot read
    return db.value("select next_due_at from recurring_tasks where id = %s", (template,))


def wall(db, template):
    return db.value("select starts_local from recurring_tasks where id = %s", (template,))


def shown(zone, wall):
    """The instant at which a clock in `zone` shows this."""
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)


def test_new_data_under_a_running_daemon_and_at_the_next_start(app_db, recurd, zones, tally):
    """Fault 23: tzdata exchanged mid-run.  Berlin takes Moscow's clock: two hours earlier, at most; then Lisbon's, while
    nobody runs.

    What was planned moves to the same wall time by the new clock, to the second, and is made there, once.
    """
    app_db.go_live(app_db.now() - timedelta(days=1))
    template = app_db.add_template(timedelta(seconds=-1), rule=BERLIN)
    daemon = recurd(app_db, zoneinfo_dir=zones, heartbeat_interval="1s")
    wait_until(lambda: app_db.value("select count(*) from recurd.zones where name = 'Europe/Berlin'"))
    wait_until(lambda: app_db.occurrences(template))
    (made,) = app_db.occurrences(template)
    first, anchor = due(app_db, template), wall(app_db, template)
    tomorrow = anchor + timedelta(days=1)
    assert first == shown("Europe/Berlin", tomorrow)

    move_berlin(zones, "Europe/Moscow")
    line = daemon.expect("rezoned", template=template)
    assert line["first"] != line["last"], "old and new are told"
    wait_until(lambda: due(app_db, template) != first, what="the line stands before its COMMIT")
    moved = due(app_db, template)
    assert moved == shown("Europe/Moscow", tomorrow) < first
    assert wall(app_db, template) == anchor
    daemon.stop()

    move_berlin(zones, "Europe/Lisbon")
    daemon = recurd(app_db, zoneinfo_dir=zones)
    daemon.expect("rezoned", template=template)
    wait_until(lambda: due(app_db, template) != moved)
    last = due(app_db, template)
    assert last == shown("Europe/Lisbon", tomorrow) > first
    wait_until(lambda: len(app_db.decisions(template, "rezoned")) == 2)
    assert app_db.occurrences(template) == [made], "nothing is made twice or too early"
    app_db.travel_to(last - timedelta(seconds=1))
    wait_until(lambda: len(app_db.occurrences(template)) == 2, what="the next is made")
    assert app_db.occurrences(template) == [made, last]
    daemon.stop()
    tally(injected=2)


def test_where_postgresql_has_other_data_it_is_told(app_db, recurd, zones, tally):
    """Fault 23: PostgreSQL knows other rules for a zone than this machine."""
    app_db.go_live(app_db.now() - timedelta(days=1))
    move_berlin(zones, "Asia/Tokyo")
    app_db.add_template(timedelta(seconds=-1), rule=BERLIN)
    daemon = recurd(app_db, zoneinfo_dir=zones)
    daemon.expect("tzdata_differs", zone="Europe/Berlin")
    tally()
