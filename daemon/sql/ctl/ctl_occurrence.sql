-- recurctl skip, unskip, postpone, change, split, trigger: the functions of schema recurd, which check and refuse.
-- $1 text: which of them.   $2 text: the template.   $3 timestamptz: the occurrence.   $4 timestamptz: where it goes.
-- $5, $6, $7 text: title, description, priority, null: they stay.   $8 text: a rule, null: the template's.
-- Index: the primary key, ux_tasks_recurring_task_id_occurrence_at.
-- Result: text text timestamptz text
select $1::text, $2::text,
       case $1::text when 'skip' then recurd.skip($2::text, $3::timestamptz)
                     when 'unskip' then recurd.unskip($2::text, $3::timestamptz)
                     when 'postpone' then recurd.postpone($2::text, $3::timestamptz, $4::timestamptz)
                     when 'change' then recurd.change($2::text, $3::timestamptz, $5::text, $6::text, $7::text)
                     else $3::timestamptz end,
       case $1::text when 'split' then recurd.split($2::text, $3::timestamptz, $8::jsonb)
                     when 'trigger' then recurd.trigger($2::text) end
