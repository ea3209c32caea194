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
	CONFIGURATIONS = 1 << 8
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
}

/* By each means alone, as the manual has it. */
static bool
by_passkey(int bits, size_t passkeys)
{
	return (bits & PASSKEYS) && passkeys > 0;
}

static bool
by_password(int bits, size_t passwords, size_t addresses)
{
	return (bits & PASSWORDS) && passwords > 0 &&
	    (bits & NAMED_BY_ADDRESS) && addresses > 0;
}

static bool
by_passcode(int bits, size_t addresses)
{
	return (bits & ADDRESSES) && (bits & PASSCODES) &&
	    (bits & NAMED_BY_ADDRESS) && addresses > 0;
}

static bool
password_may_go(int bits, const struct ptn_ways *w)
{
	const size_t *n = w->n;

	return n[PTN_WAY_PASSWORD] > 0 && (bits & PASSWORD_OPTIONAL) &&
	    (by_passkey(bits, n[PTN_WAY_PASSKEY]) ||
		by_passcode(bits, n[PTN_WAY_ADDRESS]));
}

static bool
passkey_may_go(int bits, const struct ptn_ways *w)
{
	const size_t *n = w->n;
	const bool other =
	    by_password(bits, n[PTN_WAY_PASSWORD], n[PTN_WAY_ADDRESS]) ||
	    by_passcode(bits, n[PTN_WAY_ADDRESS]);

	if (n[PTN_WAY_PASSKEY] > 1)
		return (bits & PASSKEYS) || other;
	return n[PTN_WAY_PASSKEY] == 1 && (bits & PASSKEY_OPTIONAL) && other;
}

static bool
address_may_go(int bits, const struct ptn_ways *w)
{
	const size_t *n = w->n;

	if (n[PTN_WAY_ADDRESS] > 1)
		return by_passkey(bits, n[PTN_WAY_PASSKEY]) ||
		    by_password(bits, n[PTN_WAY_PASSWORD], 1) ||
		    by_passcode(bits, 1);
	return n[PTN_WAY_ADDRESS] == 1 && (bits & ADDRESS_OPTIONAL) &&
	    by_passkey(bits, n[PTN_WAY_PASSKEY]);
}

static bool (*const may_go[PTN_WAY__MAX])(int bits, const struct ptn_ways *) = {
	[PTN_WAY_PASSWORD] = password_may_go,
	[PTN_WAY_PASSKEY] = passkey_may_go,
	[PTN_WAY_ADDRESS] = address_may_go,
};

static void
try_all(int bits, const struct ptn_ways *have)
{
	struct ptn_conf cf;
	int way;

	configure(&cf, bits);
	for (way = 0; way < PTN_WAY__MAX; way++)
		if (ptn_ways_may_give_up(&cf, have, (enum ptn_way)way) !=
		    may_go[way](bits, have))
			fail_msg("configuration %#x, %zu passwords, %zu "
				 "passkeys, %zu addresses: way %d",
			    bits, have->n[PTN_WAY_PASSWORD],
			    have->n[PTN_WAY_PASSKEY], have->n[PTN_WAY_ADDRESS],
			    way);
}

static void
each_cell(void **state)
{
	struct ptn_ways have;
	size_t *const n = have.n;
	int bits;

	(void)state;
	for (bits = 0; bits < CONFIGURATIONS; bits++)
		for (n[PTN_WAY_PASSWORD] = 0; n[PTN_WAY_PASSWORD] < 2;
		     n[PTN_WAY_PASSWORD]++)
			for (n[PTN_WAY_PASSKEY] = 0; n[PTN_WAY_PASSKEY] < 3;
			     n[PTN_WAY_PASSKEY]++)
				for (n[PTN_WAY_ADDRESS] = 0;
				     n[PTN_WAY_ADDRESS] < 3;
				     n[PTN_WAY_ADDRESS]++)
					try_all(bits, &have);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
