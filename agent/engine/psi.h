/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's word that the host is short of memory: a PSI trigger on /proc/pressure/memory.
 *
 * The kernel wakes us when tasks stalled for memory for more than a part of a window; between two
 * such events nothing runs.  Kernels without PSI, or with it switched off, are no fault.  Source:
 * the kernel's Documentation/accounting/psi.rst.
 */
#pragma once

#include <glib.h>

/* Stalls of so much in a window call. */
#define MOM_PSI_STALL_US 150000

typedef struct MomPsi MomPsi;

typedef void (*MomPsiFunc)(gpointer data);

/* Calls PRESSED from the default main context, at most once a window, while memory is short.  Below
 * ROOT, which must hold the kernel's own proc: a stand-in's file is no trigger.  NULL with an error
 * of G_FILE_ERROR if there is none to be had. */
MomPsi *mom_psi_new(const char *root, MomPsiFunc pressed, gpointer data, GError **error);
void mom_psi_free(MomPsi *psi);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomPsi, mom_psi_free)
