#include "fcgi/cli/setup_cause.h"

#include <stddef.h>

#include "lib/base/array.h"

enum ptn_setup_cause
ptn_setup_cause_of(enum ptn_db_fault fault)
{
	static const struct {
		enum ptn_setup_cause cause;
		enum ptn_db_fault fault;
	} rows[] = {
#define PTN_CAUSE(name, fault, field, text)                                    \
	{ PTN_CAUSE_##name, PTN_DB_FAULT_##fault },
#include "fcgi/cli/setup_cause.def"
	};
	size_t i;

	for (i = 0; fault != PTN_DB_FAULT_NONE && i < PTN_ARRAY_LEN(rows); i++)
		if (rows[i].fault == fault)
			return rows[i].cause;
	return PTN_CAUSE_UNKNOWN;
}
