#include "lib/format/hook.h"

#include <stddef.h>
#include <string.h>

#include "lib/base/array.h"

static const char *const names[] = { "user", "user.create", "user.delete",
	"user.login", "user.update", "user.update.email",
	"user.update.email.create", "user.update.email.delete",
	"user.update.email.primary", "user.update.username",
	"user.update.username.create", "user.update.username.delete",
	"user.update.username.update", "user.update.password.update",
	"email.send", "session", "session.create", "session.create.flow",
	"session.create.admin", "session.delete", "session.delete.explicit",
	"session.delete.explicit.logout", "session.delete.explicit.revoke",
	"session.delete.admin", "session.delete.admin.revoke",
	"session.delete.passive", "session.delete.passive.expire",
	"session.delete.passive.limit" };

bool
ptn_hook_is_name(const char *name)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

bool
ptn_hook_wants(const char *list, const char *event)
{
	size_t len;

	for (; *list != '\0'; list += len) {
		list += strspn(list, " ");
		len = strcspn(list, " ");
		if (len > 0 && strncmp(list, event, len) == 0 &&
		    (event[len] == '\0' || event[len] == '.'))
			return true;
	}
	return false;
}

/* What stands between the scheme and the path. */
static const char *
authority_fault(const char *s, size_t len)
{
	if (len == 0 || s[0] == ':')
		return "has no host";
	if (memchr(s, '@', len) != NULL)
		return "has a user in it, whom nobody would be told of";
	return NULL;
}

const char *
ptn_hook_url_fault(const char *url, bool http)
{
	const char *rest = NULL, *p;

	for (p = url; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
		    *p == '#' || *p == '\\')
			return "is no address of the web";
	if (p - url > PTN_HOOK_URL_MAX)
		return "is too long";
	if (strncmp(url, "https://", 8) == 0)
		rest = url + 8;
	else if (strncmp(url, "http://", 7) == 0)
		rest = url + 7;
	if (rest == NULL)
		return "does not begin with https://";
	if (url[4] == ':' && !http)
		return "is http: write https, or set webhooks.allow_http";
	return authority_fault(rest, strcspn(rest, "/?"));
}
