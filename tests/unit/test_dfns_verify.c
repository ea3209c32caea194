/* Factors and new credentials of every kind, by the worked examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/crypto/totp.h"
#include "lib/dfns/totp.h"
#include "lib/dfns/verify.h"
#include "lib/format/dfnsid.h"
#include "tests/unit/dfns.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MAX 24

static char origin[] = "https://app.example.co", secret[] = "0123456789abcdef";
static char *origins[] = { origin }, *keys[] = { secret };
static struct ptn_conf conf;
static struct ptn_org org;
static struct ptn_secrets *secrets;
static struct ptn_scope scope;

static struct ptn_dfns_verify
asked(const char *challenge)
{
	struct ptn_dfns_verify v = { .org = &org, .challenge = challenge };

	assert_int_equal(ptn_dfnsid_parse(PTN_DFNSID_USER,
			     ptn_bytes_of(dfns_text(arena,
				 dfns_vector("fixture"), "userId")),
			     &v.user),
	    PTN_OK);
	return v;
}

static int
setup(void **state)
{
	const struct ptn_strs one = { keys, 1 };

	if (dfns_setup(state) != 0 || ptn_secrets_new(&secrets, &one) != PTN_OK)
		return -1;
	scope = (struct ptn_scope){ .cf = &conf,
		.secrets = secrets,
		.arena = arena };
	org.rp_id = "example.co";
	org.rp_name = "Example";
	org.origins = (struct ptn_strs){ origins, 1 };
	return 0;
}

static int
teardown(void **state)
{
	ptn_secrets_free(&secrets);
	return dfns_teardown(state);
}

static enum ptn_dfns_factor_place
place_of(const struct ptn_json *request)
{
	return ptn_dfns_cred_kind_of(ptn_json_string(ptn_json_get(request,
		   "credentialKind"))) == PTN_CRED_RECOVERY_KEY
	    ? PTN_FACTOR_RECOVERY
	    : PTN_FACTOR_FIRST;
}

static struct ptn_finding
verify_new(const struct ptn_json *request, const struct ptn_dfns_verify *v,
    struct ptn_dfns_cred *out)
{
	struct ptn_dfns_factor_new in;
	struct ptn_finding finding;
	const char *why;

	assert_int_equal(ptn_dfns_factor_read_new(arena, request,
			     place_of(request), &in, &why),
	    PTN_OK);
	assert_int_equal(ptn_dfns_verify_new(&scope, v, &in, out, &finding),
	    PTN_OK);
	return finding;
}

struct registered {
	struct ptn_dfns_cred cred[MAX];
	size_t n;
};

static bool
register_one(void *arg, const char *name, const struct ptn_json *v)
{
	const struct ptn_json *request = ptn_json_get(v, "request");
	struct registered *all = arg;
	struct ptn_dfns_verify good, bad = asked("Y2gtb3RoZXI");
	struct ptn_dfns_cred c;
	struct ptn_finding r;
	const char *key;

	if (request == NULL)
		return true;
	good = asked(dfns_text(arena, v, "challenge"));
	assert_int_equal(verify_new(request, &bad, &c).verdict, PTN_DENY);
	r = verify_new(request, &good, &c);
	if (r.verdict != PTN_ALLOW)
		fail_msg("%s: %s", name, ptn_finding_word(r.reason));
	key = dfns_text(arena, v, "key");
	assert_string_equal(c.fingerprint,
	    dfns_text(arena, ptn_json_get(dfns_vector("keys"), key),
		"spki_sha256_fingerprint"));
	assert_string_equal(c.name, PTN_DFNS_CRED_NAME);
	assert_true(c.active);
	assert_string_equal(c.cred_id,
	    dfns_text(arena, request, "credentialInfo/credId"));
	if (c.kind == PTN_CRED_FIDO2) {
		assert_string_equal(c.rp_id, "example.co");
		assert_string_equal(c.origin, origin);
	}
	assert_in_range(all->n, 0, MAX - 1);
	all->cred[all->n++] = c;
	return true;
}

/* What registers logs in, under its own kind and no other. */
static bool
log_one_in(void *arg, const char *name, const struct ptn_json *v)
{
	const struct ptn_json *request = ptn_json_get(v, "firstFactor");
	struct registered *all = arg;
	struct ptn_dfns_verify good, bad = asked("Y2gtb3RoZXI");
	struct ptn_dfns_cred *used;
	struct ptn_dfns_factor f;
	struct ptn_finding r;
	const char *why;
	int kind, is;

	if (request == NULL)
		return true;
	good = asked(dfns_text(arena, v, "challenge"));
	assert_int_equal(
	    ptn_dfns_factor_read(arena, request, PTN_FACTOR_FIRST, &f, &why),
	    PTN_OK);
	assert_int_equal(ptn_dfns_verify_factor(&scope, &bad, &f, all->cred,
			     all->n, &used, &r),
	    PTN_OK);
	assert_int_equal(r.verdict, PTN_DENY);
	assert_null(used);
	assert_int_equal(
	    ptn_dfns_verify_factor(&scope, &good, &f, all->cred, 0, &used, &r),
	    PTN_OK);
	assert_int_equal(r.reason, PTN_REASON_OTHER_CREDENTIAL);
	assert_int_equal(ptn_dfns_verify_factor(&scope, &good, &f, all->cred,
			     all->n, &used, &r),
	    PTN_OK);
	if (r.verdict != PTN_ALLOW)
		fail_msg("%s: %s", name, ptn_finding_word(r.reason));
	assert_int_equal(used->kind, f.kind);
	is = (int)f.kind;
	for (kind = PTN_CRED_UNSET + 1; kind < PTN_CRED__MAX; kind++) {
		if (kind == is)
			continue;
		f.kind = (enum ptn_dfns_cred_kind)kind;
		assert_int_equal(ptn_dfns_verify_factor(&scope, &good, &f,
				     all->cred, all->n, &used, &r),
		    PTN_OK);
		assert_int_equal(r.verdict, PTN_DENY);
		assert_null(used);
	}
	return true;
}

/* The passkeys share an id and a key: one of them is kept. */
static void
registered_and_logged_in(void **state)
{
	struct registered all = { .n = 0 };
	size_t i, n = 0;

	(void)state;
	assert_true(
	    ptn_json_each(dfns_vector("registration"), register_one, &all));
	assert_in_range(all.n, 11, MAX);
	for (i = 0; i < all.n; i++)
		if (all.cred[i].kind != PTN_CRED_FIDO2 || i + 1 == all.n)
			all.cred[n++] = all.cred[i];
	all.n = n;
	assert_true(ptn_json_each(dfns_vector("login"), log_one_in, &all));
}

/* The counter moves on with what was used, and not back. */
static void
counter(void **state)
{
	const struct ptn_json *v = dfns_vector("login/fido2_sdk");
	struct registered all = { .n = 0 };
	struct ptn_dfns_verify asking;
	struct ptn_dfns_cred *used;
	struct ptn_dfns_factor f;
	struct ptn_finding r;
	const char *why;

	(void)state;
	assert_true(register_one(&all, "fido2_none_sdk",
	    dfns_vector("registration/fido2_none_sdk")));
	asking = asked(dfns_text(arena, v, "challenge"));
	assert_int_equal(ptn_dfns_factor_read(arena,
			     ptn_json_get(v, "firstFactor"), PTN_FACTOR_FIRST,
			     &f, &why),
	    PTN_OK);
	assert_int_equal(
	    ptn_dfns_verify_factor(&scope, &asking, &f, all.cred, 1, &used, &r),
	    PTN_OK);
	assert_int_equal(r.verdict, PTN_ALLOW);
	assert_int_equal(used->sign_count, 1);
	assert_int_equal(
	    ptn_dfns_verify_factor(&scope, &asking, &f, all.cred, 1, &used, &r),
	    PTN_OK);
	assert_int_equal(r.reason, PTN_REASON_COUNTER);
	/* Another user's, and an organisation with another page. */
	all.cred[0].sign_count = 0;
	asking.user.b[15] ^= 1;
	assert_int_equal(
	    ptn_dfns_verify_factor(&scope, &asking, &f, all.cred, 1, &used, &r),
	    PTN_OK);
	assert_int_equal(r.reason, PTN_REASON_USER_HANDLE);
	assert_int_equal(all.cred[0].sign_count, 0);
}

static void
recovered(void **state)
{
	const struct ptn_json *v = dfns_vector("recovery");
	const struct ptn_json *new = dfns_at(v, "request/newCredentials");
	struct registered all = { .n = 0 };
	struct ptn_dfns_factor f;
	struct ptn_finding r;
	const char *why;

	(void)state;
	assert_true(register_one(&all, "recovery_key_double_encoded",
	    dfns_vector("registration/recovery_key_double_encoded")));
	assert_int_equal(ptn_dfns_factor_read(arena,
			     dfns_at(v, "request/recovery"),
			     PTN_FACTOR_RECOVERY, &f, &why),
	    PTN_OK);
	assert_int_equal(
	    ptn_dfns_verify_recovery(&scope, &f, new, all.cred, 1, &r), PTN_OK);
	assert_int_equal(r.verdict, PTN_ALLOW);
	assert_int_equal(
	    ptn_dfns_verify_recovery(&scope, &f, new, all.cred, 0, &r), PTN_OK);
	assert_int_equal(r.verdict, PTN_DENY);
	assert_int_equal(ptn_dfns_verify_recovery(&scope, &f,
			     dfns_at(v, "request/recovery"), all.cred, 1, &r),
	    PTN_OK);
	assert_int_equal(r.verdict, PTN_DENY);
	all.cred[0].kind = PTN_CRED_KEY;
	assert_int_equal(
	    ptn_dfns_verify_recovery(&scope, &f, new, all.cred, 1, &r), PTN_OK);
	assert_int_equal(r.reason, PTN_REASON_KIND);
}

static struct ptn_finding
verify_secret(const struct ptn_dfns_verify *v, enum ptn_dfns_cred_kind kind,
    const char *text, struct ptn_dfns_cred *out)
{
	const struct ptn_dfns_factor_new in = { .kind = kind,
		.secret = ptn_bytes_of(text) };
	struct ptn_finding finding;

	assert_int_equal(ptn_dfns_verify_new(&scope, v, &in, out, &finding),
	    PTN_OK);
	return finding;
}

/* Only where they are offered, and a code of what was offered to this user. */
static void
secrets_kinds(void **state)
{
	struct ptn_dfns_verify v = asked("Y2g");
	const struct ptn_uuid other = ptn_uuid_new();
	struct ptn_dfns_cred c;
	struct ptn_bytes plain;
	char code[PTN_TOTP_STR];
	const char *url;

	(void)state;
	conf.dfns_password = true;
	assert_int_equal(
	    ptn_dfns_totp_offer(&scope, &v.user, "e", "jo", &v.offered, &url),
	    PTN_OK);
	assert_int_equal(ptn_secrets_open(secrets, arena, PTN_KEY_USE_TOTP,
			     PTN_BYTES(v.user.b, sizeof(v.user.b)), v.offered,
			     &plain),
	    PTN_OK);
	assert_int_equal(ptn_totp_code(plain,
			     ptn_clock_us() / 1000000 / PTN_TOTP_STEP_S, code),
	    PTN_OK);
	conf.dfns_password = false;
	assert_int_equal(verify_secret(&v, PTN_CRED_TOTP, code, &c).reason,
	    PTN_REASON_KIND);
	assert_int_equal(verify_secret(&v, PTN_CRED_PASSWORD, "x", &c).reason,
	    PTN_REASON_KIND);
	conf.dfns_password = true;
	assert_int_equal(verify_secret(&v, PTN_CRED_PASSWORD, "x", &c).verdict,
	    PTN_ALLOW);
	assert_null(c.hash); /* to be made elsewhere */
	assert_int_equal(verify_secret(&v, PTN_CRED_TOTP, code, &c).verdict,
	    PTN_ALLOW);
	assert_ptr_equal(c.sealed.p, v.offered.p);
	assert_in_range(c.last_step, 1, INT32_MAX);
	assert_string_equal(c.cred_id, "");
	assert_string_equal(c.fingerprint, "");
	assert_int_equal(verify_secret(&v, PTN_CRED_TOTP, "12345", &c).reason,
	    PTN_REASON_CODE);
	assert_null(c.sealed.p);
	v.user = other;
	assert_int_equal(verify_secret(&v, PTN_CRED_TOTP, code, &c).verdict,
	    PTN_DENY);
	v = asked("Y2g"); /* nothing was offered */
	assert_int_equal(verify_secret(&v, PTN_CRED_TOTP, code, &c).verdict,
	    PTN_DENY);
	assert_int_equal(verify_secret(&v, PTN_CRED_UNSET, code, &c).verdict,
	    PTN_DENY);
}

#define T(f) cmocka_unit_test_setup(f, dfns_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(registered_and_logged_in),
		T(counter),
		T(recovered),
		T(secrets_kinds),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
