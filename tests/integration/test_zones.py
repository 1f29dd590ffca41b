"""Workers whose machines have other time zone data: what one lacks another makes, and where they differ is told."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from harness.ctl import ctl_json, run_ctl
from harness.daemon import parse_log, run_recurd
from harness.util import wait_until

SYSTEM = Path("/usr/share/zoneinfo")
AGO = timedelta(minutes=-5)


def rule(zone):
    return {"frequency": "daily", "timeZone": zone}


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


def folder(path, *names):
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SYSTEM / name, path / name)
    return path


def waits(db):
    return db.rows("select id, cause, why, reason from recurd.waits")


def test_a_zone_that_this_machine_lacks_is_no_fault_of_the_rule(db, recurd, tmp_path):
    """An old tzdata quarantined what PostgreSQL and the other workers knew.  Now it waits, with its reason; a zone that
    nobody knows is quarantined as ever, by the same batch; and a worker that has the zone makes what waits."""
    poor = recurd(db, zoneinfo_dir=folder(tmp_path, "UTC"), worker_name="poor", poll_interval="20ms")
    tokyo = [db.add_template(AGO, rule("Asia/Tokyo")) for _ in range(3)]
    dated = db.add_template(AGO, {"rrule": "DTSTART;TZID=asia/tokyo:20250601T155500\nRRULE:FREQ=DAILY"})
    mars = db.add_template(AGO, rule("Mars/Olympus"))
    plain = db.add_template(AGO, {"frequency": "daily"})
    again = db.add_task(rule=rule("Asia/Tokyo"), due_date=db.now() - timedelta(days=1))
    db.execute("update tasks set is_complete = true where id = %s", (again,))
    wait_until(lambda: db.occurrences(plain) and db.template(mars)["failed_at"])
    assert 'unknown time zone "Mars/Olympus"' in db.template(mars)["failure"]
    wait_until(lambda: {row["id"] for row in waits(db)} == {*tokyo, dated, again})
    assert not any(db.template(t)["failed_at"] for t in tokyo + [dated])
    assert {row["cause"].lower() for row in waits(db)} == {"time zone asia/tokyo"}
    assert all("others have it" in row["reason"] and str(tmp_path) in row["reason"] for row in waits(db))
    assert "time zone Asia/Tokyo" in run_ctl(db, "status").text
    line = poor.expect("tzdata_missing", zone="Asia/Tokyo")
    assert "upgrade tzdata" in line["reason"]
    wait_until(lambda: db.value("select count(*) from recurd.causes where tries > 1"), what="it is tried again")
    assert not poor.seen("refused") and len([x for x in poor.seen("tzdata_missing") if x["zone"] == "Asia/Tokyo"]) == 1
    rich = recurd(db, worker_name="rich", poll_interval="20ms", heartbeat_interval="1s")
    wait_until(lambda: all(db.occurrences(t) for t in tokyo + [dated]))
    wait_until(lambda: db.value("select count(*) from tasks where repeat_of = %s", (again,)) == 1)
    wait_until(lambda: waits(db) == [])
    rich.stop()
    poor.stop()


def test_it_is_made_as_soon_as_the_file_comes(db, recurd, tmp_path):
    """A broken file, as of an upgrade that was cut short, is one that this machine lacks."""
    folder(tmp_path, "UTC")
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia/Tokyo").write_bytes(b"TZif2")
    template = db.add_template(AGO, rule("Asia/Tokyo"))
    worker = recurd(db, zoneinfo_dir=tmp_path, heartbeat_interval="1s", poll_interval="20ms")
    wait_until(lambda: waits(db))
    folder(tmp_path, "Asia/Tokyo")
    wait_until(lambda: db.occurrences(template))
    worker.stop()


def test_once_says_what_it_left_to_others(db, tmp_path):
    """A single attempt decides, too: what others have waits, what nobody has is quarantined."""
    db.add_template(AGO, rule("Asia/Tokyo"), id="tokyo")
    db.add_template(AGO, rule("Mars/Olympus"), id="mars")
    done = run_recurd("--foreground", "--once", db=db, zoneinfo_dir=folder(tmp_path, "UTC"))
    assert done.returncode == 69
    lines = parse_log(done.stderr)
    assert [line["zone"] for line in lines if line["event"] == "tzdata_missing"] == ["Asia/Tokyo"]
    assert [row["id"] for row in waits(db)] == ["tokyo"] and db.template("mars")["failed_at"]


def test_status_names_the_worker_and_the_zone(db, recurd, tmp_path):
    """Both had no file that says a version, and nobody was told that one of them makes other tasks."""
    db.add_template(AGO, rule("Europe/Berlin"))
    db.add_template(AGO, rule("Asia/Tokyo"))
    one = recurd(db, zoneinfo_dir=folder(tmp_path / "one", "UTC", "Europe/Berlin", "Asia/Tokyo"), worker_name="one",
                 heartbeat_interval="1s")
    wait_until(lambda: db.value("select count(*) from recurd.zones") == 3)
    assert ctl_json(db, "status")["workers_differ"] is None
    other = folder(tmp_path / "other", "UTC", "Europe/Berlin")
    shutil.copy(SYSTEM / "Europe/Moscow", other / "Europe/Berlin")
    (other / "+VERSION").write_text("2019a\n")
    two = recurd(db, zoneinfo_dir=other, worker_name="two", heartbeat_interval="1s")
    differ = wait_until(lambda: (text := ctl_json(db, "status")["workers_differ"]) and "Tokyo" in text and "Berlin" in text and text)
    # Who came last has recorded its own; it is the other that is told to differ.
    assert differ == ("time zone data: 2019a (two), unknown (one);"
                      " zones: Asia/Tokyo lacking (two), Europe/Berlin differs (one)")
    assert f"Live workers differ in {differ}" in run_ctl(db, "workers").text
    folder(other, "Europe/Berlin", "Asia/Tokyo")
    (other / "+VERSION").unlink()
    wait_until(lambda: ctl_json(db, "status")["workers_differ"] is None)
    one.stop()
    two.stop()
