/* The ways into an account, and which of them may go: each cell of the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/ways.h"
#include "lib/conf/conf.h"

/* What the configuration can be, as far as it counts, and what one can have. */
enum {
	PASSKEYS = 1 << 0,
	PASSWORDS = 1 << 1,
	ADDRESSES = 1 << 2,
	PASSCODES = 1 << 3,
	NAMED_BY_ADDRESS = 1 << 4,
	PASSWORD_OPTIONAL = 1 << 5,
	PASSKEY_OPTIONAL = 1 << 6,
	ADDRESS_OPTIONAL = 1 << 7,
	USERNAMES = 1 << 8,
	NAMED_BY_USERNAME = 1 << 9,
	USERNAME_OPTIONAL = 1 << 10,
	CONFIGURATIONS = 1 << 11
};

static void
configure(struct ptn_conf *cf, int bits)
{
	memset(cf, 0, sizeof(*cf));
	cf->passkey_enabled = bits & PASSKEYS;
	cf->password_enabled = bits & PASSWORDS;
	cf->email_enabled = bits & ADDRESSES;
	cf->email_auth = bits & PASSCODES;
	cf->email_identifies = bits & NAMED_BY_ADDRESS;
	cf->password_optional = bits & PASSWORD_OPTIONAL;
	cf->passkey_optional = bits & PASSKEY_OPTIONAL;
	cf->email_optional = bits & ADDRESS_OPTIONAL;
	cf->username_enabled = bits & USERNAMES;
	cf->username_identifies = bits & NAMED_BY_USERNAME;
	cf->username_optional = bits & USERNAME_OPTIONAL;
}

/* By each means alone, as the manual has it. */
static bool
by_passkey(int bits, size_t passkeys)
{
	return (bits & PASSKEYS) && passkeys > 0;
}

static bool
is_named(int bits, size_t addresses, size_t names)
{
	return ((bits & ADDRESSES) && (bits & NAMED_BY_ADDRESS) &&
		   addresses > 0) ||
	    ((bits & USERNAMES) && (bits & NAMED_BY_USERNAME) && names > 0);
}

static bool
by_password(int bits, size_t passwords, size_t addresses, size_t names)
{
	return (bits & PASSWORDS) && passwords > 0 &&
	    is_named(bits, addresses, names);
}

static bool
by_passcode(int bits, size_t addresses, size_t names)
{
	return (bits & ADDRESSES) && (bits & PASSCODES) && addresses > 0 &&
	    is_named(bits, addresses, names);
}

static bool
password_may_go(int bits, size_t passwords, size_t passkeys, size_t addresses,
    size_t names)
{
	return passwords > 0 && (bits & PASSWORD_OPTIONAL) &&
	    (by_passkey(bits, passkeys) || by_passcode(bits, addresses, names));
}

static bool
passkey_may_go(int bits, size_t passwords, size_t passkeys, size_t addresses,
    size_t names)
{
	const bool other = by_password(bits, passwords, addresses, names) ||
	    by_passcode(bits, addresses, names);

	if (passkeys > 1)
		return (bits & PASSKEYS) || other;
	return passkeys == 1 && (bits & PASSKEY_OPTIONAL) && other;
}

static bool
address_may_go(int bits, size_t passwords, size_t passkeys, size_t addresses,
    size_t names)
{
	if (addresses > 1)
		return by_passkey(bits, passkeys) ||
		    by_password(bits, passwords, 1, names) ||
		    by_passcode(bits, 1, names);
	return addresses == 1 && (bits & ADDRESS_OPTIONAL) &&
	    (by_passkey(bits, passkeys) ||
		by_password(bits, passwords, 0, names));
}

static bool
username_may_go(int bits, size_t passwords, size_t passkeys, size_t addresses,
    size_t names)
{
	return names > 0 && (bits & USERNAME_OPTIONAL) &&
	    (by_passkey(bits, passkeys) ||
		by_password(bits, passwords, addresses, 0) ||
		by_passcode(bits, addresses, 0));
}

static bool (*const may_go[PTN_WAY__MAX])(int bits, size_t passwords,
    size_t passkeys, size_t addresses, size_t names) = {
	[PTN_WAY_PASSWORD] = password_may_go,
	[PTN_WAY_PASSKEY] = passkey_may_go,
	[PTN_WAY_ADDRESS] = address_may_go,
	[PTN_WAY_USERNAME] = username_may_go,
};

static void
try_all(int bits, const struct ptn_ways *have)
{
	const size_t *n = have->n;
	struct ptn_conf cf;
	int way;

	configure(&cf, bits);
	for (way = 0; way < PTN_WAY__MAX; way++)
		if (ptn_ways_may_give_up(&cf, have, (enum ptn_ways_kind)way) !=
		    may_go[way](bits, n[PTN_WAY_PASSWORD], n[PTN_WAY_PASSKEY],
			n[PTN_WAY_ADDRESS], n[PTN_WAY_USERNAME]))
			fail_msg("configuration %#x, %zu passwords, %zu "
				 "passkeys, %zu addresses, %zu names: way %d",
			    bits, n[PTN_WAY_PASSWORD], n[PTN_WAY_PASSKEY],
			    n[PTN_WAY_ADDRESS], n[PTN_WAY_USERNAME], way);
}

/* One of each kind is there, or is not; of some there are more. */
static void
each_cell(void **state)
{
	static const size_t most[PTN_WAY__MAX] = {
		[PTN_WAY_PASSWORD] = 2,
		[PTN_WAY_PASSKEY] = 3,
		[PTN_WAY_ADDRESS] = 3,
		[PTN_WAY_USERNAME] = 2,
	};
	struct ptn_ways have;
	size_t cell, rest;
	int bits, way;

	(void)state;
	for (bits = 0; bits < CONFIGURATIONS; bits++)
		for (cell = 0; cell < 2 * 3 * 3 * 2; cell++) {
			rest = cell;
			for (way = 0; way < PTN_WAY__MAX; way++) {
				have.n[way] = rest % most[way];
				rest /= most[way];
			}
			try_all(bits, &have);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
