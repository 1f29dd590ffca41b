-- Caller: recurctl task, template, tag and feed, and web/api.c: one of the functions for applications (recurd-schema(7)).
-- $1 text: which   $2 text: the user   $3 text: the row   $4 text: body or filter, JSON   $5 text: key or etag.
-- Index: theirs.
-- Result: text
select (case $1
            when 'task_create' then recurd.api_task_create($2, $4::text::jsonb, $5)
            when 'task_get' then recurd.api_task_get($2, $3)
            when 'task_list' then recurd.api_task_list($2, $4::text::jsonb)
            when 'task_update' then recurd.api_task_update($2, $3, $4::text::jsonb, $5)
            when 'task_complete' then recurd.api_task_complete($2, $3, $5)
            when 'task_tags' then recurd.api_task_tags($2, $3, $4::text::jsonb, $5)
            when 'task_delete' then recurd.api_task_delete($2, $3, $5)
            when 'template_create' then recurd.api_template_create($2, $4::text::jsonb, $5)
            when 'template_get' then recurd.api_template_get($2, $3)
            when 'template_list' then recurd.api_template_list($2, $4::text::jsonb)
            when 'template_update' then recurd.api_template_update($2, $3, $4::text::jsonb, $5)
            when 'template_delete' then recurd.api_template_delete($2, $3, $5)
            when 'template_history' then recurd.api_template_history($2, $3, $4::text::jsonb)
            when 'tag_create' then recurd.api_tag_create($2, $4::text::jsonb, $5)
            when 'tag_get' then recurd.api_tag_get($2, $3)
            when 'tag_list' then recurd.api_tag_list($2, $4::text::jsonb)
            when 'tag_update' then recurd.api_tag_update($2, $3, $4::text::jsonb, $5)
            when 'tag_delete' then recurd.api_tag_delete($2, $3, $5)
            when 'feed_create' then recurd.api_feed_create($2, $4::text::jsonb, $5)
            when 'feed_list' then recurd.api_feed_list($2, $4::text::jsonb)
            when 'feed_revoke' then recurd.api_feed_revoke($2, $3)
            when 'settings' then recurd.api_settings($2)
        end)::text
