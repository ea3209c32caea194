#include "lib/account/person_text.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/unicode.h"
#include "lib/format/json.h"

const char *const ptn_person_text_names[PTN_PERSON_TEXT__MAX] = {
	[PTN_PERSON_NAME] = "name",
	[PTN_PERSON_GIVEN_NAME] = "given_name",
	[PTN_PERSON_FAMILY_NAME] = "family_name",
	[PTN_PERSON_PICTURE] = "picture",
};

/* http or https, with a host, and without anybody's name and password. */
static bool
is_picture(const char *url)
{
	size_t scheme, len;

	scheme = strncmp(url, "https://", 8) == 0 ? 8
	    : strncmp(url, "http://", 7) == 0	  ? 7
						  : 0;
	len = strcspn(url + scheme, "/?#");
	return scheme > 0 && len > 0 &&
	    memchr(url + scheme, '@', len) == NULL &&
	    url[strcspn(url, " \t\r\n\\\"<>^`{|}")] == '\0';
}

enum ptn_err
ptn_person_text_read(struct ptn_arena *a, enum ptn_person_text which,
    const char *in, const char **out)
{
	const bool picture = which == PTN_PERSON_PICTURE;
	const char *s = ptn_arena_trim(a, in, " \t\r\n");

	*out = NULL;
	if (s == NULL)
		return PTN_E_NOMEM;
	if (s[0] == '\0')
		return PTN_OK;
	if (ptn_utf8_length(ptn_bytes_of(s)) >
	    (picture ? PTN_PERSON_PICTURE_MAX : PTN_PERSON_NAME_MAX))
		return PTN_E_INPUT;
	if (picture && !is_picture(s))
		return PTN_E_INPUT;
	*out = s;
	return PTN_OK;
}

void
ptn_person_text_write(struct ptn_jsonw *w,
    const char *const text[PTN_PERSON_TEXT__MAX])
{
	size_t i;

	for (i = 0; i < PTN_PERSON_TEXT__MAX; i++)
		if (text[i] != NULL)
			ptn_jsonw_str(w, ptn_person_text_names[i], text[i]);
}
