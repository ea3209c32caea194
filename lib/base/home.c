#include "lib/base/home.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
