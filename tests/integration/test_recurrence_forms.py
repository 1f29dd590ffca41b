"""One rule in all its forms: JSON, RRULE text, the stored form, and what `recurctl next` prints of it.

Random rules, RECURD_SEED sets the seed.  That the answers are right is the differential test's matter; here
they must be the same.
"""

import json
import os
import random
import subprocess

from harness.util import BUILD
from recurrence import rules

RECURCTL = BUILD / "recurctl"


def answers(questions):
    lines = "".join(json.dumps(q) + "\n" for q in questions)
    done = subprocess.run([RECURCTL, "expand"], input=lines, capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(questions)
    return found


def question(rule, start):
    return {"rule": rule, "start": start.isoformat(), "timeZone": "America/New_York", "n": 25}


def without_form(answer):
    """Errors name the part in the words of the form."""
    return answer.get("occurrences", "refused")


def draw(number):
    seed = int(os.environ.get("RECURD_SEED", random.SystemRandom().randrange(10**9)))
    print(f"RECURD_SEED={seed}")
    rand = random.Random(seed)
    return [rules.random_rule(rand)[:2] for _ in range(number)]


def test_all_forms_mean_the_same():
    cases = draw(400)
    by_text = answers([question({"rrule": rules.as_text(rule)}, start) for rule, start in cases])
    by_json = answers([question(rules.as_json(rule), start) for rule, start in cases])
    stored = [(rules.as_stored(rule), start, answer) for (rule, start), answer in zip(cases, by_text) if rules.as_stored(rule)]
    for (rule, start), one, other in zip(cases, by_text, by_json):
        assert without_form(one) == without_form(other), (rules.as_text(rule), start)
    assert len(stored) > 10
    for (rule, start, expected), answer in zip(stored, answers([question(rule, start) for rule, start, _ in stored])):
        assert answer == expected, (rule, start)


def printed(rule, start):
    """What `next` makes of a rule: canonical JSON and RRULE text; None where it refuses it (too frequent)."""
    done = subprocess.run(
        [RECURCTL, "next", "-o", "json", "--start", start.isoformat(), json.dumps(rule)], capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


def test_what_next_prints_means_the_same_and_is_printed_the_same():
    cases = [(rules.as_json(rule), start) for rule, start in draw(60)]
    told = [(rule, start, printed(rule, start)) for rule, start in cases]
    told = [(rule, start, forms) for rule, start, forms in told if forms]
    assert len(told) > 20
    expected = answers([question(rule, start) for rule, start, _ in told])
    for form in ("rule", "rrule"):
        again = [{"rrule": forms[form]} if form == "rrule" else forms[form] for _, _, forms in told]
        assert answers([question(rule, start) for rule, (_, start, _) in zip(again, told)]) == expected
        for rule, (_, start, forms) in zip(again[:15], told):
            second = printed(rule, start)
            assert (second["rule"], second["rrule"], second["description"]) == (
                forms["rule"], forms["rrule"], forms["description"])
