#include "fcgi/unset_token.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/bytes.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"

#define NAME "setup-token"
#define LIFE_S 3600
#define AHEAD_S 60 /* a file server's clock, or one finer than time()'s */
#define TRIES 5
#define TEXT_MAX 256
#define BITS_MIN 128
#define KINDS_MIN 8 /* different characters */

/*
 * The token's file is its own counter: "setup-token", and after n tries
 * "setup-token.n".  A try is taken by renaming it, which is atomic and
 * keeps all that is asked of the file, before a byte of it is compared: of 50
 * at once no more are judged than one after the other.
 */

/* ------------------------------------------------------------ where it lies */

static bool
name_of(const char *conf_path, unsigned int tries, char out[PATH_MAX])
{
	const char *home = ptn_conf_home(conf_path);
	const char *slash = strrchr(home, '/');
	const int folder = slash != NULL ? (int)(slash - home) + 1 : 0;
	int len;

	len = snprintf(out, PATH_MAX, tries == 0 ? "%.*s%s" : "%.*s%s.%u",
	    folder, home, NAME, tries);
	return len > 0 && len < PATH_MAX;
}

/* Below a folder, or the folder itself; "/" is what some say of no site. */
static bool
is_below(const char *path, const char *folder)
{
	const size_t len = strlen(folder);

	return len > 1 && strncmp(path, folder, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}

/* What is handed out is no place for a token, nor for a configuration. */
static bool
lies_in_site(const char *conf_path, const char *site)
{
	char path[PATH_MAX], folder[PATH_MAX], root[PATH_MAX];

	return site != NULL && name_of(conf_path, 0, path) &&
	    realpath(dirname(path), folder) != NULL &&
	    realpath(site, root) != NULL && is_below(folder, root);
}

/* ------------------------------------------------------------- what it says */

/* Tenths of a bit, by the characters that are there. */
static size_t
bits_per_character(const char *s, size_t len)
{
	bool hex = true, digits = true, upper = false, lower = false;
	size_t i;

	for (i = 0; i < len; i++) {
		digits = digits && strchr("0123456789", s[i]) != NULL;
		hex = hex && strchr("0123456789abcdefABCDEF-", s[i]) != NULL;
		lower = lower || (s[i] >= 'a' && s[i] <= 'z');
		upper = upper || (s[i] >= 'A' && s[i] <= 'Z');
	}
	if (digits)
		return 33;
	if (hex)
		return 40;
	return lower && upper ? 57 : 47;
}

/* At least 128 bits, if somebody threw dice for it. */
static bool
is_strong(const char *s, size_t len)
{
	bool seen[256] = { false };
	size_t i, kinds = 0;

	for (i = 0; i < len; i++) {
		kinds += seen[(uint8_t)s[i]] ? 0 : 1;
		seen[(uint8_t)s[i]] = true;
	}
	return kinds >= KINDS_MIN &&
	    bits_per_character(s, len) * len >= 10 * BITS_MIN;
}

/* Why a text is no token, or NULL. */
static const char *
weakness_of(const char *s, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";
	size_t i;

	if (strncmp(s, bom, strlen(bom)) == 0)
		return "begins with a byte order mark, as some editors write "
		       "it: save it as plain text without";
	for (i = 0; i < len; i++)
		if (s[i] == '\n' || s[i] == '\r')
			return "has more than one line";
		else if (s[i] <= ' ' || s[i] >= 127)
			return "has a character in it that is no letter, digit "
			       "or sign of ASCII, such as a space";
	return is_strong(s, len) ? NULL
				 : "is too easily guessed: 32 random letters "
				   "and digits will do";
}

/* Why a file of that kind is no token, or NULL. */
static const char *
problem_of(const struct stat *st)
{
	const time_t now = time(NULL);

	if (!S_ISREG(st->st_mode) || st->st_nlink != 1)
		return "is not a file with one name";
	if (st->st_uid != geteuid())
		return "belongs to another user than who runs Postern";
	if ((st->st_mode & 07777 & ~0600U) != 0)
		return "must have the mode 0600, so that nobody else reads it";
	if (st->st_mtime > now + AHEAD_S)
		return "is of the future";
	if (now - st->st_mtime > LIFE_S)
		return "is older than an hour";
	return st->st_size > TEXT_MAX ? "is too long" : NULL;
}

/* The text of it, without the end of the line; its length, or 0. */
static size_t
text_of(int fd, char text[TEXT_MAX + 1])
{
	ssize_t got = read(fd, text, TEXT_MAX);
	size_t len = got > 0 ? (size_t)got : 0;

	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
	return len;
}

/* Not through a link, and not waiting for whoever writes into a pipe. */
static size_t
read_token(const char *path, char text[TEXT_MAX + 1])
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const char *problem = NULL;
	struct stat st;
	size_t len = 0;

	if (fd < 0) {
		if (errno != ENOENT)
			ptn_warn_seldom("%s: %s: not taken for a token", path,
			    strerror(errno));
		return 0;
	}
	problem = fstat(fd, &st) != 0 ? strerror(errno) : problem_of(&st);
	if (problem == NULL) {
		len = text_of(fd, text);
		problem = weakness_of(text, len);
	}
	(void)close(fd);
	if (problem != NULL)
		ptn_warn_seldom("%s: %s: not taken for a token", path, problem);
	return problem == NULL ? len : 0;
}

/* ---------------------------------------------------------------- the tries */

/* Nothing has that name: there was no try more than before. */
static bool
is_away(const char *path)
{
	struct stat st;

	return lstat(path, &st) != 0 && errno == ENOENT;
}

/*
 * Take a try of the token at path, the n-th of which it has had.  Only of a
 * token: what will never do is left for its owner to mend.
 */
static bool
take_one(const char *conf_path, char path[PATH_MAX], unsigned int n)
{
	char next[PATH_MAX], text[TEXT_MAX + 1];
	const bool valid =
	    name_of(conf_path, n + 1, next) && read_token(path, text) > 0;

	ptn_wipe(text, sizeof(text));
	if (!valid)
		return false;
	if (rename(path, next) != 0) {
		ptn_warn_seldom("%s: %s: not taken for a token", path,
		    strerror(errno));
		return false;
	}
	memcpy(path, next, sizeof(next));
	return true;
}

/* How many tries it has had with this one, and where it lies; 0: no token. */
static unsigned int
take_try(const char *conf_path, char path[PATH_MAX])
{
	unsigned int n;

	for (n = 0; n < TRIES; n++) {
		if (!name_of(conf_path, n, path))
			return 0;
		if (is_away(path))
			continue;
		if (take_one(conf_path, path, n))
			return n + 1;
		if (!is_away(path)) /* else somebody else took it */
			return 0;
	}
	return 0;
}

static bool
is_same(const char *text, size_t len, const char *given)
{
	return len > 0 &&
	    ptn_bytes_equal(PTN_BYTES(text, len), ptn_bytes_of(given));
}

/* Nothing is taken of it then: its owner has to move more than the token. */
static bool
is_misplaced(const char *conf_path, const char *site)
{
	char path[PATH_MAX];

	if (!lies_in_site(conf_path, site))
		return false;
	if (name_of(conf_path, 0, path) && !is_away(path))
		ptn_warn_seldom(
		    "%s: lies in the site (%s), where the web server may hand "
		    "it out, and the configuration, too: move that folder out "
		    "of the site; not taken for a token",
		    path, site);
	return true;
}

bool
ptn_unset_token_is(const char *conf_path, const char *site, const char *given)
{
	char path[PATH_MAX], first[PATH_MAX], text[TEXT_MAX + 1];
	unsigned int tries;
	bool same;

	if (is_misplaced(conf_path, site) ||
	    (tries = take_try(conf_path, path)) == 0)
		return false;
	same = is_same(text, read_token(path, text), given);
	ptn_wipe(text, sizeof(text));
	if (same && name_of(conf_path, 0, first))
		(void)rename(path, first);
	if (!same && tries == TRIES)
		(void)unlink(path);
	if (!same)
		ptn_warn_seldom("set-up: a wrong token was tried");
	return same;
}

void
ptn_unset_token_spend(const char *conf_path)
{
	char path[PATH_MAX];
	unsigned int n;

	for (n = 0; n <= TRIES; n++)
		if (name_of(conf_path, n, path))
			(void)unlink(path);
}
