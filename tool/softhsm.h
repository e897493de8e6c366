/* SoftHSM2's module, pointed at a folder of tokens. */
#ifndef VECS_TOOL_SOFTHSM_H
#define VECS_TOOL_SOFTHSM_H

#include "tool/error.h"

/*
 * Makes the environment that its module reads, and finds the module: out is
 * the caller's.  The configuration lives as long as the descriptor fd.
 */
CK_RV softhsm_prepare(const char *folder, char **module, int *fd) MUST_USE;

#endif
