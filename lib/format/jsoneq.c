#include "lib/format/jsoneq.h"

#include <math.h>

static bool
count_one(void *arg, const char *name, const struct ptn_json *value)
{
	size_t *n = arg;

	(void)name;
	(void)value;
	(*n)++;
	return true;
}

/* Does the other object have this member too? */
static bool
has_same(void *arg, const char *name, const struct ptn_json *value)
{
	const struct ptn_json *other = arg;

	return ptn_json_has(other, name) &&
	    ptn_json_equal(value, ptn_json_get(other, name));
}

static bool
object_equal(const struct ptn_json *a, const struct ptn_json *b)
{
	size_t na = 0, nb = 0;
	union {
		const struct ptn_json *in;
		void *out; /* the callback's argument is no const */
	} u = { .in = b };

	/*
	 * No name comes twice: if b has all members of a, and as many, it has
	 * no others.
	 */
	return ptn_json_each(a, count_one, &na) &&
	    ptn_json_each(b, count_one, &nb) && na == nb &&
	    ptn_json_each(a, has_same, u.out);
}

static bool
array_equal(const struct ptn_json *a, const struct ptn_json *b)
{
	size_t i;

	if (ptn_json_len(a) != ptn_json_len(b))
		return false;
	for (i = 0; i < ptn_json_len(a); i++)
		if (!ptn_json_equal(ptn_json_at(a, i), ptn_json_at(b, i)))
			return false;
	return true;
}

static bool
int_equal(const struct ptn_json *a, const struct ptn_json *b)
{
	int64_t va, vb;

	return ptn_json_int(a, &va) && ptn_json_int(b, &vb) && va == vb;
}

static bool
double_equal(const struct ptn_json *a, const struct ptn_json *b)
{
	double va, vb;

	return ptn_json_double(a, &va) && ptn_json_double(b, &vb) &&
	    isfinite(va) && isfinite(vb) && !(va < vb) && !(va > vb);
}

bool
ptn_json_equal(const struct ptn_json *a, const struct ptn_json *b)
{
	if (ptn_json_type(a) != ptn_json_type(b))
		return false;
	switch (ptn_json_type(a)) {
	case PTN_JSON_BOOL:
		return ptn_json_bool(a) == ptn_json_bool(b);
	case PTN_JSON_INT:
		return int_equal(a, b);
	case PTN_JSON_DOUBLE:
		return double_equal(a, b);
	case PTN_JSON_STRING:
		return ptn_bytes_equal(ptn_json_string(a), ptn_json_string(b));
	case PTN_JSON_ARRAY:
		return array_equal(a, b);
	case PTN_JSON_OBJECT:
		return object_equal(a, b);
	case PTN_JSON_NULL:
	default:
		return true;
	}
}
