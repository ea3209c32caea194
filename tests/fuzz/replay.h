#ifndef PTN_FUZZ_REPLAY_H
#define PTN_FUZZ_REPLAY_H

#include <stdbool.h>

/*
 * What replay.c wants to know of a harness, and what a harness may ask it.
 * libFuzzer, which can stand in its place, has neither: they are NULL then.
 */

/* The HTTP status of the answer. */
void replay_answered(int status) __attribute__((weak));

/* Is memory made to fail at present? */
bool replay_is_scarce(void) __attribute__((weak));

/* Let it not fail for a while; then again. */
void replay_spare(bool spare) __attribute__((weak));

#endif
