"""A running recurd-http, and those who ask it."""

import base64
import hashlib
import hmac
import http.client
import json
import socket
import tempfile
import time
import urllib.parse
from pathlib import Path

from . import contract
from .daemon import Recurd

ROLE = "recurd_test_web"


def grant_role(db, role=ROLE):
    """A role that may log in and has recurd_web, and nothing else; its connection string."""
    db.psql(f"do $$ begin create role {role} login; exception when duplicate_object or unique_violation then null; end $$;"
            f" grant recurd_web to {role}")
    return db.dsn_as(role)


class Answer:
    def __init__(self, answer):
        self.status = answer.status
        self.headers = answer.headers  # get_all for what comes twice
        self.body = answer.read()

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Local(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout=20):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RecurdHttp(Recurd):
    """RecurdHttp(db, operators="ada") starts recurd-http on a database, with a role that has recurd_web alone; keywords
    are options of recurd-http.conf.  It listens at `socket` (Unix) and at 127.0.0.1:`port`."""

    NAME = "recurd-http"
    SERVES = "http_database_up"

    def __init__(self, db, *args, dsn=None, **options):
        self.place = Path(tempfile.mkdtemp(prefix="rcd-h-", dir="/tmp"))
        self.socket = self.place / "http.sock"
        self.port = free_port()
        options.setdefault("listen", f"{self.socket} 127.0.0.1:{self.port}")
        super().__init__(db, *args, dsn=dsn or grant_role(db), **options)

    def connect(self, unix=False, timeout=20):
        return Local(self.socket, timeout) if unix else http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, unix=False, token=None, headers=None):
        """The Answer to one request; a body that is no bytes is sent as JSON."""
        connection = self.connect(unix)
        headers = dict(headers or {})
        if token:
            headers.setdefault("Authorization", f"Bearer {token}")
        if body is not None and not isinstance(body, bytes):
            headers.setdefault("Content-Type", "application/json")
            body = json.dumps(body).encode()
        try:
            connection.request(method, path, body, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **kwargs):
        return self.ask("GET", path, **kwargs)

    def stream(self, path, unix=False, token=None, timeout=20):
        """An event stream: an HTTPResponse to read lines from; close() it."""
        connection = self.connect(unix, timeout)
        connection.request("GET", path, headers={"Accept": "text/event-stream"} | ({"Authorization": f"Bearer {token}"} if token else {}))
        return connection.getresponse()

    def dispose(self):
        super().dispose()
        for path in self.place.iterdir():
            path.unlink()
        self.place.rmdir()


SECRET = "a secret of the application's, of 32 bytes"


def token(user, secret=SECRET, **claims):
    """A signed token (HS256) for a user, good for an hour; recurd-http needs jwt_secret_file=secret_file(directory)."""
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    head, body = (part(json.dumps(each).encode()) for each in ({"alg": "HS256", "typ": "JWT"},
                                                               {"sub": user, "exp": int(time.time()) + 3600, **claims}))
    return (head + b"." + body + b"." + part(hmac.digest(secret.encode(), head + b"." + body, hashlib.sha256))).decode()


def secret_file(directory, secret=SECRET):
    path = Path(directory) / "secret"
    path.write_text(secret + "\n")
    path.chmod(0o600)
    return path


class User:
    """Somebody who signed in, and asks for what is his.  Each answer is held against the document (contract.py)."""

    def __init__(self, http, name):
        self.http, self.name, self.token = http, name, token(name)

    def ask(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.http.ask(method, path, body, token=self.token, headers=headers)
        contract.check(method, path, answer)
        return answer

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def made(self, path, **body):
        answer = self.ask("POST", path, body)
        assert answer.status == 201, answer
        return answer.json


def quote(text):
    """As one part of a path, or a value of a query."""
    return urllib.parse.quote(text, safe="")
