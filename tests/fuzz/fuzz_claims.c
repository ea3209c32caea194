/*
 * session.jwt_template.claims, as lines of KEY=TEXT: what the configuration
 * takes is members of JSON for every user, and none of them is the server's.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/account/claims.h"
#include "lib/account/claims_write.h"
#include "lib/base/arena.h"
#include "lib/base/tree.h"
#include "lib/conf/conf_row.h"
#include "lib/crypto/jws.h"
#include "lib/format/claimtext.h"
#include "lib/format/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Metadata that tries to be more than a text. */
static const char metadata_text[] =
    "{\"a\": {\"b\": [1, \"\\\",\\\"sub\\\":\\\"x\", null, {\"c\": true}]},"
    " \"n\": 1.5, \"s\": \"</script>\", \"o\": {}}";

static void
put(struct ptn_arena *a, struct ptn_tree *tree, char *line)
{
	char *text = strchr(line, '=');
	struct ptn_conf_text value = { (const char *const *)&text, 1, false,
		NULL, NULL };
	static const struct ptn_conf_row row = { .path = "*" };
	struct ptn_conf_why why;

	if (text == NULL || text == line)
		return;
	*text++ = '\0';
	(void)!ptn_conf_claims_put(a, tree, &row, line, &value, &why);
}

static bool
is_none_of_ours(void *arg, const char *name, const struct ptn_json *value)
{
	(void)arg;
	(void)value;
	return !ptn_claimtext_is_ours(ptn_bytes_of(name));
}

static void
write_for(struct ptn_arena *a, const struct ptn_tree *tree,
    const struct ptn_claims *of, const struct ptn_json *metadata)
{
	const struct ptn_json *const all[PTN_METADATA__MAX] = {
		[PTN_METADATA_PUBLIC] = metadata,
		[PTN_METADATA_UNSAFE] = metadata,
	};
	struct ptn_json *json = NULL;
	struct ptn_jsonw members, w;
	const char *why;

	ptn_jsonw_init(&members, a);
	if (ptn_claims_write(&members, a, tree, of, all) != PTN_OK ||
	    members.buf.bad)
		return;
	ptn_jsonw_init(&w, a);
	ptn_jsonw_object(&w, NULL);
	if (members.buf.len > 0)
		ptn_jsonw_members(&w, members.buf.p);
	ptn_jsonw_end_object(&w);
	if (w.buf.bad)
		return;
	if (members.buf.len > PTN_CLAIMTEXT_TOKEN_MAX ||
	    ptn_json_parse(PTN_BYTES(w.buf.p, w.buf.len), PTN_JWS_DEPTH,
		&json, &why) != PTN_OK ||
	    !ptn_json_each(json, is_none_of_ours, NULL))
		abort();
	ptn_json_free(&json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ptn_claims nobody = { .sub = { { 0 } } },
				ada = { .email = { "a\"b\\@example.org", true,
					    false },
					.username = "ada" };
	struct ptn_arena *a = ptn_arena_new((size_t)4 << 20);
	struct ptn_tree tree = { NULL, 0 };
	struct ptn_json *metadata = NULL;
	struct ptn_conf_why why;
	char *text, *line, *rest = NULL;
	const char *fault;

	if (a == NULL)
		return 0;
	text = ptn_arena_strndup(a, (const char *)data, size);
	for (line = text != NULL ? strtok_r(text, "\n", &rest) : NULL;
	     line != NULL; line = strtok_r(NULL, "\n", &rest))
		put(a, &tree, line);
	if (ptn_json_parse(ptn_bytes_of(metadata_text), 8, &metadata, &fault) !=
	    PTN_OK)
		abort();
	if (ptn_conf_claims_settle(&tree, &why) == PTN_OK) {
		write_for(a, &tree, &nobody, NULL);
		write_for(a, &tree, &ada, metadata);
	}
	ptn_json_free(&metadata);
	ptn_arena_free(&a);
	return 0;
}
