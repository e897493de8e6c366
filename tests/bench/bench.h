/*
 * What every group of rows shares: the settings of a run, what a row is, and
 * how its sides are measured in turns.  A row runs in a process of its own, so
 * that it may set its environment, load modules and die without cleaning up.
 */
#ifndef BENCH_H
#define BENCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "tests/bench/die.h"

#define BENCH_PATH 512

struct settings {
	char dir[BENCH_PATH]; /* everything that a run writes */
	const char *module, *provider, *softhsm, *nss;
	int rounds;
	int results; /* where the process of a row reports */
};

extern struct settings bench;

/* What the figures of a row are. */
enum figure {
	RATE,   /* operations a second, as a part of the first side's */
	TIME,   /* time of an operation, in times of the first side's */
	MICROS, /* microseconds for an operation */
	CALLS,  /* calls until something happens */
	MEBI    /* MiB */
};

struct row {
	const char *name, *what;
	enum figure figure;
	double goal; /* at least it for RATE, at most it for others; 0: none */
	void (*run)(const struct row *row);
	const char *about; /* the group's own: a key, an attribute */
	unsigned count;    /* the group's own: threads, objects */
};

/* Each ends with a row without a name. */
extern const struct row sign_rows[], provider_rows[], nginx_rows[],
    start_rows[], find_rows[], create_rows[], coherence_rows[], memory_rows[],
    seal_rows[], session_rows[];

#define SIDES 6
#define THREADS 2

/*
 * One of once and value is set: an operation whose time is taken, or a
 * function that gives the figure itself, in seconds for MICROS, as it is for
 * CALLS and MEBI.  once gets the args of its thread; value the first.
 */
struct side {
	const char *name;
	void (*once)(void *arg);
	double (*value)(void *arg);
	void *arg[THREADS];
};

struct sides {
	struct side side[SIDES];
	size_t count;
	unsigned threads; /* of each side; 0 is 1 */
};

/* An empty side to be filled in. */
struct side *side_add(struct sides *sides, const char *name);

/* Measures all in turns and reports. */
void measure(const struct row *row, const struct sides *sides);

/* What a row's process sends: status, then the figures of its sides. */
enum status { ROW_DIED, ROW_SKIPPED, ROW_DONE };

struct result {
	enum status status;
	char why[256]; /* unless done */
	size_t count;
	struct {
		char name[32];
		double min, median, max; /* in the row's figure */
		double second;           /* median of the raw seconds */
	} side[SIDES];
};

void result_send(const struct result *result);

/* Ends the row as one that cannot be measured here. */
void skip(const char *format, ...) PRINTF_LIKE(1, 2)
    __attribute__((noreturn));

void report_text(const struct row *row, const struct result *result);
void report_markdown_head(void);
void report_markdown(const struct row *row, const struct result *result);
/* Machine and versions, one fact a line after the prefix. */
void report_machine(const char *prefix);

/* Joins words to a path below the folder of the run; out has BENCH_PATH. */
void bench_path(char *out, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
