"""Collected figures: medians over the rounds, as one table for people and as JSON for comparisons of commits."""

import json
import statistics
import subprocess

from harness.util import SOURCE


class Results:
    def __init__(self):
        self._runs = {}  # measure -> subject -> figure -> values in the order of the rounds

    def add(self, measure, subject, figures):
        of = self._runs.setdefault(measure, {}).setdefault(subject, {})
        for name, value in figures.items():
            of.setdefault(name, []).append(value)

    def medians(self, measure):
        return {
            subject: {name: statistics.median(values) for name, values in figures.items()}
            for subject, figures in self._runs[measure].items()
        }

    def ratios(self, measure):
        """Against the measure's first subject, round by round, so that what slows the machine cancels out."""
        subjects = self._runs[measure]
        base = next(iter(subjects.values())).get("rows_per_s")
        if not base:
            return {}
        return {
            subject: statistics.median(a / b for a, b in zip(figures["rows_per_s"], base))
            for subject, figures in subjects.items()
        }

    def table(self):
        lines = []
        for measure in self._runs:
            ratios = self.ratios(measure)
            rows = [
                {"": subject, **{name: _shown(value) for name, value in figures.items()},
                 **({"ratio": f"{ratios[subject]:.2f}"} if ratios else {})}
                for subject, figures in self.medians(measure).items()
            ]
            lines += ["", measure, *_aligned(rows)]
        return "\n".join(lines)

    def json(self, conditions):
        measures = {
            measure: {
                subject: {"median": figures, "runs": self._runs[measure][subject], "ratio": self.ratios(measure).get(subject)}
                for subject, figures in self.medians(measure).items()
            }
            for measure in self._runs
        }
        return json.dumps({"conditions": conditions, "measures": measures}, indent=1)


def _shown(value):
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def _aligned(rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    widths = [max(len(name), *(len(row.get(name, "")) for row in rows)) for name in names]
    for cells in [{name: name for name in names}, *rows]:
        first, *rest = (cells.get(name, "") for name in names)
        yield "  " + first.ljust(widths[0]) + "".join("  " + cell.rjust(width) for cell, width in zip(rest, widths[1:]))


def commit():
    done = subprocess.run(["git", "-C", SOURCE, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"
