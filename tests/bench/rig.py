"""What every measure stands on: a cluster as a production one is set up, clones of data sets, processor time.

fsync and synchronous_commit are on, as by default.  Autovacuum is off and checkpoints are far apart, so that
neither falls into one subject's turn and not into the next one's; every clone starts after a checkpoint.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from harness.cluster import Cluster
from harness.daemon import config_text, program
from harness.util import clean_environ, spawn

SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "1GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "32GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "pg_stat_statements.track_planning": "on",
    "timezone": "UTC",
    "track_commit_timestamp": "on",
}
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Run:
    """What one turn of one subject cost: seconds of wall time, of the client's and of the server's processors."""

    rows: int
    seconds: float
    client: float
    server: float

    def figures(self):
        return {
            "rows_per_s": self.rows / self.seconds,
            "seconds": self.seconds,
            "client_us": self.client / self.rows * 1e6,
            "server_us": self.server / self.rows * 1e6,
        }


def _stat(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def process_cpu(pid):
    """User and system time of a process so far, in seconds."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_kb(pid):
    """(RssAnon, VmRSS) of a process."""
    found = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return tuple(int(found[name].split()[0]) for name in ("RssAnon", "VmRSS"))


class Rig:
    """The cluster of a run, and the data sets in it by name."""

    def __init__(self):
        self.cluster = Cluster(**SETTINGS).start()
        self._sets = {}

    def close(self):
        self.cluster.destroy()

    def data_set(self, name, load):
        """The database that load(db) fills the first time that it is asked for."""
        if name not in self._sets:
            started = time.monotonic()
            db = self.cluster.create_migrated()
            load(db)
            db.close()
            self._sets[name] = db
            print(f"data set {name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        return self._sets[name]

    def forget(self, name):
        """Drops a data set: the large ones do not all fit on a disk."""
        if name in self._sets:
            self._sets.pop(name).drop()

    @contextmanager
    def clone(self, original):
        db = original.clone()
        db.execute("checkpoint")
        try:
            yield db
        finally:
            db.drop()

    def server_cpu(self):
        """Of all of the server's processes, living and gone."""
        postmaster = self.cluster.process.pid
        total = sum(int(field) for field in _stat(postmaster)[11:15])
        for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
            try:
                total += sum(int(field) for field in _stat(pid)[11:13])
            except OSError:
                pass  # ended this moment: the postmaster's own figure has it
        return total / TICKS

    def timed(self, rows, work):
        """work() returns the client's processor time."""
        server, started = self.server_cpu(), time.monotonic()
        client = work()
        seconds = time.monotonic() - started
        time.sleep(0.05)  # backends of connections that were closed end a little later
        return Run(rows, seconds, client, self.server_cpu() - server)


class Worker:
    """A daemon whose log goes into a file, so that reading it costs nobody anything, or to the descriptor `output`."""

    def __init__(self, db, *args, output=None, **options):
        self.dir = Path(tempfile.mkdtemp(prefix="rcd-w-", dir="/tmp"))
        conf = self.dir / "recurd.conf"
        conf.write_text(config_text({"database_url": db.dsn, **options}))
        self.log_path = self.dir / "log"
        with open(self.log_path, "wb") as log:
            argv = [program("recurd"), "-c", conf, "--foreground", *args]
            self.started = time.time()
            self.process = spawn(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=output or log, env=clean_environ())

    def wait(self):
        """Waits for its end; returns the processor time that it took."""
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        log = self.log_path.read_text(errors="replace")
        shutil.rmtree(self.dir)
        if self.process.returncode != 0:
            raise RuntimeError(f"recurd ended with {self.process.returncode}:\n{log[-2000:]}")
        return usage.ru_utime + usage.ru_stime

    def stop(self):
        self.process.terminate()
        return self.wait()


def run_workers(db, processes=1, **options):
    """Lets recurd do what is due, in so many processes at once; returns their processor time."""
    workers = [Worker(db, "--once", **options) for _ in range(processes)]
    return sum(worker.wait() for worker in workers)
