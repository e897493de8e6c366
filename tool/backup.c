/* The book of BACKUP_STORE. */
#include "tool/backup.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "common/vendor.h"
#include "tool/print.h"

CK_RV
backup_open(struct p11 *p11, struct token *out)
{
	CK_RV rv = token_find(p11, BACKUP_STORE, out);

	if (rv == E_OBJECT_NOT_FOUND)
		error_say("Error: there is no " BACKUP_STORE "; make it, or "
		          "set backup-steps = 0\n");
	TRY(rv);
	rv = token_open(out, true, LOGIN_NONE);
	/* Who may write the entry's store may write its backup. */
	if (rv == CKR_TOKEN_WRITE_PROTECTED)
		rv = token_open(out, false, LOGIN_NONE);
	return rv;
}

/* base, or base_STEP from the second on; by malloc. */
static char *
label_format(const char *base, unsigned step)
{
	char *label = NULL;

	if (step == 1 ? asprintf(&label, "%s", base) < 0
	              : asprintf(&label, "%s_%u", base, step) < 0)
		return NULL;
	return label;
}

/* The two names that an alias's backups may have. */
static CK_RV
bases_format(const struct token *origin, const char *alias, char *out[2])
{
	char *plain = NULL, *wide = NULL;

	if (asprintf(&plain, "bkp_%s", alias) < 0)
		return CKR_HOST_MEMORY;
	if (asprintf(&wide, "bkp_%s_%s", origin->name, alias) < 0) {
		free(plain);
		return CKR_HOST_MEMORY;
	}
	out[0] = plain;
	out[1] = wide;
	return CKR_OK;
}

/* 1 for the base itself, N for base_N, 0 for any other label. */
static unsigned
step_parse(const char *label, const char *base)
{
	size_t len = strlen(base);
	unsigned long n;
	char *end = NULL;

	if (strlen(label) < len ||
	    !text_equal_folded(label, len, base, len))
		return 0;
	if (label[len] == '\0')
		return 1;
	if (label[len] != '_' || label[len + 1] < '1' || label[len + 1] > '9')
		return 0;
	n = strtoul(label + len + 1, &end, 10);
	return *end == '\0' && n < BACKUP_STEPS_MAX ? (unsigned)n : 0;
}

static unsigned
step_find(const char *label, char *const bases[2])
{
	unsigned step = step_parse(label, bases[0]);

	if (step == 0)
		step = step_parse(label, bases[1]);
	/* A label that somebody changed by hand counts as the oldest. */
	return step != 0 ? step : BACKUP_STEPS_MAX;
}

static void
backup_free(struct backup *b)
{
	free(b->label);
	free(b->alias);
	entries_free(&b->objects);
}

/* mine is false for a record of another origin, or one that cannot be read. */
static CK_RV
record_read(const struct token *store, CK_OBJECT_HANDLE object,
    const struct token *origin, const char *alias, struct backup *out,
    bool *mine)
{
	_cleanup_(secret_wipe) struct secret value = { NULL, 0 };
	_cleanup_(json_decrefp) json_t *record = NULL;
	const char *serial = NULL, *name = NULL;
	char *bases[2];

	*mine = false;
	TRY(object_get(store, object, CKA_VALUE, &value));
	record = json_loadb((const char *)value.data, value.len, 0, NULL);
	if (record == NULL ||
	    json_unpack(record, "{s:s,s:s}", "store", &serial, "alias",
	        &name) != 0 ||
	    strcmp(serial, origin->serial) != 0 ||
	    !text_equal_folded(name, strlen(name), alias, strlen(alias)))
		return CKR_OK;
	TRY(bases_format(origin, alias, bases));
	TRY(object_get_text(store, object, CKA_LABEL, &out->label));
	*mine = true;
	out->record = object;
	out->step = step_find(out->label, bases);
	free(bases[0]);
	free(bases[1]);
	if ((out->alias = strdup(name)) == NULL)
		return CKR_HOST_MEMORY;
	return entries_find(store, out->label, &out->objects);
}

static int
by_step(const void *a, const void *b)
{
	const struct backup *x = a, *y = b;

	return (x->step > y->step) - (x->step < y->step);
}

CK_RV
backups_load(const struct token *store, const struct token *origin,
    const char *alias, struct backups *out)
{
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	CK_OBJECT_CLASS class = CKO_DATA;
	char application[] = VECS_APP_BACKUP;
	CK_ATTRIBUTE match[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_APPLICATION, application, sizeof(application) - 1 },
	};

	TRY(objects_find(store, match, COUNT(match), &found));
	out->list = calloc(found.count + 1, sizeof(*out->list));
	if (out->list == NULL)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < found.count; i++) {
		bool mine = false;

		CK_RV rv = record_read(store, found.list[i], origin, alias,
		    &out->list[out->count], &mine);

		out->count += mine;
		TRY(rv);
	}
	qsort(out->list, out->count, sizeof(*out->list), by_step);
	return CKR_OK;
}

void
backups_free(struct backups *backups)
{
	for (size_t i = 0; i < backups->count; i++)
		backup_free(&backups->list[i]);
	free(backups->list);
	*backups = (struct backups){ NULL, 0 };
}

/* True if an entry has this label that is no backup of mine. */
static CK_RV
label_taken(const struct token *store, const char *label,
    const struct backups *mine, bool *taken)
{
	_cleanup_(entries_free) struct entries found = ENTRIES_INIT;

	*taken = false;
	for (size_t i = 0; i < mine->count; i++)
		if (text_equal_folded(mine->list[i].label,
		        strlen(mine->list[i].label), label, strlen(label)))
			return CKR_OK;
	TRY(entries_find(store, label, &found));
	*taken = found.count != 0;
	return CKR_OK;
}

/* True if each step that is going to exist can have its label. */
static CK_RV
base_free(const struct token *store, const char *base,
    const struct backups *mine, bool *out)
{
	bool taken = false;

	for (unsigned step = 1; step <= mine->count + 1 && !taken; step++) {
		_cleanup_(freep) char *label = label_format(base, step);

		if (label == NULL)
			return CKR_HOST_MEMORY;
		TRY(label_taken(store, label, mine, &taken));
	}
	*out = !taken;
	return CKR_OK;
}

CK_RV
backup_base(const struct token *store, const struct token *origin,
    const char *alias, const struct backups *mine, char **out)
{
	char *bases[2];
	CK_RV rv = CKR_OK;
	bool good = false;

	TRY(bases_format(origin, alias, bases));
	for (int i = 0; rv == CKR_OK && i < 2 && !good; i++) {
		rv = base_free(store, bases[i], mine, &good);
		if (rv == CKR_OK && good)
			*out = TAKE(bases[i]);
	}
	free(bases[0]);
	free(bases[1]);
	if (rv == CKR_OK && !good) {
		error_say("Error: other entries of " BACKUP_STORE " have the "
		          "names of this backup\n");
		return E_ALREADY_EXISTS;
	}
	return rv;
}

CK_RV
entry_move(const struct token *from, const struct entry *entry,
    const struct token *to, const char *label)
{
	for (size_t i = 0; i < entry->count; i++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

		attrs_text(&a, CKA_VECS_STORE, to->serial);
		attrs_text(&a, CKA_LABEL, label);
		TRY(attrs_check(&a));
		TRY(from->p11->calls->C_SetAttributeValue(from->session,
		    entry->objects[i]->handle, a.list, a.count));
	}
	return CKR_OK;
}

CK_RV
backup_record(const struct token *store, const struct token *origin,
    const char *alias, const char *label)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(freep) char *value = NULL;
	_cleanup_(json_decrefp) json_t *record = NULL;
	CK_OBJECT_HANDLE object;
	char when[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	record = json_pack("{s:s,s:s,s:s}", "store", origin->serial, "alias",
	    alias, "time", when);
	if (record == NULL ||
	    (value = json_dumps(record, JSON_COMPACT)) == NULL)
		return CKR_HOST_MEMORY;
	attrs_ulong(&a, CKA_CLASS, CKO_DATA);
	attrs_bool(&a, CKA_TOKEN, true);
	attrs_bool(&a, CKA_PRIVATE, false);
	attrs_text(&a, CKA_APPLICATION, VECS_APP_BACKUP);
	attrs_text(&a, CKA_LABEL, label);
	attrs_text(&a, CKA_VALUE, value);
	TRY(attrs_check(&a));
	return store->p11->calls->C_CreateObject(store->session, a.list,
	    a.count, &object);
}

CK_RV
backup_rename(const struct token *store, const struct backup *backup,
    const char *base, unsigned step)
{
	_cleanup_(freep) char *label = label_format(base, step);
	const struct entries *e = &backup->objects;

	if (label == NULL)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < e->count; i++)
		for (size_t k = 0; k < e->list[i].count; k++)
			TRY(object_set_text(store,
			    e->list[i].objects[k]->handle, CKA_LABEL, label));
	return object_set_text(store, backup->record, CKA_LABEL, label);
}

CK_RV
backup_destroy(const struct token *store, const struct backup *backup)
{
	const struct entries *e = &backup->objects;
	CK_FUNCTION_LIST *calls = store->p11->calls;

	for (size_t i = 0; i < e->count; i++)
		for (size_t k = 0; k < e->list[i].count; k++)
			TRY(calls->C_DestroyObject(store->session,
			    e->list[i].objects[k]->handle));
	return calls->C_DestroyObject(store->session, backup->record);
}
