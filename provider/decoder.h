/*
 * PEM files that hold a URI.  libcrypto asks one decoder for each type of key,
 * hence a memory of the last lookup, so that a token is asked once.
 */
#ifndef VECS_PROVIDER_DECODER_H
#define VECS_PROVIDER_DECODER_H

#include <pthread.h>
#include <time.h>

#include "common/pkcs11.h"

struct key;

struct lookup_cache {
	pthread_mutex_t lock;
	char *uri;
	CK_RV rv;        /* of the lookup */
	struct key *key; /* NULL unless CKR_OK */
	struct timespec since;
};

void lookup_init(struct lookup_cache *c);
void lookup_forget(struct lookup_cache *c);

#endif
