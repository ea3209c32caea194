#ifndef PTN_DB_DBERR_H
#define PTN_DB_DBERR_H

#include "lib/db/db.h"

#include "lib/base/err.h"

/*
 * What an error number of the database, or of its client library, means for
 * us.  The one table of them is in dberr.c.
 */
enum ptn_dberr {
	PTN_DBERR_NONE = 0,
	PTN_DBERR_CONFLICT, /* a key: the caller's matter */
	PTN_DBERR_RETRY,    /* lost against another transaction: run it again */
	PTN_DBERR_NODE,     /* this server cannot take it: another, or later */
	PTN_DBERR_STALE,    /* the prepared statement is gone: prepare again */
	PTN_DBERR_UNSENT,   /* no connection, and nothing went out on it */
	PTN_DBERR_LOST,	    /* the connection broke: it may have been run */
	PTN_DBERR_AWAY,	    /* the server cannot or may not take it now */
	PTN_DBERR_NOMEM,    /* the arena is full */
	PTN_DBERR_MANY,	    /* a second row where one was promised */
	PTN_DBERR_OTHER	    /* all else: a mistake of ours */
};

/* A number of ours, above any server's: it is not a MariaDB that we know. */
#define PTN_DBERR_FOREIGN 100000U

/* What an operator can do about a number. */
enum ptn_db_fault ptn_dberr_fault(unsigned int number);

/*
 * Classify a number; never PTN_DBERR_NONE.  what is set to a short text of
 * ours for the log, or NULL when the table does not know the number.
 */
enum ptn_dberr ptn_dberr_of(unsigned int number, const char **what);

/* What a caller is told about a fault that stands. */
enum ptn_err ptn_dberr_err(enum ptn_dberr f) PTN_MUST_USE;

#endif
