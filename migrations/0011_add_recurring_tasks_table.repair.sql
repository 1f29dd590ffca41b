-- What the block of the up file makes, one by one.
create function update_recurring_tasks_updated_at() returns trigger
    language plpgsql
as $fn$
begin
    new.updated_at = now();
    return new;
end;
$fn$;

create trigger trigger_update_recurring_tasks_updated_at before update on recurring_tasks
    for each row execute function update_recurring_tasks_updated_at();
