"""A streaming standby of a cluster: it follows, can be stopped so that it misses the tail, and be promoted."""

import subprocess

import psycopg

from .cluster import Cluster, pg_bin
from .util import clean_environ, service_user, wait_until


class Standby(Cluster):
    """Standby(primary) copies a running cluster; start() makes it follow, as an ordinary hot standby."""

    def __init__(self, primary):
        self.primary = primary
        super().__init__()

    def _initdb(self, settings):
        user = service_user()
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        subprocess.run(
            [pg_bin() / "pg_basebackup", "-D", self.data, "-R", "-X", "stream", "-c", "fast", "--no-sync",
             "-d", self.primary.dsn_for("postgres")],
            check=True, stdout=subprocess.DEVNULL, env=clean_environ(), cwd="/", **who,
        )
        with open(self.data / "postgresql.auto.conf", "a") as conf:
            conf.write(f"port = {self.port}\nunix_socket_directories = '{self.dir}'\n")

    def ask(self, statement):
        with psycopg.connect(self.dsn_for("postgres"), autocommit=True) as conn:
            return conn.execute(statement).fetchone()[0]

    def wait_caught_up(self):
        """Everything that the primary has written by now is replayed here."""
        with psycopg.connect(self.primary.dsn_for("postgres"), autocommit=True) as conn:
            (end,) = conn.execute("select pg_current_wal_insert_lsn()").fetchone()
        wait_until(lambda: self.ask(f"select pg_last_wal_replay_lsn() >= '{end}'"), 20, "the standby has caught up")

    def promote(self):
        assert self.ask("select pg_promote(true, 30)"), self.log()
