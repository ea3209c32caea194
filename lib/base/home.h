#ifndef PTN_BASE_HOME_H
#define PTN_BASE_HOME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The folder of an installation that can lie anywhere, without a slash at its
 * end; NULL if this is none, and all is where "make install" put it.
 *
 * It is one when this program, and a loader beside it that runs it, are in the
 * folder "lib" of it (etc/package.d/bundle.sh).  Never what somebody says: no
 * variable of the environment, no name on a command line.
 */
const char *ptn_home(void);

/* The folder that has what comes with the program, such as "mail". */
const char *ptn_home_data(void);

/*
 * Where a program of ours is that this one starts: in the folder above, where
 * there is one; else beside this program, or where it was installed.  False,
 * and errno, if there is none that can be run; out[size] is the last place that
 * was looked at.
 */
bool ptn_home_program(const char *name, char *out, size_t size);

/*
 * The certificates of the authorities that this system trusts, for libraries
 * that were brought along and know where another has them; "" if there is no
 * such folder as above, or no such file.
 */
const char *ptn_home_authorities(void);

#endif
