/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The knobs of the kernel's same-page merging: their names, and their values as policies see them.
 *
 * One key is a control and a field ("ksm_run"), a file of /sys/kernel/mm/ksm and a key of vdsm's
 * verb ("run").  Inside, every value is a number; what the kernel spells as a word has its place in
 * a list of words.  Which values may be set is the rails' to say, which keys can be is the
 * actuator's.
 */
#pragma once

#include "policy/entity.h"

/* The first four are those that vdsm's Host.setKsmTune takes. */
typedef enum {
    MOM_KSM_RUN,
    MOM_KSM_PAGES_TO_SCAN,
    MOM_KSM_SLEEP_MILLISECS,
    MOM_KSM_MERGE_ACROSS_NODES,
    MOM_KSM_MAX_PAGE_SHARING,
    MOM_KSM_USE_ZERO_PAGES,
    MOM_KSM_SMART_SCAN,
    MOM_KSM_ADVISOR_MODE,
    MOM_KSM_ADVISOR_MAX_CPU,
    MOM_KSM_ADVISOR_TARGET_SCAN_TIME,
    MOM_KSM_ADVISOR_MIN_PAGES_TO_SCAN,
    MOM_KSM_ADVISOR_MAX_PAGES_TO_SCAN,
} MomKsmKey;

#define MOM_N_KSM_KEYS 12

/* The bit of KEY in a set of keys. */
#define MOM_KSM_BIT(key) (1u << (key))
#define MOM_KSM_ALL_KEYS (MOM_KSM_BIT(MOM_N_KSM_KEYS) - 1)

/* Values of MOM_KSM_RUN and MOM_KSM_ADVISOR_MODE that others must know. */
#define MOM_KSM_RUN_UNMERGE 2
#define MOM_KSM_ADVISOR_NONE 0

/* The controls and fields by key, and NULL at the end. */
extern const char *const mom_ksm_controls[MOM_N_KSM_KEYS + 1];

/* KEY as the kernel's file and vdsm's verb call it.  Static. */
const char *mom_ksm_key_name(MomKsmKey key);

/* The words of KEY in the order of its numbers, ended by NULL; or NULL if it is a number. Static.
 */
const char *const *mom_ksm_words(MomKsmKey key);

/* NUMBER as policies see it: KEY's word for it, else an integer.  Borrows nothing. */
MomValue mom_ksm_value(MomKsmKey key, gint64 number);

/* The reverse, of what a policy wishes or a host shows.  FALSE, *NUMBER untouched: V is none of
 * KEY's words, or no number. */
gboolean mom_ksm_number(MomKsmKey key, MomValue v, gint64 *number);
