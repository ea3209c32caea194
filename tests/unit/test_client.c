#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/client.h"
#include "tests/unit/arena.h"
#include "tests/unit/request.h"

/* Trusted: 10.0.0.0/8, 127.0.0.1, fd00::/8, and 172.16.0.0/12 as mapped. */
/* clang-format off */
static const struct {
	const char *remote, *forwarded, *ip, *network;
} cases[] = {
	{ "192.0.2.1", NULL, "192.0.2.1", "192.0.2.1" },
	{ "192.0.2.1", "203.0.113.9", "192.0.2.1", "192.0.2.1" },
	{ "10.1.2.3", "203.0.113.9", "203.0.113.9", "203.0.113.9" },
	{ "127.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9", "203.0.113.9" },
	{ "127.0.0.1", "203.0.113.9, 10.0.0.1", "203.0.113.9", "203.0.113.9" },
	{ "127.0.0.2", "203.0.113.9", "127.0.0.2", "127.0.0.2" },
	{ "127.0.0.1", "nonsense", "127.0.0.1", "127.0.0.1" },
	{ "127.0.0.1", "", "127.0.0.1", "127.0.0.1" },
	{ "127.0.0.1", "203.0.113.9:4711", "203.0.113.9", "203.0.113.9" },
	{ "fd00::1", "[2001:db8:1:2:3:4:5:6]", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
	{ "fd00::1", "[2001:db8:1:2:3:4:5:6]:80", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
	{ "2001:db8:1:2:ffff::1", NULL, "2001:db8:1:2:ffff::1", "2001:db8:1:2::" },
	/* IPv4 in its mapped form is IPv4: nginx with ipv6only=off */
	{ "::ffff:192.0.2.1", NULL, "192.0.2.1", "192.0.2.1" },
	{ "::FFFF:c000:201", NULL, "192.0.2.1", "192.0.2.1" },
	{ "0:0:0:0:0:ffff:192.0.2.1", NULL, "192.0.2.1", "192.0.2.1" },
	{ "::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9", "203.0.113.9" },
	{ "::ffff:127.0.0.1", "::ffff:203.0.113.9, 10.0.0.1", "203.0.113.9", "203.0.113.9" },
	{ "127.0.0.1", "[::ffff:203.0.113.9]:80", "203.0.113.9", "203.0.113.9" },
	{ "::ffff:172.16.0.5", "203.0.113.9", "203.0.113.9", "203.0.113.9" },
	{ "::ffff:172.32.0.5", "203.0.113.9", "172.32.0.5", "172.32.0.5" },
	/* that looks like it, and is none */
	{ "::192.0.2.1", NULL, "::192.0.2.1", "::" },
	{ "::fffe:192.0.2.1", NULL, "::fffe:c000:201", "::" },
	/* one address, one spelling */
	{ "2001:DB8::0:1", NULL, "2001:db8::1", "2001:db8::" },
	{ "127.0.0.1", "203.0.113.9, nonsense", "127.0.0.1", "127.0.0.1" },
	{ "unix:", "203.0.113.9", "", "" },
	{ NULL, "203.0.113.9", "", "" },
};
/* clang-format on */

static void
test_ip(void **state)
{
	char *trusted[] = { (char *)"10.0.0.0/8", (char *)"127.0.0.1",
		(char *)"fd00::/8", (char *)"::ffff:172.16.0.0/108" };
	struct test_request t;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s < %s\n",
		    cases[i].remote ? cases[i].remote : "-",
		    cases[i].forwarded ? cases[i].forwarded : "-");
		test_request_init(&t, *state);
		t.cf.trusted_proxies = (struct ptn_strs){ trusted, 4 };
		if (cases[i].remote != NULL)
			test_request_param(&t, "REMOTE_ADDR", cases[i].remote);
		if (cases[i].forwarded != NULL)
			test_request_param(&t, "HTTP_X_FORWARDED_FOR",
			    cases[i].forwarded);
		t.req.ip = ptn_client_ip(&t.req);
		assert_string_equal(t.req.ip, cases[i].ip);
		assert_string_equal(ptn_client_network(&t.req),
		    cases[i].network);
	}
}

/*
 * Several lines are one list, from web servers that hand lines on apart; from
 * others a second one is a twin by underscore, and nobody's word.
 */
/* clang-format off */
static const struct {
	const char *server, *line[3], *ip;
} lists[] = {
	{ NULL, { "203.0.113.9", "203.0.113.8" }, "203.0.113.8" },
	{ "nginx/1.22.1", { "203.0.113.9", "203.0.113.8" }, "203.0.113.8" },
	{ "nginx", { "203.0.113.9, 10.0.0.1", "10.0.0.2", "127.0.0.1" }, "203.0.113.9" },
	{ "nginx/1.22.1", { "1.1.1.1, 203.0.113.9", "10.0.0.2" }, "203.0.113.9" },
	{ "nginx/1.22.1", { "203.0.113.9", "", "10.0.0.2" }, "203.0.113.9" },
	{ "nginx/1.22.1", { "203.0.113.9", "nonsense", "10.0.0.2" }, "10.0.0.2" },
	{ "nginx/1.22.1", { "203.0.113.9" }, "203.0.113.9" },
	{ "lighttpd/1.4.69", { "203.0.113.9", "203.0.113.8" }, "127.0.0.1" },
	{ "lighttpd/1.4.69", { "203.0.113.9" }, "203.0.113.9" },
	{ "Apache/2.4.62 (Debian)", { "203.0.113.9", "203.0.113.8" }, "127.0.0.1" },
	{ "nginxy", { "203.0.113.9", "203.0.113.8" }, "127.0.0.1" },
	{ "", { "203.0.113.9", "203.0.113.8" }, "127.0.0.1" },
};
/* clang-format on */

static void
test_ip_lines(void **state)
{
	char *trusted[] = { (char *)"127.0.0.1", (char *)"10.0.0.0/8" };
	struct test_request t;
	size_t i, j;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		test_request_init(&t, *state);
		t.cf.trusted_proxies = (struct ptn_strs){ trusted, 2 };
		test_request_param(&t, "REMOTE_ADDR", "127.0.0.1");
		if (lists[i].server != NULL)
			test_request_param(&t, "SERVER_SOFTWARE",
			    lists[i].server);
		for (j = 0; j < 3 && lists[i].line[j] != NULL; j++)
			test_request_param(&t, "HTTP_X_FORWARDED_FOR",
			    lists[i].line[j]);
		if (strcmp(ptn_client_ip(&t.req), lists[i].ip) != 0)
			fail_msg("%zu: %s", i, ptn_client_ip(&t.req));
	}
}

static void
test_request_id(void **state)
{
	static const char *const refused[] = { "", "a b", "a\"b", "a\\b",
		"0123456789012345678901234567890123456789"
		"0123456789012345678901234" };
	struct test_request t;
	const char *id;
	size_t i;

	test_request_init(&t, *state);
	test_request_param(&t, "HTTP_X_REQUEST_ID", "abc-1.2:3/4+5=_");
	assert_string_equal(ptn_client_request_id(&t.req), "abc-1.2:3/4+5=_");
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		test_request_init(&t, *state);
		test_request_param(&t, "HTTP_X_REQUEST_ID", refused[i]);
		id = ptn_client_request_id(&t.req);
		assert_int_equal(strlen(id), 32);
		assert_string_not_equal(id, refused[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip),
		cmocka_unit_test(test_ip_lines),
		cmocka_unit_test(test_request_id),
	};

	return cmocka_run_group_tests_name("client", tests, arena_setup,
	    arena_teardown);
}
