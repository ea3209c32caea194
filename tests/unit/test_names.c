#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/request.h"
#include "lib/account/passcode.h"
#include "lib/base/api.h"
#include "lib/base/array.h"
#include "lib/base/err.h"
#include "lib/crypto/key.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/keyassert.h"

/* Every value of an enum that has names: each has one, and of its own. */

#define NAME_OF(of, function, type)                                            \
	static const char *of(int value)                                       \
	{                                                                      \
		return function((type)value);                                  \
	}

NAME_OF(of_err, ptn_err_name, enum ptn_err)
NAME_OF(of_api, ptn_api_name, enum ptn_api)
NAME_OF(of_alg, ptn_key_alg_name, enum ptn_sign_alg)
NAME_OF(of_method, ptn_method_name, enum ptn_method)
NAME_OF(of_code, ptn_code_name, enum ptn_code_kind)
NAME_OF(of_kind, ptn_dfns_cred_kind_name, enum ptn_dfns_cred_kind)
NAME_OF(of_digest, ptn_keyassert_digest_name, enum ptn_keyassert_digest)

static const struct {
	const char *what;
	const char *(*name)(int value);
	int first; /* that has a name */
	int max;   /* behind the last one */
} enums[] = {
	{ "errors", of_err, PTN_OK, PTN_E__MAX },
	{ "APIs", of_api, PTN_API_HANKO, PTN_API__MAX },
	{ "algorithms", of_alg, PTN_ALG_RS256, PTN_ALG__MAX },
	{ "methods", of_method, PTN_METHOD_UNSET + 1, PTN_METHOD__MAX },
	{ "codes", of_code, PTN_CODE_PASSCODE, PTN_CODE__MAX },
	{ "kinds", of_kind, PTN_CRED_UNSET + 1, PTN_CRED__MAX },
	{ "digests", of_digest, PTN_KEYASSERT_UNSET + 1, PTN_KEYASSERT_OTHER },
};

static void
test_names(void **state)
{
	const char *name;
	size_t i;
	int value, other;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(enums); i++) {
		print_message("# %s\n", enums[i].what);
		assert_true(enums[i].first < enums[i].max);
		for (value = enums[i].first; value < enums[i].max; value++) {
			name = enums[i].name(value);
			assert_non_null(name);
			assert_string_not_equal(name, "");
			assert_string_not_equal(name, "unknown");
			for (other = enums[i].first; other < value; other++)
				assert_string_not_equal(name,
				    enums[i].name(other));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
