#!/usr/bin/python3
"""The cost of "the next occurrence" by class of rule and age: ours, bare libical, dateutil.

./dev bench recurrence; or: tests/bench/recurrence.py [BUILD]   (default: build; needs target bench_recurrence)
"""

import datetime as dt
import json
import subprocess
import sys
import time
from pathlib import Path

from dateutil import rrule

ROOT = Path(__file__).resolve().parents[2]
AFTER = dt.datetime(2025, 6, 15, 14, 34, 56)
ENOUGH = 0.02


def dateutil_us(rule, start):
    begin, n = time.perf_counter(), 0
    while n == 0 or time.perf_counter() - begin < ENOUGH:
        rrule.rrulestr(rule, dtstart=dt.datetime.fromisoformat(start)).after(AFTER)
        n += 1
    return (time.perf_counter() - begin) / n * 1e6


def main():
    build = ROOT / (sys.argv[1] if len(sys.argv) > 1 else "build")
    output = subprocess.run([build / "tests/bench_recurrence"], capture_output=True, text=True, check=True).stdout
    print("microseconds; ours: parse | open, seek, first | each following; libical and dateutil: parse and first")
    print(f"{'class':18} {'years':>5} {'parse':>7} {'first':>7} {'next':>7} {'libical':>10} {'dateutil':>10}")
    for line in output.splitlines():
        row = json.loads(line)
        dateutil = dateutil_us(row["rule"], row["start"])
        print(
            f"{row['class']:18} {row['age']:5} {row['parse']:7.1f} {row['first']:7.1f} {row['following']:7.2f}"
            f" {row['libical']:10.1f} {dateutil:10.0f}"
        )


if __name__ == "__main__":
    main()
