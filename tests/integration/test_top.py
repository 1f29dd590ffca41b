"""recurctl top: live in a terminal, by keys; printed once where there is none."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from datetime import timedelta

import pytest

from harness.ctl import run_ctl
from harness.daemon import program
from harness.util import clean_environ, wait_until

pytestmark = pytest.mark.slow
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """recurctl top in a pseudo-terminal; `screen` is what it shows."""

    def __init__(self, db, *args, rows=30, columns=110, **env):
        self.master, slave = pty.openpty()
        self.resize(rows, columns, tell=False)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        environ = clean_environ(**{"TERM": "xterm", "LC_ALL": "C.UTF-8"} | env)
        self.process = subprocess.Popen([program("recurctl"), "--dsn", db.dsn, "top", *args], stdin=slave, stdout=slave,
                                        stderr=slave, env=environ, start_new_session=True)
        self.output = ""

    def resize(self, rows, columns, tell=True):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            self.process.send_signal(signal.SIGWINCH)

    @property
    def screen(self):
        while select.select([self.master], [], [], 0)[0]:
            try:
                self.output += os.read(self.master, 1 << 16).decode()
            except OSError:  # the other side is gone
                break
        frame = self.output.rpartition("\x1b[H")[2]
        return ESCAPE.sub("", frame).replace("\r", "")

    def press(self, keys):
        os.write(self.master, keys.encode())

    def expect(self, text, timeout=15):
        wait_until(lambda: text in self.screen, timeout)

    def leave(self):
        self.press("q")
        assert self.process.wait(15) == 0
        self.screen  # noqa: B018 what it has written at its end
        assert termios.tcgetattr(self.slave) == self.before, "the terminal is as it was"
        assert self.output.rstrip().endswith("\x1b[?1049l"), "and so is its screen"

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture(scope="module")
def db(cluster):
    database = cluster.create_migrated()
    database.add_template(timedelta(days=1), id="plants", title="water the plants")
    database.add_template(timedelta(days=2), id="bank", title="call the bank\x1b[2J", user=database.add_user("ada"))
    database.add_template(timedelta(hours=-1), id="broken", title="broken", rule={"frequency": "weekly", "days": ["mox"]})
    database.execute("update recurring_tasks set failed_at = now(), failure = 'recurrence_rule.days[0]: no day' where id = 'broken'")
    yield database
    database.drop()


@pytest.fixture
def top(db):
    opened = []

    def start(*args, **kwargs):
        opened.append(Terminal(db, *args, **kwargs))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def test_without_a_terminal_one_screen_is_printed(db):
    text = run_ctl(db, "top").text
    assert "\x1b" not in text and "water the plants" in text and "call the bank\\x1b[2J" in text
    assert "No worker is running." in text and "quarantined 1" in text
    assert max(map(len, text.splitlines())) <= 100 and not [line for line in text.splitlines() if line.endswith(" ")]
    assert "no day" in run_ctl(db, "top", "-b", "--screen", "quarantine").text
    assert "Nothing is late." in run_ctl(db, "top", "--once", "--screen=late").text
    for name in ("decisions", "workers", "waits"):
        assert len(run_ctl(db, "top", "--screen", name).text.splitlines()) >= 7


def test_wrong_values_are_told(db):
    assert "expected upcoming, late" in run_ctl(db, "top", "--screen", "all", expect=64).errors
    assert "expected 200ms to 1h" in run_ctl(db, "top", "--interval", "1ms", expect=64).errors
    assert "recurctl status has JSON" in run_ctl(db, "top", "-o", "json", expect=64).errors


def test_a_role_without_the_right_is_told_which(db):
    db.psql("do $$ begin create role recurd_test_looker login; exception when duplicate_object then null; end $$")
    answer = run_ctl(db, "top", dsn=db.dsn_as("recurd_test_looker"), expect=78)
    assert "grant recurd_reader" in answer.errors
    db.psql("drop role recurd_test_looker")


def test_keys_change_the_screen_and_the_terminal_is_left_as_it_was(top):
    terminal = top()
    terminal.expect("water the plants")
    terminal.press("3")
    terminal.expect("no day")
    terminal.press("\t")
    terminal.expect("KIND")
    terminal.press("?")
    terminal.expect("another screen")
    terminal.press("?1/BANK\r")
    terminal.expect("call the bank")
    assert "water the plants" not in terminal.screen
    terminal.press("\x1b")
    terminal.expect("water the plants")
    terminal.press("\r")
    terminal.expect("template  plants")
    terminal.leave()


def test_it_is_live_and_writes_only_what_changes(db, top):
    terminal = top("--interval", "200ms")
    terminal.expect("water the plants")
    db.add_template(timedelta(hours=2), id="new", title="a new one")
    terminal.expect("a new one")
    assert terminal.output.count("\x1b[2J") == 1, "the screen is cleared once, and never again"
    db.execute("delete from recurring_tasks where id = 'new'")
    terminal.press(" ")
    terminal.expect("paused")
    terminal.leave()


def test_it_follows_the_size_of_the_terminal(top):
    terminal = top()
    terminal.expect("water the plants")
    terminal.resize(14, 60)
    wait_until(lambda: max(map(len, terminal.screen.splitlines() or [""])) <= 60 and "plants" in terminal.screen, 15)
    assert len(terminal.screen.splitlines()) <= 14
    terminal.leave()


def test_a_change_is_asked_for_and_carried_out_once_the_answer_is_yes(db, top):
    state = "select is_active from recurring_tasks where id = 'plants'"
    terminal = top("--interval", "200ms")
    terminal.expect("water the plants")
    terminal.press("p")
    terminal.expect("Pause plants?")
    terminal.press("n")
    wait_until(lambda: "Pause plants?" not in terminal.screen, 10)
    assert db.value(state) is True
    terminal.press("py")
    terminal.expect("plants is paused")
    assert db.value(state) is False
    db.execute("select recurd.resume('plants')")
    terminal.leave()


def test_read_only_changes_nothing(db, top):
    terminal = top("--read-only")
    terminal.expect("water the plants")
    terminal.press("p")
    terminal.expect("nothing is changed")
    terminal.press("y")
    terminal.leave()
    assert db.value("select is_active from recurring_tasks where id = 'plants'") is True


def test_a_database_that_goes_leaves_the_last_that_was_known(db, top):
    terminal = top("--interval", "200ms")
    terminal.expect("water the plants")
    db.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'recurctl'")
    terminal.expect("water the plants")
    terminal.leave()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_the_terminal_as_it_was(top, number):
    terminal = top()
    terminal.expect("water the plants")
    terminal.process.send_signal(number)
    assert terminal.process.wait(15) == (0 if number == signal.SIGINT else 128 + number)
    assert termios.tcgetattr(terminal.slave) == terminal.before


def test_no_color_and_dumb_terminals(top):
    terminal = top(NO_COLOR="1")
    terminal.expect("water the plants")
    assert not re.search(r"\x1b\[3\dm", terminal.output)
    terminal.leave()
    terminal = top(TERM="dumb")
    wait_until(lambda: terminal.process.poll() == 64, 15)
