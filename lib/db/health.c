#include "lib/db/health.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/unicode.h"
#include "lib/db/sql.h"

/* Columns of mail_refusals. */
#define HOST_MAX 255
#define SAID_MAX 255

enum ptn_err
ptn_health(struct ptn_db *db, struct ptn_arena *a, struct ptn_health *out)
{
	struct ptn_health_out row;
	enum ptn_err r;

	if ((r = ptn_sql_health(db, a, &row)) == PTN_OK)
		out->mail_refused = row.refused > 0;
	return r;
}

static const char *
this_host(char host[HOST_MAX + 1])
{
	if (gethostname(host, HOST_MAX) != 0)
		host[0] = '\0';
	host[HOST_MAX] = '\0';
	return host;
}

enum ptn_err
ptn_health_mail_refused(struct ptn_db *db, struct ptn_arena *a,
    const char *said)
{
	char host[HOST_MAX + 1];
	const struct ptn_refusal_put_in in = { this_host(host),
		ptn_utf8_fit(a, said, SAID_MAX) };

	return in.said == NULL ? PTN_E_NOMEM : ptn_sql_refusal_put(db, &in);
}

enum ptn_err
ptn_health_mail_taken(struct ptn_db *db)
{
	char host[HOST_MAX + 1];
	const struct ptn_refusal_delete_in in = { this_host(host) };
	uint64_t n;

	return ptn_sql_refusal_delete(db, &in, &n);
}
