/*
 * The floors: the least that a FastCGI program can do, which is what the
 * bench holds Postern against.
 *
 * usage: floor static|select|insert SOCKET WORKERS BYTES [DBSOCKET DATABASE]
 *
 * static	answer with a fixed body of BYTES bytes
 * select	one SELECT of a session by its primary key, then the same
 * insert	one INSERT, committed, then the same
 *
 * WORKERS processes accept from one unix socket, each with a connection and
 * a prepared statement of its own, until the one that was started gets TERM.
 */
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcgiapp.h>
#include <mysql.h>

#define BACKLOG 1024
#define ID_LEN 16
#define IDS_MAX 65536
#define CHUNK 4096

enum mode { STATIC, SELECT, INSERT, MODES };

static const char *const mode_names[MODES] = { "static", "select", "insert" };

static const char *const statements[MODES] = { NULL,
	"SELECT user_id, last_used, UTC_TIMESTAMP(6) FROM sessions "
	"WHERE id = ?",
	"INSERT INTO bench_floor (id, created_at) "
	"VALUES (?, UTC_TIMESTAMP(6))" };

struct floor {
	enum mode mode;
	const char *db_socket;
	const char *db_name;
	char *answer; /* head and body */
	int answer_len;
	MYSQL *my;
	MYSQL_STMT *stmt;
	uint8_t id[ID_LEN]; /* bound to the statement */
	uint8_t *ids;	    /* of rows that exist */
	size_t nids;
	uint64_t random;
};

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "floor: %s: %s\n", what, why);
	exit(1);
}

/* xorshift64*: which row comes next. */
static uint64_t
next_random(struct floor *f)
{
	f->random ^= f->random >> 12;
	f->random ^= f->random << 25;
	f->random ^= f->random >> 27;
	return f->random * 2685821657736338717ULL;
}

static void
make_answer(struct floor *f, int bytes)
{
	char head[128];
	int n;

	if (bytes < 2 || bytes > CHUNK * 4)
		die("BYTES", "out of range");
	n = snprintf(head, sizeof(head),
	    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n",
	    bytes);
	f->answer_len = n + bytes;
	if ((f->answer = malloc((size_t)f->answer_len)) == NULL)
		die("answer", "no memory");
	memcpy(f->answer, head, (size_t)n);
	memset(f->answer + n, 'x', (size_t)bytes);
	f->answer[n] = f->answer[f->answer_len - 1] = '"';
}

static void
load_ids(struct floor *f)
{
	MYSQL_RES *res;
	MYSQL_ROW row;

	if (mysql_query(f->my,
		"SELECT id FROM sessions "
		"WHERE user_agent = 'bench'") != 0 || /* not the evicted */
	    (res = mysql_store_result(f->my)) == NULL)
		die("ids", mysql_error(f->my));
	if ((f->ids = calloc(IDS_MAX, ID_LEN)) == NULL)
		die("ids", "no memory");
	while (f->nids < IDS_MAX && (row = mysql_fetch_row(res)) != NULL)
		memcpy(f->ids + ID_LEN * f->nids++, row[0], ID_LEN);
	mysql_free_result(res);
	if (f->nids == 0)
		die("ids", "no sessions");
}

static void
prepare(struct floor *f)
{
	const char *text = statements[f->mode];
	MYSQL_BIND in = { .buffer_type = MYSQL_TYPE_BLOB,
		.buffer = f->id,
		.buffer_length = ID_LEN };

	if ((f->my = mysql_init(NULL)) == NULL)
		die("mysql_init", "no memory");
	if (mysql_real_connect(f->my, "localhost", "root", NULL, f->db_name, 0,
		f->db_socket, 0) == NULL)
		die("connect", mysql_error(f->my));
	if ((f->stmt = mysql_stmt_init(f->my)) == NULL ||
	    mysql_stmt_prepare(f->stmt, text, strlen(text)) != 0 ||
	    mysql_stmt_bind_param(f->stmt, &in) != 0)
		die("prepare", mysql_error(f->my));
	if (f->mode == SELECT)
		load_ids(f);
}

static void
choose_id(struct floor *f)
{
	uint64_t r;
	size_t i;

	if (f->mode == SELECT) {
		i = next_random(f) % f->nids;
		memcpy(f->id, f->ids + ID_LEN * i, ID_LEN);
		return;
	}
	for (i = 0; i < ID_LEN; i += sizeof(r)) {
		r = next_random(f);
		memcpy(f->id + i, &r, sizeof(r));
	}
}

/* A row that went, or came, against expectation is an error. */
static int
run_statement(struct floor *f)
{
	uint8_t user[ID_LEN];
	MYSQL_TIME used, now;
	MYSQL_BIND out[3] = {
		{ .buffer_type = MYSQL_TYPE_BLOB,
		    .buffer = user,
		    .buffer_length = ID_LEN },
		{ .buffer_type = MYSQL_TYPE_DATETIME, .buffer = &used },
		{ .buffer_type = MYSQL_TYPE_DATETIME, .buffer = &now },
	};
	int r;

	choose_id(f);
	if (mysql_stmt_execute(f->stmt) != 0)
		return -1;
	if (f->mode == INSERT)
		return 0;
	if (mysql_stmt_bind_result(f->stmt, out) != 0)
		return -1;
	r = mysql_stmt_fetch(f->stmt);
	return mysql_stmt_free_result(f->stmt) == 0 ? r : -1;
}

static void
answer(struct floor *f, FCGX_Request *req)
{
	char chunk[CHUNK];

	while (FCGX_GetStr(chunk, sizeof(chunk), req->in) > 0)
		;
	if (f->stmt != NULL && run_statement(f) != 0) {
		fprintf(stderr, "floor: no row: %s\n",
		    mysql_stmt_error(f->stmt));
		(void)FCGX_PutS("Status: 500 Internal Server Error\r\n\r\n",
		    req->out);
		return;
	}
	(void)FCGX_PutStr(f->answer, f->answer_len, req->out);
}

static _Noreturn void
serve(struct floor *f, int listen_fd)
{
	FCGX_Request req;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	f->random = 88172645463325252ULL ^ ((uint64_t)getpid() << 32);
	if (f->mode != STATIC)
		prepare(f);
	if (FCGX_InitRequest(&req, listen_fd, 0) != 0)
		die("FCGX_InitRequest", "failed");
	while (FCGX_Accept_r(&req) == 0) {
		answer(f, &req);
		FCGX_Finish_r(&req);
	}
	exit(0); /* TERM: the parent has gone */
}

static enum mode
mode_of(const char *name)
{
	int i;

	for (i = 0; i < MODES; i++)
		if (strcmp(name, mode_names[i]) == 0)
			return (enum mode)i;
	die(name, "no such mode");
}

int
main(int argc, char **argv)
{
	struct floor f = { 0 };
	int fd, i;

	if (argc != 5 && argc != 7)
		die("usage",
		    "floor MODE SOCKET WORKERS BYTES "
		    "[DBSOCKET DATABASE]");
	f.mode = mode_of(argv[1]);
	f.db_socket = argv[5];
	f.db_name = argc == 7 ? argv[6] : NULL;
	make_answer(&f, atoi(argv[4]));
	if (FCGX_Init() != 0 || (fd = FCGX_OpenSocket(argv[2], BACKLOG)) < 0)
		die(argv[2], "cannot listen");
	if (chmod(argv[2], 0666) != 0)
		die(argv[2], "chmod failed");
	for (i = 0; i < atoi(argv[3]); i++)
		if (fork() == 0)
			serve(&f, fd);
	/* A worker that ends is a bench that fails: end with it. */
	(void)wait(NULL);
	return 1;
}
