#include "fcgi/cli/setup.h"

#include <string.h>

#include "fcgi/cli/option.h"
#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/crypto/secrets.h"
#include "lib/db/db.h"

#define PASSWORD_LEN 24 /* bytes of one that nobody types */

/* -------------------------------------------------------------- what to say */

/* The configuration, as it would be with some more said. */
static enum ptn_err
load_with(struct ptn_setup *s, const char *const *set, struct ptn_conf **cf)
{
	enum ptn_err r;

	r = ptn_conf_stage(s->staged, s->text, stderr);
	return r == PTN_OK ? ptn_conf_load(cf, s->staged, set, stderr) : r;
}

static const char *
setting(struct ptn_setup *s, const char *path, const char *value)
{
	return ptn_arena_printf(s->a, "%s=%s", path, value);
}

/* What an URL says, each thing as a key of its own. */
static enum ptn_err
put_url(struct ptn_setup *s, const struct ptn_conf *cf)
{
	const char *port = ptn_arena_printf(s->a, "%d", (int)cf->db_port);
	static const char *const tls[] = { "off", "required", "verify" };
	const struct {
		const char *path, *value;
	} says[] = {
		{ "database.socket", cf->db_socket },
		{ "database.host",
		    cf->db_socket[0] == '\0' ? cf->db_host : "" },
		{ "database.port", port },
		{ "database.database", cf->db_name },
		{ "database.user", cf->db_user },
		{ "database.tls.mode", tls[cf->db_tls] },
		{ "database.tls.ca_file", cf->db_tls_ca },
		{ "database.tls.cert_file", cf->db_tls_cert },
		{ "database.tls.key_file", cf->db_tls_key },
		{ "database.tls.cipher", cf->db_tls_cipher },
	};
	enum ptn_err r = port != NULL ? PTN_OK : PTN_E_NOMEM;
	size_t i;

	for (i = 0; r == PTN_OK && i < PTN_ARRAY_LEN(says); i++)
		if (says[i].value[0] != '\0')
			r = ptn_setup_put(s, says[i].path, says[i].value);
	return r;
}

static enum ptn_err
plan_url(struct ptn_setup *s, const char *url)
{
	const char *const set[] = { setting(s, "database.url", url), NULL };
	struct ptn_conf *cf = NULL;
	enum ptn_err r;

	if (set[0] == NULL)
		return PTN_E_NOMEM;
	if ((r = load_with(s, set, &cf)) == PTN_OK)
		r = put_url(s, cf);
	ptn_conf_free(&cf);
	return r;
}

/* Where it is, is where its administrator finds it. */
static enum ptn_err
plan_place(struct ptn_setup *s, const char *admin)
{
	const char *host = strrchr(admin, '@');
	const char *query = strchr(admin, '?');
	const char *url;

	if (admin[0] == '/')
		return ptn_setup_put(s, "database.socket", admin);
	url = ptn_arena_printf(s->a, "mariadb://%.*s/%s%s",
	    (int)strcspn(host + 1, "/?"), host + 1,
	    s->answer[PTN_SETUP_DB_NAME], query != NULL ? query : "");
	return url != NULL ? plan_url(s, url) : PTN_E_NOMEM;
}

static enum ptn_err
put_password(struct ptn_setup *s, const char *path, const char *known)
{
	uint8_t secret[PASSWORD_LEN];

	if (known == NULL || known[0] == '\0') {
		ptn_rng(secret, sizeof(secret));
		known =
		    ptn_b64url_encode(s->a, PTN_BYTES(secret, sizeof(secret)));
		ptn_wipe(secret, sizeof(secret));
		if (known == NULL)
			return PTN_E_NOMEM;
	}
	return ptn_setup_put_secret(s, path, known);
}

static enum ptn_err
plan_new(struct ptn_setup *s)
{
	const char *migrate = s->answer[PTN_SETUP_DB_MIGRATE_USER];
	const char *known = s->answer[PTN_SETUP_PASSWORD];
	enum ptn_err r;

	s->provision.serve.invented = known == NULL || known[0] == '\0';
	s->provision.migrate.invented = true;
	r = plan_place(s, s->answer[PTN_SETUP_ADMIN]);
	if (r == PTN_OK)
		r = ptn_setup_put(s, "database.database",
		    s->answer[PTN_SETUP_DB_NAME]);
	if (r == PTN_OK)
		r = ptn_setup_put(s, "database.user",
		    s->answer[PTN_SETUP_DB_USER]);
	if (r == PTN_OK)
		r = put_password(s, "database.password", known);
	if (r != PTN_OK || migrate == NULL || migrate[0] == '\0')
		return r;
	r = ptn_setup_put(s, "database.migrate_user", migrate);
	return r == PTN_OK ? put_password(s, "database.migrate_password", NULL)
			   : r;
}

enum ptn_err
ptn_setup_database_plan(struct ptn_setup *s)
{
	const char *password = s->answer[PTN_SETUP_PASSWORD];
	const char *admin = s->answer[PTN_SETUP_ADMIN];
	enum ptn_err r = PTN_OK;

	if (admin != NULL && admin[0] != '\0')
		return ptn_setup_is_settled(s, PTN_SETUP_ADMIN) ? PTN_OK
								: plan_new(s);
	if (s->answer[PTN_SETUP_DATABASE] != NULL)
		r = plan_url(s, s->answer[PTN_SETUP_DATABASE]);
	if (r == PTN_OK && password != NULL && password[0] != '\0')
		r = ptn_setup_put_secret(s, "database.password", password);
	return r;
}

/* --------------------------------------------------------------- what to do */

/* The same configuration, but of who administers the server. */
static enum ptn_err
load_admin(struct ptn_setup *s, struct ptn_conf **cf)
{
	const char *admin = s->answer[PTN_SETUP_ADMIN];
	const char *known = s->answer[PTN_SETUP_ADMIN_PASSWORD];
	const char *password =
	    ptn_conf_literal(s->a, known != NULL ? known : "");
	const bool sock = admin[0] == '/';
	const char *const set[] = { setting(s, "database.url",
					sock ? "" : admin),
		password != NULL ? setting(s, "database.password", password)
				 : NULL,
		setting(s, "database.socket", sock ? admin : ""),
		"database.user=root", "database.database=information_schema",
		"database.migrate_user=", NULL };

	return set[0] == NULL || set[1] == NULL || set[2] == NULL
	    ? PTN_E_NOMEM
	    : load_with(s, set, cf);
}

static void
describe(struct ptn_setup *s, const struct ptn_conf *cf)
{
	struct ptn_provision *p = &s->provision;

	p->database = cf->db_name;
	p->serve.name = cf->db_user;
	p->serve.password = cf->db_password;
	p->migrate.name = cf->db_migrate_user;
	p->migrate.password = cf->db_migrate_password;
}

static void
say_made(const struct ptn_provision *p)
{
	(void)printf("database %s: %s; users%s%s%s%s\n", p->database,
	    p->made ? "made" : "is there",
	    p->serve.made || p->migrate.made ? " made:" : " are there",
	    p->serve.made ? " " : "", p->serve.made ? p->serve.name : "",
	    p->migrate.made ? ", the one for changes of the schema, too" : "");
}

/* Of a user that was there, whose password was not told. */
static const char *
way_out(const struct ptn_provision *p)
{
	return p->serve.taken
	    ? "; give it with --database-password-file FILE, take another "
	      "name with --database-user USER, or drop that user"
	    : "; take another name with --database-migrate-user USER (\"\": "
	      "none), or drop that user";
}

/* As its administrator; s->provision says what. */
static enum ptn_err
with_admin(struct ptn_setup *s,
    enum ptn_err (*fn)(struct ptn_db *db, struct ptn_arena *a,
	struct ptn_provision *p, const char **problem))
{
	const char *problem = NULL;
	struct ptn_conf *admin = NULL;
	struct ptn_db *db = NULL;
	enum ptn_err r;

	r = load_admin(s, &admin);
	if (r == PTN_OK && (db = ptn_db_new(admin, PTN_DB_MIGRATE)) == NULL)
		r = PTN_E_NOMEM;
	if (r == PTN_OK)
		r = fn(db, s->a, &s->provision, &problem);
	if (problem != NULL)
		(void)fprintf(stderr, "postern: setup: %s%s\n", problem,
		    r != PTN_E_CONFLICT ? "" : way_out(&s->provision));
	ptn_db_free(&db);
	ptn_conf_free(&admin);
	return r;
}

static enum ptn_err
undo(struct ptn_db *db, struct ptn_arena *a, struct ptn_provision *p,
    const char **problem)
{
	(void)problem;
	ptn_provision_undo(db, a, p);
	return PTN_OK;
}

enum ptn_err
ptn_setup_database_make(struct ptn_setup *s, const struct ptn_conf *cf)
{
	const char *admin = s->answer[PTN_SETUP_ADMIN];
	enum ptn_err r;

	if (admin == NULL || admin[0] == '\0')
		return PTN_OK;
	describe(s, cf);
	r = with_admin(s, ptn_provision);
	if (r == PTN_OK)
		say_made(&s->provision);
	else if (r != PTN_E_CONFLICT)
		(void)fprintf(stderr,
		    "postern: setup: the database cannot be made as %s; "
		    "nothing of it was left\n",
		    admin);
	return r;
}

/*
 * Nobody's name or password is wrong twice: one sentence, and the way out. What
 * stands in the configuration is mended there; who changes the schema has no
 * option for a password.
 */
static void
tell_refused(const struct ptn_setup *s, const struct ptn_conf *cf,
    enum ptn_db_role role)
{
	const bool admin = s->answer[PTN_SETUP_ADMIN] != NULL &&
	    s->answer[PTN_SETUP_ADMIN][0] != '\0';
	const bool ours = role == PTN_DB_SERVE;
	const char *key =
	    ours ? "database.password" : "database.migrate_password";
	const char *is =
	    s->old != NULL ? ptn_conf_set_in(s->a, s->old, key) : NULL;

	(void)fprintf(stderr,
	    "postern: setup: the database refuses the user %s: the password "
	    "is not theirs; ",
	    ours ? cf->db_user : cf->db_migrate_user);
	if (is != NULL)
		(void)fprintf(stderr, "write the right one into %s (%s)\n",
		    s->file, key);
	else
		(void)fprintf(stderr, "give the right one with %s%s\n",
		    ours ? "--database-password-file FILE"
			 : "--set database.migrate_password=file:/PATH",
		    !admin     ? ""
			: ours ? ", or name another user with --database-user "
				 "USER"
			       : ", or name another user with "
				 "--database-migrate-user USER");
}

/* As who serves, or who changes the schema. */
static enum ptn_err
enter_as(struct ptn_setup *s, const struct ptn_conf *cf, enum ptn_db_role role)
{
	struct ptn_conf serve = *cf;
	struct ptn_db *db;
	enum ptn_err r;

	/* Of the other role nothing is asked of the schema, which is old yet.
	 */
	if (role == PTN_DB_SERVE)
		serve.db_migrate_user = "";
	if ((db = ptn_db_new(&serve, PTN_DB_MIGRATE)) == NULL)
		return PTN_E_NOMEM;
	ptn_cli_log_hold(true);
	r = ptn_db_connect(db);
	ptn_cli_log_hold(false);
	if (r != PTN_OK)
		s->cause = ptn_setup_cause_of(ptn_db_fault(db));
	if (r != PTN_OK && s->cause == PTN_CAUSE_USER)
		tell_refused(s, cf, role);
	else if (r != PTN_OK)
		ptn_cli_log_tell();
	ptn_db_free(&db);
	return r;
}

enum ptn_err
ptn_setup_database_enter(struct ptn_setup *s, const struct ptn_conf *cf)
{
	enum ptn_err r = enter_as(s, cf, PTN_DB_SERVE);

	return r == PTN_OK && cf->db_migrate_user[0] != '\0'
	    ? enter_as(s, cf, PTN_DB_MIGRATE)
	    : r;
}

enum ptn_err
ptn_setup_database_look(struct ptn_setup *s, const struct ptn_conf *cf)
{
	struct ptn_db *db = ptn_db_new(cf, PTN_DB_MIGRATE);
	struct ptn_secrets *secrets = NULL;
	bool foreign = false;
	enum ptn_err r;

	r = db != NULL ? ptn_secrets_new(&secrets, &cf->secrets) : PTN_E_NOMEM;
	if (r == PTN_OK)
		r = ptn_provision_foreign(db, s->a, secrets, &foreign);
	if (r != PTN_OK && db != NULL)
		s->cause = ptn_setup_cause_of(ptn_db_fault(db));
	if (r == PTN_OK && foreign) {
		(void)fprintf(stderr,
		    "postern: setup: the secrets of this configuration do not "
		    "open the keys in the database %s, which is another "
		    "Postern's: name another database, or bring secrets.keys "
		    "along from the host that made them; nothing was changed "
		    "there\n",
		    cf->db_name);
		s->cause = PTN_CAUSE_FOREIGN;
		r = PTN_E_CONFIG;
	}
	ptn_secrets_free(&secrets);
	ptn_db_free(&db);
	return r;
}

void
ptn_setup_database_undo(struct ptn_setup *s)
{
	struct ptn_provision *p = &s->provision;

	if ((p->made || p->serve.made || p->migrate.made) &&
	    with_admin(s, undo) != PTN_OK)
		(void)fprintf(stderr,
		    "postern: setup: what was made in the database is still "
		    "there\n");
}
