#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/format/nginx.h"

#define MAX 4

static char www[] = "www.example.org", bare[] = "example.org";
static char *both[] = { www, bare };
static const struct ptn_strs one = { both, 1 }, two = { both, 2 };

static enum ptn_err
servers_of(const char *text, const struct ptn_strs *hosts,
    struct ptn_nginx_server *s, size_t *n)
{
	return ptn_nginx_servers(text, hosts, "postern.conf", s, MAX, n);
}

static void
test_fit(void **state)
{
	static const struct {
		const char *inside;
		enum ptn_nginx_fit fit;
		bool tls, has;
	} cases[] = {
		/* clang-format off */
		{ "", PTN_NGINX_OTHER, false, false },
		{ "listen 80;", PTN_NGINX_OTHER, false, false },
		{ "listen 80 default_server;", PTN_NGINX_DEFAULT, false, false },
		{ "listen [::]:443 ssl default;", PTN_NGINX_DEFAULT, true, false },
		{ "server_name www.example.org;", PTN_NGINX_NAMED, false, false },
		{ "server_name a.test WWW.Example.Org b.test;", PTN_NGINX_NAMED, false, false },
		{ "server_name 'www.example.org';", PTN_NGINX_NAMED, false, false },
		{ "server_name \"www.example.org\";", PTN_NGINX_NAMED, false, false },
		{ "server_name www.example.org; listen 443 ssl default_server;", PTN_NGINX_NAMED, true, false },
		{ "server_name *.example.org;", PTN_NGINX_WILD, false, false },
		{ "server_name .example.org;", PTN_NGINX_WILD, false, false },
		{ "server_name .www.example.org;", PTN_NGINX_WILD, false, false },
		{ "server_name www.*;", PTN_NGINX_WILD, false, false },
		{ "listen 80 default_server; server_name .example.org;", PTN_NGINX_WILD, false, false },
		{ "server_name example.org;", PTN_NGINX_OTHER, false, false },
		{ "server_name *.www.example.org;", PTN_NGINX_OTHER, false, false },
		{ "server_name *.mple.org;", PTN_NGINX_OTHER, false, false },
		{ "server_name ~^www;", PTN_NGINX_OTHER, false, false },
		{ "server_name _;", PTN_NGINX_OTHER, false, false },
		{ "server_names www.example.org;", PTN_NGINX_OTHER, false, false },
		{ "# server_name www.example.org;\n", PTN_NGINX_OTHER, false, false },
		{ "add_header x '} server { server_name www.example.org;';", PTN_NGINX_OTHER, false, false },
		{ "if ($host = x) { set $server_name www.example.org; }", PTN_NGINX_OTHER, false, false },
		{ "location / { listen 80 ssl; include postern.conf; }", PTN_NGINX_OTHER, false, false },
		{ "set $a ${b}c; listen 443 ssl;", PTN_NGINX_OTHER, true, false },
		{ "rewrite ^/a\\;b\\{2 /c; listen 443 ssl;", PTN_NGINX_OTHER, true, false },
		{ "include snippets/postern.conf;", PTN_NGINX_OTHER, false, true },
		{ "include /etc/nginx/snippets/postern*.conf;", PTN_NGINX_OTHER, false, true },
		{ "include postern.conf;", PTN_NGINX_OTHER, false, true },
		{ "include snippets/imposter*.conf;", PTN_NGINX_OTHER, false, false },
		{ "include snippets/postern-old.conf;", PTN_NGINX_OTHER, false, false },
		{ "include snippets/postern*.conf.old;", PTN_NGINX_OTHER, false, false },
		{ "include fastcgi_params;", PTN_NGINX_OTHER, false, false },
		/* clang-format on */
	};
	struct ptn_nginx_server s[MAX];
	char text[256];
	size_t i, n;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		print_message("# %s\n", cases[i].inside);
		(void)snprintf(text, sizeof(text), "server {%s}",
		    cases[i].inside);
		assert_int_equal(servers_of(text, &one, s, &n), PTN_OK);
		assert_int_equal(n, 1);
		assert_int_equal(s[0].inside, strlen("server {"));
		assert_int_equal(s[0].fit, cases[i].fit);
		assert_int_equal(s[0].tls, cases[i].tls);
		assert_int_equal(s[0].has, cases[i].has);
	}
}

/* Wherever it stands; what is called so and is no block of that name. */
static void
test_where(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} cases[] = {
		{ "", 0 },
		{ "# server { }", 0 },
		{ "upstream a { server b; server c weight=2; }", 0 },
		{ "map $a $b { server { } }", 1 },
		{ "location server { }", 0 },
		{ "http { server { } server\n{\n} }", 2 },
		{ "server { location /a { } location /b { if (x) { } } }", 1 },
		{ "server{listen 1;}server{listen 2;}", 2 },
		{ "server{}server{}server{}server{}server{}server{}", 6 },
	};
	struct ptn_nginx_server s[MAX];
	size_t i, n;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		print_message("# %s\n", cases[i].text);
		assert_int_equal(servers_of(cases[i].text, &one, s, &n),
		    PTN_OK);
		assert_int_equal(n, cases[i].n);
	}
}

static void
test_several(void **state)
{
	static const char text[] = "http {\n"
				   "server {\n listen 80; return 301 x; }\n"
				   "server { server_name example.org; } }\n";
	struct ptn_nginx_server s[MAX];
	size_t n;

	(void)state;
	assert_int_equal(servers_of(text, &two, s, &n), PTN_OK);
	assert_int_equal(n, 2);
	assert_int_equal(s[0].fit, PTN_NGINX_OTHER);
	assert_int_equal(s[1].fit, PTN_NGINX_NAMED);
	assert_memory_equal(text + s[0].inside, "\n listen", 8);
	assert_memory_equal(text + s[1].inside, " server_name", 12);
}

static void
test_faults(void **state)
{
	static const char *const cases[] = { "}", "server {", "server { } }",
		"server { listen 80 }", "server", "server { listen 80; ",
		"server { x '};", "server { x \"}", "a; {", "x \\" };
	struct ptn_nginx_server s[MAX];
	size_t i, n;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		print_message("# %s\n", cases[i]);
		assert_int_equal(servers_of(cases[i], &one, s, &n),
		    PTN_E_INPUT);
	}
}

/* A word that is longer than what is looked at. */
static void
test_long_word(void **state)
{
	struct ptn_nginx_server s[MAX];
	char text[1024] = "server { server_name ";
	const size_t begin = strlen(text);
	size_t n;

	(void)state;
	memset(text + begin, 'a', 600);
	memcpy(text + begin + 600, "; }", 4);
	assert_int_equal(servers_of(text, &one, s, &n), PTN_OK);
	assert_int_equal(n, 1);
	assert_int_equal(s[0].fit, PTN_NGINX_OTHER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_long_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
