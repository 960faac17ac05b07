/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Letting go at the end: what momd changed goes back to what it found.
 *
 * Guests and host are looked at once more, then everything is asked for at once, through guard and
 * actuator as ever: rails, dry run and decisions hold here too.  It takes no memory from a guest,
 * gives no more than the host has, and ends after a deadline whoever has not answered.
 */
#pragma once

#include "agent/engine/engine.h"

typedef enum {
    MOM_ON_STOP_LEAVE,   /* nothing is touched */
    MOM_ON_STOP_RELEASE, /* what was changed goes back to what was found */
    MOM_ON_STOP_MAXIMUM, /* the same, but balloons of all guests go to their maximum */
} MomOnStop;

/* From its beginning to its end, whatever happens. */
#define MOM_RELEASE_DEADLINE_US (5 * G_USEC_PER_SEC)

typedef void (*MomReleased)(gpointer data);

/* Ends the cycling of the running ENGINE and releases as HOW says (not MOM_ON_STOP_LEAVE); DONE is
 * called once, when all is answered or the deadline has come.  Once only.  What went back counts as
 * found no more. */
void mom_engine_release(MomEngine *engine, MomOnStop how, MomReleased done, gpointer data);

/* FALSE, and *HOW untouched: TEXT is none of leave, release, maximum. */
gboolean mom_on_stop_parse(const char *text, MomOnStop *how);
