"""recurctl migrate, and dumps to compare."""

import json
import re
import subprocess

from .util import BUILD, MIGRATIONS, SLOWNESS, clean_environ, need_pg_dump, spawn

STEPS = sorted(path.name[: -len(".up.sql")] for path in MIGRATIONS.glob("*.up.sql"))
LAST = int(STEPS[-1][:4])
# Indexes that their owner may drop: verify does not miss them, repair does not bring them back.
DISPENSABLE = {name for path in MIGRATIONS.glob("*.verify.sql")
               for names in re.findall(r"i\.indexrelid is null and name in \((.*?)\)", path.read_text())
               for name in re.findall(r"\w+", names)}


def number_of(step):
    return int(step[:4])


def step_file(step, kind):
    """step: its number or its name."""
    if isinstance(step, int):
        (step,) = (name for name in STEPS if number_of(name) == step)
    return MIGRATIONS / f"{step}.{kind}.sql"


class Done:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def states(self):
        """What became of each step, by its number."""
        return {step["number"]: step["state"] for step in self.json["steps"]}

    def lines(self, kind):
        return [line for step in self.json["steps"] for line in step.get(kind, [])]


def _argv(db, args, dsn, schema):
    argv = [str(BUILD / "recurctl"), "migrate", "--dsn", dsn or db.dsn, *map(str, args)]
    return argv, clean_environ() | ({"RECURD_APP_SCHEMA": schema} if schema else {})


def migrate(db, *args, code=0, dsn=None, schema=None, timeout=100 * SLOWNESS, agree=True):
    """Runs `recurctl migrate ARGS --output json` and expects an exit code (None: any); agree: to what down asks."""
    if args and args[0] == "down" and agree and "--dry-run" not in args:
        args = (*args, "--yes")
    argv, env = _argv(db, [*args, "--output", "json"], dsn, schema)
    done = subprocess.run(argv, capture_output=True, text=True, env=env, timeout=timeout)
    assert code is None or done.returncode == code, f"exit {done.returncode}: {done.stderr}{done.stdout}"
    return Done(done.returncode, done.stdout, done.stderr)


def start_migrate(db, *args, dsn=None, schema=None):
    """As migrate, but returns the running process."""
    argv, env = _argv(db, args, dsn, schema)
    return spawn(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


def dump(db, *options, data=True):
    """pg_dump without what differs from run to run."""
    need_pg_dump(db.conn.info.server_version)
    argv = ["pg_dump", "-d", db.dsn, "--no-owner", "--exclude-table-data=recurd.migrations", *options]
    done = subprocess.run(argv if data else [*argv, "-s"], capture_output=True, text=True, env=clean_environ())
    assert done.returncode == 0, done.stderr
    return [
        line for line in done.stdout.splitlines()
        if line.strip() and not re.match(r"--|SET |SELECT pg_catalog.set_config|\\(un)?restrict", line)
    ]


def invalid_indexes(db):
    return db.column("select indexrelid::regclass::text from pg_index where not indisvalid")
