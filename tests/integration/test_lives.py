"""Lives of templates: the less plain cases of "the anchor follows the application" (the plain: test_anchors.py).

Every test is the life of one template.  `life.visit(instant)` stops the business clock there and lets a
worker do what is due; between visits there is no worker, so that each test says who came when.
2025-01-06 is a Monday; instants without an offset are UTC.
"""

import json
from datetime import datetime, timedelta, timezone

import pytest

from harness.daemon import once
from harness.util import wait_until

UTC = timezone.utc

DAILY = {"frequency": "daily"}
WEEKLY = {"frequency": "weekly"}
MON_FRI = {"frequency": "weekly", "days": ["mon", "fri"]}


def instant(text):
    """From "01-06 10:00", of the year 2025 unless it says another."""
    if not text.startswith("20"):
        text = "2025-" + text
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def short(when):
    text = when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    text = text.removesuffix(".000000").removesuffix(":00")
    return text.removeprefix("2025-")


class Life:
    """One template, what the application does with it, and what has become of it."""

    def __init__(self, db):
        self.db = db
        self.id = None
        self.seen = set()

    # The application ---------------------------------------------------------------------------------

    def at(self, text):
        self.db.freeze(instant(text))

    def insert(self, due, rule, **columns):
        self.id = self.db.add_template(instant(due), rule, **columns)

    def save(self, at=None, **columns):
        """UPDATE of some columns, as a form does."""
        if at:
            self.at(at)
        for key, value in columns.items():
            if isinstance(value, dict):
                columns[key] = json.dumps(value)
            elif key == "next_due_at" and isinstance(value, str) and value[0].isdigit():
                columns[key] = instant(value)
        sets = ", ".join(f"{name} = %s" for name in columns)
        self.db.execute(f"update recurring_tasks set {sets} where id = %s", [*columns.values(), self.id])

    APPLICATION = "title, description, priority, recurrence_rule, next_due_at, is_active, updated_at"

    def load(self):
        """The whole row as an ORM of the application knows it."""
        return self.db.row(f"select {self.APPLICATION} from recurring_tasks where id = %s", (self.id,))

    def save_whole(self, row, at=None, **changes):
        self.save(at, **{**row, **changes})

    # The worker --------------------------------------------------------------------------------------

    def visit(self, at):
        self.at(at)
        return once(self.db)

    # What is there -----------------------------------------------------------------------------------

    def row(self):
        return self.db.row("select * from recurring_tasks where id = %s", (self.id,))

    def new(self):
        """Due dates of the instances that came since the last such question, in order."""
        rows = self.db.rows("select id, due_date, occurrence_at from tasks where recurring_task_id = %s order by 2", (self.id,))
        fresh = [row for row in rows if row["id"] not in self.seen]
        self.seen.update(row["id"] for row in fresh)
        assert all(row["due_date"] == row["occurrence_at"] for row in fresh)
        return [short(row["due_date"]) for row in fresh]

    def next(self):
        row = self.row()
        assert row["failed_at"] is None, row["failure"]
        return short(row["next_due_at"]) if row["is_active"] else "ended " + short(row["next_due_at"])


@pytest.fixture(scope="module")
def lived_in(cluster):
    """One database for all lives, where the first start lies before everything that follows."""
    database = cluster.create_migrated()
    Life(database).visit("01-01 00:00")
    yield database
    database.drop()


@pytest.fixture
def life(lived_in):
    lived_in.execute("truncate recurring_tasks, tasks, tags, recurd.decisions, recurd.notifications cascade")
    return Life(lived_in)


# Edits of the rule -----------------------------------------------------------------------------------


def test_an_edit_while_paused_counts_when_it_is_resumed(life):
    life.insert("01-06 10:00", WEEKLY)
    life.visit("01-06 10:00")
    life.save("01-07 00:00", is_active=False)
    life.save("01-08 00:00", recurrence_rule=DAILY)
    life.visit("01-12 00:00")
    life.save("01-14 00:00", is_active=True)
    life.visit("01-14 10:00")
    assert life.new() == ["01-06 10:00", "01-14 10:00"] and life.next() == "01-15 10:00"


def test_a_title_edited_is_no_edit_of_the_rule(life):
    life.insert("01-06 10:00", WEEKLY)
    life.visit("01-06 10:00")
    life.save("01-08 00:00", title="Other", recurrence_rule=WEEKLY)
    assert life.row()["replan_at"] is None
    life.visit("01-13 10:00")
    assert life.db.value("select title from tasks where occurrence_at = %s", (instant("01-13 10:00"),)) == "Other"


# next_due_at moved -----------------------------------------------------------------------------------


def test_moved_off_the_set_it_is_made_and_becomes_the_anchor(life):
    """Half past one in Berlin from now on, also after the clocks have changed."""
    life.insert("01-06 08:00", {**DAILY, "timeZone": "Europe/Berlin"})
    life.visit("01-06 08:00")
    life.save("01-06 09:00", next_due_at="01-07 12:30")
    life.visit("01-08 12:30")
    assert life.new() == ["01-06 08:00", "01-07 12:30", "01-08 12:30"]
    assert life.row()["starts_local"] == datetime(2025, 1, 7, 13, 30)
    life.save("01-08 13:00", next_due_at="03-29 12:30")
    life.visit("03-30 11:30")
    assert life.new() == ["03-29 12:30", "03-30 11:30"] and life.next() == "03-31 11:30"


def test_moved_between_the_rules_days_the_instant_is_made_as_it_stands(life):
    """Mondays and Fridays; the next one is moved to Wednesday, once."""
    life.insert("01-06 10:00", MON_FRI)
    life.visit("01-06 10:00")
    life.save("01-06 11:00", next_due_at="01-08 10:00")
    life.visit("01-13 10:00")
    assert life.new() == ["01-06 10:00", "01-08 10:00", "01-10 10:00", "01-13 10:00"]


def test_moved_after_an_edit_but_before_a_worker_came(life):
    """Two forms, one after the other: first the rule, then the instant.  The instant stands, now and after more edits."""
    life.insert("01-06 10:00", WEEKLY)
    life.visit("01-06 10:00")
    life.save("01-07 00:00", recurrence_rule=DAILY)
    life.save("01-07 00:01", next_due_at="01-21 15:00")
    life.visit("01-07 00:02")
    assert life.next() == "01-21 15:00"
    life.save("01-08 00:00", recurrence_rule=MON_FRI)
    life.visit("01-08 00:00")
    assert life.next() == "01-21 15:00"
    life.visit("01-21 15:00")
    assert life.new() == ["01-06 10:00", "01-21 15:00"] and life.next() == "01-24 15:00"


# Saves of whole rows ---------------------------------------------------------------------------------


def test_a_stale_row_with_an_edited_rule_is_an_edit(life):
    """The form was opened before Monday's task, and on Thursday it saves a new rule with Monday's instant."""
    life.insert("01-06 10:00", WEEKLY)
    stale = life.load()
    life.visit("01-06 10:00")
    life.save_whole(stale, "01-09 12:00", recurrence_rule=DAILY)
    life.visit("01-09 12:00")
    assert life.new() == ["01-06 10:00"] and life.next() == "01-10 10:00"


def test_a_stale_instant_after_an_edit_brings_up_nothing_from_before_it(life):
    """The same form is saved once more: the days between Monday and the edit never were due."""
    life.insert("01-06 10:00", WEEKLY)
    stale = life.load()
    life.visit("01-06 10:00")
    life.save_whole(stale, "01-09 12:00", recurrence_rule=DAILY)
    life.visit("01-09 12:00")
    life.save_whole(stale, "01-09 13:00", recurrence_rule=DAILY, title="And another title")
    life.visit("01-09 13:00")
    assert life.new() == ["01-06 10:00"] and life.next() == "01-10 10:00"


# Pauses ----------------------------------------------------------------------------------------------


def test_resumed_and_paused_again_by_mistake_it_is_one_pause(life):
    life.insert("01-06 10:00", DAILY)
    life.visit("01-06 10:00")
    life.save("01-06 12:00", is_active=False)
    life.save("01-20 12:00", is_active=True)
    life.save("01-20 12:00:01", is_active=False)
    life.save("01-27 12:00", is_active=True)
    life.visit("01-28 10:00")
    assert life.new() == ["01-06 10:00", "01-28 10:00"]


# Quarantine ------------------------------------------------------------------------------------------


def test_an_instant_out_of_range_is_quarantined_until_it_is_moved(life):
    life.insert("01-06 10:00", DAILY)
    life.save(next_due_at="-infinity")
    life.visit("01-06 10:00")
    assert "next_due_at" in life.db.value("select failure from recurring_tasks where id = %s", (life.id,))
    life.save("01-06 11:00", next_due_at="01-07 10:00")
    life.visit("01-07 10:00")
    assert life.new() == ["01-07 10:00"] and life.next() == "01-08 10:00"


# Ends ------------------------------------------------------------------------------------------------


def test_the_end_comes_with_the_last_occurrence_and_an_extension_goes_on_after_the_edit(life):
    life.insert("01-06 10:00", {**DAILY, "end_date": "2025-01-08T23:59:59Z"})
    life.visit("01-07 10:00")
    assert life.next() == "01-08 10:00"
    life.visit("01-08 10:00")
    row = life.row()
    assert life.next() == "ended 01-08 10:00" and row["ended_at"] == instant("01-08 10:00")
    assert (row["paused_at"], row["resumed_at"]) == (None, None)
    life.visit("01-15 00:00")
    assert life.new() == ["01-06 10:00", "01-07 10:00", "01-08 10:00"]
    life.save("01-20 12:00", recurrence_rule=DAILY)
    life.visit("01-20 12:00")
    row = life.row()
    assert life.new() == [] and life.next() == "01-21 10:00" and row["ended_at"] is None
    assert (row["paused_at"], row["resumed_at"]) == (None, None)
    life.visit("01-21 10:00")
    assert life.new() == ["01-21 10:00"]
    assert life.db.column("select kind from recurd.decisions where template_id = %s order by id", (life.id,)) == ["ended", "extended"]


def test_an_ended_template_switched_on_by_a_stale_save_ends_again(life):
    life.insert("01-06 10:00", {**DAILY, "count": 2})
    life.visit("01-06 10:00")
    stale = life.load()
    life.visit("01-07 10:00")
    life.save_whole(stale, "01-07 11:00", next_due_at="01-06 10:00")
    life.visit("01-07 11:00")
    assert life.new() == ["01-06 10:00", "01-07 10:00"] and life.next() == "ended 01-07 10:00"


def test_count_is_of_the_template_whatever_becomes_of_the_anchor(life):
    """Five times: two at ten, then moved to six in the evening: three more, and after COUNT was raised, two."""
    life.insert("01-06 10:00", {**DAILY, "count": 5})
    life.visit("01-07 10:00")
    life.save("01-07 11:00", next_due_at="01-09 18:00")
    life.visit("01-20 00:00")
    assert life.new() == ["01-06 10:00", "01-07 10:00", "01-09 18:00", "01-10 18:00", "01-11 18:00"]
    assert life.next() == "ended 01-11 18:00"
    life.save("01-20 00:00", recurrence_rule={**DAILY, "count": 7})
    life.visit("01-25 00:00")
    assert life.new() == ["01-20 18:00", "01-21 18:00"] and life.next() == "ended 01-21 18:00"


# Drift -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule, due, visits, made",
    [
        pytest.param(
            {"frequency": "monthly"}, "01-31 10:00",
            ["01-31 12:00", "02-28 12:00", "03-31 12:00", "04-30 12:00", "06-01 00:00", "07-31 12:00"],
            ["01-31 10:00", "03-31 10:00", "05-31 10:00", "07-31 10:00"], id="monthly-on-the-31st",
        ),
        pytest.param(
            {"frequency": "yearly"}, "2028-02-29 10:00",
            ["2028-03-01 00:00", "2029-03-01 00:00", "2032-02-29 10:00", "2036-03-01 00:00"],
            ["2028-02-29 10:00", "2032-02-29 10:00", "2036-02-29 10:00"], id="yearly-on-29-february",
        ),
        pytest.param(
            {"frequency": "daily", "timeZone": "America/New_York"}, "03-08 07:30",
            ["03-08 08:00", "03-09 08:00", "03-10 08:00", "03-11 08:00"],
            ["03-08 07:30", "03-09 07:30", "03-10 06:30", "03-11 06:30"], id="daily-at-02:30-in-new-york",
        ),
        pytest.param(
            {"frequency": "daily", "timeZone": "America/New_York"}, "11-01 05:30",
            ["11-01 06:00", "11-02 06:00", "11-03 07:00", "11-04 07:00"],
            ["11-01 05:30", "11-02 05:30", "11-03 06:30", "11-04 06:30"], id="daily-at-01:30-in-new-york",
        ),
        pytest.param(
            {"frequency": "weekly", "interval": 2, "days": ["mon", "fri"]}, "01-10 10:00",
            ["01-10 12:00", "01-20 12:00", "01-24 12:00", "02-04 12:00"],
            ["01-10 10:00", "01-20 10:00", "01-24 10:00", "02-03 10:00"], id="every-second-week",
        ),
    ],
)
def test_occurrences_do_not_drift_when_they_are_made_one_by_one(life, rule, due, visits, made):
    life.insert(due, rule)
    for visit in visits:
        life.visit(visit)
    assert life.new() == made


# A running daemon ------------------------------------------------------------------------------------


def test_a_running_daemon_notices_every_kind_of_change(app_db, recurd):
    """The same, but the worker is there all the time: insert, edit, move, pause, resume, end."""
    life = Life(app_db)
    life.at("01-05 00:00")
    recurd(app_db, poll_interval="50ms")
    wait_until(lambda: app_db.value("select live_since from recurd.settings"), what="the first start")

    def settled(expected):
        return wait_until(lambda: life.next() == expected and life.row()["replan_at"] is None, what=f"next is {expected}")

    life.insert("01-06 10:00", WEEKLY)
    life.at("01-06 10:00")
    settled("01-13 10:00")
    life.save("01-09 12:00", recurrence_rule=DAILY)
    settled("01-10 10:00")
    life.save("01-09 13:00", next_due_at="01-11 15:00")
    life.at("01-12 15:00")
    settled("01-13 15:00")
    life.save("01-12 16:00", is_active=False)
    life.at("01-20 00:00")
    life.save("01-20 00:00", is_active=True)
    settled("01-20 15:00")
    life.save("01-20 01:00", recurrence_rule={**DAILY, "end_date": "2025-01-21T00:00:00Z"})
    wait_until(lambda: life.row()["replan_at"] is None)
    life.at("01-22 00:00")
    settled("ended 01-20 15:00")
    assert life.new() == ["01-06 10:00", "01-11 15:00", "01-12 15:00", "01-20 15:00"]
