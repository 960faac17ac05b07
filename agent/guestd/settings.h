/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What mom-guestd is told: its configuration file, and the command line over it.
 *
 * The file has the form and the names of the reference's settings ([main] host, port, min_free,
 * max_free) and ours besides.  A value that is wrong is an error with its place, never a guess: who
 * may ask is among them.
 */
#pragma once

#include "agent/guestd/peers.h"
#include "agent/guestd/reply.h"

#define MOM_SETTINGS_FILE "/etc/mom-guestd.conf"
#define MOM_SETTINGS_LINE 1024
#define MOM_SETTINGS_MESSAGE 512

typedef struct {
    char host[INET6_ADDRSTRLEN]; /* to listen on; "": all addresses */
    unsigned port;               /* of TCP; 0: none */
    unsigned vsock_port;         /* 0: none */
    bool wants_vsock;            /* somebody asked for it: without it there is no start */
    bool daemon;                 /* leave the terminal */
    char min_free[MOM_REPLY_PROP + 1];
    char max_free[MOM_REPLY_PROP + 1];
    MomPeers peers;
} MomSettings;

typedef enum {
    MOM_SETTINGS_RUN,
    MOM_SETTINGS_DONE, /* help or version was printed */
    MOM_SETTINGS_WRONG,
} MomSettingsVerdict;

void mom_settings_init(MomSettings *settings);
/* One setting; WHY gets what is wrong with it, in words. */
bool mom_settings_set(MomSettings *settings,
                      const char *key,
                      const char *value,
                      char why[MOM_SETTINGS_MESSAGE]);
/* A whole file. A missing one is right unless it is REQUIRED. */
bool mom_settings_load(MomSettings *settings,
                       const char *file,
                       bool required,
                       char why[MOM_SETTINGS_MESSAGE]);
/* File and command line. What is wrong is told on stderr. */
MomSettingsVerdict mom_settings_from_arguments(MomSettings *settings, int argc, char *argv[]);
