#ifndef TEST_DFNS_H
#define TEST_DFNS_H

/* The worked examples in tests/vectors/dfns-vectors.json. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "lib/crypto/crypto.h"
#include "lib/format/json.h"

#define DFNS_TEXT_MAX ((size_t)256 * 1024)
#define DFNS_DEPTH 16
#define DFNS_NAME_MAX 128

#define DFNS_ARENA_MAX ((size_t)8 << 20)

static struct ptn_json *dfns_vectors;
static struct ptn_arena *arena;

static inline struct ptn_json *
dfns_parse(struct ptn_bytes text)
{
	struct ptn_json *v = NULL;
	const char *why;

	assert_int_equal(ptn_json_parse(text, DFNS_DEPTH, &v, &why), PTN_OK);
	return v;
}

static inline void
dfns_load(void)
{
	static uint8_t text[DFNS_TEXT_MAX];
	const char *top = getenv("srcdir");
	char path[512];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/vectors/dfns-vectors.json",
	    top == NULL ? "." : top);
	f = fopen(path, "rb");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text), f);
	assert_int_equal(fclose(f), 0);
	assert_in_range(n, 1, sizeof(text) - 1);
	dfns_vectors = dfns_parse(PTN_BYTES(text, n));
}

/* For cmocka: of the group, before each test, of the group. */
static inline int
dfns_setup(void **state)
{
	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "test");
	arena = ptn_arena_new(DFNS_ARENA_MAX);
	dfns_load();
	return arena == NULL || ptn_crypto_init() != PTN_OK;
}

static inline int
dfns_each(void **state)
{
	(void)state;
	ptn_arena_reset(arena);
	return 0;
}

static inline int
dfns_teardown(void **state)
{
	(void)state;
	ptn_json_free(&dfns_vectors);
	ptn_arena_free(&arena);
	return 0;
}

/* The value at "a/0/b" below v; NULL if there is none. */
static inline const struct ptn_json *
dfns_at(const struct ptn_json *v, const char *path)
{
	char name[DFNS_NAME_MAX];
	size_t n;

	for (; *path != '\0'; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		assert_in_range(n, 1, sizeof(name) - 1);
		memcpy(name, path, n);
		name[n] = '\0';
		v = ptn_json_type(v) == PTN_JSON_ARRAY
		    ? ptn_json_at(v, (size_t)atoi(name))
		    : ptn_json_get(v, name);
	}
	return v;
}

static inline const struct ptn_json *
dfns_vector(const char *path)
{
	const struct ptn_json *v = dfns_at(dfns_vectors, path);

	if (v == NULL)
		fail_msg("no vector %s", path);
	return v;
}

/* The string there as text in the arena; it must be there. */
static inline const char *
dfns_text(struct ptn_arena *a, const struct ptn_json *v, const char *path)
{
	const char *s = ptn_json_text(a, dfns_at(v, path));

	if (s == NULL)
		fail_msg("no text at %s", path);
	return s;
}

/* The public key of that name, in PEM. */
static inline const char *
dfns_pem(struct ptn_arena *a, const char *name)
{
	const struct ptn_json *key = ptn_json_get(dfns_vector("keys"), name);

	return dfns_text(a, key, "public_pem");
}

#endif
