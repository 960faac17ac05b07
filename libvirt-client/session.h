/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One libvirt connection as its worker's thread sees it: opening with credentials, keepalive,
 * events, closing.
 *
 * Everything here blocks and belongs to the worker's thread alone; the main loop only carries the
 * pointer.  Opening again closes what was there before, so that "open" and "reopen" are one thing.
 */
#pragma once

#include "libvirt-client/error.h"
#include "libvirt-client/event.h"

/* Strings are copied by whoever takes the options. All zero but `uri` is a good choice. */
typedef struct {
    const char *uri;    /* NULL: "qemu:///system" */
    gboolean read_only; /* observe only; the socket may then ask for no password */
    const char *user;   /* for SASL, where libvirt's own auth.conf names none; NULL: refused */
    const char *password_file; /* its first line, read at each opening; NULL: none */
    /* FALSE: the password file must not be used. On the main side, before each opening. NULL: it
     * may. */
    gboolean (*vet)(const char *file, gpointer data, GError **error);
    gpointer vet_data;
} MomVirtAddress;

/* What goes into one opening, and what comes out of it. */
typedef struct {
    char *password_fault; /* why the password file must not be used; NULL: it may */
    char *read_only;      /* set: why the connection may only read; NULL: it may all */
} MomVirtOpening;

void mom_virt_opening_clear(MomVirtOpening *opening);

typedef struct MomVirtSession MomVirtSession;

/* References SINK.  A daemon that is silent for KEEPALIVE_S seconds is asked KEEPALIVE_COUNT times
 * whether it lives, then it is given up. */
MomVirtSession *mom_virt_session_new(const MomVirtAddress *address,
                                     int keepalive_s,
                                     guint keepalive_count,
                                     MomVirtSink *sink);
/* Closes and frees; a GDestroyNotify. */
void mom_virt_session_free(gpointer session);

/* Closes the connection if there is one and opens it anew, for reading and writing, or where that
 * is denied for reading alone.  The error names the URI. */
gboolean mom_virt_session_open(MomVirtSession *self, MomVirtOpening *opening, GError **error);

/* The open connection, borrowed, or NULL with ERROR (MOM_VIRT_ERROR_DISCONNECTED). */
virConnectPtr mom_virt_session_connection(MomVirtSession *self, GError **error);
/* FALSE if the connection is known to have ended: it must be opened anew. */
gboolean mom_virt_session_is_alive(const MomVirtSession *self);
