/* Members and organisations: who is meant by a name, and what they may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/credential.h"
#include "lib/account/email.h"
#include "lib/account/org.h"
#include "lib/dfns/lookup.h"
#include "lib/dfns/member.h"
#include "lib/format/dfnsid.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct ptn_uuid
new_org(const char *name)
{
	struct ptn_org_row org = { .name = name };

	assert_int_equal(ptn_org_put(&scope, &org), PTN_OK);
	return org.id;
}

struct inviting {
	const char *address;
	struct ptn_member m;
};

static enum ptn_err
invite_locked(const struct ptn_scope *sc, void *arg)
{
	struct inviting *i = arg;

	return ptn_member_invite(sc, i->address, PTN_EMPLOYEE, NULL, &i->m);
}

static enum ptn_err
invite(const struct ptn_uuid *org, const char *address, struct ptn_member *m)
{
	struct inviting i = { .address = address };
	enum ptn_err r = ptn_tx(rows_at(org), invite_locked, &i);

	*m = i.m;
	return r;
}

static enum ptn_err
find(const struct ptn_uuid *org, const char *name, struct ptn_uuid *id)
{
	struct ptn_member m;
	enum ptn_err r;

	r = ptn_member_by_name(rows_at(org), name, &m);
	*id = m.id;
	return r;
}

static void
one_by_many_spellings(void **state)
{
	static const char *const same[] = { "J\xc3\xb6rg@Example.org",
		"j\xc3\xb6rg@example.org", "  j\xc3\x96RG@EXAMPLE.ORG\t",
		"jo\xcc\x88rg@example.org" };
	static const char *const others[] = { "", " ", "jorg@example.org",
		"j\xc3\xb6rg@example.org.", "j\xc3\xb6rg", "\xff",
		"%@example.org" };
	const struct ptn_uuid org = new_org("spellings");
	struct ptn_member m;
	struct ptn_uuid id;
	size_t i;

	(void)state;
	assert_int_equal(invite(&org, same[0], &m), PTN_OK);
	for (i = 0; i < N(same); i++) {
		assert_int_equal(find(&org, same[i], &id), PTN_OK);
		assert_true(ptn_uuid_equal(&id, &m.id));
	}
	for (i = 0; i < N(others); i++)
		if (find(&org, others[i], &id) != PTN_E_NOT_FOUND)
			fail_msg("%s", others[i]);
	assert_int_equal(ptn_member_by_id(rows_at(&org), &id, &m),
	    PTN_E_NOT_FOUND);
}

/* A domain in either form, also in rows that have its U-labels. */
static void
international_names(void **state)
{
	static const char *const same[] = { "jo@b\xc3\xbc"
					    "cher.example",
		"jo@xn--bcher-kva.example", "JO@XN--BCHER-KVA.example " };
	const struct ptn_uuid org = new_org("international");
	struct ptn_member m;
	struct ptn_uuid id;
	size_t i;

	(void)state;
	assert_int_equal(invite(&org, same[0], &m), PTN_OK);
	assert_string_equal(rows_text("SELECT username_key FROM members"
				      " WHERE user_id = x'%s'",
				rows_hex(&m.id)),
	    "jo@xn--bcher-kva.example\n");
	for (i = 0; i < N(same); i++)
		assert_int_equal(find(&org, same[i], &id), PTN_OK);
	assert_int_equal(invite(&org, same[1], &m), PTN_E_CONFLICT);
	rows_sql("UPDATE members SET username_key = username"
		 " WHERE user_id = x'%s'",
	    rows_hex(&id));
	for (i = 0; i < N(same); i++)
		assert_int_equal(find(&org, same[i], &id), PTN_OK);
}

static void
long_names(void **state)
{
	const struct ptn_uuid org = new_org("long names");
	char name[PTN_USERNAME_MAX + 2];
	struct ptn_uuid id;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[PTN_USERNAME_MAX + 1] = '\0';
	assert_int_equal(find(&org, name, &id), PTN_E_NOT_FOUND);
	name[PTN_USERNAME_MAX] = '\0';
	assert_int_equal(find(&org, name, &id), PTN_E_NOT_FOUND);
}

static void
organisations_apart(void **state)
{
	const struct ptn_uuid a = new_org("apart a"), b = new_org("apart b");
	struct ptn_member one, two, m;
	struct ptn_uuid id;

	(void)state;
	assert_int_equal(invite(&a, "same@example.org", &one), PTN_OK);
	assert_int_equal(find(&b, "same@example.org", &id), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_member_by_id(rows_at(&b), &one.id, &m),
	    PTN_E_NOT_FOUND);
	assert_int_equal(invite(&b, "same@example.org", &two), PTN_OK);
	assert_false(ptn_uuid_equal(&one.id, &two.id));
	assert_int_equal(ptn_member_set_registered(rows_at(&b), &one), PTN_OK);
	assert_int_equal(ptn_member_by_id(rows_at(&a), &one.id, &m), PTN_OK);
	assert_false(m.registered);
}

/* Invited, registered, deactivated, archived: who may log in. */
static void
states(void **state)
{
	const struct ptn_uuid org = new_org("states");
	struct ptn_member m;

	(void)state;
	assert_int_equal(invite(&org, "states@example.org", &m), PTN_OK);
	assert_int_equal(ptn_member_by_id(rows_at(&org), &m.id, &m), PTN_OK);
	assert_true(m.stored && m.active && !m.registered && !m.verified);
	assert_false(ptn_member_usable(&m));
	assert_int_equal(ptn_member_set_registered(rows_at(&org), &m), PTN_OK);
	assert_int_equal(ptn_member_by_id(rows_at(&org), &m.id, &m), PTN_OK);
	assert_true(ptn_member_usable(&m));
	m.service_account = true;
	assert_false(ptn_member_usable(&m));
	rows_sql("UPDATE members SET active = 0");
	assert_int_equal(ptn_member_by_id(rows_at(&org), &m.id, &m), PTN_OK);
	assert_false(ptn_member_usable(&m));
	rows_sql("UPDATE members SET active = 1,"
		 " archived_at = UTC_TIMESTAMP(6)");
	assert_int_equal(ptn_member_by_id(rows_at(&org), &m.id, &m), PTN_OK);
	assert_false(ptn_member_usable(&m));
	memset(&m, 0, sizeof(m));
	assert_false(ptn_member_usable(&m));
}

static void
give_passkey(const struct ptn_uuid *org, const struct ptn_uuid *user)
{
	const struct ptn_credential c = { .id = ptn_bytes_of("passkey"),
		.user_id = *user,
		.public_key = ptn_bytes_of("key"),
		.attestation = "none",
		.transports = "" };

	assert_int_equal(ptn_credential_put(rows_at(org), &c), PTN_OK);
}

/* Who came by the other API is a member by a proved address, until stored. */
static void
from_the_other_api(void **state)
{
	const struct ptn_uuid org = new_org("other api");
	const struct ptn_user_ref u = rows_user_of(&org, "x@example.org");
	struct ptn_member m;
	struct ptn_uuid id;

	(void)state;
	assert_int_equal(find(&org, "x@example.org", &id), PTN_E_NOT_FOUND);
	rows_sql("UPDATE emails SET verified = 1");
	assert_int_equal(ptn_member_by_name(rows_at(&org), "X@Example.org", &m),
	    PTN_OK);
	assert_true(ptn_uuid_equal(&m.id, &u.id));
	assert_false(m.stored);
	assert_false(ptn_member_usable(&m));
	give_passkey(&org, &u.id);
	assert_int_equal(ptn_member_by_id(rows_at(&org), &u.id, &m), PTN_OK);
	assert_false(ptn_member_usable(&m));
	assert_string_equal(m.kind, "EndUser");
	assert_int_equal(ptn_member_put(rows_at(&org), &m), PTN_OK);
	assert_int_equal(ptn_member_put(rows_at(&org), &m), PTN_E_CONFLICT);
	/* From then on it is the username alone. */
	rows_sql("UPDATE emails SET address = 'y@example.org'");
	assert_int_equal(find(&org, "x@example.org", &id), PTN_OK);
	assert_int_equal(find(&org, "y@example.org", &id), PTN_E_NOT_FOUND);
}

/* A registration gives them their row. */
static void
registering_without_a_row(void **state)
{
	const struct ptn_uuid org = new_org("without a row");
	const struct ptn_user_ref u = rows_user_of(&org, "r@example.org");
	struct ptn_member m;

	(void)state;
	assert_int_equal(ptn_member_by_id(rows_at(&org), &u.id, &m), PTN_OK);
	assert_false(m.stored || m.registered);
	assert_int_equal(ptn_member_set_registered(rows_at(&org), &m), PTN_OK);
	assert_true(m.stored && m.registered);
	assert_int_equal(ptn_member_by_id(rows_at(&org), &u.id, &m), PTN_OK);
	assert_true(m.stored && m.registered && m.recorded);
}

/* A passkey neither registers anybody nor keeps them so, unless it is trusted.
 */
static void
trusted(void **state)
{
	const struct ptn_uuid org = new_org("trusted");
	const struct ptn_user_ref u = rows_user_of(&org, "t@example.org");
	struct ptn_member m;

	(void)state;
	rows_sql("UPDATE emails SET verified = 1");
	give_passkey(&org, &u.id);
	assert_int_equal(ptn_member_by_id(rows_at(&org), &u.id, &m), PTN_OK);
	assert_false(m.registered || m.recorded);
	conf.dfns_trust = true;
	assert_int_equal(ptn_member_by_id(rows_at(&org), &u.id, &m), PTN_OK);
	assert_true(m.registered && !m.recorded);
	assert_int_equal(ptn_member_by_name(rows_at(&org), "t@example.org", &m),
	    PTN_OK);
	assert_true(m.registered && !m.recorded);
	rows_sql("UPDATE webauthn_credentials"
		 " SET archived_at = UTC_TIMESTAMP(6)");
	assert_int_equal(ptn_member_by_id(rows_at(&org), &u.id, &m), PTN_OK);
	assert_false(m.registered);
	assert_int_equal(ptn_member_set_registered(rows_at(&org), &m), PTN_OK);
	conf.dfns_trust = false;
	assert_int_equal(ptn_member_by_id(rows_at(&org), &u.id, &m), PTN_OK);
	assert_true(m.registered && m.recorded);
}

/* Codes of one who is registered go where they went then. */
static void
bound_to_an_address(void **state)
{
	const struct ptn_uuid org = new_org("bound");
	const struct ptn_user_ref u = rows_user_of(&org, "first@example.org");
	const struct ptn_uuid second = ptn_uuid_new();
	struct ptn_member m;

	(void)state;
	rows_sql("INSERT INTO emails VALUES (x'%s', x'%s', x'%s',"
		 " 'second@example.org', 1, UTC_TIMESTAMP(6),"
		 " UTC_TIMESTAMP(6))",
	    rows_hex(&second), rows_hex(&org), rows_hex(&u.id));
	assert_int_equal(ptn_member_by_id(rows_at(&org), &u.id, &m), PTN_OK);
	assert_int_equal(ptn_member_set_registered(rows_at(&org), &m), PTN_OK);
	rows_sql("UPDATE primary_emails SET email_id = x'%s'"
		 " WHERE user_id = x'%s'",
	    rows_hex(&second), rows_hex(&u.id));
	assert_int_equal(ptn_member_by_id(rows_at(&org), &u.id, &m), PTN_OK);
	assert_string_equal(m.address, "first@example.org");
	assert_true(ptn_uuid_equal(&m.email_id, &u.email_id));
	conf.dfns_trust = true;
	assert_int_equal(ptn_member_by_id(rows_at(&org), &u.id, &m), PTN_OK);
	assert_string_equal(m.address, "second@example.org");
	conf.dfns_trust = false;
	assert_int_equal(ptn_member_set_address(rows_at(&org), &u.id, &second),
	    PTN_OK);
	assert_int_equal(
	    ptn_member_by_name(rows_at(&org), "first@example.org", &m), PTN_OK);
	assert_string_equal(m.address, "second@example.org");
	/* Without it there is none, rather than another. */
	rows_sql("DELETE FROM primary_emails WHERE user_id = x'%s'",
	    rows_hex(&u.id));
	rows_sql("DELETE FROM emails WHERE id = x'%s'", rows_hex(&second));
	rows_sql("INSERT INTO primary_emails VALUES (x'%s', x'%s', x'%s',"
		 " UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
	    rows_hex(&u.id), rows_hex(&org), rows_hex(&u.email_id));
	assert_int_equal(ptn_member_by_id(rows_at(&org), &u.id, &m), PTN_OK);
	assert_true(m.registered && m.address == NULL);
}

/* A name that a member has is theirs, whoever proves it as an address. */
static void
a_name_before_an_address(void **state)
{
	const struct ptn_uuid org = new_org("names first");
	const struct ptn_user_ref late = rows_user_of(&org, "b@example.org");
	struct ptn_member m = { .kind = "EndUser", .registered = true };
	struct ptn_uuid id;

	(void)state;
	rows_sql("UPDATE emails SET verified = 1");
	m.id = rows_user_of(&org, "a@example.org").id;
	m.username = "b@example.org";
	assert_int_equal(ptn_member_put(rows_at(&org), &m), PTN_OK);
	assert_int_equal(find(&org, "b@example.org", &id), PTN_OK);
	assert_true(ptn_uuid_equal(&id, &m.id));
	/* And nobody else's. */
	m.id = late.id;
	m.username = "B@example.org ";
	assert_int_equal(ptn_member_put(rows_at(&org), &m), PTN_E_CONFLICT);
	m.username = " ";
	assert_int_equal(ptn_member_put(rows_at(&org), &m), PTN_E_INPUT);
}

static void
invitations_refused(void **state)
{
	const struct ptn_uuid org = new_org("refused");
	struct ptn_member m;

	(void)state;
	assert_int_equal(invite(&org, "nobody", &m), PTN_E_INPUT);
	assert_int_equal(invite(&org, "a@example.org", &m), PTN_OK);
	assert_int_equal(invite(&org, "A@example.org", &m), PTN_E_CONFLICT);
}

static struct ptn_uuid raced; /* the organisation */

static enum ptn_err
race_invite(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_scope at = ptn_scope_at(sc, &raced);

	return ptn_tx(&at, invite_locked, arg);
}

static void
races(void **state)
{
	struct inviting i = { .address = "one@example.org" };
	struct ptn_uuid id;

	(void)state;
	raced = new_org("races");
	assert_int_equal(rows_race(race_invite, &i, PTN_E_CONFLICT), 1);
	assert_int_equal(find(&raced, "one@example.org", &id), PTN_OK);
}

/* What a row is silent of, the configuration says. */
static void
organisations(void **state)
{
	char origin[] = "https://example.co";
	char *list[] = { origin };
	struct ptn_org_row with = { .name = "With",
		.rp_id = "example.net",
		.rp_name = "With, Inc.",
		.origins = "https://a.example.net  https://b.example.net" };
	struct ptn_org_row without = { .name = "Without" }, again = with;
	struct ptn_org_row *rows;
	struct ptn_org org;
	size_t n;

	(void)state;
	conf.rp_origins = (struct ptn_strs){ list, 1 };
	assert_int_equal(ptn_org_put(&scope, &with), PTN_OK);
	assert_int_equal(ptn_org_put(&scope, &without), PTN_OK);
	assert_int_equal(ptn_org_put(&scope, &again), PTN_E_CONFLICT);
	assert_int_equal(ptn_org_get(&scope, &again.id, &org),
	    PTN_E_NOT_FOUND); /* a refused one has an id of nothing */
	assert_int_equal(ptn_orgs(&scope, &rows, &n), PTN_OK);
	assert_in_range(n, 3, 100);
	with.id = rows[n - 2].id;
	assert_int_equal(ptn_org_get(&scope, &with.id, &org), PTN_OK);
	assert_string_equal(org.rp_id, "example.net");
	assert_string_equal(org.rp_name, "With, Inc.");
	assert_int_equal(org.origins.n, 2);
	assert_string_equal(org.origins.v[1], "https://b.example.net");
	assert_true(org.active);
	assert_int_equal(ptn_org_get(&scope, &without.id, &org), PTN_OK);
	assert_string_equal(org.rp_id, "example.co");
	assert_string_equal(org.rp_name, "Example");
	assert_int_equal(org.origins.n, 1);
	assert_string_equal(org.origins.v[0], "https://example.co");
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

/* Who is looked up has one key, whoever asks for it. */
static void
one_key(void **state)
{
	const struct ptn_uuid org = new_org("One key");
	struct ptn_scope at = scope;
	struct ptn_dfns_lookup who;
	char id[PTN_DFNSID_STR];
	const char *key;

	(void)state;
	ptn_dfnsid_format(PTN_DFNSID_ORG, &org, id);
	assert_int_equal(ptn_dfns_lookup(&at, id, "no.one", &who), PTN_OK);
	assert_int_equal(ptn_dfns_lookup_key(&at, id, "no.one", &key), PTN_OK);
	assert_string_equal(who.key, key);
}

static struct ptn_uuid
read_as(const struct ptn_uuid *org, const char *name, enum ptn_err want)
{
	const uint64_t before = ptn_db_count(db);
	struct ptn_org_row row;
	struct ptn_member m;
	struct ptn_uuid id;

	assert_int_equal(
	    ptn_member_by_name_evenly(rows_at(org), name, &m, &id, &row), want);
	assert_true(row.active);
	assert_int_equal(ptn_db_count(db) - before, 1);
	if (want != PTN_OK)
		assert_true(ptn_uuid_is_nil(&m.id));
	return id;
}

/* Of a name that nobody has, the next member is read, or the last one. */
static void
a_name_that_nobody_has(void **state)
{
	const struct ptn_uuid org = new_org("Evenly"), none = new_org("Empty");
	struct ptn_member b, d;
	struct ptn_uuid id;

	(void)state;
	assert_int_equal(invite(&org, "b@example.org", &b), PTN_OK);
	assert_int_equal(invite(&org, "d@example.org", &d), PTN_OK);
	id = read_as(&org, "b@example.org", PTN_OK);
	assert_true(ptn_uuid_equal(&id, &b.id));
	id = read_as(&org, "a@example.org", PTN_E_NOT_FOUND);
	assert_true(ptn_uuid_equal(&id, &b.id));
	id = read_as(&org, "c@example.org", PTN_E_NOT_FOUND);
	assert_true(ptn_uuid_equal(&id, &d.id));
	id = read_as(&org, "e@example.org", PTN_E_NOT_FOUND);
	assert_true(ptn_uuid_equal(&id, &d.id));
	id = read_as(&none, "c@example.org", PTN_E_NOT_FOUND);
	assert_true(ptn_uuid_is_nil(&id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_by_many_spellings),
		T(international_names),
		T(long_names),
		T(organisations_apart),
		T(states),
		T(from_the_other_api),
		T(registering_without_a_row),
		T(trusted),
		T(bound_to_an_address),
		T(a_name_before_an_address),
		T(invitations_refused),
		T(races),
		T(organisations),
		T(one_key),
		T(a_name_that_nobody_has),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
