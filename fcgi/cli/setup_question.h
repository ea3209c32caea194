#ifndef PTN_CLI_SETUP_QUESTION_H
#define PTN_CLI_SETUP_QUESTION_H

#include "fcgi/cli/setup.h"

/* How a question is dealt with. */
enum ptn_setup_question_manner {
	PTN_SETUP_ASKED,  /* on a terminal; the default is what Enter takes */
	PTN_SETUP_QUIET,  /* never asked: by its option, or the default */
	PTN_SETUP_SECRET, /* asked without echo; the option names its file */
};

/* THE table of questions. */
struct ptn_setup_question_row {
	const char *option;
	const char *value; /* what stands behind it, in the usage */
	const char *ask;
	enum ptn_setup_question_manner manner;
	/* NULL: none; one that says NULL: it must be told */
	const char *(*dflt)(const struct ptn_setup *s);
	/* What is wrong with an answer; NULL: anything goes */
	const char *(*check)(struct ptn_setup *s, const char *value);
	bool (*when)(const struct ptn_setup *s); /* NULL: always */
	const char *settled; /* keys, of which one says that it is; or "" */
	enum ptn_setup_cause cause; /* if the check refuses it */
};
extern const struct ptn_setup_question_row ptn_setup_questions[PTN_SETUP__MAX];

#endif
