"""recurctl as people type: without arguments, with slips, without quotes, with dates; and what it answers."""

import json
import os
import re
import subprocess
from datetime import datetime, timedelta, timezone

import pytest

from harness.ctl import CONFIG, DATA, FOUND, OK, USAGE, ctl_json, run_ctl
from harness.daemon import once, program
from harness.util import SOURCE

UTC = timezone.utc
STATEMENTS = {path.stem for path in (SOURCE / "daemon/sql").glob("*/*.sql")}


@pytest.fixture
def db(app_db):
    app_db.freeze(datetime(2027, 3, 10, 12, 0, tzinfo=UTC))
    return app_db


# Slips --------------------------------------------------------------------------------------------


def test_without_arguments_it_shows_its_help():
    answer = run_ctl(None, expect=USAGE)
    assert answer.text.startswith("usage: recurctl") and "\n  migrate " in answer.text
    assert answer.errors == "recurctl: a command is missing\n"
    assert run_ctl(None, "help").text == run_ctl(None, "--help").text == answer.text
    assert run_ctl(None, "help", "list").text == run_ctl(None, "list", "--help").text


@pytest.mark.parametrize("typed, meant", [
    ("statsu", '"status"'), ("upcomming", '"upcoming"'), ("help lsit", '"list"'), ("pre", '"preflight"'),
    ("list --staet paused", "--state"), ("status --maxlag 5min", "--max-lag"), ("--dns x status", "--dsn"),
    ("list --users=x", "--user"), ("list --state quarantine", '"quarantined"'), ("migrate upp", '"up"'),
    ("migrate --dryrun", "--dry-run"), ("settings set default_tim_zone UTC", '"default_time_zone"'),
])
def test_a_slip_is_answered_with_what_was_meant(typed, meant):
    assert f"(did you mean {meant}?)" in run_ctl(None, *typed.split(), expect=USAGE).errors


@pytest.mark.parametrize("typed, said", [
    ("frobnicate", 'there is no command "frobnicate"; see'), ("list --frobnicate", "there is no option --frobnicate;"),
    ("validate --all=3", "option --all takes no value"), ("status --max 3", "option --max is short for several"),
    ("list -q", "there is no option -q"), ("status --check -q", "there is no option -q"),
    ("list --user=x -q", "there is no option -q"), ("list --user=x -qn5", "there is no option -q"),
    ("list --help=3", "option --help takes no value"), ("migrate sideways", 'migrate has no "sideways";'),
    ("--until 30d upcoming", "--until stands behind its command, as in: recurctl upcoming --until"),
])
def test_what_is_near_to_nothing_is_told_as_it_is(typed, said):
    errors = run_ctl(None, *typed.split(), expect=USAGE).errors
    assert said in errors and "did you mean" not in errors


# Rules without quotes -----------------------------------------------------------------------------


def shell(folder, line):
    """As a shell runs it in that folder: it replaces * by the names of files."""
    return subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True,
                          env={"PATH": f"{program('recurctl').parent}:{os.environ['PATH']}"})


def test_cron_without_quotes_is_understood_where_the_shell_left_it_whole(tmp_path):
    said = shell(tmp_path, "recurctl next 30 9 * * mon-fri")
    assert said.returncode == OK and "on Monday to Friday at 09:30" in said.stdout
    assert "taken as one rule, '30 9 * * mon-fri'" in said.stderr
    quoted = shell(tmp_path, "recurctl next '30 9 * * mon-fri'")
    assert "taken as one rule" not in quoted.stderr and quoted.stdout.splitlines()[0] == said.stdout.splitlines()[0]
    assert shell(tmp_path, "recurctl validate 30 9 * * mon-fri").stdout == "ok\n"


def test_cron_in_which_the_shell_put_file_names_is_told_to_be_quoted(tmp_path):
    (tmp_path / "notes").touch()
    said = shell(tmp_path, "recurctl next 30 9 * * mon-fri")
    assert said.returncode == DATA and '"notes"' in said.stderr and "in quotes the shell" in said.stderr
    (tmp_path / "a name = strange").touch()
    for command in ("next", "validate"):
        said = shell(tmp_path, f"recurctl {command} 30 9 * * mon-fri")
        assert said.returncode == USAGE and "put them in quotes" in said.stderr and "7 words" in said.stderr
        assert said.stderr.count("\n") == 1


def test_several_rules_are_several_still():
    text = run_ctl(None, "next", "-n", "1", "0 9 * * *", "FREQ=DAILY", '{"frequency": "weekly"}').text
    assert text.count("meaning ") == 3


# Dates and spans ----------------------------------------------------------------------------------


def test_until_takes_dates_and_spans_of_the_databases_clock(db):
    for days in (0, 1, 2, 5, 40):
        db.add_template(datetime(2027, 3, 11, 0, 0, tzinfo=UTC) + timedelta(days=days), id=f"in-{days}")

    def listed(until):
        return [row["template_id"] for row in ctl_json(db, "upcoming", "--until", until)]

    assert listed("2027-03-11") == ["in-0"], "through that day"
    assert listed("2027-03-12") == ["in-0", "in-1"]
    assert listed("2027-03-10") == []
    assert listed("36h") == ["in-0", "in-1"] and listed("12h") == ["in-0"] and listed("0") == []
    assert listed("30d") == ["in-0", "in-1", "in-2", "in-5"]
    assert listed("2027-03-13T00:00:00Z") == ["in-0", "in-1", "in-2"]
    assert len(listed("36500d")) == len(listed("9999-12-31")) == 5
    assert "a span from now such as 30d" in run_ctl(db, "upcoming", "--until", "tomorrow", expect=USAGE).errors


# Answers ------------------------------------------------------------------------------------------


def test_the_list_of_quarantined_templates_says_why(db):
    db.add_template(timedelta(0), {"frequency": "weekly", "days": ["mox"]}, id="broken")
    db.add_template(timedelta(days=1), id="good")
    once(db)
    lines = run_ctl(db, "list", "--state", "quarantined").lines()
    assert lines[0].split() == ["KIND", "ID", "USER", "NEXT", "DUE", "REASON"] and len(lines) == 2
    assert lines[1].startswith("template  broken ") and lines[1].endswith('recurrence_rule.days[0]: expected mon...sun, got "mox" (did you mean "mon"?)')
    assert "REASON" not in run_ctl(db, "list").lines()[0]
    keys = [list(ctl_json(db, "list", *state)[0]) for state in ((), ("--state", "quarantined"))]
    assert keys[0] == keys[1], "JSON is the same whatever a screen shows"


BERLIN = "DTSTART;TZID=Europe/Berlin:20270101T090000\n"


@pytest.mark.parametrize("rule, lines", [
    ("FREQ=DAILY;COUNT=4", ["FREQ=DAILY;COUNT=4"]),
    (BERLIN + "RRULE:FREQ=DAILY", ["DTSTART;TZID=Europe/Berlin:20270101T090000", "RRULE:FREQ=DAILY"]),
    ("DTSTART:20270101T090000Z\nRRULE:FREQ=DAILY", ["DTSTART:20270101T090000Z", "RRULE:FREQ=DAILY"]),
    (BERLIN + "RRULE:FREQ=DAILY;COUNT=9\nEXDATE;TZID=Europe/Berlin:20270102T090000,20270104T090000\n"
     "RDATE;TZID=Europe/Berlin:20270103T120000",
     ["DTSTART;TZID=Europe/Berlin:20270101T090000", "RRULE:FREQ=DAILY;COUNT=9",
      "EXDATE;TZID=Europe/Berlin:20270102T090000", "RDATE;TZID=Europe/Berlin:20270103T120000",
      "EXDATE;TZID=Europe/Berlin:20270104T090000"]),
    ({"frequency": "weekly", "recurrenceOverrides": {
        "2027-01-08T09:00:00": {"excluded": True}, "2027-01-15T09:00:00": {"start": "2027-01-16T10:00:00"}}},
     ["RRULE:FREQ=WEEKLY", "EXDATE:20270108T090000", "EXDATE:20270115T090000", "RDATE:20270116T100000"]),
])
def test_next_drops_nothing_from_its_rrule(rule, lines):
    """It printed RRULE alone, so that what was pasted back had lost its start and its exceptions."""
    rule = rule if isinstance(rule, str) else json.dumps(rule)
    start = () if "DTSTART" in rule else ("--start", "2027-01-01T09:00:00")
    shown = ctl_json(None, "next", rule, *start, "-n", "20")
    assert shown["rrule"].split("\n") == lines
    again = ctl_json(None, "next", shown["rrule"], "--start", "2027-01-01T09:00:00", "-n", "20")
    assert [each["at"] for each in again["occurrences"]] == [each["at"] for each in shown["occurrences"]]
    text = run_ctl(None, "next", rule, *start).lines()
    at = next(i for i, line in enumerate(text) if line.startswith("rrule "))
    indent = re.match(r"rrule +", text[at])[0]
    assert [line[len(indent):] for line in text[at:at + len(lines)]] == lines


def test_messages_name_no_statement_of_ours(db):
    """They began with the name of the statement that failed: "ctl_list_open: relation ..."."""
    db.execute("alter view recurd.status rename to stood")
    answers = [run_ctl(db, "status", expect=None)]
    db.execute("drop schema recurd cascade")
    answers += [run_ctl(db, *words, expect=None) for words in (
        ("upcoming",), ("list",), ("show", "x"), ("validate", "--all"), ("validate", "x"), ("status",), ("workers",),
        ("retry",), ("next", "--template", "x"))]
    for answer in answers:
        assert answer.code not in (OK, FOUND), answer
        said = set(re.findall(r"\w+", answer.errors))
        assert not said & {name for name in STATEMENTS if "_" in name}, answer.errors
    assert any(answer.code == CONFIG and "recurctl migrate up" in answer.errors for answer in answers)
