"""recurctl expand and next: the line protocol, hostile lines, streaming, and what people see."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness.daemon import IS_SANITIZED
from harness.util import BUILD

RECURCTL = BUILD / "recurctl"
DAILY = {"rule": {"frequency": "daily"}, "start": "2025-03-08T02:30:00", "timeZone": "America/New_York", "n": 2}
DAILY_ANSWER = {"occurrences": ["2025-03-08T07:30:00Z", "2025-03-09T07:30:00Z"]}


def expand(data):
    if isinstance(data, str):
        data = data.encode()
    done = subprocess.run([RECURCTL, "expand"], input=data, capture_output=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(**question):
    (answer,) = expand(json.dumps(question))
    return answer


HOSTILE = [
    b"",
    b"garbage",
    b"null",
    b"[]",
    b"{}",
    b"{" * 5000,
    b'{"rule":{"frequency":"daily"},"start":"2025-01-01T00:00:00","rule":{}}',
    b"\xff\xfe\x00\x01",
    b'{"rule":{"frequency":"daily\x00"},"start":"2025-01-01T00:00:00"}',
    b'{"rule":{"frequency":"daily"},"start":"\\u0000"}',
    b'{"rule":' + b"9" * 1000 + b"}",
    b'{"rule":{"rrule":"FREQ=\xc3\x28"},"start":"2025-01-01T00:00:00"}',
    b'{"rule":{"frequency":"daily"},"start":"2025-01-01T00:00:00","colour":1}',
    b"x" * 300_000,
    b'{"rule":{"frequency":"daily"},"start":"2025-01-01T00:00:00","n":1e9}',
]


def test_one_answer_a_line_whatever_the_line_is():
    good = json.dumps(DAILY).encode()
    answers = expand(b"\n".join(line for hostile in HOSTILE for line in (hostile, good)))
    assert len(answers) == 2 * len(HOSTILE)
    for hostile, answer in zip(HOSTILE, answers[::2]):
        assert list(answer) == ["error"] and answer["error"], hostile[:80]
    assert all(answer == DAILY_ANSWER for answer in answers[1::2])


def test_carriage_returns_and_a_missing_last_newline_do_no_harm():
    line = json.dumps(DAILY)
    assert expand(f"{line}\r\n{line}") == [DAILY_ANSWER] * 2
    assert expand("") == []


def test_the_rules_own_zone_comes_first_then_the_lines_then_the_default():
    rule = {"frequency": "daily", "timeZone": "Asia/Tokyo"}
    start = "2025-01-01T09:00:00"
    assert ask(rule=rule, start=start, timeZone="Europe/Berlin", n=1) == {"occurrences": ["2025-01-01T00:00:00Z"]}
    del rule["timeZone"]
    assert ask(rule=rule, start=start, timeZone="Europe/Berlin", n=1) == {"occurrences": ["2025-01-01T08:00:00Z"]}
    assert ask(rule=rule, start=start, n=1) == {"occurrences": ["2025-01-01T09:00:00Z"]}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"start": "2025-01-01T09:00:00Z"}, "start"),
        ({"start": "2025-01-01"}, "start"),
        ({"start": 5}, "start"),
        ({"start": "12025-01-01T09:00:00"}, "start"),
        ({"timeZone": "Mars/Base"}, "timeZone"),
        ({"timeZone": "../../etc/passwd"}, "timeZone"),
        ({"timeZone": None}, "timeZone"),
        ({"after": "2025-01-01T09:00:00"}, "after"),
        ({"after": True}, "after"),
        ({"n": 0}, "n:"),
        ({"n": 100001}, "n:"),
        ({"n": "5"}, "n:"),
        ({"rule": {"frequency": "daily", "byHour": [24]}}, "recurrence_rule.byHour[0]"),
    ],
)
def test_wrong_questions_are_answered_with_the_name_of_what_is_wrong(change, named):
    assert named in ask(**DAILY | change)["error"]


def test_after_is_exclusive_and_the_end_of_the_set_is_no_error():
    answer = ask(**DAILY | {"after": "2025-03-08T07:30:00Z", "n": 1})
    assert answer == {"occurrences": ["2025-03-09T07:30:00Z"]}
    ended = {"frequency": "daily", "end_date": "2025-03-08"}
    assert ask(**DAILY | {"rule": ended})["occurrences"] == ["2025-03-08T07:30:00Z"]
    assert ask(**DAILY | {"rule": ended, "after": "2030-01-01T00:00:00Z"}) == {"occurrences": []}


def test_an_answer_comes_before_the_next_question():
    with subprocess.Popen([RECURCTL, "expand"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(3):
            process.stdin.write(json.dumps(DAILY) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == DAILY_ANSWER


def peak_kib(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


@pytest.mark.skipif(IS_SANITIZED, reason="sanitizers keep memory")
def test_memory_does_not_grow_with_the_number_of_lines():
    line = (json.dumps(DAILY) + "\n").encode()
    with subprocess.Popen([RECURCTL, "expand"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:

        def pump(blocks):
            for _ in range(blocks):
                process.stdin.write(line * 200)
                process.stdin.flush()
                for _ in range(200):
                    process.stdout.readline()

        pump(5)
        early = peak_kib(process)
        pump(100)
        assert peak_kib(process) - early < 512


def next_json(*arguments):
    done = subprocess.run([RECURCTL, "next", "-o", "json", *arguments], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_next_tells_meaning_forms_and_occurrences():
    rule = '{"frequency":"monthly","byDay":[{"day":"fr","nthOfPeriod":-1}],"timeZone":"Europe/Berlin","count":12}'
    told = next_json(rule, "--start", "2025-01-01T09:00:00", "-n", "3")
    assert told["description"] == "every month on the last Friday at 09:00, Europe/Berlin, 12 times"
    assert told["rrule"] == "FREQ=MONTHLY;BYDAY=-1FR;COUNT=12"
    assert told["rule"] == json.loads(rule)
    assert [o["at"] for o in told["occurrences"]] == ["2025-01-31T08:00:00Z", "2025-02-28T08:00:00Z", "2025-03-28T08:00:00Z"]


def test_next_marks_what_the_clock_skips_or_shows_twice():
    march = next_json("FREQ=DAILY", "--zone", "America/New_York", "--start", "2025-03-09T02:30:00", "-n", "2")
    assert [o["local"] for o in march["occurrences"]] == ["2025-03-09T03:30:00", "2025-03-10T02:30:00"]
    assert "skips" in march["occurrences"][0]["note"] and march["occurrences"][1]["note"] is None
    autumn = next_json("FREQ=DAILY", "--zone", "America/New_York", "--start", "2025-11-02T01:30:00", "-n", "1")
    assert "twice" in autumn["occurrences"][0]["note"]


def test_next_reads_cron():
    told = next_json("30 8 * * mon-fri", "--start", "2025-01-03T09:00:00", "-n", "1")
    assert told["rule"]["byHour"] == [8]
    assert told["occurrences"][0]["at"] == "2025-01-06T08:30:00Z"


@pytest.mark.parametrize("rule", ["FREQ=DAILY;COUNT=2x", "FREQ=SECONDLY", "{", "* * * *", ""])
def test_next_refuses_with_exit_code_65_and_one_line(rule):
    # The run's own variables (RECURD_BUILD) would be warned of.
    env = {name: value for name, value in os.environ.items() if not name.startswith("RECURD_")}
    done = subprocess.run([RECURCTL, "next", rule], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 65
    # What min_interval is taken for is told where it has decided.
    told = [line for line in done.stderr.splitlines() if "taken for granted" not in line]
    assert done.stdout == "" and len(told) == 1 and "recurrence_rule" in told[0]


@pytest.mark.parametrize("form", ["rule", "rrule"])
def test_canonical_forms_mean_the_same(form):
    for rule in (
        "FREQ=YEARLY;BYMONTH=3,1;BYDAY=-1SU,MO;BYSETPOS=-1,1;WKST=SU;BYHOUR=9,17",
        "FREQ=HOURLY;INTERVAL=5;BYYEARDAY=-1,100;BYMINUTE=0,30;UNTIL=20301231T235959Z",
        "FREQ=YEARLY;BYWEEKNO=53,-1;BYDAY=WE;COUNT=7",
        "FREQ=MONTHLY;BYMONTHDAY=31,-2;RSCALE=GREGORIAN;SKIP=BACKWARD",
    ):
        first = next_json(rule, "--start", "2025-01-01T09:00:00", "-n", "20")
        again = first[form] if form == "rrule" else json.dumps(first[form])
        assert next_json(again, "--start", "2025-01-01T09:00:00", "-n", "20") == first
