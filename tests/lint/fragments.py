#!/usr/bin/python3
"""Fragments of pages (daemon/web/fragments): a value may stand in text and in double-quoted attributes, and nowhere
else; in an address only percent-encoded, behind a beginning that is ours.

    fragments.py [TOP]

What else no fragment has: style, scripts of its own, handlers, absolute addresses.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

MARK = re.compile(r"\{([%?/]?)([a-z_]{1,32})\}")
ADDRESSES = {"href", "src", "action", "formaction"}
# Made of percent-encoded pieces by their callers.
QUERIES = {"keep"}


class Reader(HTMLParser):
    def __init__(self, name):
        super().__init__(convert_charrefs=False)
        self.name, self.problems, self.inside = name, [], None

    def wrong(self, text):
        self.problems.append(f"{self.name}:{self.getpos()[0]}: {text}")

    def handle_starttag(self, tag, attributes):
        raw = self.get_starttag_text()
        outside = re.sub(r'"[^"]*"', '""', raw)
        for sort, name in MARK.findall(outside):
            if sort not in ("?", "/"):
                self.wrong(f"{{{name}}} in <{tag}> stands outside of a quoted attribute")
        if "'" in outside:
            self.wrong("attributes are quoted with \"")
        for name, value in attributes:
            self.attribute(tag, name, value or "")
        if tag == "style" or tag == "script" and not dict(attributes).get("src"):
            self.wrong(f"<{tag}> of its own")
        self.inside = tag

    def attribute(self, tag, name, value):
        if name == "style" or name.startswith("on"):
            self.wrong(f"{name}= in <{tag}>")
        if name not in ADDRESSES:
            return
        for sort, mark in MARK.findall(value):
            if not sort and mark not in QUERIES:
                self.wrong(f"{{{mark}}} in {name}= is to be {{%{mark}}}")
        if re.match(r"/|[a-z]+:", value):
            self.wrong(f'{name}="{value}" is absolute')

    def handle_data(self, data):
        if self.inside in ("script", "style") and MARK.search(data):
            self.wrong("a value in a script or a style")

    def handle_endtag(self, tag):
        self.inside = None

    def handle_comment(self, data):
        if MARK.search(data):
            self.wrong("a value in a comment")


def check(path):
    text = path.read_text()
    reader = Reader(path)
    reader.feed(text)
    reader.close()
    opened = []
    for sort, name in MARK.findall(text):
        if sort == "?":
            opened.append(name)
        elif sort == "/" and (not opened or opened.pop() != name):
            yield f"{path}: {{/{name}}} closes what is not open"
    if opened:
        yield f"{path}: {{?{opened[-1]}}} is not closed"
    yield from reader.problems


def main():
    top = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    paths = sorted((top / "daemon/web/fragments").glob("*.html"))
    problems = [problem for path in paths for problem in check(path)]
    if not paths:
        problems.append(f"no fragment below {top}")
    print("\n".join(problems) or f"{len(paths)} fragments escape what they are given")
    sys.exit(1 if problems else 0)


main()
