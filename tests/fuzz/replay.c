/* replay: runs a fuzz target over the files of its corpus, for builds without libFuzzer.
 *
 * Arguments are files and folders.  A corpus that holds nothing is a failure: it would prove nothing.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_BYTES_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		exit(1);
	}
	/* Exactly as large as the input, so that a sanitizer sees a read past its end. */
	unsigned char *whole = malloc(INPUT_BYTES_MAX);
	if (!whole)
		abort();
	size_t size = fread(whole, 1, INPUT_BYTES_MAX, file);
	fclose(file);
	unsigned char *data = malloc(size ? size : 1);
	if (!data)
		abort();
	memcpy(data, whole, size);
	free(whole);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static int replay(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0) {
		perror(path);
		exit(1);
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path);
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);
	int done = 0;
	for (int i = 0; i < n; i++) {
		char *inner = NULL;
		if (entries[i]->d_name[0] != '.' &&
			asprintf(&inner, "%s/%s", path, entries[i]->d_name) >= 0) {
			done += replay(inner);
			free(inner);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return done;
}

int main(int argc, char **argv)
{
	int done = 0;
	for (int i = 1; i < argc; i++)
		done += replay(argv[i]);
	printf("%d inputs replayed\n", done);
	return done > 0 ? 0 : 1;
}
