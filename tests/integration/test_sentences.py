"""Rules as people say them, in every command that takes a rule from a hand: the manuals' examples, and what people
leave out when they type."""

import json
import re

import pytest

from harness.ctl import DATA, FOUND, OK, USAGE, run_ctl
from harness.util import SOURCE

pytestmark = pytest.mark.slow

NOWHERE = {"dsn": "host=/nonexistent"}


def expand(rules):
    lines = "".join(json.dumps({"rule": rule, "start": "2026-01-31T09:00:00", "n": 1}) + "\n" for rule in rules)
    answers = [json.loads(line) for line in run_ctl(None, "expand", stdin=lines.encode()).lines()]
    return dict(zip(rules, answers, strict=True))


def manual():
    page = (SOURCE / "man/recurd-rule.7").read_text()
    return page.partition(".Ss Sentences\n")[2].partition(".Ss Time zone names\n")[0]


def test_the_examples_of_the_manual_are_understood():
    block = re.search(r"\.Bd -literal -offset indent\n(.*?)\.Ed", manual(), re.DOTALL).group(1)
    rules = [rule.strip() for rule in re.split(r"[;\n]", block) if rule.strip()]
    assert len(rules) > 10
    assert {rule: answer for rule, answer in expand(rules).items() if not answer.get("occurrences")} == {}


def test_the_forms_of_the_manual_are_understood_and_its_refusals_refused():
    """Each `Ql` of the lists: a sentence by itself, or a part of one of these."""
    listed = manual().partition(".Bl -tag")[2].partition(".El")[0].replace("titled \\(dq...\\(dq", 'titled "x"')
    forms = [form.strip() for line in re.findall(r"^\.Ql (.*)$", listed.replace("\\(dq...\\(dq", '"x"'), re.MULTILINE)
             for form in line.rstrip(" ,;.").split(" , ")]
    frames = ("{}", "every day {}", "every hour {}", "every year {}", "every year on Monday {}", "every 2 weeks {}",
              "every month on Friday {}", "every month on Monday at 9 {}", "every month on the 31st {}", "on the 1st {}",
              "every day also 2027-12-26T10:00 {}")
    answers = expand([frame.format(form) for form in forms for frame in frames])
    understood = {form for form in forms for frame in frames if "occurrences" in answers[frame.format(form)]}
    assert len(forms) > 50 and set(forms) - understood == set()
    for rule in ("every second Friday", "biweekly", "bimonthly", "every 5m", "every day until 3/1/2027"):
        assert "error" in expand([rule])[rule]


def test_next_reads_back_what_it_prints():
    for rule in ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=12", "0 9,17 * * mon-fri",
                 '{"frequency":"daily","timeZone":"Europe/Berlin","recurrenceOverrides":{"2026-02-01T09:00:00":'
                 '{"title":"a=b, \\"also\\""}}}'):
        args = ("-n", "3", "--start", "2026-01-31T09:00:00", "-o", "json")
        first = json.loads(run_ctl(None, "next", rule, *args, **NOWHERE).text)
        again = json.loads(run_ctl(None, "next", first["description"], *args, **NOWHERE).text)
        assert again["occurrences"] == first["occurrences"] and again["description"] == first["description"]


def test_a_sentence_without_quotes_is_one():
    for command in ("next", "validate"):
        assert run_ctl(None, command, *"every 2 weeks on mon, thu at 9".split(), **NOWHERE).code == OK
    text = run_ctl(None, "next", "-n", "1", "every day", "every week", **NOWHERE).text
    assert text.count("meaning ") == 2, "two in quotes are two"
    assert "five fields" in run_ctl(None, "next", *"30 9 a b c mon-fri".split(), expect=USAGE, **NOWHERE).errors


def test_a_text_of_json_may_be_a_sentence():
    assert "at 09:00" in run_ctl(None, "next", '"every day at 9"', "-n", "1", **NOWHERE).text
    assert expand(["every day"])["every day"] == {"occurrences": ["2026-01-31T09:00:00Z"]}


def test_a_refusal_has_its_place_in_every_command():
    said = 'character 7, "tusday": expected a unit or a day'
    assert said in run_ctl(None, "next", "every tusday", expect=DATA, **NOWHERE).errors
    answer = run_ctl(None, "validate", "every tusday", "-o", "json", expect=FOUND, **NOWHERE).text
    assert json.loads(answer)[0]["recurrence_rule"] == "every tusday" and said in json.loads(answer)[0]["problem"]
    assert said in expand(["every tusday"])["every tusday"]["error"]


def test_what_is_no_text_is_refused_as_such():
    for rule in ("every \x1b[2J", "every d\xf6y", "every \udcff", "every day " * 9000):
        answer = run_ctl(None, "next", rule, expect=DATA, **NOWHERE)
        assert "\x1b" not in answer.errors and answer.errors.count("\n") == 1
