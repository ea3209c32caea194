#ifndef PTN_BASE_CLOCK_H
#define PTN_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"

#define PTN_CLOCK_STR 32
#define PTN_US_PER_S INT64_C(1000000)
#define PTN_US_PER_MS INT64_C(1000)

/*
 * This host's clock.  Rows live and die by the database's clock, and tokens are
 * dated by it (ptn_db_clock_us()); this one dates logs and mails.  Tests
 * replace both with --wrap.
 */
int64_t ptn_clock_us(void);	 /* microseconds since the epoch, UTC */
int64_t ptn_clock_mono_ms(void); /* milliseconds that never step back */
int64_t ptn_clock_mono_us(void); /* the same in microseconds */

/*
 * RFC 3339 in UTC, with the fraction trimmed of trailing zeros:
 * 2024-01-01T12:00:00.1234Z.
 */
void ptn_clock_format(int64_t us, char out[PTN_CLOCK_STR]);

/*
 * Read RFC 3339, with a fraction of any length and with any offset.  False for
 * all else, a day that no calendar has too; us is untouched then.
 */
bool ptn_clock_parse(struct ptn_bytes text, int64_t *us) PTN_MUST_USE;

#endif
