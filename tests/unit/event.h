#ifndef TEST_EVENT_H
#define TEST_EVENT_H

/* Somebody who acts, and what is written of it: rows, and lines of a log. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/event/actor.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"
#include "lib/format/json.h"
#include "tests/unit/rows.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LINES_MAX 16
#define TEXT_MAX 16384
#define TYPE_MAX 64 /* the column */

static struct ptn_actor actor;

static inline int
each(void **state)
{
	static const struct ptn_actor nobody;

	(void)rows_each(state);
	actor = nobody;
	scope.actor = &actor;
	conf.audit_rows = conf.audit_lines = conf.mail_enabled = true;
	conf.audit_mask = false;
	conf.audit_output = PTN_AUDIT_STDERR;
	rows_sql("DELETE FROM audit_logs");
	rows_sql("DELETE FROM outbox");
	return 0;
}

static inline int
rows_now(void)
{
	return rows_number("SELECT COUNT(*) FROM audit_logs");
}

/* What is written to a descriptor meanwhile. */
struct tap {
	int fd, saved;
	FILE *file;
};

static inline void
tap_open(struct tap *t, int fd)
{
	t->fd = fd;
	t->file = tmpfile();
	assert_non_null(t->file);
	t->saved = dup(fd);
	assert_true(t->saved >= 0 && dup2(fileno(t->file), fd) == fd);
}

static inline const char *
tap_close(struct tap *t)
{
	char *text = ptn_arena_alloc(arena, TEXT_MAX);
	size_t n;

	assert_non_null(text);
	assert_int_equal(dup2(t->saved, t->fd), t->fd);
	(void)close(t->saved);
	rewind(t->file);
	n = fread(text, 1, TEXT_MAX - 1, t->file);
	(void)fclose(t->file);
	text[n] = '\0';
	return text;
}

/* How many lines of a text hold something. */
static inline int
count(const char *text, const char *what)
{
	int n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* The lines that settling writes to a descriptor. */
static inline const char *
settled(int fd)
{
	struct tap t;
	const char *text;
	enum ptn_err r;

	tap_open(&t, fd);
	r = ptn_events_settle(&scope);
	text = tap_close(&t);
	assert_int_equal(r, PTN_OK);
	assert_int_equal(actor.n, 0);
	return text;
}

static inline int
lines_now(void)
{
	return count(settled(STDERR_FILENO), "\"audience\":\"audit\"");
}

/* A member of the one line there is, or NULL. */
static inline const char *
member_of(const char *line, const char *name)
{
	struct ptn_json *v = NULL;
	const char *why, *text;

	assert_int_equal(ptn_json_parse(ptn_bytes_of(line), 2, &v, &why),
	    PTN_OK);
	text = ptn_json_text(arena, ptn_json_get(v, name));
	ptn_json_free(&v);
	return text;
}

#endif
