"""./dev torture, for seconds: that it runs, and that it can fail."""

import subprocess
import sys

from harness.util import BUILD, SOURCE, clean_environ


def torture(*args):
    argv = [sys.executable, str(SOURCE / "tests" / "torture"), *map(str, args)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=100, env=clean_environ(RECURD_BUILD=BUILD.name))


def test_torture_for_five_seconds(tally):
    """Fault 0: whatever can be drawn, at random (`./dev torture` does it for as long as one likes)."""
    done = torture(0.08, "--seed", 5)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost 0, doubled 0" in done.stdout and "seed 5" in done.stdout
    tally(injected=int(done.stdout.split(" harms,")[0].split()[-1]))


def test_torture_notices_one_row_that_is_missing(tally):
    """Mutant: a neighbour of the application deletes one instance and tells nobody."""
    done = torture(0.08, "--seed", 5, "--sabotage")
    assert done.returncode != 0 and "Disagreement: 1 lost" in done.stderr, done.stdout + done.stderr
    tally()
