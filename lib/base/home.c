#include "lib/base/home.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/array.h"

#define LIB "/lib"
#define LOADER "/ld-"
#define DATA "/share"

/* The file of a line of /proc/PID/maps, if that is of the address; or NULL. */
static const char *
mapped(char *line, uintptr_t address)
{
	unsigned long from, to;
	int file = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%lx-%lx %*s %*s %*s %*s%n", &from, &to, &file) != 2 ||
	    file == 0 || address < from || address >= to)
		return NULL;
	return strchr(line, '/');
}

/*
 * The file that this code is in.  /proc/self/exe is the loader if that was
 * started with a program, and the name of the program may be anything.
 */
static bool
find_code(char out[PATH_MAX])
{
	char line[PATH_MAX + 128];
	const char *file = NULL;
	FILE *f = fopen("/proc/self/maps", "re");

	if (f == NULL)
		return false;
	while (file == NULL && fgets(line, sizeof(line), f) != NULL)
		file = mapped(line, (uintptr_t)&find_code);
	(void)fclose(f);
	return file != NULL && snprintf(out, PATH_MAX, "%s", file) < PATH_MAX;
}

/* Cut the last name off; the length of what is left. */
static size_t
folder(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL)
		return 0;
	*slash = '\0';
	return (size_t)(slash - path);
}

static bool
find_home(char out[PATH_MAX])
{
	const size_t lib = sizeof(LIB) - 1;
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe));
	size_t len;

	if (n <= 0 || (size_t)n >= sizeof(exe))
		return false;
	exe[n] = '\0';
	len = folder(exe);
	if (strncmp(exe + len + 1, LOADER + 1, sizeof(LOADER) - 2) != 0 ||
	    !find_code(out) || folder(out) != len || strcmp(exe, out) != 0 ||
	    len <= lib || strcmp(out + len - lib, LIB) != 0)
		return false;
	out[len - lib] = '\0';
	return true;
}

const char *
ptn_home(void)
{
	static char home[PATH_MAX];
	static bool asked, found;

	if (!asked)
		found = find_home(home);
	asked = true;
	return found ? home : NULL;
}

const char *
ptn_home_data(void)
{
	static char data[PATH_MAX + sizeof(DATA)];

	if (ptn_home() == NULL)
		return PTN_DATADIR;
	(void)snprintf(data, sizeof(data), "%s" DATA, ptn_home());
	return data;
}

/* Is it beside this program? */
static bool
find_beside(const char *name, char *out, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", out, size - 1);
	char *slash;
	int len;

	if (n <= 0)
		return false;
	out[n] = '\0';
	if ((slash = strrchr(out, '/')) == NULL)
		return false;
	size -= (size_t)(slash + 1 - out);
	len = snprintf(slash + 1, size, "%s", name);
	return len > 0 && (size_t)len < size && access(out, X_OK) == 0;
}

bool
ptn_home_program(const char *name, char *out, size_t size)
{
	const char *home = ptn_home();

	if (home == NULL && find_beside(name, out, size))
		return true;
	/* There is a script that starts it as we were: by the loader. */
	(void)snprintf(out, size, "%s/%s", home != NULL ? home : PTN_LIBEXECDIR,
	    name);
	return access(out, X_OK) == 0;
}

const char *
ptn_home_authorities(void)
{
	static const char *const places[] = {
		"/etc/ssl/certs/ca-certificates.crt", /* Debian, Arch */
		"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL */
		"/etc/ssl/ca-bundle.pem",	      /* SUSE */
		"/etc/ssl/cert.pem",		      /* Alpine */
	};
	size_t i;

	if (ptn_home() != NULL)
		for (i = 0; i < PTN_ARRAY_LEN(places); i++)
			if (access(places[i], R_OK) == 0)
				return places[i];
	return "";
}
