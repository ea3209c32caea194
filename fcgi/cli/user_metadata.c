#include "fcgi/cli/print.h"
#include "fcgi/cli/user.h"
#include "lib/account/metadata.h"
#include "lib/base/array.h"
#include "lib/format/json.h"

static enum ptn_err
print(struct ptn_cli_context *d, const struct ptn_uuid *user)
{
	struct ptn_metadata m;
	struct ptn_jsonw w;
	enum ptn_err r = ptn_metadata_of(&d->sc, user, &m);

	if (r != PTN_OK || !ptn_metadata_is_any(&m, true))
		return r;
	ptn_jsonw_init(&w, d->sc.arena);
	ptn_metadata_write(&w, NULL, &m, true);
	return ptn_cli_print_json(&w);
}

static enum ptn_err
settle(struct ptn_cli_context *d, enum ptn_metadata_result what)
{
	static const char *const why[PTN_METADATA_RESULT__MAX] = {
		[PTN_METADATA_UNKNOWN] = NULL,
		[PTN_METADATA_OUTDATED] = NULL,
		[PTN_METADATA_DONE] = NULL,
		[PTN_METADATA_UNFIT] = "what metadata has are objects, whose "
				       "whole numbers have 64 bits at most",
		[PTN_METADATA_LONG] =
		    "one of them would have more than 3000 characters",
	};

	if (why[what] != NULL)
		return ptn_cli_context_fail(d, PTN_E_INPUT, why[what]);
	return what == PTN_METADATA_DONE ? PTN_OK : PTN_E_NOT_FOUND;
}

static enum ptn_err
patch(struct ptn_cli_context *d, const struct ptn_uuid *user, const char *text)
{
	struct ptn_metadata_change c = { .wrong = 0 };
	enum ptn_metadata_result what;
	struct ptn_json *v = NULL;
	const char *why;
	enum ptn_err r;

	r = ptn_json_parse(ptn_bytes_of(text), PTN_METADATA_DEPTH + 1, &v,
	    &why);
	if (r == PTN_OK && !ptn_metadata_changes(&c, v))
		r = PTN_E_INPUT;
	if (r == PTN_E_INPUT)
		r = ptn_cli_context_fail(d, r,
		    "--patch: an object of JSON, or null");
	else if (r == PTN_OK)
		r = ptn_metadata_patch(&d->sc, user, &c, &what);
	if (r == PTN_OK)
		r = settle(d, what);
	ptn_json_free(&v);
	return r;
}

/* user metadata WHO: prints what there is, after it was changed. */
enum ptn_err
ptn_cli_user_metadata(struct ptn_cli_context *d, int argc, char **argv)
{
	const char *text = NULL;
	const struct ptn_cli_option own[] = {
		{ "--patch", &text, NULL, NULL, 0 },
	};
	struct ptn_uuid user;
	enum ptn_err r;

	r = ptn_cli_user_open(d, own, PTN_ARRAY_LEN(own), "WHO", argc, argv);
	if (r != PTN_OK || (r = ptn_cli_user_find(d, argv[1], &user)) != PTN_OK)
		return r;
	if (text != NULL && (r = patch(d, &user, text)) != PTN_OK)
		return r;
	return print(d, &user);
}
