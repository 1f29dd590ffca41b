"""Fixtures: see harness/ for what they hand out.

`cluster` lives as long as the run (one per pytest process); everything else as long as its test.  Each
test has databases of its own, copied from one that the migrations made once.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness.cluster import Cluster
from harness.daemon import IS_SANITIZED, Recurd
from harness.notify import SyslogReceiver, with_dev_log
from harness.pgbouncer import PgBouncer, available
from harness.proxy import Proxy
from harness.util import is_root


def pytest_collection_modifyitems(items):
    for item in items:
        if IS_SANITIZED and item.get_closest_marker("timing"):
            item.add_marker(pytest.mark.skip(reason="measures time, which sanitizers distort"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what its daemons and its server said."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    for number, daemon in enumerate(getattr(item, "daemons", []), 1):
        report.sections.append((f"recurd {number} (pid {daemon.pid})", daemon.log(80)))
    for name in ("cluster", "make_cluster"):
        holder = item.funcargs.get(name)
        if isinstance(holder, Cluster):
            report.sections.append(("PostgreSQL's log, its end", "\n".join(holder.log().splitlines()[-40:])))


@pytest.fixture(scope="session")
def pristine():
    """A stopped cluster with a migrated database, for others to start as copies of."""
    cluster = Cluster().start()
    cluster.migrate()
    cluster.stop()
    yield cluster
    cluster.destroy()


@pytest.fixture(scope="session")
def cluster(pristine):
    cluster = Cluster(copy_of=pristine).start()
    yield cluster
    cluster.destroy()


@pytest.fixture
def make_cluster(pristine):
    """make_cluster(**settings): a cluster of the test's own, running, to be stopped and killed at will."""
    made = []

    def make(start=True, **settings):
        made.append(Cluster(copy_of=pristine, **settings))
        return made[-1].start() if start else made[-1]

    yield make
    for cluster in made:
        cluster.destroy()


@pytest.fixture
def empty_db(cluster):
    """A database with nothing in it."""
    database = cluster.create()
    yield database
    database.drop()


@pytest.fixture
def app_db(cluster):
    """A database with all migrations but the optional ones."""
    database = cluster.create_migrated()
    yield database
    database.drop()


@pytest.fixture
def make_db(cluster):
    """make_db(optional=("wakeup",)): as app_db, several, or with optional migrations."""
    made = []

    def make(optional=()):
        made.append(cluster.create_migrated(optional))
        return made[-1]

    yield make
    for database in made:
        database.drop()


@pytest.fixture
def recurd(request):
    """recurd(db, batch_size=10): starts a daemon; ready=False returns before it serves."""
    request.node.daemons = daemons = []

    def start(db=None, *args, ready=True, **options):
        daemon = Recurd(db, *args, **options)
        daemons.append(daemon)
        return daemon.wait_ready() if ready else daemon

    yield start
    failure = None
    for daemon in daemons:
        try:
            daemon.dispose()
        except AssertionError as error:
            failure = failure or error
    if failure:
        raise failure


@pytest.fixture
def pgbouncer(cluster):
    """pgbouncer(pool_size=1): a pooler before the session's cluster."""
    if not available():
        pytest.skip("pgbouncer is not installed")
    made = []

    def make(in_front_of=None, **settings):
        made.append(PgBouncer(in_front_of or cluster, **settings))
        return made[-1]

    yield make
    for pooler in made:
        pooler.destroy()


@pytest.fixture
def proxy(cluster):
    """proxy(): a breakable network before the session's cluster; .dsn_for(db) goes through it."""
    made = []

    def make(in_front_of=None, rewrite=None, listen="127.0.0.1"):
        made.append(Proxy("127.0.0.1", (in_front_of or cluster).port, rewrite, listen))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def syslog(tmp_path_factory):
    """A syslog socket; pass wrapper=syslog.wrapper to recurd(...) and it is that daemon's /dev/log."""
    if not is_root():
        pytest.skip("needs root: /dev/log in a mount namespace of its own")
    scratch = tmp_path_factory.mktemp("s")
    receiver = SyslogReceiver(scratch / "log")
    receiver.wrapper = with_dev_log(receiver.path, str(scratch))
    yield receiver
    receiver.close()
