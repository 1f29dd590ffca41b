"""The table of faults with which a run ends: what was struck how often, what was lost or doubled, when all was well.

A test's share travels with pytest's reports, also from a process of pytest-xdist.
"""

FAULTS = {
    "1": "kill -9 of workers",
    "2": "sessions terminated",
    "3": "backend killed",
    "4": "replies to COMMIT lost",
    "5": "workers stopped and woken",
    "6": "crash points",
    "7": "fail-over",
    "8": "fail-over, lost tail",
    "9": "only a standby",
    "10": "mute first host",
    "11": "link cut",
    "12": "slow line, black hole",
    "13": "backend stopped",
    "14": "mute name server",
    "15": "pooler in trouble",
    "16": "polluted session",
    "17": "errors of the server",
    "18": "disks full",
    "19": "DDL",
    "20": "old snapshot",
    "21": "worker's clock",
    "22": "database's clock",
    "23": "summer time, tzdata",
    "24": "30 days down",
    "25": "hostile rows",
    "26": "rights missing",
    "27": "limits",
    "28": "signals",
    "29": "versions",
    "30": "applications",
    "31": "a year",
    "32": "many rows refused",
    "33": "one cause for many",
    "34": "many rows held",
    "35": "backlogs side by side",
}
COLUMNS = ("injected", "lost", "doubled")


def add(row, counts):
    """None is what was not counted: it stays None only where nobody counted."""
    for name in COLUMNS:
        if counts[name] is not None:
            row[name] = (row[name] or 0) + counts[name]
    row["recovery"] = max((t for t in (row["recovery"], counts["recovery"]) if t is not None), default=None)


def empty(fault):
    return {"fault": fault, "recovery": None, **dict.fromkeys(COLUMNS)}


def row_of(report):
    numbers = [value for key, value in report.user_properties if key == "fault"]
    if not numbers:
        return None
    row = empty(numbers[0]) | {"test": report.nodeid.rsplit("::", 1)[1], "outcome": report.outcome}
    for key, counts in report.user_properties:
        if key == "tally":
            add(row, counts)
    if hasattr(report, "wasxfail"):
        row.update(outcome="expected to fail", why=report.wasxfail)
    elif report.outcome == "skipped":
        row["why"] = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return row


def rows_of(reports):
    """One row a test, in the order of the faults."""
    rows = {}
    for report in reports:
        # What ran is told by its call; what was skipped or broken before it, by its set-up.
        if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
            row = row_of(report)
            if row:
                rows[report.nodeid] = row
    return sorted(rows.values(), key=lambda row: (not row["fault"].isdigit(), row["fault"].zfill(2), row["test"]))


def sums_of(rows):
    """One row a fault, of those that any test was about."""
    sums = {}
    for row in rows:
        if row["fault"] in FAULTS:
            total = sums.setdefault(row["fault"], empty(row["fault"]) | {"tests": 0})
            total["tests"] += row["outcome"] == "passed"
            add(total, row)
    return sums


def cells(row):
    took = "-" if row["recovery"] is None else f"{row['recovery']:.2f} s"
    counts = ["-" if row[name] is None else str(row[name]) for name in COLUMNS]
    return f"{row['fault']:>6} {counts[0]:>8} {counts[1]:>4} {counts[2]:>7} {took:>8}"


def write(terminal, rows):
    head = " fault injected lost doubled recovery"
    terminal.line(head + "  test")
    for row in rows:
        end = "" if row["outcome"] == "passed" else f"  {row['outcome'].upper()} {row.get('why', '')}"
        terminal.line(f"{cells(row)}  {row['test']}{end}")
    sums = sums_of(rows)
    if len(sums) < 2:
        return
    terminal.line("")
    terminal.line(head + "  in all (recovery: the longest)")
    for total in sums.values():
        terminal.line(f"{cells(total)}  {FAULTS[total['fault']]} ({total['tests']})")
    missing = [number for number in FAULTS if number not in sums]
    if missing:
        terminal.line(f"not in this run: {', '.join(missing)}")
