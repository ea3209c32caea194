#ifndef PTN_MEMORY_H
#define PTN_MEMORY_H

#include "fcgi/process.h"

/*
 * Note in its score how much memory this process has, if that was not done in
 * the last ten seconds: for GET /metrics, since no process of ours may look at
 * another.  Shared pages count by their shares (PSS).  NULL: nobody asks.
 */
void ptn_memory_note(struct ptn_score *score);

#endif
