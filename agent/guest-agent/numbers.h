/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is read in a guest through its agent: which files, and which of their numbers.
 *
 * Pure.  A file was written by the guest, who may write anything: a number that is missing, no
 * number or beyond all measure is nil.
 */
#pragma once

#include "agent/pollers/answers.h"

/* The places of the numbers in an answer of MOM_SLOW_QEMU_AGENT. */
typedef enum {
    MOM_AGENT_MEM_TOTAL_KIB,
    MOM_AGENT_MEM_FREE_KIB,
    MOM_AGENT_BUFFERS_KIB,
    MOM_AGENT_CACHED_KIB,
    MOM_AGENT_MEM_AVAILABLE_KIB,
    MOM_AGENT_SWAP_TOTAL_KIB,
    MOM_AGENT_SWAP_FREE_KIB,
    MOM_AGENT_MINOR_FAULTS, /* as all that follow a counter since the guest's start */
    MOM_AGENT_MAJOR_FAULTS,
    MOM_AGENT_SWAP_IN_PAGES,
    MOM_AGENT_SWAP_OUT_PAGES,
    MOM_AGENT_N_NUMBERS,
} MomAgentNumber;

/* What no number of a guest exceeds, so that sums of some need no thought. */
#define MOM_AGENT_GREATEST (G_MAXINT64 / 16)

typedef enum {
    MOM_AGENT_FILE_MEMINFO,
    MOM_AGENT_FILE_VMSTAT,
    MOM_AGENT_N_FILES,
} MomAgentFile;

/* Where FILE lies in the guest. */
const char *mom_agent_file_path(MomAgentFile file);
/* Sets the numbers of FILE in ANSWER from its TEXT. */
void mom_agent_file_read(MomAgentFile file, const char *text, MomAnswer *answer);
