"""A streaming standby of a cluster: it follows, can be stopped so that it misses the tail, and be promoted."""

import psycopg

from .cluster import Cluster
from .util import give, wait_until


class Standby(Cluster):
    """primary: a running copy of `copy_of`.  start() makes it follow, as an ordinary hot standby."""

    def __init__(self, primary, copy_of):
        self.primary = primary
        where = f"host={primary.dir} port={primary.port} user=postgres"
        super().__init__(copy_of, primary_conninfo=where)
        (self.data / "standby.signal").touch()
        give(self.data / "standby.signal")

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
