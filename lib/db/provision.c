#include "lib/db/provision.h"

#include <string.h>

#include "lib/base/log.h"
#include "lib/db/sql.h"

/* -------------------------------------------------------------- quoting */

/* In backticks, a backtick twice; wild: what GRANT takes for wildcards. */
static void
put_name(struct ptn_buf *b, const char *s, bool wild)
{
	ptn_buf_char(b, '`');
	for (; *s != '\0'; s++) {
		if (wild && strchr("_%\\", *s) != NULL)
			ptn_buf_char(b, '\\');
		if (*s == '`')
			ptn_buf_char(b, '`');
		ptn_buf_char(b, *s);
	}
	ptn_buf_char(b, '`');
}

/* As db_session has it: backslashes escape. */
static void
put_string(struct ptn_buf *b, const char *s)
{
	ptn_buf_char(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'' || *s == '\\')
			ptn_buf_char(b, '\\');
		ptn_buf_char(b, *s);
	}
	ptn_buf_char(b, '\'');
}

static bool
is_word(const char *s, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(s, word, len) == 0;
}

/* A statement with its {words} replaced, each quoted as what it is. */
static const char *
fill_in(struct ptn_arena *a, const char *text, const struct ptn_provision *p,
    const struct ptn_provision_user *u)
{
	struct ptn_buf b;
	size_t len;

	ptn_buf_init(&b, a);
	for (; *text != '\0'; text += len) {
		len = strcspn(text, "{");
		ptn_buf_add(&b, text, len);
		text += len;
		len = strcspn(text, "}");
		if (is_word(text, len, "{database"))
			put_name(&b, p->database, false);
		else if (is_word(text, len, "{pattern"))
			put_name(&b, p->database, true);
		else if (is_word(text, len, "{user"))
			put_string(&b, u->name);
		else if (is_word(text, len, "{host"))
			put_string(&b, p->host);
		else if (is_word(text, len, "{password"))
			put_string(&b, u->password);
		len += text[len] == '}' ? 1 : 0;
	}
	return b.bad ? NULL : b.p;
}

/* ----------------------------------------------------------------- making */

static enum ptn_err
run(struct ptn_db *db, struct ptn_arena *a, const struct ptn_provision *p,
    const struct ptn_provision_user *u, int stmt)
{
	const char *sql = fill_in(a, ptn_sql_stmts[stmt].text, p, u);

	return sql == NULL ? PTN_E_NOMEM : ptn_db_script(db, sql, strlen(sql));
}

static enum ptn_err
make_database(struct ptn_db *db, struct ptn_arena *a, struct ptn_provision *p)
{
	const struct ptn_provision_database_exists_in in = { p->database };
	struct ptn_provision_database_exists_out have;
	enum ptn_err r;

	r = ptn_sql_provision_database_exists(db, a, &in, &have);
	if (r != PTN_OK || have.n > 0)
		return r;
	r = run(db, a, p, NULL, PTN_STMT_PROVISION_MAKE_DATABASE);
	p->made = r == PTN_OK;
	return r;
}

static enum ptn_err
make_user(struct ptn_db *db, struct ptn_arena *a, struct ptn_provision *p,
    struct ptn_provision_user *u, const char **problem)
{
	const struct ptn_provision_user_exists_in in = { u->name, p->host };
	struct ptn_provision_user_exists_out have;
	enum ptn_err r;

	r = ptn_sql_provision_user_exists(db, a, &in, &have);
	if (r != PTN_OK || (have.n > 0 && !u->invented))
		return r;
	if (have.n > 0) {
		u->taken = true;
		*problem = ptn_arena_printf(a,
		    "the server has a user %s@%s already, and their password "
		    "is not known here",
		    u->name, p->host);
		return PTN_E_CONFLICT;
	}
	r = run(db, a, p, u, PTN_STMT_PROVISION_MAKE_USER);
	u->made = r == PTN_OK;
	return r;
}

static enum ptn_err
look_at_host(struct ptn_db *db, struct ptn_arena *a, struct ptn_provision *p)
{
	struct ptn_provision_host_out host;
	enum ptn_err r;

	if ((r = ptn_sql_provision_host(db, a, &host)) == PTN_OK)
		p->host = host.host;
	return r;
}

static enum ptn_err
make(struct ptn_db *db, struct ptn_arena *a, struct ptn_provision *p,
    const char **problem)
{
	const bool two = p->migrate.name[0] != '\0';
	enum ptn_err r;

	if ((r = look_at_host(db, a, p)) != PTN_OK ||
	    (r = make_database(db, a, p)) != PTN_OK ||
	    (r = make_user(db, a, p, &p->serve, problem)) != PTN_OK)
		return r;
	if (!two)
		return run(db, a, p, &p->serve,
		    PTN_STMT_PROVISION_GRANT_MIGRATE);
	if ((r = make_user(db, a, p, &p->migrate, problem)) != PTN_OK ||
	    (r = run(db, a, p, &p->serve, PTN_STMT_PROVISION_GRANT_SERVE)) !=
		PTN_OK)
		return r;
	return run(db, a, p, &p->migrate, PTN_STMT_PROVISION_GRANT_MIGRATE);
}

enum ptn_err
ptn_provision(struct ptn_db *db, struct ptn_arena *a, struct ptn_provision *p,
    const char **problem)
{
	enum ptn_err r;

	*problem = NULL;
	r = make(db, a, p, problem);
	if (r != PTN_OK)
		ptn_provision_undo(db, a, p);
	return r;
}

static void
undo_user(struct ptn_db *db, struct ptn_arena *a, struct ptn_provision *p,
    struct ptn_provision_user *u)
{
	if (u->made && run(db, a, p, u, PTN_STMT_PROVISION_DROP_USER) != PTN_OK)
		ptn_warn("database: the new user %s is still there", u->name);
	u->made = false;
}

void
ptn_provision_undo(struct ptn_db *db, struct ptn_arena *a,
    struct ptn_provision *p)
{
	undo_user(db, a, p, &p->serve);
	undo_user(db, a, p, &p->migrate);
	if (p->made &&
	    run(db, a, p, NULL, PTN_STMT_PROVISION_DROP_DATABASE) != PTN_OK)
		ptn_warn("database: the new database %s is still there",
		    p->database);
	p->made = false;
}

#define KEY_COLUMNS 2 /* that keys are known by */

static bool
opens(struct ptn_arena *a, const struct ptn_secrets *secrets,
    const struct ptn_provision_keys_out *key)
{
	struct ptn_bytes plain;

	if (ptn_secrets_open(secrets, a, PTN_KEY_USE_JWK,
		PTN_BYTES(key->id.b, sizeof(key->id.b)), key->sealed,
		&plain) != PTN_OK)
		return false;
	ptn_wipe((uint8_t *)(uintptr_t)plain.p, plain.len);
	return true;
}

enum ptn_err
ptn_provision_foreign(struct ptn_db *db, struct ptn_arena *a,
    const struct ptn_secrets *secrets, bool *foreign)
{
	struct ptn_provision_has_keys_out has;
	struct ptn_provision_keys_out *keys = NULL;
	size_t i, n = 0, open = 0;
	enum ptn_err r;

	*foreign = false;
	r = ptn_sql_provision_has_keys(db, a, &has);
	if (r == PTN_OK && has.n == KEY_COLUMNS)
		r = ptn_sql_provision_keys(db, a, &keys, &n);
	if (r != PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		open += opens(a, secrets, &keys[i]) ? 1 : 0;
	*foreign = n > 0 && open == 0;
	return PTN_OK;
}
