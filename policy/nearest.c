/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Distance between names, given up as soon as it is too much.
 *
 * The work for one candidate is bounded by the length of names that are looked at, so that nobody
 * can make a check slow with long names.
 */
#include "policy/nearest.h"

#include <string.h>

#define MAX_LENGTH 48
#define MIN_LENGTH 3
#define MAX_DISTANCE 3

void
mom_nearest_init(MomNearest *nearest, const char *name)
{
    gsize length = strlen(name);
    guint limit = MIN(MAX_DISTANCE, MAX(1, (guint)length / 3));

    *nearest = (MomNearest){.name = name, .distance = limit + 1};
    if (length < MIN_LENGTH || length > MAX_LENGTH)
        nearest->distance = 0;
}

/* The three last rows of the table of distances between beginnings of A and B. */
typedef struct {
    guint before[MAX_LENGTH + 1];
    guint last[MAX_LENGTH + 1];
    guint row[MAX_LENGTH + 1];
} Rows;

/* Row I; answers its smallest distance. */
static guint
fill_row(Rows *rows, const char *a, gsize i, const char *b, gsize length_b)
{
    guint least;

    least = rows->row[0] = (guint)i;
    for (gsize j = 1; j <= length_b; j++) {
        gboolean same = g_ascii_tolower(a[i - 1]) == g_ascii_tolower(b[j - 1]);
        guint d = MIN(rows->last[j], rows->row[j - 1]) + 1;

        d = MIN(d, rows->last[j - 1] + (same ? 0 : 1));
        if (i > 1 && j > 1 && g_ascii_tolower(a[i - 1]) == g_ascii_tolower(b[j - 2]) &&
            g_ascii_tolower(a[i - 2]) == g_ascii_tolower(b[j - 1]))
            d = MIN(d, rows->before[j - 2] + 1);
        rows->row[j] = d;
        least = MIN(least, d);
    }
    return least;
}

/* LIMIT or more: at least LIMIT. */
static guint
distance(const char *a, gsize length_a, const char *b, gsize length_b, guint limit)
{
    Rows rows;

    for (gsize j = 0; j <= length_b; j++)
        rows.row[j] = (guint)j;
    for (gsize i = 1; i <= length_a; i++) {
        memcpy(rows.before, rows.last, (length_b + 1) * sizeof(guint));
        memcpy(rows.last, rows.row, (length_b + 1) * sizeof(guint));
        if (fill_row(&rows, a, i, b, length_b) >= limit)
            return limit;
    }
    return rows.row[length_b];
}

void
mom_nearest_offer(MomNearest *nearest, const char *candidate)
{
    gsize length = strlen(nearest->name);
    gsize other = strlen(candidate);
    guint found;

    if (nearest->distance == 0 || other < MIN_LENGTH || other > MAX_LENGTH ||
        MAX(length, other) - MIN(length, other) >= nearest->distance ||
        strcmp(nearest->name, candidate) == 0)
        return;
    found = distance(nearest->name, length, candidate, other, nearest->distance);
    if (found >= nearest->distance)
        return;
    nearest->distance = found;
    nearest->best = candidate;
}
