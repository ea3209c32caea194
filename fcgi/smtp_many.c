/* Several mails over one connection, each with a receipt of its own. */
#include "fcgi/smtp.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "lib/mail/receipt.h"

#define BEGIN_MAX_S 25 /* none is begun later than that */

struct many {
	CURL *c;
	struct ptn_smtp_mail *m;
	struct ptn_receipt *receipt; /* of the next mail */
	size_t left;		     /* receipts from there */
	uint32_t run;
	time_t since; /* monotonic */
	bool kept;    /* there is a connection, which a mail has gone over */
	bool broken;  /* there is none to be had: status, said */
	int status;
	char said[PTN_RECEIPT_SAID_MAX];
};

static time_t
now_s(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void
forget_dialogue(struct ptn_smtp_mail *m)
{
	m->sent = 0;
	m->stage = PTN_REFUSAL_CONNECT;
	m->leaving = m->asked = false;
	m->reply[0] = '\0';
}

/*
 * One that was kept may have been closed, or have carried as many as the server
 * takes: nothing was said of this mail yet but its sender, and it may go over
 * another.
 */
static bool
was_over(const struct many *k, CURLcode r)
{
	return r != CURLE_OK && r != CURLE_OPERATION_TIMEDOUT && k->kept &&
	    k->m->stage <= PTN_REFUSAL_MAIL &&
	    (k->m->reply[0] == '\0' || strncmp(k->m->reply, "421", 3) == 0);
}

static CURLcode
perform(struct many *k)
{
	CURLcode r;

	forget_dialogue(k->m);
	r = curl_easy_perform(k->c);
	if (!was_over(k, r))
		return r;
	forget_dialogue(k->m);
	if ((r = curl_easy_setopt(k->c, CURLOPT_FRESH_CONNECT, 1L)) == CURLE_OK)
		r = curl_easy_perform(k->c);
	(void)curl_easy_setopt(k->c, CURLOPT_FRESH_CONNECT, 0L);
	return r;
}

static CURLcode
set_one(struct many *k, struct curl_slist *rcpt)
{
	const long left = PTN_SMTP_TOTAL_S - (long)(now_s() - k->since);
	CURLcode r;

	if ((r = ptn_smtp_message(k->c, k->m)) != CURLE_OK ||
	    (r = curl_easy_setopt(k->c, CURLOPT_TIMEOUT, left)) != CURLE_OK)
		return r;
	return curl_easy_setopt(k->c, CURLOPT_MAIL_RCPT, rcpt);
}

static void
send_one(struct many *k)
{
	char why[CURL_ERROR_SIZE] = "";
	struct curl_slist *rcpt =
	    curl_slist_append(NULL, k->m->setting[PTN_SMTP_TO]);
	CURLcode r = CURLE_OUT_OF_MEMORY;

	if (rcpt != NULL &&
	    (r = curl_easy_setopt(k->c, CURLOPT_ERRORBUFFER, why)) ==
		CURLE_OK &&
	    (r = set_one(k, rcpt)) == CURLE_OK)
		r = perform(k);
	k->kept = r == CURLE_OK;
	k->status = EX_OK;
	if (r != CURLE_OK) {
		k->broken = k->m->stage <= PTN_REFUSAL_AUTH;
		k->status = ptn_smtp_judge(k->m, r == CURLE_LOGIN_DENIED,
		    *why != '\0' ? why : curl_easy_strerror(r));
	}
	(void)curl_easy_setopt(k->c, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(rcpt);
}

/* What keeps one mail from a connection keeps the others as well. */
static void
carry_one(struct many *k)
{
	if (!k->broken) {
		k->said[0] = '\0';
		if (ptn_smtp_address_ok(k->m->setting[PTN_SMTP_TO]))
			send_one(k);
		else
			k->status = ptn_smtp_complain(EX_DATAERR,
			    "to is no address", "");
	}
	ptn_receipt_end(k->receipt, k->run, k->status, k->said);
}

static void
carry_all(struct many *k)
{
	char *rest = (char *)(uintptr_t)k->m->message;
	size_t len = k->m->len;

	for (; k->left > 0 && ptn_smtp_next(k->m, &rest, &len); k->left--) {
		if (now_s() - k->since > BEGIN_MAX_S)
			break;
		if (ptn_receipt_begin(k->receipt, k->run))
			carry_one(k);
		k->receipt++;
	}
}

static bool
find_receipts(struct many *k, struct ptn_receipt **all, size_t *n)
{
	unsigned int at, run;

	if (sscanf(k->m->setting[PTN_SMTP_RECEIPTS], "%u %u", &at, &run) != 2 ||
	    (*all = ptn_receipts_map(STDOUT_FILENO, n)) == NULL)
		return false;
	k->receipt = *all + (at < *n ? at : *n);
	k->left = at < *n ? *n - at : 0;
	k->run = run;
	return true;
}

int
ptn_smtp_many(struct ptn_smtp_mail *m, const char *url)
{
	struct many k = { .m = m, .since = now_s() };
	struct ptn_receipt *all = NULL;
	size_t n = 0;

	if (!find_receipts(&k, &all, &n))
		return ptn_smtp_complain(EX_CONFIG, "no receipts", "");
	ptn_smtp_say_to(k.said, sizeof(k.said));
	if ((k.c = curl_easy_init()) == NULL ||
	    ptn_smtp_transport(k.c, m, url) != (int)CURLE_OK) {
		k.broken = true;
		k.status = ptn_smtp_complain(EX_TEMPFAIL, "libcurl", "");
	}
	carry_all(&k);
	m->leaving = true;
	curl_easy_cleanup(k.c);
	ptn_smtp_say_to(NULL, 0);
	ptn_receipts_unmap(all, n);
	return EX_OK;
}
