/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was last sent to one knob, and whether a wish needs to be sent at all.
 *
 * "Nothing changed, nothing sent": a wish that is set already, or sent and on its way, is held.  A
 * pure record: it knows neither knobs nor calls, and time only as a number that the caller brings.
 */
#pragma once

#include "controllers/setting.h"

/* How long a setting that was accepted may take to show before it is sent again; doubled at each
 * repetition up to the longest, so that a guest that cannot follow costs less and less. */
#define MOM_SENT_REPEAT_AFTER_US (60 * G_USEC_PER_SEC)
#define MOM_SENT_REPEAT_AFTER_MAX_US (3600 * (gint64)G_USEC_PER_SEC)

/* Why a wish is held that the host or guest shows already. */
#define MOM_SENT_IS_SET "it is set already"

typedef enum {
    MOM_SENT_NOTHING, /* or a call that failed: what is set is only known from what is seen */
    MOM_SENT_WAITING, /* a call is under way */
    MOM_SENT_ACCEPTED,
} MomSentPhase;

/* All zero is a knob to which nothing was sent. */
typedef struct {
    MomSentPhase phase;
    gboolean reached; /* the accepted value was seen */
    guint repeats;
    guint call; /* the number of the call under way or last accepted */
    gint64 time_us;
    MomSetting value;
} MomSent;

/* How long to wait before a setting is sent again that was repeated so often. */
gint64 mom_sent_repeat_after_us(guint repeats);

/* PRESENT is what the host or guest shows now: whether the accepted value is reached need not wait
 * for the next wish. */
void mom_sent_look(MomSent *sent, MomSettingSame same, const MomSetting *present);

/* NULL if WISH is to be sent, else why not (static).  PRESENT is what the host or guest shows now,
 * NULL if that is not known. */
const char *mom_sent_hold(MomSent *sent,
                          MomSettingSame same,
                          const MomSetting *wish,
                          const MomSetting *present,
                          gint64 now_us);

/* VALUE leaves with call number CALL. */
void mom_sent_begin(
    MomSent *sent, MomSettingSame same, const MomSetting *value, guint call, gint64 now_us);

/* What was accepted counts for nothing any more; a call under way still does. */
void mom_sent_forget(MomSent *sent);

/* Call number CALL came back; nothing happens if another one has left since. */
void mom_sent_end(MomSent *sent, guint call, gboolean accepted);
