#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/address.h"
#include "lib/format/mime.h"
#include "tests/unit/arena.h"

static void
test_address(void **state)
{
	static const char *const good[] = { "a@b", "a.b+c@example.org",
		"noreply@localhost", "o'neil@xn--mnchen-3ya.example",
		"m\xc3\xbcller@example.org", "!#$%&'*+-/=?^_`{|}~@x.y" };
	static const char *const bad[] = { "", "a", "@", "a@", "@b", "a@b@c",
		"a b@c", "a@b c", "a\r\n@b", "a@b\r\nRCPT TO:<x@y>", "a@b\n",
		"a@b\r", "<a@b>", "a@b>", "a<@b", "a,b@c", "a;b@c", "a:b@c",
		"\"a\"@b", "a\\@b", "(a)@b", "[a]@b", "a@[127.0.0.1]", ".a@b",
		"a.@b", "a..b@c", "a@b.", "a@.b", "a@b..c", "a\x01@b",
		"a\x7f@b", "a@b\t", "a\xff@b", "a\xc2\x85@b", "a@b\xc3" };
	char max[PTN_ADDRESS_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(ptn_mime_address_ok(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ptn_mime_address_ok(bad[i]));
	memset(max, 'a', sizeof(max));
	max[1] = '@';
	max[PTN_ADDRESS_MAX] = '\0';
	assert_true(ptn_mime_address_ok(max));
	max[PTN_ADDRESS_MAX] = 'a';
	max[PTN_ADDRESS_MAX + 1] = '\0';
	assert_false(ptn_mime_address_ok(max));
}

#define HAN "\xe4\xb8\xad"
#define HAN9 HAN HAN HAN HAN HAN HAN HAN HAN HAN

static void
test_header_text(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
		{ "", "" },
		{ "123456 is your passcode", "123456 is your passcode" },
		{ "a=?b", "=?UTF-8?Q?a=3D=3Fb?=" },
		{ " a", "=?UTF-8?Q?_a?=" },
		{ "a ", "=?UTF-8?Q?a_?=" },
		/* RFC 2047 section 8 knows these as Latin-1 */
		{ "Keld J\xc3\xb8rn Simonsen", "Keld =?UTF-8?Q?J=C3=B8rn_Simonsen?=" },
		{ "1 ist f\xc3\xbcr A_B?C=D", "1 ist =?UTF-8?Q?f=C3=BCr_A=5FB=3FC=3DD?=" },
		/* base64 where it is shorter: RFC 4648 section 10 lengths */
		{ HAN, "=?UTF-8?B?5Lit?=" },
		{ HAN HAN, "=?UTF-8?B?5Lit5Lit?=" },
		{ "\xc3\xbc\xc3\xbc", "=?UTF-8?B?w7zDvA==?=" },
		{ "\xf0\x9f\x94\x91\xc3\xbc\xc3\xbc", "=?UTF-8?B?8J+UkcO8w7w=?=" },
		/* two spaces cannot stand before an encoded-word */
		{ "a  \xc3\xbc", "=?UTF-8?Q?a__=C3=BC?=" },
		{ "123456 " HAN9 HAN9 HAN,
		    "123456 =?UTF-8?B?5Lit5Lit5Lit5Lit5Lit5Lit5Lit5Lit5Lit5Lit5Lit5Lit?=\r\n"
		    " =?UTF-8?B?5Lit5Lit5Lit5Lit5Lit5Lit5Lit?=" },
	};
	/* clang-format on */
	struct ptn_buf b;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ptn_buf_init(&b, *state);
		ptn_mime_put_text(&b, strlen("Subject: "), cases[i].text);
		assert_string_equal(b.p != NULL ? b.p : "", cases[i].want);
	}
}

/* No line over 76 columns, no word over 75, whatever the text. */
static void
test_header_folds(void **state)
{
	static const char *const unit[] = { "x", "\xc3\xbc", HAN,
		"\xf0\x9f\x94\x91", "ab \xc3\xbc", "word " };
	char text[1024];
	struct ptn_buf b;
	const char *s;
	size_t col;
	size_t n;
	size_t i;

	for (i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
		text[0] = '\0';
		for (n = 0; n < 150; n++)
			strcat(text, unit[i]);
		for (col = 0; col < 70; col++) {
			ptn_buf_init(&b, *state);
			ptn_mime_put_text(&b, col, text);
			assert_false(b.bad);
			assert_true(col + strcspn(b.p, "\r") <= 76);
			for (s = strchr(b.p, '\r'); s != NULL;
			     s = strchr(s + 2, '\r')) {
				assert_memory_equal(s, "\r\n =?UTF-8?", 11);
				assert_true(strcspn(s + 2, "\r") <= 76);
			}
		}
		ptn_arena_reset(*state);
	}
}

static void
test_body(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
		{ "", "" },
		{ "a", "a\r\n" },
		{ "a\n", "a\r\n" },
		{ "a\r\nb\n", "a\r\nb\r\n" },
		{ "a\rb", "a=0Db\r\n" },
		{ "a=b", "a=3Db\r\n" },
		{ "a \nb\t\n", "a=20\r\nb=09\r\n" },
		{ "a \r\n", "a=20\r\n" },
		{ "a b ", "a b=20\r\n" },
		{ "\xc3\xbc", "=C3=BC\r\n" },
		{ "From me\nFrom you", "=46rom me\r\n=46rom you\r\n" },
		{ ".\n..", ".\r\n..\r\n" },
		{ "\n\n", "\r\n\r\n" },
		{ "\x01\x7f", "=01=7F\r\n" },
		{ "1234567890123456789012345678901234567890123456789012345678901234567890123456",
		  "123456789012345678901234567890123456789012345678901234567890123456789012345=\r\n"
		  "6\r\n" },
		{ "12345678901234567890123456789012345678901234567890123456789012345678901234=",
		  "12345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
		  "=3D\r\n" },
	};
	/* clang-format on */
	struct ptn_buf b;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ptn_buf_init(&b, *state);
		ptn_mime_put_body(&b, cases[i].text);
		assert_string_equal(b.p != NULL ? b.p : "", cases[i].want);
	}
}

static const struct ptn_mime model = {
	.from = "noreply@example.org",
	.from_name = "Example",
	.to = "jane@xn--mnchen-3ya.example",
	.subject = "123456 is it",
	.text = "Hello\n",
	.html = "<p>Hello</p>\n",
	.at_us = INT64_C(784111777) * 1000000,
};

static const char *
write_ok(struct ptn_arena *a, const struct ptn_mime *m)
{
	struct ptn_bytes out;

	assert_int_equal(ptn_mime_write(a, m, &out), PTN_OK);
	assert_int_equal(strlen((const char *)out.p), out.len);
	return (const char *)out.p;
}

static void
test_message(void **state)
{
	const char *msg = write_ok(*state, &model);
	const char *boundary = strstr(msg, "boundary=\"");
	char want[1024];
	char b[35];

	assert_non_null(boundary);
	snprintf(b, sizeof(b), "%.34s", boundary + 10);
	assert_memory_equal(b, "=_", 2);
	/* RFC 9110 section 5.6.7 has the date, RFC 5322 the form */
	snprintf(want, sizeof(want),
	    "Date: Sun, 6 Nov 1994 08:49:37 +0000\r\n"
	    "From: \"Example\" <noreply@example.org>\r\n"
	    "To: jane@xn--mnchen-3ya.example\r\n"
	    "Subject: 123456 is it\r\n"
	    "Message-ID: <");
	assert_memory_equal(msg, want, strlen(want));
	assert_non_null(strstr(msg,
	    "@example.org>\r\nAuto-Submitted: "
	    "auto-generated\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative;\r\n"
	    " boundary=\"=_"));
	snprintf(want, sizeof(want),
	    "\r\n\r\n--%s\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "Hello\r\n"
	    "\r\n"
	    "--%s\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "<p>Hello</p>\r\n"
	    "\r\n"
	    "--%s--\r\n",
	    b, b, b);
	assert_string_equal(strstr(msg, "\r\n\r\n"), want);
	assert_string_not_equal(msg, write_ok(*state, &model));
}

static void
test_from(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name;
		const char *want;
	} cases[] = {
		{ "", "\r\nFrom: noreply@example.org\r\n" },
		{ "A. \"B\" \\C, D", "\r\nFrom: \"A. \\\"B\\\" \\\\C, D\" <noreply@example.org>\r\n" },
		{ "x@y>, <z", "\r\nFrom: \"x@y>, <z\" <noreply@example.org>\r\n" },
		{ "B\xc3\xbc" "cher, Ltd.", "\r\nFrom: =?UTF-8?Q?B=C3=BCcher=2C_Ltd=2E?= <noreply@example.org>\r\n" },
		{ "A name that is a good deal longer yet",
		  "\r\nFrom: =?UTF-8?Q?A_name_that_is_a_good_deal_longer_yet?=\r\n <noreply@example.org>\r\n" },
	};
	/* clang-format on */
	struct ptn_mime m = model;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m.from_name = cases[i].name;
		assert_non_null(strstr(write_ok(*state, &m), cases[i].want));
	}
}

static void
test_refuse(void **state)
{
	static const char *const lines[] = { "a\r\nBcc: x@y", "a\nb", "a\rb",
		"a\tb", "a\x7f", "a\x1b[2J", "\xff", "a\xc2\x85", "\xc3" };
	static const char *const froms[] = { "", "a", "a@b\r\n",
		"m\xc3\xbcller@example.org", "<a@b>" };
	struct ptn_bytes out;
	struct ptn_mime m;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		m = model;
		m.subject = lines[i];
		assert_int_equal(ptn_mime_write(*state, &m, &out), PTN_E_INPUT);
		m = model;
		m.from_name = lines[i];
		assert_int_equal(ptn_mime_write(*state, &m, &out), PTN_E_INPUT);
		m = model;
		m.to = lines[i];
		assert_int_equal(ptn_mime_write(*state, &m, &out), PTN_E_INPUT);
	}
	for (i = 0; i < sizeof(froms) / sizeof(froms[0]); i++) {
		m = model;
		m.from = froms[i];
		assert_int_equal(ptn_mime_write(*state, &m, &out), PTN_E_INPUT);
	}
	m = model;
	m.at_us = -1;
	assert_int_equal(ptn_mime_write(*state, &m, &out), PTN_E_INPUT);
}

static void
test_memory(void **state)
{
	struct ptn_arena *a = ptn_arena_new(4096);
	struct ptn_bytes out;
	char big[8192];
	struct ptn_mime m = model;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	m.html = big;
	assert_non_null(a);
	assert_int_equal(ptn_mime_write(a, &m, &out), PTN_E_NOMEM);
	ptn_arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test_setup_teardown(test_header_text, arena_setup,
		    arena_teardown),
		cmocka_unit_test_setup_teardown(test_header_folds, arena_setup,
		    arena_teardown),
		cmocka_unit_test_setup_teardown(test_body, arena_setup,
		    arena_teardown),
		cmocka_unit_test_setup_teardown(test_message, arena_setup,
		    arena_teardown),
		cmocka_unit_test_setup_teardown(test_from, arena_setup,
		    arena_teardown),
		cmocka_unit_test_setup_teardown(test_refuse, arena_setup,
		    arena_teardown),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
