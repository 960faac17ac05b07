/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A standing fault: told when it begins, when it changes, and when it ends, never in between.
 *
 * Whatever is tried again and again (vdsm away, a policy that fails each cycle) owns one of these,
 * so that a host that is broken for a night leaves two lines and not ten thousand.
 */
#pragma once

#include <glib.h>

typedef struct {
    const char *domain; /* the logger's name, "mom.Engine"; static */
    char *message;      /* NULL: all is well */
    gboolean is_silent; /* the one that stands was told by somebody else */
} MomFault;

#define MOM_FAULT_INIT(name) ((MomFault){.domain = (name)})

/* TRUE if two messages tell the same but for their numbers (a count, a size, a time), or are both
 * NULL.  What differs in each cycle only by a number is not told in each cycle. */
gboolean mom_fault_same_gist(const char *a, const char *b);
/* All is not well: logs MESSAGE as a warning unless the one already told has the same gist. The
 * fault's message is the newest in any case. */
void mom_fault_raise(MomFault *fault, const char *message);
/* The same without a word, as whoever owns the cause has told it and will tell its end. */
void mom_fault_raise_silently(MomFault *fault, const char *message);
/* All is well again: logs MESSAGE as info if a fault stood that was told. */
void mom_fault_end(MomFault *fault, const char *message);
gboolean mom_fault_stands(const MomFault *fault);
/* Frees, without a word. */
void mom_fault_clear(MomFault *fault);
