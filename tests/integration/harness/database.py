"""A database of a cluster, and the rows that tests put into it."""

import itertools
import json
import re
import subprocess
import uuid
import weakref
from datetime import datetime, timedelta, timezone

import psycopg
from psycopg.rows import dict_row

from .util import MIGRATIONS, SOURCE, clean_environ

UTC = timezone.utc
_serial = itertools.count(1)


SQL = SOURCE / "daemon/sql"


def statement_files():
    """Every statement, one file each, a folder a layer."""
    return sorted(SQL.glob("*/*.sql"))


def statement_text(name):
    [path] = SQL.glob(f"*/{name}.sql")
    return path.read_text()


def _head_and_body(text):
    lines = text.splitlines()
    head = " ".join(line[2:].strip() for line in lines if line.startswith("--"))
    return head, "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")


def statement(name, careful=False):
    """(head, body) of a statement of daemon/sql, as the daemon binds it (db/query.h) for the default schema."""
    head, body = _head_and_body(statement_text(name))
    for _ in range(2):  # a part may name others
        for path in SQL.glob("*/*.part"):
            body = body.replace("{" + path.stem.replace("_", " ") + "}", _head_and_body(path.read_text())[1])
    form = r"\1" if careful else ""
    return head, re.sub(r"\{other ([^}]*)\}", form, body.replace("{app}", "public"))


def plan_as_batches_do(conn):
    """Switches on and off, up to the end of the transaction, what tx_settings.sql switches for batches."""
    _, settings = statement("tx_settings")
    for name, value in re.findall(r"set_config\('(enable_\w+)', '(on|off)', true\)", settings):
        conn.execute(f"set local {name} = {value}")


def optional_name(path):
    """The name of an optional migration ("-- optional: NAME" in its head), or None."""
    for line in path.read_text().splitlines():
        if not line.startswith("--"):
            return None
        if line.startswith("-- optional:"):
            return line.split(":", 1)[1].strip()
    return None


def apply_migrations(database, optional=(), to=None, only=None):
    """Runs migrations/*.up.sql in order with psql, as any migration tool would."""
    files = []
    for path in sorted(MIGRATIONS.glob("*.up.sql")):
        number = int(path.name.split("_", 1)[0])
        name = optional_name(path)
        if (name and name not in optional) or (to and number > to) or (only and number not in only):
            continue
        files.append(path)
    database.psql(*files)


class Database:
    """execute, rows, row and value use one autocommit connection of the harness; connect() opens another."""

    _open = weakref.WeakSet()

    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name
        self.dsn = cluster.dsn_for(name)
        self.tcp_dsn = cluster.tcp_dsn_for(name)
        self._conn = None
        Database._open.add(self)

    def dsn_as(self, user):
        return self.cluster.dsn_for(self.name, user)

    # Connections ----------------------------------------------------------------------------------

    def connect(self, autocommit=True, **kwargs):
        return psycopg.connect(self.dsn, autocommit=autocommit, row_factory=dict_row, **kwargs)

    @property
    def conn(self):
        if self._conn is None or self._conn.closed or self._conn.broken:
            self._conn = self.connect(application_name="harness")
        return self._conn

    def close(self):
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    @classmethod
    def close_all(cls, cluster):
        for database in list(cls._open):
            if database.cluster is cluster:
                database.close()

    def clone(self):
        """A copy; nobody else may be connected to this one meanwhile."""
        self.close()
        return self.cluster.create(self.name)

    def drop(self):
        self.close()
        with psycopg.connect(self.cluster.dsn_for("postgres"), autocommit=True) as conn:
            conn.execute(f'drop database if exists "{self.name}" with (force)')

    # Statements -----------------------------------------------------------------------------------

    def execute(self, statement, params=None):
        """Returns the cursor."""
        return self.conn.execute(statement, params)

    def rows(self, statement, params=None):
        return self.execute(statement, params).fetchall()

    def row(self, statement, params=None):
        rows = self.rows(statement, params)
        assert len(rows) == 1, f"{len(rows)} rows instead of one: {statement}"
        return rows[0]

    def value(self, statement, params=None):
        """The only column of the only row."""
        (value,) = self.row(statement, params).values()
        return value

    def column(self, statement, params=None):
        return [next(iter(row.values())) for row in self.rows(statement, params)]

    def psql(self, *what, check=True, dsn=None):
        """Runs files (Path) and SQL (str) with psql, stopping at the first error; returns its output."""
        argv = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", dsn or self.dsn]
        for item in what:
            argv += ["-c", item] if isinstance(item, str) else ["-f", str(item)]
        done = subprocess.run(argv, capture_output=True, text=True, env=clean_environ())
        if check and done.returncode != 0:
            raise AssertionError(f"psql failed ({done.returncode}): {done.stderr}")
        return done.stdout

    def sessions(self):
        """How many sessions of others there are."""
        return self.value(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and backend_type = 'client backend' and application_name <> 'harness'"
        )

    # The application's rows -----------------------------------------------------------------------

    def add_user(self, user_id=None):
        user_id = user_id or f"user-{next(_serial)}"
        self.execute(
            'insert into "user" (email, name, id, "emailVerified", "createdAt", "updatedAt")'
            " values (%s, %s, %s, true, now(), now()) on conflict (id) do nothing",
            (f"{user_id}@example.org", user_id, user_id),
        )
        return user_id

    def add_template(self, due, rule=None, user=None, **columns):
        """Inserts as the application does.  due: a datetime, or a timedelta from the database's clock."""
        columns.setdefault("id", str(uuid.uuid4()))
        columns.setdefault("title", "Water the plants")
        columns["user_id"] = user or self.add_user("user-default")
        columns["recurrence_rule"] = rule if isinstance(rule, str) else json.dumps(rule or {"frequency": "daily"})
        columns["next_due_at"] = self.instant(due)
        columns.setdefault("created_at", self.now())
        self._insert("recurring_tasks", columns)
        return columns["id"]

    def add_task(self, user=None, remind=None, rule=None, **columns):
        columns.setdefault("id", str(uuid.uuid4()))
        columns.setdefault("title", "Buy milk")
        columns.setdefault("is_complete", False)
        columns["user_id"] = user or self.add_user("user-default")
        stamp = datetime.now(UTC).replace(tzinfo=None)
        columns.setdefault("created_at", stamp)
        columns.setdefault("updated_at", stamp)
        if remind is not None:
            columns["remind_at"] = self.instant(remind)
        if rule is not None:
            columns["recurrence_rule"] = rule if isinstance(rule, str) else json.dumps(rule)
        self._insert("tasks", columns)
        return columns["id"]

    def add_templates(self, count, due, users=1, rule=None, prefix="t"):
        """Many at once, ids prefix-1 ... prefix-N, spread over users u-1 ... u-N."""
        self.execute(
            'insert into "user" (email, name, id, "emailVerified", "createdAt", "updatedAt")'
            " select 'u-' || i || '@example.org', 'u', 'u-' || i, true, now(), now() from generate_series(1, %s) i"
            " on conflict (id) do nothing",
            (users,),
        )
        self.execute(
            "insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at, created_at)"
            " select %s || '-' || i, 'u-' || (1 + i %% %s), 'Task ' || i, %s, %s, recurd.now()"
            " from generate_series(1, %s) i",
            (prefix, users, json.dumps(rule or {"frequency": "daily"}), self.instant(due), count),
        )

    def _insert(self, table, columns):
        names = ", ".join(f'"{name}"' for name in columns)
        places = ", ".join(["%s"] * len(columns))
        self.execute(f"insert into {table} ({names}) values ({places})", list(columns.values()))

    def instant(self, when):
        """A datetime as it is; a timedelta counted from the database's business clock."""
        return self.now() + when if isinstance(when, timedelta) else when

    def add_tag(self, template, name, user="user-default"):
        """A tag of the user, which the template gives to its instances."""
        tag = str(uuid.uuid4())
        self.execute("insert into tags (id, user_id, name) values (%s, %s, %s)", (tag, self.add_user(user), name))
        self.execute("insert into recurd.template_tags values (%s, %s)", (template, tag))
        return tag

    # What became of them --------------------------------------------------------------------------

    def occurrences(self, template):
        """The occurrences of a template that became tasks, in order, in UTC."""
        found = self.column(
            "select occurrence_at from tasks where recurring_task_id = %s order by occurrence_at", (template,)
        )
        return [instant.astimezone(UTC) for instant in found]

    def template(self, template):
        row = self.row("select * from recurring_tasks where id = %s", (template,))
        return {k: v.astimezone(UTC) if getattr(v, "tzinfo", None) else v for k, v in row.items()}

    def task(self, task):
        return self.row("select * from tasks where id = %s", (task,))

    def update(self, table, row_id, **columns):
        """As the application does: some columns of one row."""
        names = ", ".join(f'"{name}" = %s' for name in columns)
        done = self.execute(f"update {table} set {names} where id = %s", [*columns.values(), row_id])
        assert done.rowcount == 1

    def decisions(self, template, kind=None):
        return self.rows(
            "select * from recurd.decisions where template_id = %s and kind = coalesce(%s, kind) order by id",
            (template, kind),
        )

    def notifications(self, kind=None):
        return self.rows("select * from recurd.notifications where kind = coalesce(%s, kind) order by id", (kind,))

    def go_live(self, at=None):
        """As if the first worker had started then (default: now, on the business clock)."""
        self.execute("update recurd.settings set live_since = coalesce(%s, recurd.now())", (at,))

    # The clock ------------------------------------------------------------------------------------

    def now(self):
        return self.value("select recurd.now()").astimezone(UTC)

    def _set_clock(self, expression):
        self.execute(
            "create or replace function recurd.now() returns timestamptz"
            f" language sql stable parallel safe return {expression}"
        )

    def time_travel(self, offset):
        """The business clock runs ahead (or behind) by offset from now on."""
        self._set_clock(f"pg_catalog.now() + interval '{offset.total_seconds():.6f} seconds'")

    def travel_to(self, instant):
        """The business clock shows instant now, and goes on from there."""
        self.time_travel(instant - datetime.now(UTC))

    def freeze(self, instant):
        """The business clock stands still: nothing becomes due by waiting."""
        self._set_clock(f"timestamptz '{instant.astimezone(UTC).isoformat()}'")
