#!/usr/bin/python3
"""conf_page: recurd.conf(5) tells of each option of daemon/conf/options.c, and of no other, with its
type, range, default, reloadability and environment variable as the table has them; and of each setting of
daemon/conf/settings.c, with its type, range and default, which a migration has a column for, and
ctl_settings_set.sql a line; and recurd-http.conf(5) of those of daemon/conf/web_options.c."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNITS = {"USEC": 1, "MSEC": 10**3, "SECOND": 10**6, "MINUTE": 60 * 10**6, "HOUR": 3600 * 10**6,
         "DAY": 86400 * 10**6}
NAMES = [(86400 * 10**6, "d"), (3600 * 10**6, "h"), (60 * 10**6, "min"), (10**6, "s"), (10**3, "ms"),
         (1, "us")]


def number(expression):
    result = 1
    for factor in expression.split("*"):
        factor = factor.strip()
        result *= UNITS[factor] if factor in UNITS else int(factor)
    return result


def duration(usec):
    if usec == 0:
        return "0"
    return next(f"{usec // size}{name}" for size, name in NAMES if usec % size == 0)


def expected_type(row, choices):
    kind = re.search(r"\.type = CONF_(\w+)", row)[1]
    if kind in ("INT", "DURATION", "PERCENT"):
        low, high = (number(re.search(rf"\.{bound} = ([^,}}]+)", row)[1]) for bound in ("min", "max"))
        if kind == "INT":
            return f"integer, {low} to {high}"
        if kind == "PERCENT":
            return f"percentage, {low}% to {high}%"
        zero = "0 or " if ".or_zero = true" in row else ""
        return f"duration, {zero}{duration(low)} to {duration(high)}"
    if kind == "CHOICE":
        words = choices[re.search(r"\.choices = (\w+)", row)[1]]
        return ", ".join(words[:-1]) + " or " + words[-1]
    return {"TEXT": "text", "CONNINFO": "connection", "IDENT": "identifier", "BOOL": "boolean"}[kind]


def table(name_of_table, prefix="RECURD_"):
    text = (ROOT / f"daemon/conf/{name_of_table}.c").read_text()
    choices = {name: re.findall(r'"(\w+)"', body)
               for name, body in re.findall(r"const (\w+)\[\] = \{([^}]*)\}", text)}
    body = text[text.index("_options[] = {"):text.index("_options_len =")]
    options = {}
    for row in re.split(r"(?=\{ FIELD\()", body)[1:]:
        name = re.match(r"\{ FIELD\((\w+)\)", row)[1]
        default = re.search(r'\.default_text = "([^"]*)"', row)
        second = re.search(r'\.environment = "(\w+)"', row)
        options[name] = {
            "Type": expected_type(row, choices),
            "Default": default[1] if default else "unset",
        }
        if name_of_table == "settings":
            continue
        options[name] |= {
            "Reloadable": "yes" if ".reloadable = true" in row else "no",
            "Environment": prefix + name.upper() + (f", then {second[1]}" if second else ""),
        }
    return options


def plain(lines):
    """The words of mdoc lines without their macros."""
    words = " ".join(re.sub(r"^\.(Ql|Ev|Li|Ic|Pa|Pq)\s+", "", line) for line in lines)
    return re.sub(r"\s+([.,])", r"\1", words)


def page(title, name="recurd.conf"):
    text = (ROOT / f"man/{name}.5").read_text()
    text = re.search(rf"^\.Sh {title}\n(.*?)(?=^\.Sh )", text, re.S | re.M)[1]
    options = {}
    text = re.sub(r"^\.S[hs] .*$", "", text, flags=re.M)
    for item in re.split(r"^\.It Ic ", text, flags=re.M)[1:]:
        name, *lines = item.split("\n")
        head = plain(lines[:lines.index(".Pp")])
        if name in options:
            sys.exit(f"conf_page: {name} is there twice")
        options[name] = dict(re.findall(r"(\w+): (.*?)\.(?= [A-Z]\w+:|$)", head))
    return options


def compare(in_table, in_page, what_it_is):
    problems = [f"{name} is {what_it_is} and not in recurd.conf(5)" for name in in_table.keys() - in_page.keys()]
    problems += [f"{name} is in recurd.conf(5) and not {what_it_is}" for name in in_page.keys() - in_table.keys()]
    for name in in_table.keys() & in_page.keys():
        for what, wanted in in_table[name].items():
            found = in_page[name].get(what, "")
            # The page may go on after the value: "unset, the host's name".
            if found != wanted and not found.startswith(wanted + ","):
                problems.append(f'{name}: {what} is "{wanted}" in the table, "{found}" in recurd.conf(5)')
    return problems


def settings_elsewhere(settings):
    """The columns, and the statement that sets them."""
    migrations = "".join(path.read_text() for path in (ROOT / "migrations").glob("*.up.sql"))
    statement = (ROOT / "daemon/sql/ctl/ctl_settings_set.sql").read_text()
    for name in settings:
        if not re.search(rf"add column {name} ", migrations):
            yield f"setting {name} has no column in a migration"
        if f"{name} = case when $1 = '{name}'" not in statement:
            yield f"setting {name} is not in ctl_settings_set.sql"


def main():
    in_table, settings = table("options"), table("settings")
    problems = compare(in_table, page("OPTIONS"), "an option")
    problems += compare(settings, page("SETTINGS OF THE DATABASE"), "a setting")
    problems += settings_elsewhere(settings)
    of_http = table("web_options", "RECURD_HTTP_")
    problems += compare(of_http, page("OPTIONS", "recurd-http.conf"), "an option of recurd-http")
    for problem in sorted(problems):
        print(f"conf_page: {problem}", file=sys.stderr)
    if len(in_table) < 18 or len(settings) < 6 or len(of_http) < 20:
        sys.exit(f"conf_page: only {len(in_table)} options and {len(settings)} settings found: the form has changed")
    if problems:
        sys.exit(1)
    print(f"conf_page: ok, {len(in_table)} options, {len(settings)} settings")


main()
