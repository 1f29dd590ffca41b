#!/usr/bin/python3
"""daemon_page: recurd(8) tells of each option of daemon/main.c and no other, of each exit status, of each
event that a log line can have, and of the weight of each job; README.md has the same events in its table, and
no other."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATUS = {"EX_OK": 0, "EX_USAGE": 64, "EX_DATAERR": 65, "EX_UNAVAILABLE": 69, "EX_SOFTWARE": 70,
          "EX_OSERR": 71, "EX_IOERR": 74, "EX_TEMPFAIL": 75, "EX_CONFIG": 78}
# Where a call of log_begin or log_msg has no name of an event but an expression: what in that file holds the
# names, in quotes.
NAMED_ELSEWHERE = {
    ("daemon/job/repeat_rows.c", "event_of"): r"^static const char \*event_of\(.*?^}",
    ("daemon/db/conn.c", "what"): r'wait_for_round\(conn, \w+, "\w+"',
    ("daemon/job/generate_rows.c", "decision->kind"): r'struct decision\)\{ id, "\w+"',
    ("daemon/web/auth.c", "event"): r'tell_reply\(\w+, reply, "\w+"',
    ("daemon/job/waiting.c", "event_of"): r"^static const char \*event_of\(.*?^}",
}
SKIPS = ("daemon/plan/fate.c", r"fate_kind_name\(.*?\n}", r"\[FATE_(?!MADE)\w+\] = \"(\w+)\"")


def read(name):
    return (ROOT / name).read_text()


def options_of_program(main="daemon/main.c"):
    """Long name to its letter or None, from the table for getopt_long."""
    table = re.search(r"long_options\[\] = \{(.*?)\{ 0 \}", read(main), re.S)[1]
    rows = re.findall(r'\{ "([\w-]+)", \w+, NULL, (?:\'(\w)\'|OPTION_\w+) \}', table)
    return {name: letter or None for name, letter in rows}


def section(page, name):
    return re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh )", page, re.S | re.M)[1]


def options_of_page(page):
    options = {}
    for item in re.findall(r"^\.It (Fl .*)$", section(page, "OPTIONS"), re.M):
        flags = re.findall(r"Fl ([\w-]+)", item)
        name = next(flag[1:] for flag in flags if flag.startswith("-"))
        options[name] = next((flag for flag in flags if not flag.startswith("-")), None)
    return options


def statuses_of_program():
    used = set()
    for file in [ROOT / "daemon/main.c", *(ROOT / "daemon/svc").glob("*.c")]:
        for name in re.findall(r"\bEX_[A-Z]+\b", file.read_text()):
            used.add(STATUS[name])
    return used


def arguments(text, at):
    """Of the call whose parenthesis opens at `at`: split at the commas that belong to it."""
    found, depth, quoted = [""], 0, False
    for i in range(at, len(text)):
        char = text[i]
        quoted ^= char == '"' and text[i - 1] != "\\"
        depth += (char == "(") - (char == ")") if not quoted else 0
        if depth == 0:
            return [argument.strip() for argument in found]
        if char == "," and depth == 1 and not quoted:
            found.append("")
        elif i > at:
            found[-1] += char


def event_arguments(text):
    """What each call that begins a log line has in the place of the event."""
    for call in re.finditer(r"\b(log_begin|log_msg|errand_complain)\(", text):
        yield arguments(text, call.end() - 1)[2 if call[1] == "log_begin" else 1]


def events_of_program():
    events, strangers = set(), []
    for file in sorted((ROOT / "daemon").rglob("*.c")):
        name = str(file.relative_to(ROOT))
        text = file.read_text()
        if name in ("daemon/util/log.c", "daemon/job/errand.c"):  # they get the event from others
            continue
        for event in event_arguments(text):
            place = NAMED_ELSEWHERE.get((name, event.split("(")[0]))
            if re.fullmatch(r'"\w+"', event):
                events.add(event.strip('"'))
            elif re.fullmatch(r"kind_\w+\.event", event):
                events |= set(re.findall(r'kind_\w+ = \{ "\w+", "(\w+)"', read("daemon/job/kinds.c")))
            elif place:
                pieces = re.findall(place, text + read("daemon/job/generate_decisions.c"), re.S | re.M)
                events |= set(re.findall(r'"(\w+)"', " ".join(pieces)))
            else:
                strangers.append(f"{name}: cannot tell which events {event} stands for")
    events |= set(re.findall(r"event=(\w+)", read("daemon/util/mem.c")))
    events |= set(re.findall(SKIPS[2], re.search(SKIPS[1], read(SKIPS[0]), re.S)[0]))
    return events, strangers


def events_of_page(page):
    found = set()
    for item in re.findall(r"^\.It Ic ([^\n]*?)(?: Pq .*)?$", section(page, "LOG"), re.M):
        found |= set(re.findall(r"\w+", item))
    return found


def events_of_readme():
    table = re.search(r"^\| event \|.*?(?=\n\n)", read("README.md"), re.S | re.M)[0]
    found = set()
    for first in re.findall(r"^\| (`[^|]*) \|", table, re.M):
        found |= set(re.findall(r"`(\w+)`", first))
    return found


def weights_of_program():
    """Of the jobs that take turns, by name."""
    weights = {}
    for file in (ROOT / "daemon/job").glob("*.c"):
        for job in re.findall(r"^const struct job job_\w+ = \{(.*?)\};", file.read_text(), re.S | re.M):
            if ".rank = JOB_IN_TURN" in job:
                name = re.search(r'\.name = "([^"]+)"', job)[1]
                weights[name] = int(re.search(r"\.weight = (\d+)", job)[1])
    return weights


def weights_of_page(page):
    rows = re.findall(r"^\.It Li ([\w ]+?) Ta (\d+) ", section(page, "TURNS"), re.M)
    return {name: int(weight) for name, weight in rows}


def compare(kind, wanted, place, found):
    missing = [f"{kind} {name} is not in {place}" for name in sorted(wanted - found, key=str)]
    return missing + [f"{kind} {name} is in {place} only" for name in sorted(found - wanted, key=str)]


def main():
    page = read("man/recurd.8")
    program, documented = options_of_program(), options_of_page(page)
    usage = set(re.findall(r"--([a-z][\w-]+)", re.search(r"void usage.*?^}", read("daemon/main.c"), re.S | re.M)[0]))
    problems = compare("option", set(program), "recurd(8)", set(documented))
    problems += compare("option", set(program), "recurd --help", usage)
    options_of_http = options_of_page(read("man/recurd-http.8"))
    problems += compare("option", set(options_of_program("daemon/web/main.c")), "recurd-http(8)", set(options_of_http))
    problems += [f"option {name}: -{program[name]} in main.c, -{documented[name]} in recurd(8)"
                 for name in program.keys() & documented.keys() if program[name] != documented[name]]
    in_page = {int(status) for status in re.findall(r"^\.It (\d+)$", section(page, "EXIT STATUS"), re.M)}
    problems += compare("exit status", statuses_of_program(), "recurd(8)", in_page)
    events, strangers = events_of_program()
    problems += strangers
    # recurd-http's, and what both have in common is told once.
    of_http = {event for event in events if event.startswith("http_")}
    problems += compare("event", of_http, "recurd-http(8)", events_of_page(read("man/recurd-http.8")))
    events -= of_http
    problems += compare("event", events, "recurd(8)", events_of_page(page))
    problems += compare("event", events, "README.md", events_of_readme())
    weights = weights_of_program()
    problems += compare("weight", set(weights.items()), "recurd(8)", set(weights_of_page(page).items()))
    if len(program) < 8 or len(events) < 25 or len(weights) < 8:
        problems.append(f"only {len(program)} options, {len(events)} events and {len(weights)} weights found: "
                        "the form of the code has changed")
    for problem in problems:
        print(f"daemon_page: {problem}", file=sys.stderr)
    if problems:
        sys.exit(1)
    print(f"daemon_page: ok, {len(program)} options, {len(events)} events, {len(weights)} weights")


main()
