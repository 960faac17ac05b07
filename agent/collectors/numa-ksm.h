/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How KSM's pages are spread over the host's NUMA nodes, by samples of the kernel's page tables.
 *
 * The kernel counts merged pages for the whole host only.  Which pages those are, and how often
 * each is mapped, /proc/kpageflags and /proc/kpagecount tell root (Documentation/admin-guide/mm/
 * pagemap.rst); some thousand pages at each look, a node's all in turn, tell the shares.  Reading
 * all pages of a big host would take seconds, and is never done.
 */
#pragma once

#include <glib.h>

typedef struct MomNumaKsm MomNumaKsm;

typedef struct {
    gint64 held_kib;  /* merged pages that lie in this node (pages_shared) */
    gint64 saved_kib; /* what they save: the further places that map them (pages_sharing) */
} MomNodeKsm;

/* The pages of which one look reads the flags, on all nodes together, and at least one chunk a
 * node. */
#define MOM_NUMA_KSM_CHUNK_PAGES 512
#define MOM_NUMA_KSM_CHUNKS 32

MomNumaKsm *mom_numa_ksm_new(void);
void mom_numa_ksm_free(MomNumaKsm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomNumaKsm, mom_numa_ksm_free)

/* One look at the N nodes NUMBERS (ascending) of the host below ROOT; OUT gets one entry for each.
 * The sums over nodes are the kernel's own but for rounding; the shares are what was seen in the
 * last 20 to 100 looks, older ones counting less and less. FALSE, OUT untouched: nothing is known,
 * because no merged page was met so far, or with ERROR (of G_FILE_ERROR): this kernel or these
 * rights do not show pages, or what they show cannot be. */
gboolean mom_numa_ksm_look(MomNumaKsm *self,
                           const char *root,
                           const guint *numbers,
                           gsize n,
                           MomNodeKsm *out,
                           GError **error);
