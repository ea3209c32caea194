#include "fcgi/cli/print.h"

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/unicode.h"

void
ptn_cli_print_time(int64_t us)
{
	char text[PTN_CLOCK_STR] = "-";

	if (us != 0)
		ptn_clock_format(us / PTN_US_PER_S * PTN_US_PER_S, text);
	(void)printf("  %-20s", text);
}

/* C0, DEL and C1; the marks of direction, and the ends of lines. */
static bool
steers(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x61c ||
	    cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
	    (cp >= 0x2066 && cp <= 0x2069);
}

void
ptn_cli_put_text(FILE *out, const char *text)
{
	struct ptn_bytes b = ptn_bytes_of(text != NULL ? text : "-");
	uint32_t cp;
	size_t n;

	for (; b.len > 0; b = PTN_BYTES(b.p + n, b.len - n)) {
		n = ptn_utf8_decode(b, &cp);
		if (n == 0 || steers(cp))
			(void)fputc('?', out);
		else
			(void)fwrite(b.p, 1, n, out);
		n = n > 0 ? n : 1;
	}
}

void
ptn_cli_print_text(const char *text)
{
	ptn_cli_put_text(stdout, text);
}

void
ptn_cli_print_line(const char *text)
{
	ptn_cli_print_text(text);
	(void)putchar('\n');
}

enum ptn_err
ptn_cli_print_json(struct ptn_jsonw *w)
{
	if (w->buf.bad)
		return PTN_E_NOMEM;
	(void)puts(w->buf.p);
	return PTN_OK;
}
