#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define HEADERS 8 /* Date From To Subject Message-ID ... Content-Type */

/*
 * Whatever the pieces are: seven-bit text (but for To) without NUL, every CR
 * with its LF and the other way round, no line over 998, as many header
 * fields as there should be, and the boundary exactly three times.
 */
static void
check_message(struct ptn_bytes out, const char *to)
{
	const char *p = (const char *)out.p;
	const char *end = strstr(p, "\r\n\r\n");
	const char *boundary = strstr(p, " boundary=\"");
	char mark[37] = "--";
	size_t fields = 1;
	size_t marks = 0;
	size_t col = 0;
	size_t i;

	if (strlen(p) != out.len || end == NULL || boundary == NULL)
		abort();
	for (i = 0; i < out.len; i++) {
		if ((p[i] == '\r') != (p[i + 1] == '\n') && p[i] != '\n')
			abort();
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			abort();
		col = p[i] == '\n' ? 0 : col + 1;
		if (col > 80 + strlen(to))
			abort();
	}
	for (i = 0; p + i < end; i++)
		fields += p[i] == '\n' && p[i + 1] != ' ';
	if (fields != HEADERS)
		abort();
	memcpy(mark + 2, boundary + 11, 34);
	for (p = end; (p = strstr(p, mark)) != NULL; p++)
		marks++;
	if (marks != 3)
		abort();
}

/* The input, taken apart at NULs: to, from name, subject, text, HTML. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct ptn_arena *a;
	const char *part[5] = { "", "", "", "", "" };
	struct ptn_mime m = { .from = "noreply@example.org", .at_us = 0 };
	struct ptn_bytes out;
	size_t i;

	if (len > 65536)
		return 0;
	if (a == NULL && (a = ptn_arena_new((size_t)8 << 20)) == NULL)
		abort();
	for (i = 0; i < 5 && len > 0; i++) {
		part[i] = ptn_arena_strndup(a, (const char *)data, len);
		if (part[i] == NULL)
			abort();
		if (strlen(part[i]) >= len)
			break;
		data += strlen(part[i]) + 1;
		len -= strlen(part[i]) + 1;
	}
	m.to = part[0];
	m.from_name = part[1];
	m.subject = part[2];
	m.text = part[3];
	m.html = part[4];
	if (ptn_mime_write(a, &m, &out) == PTN_OK)
		check_message(out, m.to);
	ptn_arena_reset(a);
	return 0;
}
