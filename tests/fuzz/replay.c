/*
 * A main() for fuzz harnesses without libFuzzer: runs every file that is
 * named, or that lies in a folder that is named, once.  Reports in TAP.
 *
 * A harness that tells the status of an answer has each file run again while
 * one request for memory fails, at some 25 points of the way; at every point,
 * naming each, if POSTERN_SCARCE is set.  The answer is what it was, or 5xx.
 *
 * Whatever happened, nothing is left with OpenSSL that would look like the
 * failure of the next who asks it (lib/crypto/ossl.h).
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>

#include "lib/crypto/ossl.h"
#include "tests/fuzz/replay.h"
#include "tests/fuzz/scarce.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATH_LEN 4096
#define INPUT_MAX (1024 * 1024)
#define PROBLEM_LEN 128
#define POINTS 25

static unsigned done;
static unsigned failed;
static int status; /* of the last answer; 0: this harness has none */
static bool scarce;
static unsigned leaves; /* where it first left something with OpenSSL */
static bool left;

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

void
replay_answered(int answer)
{
	status = answer;
}

bool
replay_is_scarce(void)
{
	return scarce;
}

void
replay_spare(bool spare)
{
	scarce_pause(spare);
}

/* One run, the n-th request for memory failing; how many there were. */
static unsigned
run(const uint8_t *data, size_t size, unsigned n)
{
	unsigned asked;

	status = 0;
	scarce = n != 0;
	scarce_begin(n);
	(void)LLVMFuzzerTestOneInput(data, size);
	asked = scarce_end();
	scarce = false;
	if (!left && (ERR_peek_error() != 0 || ptn_ossl_settle() != PTN_OK)) {
		left = true;
		leaves = n;
	}
	return asked;
}

/* NULL, or what was wrong, in a buffer of its own. */
static const char *
run_scarce(const char *path, const uint8_t *data, size_t size, unsigned asked)
{
	static char problem[PROBLEM_LEN];
	const bool all = getenv("POSTERN_SCARCE") != NULL;
	const int plenty = status;
	const unsigned step = all || asked < POINTS ? 1 : asked / POINTS;
	unsigned n;

	for (n = 1; n <= asked; n += step) {
		if (all)
			printf("# %s without memory at %u\n", path, n);
		fflush(stdout);
		(void)run(data, size, n);
		if (status == plenty || status >= 500)
			continue;
		(void)snprintf(problem, sizeof(problem),
		    "%d instead of %d without memory at %u of %u", status,
		    plenty, n, asked);
		return problem;
	}
	return NULL;
}

/* NULL, or what was left with OpenSSL, and when. */
static const char *
left_behind(void)
{
	static char problem[PROBLEM_LEN];

	(void)snprintf(problem, sizeof(problem),
	    "something is left with OpenSSL, without memory at %u", leaves);
	return left ? problem : NULL;
}

/* The copy is exactly as long as the input, so that ASan sees its end. */
static void
replay_file(const char *path)
{
	static uint8_t buf[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	const char *problem = NULL;
	uint8_t *copy;
	unsigned asked;
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
	left = false;
	(void)run(copy, n, 0); /* what is made once is made */
	asked = run(copy, n, 0);
	if (status != 0)
		problem = run_scarce(path, copy, n, asked);
	free(copy);
	report(path, problem != NULL ? problem : left_behind());
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
