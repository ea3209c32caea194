/* A flow as bytes: all of it comes back, and nothing else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/flow/codec.h"
#include "tests/unit/arena.h"

/* As long as one can be. */
static void
fill_cred(struct ptn_flow_cred *c)
{
	c->id_len = c->key_len = PTN_FLOW_CRED_BYTES;
	memset(c->id, 8, sizeof(c->id));
	memset(c->key, 9, sizeof(c->key));
	memset(&c->aaguid, 10, sizeof(c->aaguid));
	c->sign_count = INT64_MAX;
	c->backup_eligible = c->backup_state = true;
	memset(c->attestation, 'e', PTN_FLOW_CRED_TEXT - 1);
	memset(c->transports, 'f', PTN_FLOW_CRED_TEXT - 1);
	memset(c->name, 'g', PTN_FLOW_CRED_TEXT - 1);
}

/* Every key of a stash is set, to as much as it can hold, each to another. */
static void
fill_stash(struct ptn_flow_stash *s, bool sticky)
{
	enum { BACK = 1, STICKY = 0 };
	int n = 0;

#define FILL_BOOL(p) *(p) = true
#define FILL_I64(p) *(p) = -n
#define FILL_UUID(p) memset((p), n, sizeof(*(p)))
#define FILL_TEXT(p) memset((p), 'A' + n, sizeof(*(p)) - 1)
#define FILL_MAC(p) memset((p), n, sizeof(*(p)))
#define FILL_SECRET(p) memset((p), n, sizeof(*(p)))
#define FILL_CRED(p) fill_cred(p)
#define PTN_FLOW_KEY(name, type, how)                                          \
	if (++n > 0 && (sticky || (how)))                                      \
		FILL_##type(&s->name);
#include "lib/flow/stash.def"
}

/* Every key is set, and the history and the queue are full. */
static struct ptn_flow *
full(void)
{
	struct ptn_flow *flow = ptn_arena_alloc(arena, sizeof(*flow));
	size_t i;

	flow->name = PTN_FLOW_REGISTRATION;
	flow->position.at = PTN_FLOW_AT_PASSCODE;
	flow->position.before = PTN_FLOW_AT_REGISTRATION_INIT;
	for (i = 0; i < PTN_FLOW_QUEUE_MAX; i++)
		flow->position.queue[i] = PTN_FLOW_AT_SUCCESS;
	flow->position.n = PTN_FLOW_QUEUE_MAX;
	fill_stash(&flow->stash, true);
	for (i = 0; i < PTN_FLOW_HISTORY_MAX; i++) {
		flow->history[i].position = flow->position;
		flow->history[i].final = i % 2 == 0;
		fill_stash(&flow->history[i].stash, false);
	}
	flow->n = PTN_FLOW_HISTORY_MAX;
	return flow;
}

static struct ptn_bytes
written(const struct ptn_flow *flow)
{
	struct ptn_bytes out;

	assert_int_equal(ptn_flow_codec_write(flow, arena, &out), PTN_OK);
	return out;
}

static void
all_of_it_comes_back(void **state)
{
	struct ptn_flow *flow = full();
	struct ptn_flow *back = ptn_arena_alloc(arena, sizeof(*back));
	const struct ptn_bytes bytes = written(flow);

	(void)state;
	assert_int_equal(ptn_flow_codec_read(bytes, back), PTN_OK);
	assert_memory_equal(flow, back, sizeof(*flow));
}

static void
a_new_one_is_small(void **state)
{
	struct ptn_flow *flow = ptn_arena_alloc(arena, sizeof(*flow));
	struct ptn_flow *back = ptn_arena_alloc(arena, sizeof(*back));

	(void)state;
	flow->name = PTN_FLOW_LOGIN;
	flow->position.at = PTN_FLOW_AT_PREFLIGHT;
	assert_true(written(flow).len < 16);
	assert_int_equal(ptn_flow_codec_read(written(flow), back), PTN_OK);
	assert_memory_equal(flow, back, sizeof(*flow));
}

static void
a_past_has_no_sticky_keys(void **state)
{
	struct ptn_flow *flow = full();
	struct ptn_flow *back = ptn_arena_alloc(arena, sizeof(*back));
	static const struct ptn_flow_stash none;

	(void)state;
	flow->history[0].stash = flow->stash;
	assert_int_equal(ptn_flow_codec_read(written(flow), back), PTN_OK);
	assert_string_equal(back->history[0].stash.address,
	    flow->stash.address);
	assert_memory_equal(back->history[0].stash.code_mac, none.code_mac,
	    sizeof(none.code_mac));
	assert_int_equal(back->history[0].stash.code_tries, 0);
}

static void
nothing_else_is_read(void **state)
{
	const struct ptn_bytes bytes = written(full());
	struct ptn_flow *back = ptn_arena_alloc(arena, sizeof(*back));
	uint8_t *longer = ptn_arena_alloc(arena, bytes.len + 1);
	size_t i;

	(void)state;
	for (i = 0; i < bytes.len; i++)
		assert_int_equal(
		    ptn_flow_codec_read(PTN_BYTES(bytes.p, i), back),
		    PTN_E_INPUT);
	memcpy(longer, bytes.p, bytes.len);
	assert_int_equal(
	    ptn_flow_codec_read(PTN_BYTES(longer, bytes.len + 1), back),
	    PTN_E_INPUT);
	longer[0]++; /* a form that is not ours */
	assert_int_equal(
	    ptn_flow_codec_read(PTN_BYTES(longer, bytes.len), back),
	    PTN_E_INPUT);
}

static void
sticky_keys_are_kept(void **state)
{
	struct ptn_flow *flow = full();
	struct ptn_flow_stash to = { .mail = PTN_FLOW_MAIL_UNKNOWN };

	(void)state;
	ptn_flow_codec_keep(&flow->stash, &to);
	assert_int_equal(to.mail, PTN_FLOW_MAIL_UNKNOWN);
	assert_string_equal(to.address, "");
	assert_string_equal(to.code_to, flow->stash.code_to);
	assert_int_equal(to.code_tries, flow->stash.code_tries);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_comes_back),
		cmocka_unit_test(a_new_one_is_small),
		cmocka_unit_test(a_past_has_no_sticky_keys),
		cmocka_unit_test(nothing_else_is_read),
		cmocka_unit_test(sticky_keys_are_kept),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
