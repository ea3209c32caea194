#include "lib/mail/mail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/home.h"
#include "lib/base/log.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/format/locale.h"
#include "lib/format/mime.h"
#include "lib/format/template.h"

#define MAILER_MEMORY (4 * 1024 * 1024) /* address space; touched as used */
#define FILE_MAX PTN_TEMPLATE_MAX

/* What the texts of a mail are put into: files NAME.txt and NAME.html. */
enum frame { FRAME_CODE, FRAME_NOTICE, FRAME__MAX };
static const char *const frame_name[FRAME__MAX] = {
	[FRAME_CODE] = "passcode",
	[FRAME_NOTICE] = "notice",
};

/* Which key of the configuration lets the subject have the code. */
enum subject {
	SUBJECT_PLAIN = 0, /* none: it never does */
	SUBJECT_EMAIL,	   /* email.code_in_subject */
	SUBJECT_DFNS	   /* dfns.code_in_subject */
};

/* The mails there are: NAME.* in the texts; three are like notices. */
enum {
	MAIL_PASSCODE,
	MAIL_LOGIN,
	MAIL_REGISTRATION,
	MAIL_RECOVERY,
#define PTN_NOTICE(name, mail) MAIL_##name,
	PTN_NOTICE(UNKNOWN, "unknown") PTN_NOTICE(TAKEN, "taken")
	    PTN_NOTICE(MANY, PTN_MAIL_MANY)
#include "lib/event/notice.def"
		MAIL__MAX
};
static const struct {
	const char *name;
	enum frame frame;
	enum subject subject;
} mails[MAIL__MAX] = {
	[MAIL_PASSCODE] = { "passcode", FRAME_CODE, SUBJECT_EMAIL },
	[MAIL_LOGIN] = { "login", FRAME_CODE, SUBJECT_DFNS },
	[MAIL_REGISTRATION] = { "registration", FRAME_CODE, SUBJECT_PLAIN },
	[MAIL_RECOVERY] = { "recovery", FRAME_CODE, SUBJECT_DFNS },
#define PTN_NOTICE(n, m) [MAIL_##n] = { m, FRAME_NOTICE, SUBJECT_PLAIN },
	PTN_NOTICE(UNKNOWN, "unknown") PTN_NOTICE(TAKEN, "taken")
	    PTN_NOTICE(MANY, PTN_MAIL_MANY)
#include "lib/event/notice.def"
};

/* The texts of a mail, translated: lines of LOCALE.lang. */
enum text {
	TEXT_SUBJECT, /* without the code */
	TEXT_SUBJECT_CODE,
	TEXT_GREETING,
	TEXT_INSTRUCTION,
	TEXT_VALIDITY_ZERO,
	TEXT_VALIDITY_ONE,
	TEXT_VALIDITY_OTHER,
	TEXT_IGNORE,
	TEXT__MAX
};
static const char *const text_key[TEXT__MAX] = {
	[TEXT_SUBJECT] = "subject",
	[TEXT_SUBJECT_CODE] = "subject.code",
	[TEXT_GREETING] = "greeting",
	[TEXT_INSTRUCTION] = "instruction",
	[TEXT_VALIDITY_ZERO] = "validity.zero",
	[TEXT_VALIDITY_ONE] = "validity.one",
	[TEXT_VALIDITY_OTHER] = "validity.other",
	[TEXT_IGNORE] = "ignore",
};

#define DAY_S 86400

/* What may stand in a text ... */
enum {
	VAR_CODE,
	VAR_TTL,
	VAR_DAYS,
	VAR_SERVICE,
	VAR_USERNAME,
	VAR_ORG,
	VAR_TIME,
	VAR_ADDRESS,
	VAR_API,
	VAR_TEXT__MAX
};
#define PLAIN_VARS                                                             \
	[VAR_TTL] = "ttl", [VAR_DAYS] = "days",                                \
	[VAR_SERVICE] = "service_name", [VAR_USERNAME] = "username",           \
	[VAR_ORG] = "org", [VAR_TIME] = "time", [VAR_ADDRESS] = "address",     \
	[VAR_API] = "api"
#define TEXT_VARS [VAR_CODE] = "code", PLAIN_VARS
static const char *const text_var[VAR_TEXT__MAX + 1] = { TEXT_VARS };

/* ... and in a subject without the code: no variable is called "-". */
static const char *const plain_var[VAR_TEXT__MAX + 1] = { [VAR_CODE] = "-",
	PLAIN_VARS };

/* ... and in a template, which frames the texts. */
enum {
	VAR_SUBJECT = VAR_TEXT__MAX,
	VAR_GREETING,
	VAR_INSTRUCTION,
	VAR_VALIDITY,
	VAR_IGNORE,
	VAR_LOCALE,
	VAR__MAX
};
static const char *const frame_var[VAR__MAX + 1] = {
	TEXT_VARS,
	[VAR_SUBJECT] = "subject",
	[VAR_GREETING] = "greeting",
	[VAR_INSTRUCTION] = "instruction",
	[VAR_VALIDITY] = "validity",
	[VAR_IGNORE] = "ignore",
	[VAR_LOCALE] = "locale",
};

struct language {
	const char *tag;
	struct ptn_template *text[MAIL__MAX][TEXT__MAX];
};

struct ptn_mailer {
	struct ptn_arena *a; /* owns all of it */
	const struct ptn_conf *cf;
	char from[PTN_ADDRESS_MAX + 1];
	struct ptn_template *plain[FRAME__MAX];
	struct ptn_template *html[FRAME__MAX];
	struct language *language;
	size_t nlanguages;
};

/* The folder of the texts, in the arena; NULL if that is full. */
static const char *
mail_dir(const struct ptn_mailer *m)
{
	return m->cf->mail_dir[0] != '\0'
	    ? m->cf->mail_dir
	    : ptn_arena_printf(m->a, "%s/mail", ptn_home_data());
}

/* Read DIR/NAME EXT into the arena; path says which file it was. */
static enum ptn_err
read_file(struct ptn_mailer *m, const char *name, const char *ext,
    const char **path, struct ptn_bytes *text)
{
	char *buf = ptn_arena_alloc(m->a, FILE_MAX + 1);
	const char *dir = mail_dir(m);
	size_t len;
	FILE *f;

	if (buf == NULL || dir == NULL)
		return PTN_E_NOMEM;
	*path = ptn_arena_printf(m->a, "%s/%s%s", dir, name, ext);
	if (*path == NULL)
		return PTN_E_NOMEM;
	if ((f = fopen(*path, "re")) == NULL) {
		ptn_error("%s: %s; email_delivery.template_dir must have every "
			  "file of etc/mail",
		    *path, strerror(errno));
		return PTN_E_CONFIG;
	}
	len = fread(buf, 1, FILE_MAX + 1, f);
	if (ferror(f) != 0 || len > FILE_MAX) {
		ptn_error("%s: cannot be read, or is too long", *path);
		fclose(f);
		return PTN_E_CONFIG;
	}
	fclose(f);
	*text = ptn_utf8_text(PTN_BYTES(buf, len));
	return PTN_OK;
}

/* Parse a piece of a file that begins at a line of it. */
static enum ptn_err
parse(struct ptn_mailer *m, const char *path, int line, struct ptn_bytes text,
    const char *const *vars, struct ptn_template **out)
{
	struct ptn_template_problem problem;
	enum ptn_err r;

	r = ptn_template_parse(m->a, text, vars, out, &problem);
	if (r != PTN_E_INPUT)
		return r;
	ptn_error("%s:%d: %s", path, line + problem.line - 1, problem.what);
	return PTN_E_CONFIG;
}

static enum ptn_err
load_frame(struct ptn_mailer *m, const char *name, const char *ext,
    struct ptn_template **out)
{
	struct ptn_bytes text;
	const char *path;
	enum ptn_err r;

	r = read_file(m, name, ext, &path, &text);
	if (r != PTN_OK)
		return r;
	return parse(m, path, 1, text, frame_var, out);
}

/* A notice has no code that could expire. */
static bool
has_text(int mail, int text)
{
	if (text == TEXT_SUBJECT_CODE)
		return mails[mail].subject != SUBJECT_PLAIN;
	return mails[mail].frame == FRAME_CODE || text < TEXT_VALIDITY_ZERO ||
	    text > TEXT_VALIDITY_OTHER;
}

/*
 * The place of "passcode.subject" in a language, or NULL.
 *
 * vars	set to what may stand in the text
 */
static struct ptn_template **
find_text(struct language *l, const char *key, size_t len,
    const char *const **vars)
{
	size_t name_len;
	int mail;
	int text;

	for (mail = 0; mail < MAIL__MAX; mail++) {
		name_len = strlen(mails[mail].name);
		if (len <= name_len || key[name_len] != '.' ||
		    memcmp(key, mails[mail].name, name_len) != 0)
			continue;
		for (text = 0; text < TEXT__MAX; text++) {
			if (!has_text(mail, text) ||
			    strlen(text_key[text]) != len - name_len - 1 ||
			    memcmp(key + name_len + 1, text_key[text],
				len - name_len - 1) != 0)
				continue;
			*vars = text == TEXT_SUBJECT ? plain_var : text_var;
			return &l->text[mail][text];
		}
	}
	return NULL;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct ptn_bytes
trim(struct ptn_bytes b)
{
	while (b.len > 0 && is_blank(b.p[0])) {
		b.p++;
		b.len--;
	}
	while (b.len > 0 && is_blank(b.p[b.len - 1]))
		b.len--;
	return b;
}

/* One line of a language: "# ...", nothing, or KEY = TEXT. */
static enum ptn_err
load_line(struct ptn_mailer *m, struct language *l, const char *path, int line,
    struct ptn_bytes s)
{
	const char *const *vars = NULL;
	struct ptn_template **slot;
	struct ptn_bytes key;
	const uint8_t *eq;

	s = trim(s);
	if (s.len == 0 || s.p[0] == '#')
		return PTN_OK;
	eq = memchr(s.p, '=', s.len);
	if (eq == NULL) {
		ptn_error("%s:%d: neither KEY = TEXT nor # comment", path,
		    line);
		return PTN_E_CONFIG;
	}
	key = trim(PTN_BYTES(s.p, (size_t)(eq - s.p)));
	s = trim(PTN_BYTES(eq + 1, s.len - (size_t)(eq + 1 - s.p)));
	slot = find_text(l, (const char *)key.p, key.len, &vars);
	if (slot == NULL || *slot != NULL || s.len == 0) {
		ptn_error("%s:%d: %s", path, line,
		    slot == NULL	? "unknown key"
			: *slot != NULL ? "a key that stands twice"
					: "a key without a text");
		return PTN_E_CONFIG;
	}
	return parse(m, path, line, s, vars, slot);
}

static enum ptn_err
check_complete(const struct language *l, const char *path)
{
	int mail;
	int text;

	for (mail = 0; mail < MAIL__MAX; mail++) {
		for (text = 0; text < TEXT__MAX; text++) {
			if (l->text[mail][text] != NULL ||
			    !has_text(mail, text))
				continue;
			ptn_error("%s: %s.%s is missing", path,
			    mails[mail].name, text_key[text]);
			return PTN_E_CONFIG;
		}
	}
	return PTN_OK;
}

static enum ptn_err
load_language(struct ptn_mailer *m, struct language *l)
{
	struct ptn_bytes text, s;
	const char *path;
	const uint8_t *lf;
	enum ptn_err r;
	int line;

	r = read_file(m, l->tag, ".lang", &path, &text);
	for (line = 1; r == PTN_OK && text.len > 0; line++) {
		lf = memchr(text.p, '\n', text.len);
		s = PTN_BYTES(text.p,
		    lf != NULL ? (size_t)(lf - text.p) : text.len);
		r = load_line(m, l, path, line, s);
		text.p += s.len + (lf != NULL);
		text.len -= s.len + (lf != NULL);
	}
	if (r != PTN_OK)
		return r;
	return check_complete(l, path);
}

static enum ptn_err
load_frames(struct ptn_mailer *m)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < FRAME__MAX && r == PTN_OK; i++) {
		r = load_frame(m, frame_name[i], ".txt", &m->plain[i]);
		if (r == PTN_OK)
			r = load_frame(m, frame_name[i], ".html", &m->html[i]);
	}
	return r;
}

static enum ptn_err
load_all(struct ptn_mailer *m)
{
	enum ptn_err r;
	size_t i;

	r = load_frames(m);
	while (ptn_locales[m->nlanguages] != NULL)
		m->nlanguages++;
	m->language =
	    ptn_arena_calloc(m->a, m->nlanguages, sizeof(*m->language));
	if (m->language == NULL)
		return PTN_E_NOMEM;
	for (i = 0; r == PTN_OK && i < m->nlanguages; i++) {
		m->language[i].tag = ptn_locales[i];
		r = load_language(m, &m->language[i]);
	}
	return r;
}

/* Write each mail in each language once, as proof that it can be. */
static enum ptn_err
try_all(const struct ptn_mailer *m)
{
	struct ptn_arena *a = ptn_arena_new(PTN_MAIL_MEMORY);
	struct ptn_outbox_mail mail = { .to = "nobody@example.org",
		.code = "000000",
		.ttl_s = 300 };
	struct ptn_bytes message;
	enum ptn_err r = a != NULL ? PTN_OK : PTN_E_NOMEM;
	size_t i;

	for (i = 0; r == PTN_OK && i < m->nlanguages * MAIL__MAX; i++) {
		mail.template = mails[i % MAIL__MAX].name;
		mail.locale = m->language[i / MAIL__MAX].tag;
		r = ptn_mail_write(m, a, &mail, &message);
		ptn_arena_reset(a);
		if (r == PTN_OK || r == PTN_E_NOMEM)
			continue;
		ptn_error("mail %s.%s cannot be written: check service.name "
			  "and email_delivery.from_name",
		    mail.template, mail.locale);
		r = PTN_E_CONFIG;
	}
	ptn_arena_free(&a);
	return r;
}

enum ptn_err
ptn_mailer_new(struct ptn_mailer **out, const struct ptn_conf *cf)
{
	struct ptn_mailer *m = calloc(1, sizeof(*m));
	enum ptn_err r = PTN_E_NOMEM;

	*out = NULL;
	if (m == NULL)
		return PTN_E_NOMEM;
	m->cf = cf;
	m->a = ptn_arena_new(MAILER_MEMORY);
	if (m->a != NULL)
		r = ptn_deliver_sender(cf, m->from);
	if (r == PTN_OK)
		r = load_all(m);
	if (r == PTN_OK)
		r = try_all(m);
	if (r != PTN_OK)
		ptn_mailer_free(&m);
	*out = m;
	return r;
}

void
ptn_mailer_free(struct ptn_mailer **m)
{
	if (*m == NULL)
		return;
	ptn_arena_free(&(*m)->a);
	free(*m);
	*m = NULL;
}

static const struct language *
find_language(const struct ptn_mailer *m, const char *tag)
{
	size_t i;

	for (i = 0; tag != NULL && i < m->nlanguages; i++)
		if (strcmp(m->language[i].tag, tag) == 0)
			return &m->language[i];
	return &m->language[0];
}

/* Whole minutes, halves to the even one: 300 s are 5, 90 s 2, 30 s 0. */
static int64_t
to_minutes(int64_t s)
{
	int64_t min = s / 60;
	int64_t rest = s % 60;

	return rest > 30 || (rest == 30 && min % 2 == 1) ? min + 1 : min;
}

static enum text
subject_of(const struct ptn_conf *cf, int mail)
{
	switch (mails[mail].subject) {
	case SUBJECT_EMAIL:
		return cf->email_code_in_subject ? TEXT_SUBJECT_CODE
						 : TEXT_SUBJECT;
	case SUBJECT_DFNS:
		return cf->dfns_code_in_subject ? TEXT_SUBJECT_CODE
						: TEXT_SUBJECT;
	case SUBJECT_PLAIN:
		break;
	}
	return TEXT_SUBJECT;
}

/* Which text says how long, and the place its rendering goes to. */
static enum ptn_err
render_texts(struct ptn_arena *a, struct ptn_template *const *text,
    enum text subject, int64_t minutes, const char **value)
{
	const enum text validity = minutes == 0 ? TEXT_VALIDITY_ZERO
	    : minutes == 1			? TEXT_VALIDITY_ONE
						: TEXT_VALIDITY_OTHER;
	const struct {
		int var;
		enum text text;
	} map[] = { { VAR_SUBJECT, subject }, { VAR_GREETING, TEXT_GREETING },
		{ VAR_INSTRUCTION, TEXT_INSTRUCTION },
		{ VAR_VALIDITY, validity }, { VAR_IGNORE, TEXT_IGNORE } };
	struct ptn_buf b;
	enum ptn_err r;
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(map); i++) {
		value[map[i].var] = "";
		if (text[map[i].text] == NULL)
			continue;
		ptn_buf_init(&b, a);
		r = ptn_template_render(text[map[i].text], PTN_ESCAPE_TEXT,
		    value, &b);
		if (r != PTN_OK)
			return r;
		value[map[i].var] = b.p != NULL ? b.p : "";
	}
	return PTN_OK;
}

static enum ptn_err
render_frame(struct ptn_arena *a, const struct ptn_template *t,
    enum ptn_template_escape escape, const char *const *value, const char **out)
{
	struct ptn_buf b;
	enum ptn_err r;

	ptn_buf_init(&b, a);
	r = ptn_template_render(t, escape, value, &b);
	*out = b.p != NULL ? b.p : "";
	return r;
}

/* A variable that would leave its line is refused, not repaired. */
static bool
is_line(const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return s != NULL;
}

/* What a mail says, as the variables of its texts. */
static enum ptn_err
fill(const struct ptn_mailer *m, struct ptn_arena *a,
    const struct ptn_outbox_mail *mail, const char **value)
{
	size_t i;

	value[VAR_CODE] = mail->code;
	value[VAR_TTL] =
	    ptn_arena_printf(a, "%lld", (long long)to_minutes(mail->ttl_s));
	value[VAR_DAYS] =
	    ptn_arena_printf(a, "%lld", (long long)(mail->ttl_s / DAY_S));
	if (value[VAR_TTL] == NULL || value[VAR_DAYS] == NULL)
		return PTN_E_NOMEM;
	value[VAR_SERVICE] =
	    mail->service != NULL ? mail->service : m->cf->service_name;
	value[VAR_USERNAME] = mail->username;
	value[VAR_ORG] = mail->org;
	value[VAR_TIME] = mail->time;
	value[VAR_ADDRESS] = mail->address;
	value[VAR_API] = mail->api;
	for (i = VAR_USERNAME; i < VAR_TEXT__MAX; i++)
		if (value[i] == NULL)
			value[i] = "";
	for (i = 0; i < VAR_TEXT__MAX; i++)
		if (!is_line(value[i]))
			return PTN_E_INPUT;
	return PTN_OK;
}

enum ptn_err
ptn_mail_write(const struct ptn_mailer *m, struct ptn_arena *a,
    const struct ptn_outbox_mail *mail, struct ptn_bytes *message)
{
	const struct language *l = find_language(m, mail->locale);
	const char *value[VAR__MAX] = { NULL };
	struct ptn_mime mime = { .from = m->from,
		.from_name = m->cf->mail_from_name,
		.to = mail->to,
		.at_us = ptn_clock_us() };
	enum ptn_err r;
	int kind = 0;

	while (
	    kind < MAIL__MAX && strcmp(mails[kind].name, mail->template) != 0)
		kind++;
	r = kind < MAIL__MAX ? fill(m, a, mail, value) : PTN_E_INPUT;
	if (r != PTN_OK)
		return r;
	value[VAR_LOCALE] = l->tag;
	r = render_texts(a, l->text[kind], subject_of(m->cf, kind),
	    to_minutes(mail->ttl_s), value);
	if (r == PTN_OK)
		r = render_frame(a, m->plain[mails[kind].frame],
		    PTN_ESCAPE_TEXT, value, &mime.text);
	if (r == PTN_OK)
		r = render_frame(a, m->html[mails[kind].frame], PTN_ESCAPE_HTML,
		    value, &mime.html);
	if (r != PTN_OK)
		return r;
	mime.subject = value[VAR_SUBJECT];
	return ptn_mime_write(a, &mime, message);
}
