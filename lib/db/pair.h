#ifndef PTN_DB_PAIR_H
#define PTN_DB_PAIR_H

struct st_mysql; /* the library's MYSQL and MYSQL_STMT */
struct st_mysql_stmt;

/* Which of the two went wrong; of two that did, the first. */
enum ptn_pair { PTN_PAIR_WELL, PTN_PAIR_FIRST, PTN_PAIR_SECOND };

/* What the server, or the library, says of the first one. */
struct ptn_pair_fault {
	unsigned int number;
	char message[256];
};

/*
 * Execute a prepared statement whose inputs are bound, with another one ahead
 * of it, a text that returns no rows, or NULL.  Where the library can do that,
 * both are sent before an answer is read: the second one is run whatever
 * becomes of the first.  For conn.c alone.
 *
 * fault	set if the first one went wrong: the library forgets it when it
 *		reads what came of the second
 */
enum ptn_pair ptn_pair_execute(struct st_mysql *my, const char *first,
    struct st_mysql_stmt *st, struct ptn_pair_fault *fault);

#endif
