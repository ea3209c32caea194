#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fcgi/cli/doctor.h"
#include "lib/base/array.h"
#include "lib/base/uuid.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"
#include "lib/db/sql.h"

/* ----------------------------------------------------------------- rights */

struct rights {
	struct ptn_doctor_privileges_out *row;
	size_t n;
};

static bool
has(const struct rights *have, const char *what)
{
	size_t i;

	for (i = 0; i < have->n; i++)
		if (strcasecmp(have->row[i].privilege, what) == 0)
			return true;
	return false;
}

/* Those of a list that are missing, "A, B"; how many. */
static size_t
missing(const struct rights *have, const char *const *want, size_t n, char *out,
    size_t size)
{
	size_t i, lack = 0, len = 0;

	out[0] = '\0';
	for (i = 0; i < n; i++) {
		if (has(have, want[i]))
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s%s",
		    lack > 0 ? ", " : "", want[i]);
		lack++;
	}
	return lack;
}

/* What it may do to more than this database. */
static void
too_much(struct ptn_check *c, const struct rights *have, const char *user)
{
	size_t i;

	for (i = 0; i < have->n; i++)
		if (have->row[i].wide != 0) {
			ptn_check_say(c, PTN_CHECK_WARNING,
			    "user %.80s may do more than it needs (%.40s on "
			    "everything): REVOKE that, and GRANT on %.64s.* "
			    "alone",
			    user, have->row[i].privilege, c->cf->db_name);
			return;
		}
}

static void
look_at_rights(struct ptn_check *c, struct ptn_db *db, const char *user,
    const char *const *want, size_t n)
{
	struct rights have = { NULL, 0 };
	char lack[256];
	enum ptn_err r;

	r = ptn_sql_doctor_privileges(db, c->a, &have.row, &have.n);
	if (r != PTN_OK)
		return; /* the log said why */
	if (have.n == 0)
		ptn_check_say(c, PTN_CHECK_SKIPPED,
		    "rights of user %.80s: it has none of its own; a role's "
		    "cannot be seen from here",
		    user);
	else if (missing(&have, want, n, lack, sizeof(lack)) > 0)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "user %.80s lacks rights: GRANT %s ON %.64s.* TO it", user,
		    lack, c->cf->db_name);
	else
		ptn_check_say(c, PTN_CHECK_OK, "user %.80s may do what it must",
		    user);
	too_much(c, &have, user);
}

void
ptn_doctor_rights(struct ptn_check *c)
{
	static const char *const want[] = { "select", "insert", "update",
		"delete" };

	look_at_rights(c, c->db, c->cf->db_user, want, PTN_ARRAY_LEN(want));
}

void
ptn_doctor_migrator(struct ptn_check *c)
{
	static const char *const want[] = { "select", "insert", "update",
		"delete", "create", "alter", "drop", "index", "references" };
	const char *user = c->cf->db_migrate_user;
	struct ptn_db *db = ptn_db_new(c->cf, PTN_DB_MIGRATE);
	enum ptn_err r = PTN_E_NOMEM;

	if (db != NULL)
		r = ptn_db_connect(db);
	if (r == PTN_OK && user[0] != '\0')
		look_at_rights(c, db, user, want, PTN_ARRAY_LEN(want));
	else if (r == PTN_OK)
		ptn_check_say(c, PTN_CHECK_SKIPPED,
		    "database.migrate_user is empty: \"migrate up\" has the "
		    "rights of database.user");
	ptn_db_free(&db);
}

/* ------------------------------------------------------------------- keys */

static bool
opens(struct ptn_check *c, const struct ptn_doctor_sealed_out *row)
{
	const enum ptn_key_use use =
	    strcmp(row->kind, "jwks") == 0 ? PTN_KEY_USE_JWK : PTN_KEY_USE_TOTP;
	struct ptn_bytes plain;

	if (ptn_secrets_open(ptn_doctor_of(c)->secrets, c->a, use,
		PTN_BYTES(row->id.b, sizeof(row->id.b)), row->sealed,
		&plain) != PTN_OK)
		return false;
	ptn_wipe((uint8_t *)(uintptr_t)plain.p, plain.len);
	return true;
}

void
ptn_doctor_keys(struct ptn_check *c)
{
	struct ptn_doctor_sealed_out *row;
	size_t i, n, closed = 0;
	enum ptn_err r;

	r = ptn_sql_doctor_sealed(c->db, c->a, &row, &n);
	for (i = 0; r == PTN_OK && i < n; i++)
		closed += opens(c, &row[i]) ? 0 : 1;
	if (r != PTN_OK)
		return;
	if (closed > 0)
		ptn_check_at(c, PTN_CHECK_ERROR, &c->cf->secrets,
		    "opens %zu of %zu keys in the database: add the secret "
		    "that sealed the others, from a backup of this file",
		    n - closed, n);
	else if (n == 0)
		ptn_check_say(c, PTN_CHECK_OK,
		    "no keys yet: the server makes them when it starts");
	else
		ptn_check_say(c, PTN_CHECK_OK, "secrets.keys opens %s%zu key%s",
		    n == 1 ? "the " : "all of ", n, n == 1 ? "" : "s");
}
