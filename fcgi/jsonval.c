#include "fcgi/jsonval.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/format/address.h"

void
ptn_jsonval_uuid(struct ptn_jsonw *w, const char *name,
    const struct ptn_uuid *id)
{
	char text[PTN_UUID_STR];

	ptn_uuid_format(id, text);
	ptn_jsonw_str(w, name, text);
}

void
ptn_jsonval_time(struct ptn_jsonw *w, const char *name, int64_t us)
{
	char text[PTN_CLOCK_STR];

	ptn_clock_format(us, text);
	ptn_jsonw_str(w, name, text);
}

void
ptn_jsonval_address(struct ptn_jsonw *w, const char *name, const char *address)
{
	const char *shown = ptn_address_shown(w->buf.a, address);

	if (shown == NULL)
		w->buf.bad = true;
	else
		ptn_jsonw_str(w, name, shown);
}

void
ptn_jsonval_b64url(struct ptn_jsonw *w, const char *name,
    struct ptn_bytes bytes)
{
	const char *text = ptn_b64url_encode(w->buf.a, bytes);

	if (text == NULL)
		w->buf.bad = true;
	else
		ptn_jsonw_str(w, name, text);
}

void
ptn_jsonval_names(struct ptn_jsonw *w, const char *name, const char *joined)
{
	size_t len;

	ptn_jsonw_array(w, name);
	while (*joined != '\0') {
		len = strcspn(joined, ",");
		ptn_jsonw_bytes(w, NULL, PTN_BYTES(joined, len));
		joined += len + (joined[len] == ',');
	}
	ptn_jsonw_end_array(w);
}
