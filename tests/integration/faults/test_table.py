"""The table that closes a run: that it has a row for every fault, and adds up."""

import ast
import re
from pathlib import Path

from faults import table


def all_tests():
    """(fault's number, name, source) of every test of this folder."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        text = path.read_text()
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found = re.match(r"Fault (\d+)\b", ast.get_docstring(node) or "")
                yield found and found[1], node.name, ast.get_source_segment(text, node)


def test_every_fault_has_a_row_that_says_all():
    """Half a mutant: of each fault a test counts strikes, asks the oracle, and measures how long it took."""
    full = re.compile(r"tally\([^#]*recovery=[^#]*\*\*oracle\.check\(")
    complete = {number for number, _, source in all_tests() if number and full.search(source)}
    assert [number for number in table.FAULTS if number not in complete] == []
    numbers = {number for number, _, _ in all_tests() if number}
    assert numbers <= table.FAULTS.keys() | {"0"}


class Report:
    when = "call"
    longrepr = ""

    def __init__(self, nodeid, fault, *counts, outcome="passed"):
        self.nodeid, self.outcome = f"test_x.py::{nodeid}", outcome
        names = ("injected", "lost", "doubled", "recovery")
        self.user_properties = [("fault", fault), *(("tally", dict(zip(names, each))) for each in counts)]


def test_it_adds_up_and_claims_nothing():
    """Half a mutant: sums of strikes, the longest recovery, no zero where nobody counted, what is missing is named."""
    reports = [
        Report("first", "2", (3, 0, 0, 0.5), (4, 1, 0, 2.0)),
        Report("second", "2", (1, None, None, None)),
        Report("third", "12", (1, None, None, None)),
        Report("fourth", "12", outcome="failed"),
    ]
    rows = table.rows_of(reports)
    assert [row["test"] for row in rows] == ["first", "second", "fourth", "third"]
    sums = table.sums_of(rows)
    assert sums["2"] == {"fault": "2", "injected": 8, "lost": 1, "doubled": 0, "recovery": 2.0, "tests": 2}
    assert sums["12"] == {"fault": "12", "injected": 1, "lost": None, "doubled": None, "recovery": None, "tests": 1}
    lines = []
    table.write(type("", (), {"line": staticmethod(lines.append)}), rows)
    text = "\n".join(lines)
    assert "     2        8    1       0   2.00 s  sessions terminated (2)" in text
    assert "    12        1    -       -        -  slow line, black hole (1)" in text
    assert "fourth  FAILED" in text
    assert "not in this run: 1, 3, 4," in text
