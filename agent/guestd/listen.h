/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sockets that listen: TCP of either family, and vsock.
 *
 * Opened once, before anything is served.
 */
#pragma once

#include "agent/guestd/settings.h"

#define MOM_LISTEN_MAX 2

typedef struct {
    int socket[MOM_LISTEN_MAX];
    unsigned n;
} MomListeners;

/* False and WHY if what SETTINGS ask for cannot be had. A guest without vsock is no fault unless it
 * was asked for, or if there is nothing else. */
bool
mom_listen(MomListeners *listeners, const MomSettings *settings, char why[MOM_SETTINGS_MESSAGE]);
void mom_listen_close(MomListeners *listeners);
