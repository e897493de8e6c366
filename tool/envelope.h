/*
 * What stands in front of a backup's stream: its key, 32 bytes, sealed under a
 * passphrase or to a recipient's certificate (docs/STORE-FORMAT.md, "Backup
 * files").
 */
#ifndef VECS_TOOL_ENVELOPE_H
#define VECS_TOOL_ENVELOPE_H

#include <stdio.h>

#include "common/secret.h"
#include "tool/error.h"

#define ENVELOPE_KEY 32

CK_RV envelope_to_passphrase(const struct secret *passphrase,
    const struct secret *key, FILE *out) MUST_USE;
/* recipient: PEM or DER of a certificate with an RSA or EC key. */
CK_RV envelope_to_recipient(const struct secret *recipient,
    const struct secret *key, FILE *out) MUST_USE;

enum envelope_kind { ENVELOPE_PASSPHRASE = 1, ENVELOPE_RECIPIENT };

struct envelope {
	enum envelope_kind kind;
	struct secret payload;
};
void envelope_wipe(struct envelope *e);

/* Reads up to the stream; E_BAD_FORMAT. */
CK_RV envelope_read(FILE *in, struct envelope *out) MUST_USE;
/* With the passphrase, or a private key in PEM or DER: E_WRONG_PASSWORD. */
CK_RV envelope_open(const struct envelope *e, const struct secret *secret,
    struct secret *key) MUST_USE;

#endif
