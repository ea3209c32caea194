#include "fcgi/cli/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char cut[] = "the file ends within an entry";
static const char long_one[] = "it is longer than 8388608 bytes";

static int
next_byte(struct ptn_cli_entries *in)
{
	const int c = getc_unlocked(in->file);

	in->at += c == '\n';
	return c;
}

static bool
is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int
next_visible(struct ptn_cli_entries *in)
{
	int c = next_byte(in);

	while (is_space(c))
		c = next_byte(in);
	return c;
}

static enum ptn_cli_entry
broken(struct ptn_cli_entries *in, const char *why)
{
	in->why = why;
	in->done = true;
	return PTN_CLI_ENTRY_BROKEN;
}

/* What is too long is passed over: len counts on. */
static void
keep(struct ptn_cli_entries *in, int c)
{
	if (in->len < PTN_CLI_ENTRY_MAX)
		in->text[in->len] = (char)c;
	in->len++;
}

static enum ptn_cli_entry
whole(struct ptn_cli_entries *in)
{
	in->why = long_one;
	return in->len <= PTN_CLI_ENTRY_MAX ? PTN_CLI_ENTRY_HERE
					    : PTN_CLI_ENTRY_UNFIT;
}

/* Which of both it is, and behind a mark of the byte order if there is one. */
static int
begin(struct ptn_cli_entries *in)
{
	int c;

	in->at = 1;
	in->begun = true;
	c = next_visible(in);
	if (c == 0xef && next_byte(in) == 0xbb && next_byte(in) == 0xbf)
		c = next_visible(in);
	in->array = c == '[';
	return in->array ? next_visible(in) : c;
}

static enum ptn_cli_entry
line(struct ptn_cli_entries *in, int c)
{
	for (; c != EOF && c != '\n'; c = next_byte(in))
		keep(in, c);
	return whole(in);
}

/* Up to the comma or bracket behind it, which are not in strings. */
static enum ptn_cli_entry
element(struct ptn_cli_entries *in, int c)
{
	bool quoted = false, escaped = false;
	size_t depth = 0;

	for (;; c = next_byte(in)) {
		if (c == EOF)
			return broken(in, cut);
		if (!quoted && depth == 0 && (c == ',' || c == ']'))
			break;
		keep(in, c);
		if (quoted) {
			quoted = escaped || c != '"';
			escaped = !escaped && c == '\\';
		} else if (c == '"')
			quoted = true;
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth-- == 0)
			return broken(in, "a bracket closes nothing");
	}
	in->done = c == ']';
	if (in->done && next_visible(in) != EOF)
		return broken(in, "something follows the array");
	return whole(in);
}

enum ptn_cli_entry
ptn_cli_entry_next(struct ptn_cli_entries *in)
{
	int c;

	in->len = 0;
	if (in->done)
		return PTN_CLI_ENTRY_END;
	c = in->begun ? next_visible(in) : begin(in);
	in->line = in->at;
	if (!in->array)
		return c == EOF ? PTN_CLI_ENTRY_END : line(in, c);
	if (c == EOF)
		return broken(in, "the array has no end");
	if (c == ']' && in->len == 0) {
		in->done = true;
		return next_visible(in) == EOF
		    ? PTN_CLI_ENTRY_END
		    : broken(in, "something follows the array");
	}
	return element(in, c);
}

enum ptn_err
ptn_cli_entries_open(struct ptn_cli_context *d, struct ptn_cli_entries *in,
    const char *path)
{
	memset(in, 0, sizeof(*in));
	if ((in->text = malloc(PTN_CLI_ENTRY_MAX)) == NULL)
		return PTN_E_NOMEM;
	in->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (in->file != NULL)
		return PTN_OK;
	(void)fprintf(stderr, "postern: %s: %s\n", path, strerror(errno));
	return ptn_cli_context_fail(d, PTN_E_NOT_FOUND,
	    "there is nothing to read");
}

void
ptn_cli_entries_close(struct ptn_cli_entries *in)
{
	if (in->text != NULL)
		ptn_wipe(in->text, PTN_CLI_ENTRY_MAX);
	free(in->text);
	if (in->file != NULL)
		(void)fclose(in->file);
	memset(in, 0, sizeof(*in));
}
