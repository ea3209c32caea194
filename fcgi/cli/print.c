#include "fcgi/cli/print.h"

#include <stdio.h>

#include "lib/base/clock.h"

void
ptn_cli_print_time(int64_t us)
{
	char text[PTN_CLOCK_STR] = "-";

	if (us != 0)
		ptn_clock_format(us / PTN_US_PER_S * PTN_US_PER_S, text);
	(void)printf("  %-20s", text);
}
