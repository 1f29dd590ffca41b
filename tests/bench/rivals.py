"""What people have instead of recurd: a PL/pgSQL loop that pg_cron starts, and the application's hourly script.

Both make the instance, its tags and a notification, and move next_due_at on.  The loop adds an interval; the
script asks dateutil, reads the tags and writes row by row, as an ORM's session does, and commits for each
template or once at the end.
"""

import json
import time
from datetime import timezone

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday

LOOP = """
create or replace function pg_temp.generate(at_most int) returns bigint language plpgsql as $$
declare
    r record;
    task text;
    made bigint := 0;
begin
    for r in select * from recurring_tasks
              where is_active and failed_at is null and next_due_at <= now()
              order by next_due_at limit at_most for update skip locked
    loop
        task := gen_random_uuid()::text;
        insert into tasks (id, title, description, priority, user_id, is_complete, due_date, created_at,
                           updated_at, recurring_task_id, occurrence_at)
        values (task, r.title, r.description, r.priority, r.user_id, false, r.next_due_at, now(), now(),
                r.id, r.next_due_at);
        insert into task_tags (task_id, tag_id)
        select task, tag_id from recurd.template_tags where recurring_task_id = r.id;
        insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
        values (md5(task), 'task_created', r.user_id, task, r.id, r.next_due_at);
        update recurring_tasks
           set next_due_at = r.next_due_at + case r.recurrence_rule ->> 'frequency'
                   when 'daily' then interval '1 day' when 'weekly' then interval '7 days'
                   else interval '1 month' end,
               planned_due_at = null, made_through = r.next_due_at
         where id = r.id;
        made := made + 1;
    end loop;
    return made;
end $$
"""

_DAYS = {name: weekday(i) for i, name in enumerate(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])}
_FREQUENCIES = {"daily": DAILY, "weekly": WEEKLY, "monthly": MONTHLY}


def run_loop(db, rows):
    started = time.process_time()
    with db.connect(autocommit=True) as conn:
        conn.execute("set recurd.templates_locked = 'on'")  # so fair: it locks them
        conn.execute(LOOP)
        made = conn.execute("select pg_temp.generate(%s)", (rows,)).fetchone()["generate"]
    assert made == rows, f"{made} rows made instead of {rows}"
    return time.process_time() - started


def _next(rule, after):
    days = [_DAYS[day] for day in rule.get("days", [])] or None
    start = after.astimezone(timezone.utc).replace(tzinfo=None)
    found = rrule(_FREQUENCIES[rule["frequency"]], dtstart=start, interval=rule.get("interval", 1), byweekday=days)
    return found.after(start).replace(tzinfo=timezone.utc)


def _make(conn, template):
    rule = template["recurrence_rule"]
    rule = json.loads(rule) if isinstance(rule, str) else rule
    task = conn.execute(
        "insert into tasks (id, title, description, priority, user_id, is_complete, due_date, created_at,"
        " updated_at, recurring_task_id, occurrence_at)"
        " values (gen_random_uuid(), %s, %s, %s, %s, false, %s, now(), now(), %s, %s) returning id",
        (*(template[name] for name in ("title", "description", "priority", "user_id", "next_due_at", "id")), template["next_due_at"]),
    ).fetchone()["id"]
    tags = conn.execute("select tag_id from recurd.template_tags where recurring_task_id = %s", (template["id"],)).fetchall()
    for tag in tags:
        conn.execute("insert into task_tags (task_id, tag_id) values (%s, %s)", (task, tag["tag_id"]))
    conn.execute(
        "insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)"
        " values (md5(%s), 'task_created', %s, %s, %s, %s)",
        (task, template["user_id"], task, template["id"], template["next_due_at"]),
    )
    conn.execute(
        "update recurring_tasks set next_due_at = %s where id = %s",
        (_next(rule, template["next_due_at"]), template["id"]),
    )


def run_script(db, rows, commit_each):
    started = time.process_time()
    with db.connect(autocommit=False) as conn:
        due = conn.execute(
            "select * from recurring_tasks where is_active and next_due_at <= now() order by next_due_at limit %s", (rows,)
        ).fetchall()
        assert len(due) == rows
        for template in due:
            _make(conn, template)
            if commit_each:
                conn.commit()
        conn.commit()
    return time.process_time() - started
