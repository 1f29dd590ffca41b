"""The pages over a real database: who sees what, every page, hostile rows through all of them, a database that goes away."""

import re
import time
from html.parser import HTMLParser

import pytest

from harness.web import RecurdHttp, quote

pytestmark = pytest.mark.slow

HOSTILE = "<script>alert(1)</script>\"' onload=x \u202e{rule}"
PAGES = ["/", "/upcoming", "/templates", "/quarantine", "/decisions", "/workers", "/rule", "/settings", "/about"]
OPEN = ["/", "/upcoming", "/workers", "/rule", "/settings", "/about"]


class Markup(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def http(db):
    db.add_user("ada")
    add = ("insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, is_active)"
           " values (%s, 'ada', %s, %s, now() + interval '90 s', %s)")
    db.execute(add, ("plants", "water the plants", '{"frequency":"weekly","byDay":[{"day":"mo"},{"day":"th"}]}', True))
    db.execute(add, (HOSTILE[:36], HOSTILE, '{"frequency":"daily"}', True))
    db.execute(add, ("../..", "dots", '{"frequency":"daily"}', True))
    db.execute(add, ("rests", "paused one", '{"frequency":"daily"}', False))
    db.execute(add, ("broken", "mox", '{"frequency":"weekly","days":["mox","thu"]}', True))
    db.execute("update recurring_tasks set failed_at = now(), failure = %s where id = 'broken'",
               ('recurrence_rule.days[0]: expected mon...sun, got "mox" ' + HOSTILE,))
    db.execute("insert into recurd.decisions (kind, template_id, first_at, last_at, occurrences, detail, by)"
               " values ('dropped', 'plants', date_trunc('second', now()) - interval '2 d', date_trunc('second', now()) - interval '1 d', 3, %s, %s)", (HOSTILE, HOSTILE))
    server = RecurdHttp(db, operators_on_unix_socket=True, show_titles=True).wait_ready()
    yield server
    server.stop()
    server.dispose()


def page(http, path, unix=True):
    answer = http.get(path, unix=unix)
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/html; charset=utf-8", answer
    return answer.text


def test_each_page_stands_for_operators_and_is_one_document(http):
    for path in PAGES + ["/template?id=plants", "/template?id=broken"]:
        text = page(http, path)
        tags = Markup(text).tags
        assert text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>"), path
        assert [tag for tag, _ in tags].count("h1") == 1, path
        assert len(text) < 200_000


def test_nobody_of_this_machine_sees_how_it_stands_and_no_title(http):
    for path in PAGES:
        answer = http.get(path)
        assert answer.status == (200 if path in OPEN else 401), path
        assert "water the plants" not in answer.text and "got &quot;mox" not in answer.text, path


def test_hostile_rows_are_text_on_every_page(http):
    links = ["/template?id=" + quote(HOSTILE[:36]), "/template?id=plants", "/template?id=broken",
             "/rule?rule=" + quote(HOSTILE) + "&zone=" + quote(HOSTILE) + "&start=" + quote(HOSTILE),
             "/templates?id=" + quote(HOSTILE) + "&user=" + quote(HOSTILE) + "&state=" + quote(HOSTILE),
             "/upcoming?after=" + quote(HOSTILE), "/decisions?after=" + quote(HOSTILE) + "&from=" + quote(HOSTILE)]
    for path in PAGES + links:
        text = page(http, path)
        assert "\u202e" not in text, path
        for tag, attributes in Markup(text).tags:
            assert tag != "script" or attributes.get("src", "").startswith("assets/"), path
            assert "style" not in attributes and not any(name.startswith("on") for name in attributes), path


def test_links_of_a_page_are_relative_and_lead_somewhere(http):
    for path in PAGES:
        for tag, attributes in Markup(page(http, path)).tags:
            link = attributes.get("href") or attributes.get("src")
            if not link or link.startswith("#"):
                continue
            assert not link.startswith("/") and ":" not in link.split("?")[0], (path, link)
            assert http.get("/" + link.removeprefix("."), unix=True).status == 200, (path, link)


def test_an_id_of_dots_and_slashes_has_a_page(http):
    assert "../.." in page(http, "/template?id=" + quote("../.."))
    assert http.get("/template?id=nothing", unix=True).status == 404
    assert http.get("/template", unix=True).status == 404


def test_templates_are_found_by_id_user_and_state(http):
    def ids(query):
        return re.findall(r'template\?id=([^"]+)"', page(http, "/templates?" + query))

    assert "plants" in ids("") and "rests" not in ids("")
    assert ids("id=pla") == ["plants"] and ids("id=pla&state=paused") == []
    assert ids("user=ada&state=paused") == ["rests"] and ids("user=lin") == []
    assert ids("state=quarantined") == ["broken"]


def test_quarantine_marks_the_place_and_offers_a_trial(http):
    text = page(http, "/quarantine")
    assert "<mark>&quot;mox&quot;</mark>" in text and 'href="rule?rule=%7B' in text
    assert "recurctl retry broken" in text


def test_a_template_tells_what_was_not_made_and_why(http):
    text = page(http, "/template?id=plants")
    assert "every week on Monday and Thursday" in text
    assert "missed, and more than catch_up_limit were" in text
    assert "to come" in text


def test_a_rule_is_tried_in_any_form(http):
    text = page(http, "/rule?rule=" + quote("30 2 * * *") + "&zone=Europe/Berlin&start=2027-03-27T00:00:00")
    assert "valid" in text and 'class="month"' in text
    part = page(http, "/rule?part=preview&rule=" + quote("every tusday at 9"))
    assert "<mark>tusday</mark>" in part and "<html" not in part and "Tuesday" in part
    assert "at least 60 s" in page(http, "/rule?part=preview&rule=" + quote('{"frequency":"secondly","interval":5}'))


def test_assets_are_for_ever_and_under_their_digest(http):
    name = re.search(r'href="(assets/recurd-[0-9a-f]{8}\.css)"', page(http, "/"))[1]
    answer = http.get("/" + name)
    assert answer.status == 200 and "immutable" in answer.headers["Cache-Control"]
    assert http.get("/assets/recurd.css").status == 404


def events(stream, seconds):
    """(event, first line of data) of a stream."""
    found, event, until = [], None, time.monotonic() + seconds
    while time.monotonic() < until:
        line = stream.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            event = line[7:]
        elif line.startswith("data: ") and event:
            found.append((event, line[6:]))
            event = None
        if ("as-of", ) == tuple(name for name, _ in found[-1:]) and len([f for f in found if f[0] == "as-of"]) >= 2:
            break
    return found


def test_a_stream_sends_everything_once_and_then_what_changed(http):
    stream = http.stream("/events?page=now", unix=True)
    found = events(stream, 8)
    stream.close()
    first = [name for _, name in found[:7]]
    assert first == ["verdict", "figures", "strip", "heat", "upcoming", "quarantine", "decisions"]
    again = [name for kind, name in found[10:] if kind == "part"]
    assert "decisions" not in again and "strip" not in again, "nothing of these changed"
    assert http.get("/events?page=other", unix=True).status == 404


def test_while_nobody_looks_the_database_is_not_asked(http, db):
    page(http, "/")
    time.sleep(1.2)
    asked = "select max(query_start) from pg_stat_activity where usename = 'recurd_test_web'"
    for _ in range(5):  # a stream of before may have ended only now
        last = db.value(asked)
        time.sleep(1.3)
        if db.value(asked) == last:
            return
    raise AssertionError("it is asked all the time")


def test_settings_say_what_is_set_since_when_and_by_whom(cluster, recurd_http):
    db = cluster.create_migrated()
    db.execute("update recurd.settings set catch_up_limit = 7")
    http = recurd_http(db, operators_on_unix_socket=True)
    text = page(http, "/settings")
    who = db.value("select current_user")
    row = re.search(r'<tr><td class="text">catch_up_limit</td>(.*?)</tr>', text, re.S)[1]
    assert re.match(r'<td class="text">7</td><td><span class="tag good">set</span>', row) and who in row and "<time" in row
    assert ">default</span>" in re.search(r'<tr><td class="text">min_interval</td>(.*?)</tr>', text, re.S)[1]
    open_page = page(http, "/settings", unix=False)
    assert "catch_up_limit" in open_page and who not in open_page, "whoever changed it is for operators"
    http.stop()
    db.drop()


def test_a_template_tells_its_policies_edits_and_moves(cluster, recurd_http):
    db = cluster.create_migrated()
    db.add_user("ada")
    db.execute("insert into recurd.calendars (name) values ('work')")
    db.execute("insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, is_active)"
               " values ('policed', 'ada', 'x', '{\"frequency\": \"weekly\"}', date_trunc('second', now()) + interval '1 h', true)")
    db.execute("insert into recurd.policies (template_id, catch_up, lead_time, remind_before, calendar, shift)"
               " values ('policed', 'latest', '30 min', '{10 min,-5 min}', 'work', 'skip')")
    db.execute("update recurring_tasks set starts_local = next_due_at at time zone 'UTC', starts_zone = 'UTC' where id = 'policed'")
    db.execute("update recurring_tasks set recurrence_rule = '{\"frequency\": \"daily\"}' where id = 'policed'")
    db.execute("insert into recurd.decisions (kind, template_id, first_at, last_at, occurrences, detail)"
               " values ('rezoned', 'policed', now() - interval '1 d', now(), 1, 'Europe/Berlin to UTC')")
    http = recurd_http(db, operators_on_unix_socket=True)
    text = page(http, "/template?id=policed")
    assert "of what is late: latest; made before it is due by 30min; reminded 10min before, 5min after; calendar work; on a day off: skip" in text
    assert "the rule was edited" in text and "every week" in text, "the rule of before"
    assert "Europe/Berlin" in text and "Moves to another time zone" in text
    assert "its calendar leaves that day out" in text, "Saturdays and Sundays, as those who plan have it"
    http.stop()
    db.drop()


def test_a_rule_on_trial_may_name_a_calendar(cluster, recurd_http):
    db = cluster.create_migrated()
    db.execute("insert into recurd.calendars (name) values ('work')")
    http = recurd_http(db)
    text = page(http, "/rule?rule=" + quote('{"frequency":"monthly","workday":-2,"calendar":"work"}'), unix=False)
    assert "What comes next" in text, text
    http.stop()
    db.drop()
