"""Networks that cut, stall, crawl and never answer; servers and name servers that are mute.

The bounds are those of the configuration: connect_timeout for a host, query_timeout for an answer, and
below them libpq's keepalives (while we wait) and tcp_user_timeout (while we send).
"""

import os
import signal
import time

import pytest

from faults.serving import AGO, DAILY, FAST, SOON, count_tasks, oracle_of, serves
from harness import netns
from harness.nameserver import NameServer
from harness.util import SLOWNESS, free_port, is_root, wait_until

KEEPALIVE = " keepalives_idle=1 keepalives_interval=1 keepalives_count=2 tcp_user_timeout=2000"
NOTICED_WITHIN = 5 + SLOWNESS  # of 3 s and 2 s, by timers that the kernel rounds up
SLOW_LINE = 0.25  # each way
LOOP_STALLS = 0.1  # no longer
LINES = {"log_rate": 1000000}


def watchdog_gaps(daemon, since=0.0, until=None):
    times = [at for at in daemon.notify.times("WATCHDOG") if since <= at <= (until or at)]
    return [later - earlier for earlier, later in zip(times, times[1:])]


# Fault 10: hosts that never answer ----------------------------------------------------------------


def test_a_mute_first_host_is_passed_over(app_db, recurd, proxy, turns, tally):
    """Fault 10: the first host of the conninfo accepts and says nothing, the second refuses, the third serves."""
    oracle = oracle_of(app_db)
    mute, dead = proxy(), free_port()
    mute.stall()
    dsn = f"host=127.0.0.1,127.0.0.1,127.0.0.1 port={mute.port},{dead},{app_db.cluster.port} dbname={app_db.name} user=postgres"
    daemon = recurd(app_db, dsn=dsn, connect_timeout="500ms", wrapper=turns.wrapper, **FAST)
    recovery = passed_over(daemon)
    serves(oracle, daemon)
    daemon.stop()
    assert turns.longest_wait() < LOOP_STALLS
    tally(recovery=recovery, **oracle.check([daemon]))


def passed_over(daemon):
    """The first host was, and soon: the seconds from the start to the connection."""
    started, connected = daemon.expect("started"), daemon.expect("connected")
    first = daemon.seen("connect_failed")[0]
    assert "no connection in time; trying the next host" in first.raw
    assert 0.4 < first.received - started.received < 0.5 + SLOWNESS, "after connect_timeout"
    assert connected.received - first.received < SLOWNESS
    return connected.received - started.received


@pytest.fixture
def link(app_db, proxy):
    """A server that is reached over a link of its own: link.db, link.dsn, link.cut(), link.resume().

    It is the proxy's kernel that acknowledges there, as a backend's would.
    """
    if not netns.available():
        pytest.skip("needs root: a network namespace")
    link = netns.Link()
    link.oracle = oracle_of(app_db)
    try:
        link.net = proxy(listen=link.here)
        link.dsn = link.net.dsn_for(app_db)
        yield link
    finally:
        link.close()


def test_a_first_host_that_is_not_there(link, recurd, tally):
    """Fault 10: as above, but not even the handshake of TCP is answered."""
    oracle = link.oracle
    dsn = link.dsn.replace(f"host={link.here}", f"host={link.mute},{link.here}")
    daemon = recurd(oracle.db, dsn=dsn, connect_timeout="500ms", wrapper=link.wrapper, **FAST)
    recovery = passed_over(daemon)
    serves(oracle, daemon)
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


POLL_DEADLINE = 5
AT_REST = """
    select exists (select from pg_stat_activity where datname = current_database() and state = 'idle'
                          and query like 'select ''remind''%')"""  # the first words of a poll


def test_a_host_that_falls_silent(app_db, recurd, proxy, turns, tally):
    """Fault 10: the host that we work on stands still: its connections live, new ones are taken, nothing answers.

    A poll notices, long before query_timeout, and the host behind it is tried at once; it once took as long
    as a batch may, and then connect_timeout at the silent host again.
    """
    oracle = oracle_of(app_db)
    net = proxy()
    dsn = f"host=127.0.0.1,127.0.0.1 port={net.port},{app_db.cluster.port} dbname={app_db.name} user=postgres"
    daemon = recurd(app_db, dsn=dsn, connect_timeout="10s", wrapper=turns.wrapper, **FAST)
    serves(oracle, daemon)
    wait_until(lambda: app_db.value(AT_REST), what="it has told what it made, and polls")
    net.stall()
    struck = time.monotonic()
    oracle.add_template(SOON, DAILY)
    lost = daemon.expect("connection_lost")
    assert lost["reason"] == "no reply within 5.0 s" and POLL_DEADLINE - 0.5 < lost.received - struck < POLL_DEADLINE + SLOWNESS
    oracle.settle()
    recovery = time.monotonic() - struck
    assert recovery < POLL_DEADLINE + 2 * SLOWNESS, "not connect_timeout on top"
    assert not daemon.seen("connect_failed")
    daemon.stop()
    assert turns.longest_wait() < LOOP_STALLS
    tally(recovery=recovery, **oracle.check([daemon]))


# Fault 11: links that are cut ---------------------------------------------------------------------


@pytest.mark.parametrize("how", ["cut", "refuse", "stall"])
def test_a_network_that_breaks(app_db, recurd, proxy, tally, how):
    """Fault 11: resets, refusals, silence; noticed within query_timeout and connect_timeout."""
    oracle = oracle_of(app_db)
    net = proxy()
    daemon = recurd(app_db, dsn=net.dsn_for(app_db), statement_timeout="500ms", query_timeout="1s", connect_timeout="1s", **FAST)
    serves(oracle, daemon)
    struck = time.monotonic()
    getattr(net, how)()
    oracle.add_template(AGO, DAILY)
    lost = daemon.expect("connection_lost")
    assert lost.received - struck < (1 if how == "stall" else 0) + SLOWNESS, lost.raw
    if how != "cut":
        failed = daemon.expect("connect_failed")
        assert failed.received - lost.received < (1.5 if how == "stall" else 0.5) + SLOWNESS, failed.raw
    net.resume()
    resumed = time.monotonic()
    oracle.settle()
    recovery = time.monotonic() - resumed
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


def test_a_link_that_is_cut(link, recurd, tally):
    """Fault 11: the link dies while one session only listens and the other asks: both notice by themselves.

    query_timeout is out of the way; what notices is TCP, with the options that recurd gives to libpq.
    """
    oracle = link.oracle
    dsn = link.dsn + KEEPALIVE
    daemon = recurd(oracle.db, dsn=dsn, listen_dsn=dsn, query_timeout="60s", connect_timeout="1s", wrapper=link.wrapper, **FAST)
    daemon.expect("listening")
    serves(oracle, daemon)
    link.cut()
    cut = time.monotonic()
    for conn in ("main", "listen"):
        lost = daemon.expect("connection_lost", conn=conn)
        assert lost["reason"].endswith(": Connection timed out"), lost.raw
        assert lost.received - cut < NOTICED_WITHIN, lost.raw
    oracle.add_template(AGO, DAILY)
    link.resume()
    resumed = time.monotonic()
    oracle.settle()
    recovery = time.monotonic() - resumed
    daemon.expect("listening", count=2)
    serves(oracle, daemon)
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


def test_a_link_that_is_cut_under_a_question(link, recurd, tally):
    """Fault 11: the question has arrived, nobody answers, then the link dies: the keepalives notice."""
    oracle = link.oracle
    daemon = recurd(oracle.db, dsn=link.dsn + KEEPALIVE, query_timeout="60s", connect_timeout="1s", wrapper=link.wrapper, **FAST)
    serves(oracle, daemon)
    link.net.stall()
    wait_until(lambda: question_is_out(link), what="a question that nobody answers")
    link.cut()
    cut = time.monotonic()
    assert daemon.expect("connection_lost").received - cut < NOTICED_WITHIN
    link.net.resume()
    link.resume()
    resumed = time.monotonic()
    serves(oracle, daemon)
    recovery = time.monotonic() - resumed
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


def question_is_out(link):
    """A question that nobody reads, or an answer: either has been acknowledged by our kernel."""
    rows = [row.split() for row in open("/proc/self/net/tcp").read().splitlines()[1:]]
    ports = f":{link.net.port:04X}", f":{link.oracle.db.cluster.port:04X}"
    mine = [row for row in rows if row[3] == "01" and (row[1].endswith(ports[0]) or row[2].endswith(ports[1]))]
    return any(int(row[4].split(":")[1], 16) > 0 for row in mine)


def test_a_link_that_is_cut_while_sending(app_db, recurd, proxy, tally):
    """Fault 11: in the middle of a large batch nobody takes what we send any more: tcp_user_timeout notices.

    Whether the server got it is unknown then; the next claim reads the truth.
    """
    oracle = oracle_of(app_db, templates=3000)
    net = proxy()
    net.stall_on = (b".tasks (id, title, description",)
    dsn = net.dsn_for(app_db) + KEEPALIVE
    daemon = recurd(
        app_db, dsn=dsn, batch_size=3000, query_timeout="60s", statement_timeout="1s", ready=False, **FAST, **LINES
    )
    wait_until(lambda: net.stalled, what="the write is under way")
    cut = time.monotonic()
    lost = daemon.expect("connection_lost")
    assert lost["reason"].endswith(": Connection timed out"), lost.raw
    assert lost.received - cut < NOTICED_WITHIN
    net.resume()
    resumed = time.monotonic()
    oracle.settle()
    recovery = time.monotonic() - resumed
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


# Fault 12: a slow line ----------------------------------------------------------------------------


def test_a_slow_line_and_then_none(app_db, recurd, proxy, turns, tally):
    """Fault 12: half a second for each round trip, then a black hole; the service manager sees it live all the time.

    Nothing stalls the loop; the watchdog may be late once, when the machine is.
    """
    oracle = oracle_of(app_db)
    net = proxy()
    net.lag(SLOW_LINE)
    daemon = recurd(
        app_db, dsn=net.dsn_for(app_db), env={"WATCHDOG_USEC": "2000000"}, ready=False, query_timeout="2s",
        statement_timeout="1s", connect_timeout="3s", wrapper=turns.wrapper, **FAST,
    )  # fmt: skip
    daemon.wait_ready()
    serves(oracle, daemon)
    net.stall()
    stalled = time.monotonic()
    lost = daemon.expect("connection_lost")
    assert lost.received - stalled < 2 + 1 * SLOWNESS
    daemon.expect("connect_failed")
    oracle.add_template(AGO, DAILY)
    net.resume()
    resumed = time.monotonic()
    oracle.settle()
    recovery = time.monotonic() - resumed
    gaps = watchdog_gaps(daemon)
    assert len(gaps) > 5 and sorted(gaps)[-2] < 2, "the watchdog was fed, but for what the machine itself holds up"
    daemon.stop()
    assert turns.longest_wait() < LOOP_STALLS
    tally(recovery=recovery, **oracle.check([daemon]))


# Fault 13: a backend that stands still ------------------------------------------------------------


def test_a_stopped_backend(app_db, recurd, tally):
    """Fault 13: a server process stops in the middle of a batch; no TCP option helps, its kernel answers.

    query_timeout gives it up.  What it has claimed stays locked, everything else goes on; when it runs again
    it finds the link gone, and what it held is made once.
    """
    batch, total = 50, 500
    oracle = oracle_of(app_db, templates=total)
    daemon = recurd(
        app_db, dsn=app_db.tcp_dsn, batch_size=batch, query_timeout="1s", statement_timeout="900ms",
        env={"RECURD_FAULT_STOP": "generator.planned_not_written:3"}, ready=False, **FAST, **LINES,
    )  # fmt: skip
    # While the daemon is stopped, too, its backend holds no lock of the server's own that would stop everybody.
    wait_until(lambda: daemon.status_field("State").startswith("T"), what="the daemon, stopped in mid-batch")
    stopped = wait_until(lambda: in_a_batch(app_db), what="a backend that has claimed rows and waits")
    os.kill(stopped, signal.SIGSTOP)
    daemon.kill(signal.SIGCONT)
    since = time.monotonic()
    try:
        lost = daemon.expect("connection_lost", reason="no reply within query_timeout")
        assert 0.9 < lost.received - since < 1 + SLOWNESS
        wait_until(lambda: count_tasks(app_db) == total - batch, what="the others are made")
        recovery = time.monotonic() - since
        assert app_db.value("select count(*) from pg_locks where pid = %s", (stopped,)) > 0, "it has not gone on"
    finally:
        os.kill(stopped, signal.SIGCONT)
    oracle.settle()
    serves(oracle, daemon)
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


def in_a_batch(db):
    """The backend that works for a recurd and is inside of a transaction that locks rows; or None."""
    found = db.column(
        "select pid from pg_stat_activity where datname = current_database() and application_name = 'recurd'"
        " and backend_type = 'client backend' and state = 'idle in transaction' and backend_xid is not null"
    )
    return found[0] if found else None


# Fault 14: a mute name server ---------------------------------------------------------------------


@pytest.fixture
def nameserver(tmp_path):
    if not is_root():
        pytest.skip("needs root: a name server of its own on port 53, and /etc/resolv.conf")
    server = NameServer(tmp_path)
    yield server
    server.close()


def test_a_mute_name_server(app_db, recurd, nameserver, turns, tally):
    """Fault 14: looking up the only host takes for ever, again and again; the loop goes on meanwhile.

    It never stalls for 100 ms, machine apart.  Seen from outside, where the machine counts, the best of several
    look-ups does.
    """
    oracle = oracle_of(app_db)
    dsn = f"host=db.example.net port={app_db.cluster.port} dbname={app_db.name} user=postgres"
    daemon = recurd(
        app_db, dsn=dsn, wrapper=[*nameserver.wrapper, *turns.wrapper], env={"WATCHDOG_USEC": "40000"}, ready=False,
        connect_timeout="500ms", poll_interval="50ms", reconnect_limit="200ms",
    )  # fmt: skip
    daemon.notify.expect("READY")
    daemon.expect("connect_failed", count=5)
    ends = [line.received for line in daemon.seen("connect_failed")]
    stalls = [max(watchdog_gaps(daemon, since, until)) for since, until in zip(ends, ends[1:])]
    assert min(stalls) < LOOP_STALLS, stalls
    assert turns.longest_wait() < LOOP_STALLS
    assert "name server" in daemon.seen("connect_failed")[0].raw
    nameserver.answer()
    answered = time.monotonic()
    daemon.wait_ready()
    recovery = time.monotonic() - answered
    serves(oracle, daemon)
    wait_until(lambda: daemon.threads() == 1, what="no look-up is left behind")
    daemon.stop()
    assert turns.longest_wait() < LOOP_STALLS and turns.count() > 100
    tally(injected=len(ends), recovery=recovery, **oracle.check([daemon]))


def test_a_mute_name_server_and_an_end(app_db, recurd, nameserver, tally):
    """Fault 14: a look-up that hangs does not hold up the daemon's end."""
    oracle = oracle_of(app_db)
    daemon = recurd(app_db, dsn=f"host=db.example.net dbname={app_db.name}", wrapper=nameserver.wrapper, ready=False)
    daemon.notify.expect("READY")
    wait_until(lambda: daemon.threads() > 1, what="a look-up under way")
    began = time.monotonic()
    daemon.stop()
    took = time.monotonic() - began
    assert took < 1 + SLOWNESS
    tally(recovery=took, **oracle.check([daemon]))
