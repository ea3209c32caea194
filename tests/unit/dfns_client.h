#ifndef TEST_DFNS_CLIENT_H
#define TEST_DFNS_CLIENT_H

/*
 * A client of the Dfns API with a credential of the kind Key, and members of
 * an organisation to own it; for tests with rules.h.
 */

#include "lib/account/keysets.h"
#include "lib/account/passcode.h"
#include "lib/base/hex.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/member.h"
#include "lib/format/dfnsid.h"
#include "lib/format/json.h"
#include "tests/unit/rules.h"
#include "tests/unit/sign.h"

struct client {
	EVP_PKEY *key;
	const char *pem;
	const char *cred_id;
};

#define CLIENT_KEYS_MAX 64

static EVP_PKEY *client_keys[CLIENT_KEYS_MAX]; /* of the test */
static size_t client_nkeys;
static struct ptn_keysets *client_keysets;

/* rules_setup(), and what tokens need. */
static inline int
client_setup(void **state)
{
	if (rules_setup(state) != 0)
		return -1;
	conf.issuer = "";
	conf.dfns_session_s = 3600;
	conf.key_publish_s = 600;
	if (ptn_keysets_new(&client_keysets, &conf, secrets) != PTN_OK)
		return -1;
	scope.keys = client_keysets;
	return ptn_keysets_refresh_of(&scope, PTN_API_DFNS, true) == PTN_OK
	    ? 0
	    : -1;
}

static inline void
client_forget(void)
{
	while (client_nkeys > 0)
		EVP_PKEY_free(client_keys[--client_nkeys]);
}

static inline int
client_teardown(void **state)
{
	client_forget();
	ptn_keysets_free(&client_keysets);
	return rows_teardown(state);
}

static inline int
client_each(void **state)
{
	client_forget();
	conf.dfns_enumeration = PTN_ENUMERATION_UNIFORM;
	return rules_each(state);
}

/* Exactly this event was recorded, in its transaction, since the last time. */
static inline void
client_recorded(enum ptn_event e)
{
	assert_int_equal(actor.n, 1);
	assert_true(rules_event(e, NULL));
	actor.n = 0;
}

static inline struct client
client_new(void)
{
	static int n;
	struct client c = { .key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };

	assert_non_null(c.key);
	assert_true(client_nkeys < CLIENT_KEYS_MAX);
	client_keys[client_nkeys++] = c.key;
	c.pem = sign_public_pem(arena, c.key);
	c.cred_id = ptn_arena_printf(arena, "Y2xpZW50%04d", ++n);
	return c;
}

static inline struct ptn_bytes
client_data(const char *type, const char *challenge)
{
	return ptn_bytes_of(ptn_arena_printf(arena,
	    "{\"type\":\"%s\",\"challenge\":\"%s\"}", type, challenge));
}

/* A new credential, which has signed the challenge. */
static inline struct ptn_dfns_factor_new
client_create(const struct client *c, enum ptn_dfns_cred_kind kind,
    const char *challenge)
{
	struct ptn_dfns_factor_new in = { .kind = kind,
		.cred_id = c->cred_id,
		.client_data = client_data("key.create", challenge) };
	uint8_t hash[PTN_SHA256_LEN];
	char hex[2 * PTN_SHA256_LEN + 1], *signature;
	struct ptn_bytes signed_;
	struct ptn_buf b;

	ptn_crypto_sha256(in.client_data, hash);
	ptn_hex_encode(PTN_BYTES(hash, sizeof(hash)), hex);
	ptn_buf_init(&b, arena);
	ptn_json_quote(&b, ptn_bytes_of(c->pem));
	signed_ = sign_bytes(arena, c->key, NULL,
	    ptn_bytes_of(ptn_arena_printf(arena,
		"{\"clientDataHash\":\"%s\",\"publicKey\":%.*s}", hex,
		(int)b.len, b.p)));
	signature = ptn_arena_alloc(arena, 2 * signed_.len + 1);
	ptn_hex_encode(signed_, signature);
	in.attestation = ptn_bytes_of(
	    ptn_arena_printf(arena, "{\"publicKey\":%.*s,\"signature\":\"%s\"}",
		(int)b.len, b.p, signature));
	return in;
}

/* A factor: the challenge signed by the credential. */
static inline struct ptn_dfns_factor
client_sign(const struct client *c, enum ptn_dfns_cred_kind kind,
    const char *challenge)
{
	struct ptn_dfns_factor f = { .kind = kind,
		.cred_id = c->cred_id,
		.client_data = client_data("key.get", challenge) };

	f.signature = sign_bytes(arena, c->key, NULL, f.client_data);
	return f;
}

/* An organisation as a client writes it. */
static inline const char *
client_org(const struct ptn_uuid *id)
{
	char text[PTN_DFNSID_STR];

	ptn_dfnsid_format(PTN_DFNSID_ORG, id, text);
	return ptn_arena_strdup(arena, text);
}

struct client_member {
	const char *kind;
	const struct client *c; /* who gets a credential, or NULL */
	enum ptn_dfns_cred_kind cred;
	struct ptn_member m;
};

static inline enum ptn_err
client_admit(const struct ptn_scope *sc, void *arg)
{
	static int n;
	struct client_member *k = arg;
	const char *name = ptn_arena_printf(arena, "member%d@example.org", ++n);
	struct ptn_dfns_cred cred = { .kind = k->cred,
		.name = "n",
		.fingerprint = "SHA256:x" };
	enum ptn_err r;

	if ((r = ptn_member_invite(sc, name, k->kind, NULL, &k->m)) != PTN_OK ||
	    k->c == NULL)
		return r;
	cred.cred_id = k->c->cred_id;
	cred.pem = k->c->pem;
	if ((r = ptn_member_set_registered(sc, &k->m)) != PTN_OK)
		return r;
	return ptn_dfns_cred_put(sc, &k->m.id, &cred);
}

/* A member, registered with this credential, or invited (c NULL). */
static inline struct ptn_member
client_member(const char *kind, const struct client *c,
    enum ptn_dfns_cred_kind cred)
{
	struct client_member k = { .kind = kind, .c = c, .cred = cred };

	assert_int_equal(ptn_tx(&scope, client_admit, &k), PTN_OK);
	rows_sql("UPDATE emails SET verified = 1");
	assert_int_equal(ptn_member_by_id(&scope, &k.m.id, &k.m), PTN_OK);
	return k.m;
}

/* A code that came by mail, for the member, as it is typed. */
#define CLIENT_CODE "1234-1234-1234-1234"

static inline void
client_mail(const struct ptn_member *m, enum ptn_code_kind kind)
{
	struct ptn_passcode pc = { .user_id = m->id,
		.email_id = m->email_id,
		.kind = kind,
		.ttl_s = 600,
		.created_at_us = m->now_us };

	assert_int_equal(ptn_passcode_put(&scope, "1234123412341234", &pc),
	    PTN_OK);
}

#endif
