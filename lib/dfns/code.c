#include "lib/dfns/code.h"

#include <string.h>

#include "lib/base/rng.h"

static const struct form {
	const char *alphabet;
	size_t len;   /* characters, without hyphens */
	size_t group; /* characters between two hyphens */
} forms[PTN_DFNS_CODE__MAX] = {
	[PTN_DFNS_CODE_MAIL] = { "0123456789", 16, 4 },
	[PTN_DFNS_CODE_CREDENTIAL] = { "23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 9,
	    3 },
};

void
ptn_dfns_code_draw(enum ptn_dfns_code_form form, char out[PTN_DFNS_CODE_STR])
{
	const struct form *f = &forms[form];
	uint32_t n = (uint32_t)strlen(f->alphabet);
	size_t i;

	for (i = 0; i < f->len; i++) {
		if (i > 0 && i % f->group == 0)
			*out++ = '-';
		*out++ = f->alphabet[ptn_rng_below(n)];
	}
	*out = '\0';
}

/*
 * What c is in the normal form: a character, 0 if it is dropped, -1 if it must
 * not occur.
 */
static int
normal_char(enum ptn_dfns_code_form form, uint8_t c)
{
	if (form == PTN_DFNS_CODE_MAIL)
		return c >= '0' && c <= '9' ? c : 0;
	if (c == '-' || c == ' ')
		return 0;
	if (c >= 'a' && c <= 'z')
		c = (uint8_t)(c - 'a' + 'A');
	return c != '\0' && strchr(forms[form].alphabet, c) != NULL ? c : -1;
}

bool
ptn_dfns_code_normal(enum ptn_dfns_code_form form, struct ptn_bytes typed,
    char out[PTN_DFNS_CODE_STR])
{
	size_t i, n = 0;
	int c = 0;

	memset(out, 0, PTN_DFNS_CODE_STR);
	if (typed.len > PTN_DFNS_CODE_TYPED_MAX)
		return false;
	for (i = 0; i < typed.len && c >= 0 && n <= forms[form].len; i++)
		if ((c = normal_char(form, typed.p[i])) > 0)
			out[n++] = (char)c;
	if (c >= 0 && n == forms[form].len)
		return true;
	ptn_wipe(out, PTN_DFNS_CODE_STR);
	return false;
}

enum ptn_err
ptn_dfns_code_check(const struct ptn_scope *sc, const struct ptn_uuid *user,
    enum ptn_code_kind kind, struct ptn_bytes typed, enum ptn_code_use use,
    struct ptn_uuid *sent_to, enum ptn_passcode_result *out)
{
	char code[PTN_DFNS_CODE_STR];
	enum ptn_err r;

	/* A text that cannot be a code is checked as one that is wrong. */
	if (!ptn_dfns_code_normal(PTN_DFNS_CODE_MAIL, typed, code))
		code[0] = '\0';
	r = ptn_code_check(sc, user, kind, code, use, sent_to, out);
	ptn_wipe(code, sizeof(code));
	return r;
}

enum ptn_err
ptn_dfns_code_use(const struct ptn_scope *sc, const struct ptn_uuid *user,
    enum ptn_code_kind kind, struct ptn_bytes typed, enum ptn_code_use use,
    struct ptn_dfns_denial *d)
{
	enum ptn_passcode_result what;
	enum ptn_err r;

	r = ptn_dfns_code_check(sc, user, kind, typed, use, NULL, &what);
	if (r == PTN_OK && what != PTN_PASSCODE_RIGHT)
		return ptn_dfns_denial_set(d, PTN_DFNS_BAD_CODE, "wrong code");
	return r;
}
