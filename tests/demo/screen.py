"""What is seen: one line an event, for people.  Without a terminal the same, without colour."""

import os
import shutil
import sys
import textwrap

COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
WIDTH_MAX = 100
TITLE_WIDTH = 22


class Screen:
    def __init__(self, raw=False):
        self.raw = raw
        terminal = sys.stdout.isatty()
        # https://no-color.org: set and not empty.
        self.colours = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        columns = shutil.get_terminal_size((80, 24)).columns
        self.width = max(20, min(columns, WIDTH_MAX))
        sys.stdout.reconfigure(errors="replace", line_buffering=True)

    def paint(self, text, *colours):
        if not self.colours or not text:
            return text
        return "".join(f"\033[{COLOURS[colour]}m" for colour in colours) + text + "\033[0m"

    def say(self, text="", *colours):
        """A paragraph, wrapped."""
        for line in textwrap.wrap(text, self.width) or [""]:
            print(self.paint(line, *colours))

    def act(self, number, title, text):
        print()
        self.say(f"{number}. {title}", "bold", "cyan")
        self.say(text, "dim")

    def line(self, clock, verb, colour, title, note=""):
        """One event, on one line; a note that does not fit stands below."""
        head = f"{clock:%H:%M:%S}  {verb:<8}"
        room = self.width - len(head) - 1
        title = cut(title, room)
        line = f"{head[:10]}{self.paint(head[10:], colour)} {title}"
        if note and len(note) <= room - max(len(title), TITLE_WIDTH) - 1:
            line += " " * (TITLE_WIDTH - len(title)) + " " + self.paint(note, "dim")
            note = ""
        print(line.rstrip())
        indent = " " * min(len(head) + 1, self.width // 3)
        for text in textwrap.wrap(note, self.width, initial_indent=indent, subsequent_indent=indent):
            print(self.paint(text, "dim"))

    def table(self, rows):
        names = max(len(name) for name, *_ in rows)
        values = max(len(value) for _, value, _ in rows)
        for name, value, note in rows:
            line = f"  {name:<{names}}  {value:>{values}}"
            print(f"{line}   {self.paint(cut(note, self.width - len(line) - 3), 'dim')}".rstrip())


def cut(text, width):
    if len(text) <= width:
        return text
    return text[:width - 1] + "…" if width > 4 else ""


def span(seconds):
    """How late, as people say it."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 90:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
