"""Clocks that are wrong, step, or pass through summer time's gap and fold."""

import mmap
import shutil
import struct
import time
from datetime import datetime, timedelta, timezone

import pytest

from faults.oracle import Oracle
from faults.preload import compiled, preloaded
from harness.util import SLOWNESS, wait_until

UTC = timezone.utc
DAY = 86400
DAILY = {"frequency": "daily"}
HOURLY = {"frequency": "hourly"}
NOW = timedelta(0)
LINES = {"log_rate": 1000000, "poll_interval": "50ms", "reconnect_limit": "200ms"}


@pytest.fixture
def db(app_db):
    app_db.go_live(app_db.now() - timedelta(days=1))
    return app_db


# The worker's clock --------------------------------------------------------------------------------


class WallClock:
    """The wall clock of one process: `wrapper` for recurd(...), set(seconds) to move it."""

    def __init__(self, folder, number, shim):
        path = folder / f"clock{number}"
        path.write_bytes(bytes(16))
        path.chmod(0o666)
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 16)
        self.environ = {"WALLCLOCK": path, "LD_PRELOAD": shim}
        self.wrapper = preloaded(shim, WALLCLOCK=path)

    def set(self, seconds):
        self._map[:8] = struct.pack("q", seconds)

    def asked(self):
        return struct.unpack("q", self._map[8:])[0]


@pytest.fixture
def wall_clock(tmp_path):
    """wall_clock(seconds): one for a process to come; folder: where it lies, if others must be able to get at it."""
    shim = compiled("wallclock", tmp_path)
    made = []

    def make(seconds=0, folder=tmp_path):
        made.append(WallClock(folder, len(made), shim if folder == tmp_path else shutil.copy(shim, folder)))
        made[-1].set(seconds)
        return made[-1]

    return make


def test_workers_whose_clocks_are_wrong(db, recurd, wall_clock, tally):
    """Fault 21: one worker a day ahead, one a day behind, one that steps by up to ten years all the time.

    What is due is done when the database says so, by any of them, with small lateness; heartbeats are the
    database's time, too.
    """
    oracle = Oracle(db)
    clocks = [wall_clock(DAY), wall_clock(-DAY), wall_clock()]
    daemons = [
        recurd(db, wrapper=clock.wrapper, worker_name=f"w{n}", heartbeat_interval="1s", **LINES)
        for n, clock in enumerate(clocks)
    ]
    ahead = timedelta(milliseconds=700)
    for n in range(20):
        oracle.add_template(ahead + n * timedelta(milliseconds=40), DAILY)
        oracle.add_task(ahead + n * timedelta(milliseconds=40))
    steps = 0
    last = db.now() + ahead + timedelta(seconds=1)
    while db.now() < last:
        steps += 1
        clocks[2].set((-1) ** steps * 3 ** (steps % 18))
        time.sleep(0.02)
    took = oracle.settle()
    late = db.value("select max(extract(epoch from created_at - at)) from recurd.notifications")
    assert 0 <= late < 2 * SLOWNESS, "neither before its time nor long after"
    for clock in clocks:
        assert clock.asked() > 0, "the wrong clock was looked at"
    wait_until(lambda: set(db.column("select state from recurd.worker_states")) == {"alive"}, what="all are alive")
    off = "select max(abs(extract(epoch from seen_at - now()))) from recurd.workers"
    assert db.value(off) < 60, "heartbeats carry the database's time"
    for daemon in daemons:
        daemon.stop()
    tally(injected=2 + steps, recovery=took, **oracle.check(daemons))


# The database's clock ------------------------------------------------------------------------------


@pytest.fixture(params=["recurd.now()", "the server's clock"])
def stepping(request):
    """A database in use, and what moves its clock to an offset from the right time."""
    if request.param == "recurd.now()":
        db = request.getfixturevalue("db")
        return db, db.time_travel
    cluster = request.getfixturevalue("make_cluster")(start=False)
    clock = request.getfixturevalue("wall_clock")(folder=cluster.dir)
    cluster.environ = clock.environ
    db = cluster.start().create_migrated()
    db.go_live(db.now() - timedelta(days=1))
    return db, lambda offset: clock.set(int(offset.total_seconds()))


def test_the_databases_clock_steps(stepping, recurd, tally):
    """Fault 22: the database's clock jumps forward and back by seconds to days under two running workers.

    What recurd asks for the time does; or the clock of the whole server, its timeouts and the rest included.

    What was made stays made: nothing fires twice when the same hours pass again.  And what becomes due by
    the clock that was set back is done, although the worker has seen later times.
    """
    db, step = stepping
    oracle = Oracle(db)
    templates = [oracle.add_template(NOW + n * timedelta(minutes=7), rule) for n in range(4) for rule in (HOURLY, DAILY)]
    for n in range(6):
        oracle.add_task(n * timedelta(hours=5))
    daemons = [recurd(db, **LINES) for _ in range(2)]
    slowest, top = 0, 0
    count = "select (select count(*) from tasks) + (select count(*) from recurd.notifications)"
    steps = (0, 2, 1, 26, -3, 27, 26.99, 50, 0)
    for offset in steps:
        before = db.value(count)
        step(timedelta(hours=offset))
        assert abs(db.now() - datetime.now(UTC) - timedelta(hours=offset)) < timedelta(minutes=1), "it has jumped"
        slowest = max(slowest, oracle.settle())
        if offset < top:
            assert db.value(count) == before, "the same hours pass again, and nothing fires again"
            fresh = oracle.add_task(NOW)
            oracle.add_template(NOW, {"frequency": "yearly"})
            slowest = max(slowest, oracle.settle())
            assert db.task(fresh)["reminded_at"] >= db.task(fresh)["remind_at"]
        top = max(top, offset)
    step(timedelta(hours=top))
    slowest = max(slowest, oracle.settle())
    for daemon in daemons:
        daemon.stop()
    keys = [line["key"] for daemon in daemons for line in daemon.events if "key" in line]
    assert len(keys) == len(set(keys)), "no line twice"
    assert len(templates) == 8
    tally(injected=len(steps), recovery=slowest, **oracle.check(daemons))


def test_a_first_start_under_a_clock_that_was_ahead(app_db, recurd, tally):
    """Fault 22: the very first worker stores live_since while the clock is a day ahead; then the clock is set right.

    Every reminder until then would have been settled as history, without a word, for a whole day.
    """
    db = app_db
    db.time_travel(timedelta(days=1))
    daemons = [recurd(db, connections=2, **LINES)]
    wait_until(lambda: db.value("select live_since from recurd.settings"))
    wait_until(lambda: not db.value("select live_since > recurd.now() from recurd.settings"))
    db.time_travel(NOW)
    oracle = Oracle(db)
    began = time.monotonic()
    wait_until(lambda: db.value("select live_since <= recurd.now() from recurd.settings"), what="live_since is set back")
    took = time.monotonic() - began
    for n in range(10):
        oracle.add_task(timedelta(milliseconds=20 * n))
    oracle.add_template(NOW, DAILY)
    wait_until(lambda: len(db.notifications("reminder")) == 10, what="all are told")
    oracle.settle()
    daemons[0].stop()
    assert not daemons[0].seen("settled")
    tally(recovery=took, **oracle.check(daemons))


NONSENSE = ["null::timestamptz", "timestamptz 'infinity'", "timestamptz '-infinity'", "timestamptz '294276-01-01'"]


def test_a_clock_that_gives_nonsense(db, recurd, tally):
    """Fault 22: recurd.now() gives null, or what nobody can calculate with, at the first start and later.

    The worker says so and waits; null once made it abort, and live_since became infinite.
    """
    oracle = Oracle(db)
    db.execute("update recurd.settings set live_since = null")
    daemon, slowest = None, 0
    for nonsense in NONSENSE:
        db._set_clock(nonsense)
        daemon = daemon or recurd(db, ready=False, **LINES)
        mark = daemon.mark()
        wait_until(lambda: any("recurd.now()" in line.raw for line in daemon.events[mark:] if line["event"] == "database_unfit"), what="it says so")
        db.time_travel(NOW)
        began = time.monotonic()
        wait_until(lambda: db.value("select live_since from recurd.settings"), what="it is live")
        oracle.add_task(NOW)
        oracle.add_template(NOW, DAILY)
        daemon.expect("generated", since=mark)
        slowest = max(slowest, time.monotonic() - began)
        oracle.settle()
    live = db.value("select live_since from recurd.settings")
    assert abs(live - db.now()) < timedelta(minutes=2)
    daemon.stop()
    tally(injected=len(NONSENSE), recovery=slowest, **oracle.check([daemon]))


# Summer time ---------------------------------------------------------------------------------------

# zone, the change of its clocks, and the local half hours around it.
CHANGES = {
    "gap": ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    "fold": ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "half an hour": ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_summer_time_comes_and_goes_under_a_running_worker(app_db, recurd, tally, change):
    """Fault 23: business time passes a gap, a fold, and Lord Howe's half hour in steps of minutes.

    Rules of every frequency, due at local times before, within and after; the oracle knows each instant.
    """
    db = app_db
    zone, at = CHANGES[change]
    db.freeze(at - timedelta(days=3))
    db.go_live()
    oracle = Oracle(db)
    for half in range(-5, 6):
        for rule in (DAILY, HOURLY, {"frequency": "weekly", "days": ["sat", "sun", "mon"]}, {"rrule": "FREQ=MINUTELY;INTERVAL=30"}):
            rule = {**rule, "timeZone": zone}
            oracle.add_template(at + half * timedelta(minutes=30) - timedelta(days=1), rule)
    db.freeze(at - timedelta(days=1, hours=3))
    daemon = recurd(db, **LINES)
    slowest = steps = 0
    moment = at - timedelta(days=1, hours=3)
    while moment < at + timedelta(hours=27):
        near = abs(moment - at) < timedelta(hours=2, minutes=30)
        moment += timedelta(minutes=15 if near else 180)
        db.freeze(moment)
        steps += 1
        slowest = max(slowest, oracle.settle())
    daemon.stop()
    tally(injected=steps, recovery=slowest, **oracle.check([daemon]))
