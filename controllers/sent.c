/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The small machine behind "nothing changed, nothing sent".
 *
 * Two things make it more than a comparison: a guest takes time to reach its target, and the
 * present value may equal a new wish only because the guest has not yet left it for an older one.
 */
#include "controllers/sent.h"

gint64
mom_sent_repeat_after_us(guint repeats)
{
    gint64 after = MOM_SENT_REPEAT_AFTER_US;

    for (guint i = 0; i < repeats && after < MOM_SENT_REPEAT_AFTER_MAX_US; i++)
        after *= 2;
    return MIN(after, MOM_SENT_REPEAT_AFTER_MAX_US);
}

static const char *
hold_accepted(MomSent *sent, gboolean wish_is_sent, gboolean wish_is_present, gint64 now_us)
{
    /* Not reached, another wish: the present value is on its way elsewhere, so equality means
     * nothing. */
    if (!wish_is_sent && !sent->reached)
        return NULL;
    if (wish_is_present)
        return MOM_SENT_IS_SET;
    /* Reached and left again: somebody else turned the knob. */
    if (!wish_is_sent || sent->reached)
        return NULL;
    if (now_us - sent->time_us < mom_sent_repeat_after_us(sent->repeats))
        return "it was sent and is not reached yet";
    return NULL;
}

void
mom_sent_look(MomSent *sent, MomSettingSame same, const MomSetting *present)
{
    if (sent->phase == MOM_SENT_ACCEPTED && same(&sent->value, present))
        sent->reached = TRUE;
}

const char *
mom_sent_hold(MomSent *sent,
              MomSettingSame same,
              const MomSetting *wish,
              const MomSetting *present,
              gint64 now_us)
{
    gboolean wish_is_present = present && same(wish, present);

    if (sent->phase == MOM_SENT_WAITING && now_us - sent->time_us >= MOM_SENT_REPEAT_AFTER_US)
        sent->phase = MOM_SENT_NOTHING;
    if (sent->phase == MOM_SENT_WAITING)
        return "an earlier call is not answered yet";
    if (sent->phase == MOM_SENT_NOTHING)
        return wish_is_present ? MOM_SENT_IS_SET : NULL;
    if (present)
        mom_sent_look(sent, same, present);
    return hold_accepted(sent, same(wish, &sent->value), wish_is_present, now_us);
}

void
mom_sent_begin(
    MomSent *sent, MomSettingSame same, const MomSetting *value, guint call, gint64 now_us)
{
    gboolean again =
        sent->phase == MOM_SENT_ACCEPTED && !sent->reached && same(value, &sent->value);

    *sent = (MomSent){
        .phase = MOM_SENT_WAITING,
        .repeats = again ? sent->repeats + 1 : 0,
        .call = call,
        .time_us = now_us,
        .value = *value,
    };
}

void
mom_sent_forget(MomSent *sent)
{
    if (sent->phase != MOM_SENT_ACCEPTED)
        return;
    sent->phase = MOM_SENT_NOTHING;
    sent->reached = FALSE;
    sent->repeats = 0;
}

void
mom_sent_end(MomSent *sent, guint call, gboolean accepted)
{
    if (sent->call != call || sent->phase != MOM_SENT_WAITING)
        return;
    sent->phase = accepted ? MOM_SENT_ACCEPTED : MOM_SENT_NOTHING;
}
