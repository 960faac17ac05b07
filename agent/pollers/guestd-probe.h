/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The probe that asks mom-guestd, ours or the reference's, over TCP or vsock.
 *
 * One connection a guest, kept open, as the reference does.  Where our mom-guestd answers, the
 * connection also listens: the guest says by itself when it is short of memory, and what it says
 * then is an answer like any other.
 */
#pragma once

#include "agent/clock.h"
#include "agent/config/trust.h"
#include "agent/pollers/probe.h"

/* A guest's own word of distress counts at most so often... */
#define MOM_GUESTD_DISTRESS_SPACING_US G_USEC_PER_SEC
/* ...and one that says so many lines oftener, or others that nobody waits for, is not listened to
 * any more. */
#define MOM_GUESTD_MAX_EXCESS 20

/* Strings are copied; the rest is borrowed and must outlive the probe. */
typedef struct {
    const char *helper; /* program that maps names to addresses; NULL: there is none */
    guint16 port;
    gboolean vsock; /* guests whose context id is known are reached by it */
    const MomTrust *trust;
    MomClock *clock;
} MomGuestdProbeOptions;

MomProbe *mom_guestd_probe_new(const MomGuestdProbeOptions *options);
