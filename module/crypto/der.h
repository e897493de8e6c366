/*
 * Just enough DER: a reader of one value after another, and a writer that
 * works from the end to the front, so that lengths are known when they are
 * written.
 */
#ifndef VECS_DER_H
#define VECS_DER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"
#include "common/span.h"

#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_NULL 0x05
#define DER_OID 0x06
#define DER_PRINTABLE_STRING 0x13
#define DER_UTC_TIME 0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_SEQUENCE 0x30
#define DER_CONTEXT(n) (uint8_t)(0xa0 | (n)) /* constructed */

/* Takes one value with this tag off the front: out is its content, inside in's
 * memory.  CKR_DATA_INVALID if there is none, or its length is not DER. */
CK_RV der_take(struct span *in, uint8_t tag, struct span *out) MUST_USE;

/* The same for a value that is the whole of der, nothing behind it. */
CK_RV der_only(struct span der, uint8_t tag, struct span *out) MUST_USE;

/* The same, but out is the whole value with its header. */
CK_RV der_take_whole(struct span *in, uint8_t tag, struct span *out) MUST_USE;

/* A non-negative INTEGER without its leading zeros. */
CK_RV der_take_number(struct span *in, struct span *out) MUST_USE;

/* Bytes without leading zeros; all zeros become empty. */
struct span span_number(struct span number);

/* Writes into room bytes that end at end; at walks down to start. */
struct der_writer {
	uint8_t *start, *at;
	bool failed;
};

/* All that is put stands in front of what was put before. */
void der_put(struct der_writer *w, const void *data, size_t len);
/* The header of a value whose content begins at w->at and ends before end. */
void der_put_header(struct der_writer *w, uint8_t tag, const uint8_t *end);
/* A whole INTEGER of a big-endian number. */
void der_put_number(struct der_writer *w, struct span number);

#endif
