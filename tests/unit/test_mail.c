#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/format/locale.h"
#include "lib/mail/deliver.h"
#include "lib/mail/mail.h"
#include "tests/unit/mail.h"

static struct ptn_arena *
make_arena(void)
{
	struct ptn_arena *a = ptn_arena_new(PTN_MAIL_MEMORY);

	assert_non_null(a);
	return a;
}

/* Undo quoted-printable, as a mail program does. */
static char *
decode(struct ptn_arena *a, const char *s)
{
	char *out = ptn_arena_alloc(a, strlen(s) + 1);
	unsigned int c;
	size_t n = 0;

	assert_non_null(out);
	while (*s != '\0') {
		if (strncmp(s, "=\r\n", 3) == 0) {
			s += 3;
		} else if (*s == '=' && sscanf(s + 1, "%2X", &c) == 1) {
			out[n++] = (char)c;
			s += 3;
		} else {
			out[n++] = *s++;
		}
	}
	return out;
}

#define READ_MAX 128

/*
 * Some mails in each language, as the reader has them: headers and decoded
 * parts.  How many.
 */
static size_t
read_all(struct ptn_arena *a, const char *const *names, size_t nnames,
    struct ptn_outbox_mail mail, const char *body[READ_MAX])
{
	struct ptn_conf cf = make_conf();
	struct ptn_bytes out;
	struct ptn_mailer *m;
	size_t i;

	assert_int_equal(ptn_mailer_new(&m, &cf), PTN_OK);
	for (i = 0; ptn_locales[i / nnames] != NULL; i++) {
		assert_true(i < READ_MAX);
		mail.template = names[i % nnames];
		mail.locale = ptn_locales[i / nnames];
		assert_int_equal(ptn_mail_write(m, a, &mail, &out), PTN_OK);
		body[i] = decode(a,
		    ptn_arena_strndup(a, (const char *)out.p, out.len));
	}
	ptn_mailer_free(&m);
	return i;
}

static char *
write_kind(struct ptn_arena *a, const struct ptn_mailer *m, const char *kind,
    const char *locale, int64_t ttl_s)
{
	struct ptn_outbox_mail mail = { .template = kind,
		.to = "jane@example.org",
		.locale = locale,
		.code = "012345",
		.ttl_s = ttl_s };
	struct ptn_bytes out;

	assert_int_equal(ptn_mail_write(m, a, &mail, &out), PTN_OK);
	return ptn_arena_strndup(a, (const char *)out.p, out.len);
}

static char *
write_mail(struct ptn_arena *a, const struct ptn_mailer *m, const char *locale,
    int64_t ttl_s)
{
	return write_kind(a, m, "passcode", locale, ttl_s);
}

static void
test_locales(void **state)
{
	struct ptn_conf cf = make_conf();
	struct ptn_arena *a = make_arena();
	struct ptn_mailer *m;
	const char *msg;
	const char *body;
	char lang[64];
	size_t i;

	(void)state;
	assert_int_equal(ptn_mailer_new(&m, &cf), PTN_OK);
	for (i = 0; ptn_locales[i] != NULL; i++) {
		msg = write_mail(a, m, ptn_locales[i], 300);
		/* the code is the first word even of the raw subject */
		assert_non_null(strstr(msg, "\r\nSubject: 012345 "));
		body = decode(a, strstr(msg, "\r\n\r\n"));
		assert_non_null(strstr(body, "\r\n    012345\r\n"));
		assert_non_null(strstr(body, ">012345</p>"));
		assert_non_null(strstr(body, "Example"));
		assert_non_null(strstr(body, "5 "));
		assert_null(strstr(body, "{{"));
		snprintf(lang, sizeof(lang), "<html lang=\"%s\">",
		    ptn_locales[i]);
		assert_non_null(strstr(body, lang));
		ptn_arena_reset(a);
	}
	ptn_mailer_free(&m);
	assert_null(m);
	ptn_arena_free(&a);
}

/* A subject has the code where its key says so, and is a text without it. */
static void
check_subject(const struct ptn_conf *cf, const char *kind, bool with_code)
{
	struct ptn_arena *a = make_arena();
	struct ptn_mailer *m;
	char *msg, *end;
	size_t i;

	assert_int_equal(ptn_mailer_new(&m, cf), PTN_OK);
	for (i = 0; ptn_locales[i] != NULL; i++) {
		msg = write_kind(a, m, kind, ptn_locales[i], 300);
		end = strstr(msg, "\r\n\r\n");
		assert_non_null(strstr(decode(a, end), "\r\n    012345\r\n"));
		*end = '\0';
		assert_non_null(strstr(msg, "\r\nSubject: "));
		assert_int_equal(strstr(msg, "012345") != NULL, with_code);
		ptn_arena_reset(a);
	}
	ptn_mailer_free(&m);
	ptn_arena_free(&a);
}

static void
test_subjects(void **state)
{
	struct ptn_conf cf = make_conf();
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		cf.email_code_in_subject = (i & 1) != 0;
		cf.dfns_code_in_subject = (i & 2) != 0;
		check_subject(&cf, "passcode", cf.email_code_in_subject);
		check_subject(&cf, "login", cf.dfns_code_in_subject);
		check_subject(&cf, "recovery", cf.dfns_code_in_subject);
		check_subject(&cf, "registration", false);
	}
}

/* When and from where a code was requested, in each language. */
static void
test_requested(void **state)
{
	static const char *const names[] = { "login", "recovery" };
	const struct ptn_outbox_mail mail = { .to = "jane@example.org",
		.code = "1",
		.ttl_s = 600,
		.time = "2026-11-22 11:30 UTC",
		.address = "2001:db8::1" };
	struct ptn_arena *a = make_arena();
	const char *body[READ_MAX];
	size_t i, n = read_all(a, names, PTN_ARRAY_LEN(names), mail, body);

	(void)state;
	for (i = 0; i < n; i++) {
		assert_non_null(strstr(body[i], mail.time));
		assert_non_null(strstr(body[i], mail.address));
	}
	ptn_arena_free(&a);
}

/* Those of organisations say which account of which. */
static bool
says_whose(const char *notice)
{
	return strcmp(notice, "credential") == 0 ||
	    strcmp(notice, "marked") == 0 || strcmp(notice, "operator") == 0 ||
	    strcmp(notice, "recovered") == 0;
}

/* Each notice in each language: of its own, with names, without holes. */
static void
test_notices(void **state)
{
	static const char *const names[] = {
#define PTN_NOTICE(name, mail) mail,
		PTN_NOTICE(MANY, PTN_MAIL_MANY)
#include "lib/event/notice.def"
	};
	const struct ptn_outbox_mail mail = { .to = "jane@example.org",
		.code = "",
		.ttl_s = 86400,
		.username = "jane",
		.org = "or-1" };
	struct ptn_arena *a = make_arena();
	const char *body[READ_MAX];
	size_t i, j, n = read_all(a, names, PTN_ARRAY_LEN(names), mail, body);

	(void)state;
	for (i = 0; i < n; i++) {
		body[i] = strstr(body[i], "\r\n\r\n");
		if (says_whose(names[i % PTN_ARRAY_LEN(names)])) {
			assert_non_null(strstr(body[i], "jane"));
			assert_non_null(strstr(body[i], "or-1"));
		}
		assert_non_null(strstr(body[i], "Example"));
		assert_null(strstr(body[i], "{{"));
		body[i] = strstr(body[i], "<p>");
		assert_non_null(body[i]);
		for (j = 0; j < i; j++)
			assert_string_not_equal(body[i], body[j]);
	}
	ptn_arena_free(&a);
}

static void
test_validity(void **state)
{
	/* clang-format off */
	static const struct {
		const char *locale;
		int64_t ttl_s;
		const char *want;
	} cases[] = {
		{ "en", 300, "valid for 5 minutes." },
		{ "en", 90, "valid for 2 minutes." },
		{ "en", 150, "valid for 2 minutes." },
		{ "en", 151, "valid for 3 minutes." },
		{ "en", 60, "valid for 1 minute." },
		{ "en", 31, "valid for 1 minute." },
		{ "en", 30, "valid for less than a minute." },
		{ "de", 60, "1 Minute g\xc3\xbcltig" },
		{ "de", 300, "5 Minuten g\xc3\xbcltig" },
		{ "fr", 60, "1 minute." },
		{ "zh", 300, "5 \xe5\x88\x86\xe9\x92\x9f" },
		/* what we do not have is the first one */
		{ "xx", 300, "valid for 5 minutes." },
		{ "", 300, "valid for 5 minutes." },
	};
	/* clang-format on */
	struct ptn_conf cf = make_conf();
	struct ptn_arena *a = make_arena();
	struct ptn_mailer *m;
	size_t i;

	(void)state;
	assert_int_equal(ptn_mailer_new(&m, &cf), PTN_OK);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_non_null(strstr(
		    decode(a,
			write_mail(a, m, cases[i].locale, cases[i].ttl_s)),
		    cases[i].want));
		ptn_arena_reset(a);
	}
	ptn_mailer_free(&m);
	ptn_arena_free(&a);
}

/* Escaped in the HTML part, and only there. */
static void
test_escaping(void **state)
{
	struct ptn_conf cf = make_conf();
	struct ptn_arena *a = make_arena();
	struct ptn_mailer *m;
	const char *body;

	(void)state;
	cf.service_name = "Bob's <b>&</b> {{code}}";
	assert_int_equal(ptn_mailer_new(&m, &cf), PTN_OK);
	body = decode(a, write_mail(a, m, "en", 300));
	assert_non_null(strstr(body,
	    "Subject: 012345 is your passcode for Bob's <b>&</b> {{code}}"));
	assert_non_null(strstr(body, "sign in to Bob's <b>&</b> {{code}}:"));
	assert_non_null(strstr(body,
	    "sign in to Bob&#39;s &lt;b&gt;&amp;&lt;/b&gt; {{code}}:"));
	assert_null(strstr(strstr(body, "<html"), "<b>"));
	ptn_mailer_free(&m);
	ptn_arena_free(&a);
}

static void
test_refuse_mail(void **state)
{
	/* clang-format off */
	static const struct ptn_outbox_mail cases[] = {
		{ .template = "passcode", .to = "jane@example.org\r\nBcc: eve@x", .locale = "en", .code = "1", .ttl_s = 300 },
		{ .template = "passcode", .to = "<jane@example.org>", .locale = "en", .code = "1", .ttl_s = 300 },
		{ .template = "passcode", .to = "jane", .locale = "en", .code = "1", .ttl_s = 300 },
		{ .template = "passcode", .to = "", .locale = "en", .code = "1", .ttl_s = 300 },
		{ .template = "passcode", .to = "jane@example.org", .locale = "en", .code = "1\r\nBcc: eve@x", .ttl_s = 300 },
		{ .template = "passcode", .to = "jane@example.org", .locale = "en", .code = "1\x7f", .ttl_s = 300 },
		{ .template = "passcode", .to = "jane@example.org", .locale = "en", .code = "\xff", .ttl_s = 300 },
		{ .template = "login", .to = "jane@example.org", .locale = "en", .code = "1", .ttl_s = 300, .address = "::1\nx" },
		{ .template = "welcome", .to = "jane@example.org", .locale = "en", .code = "1", .ttl_s = 300 },
		{ .template = "", .to = "jane@example.org", .locale = "en", .code = "1", .ttl_s = 300 },
	};
	/* clang-format on */
	struct ptn_conf cf = make_conf();
	struct ptn_arena *a = make_arena();
	struct ptn_mailer *m;
	struct ptn_bytes out;
	size_t i;

	(void)state;
	assert_int_equal(ptn_mailer_new(&m, &cf), PTN_OK);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ptn_mail_write(m, a, &cases[i], &out),
		    PTN_E_INPUT);
	ptn_mailer_free(&m);
	ptn_arena_free(&a);
}

static void
test_refuse_conf(void **state)
{
	static const char *const names[] = { "A\r\nB", "A\nB", "\xff", "\x1b" };
	static const char *const froms[] = { "", "noreply", "a@b\r\nTo: c@d",
		"<a@b>", "\"a b\"@c" };
	struct ptn_mailer *m;
	struct ptn_conf cf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cf = make_conf();
		cf.service_name = names[i];
		assert_int_equal(ptn_mailer_new(&m, &cf), PTN_E_CONFIG);
		assert_null(m);
		cf = make_conf();
		cf.mail_from_name = names[i];
		assert_int_equal(ptn_mailer_new(&m, &cf), PTN_E_CONFIG);
	}
	for (i = 0; i < sizeof(froms) / sizeof(froms[0]); i++) {
		cf = make_conf();
		cf.mail_from = froms[i];
		assert_int_equal(ptn_mailer_new(&m, &cf), PTN_E_CONFIG);
	}
}

/* An internationalised sender leaves as A-labels. */
static void
test_idn_sender(void **state)
{
	struct ptn_conf cf = make_conf();
	struct ptn_arena *a = make_arena();
	char from[PTN_ADDRESS_MAX + 1];
	struct ptn_mailer *m;

	(void)state;
	cf.mail_from = "noreply@m\xc3\xbcnchen.example";
	assert_int_equal(ptn_deliver_sender(&cf, from), PTN_OK);
	assert_string_equal(from, "noreply@xn--mnchen-3ya.example");
	assert_int_equal(ptn_mailer_new(&m, &cf), PTN_OK);
	assert_non_null(strstr(write_mail(a, m, "en", 300),
	    "<noreply@xn--mnchen-3ya.example>\r\n"));
	ptn_mailer_free(&m);
	ptn_arena_free(&a);
}

/* What a language has for the notices. */
/* Those without a code. */
static const char notices[] =
#define PTN_NOTICE(name, mail)                                                 \
	mail ".subject = text\n" mail ".greeting = text\n" mail                \
	     ".instruction = text\n" mail ".ignore = text\n"
    PTN_NOTICE(UNKNOWN, "unknown") PTN_NOTICE(TAKEN, "taken")
	PTN_NOTICE(MANY, PTN_MAIL_MANY)
#include "lib/event/notice.def"
    ;

#define MARK "\xef\xbb\xbf" /* of the byte order */

/*
 * The installed files with one of them replaced; NULL takes it away.  A
 * language has the notices besides.
 */
static enum ptn_err
try_file(const char *name, const char *text)
{
	struct ptn_conf cf = make_conf();
	struct ptn_mailer *m = NULL;
	char path[PATH_LEN];
	char cmd[4 * PATH_LEN];
	char whole[8 * PATH_LEN];
	bool marked;
	enum ptn_err r;

	snprintf(cmd, sizeof(cmd),
	    "rm -rf %s/mail && cp -R %s %s/mail && "
	    "chmod -R u+w %s/mail",
	    dir, mail_dir, dir, dir);
	assert_int_equal(system(cmd), 0);
	snprintf(path, sizeof(path), "%s/mail/%s", dir, name);
	unlink(path);
	marked = text != NULL && strncmp(text, MARK, strlen(MARK)) == 0;
	snprintf(whole, sizeof(whole), "%s%s%s", marked ? MARK : "",
	    strstr(name, ".lang") != NULL ? notices : "",
	    text != NULL ? text + (marked ? strlen(MARK) : 0) : "");
	if (text != NULL)
		write_file(path, whole, 0644);
	snprintf(path, sizeof(path), "%s/mail", dir);
	cf.mail_dir = path;
	r = ptn_mailer_new(&m, &cf);
	ptn_mailer_free(&m);
	return r;
}

#define LINE(key) "passcode." key " = text\n"
#define WHOLE(mail)                                                            \
	mail ".subject = text\n" mail ".greeting = text\n" mail                \
	     ".instruction = text\n" mail ".validity.zero = text\n" mail       \
	     ".validity.one = text\n" mail ".validity.other = text\n" mail     \
	     ".ignore = text\n"
#define BUT_SUBJECT                                                            \
	WHOLE("login")                                                         \
	WHOLE("registration")                                                  \
	WHOLE("recovery")                                                      \
	"login.subject.code = text\nrecovery.subject.code = text\n" LINE(      \
	    "subject.code") LINE("greeting") LINE("instruction")               \
	    LINE("validity.zero") LINE("validity.one") LINE("validity.other")
#define COMPLETE BUT_SUBJECT LINE("subject")
#define SUBJECT(text) BUT_SUBJECT LINE("ignore") "passcode.subject = " text "\n"

static void
test_files(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name;
		const char *text;
		enum ptn_err want;
	} cases[] = {
		{ "none", NULL, PTN_OK },
		{ "passcode.txt", "{{code}} {{subject}} {{locale}}\n", PTN_OK },
		{ "passcode.txt", "", PTN_OK },
		{ "passcode.txt", NULL, PTN_E_CONFIG },
		{ "passcode.txt", "{{pin}}", PTN_E_CONFIG },
		{ "passcode.txt", "\xff", PTN_E_CONFIG },
		{ "passcode.html", NULL, PTN_E_CONFIG },
		{ "passcode.html", "{{code", PTN_E_CONFIG },
		{ "notice.txt", "{{username}} {{org}}", PTN_OK },
		{ "notice.txt", NULL, PTN_E_CONFIG },
		{ "notice.html", NULL, PTN_E_CONFIG },
		{ "zh.lang", NULL, PTN_E_CONFIG },
		{ "zh.lang", "", PTN_E_CONFIG },
		{ "zh.lang", COMPLETE LINE("ignore"), PTN_OK },
		{ "zh.lang", "# c\r\n\r\n" COMPLETE "passcode.ignore=x", PTN_OK },
		{ "zh.lang", MARK COMPLETE LINE("ignore"), PTN_OK },
		{ "zh.lang", "# c\n" MARK COMPLETE LINE("ignore"), PTN_E_CONFIG },
		{ "zh.lang", COMPLETE, PTN_E_CONFIG },
		{ "zh.lang", COMPLETE LINE("ignore") LINE("ignore"), PTN_E_CONFIG },
		{ "zh.lang", COMPLETE LINE("ignore") LINE("other"), PTN_E_CONFIG },
		{ "zh.lang", COMPLETE LINE("ignore") "other.subject = x\n", PTN_E_CONFIG },
		{ "zh.lang", COMPLETE LINE("ignore") "no line\n", PTN_E_CONFIG },
		/* a notice has no code, and so no validity */
		{ "zh.lang", COMPLETE LINE("ignore") "recovered.validity.one = x\n", PTN_E_CONFIG },
		{ "zh.lang", COMPLETE "passcode.ignore =\n", PTN_E_CONFIG },
		/* where no code may stand, none does */
		{ "zh.lang", COMPLETE LINE("ignore") "registration.subject.code = x\n", PTN_E_CONFIG },
		{ "zh.lang", SUBJECT("{{ttl}}"), PTN_OK },
		{ "zh.lang", SUBJECT("{{code}}"), PTN_E_CONFIG },
		/* a text does not frame the others */
		{ "zh.lang", COMPLETE "passcode.ignore = {{subject}}\n", PTN_E_CONFIG },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (try_file(cases[i].name, cases[i].text) != cases[i].want)
			fail_msg("case %zu: %s", i, cases[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_locales),
		cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_requested),
		cmocka_unit_test(test_notices),
		cmocka_unit_test(test_validity),
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_refuse_mail),
		cmocka_unit_test(test_refuse_conf),
		cmocka_unit_test(test_idn_sender),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
