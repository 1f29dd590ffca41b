"""README's first screen does what it says."""

import json
import shlex
from datetime import datetime, timedelta, timezone

from harness.ctl import run_ctl
from harness.daemon import once, run_program
from harness.util import SOURCE

UTC = timezone.utc
SEVEN = datetime(2027, 3, 29, 5, 0, tzinfo=UTC)  # 07:00 in Berlin, the day after its clocks changed


def statements():
    """The SQL of the first block: two inserts and a select."""
    screen = (SOURCE / "README.md").read_text().split("recurd makes the task at its instant")[0]
    lines = [line[4:] for line in screen.splitlines() if line.startswith("    ")]
    return "\n".join(lines).split(";")[:3]


def test_a_new_reader_inserts_a_template_and_reads_its_task(app_db):
    """As printed, in a database that has nothing but what `recurctl migrate up` made."""
    user, insert, select = statements()
    assert 'insert into "user"' in user and "insert into recurring_tasks" in insert and "select title" in select
    app_db.travel_to(SEVEN - timedelta(hours=1))
    app_db.execute(user)
    app_db.execute(insert)
    once(app_db)
    assert app_db.rows(select) == []
    app_db.travel_to(SEVEN)
    once(app_db)
    assert app_db.rows(select) == [{"title": "Bins out", "due_date": SEVEN}]
    row = app_db.row("select next_due_at from recurring_tasks")
    assert row["next_due_at"] == SEVEN + timedelta(days=3), "Thursday"


def test_two_commands_set_it_going_for_an_owner_who_is_no_superuser(empty_db):
    owner = f"owner_of_{empty_db.name}"
    empty_db.execute(f'create role "{owner}" login createrole')
    empty_db.execute(f'alter database "{empty_db.name}" owner to "{owner}"')
    dsn = f"{empty_db.dsn} user={owner}"
    run_ctl(None, "migrate", "up", dsn=dsn)
    ran = run_program("recurd", "--foreground", "--once", env={"RECURD_DATABASE_URL": dsn})
    assert ran.returncode == 0 and "event=connected" in ran.stderr, ran.stderr
    assert run_ctl(None, "upcoming", dsn=dsn).text == "nothing is to come\n"


def test_functions_and_commands_for_a_users_tasks(app_db):
    """As printed; the answer to what is wrong, too."""
    text = (SOURCE / "README.md").read_text()
    part = text[text.index("## Tasks from a terminal"):text.index("## Reading the log")]
    lines = [line[4:] for line in part.splitlines() if line.startswith("    ")]
    app_db.add_user("u1")
    answers = [app_db.value(line.replace("%", "%%").rstrip(";")) for line in lines if line.startswith("select ")]
    assert [answer["status"] for answer in answers] == [201, 200, 422]
    shown = json.loads(" ".join(line.strip() for line in lines[lines.index(next(line for line in lines if line.startswith("{"))):][:2]))
    assert answers[2] == shown
    commands = [shlex.split(line[2:]) for line in lines if line.startswith("$ ")]
    assert len(commands) == 3
    for command in commands:
        run_ctl(app_db, *command[1:])
    assert app_db.value("select count(*) from recurring_tasks") == 0, "a dry run"
