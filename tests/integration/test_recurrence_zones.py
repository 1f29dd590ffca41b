"""Conversion of local times to instants against Python's zoneinfo, around every clock change 1970-2100.

By default the zones that have surprised people and a choice of others; RECURD_ALL_ZONES=1 takes every zone of the
system, RECURD_SEED=random another choice each time.
"""

import datetime as dt
import json
import os
import random
import subprocess
import zoneinfo

from harness.util import BUILD
from recurrence import oracle, rules

RECURCTL = BUILD / "recurctl"
SURPRISING = {
    "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Dublin",
    "America/Sao_Paulo", "Asia/Tehran", "Pacific/Apia", "Africa/Monrovia", "America/St_Johns", "Asia/Gaza",
    "Asia/Jerusalem", "Antarctica/Troll", "Africa/El_Aaiun", "Pacific/Kwajalein", "America/Scoresbysund",
}


def walls(zone):
    for instant, before, after in oracle.clock_changes(zone):
        at = oracle.EPOCH + dt.timedelta(seconds=instant)
        one, other = sorted((at + before, at + after))
        second = dt.timedelta(seconds=1)
        yield from (one - second, one, one + (other - one) / 2, other - second, other, other + dt.timedelta(days=30))


def expected(wall, zone):
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(dt.timezone.utc)
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def chosen_zones():
    names = sorted(n for n in zoneinfo.available_timezones() if n not in ("localtime", "Factory", "posixrules"))
    if os.environ.get("RECURD_ALL_ZONES") == "1":
        return names
    seed = rules.seed()
    print(f"RECURD_SEED={seed}")
    return sorted(SURPRISING & set(names) | set(random.Random(seed).sample(names, 20)))


def test_local_times_become_the_instants_that_zoneinfo_gives():
    cases = []
    for name in chosen_zones():
        zone = zoneinfo.ZoneInfo(name)
        cases += [(name, w.replace(microsecond=0), expected(w.replace(microsecond=0), zone)) for w in walls(zone)]
    assert len(cases) > 1000
    lines = "".join(
        json.dumps({"rule": {"frequency": "yearly", "count": 1}, "start": wall.isoformat(), "timeZone": name, "n": 1}) + "\n"
        for name, wall, _ in cases
    )
    done = subprocess.run([RECURCTL, "expand"], input=lines, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases)
    wrong = [(case, answer) for case, answer in zip(cases, answers) if answer.get("occurrences") != [case[2]]]
    print(f"{len(cases)} local times in {len({c[0] for c in cases})} zones")
    assert not wrong, f"{len(wrong)} wrong, the first: {wrong[0]}"
