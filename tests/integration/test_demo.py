"""The demo, as a person sees it: on a terminal, until Ctrl-C."""

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time

from harness.util import BUILD, PATIENCE, SOURCE, clean_environ

SECONDS = 60


def test_the_demo_shows_tasks_and_reminders_and_ends_on_ctrl_c():
    screen, terminal = pty.openpty()
    demo = subprocess.Popen(
        [str(SOURCE / "tests/demo/demo")], stdin=terminal, stdout=terminal, stderr=terminal,
        env=clean_environ(RECURD_BUILD=BUILD), start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(terminal)
    text, started, interrupted = "", None, None
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        if select.select([screen], [], [], 0.1)[0]:
            try:
                text += os.read(screen, 65536).decode(errors="replace")
            except OSError:
                break  # the terminal's other end is closed: it is over
        if started is None and "event=connected" in text:
            started = time.monotonic()
        seen = "event=generated" in text and "event=reminder" in text
        if started and not interrupted and (seen or time.monotonic() - started > SECONDS):
            assert seen, f"neither within {SECONDS} s:\n{text}"
            os.write(screen, b"\x03")
            interrupted = time.monotonic()
    os.close(screen)
    assert demo.wait(PATIENCE) == 0, text
    assert interrupted and time.monotonic() - interrupted < PATIENCE, text
    assert re.search(r"^\d\d:\d\d:\d\d  event=generated .* late_ms=\d+ ", text, re.M), text
    assert re.search(r"[1-9]\d* tasks made from recurring ones", text), text
    folder = re.search(r"own in (/tmp/recurd-demo-\w+) ", text)[1]
    assert not os.path.exists(folder), "nothing is left behind"
