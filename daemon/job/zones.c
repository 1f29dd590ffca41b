/* Zone data that change under us; see the header. */
#include "job/zones.h"

#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "job/errand.h"
#include "recur/zone.h"
#include "recur/zone_lacks.h"
#include "util/log.h"
#include "util/mem.h"

#define STRETCH 5000 /* templates looked at in one statement */

enum step {
	STEP_NONE,
	STEP_LIST, /* what the database knows */
	STEP_MARK, /* templates of a zone that has changed */
	STEP_RECORD, /* its new digest, or that of a new zone */
	STEP_SAMPLE, /* what PostgreSQL thinks of our zones; it takes its time over that */
};

/* A zone to be recorded; changed ones are marked first.  Zones stay loaded for good. */
struct work {
	const struct zone *zone;
	bool changed;
};

struct zonewatch {
	enum step step;
	bool sampled, flying, failed;
	struct work *work;
	size_t n, size, at;
	char *last_id; /* of the stretch before */
	int64_t marked, held;
	size_t recorded; /* zones that were loaded when all of them had been recorded */
};

struct zonewatch *zonewatch_create(void)
{
	struct zonewatch *watch = mem_alloc(sizeof(*watch));
	watch->step = STEP_LIST;
	zone_lacks_open();
	return watch;
}

void zonewatch_destroy(struct zonewatch *watch)
{
	zone_lacks_close();
	if (!watch)
		return;
	free(watch->work);
	free(watch->last_id);
	free(watch);
}

static size_t count_loaded(void)
{
	size_t n = 0;
	while (zones_at(n))
		n++;
	return n;
}

static void add_names(struct params *params)
{
	size_t n = count_loaded();
	const char **names CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = zone_name(zones_at(i));
	params_texts(params, names, n);
}

void zonewatch_judge(const char *name, bool others_have)
{
	struct log_line line;
	if (!zone_lacks_judge(name, others_have))
		return;
	log_begin(&line, LOG_WARNING, "tzdata_missing");
	log_text(&line, "zone", name);
	log_text(&line, "reason",
		"the time zone data of this machine do not have it, others do: upgrade tzdata "
		"here; "
		"until then other workers serve what goes by it");
	log_end(&line);
}

void zonewatch_add(struct params *params)
{
	size_t n = count_loaded(), lacking = 0;
	const char *lacks[ZONE_LACKS_MAX];
	int64_t *digests CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*digests));
	add_names(params);
	for (size_t i = 0; i < n; i++)
		digests[i] = (int64_t)zone_digest(zones_at(i));
	params_int8s(params, digests, n);
	while (lacking < ZONE_LACKS_MAX && (lacks[lacking] = zone_lacks_at(lacking)))
		lacking++;
	params_texts(params, lacks, lacking);
}

void zonewatch_heard(struct zonewatch *watch, bool others)
{
	if (others)
		watch->recorded = 0;
	zonewatch_note(watch);
}

void zonewatch_look(struct zonewatch *watch)
{
	size_t changed = zones_refresh();
	if (!changed && !watch->failed)
		return;
	if (changed)
		log_msg(LOG_NOTICE, "tzdata_changed", "time zone files that have changed: %zu",
			changed);
	watch->failed = false;
	watch->recorded = 0;
	zonewatch_note(watch);
}

void zonewatch_note(struct zonewatch *watch)
{
	bool free = !watch->flying && (watch->step == STEP_NONE || watch->step == STEP_SAMPLE);
	if (free && count_loaded() != watch->recorded)
		watch->step = STEP_LIST;
}

/* ---- what to ask ---- */

static void add_record(const struct zonewatch *watch, struct params *params)
{
	const struct zone *zone = watch->work[watch->at].zone;
	const char *name = zone_name(zone);
	int64_t digest = (int64_t)zone_digest(zone);
	params_texts(params, &name, 1);
	params_int8s(params, &digest, 1);
}

static void add_mark(const struct zonewatch *watch, struct params *params)
{
	params_text(params, zone_name(watch->work[watch->at].zone));
	params_text(params, watch->last_id ? watch->last_id : "");
	params_int8(params, STRETCH);
}

static void add_step(struct zonewatch *watch, struct conn *conn)
{
	static const enum query_id queries[] = { [STEP_LIST] = QUERY_ZONES_LIST,
		[STEP_SAMPLE] = QUERY_ZONES_SAMPLE,
		[STEP_MARK] = QUERY_ZONES_MARK,
		[STEP_RECORD] = QUERY_ZONES_RECORD };
	struct params params CLEANUP(params_free);
	params_init(&params);
	if (watch->step == STEP_SAMPLE)
		add_names(&params);
	else if (watch->step == STEP_MARK)
		add_mark(watch, &params);
	else if (watch->step == STEP_RECORD)
		add_record(watch, &params);
	watch->flying = true;
	conn_add(conn, queries[watch->step], &params);
}

/* ---- what came back ---- */

static void add_work(struct zonewatch *watch, const struct zone *zone, bool changed)
{
	if (watch->n == watch->size) {
		watch->size = watch->size ? watch->size * 2 : 16;
		watch->work = mem_realloc_array(watch->work, watch->size, sizeof(*watch->work));
	}
	watch->work[watch->n++] = (struct work){ zone, changed };
}

/* That a zone stands there says that others have it. */
static bool load_listed(const char *name, const struct zone **ret_zone)
{
	struct err err;
	if (zone_load(name, ret_zone, &err))
		return true;
	zonewatch_judge(name, true);
	return false;
}

static bool is_listed(const PGresult *result, const char *name)
{
	for (int row = 0; row < PQntuples(result); row++)
		if (strcmp(row_text(result, row, 0), name) == 0)
			return true;
	return false;
}

static void take_list(struct zonewatch *watch, const PGresult *result)
{
	size_t known = 0;
	watch->n = watch->at = 0;
	for (int row = 0; row < PQntuples(result); row++) {
		const struct zone *zone;
		if (load_listed(row_text(result, row, 0), &zone) &&
			(int64_t)zone_digest(zone) != row_int8(result, row, 1))
			add_work(watch, zone, true);
	}
	for (const struct zone *zone; (zone = zones_at(known)); known++)
		if (!is_listed(result, zone_name(zone)))
			add_work(watch, zone, false);
	watch->recorded = known;
}

static void take_sample(const PGresult *result)
{
	const char *told = "";
	for (int row = 0; row < PQntuples(result); row++) {
		const char *name = row_text(result, row, 0);
		const struct zone *zone;
		usec_t instant = row_instant(result, row, 1);
		sec_t theirs = row_wall_us(result, row, 2) / USEC_PER_SEC;
		if (strcmp(told, name) == 0 || !zone_load(name, &zone, NULL))
			continue;
		if (zone_to_wall(zone, instant / USEC_PER_SEC) == theirs)
			continue;
		told = name;
		struct log_line line;
		log_begin(&line, LOG_WARNING, "tzdata_differs");
		log_text(&line, "zone", name);
		log_instant(&line, "first", instant);
		log_text(&line, "reason",
			"PostgreSQL has other data for this zone: upgrade tzdata on both sides");
		log_end(&line);
	}
}

/* The next zone's first step, or the end. */
static void next_zone(struct zonewatch *watch)
{
	free(watch->last_id);
	watch->last_id = NULL;
	watch->marked = watch->held = 0;
	if (watch->at < watch->n)
		watch->step = watch->work[watch->at].changed ? STEP_MARK : STEP_RECORD;
	else
		watch->step = watch->sampled ? STEP_NONE : STEP_SAMPLE;
}

static void take_mark(struct zonewatch *watch, const PGresult *result)
{
	watch->marked += row_int8(result, 0, 1);
	watch->held += row_int8(result, 0, 2);
	free(watch->last_id);
	watch->last_id = NULL;
	if (!row_is_null(result, 0, 0)) {
		watch->last_id = mem_strdup(row_text(result, 0, 0));
		return;
	}
	struct log_line line;
	log_begin(&line, LOG_NOTICE, "tzdata_applied");
	log_text(&line, "zone", zone_name(watch->work[watch->at].zone));
	log_int(&line, "templates", watch->marked);
	log_int(&line, "held", watch->held);
	log_end(&line);
	if (watch->held == 0) {
		watch->step = STEP_RECORD;
		return;
	}
	/* The digest stays the old one: the next look finds it and passes over the table again. */
	watch->failed = true;
	watch->at++;
	next_zone(watch);
}

/* A lost or refused step is taken again after the next look. */
static void take(struct errand *errand, const struct reply *reply, struct job_report *report)
{
	struct zonewatch *watch = errand->site.shared->zonewatch;
	(void)report;
	watch->flying = false;
	if (reply->status != REPLY_OK) {
		errand_complain(LOG_WARNING, "zonewatch_failed", reply);
		watch->step = STEP_NONE;
		watch->failed = true; /* the next look starts over, not the next batch */
		watch->recorded = count_loaded();
		return;
	}
	const PGresult *result = reply->results[reply->n - 1];
	switch (watch->step) {
	case STEP_LIST:
		take_list(watch, result);
		next_zone(watch);
		break;
	case STEP_SAMPLE:
		take_sample(result);
		watch->sampled = true;
		watch->step = STEP_NONE;
		break;
	case STEP_MARK:
		take_mark(watch, result);
		break;
	case STEP_RECORD:
		watch->at++;
		next_zone(watch);
		break;
	case STEP_NONE:
		break;
	}
	zonewatch_note(watch); /* zones may have been loaded while the step was out */
}

/* ---- the job ---- */

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	(void)job;
	(void)order;
	struct errand *errand = errand_begin(site, ERRAND_WRITES, take, done, arg);
	add_step(site->shared->zonewatch, site->conn);
	errand_fly(errand);
	return errand;
}

static usec_t due(const struct job_shared *shared)
{
	const struct zonewatch *watch = shared->zonewatch;
	bool wanted = watch->step != STEP_NONE && !watch->flying;
	/* A single attempt has no time for what only warns. */
	return wanted && !(shared->once && watch->step == STEP_SAMPLE) ? 0 : INT64_MAX;
}

/* A step that is given up, too, is over. */
static void destroy(void *run)
{
	struct errand *errand = run;
	errand->site.shared->zonewatch->flying = false;
	errand_destroy(errand);
}

const struct job job_zones = { .name = "zones",
	.when = JOB_TIMED,
	.rank = JOB_IN_TURN,
	.weight = 1,
	.tells = true,
	.due = due,
	.start = start,
	.destroy = destroy };
