#include "config.h"

#include "lib/db/pair.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <mysql.h>

static enum ptn_pair
first_failed(MYSQL *my, struct ptn_pair_fault *fault)
{
	fault->number = mysql_errno(my);
	(void)snprintf(fault->message, sizeof(fault->message), "%s",
	    mysql_error(my));
	return PTN_PAIR_FIRST;
}

#if HAVE_DECL_MARIADB_OPT_SKIP_READ_RESPONSE &&                                \
    HAVE_STRUCT_ST_MARIADB_METHODS_DB_READ_EXECUTE_RESPONSE
static int
execute_unread(MYSQL *my, MYSQL_STMT *st)
{
	const my_bool yes = 1, no = 0;
	int rc;

	mysql_optionsv(my, MARIADB_OPT_SKIP_READ_RESPONSE, &yes);
	rc = mysql_stmt_execute(st);
	mysql_optionsv(my, MARIADB_OPT_SKIP_READ_RESPONSE, &no);
	return rc;
}

/* Both are sent, and then both are read, whatever became of the first. */
static enum ptn_pair
execute_behind(MYSQL *my, const char *first, MYSQL_STMT *st,
    struct ptn_pair_fault *fault)
{
	enum ptn_pair r = PTN_PAIR_WELL;
	bool sent;

	if (mysql_send_query(my, first, strlen(first)) != 0)
		return first_failed(my, fault);
	if (!(sent = execute_unread(my, st) == 0))
		r = PTN_PAIR_SECOND;
	if (mysql_read_query_result(my) != 0)
		r = first_failed(my, fault);
	if (!sent)
		return r;
	if (my->methods->db_read_execute_response(st) != 0)
		return r != PTN_PAIR_WELL ? r : PTN_PAIR_SECOND;
	if (r != PTN_PAIR_WELL)
		(void)mysql_stmt_free_result(st);
	return r;
}
#else
/* The library cannot: one after the other. */
static enum ptn_pair
execute_behind(MYSQL *my, const char *first, MYSQL_STMT *st,
    struct ptn_pair_fault *fault)
{
	if (mysql_real_query(my, first, strlen(first)) != 0)
		return first_failed(my, fault);
	return mysql_stmt_execute(st) == 0 ? PTN_PAIR_WELL : PTN_PAIR_SECOND;
}
#endif

enum ptn_pair
ptn_pair_execute(MYSQL *my, const char *first, MYSQL_STMT *st,
    struct ptn_pair_fault *fault)
{
	if (first != NULL)
		return execute_behind(my, first, st, fault);
	return mysql_stmt_execute(st) == 0 ? PTN_PAIR_WELL : PTN_PAIR_SECOND;
}
