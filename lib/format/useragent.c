#include "lib/format/useragent.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The first that is found in it; most claim to be others, too. */
struct sign {
	const char *text;
	const char *name;
};

static const struct sign systems[] = {
	{ "iPhone", "iOS" },
	{ "iPad", "iPadOS" },
	{ "Android", "Android" },
	{ "CrOS", "ChromeOS" },
	{ "Windows", "Windows" },
	{ "Macintosh", "macOS" },
	{ "Linux", "Linux" },
	{ "FreeBSD", "FreeBSD" },
	{ "OpenBSD", "OpenBSD" },
	{ NULL, NULL },
};

static const struct sign browsers[] = {
	{ "Edg/", "Edge" },
	{ "EdgA/", "Edge" },
	{ "EdgiOS/", "Edge" },
	{ "OPR/", "Opera" },
	{ "Vivaldi/", "Vivaldi" },
	{ "SamsungBrowser/", "Samsung Internet" },
	{ "FxiOS/", "Firefox" },
	{ "Firefox/", "Firefox" },
	{ "CriOS/", "Chrome" },
	{ "HeadlessChrome/", "Chrome" },
	{ "Chrome/", "Chrome" },
	{ "Safari/", "Safari" },
	{ NULL, NULL },
};

static const char *
find(const struct sign *sign, const char *agent)
{
	while (sign->text != NULL && strstr(agent, sign->text) == NULL)
		sign++;
	return sign->name;
}

bool
ptn_useragent_digest(const char *agent, char digest[PTN_USERAGENT_MAX])
{
	const char *system = find(systems, agent);
	const char *browser = find(browsers, agent);

	if (system == NULL && browser == NULL)
		return false;
	if (system != NULL && browser != NULL)
		snprintf(digest, PTN_USERAGENT_MAX, "%s (%s)", system, browser);
	else
		snprintf(digest, PTN_USERAGENT_MAX, "%s",
		    system != NULL ? system : browser);
	return true;
}
