#ifndef PTN_CLI_OPTION_H
#define PTN_CLI_OPTION_H

/*
 * The first of n words that looks like an option ("--name", "--name=VALUE")
 * and does not stand in the line that says how a command is used; or NULL.
 */
const char *ptn_cli_option_unknown(const char *usage, int n,
    char *const *words);

#endif
