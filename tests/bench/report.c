/* Prints rows, as text or as a table for docs/PERFORMANCE.md. */
#include "tests/bench/bench.h"

#include <openssl/crypto.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* How figures are written: digits, what follows, and what "reached" means. */
static const struct {
	int digits;
	const char *unit, *bound;
	bool relative; /* to the first side, which is the measure */
} figures[] = {
	[RATE] = { 3, "", "≥", true },
	[TIME] = { 2, "×", "≤", true },
	[MICROS] = { 2, " µs", "≤", false },
	[CALLS] = { 2, "", "≤", false },
	[MEBI] = { 2, " MiB", "≤", false },
};

/* Our side; result->count when our module is not there. */
static size_t
ours(const struct result *result)
{
	size_t i = 0;

	while (i < result->count &&
	    strncmp(result->side[i].name, "VECS", 4) != 0)
		i++;
	return i;
}

static bool
is_measure(const struct row *row, size_t i)
{
	return figures[row->figure].relative && i == 0;
}

static const char *
verdict(const struct row *row, const struct result *result)
{
	size_t i = ours(result);
	double median;

	if (row->goal == 0 || i == result->count)
		return "–";
	median = result->side[i].median;
	if (row->figure == RATE ? median >= row->goal : median <= row->goal)
		return "yes";
	return "no";
}

static void
print_goal(const struct row *row)
{
	if (row->goal == 0)
		printf("–");
	else
		printf("%s %g%s", figures[row->figure].bound, row->goal,
		    figures[row->figure].unit);
}

/* Operations a second, or the time of one; nothing if the figure says it. */
static void
print_absolute(const struct row *row, double second)
{
	if (row->figure == RATE)
		printf(" %.0f/s", 1 / second);
	else if (row->figure == TIME)
		printf(" %.2f ms", second * 1e3);
}

static void
print_median(const struct row *row, const struct result *result, size_t i)
{
	int digits = figures[row->figure].digits;

	printf("%.*f%s (%.*f–%.*f)", digits, result->side[i].median,
	    figures[row->figure].unit, digits, result->side[i].min, digits,
	    result->side[i].max);
}

void
report_text(const struct row *row, const struct result *result)
{
	printf("%-20s %s; goal ", row->name, row->what);
	print_goal(row);
	printf("\n");
	if (result->status != ROW_DONE) {
		printf("    %s: %s\n",
		    result->status == ROW_SKIPPED ? "skipped" : "FAILED",
		    result->why);
		return;
	}
	for (size_t i = 0; i < result->count; i++) {
		printf("    %-22s ", result->side[i].name);
		if (!is_measure(row, i))
			print_median(row, result, i);
		print_absolute(row, result->side[i].second);
		if (i == ours(result) && row->goal != 0)
			printf(", reached: %s", verdict(row, result));
		printf("\n");
	}
}

void
report_markdown_head(void)
{
	printf("| row | what | goal | measured (min–max) | reached | "
	       "measure | others |\n|---|---|---|---|---|---|---|\n");
}

void
report_markdown(const struct row *row, const struct result *result)
{
	const char *between = "";

	printf("| %s | %s | ", row->name, row->what);
	print_goal(row);
	if (result->status != ROW_DONE) {
		printf(" | %s: %s | | | |\n",
		    result->status == ROW_SKIPPED ? "skipped" : "failed",
		    result->why);
		return;
	}
	printf(" | ");
	if (ours(result) < result->count)
		print_median(row, result, ours(result));
	printf(" | %s | ", verdict(row, result));
	if (figures[row->figure].relative) {
		printf("%s", result->side[0].name);
		print_absolute(row, result->side[0].second);
	}
	printf(" | ");
	for (size_t i = 0; i < result->count; i++) {
		if (is_measure(row, i) || i == ours(result))
			continue;
		printf("%s%s %.*f%s", between, result->side[i].name,
		    figures[row->figure].digits, result->side[i].median,
		    figures[row->figure].unit);
		between = "; ";
	}
	printf(" |\n");
}

/* The value of the first line of a file that has this key. */
static void
print_line_of(const char *path, const char *key, char separator)
{
	_cleanup_(fclosep) FILE *f = fopen(path, "r");
	char line[512];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char *at = strchr(line, separator);

		if (at == NULL || strncmp(line, key, strlen(key)) != 0)
			continue;
		at += 1 + strspn(at + 1, " \"");
		at[strcspn(at, "\"\n")] = '\0';
		printf("%s", at);
		return;
	}
	printf("unknown");
}

void
report_machine(const char *prefix)
{
	struct utsname u;
	time_t t = time(NULL);
	char date[32];

	uname(&u);
	strftime(date, sizeof(date), "%Y-%m-%d", gmtime(&t));
	printf("%s%s, VECS " VECS_VERSION "\n", prefix, date);
	printf("%s", prefix);
	print_line_of("/proc/cpuinfo", "model name", ':');
	printf(", %ld processors, Linux %s %s\n",
	    sysconf(_SC_NPROCESSORS_ONLN), u.release, u.machine);
	printf("%s", prefix);
	print_line_of("/etc/os-release", "PRETTY_NAME", '=');
	printf(", %s, SQLite %s\n", OpenSSL_version(OPENSSL_VERSION),
	    sqlite3_libversion());
	printf("%srounds for each row: %d\n", prefix, bench.rounds);
}
