#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * A template that parses renders; in HTML no value leaves its place: the
 * markup has as many brackets as the template itself.
 */
static void
check_render(struct ptn_arena *a, const struct ptn_template *t,
    const uint8_t *data, size_t len)
{
	static const char *const values[] = { "<\"'&>\r\n{{b}}", "{{a}}" };
	struct ptn_buf b;
	size_t want = 0;
	size_t got = 0;
	size_t i;

	ptn_buf_init(&b, a);
	if (ptn_template_render(t, PTN_ESCAPE_HTML, values, &b) != PTN_OK)
		return;
	for (i = 0; i < len; i++)
		want += data[i] == '<' || data[i] == '\r';
	for (i = 0; i < b.len; i++)
		got += b.p[i] == '<' || b.p[i] == '\r';
	if (want != got)
		abort();
	ptn_buf_init(&b, a);
	if (ptn_template_render(t, PTN_ESCAPE_TEXT, values, &b) == PTN_OK &&
	    b.len > 0 && strlen(b.p) != b.len)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const vars[] = { "a", "b", NULL };
	static struct ptn_arena *a;
	struct ptn_template_problem problem;
	struct ptn_template *t;

	if (a == NULL && (a = ptn_arena_new((size_t)8 << 20)) == NULL)
		abort();
	switch ((int)ptn_template_parse(a, PTN_BYTES(data, len), vars, &t,
	    &problem)) {
	case PTN_OK:
		check_render(a, t, data, len);
		break;
	case PTN_E_INPUT:
		if (problem.line < 1 || problem.what[0] == '\0')
			abort();
		break;
	default:
		break;
	}
	ptn_arena_reset(a);
	return 0;
}
