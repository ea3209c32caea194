/* Claims of the operator's own: each of the type that it has in JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/claims.h"
#include "lib/account/claims_write.h"
#include "lib/account/metadata.h"
#include "lib/base/array.h"
#include "lib/base/tree.h"
#include "lib/conf/conf_row.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/jws.h"
#include "lib/format/json.h"

#define CUT PTN_TREE_CUT

/* Where paths begin with what is below the key. */
static const struct ptn_conf_row row = { .path = "*" };

static struct ptn_arena *arena;
static struct ptn_json *metadata, *told;
static struct ptn_claims ada, nobody;

static int
setup(void **state)
{
	static const char text[] =
	    "{\"a\": {\"b\": [1, \"two\", {\"c\": true}]}, \"n\": 1.5,"
	    " \"t\": \"true\", \"s\": \"\\\",\\\"sub\\\":\\\"x\","
	    " \"o\": {\"k\": \"v\"}, \"e\": {}}";
	const char *why;

	(void)state;
	arena = ptn_arena_new(1 << 20);
	ada = (struct ptn_claims){ .email = { "ada@example.org", true, false },
		.username = "ada" };
	memset(ada.sub.b, 0x11, sizeof(ada.sub.b));
	return arena != NULL &&
		ptn_json_parse(ptn_bytes_of(text), 8, &metadata, &why) ==
		    PTN_OK &&
		ptn_json_parse(ptn_bytes_of("{\"plan\": \"pro\"}"), 8, &told,
		    &why) == PTN_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	(void)state;
	ptn_json_free(&metadata);
	ptn_json_free(&told);
	ptn_arena_free(&arena);
	return 0;
}

/* Of a user with that metadata. */
static enum ptn_err
write_claims(struct ptn_jsonw *w, const struct ptn_tree *tree,
    const struct ptn_claims *of, const struct ptn_json *unsafe)
{
	const struct ptn_json *const all[PTN_METADATA__MAX] = {
		[PTN_METADATA_PUBLIC] = unsafe != NULL ? told : NULL,
		[PTN_METADATA_UNSAFE] = unsafe,
	};

	return ptn_claims_write(w, arena, tree, of, all);
}

/* A leaf of a tree, quoted or plain. */
static enum ptn_err
put(struct ptn_tree *tree, const char *path, const char *text, bool plain)
{
	const struct ptn_conf_text value = { &text, 1, false, path, &plain };
	struct ptn_conf_why why;

	return ptn_conf_claims_put(arena, tree, &row, path, &value, &why);
}

static const char *
written(const struct ptn_tree *tree, const struct ptn_claims *of)
{
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, arena);
	assert_int_equal(
	    write_claims(&w, tree, of, of == &ada ? metadata : NULL), PTN_OK);
	assert_false(w.buf.bad);
	return w.buf.len > 0 ? w.buf.p : "";
}

static void
of_a_type(void **state)
{
	static const struct {
		const char *text;
		bool plain;
		const char *ada, *nobody; /* "": left out */
	} cases[] = {
		{ "user", true, "\"user\"", "\"user\"" },
		{ "3", true, "3", "3" },
		{ "3", false, "\"3\"", "\"3\"" },
		{ "1.5", true, "1.5", "1.5" },
		{ "012", true, "\"012\"", "\"012\"" },
		{ "-", true, "\"-\"", "\"-\"" },
		{ "yes", true, "\"yes\"", "\"yes\"" },
		{ "true", true, "true", "true" },
		{ "false", false, "false", "false" },
		{ "", false, "\"\"", "\"\"" },
		{ "{\"a\": [1]}", false, "{\"a\":[1]}", "{\"a\":[1]}" },
		{ "{\"a\": null}", false, "{\"a\":null}", "{\"a\":null}" },
		{ "[1", false, "\"[1\"", "\"[1\"" },
		{ "{{.User.Email.Address}}", false, "\"ada@example.org\"", "" },
		{ "{{ .User.Email.IsPrimary }}", false, "true", "" },
		{ "{{ .User.Email.IsVerified }}", false, "false", "" },
		{ "{{ .User.Username }}", false, "\"ada\"", "" },
		{ "{{.User.UserID}}", false,
		    "\"11111111-1111-1111-1111-111111111111\"",
		    "\"00000000-0000-0000-0000-000000000000\"" },
		{ "{{.User.Metadata.Unsafe \"n\"}}", false, "1.5", "" },
		{ "{{.User.Metadata.Public \"n\"}}", false, "", "" },
		{ "{{.User.Metadata.Public \"plan\"}}", false, "\"pro\"", "" },
		{ "{{.User.Metadata.Unsafe \"plan\"}}", false, "", "" },
		{ "{{.User.Metadata.Unsafe \"t\"}}", false, "\"true\"", "" },
		{ "{{.User.Metadata.Unsafe `o`}}", false, "{\"k\":\"v\"}", "" },
		{ "{{.User.Metadata.Unsafe \"a.b.2.c\"}}", false, "true", "" },
		{ "{{.User.Metadata.Unsafe \"a.b.9\"}}", false, "", "" },
		{ "{{.User.Metadata.Unsafe \"a.x\"}}", false, "", "" },
		{ "{{.User.Metadata.Unsafe \"s\"}}", false,
		    "\"\\\",\\\"sub\\\":\\\"x\"", "" },
		{ "<{{.User.Username}}>", false, "\"\\u003cada\\u003e\"", "" },
		{ "{{.User.Username}} {{.User.Metadata.Unsafe \"a.b.0\"}}",
		    false, "\"ada 1\"", "" },
		{ "is {{.User.Email.IsPrimary}}", false, "\"is true\"", "" },
		{ "is {{.User.Metadata.Unsafe \"o\"}}", false, "", "" },
	};
	char want[256];
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		struct ptn_tree tree = { NULL, 0 };

		assert_int_equal(put(&tree, "x", cases[i].text, cases[i].plain),
		    PTN_OK);
		(void)snprintf(want, sizeof(want), "%s%s",
		    *cases[i].ada != '\0' ? "\"x\":" : "", cases[i].ada);
		assert_string_equal(written(&tree, &ada), want);
		(void)snprintf(want, sizeof(want), "%s%s",
		    *cases[i].nobody != '\0' ? "\"x\":" : "", cases[i].nobody);
		assert_string_equal(written(&tree, &nobody), want);
	}
}

/* A key may have a dot; sections that begin alike are two. */
static void
in_sections(void **state)
{
	struct ptn_tree tree = { NULL, 0 };
	struct ptn_conf_why why;
	const char *list[] = { "a", "{{.User.Username}}", "3" };
	const bool plain[] = { true, false, true };
	const struct ptn_conf_text value = { list, 3, true, "l", plain };

	(void)state;
	assert_int_equal(put(&tree, "b" CUT "d" CUT "e", "1", true), PTN_OK);
	assert_int_equal(put(&tree, "https://a.b/c" CUT "x", "2", true),
	    PTN_OK);
	assert_int_equal(put(&tree, "b-b", "3", true), PTN_OK);
	assert_int_equal(put(&tree, "b" CUT "c", "{{.User.Username}}", false),
	    PTN_OK);
	assert_int_equal(
	    ptn_conf_claims_put(arena, &tree, &row, "l", &value, &why), PTN_OK);
	/* Said twice, the last counts. */
	assert_int_equal(put(&tree, "b-b", "4", true), PTN_OK);
	assert_int_equal(ptn_conf_claims_settle(&tree, &why), PTN_OK);
	assert_string_equal(written(&tree, &ada),
	    "\"b\":{\"c\":\"ada\",\"d\":{\"e\":1}},\"b-b\":4,"
	    "\"https://a.b/c\":{\"x\":2},\"l\":[\"a\",\"ada\",3]");
	assert_string_equal(written(&tree, &nobody),
	    "\"b\":{\"d\":{\"e\":1}},\"b-b\":4,"
	    "\"https://a.b/c\":{\"x\":2},\"l\":[\"a\",3]");
}

static void
never_the_servers_own(void **state)
{
	static const char *const ours[] = { "sub", "exp", "iat", "aud", "iss",
		"amr", "email", "username", "session_id", "tenant_id", "nbf",
		"jti", "subject", "expiration", "issued_at", "audience",
		"issuer" };
	struct ptn_tree tree = { NULL, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(ours); i++)
		assert_int_equal(put(&tree, ours[i], "x", false), PTN_OK);
	assert_int_equal(put(&tree, "sub" CUT "x", "x", false), PTN_OK);
	assert_string_equal(written(&tree, &ada), "");
	assert_int_equal(put(&tree, "subs", "x", false), PTN_OK);
	assert_string_equal(written(&tree, &ada), "\"subs\":\"x\"");
}

static void
what_does_not_go_together(void **state)
{
	struct ptn_tree tree = { NULL, 0 }, many = { NULL, 0 };
	struct ptn_tree deep = { NULL, 0 };
	struct ptn_conf_why why;
	char name[16], text[PTN_TREE_BYTES + 1];
	int i;

	(void)state;
	assert_int_equal(put(&tree, "a", "1", true), PTN_OK);
	assert_int_equal(put(&tree, "a-b", "1", true), PTN_OK);
	assert_int_equal(put(&tree, "a" CUT "b", "1", true), PTN_OK);
	assert_int_equal(ptn_conf_claims_settle(&tree, &why), PTN_E_INPUT);
	assert_non_null(strstr(why.text, "\"a\" is a value and a section"));
	assert_int_equal(put(&deep, "a" CUT "b", "1", true), PTN_OK);
	assert_int_equal(put(&deep, "a" CUT "b" CUT "c", "1", true), PTN_OK);
	assert_int_equal(ptn_conf_claims_settle(&deep, &why), PTN_E_INPUT);
	assert_non_null(strstr(why.text, "\"a.b\" is a value"));
	/* What comes in a file is refused there: "a key must be plain text". */
	assert_int_equal(put(&deep, "a\x1b[m", "1", true), PTN_E_INPUT);
	assert_int_equal(put(&deep, "a\x7f", "1", true), PTN_E_INPUT);
	assert_int_equal(
	    put(&tree, "l" PTN_TREE_ELEMENT "0" CUT "x", "1", true),
	    PTN_E_INPUT);
	for (i = 0; i < PTN_TREE_LEAVES; i++) {
		(void)snprintf(name, sizeof(name), "k%d", i);
		assert_int_equal(put(&many, name, "1", true), PTN_OK);
	}
	assert_int_equal(put(&many, "k", "1", true), PTN_E_INPUT);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(put(&many, "k1", text, true), PTN_OK);
	assert_int_equal(ptn_conf_claims_settle(&many, &why), PTN_E_INPUT);
	assert_non_null(strstr(why.text, "longer than"));
}

/* What was read of a token is what was written into it. */
static void
there_and_back(void **state)
{
	static const char payload[] =
	    "{\"sub\":\"x\",\"a\":{\"b\":[1,2.5,true]},\"exp\":1,\"z\":\"\\u003c\"}";
	struct ptn_json *json = NULL;
	const char *custom, *why;

	(void)state;
	assert_int_equal(ptn_json_parse(ptn_bytes_of(payload), 8, &json, &why),
	    PTN_OK);
	assert_int_equal(ptn_claims_read(arena, json, &custom), PTN_OK);
	assert_string_equal(custom,
	    "\"a\":{\"b\":[1,2.5,true]},"
	    "\"z\":\"\\u003c\"");
	ptn_json_free(&json);
	assert_int_equal(
	    ptn_json_parse(ptn_bytes_of("{\"sub\":\"x\"}"), 8, &json, &why),
	    PTN_OK);
	assert_int_equal(ptn_claims_read(arena, json, &custom), PTN_OK);
	assert_null(custom);
	ptn_json_free(&json);
}

/* {"x": [[...]]}, as deep as metadata may be. */
static struct ptn_json *
deepest_metadata(void)
{
	struct ptn_json *deepest = NULL;
	struct ptn_buf b;
	const char *why;
	int i;

	ptn_buf_init(&b, arena);
	ptn_buf_str(&b, "{\"x\":");
	for (i = 1; i < PTN_METADATA_DEPTH; i++)
		ptn_buf_char(&b, '[');
	for (i = 1; i < PTN_METADATA_DEPTH; i++)
		ptn_buf_char(&b, ']');
	ptn_buf_char(&b, '}');
	assert_int_equal(ptn_json_parse(PTN_BYTES(b.p, b.len),
			     PTN_METADATA_DEPTH, &deepest, &why),
	    PTN_OK);
	return deepest;
}

/* What we sign we take back, however deep an operator and a user nest it. */
static void
as_deep_as_may_be(void **state)
{
	static const char kid[] = "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a11";
	static const char *const texts[] = {
		"{{ .User.Metadata.Unsafe \"x\" }}",
		"[[[[[[[[[[[[]]]]]]]]]]]]",
	};
	struct ptn_json *deepest = deepest_metadata();
	enum ptn_verdict verdict;
	struct ptn_key *key = NULL;
	struct ptn_jws jws;
	char *token;
	size_t i;

	(void)state;
	assert_int_equal(ptn_crypto_init(), PTN_OK);
	assert_int_equal(ptn_key_generate(&key, PTN_ALG_ES256), PTN_OK);
	for (i = 0; i < PTN_ARRAY_LEN(texts); i++) {
		struct ptn_tree tree = { NULL, 0 };
		struct ptn_jsonw w;

		assert_int_equal(
		    put(&tree, "a" CUT "b" CUT "c" CUT "d" CUT "e" CUT "f",
			texts[i], false),
		    PTN_OK);
		ptn_jsonw_init(&w, arena);
		ptn_jsonw_object(&w, NULL);
		assert_int_equal(write_claims(&w, &tree, &ada, deepest),
		    PTN_OK);
		ptn_jsonw_end_object(&w);
		assert_non_null(strstr(w.buf.p, "\"f\":[[[[[[[[[[[["));
		assert_int_equal(ptn_jws_sign(key, kid, arena, w.buf.p, &token),
		    PTN_OK);
		assert_int_equal(ptn_jws_read(arena, ptn_bytes_of(token), &jws),
		    PTN_OK);
		assert_int_equal(ptn_jws_verify(&jws, key, &verdict), PTN_OK);
		assert_int_equal(verdict, PTN_ALLOW);
	}
	ptn_key_free(&key);
	ptn_json_free(&deepest);
}

#define SMALL ((size_t)1 << 16)
/* With too little memory there is no token, never one that lacks something. */
static void
all_or_out_of_memory(void **state)
{
	static const char whole[] =
	    "\"a\":true,\"b\":\"1 ada\",\"c\":{\"d\":[1]}";
	struct ptn_tree tree = { NULL, 0 };
	struct ptn_arena *const all = arena;
	enum ptn_err r = PTN_E_NOMEM;
	struct ptn_jsonw w;
	size_t left;
	int failed = 0;

	(void)state;
	assert_int_equal(
	    put(&tree, "a", "{{ .User.Metadata.Unsafe \"a.b.2.c\" }}", false),
	    PTN_OK);
	assert_int_equal(put(&tree, "b",
			     "{{ .User.Metadata.Unsafe \"a.b.0\" }} "
			     "{{ .User.Username }}",
			     false),
	    PTN_OK);
	assert_int_equal(put(&tree, "c" CUT "d", "[1]", false), PTN_OK);
	for (left = 0; r != PTN_OK; left += 16) {
		assert_non_null(arena = ptn_arena_new(SMALL));
		assert_non_null(ptn_arena_alloc(arena, SMALL - left));
		ptn_jsonw_init(&w, arena);
		r = write_claims(&w, &tree, &ada, metadata);
		if (r == PTN_OK && w.buf.bad)
			r = PTN_E_NOMEM;
		if (r == PTN_OK)
			assert_string_equal(w.buf.p, whole);
		else
			assert_int_equal(r, PTN_E_NOMEM);
		failed += r != PTN_OK;
		ptn_arena_free(&arena);
	}
	assert_true(failed > 8);
	arena = all;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_type),
		cmocka_unit_test(in_sections),
		cmocka_unit_test(never_the_servers_own),
		cmocka_unit_test(what_does_not_go_together),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(all_or_out_of_memory),
		cmocka_unit_test(as_deep_as_may_be),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
