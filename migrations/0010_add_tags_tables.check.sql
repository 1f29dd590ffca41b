-- Names what the up file would fail over; silent when nothing is in its way.
do $$
declare
    found record;
    problems text;
    problem text;
begin
    for found in
        select tab, cols, ind,
               (select array_agg(col) from unnest(cols) as col
                where not exists (select from pg_attribute where attrelid = to_regclass(tab) and attname = col
                                                                 and not attisdropped)) as missing
        from (values ('tags', array['user_id', 'name'], 'ix_tags_user_id_name'),
                     ('task_tags', array['task_id', 'tag_id'], 'ix_task_tags_task_tag')) as w (tab, cols, ind)
        where to_regclass(tab) is not null
              and not exists (select from pg_index where indexrelid = to_regclass(ind) and indisvalid)
    loop
        if found.missing is not null then
            problem := format('column %s.%s is missing, and index %s cannot be built: add it, it may stay null (alter table %1$s %4$s)',
                              found.tab, array_to_string(found.missing, ', '), found.ind,
                              (select string_agg(format('add column %I varchar', col), ', ') from unnest(found.missing) as col));
        else
            execute format($q$
                select format('%%s pairs of %3$s stand more than once in %1$s, for instance %%s: %4$s cannot be'
                              ' built; remove the duplicates', max(total),
                              string_agg(format('(%%s, %%s)', quote_literal(left(a, 60)), quote_literal(left(b, 60))), ', '))
                from (select a, b, count(*) over () as total
                      from (select %2$s from %1$s) as d (a, b)
                      where a is not null and b is not null
                      group by a, b having count(*) > 1 order by a, b limit 3) as d
                having count(*) > 0
            $q$, found.tab, (select string_agg(quote_ident(col) || '::text', ', ') from unnest(found.cols) as col),
                 array_to_string(found.cols, ' and '), found.ind) into problem;
        end if;
        problems := concat_ws(e'\n', problems, problem);
    end loop;
    if problems <> '' then
        raise exception '%', problems;
    end if;
end
$$;
