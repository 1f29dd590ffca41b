"""Figures and health over HTTP: what they say is what the worker's row, its state and the database say."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from harness.daemon import run_recurd
from harness.util import wait_until

SAMPLE = re.compile(r'^([a-z_:]+)(?:\{(.*)\})? (\S+)$')


class Local(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def get(path, page, method="GET", **headers):
    connection = Local(path)
    try:
        connection.request(method, page, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())
    finally:
        connection.close()


def samples(text):
    """{(name, labels): value}; every line is a comment or a sample, and no sample comes twice."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = SAMPLE.match(line)
        assert match, line
        key = (match[1], match[2] or "")
        assert key not in found, line
        found[key] = float(match[3])
    return found


def figures(path):
    status, text, _ = get(path, "/metrics")
    assert status == 200
    return samples(text)


def answers(path, page="/readyz", status=200):
    try:
        return get(path, page)[0] == status
    except (FileNotFoundError, ConnectionError, TimeoutError):
        return False


@pytest.fixture
def db(app_db):
    app_db.go_live()
    return app_db


@pytest.fixture
def place(tmp_path):
    return tmp_path / "m.sock"


def test_figures_are_those_of_the_worker_and_of_the_database(db, recurd, place):
    user = db.add_user()
    daemon = recurd(db, metrics_listen=str(place), heartbeat_interval="1s")
    wait_until(lambda: answers(place))
    for n in range(5):
        db.add_template(timedelta(milliseconds=300 + 20 * n), user=user)
    db.add_template(timedelta(milliseconds=300), rule='{"frequency":"never"}', user=user)
    for _ in range(3):
        db.add_task(remind=timedelta(milliseconds=300), user=user)
    made = "select count(*) from tasks where recurring_task_id is not null"
    wait_until(lambda: db.value(made) == 5 and len(db.notifications("reminder")) == 3)
    wait_until(lambda: figures(place)["recurd_quarantined_total", ""] == 1)
    wait_until(lambda: figures(place)["recurd_made_total", 'of="occurrence"'] == 5)  # counted after the COMMIT, and kept for a moment
    now = figures(place)
    assert now["recurd_reminders_total", 'result="told"'] == 3
    assert now["recurd_lateness_seconds_count", 'kind="task"'] == 5
    assert now["recurd_lateness_seconds_count", 'kind="reminder"'] == 3
    assert now["recurd_lateness_seconds_bucket", 'kind="task",le="+Inf"'] == 5
    assert 0 <= now["recurd_lateness_seconds_sum", 'kind="task"'] < 60
    assert now["recurd_fit", ""] == 1 and now["recurd_listening", ""] == -1
    assert now["recurd_lag_seconds", 'kind="generate"'] == 0
    assert now["recurd_poll_age_seconds", ""] < 60

    def same():
        told = json.loads(json.dumps(db.value("select figures from recurd.workers")))
        told = json.loads(told) if isinstance(told, str) else told
        now = figures(place)
        return told["generated"] == now["recurd_made_total", 'of="occurrence"'] and told["polls"] <= now["recurd_polls_total", ""]

    wait_until(same, what="the heartbeat has the same figures")
    daemon.kill(signal.SIGUSR1)
    line = daemon.expect("state")
    assert int(line["generated"]) == 5 and int(line["reminded"]) == 3 and int(line["quarantined"]) == 1
    daemon.stop()
    assert not place.exists()


def test_history_is_not_late(db, recurd, place):
    """What was due before the process first looked says when it was started, not how fast it is."""
    db.go_live(db.now() - timedelta(days=1))
    db.add_templates(20, timedelta(hours=-1), users=3)
    daemon = recurd(db, metrics_listen=str(place))
    wait_until(lambda: answers(place) and figures(place)["recurd_made_total", 'of="occurrence"'] >= 20)
    assert figures(place)["recurd_lateness_seconds_count", 'kind="task"'] == 0
    daemon.stop()


def test_the_two_formats(db, recurd, place):
    daemon = recurd(db, metrics_listen=str(place))
    wait_until(lambda: answers(place))
    status, text, headers = get(place, "/metrics")
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4") and len(text) < 20_000
    assert len(samples(text)) <= 200
    if shutil.which("promtool"):
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        assert checked.returncode == 0 and not checked.stdout + checked.stderr, checked
    _, text, headers = get(place, "/metrics", Accept="application/openmetrics-text;version=1.0.0;q=0.75,text/plain;q=0.5")
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")
    for accept, wanted in (("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "application/openmetrics-text"),
                           ("Application/OpenMetrics-Text", "application/openmetrics-text"), ("*/*", "text/plain"), ("text/plain", "text/plain"),
                           ("text/xml", "text/plain"), ("application/openmetrics-text;q=0,*/*", "text/plain"),
                           # as Prometheus asks where scrape_protocols names the older one first
                           ("text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.2", "text/plain")):
        assert get(place, "/metrics", Accept=accept)[2]["Content-Type"].startswith(wanted + ";"), accept
    assert get(place, "http://localhost/metrics")[0] == 200, "a client that believes in a proxy sends the whole address"
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    assert families["recurd_made"].type == "counter" and families["recurd_lateness_seconds"].type == "histogram"
    for name, family in families.items():
        assert family.documentation, name
    daemon.stop()


def test_health_follows_the_database_and_life_does_not(make_cluster, recurd, place):
    cluster = make_cluster()
    db = cluster.create_migrated()
    daemon = recurd(db, metrics_listen=str(place), reconnect_limit="200ms")
    wait_until(lambda: answers(place))
    assert get(place, "/readyz?verbose")[1] == "[+]database ok\n[+]settings ok\n[+]poll ok\n[+]running ok\nok\n"
    cluster.stop()
    wait_until(lambda: answers(place, status=503))
    assert "[-]database no connection" in get(place, "/readyz")[1]
    assert get(place, "/livez")[0] == 200
    assert figures(place)["recurd_fit", ""] == 0
    cluster.start()
    wait_until(lambda: answers(place))
    daemon.stop()


def test_only_questions(db, recurd, place):
    daemon = recurd(db, metrics_listen=str(place))
    wait_until(lambda: answers(place))
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
        status, _, headers = get(place, "/metrics", method=method)
        assert status == 405 and headers["Allow"] == "GET, HEAD", method
    status, body, headers = get(place, "/metrics", method="HEAD")
    assert status == 200 and body == "" and int(headers["Content-Length"]) > 1000
    for page in ("/", "/metrics/", "/metrics%00", "/../etc/passwd", "/" + "x" * 3000):
        assert get(place, page)[0] in (400, 404), page
    daemon.stop()


def raw(path, data):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(60)  # what waits for the rest of a request is closed after ten seconds
        sock.connect(str(path))
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            return sock.recv(1 << 16)
        except (BrokenPipeError, ConnectionResetError):
            return b""


def test_nonsense_and_crowds_harm_nobody(db, recurd, place):
    """Bytes that are no HTTP, headers without end, a body without end, and a hundred who connect and say nothing."""
    daemon = recurd(db, metrics_listen=str(place))
    wait_until(lambda: answers(place))
    for data in (
        b"\0" * 5000, b"GET\r\n\r\n", b"GET /metrics HTTP/9.9\r\n\r\n", b"GET /metrics HTTP/1.1\r\n\r\n", os.urandom(4000),
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", b"GET /" + b"%ff" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n" + b"z" * 30_000,
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"5\r\nabcde\r\n" * 500,
    ):
        raw(place, data)
    mute = [socket.socket(socket.AF_UNIX) for _ in range(100)]
    for sock in mute:
        sock.settimeout(2)
        try:
            sock.connect(str(place))
        except (BlockingIOError, TimeoutError):
            break
    task = db.add_task(remind=timedelta(milliseconds=50))
    daemon.expect("reminder", task=task)
    for sock in mute:
        sock.close()
    wait_until(lambda: answers(place))
    daemon.stop()


@pytest.mark.timing
def test_reminders_are_on_time_while_somebody_hammers(db, recurd, place):
    daemon = recurd(db, metrics_listen=str(place), log_rate=100000)
    wait_until(lambda: answers(place))
    stop, asked = threading.Event(), []

    def hammer():
        connection = Local(place)
        while not stop.is_set():
            connection.request("GET", "/metrics")
            connection.getresponse().read()
            asked.append(1)
        connection.close()

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    tasks = [db.add_task(remind=timedelta(milliseconds=200 + 10 * n)) for n in range(50)]
    wait_until(lambda: len(db.notifications("reminder")) == len(tasks))
    stop.set()
    for thread in threads:
        thread.join()
    late = sorted(int(line["late_ms"]) for line in daemon.seen("reminder"))
    print(f"late_ms p50 {late[25]}, max {late[-1]}, {len(asked)} answers meanwhile")
    assert late[25] < 500 and len(asked) > 50
    daemon.stop()


def test_an_address_that_is_taken_keeps_nobody_from_work(db, recurd, place):
    """Two workers of a host with one file: the second does its work, says why it shows no figures, and takes over."""
    first = recurd(db, metrics_listen=str(place))
    wait_until(lambda: answers(place))
    second = recurd(db, metrics_listen=str(place), worker_name="second")
    refused = second.expect("listen_refused")
    assert "Address already in use" in refused["msg"] and str(place) in refused["msg"]
    first.stop()
    task = db.add_task(remind=timedelta(0))
    second.expect("reminder", task=task)
    second.expect("listening_at", timeout=40)
    assert answers(place)
    second.kill()
    assert place.exists(), "kill -9 leaves the file"
    third = recurd(db, metrics_listen=str(place))
    wait_until(lambda: answers(place), what="a file that nobody listens at is replaced")
    third.stop()


def test_a_reload_moves_the_listener(db, recurd, place, tmp_path):
    daemon = recurd(db, metrics_listen=str(place))
    wait_until(lambda: answers(place))
    other = tmp_path / "other.sock"
    daemon.write_config(metrics_listen=str(other))
    daemon.kill(signal.SIGHUP)
    daemon.expect("reloaded")
    wait_until(lambda: answers(other))
    assert not place.exists()
    daemon.write_config(metrics_listen="0.0.0.0:9847")
    daemon.kill(signal.SIGHUP)
    failed = daemon.expect("reload_failed")
    assert "metrics_exposed = on" in failed["msg"]
    now = figures(other)
    assert now["recurd_config_last_reload_successful", ""] == 0
    assert time.time() - now["recurd_config_last_reload_success_timestamp_seconds", ""] < 600
    daemon.stop()


# The examples ------------------------------------------------------------------------------------------

EXAMPLES = Path(__file__).resolve().parents[2] / "man/examples/prometheus"
NAME = re.compile(r"\b((?:recurd|process)_[a-z_]+)\b")
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def queries():
    dashboard = json.loads((EXAMPLES / "recurd.dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    for line in (EXAMPLES / "recurd.rules.yml").read_text().splitlines():
        if line.strip().startswith("expr:"):
            yield line


def test_every_name_in_rules_dashboard_and_manual_exists_and_none_is_missing(db, recurd, place):
    daemon = recurd(db, metrics_listen=str(place))
    wait_until(lambda: answers(place))
    text = get(place, "/metrics")[1]
    there = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    used = {SUFFIX.sub("", name) for query in queries() for name in NAME.findall(query)}
    assert used and used <= there, used - there
    page = (EXAMPLES.parents[1] / "recurd.8").read_text()
    told = set(NAME.findall(page[page.index(".Sh METRICS AND HEALTH"):page.index(".Sh ENVIRONMENT")]))
    assert told == there, told ^ there
    daemon.stop()


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_the_alerts_pass_their_tests():
    done = subprocess.run(["promtool", "test", "rules", "recurd.rules.test.yml"], cwd=EXAMPLES, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("listen, problem", [
    ("0.0.0.0:9847", "metrics_exposed = on"), ("[::]:9847", "metrics_exposed = on"), ("localhost:9847", "expected"), ("/" + "x" * 300, "at most 107 bytes"),
    ("127.0.0.1:0", "expected"),
])
def test_an_address_that_is_not_meant_is_refused_before_anything_starts(db, listen, problem):
    done = run_recurd("--check-config", db=db, metrics_listen=listen)
    assert done.returncode == 78 and "metrics_listen: " in done.stderr and problem in done.stderr
