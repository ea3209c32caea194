#include "fcgi/cli/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/family.h"
#include "fcgi/routes.h"
#include "lib/account/org.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/conf/own.h"
#include "lib/db/db.h"
#include "lib/format/mount.h"
#include "lib/mail/mail.h"

#define TEXT_MAX 2048	/* bytes of a sentence, with the NUL */
#define OWN_MAX 1048576 /* bytes of what a tenant has, taken apart */
#define PAGE 50		/* tenants that are looked at in one go */

static void
tell(struct ptn_check *c, enum ptn_check_verdict verdict, const char *place,
    const char *fmt, va_list ap)
{
	char text[TEXT_MAX];

	int n = 0;

	if (c->about != NULL)
		n = snprintf(text, sizeof(text), "%.200s: ", c->about);
	if (vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap) < 0)
		text[0] = '\0';
	c->n[verdict]++;
	c->tell(c, verdict, place, text);
}

void
ptn_check_say(struct ptn_check *c, enum ptn_check_verdict verdict,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(c, verdict, NULL, fmt, ap);
	va_end(ap);
}

void
ptn_check_at(struct ptn_check *c, enum ptn_check_verdict verdict,
    const void *member, const char *fmt, ...)
{
	char place[PTN_CONF_PLACE_MAX];
	va_list ap;

	ptn_conf_place(c->cf, member, place);
	va_start(ap, fmt);
	tell(c, verdict, place, fmt, ap);
	va_end(ap);
}

static void
log_line(void *arg, enum ptn_log_level level, const char *text)
{
	struct ptn_check *c = arg;

	if (level <= PTN_LOG_WARN)
		ptn_check_say(c,
		    level == PTN_LOG_ERROR && !c->mild ? PTN_CHECK_ERROR
						       : PTN_CHECK_WARNING,
		    "%s", text);
}

void
ptn_check_log_begin(struct ptn_check *c)
{
	ptn_log_divert(log_line, c);
}

void
ptn_check_log_end(void)
{
	ptn_log_divert(NULL, NULL);
}

/* A line of the configuration's own reports: "PLACE: [warning: ]TEXT". */
static void
conf_line(struct ptn_check *c, char *line)
{
	static const char mark[] = ": warning: ";
	char *at = strstr(line, mark);

	if (at == NULL) {
		ptn_check_say(c, PTN_CHECK_ERROR, "%s", line);
		return;
	}
	*at = '\0';
	c->n[PTN_CHECK_WARNING]++;
	c->tell(c, PTN_CHECK_WARNING, line, at + strlen(mark));
}

void
ptn_check_lines(struct ptn_check *c, char *text)
{
	char *lf;

	for (; (lf = strchr(text, '\n')) != NULL; text = lf + 1) {
		*lf = '\0';
		conf_line(c, text);
	}
}

void
ptn_check_advice(struct ptn_check *c)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return;
	ptn_conf_advise(c->cf, f);
	if (fclose(f) == 0)
		ptn_check_lines(c, text);
	free(text);
}

void
ptn_check_templates(struct ptn_check *c)
{
	struct ptn_mailer *mailer = NULL;
	enum ptn_err r;

	r = ptn_mailer_new(&mailer, c->cf);
	if (r == PTN_OK)
		ptn_check_say(c, PTN_CHECK_OK, "every mail in every language");
	else if (r != PTN_E_CONFIG)
		ptn_check_say(c, PTN_CHECK_ERROR, "mail templates: %s",
		    ptn_err_name(r));
	ptn_mailer_free(&mailer);
}

void
ptn_check_schema(struct ptn_check *c)
{
	const size_t before = c->n[PTN_CHECK_ERROR];
	enum ptn_err r;

	r = ptn_db_prepare(c->db);
	if (r == PTN_OK)
		ptn_check_say(c, PTN_CHECK_OK,
		    "connected, and every statement is understood");
	else if (c->n[PTN_CHECK_ERROR] == before)
		ptn_check_say(c, PTN_CHECK_ERROR, "database: %s",
		    ptn_err_name(r));
}

/* An endpoint of the default tenant that a path would hide, or NULL. */
static const char *
hidden_by(const struct ptn_check *c, const struct ptn_mount *p)
{
	const char *path;
	size_t i;

	for (i = 0; i < ptn_routes_n; i++) {
		if (ptn_routes[i].family->side != PTN_PUBLIC)
			continue;
		path = ptn_arena_printf(c->a, "%s%s", c->cf->base_path,
		    ptn_routes[i].path);
		if (path != NULL && ptn_mount_has_path(p, path))
			return ptn_routes[i].path;
	}
	return NULL;
}

/* Its organisation must exist, and its path hide no endpoint. */
static void
look_at_mount(struct ptn_check *c, const struct ptn_strs *l,
    const char *element)
{
	const struct ptn_scope sc = { .cf = c->cf, .db = c->db, .arena = c->a };
	const struct ptn_mount p = ptn_mount_of(element);
	const char *hidden = hidden_by(c, &p);
	struct ptn_org_row org;
	enum ptn_err r;

	if (hidden != NULL) {
		ptn_check_at(c, PTN_CHECK_ERROR, l,
		    "\"%.80s\" hides %s of the API", element, hidden);
		return;
	}
	r = ptn_org_find(&sc, p.org, &org);
	if (r == PTN_E_NOT_FOUND)
		ptn_check_at(c, PTN_CHECK_ERROR, l,
		    "\"%.80s\" is no organisation (\"postern org list\")",
		    p.org);
	else if (r != PTN_OK)
		ptn_check_at(c, PTN_CHECK_ERROR, l,
		    "\"%.80s\" could not be looked up", p.org);
}

/* What it has of its own must be what the file of today would take. */
static void
look_at_own(struct ptn_check *c, const struct ptn_scope *sc,
    const struct ptn_org_row *org)
{
	struct ptn_own *own;
	const char *why = NULL;
	enum ptn_err r;

	r = ptn_own_parse(sc->arena, c->cf, org->config, &own, &why);
	if (r != PTN_OK)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "tenant %s: %s; until its own configuration is another one "
		    "(\"postern tenant set\") it is closed",
		    org->name, why != NULL ? why : ptn_err_name(r));
}

/* A page of them; n: how many those are. */
static enum ptn_err
look_at_page(struct ptn_check *c, struct ptn_arena *page, struct ptn_arena *own,
    int64_t skip, size_t *n)
{
	const struct ptn_scope all = { .cf = c->cf,
		.db = c->db,
		.arena = page };
	struct ptn_scope one = all;
	struct ptn_org_row *org;
	int64_t total;
	enum ptn_err r;
	size_t i;

	one.arena = own;
	r = ptn_org_page(&all, skip, PAGE, &org, n, &total);
	for (i = 0; r == PTN_OK && i < *n; i++) {
		look_at_own(c, &one, &org[i]);
		ptn_arena_reset(own);
	}
	ptn_arena_reset(page);
	return r;
}

static void
look_at_tenants(struct ptn_check *c)
{
	struct ptn_arena *page = ptn_arena_new(OWN_MAX);
	struct ptn_arena *own = ptn_arena_new(OWN_MAX);
	enum ptn_err r = page != NULL && own != NULL ? PTN_OK : PTN_E_NOMEM;
	int64_t skip = 0;
	size_t n = PAGE;

	for (; r == PTN_OK && n == PAGE; skip += PAGE)
		r = look_at_page(c, page, own, skip, &n);
	if (r != PTN_OK)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "the tenants could not be looked at");
	ptn_arena_free(&page);
	ptn_arena_free(&own);
}

void
ptn_check_tenants(struct ptn_check *c)
{
	const struct ptn_strs *const lists[] = { &c->cf->tenant_hosts,
		&c->cf->tenant_paths };
	size_t i, j;

	for (i = 0; i < 2; i++)
		for (j = 0; j < lists[i]->n; j++) {
			look_at_mount(c, lists[i], lists[i]->v[j]);
			ptn_arena_reset(c->a);
		}
	look_at_tenants(c);
	ptn_arena_reset(c->a);
}
