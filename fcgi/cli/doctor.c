#include "config.h"

#include "fcgi/cli/doctor.h"

#include <sys/utsname.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/option.h"
#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/argon.h"
#include "lib/db/db.h"

#define ARENA_MAX ((size_t)4 * 1024 * 1024)
#define FOUND_MAX ((size_t)1024 * 1024) /* bytes of it, in JSON */

/* What a check needs, beyond a configuration that can be read. */
enum need { NEED_NOTHING, NEED_DB };

/* THE table of what is looked at, in this order. */
static const struct {
	const char *name;
	enum need need;
	ptn_check_fn look;
} table[] = {
	/* clang-format off */
	{ "configuration",  NEED_NOTHING, ptn_check_advice },
	{ "users",          NEED_NOTHING, ptn_check_names },
	{ "hashes",         NEED_NOTHING, ptn_check_hashes },
	{ "files",          NEED_NOTHING, ptn_check_files },
	{ "web space",      NEED_NOTHING, ptn_check_home },
	{ "state folder",   NEED_NOTHING, ptn_check_state },
	{ "sockets",        NEED_NOTHING, ptn_check_sockets },
	{ "listening",      NEED_NOTHING, ptn_doctor_listening },
	{ "templates",      NEED_NOTHING, ptn_check_templates },
	{ "hashing",        NEED_NOTHING, ptn_doctor_hashing },
	{ "mail",           NEED_NOTHING, ptn_doctor_mail },
	{ "database",       NEED_NOTHING, ptn_doctor_servers },
	{ "database",       NEED_NOTHING, ptn_check_schema },
	{ "database",       NEED_DB,      ptn_doctor_server },
	{ "rights",         NEED_DB,      ptn_doctor_rights },
	{ "rights",         NEED_DB,      ptn_doctor_migrator },
	{ "keys",           NEED_DB,      ptn_doctor_keys },
	{ "tenants",        NEED_DB,      ptn_check_tenants },
	{ "web server",     NEED_NOTHING, ptn_doctor_reach },
	{ "key set",        NEED_NOTHING, ptn_doctor_keyset },
	{ "https",          NEED_NOTHING, ptn_doctor_https },
	{ "authorization",  NEED_DB,      ptn_doctor_bearer },
	{ "client address", NEED_DB,      ptn_doctor_client },
	{ "headers",        NEED_DB,      ptn_doctor_passed_on },
	{ "body",           NEED_DB,      ptn_doctor_body },
	{ "buffering",      NEED_DB,      ptn_doctor_buffering },
	/* clang-format on */
};

static const char *const verdicts[PTN_CHECK__MAX] = {
	[PTN_CHECK_OK] = "ok",
	[PTN_CHECK_WARNING] = "warning",
	[PTN_CHECK_ERROR] = "error",
	[PTN_CHECK_SKIPPED] = "unknown",
};

/* What the command line says. */
struct options {
	const char *url, *recipient, *ca;
	bool json, report;
};

void
ptn_cli_doctor_help(FILE *out)
{
	(void)fputs("  --json             one object, for machines\n"
		    "  --report           versions and the configuration, too\n"
		    "  --url URL          where the API is\n"
		    "  --ca FILE          authorities to trust there\n"
		    "  --mail-to ADDRESS  whom the mail server is asked for\n",
	    out);
}

static int
parse(int argc, char **argv, struct options *o)
{
	const struct ptn_cli_option options[] = {
		{ "--json", NULL, &o->json, NULL, 0 },
		{ "--report", NULL, &o->report, NULL, 0 },
		{ "--url", &o->url, NULL, NULL, 0 },
		{ "--ca", &o->ca, NULL, NULL, 0 },
		{ "--mail-to", &o->recipient, NULL, NULL, 0 },
	};
	const int status = ptn_cli_options("doctor", options,
	    PTN_ARRAY_LEN(options), &argc, argv);

	return status >= 0 ? status
			   : ptn_cli_words("doctor", "", 0, 0, argc, argv);
}

/* One line, or one member of the JSON that is printed in the end. */
static void
tell(struct ptn_check *c, enum ptn_check_verdict verdict, const char *place,
    const char *text)
{
	struct ptn_jsonw *w = &ptn_doctor_of(c)->w;

	if (!ptn_doctor_of(c)->json) {
		(void)printf("%-8s%-16s%s%s%s\n", verdicts[verdict],
		    ptn_doctor_of(c)->check, place != NULL ? place : "",
		    place != NULL ? ": " : "", text);
		(void)fflush(stdout);
		return;
	}
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "check", ptn_doctor_of(c)->check);
	ptn_jsonw_str(w, "verdict", verdicts[verdict]);
	ptn_jsonw_str(w, "place", place);
	ptn_jsonw_str(w, "text", text);
	ptn_jsonw_end_object(w);
}

/* Where the API is: below the first page of the site that is on the web. */
static const char *
find_url(struct ptn_check *c)
{
	const struct ptn_strs *l = &c->cf->rp_origins;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strncmp(l->v[i], "http", 4) == 0)
			return ptn_arena_printf(ptn_doctor_of(c)->a, "%s%s",
			    l->v[i], c->cf->base_path);
	return NULL;
}

/* Without the "/" at its end. */
static const char *
given_url(struct ptn_check *c, const char *url)
{
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	return strstr(url, "://") == NULL
	    ? NULL
	    : ptn_arena_strndup(ptn_doctor_of(c)->a, url, len);
}

static void
look_at_all(struct ptn_check *c)
{
	size_t i;

	ptn_check_log_begin(c);
	for (i = 0; i < PTN_ARRAY_LEN(table); i++) {
		ptn_doctor_of(c)->check = table[i].name;
		ptn_arena_reset(c->a);
		if (table[i].need == NEED_DB && ptn_db_connect(c->db) != PTN_OK)
			ptn_check_say(c, PTN_CHECK_SKIPPED,
			    "needs the database");
		else
			table[i].look(c);
	}
	ptn_check_log_end();
}

/* The configuration as it is read: what is wrong with it, and warnings. */
static bool
load(struct ptn_check *c, struct ptn_conf **cf, const char *path,
    const char *const *set)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	enum ptn_err r = PTN_E_NOMEM;

	if (f == NULL)
		return false;
	r = ptn_conf_load(cf, path, set, f);
	ptn_doctor_of(c)->check = "configuration";
	if (fclose(f) == 0)
		ptn_check_lines(c, text);
	free(text);
	if (r != PTN_OK)
		ptn_check_say(c, PTN_CHECK_SKIPPED,
		    "all else: it needs a configuration");
	return r == PTN_OK;
}

/* What belongs into a report of a fault, besides: versions. */
static void
print_versions(void)
{
	struct utsname u;

	(void)printf("postern %s\n", PACKAGE_VERSION);
	if (uname(&u) == 0)
		(void)printf("%s %s %s\n", u.sysname, u.release, u.machine);
	(void)printf("Argon2: %s\n\n", ptn_argon_kernel());
}

static bool
begin(struct ptn_check *c, struct ptn_conf *cf, const struct options *o)
{
	struct ptn_doctor *d = ptn_doctor_of(c);

	c->cf = cf;
	c->db = ptn_db_new(cf, PTN_DB_SERVE);
	c->a = ptn_arena_new(ARENA_MAX);
	if (c->db == NULL || c->a == NULL ||
	    ptn_secrets_new(&d->secrets, &cf->secrets) != PTN_OK)
		return false;
	d->url = o->url != NULL ? given_url(c, o->url) : find_url(c);
	d->recipient = o->recipient != NULL ? o->recipient : cf->mail_from;
	d->ca = o->ca != NULL ? o->ca : "";
	return true;
}

static void
finish(struct ptn_check *c)
{
	struct ptn_doctor *d = ptn_doctor_of(c);

	if (d->json) {
		ptn_jsonw_end_array(&d->w);
		ptn_jsonw_int(&d->w, "errors", (int64_t)c->n[PTN_CHECK_ERROR]);
		ptn_jsonw_int(&d->w, "warnings",
		    (int64_t)c->n[PTN_CHECK_WARNING]);
		ptn_jsonw_int(&d->w, "unknown",
		    (int64_t)c->n[PTN_CHECK_SKIPPED]);
		ptn_jsonw_end_object(&d->w);
		if (!d->w.buf.bad)
			(void)printf("%.*s\n", (int)d->w.buf.len,
			    (const char *)d->w.buf.p);
	} else {
		(void)printf("\n%zu error%s, %zu warning%s, %zu unknown\n",
		    c->n[PTN_CHECK_ERROR],
		    c->n[PTN_CHECK_ERROR] == 1 ? "" : "s",
		    c->n[PTN_CHECK_WARNING],
		    c->n[PTN_CHECK_WARNING] == 1 ? "" : "s",
		    c->n[PTN_CHECK_SKIPPED]);
	}
	ptn_db_free(&c->db);
	if (c->a != NULL)
		ptn_arena_free(&c->a);
	ptn_secrets_free(&d->secrets);
	ptn_arena_free(&d->a);
}

int
ptn_cli_doctor(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	struct options o = { .json = false };
	struct ptn_doctor d = { .c = { .tell = tell } };
	struct ptn_conf *cf = NULL;
	int status;

	if ((status = parse(argc, argv, &o)) >= 0)
		return status;
	if ((d.a = ptn_arena_new(FOUND_MAX)) == NULL)
		return 1;
	d.json = o.json;
	ptn_jsonw_init(&d.w, d.a);
	ptn_jsonw_object(&d.w, NULL);
	ptn_jsonw_str(&d.w, "version", PACKAGE_VERSION);
	ptn_jsonw_array(&d.w, "findings");
	if (o.report && !o.json)
		print_versions();
	if (load(&d.c, &cf, conf_path, set)) {
		if (o.report && !o.json)
			ptn_conf_print(cf, stdout);
		ptn_check_say(&d.c, PTN_CHECK_OK, "%s", ptn_conf_file(cf));
		if (begin(&d.c, cf, &o))
			look_at_all(&d.c);
		else
			ptn_check_say(&d.c, PTN_CHECK_ERROR, "out of memory");
	}
	finish(&d.c);
	ptn_conf_free(&cf);
	return d.c.n[PTN_CHECK_ERROR] > 0 ? 1 : 0;
}
