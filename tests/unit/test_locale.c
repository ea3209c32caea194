#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/locale.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct {
	const char *header;
	const char *tag;
} matches[] = {
	{ "de", "de" },
	{ "DE", "de" },
	{ "de-CH", "de" },
	{ "de-Latn-CH-1996", "de" },
	{ "pt-BR", "pt-BR" },
	{ "PT-br", "pt-BR" },
	{ "pt", "pt-BR" },
	{ "pt-PT", "pt-BR" },
	{ "zh", "zh" },
	{ "zh-CN", "zh" },
	{ "zh-Hant-TW", "zh" },
	{ "fr-CA,fr;q=0.8,en;q=0.6", "fr" },
	{ "it", "it" },
	{ "es-419", "es" },
	{ "nl-BE", "nl" },
	/* Weights. */
	{ "en;q=0.5,de", "de" },
	{ "en;q=0.5, de;q=0.9, fr;q=0.7", "de" },
	{ "de;q=0.001,fr;q=0.002", "fr" },
	{ "de;q=1.000,fr;q=1", "de" },
	{ "de;q=0.,fr;q=0.1", "fr" },
	{ "de ; q=0.3 , fr ; Q=0.4", "fr" },
	/* Equal weights: the first. */
	{ "fr,de", "fr" },
	{ "de,fr", "de" },
	{ "it;q=0.5,es;q=0.5", "it" },
	/* Languages that we lack are passed over. */
	{ "ja,ko;q=0.9,nl;q=0.1", "nl" },
	{ "ja", "en" },
	{ "deu", "en" },
	{ "d", "en" },
	/* Weight 0 excludes. */
	{ "de;q=0", "en" },
	{ "de;q=0,fr;q=0.1", "fr" },
	{ "de-CH,de;q=0,fr;q=0.1", "fr" },
	{ "de-CH;q=0,de;q=0.5", "de" },
	{ "pt;q=0.0,pt-BR,es;q=0.1", "es" },
	{ "de;q=0.000", "en" },
	/* The star: whatever no other range names. */
	{ "*", "en" },
	{ "*;q=0", "en" },
	{ "de,*;q=0.5", "de" },
	{ "de;q=0.2,*;q=0.5", "en" },
	{ "en;q=0.1,*;q=0.5", "de" },
	{ "en;q=0,*", "de" },
	{ "en;q=0,de;q=0,*", "fr" },
	{ "en-US;q=0.1,*", "de" },
	/* Empty elements of a list (RFC 9110 section 5.6.1). */
	{ ",de", "de" },
	{ "de,,fr", "de" },
	{ " , de\t,", "de" },
	{ "", "en" },
	{ ",", "en" },
	{ "  ", "en" },
	/* Elements that cannot be read are passed over, and no others. */
	{ "de_CH,de;q=0.9,en;q=0.8", "de" },
	{ "de;q=2,fr", "fr" },
	{ "de fr,it", "it" },
	{ "de;q=x;fr,es", "es" },
	{ "*-CH,nl;q=0.1", "nl" },
	{ "de,fr;", "de" },
	{ "de,fr;q=x", "de" },
	{ "abcdefghi,pt", "pt-BR" },
	{ "de;q=0.1234,zh;q=0.1", "zh" },
	{ "de;q=.5,it", "it" },
	{ "de;q=0,5", "en" },
	{ "de,\"fr\"", "de" },
	{ "de,\xc3\xa9", "de" },
	{ "\x01,de", "de" },
	{ "de,../fr", "de" },
};

/* Nothing in it can be read: the fallback. */
static const char *const malformed[] = {
	"de;q=1.1", "de;q=2", "de;q=-1", "de;q=0.1234", "de;q=1.0000",
	"de;q=1.001", "de;q=", "de;q", "de;", "de;x=1", "de;q =1", "de;q= 1",
	"de;q=.5", "de;q=0.5;q=0.5", "de fr", "de_CH", "de-", "-de", "de--CH",
	"de-abcdefghi", "abcdefghi", "1de", "*-CH", "**", "de-*", "de\n",
	"de\r\nX: y", ";q=1", "../../etc/passwd", "de%00", "de/CH", "de_CH,fr_FR",
};
/* clang-format on */

static void
test_matches(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(matches); i++)
		if (strcmp(ptn_locale_match(matches[i].header),
			matches[i].tag) != 0)
			fail_msg("%s: %s", matches[i].header,
			    ptn_locale_match(matches[i].header));
}

static void
test_malformed(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(malformed); i++)
		if (strcmp(ptn_locale_match(malformed[i]), "en") != 0)
			fail_msg("%s", malformed[i]);
	assert_string_equal(ptn_locale_match(NULL), "en");
}

static void
test_oversized(void **state)
{
	char text[1026];

	(void)state;
	memset(text, ',', sizeof(text));
	memcpy(text, "de", 2);
	text[1024] = '\0';
	assert_string_equal(ptn_locale_match(text), "de");
	text[1024] = ',';
	text[1025] = '\0';
	assert_string_equal(ptn_locale_match(text), "en");
}

static void
test_tags(void **state)
{
	size_t i;

	(void)state;
	assert_string_equal(ptn_locales[0], "en");
	for (i = 0; ptn_locales[i] != NULL; i++)
		assert_ptr_equal(ptn_locale_match(ptn_locales[i]),
		    ptn_locales[i]);
	assert_true(i > 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_oversized),
		cmocka_unit_test(test_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
