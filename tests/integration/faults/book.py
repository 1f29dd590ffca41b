"""What lines of the log say, and what does not hold."""

import re
from collections import defaultdict
from datetime import datetime

from harness.daemon import Event, parse_logfmt

NO_CAUSE = re.compile(r"(unknown( error)?|error|failed|failure|\(null\)|[\s.:;]*)", re.I)

FACTS = {
    "generated": ("template", "task", "occurrence"), "reminder": ("task", "user", "remind_at"),
    "repeated": ("repeat_of", "task", "due"),
}


class LogBook:
    """What the lines of the log say, by key."""

    def __init__(self):
        self.seen = {}
        self.repeats = 0
        self.wrong = Wrong()

    def read(self, daemon, forget=False):
        """Takes over a daemon's lines; forget: it need not keep them."""
        count = len(daemon.events)
        for line in daemon.events[:count]:
            self._take(line)
        self.wrong.add("no log line", list(daemon.noise), f"{daemon.noise[:3]}")
        if forget:
            del daemon.events[:count]

    def read_syslog(self, receiver):
        """The lines that came to /dev/log."""
        receiver.drain()
        for _, priority, _, _, text in receiver.lines():
            try:
                self._take(Event(parse_logfmt(text), priority, text))
            except ValueError:
                self.wrong.add("no log line", True, text)

    def _take(self, line):
        if line["event"] in FACTS:
            facts = (line["event"], *(line[name] for name in FACTS[line["event"]]))
            self.repeats += line["key"] in self.seen
            self.wrong.add("changed by a repeat", self.seen.setdefault(line["key"], facts) != facts, line.raw)
        if line.priority <= 3:
            self.wrong.add("without a cause", NO_CAUSE.fullmatch(line.get("msg") or line.get("reason") or ""), line.raw)

    def compare(self, told, wrong, travellers=()):
        for key, (sure, task, template, at) in told.items():
            wrong.add("without a line", sure and key not in self.seen, f"{key}: {task} {at}")
            if key in self.seen:
                event, *facts = self.seen[key]
                found = (event, facts[0 if event == "reminder" else 1], datetime.fromisoformat(facts[2]))
                what = ("generated" if template else event, task, at)
                same = found == what and event != ("reminder" if template else "generated")
                same = same and (event != "generated" or facts[0] == template)
                wrong.add("told otherwise", not same, f"{key}: {self.seen[key]}, not {what}")
        for key in self.seen.keys() - told.keys():
            # A batch that was rolled back may have told of what then moved, or was passed over by what the application set.
            may_be = self.seen[key][0] == "generated" and self.seen[key][1] in travellers
            wrong.add("line about nothing", not may_be, f"{key}: {self.seen[key]}")


class Wrong:
    """What does not hold, by kind, with examples."""

    def __init__(self):
        self.counts = defaultdict(int)
        self.examples = defaultdict(list)

    def add(self, kind, holds, example):
        """holds: whether (or of how many things) it is true."""
        if holds:
            self.counts[kind] += len(holds) if isinstance(holds, list) else 1
            if len(self.examples[kind]) < 3:
                self.examples[kind].append(example)

    def include(self, other):
        for kind, count in other.counts.items():
            self.counts[kind] += count
            self.examples[kind] += other.examples[kind]

    def report(self):
        if self.counts:
            lines = [f"{n} {kind}, as " + "; ".join(map(str, self.examples[kind])) for kind, n in self.counts.items()]
            raise Disagreement("\n".join(lines), dict(self.counts))


class Disagreement(AssertionError):
    """The oracle's: counts by kind in .counts."""

    def __init__(self, text, counts):
        super().__init__(text)
        self.counts = counts
