#include "lib/account/org.h"

#include <string.h>

#include "lib/base/api.h"
#include "lib/base/array.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/db/sql.h"
#include "lib/format/dfnsid.h"
#include "lib/format/url.h"

#define ORIGIN_MAX 300	      /* bytes */
#define ORIGINS_LEN_MAX 4096  /* bytes: the column */
#define NAME_MAX_CHARS 64     /* the column */
#define RP_NAME_MAX_CHARS 255 /* the column */
#define BATCH 500	      /* users whose sessions end at once */

/* The words of a text, in the arena. */
static enum ptn_err
split(struct ptn_arena *a, const char *text, struct ptn_strs *out)
{
	char *copy = ptn_arena_strdup(a, text), *word, *rest = NULL;

	out->n = 0;
	out->v = ptn_arena_calloc(a, PTN_ORG_ORIGINS_MAX, sizeof(*out->v));
	if (copy == NULL || out->v == NULL)
		return PTN_E_NOMEM;
	for (word = strtok_r(copy, " ", &rest);
	     word != NULL && out->n < PTN_ORG_ORIGINS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		out->v[out->n++] = word;
	return PTN_OK;
}

/* All statements return the same columns. */
#define ROW(r)                                                                 \
	{                                                                      \
		(r).id, (r).name, (r).rp_id, (r).rp_name, (r).origins,         \
		    (r).active != 0, (r).config, (r).created_at,               \
		    (r).updated_at                                             \
	}

enum ptn_err
ptn_org_of(struct ptn_arena *a, const struct ptn_conf *cf,
    const struct ptn_org_row *row, struct ptn_org *out)
{
	out->id = row->id;
	out->name = row->name;
	out->active = row->active;
	out->rp_id = row->rp_id != NULL ? row->rp_id : cf->rp_id;
	out->rp_name = row->rp_name != NULL ? row->rp_name : cf->rp_name;
	out->origins = cf->rp_origins;
	return row->origins == NULL ? PTN_OK
				    : split(a, row->origins, &out->origins);
}

enum ptn_err
ptn_org_get(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_org *out)
{
	const struct ptn_tenant_by_id_in in = { *id };
	struct ptn_tenant_by_id_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = ptn_sql_tenant_by_id(sc->db, sc->arena, &in, &row)) != PTN_OK)
		return r;
	return ptn_org_of(sc->arena, sc->cf, &(struct ptn_org_row)ROW(row),
	    out);
}

enum ptn_err
ptn_org_by_id(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_org_row *out)
{
	const struct ptn_tenant_by_id_in in = { *id };
	struct ptn_tenant_by_id_out row;
	enum ptn_err r;

	if ((r = ptn_sql_tenant_by_id(sc->db, sc->arena, &in, &row)) == PTN_OK)
		*out = (struct ptn_org_row)ROW(row);
	return r;
}

static enum ptn_err
find_by_id(const struct ptn_scope *sc, const char *text,
    struct ptn_org_row *out)
{
	struct ptn_uuid id;

	if (!ptn_uuid_parse(text, &id) &&
	    ptn_dfnsid_parse(PTN_DFNSID_ORG, ptn_bytes_of(text), &id) != PTN_OK)
		return PTN_E_NOT_FOUND;
	return ptn_org_by_id(sc, &id, out);
}

enum ptn_err
ptn_org_find(const struct ptn_scope *sc, const char *text,
    struct ptn_org_row *out)
{
	const struct ptn_tenant_by_name_in in = { text };
	struct ptn_tenant_by_name_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = find_by_id(sc, text, out)) != PTN_E_NOT_FOUND)
		return r;
	if ((r = ptn_sql_tenant_by_name(sc->db, sc->arena, &in, &row)) ==
	    PTN_OK)
		*out = (struct ptn_org_row)ROW(row);
	return r;
}

enum ptn_err
ptn_orgs(const struct ptn_scope *sc, struct ptn_org_row **out, size_t *n)
{
	struct ptn_tenant_list_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	if ((r = ptn_sql_tenant_list(sc->db, sc->arena, &row, n)) != PTN_OK ||
	    *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_org_row)ROW(row[i]);
	return PTN_OK;
}

enum ptn_err
ptn_org_page(const struct ptn_scope *sc, int64_t skip, int64_t max,
    struct ptn_org_row **out, size_t *n, int64_t *total)
{
	const struct ptn_tenant_page_in in = { max, skip };
	struct ptn_tenant_page_out *row;
	struct ptn_tenant_count_out count;
	enum ptn_err r;
	size_t i;

	if ((r = ptn_sql_tenant_count(sc->db, sc->arena, &count)) != PTN_OK ||
	    (r = ptn_sql_tenant_page(sc->db, sc->arena, &in, &row, n)) !=
		PTN_OK)
		return r;
	*total = count.n;
	*out = ptn_arena_calloc(sc->arena, *n + 1, sizeof(**out));
	if (*out == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_org_row)ROW(row[i]);
	return PTN_OK;
}

enum ptn_err
ptn_org_lock(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_org_row *out)
{
	const struct ptn_tenant_lock_in in = { *id };
	struct ptn_tenant_lock_out row;
	enum ptn_err r;

	if ((r = ptn_sql_tenant_lock(sc->db, sc->arena, &in, &row)) == PTN_OK)
		*out = (struct ptn_org_row)ROW(row);
	return r;
}

/*
 * May a text be a name?  Names are printed in lists and mails, one line each,
 * and written in the configuration.
 */
static bool
is_title(const char *s, size_t max)
{
	const unsigned char *p;

	for (p = (const unsigned char *)s; *p != '\0'; p++)
		if (*p < ' ' || *p == 0x7f)
			return false;
	return s[0] != '\0' && s[0] != ' ' && p[-1] != ' ' &&
	    ptn_utf8_valid(ptn_bytes_of(s)) &&
	    ptn_utf8_length(ptn_bytes_of(s)) <= max;
}

/* The origin of an Android or iOS application. */
static bool
is_native(const char *s)
{
	static const char *const scheme[] = { "android:apk-key-hash:",
		"ios:bundle-id:" };
	size_t i, len;

	for (i = 0; i < PTN_ARRAY_LEN(scheme); i++) {
		len = strlen(scheme[i]);
		if (strncmp(s, scheme[i], len) == 0)
			return ptn_url_chars_only(s + len, strlen(s + len),
			    "-_.");
	}
	return false;
}

static const char *
origins_problem(const char *s)
{
	char one[ORIGIN_MAX + 1];
	const char *problem = NULL;
	size_t len, n;

	if (strcmp(s, "*") == 0)
		return NULL;
	for (n = 0; *s != '\0' && problem == NULL; n++) {
		len = strcspn(s, " ");
		if (len > ORIGIN_MAX || n == PTN_ORG_ORIGINS_MAX)
			return "too many origins, or one that is too long";
		memcpy(one, s, len);
		one[len] = '\0';
		if (!is_native(one))
			problem = ptn_url_origin_problem(one, false, false);
		s += len + (s[len] == ' ');
	}
	return problem == NULL ? NULL : "an origin is not scheme://host[:port]";
}

/* Of whoever is called like an id, another one would be found by it. */
static bool
is_id_of_others(const struct ptn_org_row *row)
{
	struct ptn_uuid id;

	return ptn_dfnsid_parse(PTN_DFNSID_ORG, ptn_bytes_of(row->name), &id) ==
	    PTN_OK ||
	    (ptn_uuid_parse_any(row->name, &id) &&
		!ptn_uuid_equal(&id, &row->id));
}

const char *
ptn_org_problem(const struct ptn_org_row *row)
{
	if (!is_title(row->name, NAME_MAX_CHARS) || is_id_of_others(row))
		return "that is no name for an organisation";
	if (row->rp_id != NULL &&
	    (!ptn_url_host_ok(row->rp_id, strlen(row->rp_id)) ||
		ptn_url_ip_ok(row->rp_id)))
		return "the relying party is not a domain";
	if (row->rp_name != NULL && !is_title(row->rp_name, RP_NAME_MAX_CHARS))
		return "that is no name for a relying party";
	if (row->origins == NULL)
		return NULL;
	return strlen(row->origins) <= ORIGINS_LEN_MAX
	    ? origins_problem(row->origins)
	    : "too many origins";
}

enum ptn_err
ptn_org_put(const struct ptn_scope *sc, struct ptn_org_row *org)
{
	struct ptn_tenant_put_org_in in;

	if (ptn_uuid_is_nil(&org->id))
		org->id = ptn_uuid_new();
	org->active = true;
	in = (struct ptn_tenant_put_org_in){ org->id, org->name, org->rp_id,
		org->rp_name, org->origins, org->config };
	return ptn_sql_tenant_put_org(sc->db, &in);
}

enum ptn_err
ptn_org_set_rp(const struct ptn_scope *sc, const struct ptn_org_row *org,
    bool *changed)
{
	const struct ptn_tenant_set_rp_in in = { org->rp_id, org->rp_name,
		org->origins, org->id };
	uint64_t n;
	enum ptn_err r;

	r = ptn_sql_tenant_set_rp(sc->db, &in, &n);
	*changed = r == PTN_OK && n > 0;
	return r;
}

enum ptn_err
ptn_org_configure(const struct ptn_scope *sc, const struct ptn_org_row *org)
{
	const struct ptn_tenant_configure_in in = { org->rp_id, org->rp_name,
		org->origins, org->config, org->id };

	return ptn_sql_tenant_configure(sc->db, &in);
}

enum ptn_err
ptn_org_set_active(const struct ptn_scope *sc, const struct ptn_uuid *id,
    bool active)
{
	const struct ptn_tenant_set_active_in in = { active, *id };
	uint64_t n;

	return ptn_sql_tenant_set_active(sc->db, &in, &n);
}

enum ptn_err
ptn_org_end_sessions(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	struct ptn_session_delete_api_in in = { .tenant_id = *id,
		.max = BATCH,
		.api = ptn_api_name(PTN_API_DFNS) };
	struct ptn_session_users_end_in end = { .tenant_id = *id,
		.skip = BATCH - 1 };
	struct ptn_session_users_end_out last = { .created_at = 0 };
	bool more = true;
	enum ptn_err r = PTN_OK;
	uint64_t n;

	while (r == PTN_OK && more) {
		end.after_at = in.after_at;
		end.after_id = in.after_id;
		r = ptn_sql_session_users_end(sc->db, sc->arena, &end, &last);
		if (r != PTN_OK && r != PTN_E_NOT_FOUND)
			return r;
		more = r == PTN_OK;
		r = ptn_sql_session_delete_api(sc->db, &in, &n);
		in.after_at = last.created_at;
		in.after_id = last.id;
	}
	return r;
}
