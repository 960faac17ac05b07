/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What mom-guestd, ours or the reference's, answers: from a line to numbers.
 *
 * The guest may have written anything: a number that cannot be is nil, and costs no other.  Pure.
 */
#pragma once

#include "agent/pollers/answers.h"

/* Places in MomAnswer.number. Kibibytes, and counts since the guest's boot, unless said. */
typedef enum {
    MOM_GUESTD_AVAILABLE, /* what the guest's kernel manages */
    MOM_GUESTD_UNUSED,    /* free, buffers and page cache */
    MOM_GUESTD_SWAP_IN,   /* pages since it was last asked */
    MOM_GUESTD_SWAP_OUT,
    MOM_GUESTD_MAJOR_FAULT,
    MOM_GUESTD_MINOR_FAULT,
    /* Of our mom-guestd only. */
    MOM_GUESTD_VERSION,
    MOM_GUESTD_USABLE,
    MOM_GUESTD_SWAP_TOTAL,
    MOM_GUESTD_SWAP_USAGE,
    MOM_GUESTD_SOME_AVG10, /* percent, floats; nil without PSI, as the following */
    MOM_GUESTD_FULL_AVG10,
    MOM_GUESTD_SOME_TOTAL_US,
    MOM_GUESTD_FULL_TOTAL_US,
    MOM_GUESTD_N,
} MomGuestdNumber;

/* LINE without its newline.  FALSE, *OUT untouched, if no known key has a number. */
gboolean mom_guestd_answer_parse(const char *line, MomAnswer *out);
