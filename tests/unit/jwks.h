#ifndef PTN_TEST_JWKS_H
#define PTN_TEST_JWKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/sql.h"

#define ROWS_MAX 16

/*
 * In the place of the database and the clock: a table in memory, and one time
 * for both.
 */
static struct ptn_jwk_list_out table[ROWS_MAX];
static size_t rows;
static uint8_t sealed_bytes[ROWS_MAX][4096];
static int64_t now_s;
static int lists, locks;
static bool away;
static enum ptn_err tx_loses; /* what the first run of a transaction meets */

int64_t
ptn_clock_us(void)
{
	return now_s * 1000000;
}

int64_t
ptn_clock_mono_ms(void)
{
	return now_s * 1000;
}

void
ptn_clock_format(int64_t us, char out[PTN_CLOCK_STR])
{
	(void)us;
	strcpy(out, "now");
}

static void
insert(const struct ptn_jwk_insert_in *in)
{
	struct ptn_jwk_list_out *row = &table[0];

	assert_string_equal(in->api, "hanko");
	assert_true(rows < ROWS_MAX && in->sealed.len <= 4096);
	/* The newest first, as the statement orders them. */
	memmove(&table[1], &table[0], rows * sizeof(table[0]));
	memcpy(sealed_bytes[rows], in->sealed.p, in->sealed.len);
	row->id = in->id;
	row->alg = ptn_key_alg_name(PTN_ALG_RS256);
	if (strcmp(in->alg, row->alg) != 0)
		row->alg = ptn_key_alg_name(PTN_ALG_ES256);
	assert_string_equal(in->alg, row->alg);
	row->sealed = PTN_BYTES(sealed_bytes[rows], in->sealed.len);
	row->created_at = now_s * 1000000;
	row->signs_from = (now_s + in->delay_s) * 1000000;
	row->in_use = 1;
	rows++;
}

static void delete (const struct ptn_uuid *id)
{
	size_t i;

	for (i = 0; i < rows && !ptn_uuid_equal(&table[i].id, id); i++)
		continue;
	assert_true(i < rows);
	memmove(&table[i], &table[i + 1], (rows - i - 1) * sizeof(table[0]));
	rows--;
}

enum ptn_err
ptn_db_exec(struct ptn_db *db, int stmt, const void *in, uint64_t *affected,
    uint64_t *insert_id)
{
	(void)db;
	(void)affected;
	(void)insert_id;
	if (away)
		return PTN_E_UNAVAILABLE;
	if (stmt == PTN_STMT_JWK_LOCK)
		locks++;
	else if (stmt == PTN_STMT_JWK_INSERT)
		insert(in);
	else if (stmt == PTN_STMT_JWK_DELETE)
		delete (&((const struct ptn_jwk_delete_in *)in)->id);
	else
		fail();
	return PTN_OK;
}

enum ptn_err
ptn_db_many(struct ptn_db *db, struct ptn_arena *a, int stmt, const void *in,
    size_t row_size, void **out, size_t *n)
{
	struct ptn_jwk_list_out *copy;
	size_t i;

	(void)db;
	assert_int_equal(stmt, PTN_STMT_JWK_LIST);
	assert_string_equal(((const struct ptn_jwk_list_in *)in)->api, "hanko");
	assert_int_equal(row_size, sizeof(*copy));
	if (away)
		return PTN_E_UNAVAILABLE;
	lists++;
	copy = ptn_arena_calloc(a, rows + 1, row_size);
	assert_non_null(copy);
	memcpy(copy, table, rows * row_size);
	for (i = 0; i < rows; i++)
		copy[i].now = now_s * 1000000;
	*out = copy;
	*n = rows;
	return PTN_OK;
}

enum ptn_err
ptn_db_one(struct ptn_db *db, struct ptn_arena *a, int stmt, const void *in,
    void *out)
{
	(void)db;
	(void)a;
	(void)stmt;
	(void)in;
	(void)out;
	fail();
	return PTN_E_INTERNAL;
}

/* No record here asks whether it belongs to one. */
bool
ptn_db_in_tx(const struct ptn_db *db)
{
	(void)db;
	fail();
	return false;
}

/* A transaction that loses is rolled back, and run again. */
enum ptn_err
ptn_db_part(struct ptn_db *db, ptn_db_tx_fn fn, void *arg)
{
	(void)db;
	(void)fn;
	(void)arg;
	return PTN_E_INTERNAL; /* nothing here has parts */
}

enum ptn_err
ptn_db_tx(struct ptn_db *db, ptn_db_tx_fn fn, void *arg)
{
	struct ptn_jwk_list_out saved[ROWS_MAX];
	size_t n = rows;
	enum ptn_err r;

	memcpy(saved, table, sizeof(saved));
	r = fn(db, arg);
	if (r != PTN_OK || tx_loses == PTN_OK)
		return r;
	tx_loses = PTN_OK;
	memcpy(table, saved, sizeof(saved));
	rows = n;
	return fn(db, arg);
}

#endif
