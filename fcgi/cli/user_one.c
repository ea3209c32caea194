#include "fcgi/cli/user.h"

#include <string.h>
#include <unistd.h>

#include "fcgi/cli/option.h"
#include "fcgi/cli/print.h"
#include "fcgi/cli/setup.h"
#include "lib/account/password.h"
#include "lib/account/policy.h"
#include "lib/account/session.h"
#include "lib/account/user.h"
#include "lib/account/username.h"
#include "lib/base/array.h"
#include "lib/crypto/hashgate.h"
#include "lib/event/actor.h"
#include "lib/format/address.h"

/* By what a user is named: id, address or username, in this order. */
static enum ptn_err
find(const struct ptn_scope *sc, const char *who, struct ptn_uuid *id)
{
	struct ptn_user user;
	struct ptn_user_ref ref;
	struct ptn_username_owner owner;
	char *address;
	enum ptn_err r;

	if (ptn_uuid_parse_any(who, id))
		return ptn_user_get(sc, id, &user);
	r = ptn_address_canonical(sc->arena, who, &address);
	if (r == PTN_OK) {
		if ((r = ptn_user_by_address(sc, address, &ref)) == PTN_OK)
			*id = ref.id;
		return r;
	}
	if (r != PTN_E_INPUT)
		return r;
	if ((r = ptn_username_owner(sc, who, &owner)) == PTN_OK)
		*id = owner.user_id;
	return r;
}

/* What these commands have in common: WHO and --tenant. */
struct words {
	const char *title;
	struct ptn_uuid user; /* found */
};

static enum ptn_err
begin(struct ptn_cli_context *d, struct words *w, int argc, char **argv)
{
	const char *tenant = NULL;
	const struct ptn_cli_option options[] = {
		{ "--tenant", &tenant, NULL, NULL, 0 },
	};
	enum ptn_err r;

	d->misused = ptn_cli_options(w->title, options, PTN_ARRAY_LEN(options),
			 &argc, argv) >= 0 ||
	    ptn_cli_words(w->title, "WHO", 1, 1, argc, argv) >= 0;
	if (d->misused)
		return PTN_E_INPUT;
	if ((r = ptn_cli_context_tenant(d, tenant)) != PTN_OK)
		return r;
	r = find(&d->sc, argv[1], &w->user);
	if (r == PTN_OK)
		ptn_actor_is(&d->sc, &w->user, NULL);
	return r == PTN_E_NOT_FOUND
	    ? ptn_cli_context_fail(d, r, "there is no such user")
	    : r;
}

/* user delete WHO */
enum ptn_err
ptn_cli_user_delete(struct ptn_cli_context *d, int argc, char **argv)
{
	struct words w = { .title = "user delete" };
	enum ptn_err r;

	if ((r = begin(d, &w, argc, argv)) != PTN_OK)
		return r;
	return ptn_user_delete(&d->sc, &w.user);
}

/* Hidden on a terminal, else a line of standard input; never a word. */
static const char *
ask(struct ptn_cli_context *d)
{
	return isatty(STDIN_FILENO) == 1
	    ? ptn_setup_read_hidden(d->sc.arena, "password")
	    : ptn_setup_read_line(d->sc.arena, STDIN_FILENO);
}

static enum ptn_err
set_password(struct ptn_cli_context *d, const struct ptn_uuid *user)
{
	const char *text = ask(d);
	struct ptn_bytes pw;
	bool created;
	enum ptn_err r;

	if (text == NULL)
		return ptn_cli_context_fail(d, PTN_E_INPUT, "there is none");
	pw = ptn_bytes_of(text);
	if (ptn_policy_short(d->cf, pw))
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    "it is shorter than password.min_length");
	if (ptn_policy_long(d->cf, pw))
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    "it is longer than password.max_bytes");
	r = ptn_password_set(&d->sc, user, NULL, pw, &created);
	return r == PTN_E_INPUT
	    ? ptn_cli_context_fail(d, r, "it has characters that nobody types")
	    : r;
}

/* user set-password WHO: their sessions end, and they are told. */
enum ptn_err
ptn_cli_user_set_password(struct ptn_cli_context *d, int argc, char **argv)
{
	struct words w = { .title = "user set-password" };
	enum ptn_err r;

	if ((r = begin(d, &w, argc, argv)) != PTN_OK ||
	    (r = ptn_hashgate_open(&d->sc.gate, d->cf, NULL)) != PTN_OK)
		return r;
	r = set_password(d, &w.user);
	ptn_hashgate_close(&d->sc.gate);
	return r;
}

static void
print_session(const struct ptn_session_row *s)
{
	char id[PTN_UUID_STR];

	ptn_uuid_format(&s->id, id);
	(void)printf("%s", id);
	ptn_cli_print_time(s->created_at_us);
	ptn_cli_print_time(s->last_used_us);
	(void)printf("  %-39s  %s\n",
	    s->ip_address != NULL ? s->ip_address : "-",
	    s->user_agent != NULL ? s->user_agent : "-");
}

/* user sessions WHO: those of the public API. */
enum ptn_err
ptn_cli_user_sessions(struct ptn_cli_context *d, int argc, char **argv)
{
	struct words w = { .title = "user sessions" };
	struct ptn_session_row *s;
	size_t i, n;
	enum ptn_err r;

	if ((r = begin(d, &w, argc, argv)) != PTN_OK)
		return r;
	r = ptn_sessions_of(&d->sc, &w.user, &s, &n);
	for (i = 0; r == PTN_OK && i < n; i++)
		print_session(&s[i]);
	return r;
}
