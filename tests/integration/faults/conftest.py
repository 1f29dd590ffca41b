"""The fault suite: each test breaks one thing and says with `tally` what came of it; a table closes the run.

Every test's docstring begins with its fault's number, "Fault 4: ...".  With RECURD_TALLY naming a file,
the table is written there as JSON, too.
"""

import json
import os
import re
from pathlib import Path

import pytest

from faults import table
from faults.preload import Turns, compiled

HERE = Path(__file__).parent
NUMBER = re.compile(r"Fault (\d+)|(Half a mutant|Mutant)")


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.faults)


def number_of(item):
    found = NUMBER.search(getattr(item.function, "__doc__", None) or "")
    return "?" if not found else found[1] or "mutant"


@pytest.fixture(autouse=True)
def fault_number(request, record_property):
    record_property("fault", number_of(request.node))


@pytest.fixture
def tally(record_property):
    """tally(injected=5, recovery=0.7, **oracle.check(...)): how often the fault struck, after how many seconds all
    was well again, what the oracle counted.

    Without the oracle nothing is claimed about lost and doubled; anything but 0 fails.
    """

    def add(injected=1, recovery=None, lost=None, doubled=None):
        took = None if recovery is None else round(recovery, 2)
        record_property("tally", {"injected": injected, "lost": lost, "doubled": doubled, "recovery": took})
        assert not lost and not doubled

    return add


@pytest.fixture
def turns(tmp_path):
    """The turns of a daemon's loop: recurd(..., wrapper=turns.wrapper), then turns.longest_wait()."""
    return Turns(tmp_path, compiled("turns", tmp_path))


def pytest_terminal_summary(terminalreporter):
    reports = [r for group in terminalreporter.stats.values() for r in group if isinstance(r, pytest.TestReport)]
    rows = table.rows_of(reports)
    if not rows:
        return
    if os.environ.get("RECURD_TALLY"):
        Path(os.environ["RECURD_TALLY"]).write_text(json.dumps(rows, indent=1) + "\n")
    terminalreporter.section("faults")
    table.write(terminalreporter, rows)
