/* Parameters of mechanisms, filled from a fuzz target's input. */
#ifndef TESTS_FUZZ_PARAMS_H
#define TESTS_FUZZ_PARAMS_H

#include "tests/fuzz/token.h"

/*
 * A parameter of the shape that the mechanism has in the standard, its numbers,
 * bytes, lengths and NULLs as the input says; then perhaps cut, or longer, or
 * NULL.  Pointers lead to memory that is there.
 */
void params_make(struct reader *r, CK_MECHANISM_TYPE type, CK_MECHANISM *out);

#endif
