"""./dev bench [--quick] [--json FILE] [MEASURE...]: see README.md."""

import argparse
import os
import sys
import time
from dataclasses import dataclass, replace
from datetime import datetime, timezone

os.environ.setdefault("RECURD_BUILD", "build-release")

import fairness
import idle
import lateness
import polls
import report
import soak
import throughput
from rig import SETTINGS, Rig

MEASURES = {
    "generate": throughput.generate,
    "generate-large": throughput.generate_large,
    "policies": throughput.policies,
    "remind": throughput.remind,
    "lateness": lateness.idle,
    "lateness-flood": lateness.flood,
    "flood": fairness.flood,
    "poll": polls.polls,
    "idle": idle.idle,
    "start": idle.start,
    "soak": soak.soak,
}
BY_DEFAULT = [name for name in MEASURES if name != "soak"]


@dataclass
class Scale:
    rounds: int = 3
    due: int = 100_000  # templates, or reminders, that are due at once
    slow_rows: int = 5_000  # as many of them for those that write row by row
    large: int = 1_000_000  # templates, and tasks, of the large data set
    late: int = 1_000  # reminders whose lateness is measured
    spread: int = 10  # seconds over which they are spread
    polled: int = 10_000_000  # tasks of the data set for polls
    dead: int = 200_000
    idle: int = 30
    starts: int = 10
    told: int = 0  # rows of recurd.notifications from before, for generate and remind


QUICK = Scale(
    rounds=1, due=10_000, slow_rows=500, large=50_000, late=300, spread=3, polled=300_000, dead=50_000, idle=4, starts=3
)


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measures recurd beside its bounds and rivals.")
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"of {', '.join(MEASURES)}; default: all but soak")
    parser.add_argument("--quick", action="store_true", help="small data sets, one round: under two minutes, rough")
    parser.add_argument("--rounds", type=int, help="how often each subject has its turn")
    parser.add_argument("--told", type=int, metavar="N", help="generate and remind beside N notifications of before")
    parser.add_argument("--json", metavar="FILE", help="write every figure there")
    args = parser.parse_args()
    for name in args.measures:
        if name not in MEASURES:
            parser.error(f"no such measure: {name}")
    return args


def main():
    args = arguments()
    scale = QUICK if args.quick else Scale()
    if args.rounds:
        scale = replace(scale, rounds=args.rounds)
    if args.told:
        scale = replace(scale, told=args.told)
    results, rig, load = report.Results(), Rig(), []
    conditions = {
        "commit": report.commit(),
        "build": os.environ["RECURD_BUILD"],
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "settings": SETTINGS,
        "scale": vars(scale),
    }
    try:
        conditions["postgresql"] = rig.data_set("empty", lambda db: None).value("show server_version")
        for name in args.measures or BY_DEFAULT:
            started = time.monotonic()
            MEASURES[name](rig, results, scale)
            load.append(os.getloadavg()[0])
            print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    finally:
        rig.close()
        conditions["load_average"] = load
        publish(results, conditions, scale, args.json)


def publish(results, conditions, scale, path):
    """Also after a failure: what was measured before it took long enough."""
    print(f"recurd {conditions['commit']}, PostgreSQL {conditions.get('postgresql')}, {conditions['processors']} processors,"
          f" load {max(conditions['load_average'], default=0):.1f}; medians of {scale.rounds}, ratios to the first line")
    print(results.table())
    if path:
        with open(path, "w") as file:
            file.write(results.json(conditions) + "\n")


main()
