"""The functions recurd.api_*: what a to-do application asks for, of one user, by a role that may do nothing else."""

import json
import re
import threading
import uuid
from datetime import timedelta

import psycopg
import pytest

from harness.migrate import migrate

pytestmark = pytest.mark.slow

ROLE = "recurd_test_web"
DAILY = {"frequency": "daily"}


@pytest.fixture(scope="module")
def db(cluster):
    database = cluster.create_migrated()
    database.psql(f"do $$ begin create role {ROLE} login; exception when duplicate_object then null; end $$; grant recurd_web to {ROLE}")
    yield database
    database.drop()


@pytest.fixture(scope="module")
def web(db):
    with psycopg.connect(db.dsn_as(ROLE), autocommit=True) as conn:
        yield conn


def call(conn, function, *args):
    """The answer, of a call as a web program makes it: everything is a text."""
    places = ", ".join("%s::jsonb" if isinstance(arg, (dict, list)) else "%s::text" for arg in args)
    values = [json.dumps(arg) if isinstance(arg, (dict, list)) else arg for arg in args]
    return conn.execute(f"select recurd.api_{function}({places})", values).fetchone()[0]


@pytest.fixture
def user(db):
    return db.add_user(f"user-{uuid.uuid4()}")


def made(answer):
    assert answer["status"] == 201, answer
    return answer["body"]


def task(web, user, **body):
    return made(call(web, "task_create", user, {"title": "Milk", **body}))


def template(web, user, **body):
    return made(call(web, "template_create", user, {"title": "Plants", "recurrence_rule": DAILY, "next_due_at": "2099-01-01T09:00:00Z", **body}))


def tag(web, user, name="home"):
    return made(call(web, "tag_create", user, {"name": name}))


def errors(answer, status=422):
    assert answer["status"] == status and answer["detail"], answer
    return {error["pointer"]: error["detail"] for error in answer.get("errors", [])}


# ---- what it does --------------------------------------------------------------------------------


def test_a_task_from_its_creation_to_its_end(db, web, user):
    home = tag(web, user)
    body = task(web, user, priority="high", due_date="2026-05-01T09:00:00.5+02:00", tag_ids=[home["id"]])
    assert (body["due_date"], body["tags"]) == ("2026-05-01T07:00:00.5+00:00", [{"id": home["id"], "name": "home", "color": "#007bff"}])
    assert call(web, "task_get", user, body["id"])["body"] == body
    changed = call(web, "task_update", user, body["id"], {"due_date": None, "title": "Oat milk"})["body"]
    assert changed == body | {"due_date": None, "title": "Oat milk"} | {k: changed[k] for k in ("etag", "updated_at")}, "absent stays, null clears"
    done = call(web, "task_complete", user, body["id"])["body"]
    assert done["is_complete"] and done["completed_at"]
    assert call(web, "task_complete", user, body["id"])["body"] == done, "a second time writes nothing"
    assert call(web, "task_update", user, body["id"], {"is_complete": False})["body"]["completed_at"] is None
    assert call(web, "task_tags", user, body["id"], [])["body"]["tags"] == []
    assert call(web, "task_delete", user, body["id"]) == {"status": 204}
    assert call(web, "task_get", user, body["id"])["status"] == call(web, "task_delete", user, body["id"])["status"] == 404


def test_a_template_and_its_history(db, web, user):
    home = tag(web, user)
    body = template(web, user, tag_ids=[home["id"]])
    assert body["state"] == "active" and body["tags"][0]["name"] == "home"
    paused = call(web, "template_update", user, body["id"], {"is_active": False})["body"]
    assert paused["state"] == "paused" and paused["paused_at"] and paused["next_due_at"] == body["next_due_at"]
    for day in range(3):
        db.add_task(user, recurring_task_id=body["id"], occurrence_at=f"2026-01-0{1 + 2 * day}T09:00:00Z")
    db.execute(
        "insert into recurd.decisions (template_id, kind, first_at, last_at, occurrences) values (%s, 'paused', '2026-01-02 09:00Z', '2026-01-02 09:00Z', 1)",
        (body["id"],),
    )
    seen, place = [], {}
    while True:
        page = call(web, "template_history", user, body["id"], {"limit": 1, **place})
        seen += [(row["last_at"][8:10], row["kind"]) for row in page["body"]]
        if "next" not in page:
            break
        place = {"cursor": page["next"]}
    assert seen == [("05", "made"), ("03", "made"), ("02", "paused"), ("01", "made")]
    assert call(web, "template_delete", user, body["id"]) == {"status": 204}
    assert db.value("select count(*) from tasks where user_id = %s and recurring_task_id is null", (user,)) == 3


def test_tags_and_their_names(db, web, user):
    home, work = tag(web, user), tag(web, user, "work")
    assert "/name" in errors(call(web, "tag_create", user, {"name": "home"}), 409)
    assert "/name" in errors(call(web, "tag_update", user, work["id"], {"name": "home"}), 409)
    assert call(web, "tag_update", user, work["id"], {"name": "Büro", "color": "#abcdef"})["body"]["color"] == "#abcdef"
    assert [row["name"] for row in call(web, "tag_list", user, {})["body"]] == ["Büro", "home"]
    body = task(web, user, tag_ids=[home["id"]])
    again = template(web, user, tag_ids=[home["id"]])
    assert call(web, "tag_delete", user, home["id"]) == {"status": 204}
    assert call(web, "task_get", user, body["id"])["body"]["tags"] == call(web, "template_get", user, again["id"])["body"]["tags"] == []


def test_etags(db, web, user):
    """Another one after every write, whoever writes, and one of the tags."""
    body = task(web, user)
    etag = body["etag"]
    assert call(web, "task_update", user, body["id"], {"title": "Milk"}, etag)["body"]["etag"] == etag
    db.update("tasks", body["id"], title="Bread")
    assert errors(call(web, "task_update", user, body["id"], {"title": "Eggs"}, etag), 412) == {}
    assert db.task(body["id"])["title"] == "Bread"
    for function, extra in (("task_update", [{}]), ("task_complete", []), ("task_tags", [[]]), ("task_delete", [])):
        assert call(web, function, user, body["id"], *extra, etag)["status"] == 412, function
    tagged = call(web, "task_tags", user, body["id"], [tag(web, user)["id"]], "*")["body"]
    assert call(web, "task_delete", user, body["id"], tagged["etag"].split(".")[0])["status"] == 412, "its tags are others now"
    assert call(web, "task_delete", user, body["id"], tagged["etag"])["status"] == 204


@pytest.mark.parametrize("kind, body, other", [
    ("task", {"title": "Milk", "tag_ids": []}, {"title": "Bread"}),
    ("template", {"title": "Milk", "recurrence_rule": DAILY, "next_due_at": "2099-01-01T09:00:00Z"},
     {"title": "Milk", "recurrence_rule": {"frequency": "weekly"}, "next_due_at": "2099-01-01T09:00:00Z"}),
    ("tag", {"name": "home"}, {"name": "work"}),
])
def test_what_is_sent_twice_is_made_once(db, web, user, kind, body, other):
    first = made(call(web, f"{kind}_create", user, body, "key 1"))
    assert made(call(web, f"{kind}_create", user, body, "key 1")) == first
    assert first["id"] in call(web, f"{kind}_create", user, other, "key 1")["detail"]
    assert len(call(web, f"{kind}_list", user, {})["body"]) == 1
    someone = db.add_user(f"other-{uuid.uuid4()}")
    assert made(call(web, f"{kind}_create", someone, body, "key 1"))["id"] != first["id"], "a key is its user's"
    for key in ("", "x" * 256, "ü", "a\nb"):
        assert call(web, f"{kind}_create", user, body, key)["status"] == 400


def test_two_at_once_make_one(db, user):
    """With the same key; and of two who change the row that both know, one is told."""
    answers = []

    def run(function, *args):
        with psycopg.connect(db.dsn_as(ROLE), autocommit=True) as conn:
            answers.append(call(conn, function, user, *args))

    def both(*calls):
        answers.clear()
        threads = [threading.Thread(target=run, args=one) for one in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    both(*[("task_create", {"title": "Milk"}, "k")] * 4)
    assert {answer["status"] for answer in answers} == {201} and len({answer["body"]["id"] for answer in answers}) == 1
    row = answers[0]["body"]
    both(*[("task_update", row["id"], {"title": title}, row["etag"]) for title in "abcd"])
    assert sorted(answer["status"] for answer in answers) == [200, 412, 412, 412]


# ---- what it refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize("key, value, words", [
    ("title", "", "1 to 200 characters"), ("title", " \t", "control character"), ("title", "   ", "1 to 200"), ("title", "x" * 201, "got 201"),
    ("title", None, "cannot be cleared"), ("title", 5, "got 5"), ("title", "a\x1b[2Jb", "control"), ("title", "a\x85b", "control"),
    ("title", ["x"], 'got ["x"]'), ("description", "x" * 2001, "at most 2000"), ("description", "a\x07", "control"),
    ("priority", "High", 'got "High"'), ("priority", 2, "low or medium or high or urgent"), ("priority", None, "null"),
    ("due_date", "2026-05-01", "with its offset"), ("due_date", "2026-05-01T09:00:00", "with its offset"), ("due_date", "2026-02-30T09:00:00Z", "2026-02-30"),
    ("due_date", "infinity", "infinity"), ("due_date", "0000-01-01T00:00:00Z", "0000"), ("due_date", "2026-05-01T24:00:00Z", "24"),
    ("due_date", "2026-05-01T09:00:00+99:00", "+99"), ("due_date", "now", "now"), ("due_date", 1767225600, "1767225600"),
    ("remind_at", {}, "got {}"), ("recurrence_rule", "FREQ=DAILY", "an object"), ("recurrence_rule", [], "an object"),
    ("recurrence_rule", {"x": "y" * 70000}, "65536 bytes"), ("is_complete", "true", "true or false"), ("is_complete", 1, "true or false"),
    ("tag_ids", "x", "an array"), ("tag_ids", [1], "an array"), ("tag_ids", ["x"] * 101, "100"), ("user_id", "x", "unknown key"),
    ("id", "x", "unknown key"), ("tags", [], "unknown key"),
])
def test_a_wrong_value_is_told_by_its_key(db, web, user, key, value, words):
    row = task(web, user)
    for answer in (call(web, "task_create", user, {"title": "Milk", key: value}), call(web, "task_update", user, row["id"], {key: value})):
        found = errors(answer)
        assert list(found) == [f"/{key}"] and words in found[f"/{key}"], answer
    assert [one["id"] for one in call(web, "task_list", user, {})["body"]] == [row["id"]]
    assert call(web, "task_get", user, row["id"])["body"] == row, "nothing was written"


def test_all_errors_come_at_once_and_are_bounded(web, user):
    assert set(errors(call(web, "task_create", user, {"priority": 1, "a/b~c": 1, "due_date": 1}))) == {"/title", "/priority", "/a~1b~0c", "/due_date"}
    found = call(web, "task_create", user, {f"{i}" * 500: "x" * 10000 for i in range(1000)})
    assert len(found["errors"]) == 20 and len(json.dumps(found)) < 10000
    for body in ([], "null", "5", '"x"'):
        answer = call(web, "task_create", user, body) if isinstance(body, list) else web.execute(
            "select recurd.api_task_create(%s, %s::jsonb)", (user, body)).fetchone()[0]
        assert "expected an object" in errors(answer)[""]
    assert call(web, "task_create", "nobody", {"title": "x"})["status"] == 404


def test_lines_in_a_description_are_no_control_characters(web, user):
    text = "one\r\n\ttwo ☃ \u200f"
    assert task(web, user, description=text)["description"] == text


def test_a_template_needs_a_rule_and_a_due_date(web, user):
    assert errors(call(web, "template_create", user, {"title": "x"})) == {"/recurrence_rule": "is missing", "/next_due_at": "is missing"}
    row = template(web, user)
    for key in ("recurrence_rule", "next_due_at"):
        assert "cannot be cleared" in errors(call(web, "template_update", user, row["id"], {key: None}))[f"/{key}"]


@pytest.mark.parametrize("function", ["task_list", "template_list", "tag_list"])
def test_wrong_filters(web, user, function):
    for body in ({"limit": 0}, {"limit": 501}, {"limit": 1.5}, {"cursor": "zz"}, {"cursor": "5b5d"}, {"cursor": ""}, {"cursor": 5}, {"who": 1},
                 {"cursor": "[1]".encode().hex()}, {"cursor": '["due","x","y"]'.encode().hex()}, {"cursor": '["next_due","x","y"]'.encode().hex()}):
        assert list(errors(call(web, function, user, body))) == [f"/{key}" for key in body], body


def test_what_the_application_refuses_is_an_answer(db, web, user):
    db.psql("create or replace function no() returns trigger language plpgsql as $$ begin raise exception 'not on Sundays'; end $$;"
            "create trigger no before insert on tasks for each row when (new.title = 'refused') execute function no();"
            "alter table tasks add constraint short check (title <> 'forbidden')")
    try:
        for title, words in (("refused", "not on Sundays"), ("forbidden", "short")):
            answer = call(web, "task_create", user, {"title": title})
            assert answer["status"] == 422 and words in answer["detail"]
        db.execute("alter table tasks add needed text not null default 'x'; alter table tasks alter needed drop default")
        answer = call(web, "task_create", user, {"title": "x"})
        assert answer["status"] == 503 and "needed" in answer["detail"]
    finally:
        db.psql("alter table tasks drop constraint short, drop column if exists needed; drop trigger no on tasks")


# ---- whose it is ---------------------------------------------------------------------------------


EVERYTHING = "select (select jsonb_agg(t order by id) from tasks t where user_id = %(u)s) as tasks," \
    " (select jsonb_agg(t order by id) from recurring_tasks t where user_id = %(u)s) as templates," \
    " (select jsonb_agg(t order by id) from tags t where user_id = %(u)s) as tags," \
    " (select jsonb_agg(x order by task_id, tag_id) from task_tags x join tasks k on k.id = task_id where k.user_id = %(u)s) as task_tags," \
    " (select jsonb_agg(x order by tag_id) from recurd.template_tags x join recurring_tasks t on t.id = recurring_task_id where t.user_id = %(u)s) as given," \
    " (select jsonb_agg(f order by id) from recurd.calendar_feeds f where user_id = %(u)s) as feeds"
SIGNATURES = """
    select proname, proargnames as names, proargtypes::regtype[]::text[] as types from pg_proc
     where pronamespace = 'recurd'::regnamespace and has_function_privilege('recurd_web', oid, 'execute')
           and not has_function_privilege('public', oid, 'execute') order by 1
"""
# Who asks is found out by a secret of his, or is an operator of the program's own list (web/test_auth.py, web/test_actions.py).
OF_THE_PROGRAM = ("session_user_id", "token_keys", "feed_", "web_")


def test_no_function_shows_or_changes_somebody_elses_rows(db, web):
    """Every function that the role may call, with every id of the other user wherever an id can stand."""
    theirs, mine = db.add_user("theirs"), db.add_user("mine")
    secret = tag(web, theirs, "secret-tag")
    rows = {
        "tag": secret,
        "task": made(call(web, "task_create", theirs, {"title": "secret-task", "description": "secret", "tag_ids": [secret["id"]]}, "their-key")),
        "template": made(call(web, "template_create", theirs, {"title": "secret-template", "recurrence_rule": {"frequency": "daily", "title": "secret"},
                                                              "next_due_at": "2099-01-01T00:00:00Z", "tag_ids": [secret["id"]]})),
    }
    own = {"tag": tag(web, mine, "mine"), "task": task(web, mine), "template": template(web, mine)}
    rows["feed"], own["feed"] = (made(call(web, "feed_create", user, {"name": name})) for user, name in ((theirs, "secret-feed"), (mine, "mine")))
    db.add_task(theirs, title="secret", recurring_task_id=rows["template"]["id"], occurrence_at="2026-01-01T00:00:00Z")
    conn = psycopg.connect(db.dsn)
    before = conn.execute(EVERYTHING, {"u": theirs}).fetchone()
    signatures = db.rows(SIGNATURES)
    assert len(signatures) >= 19
    cursors = [page["next"] for name in ("task", "template") for _ in [0]
               if "next" in (page := call(web, f"{name}_list", theirs, {"limit": 1}))] + [None]
    ids = [row["id"] for row in rows.values()]
    calls = 0
    for one in signatures:
        if not one["proname"].startswith("api_"):
            assert one["proname"].startswith(OF_THE_PROGRAM), "say whose rows it shows to whom"
            continue
        assert one["names"][0] == "whose"
        choices = []
        for name, kind in zip(one["names"][1:], one["types"][1:]):
            if name in rows:
                # The row of the other user, and, where others' ids stand in the body, one's own.
                choices.append((name, ids + [own[name]["id"]]))
            elif name == "body":
                choices.append((name, [{"tag_ids": ids}, ids, {"title": "x", "tag_ids": [ids[0]]}, {"name": "x"}, {"is_complete": True},
                                       {"title": "x", "recurrence_rule": DAILY, "next_due_at": "2099-01-01T00:00:00Z", "tag_ids": [ids[0]]}]))
            elif name == "filter":
                choices.append((name, [{}, {"limit": 1}, {"text": "secret"}, *({"tag": i} for i in ids), *({"recurring_task_id": i} for i in ids),
                                       *({"cursor": c} for c in cursors if c), {"due_before": "9998-01-01T00:00:00Z"}]))
            elif name == "key":
                choices.append((name, ["their-key"]))
            else:
                assert name == "if_match"
                choices.append((name, ["*"]))
        todo = [[]]
        for _, values in choices:
            todo = [[*head, value] for head in todo for value in values]
        for args in todo:
            # Rolled back, so that the own row is there for the next.
            with conn.transaction(force_rollback=True):
                conn.execute(f"set local role {ROLE}")
                answer = call(conn, one["proname"].removeprefix("api_"), mine, *args)
                conn.execute("reset role")
                assert conn.execute(EVERYTHING, {"u": theirs}).fetchone() == before, (one["proname"], args)
            assert "secret" not in json.dumps(answer), (one["proname"], args, answer)
            if any(arg in ids for arg in args if isinstance(arg, str)):
                assert answer["status"] in (404, 422), (one["proname"], args, answer)
            calls += 1
    conn.close()
    assert calls > 150
    names = {match for one in signatures for match in re.findall(r"^api_(\w+)", one["proname"])}
    assert names >= {f"{kind}_{verb}" for kind in ("tag", "task", "template") for verb in ("create", "get", "list", "update", "delete")}


@pytest.mark.parametrize("statement", [
    "select * from tasks", "select * from recurring_tasks", "insert into tags (id, user_id, name) values ('x', 'x', 'x')", "update recurd.settings set audit = null",
    "select * from recurd.notifications", "select recurd.api_tag('task', 'x', '[]')", "select recurd.api_id('task', 'x', 'x')",
    "select recurd.api_task_lock('x', 'x', null)", "select recurd.held_users('{}')", "create table recurd.mine ()",
    "create or replace function recurd.api_settings(whose text) returns jsonb language sql as 'select null::jsonb'",
])
def test_the_role_may_do_nothing_else(web, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(statement)


def test_nobody_else_may_call_them(db):
    db.psql("do $$ begin create role recurd_test_nobody login; exception when duplicate_object then null; end $$; grant usage on schema recurd to recurd_test_nobody")
    with psycopg.connect(db.dsn_as("recurd_test_nobody"), autocommit=True) as conn:
        for one in db.rows(SIGNATURES):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(f"select recurd.{one['proname']}({', '.join(f'null::{kind}' for kind in one['types'])})")
    db.psql("revoke usage on schema recurd from recurd_test_nobody")


def test_what_stands_before_in_search_path_is_not_run(db, user):
    """A caller with a schema of his own, and with temporary tables and types, which are looked for before
    pg_catalog where pg_temp is not named: a domain "text" there would run his code with the owner's rights."""
    db.psql(
        f"create schema evil; grant all on schema evil to {ROLE}; create table evil.ran (who text); grant insert on evil.ran to public;"
        "create function evil.ran() returns boolean language plpgsql as $$ begin insert into evil.ran values (current_user); return true; end $$;"
        "grant execute on function evil.ran() to public"
    )
    with psycopg.connect(db.dsn_as(ROLE), autocommit=True) as conn:
        for name in ("text", "jsonb", "timestamptz", "int4", "bool"):
            conn.execute(f"create domain pg_temp.{name} as pg_catalog.{name} check (evil.ran())")
        conn.execute("create temp table tasks (id text, user_id text); create temp table pg_attribute (x int); create temp table tags (x int)")
        for signature, result in (("now()", "timestamptz"), ("jsonb_each(jsonb)", "jsonb"), ("replace(text, text, text)", "text"), ("coalesce_(text)", "text"),
                                  ("to_regclass(text)", "regclass"), ("char_length(text)", "int4"), ("gen_random_uuid()", "uuid")):
            conn.execute(f"create function evil.{signature} returns pg_catalog.{result} language sql as 'select evil.ran(); select null::pg_catalog.{result}'")
        conn.execute("create function evil.eq(pg_catalog.text, pg_catalog.text) returns pg_catalog.bool language sql as 'select evil.ran()';"
                     "create operator evil.= (leftarg = pg_catalog.text, rightarg = pg_catalog.text, function = evil.eq)")
        conn.execute("set search_path = evil, pg_catalog, public")
        say = lambda function, *args: conn.execute(
            f"select recurd.api_{function}({', '.join('%s::pg_catalog.' + ('jsonb' if isinstance(a, dict) else 'text') for a in args)})",
            [json.dumps(a) if isinstance(a, dict) else a for a in args]).fetchone()[0]
        row = say("task_create", user, {"title": "x", "due_date": "2026-01-01T00:00:00Z", "tag_ids": []}, "key")
        assert row["status"] == 201, row
        assert say("task_update", user, row["body"]["id"], {"title": "y"})["body"]["title"] == "y"
        assert len(say("task_list", user, {"text": "y", "overdue": True, "limit": 1})["body"]) == 1
        new = say("template_create", user, {"title": "x", "recurrence_rule": DAILY, "next_due_at": "2026-01-01T00:00:00Z"})
        for function in ("template_get", "template_history", "template_delete"):
            assert say(function, user, new["body"]["id"])["status"] < 300
        assert say("tag_create", user, {"name": "x"})["status"] == 201
        assert say("tag_list", user, {"limit": 1})["status"] == say("settings", user)["status"] == 200
        assert say("task_delete", user, row["body"]["id"])["status"] == 204
    assert db.column("select distinct who from evil.ran where who <> %s", (ROLE,)) == []
    db.psql(f"drop owned by {ROLE} cascade; drop schema evil cascade; grant recurd_web to {ROLE}")


def test_settings_of_the_session_change_no_answer(db, user):
    with psycopg.connect(db.dsn_as(ROLE), autocommit=True) as conn:
        plain = task(conn, user, due_date="2026-07-01T09:00:00Z")
        conn.execute("set timezone = 'Asia/Kathmandu'; set datestyle = 'SQL, DMY'; set search_path = 'nowhere'; set extra_float_digits = 0")
        assert call(conn, "task_get", user, plain["id"])["body"] == plain
        assert errors(call(conn, "task_update", user, plain["id"], {"due_date": "01/07/2026 09:00:00Z"}))
        assert call(conn, "task_update", user, plain["id"], {"due_date": "2026-07-02T09:00:00Z"})["body"]["due_date"] == "2026-07-02T09:00:00+00:00"


# ---- tables by other hands -----------------------------------------------------------------------


def test_an_integer_priority_is_told_with_what_explains_it(make_db):
    """As a second head of the application's chain makes it."""
    db = make_db()
    user = db.add_user("u")
    row = task(db_conn := psycopg.connect(db.dsn, autocommit=True), user)
    db.psql("alter table tasks drop constraint ck_tasks_priority_valid, alter priority drop default, alter priority type integer using 2")
    assert call(db_conn, "task_get", user, row["id"])["body"]["priority"] == 2
    assert call(db_conn, "tag_list", user, {})["status"] == 200
    answer = call(db_conn, "task_create", user, {"title": "x"})
    assert answer["status"] == 503 and "priority" in answer["detail"] and answer["detail"].endswith("recurctl migrate verify")
    assert "tasks.priority is integer" in "\n".join(migrate(db, "verify", code=1).lines("problems"))
    db_conn.close()


def test_ids_that_are_uuids_are_told(make_db):
    db = make_db()
    user = db.add_user("u")
    db.psql("alter table tags drop constraint fk_tags_user_id; alter table tags alter user_id type uuid using gen_random_uuid()")
    with psycopg.connect(db.dsn, autocommit=True) as conn:
        for function, args in (("tag_list", [{}]), ("tag_get", ["x"]), ("tag_create", [{"name": "x"}]), ("task_create", [{"title": "x", "tag_ids": ["x"]}])):
            answer = call(conn, function, user, *args)
            assert answer["status"] == 503 and "recurctl migrate verify" in answer["detail"], (function, answer)


def test_columns_beside_ours_and_columns_that_are_not_there(make_db):
    """Names that variables of the functions have; tags without a color."""
    db = make_db()
    user = db.add_user("u")
    for table in ("tasks", "recurring_tasks", "tags"):
        db.psql(f"alter table {table} " + ", ".join(f"add {name} text default 'odd'" for name in (
            "task", "template", "tag", "whose", "body", "key", "filter", "version", "place", "sorted", "rows", "n", "state", "message", "new", "shown")))
    db.psql("alter table tags drop color, drop created_at, drop updated_at")
    with psycopg.connect(db.dsn, autocommit=True) as conn:
        home = tag(conn, user)
        assert home["color"] is None
        row, again = task(conn, user, tag_ids=[home["id"]]), template(conn, user)
        assert call(conn, "task_update", user, row["id"], {"title": "y"})["body"]["title"] == "y"
        assert call(conn, "tag_update", user, home["id"], {"name": "y"})["body"]["name"] == "y"
        assert call(conn, "tag_update", user, home["id"], {"color": "#fff"})["status"] == 503
        for kind, one in (("task", row), ("template", again), ("tag", home)):
            assert len(call(conn, f"{kind}_list", user, {})["body"]) == 1
            assert call(conn, f"{kind}_delete", user, one["id"])["status"] == 204


def test_tables_in_another_schema(make_db):
    """Its name is in the functions' bodies: they are made there, and where it is renamed, verify says so and repair mends it."""
    db = make_db()
    user = db.add_user("u")
    db.psql("alter schema public rename to app; create schema public")
    db.execute(f'alter database "{db.name}" set search_path = app')
    db.close()
    problems = migrate(db, "verify", code=1, schema="app").lines("problems")
    assert len([line for line in problems if "recurd.api_" in line and "another schema" in line]) > 15
    migrate(db, "repair", schema="app")
    assert migrate(db, "verify", schema="app").json["good"] is True
    with psycopg.connect(db.dsn, autocommit=True) as conn:
        row = task(conn, user, tag_ids=[tag(conn, user)["id"]])
        assert [one["id"] for one in call(conn, "task_list", user, {})["body"]] == [row["id"]]
        assert template(conn, user)["state"] == "active"
