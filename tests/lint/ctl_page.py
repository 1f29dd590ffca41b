#!/usr/bin/python3
"""ctl_page: recurctl(1) has each command and each option that recurctl --help has, and no other."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECURCTL = ROOT / os.environ.get("RECURD_BUILD", "build") / "recurctl"


def help_of(*command):
    return subprocess.run([RECURCTL, *command, "--help"], capture_output=True, text=True, check=True).stdout


def options(text):
    """{"--number": ("-n", "N")}: each with its letter and its argument, None where it has none."""
    found = {}
    for letter, name, argument in re.findall(r"^  (-\w,|   ) (--[\w-]+)(?: ([A-Z]+))?(?= )", text, flags=re.M):
        found[name] = (letter.strip(" ,") or None, argument.lower() or None)
    return found


def section(text, title):
    return re.split(r"^\.S[sh] ", text[text.index(title):], flags=re.M)[1]


def page_options(text):
    found = {}
    for line in re.findall(r"^\.It (Fl .*)$", text, flags=re.M):
        match = re.fullmatch(r"(?:Fl (\w) , )?Fl -([\w-]+)(?: Ar (\w+))?", line)
        if not match:
            sys.exit(f"ctl_page: cannot read .It {line}")
        letter, name, argument = match.groups()
        found["--" + name] = ("-" + letter if letter else None, argument)
    return found


def compare(where, program, page):
    problems = [f"{where}: {name} is not in recurctl(1)" for name in program.keys() - page.keys()]
    problems += [f"{where}: recurctl(1) has {name}, the program has not" for name in page.keys() - program.keys()]
    problems += [f"{where}: {name} is {program[name]} in the program, {page[name]} in recurctl(1)"
                 for name in program.keys() & page.keys() if program[name] != page[name]]
    return problems


def main():
    if not RECURCTL.exists():
        print(f"ctl_page: {RECURCTL} is not built")
        sys.exit(77)
    text = (ROOT / "man/recurctl.1").read_text()
    top = help_of()
    global_options = options(top[top.index("\noptions:"):])
    problems = compare("global options", global_options, page_options(section(text, ".Sh DESCRIPTION")))
    commands = re.findall(r"^  (\S+) ", top[top.index("commands:"):top.index("\noptions:")], flags=re.M)
    in_page = re.findall(r"^\.Ss (\w+)", section_of_commands(text), flags=re.M)
    for name in set(commands) ^ set(in_page):
        problems.append(f"command {name} is only in {'the program' if name in commands else 'recurctl(1)'}")
    for name in set(commands) & set(in_page):
        usage, body = help_of(name).split("\n", 1)
        own = options(body[:body.index("\nglobal options:")] + "\n")
        title = ".Ss " + usage.removeprefix("usage: recurctl ").replace(" [options]", "") + "\n"
        if title not in text:
            problems.append(f"{name}: recurctl(1) has no \"{title.strip()}\"")
            continue
        problems += compare(name, own, page_options(section(text, title)))
    for problem in sorted(problems):
        print(f"ctl_page: {problem}", file=sys.stderr)
    if len(commands) < 5 or len(global_options) != 5:
        sys.exit("ctl_page: cannot read the help of recurctl: its form has changed")
    if problems:
        sys.exit(1)
    print(f"ctl_page: ok, {len(commands)} commands")


def section_of_commands(text):
    return text[text.index(".Sh COMMANDS"):text.index(".Sh OUTPUT")]


main()
