-- Names what the up file would fail over; silent when nothing is in its way.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('column %s.%s is missing, and indexes of that table cannot be built', tab, col)
        from (values ('conversations', array['user_id', 'created_at']),
                     ('messages', array['conversation_id', 'user_id', 'created_at'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        where to_regclass(tab) is not null
              and not exists (select from pg_attribute where attrelid = to_regclass(tab) and attname = col
                                                             and not attisdropped)
        union all
        select 'conversations.id is no primary key of type uuid, and table messages cannot refer to it'
        where to_regclass('conversations') is not null and to_regclass('messages') is null
              and not exists (select from pg_index i
                              join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
                              where i.indrelid = to_regclass('conversations') and i.indisunique
                                    and i.indnkeyatts = 1 and i.indpred is null and a.attname = 'id'
                                    and a.atttypid = 'uuid'::regtype)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
