"""recurd as a service: life signs, signals, reload, the command line."""

import json
import re
import signal
from datetime import timedelta

import pytest

from harness.daemon import IS_SANITIZED, parse_log, run_program, run_recurd
from harness.util import wait_until

SOON = timedelta(milliseconds=300)


def test_life_signs_from_ready_to_stopping(app_db, recurd):
    daemon = recurd(app_db)
    assert daemon.notify.expect("STATUS"), "a status text for systemctl status"
    daemon.stop()
    order = [key for _, key, _ in daemon.notify.assignments() if key in ("READY", "STOPPING")]
    assert order == ["READY", "STOPPING"]


def test_the_watchdog_is_fed_by_the_loop(app_db, recurd):
    daemon = recurd(app_db, env={"WATCHDOG_USEC": "400000"})
    daemon.notify.expect("WATCHDOG", "1", count=8)
    times = daemon.notify.times("WATCHDOG")
    gaps = sorted(b - a for a, b in zip(times, times[1:]))
    assert gaps[len(gaps) // 2] < 0.4, "in time, but for what the machine itself holds up"
    daemon.kill(signal.SIGSTOP)
    count = len(daemon.notify.times("WATCHDOG"))
    daemon.kill(signal.SIGCONT)
    daemon.notify.expect("WATCHDOG", count=count + 1)
    daemon.stop()


def test_without_a_watchdog_it_is_not_fed(app_db, recurd):
    daemon = recurd(app_db)
    daemon.stop()
    assert daemon.notify.seen("WATCHDOG") == []


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_within_seconds(app_db, recurd, sig):
    daemon = recurd(app_db)
    daemon.kill(sig)
    assert daemon.wait() == 0
    daemon.check_clean()
    assert not daemon.seen("stopping", msg=re.compile("giving it up")), "it need not be torn away"
    wait_until(lambda: app_db.value("select count(*) from recurd.workers") == 0, what="it signs off")


def test_sigusr1_logs_the_state(app_db, recurd):
    daemon = recurd(app_db)
    mark = daemon.mark()
    daemon.kill(signal.SIGUSR1)
    line = daemon.expect("state", since=mark)
    assert line["worker"] and line["generated"] == "0" and line["reminded"] == "0"
    lane = daemon.expect("lane", since=mark)
    assert lane["lane"] == "0" and lane["conn"] in ("ready", "busy") and lane["host"].endswith(str(app_db.cluster.port))
    daemon.stop()


# Reload -------------------------------------------------------------------------------------------


def reload(daemon):
    mark = daemon.mark()
    daemon.kill(signal.SIGHUP)
    return mark


def test_a_good_reload_takes_effect(app_db, recurd):
    app_db.go_live()
    daemon = recurd(app_db, poll_interval="50ms", notify=False)
    listener = app_db.connect()
    heard = []
    listener.add_notify_handler(heard.append)
    listener.execute("listen recurd")
    daemon.write_config(notify=True)
    mark = reload(daemon)
    daemon.expect("reloaded", since=mark)
    daemon.notify.expect("RELOADING", "1")
    assert int(daemon.notify.expect("MONOTONIC_USEC")) > 0
    daemon.notify.expect("READY", count=2)
    template = app_db.add_template(SOON)
    wait_until(lambda: app_db.occurrences(template))
    wait_until(lambda: listener.execute("select 1") and heard, what="NOTIFY, which was off")
    listener.close()
    daemon.stop()


def test_a_reload_that_needs_a_restart_says_so_and_changes_nothing(app_db, recurd):
    daemon = recurd(app_db)
    daemon.write_config(app_schema="elsewhere", log_level="debug")
    mark = reload(daemon)
    line = daemon.expect("reload_failed", since=mark)
    assert "app_schema" in line["msg"] and "restart" in line["msg"]
    daemon.stop()


def test_a_reload_can_move_to_another_database(make_db, recurd):
    old, new = make_db(), make_db()
    for db in (old, new):
        db.go_live()
    daemon = recurd(old, poll_interval="50ms")
    daemon.write_config(database_url=new.dsn)
    reload(daemon)
    template = new.add_template(SOON)
    wait_until(lambda: new.occurrences(template), what="the new database is served")
    stale = old.add_template(SOON)
    later = new.add_template(timedelta(seconds=1))
    wait_until(lambda: new.occurrences(later))
    assert old.occurrences(stale) == []
    daemon.stop()


def test_many_reloads_leak_nothing(app_db, recurd):
    daemon = recurd(app_db)
    for n in range(3):
        mark = reload(daemon)
        daemon.expect("reloaded", since=mark)
        daemon.expect("connected", since=mark)  # or the socket would be missing in what follows
    fds, threads = daemon.steady_fds(), daemon.threads()
    for n in range(30):
        daemon.expect("reloaded", since=reload(daemon))
    wait_until(lambda: daemon.fds() <= fds and daemon.threads() <= threads, what="no descriptor or thread is left over")
    daemon.stop()


# The command line ---------------------------------------------------------------------------------


def test_version_and_usage():
    version = run_program("recurd", "--version")
    assert version.returncode == 0 and re.match(r"recurd \d+\.\d+", version.stdout)
    for args in (["--nonsense"], ["extra"], ["-c"]):
        usage = run_program("recurd", *args)
        assert usage.returncode == 64 and usage.stderr, args


def test_check_config_needs_no_database():
    good = run_recurd("--check-config", database_url="host=/nowhere", batch_size=10)
    assert good.returncode == 0, good.stderr
    for key, value in (("batch_size", "0"), ("poll_interval", "3"), ("app_schema", "a b"), ("log_level", "loud")):
        bad = run_recurd("--check-config", **{key: value})
        assert bad.returncode == 78
        assert re.search(rf"recurd\.conf:1: .*{key}", bad.stderr), bad.stderr
    unknown = run_recurd("--check-config", nonsense="1")
    assert unknown.returncode == 78 and "recurd.conf:1" in unknown.stderr


def test_check_config_looks_at_the_files_that_options_name(tmp_path):
    password = tmp_path / "pgpassword"
    missing = run_recurd("--check-config", password_file=str(password))
    assert missing.returncode == 78 and str(password) in missing.stderr
    password.write_text("secret\n")
    assert run_recurd("--check-config", password_file=str(password)).returncode == 0
    for folder in (tmp_path, tmp_path / "none"):
        wrong = run_recurd("--check-config", zoneinfo_dir=str(folder))
        assert wrong.returncode == 78 and "zoneinfo_dir: there are no time zones in" in wrong.stderr


def test_check_config_says_good_and_what_it_read(tmp_path):
    conf = tmp_path / "recurd.conf"
    conf.write_text('database_url = "dbname=x password=geheim"\n\npoll_interval = 5s\n')
    good = run_program("recurd", "-c", conf, "-o", "batch_size=7", "--check-config", env={"RECURD_NOTIFY": "off"})
    first, *lines = good.stdout.splitlines()
    assert good.returncode == 0 and first.startswith(f"good: {conf}; time zone data ")
    assert lines[:-1] == [f"database_url: {conf}:1", "batch_size: command line", f"poll_interval: {conf}:3",
                          "notify: environment variable RECURD_NOTIFY"]
    assert "geheim" not in good.stdout and "recurctl settings" in lines[-1]


def test_json_lines_have_the_same_keys(app_db):
    lines = run_recurd("--once", "--foreground", db=app_db, log_format="json").stderr.splitlines()
    events = [json.loads(line) for line in lines]
    assert [list(event)[:3] for event in events] == [["time", "priority", "event"]] * len(events)
    by_name = {event["event"]: event for event in events}
    assert by_name["started"]["tzdata"] and by_name["settings"]["default_time_zone"] == "UTC"
    assert by_name["settings"]["priority"] == "notice" and isinstance(by_name["connected"]["server_version"], (int, str))


def test_reloaded_names_what_changed(app_db, recurd):
    daemon = recurd(app_db)
    daemon.write_config(batch_size=7, notify=False)
    assert daemon.expect("reloaded", since=reload(daemon))["changed"] == "batch_size, notify"
    assert daemon.expect("reloaded", since=reload(daemon))["changed"] == "nothing"
    daemon.stop()


def test_a_bad_configuration_ends_the_start_with_78(app_db):
    bad = run_recurd("--foreground", db=app_db, batch_size="many")
    assert bad.returncode == 78 and "batch_size" in bad.stderr


def test_dump_config_shows_everything_and_no_password():
    dump = run_recurd("--dump-config", database_url="postgresql://u:s3cret@db/x?password=s3cret", batch_size=10)
    assert dump.returncode == 0 and "batch_size" in dump.stdout
    assert "s3cret" not in dump.stdout + dump.stderr
    again = run_recurd("--dump-config", env={"RECURD_BATCH_SIZE": "11"}, batch_size=10)
    assert re.search(r'^batch_size\s*=\s*"?11"?', again.stdout, re.M), "environment goes before the file"


def test_a_dump_is_a_configuration(tmp_path):
    dump = run_recurd("--dump-config", batch_size=10, poll_interval="250ms")
    conf = tmp_path / "again.conf"
    conf.write_text(dump.stdout)
    again = run_program("recurd", "-c", conf, "--dump-config")
    assert again.returncode == 0, again.stderr
    strip = lambda text: [line for line in text.splitlines() if line and not line.startswith("#")]  # noqa: E731
    assert [line.split("#")[0].strip() for line in strip(again.stdout)] == [
        line.split("#")[0].strip() for line in strip(dump.stdout)
    ]


def test_a_file_that_is_missing_is_an_error(tmp_path):
    missing = run_program("recurd", "-c", tmp_path / "none.conf", "--check-config")
    assert missing.returncode == 78 and "none.conf" in missing.stderr


# --once -------------------------------------------------------------------------------------------


def test_once_does_what_is_due_and_exits(app_db):
    app_db.go_live()
    template = app_db.add_template(timedelta(seconds=-1))
    app_db.add_templates(2500, timedelta(seconds=-1))
    task = app_db.add_task(remind=timedelta(milliseconds=-1))
    done = run_recurd("--foreground", "--once", db=app_db)
    assert done.returncode == 0, done.stderr
    assert len(app_db.occurrences(template)) == 1
    assert app_db.value("select count(*) from tasks where recurring_task_id is not null") == 2501
    assert [row["task_id"] for row in app_db.notifications("reminder")] == [task]
    assert parse_log(done.stderr)
    assert app_db.value("select count(*) from recurd.workers") == 0


def test_once_with_nothing_to_do(app_db):
    assert run_recurd("--foreground", "--once", db=app_db).returncode == 0


def test_once_without_a_database_fails_in_time():
    done = run_recurd("--foreground", "--once", database_url="host=/nowhere dbname=x")
    assert done.returncode == 69 and "/nowhere" in done.stderr


def test_once_says_by_its_status_that_something_failed(app_db):
    """From cron, a run that could write nothing must not look like one that had nothing to do."""
    app_db.go_live()
    app_db.add_template(timedelta(seconds=-1))
    app_db.execute("create function refuse() returns trigger language plpgsql as 'begin raise insufficient_privilege; end'")
    app_db.execute("create trigger refuse before insert on tasks for each row execute function refuse()")
    done = run_recurd("--foreground", "--once", db=app_db)
    assert done.returncode == 69, done.stderr
    events = [line["event"] for line in parse_log(done.stderr)]
    assert "batch_failed" in events and "unavailable" in events


def test_a_database_without_our_schema_is_named(empty_db):
    done = run_recurd("--foreground", "--once", db=empty_db)
    assert done.returncode == 69
    assert "recurctl migrate" in done.stderr


# What it tells about itself -----------------------------------------------------------------------


def test_workers_are_on_record_while_they_live(app_db, recurd):
    daemon = recurd(app_db, worker_name="alpha", heartbeat_interval="1s")
    row = wait_until(lambda: app_db.rows("select * from recurd.workers"))[0]
    assert (row["name"], row["pid"]) == ("alpha", daemon.pid)
    first = row["seen_at"]
    wait_until(lambda: app_db.value("select seen_at from recurd.workers") > first, what="a heartbeat")
    daemon.stop()


def test_a_successor_takes_the_dead_that_it_replaced_with_it(app_db, recurd):
    """Killed, replaced, and the successor stopped cleanly: the first counted as dead again, for a day."""
    first = recurd(app_db, worker_name="alpha", heartbeat_interval="1s")
    wait_until(lambda: app_db.value("select count(*) from recurd.workers") == 1)
    other = recurd(app_db, worker_name="beta", heartbeat_interval="1s")
    states = "select name || ' ' || state from recurd.worker_states order by 1"
    wait_until(lambda: app_db.column(states) == ["alpha alive", "beta alive"])
    first.kill(signal.SIGKILL)
    other.kill(signal.SIGKILL)
    wait_until(lambda: app_db.column(states) == ["alpha dead", "beta dead"])
    successor = recurd(app_db, worker_name="alpha")
    wait_until(lambda: app_db.column(states) == ["alpha alive", "alpha replaced", "beta dead"])
    successor.stop()
    assert app_db.column(states) == ["beta dead"]


def test_passwords_are_not_logged(app_db, recurd):
    daemon = recurd(app_db, dsn=app_db.dsn + " password=s3cret", log_level="debug")
    daemon.kill(signal.SIGUSR1)
    daemon.stop()
    assert "s3cret" not in daemon.log(10000)


@pytest.mark.skipif(IS_SANITIZED, reason="sanitizers keep memory")
def test_memory_and_descriptors_stay_flat(app_db, recurd):
    app_db.go_live()
    app_db.add_templates(20000, timedelta(seconds=-1), users=10)
    daemon = recurd(app_db, log_rate=0, batch_size=500)
    wait_until(lambda: app_db.value("select count(*) from tasks") > 2000)
    fds, memory = daemon.steady_fds(), daemon.memory_kb()
    wait_until(lambda: app_db.value("select count(*) from tasks") == 20000)
    wait_until(lambda: daemon.fds() <= fds, what="no descriptor is left over")
    print(f"RssAnon {daemon.memory_kb()} kB, VmRSS {daemon.memory_kb('VmRSS')} kB")
    assert daemon.memory_kb() < memory * 1.3 + 1024
    assert daemon.memory_kb() < 12 * 1024
    daemon.stop()
