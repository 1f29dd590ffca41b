"""Calendars at an address: two parsers read them, and what they say is what the daemon will make."""

import ctypes
import ctypes.util
import json
import re
from datetime import datetime, timedelta, timezone
from random import Random

import icalendar
import pytest

from harness.ctl import ctl_json, run_ctl
from harness.contract import check
from harness.daemon import once
from test_simulate import CHANGES, START, fill

pytestmark = pytest.mark.slow

UTC = timezone.utc


@pytest.fixture(scope="module")
def world(db):
    """As that of test_simulate: templates of every kind, some of which nobody has looked at since they were changed."""
    db.freeze(START - timedelta(days=4))
    db.go_live()
    fill(db)
    db.freeze(START - timedelta(days=1))
    once(db)
    db.freeze(START - timedelta(hours=12))
    db.execute("update recurring_tasks set is_active = false where id in ('paused', 'resumed') or id ~ 'of the pause'")
    db.freeze(START)
    db.execute(CHANGES)
    db.add_user("ada")
    db.add_user("eve")
    return db


@pytest.fixture(scope="module")
def http(world):
    from harness.web import RecurdHttp

    world.psql("""create table "session" (id text, "expiresAt" timestamp, token text, "userId" text)""")
    server = RecurdHttp(world, session_tokens=True, access_log=True).wait_ready()
    yield server
    server.stop()
    server.dispose()


def token(db, user):
    db.execute("""insert into "session" values (%s, 'infinity', %s, %s)""", (user, f"token-of-{user}", user))
    return f"token-of-{user}"


def create(db, user, **body):
    """The path of a new feed."""
    return db.value("select recurd.api_feed_create(%s, %s)", (user, json.dumps(body)))["body"]["path"]


def events(answer, kind="VEVENT"):
    assert answer.status == 200, answer
    return [part for part in icalendar.Calendar.from_ical(answer.body).walk(kind)]


def instant(event, key="DTSTART"):
    at = event.decoded(key)
    assert at.tzinfo is not None
    return at.astimezone(UTC)


def test_each_user_sees_what_the_daemon_will_make_of_his(world, http):
    """Policies, pauses, overrides, edits, moves: the feed of each is what simulate foretells of his, ids and all."""
    said = {}
    for event in ctl_json(world, "simulate", "--all", "--to", "120d"):
        if event["kind"] == "instance":
            said.setdefault(event["user_id"], {})[event["task_id"] + "@recurd"] = (event["due"], event["title"])
    assert len(said) > 8
    until = START + timedelta(days=100)
    for user, expected in said.items():
        expected = {uid: (datetime.fromisoformat(due), title) for uid, (due, title) in expected.items()}
        found = {str(e["UID"]): (instant(e), str(e["SUMMARY"])) for e in events(http.get(create(world, user)))}
        made = {task["id"] + "@recurd" for task in world.rows("select id from tasks where user_id = %s", (user,))}
        assert len(found) <= 1000
        if len(found) == 1000:
            until = min(until, max(at for at, _ in found.values()))
        assert {(u, a.replace(microsecond=0), t) for u, (a, t) in found.items() if START <= a < until and u not in made} == \
            {(u, a.replace(microsecond=0), t) for u, (a, t) in expected.items() if START <= a < until}, user
        assert made & set(found) or user not in ("daily", "berlin"), "what was made is there too"


def random_rule(random):
    rule = {"rrule": random.choice(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE,SA", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=HOURLY",
                                    "FREQ=MONTHLY;BYDAY=2TU,-1FR", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "FREQ=YEARLY;BYMONTH=3,4,5"])}
    rule["rrule"] += f";INTERVAL={random.randint(1, 40)}" + random.choice(["", "", f";COUNT={random.randint(1, 60)}", ";UNTIL=20250601T000000Z"])
    if random.random() < 0.5:
        rule["timeZone"] = random.choice(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
    return rule


def test_whatever_the_rule(world, http):
    """A hundred templates of one user, by chance: the feed is what simulate foretells, no event more or less."""
    random = Random(20250310)
    user = world.add_user("chance")
    for i in range(100):
        due = START + timedelta(minutes=random.randint(-3000, 100000))
        world.add_template(due, random_rule(random), id=f"chance-{i:02}", user=user, created_at=START, updated_at=START)
    found = {str(e["UID"]): instant(e) for e in events(http.get(create(world, user)))}
    until = max(found.values()) if len(found) == 1000 else START + timedelta(days=100)
    expected = {e["task_id"] + "@recurd": datetime.fromisoformat(e["due"]) for e in ctl_json(world, "simulate", "--all", "--to", "110d")
                if e["kind"] == "instance" and e["user_id"] == user}
    assert len(found) > 500
    assert {u: a for u, a in found.items() if a < until} == {u: a for u, a in expected.items() if a < until}


def test_what_was_foretold_is_the_same_event_once_it_is_made(world, http):
    user = world.add_user("made")
    world.add_template(START + timedelta(hours=2), id="made", user=user)
    path = create(world, user)
    before = events(http.get(path))
    world.freeze(START + timedelta(hours=3))
    once(world)
    try:
        after = events(http.get(path))
    finally:
        world.freeze(START)
    task = world.value("select id from tasks where user_id = 'made'")
    assert str(before[0]["UID"]) == str(after[0]["UID"]) == f"{task}@recurd"
    assert [str(e["UID"]) for e in before] == [str(e["UID"]) for e in after]


def test_two_parsers_read_it(world, http):
    """libical and python3-icalendar agree on instants, across the change to summer time."""
    user = world.add_user("zoned")
    world.execute("insert into recurd.preferences (user_id, time_zone) values ('zoned', 'Europe/Berlin')")
    world.add_template(START + timedelta(hours=1), {"frequency": "daily"}, id="zoned", user=user)
    body = http.get(create(world, user, name="Ada's, tasks; \\ and a\U0001f600 name " + "ü" * 80)).body
    assert b"\n" not in body.replace(b"\r\n", b"") and body.startswith(b"BEGIN:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    body.decode()
    lib = ctypes.CDLL(ctypes.util.find_library("ical"))
    for name, result, args in (("icalparser_parse_string", ctypes.c_void_p, [ctypes.c_char_p]),
                               ("icalcomponent_count_errors", ctypes.c_int, [ctypes.c_void_p]),
                               ("icalcomponent_get_first_component", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
                               ("icalcomponent_get_next_component", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
                               ("icalcomponent_get_uid", ctypes.c_char_p, [ctypes.c_void_p])):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, args
    parsed = lib.icalparser_parse_string(body)
    assert parsed and lib.icalcomponent_count_errors(parsed) == 0
    uids, part = [], lib.icalcomponent_get_first_component(parsed, 4)  # ICAL_VEVENT_COMPONENT
    while part:
        uids.append(lib.icalcomponent_get_uid(part).decode())
        part = lib.icalcomponent_get_next_component(parsed, 4)
    calendar = icalendar.Calendar.from_ical(body)
    assert uids == [str(e["UID"]) for e in calendar.walk("VEVENT")] and len(uids) > 100
    # By the VTIMEZONE of the feed alone: its offsets are those of the zone.
    own = calendar.walk("VTIMEZONE")[0].to_tz()
    for event in calendar.walk("VEVENT"):
        at = event.decoded("DTSTART")
        assert own.utcoffset(at.replace(tzinfo=None)) == at.utcoffset()
    assert str(calendar["X-WR-CALNAME"]).startswith("Ada's, tasks; \\ and a\U0001f600")


def test_nothing_new_is_304_and_a_change_is_told(world, http):
    user = world.add_user("etag")
    world.add_template(START + timedelta(hours=1), id="etag", user=user, created_at=START, updated_at=START)
    path = create(world, user)
    first = http.get(path)
    tag = first.headers["ETag"]
    assert http.get(path).headers["ETag"] == tag
    same = http.get(path, headers={"If-None-Match": f'"x", {tag}'})
    assert (same.status, same.body, same.headers["ETag"]) == (304, b"", tag)
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8" and first.headers["Last-Modified"]
    assert first.headers["Cache-Control"] == "private, max-age=300" and not first.headers["Content-Disposition"]
    world.freeze(START + timedelta(minutes=5))
    assert http.get(path).headers["ETag"] == tag, "time alone changes nothing"
    sequence = int(events(first)[0]["SEQUENCE"])
    world.execute("update recurring_tasks set title = 'Another' where id = 'etag'")
    world.freeze(START)
    changed = http.get(path, headers={"If-None-Match": tag})
    assert str(events(changed)[0]["SUMMARY"]) == "Another" and int(events(changed)[0]["SEQUENCE"]) > sequence


def test_todos_alarms_tags_and_priorities(world, http):
    user = world.add_user("forms")
    world.add_task(user=user, title="now", due_date=START + timedelta(hours=5), remind=timedelta(hours=4), priority="urgent")
    world.execute("insert into tags (id, user_id, name) values ('tag-1', 'forms', 'a,b'), ('tag-2', 'eve', 'hers')")
    world.execute("insert into task_tags (task_id, tag_id) select id, 'tag-1' from tasks where user_id = 'forms'")
    world.add_task(user=user, title="untagged", due_date=START + timedelta(hours=6))
    path = create(world, user)
    todo = events(http.get(path + "?as=todo&alarms=1"), "VTODO")[0]
    assert instant(todo, "DUE") == START + timedelta(hours=5) and str(todo["STATUS"]) == "NEEDS-ACTION" and int(todo["PRIORITY"]) == 1
    assert [alarm.decoded("TRIGGER").astimezone(UTC) for alarm in todo.walk("VALARM")] == [START + timedelta(hours=4)]
    assert "BEGIN:VALARM" not in http.get(path).text and "CATEGORIES:a\\,b\r\n" in http.get(path).text
    assert http.get(path + "?as=rrule").status == 400
    assert [str(e["SUMMARY"]) for e in events(http.get(create(world, user, tag_id="tag-1")))] == ["now"]
    world.execute("delete from task_tags where tag_id = 'tag-1'; delete from tags where id = 'tag-1'")
    assert events(http.get(path)) and world.value("select recurd.api_feed_create('forms', '{\"tag_id\": \"tag-2\"}')")["status"] == 422


def test_an_address_is_shown_once_kept_by_nobody_and_can_be_revoked(world, http):
    ada, eve = token(world, "ada"), token(world, "eve")
    made = http.ask("POST", "/api/calendar-feeds", {"name": "Home"}, token=ada)
    assert made.status == 201 and re.fullmatch(r"/calendar/[A-Za-z0-9_-]{43}\.ics", made.json["path"])
    secret = made.json["path"].split("/")[2]
    assert http.get(made.json["path"]).status == 200
    (listed,) = http.get("/api/calendar-feeds", token=ada).json
    assert "path" not in listed and listed["id"] == made.json["id"] and listed["fetched_at"]
    assert http.get("/api/calendar-feeds", token=eve).json == []
    assert world.value("select count(*) from recurd.calendar_feeds as f where to_jsonb(f)::text like %s", (f"%{secret[:20]}%",)) == 0
    assert not any(secret[:20] in event.raw for event in http.events)
    for path in ("/calendar/" + "A" * 43 + ".ics", "/calendar/" + secret[:42] + ".ics", "/calendar/" + secret[:43], "/calendar/x.ics"):
        assert http.get(path).status == 404, path
    assert http.ask("DELETE", f"/api/calendar-feeds/{listed['id']}", token=eve).status == 404
    assert http.get(made.json["path"]).status == 200
    assert http.ask("DELETE", f"/api/calendar-feeds/{listed['id']}", token=ada).status == 204
    assert http.get(made.json["path"]).status == 404
    for method, path, body in (("POST", "", {"nmae": "x"}), ("POST", "", {"tag_id": None, "name": None}), ("GET", "", None), ("GET", "?limit=x", None),
                               ("DELETE", "/nothing", None), ("POST", "", {"name": "x" * 201}), ("POST", "", [])):
        check(method, "/api/calendar-feeds" + path, http.ask(method, "/api/calendar-feeds" + path, body, token=ada))
    assert http.ask("POST", "/api/calendar-feeds", {"nmae": "x"}, token=ada).status == 422


def test_the_same_key_makes_no_second_one_and_there_are_twenty_at_most(world, http):
    ada = token(world, world.add_user("twenty"))
    key = {"Idempotency-Key": "k-1"}
    assert http.ask("POST", "/api/calendar-feeds", {}, token=ada, headers=key).status == 201
    again = http.ask("POST", "/api/calendar-feeds", {}, token=ada, headers=key)
    assert again.status == 409 and "send another key" in again.json["detail"]
    statuses = [http.ask("POST", "/api/calendar-feeds", {}, token=ada).status for _ in range(20)]
    assert statuses == [201] * 19 + [409]


def test_however_much_there_is_it_stays_small(world, http):
    """A hundred templates that come each hour, and a thousand reminders of the last ones: the earliest thousand are kept."""
    user = world.add_user("many")
    for i in range(100):
        world.add_template(START + timedelta(minutes=i % 60), {"rrule": "FREQ=HOURLY"}, id=f"many-{i:03}", user=user)
    found = events(http.get(create(world, user)))
    assert len(found) == 1000
    expected = sorted((START + timedelta(minutes=i % 60, hours=h), i) for i in range(100) for h in range(24))[:1000]
    assert [instant(e) for e in found] == [at for at, _ in expected]


def test_recurctl_makes_lists_and_revokes_them(world, http):
    world.add_user("ctl")
    made = run_ctl(world, "feed", "create", "--user", "ctl", "--name", "Mine", "-o", "json").json
    made = made[0] if isinstance(made, list) else made
    assert http.get(made["path"]).status == 200
    assert [feed["id"] for feed in ctl_json(world, "feed", "list", "--user", "ctl")] == [made["id"]]
    run_ctl(world, "feed", "revoke", "--user", "ctl", made["id"])
    assert http.get(made["path"]).status == 404 and ctl_json(world, "feed", "list", "--user", "ctl") == []
