/* Tokens of a module and their pools of sessions. */
#include "provider/token.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"

void
token_fork_child(struct token *t)
{
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->returned, NULL);
	t->waiting = 0;
	t->busy = 0;
}

bool
token_any_busy(struct module *m)
{
	bool busy = false;

	for (struct token *t = m->tokens; t != NULL; t = t->next) {
		pthread_mutex_lock(&t->lock);
		busy = busy || t->busy > 0;
		pthread_mutex_unlock(&t->lock);
	}
	return busy;
}

/* Takes an idle session, or 0, and counts it as busy. */
static CK_RV
pool_pop(struct token *t, struct session *s)
{
	CK_RV rv = CKR_OK;

	pthread_mutex_lock(&t->lock);
	s->epoch = t->m->epoch;
	if (t->epoch != s->epoch) {
		t->epoch = s->epoch;
		t->idle_count = 0;
		t->busy = 0;
	}
	s->handle = 0;
	if (t->m->closing)
		rv = CKR_CRYPTOKI_NOT_INITIALIZED;
	else if (t->idle_count > 0)
		s->handle = t->idle[--t->idle_count];
	t->busy += rv == CKR_OK;
	pthread_mutex_unlock(&t->lock);
	return rv;
}

/* Waits for a session of ours to come back: the token has no more of them.
 * False if none is out. */
static bool
pool_wait(struct token *t, struct session *s)
{
	bool got;

	pthread_mutex_lock(&t->lock);
	t->waiting++;
	while (t->epoch == s->epoch && t->idle_count == 0 && t->busy > 1)
		pthread_cond_wait(&t->returned, &t->lock);
	t->waiting--;
	got = t->epoch == s->epoch && t->idle_count > 0;
	if (got)
		s->handle = t->idle[--t->idle_count];
	pthread_mutex_unlock(&t->lock);
	return got;
}

CK_RV
session_take(struct token *t, struct session *out)
{
	struct session s = { .token = t };
	CK_RV rv;

	TRY(pool_pop(t, &s));
	if (s.handle == 0) {
		rv = P11(t->m, C_OpenSession(t->slot, CKF_SERIAL_SESSION, NULL,
		    NULL, &s.handle));
		if (rv == CKR_SESSION_COUNT && pool_wait(t, &s))
			rv = CKR_OK;
		if (rv != CKR_OK) {
			s.handle = 0;
			session_give(&s);
			return rv;
		}
	}
	*out = s;
	return CKR_OK;
}

void
session_give(struct session *s)
{
	struct token *t = s->token;
	CK_SESSION_HANDLE close = s->handle;

	if (t == NULL)
		return;
	pthread_mutex_lock(&t->lock);
	if (t->epoch == s->epoch) {
		t->busy -= t->busy > 0;
		if (s->handle != 0 && !s->broken
		    && t->idle_count < TOKEN_IDLE_MAX) {
			t->idle[t->idle_count++] = s->handle;
			close = 0;
		}
	}
	/* The token logs out with the last session. */
	if (close != 0 && t->idle_count + t->busy == 0)
		t->logged_in = 0;
	if (t->waiting > 0)
		pthread_cond_broadcast(&t->returned);
	pthread_mutex_unlock(&t->lock);
	if (close != 0 && t->m->epoch == s->epoch)
		(void)P11(t->m, C_CloseSession(close));
	s->token = NULL;
}

static bool
token_is(const struct token *t, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
	return t->slot == slot
	    && memcmp(t->info.serialNumber, info->serialNumber,
	        sizeof(info->serialNumber)) == 0
	    && memcmp(t->info.label, info->label, sizeof(info->label)) == 0;
}

/* The struct of what is in this slot, made when it is new. */
static CK_RV
token_get(struct module *m, CK_SLOT_ID slot, const CK_TOKEN_INFO *info,
    struct token **out)
{
	struct token *t;

	for (t = m->tokens; t != NULL; t = t->next)
		if (token_is(t, slot, info))
			break;
	if (t == NULL) {
		t = calloc(1, sizeof(*t));
		if (t == NULL)
			return CKR_HOST_MEMORY;
		t->m = m;
		t->slot = slot;
		t->epoch = m->epoch;
		t->info = *info;
		token_fork_child(t);
		t->next = m->tokens;
		m->tokens = t;
	}
	t->info = *info;
	*out = t;
	return CKR_OK;
}

CK_RV
token_refresh(struct token *t)
{
	return P11(t->m, C_GetTokenInfo(t->slot, &t->info));
}

static CK_RV
slots_list(struct module *m, CK_SLOT_ID **out, CK_ULONG *count)
{
	_cleanup_(freep) CK_SLOT_ID *slots = NULL;
	CK_ULONG n = 0;
	CK_RV rv;

	do {
		TRY(P11(m, C_GetSlotList(CK_TRUE, NULL, &n)));
		free(slots);
		slots = calloc(n + 1, sizeof(*slots));
		if (slots == NULL)
			return CKR_HOST_MEMORY;
		rv = P11(m, C_GetSlotList(CK_TRUE, slots, &n));
	} while (rv == CKR_BUFFER_TOO_SMALL);
	TRY(rv);
	*out = TAKE(slots);
	*count = n;
	return CKR_OK;
}

/* *out stays NULL for a slot that the URI does not mean. */
static CK_RV
slot_match(struct module *m, const struct uri *uri, CK_SLOT_ID slot,
    struct token **out)
{
	CK_SLOT_INFO slot_info;
	CK_TOKEN_INFO info;

	if (P11(m, C_GetTokenInfo(slot, &info)) != CKR_OK)
		return CKR_OK; /* taken out in the meantime */
	if ((info.flags & CKF_TOKEN_INITIALIZED) == 0
	    || !uri_match_token(uri, slot, &info))
		return CKR_OK;
	if (P11(m, C_GetSlotInfo(slot, &slot_info)) != CKR_OK
	    || !uri_match_slot(uri, &slot_info))
		return CKR_OK;
	return token_get(m, slot, &info, out);
}

CK_RV
tokens_match(struct module *m, const struct uri *uri, struct token ***out,
    size_t *count)
{
	_cleanup_(module_unlockp) struct module *held = m;
	_cleanup_(freep) CK_SLOT_ID *slots = NULL;
	_cleanup_(freep) struct token **found = NULL;
	CK_INFO info;
	CK_ULONG n = 0;
	size_t found_count = 0;

	module_lock(held);
	TRY(P11(m, C_GetInfo(&info)));
	TRY(slots_list(m, &slots, &n));
	found = calloc(n + 1, sizeof(struct token *));
	if (found == NULL)
		return CKR_HOST_MEMORY;
	for (CK_ULONG i = 0; i < n && uri_match_module(uri, m->path, &info);
	    i++) {
		TRY(slot_match(m, uri, slots[i], &found[found_count]));
		found_count += found[found_count] != NULL;
	}
	*out = TAKE(found);
	*count = found_count;
	return CKR_OK;
}
