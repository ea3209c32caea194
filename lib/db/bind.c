#include "lib/db/bind.h"

#include <string.h>
#include <time.h>

#include <mysql.h>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/uuid.h"

static void
time_to_row(int64_t us, MYSQL_TIME *t)
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

/* The library's struct has no const; it only reads what is bound here. */
static void
bind_raw(MYSQL_BIND *b, enum enum_field_types type, const void *p, size_t len)
{
	static my_bool yes = 1;

	b->buffer_type = type;
	b->buffer = (void *)p;
	b->buffer_length = len;
	b->length = &b->buffer_length;
	b->is_null = p == NULL ? &yes : NULL;
}

void
ptn_bind_input(MYSQL_BIND *b, MYSQL_TIME *t, const struct ptn_sql_col *col,
    const void *in)
{
	const void *p = (const uint8_t *)in + col->offset;
	const struct ptn_bytes *bytes;
	const char *s;

	memset(b, 0, sizeof(*b));
	switch (col->type) {
	case PTN_SQL_ID:
		bind_raw(b, MYSQL_TYPE_BLOB, ptn_uuid_is_nil(p) ? NULL : p,
		    sizeof(struct ptn_uuid));
		break;
	case PTN_SQL_STR:
		s = *(const char *const *)p;
		bind_raw(b, MYSQL_TYPE_STRING, s, s == NULL ? 0 : strlen(s));
		break;
	case PTN_SQL_BYTES:
		bytes = p;
		bind_raw(b, MYSQL_TYPE_BLOB, bytes->p, bytes->len);
		break;
	case PTN_SQL_I64:
		bind_raw(b, MYSQL_TYPE_LONGLONG, p, sizeof(int64_t));
		break;
	case PTN_SQL_TIME:
		time_to_row(*(const int64_t *)p, t);
		bind_raw(b, MYSQL_TYPE_DATETIME,
		    *(const int64_t *)p == 0 ? NULL : t,
		    sizeof(MYSQL_TIME));
		break;
	}
}

int64_t
ptn_bind_time(const MYSQL_TIME *t)
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

bool
ptn_bind_fits(enum ptn_sql_type want, int have)
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
