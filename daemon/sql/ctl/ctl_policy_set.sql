-- recurctl policy TEMPLATE KEY=VALUE: sets one, or clears it.
-- $1 text: id of the template; $2 text: the key; $3 text: the value, empty: cleared.
-- Index: pk_recurring_tasks, pk_policies.
-- Result: any
select recurd.set_policy($1, $2, $3)
