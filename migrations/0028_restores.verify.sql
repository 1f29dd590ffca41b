-- Names a sequence that stands behind its table, that is missing, or that the worker may not set; silent
-- when all is well.  Of what this role may not read nothing is said.
do $$
declare
    problems text[] := '{}';
    tab text;
    seq text;
    top bigint;
    next bigint;
begin
    foreach tab in array array['recurd.notifications', 'recurd.decisions'] loop
        if not exists (select from pg_attribute where attrelid = to_regclass(tab) and attname = 'id'
                              and not attisdropped) then
            problems := problems || format('column %s.id is missing', tab);
            continue;
        end if;
        seq := pg_get_serial_sequence(tab, 'id');
        if seq is null then
            problems := problems
                || format('column %s.id has no sequence; run: alter table %1$s alter id add generated always'
                          ' as identity', tab);
            continue;
        end if;
        if to_regrole('recurd_worker') is not null
           and not has_sequence_privilege(to_regrole('recurd_worker'), seq, 'update') then
            problems := problems
                || format('role recurd_worker may not update sequence %s; run: grant update on sequence %1$s'
                          ' to recurd_worker', seq);
        end if;
        if has_sequence_privilege(seq, 'select') and has_column_privilege(tab, 'id', 'select') then
            execute format('select max(id) from %s', tab) into top;
            execute format('select last_value + is_called::integer from %s', seq) into next;
            if next <= top then
                problems := problems
                    || format('sequence %s is behind its table, by %s ids; run: select'
                              ' pg_catalog.setval(%1$L, max(id)) from %3$s', seq, top - next + 1, tab);
            end if;
        end if;
    end loop;
    if problems <> '{}' then
        raise exception '%', array_to_string(problems, e'\n');
    end if;
end
$$;
