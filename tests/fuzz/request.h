#ifndef PTN_FUZZ_REQUEST_H
#define PTN_FUZZ_REQUEST_H

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/fuzz/replay.h"
#include "tests/unit/request.h"

/*
 * A whole request, as the web server's variables and body: lines NAME=value,
 * an empty one, the body.
 */
#define FUZZ_REQUEST_MAX 65536
#define FUZZ_PARAMS_MAX 15

/*
 * A process that has no memory for a digest ends (ptn_crypto_sha256()), and is
 * replaced; here it has some.
 */
int __real_EVP_Digest(const void *p, size_t len, unsigned char *out,
    unsigned int *out_len, const EVP_MD *md, ENGINE *engine);
int __wrap_EVP_Digest(const void *p, size_t len, unsigned char *out,
    unsigned int *out_len, const EVP_MD *md, ENGINE *engine);

int
__wrap_EVP_Digest(const void *p, size_t len, unsigned char *out,
    unsigned int *out_len, const EVP_MD *md, ENGINE *engine)
{
	int done;

	if (replay_spare != NULL)
		replay_spare(true);
	done = __real_EVP_Digest(p, len, out, out_len, md, engine);
	if (replay_spare != NULL)
		replay_spare(false);
	return done;
}

/* Lines up to the empty one; what follows is the body. */
static inline void
fuzz_read_lines(struct test_request *t, char *text)
{
	char *line, *value, *end = text;

	while (*end != '\0' && t->req.nparams < FUZZ_PARAMS_MAX) {
		line = end;
		if ((end = strchr(line, '\n')) == NULL)
			end = line + strlen(line);
		else
			*end++ = '\0';
		if (*line == '\0')
			break;
		if ((value = strchr(line, '=')) == NULL)
			continue;
		*value++ = '\0';
		test_request_param(t, line, value);
	}
	t->req.body = ptn_bytes_of(end);
}

/* What gateway.c reads out of the variables. */
static inline void
fuzz_read_request(struct test_request *t, char *text)
{
	const char *method, *uri;

	fuzz_read_lines(t, text);
	method = ptn_request_param(&t->req, "REQUEST_METHOD");
	uri = ptn_request_param(&t->req, "REQUEST_URI");
	t->req.method = ptn_method_parse(method != NULL ? method : "");
	t->req.uri = uri != NULL ? uri : "";
}

/*
 * Whatever came in: a status, never one that blames us unless there was no
 * memory, and whole headers.
 */
static inline void
fuzz_check_reply(const struct ptn_reply *rep)
{
	size_t i;

	if (rep->status < 200 || rep->status > 599)
		abort();
	if (rep->status == 500 &&
	    (replay_is_scarce == NULL || !replay_is_scarce()))
		abort();
	if (replay_answered != NULL)
		replay_answered(rep->status);
	for (i = 0; i < rep->nheaders; i++)
		if (strpbrk(rep->header[i].value, "\r\n") != NULL)
			abort();
}

#endif
