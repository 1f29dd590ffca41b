"""What one user may have: max_templates_per_user, max_instances_per_user_day."""

import threading
from datetime import datetime, timedelta, timezone

import psycopg
import pytest
from psycopg.types.json import Jsonb

from harness.ctl import ctl_json, run_ctl
from harness.daemon import once

pytestmark = pytest.mark.slow

UTC = timezone.utc
NOON = datetime(2027, 3, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def db(app_db):
    app_db.freeze(NOON)
    app_db.go_live(NOON - timedelta(days=30))
    app_db.execute("update recurd.settings set min_interval = '1 min'")
    return app_db


def limit(db, **settings):
    for name, value in settings.items():
        run_ctl(db, "settings", "set", name, value)


# Recurring tasks ----------------------------------------------------------------------------------


def test_a_user_has_no_more_templates_than_the_setting_says(db):
    db.add_templates(5, NOON + HOUR, users=1)
    limit(db, max_templates_per_user=5)
    with pytest.raises(psycopg.errors.ProgramLimitExceeded) as refused:
        db.add_template(HOUR, user="u-1")
    assert refused.value.diag.message_primary == 'user "u-1" may have 5 recurring tasks, and would have 6'
    assert refused.value.diag.constraint_name == "recurd_template_limit"
    # The hint is what mends it.
    hint = refused.value.diag.message_hint
    limit(db, **{hint.split()[-2]: hint.split()[-1].rstrip(".")})
    db.add_template(HOUR, user="u-1")
    # Others are not concerned; who has more than a new limit keeps them.
    limit(db, max_templates_per_user=2)
    db.add_template(HOUR, user=db.add_user("other"))
    assert db.value("select count(*) from recurring_tasks where user_id = 'u-1'") == 6
    db.execute("update recurring_tasks set title = 'still mine' where user_id = 'u-1'")
    # It named one that was still too small for who has more, and was a fault of recurctl's own (70).
    command = ("template", "create", "x", "--user", "u-1", "--rule", "every day")
    refusal = run_ctl(db, *command, expect=65).errors
    assert "would have 7" in refusal and "recurctl settings set max_templates_per_user 7" in refusal
    limit(db, max_templates_per_user=7)
    run_ctl(db, *command)
    run_ctl(db, "settings", "reset", "max_templates_per_user")
    db.add_template(HOUR, user="u-1")


def test_the_api_answers_it_as_any_other_mistake(db):
    """It raised what the trigger raises, which the web could only call a fault of its own."""
    user = db.add_user("one")
    limit(db, max_templates_per_user=1)
    body = Jsonb({"title": "x", "recurrence_rule": {"frequency": "daily"}, "next_due_at": "2027-01-01T00:00:00Z"})
    call = "select recurd.api_template_create(%s, %s, %s)"
    assert db.value(call, (user, body, "key"))["status"] == 201
    assert db.value(call, (user, body, "key"))["status"] == 201, "it is there already"
    for key in ("other", None):
        answer = db.value(call, (user, body, key))
        assert (answer["status"], answer["detail"]) == (
            422, 'user "one" may have 1 recurring tasks, and would have 2; delete some of them, or raise the limit: recurctl settings'
            ' set max_templates_per_user 2')
    assert db.value("select recurd.api_task_create(%s, %s)", (user, Jsonb({"title": "x"})))["status"] == 201
    db.execute("delete from recurring_tasks")
    assert db.value(call, (user, body, None))["status"] == 201


def test_a_statement_of_many_is_counted_as_a_whole(db):
    limit(db, max_templates_per_user=3)
    with pytest.raises(psycopg.errors.ProgramLimitExceeded):
        db.add_templates(8, NOON + HOUR, users=2)
    assert db.value("select count(*) from recurring_tasks") == 0, "all or nothing"
    db.add_templates(6, NOON + HOUR, users=2)


def test_two_who_insert_at_once_do_not_pass_it_together(db):
    """Each saw the other's rows not yet committed, and both were let in."""
    limit(db, max_templates_per_user=1)
    user = db.add_user("one")
    sql = ("insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at)"
           " values (%s, %s, 'x', '{\"frequency\": \"daily\"}', recurd.now() + interval '1 h')")
    failed = []
    with db.connect(autocommit=False) as first, db.connect(autocommit=False) as second:
        first.execute(sql, ("a", user))

        def insert():
            try:
                second.execute(sql, ("b", user))
            except psycopg.Error as error:
                failed.append(error)
        thread = threading.Thread(target=insert)
        thread.start()
        pid = second.info.backend_pid
        while db.value("select wait_event_type from pg_stat_activity where pid = %s", (pid,)) != "Lock":
            pass
        first.commit()
        thread.join()
    assert [type(error) for error in failed] == [psycopg.errors.ProgramLimitExceeded]


def test_an_application_without_rights_on_recurd_is_limited_all_the_same(db):
    user = db.add_user("one")
    limit(db, max_templates_per_user=1)
    db.execute("drop role if exists limits_app")
    db.execute("create role limits_app")
    db.execute("grant insert, select on recurring_tasks to limits_app")
    try:
        with db.connect() as app:
            app.execute("set role limits_app")
            insert = ("insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at)"
                      " values (%s, %s, 'x', '{\"frequency\": \"daily\"}', now())")
            app.execute(insert, ("a", user))
            with pytest.raises(psycopg.errors.ProgramLimitExceeded):
                app.execute(insert, ("b", user))
    finally:
        db.execute("drop owned by limits_app")
        db.execute("drop role limits_app")


# Instances ----------------------------------------------------------------------------------------


def made(db, user):
    return db.value("select count(*) from tasks where user_id = %s", (user,))


def limited(db):
    return [event for event in once(db) if event.matches("limited")]


def test_a_user_gets_no_more_instances_a_day_and_is_told_of_once(db):
    limit(db, max_instances_per_user_day=3)
    db.add_templates(5, NOON - HOUR, users=1, rule={"frequency": "hourly"})
    quiet = db.add_template(-HOUR, {"frequency": "hourly"}, user=db.add_user("quiet"))
    (told,) = limited(db)
    assert made(db, "u-1") == 3 and made(db, "quiet") == 2
    assert told.matches("limited", user="u-1", made="3", limit="3")
    assert not db.decisions(quiet)
    left_out = db.rows("select * from recurd.decisions where kind = 'limited'")
    assert sum(row["occurrences"] for row in left_out) == 7
    assert {row["detail"] for row in left_out} == {"max_instances_per_user_day"}
    # Later on the same day nobody hears of it again, and nothing is made for the user.
    db.freeze(NOON + HOUR)
    assert limited(db) == []
    assert made(db, "u-1") == 3
    assert db.value("select (made, limited)::text from recurd.made_today where user_id = 'u-1'") == "(3,12)"
    # A new day, a new allowance, for what was missed over night.
    db.freeze(NOON + 13 * HOUR)
    assert {event["user"] for event in limited(db)} == {"u-1", "quiet"}
    assert made(db, "u-1") == 6


def test_without_the_setting_nothing_is_counted(db):
    db.add_templates(3, NOON - HOUR, users=1)
    once(db)
    assert made(db, "u-1") == 3 and db.value("select count(*) from recurd.made_today") == 0
    limit(db, max_instances_per_user_day=1)
    db.freeze(NOON + timedelta(days=1))
    once(db)
    assert made(db, "u-1") == 4
    run_ctl(db, "settings", "reset", "max_instances_per_user_day")
    db.freeze(NOON + timedelta(days=2))
    once(db)
    assert made(db, "u-1") == 7


def test_a_backlog_of_one_template_is_made_from_its_begin_as_far_as_it_goes(db):
    """The oldest, and COUNT goes on: what is left out is used up."""
    limit(db, max_instances_per_user_day=2)
    template = db.add_template(-5 * HOUR, {"frequency": "hourly", "count": 6})
    once(db)
    assert sorted(db.occurrences(template)) == [NOON - 5 * HOUR, NOON - 4 * HOUR]
    (decision,) = db.decisions(template, "limited")
    assert decision["occurrences"] == 4
    assert db.value("select used_count from recurring_tasks") == 6
    shown = ctl_json(db, "show", template)["decisions"]
    assert "limited" in {row["kind"] for row in shown}


def test_small_batches_keep_to_it(db):
    limit(db, max_instances_per_user_day=7)
    db.add_templates(30, NOON - HOUR, users=2)
    once(db, batch_size=4)
    assert made(db, "u-1") == 7 and made(db, "u-2") == 7
    assert db.value("select sum(occurrences) from recurd.decisions where kind = 'limited'") == 16
