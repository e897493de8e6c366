/*
 * vecs-cli entry replace and entry revert.  The old key moves to BACKUP_STORE
 * as it is, in the transaction that brings the new one, so that processes that
 * hold it go on signing until they let go.
 */
#include <string.h>

#include "common/text.h"
#include "tool/backup.h"
#include "tool/create.h"
#include "tool/print.h"
#include "tool/verbs.h"

#define TRIES 5

/* Both ends of a replacement or its reversal, and what is known of them. */
struct exchange {
	struct token store, backup;
	struct entries now;
	struct backups backups;
	struct batch batch;
};

#define EXCHANGE_INIT { .store = TOKEN_INIT, .backup = TOKEN_INIT }

/* Drops what was read and not committed; the tokens stay open. */
static void
exchange_end(struct exchange *x)
{
	batch_end(&x->batch);
	entries_free(&x->now);
	backups_free(&x->backups);
}

static void
exchange_close(struct exchange *x)
{
	exchange_end(x);
	token_close(&x->backup);
	token_close(&x->store);
}

/* Reads the present state; changes begin after it. */
static CK_RV
exchange_begin(struct exchange *x, const char *alias, bool with_backup)
{
	TRY(entries_find(&x->store, alias, &x->now));
	if (x->now.count > 1) {
		error_say("Error: more than one key is called [%s]\n", alias);
		return E_INVALID_PARAMETER;
	}
	if (with_backup)
		TRY(backups_load(&x->backup, &x->store, alias, &x->backups));
	TRY(batch_begin(&x->store, &x->batch));
	return with_backup ? batch_join(&x->batch, &x->backup) : CKR_OK;
}

static CK_RV
entry_destroy(struct exchange *x)
{
	for (size_t i = 0; x->now.count != 0 && i < x->now.list[0].count; i++)
		TRY(batch_destroy(&x->batch, &x->store,
		    x->now.list[0].objects[i]->handle));
	return CKR_OK;
}

/* Older steps make room, the oldest go, the present entry moves in. */
static CK_RV
entry_back_up(struct exchange *x, const char *alias, unsigned long steps)
{
	_cleanup_(freep) char *base = NULL;

	TRY(backup_base(&x->backup, &x->store, alias, &x->backups, &base));
	for (size_t i = x->backups.count; i-- > 0;) {
		const struct backup *b = &x->backups.list[i];

		if (i + 2 > steps)
			TRY(backup_destroy(&x->backup, b));
		else
			TRY(backup_rename(&x->backup, b, base,
			    (unsigned)i + 2));
	}
	TRY(entry_move(&x->store, &x->now.list[0], &x->backup, base));
	return backup_record(&x->backup, &x->store, alias, base);
}

/* Another process was faster: what was read is no longer so. */
static bool
changed_meanwhile(CK_RV rv)
{
	return rv == E_BUSY || rv == CKR_OBJECT_HANDLE_INVALID;
}

static CK_RV
replace_once(struct exchange *x, const struct material *m, const char *alias,
    unsigned long steps)
{
	_cleanup_(freep) char *stored = NULL;

	TRY(exchange_begin(x, alias, steps != 0));
	if (x->now.count == 0) {
		error_say("Error: there is no entry [%s] to replace\n", alias);
		return E_OBJECT_NOT_FOUND;
	}
	/* The alias keeps the spelling that it was created with. */
	if ((stored = strdup(x->now.list[0].alias)) == NULL)
		return CKR_HOST_MEMORY;
	if (m->certs != NULL)
		TRY(subject_check(&x->store, sk_X509_value(m->certs, 0),
		    stored));
	TRY(steps != 0 ? entry_back_up(x, stored, steps) : entry_destroy(x));
	TRY(batch_absent(&x->batch, stored));
	TRY(material_create(m, stored, &x->batch));
	return batch_commit(&x->batch);
}

static CK_RV
replaceable(const struct token *token)
{
	static const char *const names[] = { "TRUSTED_ROOTS",
		"TRUSTED_ROOT_CRLS", BACKUP_STORE };

	for (size_t i = 0; i < COUNT(names); i++) {
		if (!text_equal_folded(token->name, strlen(token->name),
		        names[i], strlen(names[i])))
			continue;
		error_say("Error: entries of [%s] are not replaced\n",
		    token->name);
		return E_INVALID_PARAMETER;
	}
	return CKR_OK;
}

static CK_RV
done_print(const struct args *args, const struct token *token,
    const char *result)
{
	const char *store = is_empty(args->store) ? token->name : args->store;

	if (args->json)
		return print_result(result, store, args->alias);
	printf("Entry with alias [%s] in store [%s] was %s successfully \n",
	    args->alias, store, result);
	return CKR_OK;
}

static CK_RV
names_given(const struct args *args)
{
	TRY(store_given(args));
	if (!is_empty(args->alias))
		return CKR_OK;
	error_say("Error: The alias [] is invalid \n");
	return USAGE_ERROR;
}

/* What the files hold may take an entry's place. */
static CK_RV
material_check(const struct args *args, struct material *m)
{
	TRY(material_parse(args, m));
	if (m->crls != NULL) {
		error_say("Error: revocation lists replace each other by "
		          "entry create\n");
		return E_INVALID_PARAMETER;
	}
	return m->certs != NULL ? chain_sort(m->certs, m->key, false) : CKR_OK;
}

static CK_RV
steps_get(const struct p11 *p11, unsigned long *out)
{
	if (conf_number(p11->conf, "backup-steps", 0, BACKUP_STEPS_MAX - 2,
	        out) == CKR_OK)
		return CKR_OK;
	error_say("Error: vecs.conf: backup-steps is no number from 0 to %d\n",
	    BACKUP_STEPS_MAX - 2);
	return WIN32_ERROR(13);
}

CK_RV
entry_replace(const struct args *args, struct p11 *p11)
{
	_cleanup_(material_free) struct material m = MATERIAL_INIT;
	_cleanup_(exchange_close) struct exchange x = EXCHANGE_INIT;
	unsigned long steps = 1;
	CK_RV rv = E_BUSY;

	TRY(names_given(args));
	TRY(material_read(args, &m));
	TRY(create_check(args, &m));
	TRY(p11_native(p11, "entry replace"));
	TRY(steps_get(p11, &steps));
	TRY(token_get(p11, args->store, "Error: Failed to open the store.\n",
	    true, LOGIN_MUST, &x.store));
	TRY(replaceable(&x.store));
	TRY(material_check(args, &m));
	if (steps != 0)
		TRY(backup_open(p11, &x.backup));
	for (int i = 0; i < TRIES && changed_meanwhile(rv); i++) {
		exchange_end(&x);
		rv = replace_once(&x, &m, args->alias, steps);
	}
	TRY(rv);
	return done_print(args, &x.store, "replaced");
}

static CK_RV
revert_once(struct exchange *x, const char *alias)
{
	_cleanup_(freep) char *base = NULL;
	const struct backup *newest;

	TRY(exchange_begin(x, alias, true));
	newest = x->backups.list;
	if (x->backups.count == 0 || newest->objects.count != 1) {
		error_say("Error: there is no backup of entry [%s]\n", alias);
		return E_OBJECT_NOT_FOUND;
	}
	if ((base = strdup(newest->label)) == NULL)
		return CKR_HOST_MEMORY;
	TRY(entry_destroy(x));
	TRY(entry_move(&x->backup, &newest->objects.list[0], &x->store,
	    newest->alias));
	TRY(batch_destroy(&x->batch, &x->backup, newest->record));
	for (size_t i = 1; i < x->backups.count; i++)
		TRY(backup_rename(&x->backup, &x->backups.list[i], base,
		    (unsigned)i));
	return batch_commit(&x->batch);
}

CK_RV
entry_revert(const struct args *args, struct p11 *p11)
{
	_cleanup_(exchange_close) struct exchange x = EXCHANGE_INIT;
	CK_RV rv = E_BUSY;

	TRY(names_given(args));
	TRY(p11_native(p11, "entry revert"));
	TRY(token_get(p11, args->store, "Error: Failed to open the store.\n",
	    true, LOGIN_MUST, &x.store));
	TRY(backup_open(p11, &x.backup));
	for (int i = 0; i < TRIES && changed_meanwhile(rv); i++) {
		exchange_end(&x);
		rv = revert_once(&x, args->alias);
	}
	TRY(rv);
	return done_print(args, &x.store, "reverted");
}
