/*
 * Measures the sides of a row in turns.  A round is several slices; in each
 * slice every side works for the same short time, in the opposite order of the
 * slice before, so that whatever else the machine does meets all of them.
 */
#include "tests/bench/bench.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#define SLICES 4
#define SLICE_SECONDS 0.1
#define ROUNDS_MAX 99

struct tally {
	double seconds, count;
};

/* One thread of one side in one slice. */
struct turn {
	const struct side *side;
	void *arg;
	pthread_barrier_t *start;
	struct tally tally;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Operations until the slice is over; the clock is read about every half
 * millisecond, however short they are. */
static void
turn_time(struct turn *turn)
{
	double begin = now(), last = begin, t;
	unsigned long batch = 1, done = 0;

	do {
		for (unsigned long i = 0; i < batch; i++)
			turn->side->once(turn->arg);
		done += batch;
		t = now();
		if (t - last < 0.0005)
			batch *= 2;
		last = t;
	} while (t - begin < SLICE_SECONDS);
	turn->tally = (struct tally){ t - begin, (double)done };
}

static void
turn_values(struct turn *turn)
{
	double begin = now();

	turn->tally = (struct tally){ 0, 0 };
	do {
		turn->tally.seconds += turn->side->value(turn->arg);
		turn->tally.count++;
	} while (now() - begin < SLICE_SECONDS);
}

static void *
turn_run(void *arg)
{
	struct turn *turn = arg;

	pthread_barrier_wait(turn->start);
	if (turn->side->once != NULL)
		turn_time(turn);
	else
		turn_values(turn);
	return NULL;
}

/* Adds a slice to the tally: threads together do count in seconds. */
static void
slice(const struct side *side, unsigned threads, struct tally *sum)
{
	pthread_barrier_t start;
	pthread_t thread[THREADS];
	struct turn turn[THREADS];
	double rate = 0;

	pthread_barrier_init(&start, NULL, threads);
	for (unsigned i = 0; i < threads; i++)
		turn[i] = (struct turn){ side, side->arg[i], &start,
			{ 0, 0 } };
	for (unsigned i = 1; i < threads; i++)
		NEED(pthread_create(&thread[i], NULL, turn_run, &turn[i]) ==
		    0);
	turn_run(&turn[0]);
	for (unsigned i = 1; i < threads; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&start);
	for (unsigned i = 0; i < threads; i++)
		if (side->once != NULL)
			rate += turn[i].tally.count / turn[i].tally.seconds;
	sum->seconds += turn[0].tally.seconds;
	sum->count += side->once != NULL ? rate * turn[0].tally.seconds
	                                 : turn[0].tally.count;
}

static void
round_of_slices(const struct sides *sides, int slices, double *second)
{
	struct tally sum[SIDES] = { { 0, 0 } };
	unsigned threads = sides->threads != 0 ? sides->threads : 1;

	for (int s = 0; s < slices; s++)
		for (size_t i = 0; i < sides->count; i++) {
			size_t at = s % 2 == 0 ? i : sides->count - 1 - i;

			slice(&sides->side[at], threads, &sum[at]);
		}
	for (size_t i = 0; i < sides->count; i++)
		second[i] = sum[i].seconds / sum[i].count;
}

static double
figure_of(enum figure figure, double second, double first)
{
	switch (figure) {
	case RATE:
		return first / second;
	case TIME:
		return second / first;
	case MICROS:
		return second * 1e6;
	default:
		return second;
	}
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
measure(const struct row *row, const struct sides *sides)
{
	static double seconds[ROUNDS_MAX][SIDES];
	struct result result = { .status = ROW_DONE, .count = sides->count };
	int rounds = bench.rounds > ROUNDS_MAX ? ROUNDS_MAX : bench.rounds;
	double sorted[ROUNDS_MAX];
	size_t n = (size_t)rounds;

	round_of_slices(sides, 1, seconds[0]); /* warms up */
	for (size_t r = 0; r < n; r++)
		round_of_slices(sides, SLICES, seconds[r]);
	for (size_t i = 0; i < sides->count; i++) {
		snprintf(result.side[i].name, sizeof(result.side[i].name),
		    "%s", sides->side[i].name);
		for (size_t r = 0; r < n; r++)
			sorted[r] = seconds[r][i];
		qsort(sorted, n, sizeof(sorted[0]), compare);
		result.side[i].second = sorted[n / 2];
		for (size_t r = 0; r < n; r++)
			sorted[r] = figure_of(row->figure, seconds[r][i],
			    seconds[r][0]);
		qsort(sorted, n, sizeof(sorted[0]), compare);
		result.side[i].min = sorted[0];
		result.side[i].median = sorted[n / 2];
		result.side[i].max = sorted[n - 1];
	}
	result_send(&result);
}

struct side *
side_add(struct sides *sides, const char *name)
{
	struct side *side = &sides->side[sides->count];

	NEED(sides->count < SIDES);
	sides->count++;
	memset(side, 0, sizeof(*side));
	side->name = name;
	return side;
}
