"""recurd-http from start to end: its configuration, reloads, a database that comes and goes, requests under way at its end."""

import contextlib
import http.client as http_client
import os
import re
import signal
import threading

import pytest

from harness.daemon import run_program
from harness.util import wait_until
from harness.web import Local, User, secret_file

pytestmark = pytest.mark.slow


def test_a_stopped_server_is_a_503_in_time_and_everything_works_again_when_it_goes_on(make_cluster, recurd_http, tmp_path):
    """kill -STOP: the connection stands, and no answer comes."""
    cluster = make_cluster()
    db = cluster.create_migrated()
    http = recurd_http(db, jwt_secret_file=secret_file(tmp_path))
    ada = User(http, db.add_user("ada"))
    backends = db.sessions()
    stopped = [row["pid"] if isinstance(row, dict) else row for row in db.column("select pid from pg_stat_activity where usename = 'recurd_test_web'")]
    assert backends and stopped
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(ada.get("/api/tasks"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert http.get("/livez").status == 200, "what needs no database is answered meanwhile"
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {503} and all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: ada.get("/api/tasks").status == 200)


def test_without_a_database_it_lives_and_says_why_it_is_not_ready(db, recurd_http):
    http = recurd_http(db, ready=False, dsn="host=/nowhere user=recurd_test_web")
    wait_until(lambda: http.notify.seen("READY"))
    assert (http.get("/livez").status, http.get("/readyz").status) == (200, 503)


def test_a_role_without_the_functions_is_told_which_right_it_lacks_and_goes_on_once_it_has_it(db, recurd_http):
    db.psql("create role recurd_test_poor login")
    http = recurd_http(db, ready=False, dsn=db.dsn_as("recurd_test_poor"))
    told = http.expect("http_database_unfit")
    assert "grant recurd_web to it" in told["msg"]
    db.psql("grant recurd_web to recurd_test_poor")
    http.wait_ready()
    db.psql("revoke recurd_web from recurd_test_poor; drop role recurd_test_poor")


def test_a_reload_changes_what_it_can_and_nothing_where_something_is_wrong(db, recurd_http):
    http = recurd_http(db)
    assert http.get("/livez", headers={"Host": "todo.example"}).status == 421
    http.write_config(hosts="todo.example")
    http.kill(signal.SIGHUP)
    http.expect("http_reloaded")
    assert http.get("/livez", headers={"Host": "todo.example"}).status == 200
    http.write_config(connections=4)
    http.kill(signal.SIGHUP)
    assert "connections cannot be changed" in http.expect("http_reload_failed")["msg"]
    http.stop()


@pytest.mark.parametrize("lines, said", [
    ("listen = 0.0.0.0:8080", "exposed = on"), ("listen = somewhere", "listen: "), ("lissen = x", 'did you mean "listen"'),
    ("connections = 99", "connections: "), ("", None), ('listen = "127.0.0.1:1 /run/x.sock"', None), ("connections = 1\nconnections = 2", "repeated"),
])
def test_a_configuration_is_checked_before_anything_starts(tmp_path, lines, said):
    (tmp_path / "conf").write_text(lines + "\n")
    done = run_program("recurd-http", "-c", tmp_path / "conf", "--check-config")
    assert (done.returncode, said is None or said in done.stderr) == (0 if said is None else 78, True), done.stderr


def test_what_is_dumped_is_a_file_again(tmp_path):
    (tmp_path / "conf").write_text('hosts = "a.example b.example"\ndatabase_url = "postgresql://u:hunter2@db/app"\n')
    dumped = run_program("recurd-http", "-c", tmp_path / "conf", "--dump-config").stdout
    assert "hunter2" not in dumped and 'hosts = "a.example b.example"' in dumped
    (tmp_path / "conf").write_text(re.sub(r"(?m)^database_url.*$", "", dumped))
    assert 'hosts = "a.example b.example"' in run_program("recurd-http", "-c", tmp_path / "conf", "--dump-config").stdout


def test_nowhere_to_listen_is_said(db, recurd_http):
    done = run_program("recurd-http", "--foreground", "-o", f"database_url={db.dsn}", "-c", "/dev/null")
    assert done.returncode == 78 and "nowhere to listen" in done.stderr


def test_a_socket_of_systemds_is_taken_and_stays(db, recurd_http, tmp_path):
    """LISTEN_FDS: where it listens is the socket unit's business, and clients wait there while it restarts."""
    place = tmp_path / "given.sock"
    http = recurd_http(db, listen=None, wrapper=("systemd-socket-activate", "-l", place), ready=False)
    connection = Local(place)
    wait_until(place.exists)
    connection.request("GET", "/livez")
    assert connection.getresponse().status == 200
    connection.close()
    http.kill(signal.SIGTERM)
    http.wait()
    assert place.exists()


def test_what_was_asked_is_answered_before_it_ends(db, recurd_http, tmp_path):
    http = recurd_http(db, jwt_secret_file=secret_file(tmp_path))
    ada = User(http, db.add_user("eve"))
    locker = db.connect(autocommit=False)
    locker.execute("lock table tags")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(ada.ask("POST", "/api/tags", {"name": "x"})))
    thread.start()
    wait_until(lambda: db.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and usename = 'recurd_test_web'"))
    http.kill(signal.SIGTERM)
    http.expect("http_stopping")
    locker.rollback()
    locker.close()
    thread.join()
    assert answers[0].status == 201
    assert http.wait() == 0


def test_a_second_signal_waits_for_nobody_and_ends_cleanly(db, recurd_http, tmp_path):
    """Requests that wait for the database, and a stream's worth of idle connections, are still there."""
    http = recurd_http(db, jwt_secret_file=secret_file(tmp_path))
    ada = User(http, db.add_user("kim"))
    idle = [http.connect() for _ in range(5)]
    for connection in idle:
        connection.request("GET", "/livez")
        connection.getresponse().read()
    locker = db.connect(autocommit=False)
    locker.execute("lock table tags")

    def ask():
        with contextlib.suppress(OSError, http_client.HTTPException):
            ada.ask("POST", "/api/tags", {"name": "x"})

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    wait_until(lambda: db.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and usename = 'recurd_test_web'"))
    http.kill(signal.SIGTERM)
    http.expect("http_stopping")
    http.kill(signal.SIGTERM)
    assert http.wait() == 0
    http.check_clean()
    locker.rollback()
    locker.close()
    for thread in threads:
        thread.join()
