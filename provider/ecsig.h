/* An ECDSA signature: r and s side by side (PKCS#11) as DER (X9.62). */
#ifndef VECS_PROVIDER_ECSIG_H
#define VECS_PROVIDER_ECSIG_H

#include <stddef.h>
#include <stdint.h>

/* raw has 2 * half bytes, half <= 72; 0 when out has no room. */
size_t ecsig_der(const uint8_t *raw, size_t half, uint8_t *out, size_t room);

#endif
