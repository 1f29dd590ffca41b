"""What decides what is made is set once a database, and all workers and recurctl go by it."""

import re
import shutil
import subprocess
from collections import Counter
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import psycopg
import pytest

from harness.ctl import CONFIG, DATA, OK, USAGE, ctl_json, run_ctl
from harness.daemon import once, program, run_program, run_recurd
from harness.migrate import STEPS, migrate
from harness.util import clean_environ, wait_until

UTC = timezone.utc
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)  # 09:00 in Berlin
DAILY = {"frequency": "daily"}


@pytest.fixture
def db(app_db):
    app_db.freeze(START - timedelta(hours=1))
    app_db.go_live()
    return app_db


@pytest.fixture
def recurctl_process():
    """Starts recurctl, to be watched while it works."""
    running = []

    def start(db, *args):
        running.append(subprocess.Popen([str(program("recurctl")), "--dsn", db.dsn, *args], text=True, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environ()))
        return running[-1]
    yield start
    for process in running:
        process.kill()
        process.communicate()


def listed(db):
    return {row["setting"]: row for row in ctl_json(db, "settings")}


# Workers ------------------------------------------------------------------------------------------


def test_two_workers_make_the_same(db, recurd):
    """One with Europe/Berlin in its file beside one with the default made 1,400 tasks of 1,000, and nobody was told.

    Now there is one zone for both; somebody changes it while five days pass, and whoever has polled since or not
    goes by it: all that is planned later is at 09:00 there.
    """
    db.add_templates(60, START, rule=DAILY)
    workers = [recurd(db, poll_interval=pace, batch_size=7) for pace in ("20ms", "1d")]
    for day in range(5):
        if day == 2:
            assert run_ctl(db, "settings", "set", "default_time_zone", "Europe/Berlin").code == OK
        if day == 3:
            db.execute("update recurd.settings set default_time_zone = 'America/New_York'")
        db.travel_to(START + timedelta(days=day, hours=16))
        wait_until(lambda: db.value("select count(*) from recurring_tasks where next_due_at <= recurd.now()"
                                    " or replan_at is not null") == 0)
    rows = db.rows("select recurring_task_id as template, occurrence_at as at from tasks")
    assert max(Counter((row["template"], row["at"]) for row in rows).values()) == 1
    assert db.column("select distinct starts_zone from recurring_tasks") == ["America/New_York"]
    # Below the second stands what tells the occurrences of a series that moves apart.
    series = {tuple(at.replace(microsecond=0) for at in db.occurrences(f"t-{n}")) for n in range(1, 61)}
    assert len(series) == 1, "templates that are alike have become different"
    days = [at.date() for at in series.pop()]
    assert days == [START.date() + timedelta(days=n) for n in range(len(days))] and len(days) == 5
    for worker in workers:
        worker.stop()


def slow_inserts(db):
    """A batch that writes takes its time, so that somebody can change a setting meanwhile."""
    db.execute("create function slow() returns trigger language plpgsql as"
               " $$ begin perform pg_sleep(0.4); return new; end $$")
    db.execute("create trigger slow after insert on tasks for each statement execute function slow()")


def test_a_batch_under_way_is_begun_anew(db, recurd):
    """A batch was planned, and is being written, when catch_up_limit changes: it is not what is made."""
    template = db.add_template(START - timedelta(days=20), DAILY)
    slow_inserts(db)
    worker = recurd(db)
    wait_until(lambda: db.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep'"))
    db.execute("update recurd.settings set catch_up_limit = 2")
    wait_until(lambda: db.occurrences(template))
    assert len(db.occurrences(template)) == 2
    worker.expect("setting_changed", setting="catch_up_limit", to="2")
    assert db.rows("select * from recurd.waiting") == [] and not worker.seen("batch_failed")
    worker.stop()


def test_what_is_planned_for_the_first_time_waits_for_nobody_else_s_zone(db, recurd):
    """Its batch is under way, so that it has no zone yet when the default changes: it is looked at again."""
    template = db.add_template(START - timedelta(minutes=90), DAILY)
    slow_inserts(db)
    worker = recurd(db)
    wait_until(lambda: db.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep'"))
    db.execute("update recurd.settings set default_time_zone = 'Europe/Berlin'")
    wait_until(lambda: db.column("select starts_zone from recurring_tasks where replan_at is null") == ["Europe/Berlin"])
    assert len(db.occurrences(template)) == 1
    worker.stop()


def test_running_workers_follow_without_a_restart(db, recurd):
    worker = recurd(db, poll_interval="20ms")
    assert worker.expect("settings")["default_time_zone"] == "UTC"
    run_ctl(db, "settings", "set", "notify_task_created", "off")
    line = worker.expect("setting_changed", setting="notify_task_created")
    assert (line["from"], line["to"], line["by"]) == ("on", "off", "postgres")
    silent = db.add_template(START - timedelta(hours=2), DAILY)
    wait_until(lambda: db.occurrences(silent))
    run_ctl(db, "settings", "reset", "notify_task_created")
    worker.expect("setting_changed", to="on")
    loud = db.add_template(START - timedelta(hours=2), DAILY)
    wait_until(lambda: db.notifications())
    assert {row["template_id"] for row in db.notifications()} == {loud}
    worker.stop()


def test_a_zone_that_a_worker_does_not_have_stops_what_needs_it_and_nothing_else(db, recurd, tmp_path):
    """Its machine has older time zone data.  It must neither go by another zone nor quarantine everybody."""
    shutil.copy("/usr/share/zoneinfo/UTC", tmp_path)
    template = db.add_template(START - timedelta(hours=2), DAILY)
    task = db.add_task(remind=timedelta(minutes=-1))
    db.go_live(START - timedelta(days=1))
    poor = recurd(db, zoneinfo_dir=str(tmp_path), default_time_zone="Europe/Berlin", poll_interval="20ms")
    assert "settings set default_time_zone" in poor.expect("settings_failed")["msg"]
    assert "Europe/Berlin" in poor.expect("batch_failed", **{"class": "operator"})["reason"]
    wait_until(lambda: db.task(task)["reminded_at"])
    assert db.template(template)["failed_at"] is None and not db.occurrences(template)
    run_ctl(db, "settings", "set", "default_time_zone", "UTC")
    wait_until(lambda: db.occurrences(template))
    poor.stop()


def test_without_its_row_a_worker_waits_and_says_what_to_do(db, recurd):
    worker = recurd(db, poll_interval="20ms")
    worker.expect("settings")
    row = db.row("select live_since from recurd.settings")
    db.execute("delete from recurd.settings")
    assert "insert into recurd.settings" in worker.expect("database_unfit")["msg"]
    db.execute("insert into recurd.settings (live_since, catch_up_limit) values (%s, 3)", (row["live_since"],))
    worker.expect("setting_changed", setting="catch_up_limit", to="3")
    worker.stop()


# The zone -----------------------------------------------------------------------------------------


def test_a_zone_moves_the_templates_that_go_by_it_and_says_how_many(db):
    db.add_templates(20, START, rule=DAILY)
    db.add_template(START, {**DAILY, "timeZone": "Asia/Tokyo"}, id="own")
    db.add_template(START, DAILY, id="users", user=db.add_user("u-zoned"))
    db.execute("insert into recurd.preferences (user_id, time_zone) values ('u-zoned', 'Asia/Tokyo')")
    db.add_user("u-none")
    db.execute("insert into recurd.preferences (user_id) values ('u-none')")
    db.add_template(START, DAILY, id="none", user="u-none")
    db.freeze(START + timedelta(minutes=1))
    once(db)
    answer = run_ctl(db, "settings", "set", "default_time_zone", "Europe/Berlin")
    assert answer.text == "default_time_zone: Europe/Berlin, was UTC; 21 templates go by it and are planned anew\n"
    marked = set(db.column("select id from recurring_tasks where replan_at is not null"))
    assert marked == {f"t-{n}" for n in range(1, 21)} | {"none"}
    row = listed(db)["default_time_zone"]
    assert (row["value"], row["default"], row["set"], row["by"]) == ("Europe/Berlin", "UTC", True, "postgres")
    assert row["since"] == "2026-06-01T07:01:00Z"
    once(db)
    assert db.template("t-1")["starts_zone"] == "Europe/Berlin" and db.template("own")["starts_zone"] == "Asia/Tokyo"
    again = run_ctl(db, "settings", "set", "default_time_zone", "Europe/Berlin")
    assert again.text == "default_time_zone is Europe/Berlin, as before\n"
    assert ctl_json(db, "settings", "reset", "default_time_zone") == {
        "setting": "default_time_zone", "from": "Europe/Berlin", "to": "UTC", "templates": 21}


def test_plain_sql_does_the_same_and_is_checked(db):
    db.add_templates(3, START, rule=DAILY)
    db.freeze(START + timedelta(minutes=1))
    once(db)
    for wrong, words in (("default_time_zone = 'Mars/Olympus'", "such as Europe/Berlin"),
                         ("default_time_zone = 'a b'", "such as Europe/Berlin"),
                         ("default_time_zone = ''", "such as Europe/Berlin"),
                         ("min_interval = '999 ms'", "ck_settings_min_interval"),
                         ("min_interval = '1 day 1 s'", "ck_settings_min_interval"),
                         ("catch_up_limit = 0", "ck_settings_catch_up_limit"),
                         ("adopt_backlog = 'some'", "ck_settings_adopt_backlog"),
                         ("notification_retention = '-1 s'", "ck_settings_notification_retention"),
                         ("notification_retention = '1 us'", "ck_settings_notification_retention_least"),
                         ("default_time_zone = 'Factory'", "which is none"),
                         ("default_time_zone = 'right/Europe/Berlin'", "which is none"),
                         ("notification_retention = '101 years'", "ck_settings_notification_retention")):
        with pytest.raises(psycopg.Error, match=words):
            db.execute(f"update recurd.settings set {wrong}")
    assert db.value("select changes from recurd.settings") == {}
    db.execute("update recurd.settings set default_time_zone = 'Europe/Berlin', min_interval = '1 hour'")
    assert db.value("select count(*) from recurring_tasks where replan_at is not null") == 3
    changes = db.value("select changes from recurd.settings")
    assert changes["default_time_zone"]["templates"] == 3 and set(changes) == {"default_time_zone", "min_interval"}
    db.execute("update recurd.settings set changes = '{}', live_since = live_since")
    assert db.value("select changes from recurd.settings") == changes


def test_every_way_to_write_a_span_is_read(db):
    """What psql prints depends on the session; what is read does not."""
    for text, seconds in (("90 days", "90d"), ("3 mons", "90d"), ("0", "0"), ("1 year", "8766h"), ("1.5 h", "90min")):
        for style in ("postgres", "postgres_verbose", "sql_standard", "iso_8601"):
            db.execute(f"set intervalstyle = {style}")
            db.execute("update recurd.settings set notification_retention = %s::interval", (text,))
            answer = run_ctl(db, "settings", "-o", "json", env={"PGOPTIONS": f"-c intervalstyle={style}"})
            assert {row["setting"]: row["value"] for row in answer.json}["notification_retention"] == seconds


def test_a_lower_min_interval_lets_go_what_it_had_quarantined(db):
    fast = db.add_template(START - timedelta(hours=2), {"rrule": "FREQ=SECONDLY;INTERVAL=30"})
    other = db.add_template(START - timedelta(hours=2), {"frequency": "sometimes"})
    once(db)
    assert db.template(fast)["failed_at"] and db.template(other)["failed_at"]
    answer = run_ctl(db, "settings", "set", "min_interval", "30s")
    assert answer.text == "min_interval: 30s, was 1min; 1 templates in quarantine are tried again\n"
    once(db)
    assert db.occurrences(fast) and db.template(other)["failed_at"]


def test_a_lower_min_interval_lets_tasks_come_back(db):
    """Tasks that repeat themselves are quarantined for the same reason."""
    task = db.add_task(rule={"rrule": "FREQ=SECONDLY;INTERVAL=30"}, due_date=START - timedelta(hours=2))
    db.execute("update tasks set is_complete = true where id = %s", (task,))
    once(db)
    assert "min_interval" in db.value("select failure from recurd.repeats where task_id = %s", (task,))
    run_ctl(db, "settings", "set", "min_interval", "30s")
    once(db)
    assert db.value("select count(*) from tasks where repeat_of = %s", (task,)) == 1


def test_a_verdict_that_is_on_its_way_is_seen_by_the_change_that_lifts_it(db, recurd):
    """A batch quarantines a rule for min_interval, and has not committed when that changes: nobody looked at the template
    again.  The change waits for the batch."""
    db.execute("create function slow() returns trigger language plpgsql as"
               " $$ begin perform pg_sleep(0.4); return new; end $$")
    db.execute("create trigger slow after insert on recurd.decisions for each statement execute function slow()")
    fast = db.add_template(START - timedelta(hours=2), {"rrule": "FREQ=SECONDLY;INTERVAL=30"})
    worker = recurd(db)
    wait_until(lambda: db.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep'"))
    db.execute("update recurd.settings set min_interval = '30 s'")
    wait_until(lambda: db.occurrences(fast))
    assert db.template(fast)["failed_at"] is None
    worker.stop()


def test_the_same_verdict_is_one_decision_however_often_it_is_given(db):
    """Each change of a setting tried the broken ones again, and each try was a decision."""
    broken = db.add_template(START - timedelta(hours=2), {"frequency": "sometimes"})
    once(db)
    for zone in ("Europe/Berlin", "Asia/Tokyo", "UTC"):
        run_ctl(db, "settings", "set", "default_time_zone", zone)
        assert db.template(broken)["failed_at"] is None, "it is tried again"
        once(db)
        assert db.template(broken)["failed_at"]
    assert len(db.decisions(broken, "quarantined")) == 1
    db.execute("update recurring_tasks set recurrence_rule = '{\"frequency\": \"never\"}' where id = %s", (broken,))
    once(db)
    assert len(db.decisions(broken, "quarantined")) == 2
    run_ctl(db, "retry", broken)
    once(db)
    assert len(db.decisions(broken, "quarantined")) == 3, "whoever asks for a try hears what came of it"
    db.execute("update recurring_tasks set recurrence_rule = '{\"frequency\": \"daily\"}' where id = %s", (broken,))
    once(db)
    row = db.template(broken)
    assert row["failed_at"] is None and row["failure"] is None


def test_templates_that_name_a_zone_in_their_text_are_not_counted(db):
    """They do not move: a third of an imported calendar was said to be planned anew."""
    texts = ("DTSTART;TZID=Asia/Tokyo:20260601T090000\nRRULE:FREQ=DAILY", "CRON_TZ=Asia/Tokyo 0 9 * * *",
             "DTSTART:20260601T090000Z\nRRULE:FREQ=DAILY", "RRULE:FREQ=DAILY\nEXDATE;TZID=Asia/Tokyo:20260701T160000",
             'DTSTART;X-A=b;TZID="Asia/Tokyo":20260601T090000\nRRULE:FREQ=DAILY')
    for text in texts:
        db.add_template(START, {"rrule": text})
    plain = db.add_template(START, {"rrule": "DTSTART:20260601T090000\nRRULE:FREQ=DAILY"})
    db.freeze(START + timedelta(minutes=1))
    once(db)
    answer = ctl_json(db, "settings", "set", "default_time_zone", "Europe/Berlin")
    assert answer["templates"] == 1
    once(db)
    assert db.column("select id from recurring_tasks where starts_zone = 'Europe/Berlin'") == [plain]


def test_of_two_changes_at_once_each_tells_what_was_before_it(db, recurctl_process):
    """Both said "was 100", and one of them had replaced the other's."""
    with db.connect(autocommit=False) as other:
        other.execute("update recurd.settings set catch_up_limit = 5")
        process = recurctl_process(db, "settings", "set", "catch_up_limit", "7")
        told = process.stderr.readline()  # while it waits, not when it gives up
        assert f"waiting for pid {other.info.backend_pid} (user postgres" in told
        other.commit()
    out, _ = process.communicate()
    assert out == "catch_up_limit: 7, was 5\n"


def test_a_change_waits_for_locks_and_gives_up_in_words(db):
    """An application that waits for one of our rows must not become the victim of a deadlock."""
    db.add_templates(3, START, rule=DAILY)
    db.freeze(START + timedelta(minutes=1))
    once(db)
    with db.connect(autocommit=False) as other:
        other.execute("select * from recurring_tasks where id = 't-2' for update")
        answer = run_ctl(db, "settings", "set", "default_time_zone", "Europe/Berlin", env={"RECURD_LOCK_TIMEOUT": "60ms"},
                         expect=69)
        assert "somebody else holds a lock" in answer.errors and f"pid {other.info.backend_pid}" in answer.errors
    assert db.value("select default_time_zone from recurd.settings") is None
    assert db.value("select count(*) from recurring_tasks where replan_at is not null") == 0
    run_ctl(db, "settings", "set", "default_time_zone", "Europe/Berlin")


# recurctl -----------------------------------------------------------------------------------------


def test_each_setting_can_be_set_and_reset(db):
    values = {"default_time_zone": "Asia/Tokyo", "min_interval": "5min", "catch_up_limit": "7", "default_catch_up": "latest",
              "default_catch_up_window": "2d", "catch_up_grace": "5min", "adopt_backlog": "none",
              "notify_task_created": "off", "repeat_tasks": "off", "max_templates_per_user": "1000",
              "max_instances_per_user_day": "200", "notification_retention": "30d", "audit": "off", "audit_retention": "30d"}
    before = listed(db)
    assert set(values) == set(before) and before["notification_retention"]["value"] == "90d"
    for key, value in values.items():
        assert ctl_json(db, "settings", "set", key, value)["to"] == value
        assert listed(db)[key]["value"] == value
    for key in values:
        run_ctl(db, "settings", "reset", key)
    now = listed(db)
    assert {key: row["value"] for key, row in now.items()} == {key: row["value"] for key, row in before.items()}
    assert not any(row["set"] for row in now.values()) and all(row["by"] == "postgres" for row in now.values())


def test_what_is_wrong_is_told(db):
    for args, code, words in (
            (("set", "default_time_zone", "Mars/Olympus"), DATA, 'default_time_zone: unknown time zone "Mars/Olympus"'),
            (("set", "min_interval", "60"), DATA, "min_interval: expected a duration (us, ms, s, min, h, d) from 1s to 1d"),
            (("set", "catch_up_limit", "0"), DATA, "from 1 to 100000"),
            (("set", "notification_retention", "1us"), DATA, "expected 0, or a duration (us, ms, s, min, h, d) from 1h to 36500d"),
            (("set", "default_time_zone", "Factory"), DATA, "nobody has chosen"),
            (("set", "default_time_zone", "right/Europe/Berlin"), DATA, 'expected "Europe/Berlin"'),
            (("set", "adopt_backlog", "some"), DATA, "latest, all or none"),
            (("set", "batch_size", "7"), USAGE, "an option of each process"),
            (("set", "bach_size", "7"), USAGE, "there are default_time_zone, min_interval"),
            (("set", "min_interval"), USAGE, "set KEY VALUE"), (("rm", "x"), USAGE, "reset KEY"),
            (("reset", "min_interval", "1"), USAGE, "reset KEY")):
        assert words in run_ctl(db, "settings", *args, expect=code).errors


def test_a_zone_of_the_folder_posix_is_stored_by_its_plain_name(db):
    assert run_ctl(db, "settings", "set", "default_time_zone", "posix/Europe/Berlin").text.startswith(
        "default_time_zone: Europe/Berlin, was UTC")
    db.execute("update recurd.settings set default_time_zone = 'posix/Asia/Tokyo'")
    assert listed(db)["default_time_zone"]["value"] == "Asia/Tokyo"


def test_a_value_that_looks_like_an_option_is_told_how_to_be_written(db):
    """It said "there is no option -5"."""
    told = run_ctl(db, "settings", "set", "notification_retention", "-5s", expect=USAGE).errors
    assert "stands behind --, as in: recurctl settings ... -- -5s" in told
    assert "expected 0, or a duration" in run_ctl(db, "settings", "set", "notification_retention", "--", "-5s", expect=DATA).errors
    text = run_ctl(None, "settings", "--help").text
    assert "\noptions:" not in text and all(f"\n  {key} " in text for key in listed(db))


def test_rights(db):
    """Readers look, nobody but the owner changes, and what the refusal says to grant is enough."""
    reader = db.dsn_as("settings_reader")
    db.execute("drop role if exists settings_reader; create role settings_reader login in role recurd_reader")
    try:
        assert run_ctl(None, "settings", dsn=reader).code == OK
        refused = run_ctl(None, "settings", "set", "catch_up_limit", "7", dsn=reader, expect=CONFIG)
        assert "grant update on recurd.settings" in refused.errors
        db.execute("grant update on recurd.settings to settings_reader")
        run_ctl(None, "settings", "set", "catch_up_limit", "7", dsn=reader)
        assert listed(db)["catch_up_limit"]["by"] == "settings_reader"
    finally:
        db.execute("drop owned by settings_reader; drop role settings_reader")


def test_what_recurctl_foretells_is_what_happens(db):
    """It goes by the settings of the database, whatever its own file says or does not say."""
    run_ctl(db, "settings", "set", "default_time_zone", "Europe/Berlin")
    db.add_template(START, DAILY, id="daily")
    db.freeze(START + timedelta(minutes=1))
    once(db)
    assert ctl_json(db, "show", "daily")["time_zone"] == "Europe/Berlin"
    assert "Europe/Berlin" in run_ctl(db, "next", "--template", "daily").text
    typed = run_ctl(db, "next", "--start", "2026-12-01T09:00:00", "FREQ=DAILY;COUNT=1")
    assert "2026-12-01T08:00:00Z" in typed.text and typed.errors == ""
    run_ctl(db, "settings", "set", "min_interval", "1d")
    assert "min_interval" in run_ctl(db, "next", "FREQ=HOURLY", expect=DATA).errors
    assert "min_interval" in run_ctl(db, "validate", "FREQ=HOURLY", expect=1).text


def test_a_rule_without_a_database_goes_by_the_built_in_settings_and_says_so_where_it_matters():
    typed = run_ctl(None, "next", "--start", "2026-12-01T09:00:00", "FREQ=DAILY;COUNT=1")
    assert "2026-12-01T09:00:00Z" in typed.text and "default_time_zone UTC" in typed.errors
    for args in (("--zone", "Asia/Tokyo", "FREQ=HOURLY;COUNT=1"), ('{"frequency":"daily","timeZone":"Asia/Tokyo"}',)):
        assert run_ctl(None, "next", *args).errors == ""
    nowhere = run_ctl(None, "next", "FREQ=DAILY", dsn="host=/nonexistent")
    assert "/nonexistent" in nowhere.errors and "default_time_zone UTC" in nowhere.errors


# Upgrades -----------------------------------------------------------------------------------------


def test_a_file_that_still_has_them_is_refused_and_the_command_it_names_works(db, tmp_path):
    conf = tmp_path / "recurd.conf"
    conf.write_text(f'database_url = "{db.dsn}"\ndefault_time_zone = Europe/Berlin\nnotification_retention = 30d\n')
    refused = run_program("recurd", "-c", conf, "--once", "--foreground")
    assert refused.returncode == 78
    assert f"{conf}:2: default_time_zone is a setting of the database now" in refused.stderr
    for command in ("recurctl settings set default_time_zone Europe/Berlin", "recurctl settings set notification_retention 30d"):
        assert command in refused.stderr
        done = run_program("recurctl", "-c", conf, *command.split()[1:])
        assert done.returncode == 0 and "warning" in done.stderr
    assert {key: row["value"] for key, row in listed(db).items() if row["set"]} == {
        "default_time_zone": "Europe/Berlin", "notification_retention": "30d"}
    assert run_program("recurd", "-c", conf, "--check-config").returncode == 78
    for where in ({"env": {"RECURD_ADOPT_BACKLOG": "all"}}, {}):
        args = () if where else ("-o", "adopt_backlog=all")
        wrong = run_recurd("--once", "--foreground", *args, **where)
        assert wrong.returncode == 78 and "recurctl settings set adopt_backlog all" in wrong.stderr


def test_the_default_of_the_zone_is_the_same_in_the_trigger(db):
    """To say in words what is the default already moves nobody."""
    db.add_templates(3, START, rule=DAILY)
    db.freeze(START + timedelta(minutes=1))
    once(db)
    assert ctl_json(db, "settings", "set", "default_time_zone", listed(db)["default_time_zone"]["default"])["to"] == "UTC"
    assert db.value("select changes->'default_time_zone'->'templates' from recurd.settings") == 0


def test_a_database_from_before_the_bounds_comes_within_them(app_db):
    """What was accepted before must not stop the upgrade, and what stops it is told with a statement that mends it."""
    (bounds,) = [int(step[:4]) for step in STEPS if step.endswith("_bounds")]
    migrate(app_db, "down", "--to", bounds - 1)
    # Not every server's data have the folder posix; it could not have been set there.
    known = app_db.value("select exists (select from pg_timezone_names where name = 'posix/Europe/Berlin')")
    zone = ("posix/" if known else "") + "Europe/Berlin"
    app_db.execute("update recurd.settings set notification_retention = '1 us', default_time_zone = %s", (zone,))
    template = app_db.add_template(START, DAILY)
    app_db.execute("update recurring_tasks set starts_local = '2026-06-01 09:00', starts_zone = %s", (zone,))
    app_db.execute("insert into recurd.zones (name, digest) values ('posix/Europe/Berlin', 1), ('Factory', 1), ('UTC', 1)")
    app_db.execute("insert into recurd.consumers (name, done_through, since, seen_at) values"
                   " ('good', -5, '-infinity', 'infinity'), (repeat('x', 10000), 0, now(), now()), (e'a\\nb', 0, now(), now())")
    refused = migrate(app_db, "up", code=65)
    told = " ".join(refused.lines("problems")) + refused.err
    assert "of 10000 bytes" in told and len(told) < 4000
    for statement in sorted(set(re.findall(r"update recurd\.consumers set name = 'consumer-\w+' where md5\(name\) = '\w+'", told))):
        app_db.execute(statement)
    migrate(app_db, "up")
    assert listed(app_db)["notification_retention"]["value"] == "1h"
    assert listed(app_db)["default_time_zone"]["value"] == "Europe/Berlin"
    assert app_db.template(template)["starts_zone"] == "Europe/Berlin"
    assert app_db.column("select name from recurd.zones") == ["UTC"]
    rows = ctl_json(app_db, "consumers")
    assert len(rows) == 3 and all(row["done_through"] == 0 for row in rows)
