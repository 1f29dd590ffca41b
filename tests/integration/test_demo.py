"""The demo, as a person sees it; and that nothing is left of it, however it ends."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from harness.util import BUILD, PATIENCE, SOURCE, clean_environ, wait_until

sys.path.insert(0, str(SOURCE / "tests/demo"))
import screen as demo_screen  # noqa: E402

COLOUR = "\033["


class Demo:
    """On a terminal of its own, of 80 columns."""

    def __init__(self, *arguments, **environ):
        self.screen, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            ["/usr/bin/python3", SOURCE / "tests/demo", *arguments], stdin=terminal, stdout=terminal, stderr=terminal,
            env=clean_environ(RECURD_BUILD=BUILD, TERM="xterm", **environ), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(terminal)
        self.text = ""

    def read(self, until=None):
        """Up to that text, or to the end."""
        deadline = time.monotonic() + 4 * PATIENCE
        while time.monotonic() < deadline and not (until and until in self.text):
            if select.select([self.screen], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.screen, 65536).decode(errors="replace")
                except OSError:
                    break  # the other end is closed
        assert not until or until in self.text, self.text
        return self.text

    @property
    def folder(self):
        return re.search(r"in (/tmp/recurd-demo-\w+)", self.text)[1]


def processes_of(folder):
    """That have it in their command line or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(folder.encode() in (process / name).read_bytes() for name in ("cmdline", "environ")):
                found.append((process / "cmdline").read_bytes())
    return found


def nothing_is_left(folder):
    wait_until(lambda: not processes_of(folder), what=f"no process of {folder}")
    wait_until(lambda: not os.path.exists(folder), what=f"{folder} is gone")


def same(line):
    """Without what differs from run to run."""
    line = re.sub(r"\b[\d.]+ (ms|s) late", "late", line)
    return re.sub(r"^(\d\d:\d\d):\d\d|\d+ \w+ \d\d:\d\d$", r"\1", line)


def quoted():
    """The lines that README shows of the demo."""
    shown = (SOURCE / "README.md").read_text().split("Two of the acts:")[1].split("Manual pages")[0]
    return {same(line[4:]) for line in shown.splitlines() if line.startswith("    ")}


@pytest.mark.slow
def test_the_demo_shows_its_acts_and_what_the_database_says():
    demo = Demo()
    text = demo.read()
    assert demo.process.wait(PATIENCE) == 0, text
    assert COLOUR in text
    text = re.sub(r"\033\[\d+m|\r", "", text)
    assert re.search(r"^Over HTTP it is at http://127\.0\.0\.1:\d+/$", text, re.M), text
    assert re.findall(r"^(\d)\. ", text, re.M) == list("123456"), text
    assert re.search(r"^09:00:00  task     Coffee with Grace +[\d.]+ m?s late; next Sun", text, re.M), text
    assert text.count(", caught up ") == 3, text
    assert 'quarantined Bins out\n                      recurrence_rule.days[0]: expected mon...sun, got "mox"' in text
    assert re.search(r"^03:30:\d\d  task     Look after the backup", text, re.M), text  # 02:30 does not exist
    assert re.search(r"^\d\d:\d\d:\d\d  remind   Call Grace", text, re.M), text
    assert re.search(r"tasks made +5,010 ", text), text
    assert re.search(r"twice +0 ", text) and re.search(r"lost +0 ", text), text
    assert max(map(len, text.splitlines())) <= 80
    assert not (quoted() - {same(line) for line in text.splitlines()}), "README shows other lines"
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text), "titles, not ids"
    nothing_is_left(demo.folder)


@pytest.mark.parametrize("how", ["Ctrl-C", "terminal closed", "TERM to the group", "kill -9"])
def test_nothing_is_left_however_it_ends(how):
    """It left its PostgreSQL running when the terminal closed, when TERM came to its group, and at kill -9."""
    demo = Demo()
    demo.read("connected")
    folder = demo.folder
    assert len(processes_of(folder)) >= 3, "a server, a worker, and who cleans up"
    if how == "Ctrl-C":
        os.write(demo.screen, b"\x03")
        assert demo.process.wait(PATIENCE) == 0
    elif how == "terminal closed":
        os.close(demo.screen)
        demo.process.wait(PATIENCE)
    elif how == "TERM to the group":
        os.killpg(demo.process.pid, signal.SIGTERM)
        assert demo.process.wait(PATIENCE) == 128 + signal.SIGTERM
    else:
        demo.process.kill()
        demo.process.wait(PATIENCE)
    nothing_is_left(folder)
    if how != "terminal closed":
        os.close(demo.screen)


def test_without_a_terminal_and_when_nobody_reads_on():
    demo = subprocess.Popen(["/usr/bin/python3", SOURCE / "tests/demo", "--raw"], stdout=subprocess.PIPE,
                            env=clean_environ(RECURD_BUILD=BUILD), text=True)
    seen = ""
    while "event=connected" not in seen:
        seen += demo.stdout.readline()
    demo.stdout.close()  # as `| head` does
    assert demo.wait(PATIENCE) != 0
    assert COLOUR not in seen
    nothing_is_left(re.search(r"in (/tmp/recurd-demo-\w+)", seen)[1])


def test_arguments_that_are_not_known():
    wrong = subprocess.run(["/usr/bin/python3", SOURCE / "tests/demo", "--fast"], capture_output=True, text=True)
    assert wrong.returncode == 64 and "--raw" in wrong.stderr


@pytest.mark.parametrize("columns", [20, 40, 79, 200])
def test_lines_fit_their_terminal(columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "reconfigure", lambda **_: None, raising=False)
    screen = demo_screen.Screen()
    clock = datetime(2027, 3, 28, 3, 30, tzinfo=timezone.utc)
    screen.act(1, "First run", "The application writes what recurs. " * 3)
    screen.line(clock, "task", "green", "Coffee with Grace", "9 ms late; next Sun 28 Mar 09:00")
    screen.line(clock, "quarantined", "red", "A title that is longer than any terminal ought to be" * 3, "a reason")
    screen.table([("late, p50 and p99", "5 ms, 8 ms", "from the instant to the commit"), ("lost", "0", "")])
    lines = capsys.readouterr().out.splitlines()
    assert lines and max(map(len, lines)) <= max(columns, 34)  # the table's figures are never cut


def test_colour_is_for_terminals_that_want_it(monkeypatch):
    monkeypatch.setattr(sys.stdout, "reconfigure", lambda **_: None, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert demo_screen.Screen().paint("x", "red") == "\033[31mx\033[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert demo_screen.Screen().paint("x", "red") == "x"
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "dumb")
    assert demo_screen.Screen().paint("x", "red") == "x"
