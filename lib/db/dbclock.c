#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/db/handle.h"

#define APART_MIN_US PTN_US_PER_S /* less is the way there and back */
#define AGAIN_MS 60000		  /* while the two are apart */
#define AGREED_MS 3600000	  /* while they are not */

/* How far this host's clock was set forth or back since the process began. */
static int64_t
setting(void)
{
	return ptn_clock_us() - ptn_clock_mono_ms() * PTN_US_PER_MS;
}

static void
say(int64_t ahead_us)
{
	const long long s = llabs(ahead_us) / PTN_US_PER_S;

	if (ahead_us == 0)
		ptn_info("database: its clock and this host's agree again");
	else
		ptn_warn("database: its clock is %lld s %s this host's, and "
			 "tokens are dated by it: let NTP set both",
		    s, ahead_us > 0 ? "ahead of" : "behind");
}

void
ptn_handle_clock(struct ptn_db *db, int64_t clock_us)
{
	int64_t ahead_us = clock_us - ptn_clock_us();

	if (llabs(ahead_us) < APART_MIN_US)
		ahead_us = 0;
	if (llabs(ahead_us - db->ahead_us) >= APART_MIN_US)
		say(ahead_us);
	db->ahead_us = ahead_us;
	db->setting_us = setting();
	db->clock_at_ms = ptn_clock_mono_ms();
}

bool
ptn_handle_clock_due(const struct ptn_db *db)
{
	if (db->clock_at_ms == 0)
		return false;
	if (llabs(setting() - db->setting_us) >= APART_MIN_US)
		return true;
	return ptn_clock_mono_ms() - db->clock_at_ms >
	    (db->ahead_us != 0 ? AGAIN_MS : AGREED_MS);
}

int64_t
ptn_db_clock_us(const struct ptn_db *db)
{
	int64_t set_us;

	if (db == NULL || db->clock_at_ms == 0)
		return ptn_clock_us();
	/* That this host's was set since says nothing of the database's. */
	set_us = setting() - db->setting_us;
	if (llabs(set_us) < APART_MIN_US)
		set_us = 0;
	return ptn_clock_us() + db->ahead_us - set_us;
}
