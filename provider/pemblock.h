/* The PEM block around the DER of a URI. */
#ifndef VECS_PROVIDER_PEMBLOCK_H
#define VECS_PROVIDER_PEMBLOCK_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/cleanup.h"

#define PEMBLOCK_NAME "PKCS#11 PROVIDER URI"

/*
 * Begins zeroed, takes line after line (with or without its end), and says
 * when a block is over.
 */
struct pemblock {
	bool open, ours;
	struct buf base64;
};

/* True after the END line of any block. */
bool pemblock_line(struct pemblock *b, const char *line);
/* CKR_DATA_INVALID if it was somebody else's. */
CK_RV pemblock_der(const struct pemblock *b, struct buf *der) MUST_USE;
void pemblock_wipe(struct pemblock *b);

#endif
