#include "lib/account/person_text.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/unicode.h"

const char *const ptn_person_text_names[PTN_PERSON_TEXT__MAX] = {
	[PTN_PERSON_NAME] = "name",
	[PTN_PERSON_GIVEN_NAME] = "given_name",
	[PTN_PERSON_FAMILY_NAME] = "family_name",
	[PTN_PERSON_PICTURE] = "picture",
};

/* Without the white space around it. */
static char *
trimmed(struct ptn_arena *a, const char *s)
{
	static const char white[] = " \t\r\n";
	size_t len;

	s += strspn(s, white);
	len = strlen(s);
	while (len > 0 && strchr(white, s[len - 1]) != NULL)
		len--;
	return ptn_arena_strndup(a, s, len);
}

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
	const char *s = trimmed(a, in);

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
