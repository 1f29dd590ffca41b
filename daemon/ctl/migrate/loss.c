/* loss: see the header. */
#include "ctl/migrate/loss.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/migrate/lines.h"
#include "ctl/migrate/recipe_items.h"
#include "db/rows.h"
#include "util/mem.h"

#define ROWS_COUNTED 1000000

static void add_name(char ***names, size_t *n, const char *text, size_t len)
{
	*names = mem_realloc_array(*names, *n + 1, sizeof(**names));
	(*names)[(*n)++] = mem_strndup(text, len);
}

static void skip_if_exists(const char **p)
{
	if (script_take_word(p, "if"))
		(void)script_take_word(p, "exists");
	*p = script_skip_blank(*p);
}

/* p: behind DROP. */
static void add_dropped(struct loss *loss, const char *p)
{
	char name[THING_NAME_MAX];
	if (!script_take_word(&p, "table") && !script_take_word(&p, "view"))
		return;
	skip_if_exists(&p);
	const char *start = p;
	item_name(&p, name);
	add_name(&loss->tables, &loss->tables_n, start, (size_t)(p - start));
}

/* p: behind ALTER TABLE. */
static void add_columns(struct loss *loss, const char *p, const char *end)
{
	char table[THING_NAME_MAX];
	struct item item;
	skip_if_exists(&p);
	const char *start = p;
	item_name(&p, table);
	size_t table_len = (size_t)(p - start), tables_n = loss->columns_n;
	while (item_next(&p, end, &item)) {
		if (item.kind != ITEM_DROPPED)
			continue;
		add_name(&loss->column_tables, &tables_n, start, table_len);
		add_name(&loss->columns, &loss->columns_n, item.name, strlen(item.name));
	}
}

void loss_add(struct loss *loss, const struct migration *step)
{
	struct script script CLEANUP(script_free) = { .n = 0 };
	script_parse(step->down, &script);
	for (size_t i = 0; i < script.n; i++) {
		const struct statement *statement = &script.statements[i];
		const char *p = statement->text;
		if (script_take_word(&p, "drop"))
			add_dropped(loss, p);
		else if (script_take_word(&p, "alter") && script_take_word(&p, "table"))
			add_columns(loss, p, statement->text + statement->len);
	}
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

void loss_free(struct loss *loss)
{
	free_names(loss->tables, loss->tables_n);
	free_names(loss->column_tables, loss->columns_n);
	free_names(loss->columns, loss->columns_n);
	*loss = (struct loss){ .tables_n = 0 };
}

/* ret_rows: -1: it is no table, or not there. */
static bool count_rows(
	struct migrator *migrator, const char *table, int64_t *ret_rows, struct err *err)
{
	PGconn *pq = session_pq(migrator->session);
	PGresult *there CLEANUP(ctl_clear) = NULL;
	PGresult *result CLEANUP(ctl_clear) = NULL;
	char *literal = PQescapeLiteral(pq, table, strlen(table));
	char *look CLEANUP(mem_cleanup) = mem_printf("select from pg_catalog.pg_class where oid = "
						     "to_regclass(%s) and relkind in ('r', 'p')"
						     " and has_table_privilege(oid, 'select')",
		literal);
	char *count CLEANUP(mem_cleanup) = mem_printf(
		"select count(*) from (select from %s limit %d) as t", table, ROWS_COUNTED);
	PQfreemem(literal);
	*ret_rows = -1;
	if (!migrator_exec(migrator, look, &there, err))
		return false;
	if (PQntuples(there) == 0)
		return true;
	if (!migrator_exec(migrator, count, &result, err))
		return false;
	*ret_rows = atoll(PQgetvalue(result, 0, 0));
	return true;
}

static bool tell_table(
	struct migrator *migrator, const char *table, struct strbuf *lines, struct err *err)
{
	int64_t rows;
	if (!count_rows(migrator, table, &rows, err))
		return false;
	if (rows < 0)
		return true;
	char *text CLEANUP(mem_cleanup) = mem_printf("lost: table %s, %s%lld row%s", table,
		rows == ROWS_COUNTED ? "at least " : "", (long long)rows, rows == 1 ? "" : "s");
	lines_add_text(lines, text);
	return true;
}

static void add_loss(struct params *params, const struct loss *loss)
{
	params_init(params);
	params_texts(params, (const char *const *)loss->tables, loss->tables_n);
	params_texts(params, (const char *const *)loss->column_tables, loss->columns_n);
	params_texts(params, (const char *const *)loss->columns, loss->columns_n);
}

static void add_rows(struct strbuf *lines, const PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++)
		lines_add_text(lines, row_text(result, row, 0));
}

/* What recurd's own steps make is told by its column. */
static bool tell_along(
	struct migrator *migrator, const struct loss *loss, struct strbuf *lines, struct err *err)
{
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct strbuf ours CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	for (size_t i = 0; i < migrator->set.n; i++)
		strbuf_add_text(&ours, migrator->set.steps[i].up);
	add_loss(&params, loss);
	params_text(&params, ours.data);
	if (!session_query(migrator->session, QUERY_CTL_MIGRATE_LOST, &params, &result, err))
		return false;
	add_rows(lines, result);
	return true;
}

bool loss_tell(
	struct migrator *migrator, const struct migration *step, char **ret_lines, struct err *err)
{
	struct loss loss CLEANUP(loss_free) = { .tables_n = 0 };
	struct strbuf lines CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	loss_add(&loss, step);
	for (size_t i = 0; i < loss.tables_n; i++)
		if (!tell_table(migrator, loss.tables[i], &lines, err))
			return false;
	for (size_t i = 0; i < loss.columns_n; i++) {
		char *text CLEANUP(mem_cleanup) = mem_printf(
			"lost: column %s.%s", loss.column_tables[i], loss.columns[i]);
		lines_add_text(&lines, text);
	}
	if (loss.columns_n > 0 && !tell_along(migrator, &loss, &lines, err))
		return false;
	*ret_lines = lines.len > 0 ? strbuf_steal(&lines) : NULL;
	return true;
}

bool loss_dependents(
	struct migrator *migrator, const struct loss *loss, char **ret_lines, struct err *err)
{
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct strbuf lines CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	add_loss(&params, loss);
	if (!session_query(migrator->session, QUERY_CTL_MIGRATE_DEPENDENTS, &params, &result, err))
		return false;
	add_rows(&lines, result);
	*ret_lines = lines.len > 0 ? strbuf_steal(&lines) : NULL;
	return true;
}
