#include "fcgi/cli/setup.h"

#include <string.h>

#include "lib/conf/conf.h"

static enum ptn_err
edit(struct ptn_setup *s, const char *path, const char *value)
{
	enum ptn_err r = ptn_conf_edit(s->a, s->text, path, value, &s->text);

	if (r == PTN_E_NOT_FOUND)
		(void)fprintf(stderr,
		    "postern: setup: %s: is not a known key\n", path);
	else if (r != PTN_OK)
		(void)fprintf(stderr,
		    "%s: %s cannot be changed as it is laid out: write it by "
		    "hand\n",
		    s->file, path);
	return r;
}

void
ptn_setup_tell_kept(const struct ptn_setup *s, const char *path, const char *is,
    const char *wanted)
{
	const bool secret = (is != NULL && ptn_conf_tells_secret(path, is)) ||
	    ptn_conf_tells_secret(path, wanted);

	if (secret)
		(void)printf("%s: %s stays as it is, and not what was given\n",
		    s->file, path);
	else
		(void)printf("%s: %s stays %s, and not \"%s\"\n", s->file, path,
		    is != NULL ? is : "at its default", wanted);
}

enum ptn_err
ptn_setup_put(struct ptn_setup *s, const char *path, const char *value)
{
	const char *is = NULL;

	if (s->old != NULL)
		is = ptn_conf_set_in(s->a, s->old, path);
	if (is == NULL)
		return edit(s, path, value);
	if (strcmp(is, value) != 0)
		ptn_setup_tell_kept(s, path, is, value);
	return PTN_OK;
}

enum ptn_err
ptn_setup_put_secret(struct ptn_setup *s, const char *path, const char *secret)
{
	const char *value = ptn_conf_literal(s->a, secret);

	return value != NULL ? ptn_setup_put(s, path, value) : PTN_E_NOMEM;
}

enum ptn_err
ptn_setup_replace(struct ptn_setup *s, const char *path, const char *value)
{
	const char *was = NULL;

	if (s->old != NULL)
		was = ptn_conf_set_in(s->a, s->old, path);
	if (was != NULL && strcmp(was, value) != 0)
		(void)printf("%s: %s was %s, and is \"%s\" now\n", s->file,
		    path, was, value);
	return edit(s, path, value);
}
