#include "lib/account/passcode.h"

#include <stdio.h>
#include <string.h>

#include "lib/account/limit.h"
#include "lib/account/ratelimit.h"
#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/hex.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/crypto/secrets.h"
#include "lib/db/sql.h"
#include "lib/event/tx.h"

enum ptn_err
ptn_passcode_find_target(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *email_id,
    struct ptn_passcode_target *out)
{
	const struct ptn_passcode_target_in in = {
		.email_id = *email_id,
		.tenant_id = sc->tenant_id,
		.user_id = *user,
	};
	struct ptn_passcode_target_out row;
	enum ptn_err r;

	if ((r = ptn_sql_passcode_target(sc->db, sc->arena, &in, &row)) !=
	    PTN_OK)
		return r;
	out->email_id = row.email_id;
	out->address = row.address;
	out->owner_id = row.owner_id;
	out->known_epoch = row.known_epoch;
	out->now_us = row.now;
	out->locked = row.locked != 0;
	return PTN_OK;
}

void
ptn_passcode_draw(char code[PTN_PASSCODE_DIGITS + 1])
{
	snprintf(code, PTN_PASSCODE_DIGITS + 1, "%06u",
	    (unsigned)ptn_rng_below(1000000));
}

void
ptn_passcode_draw_none(char code[PTN_PASSCODE_TEXT])
{
	uint8_t b[(PTN_PASSCODE_TEXT - 1) / 2];

	ptn_rng(b, sizeof(b));
	ptn_hex_encode(PTN_BYTES(b, sizeof(b)), code);
}

static const struct {
	const char *name;
	int64_t tries; /* see count_try() */
	int64_t ttl_s;
} kinds[PTN_CODE__MAX] = {
	[PTN_CODE_PASSCODE] = { "passcode", PTN_PASSCODE_TRIES, 0 },
	[PTN_CODE_LOGIN] = { "login", PTN_CODE_TRIES, 600 },
	[PTN_CODE_REGISTRATION] = { "registration", PTN_CODE_TRIES, 7 * 86400 },
	[PTN_CODE_RECOVERY] = { "recovery", PTN_CODE_TRIES, 900 },
};

const char *
ptn_code_name(enum ptn_code_kind kind)
{
	return kinds[kind].name;
}

int64_t
ptn_code_ttl_s(enum ptn_code_kind kind)
{
	return kinds[kind].ttl_s;
}

#define CODE_MAX 32 /* bytes of a code in its normal form */
#define KIND_MAX 16 /* and of the name of a kind, with its NUL */

/*
 * Bound to the row's id and to the kind: a MAC copied to another row is
 * worth nothing.
 */
static enum ptn_err
code_mac(const struct ptn_secrets *s, size_t i, const struct ptn_passcode *pc,
    const char *code, uint8_t mac[PTN_SHA256_LEN])
{
	uint8_t msg[sizeof(pc->id.b) + KIND_MAX + CODE_MAX] = { 0 };
	const size_t len = strlen(code);
	enum ptn_err r;

	if (len > CODE_MAX)
		return PTN_E_INPUT;
	memcpy(msg, pc->id.b, sizeof(pc->id.b));
	memcpy(msg + sizeof(pc->id.b), kinds[pc->kind].name,
	    strlen(kinds[pc->kind].name));
	memcpy(msg + sizeof(pc->id.b) + KIND_MAX, code, len);
	r = ptn_secrets_mac(s, i, PTN_KEY_USE_PASSCODE,
	    PTN_BYTES(msg, sizeof(pc->id.b) + KIND_MAX + len), mac);
	ptn_wipe(msg, sizeof(msg));
	return r;
}

/* The column "known" of a code that was held back; else it is who asked. */
#define HELD_BACK 4
_Static_assert(HELD_BACK >= PTN_ASKER__MAX, "a kind of asker has its number");

enum ptn_err
ptn_passcode_put(const struct ptn_scope *sc, const char *code,
    struct ptn_passcode *pc)
{
	uint8_t mac[PTN_SHA256_LEN];
	struct ptn_passcode_put_in in;
	enum ptn_err r;

	pc->id = ptn_uuid_new();
	if ((r = code_mac(sc->secrets, 0, pc, code, mac)) != PTN_OK)
		return r;
	memset(&in, 0, sizeof(in));
	in.id = pc->id;
	in.tenant_id = sc->tenant_id;
	in.user_id = pc->user_id;
	in.email_id = pc->email_id;
	in.purpose = kinds[pc->kind].name;
	in.known = pc->held_back ? HELD_BACK : (int64_t)pc->asker;
	in.code = PTN_BYTES(mac, sizeof(mac));
	in.ttl_s = pc->ttl_s;
	in.now = pc->created_at_us;
	return ptn_sql_passcode_put(sc->db, &in);
}

enum ptn_err
ptn_passcode_mac(const struct ptn_scope *sc, const struct ptn_passcode *pc,
    const char *code, uint8_t mac[PTN_SHA256_LEN])
{
	return code_mac(sc->secrets, 0, pc, code, mac);
}

struct checking {
	const char *code;
	struct ptn_passcode *pc;
	enum ptn_passcode_result out;
	enum ptn_code_use use;
};

/* Any of the secrets may have made it: they rotate while mails travel. */
static enum ptn_err
code_matches(const struct ptn_scope *sc, const struct checking *j,
    struct ptn_bytes stored, enum ptn_verdict *verdict)
{
	uint8_t mac[PTN_SHA256_LEN];
	enum ptn_err r;
	size_t i;

	*verdict = PTN_DENY;
	for (i = 0; i < ptn_secrets_count(sc->secrets); i++) {
		r = code_mac(sc->secrets, i, j->pc, j->code, mac);
		if (r != PTN_OK)
			return r;
		if (ptn_bytes_equal(PTN_BYTES(mac, sizeof(mac)), stored))
			*verdict = PTN_ALLOW;
	}
	return PTN_OK;
}

static enum ptn_err
remove_passcode(const struct ptn_scope *sc, const struct checking *j)
{
	const struct ptn_passcode_delete_in in = { sc->tenant_id, j->pc->id };
	uint64_t n;

	return ptn_sql_passcode_delete(sc->db, &in, &n);
}

/* Of six digits, one that was wrong; of others, one that was spoilt. */
static enum ptn_err
count_try(const struct ptn_scope *sc, struct checking *j, int64_t tries)
{
	const struct ptn_passcode_count_try_in in = { sc->tenant_id,
		j->pc->id };
	uint64_t n;

	if (tries + 1 >= kinds[j->pc->kind].tries) {
		j->out = PTN_PASSCODE_USED_UP;
		return remove_passcode(sc, j);
	}
	j->out = PTN_PASSCODE_WRONG;
	return ptn_sql_passcode_count_try(sc->db, &in, &n);
}

/*
 * Six digits can be guessed: what is wrong counts for the user.  Whoever is
 * right has it given back, in the same transaction.
 */
static enum ptn_err
count_guess(const struct ptn_scope *sc, const struct checking *j,
    const int64_t *epoch, enum ptn_verdict verdict)
{
	char user[PTN_UUID_STR];
	struct ptn_limit_on on = { .account = user };
	enum ptn_err r;

	ptn_uuid_format(&j->pc->user_id, user);
	r = ptn_asker_of(sc, &j->pc->user_id, epoch, &on.asker);
	if (r != PTN_OK ||
	    (r = ptn_limit_take(sc, PTN_LIMIT_CODE, &on)) != PTN_OK)
		return r;
	return verdict == PTN_ALLOW
	    ? ptn_limit_give_back(sc, PTN_LIMIT_CODE, &on)
	    : PTN_OK;
}

struct guess {
	struct checking j;
	enum ptn_verdict verdict;
};

static enum ptn_err
count_alone(const struct ptn_scope *sc, void *arg)
{
	const struct guess *g = arg;

	return count_guess(sc, &g->j, NULL, g->verdict);
}

enum ptn_err
ptn_passcode_guess(const struct ptn_scope *sc, struct ptn_passcode *pc,
    const char *code, struct ptn_bytes mac, enum ptn_verdict *verdict)
{
	struct guess g = { .j = { .code = code, .pc = pc } };
	enum ptn_err r;

	*verdict = PTN_DENY;
	r = code_matches(sc, &g.j, mac, &g.verdict);
	if (r != PTN_OK && r != PTN_E_INPUT) /* too long to be one */
		return r;
	if (sc->cf->rate_enabled &&
	    (r = ptn_tx_part(sc, count_alone, &g)) != PTN_OK)
		return r;
	*verdict = g.verdict;
	return PTN_OK;
}

static enum ptn_err
check(const struct ptn_scope *sc, void *arg)
{
	struct checking *j = arg;
	const struct ptn_passcode_lock_in in = { sc->tenant_id, j->pc->id };
	enum ptn_verdict verdict;
	struct ptn_passcode_lock_out row;
	enum ptn_err r;

	r = ptn_sql_passcode_lock(sc->db, sc->arena, &in, &row);
	if (r == PTN_E_NOT_FOUND) {
		j->out = PTN_PASSCODE_UNKNOWN;
		return PTN_OK;
	}
	if (r != PTN_OK)
		return r;
	j->pc->user_id = row.user_id;
	j->pc->email_id = row.email_id;
	j->pc->ttl_s = row.ttl_s;
	j->pc->created_at_us = row.created_at;
	if (row.expired) {
		j->out = PTN_PASSCODE_EXPIRED;
		return PTN_OK;
	}
	if ((r = code_matches(sc, j, row.code, &verdict)) != PTN_OK ||
	    (r = count_guess(sc, j, &row.known_epoch, verdict)) != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return count_try(sc, j, row.try_count);
	j->out = PTN_PASSCODE_RIGHT;
	return remove_passcode(sc, j);
}

enum ptn_err
ptn_passcode_check(const struct ptn_scope *sc, const struct ptn_uuid *id,
    const char *code, struct ptn_passcode *pc, enum ptn_passcode_result *out)
{
	struct checking j = { .code = code, .pc = pc };
	enum ptn_err r;

	memset(pc, 0, sizeof(*pc));
	pc->id = *id;
	*out = PTN_PASSCODE_WRONG;
	if ((r = ptn_tx(sc, check, &j)) != PTN_OK)
		return r;
	*out = j.out;
	return PTN_OK;
}

/* Those of a user and purpose, locked: one at most of each kind of asker. */
struct codes {
	struct ptn_code_lock_out row[PTN_ASKER__MAX];
	size_t n;
};
_Static_assert(PTN_ASKER__MAX == 4, "code_lock reads as many");

static enum ptn_err
lock_of_user(const struct ptn_scope *sc, const struct ptn_passcode *pc,
    struct codes *out)
{
	const struct ptn_code_lock_in in = { sc->tenant_id, pc->user_id,
		kinds[pc->kind].name };
	struct ptn_code_lock_out *rows;
	enum ptn_err r;
	size_t i, n;

	memset(out, 0, sizeof(*out));
	r = ptn_sql_code_lock(sc->db, sc->arena, &in, &rows, &n);
	for (i = 0; r == PTN_OK && i < n && i < PTN_ARRAY_LEN(out->row); i++)
		/* An older one to another address is no longer theirs. */
		if (ptn_uuid_equal(&rows[i].email_id, &rows[0].email_id))
			out->row[out->n++] = rows[i];
	return r;
}

/* Which of them is right, or NULL; as many are compared as there can be. */
static enum ptn_err
match(const struct ptn_scope *sc, struct checking *j, struct codes *codes,
    const struct ptn_code_lock_out **found)
{
	struct ptn_code_lock_out *row;
	enum ptn_verdict verdict;
	enum ptn_err r;
	size_t i;

	*found = NULL;
	for (i = 0; i < PTN_ARRAY_LEN(codes->row); i++) {
		row = &codes->row[i];
		j->pc->id = row->id;
		r = code_matches(sc, j, row->code, &verdict);
		if (r != PTN_OK)
			return r;
		if (verdict == PTN_ALLOW && i < codes->n)
			*found = row;
	}
	return PTN_OK;
}

/* What it came to be used for failed: so many times, and it is gone. */
static enum ptn_err
spoil(const struct ptn_scope *sc, struct checking *j, int64_t tries)
{
	const enum ptn_err r = count_try(sc, j, tries);

	j->out = PTN_PASSCODE_RIGHT;
	return r;
}

/*
 * A wrong code counts for none of the user's: with 53 bits nobody guesses one,
 * but anybody could use up its tries.  The same is written whether there is a
 * code or not, since a transaction that changes nothing ends sooner, without
 * waiting for the disk, and so a wrong code costs what a spoilt one does; one
 * that has expired, too.
 */
static enum ptn_err
count_wrong(const struct ptn_scope *sc, struct checking *j)
{
	struct ptn_ratelimit rate = { .limit = kinds[j->pc->kind].tries,
		.interval_s = ptn_code_ttl_s(j->pc->kind) };
	char user[PTN_UUID_STR];

	j->out = PTN_PASSCODE_WRONG;
	ptn_uuid_format(&j->pc->user_id, user);
	return ptn_ratelimit_take(sc,
	    ptn_arena_printf(sc->arena, "nobody/%s", user), &rate);
}

static enum ptn_err
check_of_user(const struct ptn_scope *sc, void *arg)
{
	struct checking *j = arg;
	const struct ptn_code_lock_out *row;
	struct codes codes;
	enum ptn_err r;

	if ((r = lock_of_user(sc, j->pc, &codes)) != PTN_OK ||
	    (r = match(sc, j, &codes, &row)) != PTN_OK)
		return r;
	if (row == NULL)
		return count_wrong(sc, j);
	if (row->expired) {
		r = count_wrong(sc, j);
		j->out = PTN_PASSCODE_EXPIRED;
		return r;
	}
	j->pc->id = row->id;
	j->pc->email_id = row->email_id;
	j->out = PTN_PASSCODE_RIGHT;
	if (j->use == PTN_CODE_KEEP)
		return PTN_OK;
	return j->use == PTN_CODE_SPOILT ? spoil(sc, j, row->try_count)
					 : remove_passcode(sc, j);
}

enum ptn_err
ptn_code_check(const struct ptn_scope *sc, const struct ptn_uuid *user,
    enum ptn_code_kind kind, const char *code, enum ptn_code_use use,
    struct ptn_uuid *sent_to, enum ptn_passcode_result *out)
{
	struct ptn_passcode pc = { .user_id = *user, .kind = kind };
	struct checking j = { .code = code, .pc = &pc, .use = use };
	enum ptn_err r;

	*out = PTN_PASSCODE_WRONG;
	if ((r = ptn_tx(sc, check_of_user, &j)) == PTN_OK)
		*out = j.out;
	if (sent_to != NULL)
		*sent_to = pc.email_id;
	return r;
}

enum ptn_err
ptn_code_replace(const struct ptn_scope *sc, const struct ptn_passcode *pc)
{
	const struct ptn_code_replace_in in = { sc->tenant_id, pc->user_id,
		kinds[pc->kind].name, pc->asker };
	uint64_t n;

	return ptn_sql_code_replace(sc->db, &in, &n);
}

enum ptn_err
ptn_code_delete(const struct ptn_scope *sc, const struct ptn_uuid *user,
    enum ptn_code_kind kind)
{
	const struct ptn_code_delete_of_in in = { sc->tenant_id, *user,
		kinds[kind].name };
	uint64_t n;

	return ptn_sql_code_delete_of(sc->db, &in, &n);
}
