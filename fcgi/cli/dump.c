#include "fcgi/cli/dump.h"

#include <string.h>
#include <strings.h>

#include "lib/base/hex.h"

#define TOKEN_MAX 8192 /* bytes of one that is kept; the rest is dropped */
#define NAME_LEN 65    /* of MariaDB's longest, with the NUL */
#define TABLES_MAX 8

enum kind { END, WORD, NAME, STRING, SIGN };

struct reader {
	struct ptn_dump *d;
	FILE *in;
	/* The token that was read last. */
	enum kind kind;
	uint8_t p[TOKEN_MAX + 1]; /* with a NUL behind it */
	size_t len;
	bool cut;	       /* it was longer */
	bool begun, completed; /* as its comments say */
	/* Where the columns stand in a row, by CREATE TABLE; -1: nowhere. */
	int place[TABLES_MAX][2];
	/* The values of the row that is read. */
	uint8_t value[2][TOKEN_MAX];
	size_t value_len[2];
};

static int
get(struct reader *r)
{
	return getc_unlocked(r->in);
}

static void
put(struct reader *r, int c)
{
	if (r->len < TOKEN_MAX)
		r->p[r->len++] = (uint8_t)c;
	else
		r->cut = true;
}

/* ------------------------------------------------------------------ tokens */

/* A comment; a dump's own say where it begins and that it is whole. */
static void
skip_line(struct reader *r)
{
	char text[24];
	size_t n = 0;
	int c;

	while ((c = get(r)) != EOF && c != '\n')
		if (n < sizeof(text) - 1)
			text[n++] = (char)c;
	text[n] = '\0';
	if (strncmp(text, " MariaDB dump", 13) == 0 ||
	    strncmp(text, " MySQL dump", 11) == 0)
		r->begun = true;
	if (strncmp(text, " Dump completed", 15) == 0)
		r->completed = true;
}

/* Behind its opening; what a server alone executes is a comment, too. */
static void
skip_comment(struct reader *r)
{
	int c, last = 0;

	while ((c = get(r)) != EOF && !(last == '*' && c == '/'))
		last = c;
	if (c == EOF)
		r->d->cut = true;
}

static int
unescape(int c)
{
	switch (c) {
	case '0':
		return 0;
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'Z':
		return 0x1a;
	default:
		return c;
	}
}

/* To the quote that closes it; one that stands twice is one of its bytes. */
static void
read_quoted(struct reader *r, int quote, bool escapes)
{
	int c;

	while ((c = get(r)) != EOF) {
		if (c == '\\' && escapes) {
			if ((c = get(r)) == EOF)
				break;
			put(r, unescape(c));
			continue;
		}
		if (c == quote) {
			if ((c = get(r)) != quote) {
				(void)ungetc(c, r->in);
				return;
			}
		}
		put(r, c);
	}
	r->d->cut = true;
}

static bool
is_word(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '$';
}

static void
read_word(struct reader *r, int c)
{
	for (; is_word(c); c = get(r))
		put(r, c);
	if (c != EOF)
		(void)ungetc(c, r->in);
}

/* The next byte that is not between tokens. */
static int
next_byte(struct reader *r)
{
	int c, after;

	for (;;) {
		c = get(r);
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (c == '#') {
			skip_line(r);
			continue;
		}
		if (c != '-' && c != '/')
			return c;
		after = get(r);
		if (c == '-' && after == '-') {
			skip_line(r);
		} else if (c == '/' && after == '*') {
			skip_comment(r);
		} else {
			(void)ungetc(after, r->in);
			return c;
		}
	}
}

static void
next(struct reader *r)
{
	int c = next_byte(r);

	r->len = 0;
	r->cut = false;
	if (c == EOF) {
		r->kind = END;
	} else if (c == '\'' || c == '"') {
		r->kind = STRING;
		read_quoted(r, c, true);
	} else if (c == '`') {
		r->kind = NAME;
		read_quoted(r, c, false);
	} else if (is_word(c)) {
		r->kind = WORD;
		read_word(r, c);
	} else {
		r->kind = SIGN;
		put(r, c);
	}
	r->p[r->len] = '\0';
}

static bool
is_sign(const struct reader *r, char c)
{
	return r->kind == SIGN && r->p[0] == (uint8_t)c;
}

static bool
is(const struct reader *r, const char *word)
{
	return r->kind == WORD && strcasecmp((const char *)r->p, word) == 0;
}

/* To the end of a statement. */
static void
skip_statement(struct reader *r)
{
	while (r->kind != END && !is_sign(r, ';'))
		next(r);
	if (r->kind == END)
		r->d->cut = true;
}

/* ------------------------------------------------------------------ tables */

/* The table of ours that is named here, or -1; reads what is behind it. */
static int
read_table(struct reader *r)
{
	char name[NAME_LEN];
	const char *dot;
	size_t i;
	int found = -1;

	for (;;) {
		(void)snprintf(name, sizeof(name), "%.64s",
		    (const char *)r->p);
		next(r);
		if (!is(r, ".")) /* `base`.`table` */
			break;
		next(r);
	}
	dot = strrchr(name, '.');
	for (i = 0; i < r->d->ntables && i < TABLES_MAX; i++)
		if (strcmp(dot != NULL ? dot + 1 : name, r->d->table[i].name) ==
		    0)
			found = (int)i;
	return found;
}

static void
note_column(struct reader *r, int table, int place)
{
	int k;

	for (k = 0; k < 2; k++)
		if (strcmp((const char *)r->p, r->d->table[table].column[k]) ==
		    0)
			r->place[table][k] = place;
}

/*
 * A list in brackets that begins with a name, as columns do: of a CREATE
 * TABLE, or of an INSERT.
 */
static void
read_columns(struct reader *r, int table)
{
	bool first = true;
	int depth = 1, place = 0;

	r->place[table][0] = r->place[table][1] = -1;
	for (next(r); r->kind != END && depth > 0; next(r)) {
		if (first && (r->kind == NAME || r->kind == WORD))
			note_column(r, table, place);
		first = depth == 1 && is_sign(r, ',');
		place += first ? 1 : 0;
		depth += is_sign(r, '(') ? 1 : is_sign(r, ')') ? -1 : 0;
	}
}

static void
read_create(struct reader *r)
{
	int table;

	next(r);
	if (!is(r, "TABLE"))
		return;
	for (next(r); is(r, "IF") || is(r, "NOT") || is(r, "EXISTS"); next(r))
		;
	table = read_table(r);
	if (table >= 0 && is_sign(r, '('))
		read_columns(r, table);
}

/* -------------------------------------------------------------------- rows */

/* A value of a row: "0x..", X'..', '..', with or without _binary. */
static void
keep_value(struct reader *r, int k, bool hex)
{
	const bool word = r->kind == WORD;
	const uint8_t *p = r->p + (word ? 2 : 0);
	size_t i, len = r->len;

	r->value_len[k] = 0;
	if (word && (len < 2 || r->p[0] != '0' || (r->p[1] | 0x20) != 'x'))
		return; /* NULL, or a number */
	if (!word && !hex) {
		memcpy(r->value[k], r->p, len);
		r->value_len[k] = len;
		return;
	}
	len -= word ? 2 : 0;
	for (i = 0; i + 1 < len; i += 2)
		r->value[k][i / 2] = (uint8_t)(ptn_hex_digit((char)p[i]) * 16 +
		    ptn_hex_digit((char)p[i + 1]));
	r->value_len[k] = i / 2;
}

static void
tell_row(struct reader *r, int table, bool cut)
{
	const struct ptn_bytes value[2] = {
		PTN_BYTES(r->value[0], r->value_len[0]),
		PTN_BYTES(r->value[1], r->value_len[1]),
	};

	if (cut || r->place[table][0] < 0 || r->place[table][1] < 0)
		r->d->misunderstood++;
	else
		r->d->row(r->d->arg, (size_t)table, value);
}

/* Behind its "(": to the ")". */
static void
read_row(struct reader *r, int table)
{
	bool hex = false, cut = false;
	int depth = 1, place = 0, k;

	r->value_len[0] = r->value_len[1] = 0;
	for (next(r); r->kind != END; next(r)) {
		depth += is_sign(r, '(') ? 1 : is_sign(r, ')') ? -1 : 0;
		if (depth == 0)
			break;
		place += depth == 1 && is_sign(r, ',') ? 1 : 0;
		for (k = 0; k < 2; k++)
			if (place == r->place[table][k] &&
			    (r->kind == STRING || r->kind == WORD)) {
				keep_value(r, k, hex);
				cut = cut || r->cut;
			}
		hex = is(r, "X");
	}
	if (r->kind == END)
		r->d->cut = true;
	else
		tell_row(r, table, cut);
}

static void
read_insert(struct reader *r)
{
	int table;

	for (next(r); is(r, "INTO") || is(r, "IGNORE") || is(r, "DELAYED");)
		next(r);
	if ((table = read_table(r)) < 0)
		return;
	if (is_sign(r, '('))
		read_columns(r, table);
	for (; r->kind != END && !is_sign(r, ';'); next(r))
		if (is_sign(r, '('))
			read_row(r, table);
	if (r->kind == END)
		r->d->cut = true;
}

void
ptn_dump_read(struct ptn_dump *d, FILE *in)
{
	static struct reader r; /* too much for a stack */

	memset(&r, 0, sizeof(r));
	memset(r.place, -1, sizeof(r.place));
	r.d = d;
	r.in = in;
	d->cut = d->unreadable = false;
	d->misunderstood = 0;
	for (next(&r); r.kind != END; next(&r)) {
		if (is(&r, "CREATE"))
			read_create(&r);
		else if (is(&r, "INSERT") || is(&r, "REPLACE"))
			read_insert(&r);
		skip_statement(&r);
	}
	d->cut = d->cut || (r.begun && !r.completed);
	d->unreadable = ferror(in) != 0;
	ptn_wipe(&r, sizeof(r));
}
