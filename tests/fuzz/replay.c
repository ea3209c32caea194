/*
 * A main() for fuzz harnesses without libFuzzer: runs every file that is
 * named, or that lies in a folder that is named, once.  Reports in TAP.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATH_LEN 4096
#define INPUT_MAX (1024 * 1024)

static unsigned done;
static unsigned failed;

static void
report(const char *path, const char *problem)
{
	done++;
	if (problem != NULL)
		failed++;
	printf("%s %u - %s%s%s\n", problem == NULL ? "ok" : "not ok", done,
	    path, problem == NULL ? "" : ": ",
	    problem == NULL ? "" : problem);
	fflush(stdout);
}

/* The copy is exactly as long as the input, so that ASan sees its end. */
static void
replay_file(const char *path)
{
	static uint8_t buf[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	uint8_t *copy;
	size_t n;

	if (f == NULL) {
		report(path, strerror(errno));
		return;
	}
	n = fread(buf, 1, sizeof(buf), f);
	(void)fclose(f);
	if ((copy = malloc(n == 0 ? 1 : n)) == NULL) {
		report(path, "out of memory");
		return;
	}
	memcpy(copy, buf, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	report(path, NULL);
}

static void
replay_folder(const char *path)
{
	DIR *dir = opendir(path);
	char name[PATH_LEN];
	struct dirent *entry;

	if (dir == NULL) {
		report(path, strerror(errno));
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path,
		    entry->d_name);
		replay_file(name);
	}
	(void)closedir(dir);
}

int
main(int argc, char **argv)
{
	struct stat st;
	int i;

	for (i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	printf("1..%u\n", done);
	return done == 0 || failed > 0 ? 1 : 0;
}
