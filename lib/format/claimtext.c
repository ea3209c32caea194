#include "lib/format/claimtext.h"

#include <string.h>

#include "lib/base/array.h"

#define BLANK " \t"

static const struct {
	const char *name;
	enum ptn_claimtext_what what;
} names[] = {
	{ ".User.UserID", PTN_CLAIMTEXT_USER_ID },
	{ ".User.Email.Address", PTN_CLAIMTEXT_ADDRESS },
	{ ".User.Email.IsPrimary", PTN_CLAIMTEXT_PRIMARY },
	{ ".User.Email.IsVerified", PTN_CLAIMTEXT_VERIFIED },
	{ ".User.Username", PTN_CLAIMTEXT_USERNAME },
	{ ".User.Metadata.Public", PTN_CLAIMTEXT_PUBLIC },
	{ ".User.Metadata.Unsafe", PTN_CLAIMTEXT_UNSAFE },
};

static enum ptn_err
no(const char **why, const char *text)
{
	*why = text;
	return PTN_E_INPUT;
}

/* By names and dots: nothing that searches. */
static bool
is_path(struct ptn_bytes path)
{
	static const char special[] = "#*?|@!{}[]()<>=%~\"\\";
	size_t i;

	for (i = 0; i < path.len; i++)
		if (strchr(special, path.p[i]) != NULL ||
		    (path.p[i] == '.' &&
			(i == 0 || i + 1 == path.len || path.p[i + 1] == '.')))
			return false;
	return path.len > 0;
}

/* "a.b" or `a.b`, behind the name; *p is then behind it. */
static enum ptn_err
read_path(const char **p, struct ptn_bytes *out, const char **why)
{
	const char quote = **p;
	const char *end;

	if (quote != '"' && quote != '`')
		return no(why, "names metadata without \"a.path\" behind it");
	if ((end = strchr(*p + 1, quote)) == NULL)
		return no(why, "has a quote that is never closed");
	*out = PTN_BYTES(*p + 1, (size_t)(end - *p) - 1);
	*p = end + 1;
	return is_path(*out) ? PTN_OK
			     : no(why,
				   "has a path of metadata that is not of "
				   "names and dots");
}

static enum ptn_claimtext_what
named(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(names); i++)
		if (strlen(names[i].name) == len &&
		    memcmp(names[i].name, s, len) == 0)
			return names[i].what;
	return PTN_CLAIMTEXT_LITERAL;
}

/* *p is behind "{{", and then behind "}}". */
static enum ptn_err
read_name(const char **p, struct ptn_claimtext_part *part, const char **why)
{
	size_t len;
	enum ptn_err r;

	*p += strspn(*p, BLANK);
	len = strcspn(*p, BLANK "}\"`");
	part->what = named(*p, len);
	if (part->what == PTN_CLAIMTEXT_LITERAL)
		return no(why,
		    "has something between {{ and }} that there is not here");
	*p += len;
	*p += strspn(*p, BLANK);
	if (ptn_claimtext_is_metadata(part->what) &&
	    (r = read_path(p, &part->text, why)) != PTN_OK)
		return r;
	*p += strspn(*p, BLANK);
	if (strncmp(*p, "}}", 2) != 0)
		return no(why, "has a {{ without the }} behind one name");
	*p += 2;
	return PTN_OK;
}

/* As much as there is before the next name. */
static void
read_literal(const char **p, struct ptn_claimtext_part *part)
{
	const char *end = strstr(*p, "{{");

	if (end == NULL)
		end = *p + strlen(*p);
	part->what = PTN_CLAIMTEXT_LITERAL;
	part->text = PTN_BYTES(*p, (size_t)(end - *p));
	*p = end;
}

/* What is put in there could be more than it seems. */
static bool
mixes_json(const struct ptn_claimtext *t)
{
	return t->n > 1 && t->part[0].what == PTN_CLAIMTEXT_LITERAL &&
	    memchr("{[", t->part[0].text.p[0], 2) != NULL;
}

enum ptn_err
ptn_claimtext_read(const char *text, struct ptn_claimtext *out,
    const char **why)
{
	struct ptn_claimtext_part *part;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	while (*text != '\0') {
		if (out->n == PTN_CLAIMTEXT_PARTS)
			return no(why, "has too many names in it");
		part = &out->part[out->n++];
		if (strncmp(text, "{{", 2) != 0) {
			read_literal(&text, part);
			continue;
		}
		text += 2;
		if ((r = read_name(&text, part, why)) != PTN_OK)
			return r;
	}
	return mixes_json(out)
	    ? no(why, "is JSON with a name in it: write a section, or a list")
	    : PTN_OK;
}

bool
ptn_claimtext_is_metadata(enum ptn_claimtext_what what)
{
	return what == PTN_CLAIMTEXT_PUBLIC || what == PTN_CLAIMTEXT_UNSAFE;
}

bool
ptn_claimtext_is_ours(struct ptn_bytes name)
{
	static const char *const ours[] = { "amr", "aud", "email", "exp", "iat",
		"iss", "jti", "nbf", "session_id", "sub", "tenant_id",
		"username",
		/* As GET /sessions/validate calls them. */
		"audience", "expiration", "issued_at", "issuer", "subject" };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(ours); i++)
		if (ptn_bytes_equal(name, ptn_bytes_of(ours[i])))
			return true;
	return false;
}
