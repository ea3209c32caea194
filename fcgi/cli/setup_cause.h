#ifndef PTN_CLI_SETUP_CAUSE_H
#define PTN_CLI_SETUP_CAUSE_H

#include "lib/db/db.h"

/* What became of a set-up, for who does not read sentences. */
enum ptn_setup_cause {
#define PTN_CAUSE(name, fault, field, text) PTN_CAUSE_##name,
#include "fcgi/cli/setup_cause.def"
	PTN_CAUSE__MAX
};

/* What a fault of the database means. */
enum ptn_setup_cause ptn_setup_cause_of(enum ptn_db_fault fault);

#endif
