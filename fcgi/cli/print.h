#ifndef PTN_CLI_PRINT_H
#define PTN_CLI_PRINT_H

#include <stdint.h>

/* A column with a time to the second, in UTC; "-" for 0. */
void ptn_cli_print_time(int64_t us);

#endif
