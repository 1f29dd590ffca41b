-- A shape of the table that is known and that the up file does not make good: what it is, the statements that
-- bring it to the one expected, those that undo them, and what forbids them; silent where it is another.
do $$
declare
    kind oid := (select atttypid from pg_attribute
                 where attrelid = to_regclass('tasks') and attname = 'priority' and not attisdropped);
    odd text;
    bounds text;
    preset text;
    lines text := 'shape: tasks.priority is a number, where 1 is low, 2 medium and 3 high';
begin
    if kind is null or kind <> all (array['smallint', 'integer', 'bigint']::regtype[]) then
        return;
    end if;
    execute $q$
        select format('refused: %s tasks have another priority, for instance %s: update them to 1, 2 or 3', max(total),
                      string_agg(priority, ', '))
        from (select priority::text, count(*) over () as total from tasks where priority not in (1, 2, 3) limit 3) as d
        having count(*) > 0
    $q$ into odd;
    -- Conditions on numbers cannot stay beside words.
    select string_agg(format(e'run: alter table tasks drop constraint %I', conname), e'\n' order by conname),
           string_agg(format(e'undo: alter table tasks add constraint %I %s', conname, translate(pg_get_constraintdef(oid), e'\n\r', '  ')), e'\n'
                      order by conname desc)
    into bounds, preset
    from pg_constraint
    where conrelid = to_regclass('tasks') and contype = 'c'
          and conkey = array[(select attnum from pg_attribute where attrelid = conrelid and attname = 'priority')];
    lines := concat_ws(e'\n', lines, odd, bounds,
        'run: alter table tasks alter column priority drop default, alter column priority type varchar(20)'
        ' using case priority when 1 then ''low'' when 2 then ''medium'' when 3 then ''high'' end,'
        ' alter column priority set default ''medium''',
        'undo: alter table tasks drop constraint if exists ck_tasks_priority_valid, alter column priority drop default,'
        ' alter column priority type ' || format_type(kind, null) ||
        ' using case priority when ''low'' then 1 when ''medium'' then 2 else 3 end, alter column priority set default 2',
        preset,
        'note: from then on the application must read and write low, medium, high (and may write urgent, which undoing makes 3)');
    raise exception '%', lines;
end
$$;
