#include "fcgi/cli/user.h"

#include <stdio.h>
#include <string.h>

#include "lib/account/user.h"
#include "lib/account/username.h"
#include "lib/event/actor.h"
#include "lib/format/address.h"

#define TITLE_MAX 32 /* bytes of "user COMMAND" */

static int
count_words(const char *names)
{
	int n = names[0] != '\0';

	for (; *names != '\0'; names++)
		n += *names == ' ';
	return n;
}

enum ptn_err
ptn_cli_user_open(struct ptn_cli_context *d, const struct ptn_cli_option *own,
    size_t n, const char *names, int argc, char **argv)
{
	const char *tenant = NULL;
	struct ptn_cli_option options[PTN_CLI_USER_OPTIONS_MAX + 1] = {
		{ "--tenant", &tenant, NULL, NULL, 0 },
	};
	const int words = count_words(names);
	char title[TITLE_MAX];

	(void)snprintf(title, sizeof(title), "user %s", argv[0]);
	if (n > 0)
		memcpy(options + 1, own, n * sizeof(*own));
	d->misused = ptn_cli_options(title, options, n + 1, &argc, argv) >= 0 ||
	    ptn_cli_words(title, names, words, words, argc, argv) >= 0;
	return d->misused ? PTN_E_INPUT : ptn_cli_context_tenant(d, tenant);
}

enum ptn_err
ptn_cli_user_lower(struct ptn_arena *a, const char **text)
{
	return ptn_username_canonical(a, *text, text);
}

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
	if ((r = ptn_cli_user_lower(sc->arena, &who)) != PTN_OK)
		return r;
	if ((r = ptn_username_owner(sc, who, &owner)) == PTN_OK)
		*id = owner.user_id;
	return r;
}

enum ptn_err
ptn_cli_user_find(struct ptn_cli_context *d, const char *who,
    struct ptn_uuid *user)
{
	enum ptn_err r = find(&d->sc, who, user);

	if (r == PTN_OK)
		ptn_actor_is(&d->sc, user, NULL);
	return r == PTN_E_NOT_FOUND
	    ? ptn_cli_context_fail(d, r, "there is no such user")
	    : r;
}
