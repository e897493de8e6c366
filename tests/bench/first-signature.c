/*
 * The least that a program does to sign with a key of a token:
 * first-signature [-m] MODULE TOKEN KEY [PIN [PARAMETERS]].
 * With -m it prints its proportional set size in KiB afterwards.  It ends like
 * many applications do, without C_Finalize.
 */
#include <string.h>

#include "tests/bench/module.h"

static void
print_memory(void)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[128];
	unsigned long kib;

	NEED(f != NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Pss: %lu kB", &kib) == 1)
			printf("%lu\n", kib);
}

int
main(int argc, char *argv[])
{
	bool memory = argc > 1 && strcmp(argv[1], "-m") == 0;
	char **arg = argv + memory;
	int count = argc - memory;
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1, 2, 3 }, signature[64];
	CK_ULONG len = sizeof(signature);
	const char *pin = count > 4 && *arg[4] != '\0' ? arg[4] : NULL;
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	CK_SLOT_ID slot;

	if (count < 4)
		die("usage: first-signature [-m] MODULE TOKEN KEY "
		    "[PIN [PARAMETERS]]");
	f = module_open(arg[1], count > 5 ? arg[5] : NULL);
	if (!module_slot(f, arg[2], &slot))
		die("no token %s", arg[2]);
	session = module_session(f, slot, false, pin);
	key = module_key(f, session, arg[3]);
	NEED_OK(f->C_SignInit(session, &mechanism, key));
	NEED_OK(f->C_Sign(session, digest, sizeof(digest), signature, &len));
	if (memory)
		print_memory();
	return 0;
}
