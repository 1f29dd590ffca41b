-- Caller: web/board.c, recurctl top, at most once in ten seconds while anybody looks.  An hour back and an hour ahead by minutes.
-- Index: those of the function, which tests/integration/web/test_outlook.py counts blocks of.
-- Result: int4 int8 int8 int8
select m.minute, m.made, m.told, m.due from recurd.web_minutes() as m
