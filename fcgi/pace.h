#ifndef PTN_PACE_H
#define PTN_PACE_H

#include <stddef.h>
#include <stdint.h>

/*
 * How quickly a peer has been sending lately: its bytes, of which half count
 * a second later.  So a quick start is soon forgotten when nothing follows,
 * and a short pause is forgiven.  More than PTN_PACE_MOST are no merit: else
 * whoever sends much at once, and then nothing, would stay before those who
 * come after and have little to send.
 */
#define PTN_PACE_MOST 4096

struct ptn_pace {
	uint64_t lately;
	int64_t at_ms; /* when it was that */
};

/* now_ms: monotonic.  bytes: what the peer is taken to have sent already. */
void ptn_pace_start(struct ptn_pace *p, int64_t now_ms, size_t bytes);
void ptn_pace_add(struct ptn_pace *p, int64_t now_ms, size_t bytes);

/* Something to compare with that of others; 0 after a long silence. */
uint64_t ptn_pace_lately(const struct ptn_pace *p, int64_t now_ms);

#endif
