"""What the demo plays on: a PostgreSQL of its own, workers, and a clock that can be set.

Everything lies in a folder that only its owner can enter.  Nothing outlives the demo: the server and the
workers are told by the kernel when it ends (setpriv --pdeathsig), and watchdog.py removes what is left.
"""

import glob
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import deque
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

SOURCE = Path(__file__).resolve().parents[2]
BUILD = SOURCE / os.environ.get("RECURD_BUILD", "build")
ZONE = ZoneInfo("Europe/Berlin")
PATIENCE = 30  # for what takes a moment; a machine may be busy

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = off
# When a row became visible is what "late" means; now() in a transaction is its beginning.
track_commit_timestamp = on
"""


class Failed(Exception):
    """Something did not happen, or a program said no."""


def environ(**extra):
    """Ours, without what would lead libpq or recurd to another database."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith(("PG", "RECURD_")) and key not in ("DATABASE_URL", "NOTIFY_SOCKET")}
    return {**kept, **extra}


def run(argv, what, **kwargs):
    """What a program prints; Failed with what it complains of."""
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, env=environ(), **kwargs)
    if done.returncode != 0:
        raise Failed(f"{what}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


class Event:
    """A log line of a worker: event["late_ms"]; event.name; None for what is not there."""

    def __init__(self, worker, line):
        self.worker = worker
        self.line = re.sub(r"^<\d>", "", line)
        self.fields = {key: quoted.replace('\\"', '"') if quoted else plain for key, quoted, plain in
                       re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))', self.line)}
        self.name = self.fields.get("event", "")

    def __getitem__(self, key):
        return self.fields.get(key)

    def instant(self, key):
        text = self.fields.get(key)
        return datetime.fromisoformat(text.replace("Z", "+00:00")) if text and text != "none" else None


class Worker:
    def __init__(self, stage, name):
        self.name = name
        self.stage = stage
        self.rest = b""
        self.process = stage.spawn(
            [BUILD / "recurd", "--foreground"], "KILL", stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
            env=environ(RECURD_DATABASE_URL=stage.dsn, RECURD_WORKER_NAME=name, RECURD_LOG_LEVEL="info",
                        RECURD_POLL_INTERVAL="200ms", RECURD_BATCH_SIZE="100", RECURD_LOG_RATE="1000000"))
        os.set_blocking(self.process.stderr.fileno(), False)

    def read(self):
        """Events that have come; None: it has ended."""
        data = self.process.stderr.read(1 << 16)
        if data is None:
            return []
        if data == b"":
            return None
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [Event(self, line.decode(errors="replace")) for line in lines]

    def kill(self):
        self.process.kill()
        self.gone()

    def gone(self):
        self.process.wait()
        self.stage.forget(self.process)


class Stage:
    def __init__(self):
        found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
        if not found and not shutil.which("initdb"):
            raise Failed("there is no PostgreSQL server here: ./dev deps installs one")
        self.bin = Path(max(found, key=lambda path: float(path.split("/")[4])) if found else shutil.which("initdb")).parent
        self.folder = Path(tempfile.mkdtemp(prefix="recurd-demo-", dir="/tmp"))
        self.dsn = f"host={self.folder} dbname=postgres user=postgres"
        self.workers = {}
        self.read = deque()  # events that nobody has taken yet
        self.offset = timedelta(0)
        self.watchdog = subprocess.Popen([sys.executable, Path(__file__).with_name("watchdog.py"), self.folder],
                                         stdin=subprocess.PIPE, start_new_session=True, cwd="/", text=True)

    # Processes ------------------------------------------------------------------------------------

    def spawn(self, argv, death_signal, as_server=False, **kwargs):
        """A process that ends when we do, in a session of its own: Ctrl-C reaches us alone."""
        user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if as_server and os.geteuid() == 0 else []
        process = subprocess.Popen(["setpriv", *user, "--pdeathsig", death_signal, *map(str, argv)],
                                   stdin=subprocess.DEVNULL, start_new_session=True, **kwargs)
        self.watchdog.stdin.write(f"+{process.pid}\n")
        self.watchdog.stdin.flush()
        return process

    def forget(self, process):
        self.watchdog.stdin.write(f"-{process.pid}\n")
        self.watchdog.stdin.flush()

    def _server(self, *argv, **kwargs):
        """A program of the server's; as root it runs as the user postgres, as PostgreSQL demands."""
        return self.spawn([self.bin / argv[0], *argv[1:]], "QUIT", as_server=True, cwd="/", env=environ(), **kwargs)

    def open(self):
        """Makes the cluster, starts it, brings our tables into it."""
        log = self.folder / "log"
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        with open(log, "wb") as out:
            initdb = self._server("initdb", "-N", "-A", "trust", "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8",
                                  "-D", self.folder / "data", stdout=out, stderr=out)
            if initdb.wait() != 0:
                raise Failed(f"initdb failed:\n{log.read_text(errors='replace')}")
            self.forget(initdb)
            with open(self.folder / "data/postgresql.conf", "a") as conf:
                conf.write(SETTINGS.format(folder=self.folder))
            postgres = self._server("postgres", "-D", self.folder / "data", stdout=out, stderr=out)
        deadline = time.monotonic() + PATIENCE
        while subprocess.run([self.bin / "pg_isready", "-q", "-h", self.folder], env=environ()).returncode != 0:
            if postgres.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"PostgreSQL does not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        run([BUILD / "recurctl", "--dsn", self.dsn, "migrate", "up"], "recurctl migrate up")
        self.query((Path(__file__).with_name("opening.sql")).read_text())

    def serve(self):
        """recurd-http, with the role that it has elsewhere, too; its address."""
        self.query("create role web login; grant recurd_web to web")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        (self.folder / "http.conf").touch()
        with open(self.folder / "http.log", "wb") as out:
            process = self.spawn([BUILD / "recurd-http", "--foreground", "-c", self.folder / "http.conf", "-o", f"listen={address}",
                                  "-o", f"database_url=host={self.folder} dbname=postgres user=web"], "TERM",
                                 stdout=subprocess.DEVNULL, stderr=out, env=environ())
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{address}/readyz", timeout=PATIENCE).close()
                return f"http://{address}/"
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Failed(f"recurd-http does not start:\n{(self.folder / 'http.log').read_text(errors='replace')}") from None
                time.sleep(0.05)

    def close(self):
        """Workers end as they do at a shutdown; the rest is the watchdog's."""
        for worker in self.workers.values():
            worker.process.terminate()
        for worker in self.workers.values():
            try:
                worker.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                worker.process.kill()
        self.watchdog.stdin.close()
        self.watchdog.wait()

    # Workers --------------------------------------------------------------------------------------

    def start(self, name):
        self.workers[name] = Worker(self, name)

    def kill(self, name):
        """kill -9: what it was doing is lost, what it has committed is not."""
        self.workers.pop(name).kill()

    def events(self, patience):
        """What workers say within `patience` seconds, as it comes."""
        deadline = time.monotonic() + patience
        while (left := deadline - time.monotonic()) > 0:
            while self.read:
                yield self.read.popleft()
            streams = {worker.process.stderr: worker for worker in self.workers.values()}
            for stream in select.select(list(streams), [], [], left)[0]:
                worker = streams[stream]
                events = worker.read()
                if events is None:
                    worker.gone()
                    raise Failed(f"worker {worker.name} ended by itself, status {worker.process.returncode}")
                self.read.extend(events)

    # Database and clock ---------------------------------------------------------------------------

    def query(self, sql, **values):
        """Rows of texts.  :'name' in the text is the value of that name."""
        argv = [self.bin / "psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", self.dsn]
        for name, value in values.items():
            argv += ["-v", f"{name}={value}"]
        return [line.split("\t") for line in run(argv, "psql", input=sql).splitlines()]

    def now(self):
        return datetime.now(timezone.utc) + self.offset

    def travel_to(self, instant):
        """The database's clock, which is recurd's, shows `instant` now and goes on from there."""
        self.offset = instant - datetime.now(timezone.utc)
        seconds = f"{self.offset.total_seconds():.6f}"
        self.query("""
            create or replace function recurd.now() returns timestamptz language sql stable parallel safe
                return pg_catalog.now() + interval '%s seconds';
            insert into demo.clock (ahead) values (interval '%s seconds');
        """ % (seconds, seconds))
