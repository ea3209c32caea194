#include "fcgi/unset_run.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/setup_question.h"
#include "fcgi/unset_job.h"
#include "fcgi/unset_token.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/format/url.h"

#define WORDS_MAX (PTN_SETUP__MAX + 2) /* of its command line */

/* ------------------------------------------------------------- the question */

/* As it may stand in a URL, whatever is in it. */
static const char *
escape(struct ptn_arena *a, const char *text)
{
	struct ptn_buf b;

	ptn_buf_init(&b, a);
	ptn_buf_str(&b, "");
	for (; *text != '\0'; text++) {
		if (ptn_url_chars_only(text, 1, "-._~"))
			ptn_buf_char(&b, *text);
		else
			ptn_buf_printf(&b, "%%%02X", (unsigned char)*text);
	}
	return b.bad ? NULL : b.p != NULL ? b.p : "";
}

static const char *
database_url(const struct ptn_unset_form *f, struct ptn_arena *a)
{
	const char *host = f->value[PTN_UNSET_DB_HOST];
	const char *user = escape(a, f->value[PTN_UNSET_DB_USER]);
	const char *name = escape(a, f->value[PTN_UNSET_DB_NAME]);
	const char *path = escape(a, host);

	if (user == NULL || name == NULL || path == NULL)
		return NULL;
	return host[0] == '/'
	    ? ptn_arena_printf(a, "mariadb://%s@localhost/%s?socket=%s", user,
		  name, path)
	    : ptn_arena_printf(a, "mariadb://%s@%s/%s", user, host, name);
}

/* The value of an option, out of the answers; "": it is left out; NULL: full.
 */
static const char *
value_of(const struct ptn_unset_form *f, struct ptn_arena *a,
    enum ptn_setup_question q)
{
	const bool smtp = ptn_unset_form_by_smtp(f);
	const bool user = smtp && f->value[PTN_UNSET_MAIL_USER][0] != '\0';

	switch ((int)q) {
	case PTN_SETUP_URL:
		return f->value[PTN_UNSET_URL];
	case PTN_SETUP_NAME:
		return f->value[PTN_UNSET_NAME];
	case PTN_SETUP_DATABASE:
		return database_url(f, a);
	case PTN_SETUP_PASSWORD:
		return "-";
	case PTN_SETUP_MAIL:
		return smtp ? f->value[PTN_UNSET_MAIL_HOST] : "sendmail";
	case PTN_SETUP_MAIL_USER:
		return user ? f->value[PTN_UNSET_MAIL_USER] : "";
	case PTN_SETUP_MAIL_PASSWORD:
		return user ? "-" : "";
	case PTN_SETUP_MAIL_FROM:
		return f->value[PTN_UNSET_MAIL_FROM];
	}
	return "";
}

/* The words of "postern setup"; 0: the arena is full. */
static int
compose(const struct ptn_unset_form *f, struct ptn_arena *a,
    char *words[WORDS_MAX])
{
	const char *value;
	size_t q;
	int n = 0;

	words[n++] = ptn_arena_strdup(a, "setup");
	for (q = 0; q < PTN_SETUP__MAX && words[n - 1] != NULL; q++) {
		value = value_of(f, a, (enum ptn_setup_question)q);
		if (value == NULL)
			return 0;
		/* Which web server it is, is of no use to know: it asks us. */
		if (value[0] != '\0' || q == PTN_SETUP_WEB)
			words[n++] = ptn_arena_printf(a, "%s=%s",
			    ptn_setup_questions[q].option, value);
	}
	if (words[n - 1] == NULL)
		return 0;
	words[n] = NULL;
	return n;
}

/* A line each, in the order in which the options ask for them. */
static const char *
passwords(const struct ptn_unset_form *f, struct ptn_arena *a)
{
	return ptn_arena_printf(a, "%s\n%s\n", f->value[PTN_UNSET_DB_PASSWORD],
	    f->value[PTN_UNSET_MAIL_PASSWORD]);
}

/* --------------------------------------------------------------- the answer */

/* What to say of a cause, and at which field. */
static const struct {
	enum ptn_unset_form_field field; /* PTN_UNSET__MAX: none */
	const char *text;
} reasons[PTN_CAUSE__MAX] = {
#define PTN_CAUSE(name, fault, field, text)                                    \
	[PTN_CAUSE_##name] = { PTN_UNSET_##field, text },
#include "fcgi/cli/setup_cause.def"
};

static void
explain(struct ptn_unset_form *f, enum ptn_setup_cause cause)
{
	if (reasons[cause].field == PTN_UNSET__MAX)
		f->problem = reasons[cause].text;
	else
		f->error[reasons[cause].field] = reasons[cause].text;
}

/* Nobody waits for the answer any more: it is for the log. */
static void
tell_late(enum ptn_setup_cause cause)
{
	if (cause == PTN_CAUSE_DONE)
		ptn_info("set-up: done by the web");
	else if (cause != PTN_CAUSE_OTHER)
		ptn_warn("set-up: one by the web has failed: %s",
		    reasons[cause].text);
}

enum ptn_unset_run
ptn_unset_run(struct ptn_unset_form *f, struct ptn_arena *a,
    const char *conf_path, const char *const *set)
{
	char *words[WORDS_MAX];
	const struct ptn_unset_job job = { .argc = compose(f, a, words),
		.argv = words,
		.secrets = passwords(f, a),
		.conf_path = conf_path,
		.set = set,
		.placed = ptn_unset_token_spend,
		.late = tell_late };
	struct ptn_unset_job_end end = { .cause = PTN_CAUSE_UNKNOWN,
		.said = "" };

	if (job.argc > 0 && job.secrets != NULL &&
	    !ptn_unset_job_run(&job, a, &end))
		return PTN_UNSET_RUN_WORKS;
	f->said = end.said;
	if (end.cause == PTN_CAUSE_OTHER)
		return PTN_UNSET_RUN_OTHER;
	if (ptn_conf_is_there(conf_path))
		return PTN_UNSET_RUN_DONE;
	explain(f, end.cause != PTN_CAUSE_DONE ? end.cause : PTN_CAUSE_UNKNOWN);
	return PTN_UNSET_RUN_FAILED;
}
