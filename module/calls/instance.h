/*
 * What all clients of one process share: the configuration, the database and
 * what has been read from it; and where the database is (in this order:
 * VECS_HOME or `home`, the system's, or the user's own).
 */
#ifndef VECS_INSTANCE_H
#define VECS_INSTANCE_H

#include "common/conf.h"
#include "common/span.h"
#include "module/object/cache.h"
#include "module/session/library.h"

struct instance {
	struct conf *conf;
	struct database *db;
	struct cache *cache;
	unsigned long min_pin, max_pin; /* bytes */
	struct span login_user; /* whom C_Login means; len 0: the token's own */
	uint32_t owner; /* uid of the database's folder */
	struct secret state_key; /* seals saved operations: calls/opstate.c */
};

/* The hooks of embedded mode: one instance and one context for the process. */
extern const struct library_hooks embedded_hooks;

/* Repairs the open database. */
CK_RV instance_mend(struct instance *instance,
    void (*line)(void *arg, const char *line), void *arg) MUST_USE;
/* Repairs the database that would be opened, while none is. */
CK_RV instance_repair(void (*line)(void *arg, const char *line),
    void *arg) MUST_USE;

#endif
