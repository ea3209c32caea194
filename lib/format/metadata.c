#include "lib/format/metadata.h"

#include "lib/format/json.h"

const char *const ptn_metadata_names[PTN_METADATA__MAX] = {
	[PTN_METADATA_PUBLIC] = "public_metadata",
	[PTN_METADATA_PRIVATE] = "private_metadata",
	[PTN_METADATA_UNSAFE] = "unsafe_metadata",
};

static bool
is_told(const struct ptn_metadata *m, int kind, bool private)
{
	return m->text[kind] != NULL &&
	    (private || kind != PTN_METADATA_PRIVATE);
}

bool
ptn_metadata_is_any(const struct ptn_metadata *m, bool private)
{
	int i;

	for (i = 0; i < PTN_METADATA__MAX; i++)
		if (is_told(m, i, private))
			return true;
	return false;
}

void
ptn_metadata_write(struct ptn_jsonw *w, const char *name,
    const struct ptn_metadata *m, bool private)
{
	int i;

	if (!ptn_metadata_is_any(m, private))
		return;
	ptn_jsonw_object(w, name);
	for (i = 0; i < PTN_METADATA__MAX; i++)
		if (is_told(m, i, private))
			ptn_jsonw_raw(w, ptn_metadata_names[i], m->text[i]);
	ptn_jsonw_end_object(w);
}
