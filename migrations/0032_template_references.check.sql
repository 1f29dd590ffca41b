-- Names what would keep the triggers from doing what the foreign key did; silent when nothing is in their way.
do $$
declare
    problems text;
begin
    select string_agg(format('row-level security of %s holds for role %s too, so that deleting a recurring task would fail;'
                             ' run: alter table %1$s no force row level security (or: alter role %2$s bypassrls)',
                             tab, quote_ident(current_user)), e'\n') into problems
    from unnest(array['tasks', 'recurring_tasks']) as tab
    where to_regclass(tab) is not null and row_security_active(to_regclass(tab));
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
