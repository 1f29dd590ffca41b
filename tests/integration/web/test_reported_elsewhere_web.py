"""What people have reported of other programs that speak HTTP, tried here: APIs, calendar feeds, streams, metrics, and
the libraries and proxies beneath them.

A story is what a report tells, in words, with its source (none: tried because it stands beside one); what recurd-http
does stands in it.  Most went wrong there, some did here.  Each is one request to one server, so that a story costs next to nothing.
"""

import gzip
import json
import re
import socket
import time
from email.utils import parsedate_to_datetime

import icalendar
import pytest

from harness.web import token

pytestmark = pytest.mark.slow

JSON = "Content-Type: application/json"


def exchange(api, data, patience=5):
    """All bytes that come back on a connection, to its end or until nothing comes."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=patience) as connection:
        connection.sendall(data)
        found = b""
        try:
            while part := connection.recv(65536):
                found += part
        except (TimeoutError, ConnectionResetError):
            pass
        return found


def request(line, *headers, body=b"", host="Host: localhost", version="1.1"):
    length = [f"Content-Length: {len(body)}"] if body and not any("Transfer-Encoding" in header for header in headers) else []
    head = [f"{line} HTTP/{version}", *([host] if host else []), *headers, *length, "Connection: close"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def status(answer):
    lines = [part for part in answer.split(b"HTTP/1.1 ")[1:] if not part.startswith(b"100")]
    return int(lines[0][:3]) if lines else None


def head_of(answer):
    return answer.split(b"\r\n\r\n")[0].decode().lower()


@pytest.fixture(scope="module")
def bearer(db):
    db.add_user("reported")
    return f"Authorization: Bearer {token('reported')}"


GH = "https://github.com/"

# Requests that were answered wrongly: (what was told, where, the request, what comes here) ----------------------------

TAG = b'{"name": "%s"}'
STORIES = [
    # Addresses.
    ("a client that believes in a proxy sends the whole address, and 404 was the answer",
     "honojs/node-server/issues/228", ("GET http://localhost/api/tasks",), 200),
    ("so do clients of Java and checks of monitoring", "zoxy-io/zoxy/issues/233", ("GET HTTP://LOCALHOST:80/api/tasks",), 200),
    ("and it is the address that counts, not Host", "httpwg/http-core/issues/1105", ("GET http://evil.example/api/tasks",), 421),
    ("an address without a path is the first page", "python/cpython/issues/132741", ("GET http://localhost",), 403),
    ("axios does so for https", "cnighswonger/claude-code-cache-fix/pull/261", ("GET https://localhost/api/tasks?limit=1",), 200),
    ("a name in front of the host is no host", None, ("GET http://localhost@evil.example/api/tasks",), 421),
    # What is accepted.
    ("types have no case: Application/Json", "PostgREST/postgrest/issues/3478", ("GET /api/tasks", "Accept: APPLICATION/JSON"), 200),
    ("whoever takes anything may say so in his way", "PostgREST/postgrest/issues/274", ("GET /api/tasks", "Accept: *"), 200),
    ("an Accept that says nothing", None, ("GET /api/tasks", "Accept:"), 200),
    ("an Accept on two lines", None, ("GET /api/tasks", "Accept: text/plain", "Accept: application/json"), 200),
    ("only what is not JSON is wanted", "PostgREST/postgrest/issues/1584", ("GET /api/tasks", "Accept: text/plain"), 406),
    ("JSON is what is not wanted", None, ("GET /api/tasks", "Accept: application/json;q=0"), 406),
    # Bodies.
    ("a byte order mark before the body: SharePoint, PowerShell", "n8n-io/n8n/pull/35933",
     ("POST /api/tags", JSON, b"\xef\xbb\xbf" + TAG % b"marked"), 201),
    ("a mark in the middle is still no JSON", "cloudflare/workerd/issues/4977", ("POST /api/tags", JSON, b'{\xef\xbb\xbf"name": "x"}'), 400),
    ("UTF-16 is none", "nedpals/jisoni/issues/1", ("POST /api/tags", JSON, '{"name": "x"}'.encode("utf-16")), 400),
    ("a compressed body was taken for broken JSON", "vapor/vapor/issues/3176",
     ("POST /api/tags", JSON, "Content-Encoding: gzip", gzip.compress(TAG % b"small")), 415),
    ("and so says RFC 7694", "jetty/jetty.project/issues/5285", ("POST /api/tags", JSON, "Content-Encoding: br", TAG % b"br"), 415),
    ("identity is no compression", "arafato/azurite/issues/43", ("POST /api/tags", JSON, "Content-Encoding: identity", TAG % b"as it is"), 201),
    ("a coding of no body", None, ("GET /api/tasks", "Content-Encoding: gzip"), 200),
    # Queries.
    ("the plus of an offset becomes a blank: no date", "HeliosSoftware/hfs/issues/1296", ("GET /api/tasks?due_before=2030-01-01T00:00:00+01:00",), 200),
    ("as %2B it is a plus anyway", "django-tastypie/django-tastypie/issues/1198", ("GET /api/tasks?due_before=2030-01-01T00:00:00%2B01:00",), 200),
    ("a blank elsewhere is none", "CVEProject/cve-services/pull/986", ("GET /api/tasks?due_before=2030-01-01+00:00:00",), 422),
    ("a word and a truth are taken for each other: who looks for the word true", "Logflare/logflare/pull/3718", ("GET /api/tasks?text=true",), 200),
    ("of tags, too", "keen/explorer/pull/209", ("GET /api/tasks?tag=false",), 200),
    ("a & at the end is a name that nobody knows", "DuendeArchive/IdentityModel/issues/288", ("GET /api/tasks?limit=1&",), 200),
    ("or in front", "farhan0581/django-admin-autocomplete-filter/pull/50", ("GET /api/tasks?&limit=1",), 200),
    ("or two of them", "amphp/http-server/issues/178", ("GET /api/tasks?limit=1&&text=x",), 200),
    ("yes is no truth, and must not become one", "treflehq/trefle-api/issues/277", ("GET /api/tasks?is_complete=yes",), 422),
    ("nor is no", "treflehq/trefle-api/issues/277", ("GET /api/tasks?is_complete=no",), 422),
    ("filters behind the tenth are passed over in silence", "mevdschee/php-crud-api/issues/701",
     ("GET /api/tasks?" + "&".join(["limit=1"] * 33),), 400),
    # What two programs read in two ways.
    ("two hosts: the proxy looks at one, the server at the other", "oven-sh/bun/pull/33717", ("GET /api/tasks", "Host: evil.example"), 400),
    ("and if both are the same", "mtrudel/bandit/pull/619", ("GET /api/tasks", "Host: localhost"), 400),
    ("a host that is a list", "uNetworking/h1spec/pull/1", ("GET /api/tasks", {"host": "Host: localhost:80, evil.example"}), 421),
    ("a blank before the colon: one program reads the header, the other does not", "ohler55/agoo/issues/88", ("GET /api/tasks", "X-Other : 1"), 400),
    ("a blank behind the host", "koajs/jwt/pull/175", ("GET /api/tasks", {"host": "Host: localhost:80 "}), 200),
]


@pytest.mark.parametrize("story, source, words, expected", STORIES, ids=[f"{i}-{row[0][:40]}" for i, row in enumerate(STORIES)])
def test_a_request_that_others_answered_wrongly(api, bearer, story, source, words, expected):
    line, *rest = words
    body = next((word for word in rest if isinstance(word, bytes)), b"")
    more = next((word for word in rest if isinstance(word, dict)), {})
    answer = exchange(api, request(line, bearer, *(word for word in rest if isinstance(word, str)), body=body, **more))
    assert status(answer) == expected, (story, GH + (source or ""), answer)


@pytest.mark.parametrize("headers, body", [
    (["Transfer-Encoding: gzip, chunked"], b"0\r\n\r\n"),
    (["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], b"0\r\n\r\n"),
    (["Transfer-Encoding: chunked", "Content-Length: 4"], b"0\r\n\r\n"),
    (["Content-Length: 3", "Content-Length: 4"], b"{}  "),
], ids=["unknown coding", "two codings", "length and coding", "two lengths"])
def test_where_a_body_ends_is_said_once(api, bearer, headers, body):
    """agoo/issues/88, goliath/issues/351, hertz/pull/1490, webrick/pull/146: proxy and server disagree about the end of a body, and what is behind it is a request of nobody's: it was read here
    (one form kept the connection waiting instead).  The answer comes at once and the connection ends."""
    began = time.monotonic()
    hidden = request("GET /livez")
    answer = exchange(api, ("\r\n".join(["POST /api/tags HTTP/1.1", "Host: localhost", bearer, JSON, *headers])).encode() + b"\r\n\r\n" + body + hidden)
    assert status(answer) == 400 and answer.count(b"HTTP/1.1 ") == 1, answer
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("value", ["%C3%BC", "/", "a", "%22"])
def test_a_link_to_what_is_next_fits_or_says_that_it_does_not(ada, api, value):
    """No report, found beside others.  Headers that no proxy takes: the list was made, and the connection ended without an
    answer."""
    for i in range(2):
        ada.made("/api/tasks", title=f"x{i}", due_date="2030-01-01T00:00:00Z", priority="low")
    for n, expected in ((100, 200), (12000 // len(value), 414)):
        line = f"GET /api/tasks?limit=1&text={value * n}&text=x"
        answer = exchange(api, request(line, f"Authorization: Bearer {ada.token}"))
        assert status(answer) == expected and ('rel="next"' in head_of(answer)) == (expected == 200), answer[:300]


# Cookies ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("lines, source", [
    (["{good}"], "logicog/RTLPlayground/pull/291"),
    (["a=b; {good}"], "logicog/RTLPlayground/pull/291"),
    (['prefs="a\\"b"; {good}'], "aspnet/HttpAbstractions/issues/515"),
    (['ipt={{"v":{{"L":3}},"pt":1}}; {good}'], "aspnet/HttpAbstractions/issues/515"),
    (["x=100%; y=%E0%A4%A; {good}"], "trahloff/Aldine/pull/30"),
    (["nothing; =x; ;; {good}"], "web2py/web2py/issues/1084"),
    (["a=\u00fc; b=\u00ff; {good}"], "Start9Labs/start-technologies/issues/3511"),
    (["a=b", "{good}", "c=d"], "vapor/vapor/issues/3435"),
    (["a=b", "c=d;", "{good}"], "yesodweb/wai/issues/486"),
    (["{good};"], "imbolc/tower-cookies/issues/8"),
    (["auth_token=; better-auth.session_token={token}"], "lobu-ai/lobu/pull/2578"),
    (["auth_token=stale; {good}"], "lobu-ai/lobu/pull/2580"),
    (["auth_token=a.b.c; auth_token=stale; {good}"], "code-dot-org/code-dot-org/pull/74198"),
    (["auth_token=stale; __Secure-better-auth.session_token={token}"], "Community-VyProjects/VyManager/pull/516"),
    (["old=x", "refresh_token=y", "{good}"], "msupply-foundation/open-msupply/pull/12671"),
    (['auth_token="{token}"'], "dailymotion/dailymotion-sdk-js/pull/30"),
])
def test_cookies_of_others_on_the_same_host_sign_nobody_out(api, bearer, lines, source):
    """Browsers send what every program of the host has left (ports do not part them), and proxies of HTTP/2 put each on a
    line of its own.  One that could not be read, or the first line, ended it: whoever had signed in was nobody."""
    value = bearer.split(" ")[-1]
    sent = ["Cookie: " + line.format(good="auth_token=" + value, token=value) for line in lines]
    answer = exchange(api, request("GET /api/tasks", *sent))
    assert status(answer) == 200, (GH + source, answer)


def test_bad_cookies_are_tried_a_few_times_only(api, bearer):
    """Each may cost a question to the database: whoever sends a hundred has four of them looked at."""
    stale = "; ".join(f"auth_token=stale{i}" for i in range(100))
    assert status(exchange(api, request("GET /api/tasks", f"Cookie: {stale}; auth_token={bearer.split(' ')[-1]}"))) == 401


def test_a_name_that_only_begins_like_the_cookies_is_another(api, bearer):
    value = bearer.split(" ")[-1]
    for name in ("auth_token2", "xauth_token", "AUTH_TOKEN"):
        assert status(exchange(api, request("GET /api/tasks", f"Cookie: {name}={value}"))) == 401


def test_there_is_room_for_the_cookies_of_a_host(api, bearer):
    """openhab-core/issues/287, gatus/issues/636: 431 where the programs of one host leave 8 kB of them; 12 kB here."""
    cookies = "; ".join(f"cookie{i}={'x' * 200}" for i in range(58))
    assert status(exchange(api, request("GET /api/tasks", bearer, "Cookie: " + cookies))) == 200


@pytest.mark.parametrize("header, expected", [("bearer {}", 200), ("BEARER   {}", 200), ("Bearer {}  ", 200), ("Bearer {}\t", 200),
                                              ("Token {}", 401), ("{}", 401), ("Bearer", 401), ("Bearer {}, Bearer x", 401)])
def test_the_scheme_has_no_case_and_blanks_behind_a_header_are_no_part_of_it(api, bearer, header, expected):
    """adonisjs/auth/pull/255, owncast/pull/3376, hyperium/headers/pull/141, koajs/jwt/pull/175, fastapi/pull/14786."""
    answer = exchange(api, request("GET /api/tasks", "Authorization: " + header.format(bearer.split(" ")[-1])))
    assert status(answer) == expected, answer


@pytest.mark.parametrize("claims, expected, source", [
    ({"exp": time.time() + 3600.25}, 200, "jpadilla/pyjwt/issues/400"),
    ({"iat": time.time() + 0.5}, 200, "envoyproxy/envoy/issues/28201"),
    ({"nbf": time.time() + 5.5}, 200, "panva/openid-client/issues/263"),
    ({"aud": ["one", "two"]}, 200, "nowakowskir/php-jwt/issues/8"),
    ({"exp": str(int(time.time()) + 3600)}, 401, "jpadilla/pyjwt/issues/121"),
    ({"exp": "<not a number>"}, 401, "SkyLothar/lua-resty-jwt/issues/17"),
    ({"exp": None}, 401, "SkyLothar/lua-resty-jwt/issues/17"),
    ({"sub": 5}, 401, "jpadilla/pyjwt/issues/1017"),
])
def test_times_of_a_token_are_numbers_with_or_without_a_fraction(api, db, claims, expected, source):
    answer = exchange(api, request("GET /api/tasks", f"Authorization: Bearer {token('reported', **claims)}"))
    assert status(answer) == expected, (GH + source, answer)


# Entity tags --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("lines, source", [
    (['"{}"'], "jshttp/fresh/issues/17"),
    (['W/"{}"'], "kubernetes/ingress-nginx/issues/1390"),
    (['"{}-gzip"'], "rails/rails/issues/19056"),
    (['W/"{}-gzip"'], "mdn/content/issues/4343"),
    (['"{}--gzip"'], "quick-lint/quick-lint-js/issues/655"),
    (['"{};br"'], "hapijs/inert/issues/7"),
    (['"a", W/"b",  "{}-br"'], "jshttp/fresh/issues/17"),
    (['"a"', '"{}"'], "fastify/fastify-etag/issues/108"),
    (["*"], "jshttp/fresh/issues/17"),
])
def test_what_proxies_make_of_a_tag_is_still_known(ada, api, lines, source):
    """A proxy that compresses makes another tag of it, and hands that back unchanged: nothing was ever "not modified"."""
    task = ada.made("/api/tasks", title="x", due_date="2030-01-01T00:00:00Z", priority="low")
    sent = [f"If-None-Match: {line.format(task['etag'])}" for line in lines]
    answer = exchange(api, request(f"GET /api/tasks/{task['id']}", f"Authorization: Bearer {ada.token}", *sent))
    assert status(answer) == 304, (GH + source, answer)


@pytest.mark.parametrize("given, expected", [('"{}"', 200), ('"{}-gzip"', 200), ('W/"{}"', 200), ('"{}0"', 412), ('"gzip"', 412), ('"-gzip"', 412)])
def test_a_change_through_such_a_proxy_finds_its_row(ada, given, expected):
    task = ada.made("/api/tasks", title="x", due_date="2030-01-01T00:00:00Z", priority="low")
    assert ada.ask("PATCH", f"/api/tasks/{task['id']}", {"title": "y"}, If_Match=given.format(task["etag"])).status == expected


@pytest.mark.parametrize("given", ['"{}x"', '"x{}"', "{}", '"{}', '""', '"gzip"', '"-gzip"', "W/*"])
def test_another_tag_is_another(ada, api, given):
    task = ada.made("/api/tasks", title="x", due_date="2030-01-01T00:00:00Z", priority="low")
    assert ada.get(f"/api/tasks/{task['id']}", If_None_Match=given.format(task["etag"])).status == 200


# Calendars ----------------------------------------------------------------------------------------------------------

def feed(ada, api, zone=None, **headers):
    path = ada.made("/api/calendar-feeds", name="n")["path"]
    return api.get(path, headers=headers)


def test_a_calendar_of_nothing_is_a_calendar(ada, api):
    """https://github.com/collective/icalendar/issues/251: one without a component is refused by some who read it, so that
    whoever subscribes before his first task never sees any.  In UTC there was none here."""
    answer = feed(ada, api)
    parsed = icalendar.Calendar.from_ical(answer.body)
    assert not parsed.walk("VEVENT") and [str(part["TZID"]) for part in parsed.walk("VTIMEZONE")] == ["UTC"]


def test_a_calendar_as_those_want_it_who_read_it(ada, api, db):
    """Lines end with CRLF and PRODID is there (nextcloud/calendar/issues/2413), a zone that is named is declared
    (owncloud-archive/calendar/issues/687), no Z beside a TZID (longzhenren/buaa-gsmis-ical/issues/1), lines of at most
    75 bytes that part no character (ical-generator/issues/221, golang-ical/pull/13, ical.net/issues/693), texts escaped
    once and line ends too (calcurse/issues/265, edit-flow/pull/941), DTSTAMP in UTC (openstreetmap-calendar/issues/185)."""
    hostile = "a,b;c\\d\ne\r\nBEGIN:VEVENT\u2028\u00fc" + "\U0001f600" * 40
    task = ada.made("/api/tasks", title="hostile", due_date=time.strftime("%Y-%m-%dT11:00:00Z"), priority="high")
    db.execute("update tasks set title = %s where id = %s", (hostile, task["id"]))
    ada.made("/api/tasks", title="x", due_date=time.strftime("%Y-%m-%dT10:00:00Z"), priority="high")
    answer = feed(ada, api)
    lines = answer.body.split(b"\r\n")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8" and answer.headers["Content-Length"] == str(len(answer.body))
    assert b"\n" not in answer.body.replace(b"\r\n", b"") and answer.body.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 and line.decode() is not None for line in lines)
    assert answer.body.count(b"\r\nBEGIN:VEVENT\r\n") == 2
    event, = (each for each in icalendar.Calendar.from_ical(answer.body).walk("VEVENT") if str(each["SUMMARY"]) != "x")
    assert str(event["SUMMARY"]).startswith("a,b;c\\d\ne") and event["DTSTAMP"].dt.tzinfo is not None
    assert not any(b"TZID" in line and line.endswith(b"Z") for line in lines)
    tag = answer.headers["ETag"].strip('"')
    path = ada.made("/api/calendar-feeds", name="n")["path"]
    assert api.get(path, headers={"If-None-Match": f'W/"{tag}-gzip"'}).status == 304


def test_a_year_of_five_digits_spoils_no_calendar(ada, api, db):
    """As nextcloud/calendar/issues/6333, where one time that could not be read left a calendar empty: an application had
    written a stamp of the year 12026, and all of the feed was refused by those who read it."""
    for column, value in (("updated_at", "12026-01-01"), ("updated_at", "0044-01-01 BC"), ("completed_at", "12026-01-01"),
                          ("completed_at", "0044-01-01 BC"), ("remind_at", "12026-01-01"), ("remind_at", "0044-01-01 BC")):
        task = ada.made("/api/tasks", title=column, due_date=time.strftime("%Y-%m-%dT11:00:00Z"), priority="high")
        db.execute(f"update tasks set {column} = %s, is_complete = %s where id = %s", (value, column == "completed_at", task["id"]))
    path = ada.made("/api/calendar-feeds", name="n")["path"]
    for query, kind in (("", "VEVENT"), ("?alarms=1", "VEVENT"), ("?as=todo&alarms=1", "VTODO")):
        answer = api.get(path + query)
        assert len(icalendar.Calendar.from_ical(answer.body).walk(kind)) == 6
        assert not [line for line in answer.text.split("\r\n") if re.search(r":(-\d|\d{9,}T)", line)]
        assert parsedate_to_datetime(answer.headers["Last-Modified"]) <= parsedate_to_datetime(answer.headers["Date"])


@pytest.mark.parametrize("method, expected", [("HEAD", 200), ("OPTIONS", 204), ("PROPFIND", 405), ("REPORT", 405)])
def test_programs_for_calendars_try_first_what_it_is(ada, api, method, expected):
    """No report, but what CalDAV's programs send to an address: it is answered in HTTP's words, and without a body by HEAD."""
    path = ada.made("/api/calendar-feeds", name="n")["path"]
    answer = exchange(api, request(f"{method} {path}", body=b"<propfind/>" if method == "PROPFIND" else b""))
    assert status(answer) == expected and "allow: " in head_of(answer) or method == "HEAD", answer
    assert answer.endswith(b"\r\n\r\n") or method in ("PROPFIND", "REPORT")


# Streams ------------------------------------------------------------------------------------------------------------

def test_a_stream_asks_proxies_to_leave_it_alone(api):
    """express-sse/pull/31, fastify-sse-v2/pull/8: a proxy that compresses holds events back
    until it has enough of them; django-eventstream/pull/37: one that buffers, too."""
    stream = api.stream("/events?page=now")
    assert stream.headers["Cache-Control"] == "no-store, no-transform" and stream.headers["X-Accel-Buffering"] == "no"
    assert stream.headers["Content-Type"].startswith("text/event-stream")
    assert stream.readline() == b"retry: 2000\n"
    stream.close()


def test_a_stream_by_head_has_no_body_and_the_next_answer_follows(api):
    """tornado/pull/2741, HttpSysServer/pull/370, thin/issues/179: the chunk that ends a body was sent where there is none: whoever asks next on that connection reads it as his answer."""
    answer = exchange(api, b"HEAD /events?page=now HTTP/1.1\r\nHost: localhost\r\n\r\n" + request("GET /livez"))
    first, second = answer.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert first.endswith(b"\r\n\r\n") and b"text/event-stream" in first and b"chunked" not in first, answer
    assert second.endswith(b"\r\n\r\nok\n")


# Others -------------------------------------------------------------------------------------------------------------

def test_errors_can_be_read_by_pages_that_may_ask(api, bearer):
    """plone.rest/issues/101, apex/up/issues/661, rauthy/issues/1310: errors without CORS headers: a page sees "network error" instead of 401, 404, 415, 422."""
    for line, sent, body, expected in (("GET /api/tasks", [], b"", 401), ("GET /api/tasks/none", [bearer], b"", 404),
                                       ("GET /api/tasks?x=1", [bearer], b"", 422), ("POST /api/tags", [bearer, JSON], b"{", 400),
                                       ("POST /api/tags", [bearer, JSON, "Content-Encoding: gzip"], b"x", 415),
                                       ("DELETE /api/tasks", [bearer], b"", 405)):
        answer = exchange(api, request(line, "Origin: https://app.example", *sent, body=body))
        assert status(answer) == expected and "access-control-allow-origin: https://app.example" in head_of(answer), answer


def test_answers_on_one_connection_come_in_their_order(api, bearer):
    part = request("GET /api/tags", bearer).replace(b"Connection: close\r\n", b"")
    answer = exchange(api, b"\r\n" + part + request("HEAD /api/tasks", bearer).replace(b"Connection: close\r\n", b"") + part + request("GET /livez"))
    assert answer.count(b"HTTP/1.1 200 OK") == 4 and answer.endswith(b"ok\n")


def test_who_announces_too_much_is_told_before_he_sends_it(api, bearer):
    """No report.  Expect: 100-continue: no "go on" for what is refused anyway."""
    answer = exchange(api, request("POST /api/tags", bearer, JSON, "Expect: 100-continue", "Content-Length: 1000000"))
    assert answer.startswith(b"HTTP/1.1 413") and b"100 Continue" not in answer


@pytest.mark.parametrize("body, word", [(b'{"name": 1e999}', "overflow"), (b'{"name": 123456789012345678901234567890}', "big"),
                                        (b"[" * 30000, "depth"), (b'{"name": "a", "name": "b"}', "duplicate"),
                                        (b'{"name": "\\ud800"}', "Unicode"), (b'{"name": "\\u0000"}', "u0000"), (b"", "end of file")])
def test_json_at_its_limits_is_refused_in_words(ada, api, body, word):
    """No report, but where parsers of JSON differ: depth, two keys, infinity, zero, half a character."""
    answer = exchange(api, request("POST /api/tags", f"Authorization: Bearer {ada.token}", JSON, body=body))
    detail = json.loads(answer.split(b"\r\n\r\n")[-1])["detail"]
    assert status(answer) == 400 and word in detail, answer


def test_each_operation_has_a_name_of_its_own(api):
    """No report: generators of clients name functions by operationId."""
    paths = api.get("/api/openapi.json").json["paths"]
    names = [operation["operationId"] for path in paths.values() for method, operation in path.items()
             if method in ("get", "post", "put", "patch", "delete")]
    assert len(names) == len(set(names)) >= 26 and all(name.isalnum() for name in names)
