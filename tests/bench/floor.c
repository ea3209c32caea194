/*
 * The floors: the least that a FastCGI program can do, which is what the
 * bench holds Postern against.
 *
 * usage: floor MODE SOCKET WORKERS BYTES [DBSOCKET DATABASE]
 *
 * static	answer with a fixed body of BYTES bytes
 * select	one SELECT of a session by its primary key, then the same
 * insert	one INSERT, committed, then the same
 * update	the SELECT and an UPDATE of the same row in one transaction,
 *		then the same
 * passkey	verify an ES256 signature, sign with RS256, the SELECT and the
 *		INSERT in one transaction, then the same
 * key		what ends in /init: sign with Ed25519, the SELECT and the INSERT
 *		in one transaction; all else: verify that and an ES256
 *		signature, sign with Ed25519, the SELECT, a DELETE of what an
 *		/init stored and the INSERT in one transaction; then the same
 * authorize	200 and nothing else, which lets a request pass
 *
 * WORKERS processes accept from one unix socket, each with a connection and
 * prepared statements of its own, until the one that was started gets TERM.
 */
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcgiapp.h>
#include <mysql.h>

#include "tests/bench/signing.h"

#define BACKLOG 1024
#define ID_LEN 16
#define IDS_MAX 65536
#define CHUNK 4096
#define BEGUN_MAX 4096

/* What happens before the answer. */
struct mode {
	const char *name;
	bool select;
	bool insert;
	bool update;
	bool bodiless;
	int (*sign)(struct signing *);
	int (*sign_init)(struct signing *); /* of the first of two requests */
};

static const struct mode modes[] = {
	{ .name = "static" },
	{ .name = "select", .select = true },
	{ .name = "insert", .insert = true },
	{ .name = "update", .select = true, .update = true },
	{ .name = "passkey",
	    .select = true,
	    .insert = true,
	    .sign = signing_passkey },
	{ .name = "key",
	    .select = true,
	    .insert = true,
	    .sign = signing_answer,
	    .sign_init = signing_begin },
	{ .name = "authorize", .bodiless = true },
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

static const char select_text[] =
    "SELECT user_id, last_used, UTC_TIMESTAMP(6) FROM sessions WHERE id = ?";
static const char insert_text[] =
    "INSERT INTO bench_floor (id, created_at) VALUES (?, UTC_TIMESTAMP(6))";
static const char update_text[] =
    "UPDATE sessions SET last_used = UTC_TIMESTAMP(6) WHERE id = ?";
static const char delete_text[] = "DELETE FROM bench_floor WHERE id = ?";

struct floor {
	const struct mode *mode;
	const char *db_socket;
	const char *db_name;
	char *answer; /* head and body */
	int answer_len;
	MYSQL *my;
	MYSQL_STMT *select;
	MYSQL_STMT *insert;
	MYSQL_STMT *update;
	MYSQL_STMT *delete;
	struct signing *signing;
	uint8_t id[ID_LEN]; /* bound to the statements */
	uint8_t *ids;	    /* of rows that exist */
	size_t nids;
	uint8_t begun[BEGUN_MAX][ID_LEN]; /* of rows of an /init */
	size_t nbegun;
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

	if (f->mode->bodiless) {
		f->answer = strdup("Status: 200 OK\r\n\r\n");
		if (f->answer == NULL)
			die("answer", "no memory");
		f->answer_len = (int)strlen(f->answer);
		return;
	}
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

static MYSQL_STMT *
prepare(struct floor *f, const char *text)
{
	MYSQL_STMT *stmt = mysql_stmt_init(f->my);
	MYSQL_BIND in = { .buffer_type = MYSQL_TYPE_BLOB,
		.buffer = f->id,
		.buffer_length = ID_LEN };

	if (stmt == NULL || mysql_stmt_prepare(stmt, text, strlen(text)) != 0 ||
	    mysql_stmt_bind_param(stmt, &in) != 0)
		die("prepare", mysql_error(f->my));
	return stmt;
}

static void
connect_database(struct floor *f)
{
	const struct mode *m = f->mode;

	if ((f->my = mysql_init(NULL)) == NULL)
		die("mysql_init", "no memory");
	if (mysql_real_connect(f->my, "localhost", "root", NULL, f->db_name, 0,
		f->db_socket, 0) == NULL)
		die("connect", mysql_error(f->my));
	if (m->select) {
		load_ids(f);
		f->select = prepare(f, select_text);
	}
	if (m->insert)
		f->insert = prepare(f, insert_text);
	if (m->update)
		f->update = prepare(f, update_text);
	if (m->sign_init != NULL)
		f->delete = prepare(f, delete_text);
	if (m->select && (m->insert || m->update) &&
	    mysql_autocommit(f->my, 0) != 0)
		die("autocommit", mysql_error(f->my));
}

/* A row that is not there is an error. */
static int
run_select(struct floor *f)
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
	size_t i = next_random(f) % f->nids;
	int r;

	memcpy(f->id, f->ids + ID_LEN * i, ID_LEN);
	if (mysql_stmt_execute(f->select) != 0 ||
	    mysql_stmt_bind_result(f->select, out) != 0)
		return -1;
	r = mysql_stmt_fetch(f->select);
	return mysql_stmt_free_result(f->select) == 0 ? r : -1;
}

static int
run_insert(struct floor *f)
{
	uint64_t r;
	size_t i;

	for (i = 0; i < ID_LEN; i += sizeof(r)) {
		r = next_random(f);
		memcpy(f->id + i, &r, sizeof(r));
	}
	return mysql_stmt_execute(f->insert);
}

/* What an earlier request stored here; another worker may have had it. */
static int
run_delete(struct floor *f)
{
	if (f->nbegun == 0)
		return 0;
	memcpy(f->id, f->begun[--f->nbegun], ID_LEN);
	return mysql_stmt_execute(f->delete);
}

static bool
is_init(const struct floor *f, const FCGX_Request *req)
{
	static const char init[] = "/init";
	const char *path = FCGX_GetParam("REQUEST_URI", req->envp);
	const size_t len = path == NULL ? 0 : strlen(path);

	return f->mode->sign_init != NULL && len >= sizeof(init) - 1 &&
	    strcmp(path + len - (sizeof(init) - 1), init) == 0;
}

static int
work(struct floor *f, bool init)
{
	const struct mode *m = f->mode;

	if (m->sign != NULL &&
	    (init ? m->sign_init : m->sign)(f->signing) != 0)
		return -1;
	if (f->select != NULL && run_select(f) != 0)
		return -1;
	if (f->update != NULL && mysql_stmt_execute(f->update) != 0)
		return -1;
	if (f->delete != NULL && !init && run_delete(f) != 0)
		return -1;
	if (f->insert != NULL && run_insert(f) != 0)
		return -1;
	if (init && f->nbegun < BEGUN_MAX)
		memcpy(f->begun[f->nbegun++], f->id, ID_LEN);
	/* Alone, a statement is a transaction. */
	if (f->select != NULL && (f->insert != NULL || f->update != NULL))
		return mysql_commit(f->my) ? -1 : 0;
	return 0;
}

static void
answer(struct floor *f, FCGX_Request *req)
{
	char chunk[CHUNK];

	while (FCGX_GetStr(chunk, sizeof(chunk), req->in) > 0)
		;
	if (work(f, is_init(f, req)) != 0) {
		fprintf(stderr, "floor: %s failed: %s\n", f->mode->name,
		    f->my != NULL ? mysql_error(f->my) : "");
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
	if (f->mode->select || f->mode->insert)
		connect_database(f);
	if (FCGX_InitRequest(&req, listen_fd, 0) != 0)
		die("FCGX_InitRequest", "failed");
	while (FCGX_Accept_r(&req) == 0) {
		answer(f, &req);
		FCGX_Finish_r(&req);
	}
	exit(0); /* TERM: the parent has gone */
}

static const struct mode *
mode_of(const char *name)
{
	size_t i;

	for (i = 0; i < MODES; i++)
		if (strcmp(name, modes[i].name) == 0)
			return &modes[i];
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
	if (f.mode->sign != NULL && (f.signing = signing_new()) == NULL)
		die("signing", "no keys");
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
