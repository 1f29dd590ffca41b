"""The fault suite: each test breaks one thing and says with `tally` what came of it; a table closes the run.

Every test's docstring begins with its fault's number, "Fault 4: ...".  With RECURD_TALLY naming a file,
the table is written there as JSON, too.
"""

import json
import os
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NUMBER = re.compile(r"Fault (\d+)|(Half a mutant|Mutant)")
COLUMNS = ("injected", "lost", "doubled")


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
    """tally(injected=5, recovery=0.7): how often the fault struck, after how many seconds all was well again.

    lost and doubled are what the oracle counted; a test that gets here with anything but 0 fails.
    """

    def add(injected=1, recovery=None, lost=0, doubled=0):
        counts = {"injected": injected, "lost": lost, "doubled": doubled}
        if recovery is not None:
            counts["recovery"] = round(recovery, 2)
        record_property("tally", counts)
        assert (lost, doubled) == (0, 0)

    return add


# The table -----------------------------------------------------------------------------------------


def row_of(report):
    """Properties travel with the report, also from a process of pytest-xdist."""
    properties = report.user_properties
    numbers = [value for key, value in properties if key == "fault"]
    if not numbers:
        return None
    row = {"fault": numbers[0], "test": report.nodeid.rsplit("::", 1)[1], "outcome": report.outcome, "recovery": None}
    row.update(dict.fromkeys(COLUMNS, 0))
    for key, counts in properties:
        if key == "tally":
            for name in COLUMNS:
                row[name] += counts[name]
            row["recovery"] = max((t for t in (row["recovery"], counts.get("recovery")) if t is not None), default=None)
    if hasattr(report, "wasxfail"):
        row.update(outcome="expected to fail", why=report.wasxfail)
    elif report.outcome == "skipped":
        row["why"] = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return row


def rows_of(reports):
    rows = {}
    for report in reports:
        # What ran is told by its call; what was skipped or broken before it, by its set-up.
        if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
            row = row_of(report)
            if row:
                rows[report.nodeid] = row
    return sorted(rows.values(), key=lambda row: (not row["fault"].isdigit(), row["fault"].zfill(2), row["test"]))


def pytest_terminal_summary(terminalreporter):
    reports = [r for group in terminalreporter.stats.values() for r in group if isinstance(r, pytest.TestReport)]
    rows = rows_of(reports)
    if not rows:
        return
    if os.environ.get("RECURD_TALLY"):
        Path(os.environ["RECURD_TALLY"]).write_text(json.dumps(rows, indent=1) + "\n")
    terminalreporter.section("faults")
    terminalreporter.line(" fault injected lost doubled recovery  test")
    for row in rows:
        took = "-" if row["recovery"] is None else f"{row['recovery']:.2f} s"
        end = "" if row["outcome"] == "passed" else f"  {row['outcome'].upper()} {row.get('why', '')}"
        terminalreporter.line(
            f"{row['fault']:>6} {row['injected']:>8} {row['lost']:>4} {row['doubled']:>7} {took:>8}  {row['test']}{end}"
        )
