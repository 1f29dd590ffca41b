"""A throw-away PostgreSQL cluster: one folder, one postmaster, trust for everybody."""

import functools
import glob
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from .daemon import run_program
from .database import Database
from .util import PATIENCE, clean_environ, free_port, give, service_user, spawn, stop_process, wait_until


def pg_bin():
    """The folder of the newest server's programs, or what RECURD_PG_BIN names."""
    named = os.environ.get("RECURD_PG_BIN")
    if named:
        return Path(named)
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    if not found:
        raise RuntimeError("no PostgreSQL server in /usr/lib/postgresql: run ./dev deps")
    return Path(max(found, key=lambda path: int(path.split("/")[4]))).parent


MEMORY, ROOM = Path("/dev/shm"), 4 << 30


@functools.cache
def sweep():
    """Removes what test runs that were killed have left in memory: their clusters died with them."""
    for left in MEMORY.glob("rcd-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)


def place(settings):
    """Where a cluster lies: in memory, if there is plenty and nothing needs to outlive the machine.

    Making and dropping a database for each test is most of what the tests do to a disk.
    """
    # Never TMPDIR: a socket's path has at most 107 bytes.
    keeps = settings["fsync"] != "off" or not os.access(MEMORY, os.W_OK)
    if keeps:
        return "/tmp"
    sweep()
    return str(MEMORY) if min(_rooms()) >= ROOM else "/tmp"


def _rooms():
    """Bytes that are free, by all that limits them."""
    folder = os.statvfs(MEMORY)
    yield folder.f_bavail * folder.f_frsize
    known = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    yield int(known["MemAvailable"].split()[0]) << 10
    group = Path("/sys/fs/cgroup")
    limit = group / "memory.max"
    if limit.exists() and limit.read_text().strip() != "max":
        yield int(limit.read_text()) - int((group / "memory.current").read_text())


SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "shared_preload_libraries": "pg_stat_statements",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_lock_waits": "on",
    "log_checkpoints": "off",
    "timezone": "Asia/Kathmandu",
}


class Cluster:
    """`settings` go into postgresql.conf.  `dsn_for(name)` is the Unix socket, `tcp_dsn_for(name)` 127.0.0.1.

    copy_of: a stopped cluster whose files it starts with, its migrated databases among them.  That is
    quicker than to make them again; and as it is the same system then, it can be a standby of another copy.
    """

    def __init__(self, copy_of=None, **settings):
        settings = {**SETTINGS, **settings}
        self.dir = Path(tempfile.mkdtemp(prefix=f"rcd-{os.getpid()}-", dir=place(settings)))
        self.data = self.dir / "data"
        self.log_path = self.dir / "log"
        self.port = free_port()
        self.environ = {}  # for the server; before it starts
        self.process = None
        self._serial = 0
        self._migrated = {}
        os.chmod(self.dir, 0o755)
        give(self.dir)
        if copy_of:
            subprocess.run(["cp", "-a", copy_of.data, self.data], check=True)
            self._migrated = dict(copy_of._migrated)
            self._serial = copy_of._serial
        else:
            self._initdb()
        self._configure_files(settings)

    def _initdb(self):
        user = service_user()
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        subprocess.run(
            [pg_bin() / "initdb", "-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D", self.data],
            check=True, stdout=subprocess.DEVNULL, env=clean_environ(), cwd="/", **who,
        )
        # As 15 and later have it by themselves: who may create something in public is what some tests are about.
        subprocess.run(
            [pg_bin() / "postgres", "--single", "-D", self.data, "template1"], input=b"revoke create on schema public from public;",
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environ(), cwd="/", **who,
        )

    def _configure_files(self, settings):
        with open(self.data / "postgresql.auto.conf", "a") as conf:
            for key, value in settings.items():
                conf.write("%s = '%s'\n" % (key, str(value).replace("'", "''")))
            conf.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.dir}'\n")

    # Life -----------------------------------------------------------------------------------------

    def start(self, wait=True):
        with open(self.log_path, "ab") as log:
            self.process = spawn(
                [pg_bin() / "postgres", "-D", self.data], as_service_user=True, death_signal=signal.SIGQUIT,
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=clean_environ(**self.environ), cwd="/",
                start_new_session=True,
            )
        if wait:
            wait_until(self.answers, 60, "PostgreSQL accepts connections")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError("PostgreSQL ended at start:\n" + self.log())
        try:
            psycopg.connect(self.dsn_for("postgres")).close()
            return True
        except psycopg.OperationalError:
            return False

    def stop(self, mode="fast"):
        """fast, immediate (no checkpoint, clients are cut), or kill (SIGKILL to every process of it)."""
        self._forget_connections()
        if mode == "kill":
            self.process.kill()
            self.process.wait(PATIENCE)
            for pid in self._processes():
                with suppress(ProcessLookupError):  # they notice by themselves, too
                    os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not self._processes(), what="backends are gone")
        else:
            stop_process(self.process, {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])

    def kill_backend(self, pid):
        """SIGKILL to one backend: the server ends all others and goes through crash recovery."""
        assert pid in self._processes()
        os.kill(pid, signal.SIGKILL)

    def _processes(self):
        """The server's processes, known by their working folder: each leads a session of its own."""
        found = []
        for entry in glob.glob("/proc/[0-9]*/cwd"):
            try:
                if os.readlink(entry) == str(self.data):
                    found.append(int(entry.split("/")[2]))
            except OSError:
                pass
        return found

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def destroy(self):
        if self.process and self.process.poll() is None:
            self.stop("immediate")
        shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def configure(self, **settings):
        """ALTER SYSTEM and reload; new sessions have it when this returns, and a pg_hba.conf that was written before.

        The setting must be given another value than it has, or nothing could be seen of the reload.
        """
        with psycopg.connect(self.dsn_for("postgres"), autocommit=True) as conn:
            for key, value in settings.items():
                conn.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(key), sql.Literal(str(value))))
            conn.execute("select pg_reload_conf()")
        for key, value in settings.items():
            wait_until(lambda: self._shows(key) == str(value), what=f"{key} is {value}")  # noqa: B023

    def has(self, key):
        """Whether this version of PostgreSQL knows a setting."""
        with psycopg.connect(self.dsn_for("postgres"), autocommit=True) as conn:
            return conn.execute("select exists (select from pg_settings where name = %s)", (key,)).fetchone()[0]

    def _shows(self, key):
        with psycopg.connect(self.dsn_for("postgres"), autocommit=True) as conn:
            return conn.execute("select current_setting(%s)", (key,)).fetchone()[0]

    # Databases ------------------------------------------------------------------------------------

    def dsn_for(self, name, user="postgres"):
        return f"host={self.dir} port={self.port} dbname={name} user={user}"

    def tcp_dsn_for(self, name, user="postgres"):
        return f"host=127.0.0.1 port={self.port} dbname={name} user={user}"

    def create(self, template="template1"):
        self._serial += 1
        name = f"db{self._serial}"
        with psycopg.connect(self.dsn_for("postgres"), autocommit=True) as conn:
            # Without fsync, copying files is quicker than writing them all to the log; 14 knows only that.
            strategy = "strategy file_copy" if conn.info.server_version >= 150000 else ""
            conn.execute(f'create database "{name}" template "{template}" {strategy}')
        return Database(self, name)

    def create_migrated(self, optional=()):
        """A copy of a database that all migrations made, with the named optional ones."""
        return self.create(self.migrate(optional))

    def migrate(self, optional=()):
        """Makes that database, once; its name."""
        key = tuple(sorted(optional))
        if key not in self._migrated:
            database = self.create()
            chosen = [word for name in key for word in ("--with", name)]
            done = run_program("recurctl", "--dsn", database.dsn, "migrate", "up", *chosen)
            assert done.returncode == 0, done.stdout + done.stderr
            database.close()
            self._migrated[key] = database.name
        return self._migrated[key]

    def _forget_connections(self):
        Database.close_all(self)
