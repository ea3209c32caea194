#include "fcgi/cli/from.h"

#include <string.h>

/* What Kratos has exported, entry by entry. */
struct kratos {
	struct ptn_cli_entries in;
	const char *path;
};

static enum ptn_err
next(struct ptn_cli_source *src, struct ptn_cli_context *d,
    enum ptn_cli_entry *what)
{
	struct kratos *k = src->of;
	enum ptn_err r;

	*what = ptn_cli_entry_next(&k->in);
	src->why = k->in.why;
	src->whose =
	    ptn_arena_printf(d->sc.arena, "%s:%zu", k->path, k->in.line);
	if (src->whose == NULL)
		return PTN_E_NOMEM;
	if (*what == PTN_CLI_ENTRY_END && ferror(k->in.file))
		return ptn_cli_context_fail(d, PTN_E_INTERNAL,
		    "the file cannot be read");
	if (*what != PTN_CLI_ENTRY_HERE)
		return PTN_OK;
	r = ptn_cli_from_kratos_read(d->sc.arena,
	    PTN_BYTES(k->in.text, k->in.len), src);
	if (r == PTN_E_INPUT)
		*what = PTN_CLI_ENTRY_UNFIT;
	return r == PTN_E_INPUT ? PTN_OK : r;
}

enum ptn_err
ptn_cli_from_kratos(struct ptn_cli_context *d,
    const struct ptn_cli_from_way *way, struct ptn_cli_source *src)
{
	static struct kratos k;

	k = (struct kratos){ .path = way->path };
	*src = (struct ptn_cli_source){
		.next = next,
		.of = &k,
	};
	memcpy(src->left, ptn_cli_from_kratos_left, sizeof(src->left));
	return ptn_cli_entries_open(d, &k.in, way->path);
}

void
ptn_cli_from_kratos_end(struct ptn_cli_source *src)
{
	struct kratos *k = src->of;

	ptn_cli_entries_close(&k->in);
}
