"""The REST interface: what each address does, each status of it, and that nobody sees or changes what is another's."""

import json
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest

from harness import contract
from harness.util import SOURCE
from harness.web import quote

pytestmark = pytest.mark.slow

DAILY = {"frequency": "daily", "byHour": [9]}


def series(user, **body):
    return user.made("/api/recurring-tasks", **({"title": "Plants", "recurrence_rule": DAILY} | body))


def errors(answer, status=422):
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/problem+json" and answer.json["status"] == status
    assert isinstance(answer.json["detail"], str) and answer.json["detail"]
    return {error["pointer"]: error["detail"] for error in answer.json.get("errors", [])}


# ---- what it does --------------------------------------------------------------------------------


def test_a_task_from_its_creation_to_its_end(ada):
    made = ada.ask("POST", "/api/tasks", {"title": "Milk", "due_date": "2026-05-01T09:00:00+02:00"})
    task, place = made.json, made.headers["Location"]
    assert (made.status, place, task["due_date"]) == (201, f"/api/tasks/{task['id']}", "2026-05-01T07:00:00+00:00")
    assert ada.get(place).json == task
    changed = ada.ask("PUT", place, {"due_date": None, "priority": "high"}).json
    assert (changed["title"], changed["due_date"], changed["priority"]) == ("Milk", None, "high"), "absent stays, null clears"
    assert ada.ask("PATCH", place, {"is_complete": True}).json["completed_at"]
    assert (ada.ask("DELETE", place).status, ada.get(place).status, ada.ask("DELETE", place).status) == (204, 404, 404)


def test_tags_as_the_applications_frontend_has_them(ada):
    home, work = (ada.made("/api/tags", name=name) for name in ("home", "work"))
    assert [tag["name"] for tag in ada.get("/api/tags").json] == ["home", "work"]
    assert errors(ada.ask("POST", "/api/tags", {"name": "home"}), 409) == {"/name": "expected a name that no tag has"}
    task = ada.made("/api/tasks", title="Milk")
    tagged = ada.ask("PUT", f"/api/tasks/{task['id']}/tags", {"tag_ids": [home["id"], work["id"]]})
    assert [tag["name"] for tag in tagged.json["tags"]] == ["home", "work"]
    assert ada.ask("PUT", f"/api/tasks/{task['id']}/tags", [home["id"]]).json["tags"][0]["id"] == home["id"]
    assert errors(ada.ask("PUT", f"/api/tasks/{task['id']}/tags", ["none"])) == {"/tag_ids/0": "there is no such tag"}
    assert [found["id"] for found in ada.get(f"/api/tasks?tag_id={home['id']}").json] == [task["id"]]
    assert ada.ask("PATCH", f"/api/tags/{work['id']}", {"name": "Work"}).json["name"] == "Work"
    assert ada.ask("DELETE", f"/api/tags/{home['id']}").status == 204


def test_a_template_says_what_it_means_and_when_it_is_due(db, ada):
    db.travel_to(datetime(2026, 3, 27, 12, tzinfo=UTC))
    made = series(ada, recurrence_rule={"frequency": "daily", "byHour": [2], "byMinute": [30], "timeZone": "Europe/Berlin"})
    assert made["meaning"].startswith("every day at 02:30") and made["state"] == "active"
    assert made["next"] == [f"2026-03-{at}Z" for at in ("28T01:30:00", "29T01:30:00", "30T00:30:00", "31T00:30:00")] + ["2026-04-01T00:30:00Z"]
    assert made["next_due_at"] == "2026-03-28T01:30:00+00:00", "the first one to come, where none is given"
    assert ada.get(f"/api/recurring-tasks/{made['id']}").json == made
    assert ada.get("/api/recurring-tasks").json == [made]
    paused = ada.ask("PUT", f"/api/recurring-tasks/{made['id']}", {"is_active": False}).json
    assert (paused["state"], paused["next"]) == ("paused", []), "as the application pauses it"
    assert ada.get(f"/api/recurring-tasks/{made['id']}/history").json == []
    assert ada.ask("DELETE", f"/api/recurring-tasks/{made['id']}").status == 204
    db.time_travel(timedelta(0))


@pytest.mark.parametrize("typed", ["every monday at 9", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0", "0 9 * * mon",
                                   {"frequency": "weekly", "byDay": [{"day": "mo"}], "byHour": [9], "byMinute": [0], "bySecond": [0]}])
def test_a_rule_comes_as_people_type_it(ada, typed):
    meanings = {series(ada, recurrence_rule=typed)["meaning"], ada.ask("POST", "/api/rules/preview", {"rule": typed}).json["meaning"]}
    assert len(meanings) == 1 and "Monday at 09:00" in meanings.pop()


@pytest.mark.parametrize("rule, pointer", [
    ({"frequency": "weekly", "days": ["mox"]}, "/recurrence_rule/days/0"), ("every mox", "/recurrence_rule"),
    ({"frequency": "secondly"}, "/recurrence_rule/frequency"), (7, "/recurrence_rule"), ([], "/recurrence_rule"), ("", "/recurrence_rule"),
    ({"frequency": "daily", "timeZone": "Mars/Olympus"}, "/recurrence_rule/timeZone"),
])
def test_a_rule_that_cannot_be_followed_is_never_stored(ada, rule, pointer):
    """Before there was this check it was stored, and quarantined when it fell due."""
    assert list(errors(ada.ask("POST", "/api/recurring-tasks", {"title": "x", "recurrence_rule": rule}))) == [pointer]
    made = series(ada)
    assert list(errors(ada.ask("PATCH", f"/api/recurring-tasks/{made['id']}", {"recurrence_rule": rule}))) == [pointer]
    task = ada.made("/api/tasks", title="x")
    assert list(errors(ada.ask("PUT", f"/api/tasks/{task['id']}", {"recurrence_rule": rule}))) == [pointer]
    assert ada.get(f"/api/recurring-tasks/{made['id']}").json == made


def test_a_rule_of_a_calendar_is_taken_where_it_says_when_it_begins(ada):
    """Calendars are not shown to this role: the rule was refused as of one that is not there."""
    rule = {"frequency": "monthly", "workday": -1, "calendar": "banks"}
    assert list(errors(ada.ask("POST", "/api/recurring-tasks", {"title": "x", "recurrence_rule": rule}))) == ["/recurrence_rule/calendar"]
    made = series(ada, recurrence_rule=rule, next_due_at="2099-01-01T09:00:00Z")
    assert made["recurrence_rule"] == rule and ada.ask("PUT", f"/api/recurring-tasks/{made['id']}", {"recurrence_rule": rule}).status == 200


def test_a_rule_is_tried_and_its_gaps_and_folds_are_marked(ada, api):
    asked = {"rule": "every day at 2:30", "start": "2026-03-28T02:30:00", "zone": "Europe/Berlin", "n": 2}
    tried = ada.ask("POST", "/api/rules/preview", asked).json
    assert [(o["local"], o["note"]) for o in tried["occurrences"]] == [("2026-03-28T02:30:00", None), ("2026-03-29T03:30:00", "gap")]
    link = "&".join(f"{key}={quote(str(value))}" for key, value in asked.items())
    assert ada.get(f"/api/rules/preview?{link}").json == tried
    assert api.get(f"/api/rules/preview?{link}").json == tried, "anybody on this machine"
    for wrong, pointer in [({"rule": "every mox"}, "/rule"), ({"n": 101}, "/n"), ({"zone": "X/Y"}, "/zone"), ({"start": "x"}, "/start"),
                           ({"after": "x"}, "/after"), ({"more": 1}, ""), ({"rule": {"frequency": "daily", "interval": -1}}, "/rule/interval")]:
        assert list(errors(ada.ask("POST", "/api/rules/preview", asked | wrong))) == [pointer]


def test_a_rule_that_never_falls_due_holds_nobody_up(ada):
    """Thousands of years are looked through for a 30 February: a millisecond at a time, and not for long."""
    answer = ada.ask("POST", "/api/rules/preview", {"rule": {"frequency": "daily", "byMonth": ["2"], "byMonthDay": [30]}})
    assert answer.status == 422 or answer.json["occurrences"] == []


# ---- HTTP ----------------------------------------------------------------------------------------


def test_lists_are_bare_arrays_and_go_on_by_a_link(ada):
    made = [ada.made("/api/tags", name=f"t{i}")["id"] for i in range(5)]
    found, page = [], "/api/tags?limit=2"
    while page:
        answer = ada.get(page)
        found += [tag["id"] for tag in answer.json]
        link = answer.headers["Link"]
        page = link and link[1:].split(">")[0]
    assert found == made


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=zz", "colour=red", "priority=none", "due_before=soon",
                                   "is_complete=1", "text="])
def test_a_filter_that_is_none_is_refused_by_its_name(ada, query):
    assert list(errors(ada.get(f"/api/tasks?{query}")))[0].startswith("/"), query


def test_entity_tags(ada):
    place = f"/api/tasks/{ada.made('/api/tasks', title='Milk')['id']}"
    tag = ada.get(place).headers["ETag"]
    assert ada.get(place, If_None_Match=f'"x", {tag}').status == 304
    assert ada.get(place, If_None_Match='"x"').status == 200
    assert ada.ask("PUT", place, {"title": "Oat"}, If_Match=tag).status == 200
    assert ada.ask("PUT", place, {"title": "Soy"}, If_Match=tag).status == 412
    assert ada.ask("DELETE", place, If_Match=tag).status == 412 and ada.get(place).json["title"] == "Oat"
    assert ada.ask("DELETE", place, If_Match="*").status == 204


def test_what_is_sent_twice_with_a_key_is_made_once(ada):
    first, again = (ada.ask("POST", "/api/tasks", {"title": "Milk"}, Idempotency_Key="k1") for _ in range(2))
    assert (first.status, again.status, first.json) == (201, 201, again.json) and len(ada.get("/api/tasks").json) == 1
    errors(ada.ask("POST", "/api/tasks", {"title": "Oat"}, Idempotency_Key="k1"))
    errors(ada.ask("POST", "/api/tasks", {"title": "Oat"}, Idempotency_Key="x" * 256), 400)
    template = {"title": "Plants", "recurrence_rule": DAILY, "next_due_at": "2099-01-01T09:00:00Z"}
    keyed = [ada.ask("POST", "/api/recurring-tasks", template, Idempotency_Key="k1").json["id"] for _ in range(2)]
    assert keyed[0] == keyed[1]


@pytest.mark.parametrize("body", [b"", b"{", b"{\"title\": \"a\", \"title\": \"b\"}", b"\xff", b"{\"title\": \"\xff\"}", b"[" * 5000,
                                  b"{\"title\": \"\\u0000\"}", b"{\"title\": 1e999}", b"null}"])
def test_a_body_that_is_no_json_is_told_where(ada, body):
    assert not errors(ada.ask("POST", "/api/tasks", body, Content_Type="application/json"), 400)


@pytest.mark.parametrize("body", [7, None, [], "x", {}, {"title": ""}, {"title": "\u0085"}, {"title": "a", "user_id": "b"}, {"title": "a", "id": "b"},
                                  {"title": "x" * 20000}, {"title": {"a": 1}}, {"title": "a", "tag_ids": [1]}])
@pytest.mark.parametrize("path", ["/api/tasks", "/api/recurring-tasks", "/api/tags"])
def test_a_value_that_is_none_is_told_by_its_key(ada, path, body):
    errors(ada.ask("POST", path, json.dumps(body).encode(), Content_Type="application/json"))


def test_other_statuses(ada, api, db):
    assert (ada.ask("POST", "/api/tasks", b"title=x", Content_Type="text/plain").status, ada.ask("BREW", "/api/tasks").status) == (415, 405)
    assert (ada.get("/api/nothing").status, ada.ask("POST", "/api/tasks", {"title": "x" * 70000}).status) == (404, 413)
    assert ada.ask("HEAD", "/api/tasks").body == b""
    assert (ada.get("/api/tasks", Accept="image/png").status, ada.get("/api/tasks", Accept="image/png, */*;q=0.1").status) == (406, 200)
    assert "text/html" in ada.get("/api/tasks/none", Accept="text/html,application/json").headers["Content-Type"]
    refused = api.get("/api/tasks", token=ada.token[:-2])
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')


def test_pages_of_other_origins(ada):
    allowed = ada.get("/api/tags", Origin="https://app.example").headers
    assert (allowed["Access-Control-Allow-Origin"], allowed["Access-Control-Allow-Credentials"]) == ("https://app.example", "true")
    assert ada.get("/api/tags", Origin="https://evil.example").headers["Access-Control-Allow-Origin"] is None
    asked = ada.ask("OPTIONS", "/api/tags", Origin="https://app.example", Access_Control_Request_Method="POST")
    assert asked.status == 204 and "POST" in asked.headers["Access-Control-Allow-Methods"]


# ---- whose ---------------------------------------------------------------------------------------

EVERY = [
    ("GET", "/api/tasks/{task}", None), ("PUT", "/api/tasks/{task}", {"title": "x"}), ("PATCH", "/api/tasks/{task}", {"is_complete": True}),
    ("DELETE", "/api/tasks/{task}", None), ("PUT", "/api/tasks/{task}/tags", {"tag_ids": []}), ("GET", "/api/tags/{tag}", None),
    ("PUT", "/api/tags/{tag}", {"name": "x"}), ("PATCH", "/api/tags/{tag}", {"name": "x"}), ("DELETE", "/api/tags/{tag}", None),
    ("GET", "/api/recurring-tasks/{template}", None), ("PUT", "/api/recurring-tasks/{template}", {"title": "x"}),
    ("PATCH", "/api/recurring-tasks/{template}", {"recurrence_rule": DAILY}), ("DELETE", "/api/recurring-tasks/{template}", None),
    ("GET", "/api/recurring-tasks/{template}/history", None), ("GET", "/api/recurring-tasks/{template}/occurrences", None),
]


def test_nobody_sees_or_changes_what_is_anothers(db, make_user):
    """Every address with an id in it, by the wrong user: as if there were nothing; and no list and no tag set crosses over."""
    ada, bob = make_user(), make_user()
    ids = {"task": ada.made("/api/tasks", title="secret")["id"], "tag": ada.made("/api/tags", name="secret")["id"],
           "template": series(ada, title="secret")["id"]}
    everything = lambda: [ada.get(f"/api/{table}").body for table in ("tasks", "tags", "recurring-tasks")]  # noqa: E731
    before = everything()
    for method, path, body in EVERY:
        for one in ids.values():
            answer = bob.ask(method, path.format(task=one, tag=one, template=one), body)
            assert answer.status == 404 and b"secret" not in answer.body, (method, path, answer)
            assert method != "GET" or answer.json["detail"] == bob.get(path.format(task="none", tag="none", template="none")).json["detail"]
    own = bob.made("/api/tasks", title="own")
    for method, path, body in [("PUT", f"/api/tasks/{own['id']}/tags", [ids["tag"]]), ("POST", "/api/tasks", {"title": "x", "tag_ids": [ids["tag"]]})]:
        assert bob.ask(method, path, body).status == 422
    for query in (f"?tag_id={ids['tag']}", f"?recurring_task_id={ids['template']}", "?text=secret"):
        assert bob.get(f"/api/tasks{query}").json == []
    assert everything() == before


def test_every_address_wants_a_user(api):
    for method, path, body in [*EVERY, ("GET", "/api/tasks", None), ("POST", "/api/tasks", {}), ("GET", "/api/tags", None),
                               ("POST", "/api/tags", {}), ("GET", "/api/recurring-tasks", None), ("POST", "/api/recurring-tasks", {})]:
        path = path.format(task="x", tag="x", template="x")
        assert api.ask(method, path, body).status == 401, (method, path)
        assert api.ask(method, path, body, unix=True).status == 403, "an operator who is no user"


# ---- under stress --------------------------------------------------------------------------------


def test_many_at_once_are_all_answered(ada):
    place, found = f"/api/tasks/{ada.made('/api/tasks', title='Milk')['id']}", []

    def ask():
        found.extend(ada.get(place).status for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 160


def test_who_says_nothing_is_in_nobodys_way(api):
    """Slow clients: half a head each, for ever."""
    slow = []
    for _ in range(100):
        connection = api.connect()
        connection.connect()
        connection.sock.sendall(b"POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n")
        slow.append(connection)
    assert api.get("/livez").status == 200
    for connection in slow:
        connection.close()


def test_a_client_that_goes_away_meanwhile_costs_nothing(api, ada):
    for _ in range(20):
        connection = api.connect()
        connection.request("GET", "/api/tasks", headers={"Authorization": f"Bearer {ada.token}"})
        connection.close()
    assert json.loads(ada.get("/api/tasks").body) == []


# ---- the document --------------------------------------------------------------------------------


def test_the_document_is_handed_out_and_names_every_address_and_no_other(api, ada):
    """What it says of answers is held against each answer of this module (harness/contract.py)."""
    assert api.get("/api/openapi.json").json == contract.DOCUMENT
    for path, operations in contract.DOCUMENT["paths"].items():
        allowed = set(ada.ask("OPTIONS", path.replace("{id}", "x")).headers["Allow"].split(", "))
        assert allowed == {"OPTIONS"} | {method.upper() for method in operations} | ({"HEAD"} if "get" in operations else set()), path
    routes = (SOURCE / "daemon/web/api.c").read_text()
    assert len(re.findall(r'^\t\{ "[A-Z]+", ', routes, re.M)) == sum(len(operations) for operations in contract.DOCUMENT["paths"].values())


def test_the_document_says_what_a_body_may_be(ada):
    """What its schemas take is taken, what they refuse is refused: no generated client sends what cannot be."""
    for path, schema in [("/api/tasks", "NewTask"), ("/api/tags", "NewTag"), ("/api/recurring-tasks", "NewRecurringTask")]:
        known = set(contract.DOCUMENT["components"]["schemas"][schema]["properties"])
        said = errors(ada.ask("POST", path, {"unknown": 1}))["/unknown"]
        assert set(said.split("there are ")[1].split(", ")) == known


def test_occurrences_are_told_as_explain_has_them(db, api, ada, make_user):
    """What was made, what was not and why, and what is to come; without the names of those who decided."""
    start = db.now().replace(microsecond=0) - timedelta(days=3)
    made = ada.made("/api/recurring-tasks", title="x", recurrence_rule={"frequency": "daily"}, next_due_at=start.isoformat())
    path = f"/api/recurring-tasks/{made['id']}/occurrences"
    db.execute("update recurring_tasks set starts_local = next_due_at at time zone 'UTC', starts_zone = 'UTC', made_through = next_due_at,"
               " next_due_at = next_due_at + interval '2 d' where id = %s", (made["id"],))
    db.execute("insert into tasks (id, user_id, title, is_complete, recurring_task_id, occurrence_at, due_date, created_at, updated_at)"
               " values ('made', %s, 'x', true, %s, %s, %s, %s, %s)", (ada.name, made["id"], start, start, start, start))
    db.execute("insert into recurd.decisions (kind, template_id, first_at, last_at, occurrences, detail, by)"
               " values ('paused', %s, %s, %s, 1, 'on holiday', 'a secret operator')",
               (made["id"], start + timedelta(days=1), start + timedelta(days=1)))
    answer = ada.get(path + f"?from={quote((start - timedelta(days=1)).strftime('%FT%TZ'))}&to={quote((start + timedelta(days=6)).strftime('%FT%TZ'))}")
    verdicts = [(row["verdict"], row["task_id"], row["kind"]) for row in answer.json]
    assert verdicts[:3] == [("made", "made", None), ("decided", None, "paused"), ("due", None, None)], answer.json
    assert {verdict for verdict, _, _ in verdicts[4:]} == {"to come"} and len(verdicts) >= 6
    assert "on holiday" in answer.json[1]["why"] and "secret operator" not in answer.text
    assert len(ada.get(path).json) > 20
    stranger = make_user()
    assert stranger.get(path).status == 404 and stranger.get("/api/recurring-tasks/none/occurrences").status == 404
    for query in ("from=yesterday", "to=x", "from=2027-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "from=2027-01-01T00:00:00Z&to=2037-01-01T00:00:00Z"):
        assert ada.get(f"{path}?{query}").status == 422, query


def test_many_occurrences_come_in_pages(db, ada):
    start = db.now().replace(microsecond=0)
    made = ada.made("/api/recurring-tasks", title="x", recurrence_rule={"frequency": "hourly"}, next_due_at=(start + timedelta(hours=1)).isoformat())
    path = f"/api/recurring-tasks/{made['id']}/occurrences?from={quote(start.strftime('%FT%TZ'))}&to={quote((start + timedelta(days=40)).strftime('%FT%TZ'))}"
    seen = []
    while path:
        answer = ada.get(path)
        seen += [row["occurrence_at"] for row in answer.json]
        link = answer.headers.get("Link")
        path = link and link[1:link.index(">")]
    assert len(seen) == len(set(seen)) == 960 and seen == sorted(seen)
