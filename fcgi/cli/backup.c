#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/dump.h"
#include "fcgi/cli/option.h"
#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/secrets.h"

#define ARENA_MAX ((size_t)256 * 1024)

/* What secrets.keys seal and must open: by table, bound to its first column. */
static const struct ptn_dump_table tables[] = {
	{ "jwks", { "id", "sealed" } },
	{ "totp_factors", { "user_id", "sealed" } },
	{ "otp_secrets", { "user_id", "sealed" } },
};
static const enum ptn_key_use uses[] = { PTN_KEY_USE_JWK, PTN_KEY_USE_TOTP,
	PTN_KEY_USE_TOTP };
#define TABLES PTN_ARRAY_LEN(tables)

struct tally {
	const struct ptn_secrets *secrets;
	struct ptn_arena *a;
	size_t rows[TABLES];
	size_t open[TABLES];
};

static void
try_row(void *arg, size_t i, const struct ptn_bytes value[2])
{
	struct tally *t = arg;
	struct ptn_bytes plain;

	ptn_arena_reset(t->a);
	t->rows[i]++;
	if (ptn_secrets_open(t->secrets, t->a, uses[i], value[0], value[1],
		&plain) == PTN_OK)
		t->open[i]++;
}

/* What zcat(1) and others are for. */
static const char *
unpacker(FILE *in)
{
	const int c = getc(in);

	if (c != EOF)
		(void)ungetc(c, in);
	return c == 0x1f ? "zcat"
	    : c == 'B'	 ? "bzcat"
	    : c == 0xfd	 ? "xzcat"
	    : c == 0x28	 ? "zstdcat"
			 : NULL;
}

static int
judge(const struct tally *t, const struct ptn_dump *d, const char *name)
{
	size_t i;
	int status = 0;

	for (i = 0; i < TABLES; i++) {
		(void)printf("%s: secrets.keys opens %zu of %zu row%s\n",
		    tables[i].name, t->open[i], t->rows[i],
		    t->rows[i] == 1 ? "" : "s");
		if (t->open[i] < t->rows[i])
			status = 1;
	}
	if (status != 0)
		(void)fprintf(stderr,
		    "%s: not with these secrets.keys: add those that were in "
		    "force when it was made\n",
		    name);
	if (d->unreadable || d->cut || d->misunderstood > 0)
		(void)fprintf(stderr, "%s: %s\n", name,
		    d->unreadable ? "cannot be read to its end"
			: d->cut  ? "ends in the middle: it is not whole"
				  : "has rows whose columns are not known: "
				    "dump it with the tables");
	else if (t->rows[0] == 0)
		(void)fprintf(stderr,
		    "%s: no signing key in it: it is no dump of Postern's "
		    "database, or not of its rows\n",
		    name);
	else
		return status;
	return 1;
}

static int
check(const struct ptn_conf *cf, FILE *in, const char *name)
{
	struct tally t = { .a = ptn_arena_new(ARENA_MAX) };
	struct ptn_dump d = { tables, TABLES, try_row, &t, false, false, 0 };
	struct ptn_secrets *secrets = NULL;
	const char *unpack = unpacker(in);
	int status = 1;

	if (unpack != NULL) {
		(void)fprintf(stderr,
		    "%s: is compressed: %s FILE | postern backup check -\n",
		    name, unpack);
	} else if (t.a != NULL &&
	    ptn_secrets_new(&secrets, &cf->secrets) == PTN_OK) {
		t.secrets = secrets;
		ptn_dump_read(&d, in);
		status = judge(&t, &d, name);
	}
	ptn_secrets_free(&secrets);
	if (t.a != NULL)
		ptn_arena_free(&t.a);
	return status;
}

int
ptn_cli_backup(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	static const char *const verb = "check";
	struct ptn_conf *cf = NULL;
	FILE *in = stdin;
	int status = 1;

	if (ptn_cli_verb("backup", &verb, 1, argc, argv) < 0 ||
	    ptn_cli_options("backup check", NULL, 0, &argc, argv) >= 0 ||
	    ptn_cli_words("backup check", "FILE", 1, 1, argc - 1, argv + 1) >=
		0)
		return 2;
	if (ptn_conf_load(&cf, conf_path, set, stderr) != PTN_OK)
		return 1;
	if (strcmp(argv[2], "-") != 0)
		in = fopen(argv[2], "re");
	if (in == NULL)
		(void)fprintf(stderr, "%s: %s\n", argv[2], strerror(errno));
	else
		status = check(cf, in, argv[2]);
	if (in != NULL && in != stdin)
		(void)fclose(in);
	ptn_conf_free(&cf);
	return status;
}
