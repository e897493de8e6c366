/* vecs-cli import: another token's objects into a store. */
#include <string.h>

#include "tool/attribute.h"
#include "tool/batch.h"
#include "tool/carry.h"
#include "tool/create.h"
#include "tool/init.h"
#include "tool/print.h"
#include "tool/progress.h"
#include "tool/softhsm.h"
#include "tool/verbs.h"

/* Where the objects come from */

struct source {
	struct args args; /* the command's, as the other module needs them */
	struct p11 p11;
	struct token token;
	char *module;
	int fd;
};

#define SOURCE_INIT { .token = TOKEN_INIT, .fd = -1 }

static void
source_close(struct source *s)
{
	token_close(&s->token);
	p11_close(&s->p11);
	free(s->module);
	closep(&s->fd);
}

static bool
from_softhsm(const struct args *args)
{
	return args->from != NULL && strcmp(args->from, "softhsm2") == 0;
}

static CK_RV
source_given(const struct args *args)
{
	bool folder = from_softhsm(args);

	if (folder ? args->file != NULL
	           : args->file == NULL &&
	                 (args->from != NULL || args->module != NULL))
		return CKR_OK;
	error_say("Error: the source is needed: --from softhsm2 DIR, --from "
	          "MODULE or --module MODULE\n");
	return USAGE_ERROR;
}

/* Without --from it is --module that names the source, not the target. */
static struct args
target_args(const struct args *args)
{
	struct args out = *args;

	if (args->from == NULL)
		out.module = NULL;
	return out;
}

static CK_RV
module_choose(const struct args *args, struct source *s)
{
	if (from_softhsm(args))
		return softhsm_prepare(args->file, &s->module, &s->fd);
	s->module = strdup(args->from != NULL ? args->from : args->module);
	return s->module != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

/* The only token that there is, or that --from-token leaves. */
static CK_RV
token_choose(struct source *s)
{
	_cleanup_(tokens_free) struct tokens all = { NULL, 0 };

	TRY(tokens_list(&s->p11, &all));
	if (all.count == 1) {
		s->token = all.list[0];
		return CKR_OK;
	}
	if (all.count == 0) {
		error_say("Error: there is no token to import\n");
		return E_OBJECT_NOT_FOUND;
	}
	error_say("Error: name one of these by --from-token:\n");
	for (size_t i = 0; i < all.count; i++)
		error_say("\tpkcs11:serial=%s\t%s\n", all.list[i].serial,
		    all.list[i].name);
	return E_INVALID_PARAMETER;
}

static CK_RV
source_open(const struct args *args, struct source *s)
{
	TRY(module_choose(args, s));
	s->args = *args;
	s->args.module = s->module;
	s->args.token = args->from_token;
	s->args.pin_source = args->from_pin_source;
	s->p11 = (struct p11){ .args = &s->args,
		.pin_option = "--from-pin-source" };
	TRY(token_choose(s));
	return token_open(&s->token, false, LOGIN_MUST);
}

/* Where they go */

/* A store of our own is made when there is none of the name. */
static CK_RV
target_open(const struct args *args, struct p11 *p11, const char *name,
    struct token *out)
{
	CK_RV rv = token_find(p11, name, out);

	if (rv == E_OBJECT_NOT_FOUND && p11->native && args->token == NULL) {
		TRY(init_name_check(name));
		TRY(init_without_pins(p11, name));
		rv = token_find(p11, name, out);
	}
	if (rv == E_OBJECT_NOT_FOUND)
		error_say("Error: no such store\n");
	TRY(rv);
	return token_open(out, true, LOGIN_MUST);
}

/* The whole */

struct tally {
	size_t moved, present;
	json_t *left; /* what stays, with its reasons */
	CK_RV rv;     /* the first refusal */
};

static CK_RV
left_add(struct tally *tally, const struct carry_result *r)
{
	char class[64];

	attribute_class_name(r->class, class, sizeof(class));
	json_array_append_new(tally->left, json_pack("{s:s,s:o,s:b,s:o}",
	    "class", class, "name", json_text(r->name), "movable",
	    r->how == CARRIED_FAILED, "reason", json_text(r->reason)));
	if (r->how == CARRIED_FAILED && tally->rv == CKR_OK)
		tally->rv = E_NOT_SUPPORTED;
	return CKR_OK;
}

static CK_RV
one_import(struct carry *c, CK_OBJECT_HANDLE object, struct tally *tally)
{
	_cleanup_(carry_result_free) struct carry_result r = { .name = NULL };
	CK_OBJECT_CLASS class;

	TRY(object_get_ulong(c->from, object, CKA_CLASS, &class));
	if (!carry_class(class))
		return CKR_OK;
	TRY(carry_object(c, object, &r));
	if (r.how == CARRIED_MOVED)
		tally->moved++;
	else if (r.how == CARRIED_PRESENT)
		tally->present++;
	else
		return left_add(tally, &r);
	return CKR_OK;
}

/* So many to a commit, where there is one: each costs a write to the disk. */
#define TOGETHER 256

static CK_RV
some_import(struct carry *c, const struct handles *found, size_t *at,
    struct tally *tally)
{
	_cleanup_(batch_end) struct batch batch = BATCH_INIT;

	if (c->to->p11->native)
		TRY(batch_begin(c->to, &batch));
	for (size_t n = 0; n < TOGETHER && *at < found->count; n++)
		TRY(one_import(c, found->list[(*at)++], tally));
	return c->to->p11->native ? batch_commit(&batch) : CKR_OK;
}

static CK_RV
all_import(const struct token *from, const struct token *to,
    struct tally *tally)
{
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	_cleanup_(progress_end) struct progress bar = PROGRESS("import");
	struct carry c = { .from = from, .to = to };
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE match = { CKA_TOKEN, &yes, sizeof(yes) };
	CK_RV rv = objects_find(from, &match, 1, &found);
	size_t at = 0;

	while (rv == CKR_OK && at < found.count) {
		rv = some_import(&c, &found, &at, tally);
		progress_show(&bar, at, found.count);
	}
	ways_wipe(&c.ways);
	return rv;
}

static CK_RV
tally_print(const struct args *args, const struct token *to,
    const struct tally *tally)
{
	const json_t *one;
	size_t i;

	if (args->json)
		return print_json(json_pack("{s:s,s:o,s:i,s:i,s:O}", "result",
		    "imported", "store", json_text(to->name), "moved",
		    (int)tally->moved, "present", (int)tally->present, "left",
		    tally->left));
	printf("Imported %zu objects into store [%s]; %zu were there, %zu "
	       "stay\n", tally->moved, to->name, tally->present,
	    json_array_size(tally->left));
	json_array_foreach (tally->left, i, one) {
		print_value(json_object_get(one, "class"));
		printf(" [");
		print_value(json_object_get(one, "name"));
		printf("]: ");
		print_value(json_object_get(one, "reason"));
		printf("\n");
	}
	return CKR_OK;
}

static CK_RV
import_into(const struct args *args, struct p11 *p11)
{
	_cleanup_(source_close) struct source source = SOURCE_INIT;
	_cleanup_(token_close) struct token to = TOKEN_INIT;
	_cleanup_(json_decrefp) json_t *left = json_array();
	struct tally tally = { .left = left };

	/* Before the environment changes, which its module may read too. */
	TRY(p11_open(p11));
	TRY(source_open(args, &source));
	TRY(target_open(args, p11,
	    !is_empty(args->store) ? args->store
	                           : args->token != NULL ? NULL
	                                                 : source.token.name,
	    &to));
	TRY(all_import(&source.token, &to, &tally));
	TRY(tally_print(args, &to, &tally));
	return tally.rv;
}

CK_RV
import(const struct args *args, struct p11 *p11)
{
	struct args target = target_args(args);
	CK_RV rv;

	TRY(source_given(args));
	p11->args = &target;
	rv = import_into(args, p11);
	/* The caller closes it, and still asks for its reason. */
	p11->args = args;
	return rv;
}
