/* Addresses and networks: one address has one spelling and one family. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/format/ip.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
spelling(void **state)
{
	static const struct {
		const char *in, *out;
		bool v4;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "::ffff:192.0.2.1", "192.0.2.1", true },
		{ "::FFFF:C000:0201", "192.0.2.1", true },
		{ "0:0:0:0:0:ffff:c000:201", "192.0.2.1", true },
		{ "2001:DB8:0:0::1", "2001:db8::1", false },
		{ "::", "::", false },
		{ "::192.0.2.1", "::192.0.2.1", false },
		{ "64:ff9b::c000:201", "64:ff9b::c000:201", false },
	};
	char text[PTN_IP_STR];
	struct ptn_ip ip;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		assert_true(ptn_ip_parse(cases[i].in, &ip));
		assert_int_equal(ip.v4, cases[i].v4);
		ptn_ip_format(&ip, text);
		assert_string_equal(text, cases[i].out);
	}
}

static void
no_address(void **state)
{
	static const char *const bad[] = { "", "1", "192.0.2", "192.0.2.256",
		"192.0.2.01", "192.0.2.1 ", " 192.0.2.1", "::ffff:192.0.2",
		"[::1]", "::1%eth0", "1::2::3", "localhost", "192.0.2.1/32" };
	struct ptn_ip ip;
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++)
		if (ptn_ip_parse(bad[i], &ip))
			fail_msg("%s", bad[i]);
}

static void
in_a_network(void **state)
{
	static const struct {
		const char *net, *ip;
		bool in;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.0.1", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.0.0.0/8", "::ffff:10.9.8.7", true },
		{ "::ffff:10.0.0.0/104", "10.9.8.7", true },
		{ "::ffff:10.0.0.0/104", "11.9.8.7", false },
		{ "192.0.2.128/25", "192.0.2.129", true },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "::ffff:192.0.2.1", "192.0.2.1", true },
		{ "0.0.0.0/0", "203.0.113.1", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.1", false },
		{ "::ffff:0:0/95", "192.0.2.1", false },
		{ "::ffff:0:0/96", "192.0.2.1", true },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "2001:db8::1", "2001:db8::1", true },
	};
	struct ptn_ip_net net;
	struct ptn_ip ip;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		assert_true(ptn_ip_net_parse(cases[i].net, &net));
		assert_true(ptn_ip_parse(cases[i].ip, &ip));
		if (ptn_ip_in(&ip, &net) != cases[i].in)
			fail_msg("%s in %s", cases[i].ip, cases[i].net);
	}
}

static void
no_network(void **state)
{
	static const char *const bad[] = { "", "/8", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8 ", "10.0.0.0/+8",
		"::/129", "::/1000", "10.0.0/8", "localhost/8",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/8" };
	struct ptn_ip_net net;
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++)
		if (ptn_ip_net_parse(bad[i], &net))
			fail_msg("%s", bad[i]);
}

static void
what_is_left(void **state)
{
	static const struct {
		const char *in;
		unsigned v4_bits, v6_bits;
		const char *out;
	} cases[] = {
		{ "192.0.2.99", 32, 64, "192.0.2.99" },
		{ "192.0.2.99", 24, 64, "192.0.2.0" },
		{ "::ffff:192.0.2.99", 25, 64, "192.0.2.0" },
		{ "192.0.2.255", 25, 64, "192.0.2.128" },
		{ "192.0.2.99", 0, 64, "0.0.0.0" },
		{ "2001:db8:1:2:3:4:5:6", 32, 64, "2001:db8:1:2::" },
		{ "2001:db8:1:2:3:4:5:6", 32, 48, "2001:db8:1::" },
		{ "2001:db8:1:ff02::6", 32, 57, "2001:db8:1:ff00::" },
		{ "2001:db8::1", 32, 128, "2001:db8::1" },
	};
	char text[PTN_IP_STR];
	struct ptn_ip ip;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		assert_true(ptn_ip_parse(cases[i].in, &ip));
		ip = ptn_ip_prefix(&ip, cases[i].v4_bits, cases[i].v6_bits);
		ptn_ip_format(&ip, text);
		assert_string_equal(text, cases[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spelling),
		cmocka_unit_test(no_address),
		cmocka_unit_test(in_a_network),
		cmocka_unit_test(no_network),
		cmocka_unit_test(what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
