#include "fcgi/cli/user.h"

#include <stdbool.h>
#include <unistd.h>

#include "fcgi/cli/option.h"
#include "fcgi/cli/setup.h"
#include "lib/account/addresses.h"
#include "lib/account/password_change.h"
#include "lib/account/person.h"
#include "lib/base/array.h"
#include "lib/crypto/hashgate.h"
#include "lib/format/address.h"

#define SERVICE "a service account: nobody logs in as one"

/* A command of WHO alone. */
static enum ptn_err
begin(struct ptn_cli_context *d, struct ptn_uuid *user, int argc, char **argv)
{
	enum ptn_err r = ptn_cli_user_open(d, NULL, 0, "WHO", argc, argv);

	return r == PTN_OK ? ptn_cli_user_find(d, argv[1], user) : r;
}

/* user delete WHO */
enum ptn_err
ptn_cli_user_delete(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_uuid user;
	enum ptn_err r;

	if ((r = begin(d, &user, argc, argv)) != PTN_OK)
		return r;
	return ptn_user_delete(&d->sc, &user);
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
	static const char *const why[PTN_PASSWORD_CHANGE__MAX] = {
		[PTN_PASSWORD_CHANGE_DONE] = NULL,
		[PTN_PASSWORD_CHANGE_FIRST] = NULL,
		[PTN_PASSWORD_CHANGE_NO_USER] = NULL,
		[PTN_PASSWORD_CHANGE_FOREIGN] = NULL,
		[PTN_PASSWORD_CHANGE_SERVICE] = SERVICE,
		[PTN_PASSWORD_CHANGE_SHORT] =
		    "it is shorter than password.min_length",
		[PTN_PASSWORD_CHANGE_LONG] =
		    "it is longer than password.max_bytes",
		[PTN_PASSWORD_CHANGE_UNFIT] =
		    "it has characters that nobody types",
	};
	enum ptn_password_change_result what;
	const char *text = ask(d);
	enum ptn_err r;

	if (text == NULL)
		return ptn_cli_context_fail(d, PTN_E_INPUT, "there is none");
	r = ptn_password_change_impose(&d->sc, user, ptn_bytes_of(text), &what);
	if (r == PTN_OK && what == PTN_PASSWORD_CHANGE_NO_USER)
		return PTN_E_NOT_FOUND;
	return r == PTN_OK && why[what] != NULL
	    ? ptn_cli_context_fail(d, PTN_E_INPUT, why[what])
	    : r;
}

/* user set-password WHO: their sessions end, and they are told. */
enum ptn_err
ptn_cli_user_set_password(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_uuid user;
	enum ptn_err r;

	if ((r = begin(d, &user, argc, argv)) != PTN_OK ||
	    (r = ptn_hashgate_open(&d->sc.gate, d->cf, NULL)) != PTN_OK)
		return r;
	r = set_password(d, &user);
	ptn_hashgate_close(&d->sc.gate);
	return r;
}

/* user lock WHO: all their sessions end, and nobody logs in as them. */
enum ptn_err
ptn_cli_user_lock(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_uuid user;
	enum ptn_err r = begin(d, &user, argc, argv);

	return r == PTN_OK ? ptn_person_lock(&d->sc, &user) : r;
}

/* user unlock WHO */
enum ptn_err
ptn_cli_user_unlock(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_uuid user;
	enum ptn_err r = begin(d, &user, argc, argv);

	return r == PTN_OK ? ptn_person_unlock(&d->sc, &user) : r;
}

static enum ptn_err
add_email(struct ptn_cli_context *d, const struct ptn_uuid *user,
    const char *text, bool verified)
{
	enum ptn_addresses_result what;
	struct ptn_email email;
	char *address;
	enum ptn_err r;

	r = ptn_address_canonical(d->sc.arena, text, &address);
	if (r == PTN_E_INPUT)
		return ptn_cli_context_fail(d, r, "that is no e-mail address");
	if (r != PTN_OK ||
	    (r = ptn_addresses_give(&d->sc, user, address, verified, &email,
		 &what)) != PTN_OK)
		return r;
	if (what == PTN_ADDRESSES_OWNED)
		return ptn_cli_context_fail(d, PTN_E_CONFLICT,
		    "that address has an owner already");
	if (what == PTN_ADDRESSES_SERVICE)
		return ptn_cli_context_fail(d, PTN_E_CONFLICT, SERVICE);
	if (what == PTN_ADDRESSES_FULL)
		return ptn_cli_context_fail(d, PTN_E_CONFLICT,
		    "they have as many addresses as email.limit lets them");
	return what == PTN_ADDRESSES_DONE ? PTN_OK : PTN_E_NOT_FOUND;
}

/* user add-email WHO ADDRESS: theirs at once. */
enum ptn_err
ptn_cli_user_add_email(struct ptn_cli_context *d, int argc, char **argv)
{
	bool verified = false;
	const struct ptn_cli_option own[] = {
		{ "--verified", NULL, &verified, NULL, 0 },
	};
	struct ptn_uuid user;
	enum ptn_err r;

	r = ptn_cli_user_open(d, own, PTN_ARRAY_LEN(own), "WHO ADDRESS", argc,
	    argv);
	if (r != PTN_OK || (r = ptn_cli_user_find(d, argv[1], &user)) != PTN_OK)
		return r;
	return add_email(d, &user, argv[2], verified);
}
