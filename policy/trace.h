/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A trace: what a run reads on its way, noted so that a control can tell where it came from.
 *
 * Only for runs that were asked to (MomPolicyRunOptions); others pay next to nothing for it.  It
 * notes and never changes what a run computes, takes no steps, and is bounded whatever a policy
 * does.
 */
#pragma once

#include "policy/run.h"

MomTrace *mom_trace_new(void);
void mom_trace_free(MomTrace *trace);

/* A run begins; nothing is noted yet. */
void mom_trace_begin(MomTrace *trace);
/* A top-level expression begins or, NODE, has ended. */
void mom_trace_begin_expression(MomRun *run);
void mom_trace_end_expression(MomRun *run, const MomNode *node);

/* The variable or attribute SYMBOL gave V. */
void mom_trace_symbol(MomRun *run, const MomSymbol *symbol, MomValue v);
/* The method that SYMBOL names gave V for ARGUMENT. */
void mom_trace_method(MomRun *run, const MomSymbol *symbol, MomValue argument, MomValue v);
/* The user function SYMBOL has its arguments and begins. */
void mom_trace_enter(MomRun *run, const MomSymbol *symbol);
/* It has given V. */
void mom_trace_leave(MomRun *run, const MomSymbol *symbol, MomValue v);

/* What is read between the two belongs to one element of a `with`. */
guint mom_trace_mark(const MomTrace *trace);
void mom_trace_release(MomTrace *trace, guint mark);

/* What led to where the run is now; the run's, until its store's next one.  NULL: this run has kept
 * so many bytes of reads already; a policy that sets a control a million times must not fill the
 * memory. */
#define MOM_TRACE_MAX_KEPT_BYTES (16 * 1024 * 1024)
const MomReads *mom_trace_reads(MomRun *run);
