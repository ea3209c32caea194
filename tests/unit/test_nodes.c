/* Where servers of the database are, and in which order they are tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/conf/conf.h"
#include "lib/db/nodes.h"
#include "lib/format/place.h"

static void
test_place(void **state)
{
	static const struct {
		const char *text, *host, *socket, *name;
		unsigned int port;
	} cases[] = {
		{ "db1", "db1", "", "db1:3306", 3306 },
		{ "db1.example.org:3307", "db1.example.org", "",
		    "db1.example.org:3307", 3307 },
		{ "10.0.0.1", "10.0.0.1", "", "10.0.0.1:3306", 3306 },
		{ "10.0.0.1:1", "10.0.0.1", "", "10.0.0.1:1", 1 },
		{ "[::1]:65535", "::1", "", "[::1]:65535", 65535 },
		{ "[2001:db8::1]", "2001:db8::1", "", "[2001:db8::1]:3306",
		    3306 },
		{ "2001:db8::1", "2001:db8::1", "", "[2001:db8::1]:3306",
		    3306 },
		{ "/run/mysqld/mysqld.sock", "", "/run/mysqld/mysqld.sock",
		    "/run/mysqld/mysqld.sock", 3306 },
	};
	char name[PTN_PLACE_NAME_MAX];
	struct ptn_place p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(ptn_place_of(cases[i].text, 3306, &p));
		assert_string_equal(p.host, cases[i].host);
		assert_string_equal(p.socket, cases[i].socket);
		assert_int_equal(p.port, cases[i].port);
		assert_string_equal(ptn_place_name(&p, name), cases[i].name);
	}
}

static void
test_no_place(void **state)
{
	static const char *const texts[] = { "", ":3306", "db1:", "db1:0",
		"db1:65536", "db1:3306x", "db1: 1", "db 1", "http://db1",
		"[::1", "[::1]x", "[db1]:3306", "[10.0.0.1]", "[]:1",
		"db1:99999999999999999999" };
	struct ptn_place p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (ptn_place_of(texts[i], 3306, &p))
			fail_msg("\"%s\" is taken for %s", texts[i], p.host);
}

static const char *
next_host(struct ptn_nodes *ns)
{
	const struct ptn_place *at = ptn_nodes_next(ns);

	return at == NULL ? "" : at->host;
}

/* The first that will do; one that would not is left alone for a while. */
static void
test_order(void **state)
{
	char *names[] = { (char *)"a", (char *)"b", (char *)"c" };
	struct ptn_conf cf = { .db_hosts = { names, 3 }, .db_port = 3306 };
	struct ptn_nodes ns;

	(void)state;
	ptn_nodes_init(&ns, &cf);
	ptn_nodes_begin(&ns);
	assert_string_equal(next_host(&ns), "a");
	ptn_nodes_bad(&ns);
	assert_string_equal(next_host(&ns), "b");
	ptn_nodes_good(&ns);
	ptn_nodes_begin(&ns);
	assert_string_equal(next_host(&ns), "b");
	ptn_nodes_bad(&ns);
	assert_string_equal(next_host(&ns), "c");
	ptn_nodes_bad(&ns);
	assert_string_equal(next_host(&ns), "");
	/* Not for ever: what was to wait for has passed. */
	ns.node[1].retry_at_ms = 0;
	ptn_nodes_begin(&ns);
	assert_string_equal(next_host(&ns), "b");
	ptn_nodes_good(&ns);
	assert_false(ptn_nodes_go_back(&ns));
	ns.since_ms = 0;
	assert_true(ptn_nodes_go_back(&ns));
}

/* Each process begins where it likes, and has no reason to go back. */
static void
test_random(void **state)
{
	char *names[] = { (char *)"a", (char *)"b", (char *)"c" };
	struct ptn_conf cf = { .db_hosts = { names, 3 },
		.db_hosts_order = PTN_DB_HOSTS_RANDOM };
	struct ptn_nodes ns;
	bool first[3] = { false };
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		ptn_nodes_init(&ns, &cf);
		ptn_nodes_begin(&ns);
		first[next_host(&ns)[0] - 'a'] = true;
		assert_true(ns.order[0] != ns.order[1] &&
		    ns.order[1] != ns.order[2] && ns.order[0] != ns.order[2]);
	}
	assert_true(first[0] && first[1] && first[2]);
	assert_string_equal(next_host(&ns), ns.node[ns.order[1]].place.host);
	ns.since_ms = 0;
	assert_false(ptn_nodes_go_back(&ns));
}

/* Without a list it is the one that the older keys name. */
static void
test_one(void **state)
{
	struct ptn_conf cf = { .db_host = "db", .db_port = 3307,
		.db_socket = "/s" };
	struct ptn_nodes ns;

	(void)state;
	ptn_nodes_init(&ns, &cf);
	assert_int_equal(ns.n, 1);
	assert_string_equal(ns.node[0].place.socket, "/s");
	assert_string_equal(ns.node[0].place.host, "db");
	assert_int_equal(ns.node[0].place.port, 3307);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_no_place),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_one),
	};

	return cmocka_run_group_tests_name("nodes", tests, NULL, NULL);
}
