#ifndef PTN_DB_DBERR_H
#define PTN_DB_DBERR_H

/*
 * What an error number of the database, or of its client library, means for
 * us.  The one table of them is in dberr.c.
 */
enum ptn_fault {
	PTN_FAULT_NONE = 0,
	PTN_FAULT_CONFLICT, /* a key: the caller's matter */
	PTN_FAULT_RETRY,    /* lost against another transaction: run it again */
	PTN_FAULT_STALE,    /* the prepared statement is gone: prepare again */
	PTN_FAULT_UNSENT,   /* no connection, and nothing went out on it */
	PTN_FAULT_LOST,	    /* the connection broke: it may have been run */
	PTN_FAULT_AWAY,	    /* the server cannot or may not take it now */
	PTN_FAULT_NOMEM,    /* the arena is full */
	PTN_FAULT_MANY,	    /* a second row where one was promised */
	PTN_FAULT_OTHER	    /* all else: a mistake of ours */
};

/*
 * Classify a number; never PTN_FAULT_NONE.  what is set to a short text of
 * ours for the log, or NULL when the table does not know the number.
 */
enum ptn_fault ptn_fault_of(unsigned int number, const char **what);

#endif
