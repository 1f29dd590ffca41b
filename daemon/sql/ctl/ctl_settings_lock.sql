-- recurctl settings set, reset: nobody changes the row from here on until the end of the transaction, so that
-- what is read next is what was before the change.
-- Index: none, one row.
-- Result: int4
select 1 from recurd.settings for no key update
