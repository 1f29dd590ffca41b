/* Files that say who may come in; see auth_private.h. */
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"
#include "web/auth_private.h"

#define FILE_MAX      (256 * 1024)
#define OPERATORS_MAX 100
#define NAME_MAX_     64
#define ROUNDS_MAX    200000 /* of a hash: nobody is served meanwhile */

/* What is compared where the name is not known. */
static const char nobody[] = "$6$recurd$";

struct operators {
	struct {
		char *name, *hash;
	} all[OPERATORS_MAX];
	size_t n;
};

static bool slurp(const char *path, struct strbuf *text, struct err *err)
{
	char buffer[4096];
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (n = read(fd, buffer, sizeof(buffer))) > 0)
		strbuf_add(text, buffer, (size_t)n);
	int error = errno;
	if (fd >= 0)
		close(fd);
	explicit_bzero(buffer, sizeof(buffer));
	if (n < 0)
		return err_set(err, "%s: %s", path, strerror(error));
	if (text->overflowed)
		return err_set(err, "%s: expected at most %d bytes", path, FILE_MAX);
	return true;
}

/* ---- operators ---- */

void operators_free(struct operators *operators)
{
	for (size_t i = 0; operators && i < operators->n; i++) {
		free(operators->all[i].name);
		free(operators->all[i].hash);
	}
	free(operators);
}

static bool check_hash(const char *hash, struct err *err)
{
	static const char rounds[] = "rounds=";
	if (strncmp(hash, "$6$", 3) != 0 && strncmp(hash, "$5$", 3) != 0)
		return err_set(
			err, "expected name:hash, with a hash as mkpasswd -m sha512crypt makes it");
	if (strncmp(hash + 3, rounds, strlen(rounds)) == 0 &&
		strtoul(hash + 3 + strlen(rounds), NULL, 10) > ROUNDS_MAX)
		return err_set(err, "expected at most %d rounds of the hash", ROUNDS_MAX);
	return true;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 127)
			return false;
	return len > 0 && len <= NAME_MAX_;
}

/* line: cut to its words. */
static bool take_operator(struct operators *operators, char *line, struct err *err)
{
	char *colon = strchr(line, ':');
	if (!colon)
		return err_set(err, "expected name:hash");
	*colon = '\0';
	if (!is_name(line))
		return err_set(
			err, "expected a name of 1 to %d printable characters of ASCII", NAME_MAX_);
	if (!check_hash(colon + 1, err))
		return false;
	if (operators->n == OPERATORS_MAX)
		return err_set(err, "expected at most %d operators", OPERATORS_MAX);
	operators->all[operators->n].name = mem_strdup(line);
	operators->all[operators->n++].hash = mem_strdup(colon + 1);
	return true;
}

static bool take_lines(struct operators *operators, const char *path, char *text, struct err *err)
{
	int number = 0;
	for (char *line; (line = strsep(&text, "\n"));) {
		number++;
		line[strcspn(line, "\r")] = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		if (!take_operator(operators, line, err))
			return err_prefix(err, "%s:%d: ", path, number);
	}
	return true;
}

bool operators_load(const char *path, struct operators **ret_operators, struct err *err)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(FILE_MAX);
	*ret_operators = NULL;
	if (!path)
		return true;
	if (!slurp(path, &text, err))
		return false;
	struct operators *operators = mem_alloc(sizeof(*operators));
	if (text.len > 0 && !take_lines(operators, path, text.data, err)) {
		operators_free(operators);
		return false;
	}
	*ret_operators = operators;
	return true;
}

bool operators_has(const struct operators *operators, const char *name, const char *password)
{
	const char *hash = nobody;
	for (size_t i = 0; i < operators->n; i++)
		if (strcmp(operators->all[i].name, name) == 0)
			hash = operators->all[i].hash;
	struct crypt_data *data = mem_alloc(sizeof(*data));
	const char *made = crypt_r(password, hash, data);
	bool same = made && hash != nobody && strlen(made) == strlen(hash) &&
		    CRYPTO_memcmp(made, hash, strlen(hash)) == 0;
	explicit_bzero(data, sizeof(*data));
	free(data);
	return same;
}

/* ---- keys ---- */

static bool load_secret(struct token_keys *keys, const char *path, struct err *err)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(FILE_MAX);
	if (!slurp(path, &text, err))
		return false;
	/* As editors and echo write it. */
	while (text.len > 0 && strchr("\r\n", text.data[text.len - 1]))
		text.len--;
	bool ok = token_keys_add_secret(keys, text.data, text.len, err);
	explicit_bzero(text.data, text.len);
	return ok || err_prefix(err, "%s: ", path);
}

static bool load_set(struct token_keys *keys, const char *path, struct err *err)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(FILE_MAX);
	return slurp(path, &text, err) && (token_keys_add_set(keys, text.data, text.len, err) ||
						  err_prefix(err, "%s: ", path));
}

/* Who signs for many must say for whom: a token of another of his customers would do, too. */
static bool check_rules(const struct web_conf *conf, struct err *err)
{
	const char *who = conf->jwt_keys_file    ? "jwt_keys_file"
			  : conf->jwt_keys_table ? "jwt_keys_table"
						 : NULL;
	if (!who || (conf->jwt_issuer && conf->jwt_audience))
		return true;
	return err_set(err,
		"%s: expected %s with it: what tokens must say; Better Auth's say its base URL in "
		"both",
		who, conf->jwt_issuer ? "jwt_audience" : "jwt_issuer");
}

bool auth_load_keys(const struct web_conf *conf, struct token_keys **ret_keys, struct err *err)
{
	struct token_keys *keys = token_keys_new();
	if (check_rules(conf, err) &&
		(!conf->jwt_secret_file || load_secret(keys, conf->jwt_secret_file, err) ||
			err_prefix(err, "jwt_secret_file: ")) &&
		(!conf->jwt_keys_file || load_set(keys, conf->jwt_keys_file, err) ||
			err_prefix(err, "jwt_keys_file: "))) {
		*ret_keys = keys;
		return true;
	}
	token_keys_free(keys);
	return false;
}
