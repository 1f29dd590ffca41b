"""Every command of recurctl by itself: its help, what it says to words that are too many, too few or unknown, a database
that is not there, and a standard output that takes nothing.  The exit statuses are those of recurctl(1)."""

import os
import re
import subprocess
from datetime import timedelta

import pytest

from harness.ctl import CONFIG, DATA, IO, OK, UNAVAILABLE, USAGE, run_ctl
from harness.daemon import program
from harness.util import SOURCE, clean_environ

RECURCTL = str(program("recurctl"))
NOWHERE = "postgresql://x@127.0.0.1:1/x"
# A call of each that is right; None: it needs no database.
CALLS = {
    "migrate": ["status"], "preflight": [], "status": [], "top": [], "metrics": [], "workers": [], "settings": [], "calendar": [], "consumers": [], "upcoming": [], "herd": [],
    "simulate": ["--all"],
    "list": [], "show": ["x"], "explain": ["x"], "next": ["--template", "x"], "expand": None, "convert": None, "validate": ["--all"], "retry": [],
    "skip": ["x", "2025-01-01T09:00:00Z"], "unskip": ["x", "2025-01-01T09:00:00Z"],
    "postpone": ["x", "2025-01-01T09:00:00Z", "2025-01-01T10:00:00Z"], "change": ["--title", "y", "x", "2025-01-01T09:00:00Z"],
    "split": ["x", "2025-01-01T09:00:00Z"], "trigger": ["x"], "backfill": ["x"],
    "remind": ["x"], "snooze": ["x", "--for", "1h"], "policy": ["x"], "pause": ["x"], "resume": ["x"],
    "task": ["list", "--user", "u"], "template": ["list", "--user", "u"], "tag": ["list", "--user", "u"],
    "feed": ["list", "--user", "u"],
    "completion": None,
}
NEEDS = ("migrate", "simulate", "show", "explain", "next", "validate", "skip", "unskip", "postpone", "change", "split", "trigger", "backfill", "remind", "snooze", "policy", "pause", "resume", "task", "template", "tag", "feed")
each = pytest.mark.parametrize("command", CALLS)


def test_every_command_is_in_this_table():
    assert re.findall(r"^  ([a-z]+) ", run_ctl(None, "--help").text, re.M) == list(CALLS)


@each
def test_help_explains_each_option(command):
    lines = [line for line in run_ctl(None, command, "--help").text.splitlines() if line.startswith("  ")]
    assert len(lines) >= 5
    for line in lines:
        key = command == "settings" and re.match(r"  [a-z_]+ +\S+.*[a-z]", line)
        assert key or re.match(r"  (-\w,|   ) --[a-z-]+( [A-Z]+)? +\S+.*[a-z]", line), line


@each
def test_wrong_words_are_told_with_the_way_to_the_help(command):
    good = CALLS[command] or []
    wrong = [["--no-such-thing"], ["-Q"], ["--output"], ["-o", "xml"], ["--help=yes"], [*good, *["extra"] * 9]]
    for args in (*wrong, *([[]] if command in NEEDS else [])):
        answer = run_ctl(None, command, *args, stdin=b"", expect=USAGE)
        assert answer.errors.endswith(f"; see: recurctl {command} --help\n") and answer.text == "", args
    assert "(did you mean --output?)" in run_ctl(None, command, "--ouput", "json", expect=USAGE).errors


@each
def test_what_is_not_there_has_its_exit_status(command):
    good = CALLS[command]
    run_ctl(None, command, "-c", "/nonexistent", *(good or []), stdin=b"", expect=CONFIG)
    if good is not None:
        answer = run_ctl(None, command, *good, dsn=NOWHERE, expect=UNAVAILABLE)
        assert answer.text == "" and "connection to server" in answer.errors


def test_the_manual_has_these_exit_statuses():
    page = (SOURCE / "man/recurctl.1").read_text()
    told = re.findall(r"^\.It (\d+)$", page[page.index(".Sh EXIT STATUS"):page.index(".Sh EXAMPLES")], re.M)
    header = (SOURCE / "include/ctl/ctl.h").read_text()
    assert set(re.findall(r"EX_[A-Z]+", header[:header.index("#pragma")])) == {
        "EX_OK", "EX_USAGE", "EX_DATAERR", "EX_UNAVAILABLE", "EX_CONFIG", "EX_IOERR", "EX_SOFTWARE"}
    assert set(map(int, told)) == {OK, 1, USAGE, DATA, UNAVAILABLE, 70, IO, CONFIG}


CALENDAR = b"BEGIN:VEVENT\nDTSTART:20250101T090000Z\nRRULE:FREQ=DAILY\nEND:VEVENT\n"
SPEAKING = [["--help"], ["help"], ["--version"], ["migrate", "status"], ["migrate", "up", "--dry-run"], ["migrate", "verify"],
            ["preflight"], ["status"], ["workers"], ["settings"], ["calendar"], ["consumers"], ["upcoming"], ["simulate", "t"], ["list"], ["show", "t"], ["explain", "t"],
            ["next", "--template", "t"], ["next", "FREQ=DAILY"], ["expand"], ["convert"], ["validate", "--all"], ["retry", "t"], ["remind", "k"], ["list", "--reminders"],
            ["task", "list", "--user", "user-default"], ["template", "show", "--user", "user-default", "t"], ["tag", "list", "--user", "user-default"]]


def speak(db, args, out):
    environ = clean_environ(ASAN_OPTIONS="exitcode=99:detect_leaks=1", UBSAN_OPTIONS="exitcode=99")
    stdin = CALENDAR if "convert" in args else b'{"rule": {"frequency": "daily"}, "start": "2025-01-01T09:00:00"}\n'
    done = subprocess.run([RECURCTL, "--dsn", db.dsn, *args], input=stdin, stdout=out, stderr=subprocess.PIPE, env=environ)
    return done.returncode, done.stderr.decode()


@pytest.fixture
def db(app_db):
    app_db.add_template(timedelta(days=1), id="t")
    app_db.add_task(id="k", remind=timedelta(days=1))
    app_db.execute("update recurring_tasks set failed_at = recurd.now(), failure = 'x'")
    return app_db


def test_a_full_disk_is_told(db):
    with open("/dev/full", "w") as full:
        for args in SPEAKING:
            for form in ([], ["-o", "json"]) if args[0] not in ("--help", "help", "--version") else ([],):
                code, errors = speak(db, [*args, *form], full)
                assert code == IO, (args, code, errors)
                told = errors.splitlines()[-1].removesuffix(": No space left on device")
                assert told == "recurctl: cannot write to standard output", (args, errors)
                db.execute("update recurring_tasks set failed_at = recurd.now(), failure = 'x'")


def test_a_reader_that_has_gone_ends_it_with_an_error(db):
    """As head does; the signal of a closed pipe, or 74 where it is ignored."""
    for args in SPEAKING:
        reader, writer = os.pipe()
        os.close(reader)
        code, errors = speak(db, args, writer)
        os.close(writer)
        assert code in (-13, IO) and "ERROR" not in errors, (args, code, errors)
