"""Running recurctl: its output, its exit code, its complaints."""

import json
import subprocess
from dataclasses import dataclass

from .daemon import program
from .util import SLOWNESS, clean_environ

OK, FOUND, USAGE, DATA, UNAVAILABLE, CONFIG, IO = 0, 1, 64, 65, 69, 78, 74


@dataclass
class Answer:
    code: int
    text: str
    errors: str

    @property
    def json(self):
        return json.loads(self.text)

    def lines(self):
        return self.text.splitlines()


def run_ctl(db, *args, dsn=None, env=None, stdin=None, expect=OK):
    """Runs recurctl on a database; expect: the exit code, None: any.  A failure is one line, never a crash."""
    dsn = dsn or (db and db.dsn)
    argv = [str(program("recurctl")), *(["--dsn", dsn] if dsn else []), *map(str, args)]
    environ = clean_environ(ASAN_OPTIONS="exitcode=99:detect_leaks=1", UBSAN_OPTIONS="exitcode=99", **(env or {}))
    done = subprocess.run(argv, input=stdin, capture_output=True, env=environ, timeout=100 * SLOWNESS)
    answer = Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert answer.code >= 0 and answer.code != 99, f"recurctl {args} crashed: {answer}"
    if expect is not None:
        assert answer.code == expect, f"recurctl {args}: exit code {answer.code}, not {expect}: {answer}"
    if answer.code not in (OK, FOUND):
        told = [line for line in answer.errors.splitlines() if not line.startswith("recurctl: waiting for ")]
        assert answer.errors.startswith("recurctl: ") and len(told) == 1, answer.errors
    return answer


def ctl_json(db, *args, **kwargs):
    return run_ctl(db, *args, "-o", "json", **kwargs).json
