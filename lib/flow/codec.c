#include "lib/flow/codec.h"

#include <stddef.h>
#include <string.h>

#include "lib/base/log.h"

#define FORM 1
#define END 0 /* of a stash */

enum type { BOOL, I64, UUID, TEXT, MAC, CRED, SECRET };
enum how { BACK, STICKY };

enum {
	KEY_END = END,
#define PTN_FLOW_KEY(name, type, how) KEY_##name,
#include "lib/flow/stash.def"
	KEY__MAX
};

static const struct key {
	enum type type;
	enum how how;
	size_t offset;
	size_t size;
} keys[KEY__MAX] = {
	[KEY_END] = { BOOL, BACK, 0, 0 }, /* is none */
#define PTN_FLOW_KEY(name, type, how)                                          \
	[KEY_##name] = { type, how, offsetof(struct ptn_flow_stash, name),     \
		sizeof(((struct ptn_flow_stash *)NULL)->name) },
#include "lib/flow/stash.def"
};

static const uint8_t *
at(const struct ptn_flow_stash *stash, const struct key *key)
{
	return (const uint8_t *)stash + key->offset;
}

/* What says whether a value is set: of most types, all of it. */
static size_t
telling(const struct key *key)
{
	if (key->type == TEXT)
		return 1;
	return key->type == CRED ? sizeof(uint16_t) : key->size;
}

static bool
is_zero(const struct ptn_flow_stash *stash, const struct key *key)
{
	const uint8_t *p = at(stash, key);
	const size_t n = telling(key);
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static void
put_number(struct ptn_buf *b, uint64_t v)
{
	int shift;

	for (shift = 56; shift >= 0; shift -= 8)
		ptn_buf_char(b, (char)(v >> shift & 0xff));
}

static void
put_text(struct ptn_buf *b, const char *s)
{
	const size_t len = strlen(s);

	ptn_buf_char(b, (char)len);
	ptn_buf_add(b, s, len);
}

static void
put_long(struct ptn_buf *b, const uint8_t *p, uint16_t len)
{
	ptn_buf_char(b, (char)(len >> 8));
	ptn_buf_char(b, (char)(len & 0xff));
	ptn_buf_add(b, p, len);
}

static void
put_cred(struct ptn_buf *b, const struct ptn_flow_cred *c)
{
	put_long(b, c->id, c->id_len);
	put_long(b, c->key, c->key_len);
	ptn_buf_add(b, c->aaguid.b, sizeof(c->aaguid.b));
	put_number(b, (uint64_t)c->sign_count);
	ptn_buf_char(b, c->backup_eligible ? 1 : 0);
	ptn_buf_char(b, c->backup_state ? 1 : 0);
	put_text(b, c->attestation);
	put_text(b, c->transports);
	put_text(b, c->name);
}

static void
put_value(struct ptn_buf *b, const struct key *key, const uint8_t *p)
{
	struct ptn_flow_cred cred;
	int64_t number;

	switch (key->type) {
	case BOOL:
		break;
	case I64:
		memcpy(&number, p, sizeof(number));
		put_number(b, (uint64_t)number);
		break;
	case UUID:
	case MAC:
	case SECRET:
		ptn_buf_add(b, p, key->size);
		break;
	case TEXT:
		put_text(b, (const char *)p);
		break;
	case CRED:
		memcpy(&cred, p, sizeof(cred));
		put_cred(b, &cred);
		break;
	}
}

static void
put_stash(struct ptn_buf *b, const struct ptn_flow_stash *stash, bool sticky)
{
	size_t i;

	for (i = END + 1; i < KEY__MAX; i++) {
		if (is_zero(stash, &keys[i]) ||
		    (keys[i].how == STICKY && !sticky))
			continue;
		ptn_buf_char(b, (char)i);
		put_value(b, &keys[i], at(stash, &keys[i]));
	}
	ptn_buf_char(b, END);
}

static void
put_position(struct ptn_buf *b, const struct ptn_flow_position *p)
{
	size_t i;

	ptn_buf_char(b, (char)p->at);
	ptn_buf_char(b, (char)p->before);
	ptn_buf_char(b, (char)p->n);
	for (i = 0; i < p->n; i++)
		ptn_buf_char(b, (char)p->queue[i]);
}

enum ptn_err
ptn_flow_codec_write(const struct ptn_flow *flow, struct ptn_arena *a,
    struct ptn_bytes *out)
{
	struct ptn_buf b;
	size_t i;

	ptn_buf_init(&b, a);
	ptn_buf_char(&b, FORM);
	ptn_buf_char(&b, (char)flow->name);
	put_position(&b, &flow->position);
	put_stash(&b, &flow->stash, true);
	ptn_buf_char(&b, (char)flow->n);
	for (i = 0; i < flow->n; i++) {
		put_position(&b, &flow->history[i].position);
		ptn_buf_char(&b, flow->history[i].final ? 1 : 0);
		put_stash(&b, &flow->history[i].stash, false);
	}
	if (b.bad)
		return PTN_E_NOMEM;
	if (b.len > PTN_FLOW_CODEC_MAX) {
		ptn_error("flow: %zu bytes are more than a row may have",
		    b.len);
		return PTN_E_INTERNAL;
	}
	*out = PTN_BYTES(b.p, b.len);
	return PTN_OK;
}

/* What is left to be read; bad: it was not what it should be. */
struct reader {
	struct ptn_bytes left;
	bool bad;
};

static struct ptn_bytes
take(struct reader *r, size_t n)
{
	struct ptn_bytes b = { r->left.p, n };

	if (r->bad || n > r->left.len) {
		r->bad = true;
		return (struct ptn_bytes){ NULL, 0 };
	}
	r->left.p += n;
	r->left.len -= n;
	return b;
}

/* A byte below a bound. */
static uint8_t
take_byte(struct reader *r, size_t bound)
{
	const struct ptn_bytes b = take(r, 1);

	if (b.p == NULL || b.p[0] >= bound) {
		r->bad = true;
		return 0;
	}
	return b.p[0];
}

static void
take_number(struct reader *r, uint8_t *p)
{
	const struct ptn_bytes b = take(r, sizeof(uint64_t));
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < b.len; i++)
		v = v << 8 | b.p[i];
	memcpy(p, &v, sizeof(v));
}

static void
take_text(struct reader *r, uint8_t *p, size_t size)
{
	const struct ptn_bytes b = take(r, take_byte(r, size));

	if (b.p == NULL || memchr(b.p, 0, b.len) != NULL)
		r->bad = true;
	else
		memcpy(p, b.p, b.len);
}

static uint16_t
take_long(struct reader *r, uint8_t p[PTN_FLOW_CRED_BYTES])
{
	const struct ptn_bytes len = take(r, 2);
	struct ptn_bytes b = { NULL, 0 };

	if (len.p != NULL)
		b = take(r, (size_t)len.p[0] << 8 | len.p[1]);
	if (b.p == NULL || b.len == 0 || b.len > PTN_FLOW_CRED_BYTES) {
		r->bad = true;
		return 0;
	}
	memcpy(p, b.p, b.len);
	return (uint16_t)b.len;
}

static void
take_cred(struct reader *r, struct ptn_flow_cred *c)
{
	struct ptn_bytes aaguid;

	memset(c, 0, sizeof(*c));
	c->id_len = take_long(r, c->id);
	c->key_len = take_long(r, c->key);
	aaguid = take(r, sizeof(c->aaguid.b));
	if (aaguid.p != NULL)
		memcpy(c->aaguid.b, aaguid.p, aaguid.len);
	take_number(r, (uint8_t *)&c->sign_count);
	c->backup_eligible = take_byte(r, 2) == 1;
	c->backup_state = take_byte(r, 2) == 1;
	take_text(r, (uint8_t *)c->attestation, sizeof(c->attestation));
	take_text(r, (uint8_t *)c->transports, sizeof(c->transports));
	take_text(r, (uint8_t *)c->name, sizeof(c->name));
}

static void
take_value(struct reader *r, const struct key *key, uint8_t *p)
{
	const bool yes = true;
	struct ptn_flow_cred cred;
	struct ptn_bytes b;

	switch (key->type) {
	case BOOL:
		memcpy(p, &yes, sizeof(yes));
		break;
	case I64:
		take_number(r, p);
		break;
	case UUID:
	case MAC:
	case SECRET:
		b = take(r, key->size);
		if (b.p != NULL)
			memcpy(p, b.p, key->size);
		break;
	case TEXT:
		take_text(r, p, key->size);
		break;
	case CRED:
		take_cred(r, &cred);
		memcpy(p, &cred, sizeof(cred));
		break;
	}
}

/* Keys rise, and none is zero: there is one way to write a stash. */
static void
take_stash(struct reader *r, struct ptn_flow_stash *stash, bool sticky)
{
	uint8_t last = END;
	uint8_t i;

	memset(stash, 0, sizeof(*stash));
	while ((i = take_byte(r, KEY__MAX)) != END) {
		if (i <= last || (keys[i].how == STICKY && !sticky))
			r->bad = true;
		else
			take_value(r, &keys[i],
			    (uint8_t *)stash + keys[i].offset);
		if (r->bad || is_zero(stash, &keys[i]))
			break;
		last = i;
	}
	if (i != END)
		r->bad = true;
}

static enum ptn_flow_at
take_state(struct reader *r)
{
	return (enum ptn_flow_at)take_byte(r, PTN_FLOW_AT__MAX);
}

static void
take_position(struct reader *r, struct ptn_flow_position *p)
{
	size_t i;

	memset(p, 0, sizeof(*p));
	p->at = take_state(r);
	p->before = take_state(r);
	p->n = take_byte(r, PTN_FLOW_QUEUE_MAX + 1);
	for (i = 0; i < p->n; i++)
		p->queue[i] = take_state(r);
	if (p->at == PTN_FLOW_AT_NONE)
		r->bad = true;
}

enum ptn_err
ptn_flow_codec_read(struct ptn_bytes bytes, struct ptn_flow *flow)
{
	struct reader r = { bytes, false };
	size_t i;

	if (take_byte(&r, FORM + 1) != FORM)
		return PTN_E_INPUT;
	flow->name = (enum ptn_flow_name)take_byte(&r, PTN_FLOW__MAX);
	take_position(&r, &flow->position);
	take_stash(&r, &flow->stash, true);
	flow->n = take_byte(&r, PTN_FLOW_HISTORY_MAX + 1);
	for (i = 0; i < flow->n && !r.bad; i++) {
		take_position(&r, &flow->history[i].position);
		flow->history[i].final = take_byte(&r, 2) == 1;
		take_stash(&r, &flow->history[i].stash, false);
	}
	if (r.bad || r.left.len > 0 || flow->name == PTN_FLOW_NONE)
		return PTN_E_INPUT;
	return PTN_OK;
}

void
ptn_flow_codec_keep(const struct ptn_flow_stash *from,
    struct ptn_flow_stash *to)
{
	size_t i;

	for (i = END + 1; i < KEY__MAX; i++)
		if (keys[i].how == STICKY)
			memcpy((uint8_t *)to + keys[i].offset,
			    at(from, &keys[i]), keys[i].size);
}
