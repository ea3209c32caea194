/* What a client of SMTP may call itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/mail/helo.h"

static void
names(void **state)
{
	static const char *const good[] = { "a.b", "mail.example.org",
		"xn--mnchen-3ya.example", "1.example", "[192.0.2.1]",
		"[IPv6:::1]", "[IPv6:2001:db8::1]", "[IPv6:::ffff:192.0.2.1]" };
	static const char *const bad[] = { "", ".", "host", "host.", ".host",
		"a..b", "a b.example", "-a.example", "a-.example",
		"a_b.example", "192.0.2.1", "a.1", "[", "[]", "[192.0.2.1",
		"[192.0.2]", "[::1]", "[IPv6:]", "[IPv6:192.0.2.1]", "[host]",
		"a.b\r\nRCPT TO:<x@y.example>", "m\xc3\xbcller.example",
		"[IPv6:0000000000000000000000000000000000000000000000::1]" };
	char longest[PTN_HELO_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!ptn_helo_ok(good[i]))
			fail_msg("%s", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ptn_helo_ok(bad[i]))
			fail_msg("%s", bad[i]);
	for (i = 0; i < sizeof(longest) - 1; i++)
		longest[i] = i % 2 == 0 ? 'a' : '.';
	longest[PTN_HELO_MAX + 1] = '\0';
	assert_false(ptn_helo_ok(longest));
	longest[PTN_HELO_MAX] = '\0';
	assert_true(ptn_helo_ok(longest));
}

/* Whatever this host is called. */
static void
own(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "::1", "localhost",
		"192.0.2.1", "no.such.host.invalid" };
	char name[PTN_HELO_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		ptn_helo_own(hosts[i], "25", name);
		if (!ptn_helo_ok(name))
			fail_msg("%s: %s", hosts[i], name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
