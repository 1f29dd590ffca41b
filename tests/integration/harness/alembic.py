"""Databases as the applications' own migration chain made them, written down independently of migrations/.

CHAIN is what `alembic upgrade` ran, revision by revision, with the steps' numbers; the authentication
library's change of "user".id stands with revision 5.
"""

CHAIN = [
    (1, "ea3540bc87e7", """
        CREATE TABLE "user" (
            email VARCHAR(255) NOT NULL, name VARCHAR(100) NOT NULL, id UUID NOT NULL,
            hashed_password VARCHAR, "emailVerified" BOOLEAN DEFAULT false NOT NULL, image VARCHAR,
            "createdAt" TIMESTAMP WITHOUT TIME ZONE NOT NULL, "updatedAt" TIMESTAMP WITHOUT TIME ZONE NOT NULL,
            PRIMARY KEY (id));
        CREATE UNIQUE INDEX ix_user_email ON "user" (email);
    """),
    (2, "ba7aa1f810b4", """
        CREATE TABLE tasks (
            title VARCHAR(200) NOT NULL, description VARCHAR(2000), id UUID NOT NULL, is_complete BOOLEAN NOT NULL,
            user_id UUID NOT NULL, created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
            PRIMARY KEY (id), FOREIGN KEY(user_id) REFERENCES "user" (id));
        CREATE INDEX ix_tasks_is_complete ON tasks (is_complete);
        CREATE INDEX ix_tasks_user_id ON tasks (user_id);
    """),
    (3, "7582d33c41bc", """
        CREATE INDEX ix_tasks_title ON tasks (title);
        CREATE INDEX ix_tasks_created_at ON tasks (created_at);
        CREATE INDEX ix_tasks_updated_at ON tasks (updated_at);
        CREATE INDEX ix_tasks_user_id_created_at ON tasks (user_id, created_at);
        CREATE INDEX ix_tasks_user_id_is_complete ON tasks (user_id, is_complete);
    """),
    (4, "003_add_conversation_tables", """
        CREATE TABLE conversations (
            id UUID NOT NULL, user_id UUID NOT NULL, title VARCHAR(255),
            created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL, updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
            PRIMARY KEY (id));
        CREATE INDEX ix_conversations_user_id ON conversations (user_id);
        CREATE INDEX ix_conversations_user_id_created_at ON conversations (user_id, created_at);
        CREATE TABLE messages (
            id UUID NOT NULL, conversation_id UUID NOT NULL, user_id UUID NOT NULL, role VARCHAR NOT NULL,
            content VARCHAR NOT NULL, tool_calls JSON, created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
            PRIMARY KEY (id), FOREIGN KEY(conversation_id) REFERENCES conversations (id));
        CREATE INDEX ix_messages_conversation_id ON messages (conversation_id);
        CREATE INDEX ix_messages_conversation_id_created_at ON messages (conversation_id, created_at);
        CREATE INDEX ix_messages_user_id ON messages (user_id);
        CREATE INDEX ix_messages_user_id_created_at ON messages (user_id, created_at);
    """),
    (5, "5b9aae697899", """
        ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_fkey;
        ALTER TABLE "user" ALTER COLUMN id TYPE TEXT USING id::text;
        ALTER TABLE tasks ALTER COLUMN id TYPE TEXT USING id::text;
        ALTER TABLE tasks ALTER COLUMN user_id TYPE TEXT USING user_id::text;
        ALTER TABLE tasks ADD CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES "user" (id);
    """),
    (6, "20250131_add_priority_to_tasks", """
        ALTER TABLE tasks ADD COLUMN priority VARCHAR(20) DEFAULT 'medium' NOT NULL;
        ALTER TABLE tasks ADD CONSTRAINT ck_tasks_priority_valid
            CHECK (priority IN ('low', 'medium', 'high', 'urgent'));
        CREATE INDEX ix_tasks_priority ON tasks (priority);
    """),
    (7, "20250131_add_due_dates_to_tasks", """
        ALTER TABLE tasks ADD COLUMN due_date TIMESTAMP WITH TIME ZONE;
        CREATE INDEX ix_tasks_due_date ON tasks (due_date);
    """),
    (8, "20250131_add_reminders_to_tasks", """
        ALTER TABLE tasks ADD COLUMN remind_at TIMESTAMP WITH TIME ZONE;
        CREATE INDEX ix_tasks_remind_at ON tasks (remind_at);
    """),
    (9, "20250131_add_recurrence_to_tasks", """
        ALTER TABLE tasks ADD COLUMN recurrence_rule JSONB;
        CREATE INDEX ix_tasks_recurrence_rule ON tasks USING gin (recurrence_rule);
    """),
    (10, "20250131_add_tags_tables", """
        CREATE TABLE tags (
            id VARCHAR NOT NULL, user_id VARCHAR NOT NULL, name VARCHAR(50) NOT NULL,
            color VARCHAR(7) DEFAULT '#007bff' NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT fk_tags_user_id FOREIGN KEY(user_id) REFERENCES "user" (id), CONSTRAINT pk_tags PRIMARY KEY (id));
        CREATE INDEX ix_tags_user_id ON tags (user_id);
        CREATE UNIQUE INDEX ix_tags_user_id_name ON tags (user_id, name);
        CREATE TABLE task_tags (
            task_id VARCHAR NOT NULL, tag_id VARCHAR NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT fk_task_tags_task_id FOREIGN KEY(task_id) REFERENCES tasks (id) ON DELETE CASCADE,
            CONSTRAINT fk_task_tags_tag_id FOREIGN KEY(tag_id) REFERENCES tags (id) ON DELETE CASCADE,
            CONSTRAINT pk_task_tags PRIMARY KEY (task_id, tag_id));
        CREATE INDEX ix_task_tags_task_id ON task_tags (task_id);
        CREATE INDEX ix_task_tags_tag_id ON task_tags (tag_id);
        CREATE UNIQUE INDEX ix_task_tags_task_tag ON task_tags (task_id, tag_id);
    """),
    (11, "20250131_add_recurring_tasks_table", """
        CREATE TABLE recurring_tasks (
            id VARCHAR NOT NULL, user_id VARCHAR NOT NULL, title VARCHAR(200) NOT NULL, description VARCHAR(2000),
            priority VARCHAR(20) DEFAULT 'medium' NOT NULL, recurrence_rule JSONB NOT NULL,
            next_due_at TIMESTAMP WITH TIME ZONE NOT NULL, is_active BOOLEAN DEFAULT true NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT fk_recurring_tasks_user_id FOREIGN KEY(user_id) REFERENCES "user" (id),
            CONSTRAINT ck_recurring_tasks_priority_valid CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
            CONSTRAINT pk_recurring_tasks PRIMARY KEY (id));
        CREATE INDEX ix_recurring_tasks_user_id ON recurring_tasks (user_id);
        CREATE INDEX ix_recurring_tasks_user_id_next_due_at ON recurring_tasks (user_id, next_due_at);
        CREATE INDEX ix_recurring_tasks_is_active ON recurring_tasks (is_active);
        CREATE INDEX ix_recurring_tasks_recurrence_rule ON recurring_tasks USING gin (recurrence_rule);
        CREATE OR REPLACE FUNCTION update_recurring_tasks_updated_at() RETURNS TRIGGER AS $$
        BEGIN
            NEW.updated_at = now();
            RETURN NEW;
        END;
        $$ LANGUAGE plpgsql;
        CREATE TRIGGER trigger_update_recurring_tasks_updated_at BEFORE UPDATE ON recurring_tasks
            FOR EACH ROW EXECUTE FUNCTION update_recurring_tasks_updated_at();
    """),
]
REVISIONS = {number: revision for number, revision, _ in CHAIN}
USER = "11111111-1111-4111-8111-111111111111"
TASK = "21111111-1111-4111-8111-111111111111"

# Rows that a step's objects can hold, put in right after it.
ROWS = {
    1: f"""insert into "user" values ('a@example.org', 'A', '{USER}', null, true, null, '2025-01-01', '2025-01-01')""",
    2: f"""insert into tasks values ('Old', 'text', '{TASK}', false, '{USER}', '2025-01-01', '2025-01-02')""",
    4: f"""insert into conversations values ('{USER}', '{USER}', 'hello', '2025-01-01', '2025-01-01')""",
    6: "update tasks set priority = 'urgent'",
    7: "update tasks set due_date = '2025-03-01 10:00+00'",
    8: "update tasks set remind_at = '2025-03-01 09:00+00'",
    9: """update tasks set recurrence_rule = '{"frequency": "daily"}'""",
    10: f"""insert into tags (id, user_id, name) values ('tag', '{USER}', 'home');
            insert into task_tags (task_id, tag_id) values ('{TASK}', 'tag')""",
    11: f"""insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at)
            values ('template', '{USER}', 'Water', '{{"frequency": "weekly", "days": ["mon"]}}', '2025-02-03 10:00+00')""",
}


def make(db, to, rows=True, stamp=None, width=32):
    """Brings a database to step `to` as Alembic does.  stamp: the step that alembic_version names, None: `to`,
    False: no such table."""
    for number, _, statements in CHAIN:
        if number > to:
            break
        db.execute(statements)
        if rows and number in ROWS:
            db.execute(ROWS[number])
    if stamp is not False:
        set_stamp(db, REVISIONS[to if stamp is None else stamp], width)


def set_stamp(db, revision, width=32):
    width = max(width, len(revision))
    db.execute(
        "drop table if exists alembic_version;"
        f"create table alembic_version (version_num varchar({width}) not null,"
        " constraint alembic_version_pkc primary key (version_num));"
        f"insert into alembic_version values ('{revision}')"
    )


def stamped(db):
    return db.value("select version_num from alembic_version")
