"""Databases that are not UTF-8, and ids that are no text: what comes is served as it is, or is quarantined alone.

Whatever the database holds is read byte for byte, so that no conversion on the server's side can fail: a single id
that had no equivalent used to stop every reminder and every instance of everybody.
"""

import hashlib
import json
from datetime import datetime, timedelta, timezone

import psycopg
import pytest
from psycopg.rows import dict_row

from harness.ctl import FOUND, OK, ctl_json, run_ctl
from harness.daemon import once, parse_log, run_recurd
from harness.database import Database
from harness.migrate import migrate

UTC = timezone.utc
NOON = datetime(2025, 2, 3, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AT = NOON - MINUTE

# What each holds that is text in it, and what is not: bytes, and the text that they are.
ENCODINGS = {
    "UTF8": ("Müller 日本 🍎".encode(), "Müller 日本 🍎", None),
    "LATIN1": (b"M\xfcller", "Müller", None),
    "WIN1252": (b"M\xfcller \x80", "Müller €", b"M\x81ller"),
    "EUC_JP": ("日本".encode("euc_jp"), "日本", None),
    "SQL_ASCII": ("Müller".encode(), "Müller", b"M\xfcller"),
}


odd_ones = pytest.mark.parametrize("made", [name for name in ENCODINGS if ENCODINGS[name][2]], indirect=True)


class Encoded(Database):
    """Reads and writes bytes, whatever the encoding."""

    def __init__(self, cluster, name, encoding):
        super().__init__(cluster, name)
        self.encoding = encoding
        self.text, self.means, self.odd = ENCODINGS[encoding]

    def connect(self, autocommit=True, **kwargs):
        return psycopg.connect(
            self.dsn, autocommit=autocommit, row_factory=dict_row, client_encoding="SQL_ASCII", **kwargs
        )

    def add(self, name, rule=b'{"frequency": "daily"}'):
        """A user, a template and a reminder of one id, in bytes."""
        raw = "convert_from(%(id)s::bytea, 'SQL_ASCII')"
        self.execute(
            f'insert into "user" (email, name, id, "emailVerified", "createdAt", "updatedAt")'
            f" values ({raw}, 'u', {raw}, true, now(), now())", {"id": name},
        )
        self.execute(
            "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, created_at)"
            f" values ({raw}, {raw}, {raw}, convert_from(%(rule)s::bytea, 'SQL_ASCII')::jsonb, %(at)s, %(at)s)",
            {"id": name, "rule": rule, "at": AT},
        )
        self.execute(
            "insert into tasks (id, user_id, title, is_complete, created_at, updated_at, remind_at)"
            f" values ({raw}, {raw}, {raw}, false, now(), now(), %(at)s)", {"id": name, "at": AT},
        )

    def clear(self):
        self.execute(
            'truncate "user", tasks, recurring_tasks, recurd.notifications, recurd.decisions, recurd.waiting,'
            " recurd.causes, recurd.workers cascade"
        )


@pytest.fixture(scope="module", params=ENCODINGS)
def made(cluster, request):
    """A database in an encoding, adopted by recurctl."""
    name = f"enc_{request.param.lower()}"
    with psycopg.connect(cluster.dsn_for("postgres"), autocommit=True) as conn:
        conn.execute(f"create database {name} encoding '{request.param}' locale 'C' template template0")
    db = Encoded(cluster, name, request.param)
    migrate(db, "up")
    migrate(db, "verify")
    yield db
    db.drop()


@pytest.fixture
def db(made):
    made.clear()
    made.freeze(NOON - timedelta(days=1))
    made.go_live()
    made.freeze(NOON)
    return made


def told(db):
    return {row["task_id"]: row["key"] for row in db.rows("select * from recurd.notifications where kind = 'reminder'")}


def leaves_something(db, **options):
    """As once, where a row is left that waits."""
    done = run_recurd("--foreground", "--once", db=db, **options)
    assert done.returncode == 69, done.stderr
    return parse_log(done.stderr)


def key_of(kind, name, at):
    micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return b"%012x" % (micros // 1000) + hashlib.sha256(b"\0".join([kind, name, b"%d" % micros])).hexdigest()[:20].encode()


def test_what_is_text_is_served_byte_for_byte(db):
    rule = b'{"frequency": "daily", "recurrenceOverrides": {"2025-02-03T11:59:00": {"title": "%s!"}}}' % db.text
    db.add(db.text, rule)
    db.add(b"plain")
    log = once(db)
    assert told(db).keys() == {db.text, b"plain"}
    rows = db.rows("select user_id, title from tasks where recurring_task_id is not null order by user_id")
    assert {(row["user_id"], row["title"]) for row in rows} == {(db.text, db.text + b"!"), (b"plain", b"plain")}
    lines = [line for line in log if line["event"] == "reminder"]
    assert {line["task"] for line in lines} == {db.means, "plain"}, "the log is UTF-8"
    key = told(db)[db.text]
    assert key == key_of(b"reminder", db.means.encode(), AT), "keys are of UTF-8, on every database"
    assert key.decode() in {line["key"] for line in lines}


@odd_ones
def test_what_is_no_text_is_served_byte_for_byte(db):
    """Its key is of its bytes, as they are; in SQL it could have none."""
    db.add(b"plain")
    db.add(db.odd)
    log = once(db)
    assert {row["user_id"] for row in db.rows("select user_id from tasks where recurring_task_id is not null")} == {
        b"plain", db.odd}, "instances are made of all templates"
    assert told(db).keys() == {b"plain", db.odd} and not db.rows("select id from recurd.waiting")
    assert told(db)[db.odd] == key_of(b"reminder", db.odd, AT)
    if db.encoding == "SQL_ASCII":
        assert any("M\\xfcller" in line.raw for line in log if line["event"] == "reminder")


@odd_ones
def test_a_rule_that_is_no_text_is_quarantined_alone(db):
    db.add(b"odd", b'{"frequency": "daily", "recurrenceOverrides": {"2025-02-03T11:59:00": {"title": "%s"}}}' % db.odd)
    db.add(b"plain")
    once(db)
    (row,) = db.rows("select id, failure from recurring_tasks where failed_at is not null")
    assert row["id"] == b"odd" and row["failure"].isascii() and b"recurrence_rule" in row["failure"]
    assert db.value("select count(*) from tasks where recurring_task_id = 'plain'") == 1


def test_a_worker_says_its_name_in_the_encoding_of_the_database(db, recurd):
    """Heartbeats, zones and polls of a daemon that stays; its name has letters."""
    db.add(db.text)
    daemon = recurd(db, worker_name=db.means, poll_interval="50ms", heartbeat_interval="1s")
    daemon.expect("reminder", task=db.means)
    assert db.value("select name from recurd.workers") == db.text
    assert db.means in everything(ctl_json(db, "workers"))
    daemon.stop()
    assert not [line for line in daemon.events if line.priority <= 3], daemon.log()


def test_what_is_refused_is_told_in_the_words_of_the_database(db):
    """A constraint, a function and a message that are not ASCII: cause and reason come back as they were."""
    db.execute(
        b"create function refuse() returns trigger language plpgsql as"
        b" $$ begin if new.id = 'bad' then raise '%s'; end if; return new; end $$;"
        b"create trigger refuse before update on tasks for each row execute function refuse()" % db.text
    )
    try:
        db.add(b"bad")
        db.add(b"plain")
        log = leaves_something(db)
        (row,) = db.rows("select id, reason from recurd.waiting")
        assert row["id"] == b"bad" and db.text in row["reason"]
        (line,) = [line for line in log if line["event"] == "reminder_refused"]
        assert db.means in line["reason"]
        assert told(db).keys() == {b"plain"}
    finally:
        db.execute("drop function refuse cascade")


def hints(db, encodings):
    """What listeners in these encodings get of a run."""
    ears = [psycopg.connect(db.dsn, autocommit=True, client_encoding=encoding) for encoding in encodings]
    heard = []
    for ear in ears:
        ear.add_notify_handler(lambda note: heard.append(note.payload))
        ear.execute("listen recurd")
    once(db, notify_task_created=False)
    for ear in ears:
        ear.execute("select 1")
        ear.close()
    assert len(heard) == len(ears)
    return [json.loads(payload) for payload in heard]


def test_any_listener_gets_the_hint(db):
    """The payload is ASCII: a listener whose encoding lacks a letter would get an error in its place."""
    db.add(db.text)
    others = ["LATIN1", "EUC_JP"] if db.encoding in ("UTF8", "SQL_ASCII") else []
    for hint in hints(db, ["UTF8", "SQL_ASCII", *others]):
        assert hint == {"kind": "reminder", "count": 1, "tasks": [db.means]}


@pytest.mark.parametrize("made", ["SQL_ASCII"], indirect=True)
def test_a_hint_does_not_name_what_is_no_text(db):
    db.add(db.odd)
    assert hints(db, ["UTF8", "LATIN1"]) == [{"kind": "reminder", "count": 1, "more": True}] * 2


def everything(value):
    """All strings of a JSON document."""
    if isinstance(value, str):
        return {value}
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(everything, items))


def test_recurctl_speaks_utf8(db):
    db.add(db.text)
    if db.odd:
        db.add(db.odd, b'{"frequency": "daily", "recurrenceOverrides": {"2025-02-03T11:59:00": {"title": "%s"}}}' % db.odd)
        run_recurd("--foreground", "--once", db=db)
        db.add(b"odd rule", b'{"frequency": "%s"}' % db.odd)
    for command in (["list"], ["upcoming"], ["show", db.means], ["status"], ["workers"], ["preflight"],
                    ["validate", "--all"], ["next", "--template", db.means], ["list", "--state", "quarantined"],
                    ["migrate", "status"], ["retry", "--all-failed"]):
        answer = run_ctl(db, *command, "-o", "json", expect=None)
        assert answer.code in (OK, FOUND), (command, answer)
        said = everything(answer.json)
        if command[0] in ("list", "upcoming", "show") and command[-1] != "quarantined":
            assert db.means in said, command
        run_ctl(db, *command, expect=None)
    if db.odd:
        bad = [row["id"] for row in ctl_json(db, "validate", "--all", expect=FOUND)]
        assert "odd rule" in bad


def test_recurctl_takes_ids_as_it_shows_them(db):
    db.add(db.text)
    db.execute("update recurring_tasks set failed_at = recurd.now(), failure = 'x'")
    assert [row["id"] for row in ctl_json(db, "retry", db.means)] == [db.means]
    if db.encoding == "SQL_ASCII":
        db.add(db.odd)
        assert ctl_json(db, "show", db.odd.decode(errors="surrogateescape"))["user_id"] == "M\\xfcller"


@odd_ones
def test_an_id_that_is_no_text_is_taken_as_it_was_shown(db):
    """In text as in JSON, where bytes of no meaning were U+FFFD, which is nobody's id."""
    db.add(db.odd)
    (row,) = ctl_json(db, "list")
    printed = run_ctl(db, "list").text.splitlines()[1].split()[0]
    assert row["id"] == row["user_id"] and "\ufffd" not in row["id"] and "\\" in printed
    for shown in (row["id"], printed):
        for command in (["show"], ["list", "--user"], ["upcoming", "--user"], ["next", "--template"]):
            assert run_ctl(db, *command, shown, "-o", "json").json, command
        run_ctl(db, "validate", shown)
        db.execute("update recurring_tasks set failed_at = recurd.now(), failure = 'x'")
        assert len(ctl_json(db, "retry", shown)) == 1


def test_an_id_with_a_backslash_is_taken_as_it_is_and_as_it_was_shown(db):
    for name in (b"a\\b", b"a\\\\b", b"\\x41"):
        db.add(name)
    for typed, id in (("a\\b", "a\\b"), ("a\\\\b", "a\\\\b"), ("a\\\\\\\\b", "a\\\\b"), ("\\x41", "\\x41"),
                      ("\\\\x41", "\\x41")):
        assert ctl_json(db, "show", typed)["id"] == id


def test_what_others_want_of_the_connection_changes_nothing(db):
    """client_encoding of the connection string and of the environment, in which the text has no equivalent."""
    for other in ("UTF8", "LATIN2", "WIN1251"):
        db.clear()
        db.add(db.text)
        if db.odd and db.encoding == "SQL_ASCII":
            db.add(db.odd)
        once(None, database_url=f"{db.dsn} client_encoding={other}", env={"PGCLIENTENCODING": other})
        assert db.text in told(db)
        run_ctl(db, "list", dsn=f"{db.dsn} client_encoding={other}", env={"PGCLIENTENCODING": other})


def test_a_pooler_that_pins_the_encoding(db, pgbouncer):
    pooler = pgbouncer(pool_size=1, pin="client_encoding=UTF8")
    db.add(db.text)
    if db.encoding == "SQL_ASCII":
        db.add(db.odd)
    once(None, database_url=pooler.dsn_for(db))
    assert db.text in told(db)
    assert {row["id"] for row in ctl_json(None, "list", dsn=pooler.dsn_for(db))} >= {db.means}
