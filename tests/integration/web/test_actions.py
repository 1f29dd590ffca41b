"""What operators may do on the pages: asked for first, from our own pages alone, with their name in the records."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from harness.web import RecurdHttp

pytestmark = pytest.mark.slow
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def http(db):
    db.add_template(timedelta(days=1), id="t&1", title="x")
    db.execute("insert into recurd.settings default values on conflict do nothing")
    server = RecurdHttp(db, operators_on_unix_socket=True, actions=True).wait_ready()
    yield server
    server.stop()
    server.dispose()


def act(http, action, unix=True, headers=None, **fields):
    body = urlencode({"action": action, "id": "t&1"} | fields).encode()
    return http.ask("POST", "/act", body, unix=unix, headers=FORM | (headers or {}))


def test_an_operator_pauses_resumes_and_is_named(http, db):
    assert "Pause…" in http.get("/template?id=t%261", unix=True).text
    question = http.get("/act?action=pause&id=t%261", unix=True)
    assert question.status == 200 and 'method="post"' in question.text and 'value="t&amp;1"' in question.text
    done = act(http, "pause", reason="holiday <b>")
    assert (done.status, done.headers["Location"]) == (303, "template?id=t%261")
    assert not db.template("t&1")["is_active"]
    assert "unix" in db.value("select by from recurd.changes where template_id = 't&1' order by id desc limit 1")
    assert act(http, "resume").status == 303 and db.template("t&1")["is_active"]
    assert act(http, "trigger").status == 303
    assert db.value("select count(*) from tasks where recurring_task_id = 't&1'") == 1


def test_retry_takes_out_of_quarantine_and_says_where_there_is_nothing_to_do(http, db):
    db.update("recurring_tasks", "t&1", failed_at=db.now(), failure="recurrence_rule: x")
    assert act(http, "retry").status == 303
    assert db.template("t&1")["failed_at"] is None and len(db.decisions("t&1", "retried")) == 1
    refused = act(http, "retry")
    assert refused.status == 409 and "not in quarantine" in refused.json["detail"]
    assert act(http, "pause", id="nothing").status == 409


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
])
def test_a_page_of_another_site_does_nothing(http, db, headers):
    assert act(http, "pause", headers=headers).status in (401, 403)
    assert db.template("t&1")["is_active"]


def test_nobody_and_nonsense_do_nothing(http):
    assert act(http, "pause", unix=False).status == 401
    assert act(http, "drop").status == 422 and act(http, "pause", id="").status == 422
    assert act(http, "pause", reason="x" * 600).status == 422
    assert http.ask("POST", "/act", b"{}", unix=True, headers={"Content-Type": "application/json"}).status == 415
    assert http.get("/act?action=drop&id=t%261", unix=True).status == 404


def test_without_the_option_the_pages_only_show(db, recurd_http):
    db.add_template(timedelta(days=1), id="t2")
    server = recurd_http(db, operators_on_unix_socket=True)
    assert "Pause…" not in server.get("/template?id=t2", unix=True).text
    assert server.get("/act?action=pause&id=t2", unix=True).status == 403
    assert server.ask("POST", "/act", b"action=pause&id=t2", unix=True, headers=FORM).status == 403
    assert db.template("t2")["is_active"]
