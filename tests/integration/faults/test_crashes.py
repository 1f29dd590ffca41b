"""Workers and backends that are killed, stopped or die at the worst line."""

import re
import signal
import time

import pytest

from faults.book import LogBook
from faults.storm import OPTIONS, begin, feed, storm, told
from harness.daemon import FORGETFUL
from harness.util import SOURCE, wait_until


@pytest.fixture
def crew(recurd):
    """crew(db): four workers; .alive are those, .all the dead ones, too; .replace(n) kills one and starts another."""

    class Crew:
        def __init__(self, db, count=4, env=None, **options):
            self.start = lambda: recurd(db, env=env, **{"batch_size": 20, **OPTIONS, **options})
            self.all = [self.start() for _ in range(count)]
            self.alive = list(self.all)

        def replace(self, victim):
            self.alive[victim].kill(signal.SIGKILL)
            self.alive[victim].wait()
            self.alive[victim] = self.start()
            self.all.append(self.alive[victim])

        def stop(self):
            for daemon in self.alive:
                daemon.stop()

    return Crew


def test_a_storm_of_kill_9_on_four_daemons(app_db, crew, tally):
    """Fault 1: one of four workers is killed with kill -9 and another started, twenty times, in the midst of work."""
    oracle = begin(app_db)
    four = crew(app_db)
    took = storm(oracle, lambda n, chance: four.replace(chance.randrange(4)), 20)
    four.stop()
    tally(injected=20, recovery=took, **oracle.check(four.all))


MEMORY_KB = 600  # that a worker may grow by in a storm


SESSIONS = "select pid from pg_stat_activity where datname = current_database() and application_name = 'recurd'"


def terminate(db):
    return len(db.column(f"select pg_terminate_backend(pid) from ({SESSIONS}) s"))


def test_a_storm_of_terminated_backends(app_db, crew, tally):
    """Fault 2: all sessions of four workers are ended with pg_terminate_backend, thirty times.

    They grow neither by descriptors nor, once the first strikes have made them as large as they get, by memory.
    """
    oracle = begin(app_db)
    four = crew(app_db, env=FORGETFUL)
    fds = [daemon.steady_fds() for daemon in four.alive]
    ended, memory = [], []

    def strike(n, chance):
        wait_until(lambda: len(app_db.column(SESSIONS)) == 4, what="all four are back")
        memory.append([daemon.memory_kb() for daemon in four.alive])
        feed(oracle, 30, 30)
        time.sleep(chance.random() / 20)  # at any moment of a batch
        ended.append(terminate(app_db))

    took = storm(oracle, strike, 30, templates=30, reminders=30)
    assert sum(ended) >= 100
    wait_until(lambda: all(d.fds() <= n for d, n in zip(four.alive, fds)), what="no descriptor is left over")
    grown = [max(late) - max(early) for early, late in zip(zip(*memory[:10]), zip(*memory[-10:]))]
    # What is kept for each lost session makes all four grow; the largest batch so far, one or another.
    assert min(grown) < MEMORY_KB, f"grown by {grown} kB"
    four.stop()
    tally(injected=sum(ended), recovery=took, **oracle.check(four.all))


def test_a_backend_killed_makes_the_server_recover(make_cluster, crew, tally):
    """Fault 3: kill -9 of a backend in mid-work; PostgreSQL ends all sessions and recovers from its log, five times."""
    cluster = make_cluster()
    db = cluster.create_migrated()
    oracle = begin(db)
    two = crew(db, count=2)

    def kill_a_backend(n, chance):
        recovered = cluster.log().count("database system is ready to accept connections")
        victims = wait_until(lambda: db.column(SESSIONS), what="a backend at work")
        cluster.kill_backend(chance.choice(victims))
        db.close()
        wait_until(
            lambda: cluster.log().count("database system is ready to accept connections") > recovered and cluster.answers(),
            30, "the server has recovered",
        )

    took = storm(oracle, kill_a_backend, 5, templates=100, reminders=100)
    two.stop()
    tally(injected=5, recovery=took, **oracle.check(two.all))


def test_replies_to_commit_that_never_arrive(app_db, crew, proxy, tally):
    """Fault 4: the server has committed, the reply is lost with the connection: forty times.

    The worker cannot know whether it happened; its next claim reads the truth.
    """
    oracle = begin(app_db)
    net = proxy()
    two = crew(app_db, count=2, dsn=net.dsn_for(app_db))

    def swallow_two(n, chance):
        net.swallow(2)
        feed(oracle, 20, 20)
        wait_until(lambda: net.swallowed == 2 * (n + 1), what="two more replies are lost")

    took = storm(oracle, swallow_two, 20)
    assert net.swallowed == 40
    two.stop()
    tally(injected=net.swallowed, recovery=took, **oracle.check(two.all))


# At named lines ------------------------------------------------------------------------------------


def crash_points():
    """Every fault("...") in the daemon: a new one is tested without being named here."""
    found = []
    for path in sorted((SOURCE / "daemon").rglob("*.c")):
        found += re.findall(r'\bfault\("([^"]+)"\)', path.read_text())
    assert len(found) >= 6
    return found


def crash_cases():
    """A batch of templates and one of reminders both pass the points of batch.c."""
    return [(point, kind) for point in crash_points() for kind in WORK if point.split(".")[0] in ("batch", kind)]


WORK = {"generator": (100,), "reminder": (0, 100), "repeat": (0, 0, 100)}
LINES_PER_BATCH = {"generator": 20 * 3, "reminder": 20, "repeat": 20}


@pytest.mark.parametrize("point, kind", crash_cases())
def test_a_crash_at_the_worst_line(app_db, recurd, tally, point, kind):
    """Fault 6: killed between claim, log line, commit and NOTIFY, the first time and the third.

    A line may be repeated under the same key, at most for one batch; no row is lost or doubled.
    """
    oracle = begin(app_db)
    feed(oracle, *WORK[kind])
    daemons = []
    for passage in (1, 3):
        env = {"RECURD_FAULT": f"{point}:{passage}"}
        daemons.append(recurd(app_db, batch_size=20, env=env, ready=False, **OPTIONS))
        assert daemons[-1].wait(20) == -signal.SIGKILL, daemons[-1].log()
    daemons.append(recurd(app_db, batch_size=20, **OPTIONS))
    took = oracle.settle()
    daemons[-1].stop()
    tally(injected=2, recovery=took, **oracle.check(daemons))
    said = [line["key"] for daemon in daemons for line in daemon.events if "key" in line]
    repeats = len(said) - len(set(said))
    assert repeats <= 2 * LINES_PER_BATCH[kind], "at most the batch that was cut off is said again"
    assert (repeats > 0) == (point == "batch.logged_not_committed"), f"{repeats} lines were said again"


@pytest.mark.parametrize("kind", WORK)
@pytest.mark.parametrize("point", ["batch.logged_not_committed", "batch.committed"])
def test_a_crash_after_the_lines_went_to_syslog(app_db, recurd, syslog, tally, point, kind):
    """Fault 6: as above, where it counts: what was committed has its lines in syslog, whoever was killed when."""
    oracle = begin(app_db)
    feed(oracle, *WORK[kind])
    options = {"batch_size": 20, "foreground": False, "wrapper": syslog.wrapper, **OPTIONS}
    crashed = recurd(app_db, env={"RECURD_FAULT": f"{point}:2"}, ready=False, **options)
    assert crashed.wait(20) == -signal.SIGKILL
    second = recurd(app_db, **options)
    took = oracle.settle()
    second.stop()
    book = LogBook()
    book.read_syslog(syslog)
    assert (book.repeats > 0) == (point == "batch.logged_not_committed")
    tally(recovery=took, **oracle.check([second], book=book))


@pytest.mark.parametrize("arrives", [True, False], ids=["arrives", "lost"])
def test_a_crash_with_the_commit_under_way(app_db, recurd, proxy, tally, arrives):
    """Fault 6: killed when COMMIT has left; it reaches the server after the process is gone, or never."""
    oracle = begin(app_db)
    feed(oracle, 60, 60)
    net = proxy()
    env = {"RECURD_FAULT_STOP": "batch.logged_not_committed:2"}
    crashed = recurd(app_db, dsn=net.dsn_for(app_db), batch_size=20, env=env, ready=False, **OPTIONS)
    wait_until(lambda: crashed.status_field("State").startswith("T"), what="it is stopped")
    net.stall_on = b"\0commit", b"\0tx_commit"  # its text, or its name where it is prepared
    crashed.kill(signal.SIGCONT)
    wait_until(lambda: net.stalled, what="COMMIT is under way")
    crashed.kill(signal.SIGKILL)
    crashed.wait()
    before = told(app_db)
    if arrives:
        net.resume()
        wait_until(lambda: told(app_db) > before, what="COMMIT has arrived")
    else:
        net.cut()
    second = recurd(app_db, batch_size=20, **OPTIONS)
    took = oracle.settle()
    second.stop()
    said = [line["key"] for daemon in (crashed, second) for line in daemon.events if "key" in line]
    assert (len(said) == len(set(said))) == arrives, "what was not committed is said again"
    tally(recovery=took, **oracle.check([crashed, second]))


STATE = (
    "select * from tasks order by id",
    "select * from recurring_tasks order by id",
    "select * from recurd.notifications order by id",
    "select * from recurd.decisions order by id",
)


def state(db):
    return [db.rows(query) for query in STATE]


@pytest.mark.parametrize("point, kind", crash_cases())
def test_a_zombie_that_wakes_changes_nothing(app_db, recurd, tally, point, kind):
    """Fault 5: SIGSTOP in mid-batch past every timeout, SIGCONT after another worker has finished the work.

    The server ends the stopped one's transaction, so that its locks hold nobody up; when it wakes, its
    write or its COMMIT meets a session that is gone, and not a row is other than before.
    """
    oracle = begin(app_db)
    feed(oracle, *WORK[kind])
    limits = {"statement_timeout": "500ms", "query_timeout": "1s"}
    zombie = recurd(app_db, batch_size=20, env={"RECURD_FAULT_STOP": f"{point}:2"}, ready=False, **limits, **OPTIONS)
    wait_until(lambda: zombie.status_field("State").startswith("T"), what="it is stopped")
    stopped = time.monotonic()
    assert not oracle.is_settled()
    other = recurd(app_db, batch_size=20, **limits, **OPTIONS)
    took = oracle.settle(15)
    before = state(app_db)
    ours = "select count(*) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'"
    wait_until(lambda: app_db.value(ours) == 0, what="the stopped one's transaction is over")
    wait_until(lambda: time.monotonic() - stopped > 1.1, what="its timers have run out, too")
    zombie.kill(signal.SIGCONT)
    feed(oracle, 1)
    oracle.settle()
    wait_until(lambda: zombie.notify.seen("READY") and zombie.seen("connected"), what="it is back")
    zombie.kill(signal.SIGUSR1)
    zombie.expect("state", timeout=15)
    after = state(app_db)
    zombie.stop()
    other.stop()
    for old, new in zip(before, after):
        kept = {str(row) for row in new}
        assert [row for row in old if str(row) not in kept] == []
    tally(injected=1, recovery=took, **oracle.check([zombie, other]))
