"""Fixtures of recurd-http; see harness/web.py."""

import uuid

import pytest

from harness.web import RecurdHttp, User, secret_file


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


@pytest.fixture(scope="module")
def api(db, tmp_path_factory):
    """One for all tests of a module, which takes tokens."""
    server = RecurdHttp(db, jwt_secret_file=secret_file(tmp_path_factory.mktemp("api")), operators_on_unix_socket=True,
                        cors_origins="https://app.example").wait_ready()
    yield server
    server.stop()
    server.dispose()


@pytest.fixture
def make_user(db, api):
    """make_user(): another user, who has signed in."""
    return lambda: User(api, db.add_user(f"user-{uuid.uuid4()}"))


@pytest.fixture
def ada(make_user):
    return make_user()
