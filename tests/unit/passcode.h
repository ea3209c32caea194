#ifndef TEST_PASSCODE_H
#define TEST_PASSCODE_H

/* People who have codes, and what becomes of the codes that they give. */

#include "lib/account/email.h"
#include "lib/account/passcode.h"
#include "lib/base/clock.h"
#include "tests/unit/rows.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define TTL_S 300
#define RIGHT "012345"
#define WRONG "012346"
#define LONG_MAX 32 /* bytes of a code */
#define WRONG_ONES 20

static const enum ptn_code_kind by_user[] = { PTN_CODE_LOGIN,
	PTN_CODE_REGISTRATION, PTN_CODE_RECOVERY };

static inline struct ptn_user_ref
person(void)
{
	static int n;

	return rows_user_of(&tenant,
	    ptn_arena_printf(arena, "person%d@example.org", ++n));
}

static inline struct ptn_passcode
put_at(const struct ptn_scope *sc, const struct ptn_user_ref *u,
    enum ptn_code_kind kind, const char *code)
{
	struct ptn_passcode pc = { .user_id = u->id,
		.email_id = u->email_id,
		.kind = kind,
		.ttl_s = TTL_S };

	pc.created_at_us = rows_now_us();
	assert_int_equal(ptn_passcode_put(sc, code, &pc), PTN_OK);
	return pc;
}

static inline struct ptn_passcode
put(const struct ptn_user_ref *u, const char *code)
{
	return put_at(&scope, u, PTN_CODE_PASSCODE, code);
}

static inline enum ptn_passcode_result
check_at(const struct ptn_scope *sc, const struct ptn_uuid *id,
    const char *code)
{
	enum ptn_passcode_result out = PTN_PASSCODE_RIGHT;
	struct ptn_passcode pc;

	assert_int_equal(ptn_passcode_check(sc, id, code, &pc, &out), PTN_OK);
	return out;
}

static inline enum ptn_passcode_result
check(const struct ptn_passcode *pc, const char *code)
{
	return check_at(&scope, &pc->id, code);
}

static inline enum ptn_passcode_result
check_user(const struct ptn_scope *sc, const struct ptn_uuid *user,
    enum ptn_code_kind kind, const char *code, enum ptn_code_use use)
{
	enum ptn_passcode_result out = PTN_PASSCODE_RIGHT;

	assert_int_equal(ptn_code_check(sc, user, kind, code, use, NULL, &out),
	    PTN_OK);
	return out;
}

static inline void
expire(const struct ptn_uuid *id)
{
	rows_sql("UPDATE passcodes SET expires_at ="
		 " UTC_TIMESTAMP(6) - INTERVAL 1 MICROSECOND WHERE id = x'%s'",
	    rows_hex(id));
}

static inline int64_t
tries_of(const struct ptn_uuid *id)
{
	return rows_number("SELECT COALESCE(SUM(try_count), -1)"
			   " FROM passcodes WHERE id = x'%s'",
	    rows_hex(id));
}

#endif
