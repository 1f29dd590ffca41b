-- A shape of the table that is known and that the up file does not make good, as in 0006.
do $$
declare
    lines text;
begin
    select string_agg(format(e'shape: %1$s.%2$s is a timestamp without time zone\n'
                             'run: alter table %1$s alter column %2$I type timestamptz using %2$I at time zone {zone}\n'
                             'undo: alter table %1$s alter column %2$I type timestamp using %2$I at time zone {zone}',
                             attrelid::regclass, attname), e'\n' order by attnum)
    into lines
    from pg_attribute
    where attrelid = to_regclass('tasks') and attname in ('due_date')
          and atttypid = 'timestamp'::regtype and not attisdropped;
    if lines is not null then
        raise exception '%', lines;
    end if;
end
$$;
