#include "lib/db/dberr.h"

#include <stddef.h>

#include "lib/base/array.h"

#define CLIENT_FIRST 2000 /* the client library's own numbers */
#define CLIENT_LAST 2999

/*
 * The numbers are part of the protocol (mariadb.com/kb, "MariaDB Error
 * Codes"); 2000 and up are the client library's.
 */
static const struct {
	unsigned int number;
	enum ptn_dberr dberr;
	const char *what; /* NULL: the number says it all */
	enum ptn_db_fault fault;
} dberrs[] = {
	/* clang-format off */
	{ 1062, PTN_DBERR_CONFLICT, "a unique key", 0 },
	{ 1451, PTN_DBERR_CONFLICT, "a row that others refer to", 0 },
	{ 1452, PTN_DBERR_CONFLICT, "the row that is referred to is gone", 0 },

	{ 1020, PTN_DBERR_RETRY,    "the row changed meanwhile", 0 },
	{ 1047, PTN_DBERR_NODE,     "the cluster node is not ready", 0 },
	{ 1205, PTN_DBERR_RETRY,    "waited too long for a lock", 0 },
	{ 1213, PTN_DBERR_RETRY,    "deadlock", 0 },

	{ 1243, PTN_DBERR_STALE,    "unknown prepared statement", 0 },
	{ 1615, PTN_DBERR_STALE,    "prepared statement out of date", 0 },

	{ 2006, PTN_DBERR_UNSENT,   "the server has gone away", 0 },
	{ 1053, PTN_DBERR_LOST,     "the server is shutting down", 0 },
	{ 1927, PTN_DBERR_LOST,     "the connection was killed", 0 },
	{ 2013, PTN_DBERR_LOST,     "the connection was lost", 0 },
	{ 2027, PTN_DBERR_LOST,     "malformed packet", 0 },
	{ 2055, PTN_DBERR_LOST,     "the connection was lost", 0 },
	{ 4031, PTN_DBERR_LOST,     "the connection was idle for too long", 0 },

	{    3, PTN_DBERR_AWAY,     "cannot write (disk full?)", 0 },
	{   28, PTN_DBERR_AWAY,     "disk full", 0 },
	{ 1021, PTN_DBERR_AWAY,     "disk full", 0 },
	{ 1026, PTN_DBERR_AWAY,     "cannot write (disk full?)", 0 },
	{ 1028, PTN_DBERR_AWAY,     "cannot sort (disk full?)", 0 },
	{ 1030, PTN_DBERR_AWAY,     "the storage engine failed (disk full?)", 0 },
	{ 1037, PTN_DBERR_AWAY,     "the server is out of memory", 0 },
	{ 1038, PTN_DBERR_AWAY,     "the server is out of sort memory", 0 },
	{ 1040, PTN_DBERR_AWAY,     "too many connections", 0 },
	{ 1041, PTN_DBERR_AWAY,     "the server is out of memory", 0 },
	{ 1114, PTN_DBERR_AWAY,     "the table is full (disk full?)", 0 },
	{ 1135, PTN_DBERR_AWAY,     "the server cannot start a thread", 0 },
	{ 1180, PTN_DBERR_AWAY,     "COMMIT failed (disk full?)", 0 },
	{ 1203, PTN_DBERR_AWAY,     "too many connections of this user", 0 },
	{ 1226, PTN_DBERR_AWAY,     "this user has used up a limit", 0 },
	{ 1290, PTN_DBERR_NODE,     "the server is read-only", 0 },
	{ 1317, PTN_DBERR_AWAY,     "the query was interrupted", 0 },
	{ 1461, PTN_DBERR_AWAY,     "too many prepared statements", 0 },
	{ 1665, PTN_DBERR_AWAY,     "binlog_format is STATEMENT: it must be MIXED or ROW", 0 },
	{ 1792, PTN_DBERR_AWAY,     "the transaction is read-only", 0 },
	{ 1836, PTN_DBERR_NODE,     "the server is read-only", 0 },
	{ 1969, PTN_DBERR_AWAY,     "the query took too long", 0 },

	{ 1044, PTN_DBERR_AWAY,     "access denied to this database: GRANT select, insert, update, delete on it to database.user", PTN_DB_FAULT_DATABASE },
	{ 1045, PTN_DBERR_AWAY,     "access denied: check database.user and database.password, and whether the server wants TLS", PTN_DB_FAULT_USER },
	{ 1049, PTN_DBERR_AWAY,     "no such database: check database.database", PTN_DB_FAULT_MISSING },
	{ 1129, PTN_DBERR_AWAY,     "the server blocks this host", PTN_DB_FAULT_SHUT },
	{ 1130, PTN_DBERR_AWAY,     "this host may not connect", PTN_DB_FAULT_SHUT },
	{ 1142, PTN_DBERR_AWAY,     "access denied to a table: GRANT select, insert, update, delete on the database to database.user", PTN_DB_FAULT_TABLE },
	{ 1143, PTN_DBERR_AWAY,     "access denied to a column", PTN_DB_FAULT_TABLE },
	{ 1227, PTN_DBERR_AWAY,     "access denied: a privilege is missing", PTN_DB_FAULT_TABLE },
	{ 1698, PTN_DBERR_AWAY,     "access denied: check database.user and database.password", PTN_DB_FAULT_USER },
	{ 1862, PTN_DBERR_AWAY,     "the password of database.user has expired", 0 },
	{ 3159, PTN_DBERR_AWAY,     "the server wants TLS: see database.tls.mode", 0 },
	{ 4151, PTN_DBERR_AWAY,     "the account of database.user is locked", 0 },

	{ 2002, PTN_DBERR_AWAY,     "cannot connect: is MariaDB running? check database.host, database.port, database.socket", PTN_DB_FAULT_SILENT },
	{ 2003, PTN_DBERR_AWAY,     "cannot connect: is MariaDB running? check database.host, database.port, database.socket", PTN_DB_FAULT_SILENT },
	{ 2005, PTN_DBERR_AWAY,     "unknown host: check database.host", PTN_DB_FAULT_HOST },
	{ 2012, PTN_DBERR_AWAY,     "no answer to the connection", PTN_DB_FAULT_SILENT },
	{ 2026, PTN_DBERR_AWAY,     "TLS failed: see database.tls", 0 },
	{ 2059, PTN_DBERR_AWAY,     "an authentication plugin is missing (caching_sha2_password is MySQL's: Postern needs MariaDB)", 0 },
	{ 2061, PTN_DBERR_AWAY,     "authentication failed", 0 },

	{ 1050, PTN_DBERR_OTHER,    NULL, PTN_DB_FAULT_TAKEN },
	{ 1060, PTN_DBERR_OTHER,    NULL, PTN_DB_FAULT_TAKEN }, /* a column */
	{ 1061, PTN_DBERR_OTHER,    NULL, PTN_DB_FAULT_TAKEN }, /* a key */
	{ 1091, PTN_DBERR_OTHER,    NULL, PTN_DB_FAULT_TAKEN }, /* gone before */

	{ PTN_DBERR_FOREIGN, PTN_DBERR_AWAY, "this server cannot be used", PTN_DB_FAULT_FOREIGN },
	/* clang-format on */
};

enum ptn_db_fault
ptn_dberr_fault(unsigned int number)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(dberrs); i++)
		if (dberrs[i].number == number)
			return dberrs[i].fault;
	return PTN_DB_FAULT_NONE;
}

enum ptn_dberr
ptn_dberr_of(unsigned int number, const char **what)
{
	size_t i;

	*what = NULL;
	for (i = 0; i < PTN_ARRAY_LEN(dberrs); i++) {
		if (dberrs[i].number == number) {
			*what = dberrs[i].what;
			return dberrs[i].dberr;
		}
	}
	/* Whatever else the library reports, its connection is in doubt. */
	if (number >= CLIENT_FIRST && number <= CLIENT_LAST)
		return PTN_DBERR_LOST;
	return PTN_DBERR_OTHER;
}

enum ptn_err
ptn_dberr_err(enum ptn_dberr f)
{
	switch (f) {
	case PTN_DBERR_NONE:
		return PTN_OK;
	case PTN_DBERR_CONFLICT:
		return PTN_E_CONFLICT;
	case PTN_DBERR_NOMEM:
		return PTN_E_NOMEM;
	case PTN_DBERR_RETRY:
	case PTN_DBERR_NODE:
	case PTN_DBERR_STALE:
	case PTN_DBERR_UNSENT:
	case PTN_DBERR_LOST:
	case PTN_DBERR_AWAY:
		return PTN_E_UNAVAILABLE;
	case PTN_DBERR_MANY:
	case PTN_DBERR_OTHER:
		return PTN_E_INTERNAL;
	}
	return PTN_E_INTERNAL;
}
