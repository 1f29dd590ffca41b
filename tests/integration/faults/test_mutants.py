"""Mutants: without one of the things that the promise stands on, the oracle, or the worker, must object.

SQL is mutated on its way to the server; the daemon's own order of log line and COMMIT by a library that
holds back what it writes.
"""

import signal
import subprocess

import pytest

from faults.book import Disagreement
from faults.storm import OPTIONS, begin, feed
from harness.daemon import IS_SANITIZED, Event
from harness.util import wait_until

LOCKED = b"for no key update of t skip locked"
WAITING = b"for no key update of t            "


def drop_keys(db):
    """Neither the occurrence's unique key nor the derived id's primary key stands in the way."""
    db.execute("drop index ux_tasks_recurring_task_id_occurrence_at")
    # Unique for those who look it up in the catalog, and never in anybody's way.
    db.execute("create sequence another")
    db.execute("create function another(text) returns bigint language sql immutable as $$ select nextval('public.another') $$")
    db.execute("create unique index ux_tasks_recurring_task_id_occurrence_at on tasks (recurring_task_id, occurrence_at, another(id))")
    db.execute("alter table tasks drop constraint tasks_pkey cascade")


def run_of_four(db, recurd, proxy, rewrite, settles=True):
    """Four workers on a backlog; one stands still between its claim and its write while the others do what they can get.

    The oracle's verdict (raises Disagreement).  settles=False: where nothing keeps them apart, the three meet each
    other's rows, too, take them for what a trigger of the application's did, and try them again for ever.
    """
    oracle = begin(db)
    feed(oracle, 1000, 200)
    net = proxy(rewrite=rewrite)
    options = {**OPTIONS, "batch_size": 250, "statement_timeout": "60s", "query_timeout": "90s", "dsn": net.dsn_for(db)}
    four = [recurd(db, env={"RECURD_FAULT_STOP": "generator.planned_not_written"}, ready=False, **options)]
    wait_until(lambda: four[0].status_field("State").startswith("T"), what="it stands still, its templates claimed")
    transaction = db.value("select xact_start from pg_stat_activity where state = 'idle in transaction' and datname = current_database()")
    due = "select count(*) from recurring_tasks as t where next_due_at <= recurd.now()"
    unless_waiting = " and not exists (select from recurd.waiting as w where w.kind = 'generate' and w.id = t.id)"
    locked = db.value(due) - db.value(f"select count(*) from ({due.replace('count(*)', '')} for no key update skip locked) as free")
    assert (locked == 0) == (rewrite is not None), "what it has claimed is locked, where there are locks"
    four += [recurd(db, ready=False, **options) for _ in range(3)]
    left = due if settles else due + unless_waiting
    wait_until(lambda: db.value(left) == locked, what="all that is not locked is done")
    four[0].kill(signal.SIGCONT)
    over = "select count(*) = 0 from pg_stat_activity where xact_start = %s"
    wait_until(lambda: db.value(over, (transaction,)), what="it has written, or not")
    if settles:
        oracle.settle(60)
    for daemon in four:
        daemon.stop()
    assert rewrite is None or net.rewritten > 8, "the mutation reached the statements"
    return oracle.check(four)


# Nor is a template known by its place, which another worker's update moves.
PLACES = (b"t.ctid = o.place and", b"t.ctid = s.place and")
NO_LOCKS = [(LOCKED, b" " * len(LOCKED))]
# What looks for the keys that are gone, in careful batches.
CONFLICTS = (b"on conflict (recurring_task_id, occurrence_at) where recurring_task_id is not null do nothing", b"on conflict (key) do nothing")
NO_LOCKS_NOR_PLACES = NO_LOCKS + [(text, b" " * len(text)) for text in PLACES + CONFLICTS]


def test_without_keys_and_locks_there_are_duplicates(app_db, recurd, proxy, tally):
    """Mutant: neither unique keys nor SKIP LOCKED."""
    drop_keys(app_db)
    app_db.execute("alter table recurd.notifications drop constraint uq_notifications_key")
    with pytest.raises(Disagreement) as caught:
        run_of_four(app_db, recurd, proxy, NO_LOCKS_NOR_PLACES, settles=False)
    assert caught.value.counts["doubled"] > 0
    tally()


def test_the_keys_alone_prevent_duplicates(app_db, recurd, proxy):
    """Half a mutant: without SKIP LOCKED, with the keys, nothing is doubled."""
    run_of_four(app_db, recurd, proxy, NO_LOCKS)


def test_the_locks_alone_prevent_duplicates(app_db, recurd, proxy):
    """Half a mutant: without the keys, with SKIP LOCKED, nothing is doubled."""
    drop_keys(app_db)
    run_of_four(app_db, recurd, proxy, None)


@pytest.mark.parametrize(
    "instead",
    ["", "create index ux_tasks_recurring_task_id_occurrence_at on tasks (recurring_task_id, occurrence_at)"],
    ids=["gone", "not unique"],
)
def test_without_the_unique_key_no_worker_works(app_db, recurd, tally, instead):
    """Mutant: a schema without the unique key.  The worker itself objects, and says what is missing.

    One of that name that is not unique was enough for it.
    """
    app_db.execute("drop index ux_tasks_recurring_task_id_occurrence_at;" + instead)
    oracle = begin(app_db)
    feed(oracle, 10)
    daemon = recurd(app_db)
    assert "ux_tasks_recurring_task_id_occurrence_at" in daemon.expect("database_unfit")["msg"]
    daemon.expect("connected", count=3)
    assert len(daemon.seen("database_unfit")) == 1, "told once a minute"
    assert app_db.value("select count(*) from tasks") == 0
    with pytest.raises(Disagreement) as caught:
        oracle.check([daemon])
    assert caught.value.counts["lost"] == 10 * 3 * 2, "instances and notifications"
    daemon.stop()
    tally()


@pytest.mark.parametrize("rewrite, passes", [(None, True), ((LOCKED, WAITING), False)], ids=["original", "mutant"])
def test_without_skip_locked_a_stopped_worker_holds_up_the_rest(app_db, recurd, proxy, tally, rewrite, passes):
    """Mutant: FOR NO KEY UPDATE that waits.  A worker that is stopped in mid-batch keeps the others from work."""
    oracle = begin(app_db)
    feed(oracle, 60)
    limits = {**OPTIONS, "batch_size": 20, "statement_timeout": "20s", "query_timeout": "30s"}
    stopped = recurd(app_db, env={"RECURD_FAULT_STOP": "generator.planned_not_written"}, ready=False, **limits)
    wait_until(lambda: stopped.status_field("State").startswith("T"), what="it is stopped")
    net = proxy(rewrite=rewrite)
    other = recurd(app_db, dsn=net.dsn_for(app_db), **limits)
    rest = lambda: app_db.value("select count(distinct recurring_task_id) from tasks") == 40  # noqa: E731
    if passes:
        wait_until(rest, 5, "all but the stopped one's batch is done")
    else:
        with pytest.raises(AssertionError, match="all but the stopped"):
            wait_until(rest, 1, "all but the stopped one's batch is done")
        tally()
    stopped.kill(signal.SIGKILL)
    stopped.wait()
    oracle.settle()
    other.stop()
    oracle.check([stopped, other])


def test_one_instance_that_is_missing_is_noticed(app_db, recurd, tally):
    """Mutant: one instance of three hundred is deleted; one notification; one template has moved on too far."""
    oracle = begin(app_db)
    feed(oracle, 100, 100)
    daemon = recurd(app_db, **OPTIONS)
    oracle.settle()
    daemon.stop()
    oracle.check([daemon])
    victims = (
        "delete from tasks where id = (select id from tasks where occurrence_at is not null limit 1)",
        "delete from recurd.notifications where id = (select min(id) from recurd.notifications where kind = 'reminder')",
        "update recurring_tasks set next_due_at = next_due_at + interval '1 h' where id = (select min(id) from recurring_tasks)",
    )
    for statement, kind in zip(victims, ("lost", "lost", "elsewhere")):
        with app_db.connect(autocommit=False) as conn:
            assert conn.execute(statement).rowcount == 1
            oracle.db, ours = Transaction(conn), oracle.db
            with pytest.raises(Disagreement) as caught:
                oracle.check([daemon])
            assert caught.value.counts == {kind: 1}
            oracle.db = ours
            conn.rollback()
        tally()


def test_whatever_the_oracle_promises_it_notices(app_db, recurd, tally):
    """Mutant: rows, lines and a worker's needs, each twisted in its way, one at a time."""
    oracle = begin(app_db)
    feed(oracle, 10, 10)
    daemon = recurd(app_db, **OPTIONS)
    oracle.settle()
    daemon.stop()

    def objection():
        with pytest.raises(Disagreement) as caught:
            oracle.check([daemon])
        return caught.value.counts

    for kinds, statement in TWISTED_ROWS:
        with app_db.connect(autocommit=False) as conn:
            assert conn.execute(statement).rowcount == 1
            oracle.db = Transaction(conn)
            assert kinds <= objection().keys(), statement
            oracle.db = app_db
            conn.rollback()
        tally()
    victim = app_db.column("select id from tasks where occurrence_at is not null limit 1")
    oracle.deleted.update(victim)
    assert objection() == {"resurrected": 1}
    oracle.deleted.clear()
    right = daemon.events
    for kind, lines in twisted_lines(right):
        daemon.events = lines
        assert objection() == {kind: 1}, kind
        tally()
    daemon.events, daemon.noise = right, ["Segmentation fault"]
    assert objection() == {"no log line": 1}
    daemon.noise, daemon.spare_fds = [], 5
    assert objection() == {"with too many descriptors": 1}
    daemon.spare_fds = 0
    tally(**oracle.check([daemon]))


def twisted_lines(lines):
    """Pairs of an objection and the lines of a log that deserve it."""

    def but(line, priority=6, **changes):
        return Event({**line, **changes}, priority, str(line))

    reminder, generated = (next(n for n, line in enumerate(lines) if line["event"] == event) for event in ("reminder", "generated"))
    yield "without a line", lines[:reminder] + lines[reminder + 1 :]
    yield "line about nothing", [*lines, but(lines[reminder], key="x")]
    for n, names in ((reminder, ("task", "remind_at")), (generated, ("task", "template", "occurrence"))):
        for name in names:
            other = but(lines[n], **{name: "2020-02-02T02:02:02Z"})
            yield "changed by a repeat", [*lines, other]
            yield "told otherwise", [*lines[:n], other, *lines[n + 1 :]]
    for cause in ("", " ", "unknown error"):
        yield "without a cause", [*lines, but({"event": "batch_failed", "reason": cause}, priority=3)]


# What the oracle promises to notice: its objection, and what it is about.
INSTANCE = "(select min(id) from tasks where occurrence_at is not null)"
NOTIFICATION = "(select min(id) from recurd.notifications)"
TWISTED_ROWS = (
    ({"unexpected"}, f"update tasks set occurrence_at = occurrence_at + interval '1 min', id = 'x' where id = {INSTANCE}"),
    ({"derived otherwise"}, f"update tasks set id = 'x' where id = {INSTANCE}"),
    ({"in quarantine"}, "update recurring_tasks set failed_at = now(), failure = 'x' where id = 't0-1'"),
    ({"elsewhere"}, "update recurring_tasks set is_active = false where id = 't0-1'"),
    ({"miscounted"}, "update recurring_tasks set used_count = used_count + 1 where id = 't0-1'"),
    ({"wrong"}, f"update recurd.notifications set at = at + interval '1 s' where id = {NOTIFICATION}"),
    ({"lost", "unexpected"}, f"update recurd.notifications set key = 'x' where id = {NOTIFICATION}"),
)


class Transaction:
    """The database as an open transaction sees it."""

    def __init__(self, conn):
        self.rows = lambda query, params=None: conn.execute(query, params).fetchall()
        self.now = lambda: self.rows("select recurd.now()")[0]["now"]


# Holds back the lines of rows until the reply to COMMIT has been read.
HELD_LINES = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static char held[1 << 20];
static size_t held_len;

ssize_t writev(int fd, const struct iovec *parts, int n)
{
	static ssize_t (*next)(int, const struct iovec *, int);
	size_t len = 0;
	if (!next)
		next = (ssize_t (*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "writev");
	for (int i = 0; i < n; i++)
		len += parts[i].iov_len;
	if (fd != 2 || n != 2 || !memmem(parts[1].iov_base, parts[1].iov_len, " key=", 5) ||
		held_len + len > sizeof(held))
		return next(fd, parts, n);
	for (int i = 0; i < n; i++) {
		memcpy(held + held_len, parts[i].iov_base, parts[i].iov_len);
		held_len += parts[i].iov_len;
	}
	return (ssize_t)len;
}

static enum { WORKING, COMMITTING, COMMITTED } state;

ssize_t recv(int fd, void *data, size_t size, int flags)
{
	static ssize_t (*next)(int, void *, size_t, int);
	if (!next)
		next = (ssize_t (*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
	ssize_t n = next(fd, data, size, flags);
	if (n > 0 && state == COMMITTING)
		state = COMMITTED;
	return n;
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	static ssize_t (*next)(int, const void *, size_t, int);
	if (!next)
		next = (ssize_t (*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
	if (state == COMMITTED && held_len > 0) {
		if (write(2, held, held_len) < 0)
			abort();
		held_len = 0;
	}
	if (memmem(data, len, "\0commit", 8) || memmem(data, len, "\0tx_commit", 10)) /* text, or name */
		state = COMMITTING;
	else if (state == COMMITTED)
		state = WORKING;
	return next(fd, data, len, flags);
}
"""


@pytest.fixture
def late_lines(tmp_path):
    """An environment under which a daemon writes its lines after the COMMIT."""
    source, library = tmp_path / "late.c", tmp_path / "late.so"
    source.write_text(HELD_LINES)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    runtime = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True).stdout.strip()
    # A sanitizer's runtime wants to be the first library.
    return {"LD_PRELOAD": f"{runtime} {library}" if IS_SANITIZED else str(library)}


def test_a_log_line_after_the_commit_is_lost_by_a_crash(app_db, recurd, tally, late_lines):
    """Mutant: the line is written after the COMMIT.  Killed between the two, as by fault 6, it never comes."""
    oracle = begin(app_db)
    feed(oracle, 60, 60)
    env = {"RECURD_FAULT": "batch.committed:2", **late_lines}
    crashed = recurd(app_db, batch_size=20, env=env, ready=False, **OPTIONS)
    assert crashed.wait(20) == -signal.SIGKILL, crashed.log()
    second = recurd(app_db, batch_size=20, **OPTIONS)
    oracle.settle()
    second.stop()
    with pytest.raises(Disagreement) as caught:
        oracle.check([crashed, second])
    assert set(caught.value.counts) == {"without a line"}
    tally()


def test_late_lines_without_a_crash_are_all_there(app_db, recurd, late_lines):
    """Half a mutant: the library itself loses nothing, so that the test above is about the crash."""
    oracle = begin(app_db)
    feed(oracle, 60, 60)
    daemon = recurd(app_db, batch_size=20, env=late_lines, **OPTIONS)
    oracle.settle()
    wait_until(lambda: len([line for line in daemon.events if "key" in line]) == 240, what="every line, later")
    daemon.stop()
    oracle.check([daemon])
