/* OpenSSL with our provider on a module, for programs and for this one. */
#ifndef BENCH_PROVIDER_H
#define BENCH_PROVIDER_H

#include "tests/bench/brand.h"

/* Writes an openssl.cnf for the module of this brand; out has BENCH_PATH. */
void provider_conf(const struct brand *brand, char *out);

/* The URI of a key of this name; out has BENCH_PATH. */
void provider_uri(const struct brand *brand, const char *key, char *out);

/* Writes a PEM file that names the URI; out, its path, has BENCH_PATH. */
void provider_pem(const struct brand *brand, const char *key, char *out);

#endif
