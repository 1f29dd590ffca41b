"""Long downtimes, hostile rows, and a whole year."""

import json
import random
from datetime import datetime, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from faults.oracle import Oracle
from faults.storm import OPTIONS, begin
from harness.util import SLOWNESS, wait_until
from recurrence.oracle import Rule, to_instant
from recurrence.rules import in_some_form, random_rule

UTC = timezone.utc
ON_TIME_MS = 2000 * SLOWNESS


def test_thirty_days_without_a_worker(app_db, recurd, tally):
    """Fault 24: nobody worked for thirty days; then all is caught up in bounded batches, by turns.

    An hourly template missed 720 occurrences, of which the newest hundred are made; what is dropped is on
    record to the last one.  Reminders have the larger share of the time, and one that comes due meanwhile does not wait for the end.
    """
    began = app_db.now()
    app_db.go_live(began - timedelta(days=31))
    oracle = Oracle(app_db)
    month = timedelta(days=-30, minutes=-1)
    oracle.add_templates(20, month, {"frequency": "hourly"}, prefix="hourly", users=5)
    oracle.add_templates(40, month, {"frequency": "daily", "timeZone": "Europe/Berlin"}, prefix="daily", users=5)
    oracle.add_templates(40, month, {"frequency": "weekly", "days": ["mon", "fri"]}, prefix="weekly", users=5)
    for template in (t for name, t in oracle.templates.items() if name.startswith("hourly")):
        template.newest = (100, began)
    oracle.add_reminders(500)
    daemon = recurd(app_db, ready=False, log_level="debug", batch_size=100, **OPTIONS)
    wait_until(lambda: app_db.value("select count(*) from tasks where occurrence_at is not null") > 200, what="catch-up")
    late = oracle.add_task(timedelta(0))
    took = oracle.settle(60)
    daemon.stop()
    tally(injected=1, recovery=took, **oracle.check([daemon]))
    rows = [int(line["rows"]) for line in daemon.seen("batch")]
    assert max(rows) <= 100, "batches are bounded"
    order = app_db.column("select kind from recurd.notifications where task_id <> %s order by id", (late,))
    reminded = max(n for n, kind in enumerate(order) if kind == "reminder")
    assert reminded < 1500 < len(order) / 2, "reminders wait for no more than their turns"
    assert int(next(line for line in daemon.seen("reminder", task=late))["late_ms"]) < ON_TIME_MS
    dropped = app_db.rows("select template_id, sum(occurrences) n from recurd.decisions where kind = 'dropped' group by 1")
    missed = len(oracle.templates["hourly-1"].occurrences(app_db.now()))
    assert [(row["template_id"][:6], row["n"]) for row in dropped] == [("hourly", missed - 100)] * 20


LINE_BREAKS = "two\nlines\r<6>event=generated key=forged\x1b[2J\u2028\u0085"
NASTY_USER = "O'Brien \"; drop table tasks; --\n<6>event=reminder key=forged"


def late_ms(daemon, event, ids):
    """The most that any of these rows was late; every one has a line."""
    name = {"reminder": "task", "generated": "template"}[event]
    late = {line[name]: int(line["late_ms"]) for line in daemon.seen(event) if line[name] in ids}
    assert late.keys() == set(ids)
    return max(late.values())


def test_hostile_rows_do_not_hold_up_their_neighbours(app_db, recurd, tally):
    """Fault 25: rules of 10 MB, a flood of per-minute rules, titles and ids that would forge lines of the log.

    While they are worked through, reminders are on time, within two seconds without sanitizers.  Other templates wait for no
    more than what catch_up_limit leaves of the flood: 8,000 rows here.
    """
    oracle = begin(app_db)
    nasty = app_db.add_user(NASTY_USER)
    huge = [
        json.dumps({"frequency": "daily", "x": "y" * 10_000_000}),
        json.dumps({"frequency": "weekly", "days": ["mon"] * 1_500_000}),
        "[" * 5000 + "]" * 5000,
    ]
    poisoned = [app_db.add_template(timedelta(seconds=-1), rule, user=nasty) for rule in huge]
    minutely = {"rrule": "FREQ=MINUTELY"}
    started = app_db.now()
    # The next of each is most of a minute away: the catch-up is the same whenever it begins.
    oracle.add_templates(80, started - timedelta(hours=30, seconds=5), minutely, prefix="flood", users=1)
    for template in oracle.templates.values():
        template.newest = (100, started)
    titles = {
        oracle.add_template(timedelta(minutes=-1), {"frequency": "daily"}, title=title, user=nasty, id=row_id): title
        for row_id, title in (("a\nb", LINE_BREAKS), ("'; --", "\u00fc" * 200), ('"', "\U0001f4a3" * 200), ("\u202e%s%n", ""))
    }
    oracle.add_task(timedelta(seconds=-1), id="task\n<6>event=reminder key=forged", user=nasty, title=LINE_BREAKS)
    # Past the flood in the queue, before its end in time.
    soon = [oracle.add_template(timedelta(milliseconds=300 * n), {"frequency": "daily"}) for n in range(1, 9)]
    tasks = [oracle.add_task(timedelta(milliseconds=300 * n)) for n in range(1, 9)]
    daemon = recurd(app_db, batch_size=200, log_level="debug", **OPTIONS)  # the level at which most is told
    wait_until(lambda: len(app_db.notifications("reminder")) == 9, what="the reminders are told")
    took = oracle.settle(60)
    while True:  # the flood goes on every minute; compare at an instant at which nothing is due
        oracle.settle(60)
        app_db.freeze(app_db.now())
        if oracle.is_settled():
            break
        app_db.time_travel(timedelta(0))
    daemon.stop()
    reasons = app_db.rows("select id, failure from recurring_tasks where failed_at is not null")
    assert sorted(row["id"] for row in reasons) == sorted(poisoned) and all(row["failure"] for row in reasons)
    app_db.execute("delete from recurring_tasks where failed_at is not null")
    tally(injected=len(huge) + 80 + 5, recovery=took, **oracle.check([daemon]))
    assert late_ms(daemon, "reminder", tasks) < ON_TIME_MS
    assert late_ms(daemon, "generated", soon) < 5 * ON_TIME_MS
    for row_id, title in titles.items():
        assert app_db.column("select title from tasks where recurring_task_id = %s", (row_id,)) == [title]
    assert all(line.raw.isprintable() for line in daemon.events), "nothing that a terminal would obey"
    assert not [line for line in daemon.events if line.get("key") == "forged"]


# A year --------------------------------------------------------------------------------------------

YEAR = (datetime(2024, 1, 15, 8, tzinfo=UTC), datetime(2025, 1, 20, 8, tzinfo=UTC))  # with a 29 February


def year_of_rules(chance, count):
    """Rules of all kinds whose occurrences lie an hour apart and that have at least two in the year."""
    while count:
        parts, start, zone = random_rule(chance)
        start = start.replace(year=2024, month=1, day=chance.randrange(1, 15))
        parts.pop("COUNT", None)
        walls = list(islice(Rule(dict(parts), start).walls(start, YEAR[1].replace(tzinfo=None)), 3001))
        gaps = [b - a for a, b in zip(walls, walls[1:])]
        if len(walls) < 9 or len(walls) > 3000 or min(gaps) < timedelta(hours=3):
            continue
        count -= 1
        yield in_some_form(parts, chance) | {"timeZone": zone}, parts, start, zone


@pytest.mark.parametrize("seed", [31])
def test_a_year_of_rules_and_reminders(app_db, recurd, tally, seed):
    """Fault 31: a year passes in leaps of hours to weeks, with mixed rules in thirteen zones and with reminders.

    Every row is compared with the oracle: which occurrence, which id, due when, of whom, with what title.
    """
    chance = random.Random(seed)
    app_db.freeze(YEAR[0])
    app_db.go_live()
    oracle = Oracle(app_db)
    for rule, parts, start, zone in year_of_rules(chance, 40):
        walls = Rule(dict(parts), start).walls(start, start + timedelta(days=366))
        due = next(at for at in (to_instant(wall, ZoneInfo(zone)).replace(tzinfo=UTC) for wall in walls) if at > YEAR[0])
        oracle.add_template(due, rule, title=f"Of {zone}")
    for n in range(200):
        oracle.add_task(YEAR[0] + timedelta(seconds=chance.randrange(366 * 86400)), title=f"Number {n}")
    daemons = [recurd(app_db, catch_up_limit=1000, **{**OPTIONS, "poll_interval": "20ms"}) for _ in range(2)]
    now, leaps, slowest = YEAR[0], 0, 0.0
    while now < YEAR[1]:
        now += timedelta(hours=chance.choice((5, 30, 24 * 7, 24 * 13)), seconds=chance.randrange(86400))
        app_db.freeze(now)
        slowest = max(slowest, oracle.settle(20))
        leaps += 1
    for daemon in daemons:
        daemon.stop()
    tally(injected=leaps, recovery=slowest, **oracle.check(daemons))
    wrong = app_db.rows(
        "select k.id from tasks k join recurring_tasks t on t.id = k.recurring_task_id where k.due_date <> k.occurrence_at"
        " or k.title <> t.title or k.user_id <> t.user_id or k.priority <> t.priority or k.is_complete"
    )
    assert wrong == [] and app_db.value("select count(*) from tasks where occurrence_at is not null") > 1000
