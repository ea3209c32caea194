#include "lib/base/array.h"
#include "lib/conf/conf_row.h"

#include <string.h>

#include "lib/format/near.h"

/* What other programs call a key of ours. */
static const struct {
	const char *said;
	const char *path;
} other_names[] = {
	{ "database.name", "database.database" },
	{ "database.dbname", "database.database" },
	{ "database.db", "database.database" },
	{ "database.username", "database.user" },
	{ "database.pass", "database.password" },
	{ "database.hostname", "database.host" },
	{ "database.unix_socket", "database.socket" },
	{ "email_delivery.smtp.username", "email_delivery.smtp.user" },
	{ "email_delivery.smtp.pass", "email_delivery.smtp.password" },
	{ "email_delivery.smtp.encryption", "email_delivery.smtp.tls" },
	{ "email_delivery.smtp.from", "email_delivery.from_address" },
	{ "email_delivery.from", "email_delivery.from_address" },
	{ "webauthn.rp_id", "webauthn.relying_party.id" },
	{ "webauthn.rp.id", "webauthn.relying_party.id" },
	{ "webauthn.origins", "webauthn.relying_party.origins" },
	{ "webauthn.relying_party.origin", "webauthn.relying_party.origins" },
	{ "secret", "secrets.keys" },
	{ "secret_key", "secrets.keys" },
	{ "session.secret", "secrets.keys" },
	{ "secrets.key", "secrets.keys" },
	{ "server.socket.path", "server.public.address" },
	{ "server.listen", "server.public.address" },
	{ "server.address", "server.public.address" },
	{ "session.timeout", "session.idle_timeout" },
	{ "session.duration", "session.lifespan" },
};

static const char *
other_name(const char *path)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(other_names); i++)
		if (strcmp(other_names[i].said, path) == 0)
			return other_names[i].path;
	return NULL;
}

static const char *
misspelt(const char *path)
{
	struct ptn_near n = ptn_near_begin(path);
	size_t i;

	for (i = 0; i < ptn_conf_rows_n; i++)
		if (ptn_conf_is_key(&ptn_conf_rows[i]))
			ptn_near_try(&n, ptn_conf_rows[i].path);
	return n.best;
}

/* The only key that ends in ".tail", or NULL. */
static const char *
ends_in(const char *tail)
{
	const char *found = NULL, *path;
	const size_t len = strlen(tail);
	size_t i, n;

	for (i = 0; i < ptn_conf_rows_n; i++) {
		path = ptn_conf_rows[i].path;
		n = strlen(path);
		if (!ptn_conf_is_key(&ptn_conf_rows[i]) || n <= len ||
		    path[n - len - 1] != '.' ||
		    strcmp(path + n - len, tail) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = path;
	}
	return found;
}

const char *
ptn_conf_elsewhere(const char *path)
{
	const char *found = NULL;

	while (path != NULL && found == NULL) {
		found = ends_in(path);
		path = strchr(path, '.');
		path = path != NULL ? path + 1 : NULL;
	}
	return found;
}

const char *
ptn_conf_meant(const char *path)
{
	const char *found = other_name(path);

	if (found == NULL)
		found = misspelt(path);
	return found != NULL ? found : ptn_conf_elsewhere(path);
}

void
ptn_conf_word_meant(const char *words, const char *said,
    char out[PTN_CONF_WORD_MAX])
{
	struct ptn_near n = ptn_near_begin(said);
	char word[8][PTN_CONF_WORD_MAX];
	size_t i, len;

	out[0] = '\0';
	for (i = 0; i < PTN_ARRAY_LEN(word) && *words != '\0'; i++) {
		len = strcspn(words, "|");
		(void)snprintf(word[i], sizeof(word[i]), "%.*s", (int)len,
		    words);
		ptn_near_try(&n, word[i]);
		words += len + (words[len] == '|' ? 1 : 0);
	}
	if (n.best != NULL)
		(void)snprintf(out, PTN_CONF_WORD_MAX, "%s", n.best);
}

/* ------------------------------------------------------------- environment */

/* What an environment variable of another name was meant to be, or NULL. */
static const char *
env_meant(const char *said, bool ours)
{
	struct ptn_near n =
	    ours ? ptn_near_begin(said) : ptn_near_begin_foreign(said);
	char name[PTN_CONF_ENV_MAX];
	size_t i;

	for (i = 0; i < ptn_conf_rows_n; i++)
		if (ptn_conf_is_key(&ptn_conf_rows[i]) &&
		    ptn_conf_env_name(&ptn_conf_rows[i], name))
			ptn_near_try(&n, ptn_conf_rows[i].path);
	return n.best;
}

static bool
is_env_name(const char *said)
{
	char name[PTN_CONF_ENV_MAX];
	size_t i;

	for (i = 0; i < ptn_conf_rows_n; i++)
		if (ptn_conf_env_name(&ptn_conf_rows[i], name) &&
		    strcmp(name, said) == 0)
			return true;
	return false;
}

/* One variable: said is its name. */
static void
look_at(struct ptn_conf_load *ld, const char *said)
{
	static const char *const prefixes[] = { "POSTERN_", "HANKO_" };
	char name[PTN_CONF_ENV_MAX], hint[PTN_NEAR_HINT];
	const char *rest = said, *meant;
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(prefixes); i++)
		if (strncmp(said, prefixes[i], strlen(prefixes[i])) == 0)
			rest = said + strlen(prefixes[i]);
	if (strchr(rest, '_') == NULL || is_env_name(said) ||
	    (meant = env_meant(rest, rest != said)) == NULL ||
	    !ptn_conf_env_name(ptn_conf_row_of(meant), name))
		return;
	(void)fprintf(ld->err, "environment: %s: warning: is not read%s\n",
	    said, ptn_near_hint(name, hint));
}

void
ptn_conf_near_environment(struct ptn_conf_load *ld)
{
	extern char **environ;
	char said[PTN_CONF_ENV_MAX];
	char **e;
	size_t len;

	for (e = environ; e != NULL && *e != NULL; e++) {
		len = strcspn(*e, "=");
		if (len >= sizeof(said) || (*e)[0] < 'A' || (*e)[0] > 'Z')
			continue;
		memcpy(said, *e, len);
		said[len] = '\0';
		look_at(ld, said);
	}
}
