/* What a mail server refuses: this mail, or us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/mail/refusal.h"

#define CONNECT PTN_REFUSAL_CONNECT
#define EHLO PTN_REFUSAL_EHLO
#define AUTH PTN_REFUSAL_AUTH
#define MAIL PTN_REFUSAL_MAIL
#define RCPT PTN_REFUSAL_RCPT
#define DATA PTN_REFUSAL_DATA
#define MESSAGE PTN_REFUSAL_MESSAGE
#define PASSING PTN_REFUSAL_PASSING
#define US PTN_REFUSAL_US
#define THEM PTN_REFUSAL_THEM

/* Replies as servers give them: Postfix, Exchange, Exim, hosted relays. */
static const struct {
	enum ptn_refusal_stage stage;
	const char *reply;
	enum ptn_refusal want;
} cases[] = {
	/* clang-format off */
	{ CONNECT, "", PASSING },
	{ CONNECT, "421 4.7.0 too many connections", PASSING },
	{ CONNECT, "554 5.7.1 blocked", US },
	{ CONNECT, "554", US },
	{ EHLO, "550 5.7.1 bad name", US },
	{ AUTH, "535 5.7.8 Authentication credentials invalid", US },
	{ AUTH, "454 4.7.0 temporary failure", PASSING },
	{ MAIL, "530 5.7.0 Must issue STARTTLS first", US },
	{ MAIL, "553 5.7.1 not owned by user", US },
	{ MAIL, "550 5.1.1 no", US },
	{ MAIL, "552 5.3.4 Message size exceeds fixed limit", THEM },
	{ MAIL, "552 too big", THEM },
	{ MAIL, "553 5.6.7 SMTPUTF8 required", THEM },
	{ MAIL, "452 4.3.1 disk full", PASSING },
	{ RCPT, "250 2.1.5 ok", PASSING },
	{ RCPT, "450 4.1.1 unverified", PASSING },
	{ RCPT, "550 5.1.1 <jo@example.org>: Recipient address rejected: User unknown", THEM },
	{ RCPT, "550 no such user", THEM },
	{ RCPT, "550", THEM },
	{ RCPT, "551 5.1.6 moved", THEM },
	{ RCPT, "553 syntax", THEM },
	{ RCPT, "552 5.2.2 mailbox full", THEM },
	{ RCPT, "556 5.1.10 null MX", THEM },
	{ RCPT, "550 5.4.1 Recipient address rejected: Access denied", THEM },
	{ RCPT, "550 5.7.13 account disabled", THEM },
	{ RCPT, "554 5.7.1 <jo@example.org>: Recipient address rejected: Access denied", THEM },
	{ RCPT, "504 5.5.2 <jo>: Recipient address rejected: need fully-qualified address", THEM },
	{ RCPT, "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", US },
	{ RCPT, "450 4.7.1 <vm>: Helo command rejected: Host not found", PASSING },
	{ RCPT, "550 5.7.1 <vm>: Helo command rejected: Host not found", US },
	{ RCPT, "554 5.7.1 <jo@example.org>: Relay access denied", US },
	{ RCPT, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen", US },
	{ RCPT, "553 5.1.8 <a@b>: Sender address rejected: Domain not found", US },
	{ RCPT, "550 5.1.7 <a@b>: Sender address rejected", US },
	{ RCPT, "550 5.7.23 <jo@example.org>: Recipient address rejected: SPF", US },
	{ RCPT, "530 5.7.57 Client not authenticated to send mail", US },
	{ RCPT, "535 no", US },
	{ RCPT, "503 5.5.1 need MAIL", US },
	{ RCPT, "554 no", US },
	{ RCPT, "599 9.9.9 what", US },
	{ DATA, "554 5.5.1 no valid recipients", US },
	{ MESSAGE, "554 5.7.1 spam", US },
	{ MESSAGE, "550 blocked", US },
	{ MESSAGE, "550 5.1.1 unknown", THEM },
	{ MESSAGE, "552 5.3.4 too big", THEM },
	{ MESSAGE, "550 5.6.0 malformed", THEM },
	{ MESSAGE, "451 4.3.0 later", PASSING },
	/* No reply of this protocol, or not of one piece. */
	{ RCPT, "hello", PASSING },
	{ RCPT, "55", PASSING },
	{ RCPT, "5500 5.1.1 no", THEM },
	{ RCPT, "554 4.1.1 another class", US },
	{ RCPT, "554 5.", US },
	{ RCPT, "554 5.1", US },
	{ RCPT, "554 5.99999999999.1", US },
	/* clang-format on */
};

static void
opinions(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (ptn_refusal_of(cases[i].stage, cases[i].reply) !=
		    cases[i].want)
			fail_msg("%s: %s", ptn_refusal_stages[cases[i].stage],
			    cases[i].reply);
}

static void
keys(void **state)
{
	static const struct {
		enum ptn_refusal_stage stage;
		const char *reply;
		const char *want;
	} looks[] = {
		{ AUTH, "535 5.7.8 no",
		    "email_delivery.smtp.user and .password" },
		{ MAIL, "530 5.7.0 no",
		    "email_delivery.smtp.user and .password" },
		{ MAIL, "530 5.7.0 Must issue a STARTTLS command first",
		    "email_delivery.smtp.tls" },
		{ RCPT,
		    "504 5.5.2 <a@b>: Sender address rejected: need "
		    "fully-qualified address",
		    "email_delivery.from_address" },
		{ RCPT, "554 5.7.1 <a@b>: Sender address rejected: no",
		    "email_delivery.from_address" },
		{ EHLO, "550 no", "email_delivery.smtp.helo" },
		{ RCPT, "504 5.5.2 no", "email_delivery.smtp.helo" },
		{ RCPT, "550 5.7.1 Helo command rejected",
		    "email_delivery.smtp.helo" },
		{ MAIL, "550 no", "email_delivery.from_address" },
		{ RCPT, "553 5.1.8 no", "email_delivery.from_address" },
		{ RCPT, "554 5.7.1 Relay access denied", "" },
		{ CONNECT, "554 no", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		assert_string_equal(
		    ptn_refusal_keys(looks[i].stage, looks[i].reply),
		    looks[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opinions),
		cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
