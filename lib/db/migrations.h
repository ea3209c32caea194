#ifndef PTN_DB_MIGRATIONS_H
#define PTN_DB_MIGRATIONS_H

/*
 * The schema and its history.  sql/migrations/NNNN-name.sql are compiled in;
 * the table schema_migrations says which of them the database has, and how
 * much of one that was interrupted: the server cannot take back a change of
 * its schema, so each statement is counted when it is done.
 */
struct ptn_migration {
	int version; /* 1, 2, 3 ... */
	const char *name;
	const char *text;   /* statements, each ending in ";" and a newline */
	const char *tables; /* that it makes, with a space between */
};

/* Generated.  The last version is the schema that this program knows. */
extern const struct ptn_migration ptn_migrations[];
extern const int ptn_migrations_n;

#endif
