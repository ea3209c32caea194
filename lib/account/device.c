#include "lib/account/device.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/bytes.h"
#include "lib/crypto/secrets.h"

/*
 * Version, id, and 24 bytes a user: id, when it ends in seconds, epoch, most
 * significant byte first; behind them the MAC of all that.
 */
#define VERSION 2
#define ID_LEN sizeof(((struct ptn_uuid *)NULL)->b)
#define HEAD (1 + ID_LEN)
#define NUMBER_LEN 4
#define USER_LEN (ID_LEN + 2 * NUMBER_LEN)
#define SIGNED_MAX (HEAD + PTN_DEVICE_USERS * USER_LEN)
#define TEXT_MAX ((SIGNED_MAX + PTN_SHA256_LEN) * 4 / 3 + 4)

static bool
is_ours(const struct ptn_secrets *s, struct ptn_bytes text,
    struct ptn_bytes mac)
{
	uint8_t expected[PTN_SHA256_LEN];
	bool found = false;
	size_t i;

	for (i = 0; i < ptn_secrets_count(s); i++)
		if (ptn_secrets_mac(s, i, PTN_KEY_USE_DEVICE, text, expected) ==
			PTN_OK &&
		    ptn_bytes_equal(PTN_BYTES(expected, sizeof(expected)), mac))
			found = true;
	return found;
}

static int64_t
read_number(const uint8_t *p)
{
	return (int64_t)p[0] << 24 | (int64_t)p[1] << 16 | (int64_t)p[2] << 8 |
	    (int64_t)p[3];
}

static void
add(struct ptn_device *d, const struct ptn_uuid *user, int64_t until_s,
    int64_t epoch)
{
	if (d->n == PTN_DEVICE_USERS)
		return;
	d->user[d->n].id = *user;
	d->user[d->n].until_s = until_s;
	d->user[d->n].epoch = epoch;
	d->n++;
}

static void
read_users(const uint8_t *p, size_t n, int64_t now_s, struct ptn_device *out)
{
	struct ptn_uuid user;
	int64_t until_s;

	for (; n > 0; n--, p += USER_LEN) {
		memcpy(user.b, p, ID_LEN);
		until_s = read_number(p + ID_LEN);
		if (until_s > now_s)
			add(out, &user, until_s,
			    read_number(p + ID_LEN + NUMBER_LEN));
	}
}

bool
ptn_device_read(const struct ptn_scope *sc, const char *text, int64_t now_s,
    struct ptn_device *out)
{
	struct ptn_bytes b;
	size_t len;

	memset(out, 0, sizeof(*out));
	if (strlen(text) > TEXT_MAX ||
	    ptn_b64url_decode(sc->arena, ptn_bytes_of(text), &b) != PTN_OK ||
	    b.len < HEAD + PTN_SHA256_LEN || b.p[0] != VERSION)
		return false;
	len = b.len - PTN_SHA256_LEN;
	if ((len - HEAD) % USER_LEN != 0 || len > SIGNED_MAX ||
	    !is_ours(sc->secrets, PTN_BYTES(b.p, len),
		PTN_BYTES(b.p + len, PTN_SHA256_LEN)))
		return false;
	memcpy(out->id.b, b.p + 1, ID_LEN);
	read_users(b.p + HEAD, (len - HEAD) / USER_LEN, now_s, out);
	return true;
}

static uint8_t *
write_number(uint8_t *p, int64_t n)
{
	int shift;

	for (shift = 24; shift >= 0; shift -= 8)
		*p++ = (uint8_t)(n >> shift);
	return p;
}

static size_t
write_all(const struct ptn_device *d, uint8_t *p)
{
	uint8_t *const start = p;
	size_t i;

	*p++ = VERSION;
	memcpy(p, d->id.b, ID_LEN);
	p += ID_LEN;
	for (i = 0; i < d->n; i++) {
		memcpy(p, d->user[i].id.b, ID_LEN);
		p += ID_LEN;
		p = write_number(p, d->user[i].until_s);
		p = write_number(p, d->user[i].epoch);
	}
	return (size_t)(p - start);
}

static bool
knows(const struct ptn_device *d, const struct ptn_uuid *user,
    const int64_t *epoch)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (ptn_uuid_equal(&d->user[i].id, user))
			return epoch == NULL || d->user[i].epoch == *epoch;
	return false;
}

/* The one that a copy of it may have as well is given up. */
static struct ptn_uuid
id_of(const struct ptn_device *before, const struct ptn_uuid *user,
    int64_t epoch)
{
	if (before == NULL ||
	    (knows(before, user, NULL) && !knows(before, user, &epoch)))
		return ptn_uuid_new();
	return before->id;
}

enum ptn_err
ptn_device_write(const struct ptn_scope *sc, const struct ptn_device *before,
    const struct ptn_uuid *user, int64_t epoch, int64_t now_s,
    const char **text)
{
	uint8_t all[SIGNED_MAX + PTN_SHA256_LEN];
	struct ptn_device d = { .n = 0 };
	enum ptn_err r;
	size_t i, len;

	d.id = id_of(before, user, epoch);
	add(&d, user, now_s + PTN_DEVICE_TTL_S, epoch);
	for (i = 0; before != NULL && i < before->n; i++)
		if (!ptn_uuid_equal(&before->user[i].id, user))
			add(&d, &before->user[i].id, before->user[i].until_s,
			    before->user[i].epoch);
	len = write_all(&d, all);
	r = ptn_secrets_mac(sc->secrets, 0, PTN_KEY_USE_DEVICE,
	    PTN_BYTES(all, len), all + len);
	if (r != PTN_OK)
		return r;
	*text =
	    ptn_b64url_encode(sc->arena, PTN_BYTES(all, len + PTN_SHA256_LEN));
	return *text != NULL ? PTN_OK : PTN_E_NOMEM;
}

const struct ptn_device *
ptn_device_of(const struct ptn_device *d, const struct ptn_uuid *user,
    const int64_t *epoch)
{
	while (d != NULL && !(user != NULL ? knows(d, user, epoch) : d->n > 0))
		d = d->next;
	return d;
}
