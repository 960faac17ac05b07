/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See hugepages.h.  Each size is a directory hugepages-NkB with a file for each number, in pages.
 *
 * Sizes come and go with the kernel's parameters only, so the directory is read each time: one
 * short listing.  A number that makes no sense ends the reading; nobody wants half a sum.
 */
#include "agent/collectors/hugepages.h"

#include <string.h>

#include "agent/collectors/hostfile.h"

#define NAME_START "hugepages-"
#define NAME_END "kB"

static const struct {
    const char *file;
    gsize offset;
    gboolean of_nodes;
} numbers[] = {
    {"nr_hugepages", G_STRUCT_OFFSET(MomHugepages, total_kib), TRUE},
    {"free_hugepages", G_STRUCT_OFFSET(MomHugepages, free_kib), TRUE},
    {"resv_hugepages", G_STRUCT_OFFSET(MomHugepages, reserved_kib), FALSE},
    {"surplus_hugepages", G_STRUCT_OFFSET(MomHugepages, surplus_kib), TRUE},
};

/* FALSE: NAME is no pool's. */
static gboolean
parse_size(const char *name, gint64 *kib)
{
    g_autofree char *digits = NULL;
    gsize length = strlen(name);

    if (!g_str_has_prefix(name, NAME_START) || !g_str_has_suffix(name, NAME_END))
        return FALSE;
    digits = g_strndup(name + strlen(NAME_START), length - strlen(NAME_START) - strlen(NAME_END));
    return g_ascii_string_to_signed(digits, 10, 1, G_MAXINT64, kib, NULL);
}

static gboolean
add_number(const char *root, const char *path, gint64 page_kib, gint64 *sum_kib, GError **error)
{
    gint64 pages, kib;

    if (!mom_hostfile_read_int(root, path, &pages, error))
        return FALSE;
    if (pages < 0 || __builtin_mul_overflow(pages, page_kib, &kib) ||
        __builtin_add_overflow(*sum_kib, kib, sum_kib)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s/%s holds %" G_GINT64_FORMAT ", which is no number of pages", root, path,
                    pages);
        return FALSE;
    }
    return TRUE;
}

static gboolean
add_pool(const char *root, const char *pool, gint64 page_kib, MomHugepages *sums, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *path = g_build_filename(pool, numbers[i].file, NULL);
        g_autoptr(GError) failure = NULL;

        if (add_number(root, path, page_kib, G_STRUCT_MEMBER_P(sums, numbers[i].offset), &failure))
            continue;
        if (!numbers[i].of_nodes && g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            continue;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return TRUE;
}

gboolean
mom_hugepages_read(const char *root, const char *directory, MomHugepages *out, GError **error)
{
    g_autofree char *full = g_build_filename(root, directory, NULL);
    g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
    MomHugepages sums = {0};
    const char *name;
    guint n = 0;

    while (dir && (name = g_dir_read_name(dir)) && n < MOM_HUGEPAGES_SIZES_MAX) {
        g_autofree char *pool = g_build_filename(directory, name, NULL);
        gint64 page_kib;

        if (!parse_size(name, &page_kib))
            continue;
        if (!add_pool(root, pool, page_kib, &sums, error))
            return FALSE;
        n++;
    }
    *out = sums;
    return TRUE;
}
