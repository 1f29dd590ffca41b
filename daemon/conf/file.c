/* file: reads the configuration file; see the header for what is kept away from libconfuse. */
#include "conf/file.h"

#include <confuse.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/settings.h"
#include "util/mem.h"
#include "util/strbuf.h"

/* libconfuse's callbacks carry no pointer of ours; there is one reading at a time. */
static struct reading {
	const struct file_keys *keys;
	const char *path;
	file_value_fn *fn;
	void *arg;
	struct err *err;
} * reading;

static void close_cleanup(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool slurp(const char *path, bool missing_ok, struct strbuf *text, struct err *err)
{
	int fd CLEANUP(close_cleanup) = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && missing_ok)
		return true;
	if (fd < 0)
		return err_set(err, "%s: cannot open: %s", path, strerror(errno));
	char chunk[4096];
	ssize_t n;
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, "%s: cannot read: %s", path, strerror(errno));
		strbuf_add(text, chunk, (size_t)n);
		if (text->overflowed)
			return err_set(err, "%s: longer than %d bytes", path, FILE_SIZE_MAX);
	}
	if (memchr(text->data, '\0', text->len))
		return err_set(err, "%s: expected a text file, found a NUL byte", path);
	return true;
}

/* ---- what libconfuse must not see ---- */

struct scan {
	char *p;
	int line, quote_line;
	bool equals; /* this line has its '=' */
	char quote; /* '"', '\'' or 0 outside of quotes */
	char previous; /* the byte before p */
};

static bool scan_error(const struct scan *scan, struct err *err, const char *text)
{
	return err_set(err, "%s:%d: %s", reading->path, scan->line, text);
}

static bool at_token_start(const struct scan *scan)
{
	return scan->previous == '=' || isspace((unsigned char)scan->previous);
}

static void blank_comment(struct scan *scan)
{
	for (; *scan->p != '\0' && *scan->p != '\n'; scan->p++)
		*scan->p = ' ';
	scan->p--;
}

/* What has a meaning to libconfuse that is none of ours, or that it skips in silence. */
static bool is_special(const struct scan *scan, char c)
{
	return (c == '=' && scan->equals) || (c != '\0' && strchr("{}()+,", c));
}

static bool scan_plain(struct scan *scan, struct err *err)
{
	char c = *scan->p, next = scan->p[1];
	if (c == '"' || c == '\'') {
		scan->quote = c;
		scan->quote_line = scan->line;
	} else if (c == '#' && !at_token_start(scan)) {
		return scan_error(scan, err,
			"'#' within a value: put the value in quotes, or a blank before the "
			"comment");
	} else if (c == '#') {
		blank_comment(scan);
	} else if (c == '/' && (next == '/' || next == '*') && at_token_start(scan)) {
		return scan_error(scan, err,
			"a comment starts with '#', a value that has // or /* "
			"at its start needs quotes");
	} else if (c == '$' && next == '{') {
		return scan_error(scan, err,
			"${...} is not expanded here; put it in '...' if it is meant as it stands");
	} else if (is_special(scan, c)) {
		return scan_error(scan, err,
			"expected one key = value a line, and quotes around a value with "
			"blanks or any of = # { } ( ) + ,");
	}
	scan->equals = c == '=' || (scan->equals && c != '\n');
	return true;
}

static bool scan_quoted(struct scan *scan, struct err *err)
{
	if (*scan->p == '\\' && scan->p[1] != '\0')
		scan->p++;
	else if (*scan->p == scan->quote)
		scan->quote = '\0';
	else if (scan->quote == '"' && scan->p[0] == '$' && scan->p[1] == '{')
		return scan_error(scan, err,
			"${...} is not expanded here; write \\${...}, or put "
			"the value in '...'");
	return true;
}

static bool prepare_text(char *text, struct err *err)
{
	struct scan scan = { .p = text, .line = 1, .previous = '\n' };
	for (; *scan.p != '\0'; scan.p++) {
		if (!(scan.quote != '\0' ? scan_quoted(&scan, err) : scan_plain(&scan, err)))
			return false;
		scan.line += *scan.p == '\n';
		scan.previous = *scan.p;
	}
	scan.line = scan.quote_line;
	if (scan.quote != '\0')
		return scan_error(&scan, err, "a quote is opened here and never closed");
	return true;
}

/* ---- libconfuse ---- */

_Static_assert(NEAREST_BYTES_MAX == 40, "as sscanf reads it");

static void PRINTF(2, 0) on_error(cfg_t *cfg, const char *fmt, va_list args)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	char key[NEAREST_BYTES_MAX + 1] = "";
	struct nearest nearest = NEAREST(key);
	strbuf_vaddf(&text, fmt, args);
	(void)sscanf(text.data, "no such option '%40[^']'", key);
	err_set(reading->err,
		"%s:%d: expected key = value with a key of %s, and quotes "
		"around a value with blanks: %s%s",
		reading->path, cfg->line, reading->keys->manual, text.data,
		reading->keys->hint(&nearest));
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const char **kept = result;
	*kept = ""; /* libconfuse wants something to keep; the value is ours */
	if (reading->fn(reading->arg, opt->name, value, cfg->line, reading->err))
		return 0;
	err_prefix(reading->err, "%s:%d: ", reading->path, cfg->line);
	return -1;
}

static bool parse_text(const char *text, struct err *err)
{
	size_t n = reading->keys->n;
	cfg_opt_t *opts CLEANUP(mem_cleanup) = mem_alloc_array(n + 1, sizeof(*opts));
	for (size_t i = 0; i < n; i++)
		opts[i] = (cfg_opt_t)CFG_STR_CB(
			reading->keys->name(i), NULL, CFGF_NODEFAULT, on_value);
	opts[n] = (cfg_opt_t)CFG_END();
	err_set(err, "%s: cannot be parsed", reading->path);
	cfg_t *cfg = cfg_init(opts, CFGF_NONE);
	if (!cfg)
		return false;
	cfg_set_error_function(cfg, on_error);
	int result = cfg_parse_buf(cfg, text);
	cfg_free(cfg);
	return result == CFG_SUCCESS;
}

bool file_read(const char *path, bool missing_ok, const struct file_keys *keys, file_value_fn *fn,
	void *arg, struct err *err)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(FILE_SIZE_MAX);
	struct err failure;
	struct reading now = { .path = path, .keys = keys, .fn = fn, .arg = arg, .err = &failure };
	reading = &now;
	bool ok = slurp(path, missing_ok, &text, &failure) && prepare_text(text.data, &failure) &&
		  parse_text(text.data, &failure);
	reading = NULL;
	struct err ignored;
	if (!ok)
		err_set(err ? err : &ignored, "%s", failure.text);
	return ok;
}

void file_print_quoted(const char *value, FILE *out)
{
	fputc('"', out);
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;
		if (c == '"' || c == '\\' || c == '$')
			fprintf(out, "\\%c", c);
		else if (iscntrl(c))
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}
