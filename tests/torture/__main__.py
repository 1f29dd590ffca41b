"""./dev torture [MINUTES]: everything that can be drawn, in any order, for as long as one likes.

Rounds of half a minute: an application at work, harms at random moments, then peace, and the oracle
compares every row and every line of the log.  A round's random choices come from seed and number, but not
the moments at which they strike; a failure keeps its logs and says where.
"""

import argparse
import json
import os
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("RECURD_BUILD", "build-asan")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from application import Application
from harms import HARMS
from harness.daemon import IS_SANITIZED
from harness.util import BUILD
from world import World

ROUND = 30  # seconds
HARMS_PER_SECOND = 4
MEMORY_KB = 48 * 1024 if IS_SANITIZED else 6 * 1024
SPARE_FDS = 12


def arguments():
    parser = argparse.ArgumentParser(prog="./dev torture", description="Random faults, and an oracle that compares.")
    parser.add_argument("minutes", nargs="?", type=float, default=10)
    parser.add_argument("--seed", type=lambda text: int(text, 0), default=secrets.randbits(32))
    parser.add_argument("--round", type=int, default=1, help="begin with this one")
    parser.add_argument("--sabotage", action="store_true", help="delete one instance behind everybody's back: must fail")
    parser.add_argument("--json", metavar="FILE", help="write the counts there")
    return parser.parse_args()


class Torture:
    # Not one of a user who moves: those are judged by their dates, not row by row.
    SABOTAGE = (
        "delete from tasks where id = (select min(id) from tasks"
        " where recurring_task_id is not null and user_id not like 'traveller%')"
    )

    def __init__(self, args):
        self.args = args
        self.world = World()
        self.application = Application(self.world)
        self.harms = Counter()
        self.totals = Counter()
        self.slowest = 0.0

    def round(self, number):
        chance = random.Random(f"{self.args.seed}/{number}")
        self.application.forget()
        for slot in self.world.slots:
            if slot.daemon is None:
                slot.start(chance)
        end, strike = time.monotonic() + min(ROUND, self.args.minutes * 60), 0
        while time.monotonic() < end:
            for _ in range(chance.randrange(1, 5)):
                self.application.act(chance)
            if time.monotonic() >= strike:
                self.strike(chance)
                strike = time.monotonic() + chance.expovariate(HARMS_PER_SECOND)
            self.world.undo_due()
            self.world.check_alive()
            time.sleep(chance.uniform(0, 0.05))
        if self.args.sabotage:
            self.world.end_round(chance)
            self.world.db.execute(self.SABOTAGE)
        took = self.world.end_round(chance)
        self.slowest = max(self.slowest, took)
        self.measure()
        print(f"round {number}: settled within {took:.1f} s; {self.count()}", flush=True)
        self.world.clear()

    def strike(self, chance):
        harm = chance.choices([one for one, _ in HARMS], [weight for _, weight in HARMS])[0]
        if harm(self.world, chance):
            self.harms[harm.__name__] += 1

    def count(self):
        """Adds up what this round had."""
        world, kinds = self.world, ("task_created", "reminder")
        row = world.db.row("select count(*) filter (where kind = %s) c, count(*) filter (where kind = %s) r from recurd.notifications", kinds)
        found = {"occurrences": row["c"], "reminders": row["r"], "templates": len(world.oracle.templates), "lines repeated": world.book.repeats}
        self.totals.update(found | {"rounds": 1})
        return ", ".join(f"{n} {name}" for name, n in found.items())

    def measure(self):
        """Nothing grows: descriptors, memory."""
        for slot in self.world.slots:
            fds, memory = slot.daemon.fds(), slot.daemon.memory_kb()
            self.totals["most descriptors"] = max(self.totals["most descriptors"], fds)
            self.totals["most memory, kB"] = max(self.totals["most memory, kB"], memory)
            assert fds <= SPARE_FDS + 4, f"{slot.name} has {fds} descriptors"
            assert memory < MEMORY_KB, f"{slot.name} has {memory} kB"

    def run(self):
        began, number = time.monotonic(), self.args.round
        while time.monotonic() - began < self.args.minutes * 60:
            self.round(number)
            number += 1
        for slot in self.world.slots:
            slot.daemon.stop()
        return time.monotonic() - began

    def keep_logs(self):
        kept = Path(tempfile.mkdtemp(prefix="torture-", dir="/tmp"))
        for slot in self.world.slots:
            if slot.daemon:
                (kept / f"{slot.name}.log").write_text(slot.daemon.log(20000))
        (kept / "postgresql.log").write_text(self.world.cluster.log()[-2_000_000:])
        return kept


def table(torture, seconds):
    def block(title, counts):
        print(f"\n{title}")
        for name, n in sorted(counts.items()):
            print(f"  {n:>8}  {name}")

    block("harms", {name.replace("_", " "): n for name, n in torture.harms.items()})
    block("the application", {name.replace("_", " "): n for name, n in torture.application.counts.items()})
    others = {
        "refused to the application by locks": torture.application.refused,
        "crash and stop points reached": torture.world.reached,
    }
    block("in all", torture.totals | others)
    print(f"\nlost 0, doubled 0, in {seconds / 60:.1f} minutes; {sum(torture.harms.values())} harms, {BUILD.name},")
    print(f"settled within {torture.slowest:.1f} s at the latest; seed {torture.args.seed}")


def main():
    args = arguments()
    print(f"seed {args.seed}, {args.minutes:g} minutes, {BUILD.name}", flush=True)
    torture = Torture(args)
    try:
        seconds = torture.run()
    except BaseException as error:
        if not isinstance(error, KeyboardInterrupt):
            print(f"FAILED: seed {args.seed}; logs in {torture.keep_logs()}; so far {dict(torture.harms)}", flush=True)
        raise
    finally:
        torture.world.close()
    table(torture, seconds)
    if args.json:
        counts = {"harms": torture.harms, "application": torture.application.counts, "totals": torture.totals}
        Path(args.json).write_text(json.dumps(counts | {"seed": args.seed, "seconds": seconds, "slowest": torture.slowest}, indent=1))


main()
