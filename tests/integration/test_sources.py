"""Which database it is: --dsn, a file that is named, RECURD_DATABASE_URL, DATABASE_URL, the default file, PG*."""

import shutil
import subprocess
from itertools import combinations

import pytest

from harness.ctl import ctl_json
from harness.daemon import config_text, program, run_program
from harness.util import clean_environ, is_root

ORDER = ("dsn", "named file", "RECURD_DATABASE_URL", "DATABASE_URL", "default file", "PG")
PAIRS = list(combinations(ORDER, 2))


@pytest.fixture(scope="module")
def databases(cluster):
    """The right one and the wrong one."""
    made = cluster.create_migrated(), cluster.create_migrated()
    yield made
    for database in made:
        database.drop()


class Sources:
    """What each source says, as arguments and variables."""

    def __init__(self, folder):
        self.folder, self.args, self.env, self.wrapper = folder, {}, {}, []

    def add(self, source, db):
        if source == "dsn":
            self.args["dsn"] = db.dsn
        elif source == "named file":
            self.args["file"] = self.folder / "named.conf"
            self.args["file"].write_text(config_text({"database_url": db.dsn}))
        elif source == "default file":
            etc = self.folder / "etc"
            (etc / "recurd").mkdir(parents=True)
            for name in ("passwd", "group", "nsswitch.conf"):
                shutil.copy(f"/etc/{name}", etc)
            (etc / "recurd/recurd.conf").write_text(config_text({"database_url": db.dsn}))
            self.wrapper = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc]
        elif source == "PG":
            self.env |= {"PGHOST": str(db.cluster.dir), "PGPORT": str(db.cluster.port), "PGUSER": "postgres", "PGDATABASE": db.name}
        else:
            self.env[source] = db.dsn

    def run(self, name, *args):
        dsn = self.args.get("dsn")
        pointed = [] if not dsn else ["--dsn", dsn] if name == "recurctl" else ["-o", f"database_url={dsn}"]
        file = ["-c", self.args["file"]] if "file" in self.args else []
        argv = [*self.wrapper, program(name), *file, *pointed, *args]
        done = subprocess.run([str(arg) for arg in argv], capture_output=True, text=True, env=clean_environ(**self.env))
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.mark.parametrize("stronger, weaker", PAIRS, ids=[f"{a} before {b}" for a, b in PAIRS])
def test_of_two_sources_the_stronger_counts(databases, tmp_path, stronger, weaker):
    if "default file" in (stronger, weaker) and not is_root():
        pytest.skip("needs root: a file of its own in the place of /etc/recurd/recurd.conf")
    right, wrong = databases
    sources = Sources(tmp_path)
    sources.add(weaker, wrong)
    sources.add(stronger, right)
    assert f'"database":"{right.name}"' in sources.run("recurctl", "-o", "json", "status").replace(" ", "")
    dumped = sources.run("recurd", "--dump-config")
    assert right.name in dumped and wrong.name not in dumped


def test_a_shell_s_database_is_not_taken_down_for_that_of_a_file(cluster, tmp_path):
    """DATABASE_URL of the shell beat an explicit -c FILE, without a word, also for `migrate down`."""
    meant, other = cluster.create_migrated(), cluster.create_migrated()
    try:
        conf = tmp_path / "recurd.conf"
        conf.write_text(config_text({"database_url": meant.dsn}))
        env = {"DATABASE_URL": other.dsn, "RECURD_DATABASE_URL": other.dsn}
        newest = ctl_json(other, "status")["schema_level"]
        done = run_program("recurctl", "-c", conf, "migrate", "down", "--to", "27", "--yes", env=env)
        assert done.returncode == 0, done.stderr
        assert ctl_json(other, "status")["schema_level"] == newest
        assert meant.value("select count(*) from pg_attribute where attrelid = 'recurd.settings'::regclass and attname = 'changes'") == 0
    finally:
        meant.drop()
        other.drop()
