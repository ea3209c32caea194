#ifndef PTN_BASE_RNG_H
#define PTN_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/*
 * Random bytes from getrandom(2).  The process ends when there are none:
 * weak randomness is never an answer.
 */
void ptn_rng(void *p, size_t len);

/* Uniform in [0, bound), without modulo bias; bound > 0. */
uint32_t ptn_rng_below(uint32_t bound);

#endif
