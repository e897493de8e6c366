/*
 * What a user may do with a store: owner, administrators, grants.  Pure
 * functions over numbers; who a name is, others find out.
 */
#ifndef VECS_PERMIT_H
#define VECS_PERMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/span.h"

#define IDENTITY_GROUPS 64

struct identity {
	uint32_t uid;
	bool is_admin; /* root, owner of the database, member of admin-group */
	uint32_t groups[IDENTITY_GROUPS];
	unsigned group_count;
};

/* use is part of read, read of write: permit_closure adds what follows. */
enum {
	RIGHT_READ = 1,
	RIGHT_WRITE = 2,
	RIGHT_USE = 4,
	RIGHTS_ALL = RIGHT_READ | RIGHT_WRITE | RIGHT_USE
};

bool permit_in_group(const struct identity *who, uint32_t gid);

/* Does a grant speak of him?  The principal is as it is stored: "uid:N",
 * "gid:N" or "EVERYONE"; anything else speaks of nobody. */
#define PERMIT_EVERYONE "EVERYONE"
bool permit_applies(const struct identity *who, struct span principal);

/* Owner or administrator: may do everything, grants and deletion too. */
bool permit_controls(const struct identity *who, uint32_t owner);

unsigned permit_closure(unsigned rights);

/* "read,write,use" in any order, blanks around the words allowed, to bits;
 * false for anything else and for nothing. */
bool permit_parse(struct span text, unsigned *out);

#define RIGHTS_TEXT_MAX 16
/* The bits as they are set, in the order read, write, use. */
void permit_print(unsigned rights, char out[RIGHTS_TEXT_MAX]);

/* CKA_TRUSTED is shown in stores of root, of administrators (the owner of the
 * database is one) and of the caller himself, so that nobody plants an anchor
 * in anybody's trust. */
bool permit_shows_trust(const struct identity *who, uint32_t owner,
    bool owner_is_admin);

#endif
