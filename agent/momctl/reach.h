/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the running momd is that a command asks, and asking it.
 *
 * Every command that needs a momd has the same two options.
 */
#pragma once

#include "agent/momctl/client.h"
#include "agent/momctl/command.h"

/* Where momd serves by the packaged configurations: on an oVirt host, and on a plain one. */
#define MOM_CTL_VDSM_SOCKET "/run/vdsm/mom-vdsm.sock"
#define MOM_CTL_PLAIN_SOCKET "/run/momd/mom.sock"

typedef struct {
    char *socket; /* NULL: from the configuration, else the default */
    char *config;
} MomCtlReach;

/* Rows of a command's table of options. */
#define MOM_CTL_REACH_ENTRIES(reach)                                                               \
    {"socket",                                                                                     \
     's',                                                                                          \
     0,                                                                                            \
     G_OPTION_ARG_STRING,                                                                          \
     &(reach)->socket,                                                                             \
     "momd's socket, or its port on 127.0.0.1 (default: " MOM_CTL_VDSM_SOCKET                      \
     ", else " MOM_CTL_PLAIN_SOCKET ")",                                                           \
     "PATH"},                                                                                      \
    {                                                                                              \
        "config", 'c', 0, G_OPTION_ARG_FILENAME, &(reach)->config,                                 \
            "Take the socket from momd's configuration", "FILE"                                    \
    }

void mom_ctl_reach_clear(MomCtlReach *reach);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MomCtlReach, mom_ctl_reach_clear)

/* The first of PATHS (some, and NULL at their end) that is a socket; if none is, the first. */
const char *mom_ctl_reach_first_socket(const char *const *paths);

/* Calls METHOD with ARGUMENT (taken over; NULL: none). FALSE: the user was told why not. *RESULT is
 * the caller's to put. */
gboolean mom_ctl_reach_call(const MomCtlReach *reach,
                            const char *method,
                            json_object *argument,
                            json_object **result);
