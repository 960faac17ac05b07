/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See pulse.h.  Times only; no clock is asked here.
 */
#include "agent/engine/pulse.h"

void
mom_pulse_due(MomPulse *pulse, gint64 due_us)
{
    pulse->due_us = due_us;
}

void
mom_pulse_asked(MomPulse *pulse, gint64 now_us)
{
    pulse->asked_us = now_us;
}

void
mom_pulse_answered(MomPulse *pulse, const GError *error)
{
    pulse->asked_us = 0;
    pulse->answers++;
    g_free(pulse->why);
    pulse->why = error ? g_strdup(error->message) : NULL;
}

const char *
mom_pulse_trouble(const MomPulse *pulse, gint64 now_us, gint64 patience_us)
{
    if (pulse->due_us == 0)
        return "no cycle is due";
    if (now_us - pulse->due_us > MOM_PULSE_LATE_US)
        return "a cycle that was due did not begin";
    if (pulse->asked_us != 0 && now_us - pulse->asked_us > patience_us)
        return "a question to the hypervisor was neither answered nor given up";
    return NULL;
}

void
mom_pulse_clear(MomPulse *pulse)
{
    g_free(pulse->why);
    *pulse = (MomPulse){0};
}
