"""Limits of the machine: descriptors, memory, a syslog that is gone."""

import resource
import time
from datetime import timedelta

import pytest

from faults.serving import AGO, DAILY, FAST, QUIET, count_tasks, oracle_of, serves
from harness.daemon import parse_logfmt
from harness.notify import SyslogReceiver
from harness.util import BUILD, IS_SANITIZED, SOURCE, holds_for, wait_until

# Descriptors ---------------------------------------------------------------------------------------


class NoMoreDescriptors:
    """While it holds, the daemon can open nothing; what it has stays open."""

    def __init__(self, daemon):
        self.pid = daemon.pid

    def __enter__(self):
        self.before = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (3, self.before[1]))

    def __exit__(self, *_):
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, self.before)


def test_no_descriptor_for_a_connection(app_db, recurd, tally):
    """Fault 27: the session breaks and there is no descriptor for another: said, tried again, and served later."""
    oracle = oracle_of(app_db)
    daemon = recurd(app_db, **FAST)
    serves(oracle, daemon)
    fds = daemon.steady_fds()
    with NoMoreDescriptors(daemon):
        app_db.column("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'recurd'")
        oracle.add_template(AGO, DAILY)
        wait_until(lambda: len([line for line in daemon.seen("connect_failed") if "Too many open files" in line.raw]) > 2)
    freed = time.monotonic()
    oracle.settle()
    recovery = time.monotonic() - freed
    wait_until(lambda: daemon.fds() == fds, what="as many descriptors as before")
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


def test_no_descriptor_for_a_zone(app_db, recurd, tally):
    """Fault 27: a rule's time zone has to be read and there is no descriptor for the file.

    That says nothing about the rule.  It was quarantined with "unknown time zone", and an administrator had to
    find and retry it; now its user waits alone, others go on, and it is made as soon as the file can be read.
    """
    oracle = oracle_of(app_db)
    daemon = recurd(app_db, **FAST)
    serves(oracle, daemon)
    with NoMoreDescriptors(daemon):
        rules = [{**DAILY, "timeZone": zone} for zone in ("Asia/Tokyo", "America/Lima", "Asia/Tokyo")]
        far = [oracle.add_template(AGO, rule, user=app_db.add_user(f"far-{n}")) for n, rule in enumerate(rules)]
        for line in [daemon.expect("held", template=template) for template in far]:
            assert "Too many open files" in line["reason"] and line.priority == 5, line.raw
        serves(oracle, daemon)
        assert [app_db.template(template)["failed_at"] for template in far] == [None] * 3
        cpu = daemon.cpu_seconds()
        holds_for(lambda: not app_db.occurrences(far[0]), 0.5)
        assert daemon.cpu_seconds() - cpu < 0.4, "it does not spin"
    freed = time.monotonic()
    oracle.settle()
    recovery = time.monotonic() - freed
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


@pytest.mark.parametrize("descriptors", [4, 6, 9])
def test_a_start_with_few_descriptors(app_db, recurd, tally, descriptors):
    """Fault 27: what cannot even start ends, says why, and is tried again by the service manager; else it works.

    It said "unknown time zone", with the exit status that tells the manager to give up.
    """
    oracle = oracle_of(app_db, templates=3)
    daemon = recurd(app_db, wrapper=["prlimit", f"--nofile={descriptors}:{descriptors}"], ready=False, **FAST)
    wait_until(lambda: daemon.process.poll() is not None or oracle.is_settled())
    if oracle.is_settled():
        assert descriptors > 6
        daemon.stop()
    else:
        assert daemon.wait() == 71
        assert "Too many open files" in daemon.expect("start_failed")["msg"]
    tally()


# Memory --------------------------------------------------------------------------------------------


@pytest.fixture
def plain_recurd(recurd):
    """As recurd, without sanitizers: those need memory without bounds.  What it runs was built before."""
    builds = [BUILD] if not IS_SANITIZED else [SOURCE / name for name in ("build-gcc", "build-release", "build")]
    found = [build / "recurd" for build in builds if (build / "recurd").exists()]
    if not found:
        pytest.skip("needs a build without sanitizers beside this one")
    wrapper = ["sh", "-c", 'program=$1; shift 2; exec "$program" "$@"', "sh", str(found[0])]
    return lambda db, **options: recurd(db, wrapper=wrapper, **options)


def limit_data(daemon, kilobytes):
    hard = resource.prlimit(daemon.pid, resource.RLIMIT_DATA)[1]
    resource.prlimit(daemon.pid, resource.RLIMIT_DATA, (kilobytes << 10, hard))


def test_a_memory_limit_and_a_flood_of_large_rules(app_db, plain_recurd, tally):
    """Fault 27: rules as large as they may be, all due at once, and a limit far below what they are together.

    A batch of them was read as a whole: 640 MB with batch_size 10000, more than the service may have, and ten
    minutes of others' lag, as every batch read them all again.  Now a batch reads so many that they fit.
    """
    templates = 450
    app_db.go_live(app_db.now() - timedelta(days=1))
    text = {"description": "x" * 2000}
    rule = {**DAILY, "recurrenceOverrides": {f"2037-01-{day:02}T10:00:00": text for day in range(1, 31)}}
    app_db.add_templates(templates, AGO, rule=rule)
    daemon = plain_recurd(app_db, batch_size=10000, statement_timeout="60s", query_timeout="90s", **FAST, **QUIET)
    limit_data(daemon, 24 << 10)
    began = time.monotonic()
    wait_until(lambda: count_tasks(app_db) == templates, what="all are made")
    recovery = time.monotonic() - began
    assert app_db.value("select count(distinct recurring_task_id) from tasks") == templates
    daemon.stop()
    assert not daemon.seen("connection_lost") and not daemon.seen("batch_failed")
    tally(recovery=recovery)


def test_no_more_memory(app_db, plain_recurd, tally):
    """Fault 27: memory ends in the middle of a batch.  The process may end, and another takes over: nothing is lost,
    and no rule is blamed."""
    oracle = oracle_of(app_db, templates=20)
    options = {"log_rate": 100000, "batch_size": 4000, **FAST}
    first = plain_recurd(app_db, **options)
    oracle.settle()
    limit_data(first, first.memory_kb("VmData"))
    oracle.add_templates(4000, AGO, {**DAILY, "timeZone": "Europe/Berlin"}, prefix="m", users=20)
    wait_until(lambda: first.process.poll() is not None or "memory" in first.log(), what="no memory")
    if first.process.poll() is None:
        first.kill()
    first.wait()
    ended = time.monotonic()
    second = plain_recurd(app_db, **options)
    oracle.settle()
    recovery = time.monotonic() - ended
    second.stop()
    assert app_db.value("select count(*) from recurring_tasks where failed_at is not null") == 0
    tally(recovery=recovery, **oracle.check([first, second]))


# Syslog --------------------------------------------------------------------------------------------


def told(syslog):
    return {event["key"] for event in (parse_logfmt(line[4]) for line in syslog.lines()) if "key" in event}


def test_a_syslog_that_goes_and_comes_back(app_db, recurd, syslog, tally):
    """Fault 27: /dev/log is gone for a while: work goes on, and the lines come again when it is back."""
    oracle = oracle_of(app_db)
    daemon = recurd(app_db, foreground=False, wrapper=syslog.wrapper, **FAST)
    serves(oracle, daemon)
    fds = daemon.steady_fds()
    syslog.close()
    for _ in range(3):
        serves(oracle, daemon)
    back = SyslogReceiver(syslog.path)
    try:
        last = oracle.add_template(AGO, DAILY)
        oracle.settle()
        (key,) = [row["key"] for row in app_db.notifications() if row["template_id"] == last]
        wait_until(lambda: key in told(back), what="its line")
        wait_until(lambda: daemon.fds() == fds, what="as many descriptors as before")
        daemon.stop()
        assert [parse_logfmt(line[4])["event"] for line in back.lines()][-1] == "stopped"
    finally:
        back.close()
    tally(**oracle.check(lines=False))
