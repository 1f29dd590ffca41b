"""Disks that are full: the database says no, or dies; when there is space again, all is made, once."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from faults.serving import FAST, count_tasks, oracle_of
from harness.util import SLOWNESS, give, is_root, wait_until

FREE_AT_LAST = 10 * SLOWNESS  # seconds after which work goes on


class SmallDisk:
    """A file system of so many MB at `path`; fill() leaves so many kB of it, empty() gives the space back."""

    def __init__(self, path, megabytes):
        self.path = Path(path)
        self.ballast = self.path / "ballast"
        self.path.mkdir(mode=0o700, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", self.path], check=True)
        give(self.path)

    def free_kb(self):
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize >> 10

    def fill(self, leave_kb=0):
        with open(self.ballast, "ab") as ballast:
            ballast.write(bytes(max(0, self.free_kb() - leave_kb) << 10))

    def empty(self):
        self.ballast.unlink(missing_ok=True)

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=True)


@pytest.fixture
def small_disk():
    """small_disk(path, megabytes)"""
    if not is_root():
        pytest.skip("needs root: a small file system")
    made = []

    def make(path, megabytes):
        made.append(SmallDisk(path, megabytes))
        return made[-1]

    yield make
    for disk in made:
        disk.unmount()


def test_the_disk_of_the_data_is_full(make_cluster, small_disk, recurd, tally):
    """Fault 18: no table can grow any more.  recurd says so, with the server's words, and tries again by itself."""
    cluster = make_cluster()
    disk = small_disk(cluster.dir / "small", 40)
    with psycopg.connect(cluster.dsn_for("postgres"), autocommit=True) as conn:
        conn.execute(f"create tablespace small location '{disk.path}'")
    db = cluster.create_migrated()
    db.close()
    with psycopg.connect(cluster.dsn_for("postgres"), autocommit=True) as conn:
        conn.execute(f'alter database "{db.name}" set tablespace small')
    oracle = oracle_of(db, templates=1500, each=2, reminders=20)
    disk.fill()
    daemon = recurd(db, batch_size=200, log_rate=100000, **FAST)
    failed = daemon.expect("batch_failed", sqlstate="53100", count=2)
    assert failed["class"] == "retry" and "No space left on device" in failed["reason"], failed.raw
    assert not oracle.is_settled()
    disk.empty()
    emptied = time.monotonic()
    made = count_tasks(db)
    wait_until(lambda: count_tasks(db) > made, what="work goes on")
    recovery = time.monotonic() - emptied
    assert recovery < FREE_AT_LAST
    oracle.settle()
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


def test_the_disk_of_the_log_is_full(make_cluster, small_disk, recurd, tally):
    """Fault 18: PostgreSQL has no space for its WAL: it panics under our batch, recovers, panics again or gives up.

    When an administrator has given it space (and started it, where it had ended), all is made, once.
    """
    cluster = make_cluster(start=False)
    disk = small_disk(cluster.dir / "wal", 96)
    wal = cluster.data / "pg_wal"
    subprocess.run(["cp", "-a", f"{wal}/.", disk.path], check=True)
    shutil.rmtree(wal)
    wal.symlink_to(disk.path)
    cluster.start()
    db = cluster.create_migrated()
    oracle = oracle_of(db, templates=600, each=3, reminders=20)
    disk.fill()
    leave_wal(db, kilobytes=300)
    daemon = recurd(db, batch_size=100, log_rate=100000, ready=False, **FAST)
    daemon.expect("connection_lost")
    wait_until(lambda: "PANIC" in cluster.log() and "No space left on device" in cluster.log())
    daemon.expect("connect_failed")
    disk.empty()
    if not comes_up(cluster):
        cluster.start()
    db.close()  # what the crash has cut
    up = time.monotonic()
    oracle.settle()
    recovery = time.monotonic() - up
    assert recovery < FREE_AT_LAST
    daemon.stop()
    tally(recovery=recovery, **oracle.check([daemon]))


def leave_wal(db, kilobytes):
    """Writes until the segment that is open has room for little more."""
    (used,) = db.column("select file_offset from pg_walfile_name_offset(pg_current_wal_insert_lsn())")
    left = (16 << 20) - used - (kilobytes << 10)
    assert left > 0
    db.execute("select pg_logical_emit_message(false, 'ballast', repeat('x', %s))", (left,))


def comes_up(cluster):
    """Whether a server that crashed serves again by itself; False: it has ended."""

    def outcome():
        if cluster.process.poll() is not None:
            return "ended"
        try:
            return cluster.answers() and "serves"
        except RuntimeError:
            return "ended"

    return wait_until(outcome) == "serves"
