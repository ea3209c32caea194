/* Names and callbacks of webhooks, and the addresses that they may have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/format/hook.h"
#include "lib/format/ipglobal.h"

static void
names(void **state)
{
	(void)state;
	assert_true(ptn_hook_is_name("user"));
	assert_true(ptn_hook_is_name("user.update.password.update"));
	assert_false(ptn_hook_is_name("user.update.password"));
	assert_false(ptn_hook_is_name("user."));
	assert_false(ptn_hook_is_name(""));
}

static void
who_wants_what(void **state)
{
	static const struct {
		const char *list, *event;
		bool wants;
	} cases[] = {
		{ "user", "user.create", true },
		{ "user.create", "user.create", true },
		{ "session user.update", "user.update.email.create", true },
		{ "user.create", "user", false },
		{ "user.create", "user.created", false },
		{ "use", "user.create", false },
		{ "session", "user.create", false },
		{ "", "user.create", false },
		{ " ", "user.create", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++)
		assert_int_equal(ptn_hook_wants(cases[i].list, cases[i].event),
		    cases[i].wants);
}

static void
callbacks(void **state)
{
	static const char *const good[] = { "https://a.example",
		"https://a.example:8443/x?y=z", "https://[2001:db8::1]/",
		"https://a.example/@x" };
	static const char *const bad[] = { "", "https", "https://",
		"https:///x", "https://:443/", "https://a@b/", "https://a\\@b/",
		"https://a/#x", "https://a/ b", "https://a/\n", "HTTPS://a",
		"file:///etc/passwd", "gopher://a", "//a", "http://a" };
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(good); i++)
		assert_null(ptn_hook_url_fault(good[i], false));
	for (i = 0; i < PTN_ARRAY_LEN(bad); i++)
		assert_non_null(ptn_hook_url_fault(bad[i], false));
	assert_null(ptn_hook_url_fault("http://a", true));
}

/* The first and last of each block, and their neighbours. */
/* clang-format off */
static const struct {
	const char *ip;
	bool global;
} places[] = {
	{ "0.0.0.0", false }, { "0.255.255.255", false },
	{ "1.0.0.0", true }, { "9.255.255.255", true },
	{ "10.0.0.0", false }, { "10.255.255.255", false },
	{ "11.0.0.0", true }, { "100.63.255.255", true },
	{ "100.64.0.0", false }, { "100.127.255.255", false },
	{ "100.128.0.0", true }, { "126.255.255.255", true },
	{ "127.0.0.1", false }, { "127.255.255.255", false },
	{ "128.0.0.0", true }, { "169.253.255.255", true },
	{ "169.254.169.254", false }, { "169.255.0.0", true },
	{ "172.15.255.255", true }, { "172.16.0.0", false },
	{ "172.31.255.255", false }, { "172.32.0.0", true },
	{ "192.0.0.8", false }, { "192.0.0.9", true },
	{ "192.0.0.10", true }, { "192.0.0.170", false },
	{ "192.0.1.0", true }, { "192.0.2.1", false },
	{ "192.31.196.1", true }, { "192.88.99.1", false },
	{ "192.168.255.255", false }, { "192.169.0.0", true },
	{ "198.17.255.255", true }, { "198.18.0.0", false },
	{ "198.19.255.255", false }, { "198.20.0.0", true },
	{ "198.51.100.7", false }, { "203.0.113.7", false },
	{ "223.255.255.255", true }, { "224.0.0.1", false },
	{ "240.0.0.1", false }, { "255.255.255.255", false },
	{ "::", false }, { "::1", false },
	{ "::ffff:127.0.0.1", false }, { "::ffff:8.8.8.8", true },
	{ "::127.0.0.1", false }, { "64:ff9b::808:808", false },
	{ "64:ff9b:1::1", false }, { "100::1", false },
	{ "2000::1", true }, { "2001::1", false },
	{ "2001:1::1", true }, { "2001:1::4", false },
	{ "2001:20::1", true }, { "2001:200::1", true },
	{ "2001:db8::1", false }, { "2001:4860::8888", true },
	{ "2002:7f00:1::", false }, { "2620:4f:8000::1", true },
	{ "3fff::1", false }, { "3fff:1000::1", true },
	{ "4000::1", false }, { "5f00::1", false },
	{ "fc00::1", false }, { "fdff::1", false },
	{ "fe80::1", false }, { "fec0::1", false },
	{ "ff02::1", false },
};
/* clang-format on */

static void
addresses(void **state)
{
	struct ptn_ip ip;
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(places); i++) {
		assert_true(ptn_ip_parse(places[i].ip, &ip));
		if (ptn_ipglobal(&ip) != places[i].global)
			fail_msg("%s", places[i].ip);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(who_wants_what),
		cmocka_unit_test(callbacks),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
