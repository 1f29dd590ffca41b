-- tasks.recurring_task_id without a foreign key, which cost each task that a worker makes a twelfth of its time: a
-- look for the template, and a lock on it, that the worker has locked already.  Triggers do what it did: whoever
-- deletes a template sets null in its tasks, and whoever else writes a reference is held to a template that is
-- there.  A foreign key that somebody adds again does no harm.
--
-- Why no task that a worker makes refers to a template that is gone.  A batch locks its templates before it inserts
-- (FOR NO KEY UPDATE, which DELETE, and UPDATE of id, wait for), inserts from these very rows, updates each of them,
-- and holds the locks until it has committed.
-- * Deleted before: the claim passes over a row that is being deleted, and does not see one that is.
-- * Deleted amid a batch, or after it, READ COMMITTED: DELETE waits for COMMIT; then the trigger's statement has a
--   snapshot of its own, taken after that, and finds the tasks.
-- * REPEATABLE READ, SERIALIZABLE: a snapshot from before that COMMIT meets a template that was updated since, and
--   DELETE fails with 40001, as any write there does; one from after it has the tasks in it.
-- * TRUNCATE waits for every batch, and no batch begins beside it.  Its snapshot may be older than the wait, and no
--   row says so: so it is refused but at READ COMMITTED, as the foreign key refused it everywhere (and CASCADE
--   emptied tasks).  Where tasks was truncated with it nothing is left to be done.
-- * session_replication_role = replica, and DISABLE TRIGGER ALL, which pg_restore --disable-triggers says, turn off a
--   foreign key as well as this: whoever deletes so sets null by himself.  Subscribers get both by replication.  A
--   dump is taken from one snapshot, in which no reference dangles, so that none does when it is restored.
--
-- What is left to applications: one that writes a reference by itself while a REPEATABLE READ transaction, older than
-- that, deletes the template.

-- Both tables before anything is altered, the second for less than deadlock_timeout: the application must not be
-- the victim.
do $$
begin
    lock table recurring_tasks in access exclusive mode;
    set local lock_timeout = '100ms';
    lock table tasks in access exclusive mode;
end
$$;

-- As a foreign key's action these need no right of whoever deletes, and see what row-level security hides, or fail.
-- Without sequential scans: a plan that is kept for later must not be one for a template with half of all tasks.
-- The application's schema is written into the bodies: search_path is empty when they run.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.template_gone() returns trigger
            language plpgsql security definer
            set search_path = '' set row_security = off set enable_seqscan = off
        as $body$
        begin
            if tg_op = 'DELETE' then
                update %1$I.tasks set recurring_task_id = null
                 where recurring_task_id is not null and recurring_task_id = any (array(select g.id from gone g));
            elsif tg_op = 'UPDATE' then
                if exists (select from %1$I.tasks k
                            where k.recurring_task_id is not null and k.recurring_task_id = old.id)
                   and not exists (select from %1$I.recurring_tasks t where t.id = old.id) then
                    raise exception 'the id of a recurring task cannot change while tasks refer to it'
                        using errcode = 'foreign_key_violation', schema = tg_table_schema, table = 'tasks',
                              constraint = 'fk_tasks_recurring_task_id',
                              detail = pg_catalog.format('Key (id)=(%%s) is still referenced from table "tasks".', old.id),
                              hint = 'Set their recurring_task_id to null first.';
                end if;
            elsif pg_catalog.pg_relation_size(pg_catalog.format('%%I.tasks', tg_table_schema)::regclass) > 0 then
                if pg_catalog.current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
                    raise exception 'recurring_tasks can be truncated at READ COMMITTED only, because tasks refer to it'
                        using errcode = 'feature_not_supported', hint = 'Truncate tasks with it, or use DELETE.';
                end if;
                update %1$I.tasks k set recurring_task_id = null
                 where k.recurring_task_id is not null
                       and not exists (select from %1$I.recurring_tasks t where t.id = k.recurring_task_id);
            end if;
            return null;
        end
        $body$
    $create$, current_schema());
end
$$;

do $$
begin
    execute pg_catalog.format($create$
        create function recurd.task_refers() returns trigger
            language plpgsql security definer set search_path = '' set row_security = off
        as $body$
        begin
            perform from %1$I.recurring_tasks t where t.id = new.recurring_task_id for key share;
            if not found then
                raise exception 'a task refers to a recurring task that is not there'
                    using errcode = 'foreign_key_violation', schema = tg_table_schema, table = 'tasks',
                          constraint = 'fk_tasks_recurring_task_id',
                          detail = pg_catalog.format('Key (recurring_task_id)=(%%s) is not present in table'
                                                     ' "recurring_tasks".', new.recurring_task_id);
            end if;
            return null;
        end
        $body$
    $create$, current_schema());
end
$$;

create trigger recurd_template_deleted after delete on recurring_tasks
    referencing old table as gone
    for each statement execute function recurd.template_gone();

create trigger recurd_template_truncated after truncate on recurring_tasks
    for each statement execute function recurd.template_gone();

create trigger recurd_template_renamed after update on recurring_tasks
    for each row when (old.id is distinct from new.id)
    execute function recurd.template_gone();

-- A worker says in each batch that it has locked the templates of what it inserts; one of before does not, and is
-- held to them once more, as by the foreign key.
create trigger recurd_task_created_refers after insert on tasks
    for each row when (new.recurring_task_id is not null
                       and (new.occurrence_at is null
                            or pg_catalog.current_setting('recurd.templates_locked', true) is distinct from 'on'))
    execute function recurd.task_refers();

create trigger recurd_task_changed_refers after update on tasks
    for each row when (new.recurring_task_id is not null
                       and new.recurring_task_id is distinct from old.recurring_task_id)
    execute function recurd.task_refers();

-- Triggers fire without this right; nobody else may put the functions on a table of his own.
revoke all on function recurd.template_gone() from public;
revoke all on function recurd.task_refers() from public;

alter table tasks drop constraint if exists fk_tasks_recurring_task_id;
