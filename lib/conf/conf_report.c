#include "lib/conf/conf_row.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format/url.h"

static const struct ptn_conf_row *
row_of(const struct ptn_conf *cf, const void *member)
{
	size_t offset = (size_t)((const char *)member - (const char *)cf);
	size_t i;

	for (i = 0; i < ptn_conf_rows_n; i++)
		if (ptn_conf_rows[i].offset == offset)
			return &ptn_conf_rows[i];
	abort(); /* not a member: a fault of the program */
}

struct ptn_conf_origin *
ptn_conf_origin_of(struct ptn_conf_load *ld, const struct ptn_conf_row *row)
{
	return &ld->origin[row - ptn_conf_rows];
}

/* Where and which key, as every line begins. */
static void
place_of(char out[PTN_CONF_PLACE_MAX], const char *file,
    const struct ptn_conf_origin *where, const struct ptn_conf_row *row,
    const char *path)
{
	char name[PTN_CONF_ENV_MAX];

	if (where->layer == PTN_LAYER_TENANT)
		(void)snprintf(out, PTN_CONF_PLACE_MAX, "%s", path);
	else if (where->layer == PTN_LAYER_SET)
		(void)snprintf(out, PTN_CONF_PLACE_MAX, "--set: %s", path);
	else if (where->layer == PTN_LAYER_ENV && row != NULL &&
	    ptn_conf_env_name(row, name))
		(void)snprintf(out, PTN_CONF_PLACE_MAX, "environment: %s",
		    name);
	else if (where->line > 0)
		(void)snprintf(out, PTN_CONF_PLACE_MAX, "%s:%d: %s", file,
		    where->line, path);
	else
		(void)snprintf(out, PTN_CONF_PLACE_MAX, "%s: %s", file, path);
}

static void
print_report(FILE *err, const char *file, const struct ptn_conf_origin *where,
    const struct ptn_conf_row *row, const char *path, const char *what)
{
	char place[PTN_CONF_PLACE_MAX];

	place_of(place, file, where, row, path);
	(void)fprintf(err, "%s: %s\n", place, what);
}

void
ptn_conf_report(struct ptn_conf_load *ld, const struct ptn_conf_origin *where,
    const struct ptn_conf_row *row, const char *path, const char *what)
{
	print_report(ld->err, ld->file, where, row, path, what);
}

void
ptn_conf_fault(struct ptn_conf_load *ld, const void *member, const char *fmt,
    ...)
{
	const struct ptn_conf_row *row = row_of(ld->cf, member);
	struct ptn_conf_origin *where = ptn_conf_origin_of(ld, row);
	char what[2 * PTN_CONF_WHY_MAX];
	va_list ap;

	if (where->faulted)
		return;
	where->faulted = true;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	ptn_conf_report(ld, where, row, row->path, what);
	ld->faults++;
}

void
ptn_conf_warn(struct ptn_conf_load *ld, const void *member, const char *fmt,
    ...)
{
	const struct ptn_conf_row *row = row_of(ld->cf, member);
	char what[2 * PTN_CONF_WHY_MAX] = "warning: ";
	size_t len = strlen(what);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what + len, sizeof(what) - len, fmt, ap);
	va_end(ap);
	ptn_conf_report(ld, ptn_conf_origin_of(ld, row), row, row->path, what);
}

void
ptn_conf_complain(const struct ptn_conf *cf, const void *member, FILE *err,
    const char *fmt, ...)
{
	const struct ptn_conf_owner *o = (const struct ptn_conf_owner *)cf;
	const struct ptn_conf_row *row = row_of(cf, member);
	char what[2 * PTN_CONF_WHY_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	print_report(err, o->file, &o->origin[row - ptn_conf_rows], row,
	    row->path, what);
}

bool
ptn_conf_is_set(const struct ptn_conf *cf, const void *member)
{
	const struct ptn_conf_owner *o = (const struct ptn_conf_owner *)cf;

	return o->origin[row_of(cf, member) - ptn_conf_rows].layer !=
	    PTN_LAYER_DEFAULT;
}

void
ptn_conf_place(const struct ptn_conf *cf, const void *member,
    char out[PTN_CONF_PLACE_MAX])
{
	const struct ptn_conf_owner *o = (const struct ptn_conf_owner *)cf;
	const struct ptn_conf_row *row = row_of(cf, member);

	place_of(out, o->file, &o->origin[row - ptn_conf_rows], row, row->path);
}

void
ptn_conf_no_host(struct ptn_conf_load *ld, const char *const *member,
    const char *what)
{
	size_t len;
	const char *host = ptn_url_host_in(*member, &len);

	if (len == 0 || strlen(*member) == len)
		ptn_conf_fault(ld, member, "is not %s", what);
	else
		ptn_conf_fault(ld, member, "is not %s; write %.*s", what,
		    (int)len, host);
}
