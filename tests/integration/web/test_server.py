"""recurd-http before anybody is known: who is let in, what a request may look like, how it starts and ends."""

import resource
import socket

import pytest

from harness.util import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def http(db):
    from harness.web import RecurdHttp

    server = RecurdHttp(db, operators_on_unix_socket=True).wait_ready()
    yield server
    server.stop()
    server.dispose()


def test_no_default_lets_anybody_in(http):
    assert (http.get("/livez").status, http.get("/readyz").status) == (200, 200)
    refused = http.get("/api/tags")
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.headers["Content-Type"] == "application/problem+json" and isinstance(refused.json["detail"], str)
    assert http.get("/api/tags", token="x.y.z").headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_who_comes_by_the_unix_socket_is_an_operator_unless_a_proxy_speaks_for_somebody(http):
    assert http.get("/api/tags", unix=True).status == 403, "an operator has no tags"
    assert http.get("/api/tags", unix=True, headers={"X-Forwarded-For": "10.1.1.1"}).status == 401


def test_an_answer_has_the_headers_that_keep_browsers_safe(http):
    headers = http.get("/livez").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'") and headers["X-Content-Type-Options"] == "nosniff"
    assert (headers["Referrer-Policy"], headers["Cross-Origin-Opener-Policy"], headers["Cache-Control"]) == ("no-referrer", "same-origin", "no-store")


@pytest.mark.parametrize("method, path, status, header", [
    ("GET", "/nothing", 404, None), ("GET", "/api/tags/", 404, None), ("GET", "//api/tags", 404, None),
    ("GET", "/api/tags/a%00b", 404, None), ("GET", "/api/tags/a%2Fb", 404, None), ("GET", "/api/tags/%zz", 404, None),
    ("DELETE", "/api/tags", 405, ("Allow", "GET, HEAD, POST, OPTIONS")), ("BREW", "/livez", 405, ("Allow", "GET, HEAD, OPTIONS")),
    ("OPTIONS", "/api/tags", 204, ("Allow", "GET, HEAD, POST, OPTIONS")), ("HEAD", "/livez", 200, None),
    ("GET", "/livez?a=%zz", 400, None), ("GET", "/livez?a%ff=b", 400, None), ("GET", "/api/tags/%ff", 404, None),
])
def test_what_no_handler_sees(http, method, path, status, header):
    answer = http.ask(method, path)
    assert answer.status == status, answer
    assert not header or answer.headers[header[0]] == header[1]


def test_a_page_of_anybodys_cannot_read_it_under_a_name_of_its_own(http):
    """DNS rebinding: the browser believes that it still talks to evil.example."""
    assert http.get("/livez", headers={"Host": "evil.example"}).status == 421
    assert http.get("/livez", headers={"Host": "localhost:1"}).status == 200


def test_a_body_has_a_limit_and_a_type(http):
    large = http.ask("POST", "/api/tags", b"[" + b"1," * 40000, headers={"Content-Type": "application/json"})
    assert large.status == 413
    assert http.ask("POST", "/api/tags", b"name=x", headers={"Content-Type": "application/x-www-form-urlencoded"}).status == 415


@pytest.mark.parametrize("raw", [
    b"GET /x\x00 HTTP/1.1\r\nHost: localhost", b"GET " + b"a" * 70000, b"\xff\xfe" * 2000,
    b"POST /api/tags HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1",
    b"POST /api/tags HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999",
    b"POST /api/tags HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"GET /livez HTTP/1.1", b"GET /livez?%ff%fe=%00 HTTP/1.1\r\nHost: localhost",
], ids=range(8))
def test_hostile_bytes_are_refused_and_nothing_else_happens(http, raw):
    connection = http.connect()
    connection.connect()
    connection.sock.sendall(raw + b"\r\n\r\n")
    try:
        answer = connection.sock.recv(65536)
    except ConnectionError:
        answer = b""
    assert not answer or answer.split(b" ")[1][:1] == b"4", answer[:200]
    connection.close()
    assert http.get("/livez").status == 200


def test_a_flood_of_connections_leaves_room_for_others(http):
    """From one address more than half of all that there may be: it is the flood that waits."""
    flood, limits = [], resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    try:
        for _ in range(1100):
            connection = socket.create_connection(("127.0.0.1", http.port))
            flood.append(connection)
        assert http.get("/livez", unix=True).status == 200
    finally:
        for connection in flood:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    wait_until(lambda: http.get("/livez").status == 200)


def test_the_type_of_a_problem_leads_to_what_it_means(http):
    from urllib.parse import urljoin, urlsplit

    for path, status in (("/api/tasks/x", 401), ("/nothing/of/the/kind", 404), ("/nothing", 404), ("/livez?a=%zz", 400)):
        answer = http.get(path)
        where = urlsplit(urljoin(f"http://localhost{path}", answer.json["type"]))
        meaning = http.get(where.path)
        assert answer.status == status and meaning.status == 200, path
        assert f'<h2 id="{where.fragment}">{status}: {answer.json["title"]}</h2>' in meaning.text
