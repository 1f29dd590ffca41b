"""Fixtures of recurd-http; see harness/web.py."""

import pytest

from harness.web import RecurdHttp


@pytest.fixture(scope="module")
def db(cluster):
    """One database for all tests of a module; each has users of its own."""
    database = cluster.create_migrated()
    yield database
    database.drop()


@pytest.fixture
def recurd_http(request):
    """recurd_http(db, operators="ada"): starts one; ready=False returns before it has a database."""
    request.node.daemons = daemons = []

    def start(db, *args, ready=True, **options):
        daemon = RecurdHttp(db, *args, **options)
        daemons.append(daemon)
        return daemon.wait_ready() if ready else daemon

    yield start
    for daemon in daemons:
        daemon.dispose()
