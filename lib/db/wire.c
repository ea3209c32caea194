#include "lib/db/wire.h"

#include <string.h>
#include <time.h>

#include <mysql.h>

#include "lib/base/clock.h"

bool
ptn_wire_fits(enum ptn_sql_type want, int have)
{
	switch (have) {
	case MYSQL_TYPE_NULL:
		return true;
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
		return want == PTN_SQL_I64;
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_TIMESTAMP:
		return want == PTN_SQL_TIME;
	case MYSQL_TYPE_VARCHAR:
	case MYSQL_TYPE_VAR_STRING:
	case MYSQL_TYPE_STRING:
	case MYSQL_TYPE_TINY_BLOB:
	case MYSQL_TYPE_MEDIUM_BLOB:
	case MYSQL_TYPE_LONG_BLOB:
	case MYSQL_TYPE_BLOB:
		return want != PTN_SQL_I64 && want != PTN_SQL_TIME;
	default:
		return false; /* DECIMAL, DOUBLE, TIME: say CAST(...) */
	}
}

void
ptn_wire_time(int64_t us, MYSQL_TIME *t)
{
	int64_t rest = us % PTN_US_PER_S;
	time_t s = (time_t)(us / PTN_US_PER_S) - (rest < 0); /* before 1970 */
	struct tm tm = { 0 };

	(void)gmtime_r(&s, &tm);
	*t = (MYSQL_TIME){
		.year = (unsigned int)(tm.tm_year + 1900),
		.month = (unsigned int)(tm.tm_mon + 1),
		.day = (unsigned int)tm.tm_mday,
		.hour = (unsigned int)tm.tm_hour,
		.minute = (unsigned int)tm.tm_min,
		.second = (unsigned int)tm.tm_sec,
		.second_part =
		    (unsigned long)(rest + PTN_US_PER_S) % PTN_US_PER_S,
		.time_type = MYSQL_TIMESTAMP_DATETIME,
	};
}

int64_t
ptn_wire_us(const MYSQL_TIME *t)
{
	struct tm tm = {
		.tm_year = (int)t->year - 1900,
		.tm_mon = (int)t->month - 1,
		.tm_mday = (int)t->day,
		.tm_hour = (int)t->hour,
		.tm_min = (int)t->minute,
		.tm_sec = (int)t->second,
	};

	return (int64_t)timegm(&tm) * PTN_US_PER_S + (int64_t)t->second_part;
}

/* The library's struct has no const; it only reads what is bound here. */
void
ptn_wire_bind(MYSQL_BIND *b, int type, const void *p, size_t len)
{
	static my_bool yes = 1;

	b->buffer_type = (enum enum_field_types)type;
	b->buffer = (void *)p;
	b->buffer_length = len;
	b->length = &b->buffer_length;
	b->is_null = p == NULL ? &yes : NULL;
}
