#include "fcgi/memory.h"

#include <stdio.h>

#include "lib/base/clock.h"

#define EVERY_MS 10000

/* Of this process, in KiB; 0 where the kernel does not tell. */
static long long
own_kib(void)
{
	long long kib = 0;
	char line[128];
	FILE *f;

	if ((f = fopen("/proc/self/smaps_rollup", "re")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "Pss: %lld kB", &kib) == 1)
			break;
	}
	(void)fclose(f);
	return kib;
}

void
ptn_memory_note(struct ptn_score *score)
{
	static int64_t next_ms;
	const int64_t now = ptn_clock_mono_ms();

	if (score == NULL || now < next_ms)
		return;
	next_ms = now + EVERY_MS;
	atomic_store(&score->memory, own_kib() * 1024);
}
