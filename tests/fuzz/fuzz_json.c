#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/unicode.h"
#include "lib/format/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEPTH 16

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* Ask everything of every value that can be reached. */
static void
walk(struct ptn_arena *a, const struct ptn_json *v)
{
	static const char *const names[] = { "", "a", "b", "c", "type" };
	struct ptn_bytes s = ptn_json_string(v);
	int64_t n;
	size_t i;

	check((s.p != NULL) == (ptn_json_type(v) == PTN_JSON_STRING));
	check(s.p == NULL || ptn_utf8_valid(s));
	(void)ptn_json_text(a, v);
	(void)ptn_json_bool(v);
	if (ptn_json_int(v, &n))
		check(ptn_json_type(v) == PTN_JSON_INT);
	for (i = 0; i < ptn_json_len(v); i++)
		walk(a, ptn_json_at(v, i));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ptn_json_has(v, names[i]))
			walk(a, ptn_json_get(v, names[i]));
}

/* What the parser says of a text with others around it. */
static enum ptn_err
judge(struct ptn_arena *a, const char *before, struct ptn_bytes in,
    const char *after)
{
	enum ptn_err r = PTN_E_NOMEM;
	struct ptn_json *v = NULL;
	struct ptn_buf b;
	const char *why;

	ptn_buf_init(&b, a);
	ptn_buf_str(&b, before);
	ptn_buf_add(&b, in.p, in.len);
	ptn_buf_str(&b, after);
	if (!b.bad)
		r = ptn_json_parse(PTN_BYTES(b.p, b.len), DEPTH + 1, &v, &why);
	ptn_json_free(&v);
	return r;
}

/* A text can be an element and a member, and no bracket too many is taken. */
static void
judge_around(struct ptn_arena *a, struct ptn_bytes in)
{
	check(judge(a, " [1,", in, "\n]\r") != PTN_E_INPUT);
	check(judge(a, "{\"\":", in, "\t}") != PTN_E_INPUT);
	check(judge(a, "[", in, "") != PTN_OK);
	check(judge(a, "", in, "]") != PTN_OK);
	check(judge(a, "[", in, ",]") != PTN_OK);
	check(judge(a, "[", in, " 1]") != PTN_OK);
	check(judge(a, "[1 ", in, "]") != PTN_OK);
	check(judge(a, "{", in, "}") != PTN_OK);
	check(judge(a, "{\"a\":1,\"\\u0061\":", in, "}") != PTN_OK);
}

/* Whatever the bytes are, written as a string they parse, and come back. */
static void
write_and_read(struct ptn_arena *a, struct ptn_bytes in)
{
	struct ptn_json *v;
	struct ptn_jsonw w;
	const char *why;

	ptn_jsonw_init(&w, a);
	ptn_jsonw_bytes(&w, NULL, in);
	if (w.buf.bad)
		return;
	check(strpbrk(w.buf.p, "<>&") == NULL);
	check(ptn_json_parse(PTN_BYTES(w.buf.p, w.buf.len), 1, &v, &why) ==
	    PTN_OK);
	check(!ptn_utf8_valid(in) || ptn_bytes_equal(ptn_json_string(v), in));
	ptn_json_free(&v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ptn_arena *a;
	struct ptn_bytes in = PTN_BYTES(data, size);
	struct ptn_json *v;
	const char *why;
	enum ptn_err r;

	if (a == NULL && (a = ptn_arena_new(4096 * 1024)) == NULL)
		abort();
	r = ptn_json_parse(in, DEPTH, &v, &why);
	check(r == PTN_OK || (r == PTN_E_INPUT && v == NULL && why != NULL));
	check(r != PTN_OK || ptn_utf8_valid(in));
	walk(a, v);
	ptn_json_free(&v);
	if (r == PTN_OK)
		judge_around(a, in);
	write_and_read(a, in);
	ptn_arena_reset(a);
	return 0;
}
