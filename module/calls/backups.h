/* Backup and restore objects (common/vendor.h): a stream through attributes. */
#ifndef VECS_BACKUPS_H
#define VECS_BACKUPS_H

#include "module/calls/token.h"

CK_RV backup_begin(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n) MUST_USE;
/* The next piece, for C_GetAttributeValue: what is read is gone. */
CK_RV backup_chunk(struct session *s, CK_ATTRIBUTE *to) MUST_USE;

CK_RV restore_begin(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n) MUST_USE;
/* The next piece; the empty one restores, or nothing. */
CK_RV restore_chunk(struct session *s, struct span piece) MUST_USE;

#endif
