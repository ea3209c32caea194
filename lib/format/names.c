#include "lib/format/names.h"

#include <string.h>

#include "lib/format/json.h"

#define NAMES_MAX 16	/* elements */
#define NAME_LEN_MAX 32 /* bytes of one */

static bool
is_name(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

	return s != NULL && *s != '\0' && strlen(s) <= NAME_LEN_MAX &&
	    strspn(s, plain) == strlen(s);
}

const char *
ptn_names_join(struct ptn_arena *a, const struct ptn_json *json)
{
	const char *name;
	struct ptn_buf b;
	size_t i, n = 0;

	ptn_buf_init(&b, a);
	for (i = 0; i < ptn_json_len(json) && n < NAMES_MAX; i++) {
		name = ptn_json_text(a, ptn_json_at(json, i));
		if (is_name(name))
			ptn_buf_printf(&b, "%s%s", n++ > 0 ? "," : "", name);
	}
	if (b.bad)
		return NULL;
	return b.p != NULL ? b.p : "";
}
