/* migration: see the header. */
#include "ctl/migrate/migration.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/strbuf.h"

#define FILE_BYTES_MAX (1u << 20)

static const struct embedded {
	const char *file, *text;
} embedded[] = {
#define MIGRATION(file, text) { file, text },
#include "migrations.inc" /* generated: every file of migrations/ */
#undef MIGRATION
};

static int compare_steps(const void *a, const void *b)
{
	const struct migration *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

/* "-- key: value" in the comment that opens the text; NULL: not there. */
static char *read_directive(const char *text, const char *key)
{
	size_t key_len = strlen(key);
	for (const char *line = text; strncmp(line, "--", 2) == 0;) {
		size_t len = strcspn(line, "\n");
		const char *value = line + 2 + strspn(line + 2, " ");
		if (strncmp(value, key, key_len) == 0 && value[key_len] == ':') {
			value += key_len + 1;
			value += strspn(value, " ");
			return mem_strndup(value, (size_t)(line + len - value));
		}
		line += len + (line[len] == '\n');
	}
	return NULL;
}

static void checksum(const char *text, char ret_hex[static CHECKSUM_TEXT_MAX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;
	if (!EVP_Digest(text, strlen(text), digest, &len, EVP_sha256(), NULL))
		abort(); /* out of memory */
	for (unsigned i = 0; i < len; i++)
		snprintf(&ret_hex[2 * i], 3, "%02x", digest[i]);
}

static struct migration *find_or_add(
	struct migration_set *set, int number, const char *name, size_t len)
{
	for (size_t i = 0; i < set->n; i++)
		if (strlen(set->steps[i].name) == len && memcmp(set->steps[i].name, name, len) == 0)
			return &set->steps[i];
	set->steps = mem_realloc_array(set->steps, set->n + 1, sizeof(*set->steps));
	struct migration *step = &set->steps[set->n++];
	*step = (struct migration){ .number = number, .name = mem_strndup(name, len) };
	return step;
}

/* Files of other names are none of ours and are passed over. */
static void add_file(struct migration_set *set, const char *file, const char *text)
{
	static const char *const kinds[] = { ".up.sql", ".down.sql", ".verify.sql", ".check.sql",
		".repair.sql", ".down_check.sql", ".convert.sql" };
	const char *dot = strchr(file, '.');
	if (!dot || strspn(file, "0123456789") != 4 || file[4] != '_')
		return;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(dot, kinds[i]) != 0)
			continue;
		struct migration *step = find_or_add(set, atoi(file), file, (size_t)(dot - file));
		char **places[] = { &step->up, &step->down, &step->verify, &step->check,
			&step->repair, &step->down_check, &step->convert };
		free(*places[i]);
		*places[i] = mem_strdup(text);
	}
}

static bool read_file(const char *path, char **ret_text, struct err *err)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return err_set(err, "cannot read %s: %s", path, strerror(errno));
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(FILE_BYTES_MAX);
	char chunk[8192];
	size_t got;
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		strbuf_add(&text, chunk, got);
	bool failed = ferror(file) != 0;
	fclose(file);
	if (failed)
		return err_set(err, "cannot read %s: %s", path, strerror(errno));
	if (text.overflowed)
		return err_set(err, "%s has more than %u bytes", path, FILE_BYTES_MAX);
	*ret_text = strbuf_steal(&text);
	return true;
}

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static bool load_folder(const char *dir, struct migration_set *set, struct err *err)
{
	DIR *folder CLEANUP(close_folder) = opendir(dir);
	if (!folder)
		return err_set(err, "cannot read the folder %s: %s", dir, strerror(errno));
	for (struct dirent *entry; (entry = readdir(folder));) {
		size_t len = strlen(entry->d_name);
		if (len < 4 || strcmp(entry->d_name + len - 4, ".sql") != 0)
			continue;
		char *path CLEANUP(mem_cleanup) = mem_printf("%s/%s", dir, entry->d_name);
		char *text CLEANUP(mem_cleanup) = NULL;
		if (!read_file(path, &text, err))
			return false;
		add_file(set, entry->d_name, text);
	}
	return true;
}

static bool complete_step(struct migration *step, const struct migration *previous, struct err *err)
{
	const char *missing = !step->up       ? "up"
			      : !step->down   ? "down"
			      : !step->verify ? "verify"
					      : NULL;
	if (missing)
		return err_set(err, "%s.%s.sql is missing", step->name, missing);
	if (previous && previous->number == step->number)
		return err_set(err, "%s and %s have the same number", previous->name, step->name);
	checksum(step->up, step->checksum);
	step->revision = read_directive(step->up, "revision");
	step->adopts = read_directive(step->up, "adopts");
	step->leave = read_directive(step->up, "leave");
	step->optional = read_directive(step->up, "optional");
	step->needs = read_directive(step->verify, "needs");
	return true;
}

bool migration_set_load(const char *dir, struct migration_set *ret_set, struct err *err)
{
	struct migration_set set = { .n = 0 };
	if (dir && !load_folder(dir, &set, err))
		goto fail;
	for (size_t i = 0; !dir && i < ARRAY_LEN(embedded); i++)
		add_file(&set, embedded[i].file, embedded[i].text);
	if (set.n == 0) {
		err_set(err, "there are no migrations in %s", dir ? dir : "this program");
		goto fail;
	}
	qsort(set.steps, set.n, sizeof(*set.steps), compare_steps);
	for (size_t i = 0; i < set.n; i++)
		if (!complete_step(&set.steps[i], i > 0 ? &set.steps[i - 1] : NULL, err))
			goto fail;
	*ret_set = set;
	return true;
fail:
	migration_set_free(&set);
	return false;
}

void migration_set_free(struct migration_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		struct migration *step = &set->steps[i];
		char *texts[] = { step->name, step->up, step->down, step->verify, step->check,
			step->repair, step->down_check, step->convert, step->revision, step->adopts,
			step->leave, step->optional, step->needs };
		for (size_t k = 0; k < ARRAY_LEN(texts); k++)
			free(texts[k]);
	}
	free(set->steps);
	*set = (struct migration_set){ .n = 0 };
}

const struct migration *migration_find(const struct migration_set *set, int number)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->steps[i].number == number)
			return &set->steps[i];
	return NULL;
}

const struct migration *migration_find_optional(const struct migration_set *set, const char *name)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->steps[i].optional && strcmp(set->steps[i].optional, name) == 0)
			return &set->steps[i];
	return NULL;
}

int migration_last(const struct migration_set *set)
{
	return set->n ? set->steps[set->n - 1].number : 0;
}
