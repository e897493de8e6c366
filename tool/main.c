/* vecs-cli: words, a row of the verb table, one call, one exit status. */
#include <locale.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "tool/verbs.h"

static bool
is_help(const char *word)
{
	return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
	       strcmp(word, "-h") == 0;
}

/* Part of both remote options makes no sense; both come later. */
static CK_RV
remote_check(const struct args *args)
{
	if ((args->server == NULL) != (args->upn == NULL)) {
		error_say("Error: Error: You have to provide both server and "
		          "upn \n\n");
		return E_INVALID_STATE;
	}
	if (args->server == NULL)
		return CKR_OK;
	error_say("Error: --server comes with a later version of vecs-cli\n");
	return E_NOT_SUPPORTED;
}

/* A failure of the token: its own reason, or at least its name. */
static void
reason_say(struct p11 *p11, CK_RV rv)
{
	char text[512];

	p11_reason(p11, rv, text, sizeof(text));
	if (text[0] != '\0')
		error_say("Error: %s\n", text);
}

static CK_RV
verb_run(const struct verb *verb, const struct args *args)
{
	struct p11 p11 = { .args = args };
	CK_RV rv;

	TRY(remote_check(args));
	rv = verb->run(args, &p11);
	if (fflush(stdout) != 0 && rv == CKR_OK) {
		error_say("Error: Failed to write to standard output\n");
		rv = E_WRITE_FAULT;
	}
	if (rv != CKR_OK)
		reason_say(&p11, rv);
	p11_close(&p11);
	return rv;
}

static CK_RV
command(int argc, char **argv, struct args *args)
{
	const struct verb *verb;
	int used = 1;
	CK_RV rv;

	for (; argc > 0 && argv[0][0] == '-' && !is_help(argv[0]);
	     argc -= used, argv += used)
		TRY(options_common(argc, argv, args, &used));
	if (argc > 0 && is_help(argv[0])) {
		verbs_help(stdout, NULL);
		return CKR_OK;
	}
	if ((verb = verb_find(argc, argv, &used)) == NULL) {
		if (argc >= 2 && is_help(argv[argc - 1])) {
			verbs_help(stdout, argv[0]);
			return CKR_OK;
		}
		if (argc > 0)
			verb_suggest(argc, argv);
		verbs_help(stderr, NULL);
		return USAGE_ERROR;
	}
	rv = options_parse(verb->options, verb->lax, argc - used, argv + used,
	    args);
	if (rv == CKR_OK && args->help) {
		verb_help(stdout, verb);
		return CKR_OK;
	}
	if (rv == CKR_OK)
		rv = verb_run(verb, args);
	if (rv == USAGE_ERROR)
		verb_help(stderr, verb);
	return rv;
}

int
main(int argc, char *argv[])
{
	struct args args = { 0 };
	CK_RV rv;

	setlocale(LC_ALL, "");
	log_target("none");
	/* A provider that openssl.cnf activates may be our own: stay apart. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("vecs-cli %s\n", VECS_VERSION);
		return 0;
	}
	rv = command(argc - 1, argv + 1, &args);
	args_wipe(&args);
	if (fflush(stdout) != 0 && rv == CKR_OK)
		rv = E_WRITE_FAULT;
	if (rv == CKR_OK)
		return 0;
	error_tail(rv);
	return error_status(rv);
}
