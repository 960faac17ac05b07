/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's pools of huge pages, of the host or of one node, from a directory of sysfs.
 *
 * Pools of all page sizes are one sum: what is in any of them is no memory for anything else.
 */
#pragma once

#include <glib.h>

/* More sizes than any processor has. */
#define MOM_HUGEPAGES_SIZES_MAX 64

typedef struct {
    gint64 total_kib; /* set aside, used or not */
    gint64 free_kib;
    gint64 reserved_kib; /* of the free: promised to somebody; 0 of a node, which does not tell */
    gint64 surplus_kib;  /* of the total: beyond the pools' sizes, and given back when freed */
} MomHugepages;

/* The pools in ROOT/DIRECTORY ("sys/kernel/mm/hugepages"). A kernel without huge pages has none,
 * and all is 0. FALSE, and *OUT untouched: G_FILE_ERROR, a pool that cannot be understood. */
gboolean
mom_hugepages_read(const char *root, const char *directory, MomHugepages *out, GError **error);
