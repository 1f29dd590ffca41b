-- Caller: web/calendar.c: whose calendar this address is; it is written down that it was fetched.
-- $1 text: what stands in the address.
-- Returns user, name (null: none), time zone, recurd's clock, and since when workers have been
-- at work; nothing: there is no such address.
-- Index: theirs.
-- Result: text text text timestamptz timestamptz
select f.user_id, f.name, f.time_zone, f.at, f.live_since from recurd.feed_open($1) as f
