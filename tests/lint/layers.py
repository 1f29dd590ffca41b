#!/usr/bin/python3
"""Folders are layers: who may include whom, and how long a function or a file may grow.

    layers.py [TOP]

A layer that looks upwards, a library's header outside the layers that wrap it, what is not pure in a pure
layer, a function of more than 80 lines or a file of more than 500 is an error.
"""

import re
import sys
from pathlib import Path

FUNCTION_LINES_MAX = 80
FILE_LINES_MAX = 500

MAY_INCLUDE = {
    "util": {"util"},
    "conf": {"conf", "util"},
    "db": {"db", "conf", "util"},
    "recur": {"recur", "util"},
    "plan": {"plan", "recur", "db", "conf", "util"},
    "look": {"look", "plan", "recur", "db", "conf", "util"},
    "ctl": {"ctl", "look", "plan", "recur", "db", "conf", "util"},
    "job": {"job", "plan", "recur", "db", "conf", "util"},
    "http": {"http", "util"},
    "web": {"web", "http", "look", "plan", "recur", "db", "conf", "util"},
    "svc": {"svc", "http", "job", "plan", "recur", "db", "conf", "util"},
    "main": {"svc", "job", "plan", "recur", "db", "conf", "util"},
}
# Libraries, and the layers that know them.
LIBRARIES = {
    r"libical/|ical\.h$": {"recur"},
    r"libpq-fe\.h$|postgres": {"conf", "db", "plan", "job", "svc", "ctl", "look", "web"},
    r"ev\.h$": {"db", "http", "job", "svc", "web", "main"},
    r"jansson\.h$": {"recur", "ctl", "web"},
    r"confuse\.h$": {"conf"},
    r"microhttpd\.h$": {"http", "svc", "web"},
    r"curl/": set(),
    r"rhonabwy\.h$": {"web"},
}

# What the pure layers do without: clock, log and database.  Some files of plan read rows for it.
IMPURE = re.compile(r"libpq-fe\.h$|^db/|^util/(clock|log)\.h$|^time\.h$")
PURE = {"recur", "plan"}
READS_ROWS = {"template_row.c", "template_row.h", "calendars_row.c", "calendars_row.h", "account_row.c", "account_row.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)[">]')


def layer_of(path):
    """daemon/job/x.c and include/job/x.h are of layer job; daemon/main.c is main."""
    return path.parts[1] if len(path.parts) > 2 else "main"


def check_includes(path, lines):
    layer = layer_of(path)
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        kind, name = match.groups()
        target = name.split("/")[0]
        if kind == '"' and target in MAY_INCLUDE and target not in MAY_INCLUDE[layer]:
            yield f"{path}:{number}: layer {layer} must not include {name}"
        if layer in PURE and path.name not in READS_ROWS and IMPURE.search(name):
            yield f"{path}:{number}: layer {layer} is pure and must not include {name}"
        for pattern, layers in LIBRARIES.items():
            if kind == "<" and re.search(pattern, name) and layer not in layers:
                yield f"{path}:{number}: layer {layer} must not use <{name}>, only {', '.join(sorted(layers))}"


def check_lengths(path, lines):
    if len(lines) > FILE_LINES_MAX:
        yield f"{path}: {len(lines)} lines, at most {FILE_LINES_MAX}"
    if path.suffix != ".c":
        return
    start = None
    for number, line in enumerate(lines, 1):
        # clang-format puts a function's braces into the first column, and no others.
        if line.rstrip() == "{":
            start = number
        elif line.rstrip() == "}" and start:
            if number - start - 1 > FUNCTION_LINES_MAX:
                yield f"{path}:{start}: function of {number - start - 1} lines, at most {FUNCTION_LINES_MAX}"
            start = None


def main():
    top = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    problems, seen = [], 0
    for folder in ("daemon", "include"):
        for path in sorted((top / folder).rglob("*.[ch]")):
            seen += 1
            name = path.relative_to(top)
            lines = path.read_text().splitlines()
            problems += check_includes(name, lines)
            problems += check_lengths(name, lines)
    for path in sorted((top / "tests").rglob("*")):
        if path.suffix in (".c", ".h", ".py"):
            problems += check_lengths(path.relative_to(top), path.read_text().splitlines())
    if not seen:
        problems.append(f"no source below {top}")
    print("\n".join(problems) or f"{seen} files in their layers")
    sys.exit(1 if problems else 0)


main()
