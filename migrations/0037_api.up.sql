-- What a to-do application asks for, as functions: tasks, templates and tags of one user, JSON in and out.  Whoever
-- calls them says whose rows are meant; they never show or change anybody else's.  A web program gets role recurd_web,
-- which may execute them and nothing else:
--     create role web login; grant recurd_web to web;
--
-- Every answer is an object.  "status" is that of HTTP.  Up to 299 "body" has what was asked for, each row with its
-- "etag", and of a list "next", a cursor, where there is more.  From 400 on "detail" says what is wrong and
-- "errors" where: [{"pointer": "/title", "detail": "expected ..., got ..."}].  Nothing was written then.  Errors are
-- answers, not exceptions, so that the caller's transaction goes on; what tells it to try again (a deadlock, a
-- serialization failure, a timeout) is an exception.
--
-- They run with their owner's rights.  pg_temp stands last in search_path: left out it would be looked through
-- first, before pg_catalog, and a domain pg_temp.text would run the caller's code with these rights.

do $$
begin
    if not exists (select from pg_roles where rolname = 'recurd_web') then
        create role recurd_web nologin;
    end if;
exception
    when duplicate_object or unique_violation then
        null; -- another database's migration was faster
end
$$;

create function recurd.api_problem(status integer, detail text, errors jsonb default null) returns jsonb
    language sql immutable
as $$
    select jsonb_strip_nulls(jsonb_build_object('status', status, 'detail', detail, 'errors', errors))
$$;

-- What PostgreSQL, or a constraint or a trigger of the application's, refused.
create function recurd.api_refused(state text, message text) returns jsonb
    language sql immutable
as $$
    select case when state in ('23505', '23503')
                then recurd.api_problem(409, message || '; read it again')
                when left(state, 2) = '42' or state = '23502'
                then recurd.api_problem(503, 'the tables do not fit: ' || message
                                             || '; what is expected says: recurctl migrate verify')
                else recurd.api_problem(422, 'the table refuses it: ' || message) end
$$;

-- Of a row and what is shown with it.  Every write gives the row another xmin, whoever writes.
create function recurd.api_row(version text, shown jsonb) returns jsonb
    language sql stable
as $$
    select shown || jsonb_build_object('etag', version
        || coalesce('.' || to_hex(hashtextextended(nullif(shown->'tags', '[]')::text collate "C", 0)), ''))
$$;

-- The same key of the same user gives the same id, so that what is sent twice is made once.  No key: a random one.
create function recurd.api_id(kind text, whose text, key text) returns text
    language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select case when key is null then gen_random_uuid()::text
           else (select substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-8' || substr(h, 14, 3) || '-'
                        || to_hex(8 + get_byte(d, 8) % 4) || substr(h, 18, 3) || '-' || substr(h, 21, 12)
                 from (select d, encode(d, 'hex') as h
                       from (select sha256(convert_to('api ' || kind, 'UTF8') || '\x00'::bytea
                                           || convert_to(whose, 'UTF8') || '\x00'::bytea
                                           || convert_to(key, 'UTF8')) as d) as x) as y) end
$$;

-- How many characters a column takes.
create function recurd.api_width(tab text, col text, otherwise integer) returns integer
    language sql stable set search_path = pg_catalog, pg_temp
as $$
    select coalesce((select a.atttypmod - 4 from pg_attribute as a
                      where a.attrelid = to_regclass(tab) and a.attname = col and a.atttypmod > 4), otherwise)
$$;

-- What is wrong with a value; null: nothing.  expected: {"is": "line", "max": 200, "null": true}
create function recurd.api_wrong(expected jsonb, value jsonb) returns text
    language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
    kind text := expected->>'is';
    type text := jsonb_typeof(value);
    most integer := (expected->>'max')::integer;
    words text := value #>> '{}';
    good boolean := false;
    what text;
begin
    what := case kind
        when 'line' then format('a text of 1 to %s characters', most)
        when 'text' then format('a text of at most %s characters', most)
        when 'one' then (select string_agg(o.name, ' or ' order by o.n)
                           from jsonb_array_elements_text(expected->'of') with ordinality as o (name, n))
        when 'instant' then 'a time with its offset, such as 2026-01-31T09:00:00+01:00'
        when 'boolean' then 'true or false'
        when 'rule' then 'a rule, an object of at most 65536 bytes'
        when 'color' then 'a color, such as #007bff'
        when 'integer' then format('a whole number from 1 to %s', most)
        when 'id' then 'an id, a text'
        when 'ids' then format('an array of at most %s ids', most) end;
    if type = 'null' then
        if expected ? 'null' then
            return null;
        end if;
        return format('expected %s, got null, and it cannot be cleared', what);
    end if;
    if kind in ('line', 'text') and type = 'string' then
        -- Control characters; in a text there may be lines and tabs.
        if words collate "C" ~ (case kind when 'line' then e'[\\x01-\\x1f\\x7f]' else e'[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]' end)
           or current_setting('server_encoding') = 'UTF8' and words collate "C" ~ e'[\\x80-\\x9f]' then
            return format('expected %s, got one with a control character', what);
        end if;
        if char_length(words) > most then
            return format('expected %s, got %s', what, char_length(words));
        end if;
        good := kind = 'text' or words collate "C" ~ '[^[:space:]]';
    elsif kind = 'one' then
        good := type = 'string' and expected->'of' ? words;
    elsif kind = 'instant' and type = 'string' then
        good := words ~ ('^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?'
                         '([Zz]|[+-][0-9]{2}:?[0-9]{2})$');
        begin
            good := good and words::timestamptz >= '0001-01-01 00:00:00+00'
                    and words::timestamptz < '9999-12-31 00:00:00+00';
        exception when data_exception then
            good := false;
        end;
    elsif kind = 'rule' then
        good := type = 'object' and octet_length(value::text) <= 65536;
    elsif kind = 'color' then
        good := type = 'string' and words ~ '^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$';
    elsif kind = 'integer' and type = 'number' then
        good := words::numeric between 1 and most and words::numeric = trunc(words::numeric);
    elsif kind = 'boolean' then
        good := type = 'boolean';
    elsif kind = 'id' then
        good := type = 'string';
    elsif kind = 'ids' and type = 'array' then
        good := jsonb_array_length(value) <= most
                and not exists (select from jsonb_array_elements(value) as e (one) where jsonb_typeof(e.one) <> 'string');
    end if;
    if good then
        return null;
    end if;
    words := value::text;
    return format('expected %s, got %s', what, case when char_length(words) > 60 then left(words, 60) || '...' else words end);
end
$$;

-- Errors of an object, by key; null: none.  known: what each key takes, as above; "need": it must be there, unless
-- partial.
create function recurd.api_check(known jsonb, body jsonb, partial boolean) returns jsonb
    language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    errors jsonb;
begin
    if jsonb_typeof(body) is distinct from 'object' then
        return jsonb_build_array(jsonb_build_object('pointer', '', 'detail',
            format('expected an object, got %s', coalesce(jsonb_typeof(body), 'nothing'))));
    end if;
    select jsonb_agg(jsonb_build_object('pointer', '/' || replace(replace(left(w.name, 80), '~', '~0'), '/', '~1'),
                                        'detail', w.wrong) order by w.name)
      into errors
      from ((select b.name, case when known ? b.name then recurd.api_wrong(known->b.name, b.value)
                                 else 'unknown key; there are '
                                      || (select string_agg(k.name, ', ' order by k.name)
                                            from jsonb_object_keys(known) as k (name)) end as wrong
               from jsonb_each(body) as b (name, value))
            union all
            (select k.name, 'is missing'
               from jsonb_each(known) as k (name, value)
              where not partial and k.value ? 'need' and not body ? k.name)
            order by 2 nulls last, 1
            limit 20) as w
     where w.wrong is not null;
    return errors;
end
$$;

-- A place in a list: hexadecimal, so that it may stand in an address.
create function recurd.api_cursor(sorting text, at text, id text) returns text
    language sql immutable set search_path = pg_catalog, pg_temp
as $$
    select encode(convert_to(jsonb_build_array(sorting, at, id)::text, 'UTF8'), 'hex')
$$;

-- null: it is none of such a list.  type: of what it is sorted by
create function recurd.api_cursor_read(sorting text, type text, cursor text) returns text[]
    language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
    read jsonb;
begin
    read := convert_from(decode(cursor, 'hex'), 'UTF8')::jsonb;
    if jsonb_typeof(read) <> 'array' or jsonb_array_length(read) <> 3 or read->>0 is distinct from sorting
       or jsonb_typeof(read->1) <> 'string' or jsonb_typeof(read->2) <> 'string' then
        return null;
    end if;
    if type = 'timestamptz' then
        perform (read->>1)::timestamptz;
    end if;
    return array[read->>1, read->>2];
exception
    when data_exception then
        return null;
end
$$;

-- The functions that read the application's tables have the name of its schema in their bodies, in place of {app}.
do $$
declare
    refused text := 'exception when integrity_constraint_violation or data_exception or raise_exception'
                    ' or syntax_error_or_access_rule_violation then get stacked diagnostics state = returned_sqlstate,'
                    ' message = message_text; return recurd.api_refused(state, message);';
    rights text := 'security definer set search_path = pg_catalog, pg_temp set timezone = ''UTC'' set row_security = off';
    tags text := $sql$coalesce((select jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name, 'color', to_jsonb(g)->'color')
                                        order by g.name, g.id)
                       from %s as x join {app}.tags as g on g.id = x.tag_id where x.%s = %s.id), '[]')$sql$;
    task text := $sql$recurd.api_row(k.recurd_version, jsonb_build_object(
                    'id', k.id, 'title', k.title, 'description', k.description, 'priority', k.priority,
                    'is_complete', k.is_complete, 'due_date', k.due_date, 'remind_at', k.remind_at,
                    'recurrence_rule', k.recurrence_rule, 'recurring_task_id', k.recurring_task_id,
                    'occurrence_at', k.occurrence_at, 'repeat_of', k.repeat_of, 'completed_at', k.completed_at,
                    'reminded_at', k.reminded_at, 'created_at', k.created_at at time zone 'UTC',
                    'updated_at', k.updated_at at time zone 'UTC', 'tags', {task tags}))$sql$;
    template text := $sql$recurd.api_row(t.recurd_version, jsonb_build_object(
                    'id', t.id, 'title', t.title, 'description', t.description, 'priority', t.priority,
                    'recurrence_rule', t.recurrence_rule, 'next_due_at', t.next_due_at, 'is_active', t.is_active,
                    'state', case when t.failed_at is not null then 'quarantined'
                                  when exists (select from recurd.waiting as w where w.kind in ('generate', 'replan')
                                                      and w.id = t.id and w.place = t.recurd_place) then 'waiting'
                                  when t.ended_at is not null then 'ended'
                                  when t.is_active then 'active' else 'paused' end,
                    'failure', t.failure, 'starts_local', t.starts_local, 'starts_zone', t.starts_zone,
                    'planned_due_at', t.planned_due_at, 'made_through', t.made_through, 'used_count', t.used_count,
                    'replan_at', t.replan_at, 'paused_at', t.paused_at, 'resumed_at', t.resumed_at,
                    'ended_at', t.ended_at, 'failed_at', t.failed_at, 'created_at', t.created_at,
                    'tags', {template tags}))$sql$;
    known_task text := $sql$jsonb_build_object(
        'title', jsonb_build_object('is', 'line', 'max', recurd.api_width('{app}.tasks', 'title', 10000), 'need', true),
        'description', jsonb_build_object('is', 'text', 'max', recurd.api_width('{app}.tasks', 'description', 100000), 'null', true),
        'priority', '{"is": "one", "of": ["low", "medium", "high", "urgent"]}'::jsonb,
        'due_date', '{"is": "instant", "null": true}'::jsonb, 'remind_at', '{"is": "instant", "null": true}'::jsonb,
        'recurrence_rule', '{"is": "rule", "null": true}'::jsonb, 'is_complete', '{"is": "boolean"}'::jsonb,
        'tag_ids', '{"is": "ids", "max": 100}'::jsonb)$sql$;
    known_template text := $sql$jsonb_build_object(
        'title', jsonb_build_object('is', 'line', 'max', recurd.api_width('{app}.recurring_tasks', 'title', 10000), 'need', true),
        'description', jsonb_build_object('is', 'text', 'max', recurd.api_width('{app}.recurring_tasks', 'description', 100000),
                                          'null', true),
        'priority', '{"is": "one", "of": ["low", "medium", "high", "urgent"]}'::jsonb,
        'recurrence_rule', '{"is": "rule", "need": true}'::jsonb, 'next_due_at', '{"is": "instant", "need": true}'::jsonb,
        'is_active', '{"is": "boolean"}'::jsonb, 'tag_ids', '{"is": "ids", "max": 100}'::jsonb)$sql$;
    known_tag text := $sql$jsonb_build_object(
        'name', jsonb_build_object('is', 'line', 'max', recurd.api_width('{app}.tags', 'name', 200), 'need', true),
        'color', '{"is": "color"}'::jsonb)$sql$;
    source text;
begin
    task := replace(task, '{task tags}', format(tags, '{app}.task_tags', 'task_id', 'k'));
    template := replace(template, '{template tags}', format(tags, 'recurd.template_tags', 'recurring_task_id', 't'));
    foreach source in array array[
    -- What stands before a write: a key, a user who is there, tags that are his.  null: nothing is wrong.
    $create$
        create function recurd.api_may_create(whose text, body jsonb, key text) returns jsonb
            language plpgsql stable
        as $body$
        begin
            if key is not null and (char_length(key) not between 1 and 255 or key collate "C" ~ e'[^\\x20-\\x7e]') then
                return recurd.api_problem(400, 'expected an idempotency key of 1 to 255 printable characters of ASCII');
            end if;
            if not exists (select from {app}."user" as u where u.id = whose) then
                return recurd.api_problem(404, 'there is no such user');
            end if;
            return recurd.api_may_tag(whose, body);
        end
        $body$
    $create$, $create$
        create function recurd.api_may_tag(whose text, body jsonb) returns jsonb
            language plpgsql stable
        as $body$
        declare
            errors jsonb;
        begin
            select jsonb_agg(jsonb_build_object('pointer', '/tag_ids/' || i.n - 1, 'detail', 'there is no such tag') order by i.n)
              into errors
              from jsonb_array_elements_text(coalesce(body->'tag_ids', '[]')) with ordinality as i (id, n)
             where not exists (select from {app}.tags as g where g.id = i.id and g.user_id = whose);
            return case when errors is not null
                        then recurd.api_problem(422, 'a task is tagged with tags of its user', errors) end;
        end
        $body$
    $create$, $create$
        -- Of a task, or of a template: these tags and no others.  Its row is locked.
        create function recurd.api_tag(of text, row_id text, ids jsonb) returns void
            language plpgsql
        as $body$
        declare
            wanted text[] := array(select distinct i.id from jsonb_array_elements_text(ids) as i (id));
        begin
            if of = 'task' then
                delete from {app}.task_tags as x where x.task_id = row_id and x.tag_id <> all (wanted);
                insert into {app}.task_tags (task_id, tag_id)
                select row_id, w.id from unnest(wanted) as w (id)
                 where not exists (select from {app}.task_tags as x where x.task_id = row_id and x.tag_id = w.id);
            else
                delete from recurd.template_tags as x where x.recurring_task_id = row_id and x.tag_id <> all (wanted);
                insert into recurd.template_tags (recurring_task_id, tag_id)
                select row_id, w.id from unnest(wanted) as w (id)
                 where not exists (select from recurd.template_tags as x where x.recurring_task_id = row_id and x.tag_id = w.id);
            end if;
        end
        $body$
    $create$, $create$
        create function recurd.api_task_get(whose text, task text) returns jsonb
            language plpgsql stable {rights}
        as $body$
        declare
            shown jsonb; state text; message text;
        begin
            select {task} into shown
              from (select k.*, k.xmin::text as recurd_version from {app}.tasks as k where k.id = task and k.user_id = whose) as k;
            return case when shown is null then recurd.api_problem(404, 'there is no such task')
                        else jsonb_build_object('status', 200, 'body', shown) end;
        {refused}
        end
        $body$
    $create$, $create$
        -- The row, locked until the transaction ends, if it is his and as he knows it.  An answer without a body
        -- is the problem.
        create function recurd.api_task_lock(whose text, task text, if_match text) returns jsonb
            language plpgsql
        as $body$
        declare
            shown jsonb;
        begin
            perform from {app}.tasks as k where k.id = task and k.user_id = whose for no key update;
            shown := recurd.api_task_get(whose, task);
            if shown ? 'body' and if_match <> '*' and if_match <> shown #>> '{body,etag}' then
                return recurd.api_problem(412, 'it was changed meanwhile; read it again');
            end if;
            return shown;
        end
        $body$
    $create$, $create$
        create function recurd.api_task_create(whose text, body jsonb, key text default null) returns jsonb
            language plpgsql {rights}
        as $body$
        declare
            errors jsonb := recurd.api_check({known task}, body, false);
            problem jsonb;
            new_id text;
            same boolean;
            state text; message text;
        begin
            if errors is not null then
                return recurd.api_problem(422, 'that is no task', errors);
            end if;
            problem := recurd.api_may_create(whose, body, key);
            if problem is not null then
                return problem;
            end if;
            new_id := recurd.api_id('task', whose, key);
            insert into {app}.tasks (id, user_id, title, description, priority, is_complete, due_date, remind_at,
                                     recurrence_rule, created_at, updated_at)
            values (new_id, whose, body->>'title', body->>'description', coalesce(body->>'priority', 'medium'),
                    coalesce((body->>'is_complete')::boolean, false), (body->>'due_date')::timestamptz,
                    (body->>'remind_at')::timestamptz, nullif(body->'recurrence_rule', 'null'),
                    recurd.now() at time zone 'UTC', recurd.now() at time zone 'UTC')
            on conflict (id) do nothing;
            if found then
                perform recurd.api_tag('task', new_id, coalesce(body->'tag_ids', '[]'));
            else
                select (k.title, k.description, k.priority, k.is_complete, k.due_date, k.remind_at, k.recurrence_rule)
                       is not distinct from
                       (body->>'title', body->>'description', coalesce(body->>'priority', 'medium'),
                        coalesce((body->>'is_complete')::boolean, false), (body->>'due_date')::timestamptz,
                        (body->>'remind_at')::timestamptz, nullif(body->'recurrence_rule', 'null'))
                       and array(select x.tag_id::text from {app}.task_tags as x where x.task_id = k.id order by 1)
                           = array(select distinct i.id from jsonb_array_elements_text(coalesce(body->'tag_ids', '[]')) as i (id)
                                    order by 1)
                  into same from {app}.tasks as k where k.id = new_id and k.user_id = whose;
                if same is not true then
                    return recurd.api_problem(422, format('the idempotency key is that of task %s, which is another one, or'
                                                          ' was changed since', new_id));
                end if;
            end if;
            return jsonb_build_object('status', 201) || (recurd.api_task_get(whose, new_id) - 'status');
        {refused}
        end
        $body$
    $create$, $create$
        -- Keys that are left out stay as they are.  What changes nothing writes nothing.
        create function recurd.api_task_update(whose text, task text, body jsonb, if_match text default null) returns jsonb
            language plpgsql {rights}
        as $body$
        declare
            errors jsonb := recurd.api_check({known task}, body, true);
            answer jsonb;
            new jsonb;
            state text; message text;
        begin
            if errors is not null then
                return recurd.api_problem(422, 'a task cannot become that', errors);
            end if;
            answer := recurd.api_task_lock(whose, task, if_match);
            if not answer ? 'body' then
                return answer;
            end if;
            new := recurd.api_may_tag(whose, body);
            if new is not null then
                return new;
            end if;
            new := (answer->'body') || body;
            update {app}.tasks as k
               set title = new->>'title', description = new->>'description', priority = new->>'priority',
                   is_complete = (new->>'is_complete')::boolean, due_date = (new->>'due_date')::timestamptz,
                   remind_at = (new->>'remind_at')::timestamptz,
                   recurrence_rule = case when body ? 'recurrence_rule' then nullif(new->'recurrence_rule', 'null')
                                          else k.recurrence_rule end,
                   updated_at = recurd.now() at time zone 'UTC'
             where k.id = task and k.user_id = whose
                   and (k.title, k.description, k.priority, k.is_complete, k.due_date, k.remind_at)
                       is distinct from
                       (new->>'title', new->>'description', new->>'priority', (new->>'is_complete')::boolean,
                        (new->>'due_date')::timestamptz, (new->>'remind_at')::timestamptz)
                or k.id = task and k.user_id = whose and body ? 'recurrence_rule'
                   and k.recurrence_rule is distinct from nullif(new->'recurrence_rule', 'null');
            if body ? 'tag_ids' then
                perform recurd.api_tag('task', task, body->'tag_ids');
            end if;
            return recurd.api_task_get(whose, task);
        {refused}
        end
        $body$
    $create$, $create$
        create function recurd.api_task_complete(whose text, task text, if_match text default null) returns jsonb
            language sql {rights}
        as $body$
            select recurd.api_task_update(whose, task, '{"is_complete": true}', if_match)
        $body$
    $create$, $create$
        -- These tags, and no others: {"tag_ids": [...]}, or the array by itself.
        create function recurd.api_task_tags(whose text, task text, body jsonb, if_match text default null) returns jsonb
            language plpgsql {rights}
        as $body$
        declare
            named jsonb := case when jsonb_typeof(body) = 'array' then jsonb_build_object('tag_ids', body) else body end;
            errors jsonb := recurd.api_check('{"tag_ids": {"is": "ids", "max": 100, "need": true}}', named, false);
        begin
            return case when errors is not null then recurd.api_problem(422, 'these are no tags', errors)
                        else recurd.api_task_update(whose, task, named, if_match) end;
        end
        $body$
    $create$, $create$
        create function recurd.api_task_delete(whose text, task text, if_match text default null) returns jsonb
            language plpgsql {rights}
        as $body$
        declare
            answer jsonb;
            state text; message text;
        begin
            answer := recurd.api_task_lock(whose, task, if_match);
            if not answer ? 'body' then
                return answer;
            end if;
            delete from {app}.task_tags as x where x.task_id = task;
            delete from {app}.tasks as k where k.id = task and k.user_id = whose;
            return jsonb_build_object('status', 204);
        {refused}
        end
        $body$
    $create$, $create$
        -- The newest first; by due date, the earliest first, where one is asked for.
        create function recurd.api_task_list(whose text, filter jsonb default '{}') returns jsonb
            language plpgsql stable {rights}
        as $body$
        declare
            errors jsonb := recurd.api_check('{"tag": {"is": "id"}, "priority": {"is": "one", "of": ["low", "medium", "high", "urgent"]},
                "is_complete": {"is": "boolean"}, "overdue": {"is": "boolean"}, "due_before": {"is": "instant"},
                "text": {"is": "line", "max": 200}, "recurring_task_id": {"is": "id"},
                "sort": {"is": "one", "of": ["created", "due"]}, "limit": {"is": "integer", "max": 500},
                "cursor": {"is": "id"}}', filter, true);
            most integer;
            by_due boolean;
            sorting text;
            place text[];
            query text;
            rows jsonb;
            n integer;
            state text; message text;
        begin
            if errors is not null then
                return recurd.api_problem(422, 'tasks cannot be looked for by that', errors);
            end if;
            most := coalesce((filter->>'limit')::numeric, 50);
            by_due := coalesce(filter->>'sort' = 'due', filter ? 'due_before' or filter->'overdue' = 'true', false);
            sorting := case when by_due then 'due' else 'created' end;
            if filter ? 'cursor' then
                place := recurd.api_cursor_read(sorting, 'timestamptz', filter->>'cursor');
                if place is null then
                    return recurd.api_problem(422, 'tasks cannot be looked for by that', jsonb_build_array(jsonb_build_object(
                        'pointer', '/cursor', 'detail', 'expected what a list in this order ended with')));
                end if;
            end if;
            -- An index of due dates, or of times of creation, alone would lead through everybody's: the planner takes it
            -- where it believes that a page is soon full.  So the former are sorted by an expression, and the
            -- latter behind their user, who is a range, because an equal one would be left out of the order.
            query := 'select k.*, k.xmin::text as recurd_version, '
                || case when by_due then 'coalesce(k.due_date, ''infinity'') at time zone ''UTC''' else 'k.created_at' end
                || ' as recurd_sorted from {app}.tasks as k where '
                || case when by_due then 'k.user_id = $1' when place is null then 'k.user_id >= $1 and k.user_id <= $1'
                        else 'k.user_id >= $1 and (k.user_id, k.created_at) <= ($1, $7)' end
                || case when filter ? 'tag' then ' and k.id in (select x.task_id from {app}.task_tags as x join {app}.tags as g'
                                                 ' on g.id = x.tag_id where x.tag_id = $2 and g.user_id = $1)' else '' end
                || case when filter ? 'priority' then ' and k.priority = $3' else '' end
                || case filter->'is_complete' when 'true' then ' and k.is_complete' when 'false' then ' and not k.is_complete'
                        else '' end
                || case filter->'overdue' when 'true' then ' and not k.is_complete and k.due_date < recurd.now()'
                        when 'false' then ' and (k.is_complete or coalesce(k.due_date, ''infinity'') >= recurd.now())' else '' end
                || case when filter ? 'due_before' then ' and k.due_date < $4' else '' end
                || case when filter ? 'text' then ' and (k.title ilike $5 or k.description ilike $5)' else '' end
                || case when filter ? 'recurring_task_id' then ' and k.recurring_task_id = $6' else '' end
                || case when place is null then ''
                        when by_due then ' and (coalesce(k.due_date, ''infinity'') at time zone ''UTC'', k.id) > ($7, $8)'
                        else ' and (k.created_at, k.id) < ($7, $8)' end
                || case when by_due then ' order by recurd_sorted, k.id' else ' order by k.user_id desc, k.created_at desc, k.id desc' end
                || ' limit $9';
            execute 'select jsonb_agg(jsonb_build_array({literal task}, k.recurd_sorted, k.id) order by '
                || case when by_due then 'k.recurd_sorted, k.id' else 'k.recurd_sorted desc, k.id desc' end || ') from (' || query || ') as k'
               into rows
              using whose, filter->>'tag', filter->>'priority', (filter->>'due_before')::timestamptz,
                    '%' || regexp_replace(filter->>'text', '([\\%_])', '\\\1', 'g') || '%', filter->>'recurring_task_id',
                    place[1]::timestamp, place[2], most + 1;
            n := coalesce(jsonb_array_length(rows), 0);
            return jsonb_strip_nulls(jsonb_build_object('next', case when n > most then
                       recurd.api_cursor(sorting, rows #>> array[(most - 1)::text, '1'], rows #>> array[(most - 1)::text, '2']) end))
                || jsonb_build_object('status', 200, 'body', coalesce((
                       select jsonb_agg(r.one->0 order by r.n) from jsonb_array_elements(rows) with ordinality as r (one, n)
                        where r.n <= most), '[]'));
        {refused}
        end
        $body$
    $create$, $create$
        create function recurd.api_template_get(whose text, template text) returns jsonb
            language plpgsql stable {rights}
        as $body$
        declare
            shown jsonb; state text; message text;
        begin
            select {template} into shown
              from (select t.*, t.xmin::text as recurd_version, t.ctid as recurd_place from {app}.recurring_tasks as t
                     where t.id = template and t.user_id = whose) as t;
            return case when shown is null then recurd.api_problem(404, 'there is no such template')
                        else jsonb_build_object('status', 200, 'body', shown) end;
        {refused}
        end
        $body$
    $create$, $create$
        create function recurd.api_template_lock(whose text, template text, if_match text) returns jsonb
            language plpgsql
        as $body$
        declare
            shown jsonb;
        begin
            perform from {app}.recurring_tasks as t where t.id = template and t.user_id = whose for no key update;
            shown := recurd.api_template_get(whose, template);
            if shown ? 'body' and if_match <> '*' and if_match <> shown #>> '{body,etag}' then
                return recurd.api_problem(412, 'it was changed meanwhile; read it again');
            end if;
            return shown;
        end
        $body$
    $create$, $create$
        create function recurd.api_template_create(whose text, body jsonb, key text default null) returns jsonb
            language plpgsql {rights}
        as $body$
        declare
            errors jsonb := recurd.api_check({known template}, body, false);
            problem jsonb;
            new_id text;
            same boolean;
            state text; message text;
        begin
            if errors is not null then
                return recurd.api_problem(422, 'that is no template', errors);
            end if;
            problem := recurd.api_may_create(whose, body, key);
            if problem is not null then
                return problem;
            end if;
            new_id := recurd.api_id('template', whose, key);
            insert into {app}.recurring_tasks (id, user_id, title, description, priority, recurrence_rule, next_due_at,
                                               is_active, created_at)
            values (new_id, whose, body->>'title', body->>'description', coalesce(body->>'priority', 'medium'),
                    body->'recurrence_rule', (body->>'next_due_at')::timestamptz,
                    coalesce((body->>'is_active')::boolean, true), recurd.now())
            on conflict (id) do nothing;
            if found then
                perform recurd.api_tag('template', new_id, coalesce(body->'tag_ids', '[]'));
            else
                -- Its next due date has moved on since.
                select (t.title, t.description, t.priority, t.recurrence_rule) is not distinct from
                       (body->>'title', body->>'description', coalesce(body->>'priority', 'medium'), body->'recurrence_rule')
                       and array(select x.tag_id::text from recurd.template_tags as x where x.recurring_task_id = t.id order by 1)
                           = array(select distinct i.id from jsonb_array_elements_text(coalesce(body->'tag_ids', '[]')) as i (id)
                                    order by 1)
                  into same from {app}.recurring_tasks as t where t.id = new_id and t.user_id = whose;
                if same is not true then
                    return recurd.api_problem(422, format('the idempotency key is that of template %s, which is another one, or'
                                                          ' was changed since', new_id));
                end if;
            end if;
            return jsonb_build_object('status', 201) || (recurd.api_template_get(whose, new_id) - 'status');
        {refused}
        end
        $body$
    $create$, $create$
        create function recurd.api_template_update(whose text, template text, body jsonb, if_match text default null) returns jsonb
            language plpgsql {rights}
        as $body$
        declare
            errors jsonb := recurd.api_check({known template}, body, true);
            answer jsonb;
            new jsonb;
            state text; message text;
        begin
            if errors is not null then
                return recurd.api_problem(422, 'a template cannot become that', errors);
            end if;
            answer := recurd.api_template_lock(whose, template, if_match);
            if not answer ? 'body' then
                return answer;
            end if;
            new := recurd.api_may_tag(whose, body);
            if new is not null then
                return new;
            end if;
            new := (answer->'body') || body;
            update {app}.recurring_tasks as t
               set title = new->>'title', description = new->>'description', priority = new->>'priority',
                   recurrence_rule = case when body ? 'recurrence_rule' then body->'recurrence_rule' else t.recurrence_rule end,
                   next_due_at = case when body ? 'next_due_at' then (body->>'next_due_at')::timestamptz else t.next_due_at end,
                   is_active = (new->>'is_active')::boolean
             where t.id = template and t.user_id = whose
                   and ((t.title, t.description, t.priority, t.is_active) is distinct from
                        (new->>'title', new->>'description', new->>'priority', (new->>'is_active')::boolean)
                        or body ? 'recurrence_rule' and t.recurrence_rule is distinct from body->'recurrence_rule'
                        or body ? 'next_due_at' and t.next_due_at is distinct from (body->>'next_due_at')::timestamptz);
            if body ? 'tag_ids' then
                perform recurd.api_tag('template', template, body->'tag_ids');
            end if;
            return recurd.api_template_get(whose, template);
        {refused}
        end
        $body$
    $create$, $create$
        create function recurd.api_template_delete(whose text, template text, if_match text default null) returns jsonb
            language plpgsql {rights}
        as $body$
        declare
            answer jsonb;
            state text; message text;
        begin
            answer := recurd.api_template_lock(whose, template, if_match);
            if not answer ? 'body' then
                return answer;
            end if;
            delete from {app}.recurring_tasks as t where t.id = template and t.user_id = whose;
            return jsonb_build_object('status', 204);
        {refused}
        end
        $body$
    $create$, $create$
        -- What is due first comes first.
        create function recurd.api_template_list(whose text, filter jsonb default '{}') returns jsonb
            language plpgsql stable {rights}
        as $body$
        declare
            errors jsonb := recurd.api_check('{"tag": {"is": "id"}, "priority": {"is": "one", "of": ["low", "medium", "high", "urgent"]},
                "is_active": {"is": "boolean"}, "quarantined": {"is": "boolean"}, "due_before": {"is": "instant"},
                "text": {"is": "line", "max": 200}, "limit": {"is": "integer", "max": 500}, "cursor": {"is": "id"}}', filter, true);
            most integer;
            place text[];
            query text;
            rows jsonb;
            n integer;
            state text; message text;
        begin
            if errors is not null then
                return recurd.api_problem(422, 'templates cannot be looked for by that', errors);
            end if;
            most := coalesce((filter->>'limit')::numeric, 50);
            if filter ? 'cursor' then
                place := recurd.api_cursor_read('next_due', 'timestamptz', filter->>'cursor');
                if place is null then
                    return recurd.api_problem(422, 'templates cannot be looked for by that', jsonb_build_array(jsonb_build_object(
                        'pointer', '/cursor', 'detail', 'expected what a list of templates ended with')));
                end if;
            end if;
            -- As with tasks: by the index of the user's.
            query := 'select t.*, t.xmin::text as recurd_version, t.ctid as recurd_place from {app}.recurring_tasks as t where '
                || case when place is null then 't.user_id >= $1 and t.user_id <= $1'
                        else 't.user_id <= $1 and (t.user_id, t.next_due_at) >= ($1, $6)' end
                || case when filter ? 'tag' then ' and t.id in (select x.recurring_task_id from recurd.template_tags as x join'
                                                 ' {app}.tags as g on g.id = x.tag_id where x.tag_id = $2 and g.user_id = $1)'
                        else '' end
                || case when filter ? 'priority' then ' and t.priority = $3' else '' end
                || case filter->'is_active' when 'true' then ' and t.is_active' when 'false' then ' and not t.is_active' else '' end
                || case filter->'quarantined' when 'true' then ' and t.failed_at is not null'
                        when 'false' then ' and t.failed_at is null' else '' end
                || case when filter ? 'due_before' then ' and t.next_due_at < $4' else '' end
                || case when filter ? 'text' then ' and (t.title ilike $5 or t.description ilike $5)' else '' end
                || case when place is null then '' else ' and (t.next_due_at, t.id) > ($6, $7)' end
                || ' order by t.user_id, t.next_due_at, t.id limit $8';
            execute 'select jsonb_agg(jsonb_build_array({literal template}, t.next_due_at, t.id) order by t.next_due_at, t.id)'
                    ' from (' || query || ') as t'
               into rows
              using whose, filter->>'tag', filter->>'priority', (filter->>'due_before')::timestamptz,
                    '%' || regexp_replace(filter->>'text', '([\\%_])', '\\\1', 'g') || '%',
                    place[1]::timestamptz, place[2], most + 1;
            n := coalesce(jsonb_array_length(rows), 0);
            return jsonb_strip_nulls(jsonb_build_object('next', case when n > most then
                       recurd.api_cursor('next_due', rows #>> array[(most - 1)::text, '1'], rows #>> array[(most - 1)::text, '2']) end))
                || jsonb_build_object('status', 200, 'body', coalesce((
                       select jsonb_agg(r.one->0 order by r.n) from jsonb_array_elements(rows) with ordinality as r (one, n)
                        where r.n <= most), '[]'));
        {refused}
        end
        $body$
    $create$, $create$
        -- Its instances, and what became of what was not made; the latest first.
        create function recurd.api_template_history(whose text, template text, filter jsonb default '{}') returns jsonb
            language plpgsql stable {rights}
        as $body$
        declare
            errors jsonb := recurd.api_check('{"limit": {"is": "integer", "max": 500}, "cursor": {"is": "id"}}', filter, true);
            most integer;
            place text[];
            below timestamptz := 'infinity';
            below_id text := '~';
            rows jsonb;
            n integer;
            state text; message text;
        begin
            if errors is not null then
                return recurd.api_problem(422, 'a history cannot be looked for by that', errors);
            end if;
            most := coalesce((filter->>'limit')::numeric, 50);
            if filter ? 'cursor' then
                place := recurd.api_cursor_read('history', 'timestamptz', filter->>'cursor');
                if place is null then
                    return recurd.api_problem(422, 'a history cannot be looked for by that', jsonb_build_array(jsonb_build_object(
                        'pointer', '/cursor', 'detail', 'expected what a history ended with')));
                end if;
                below := place[1];
                below_id := place[2];
            end if;
            if not exists (select from {app}.recurring_tasks as t where t.id = template and t.user_id = whose) then
                return recurd.api_problem(404, 'there is no such template');
            end if;
            select jsonb_agg(jsonb_build_array(h.shown, h.at, h.id) order by h.at desc, h.id collate "C" desc) into rows
              from (select u.*
                      from ((select k.occurrence_at as at, 'task ' || k.id as id, jsonb_build_object(
                                        'kind', 'made', 'at', k.created_at at time zone 'UTC', 'first_at', k.occurrence_at,
                                        'last_at', k.occurrence_at, 'occurrences', 1, 'detail', null, 'task_id', k.id,
                                        'is_complete', k.is_complete, 'completed_at', k.completed_at) as shown
                               from {app}.tasks as k
                              where k.recurring_task_id = template and k.user_id = whose
                                    and k.occurrence_at <= below
                                    and (k.occurrence_at < below or ('task ' || k.id) collate "C" < below_id)
                              order by k.occurrence_at desc, k.id desc
                              limit most + 1)
                            union all
                            (select coalesce(d.last_at, d.at), 'decision ' || lpad(d.id::text, 19, '0'), jsonb_build_object(
                                        'kind', d.kind, 'at', d.at, 'first_at', d.first_at, 'last_at', d.last_at,
                                        'occurrences', d.occurrences, 'detail', d.detail, 'task_id', null,
                                        'is_complete', null, 'completed_at', null)
                               from recurd.decisions as d
                              where d.template_id = template
                                    and (coalesce(d.last_at, d.at) < below or coalesce(d.last_at, d.at) = below
                                         and ('decision ' || lpad(d.id::text, 19, '0')) collate "C" < below_id)
                              order by 1 desc, 2 desc
                              limit most + 1)) as u
                     order by u.at desc, u.id collate "C" desc
                     limit most + 1) as h;
            n := coalesce(jsonb_array_length(rows), 0);
            return jsonb_strip_nulls(jsonb_build_object('next', case when n > most then
                       recurd.api_cursor('history', rows #>> array[(most - 1)::text, '1'], rows #>> array[(most - 1)::text, '2']) end))
                || jsonb_build_object('status', 200, 'body', coalesce((
                       select jsonb_agg(r.one->0 order by r.n) from jsonb_array_elements(rows) with ordinality as r (one, n)
                        where r.n <= most), '[]'));
        {refused}
        end
        $body$
    $create$, $create$
        create function recurd.api_tag_get(whose text, tag text) returns jsonb
            language plpgsql stable {rights}
        as $body$
        declare
            shown jsonb; state text; message text;
        begin
            select recurd.api_row(g.xmin::text, jsonb_build_object('id', g.id, 'name', g.name, 'color', to_jsonb(g)->'color'))
              into shown from {app}.tags as g where g.id = tag and g.user_id = whose;
            return case when shown is null then recurd.api_problem(404, 'there is no such tag')
                        else jsonb_build_object('status', 200, 'body', shown) end;
        {refused}
        end
        $body$
    $create$, $create$
        create function recurd.api_tag_create(whose text, body jsonb, key text default null) returns jsonb
            language plpgsql {rights}
        as $body$
        declare
            errors jsonb := recurd.api_check({known tag}, body, false);
            answer jsonb;
            new_id text;
            taken text;
            state text; message text;
        begin
            if errors is not null then
                return recurd.api_problem(422, 'that is no tag', errors);
            end if;
            answer := recurd.api_may_create(whose, '{}', key);
            if answer is not null then
                return answer;
            end if;
            new_id := recurd.api_id('tag', whose, key);
            answer := recurd.api_tag_get(whose, new_id);
            if answer ? 'body' then
                if answer #>> '{body,name}' <> body->>'name' or body ? 'color' and answer #> '{body,color}' <> body->'color' then
                    return recurd.api_problem(422, format('the idempotency key is that of tag %s, which is another one, or was'
                                                          ' changed since', new_id));
                end if;
                return answer || '{"status": 201}';
            end if;
            select g.id into taken from {app}.tags as g where g.user_id = whose and g.name = body->>'name';
            if taken is not null then
                return recurd.api_problem(409, format('there is a tag of this name, %s', taken),
                    jsonb_build_array(jsonb_build_object('pointer', '/name', 'detail', 'expected a name that no tag has')));
            end if;
            if body ? 'color' then
                insert into {app}.tags (id, user_id, name, color) values (new_id, whose, body->>'name', body->>'color');
            else
                insert into {app}.tags (id, user_id, name) values (new_id, whose, body->>'name');
            end if;
            return recurd.api_tag_get(whose, new_id) || '{"status": 201}';
        {refused}
        end
        $body$
    $create$, $create$
        create function recurd.api_tag_update(whose text, tag text, body jsonb, if_match text default null) returns jsonb
            language plpgsql {rights}
        as $body$
        declare
            errors jsonb := recurd.api_check({known tag}, body, true);
            answer jsonb;
            state text; message text;
        begin
            if errors is not null then
                return recurd.api_problem(422, 'a tag cannot become that', errors);
            end if;
            perform from {app}.tags as g where g.id = tag and g.user_id = whose for no key update;
            answer := recurd.api_tag_get(whose, tag);
            if not answer ? 'body' then
                return answer;
            end if;
            if if_match <> '*' and if_match <> answer #>> '{body,etag}' then
                return recurd.api_problem(412, 'it was changed meanwhile; read it again');
            end if;
            if exists (select from {app}.tags as g where g.user_id = whose and g.name = body->>'name' and g.id <> tag) then
                return recurd.api_problem(409, 'there is a tag of this name',
                    jsonb_build_array(jsonb_build_object('pointer', '/name', 'detail', 'expected a name that no tag has')));
            end if;
            update {app}.tags as g set name = body->>'name'
             where g.id = tag and g.user_id = whose and g.name <> body->>'name';
            if body ? 'color' then
                update {app}.tags as g set color = body->>'color'
                 where g.id = tag and g.user_id = whose and g.color is distinct from body->>'color';
            end if;
            return recurd.api_tag_get(whose, tag);
        {refused}
        end
        $body$
    $create$, $create$
        create function recurd.api_tag_delete(whose text, tag text, if_match text default null) returns jsonb
            language plpgsql {rights}
        as $body$
        declare
            answer jsonb;
            state text; message text;
        begin
            perform from {app}.tags as g where g.id = tag and g.user_id = whose for update;
            answer := recurd.api_tag_get(whose, tag);
            if not answer ? 'body' then
                return answer;
            end if;
            if if_match <> '*' and if_match <> answer #>> '{body,etag}' then
                return recurd.api_problem(412, 'it was changed meanwhile; read it again');
            end if;
            delete from {app}.task_tags as x where x.tag_id = tag;
            delete from recurd.template_tags as x where x.tag_id = tag;
            delete from {app}.tags as g where g.id = tag and g.user_id = whose;
            return jsonb_build_object('status', 204);
        {refused}
        end
        $body$
    $create$, $create$
        -- By name.
        create function recurd.api_tag_list(whose text, filter jsonb default '{}') returns jsonb
            language plpgsql stable {rights}
        as $body$
        declare
            errors jsonb := recurd.api_check('{"limit": {"is": "integer", "max": 500}, "cursor": {"is": "id"}}', filter, true);
            most integer;
            place text[];
            rows jsonb;
            n integer;
            state text; message text;
        begin
            if filter ? 'cursor' and errors is null then
                place := recurd.api_cursor_read('name', 'text', filter->>'cursor');
                if place is null then
                    errors := jsonb_build_array(jsonb_build_object(
                        'pointer', '/cursor', 'detail', 'expected what a list of tags ended with'));
                end if;
            end if;
            if errors is not null then
                return recurd.api_problem(422, 'tags cannot be looked for by that', errors);
            end if;
            most := coalesce((filter->>'limit')::numeric, 50);
            select jsonb_agg(jsonb_build_array(g.shown, g.name, g.id) order by g.name, g.id) into rows
              from (select g.name, g.id, recurd.api_row(g.xmin::text, jsonb_build_object(
                               'id', g.id, 'name', g.name, 'color', to_jsonb(g)->'color')) as shown
                      from {app}.tags as g
                     where g.user_id = whose and (place is null or (g.name, g.id) > (place[1], place[2]))
                     order by g.name, g.id
                     limit most + 1) as g;
            n := coalesce(jsonb_array_length(rows), 0);
            return jsonb_strip_nulls(jsonb_build_object('next', case when n > most then
                       recurd.api_cursor('name', rows #>> array[(most - 1)::text, '1'], rows #>> array[(most - 1)::text, '2']) end))
                || jsonb_build_object('status', 200, 'body', coalesce((
                       select jsonb_agg(r.one->0 order by r.n) from jsonb_array_elements(rows) with ordinality as r (one, n)
                        where r.n <= most), '[]'));
        {refused}
        end
        $body$
    $create$, $create$
        -- What a rule of this user is read by, for whoever checks one before it is stored.
        create function recurd.api_settings(whose text) returns jsonb
            language sql stable {rights}
        as $body$
            select jsonb_build_object('status', 200, 'body', jsonb_build_object(
                'now', recurd.now(), 'default_time_zone', s.default_time_zone,
                'min_interval', extract(epoch from s.min_interval)::bigint,
                'time_zone', (select p.time_zone from recurd.preferences as p where p.user_id = whose)))
              from recurd.settings as s
        $body$
    $create$] loop
        source := replace(replace(source, '{literal task}', replace(task, '''', '''''')),
                          '{literal template}', replace(template, '''', ''''''));
        source := replace(replace(source, '{task}', task), '{template}', template);
        source := replace(replace(source, '{known task}', known_task), '{known template}', known_template);
        source := replace(replace(source, '{known tag}', known_tag), '{refused}', refused);
        -- A table may have any column beside those that are known.
        source := replace(replace(source, '{rights}', rights), 'as $body$', 'as $body$ #variable_conflict use_variable');
        if source like '%language sql%' then
            source := replace(source, '#variable_conflict use_variable', '');
        end if;
        execute replace(source, '{app}', quote_ident(current_schema()));
    end loop;
end
$$;

-- Nobody but the owner: PUBLIC may execute what is new.
revoke all on function recurd.api_problem(integer, text, jsonb), recurd.api_refused(text, text),
    recurd.api_row(text, jsonb), recurd.api_id(text, text, text), recurd.api_width(text, text, integer),
    recurd.api_wrong(jsonb, jsonb), recurd.api_check(jsonb, jsonb, boolean), recurd.api_cursor(text, text, text),
    recurd.api_cursor_read(text, text, text), recurd.api_may_create(text, jsonb, text),
    recurd.api_may_tag(text, jsonb), recurd.api_tag(text, text, jsonb), recurd.api_task_lock(text, text, text),
    recurd.api_template_lock(text, text, text)
    from public;
revoke all on function recurd.api_task_create(text, jsonb, text), recurd.api_task_get(text, text),
    recurd.api_task_list(text, jsonb), recurd.api_task_update(text, text, jsonb, text),
    recurd.api_task_complete(text, text, text), recurd.api_task_tags(text, text, jsonb, text),
    recurd.api_task_delete(text, text, text), recurd.api_template_create(text, jsonb, text),
    recurd.api_template_get(text, text), recurd.api_template_list(text, jsonb),
    recurd.api_template_update(text, text, jsonb, text), recurd.api_template_delete(text, text, text),
    recurd.api_template_history(text, text, jsonb), recurd.api_tag_create(text, jsonb, text),
    recurd.api_tag_get(text, text), recurd.api_tag_list(text, jsonb),
    recurd.api_tag_update(text, text, jsonb, text), recurd.api_tag_delete(text, text, text),
    recurd.api_settings(text)
    from public;

grant usage on schema recurd to recurd_web;
grant execute on function recurd.api_task_create(text, jsonb, text), recurd.api_task_get(text, text),
    recurd.api_task_list(text, jsonb), recurd.api_task_update(text, text, jsonb, text),
    recurd.api_task_complete(text, text, text), recurd.api_task_tags(text, text, jsonb, text),
    recurd.api_task_delete(text, text, text), recurd.api_template_create(text, jsonb, text),
    recurd.api_template_get(text, text), recurd.api_template_list(text, jsonb),
    recurd.api_template_update(text, text, jsonb, text), recurd.api_template_delete(text, text, text),
    recurd.api_template_history(text, text, jsonb), recurd.api_tag_create(text, jsonb, text),
    recurd.api_tag_get(text, text), recurd.api_tag_list(text, jsonb),
    recurd.api_tag_update(text, text, jsonb, text), recurd.api_tag_delete(text, text, text),
    recurd.api_settings(text)
    to recurd_web;
