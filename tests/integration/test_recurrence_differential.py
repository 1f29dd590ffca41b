"""recurctl expand against two oracles: dateutil and a brute-force expander of our own.

Random rules with zones, COUNT, UNTIL, overrides, exceptions by date and in other zones, and starts of any age, some of
them just before a gap.  A rule that the brute force proves empty
(30 February) is no valid rule: it must be refused or give nothing, is counted, and another is drawn.  Where the
oracles disagree that is counted, and the brute force is believed.  RECURD_CASES is the number of cases (150, the same
in each run, so that what fails is what was changed; a long run takes 10,000 and more), RECURD_SEED the seed ("random":
another each time).
"""

import collections
import datetime as dt
import itertools
import json
import os
import random
import re
import subprocess

import pytest

from harness.util import BUILD
from recurrence import oracle, rules

RECURCTL = BUILD / "recurctl"
HORIZON = {"SECONDLY": 20, "MINUTELY": 40, "HOURLY": 400, "DAILY": 1500, "WEEKLY": 1500, "MONTHLY": 3000, "YEARLY": 6000}
FALSELY_REFUSED = "refused although the brute force finds an occurrence"
UTC_TEXT = "%Y-%m-%dT%H:%M:%SZ"


def ask(questions):
    lines = "".join(json.dumps(q) + "\n" for q in questions)
    done = subprocess.run([RECURCTL, "expand"], input=lines, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions), "one answer a line"
    return answers


def draw(rand, empty):
    """A rule that can match; those drawn before it that never do are added to `empty`."""
    while True:
        rule, start, zone_name = rules.random_rule(rand)
        if not oracle.Rule(rule, start).never_matches():
            return rule, start, zone_name
        empty.append((rule, start))


def before_a_gap(rule, start, zone_name, rand):
    """Up to two days before the clock skips something, where the zone has such a time and the rule can match there."""
    gaps = oracle.gaps(oracle.zone_of(zone_name))
    if not gaps:
        return start
    there = rand.choice(gaps) - dt.timedelta(minutes=15 * rand.randrange(192))
    return start if oracle.Rule(rule, there).never_matches() else there


def make_case(rand, empty):
    rule, start, zone_name = draw(rand, empty)
    # Of every second for days the brute force takes too long.
    if rand.random() < 0.25 and rule["FREQ"] != "SECONDLY":
        start = before_a_gap(rule, start, zone_name, rand)
    zone = oracle.zone_of(zone_name)
    kind = rand.random()
    span = HORIZON[rule["FREQ"]]
    after = start - dt.timedelta(days=1)
    if kind < 0.15:
        rule["COUNT"] = rand.choice((1, 2, 3, 7, 30))
        if rand.random() < 0.5:
            after = start + dt.timedelta(days=rand.randrange(span // 4))
    else:
        if kind < 0.3:
            rule["UNTIL"] = start + dt.timedelta(days=rand.randrange(span), seconds=rand.randrange(86400))
        if rand.random() < 0.6:
            after = start + dt.timedelta(days=rand.randrange(span), seconds=rand.randrange(86400))
            after = after if rand.random() < 0.8 else start + dt.timedelta(days=rand.randrange(20000))
    return {"rule": rule, "start": start, "zone": zone, "zone_name": zone_name,
            "after": oracle.to_instant(after, zone), "n": rand.choice((1, 3, 5, 40)), "end": after + dt.timedelta(days=span)}


def add_overrides(case, rand):
    """Leaves out, moves and adds at random, near where the rule has something."""
    bare = {k: v for k, v in case["rule"].items() if k != "UNTIL"}
    begin = oracle.to_wall(case["after"], case["zone"]) - dt.timedelta(hours=27)
    walls = list(itertools.islice(oracle.Rule(bare, case["start"]).walls(begin, case["end"]), 8))
    if case["rule"].get("UNTIL"):
        walls = [w for w in walls if w <= case["rule"]["UNTIL"]]
    overrides = {}
    for wall in rand.sample(walls, min(len(walls), rand.choice((1, 2, 3)))):
        shift = dt.timedelta(seconds=rand.choice((1, 60, 3600, 86400, 90061)) * rand.choice((-1, 1)))
        overrides.update(
            rand.choice(({wall: {"excluded": True}}, {wall: {"start": (wall + shift).isoformat()}}, {wall + shift: {}}, {wall: {"title": "x"}}))
        )
    case["overrides"] = {key.isoformat(): value for key, value in overrides.items()}


def add_exceptions(case, rand):
    """Of what the rule has: by local date, or in a zone that need not be the rule's."""
    bare = {k: v for k, v in case["rule"].items() if k != "UNTIL"}
    begin = oracle.to_wall(case["after"], case["zone"])
    walls = list(itertools.islice(oracle.Rule(bare, case["start"]).walls(begin, case["end"]), 6))
    case["exceptions"] = []
    for wall in rand.sample(walls, min(len(walls), rand.choice((1, 2, 3)))):
        there = oracle.to_instant(wall, case["zone"])
        zone = oracle.zone_of(rand.choice(rules.ZONES))
        elsewhere = oracle.to_wall(there, zone)
        midnight = dt.datetime.combine(wall.date(), dt.time())
        that_day = list(oracle.Rule(bare, case["start"]).walls(midnight, midnight + dt.timedelta(hours=24)))
        if rand.random() < 0.4 and len(that_day) < 50:
            case["exceptions"].append(wall.date())
            case["taken"] = case.get("taken", 0) + len(that_day)
        elif oracle.to_instant(elsewhere, zone) == there and elsewhere.microsecond == 0:
            case["exceptions"].append(elsewhere.replace(tzinfo=zone))


def as_lines(case, rand):
    lines = [f"DTSTART;TZID={case['zone_name']}:{case['start']:%Y%m%dT%H%M%S}", f"RRULE:{rules.as_text(case['rule'], rand)}"]
    for exception in case["exceptions"]:
        if isinstance(exception, dt.datetime):
            lines.append(f"EXDATE;TZID={exception.tzinfo.key}:{exception:%Y%m%dT%H%M%S}")
        else:
            lines.append(rand.choice((f"EXDATE;VALUE=DATE:{exception:%Y%m%d}", f"EXDATE:{exception:%Y%m%d}")))
    return {"rrule": "\n".join(lines)}


def apply_overrides(case, found, n):
    """found: instants of the rule, as many as the overrides could use up."""
    zone = case["zone"]
    instants, moved = set(found), []
    for exception in case.get("exceptions", ()):
        if isinstance(exception, dt.datetime):
            instants.discard(oracle.to_instant(exception.replace(tzinfo=None), exception.tzinfo))
        else:
            instants = {i for i in instants if oracle.to_wall(i, zone).date() != exception}
    for key, value in case.get("overrides", {}).items():
        at = oracle.to_instant(dt.datetime.fromisoformat(key), zone)
        instants.discard(at)
        if "start" in value:
            # It remains an occurrence of its own, also where it meets another.
            moved.append(oracle.to_instant(dt.datetime.fromisoformat(value["start"]), zone))
        elif not value.get("excluded"):
            instants.add(at)
    return sorted(i for i in [*instants, *moved] if i > case["after"])[:n]


def question(case, rand):
    form = as_lines(case, rand) if case.get("exceptions") else rules.in_some_form(case["rule"], rand)
    out = {"rule": form, "start": case["start"].isoformat(), "after": case["after"].strftime(UTC_TEXT), "n": case["n"]}
    (form if rand.random() < 0.5 else out)["timeZone"] = case["zone_name"]
    if case.get("overrides"):
        form["recurrenceOverrides"] = case["overrides"]
    return out


def expected(case, walls):
    """The instants up to the case's end; fewer than n mean that nothing else comes before the end."""
    end = min(case["end"], case["rule"].get("UNTIL", case["end"]))
    from_wall = oracle.to_wall(case["after"], case["zone"]) - dt.timedelta(hours=27)
    # Each override may take one of the set away, an exception by date all of a day.
    spare = len(case.get("overrides", {})) + len(case.get("exceptions", ())) + case.get("taken", 0)
    if "COUNT" in case["rule"]:
        found = oracle.first_of_all(walls(case["start"], end), case["zone"], case["rule"]["COUNT"])
        found = [instant for instant in found if instant > case["after"]][: case["n"] + spare]
    else:
        found = oracle.instants(walls(from_wall, end), case["zone"], case["after"], case["n"] + spare)
    return apply_overrides(case, found, case["n"])


def by_brute_force(case):
    bare = {k: v for k, v in case["rule"].items() if k != "UNTIL"}
    return expected(case, oracle.Rule(bare, case["start"]).walls)


def by_dateutil(case):
    bare = {k: v for k, v in case["rule"].items() if k != "UNTIL"}
    return expected(case, lambda begin, end: oracle.dateutil_walls(bare, case["start"], begin, end))


def agrees(case, answer, want):
    got = answer["occurrences"]
    texts = [w.strftime(UTC_TEXT) for w in want]
    if (case.get("overrides") or case.get("exceptions")) and len(texts) < case["n"]:
        # The set was cut off somewhere behind the overrides.
        return got[: len(texts)] == texts
    if len(texts) == case["n"] or "UNTIL" in case["rule"] and case["rule"]["UNTIL"] <= case["end"]:
        return got == texts
    # The oracle stopped at the end of its patience; what follows must lie behind that.
    limit = oracle.to_instant(case["end"], case["zone"]) - dt.timedelta(hours=27)
    return got[: len(texts)] == texts and all(g > limit.strftime(UTC_TEXT) for g in got[len(texts) :])


def refusal_class(answer):
    """The error without the path before it and the rule behind it."""
    return re.sub(r"^recurrence_rule[^:]*: |: FREQ=.*$", "", answer["error"])


def has_an_occurrence(case):
    first = {k: v for k, v in case.items() if k != "overrides"} | {"n": 1, "after": dt.datetime(1900, 1, 1)}
    return bool(by_brute_force(first))


def judge_empty(empty, rand, tally):
    """What the brute force proves empty: refused, or without occurrences from this start."""
    questions = [{"rule": rules.in_some_form(rule, rand), "start": start.isoformat(), "n": 1} for rule, start in empty]
    wrong = []
    for question, answer in zip(questions, ask(questions)):
        if "error" in answer:
            tally[f"drawn again: never matches; refused: {refusal_class(answer)}"] += 1
        else:
            tally["drawn again: never matches from its start; gives nothing"] += 1
        if answer.get("occurrences"):
            wrong.append((json.dumps(question), answer, []))
    return wrong


def judge(case, answer, tally):
    freq = case["rule"]["FREQ"]
    try:
        with oracle.time_limit(5):
            brute = by_brute_force(case)
    except oracle.TooSlow:
        tally["brute force too slow"] += 1
        return True
    try:
        with oracle.time_limit(0.25):
            if by_dateutil(case) != brute:
                tally["oracles disagree, held to the brute force"] += 1
                return "error" in answer or agrees(case, answer, brute)
        tally["both oracles"] += 1
        tally["with overrides"] += bool(case.get("overrides"))
        tally["with exceptions by date or in another zone"] += bool(case.get("exceptions"))
        tally["with COUNT"] += "COUNT" in case["rule"]
    except (oracle.TooSlow, OverflowError, ValueError, IndexError):
        tally["dateutil gave up"] += 1
    if "error" in answer:
        tally["REFUSED"] += 1
        tally[f"refused: {refusal_class(answer)}"] += 1
        found = has_an_occurrence(case)
        tally[FALSELY_REFUSED] += found
        return not found
    tally[f"compared {freq}"] += 1
    tally["compared, nothing in the time looked at"] += not brute
    return agrees(case, answer, brute)


@pytest.mark.timeout(900)
def test_random_rules_agree_with_the_oracles():
    seed = rules.seed()
    number = int(os.environ.get("RECURD_CASES", 150))
    rand = random.Random(seed)
    print(f"RECURD_SEED={seed} RECURD_CASES={number}")
    empty, tally = [], collections.Counter({"REFUSED": 0, FALSELY_REFUSED: 0})
    cases = [make_case(rand, empty) for _ in range(number)]
    for case in cases:
        kind = rand.random()
        if kind < 0.15:
            add_overrides(case, rand)
        elif kind < 0.25:
            add_exceptions(case, rand)
    questions = [question(case, rand) for case in cases]
    wrong = judge_empty(empty, rand, tally)
    for case, asked, answer in zip(cases, questions, ask(questions)):
        if not judge(case, answer, tally):
            wrong.append((json.dumps(asked), answer, [i.strftime(UTC_TEXT) for i in by_brute_force(case)]))
    for name, count in sorted(tally.items()):
        print(f"{count:7} {name}")
    print(f"{number:7} cases that can match: {len(wrong)} wrong, {100 * tally['REFUSED'] / number:.2f} % refused")
    assert not wrong, f"{len(wrong)} of {number} wrong, seed {seed}, the first: {wrong[0]}"
    assert tally[FALSELY_REFUSED] == 0
    assert tally["REFUSED"] <= number / 100
