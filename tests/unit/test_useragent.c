/* What a browser says it is, in two words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/format/useragent.h"

#define KHTML "AppleWebKit/537.36 (KHTML, like Gecko) "

static const struct {
	const char *agent;
	const char *digest; /* NULL: none */
} cases[] = {
	{ "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
	  "Firefox/128.0",
	    "Linux (Firefox)" },
	{ "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " KHTML
	  "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
	    "Windows (Edge)" },
	{ "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) "
	  "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
	  "Safari/605.1.15",
	    "macOS (Safari)" },
	{ "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) "
	  "AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 "
	  "Safari/604.1",
	    "iOS (Chrome)" },
	{ "Mozilla/5.0 (Linux; Android 14; K) " KHTML
	  "Chrome/126.0.0.0 Mobile Safari/537.36",
	    "Android (Chrome)" },
	{ "Mozilla/5.0 (Windows NT 10.0)", "Windows" },
	{ "Firefox/1", "Firefox" },
	{ "curl/8.5.0", NULL },
	{ "", NULL },
};

static void
digests(void **state)
{
	char digest[PTN_USERAGENT_MAX];
	bool known;
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		known = ptn_useragent_digest(cases[i].agent, digest);
		assert_int_equal(known, cases[i].digest != NULL);
		if (known)
			assert_string_equal(digest, cases[i].digest);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
