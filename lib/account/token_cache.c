#include "lib/account/token_cache.h"

#include <stdlib.h>
#include <string.h>

#include "lib/account/claims.h"
#include "lib/account/keysets.h"
#include "lib/account/username.h"
#include "lib/format/address.h"

/* One verified token; its place follows from its digest. */
struct cached {
	uint8_t digest[PTN_SHA256_LEN];
	uint64_t generation; /* of the key set; 0: empty */
	/* Its texts are these; "": none. */
	struct ptn_claims claims;
	char address[PTN_ADDRESS_MAX + 1];
	char username[PTN_USERNAME_BYTES + 1];
	char *custom; /* of few, and so by itself; NULL: none */
};

struct ptn_token_cache {
	size_t n;
	struct cached *entry;
};

struct ptn_token_cache *
ptn_token_cache_new(size_t entries)
{
	struct ptn_token_cache *c = calloc(1, sizeof(*c));

	if (c == NULL ||
	    (c->entry = calloc(entries, sizeof(*c->entry))) == NULL) {
		free(c);
		return NULL;
	}
	c->n = entries;
	return c;
}

void
ptn_token_cache_free(struct ptn_token_cache **c)
{
	size_t i;

	if (*c == NULL)
		return;
	for (i = 0; i < (*c)->n; i++)
		free((*c)->entry[i].custom);
	ptn_wipe((*c)->entry, (*c)->n * sizeof(*(*c)->entry));
	free((*c)->entry);
	free(*c);
	*c = NULL;
}

/* Two bytes of the digest choose the place: up to 65536 entries. */
static struct cached *
place_of(struct ptn_token_cache *c, const uint8_t digest[PTN_SHA256_LEN])
{
	return &c->entry[((size_t)digest[0] << 8 | digest[1]) % c->n];
}

/* A text for as long as the request; NULL for "". */
static bool
lend(struct ptn_arena *a, const char *kept, const char **out)
{
	const bool is = kept != NULL && *kept != '\0';

	*out = is ? ptn_arena_strdup(a, kept) : NULL;
	return !is || *out != NULL;
}

bool
ptn_token_cache_get(const struct ptn_scope *sc,
    const uint8_t digest[PTN_SHA256_LEN], struct ptn_claims *claims)
{
	const struct cached *e = place_of(sc->tokens, digest);

	/* generation starts at 1, so an empty place never matches */
	if (e->generation == 0 ||
	    e->generation != ptn_keysets_generation(sc, PTN_API_HANKO) ||
	    memcmp(e->digest, digest, PTN_SHA256_LEN) != 0)
		return false;
	*claims = e->claims;
	/* Another token of the same request may take the place. */
	return lend(sc->arena, e->address, &claims->email.address) &&
	    lend(sc->arena, e->username, &claims->username) &&
	    lend(sc->arena, e->custom, &claims->custom);
}

/* False: it is too long. */
static bool
keep(char *to, size_t size, const char *text)
{
	const size_t len = text != NULL ? strlen(text) : 0;

	if (len >= size)
		return false;
	if (len > 0)
		memcpy(to, text, len);
	to[len] = '\0';
	return true;
}

void
ptn_token_cache_put(const struct ptn_scope *sc,
    const uint8_t digest[PTN_SHA256_LEN], const struct ptn_claims *claims)
{
	struct cached *e = place_of(sc->tokens, digest);

	e->generation = 0;
	if (!keep(e->address, sizeof(e->address), claims->email.address) ||
	    !keep(e->username, sizeof(e->username), claims->username))
		return;
	free(e->custom);
	e->custom = claims->custom != NULL ? strdup(claims->custom) : NULL;
	if (claims->custom != NULL && e->custom == NULL)
		return;
	memcpy(e->digest, digest, PTN_SHA256_LEN);
	e->claims = *claims;
	e->generation = ptn_keysets_generation(sc, PTN_API_HANKO);
}
