#include "lib/format/der.h"

#define HIGH_NUMBER 0x1f
#define NUMBER_OCTETS 4
#define LENGTH_OCTETS 3

/* X.690 section 8.1.2.4: a number from 31 on, seven bits an octet. */
static bool
high_number(struct ptn_bytes *in, uint32_t *number)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < NUMBER_OCTETS && i < in->len; i++) {
		n = n << 7 | (in->p[i] & 0x7f);
		if (n == 0)
			return false;
		if (in->p[i] < 0x80) {
			*number = n;
			in->p += i + 1;
			in->len -= i + 1;
			return n >= HIGH_NUMBER;
		}
	}
	return false;
}

/* X.690 sections 8.1.3 and 10.1. */
static bool
length(struct ptn_bytes *in, size_t *len)
{
	size_t n, i;

	if (in->len == 0)
		return false;
	n = in->p[0] < 0x80 ? 0 : in->p[0] & 0x7f;
	*len = n == 0 ? in->p[0] : 0;
	/* 0x80, the indefinite length, is a long form of no octets. */
	if (in->p[0] == 0x80 || n > LENGTH_OCTETS || in->len < 1 + n)
		return false;
	for (i = 1; i <= n; i++)
		*len = *len << 8 | in->p[i];
	if ((n == 1 && *len < 0x80) || (n > 1 && in->p[1] == 0))
		return false;
	in->p += 1 + n;
	in->len -= 1 + n;
	return *len <= in->len;
}

bool
ptn_der_next(struct ptn_bytes *in, struct ptn_der *out)
{
	struct ptn_bytes b = *in;
	size_t len;

	if (b.len == 0)
		return false;
	out->form = b.p[0] & 0xe0;
	out->number = b.p[0] & HIGH_NUMBER;
	b.p++;
	b.len--;
	if (out->number == HIGH_NUMBER && !high_number(&b, &out->number))
		return false;
	if (!length(&b, &len))
		return false;
	out->value = PTN_BYTES(b.p, len);
	*in = PTN_BYTES(b.p + len, b.len - len);
	return true;
}

bool
ptn_der_expect(struct ptn_bytes *in, uint8_t form, uint32_t number,
    struct ptn_bytes *value)
{
	struct ptn_bytes b = *in;
	struct ptn_der d;

	if (!ptn_der_next(&b, &d) || d.form != form || d.number != number)
		return false;
	*value = d.value;
	*in = b;
	return true;
}

bool
ptn_der_only(struct ptn_bytes in, uint8_t form, uint32_t number,
    struct ptn_bytes *value)
{
	return ptn_der_expect(&in, form, number, value) && in.len == 0;
}

bool
ptn_der_sequence(struct ptn_bytes *in, struct ptn_bytes *value)
{
	return ptn_der_expect(in, PTN_DER_CONSTRUCTED, PTN_DER_SEQUENCE, value);
}

bool
ptn_der_positive(struct ptn_bytes *in, struct ptn_bytes *magnitude)
{
	struct ptn_bytes v;

	if (!ptn_der_expect(in, PTN_DER_UNIVERSAL, PTN_DER_INTEGER, &v) ||
	    v.len == 0 || v.p[0] >= 0x80)
		return false;
	if (v.p[0] == 0) {
		/* Alone it is zero; else the next bit must need it. */
		if (v.len == 1 || v.p[1] < 0x80)
			return false;
		v.p++;
		v.len--;
	}
	*magnitude = v;
	return true;
}
