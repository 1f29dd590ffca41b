"""Beside an ORM: real Alembic has nothing to propose after an adoption, with the models of man/examples or without.

SQLAlchemy of Debian 12 is 1.4, the models are written for 2: there is a shim for what 1.4 calls otherwise.
"""

import importlib.util
import re
from datetime import timedelta
from pathlib import Path

import pytest

from harness.alembic import CHAIN, make
from harness.daemon import once
from harness.migrate import migrate
from harness.util import SOURCE

sa = pytest.importorskip("sqlalchemy")
alembic = pytest.importorskip("alembic")
import alembic.command  # noqa: E402
import alembic.config  # noqa: E402
from sqlalchemy import orm  # noqa: E402
from sqlalchemy.dialects.postgresql import JSON, UUID  # noqa: E402

EXAMPLES = SOURCE / "man/examples/sqlalchemy"
MODELS = ["models.py", "sqlmodel_models.py"]
ENV = '''
from alembic import context
from sqlalchemy import create_engine

told = context.config.attributes
with create_engine(told["url"]).connect() as connection:
    context.configure(connection=connection, target_metadata=told["metadata"], compare_type=True, **told["options"])
    with context.begin_transaction():
        context.run_migrations()
'''
SCRIPT = '''revision = "${up_revision}"
down_revision = ${repr(down_revision)}
from alembic import op
import sqlalchemy as sa

def upgrade():
    ${upgrades if upgrades else "pass"}

def downgrade():
    ${downgrades if downgrades else "pass"}
'''


def url(db):
    place = dict(pair.split("=", 1) for pair in db.dsn.split())
    return f"postgresql+psycopg2://{place['user']}@/{place['dbname']}?host={place['host']}&port={place['port']}"


class Alembic:
    """An application's folder of migrations: the chain, and commands on it."""

    def __init__(self, db, folder):
        self.db = db
        (folder / "versions").mkdir()
        (folder / "env.py").write_text(ENV)
        (folder / "script.py.mako").write_text(SCRIPT)
        before = None
        for number, revision, statements in CHAIN:
            (folder / "versions" / f"{number:04}.py").write_text(
                f"from alembic import op\nrevision = {revision!r}\ndown_revision = {before!r}\n"
                f"def upgrade():\n    op.execute({statements!r})\n\ndef downgrade():\n    pass\n"
            )
            before = revision
        self.config = alembic.config.Config()
        self.config.set_main_option("script_location", str(folder))
        self.config.attributes.update(url=url(db), metadata=None, options={})

    def upgrade(self):
        """Its last revision has a longer name than the column that it makes by itself."""
        self.db.execute("create table alembic_version (version_num varchar(64) primary key)")
        alembic.command.upgrade(self.config, "head")

    def proposes(self, metadata, **options):
        """What `revision --autogenerate` would have done, one operation a line; `check` where it is known."""
        self.config.attributes.update(metadata=metadata, options=options)
        script = alembic.command.revision(self.config, autogenerate=True)
        with open(script.path) as written:
            body = written.read().split("def upgrade():")[1].split("def downgrade():")[0]
        Path(script.path).unlink()
        found = re.findall(r"op\.(\w+)\((?:op\.f\()?'(\w+)'\)?(?:, '(\w+)')?", body)
        if hasattr(alembic.command, "check") and not found:
            alembic.command.check(self.config)
        return found


def load(text, name):
    """A module of this text; with what SQLAlchemy 1.4 calls otherwise."""
    if not hasattr(orm, "DeclarativeBase"):
        text = text.replace("from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column", (
            "from sqlalchemy import Column as mapped_column; from sqlalchemy.orm import Mapped, declarative_base"))
        text = text.replace("class Base(DeclarativeBase):\n    pass", "Base = declarative_base()")
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, None))
    exec(compile(text, name, "exec"), module.__dict__)
    return module


def models(file, without_ours=False):
    """The example's classes, with the application's other tables in the same metadata."""
    text = (EXAMPLES / file).read_text()
    if without_ours:
        text = re.sub(r"^ *# recurd:.*?^ *# end\n", "", text, flags=re.M | re.S)
    if file == MODELS[1]:
        sqlmodel = pytest.importorskip("sqlmodel")
        sqlmodel.SQLModel.metadata.clear()
        sqlmodel.SQLModel._sa_registry.dispose()
        sqlmodel.main.default_registry._class_registry.clear()
    module = load(text, file.removesuffix(".py"))
    module.metadata = module.Task.metadata
    others(module.metadata)
    return module


def others(metadata):
    stamp, uid = sa.DateTime(), UUID(as_uuid=True)
    sa.Table(
        "user", metadata, sa.Column("email", sa.String(255), nullable=False), sa.Column("name", sa.String(100), nullable=False),
        sa.Column("id", sa.Text, primary_key=True), sa.Column("hashed_password", sa.String), sa.Column("image", sa.String),
        sa.Column("emailVerified", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("createdAt", stamp, nullable=False), sa.Column("updatedAt", stamp, nullable=False),
        sa.Index("ix_user_email", "email", unique=True),
    )
    sa.Table(
        "conversations", metadata, sa.Column("id", uid, primary_key=True), sa.Column("user_id", uid, nullable=False),
        sa.Column("title", sa.String(255)), sa.Column("created_at", stamp, nullable=False),
        sa.Column("updated_at", stamp, nullable=False), sa.Index("ix_conversations_user_id", "user_id"),
        sa.Index("ix_conversations_user_id_created_at", "user_id", "created_at"),
    )
    sa.Table(
        "messages", metadata, sa.Column("id", uid, primary_key=True),
        sa.Column("conversation_id", uid, sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("user_id", uid, nullable=False), sa.Column("role", sa.String, nullable=False),
        sa.Column("content", sa.String, nullable=False), sa.Column("tool_calls", JSON),
        sa.Column("created_at", stamp, nullable=False), sa.Index("ix_messages_user_id", "user_id"),
        sa.Index("ix_messages_conversation_id", "conversation_id"),
        sa.Index("ix_messages_user_id_created_at", "user_id", "created_at"),
        sa.Index("ix_messages_conversation_id_created_at", "conversation_id", "created_at"),
    )


@pytest.fixture(scope="module")
def app(cluster, tmp_path_factory):
    """The application's database, made by its own Alembic, and adopted."""
    db = cluster.create()
    app = Alembic(db, tmp_path_factory.mktemp("alembic"))
    app.upgrade()
    bare = models("models.py", without_ours=True).metadata
    assert app.proposes(bare) == [], "the models are those of the chain"
    include = load((EXAMPLES / "filter.py").read_text(), "filter").include_object
    assert app.proposes(bare, include_object=include) == [], "with the filter the check is green before, too"
    migrate(db, "up")
    yield app
    db.drop()


@pytest.mark.parametrize("file", MODELS)
def test_autogenerate_proposes_nothing_with_our_columns(app, file):
    assert app.proposes(models(file).metadata) == []


@pytest.mark.parametrize("file", MODELS)
def test_autogenerate_proposes_nothing_with_the_filter(app, file):
    include = load((EXAMPLES / "filter.py").read_text(), "filter").include_object
    assert len((EXAMPLES / "filter.py").read_text().split("def include_object")[1].splitlines()) <= 10
    bare = models(file, without_ours=True).metadata
    assert app.proposes(bare, include_object=include) == []
    assert app.proposes(bare, include_object=include, include_schemas=True) == []


def test_the_filter_hides_nothing_but_ours(app):
    """A column that the application dropped from its models is still proposed to be dropped."""
    include = load((EXAMPLES / "filter.py").read_text(), "filter").include_object
    bare = models("models.py", without_ours=True).metadata
    app.db.execute("alter table tasks add column failure text; create index ix_stray on tasks (failure)")
    try:
        assert app.proposes(bare, include_object=include) == [
            ("drop_index", "ix_stray", ""), ("drop_column", "tasks", "failure")]
    finally:
        app.db.execute("alter table tasks drop column failure")


def test_without_either_it_would_drop_us(app):
    """That Alembic looks at all, and what an application would have lost."""
    proposed = [what for what, *_ in app.proposes(models("models.py", without_ours=True).metadata)]
    assert proposed.count("drop_column") == 17
    assert proposed.count("drop_index") == 10 and len(proposed) == 27


@pytest.mark.parametrize("file", MODELS)
def test_what_the_models_write_becomes_a_task(app, file):
    """Through the ORM: a template goes in, recurd makes its task, the task is found by its template."""
    db, m = app.db, models(file)
    db.execute("truncate \"user\" cascade")
    user = db.add_user("u")
    now = db.now().replace(microsecond=0)
    with orm.Session(sa.create_engine(url(db)), expire_on_commit=False) as session:
        session.add(m.RecurringTask(id="t", user_id=user, title="Water", recurrence_rule={"frequency": "daily"},
                                    next_due_at=now + timedelta(hours=-1), created_at=now + timedelta(hours=-2)))
        session.add(m.Task(id="plain", user_id=user, title="Once", created_at=now.replace(tzinfo=None),
                           updated_at=now.replace(tzinfo=None), is_complete=False))
        session.commit()
        once(db, adopt_backlog="all")
        (made,) = session.query(m.Task).filter(m.Task.recurring_task_id == "t").all()
        assert (made.title, made.priority, made.is_complete) == ("Water", "medium", False)
        template = session.get(m.RecurringTask, "t", populate_existing=True)
        assert template.next_due_at == made.due_date + timedelta(days=1) and template.used_count == 1
    assert db.value("select recurrence_rule is null from tasks where id = 'plain'"), "no rule is NULL, not JSON's null"


def test_a_task_finds_its_template_without_a_foreign_key(app):
    """By the words that stand in the models."""
    for file in MODELS:
        text = (EXAMPLES / file).read_text()
        (join,) = re.findall('primaryjoin="(.*?)"', text)
        m = models("models.py")
        m.Task.template = orm.relationship(m.RecurringTask, primaryjoin=lambda: eval(join, {**vars(m), "foreign": orm.foreign}))
        assert "recurring_tasks.id = tasks.recurring_task_id" in str(sa.select(m.Task).join(m.Task.template)) or \
            "tasks.recurring_task_id = recurring_tasks.id" in str(sa.select(m.Task).join(m.Task.template))


@pytest.mark.skipif(not hasattr(orm, "DeclarativeBase"), reason="SQLAlchemy 2 is not installed")
@pytest.mark.parametrize("file", MODELS)
def test_the_models_as_they_stand_are_read_in_the_manner_of_sqlalchemy_2(app, file):
    """Without the shim: typed columns, and select()."""
    db, m = app.db, models(file)
    assert isinstance(m.Task.__table__.c.due_date.type, sa.DateTime) and m.Task.__table__.c.description.nullable
    db.execute("truncate \"user\" cascade")
    db.add_task(user=db.add_user("u"), id="two")
    with orm.Session(sa.create_engine(url(db))) as session:
        task = session.scalars(sa.select(m.Task).where(m.Task.id == "two")).one()
        task.recurrence_rule = {"frequency": "daily"}
        session.commit()
        assert session.scalars(sa.select(m.Task.recurrence_rule)).all() == [{"frequency": "daily"}]


def test_columns_that_a_schema_file_made_are_refused(cluster):
    """As Rails' schema.rb, or a migration that took ours in, makes them: the page says to leave them out."""
    db = cluster.create()
    try:
        make(db, 11)
        db.execute("alter table recurring_tasks add column starts_local timestamp, add column starts_zone text")
        done = migrate(db, "up", code=None)
        assert done.code != 0 and "recurd adds one of this name" in done.err, done.err
    finally:
        db.drop()


def test_the_page_names_what_the_filter_hides():
    ours = load((EXAMPLES / "filter.py").read_text(), "filter").OURS
    page = (SOURCE / "man/recurd-orm.7").read_text()
    section = page[page.index(".Sh WHAT IS ADDED"):page.index(".Sh FILES")]
    for table, names in ours.items():
        told = section[section.index(f".It Li {table}\n"):].split(".It", 2)[1]
        assert set(names.split()) == set(re.findall(r"[a-z]+_[a-z_]+|failure", told)) - {table}
