#include "lib/format/trace.h"

#include <stddef.h>
#include <string.h>

/* "00-" id "-" parent "-" flags */
#define ID_AT 3
#define PARENT_AT (ID_AT + PTN_TRACE_ID_LEN + 1)
#define FLAGS_AT (PARENT_AT + PTN_TRACE_PARENT_LEN + 1)
#define END_AT (FLAGS_AT + 2)

/* len lower-case digits, which end where a dash or the text does. */
static bool
is_hex(const char *s, size_t len)
{
	return strspn(s, "0123456789abcdef") == len;
}

static bool
take(const char *s, size_t len, char *out)
{
	if (!is_hex(s, len) || strspn(s, "0") == len)
		return false;
	memcpy(out, s, len);
	out[len] = '\0';
	return true;
}

static bool
parse(const char *text, struct ptn_trace *out)
{
	const size_t len = strlen(text);

	if (len < END_AT || text[ID_AT - 1] != '-' ||
	    text[PARENT_AT - 1] != '-' || text[FLAGS_AT - 1] != '-')
		return false;
	if (!is_hex(text, 2) || strncmp(text, "ff", 2) == 0 ||
	    !is_hex(text + FLAGS_AT, 2))
		return false;
	/* What may stand behind it is for a later version to say. */
	if (len > END_AT &&
	    (strncmp(text, "00", 2) == 0 || text[END_AT] != '-'))
		return false;
	return take(text + ID_AT, PTN_TRACE_ID_LEN, out->id) &&
	    take(text + PARENT_AT, PTN_TRACE_PARENT_LEN, out->parent);
}

bool
ptn_trace_parse(const char *text, struct ptn_trace *out)
{
	memset(out, 0, sizeof(*out));
	if (parse(text, out))
		return true;
	memset(out, 0, sizeof(*out));
	return false;
}
