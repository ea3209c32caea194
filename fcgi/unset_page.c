#include "fcgi/unset_page.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/base64.h"
#include "lib/base/rng.h"

#define NONCE_LEN 18

/* Colours first; a phone's width is the rule, and more room the exception. */
static const char style[] =
    ":root{color-scheme:light dark;--page:#f2f4f1;--card:#fff;--text:#17211d;"
    "--soft:#57655f;--edge:#7f8e87;--accent:#1f6151;--on:#fff;--bad:#b3261e;"
    "--tint:#e7f0ec}"
    "@media(prefers-color-scheme:dark){:root{--page:#0f1513;--card:#18201d;"
    "--text:#e8eeeb;--soft:#9fb0a9;--edge:#687a72;--accent:#7fd1b9;"
    "--on:#07231b;--bad:#ff9d94;--tint:#1f2e29}}"
    "*{box-sizing:border-box}"
    "body{margin:0;padding:1rem;background:var(--page);color:var(--text);"
    "font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
    "main{max-width:34rem;margin:0 auto;padding:1.25rem;background:var(--card);"
    "border-radius:1rem}"
    "h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}"
    "h2,legend{font-size:1.1rem;font-weight:650}"
    "fieldset{border:0;margin:1.5rem 0 0;padding:0;min-width:0}"
    "legend{padding:0}"
    "label,.label{display:block;margin-top:1rem;font-weight:600}"
    ".choice{font-weight:400;margin-top:.25rem;padding:.35rem 0}"
    ".choice input{width:1.25rem;height:1.25rem;margin:0 .6rem 0 0;"
    "vertical-align:middle;accent-color:var(--accent)}"
    ".field{display:block;width:100%;min-height:2.75rem;padding:.5rem .75rem;"
    "border:1px solid var(--edge);border-radius:.5rem;background:var(--card);"
    "color:inherit;font:inherit}"
    ".field[aria-invalid]{border:2px solid var(--bad)}"
    ".hint{color:var(--soft);font-size:.9rem;margin:.1rem 0 .25rem}"
    ".error{color:var(--bad);font-weight:600;margin:.25rem 0 0}"
    "button{display:block;width:100%;min-height:3rem;margin-top:2rem;border:0;"
    "border-radius:.5rem;background:var(--accent);color:var(--on);"
    "font:inherit;font-weight:650}"
    ":focus-visible{outline:3px solid var(--accent);outline-offset:2px}"
    "pre{overflow:auto;padding:.75rem;border-radius:.5rem;"
    "background:var(--tint);font-size:.85rem;white-space:pre-wrap;"
    "overflow-wrap:anywhere}"
    "a{color:var(--accent)}li{margin:.5rem 0}"
    "@media(min-width:40rem){body{padding:3rem 1rem}main{padding:2.25rem}"
    "button{width:auto;padding:0 1.5rem}}";

/* What is of others, where it is text, also within quotation marks. */
static void
put_text(struct ptn_buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("&<>\"'", *text) != NULL)
			ptn_buf_printf(b, "&#%d;", *text);
		else
			ptn_buf_char(b, *text);
	}
}

static void
begin(struct ptn_buf *b, struct ptn_arena *a, const char *status,
    const char *title)
{
	uint8_t random[NONCE_LEN];
	const char *nonce;

	ptn_buf_init(b, a);
	ptn_rng(random, sizeof(random));
	nonce = ptn_b64url_encode(a, PTN_BYTES(random, sizeof(random)));
	if (nonce == NULL) {
		b->bad = true;
		return;
	}
	ptn_buf_printf(b,
	    "Status: %s\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Cache-Control: no-store\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "X-Frame-Options: DENY\r\n"
	    "Content-Security-Policy: default-src 'none'; "
	    "style-src 'nonce-%s'; form-action 'self'; base-uri 'none'; "
	    "frame-ancestors 'none'\r\n\r\n"
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<title>%s</title>\n<style nonce=\"%s\">",
	    status, nonce, title, nonce);
	ptn_buf_str(b, style);
	ptn_buf_printf(b, "</style>\n</head>\n<body>\n<main>\n<h1>%s</h1>\n",
	    title);
}

static const char *
end(struct ptn_buf *b)
{
	ptn_buf_str(b, "</main>\n</body>\n</html>\n");
	return b->bad ? NULL : b->p;
}

/* ------------------------------------------------------------------ the form
 */

/* What is wrong, where a reader of the screen says it with the field. */
static void
put_error(struct ptn_buf *b, const struct ptn_unset_form *f, size_t i)
{
	if (f->error[i] == NULL)
		return;
	ptn_buf_printf(b, "<p class=\"error\" id=\"%s-error\">",
	    ptn_unset_form_questions[i].name);
	put_text(b, f->error[i]);
	ptn_buf_str(b, "</p>\n");
}

static void
put_choice(struct ptn_buf *b, const struct ptn_unset_form *f, const char *value,
    const char *label)
{
	ptn_buf_printf(b,
	    "<label class=\"choice\"><input type=\"radio\" name=\"mail\" "
	    "value=\"%s\" required%s%s>%s</label>\n",
	    value,
	    strcmp(f->value[PTN_UNSET_MAIL], value) == 0 ? " checked" : "",
	    f->error[PTN_UNSET_MAIL] != NULL
		? " aria-describedby=\"mail-error\" aria-invalid=\"true\""
		: "",
	    label);
}

/* The first field that is wrong has the focus. */
static void
put_state(struct ptn_buf *b, const struct ptn_unset_form *f, size_t i,
    bool *focused)
{
	const struct ptn_unset_form_question *q = &ptn_unset_form_questions[i];

	if (q->missing != NULL)
		ptn_buf_str(b, " required");
	if (f->error[i] == NULL && q->hint == NULL)
		return;
	ptn_buf_printf(b, " aria-describedby=\"%s%s%s%s%s\"",
	    f->error[i] != NULL ? q->name : "",
	    f->error[i] != NULL ? "-error" : "",
	    f->error[i] != NULL && q->hint != NULL ? " " : "",
	    q->hint != NULL ? q->name : "", q->hint != NULL ? "-hint" : "");
	if (f->error[i] == NULL)
		return;
	ptn_buf_str(b, " aria-invalid=\"true\"");
	if (!*focused)
		ptn_buf_str(b, " autofocus");
	*focused = true;
}

static void
put_field(struct ptn_buf *b, const struct ptn_unset_form *f, size_t i,
    bool *focused)
{
	const struct ptn_unset_form_question *q = &ptn_unset_form_questions[i];

	if (strcmp(q->type, "radio") == 0) {
		put_choice(b, f, "sendmail", "By the host itself (sendmail)");
		put_choice(b, f, "smtp", "By a mail server (SMTP)");
		put_error(b, f, i);
		return;
	}
	ptn_buf_printf(b, "<label for=\"%s\">%s</label>\n", q->name, q->label);
	if (q->hint != NULL)
		ptn_buf_printf(b, "<p class=\"hint\" id=\"%s-hint\">%s</p>\n",
		    q->name, q->hint);
	ptn_buf_printf(b,
	    "<input class=\"field\" id=\"%s\" name=\"%s\" type=\"%s\" "
	    "autocomplete=\"%s\" autocapitalize=\"none\" spellcheck=\"false\" "
	    "value=\"",
	    q->name, q->name, q->type, q->autocomplete);
	if (strcmp(q->type, "password") != 0)
		put_text(b, f->value[i]);
	ptn_buf_char(b, '"');
	put_state(b, f, i, focused);
	ptn_buf_str(b, ">\n");
	put_error(b, f, i);
}

static bool
is_wrong(const struct ptn_unset_form *f)
{
	size_t i;

	for (i = 0; i < PTN_UNSET__MAX; i++)
		if (f->error[i] != NULL)
			return true;
	return f->problem != NULL;
}

static void
put_said(struct ptn_buf *b, const struct ptn_unset_form *f)
{
	if (f->said == NULL || f->said[0] == '\0')
		return;
	ptn_buf_str(b,
	    "<details><summary>What the set-up said</summary>"
	    "<pre tabindex=\"0\">");
	put_text(b, f->said);
	ptn_buf_str(b, "</pre></details>\n");
}

static void
put_problem(struct ptn_buf *b, const struct ptn_unset_form *f)
{
	if (!is_wrong(f))
		return;
	ptn_buf_str(b, "<div role=\"alert\"><p class=\"error\">");
	put_text(b,
	    f->problem != NULL
		? f->problem
		: "Not set up yet: something below is not right. Passwords "
		  "have to be typed again.");
	ptn_buf_str(b, "</p></div>\n");
	put_said(b, f);
}

const char *
ptn_unset_page_form(const struct ptn_unset_form *f, struct ptn_arena *a)
{
	bool within = false, focused = false;
	const struct ptn_unset_form_question *q;
	struct ptn_buf b;
	size_t i;

	begin(&b, a, is_wrong(f) ? "422 Unprocessable Content" : "200 OK",
	    "Set up Postern");
	put_problem(&b, f);
	ptn_buf_str(&b,
	    "<form method=\"post\" novalidate>\n"
	    "<input type=\"hidden\" name=\"sent\" value=\"1\">\n"
	    "<input type=\"hidden\" name=\"token\" value=\"");
	put_text(&b, f->value[PTN_UNSET_TOKEN]);
	ptn_buf_str(&b, "\">\n");
	for (i = 0; i < PTN_UNSET__MAX; i++) {
		q = &ptn_unset_form_questions[i];
		if (q->label == NULL)
			continue;
		if (q->heading != NULL)
			ptn_buf_printf(&b, "%s<fieldset><legend>%s</legend>\n",
			    within ? "</fieldset>\n" : "", q->heading);
		within = true;
		put_field(&b, f, i, &focused);
	}
	ptn_buf_str(&b,
	    "</fieldset>\n<button>Set it up</button>\n"
	    "<p class=\"hint\">This takes some seconds.</p>\n"
	    "</form>\n");
	return end(&b);
}

/* ---------------------------------------------------------------- the others
 */

/* How the program is called on this host, as cron has to. */
static void
put_courier(struct ptn_buf *b, struct ptn_arena *a, const char *conf)
{
	const char *slash = strrchr(conf, '/');
	const int len = slash != NULL ? (int)(slash - conf) : 0;
	const char *beside = ptn_arena_printf(a, "%.*s/postern", len, conf);

	if (beside != NULL && len > 0 && access(beside, X_OK) == 0) {
		put_text(b, beside);
	} else {
		ptn_buf_str(b, "postern --config ");
		put_text(b, conf);
	}
	ptn_buf_str(b, " courier --once");
}

const char *
ptn_unset_page_done(const struct ptn_unset_form *f, struct ptn_arena *a,
    const char *conf)
{
	struct ptn_buf b;

	begin(&b, a, "200 OK", "Postern is set up");
	ptn_buf_str(&b,
	    "<p role=\"status\">The next request is served by it: "
	    "<a href=\"./\">open the site</a>.</p>\n"
	    "<h2>What is left to do</h2>\n<ol>\n"
	    "<li>Mails that could not be sent at once, and old "
	    "rows, are for cron. In the control panel, have this "
	    "run every minute, or as often as can be had:<pre "
	    "tabindex=\"0\">");
	put_courier(&b, a, conf);
	ptn_buf_str(&b, "</pre></li>\n<li>Keep a copy of <code>");
	put_text(&b, conf);
	ptn_buf_str(&b,
	    "</code> in a safe place: without its secrets.keys much of what "
	    "is in the database cannot be read.</li>\n"
	    "<li>In <code>.htaccess</code>, RewriteBase is the path of the "
	    "address that you gave.</li>\n"
	    "<li>Delete <code>setup.html</code> from the site. The token is "
	    "gone already.</li>\n</ol>\n");
	put_said(&b, f);
	return end(&b);
}

const char *
ptn_unset_page_works(struct ptn_arena *a)
{
	struct ptn_buf b;

	begin(&b, a, "202 Accepted", "Setting it up takes longer");
	ptn_buf_str(&b,
	    "<p role=\"status\">It goes on by itself, for some minutes at most: "
	    "look at <a href=\"./\">the site</a> then. If that still says "
	    "that nothing is set up, the error log of the host says why; "
	    "then begin again, with the token that is there.</p>\n");
	return end(&b);
}

const char *
ptn_unset_page_other(struct ptn_arena *a)
{
	struct ptn_buf b;

	begin(&b, a, "409 Conflict", "Somebody else was quicker");
	ptn_buf_str(&b,
	    "<p role=\"alert\">Another set-up is running now, or "
	    "has just ended; this one has changed nothing. Look "
	    "at <a href=\"./\">the site</a> in a minute.</p>\n");
	return end(&b);
}
