#ifndef TEST_CONF_H
#define TEST_CONF_H

/* Configurations of a line or two, loaded from a file of the test's own. */

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/conf/conf.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define KEYS "secrets: {keys: [\"0123456789abcdefghij\"]}\n"

static char dir[] = "/tmp/test-conf.XXXXXX";
static char file[64];	/* the configuration of a case */
static char secret[64]; /* a file with a secret in it */
static char *said;	/* what a load reported */

static inline int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(file, sizeof(file), "%s/postern.yaml", dir);
	(void)snprintf(secret, sizeof(secret), "%s/secret", dir);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	free(said);
	(void)unlink(file);
	(void)unlink(secret);
	return rmdir(dir);
}

static inline void
put(const char *path, const char *text, mode_t mode)
{
	FILE *f;

	(void)unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static inline struct ptn_conf *
load(const char *const *set)
{
	struct ptn_conf *cf;
	size_t len;
	FILE *err;
	enum ptn_err r;

	free(said);
	said = NULL;
	err = open_memstream(&said, &len);
	assert_non_null(err);
	r = ptn_conf_load(&cf, file, set, err);
	assert_int_equal(fclose(err), 0);
	assert_int_equal(r, cf != NULL ? PTN_OK : PTN_E_CONFIG);
	return cf;
}

static inline struct ptn_conf *
load_text(const char *text)
{
	put(file, text, 0600);
	return load(NULL);
}

/* Load a minimal file with one key set over it. */
static inline struct ptn_conf *
load_set(const char *assignment)
{
	const char *set[] = { assignment, NULL };

	put(file, KEYS, 0600);
	return load(set);
}

static inline void
assert_said(const char *expected)
{
	if (strstr(said, expected) == NULL)
		fail_msg("expected \"%s\", got \"%s\"", expected, said);
}

#endif
