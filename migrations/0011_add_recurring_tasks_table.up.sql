-- Templates of recurring tasks, and the trigger that keeps their updated_at.
-- revision: 20250131_add_recurring_tasks_table
-- adopts: to_regclass('recurring_tasks') is not null

create table if not exists recurring_tasks (
    id varchar not null,
    user_id varchar not null,
    title varchar(200) not null,
    description varchar(2000),
    priority varchar(20) not null default 'medium',
    recurrence_rule jsonb not null,
    next_due_at timestamptz not null,
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint pk_recurring_tasks primary key (id),
    constraint fk_recurring_tasks_user_id foreign key (user_id) references "user" (id),
    constraint ck_recurring_tasks_priority_valid
        check (priority in ('low', 'medium', 'high', 'urgent'))
);

do $$
begin
    if to_regprocedure('update_recurring_tasks_updated_at()') is null then
        create function update_recurring_tasks_updated_at() returns trigger
            language plpgsql
        as $fn$
begin
    new.updated_at = now();
    return new;
end;
$fn$;
    end if;
    -- On a table without that column, made by hand, the trigger would fail every update.
    if not exists (select from pg_trigger
                   where tgrelid = 'recurring_tasks'::regclass
                         and tgname = 'trigger_update_recurring_tasks_updated_at')
       and exists (select from pg_attribute
                   where attrelid = 'recurring_tasks'::regclass
                         and attname = 'updated_at' and not attisdropped) then
        create trigger trigger_update_recurring_tasks_updated_at before update on recurring_tasks
            for each row execute function update_recurring_tasks_updated_at();
    end if;
end
$$;

create index concurrently if not exists ix_recurring_tasks_user_id on recurring_tasks (user_id);
create index concurrently if not exists ix_recurring_tasks_user_id_next_due_at
    on recurring_tasks (user_id, next_due_at);
create index concurrently if not exists ix_recurring_tasks_is_active on recurring_tasks (is_active);
create index concurrently if not exists ix_recurring_tasks_recurrence_rule
    on recurring_tasks using gin (recurrence_rule);
