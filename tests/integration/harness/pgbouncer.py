"""PgBouncer before a cluster, in transaction mode unless told otherwise."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from .util import clean_environ, free_port, give, spawn, stop_process, wait_until

PROGRAM = "/usr/sbin/pgbouncer"


class PgBouncer:
    def __init__(self, cluster, pool_mode="transaction", pool_size=5, users=("postgres",), pin="", **settings):
        """pin: what the line of its databases says besides, client_encoding=UTF8 say."""
        self.dir = Path(tempfile.mkdtemp(prefix="rcd-b-", dir="/tmp"))
        self.port = free_port()
        self.process = None
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "trust",
            "auth_file": self.dir / "users",
            "admin_users": "postgres",
            "pool_mode": pool_mode,
            "default_pool_size": pool_size,
            "max_client_conn": 200,
            "logfile": self.dir / "log",
            **settings,
        }
        (self.dir / "users").write_text("".join(f'"{user}" ""\n' for user in users))
        (self.dir / "ini").write_text(
            f"[databases]\n* = host={cluster.dir} port={cluster.port} {pin}\n[pgbouncer]\n"
            + "".join(f"{key} = {value}\n" for key, value in settings.items())
        )
        for path in (self.dir, self.dir / "users", self.dir / "ini"):
            give(path)
        self.start()

    def start(self):
        self.process = spawn(
            [PROGRAM, "-q", self.dir / "ini"], as_service_user=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environ(),
        )
        wait_until(self._answers, what="PgBouncer answers")

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError("PgBouncer ended:\n" + (self.dir / "log").read_text())
        try:
            self.show("version")
            return True
        except psycopg.OperationalError:
            return False

    def stop(self, sig=signal.SIGTERM):
        stop_process(self.process, sig)

    def destroy(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def dsn_for(self, db, user="postgres"):
        return f"host=127.0.0.1 port={self.port} dbname={db.name} user={user}"

    def show(self, what):
        return self.command(f"show {what}").fetchall()

    def command(self, words):
        """On the admin console: pause, resume, reload, ..."""
        dsn = f"host=127.0.0.1 port={self.port} dbname=pgbouncer user=postgres"
        with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as conn:
            return conn.execute(words)


def available():
    return os.path.exists(PROGRAM)
