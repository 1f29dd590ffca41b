"""The pure-SQL bound: the same rows written by one set-based statement per batch of 1,000, without any client
logic.  What PostgreSQL needs for this, a worker on top of it can undercut only by asking for less.

Fairly: every table, column and index that recurd writes, time-ordered ids and keys of notifications (cheaper
ones than recurd's), the claim with its locks; but no rule is understood, an interval is added, and nothing is
returned or logged.
"""

import os
import time

GENERATE = """
with due as materialized (
    select t.id, t.user_id, t.title, t.description, t.priority, t.next_due_at, t.used_count,
           t.next_due_at + case t.recurrence_rule ->> 'frequency' when 'daily' then interval '1 day'
                                when 'weekly' then interval '7 days' else interval '1 month' end as next,
           lpad(to_hex((extract(epoch from t.next_due_at) * 1000)::bigint), 12, '0')
               || '-' || left(md5(t.id), 23) as task_id
      from recurring_tasks t
     where t.is_active and t.failed_at is null and t.next_due_at <= recurd.now()
     order by t.next_due_at
     limit 1000
       for no key update skip locked
), made as (
    insert into tasks (id, title, description, priority, user_id, is_complete, due_date, created_at, updated_at,
                       recurring_task_id, occurrence_at)
    select task_id, title, description, priority, user_id, false, next_due_at,
           recurd.now() at time zone 'UTC', recurd.now() at time zone 'UTC', id, next_due_at
      from due
        on conflict do nothing
    returning id, user_id, recurring_task_id, occurrence_at
), tagged as (
    insert into task_tags (task_id, tag_id)
    select made.id, g.tag_id from made join recurd.template_tags g on g.recurring_task_id = made.recurring_task_id
        on conflict do nothing
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
    select lpad(to_hex((extract(epoch from occurrence_at) * 1000)::bigint), 12, '0')
               || left(md5('task_created' || id), 20), 'task_created', user_id, id, recurring_task_id, occurrence_at
      from made
        on conflict (key) do nothing
), advanced as (
    update recurring_tasks t
       set next_due_at = due.next, planned_due_at = due.next, made_through = due.next_due_at,
           used_count = due.used_count + 1, starts_local = due.next_due_at at time zone 'UTC', starts_zone = 'UTC'
      from due where t.id = due.id
)
select count(*) from due
"""

# The same without looking whether a row is there already, and by the place of what was locked a moment ago.
GENERATE_PLAIN = (
    GENERATE.replace("        on conflict do nothing\n", "")
    .replace("        on conflict (key) do nothing\n", "")
    .replace("select t.id, t.user_id", "select t.ctid as place, t.id, t.user_id")
    .replace("from due where t.id = due.id", "from due where t.ctid = due.place")
)

REMIND = """
with due as materialized (
    select k.id, k.user_id, k.recurring_task_id, k.remind_at
      from tasks k
     where k.remind_at is not null and not k.is_complete
       and (k.reminded_at is null or k.remind_at > k.reminded_at)
       and k.remind_at <= recurd.now()
     order by k.remind_at
     limit 1000
       for no key update skip locked
), handled as (
    update tasks k set reminded_at = due.remind_at from due where k.id = due.id
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
    select lpad(to_hex((extract(epoch from remind_at) * 1000)::bigint), 12, '0')
               || left(md5('reminder' || id), 20), 'reminder', user_id, id, recurring_task_id, remind_at
      from due
        on conflict (key) do nothing
)
select count(*) from due
"""

REMIND_PLAIN = REMIND.replace("        on conflict (key) do nothing\n", "")


def run_bound(db, statement, forced=False):
    """Until nothing is due; returns our processor time.  forced: nested loops over indexes only."""
    started = time.process_time()
    with db.connect(autocommit=True) as conn:
        conn.execute("set recurd.templates_locked = 'on'")  # it has locked them, as a worker
        if forced:
            conn.execute("set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off")
        while conn.execute(statement, prepare=False).fetchone()["count"]:
            pass
    return time.process_time() - started


def run_bound_twice(db, statement):
    """Two of them at once, over two connections."""
    children = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                run_bound(db, statement)
                code = 0
            finally:
                os._exit(code)
        children.append(pid)
    cpu = 0.0
    for pid in children:
        _, status, usage = os.wait4(pid, 0)
        if status:
            raise RuntimeError("a client of the bound failed")
        cpu += usage.ru_utime + usage.ru_stime
    return cpu
