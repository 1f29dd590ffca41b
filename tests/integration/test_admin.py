"""Whoever looks after a service: its configuration, its password and the grants of the README are enough for
recurctl, too."""

import re
import subprocess
from datetime import timedelta

import pytest

from harness.ctl import CONFIG, FOUND, OK, UNAVAILABLE, run_ctl
from harness.daemon import config_text, program, run_program
from harness.util import SOURCE, clean_environ, is_root

PASSWORD = "open sesame"

# Each command that asks the database, and what it may find.
COMMANDS = {
    "status": [["status"], ["status", "--check"]],
    "top": [["top", "--once"]],
    "metrics": [["metrics"]],
    "workers": [["workers"]],
    "upcoming": [["upcoming"]],
    "herd": [["herd"]],
    "simulate": [["simulate", "template"], ["simulate", "--all", "--load"]],
    "list": [["list"], ["list", "--state", "quarantined"]],
    "show": [["show", "template"], ["show", "task"], ["show", "broken"]],
    "explain": [["explain", "template"], ["explain", "--task", "task"], ["explain", "broken"]],
    "next": [["next", "--template", "template"]],
    "validate": [["validate", "--all"], ["validate", '{"frequency": "daily"}']],
    "retry": [["retry", "--all-failed"]],
    "preflight": [["preflight"], ["preflight", "--role", "recurd"]],
    "migrate": [["migrate", "status"], ["migrate", "verify"]],
    "settings": [["settings"]],
    "calendar": [["calendar"]],
    "policy": [["policy", "template"]],
    "pause": [["pause", "template"]],
    "resume": [["resume", "template"]],
    "remind": [["remind", "task"]],
    "snooze": [["snooze", "task", "--for", "1h"]],
    "trigger": [["trigger", "template"]],
    "backfill": [["backfill", "template"], ["backfill", "template", "--from", "3d", "--dry-run"], ["backfill", "template", "--from", "3d"]],
    "consumers": [["consumers"]],
}
WITHOUT_DATABASE = {"expand", "convert", "completion", "help"}
OF_USERS = {"task", "template", "tag", "feed"}
# What changes the application's own rows takes its rights, which the service has not.
OF_THE_APPLICATION = {
    "skip": ["template", "2030-01-01T09:00:00Z"], "unskip": ["template", "2030-01-01T09:00:00Z"],
    "postpone": ["template", "2030-01-01T09:00:00Z", "2030-01-01T10:00:00Z"], "split": ["template", "2030-01-01T09:00:00Z"],
    "change": ["--title", "x", "template", "2030-01-01T09:00:00Z"],
}


def recipe():
    """The README's statements that give the daemon its role."""
    text = (SOURCE / "README.md").read_text()
    step = text[text.index("**3. Give the daemon a role**"):text.index("**4. ")]
    return re.findall(r"^    ((?:create|grant) .*?;)", step, re.M)


@pytest.fixture(scope="module")
def service(pristine, tmp_path_factory):
    """A server that wants passwords, a database with something of everything, and the files of a service."""
    from harness.cluster import Cluster

    cluster = Cluster(copy_of=pristine).start()
    try:
        db = cluster.create_migrated()
        db.go_live()
        assert len(recipe()) == 2
        db.psql(*recipe(), f"alter role recurd password '{PASSWORD}'; create role other login password '{PASSWORD}'")
        (cluster.data / "pg_hba.conf").write_text("local all postgres trust\nhost all all all scram-sha-256\n")
        cluster.configure(log_connections="on")
        db.add_template(timedelta(hours=1), id="template")
        db.add_template(timedelta(hours=1), id="broken")
        db.execute("update recurring_tasks set failed_at = now(), failure = 'x' where id = 'broken'")
        db.add_task(id="task", remind=timedelta(hours=1))
        db.folder = tmp_path_factory.mktemp("etc")
        write(db, "recurd.conf", "pgpassword")
        yield db
    finally:
        cluster.destroy()


def write(db, conf, password, user="recurd", mode=0o600):
    (db.folder / conf).write_text(config_text({"database_url": db.cluster.tcp_dsn_for(db.name, user)}))
    (db.folder / password).write_text(PASSWORD + "\n")
    (db.folder / password).chmod(mode)


def test_every_command_works_with_the_services_own_file(service):
    """A night's work: no password to be found, no right that is missing."""
    done = run_program("recurd", "-c", service.folder / "recurd.conf", "--foreground", "--once")
    assert done.returncode == 0, done.stderr
    text = subprocess.run([program("recurctl"), "help"], capture_output=True, text=True, check=True).stdout
    there = set(re.findall(r"^  (\S+) ", text[text.index("commands:"):text.index("options:")], flags=re.M))
    assert there <= COMMANDS.keys() | WITHOUT_DATABASE | OF_USERS | OF_THE_APPLICATION.keys(), "a new command belongs into the table"
    for name in OF_USERS:
        told = run_ctl(None, "-c", service.folder / "recurd.conf", name, "list", "--user", "x", expect=CONFIG).errors
        assert "grant recurd_web to" in told, "users' rows are not the service's to change, unless somebody says so"
    for name, args in OF_THE_APPLICATION.items():
        answer = run_ctl(None, "-c", service.folder / "recurd.conf", name, *args, expect=None)
        assert answer.code != OK and answer.errors.startswith("recurctl: "), answer
    for name in COMMANDS.keys() & there:
        for command in COMMANDS[name]:
            answer = run_ctl(None, "-c", service.folder / "recurd.conf", *command, expect=None)
            assert answer.code in (OK, FOUND), (command, answer)


def test_preflight_finds_no_problem_with_the_recipe(service):
    answer = run_ctl(None, "-c", service.folder / "recurd.conf", "preflight", expect=None)
    assert "permission" not in answer.text and "grant" not in answer.text, answer


def test_a_second_service_has_a_password_of_its_own(service):
    write(service, "second.conf", "second.pgpassword", user="other")
    dump = run_program("recurd", "-c", service.folder / "second.conf", "--dump-config")
    assert "second.pgpassword" in dump.stdout and "beside the configuration" in dump.stdout
    answer = run_ctl(None, "-c", service.folder / "second.conf", "list", expect=CONFIG)
    assert 'grant recurd_reader to "other"' in answer.errors, "it came in, and is told what it lacks"


def test_the_mend_that_is_named_works(service):
    """Right after right, until it may do everything that it asks for."""
    write(service, "third.conf", "third.pgpassword", user="third")
    service.psql(f"create role third login password '{PASSWORD}'")
    for command in (["list"], ["retry", "--all-failed"], ["status"]):
        answer = run_ctl(None, "-c", service.folder / "third.conf", *command, expect=None)
        if answer.code == CONFIG:
            (grant,) = re.findall(r'grant recurd_\w+ to "third"', answer.errors)
            service.psql(grant)
            run_ctl(None, "-c", service.folder / "third.conf", *command)


@pytest.mark.parametrize("how", ["--dsn", "DATABASE_URL"])
def test_the_password_goes_to_no_other_database(service, how):
    """What the file does not name is somebody else's server, perhaps."""
    dsn = service.cluster.tcp_dsn_for(service.name, "recurd")
    args = ["--dsn", dsn] if how == "--dsn" else []
    (service.folder / "none").mkdir(exist_ok=True)
    (service.folder / "none" / "recurd.conf").write_text("")
    (service.folder / "none" / "pgpassword").write_text(PASSWORD + "\n")
    answer = run_ctl(None, *args, "-c", service.folder / "none" / "recurd.conf", "status", expect=UNAVAILABLE,
                     env={"DATABASE_URL": dsn} if not args else {})
    assert "no password supplied" in answer.errors


def test_who_may_not_read_the_password_is_told_where_it_is(service):
    if not is_root():
        pytest.skip("needs another user")
    for folder in (service.folder, *service.folder.parents):
        if folder.name.startswith(("etc", "pytest-", "popen-")):
            folder.chmod(0o755)  # pytest's own
    argv = [program("recurctl"), "-c", service.folder / "recurd.conf", "status"]
    done = subprocess.run(argv, capture_output=True, text=True, env=clean_environ(), user=65534, group=65534, extra_groups=[])
    assert done.returncode == UNAVAILABLE
    assert f"the service's password is in {service.folder}/pgpassword, which you may not read: run it as root" in done.stderr
