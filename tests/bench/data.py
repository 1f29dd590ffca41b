"""The data sets.

Templates: three fifths daily, three tenths weekly on two days, the rest monthly; one in four has a tag.  What
is due has been due for less than an hour, once, in an order that is not that of the rows.
"""

from contextlib import contextmanager

USERS = 1000


@contextmanager
def without_indexes(db, table):
    """Loads are ten times faster when the indexes that are no constraints come afterwards."""
    indexes = db.rows(
        "select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition"
        " from pg_index i left join pg_constraint c on c.conindid = i.indexrelid"
        " where i.indrelid = %s::regclass and c.oid is null",
        (table,),
    )
    for index in indexes:
        db.execute(f"drop index {index['name']}")
    yield
    for index in indexes:
        db.execute(index["definition"])


def _begin(db):
    # Rows of an application that has used recurd for days: nothing is settled or adopted.
    db.execute("update recurd.settings set live_since = now() - interval '10 days'")
    db.execute(
        'insert into "user" (email, name, id, "emailVerified", "createdAt", "updatedAt")'
        " select 'u-' || i || '@example.org', 'User ' || i, 'u-' || i, true, now(), now()"
        " from generate_series(1, %s) i on conflict do nothing",
        (USERS,),
    )
    db.execute(
        "insert into tags (id, user_id, name) select 'tag-' || i, 'u-' || i, 'home' from generate_series(1, %s) i"
        " on conflict do nothing",
        (USERS,),
    )


def load_templates(db, templates, due, tasks=0, analyse=True):
    """So many templates, of which `due` are due, and tasks that have nothing to do with them.  More than once: more of them."""
    _begin(db)
    with without_indexes(db, "recurring_tasks"):
        db.execute("select setseed(0.5)")
        db.execute(
            "insert into recurring_tasks (id, user_id, title, description, recurrence_rule, next_due_at, created_at)"
            " select gen_random_uuid(), 'u-' || (1 + i %% %(users)s), 'Water the plants, number ' || i,"
            "        case when i %% 3 = 0 then repeat('with care ', 12) end,"
            "        case when i %% 10 < 6 then '{\"frequency\": \"daily\", \"interval\": 1}'"
            "             when i %% 10 < 9 then '{\"frequency\": \"weekly\", \"interval\": 1, \"days\": [\"mon\", \"thu\"]}'"
            "             else '{\"frequency\": \"monthly\", \"interval\": 1}' end::jsonb,"
            "        date_trunc('second', case when i <= %(due)s then now() - random() * interval '1 hour'"
            "                                  else now() + interval '2 days' + random() * interval '30 days' end),"
            "        now() - interval '5 days'"
            " from generate_series(1, %(templates)s) i",
            {"users": USERS, "due": due, "templates": templates},
        )
    db.execute(
        "insert into recurd.template_tags select id, 'tag-' || substr(user_id, 3) from recurring_tasks"
        " where substr(title, 26)::int % 4 = 0 on conflict do nothing"
    )
    _insert_tasks(db, tasks, "null::timestamptz")
    if analyse:
        db.execute("vacuum analyze")


def load_tasks(db, tasks, remind):
    """Tasks; remind: an expression for remind_at, with i."""
    _begin(db)
    _insert_tasks(db, tasks, remind)
    db.execute("vacuum analyze")


def _insert_tasks(db, tasks, remind):
    if not tasks:
        return
    with without_indexes(db, "tasks"):
        db.execute("alter table tasks disable trigger all")
        db.execute(
            "insert into tasks (id, user_id, title, is_complete, created_at, updated_at, due_date, remind_at)"
            " select lpad(to_hex(i), 12, '0') || '-' || left(md5(random()::text), 23), 'u-' || (1 + i %% %(users)s),"
            "        'Buy milk, number ' || i, false, now() - i * interval '1 s', now() - i * interval '1 s',"
            "        now() + i * interval '1 minute', " + remind +
            " from generate_series(1, %(tasks)s) i",
            {"users": USERS, "tasks": tasks},
        )
        db.execute("alter table tasks enable trigger all")


def load_told(db, told):
    """Notifications of the last two months, of other tasks."""
    if not told:
        return
    with without_indexes(db, "recurd.notifications"):
        db.execute(
            "insert into recurd.notifications (key, kind, user_id, task_id, at, created_at)"
            " select lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || left(md5(i::text), 20), 'earlier',"
            "        'u-' || (1 + i %% %(users)s), md5(i::text), at, at"
            " from (select i, now() - interval '60 days' + i * interval '59 days' / %(told)s as at"
            "         from generate_series(1, %(told)s) i) i",
            {"users": USERS, "told": told},
        )
    db.execute("vacuum analyze recurd.notifications")


def forget_statistics(db, rows):
    """As after a bulk load: the planner believes that the tables hold what they held before it."""
    db.execute(
        "delete from pg_statistic where starelid in ('tasks'::regclass, 'recurring_tasks'::regclass,"
        " 'recurd.template_tags'::regclass)"
    )
    db.execute(
        "update pg_class set reltuples = %s, relpages = %s where oid in"
        " ('tasks'::regclass, 'recurring_tasks'::regclass, 'recurd.template_tags'::regclass)",
        (rows, max(1, rows // 50) if rows >= 0 else 0),
    )
