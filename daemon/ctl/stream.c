/* Rows by cursor: a listing of any length in constant memory, one snapshot. */
#include "ctl/ctl.h"
#include "db/shape.h"

/* ret_more: whether to ask for the next rows. */
static int fetch(struct ctl *ctl, enum query_id open,
	bool (*take)(void *context, const PGresult *result, int row), void *context, bool *ret_more)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	int code = ctl_query(ctl, QUERY_CTL_FETCH, NULL, &result);
	if (code != EX_OK)
		return code;
	struct err err;
	if (!shape_check(open, result, &err))
		return ctl_error(EX_CONFIG,
			"the database does not answer as expected: %s; what recurd needs says: "
			"recurctl migrate verify",
			err.text);
	*ret_more = PQntuples(result) > 0;
	for (int row = 0; *ret_more && row < PQntuples(result); row++)
		*ret_more = take(context, result, row);
	return EX_OK;
}

int ctl_begin_bounded(struct ctl *ctl)
{
	return ctl_exec(ctl, "begin isolation level read committed read only;"
			     "set local lock_timeout = '5s'; set local statement_timeout = '30s';"
			     "set local enable_seqscan = off; set local enable_bitmapscan = off;"
			     "set local enable_sort = off; set local enable_incremental_sort = off;"
			     "set local enable_hashjoin = off; set local enable_mergejoin = off;"
			     "set local enable_indexscan = on; set local enable_indexonlyscan = on;"
			     "set local enable_nestloop = on; set local enable_tidscan = on;"
			     "set local jit = off");
}

int ctl_stream(struct ctl *ctl, enum query_id open, const struct params *params, bool bounded,
	bool (*take)(void *context, const PGresult *result, int row), void *context)
{
	PGresult *opened CLEANUP(ctl_clear) = NULL;
	bool more = true;
	int code = bounded ? ctl_begin_bounded(ctl)
			   : ctl_exec(ctl, "begin isolation level read committed read only");
	if (code == EX_OK)
		code = ctl_query(ctl, open, params, &opened);
	while (code == EX_OK && more)
		code = fetch(ctl, open, take, context, &more);
	return code == EX_OK ? ctl_exec(ctl, "commit") : code;
}
