#ifndef PTN_BASE_HOME_H
#define PTN_BASE_HOME_H

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

#endif
