"""/metrics and /readyz of recurd-http, and recurctl metrics: the figures of the database are told once, and are those
of recurd.status; those of the process are what it has answered."""

import json
import re
import shutil
import subprocess
from datetime import timedelta

import pytest

from harness.ctl import run_ctl
from harness.util import wait_until

pytestmark = pytest.mark.slow
SAMPLE = re.compile(r"^([a-z_:]+)(?:\{(.*)\})? (\S+)$")


def samples(text):
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            assert (name, labels or "") not in found, line
            found[name, labels or ""] = float(value)
    return found


def figures(api):
    answer = api.get("/metrics")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return samples(answer.text)


@pytest.fixture(scope="module")
def filled(db):
    for number in (1, 2, 3):
        db.add_template(timedelta(days=1), id=f"fig-{number}", created_at=db.now() - timedelta(days=1))
    db.execute("update recurring_tasks set is_active = false where id = 'fig-2'")
    db.execute("update recurring_tasks set failed_at = now(), failure = 'x', next_due_at = now() - interval '1 h' where id = 'fig-3'")
    db.execute("update recurring_tasks set next_due_at = now() - interval '2 min' where id = 'fig-1'")
    return db


def test_figures_of_the_database_are_those_of_status(filled, api):
    found = figures(api)
    status = json.loads(run_ctl(filled, "status", "-o", "json").text)
    for state in ("active", "paused", "ended", "quarantined"):
        assert found["recurd_templates", f'state="{state}"'] == status[f"templates_{state}"], state
    assert found["recurd_due", 'kind="occurrence"'] == status["templates_due"] == 1
    assert 120 <= found["recurd_oldest_due_seconds", 'kind="occurrence"'] < 180
    assert found["recurd_workers", 'state="alive"'] == 0
    assert found["recurd_http_database_up", ""] == 1


def test_recurctl_tells_the_same_without_a_server(filled, api):
    told = {key for key in samples(run_ctl(filled, "metrics").text)}
    assert told == {key for key in figures(api) if not key[0].startswith(("recurd_http_", "process_"))}
    assert len(told) >= 18


def test_each_request_is_counted_by_its_route(api):
    before = figures(api)
    api.get("/livez")
    assert api.get("/no/such/thing").status == 404
    assert api.get("/api/tasks/some-id").status == 401
    after = figures(api)
    for labels in ('route="/livez",method="GET",code="2xx"', 'route="none",method="any",code="4xx"',
                   'route="/api/tasks/{id}",method="GET",code="4xx"'):
        assert after["recurd_http_requests_total", labels] - before.get(("recurd_http_requests_total", labels), 0) == 1
    assert after["recurd_http_auth_failures_total", 'reason="missing"'] - before["recurd_http_auth_failures_total", 'reason="missing"'] == 1
    name = "recurd_http_request_duration_seconds_count"
    assert after[name, 'area="api"'] - before[name, 'area="api"'] == 1


def test_what_is_presented_and_no_good_is_a_failure_to_say_who_asks(api):
    before = figures(api)
    assert api.get("/api/tasks", token="no.such.token").status == 401
    key = ("recurd_http_auth_failures_total", 'reason="invalid"')
    assert figures(api)[key] - before[key] == 1


def test_open_streams_are_counted(api):
    before = figures(api)["recurd_http_streams", ""]
    with api.stream("/events?page=now") as stream:
        stream.readline()
        assert figures(api)["recurd_http_streams", ""] == before + 1
    connection = api.stream("/events?page=now")
    connection.close()


def test_openmetrics_for_who_accepts_it(api):
    answer = api.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    names = {family.name for family in parser.text_string_to_metric_families(answer.text)}
    assert {"recurd_http_requests", "recurd_templates", "recurd_http_request_duration_seconds"} <= names


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_has_nothing_to_say(filled, api):
    for text in (api.get("/metrics").text, run_ctl(filled, "metrics").text):
        answer = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30, check=False)
        assert answer.returncode == 0 and answer.stderr + answer.stdout == "", answer.stderr


def test_nobody_from_elsewhere_reads_them(api):
    assert api.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status == 401


def check_it_tells_of_itself_alone(http):
    assert "[-]database no connection" in http.get("/readyz?verbose").text and "[+]running ok" in http.get("/readyz?verbose").text

    def of_itself_alone():
        found = figures(http)
        return found["recurd_http_database_up", ""] == 0 and ("recurd_templates", 'state="active"') not in found

    wait_until(of_itself_alone, 10)


def test_without_its_database_it_tells_of_itself_alone(cluster, recurd_http):
    db = cluster.create_migrated()
    http = recurd_http(db)
    assert ("recurd_templates", 'state="active"') in figures(http)
    db.execute("alter role recurd_test_web nologin")
    db.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'recurd_test_web' and datname = current_database()")
    try:
        wait_until(lambda: http.get("/readyz").status == 503, 10)
        check_it_tells_of_itself_alone(http)
    finally:
        db.execute("alter role recurd_test_web login")
    http.stop()
    db.drop()


def test_a_schema_that_is_too_new_is_not_worked_with(cluster, recurd_http):
    """Who undid nothing and upgraded the database first is told what to upgrade next."""
    db = cluster.create_migrated()
    db.execute("update recurd.settings set compatible_from = 999")
    http = recurd_http(db, ready=False)
    told = http.expect("http_database_unfit")
    assert "needs a recurd-http that knows migration 999" in told["msg"]
    assert http.get("/readyz").status == 503
