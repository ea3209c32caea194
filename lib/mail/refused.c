#include "lib/mail/refused.h"

#include <unistd.h>

#include "lib/base/unicode.h"
#include "lib/db/sql.h"

/* Columns of mail_refusals. */
#define HOST_MAX 255
#define SAID_MAX 255

static const char *
this_host(char host[HOST_MAX + 1])
{
	if (gethostname(host, HOST_MAX) != 0)
		host[0] = '\0';
	host[HOST_MAX] = '\0';
	return host;
}

enum ptn_err
ptn_refused_put(struct ptn_db *db, struct ptn_arena *a, const char *said)
{
	char host[HOST_MAX + 1];
	const struct ptn_refusal_put_in in = { this_host(host),
		ptn_utf8_fit(a, said, SAID_MAX) };

	return in.said == NULL ? PTN_E_NOMEM : ptn_sql_refusal_put(db, &in);
}

enum ptn_err
ptn_refused_clear(struct ptn_db *db)
{
	char host[HOST_MAX + 1];
	const struct ptn_refusal_delete_in in = { this_host(host) };
	uint64_t n;

	return ptn_sql_refusal_delete(db, &in, &n);
}
