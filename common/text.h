/* What names and labels are made of: ASCII folding, UTF-8, hexadecimal. */
#ifndef VECS_TEXT_H
#define VECS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A-Z to a-z, every other byte as it is; out may be text itself. */
void text_fold(const void *text, size_t len, void *out);

/* Equal but for the case of A-Z. */
bool text_equal_folded(const void *a, size_t a_len, const void *b,
    size_t b_len);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool text_is_utf8(const void *text, size_t len);

/* May name a store: 1 to 32 bytes of UTF-8, no blank at either end, no
 * control character. */
bool text_is_store_name(const void *text, size_t len);

/* Lower-case hexadecimal with a NUL: out has 2 * len + 1 bytes. */
void text_hex(const void *data, size_t len, char *out);

/* False unless hex is 2 * len digits. */
bool text_unhex(const char *hex, void *out, size_t len);

#endif
