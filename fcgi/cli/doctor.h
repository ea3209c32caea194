#ifndef PTN_CLI_DOCTOR_H
#define PTN_CLI_DOCTOR_H

#include "fcgi/cli/check.h"
#include "lib/crypto/secrets.h"
#include "lib/format/json.h"

/*
 * What "postern doctor" has beyond a check, and what it looks at beyond
 * "config check": the running server, and who is around it.
 */
struct ptn_doctor {
	struct ptn_check c; /* the first: every check is given this part */
	struct ptn_secrets *secrets;
	const char *url;       /* where the public API is, without the "/" */
	const char *recipient; /* of the mail that is not sent */
	const char *ca;	       /* authorities to trust; "" for the system's */
	const char *check;     /* the name of the one that runs */
	struct ptn_arena *a;   /* of w, and of what lives as long */
	struct ptn_jsonw w;    /* what was found, if in JSON */
	bool json;
	bool reached;  /* Postern answers at the URL */
	bool knows_us; /* and takes a nonce from this database */
};

/* Whose part it is. */
static inline struct ptn_doctor *
ptn_doctor_of(struct ptn_check *c)
{
	return (struct ptn_doctor *)(void *)c;
}

/* doctor_host.c */
void ptn_doctor_listening(struct ptn_check *c);
void ptn_doctor_hashing(struct ptn_check *c);

/* doctor_server.c; the first of several, the other of the only one */
void ptn_doctor_servers(struct ptn_check *c);
void ptn_doctor_server(struct ptn_check *c);

/* doctor_db.c */
void ptn_doctor_rights(struct ptn_check *c);
void ptn_doctor_migrator(struct ptn_check *c);
void ptn_doctor_keys(struct ptn_check *c);

/* doctor_mail.c */
void ptn_doctor_mail(struct ptn_check *c);

/* doctor_web.c, each after the ones before it */
void ptn_doctor_reach(struct ptn_check *c);
void ptn_doctor_keyset(struct ptn_check *c);
void ptn_doctor_https(struct ptn_check *c);
void ptn_doctor_bearer(struct ptn_check *c);
void ptn_doctor_client(struct ptn_check *c);
void ptn_doctor_passed_on(struct ptn_check *c);
void ptn_doctor_body(struct ptn_check *c);
void ptn_doctor_buffering(struct ptn_check *c);

#endif
