/*
 * What the fuzz targets of this folder share.  A target is one file with
 * LLVMFuzzerTestOneInput; it is built with corpus.c as a test that runs the
 * seeds of corpus/NAME, and with libFuzzer (the preset "fuzz") to look for new
 * ones.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry; the bytes may be read to the last one, not changed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process with the place and the words: what a fuzzer understands. */
_Noreturn void fuzz_die(const char *file, int line, const char *what);

/* What must hold for every input. */
#define FUZZ_HOLDS(condition) \
	do { \
		if (!(condition)) \
			fuzz_die(__FILE__, __LINE__, #condition); \
	} while (0)

/* A folder of the process's own below the current one, made at the first call;
 * it goes at the end. */
const char *fuzz_folder(void);
/* Writes FOLDER/name; its path, borrowed until the next call. */
const char *fuzz_file(const char *name, const void *data, size_t size);

#endif
