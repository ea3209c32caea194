#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/cli/doctor.h"
#include "fcgi/cli/fetch.h"
#include "lib/account/nonce.h"
#include "lib/base/array.h"
#include "lib/base/hex.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/db/scope.h"
#include "lib/format/ip.h"
#include "lib/format/url.h"

#define BODY_LEN 65536L	    /* what every request may have (postern-api(7)) */
#define SLOW_LEN 2L	    /* bytes, of which the last comes late: */
#define SLOW_MS 1000	    /* by so much, long enough to be looked for */
#define SLOW_PIECES "2"	    /* then; whoever waits for it sends them in one */
#define TOKEN_LEN 16	    /* random bytes of a token that means nothing */
#define FORGED "192.0.2.77" /* RFC 5737: nobody has that address */

/* Below the URL: a path with its query. */
static enum ptn_err
get(struct ptn_check *c, const char *path, struct ptn_fetch_answer *out)
{
	struct ptn_fetch ask = { .ca = ptn_doctor_of(c)->ca, .body = -1 };

	ask.url = ptn_arena_printf(c->a, "%s%s", ptn_doctor_of(c)->url, path);
	return ask.url == NULL ? PTN_E_NOMEM : ptn_fetch(c->a, &ask, out);
}

/* --------------------------------------------- does the web server answer */

static bool
is_ours(struct ptn_check *c, const struct ptn_fetch_answer *f)
{
	return ptn_fetch_header(c->a, f, "X-Request-Id") != NULL;
}

/* What an answer means that is not the one. */
static void
on_refusal(struct ptn_check *c, const struct ptn_fetch_answer *f)
{
	const char *url = ptn_doctor_of(c)->url;
	const char *to = ptn_fetch_header(c->a, f, "Location");

	if (is_ours(c, f) && f->status == 404)
		ptn_check_at(c, PTN_CHECK_ERROR, &c->cf->base_path,
		    "Postern answers at %.300s, and knows no such path: the "
		    "web server must pass it on whole, and this key be what "
		    "stands before the paths of the API",
		    url);
	else if (to != NULL)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "%.300s redirects to %.300s: name the URL that does not, "
		    "with --url",
		    url, to);
	else if (f->status >= 502 && f->status <= 504)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "%.300s: %d, the web server does not reach Postern: does "
		    "it run, and may the web server connect to its socket?",
		    url, f->status);
	else if (f->status == 403)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "%.300s: 403, the web server may not start or ask "
		    "Postern: see its error log (ExecCGI, AllowOverride, "
		    "rights of the folder)",
		    url);
	else
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "%.300s: %d, and not from Postern: nothing is mounted "
		    "there, or elsewhere (--url says where)",
		    url, f->status);
}

void
ptn_doctor_reach(struct ptn_check *c)
{
	struct ptn_fetch_answer f;

	if (ptn_doctor_of(c)->url == NULL) {
		ptn_check_say(c, PTN_CHECK_SKIPPED,
		    "no page of webauthn.relying_party.origins to ask: say "
		    "--url https://HOST/PATH");
		return;
	}
	if (get(c, "/health/alive", &f) != PTN_OK) {
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "%.300s: %.300s; is it where the API is (--url)?",
		    ptn_doctor_of(c)->url, f.why);
		return;
	}
	if (f.status != 200 || strstr(f.body, "\"alive\":true") == NULL) {
		on_refusal(c, &f);
		return;
	}
	ptn_doctor_of(c)->reached = true;
	ptn_check_say(c, PTN_CHECK_OK, "Postern answers at %.300s (%.64s)",
	    ptn_doctor_of(c)->url, f.address);
}

void
ptn_doctor_keyset(struct ptn_check *c)
{
	struct ptn_fetch_answer f;
	const char *type;

	if (!ptn_doctor_of(c)->reached)
		return;
	if (get(c, "/.well-known/jwks.json", &f) != PTN_OK || f.status != 200) {
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "%.300s/.well-known/jwks.json: %d; the web server keeps "
		    "that path for itself: pass all of the API on",
		    ptn_doctor_of(c)->url, f.status);
		return;
	}
	type = ptn_fetch_header(c->a, &f, "Content-Type");
	if (type == NULL || strncmp(type, "application/json", 16) != 0 ||
	    strstr(f.body, "\"keys\"") == NULL)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "%.300s/.well-known/jwks.json is not ours: pass all of the "
		    "API on",
		    ptn_doctor_of(c)->url);
	else
		ptn_check_say(c, PTN_CHECK_OK, "the key set is published");
}

/* ------------------------------------------------------------------- HTTPS */

static bool
is_local(const char *url)
{
	size_t len;
	const char *host = ptn_url_host_in(url, &len);

	return (len == 9 && strncmp(host, "localhost", 9) == 0) ||
	    strncmp(host, "127.", 4) == 0 || strncmp(host, "::1", 3) == 0;
}

/* The same without TLS: it should lead to the other. */
static void
on_clear_text(struct ptn_check *c)
{
	struct ptn_fetch ask = { .body = -1 };
	struct ptn_fetch_answer f;
	size_t len;
	const char *host = ptn_url_host_in(ptn_doctor_of(c)->url, &len);

	if (host[len] == ':')
		return; /* a port of its own */
	ask.url = ptn_arena_printf(c->a, "http://%.*s/", (int)len, host);
	if (ask.url == NULL || ptn_fetch(c->a, &ask, &f) != PTN_OK)
		return; /* nobody there: just as well */
	if (f.status >= 300 && f.status < 400)
		ptn_check_say(c, PTN_CHECK_OK, "%s redirects", ask.url);
	else
		ptn_check_say(c, PTN_CHECK_WARNING,
		    "%s answers in clear text: let it redirect to https",
		    ask.url);
}

void
ptn_doctor_https(struct ptn_check *c)
{
	struct ptn_fetch_answer f;

	if (!ptn_doctor_of(c)->reached)
		return;
	if (strncmp(ptn_doctor_of(c)->url, "https://", 8) != 0) {
		ptn_check_say(c,
		    is_local(ptn_doctor_of(c)->url) ? PTN_CHECK_OK
						    : PTN_CHECK_ERROR,
		    is_local(ptn_doctor_of(c)->url)
			? "no TLS, on this machine alone"
			: "no TLS: browsers offer no passkeys, and keep no "
			  "secure cookie; set up https");
		return;
	}
	if (get(c, "/health/alive", &f) != PTN_OK)
		return;
	if (ptn_fetch_header(c->a, &f, "Strict-Transport-Security") == NULL)
		ptn_check_say(c, PTN_CHECK_WARNING,
		    "no Strict-Transport-Security: let the web server send it "
		    "(max-age=31536000)");
	else
		ptn_check_say(c, PTN_CHECK_OK,
		    "a certificate that is trusted, and "
		    "Strict-Transport-Security");
	on_clear_text(c);
}

/* ----------------------------------------------- what the server is asked */

/*
 * One question with a nonce of its own.  True if it was answered: *yes.
 *
 * with		what is sent besides: a header, a body
 */
static bool
ask_with(struct ptn_check *c, const char *question, const char *is,
    const struct ptn_fetch *with, struct ptn_fetch_answer *f, bool *yes)
{
	const struct ptn_scope sc = { .cf = c->cf,
		.secrets = ptn_doctor_of(c)->secrets,
		.db = c->db,
		.arena = c->a };
	struct ptn_fetch ask = *with;
	char nonce[PTN_NONCE_STR];

	ask.method = "POST";
	ask.ca = ptn_doctor_of(c)->ca;
	memset(f, 0, sizeof(*f));
	if (ptn_nonce_put(&sc, nonce) != PTN_OK)
		return false;
	ask.url = ptn_arena_printf(c->a, "%s/doctor/%s?%s=%s",
	    ptn_doctor_of(c)->url, nonce, question, is);
	if (ask.url == NULL || ptn_fetch(c->a, &ask, f) != PTN_OK ||
	    f->status != 200)
		return false;
	*yes = strstr(f->body, "\"yes\":true") != NULL;
	return true;
}

/* The same with a header or none, and a body of that many bytes. */
static bool
ask_server(struct ptn_check *c, const char *question, const char *is,
    const char *header, long body, struct ptn_fetch_answer *f, bool *yes)
{
	const struct ptn_fetch with = { .header = { "Expect:", header },
		.body = body };

	return ask_with(c, question, is, &with, f, yes);
}

/* A token that nobody gave out. */
static void
make_token(char out[2 * TOKEN_LEN + 1])
{
	uint8_t token[TOKEN_LEN];

	ptn_rng(token, sizeof(token));
	ptn_hex_encode(PTN_BYTES(token, sizeof(token)), out);
}

void
ptn_doctor_bearer(struct ptn_check *c)
{
	char token[2 * TOKEN_LEN + 1];
	const char *header;
	struct ptn_fetch_answer f;
	bool yes = false;

	if (!ptn_doctor_of(c)->reached)
		return;
	make_token(token);
	header = ptn_arena_printf(c->a, "Authorization: Bearer %s", token);
	ptn_doctor_of(c)->knows_us =
	    ask_server(c, "bearer", token, header, 0, &f, &yes);
	if (!ptn_doctor_of(c)->knows_us && f.status == 0)
		ptn_check_say(c, PTN_CHECK_SKIPPED,
		    "could not be asked%s%.300s", f.why != NULL ? ": " : "",
		    f.why != NULL ? f.why : "");
	else if (!ptn_doctor_of(c)->knows_us)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "the server does not know what was just written into the "
		    "database: it has another configuration (secrets.keys, "
		    "database) or version; reload it");
	else if (yes)
		ptn_check_say(c, PTN_CHECK_OK, "Authorization is passed on");
	else
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "the web server keeps Authorization for itself: no bearer "
		    "token works; in Apache write CGIPassAuth On");
}

/* Is the visitor this one? */
static bool
is_client(struct ptn_check *c, const char *address, const char *header)
{
	struct ptn_fetch_answer f;
	bool yes = false;

	return ask_server(c, "client", address, header, 0, &f, &yes) && yes;
}

void
ptn_doctor_client(struct ptn_check *c)
{
	const struct ptn_strs *trusted = &c->cf->trusted_proxies;
	struct ptn_fetch_answer f;
	bool forged, local;

	if (!ptn_doctor_of(c)->knows_us ||
	    get(c, "/health/alive", &f) != PTN_OK)
		return;
	local =
	    strncmp(f.address, "127.", 4) == 0 || strcmp(f.address, "::1") == 0;
	forged = is_client(c, FORGED, "X-Forwarded-For: " FORGED);
	if (forged && !local)
		ptn_check_at(c, PTN_CHECK_ERROR, trusted,
		    "who asks may claim any address by X-Forwarded-For: name "
		    "your proxies alone");
	else if (forged)
		ptn_check_at(c, PTN_CHECK_WARNING, trusted,
		    "this machine may claim any address by X-Forwarded-For; "
		    "whether others may cannot be seen from here");
	else if (!local &&
	    (is_client(c, "127.0.0.1", NULL) || is_client(c, "::1", NULL)))
		ptn_check_at(c, PTN_CHECK_ERROR, trusted,
		    "every visitor comes from 127.0.0.1: a proxy on this "
		    "machine stands between, name it here, and let it send "
		    "X-Forwarded-For");
	else
		ptn_check_say(c, PTN_CHECK_OK,
		    "no address can be claimed by X-Forwarded-For");
}

void
ptn_doctor_passed_on(struct ptn_check *c)
{
	const char *host, *control;
	struct ptn_fetch_answer f;
	bool yes = false;

	if (!ptn_doctor_of(c)->knows_us)
		return;
	host = strstr(ptn_doctor_of(c)->url, "://") + 3;
	host = ptn_arena_strndup(c->a, host, strcspn(host, "/"));
	if (host == NULL || !ask_server(c, "host", host, NULL, 0, &f, &yes))
		return;
	if (!yes)
		ptn_check_say(c, PTN_CHECK_WARNING,
		    "the web server changes Host: tenants.hosts cannot work; "
		    "in Apache write ProxyPreserveHost On");
	control = ptn_fetch_header(c->a, &f, "Cache-Control");
	if (control == NULL || strstr(control, "no-store") == NULL)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "the web server takes Cache-Control: no-store out of "
		    "answers: tokens may be kept by caches; leave it in");
	if (yes && control != NULL && strstr(control, "no-store") != NULL)
		ptn_check_say(c, PTN_CHECK_OK,
		    "Host and Cache-Control come through as they are");
}

void
ptn_doctor_body(struct ptn_check *c)
{
	const char *len = ptn_arena_printf(c->a, "%ld", BODY_LEN);
	struct ptn_fetch_answer f;
	bool yes = false;

	if (!ptn_doctor_of(c)->knows_us || len == NULL)
		return;
	if (ask_server(c, "body", len, NULL, BODY_LEN, &f, &yes) && yes)
		ptn_check_say(c, PTN_CHECK_OK, "a body of %ld bytes arrives",
		    BODY_LEN);
	else
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "a body of %ld bytes does not arrive (%d%s%.200s): raise "
		    "the web server's limit (FcgidMaxRequestLen, "
		    "client_max_body_size, server.max-request-size)",
		    BODY_LEN, f.status, f.why != NULL ? ", " : "",
		    f.why != NULL ? f.why : "");
}

/* Either will do: what comes slowly is Postern's own matter (intake.h). */
void
ptn_doctor_buffering(struct ptn_check *c)
{
	const struct ptn_fetch with = { .header = { "Expect:" },
		.body = SLOW_LEN,
		.pause_ms = SLOW_MS };
	struct ptn_fetch_answer f;
	bool yes = false;

	if (!ptn_doctor_of(c)->knows_us)
		return;
	if (!ask_with(c, "pieces", SLOW_PIECES, &with, &f, &yes))
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "a body whose last byte comes after %d ms does not arrive "
		    "(%d%s%.200s): raise the web server's time for bodies "
		    "(RequestReadTimeout, client_body_timeout, "
		    "server.max-read-idle)",
		    SLOW_MS, f.status, f.why != NULL ? ", " : "",
		    f.why != NULL ? f.why : "");
	else if (yes)
		ptn_check_say(c, PTN_CHECK_OK,
		    "the web server passes a body on as it comes; slow ones "
		    "wait in Postern (server.receive_connections)");
	else
		ptn_check_say(c, PTN_CHECK_OK,
		    "the web server keeps a body until it is whole");
}
