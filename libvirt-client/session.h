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
    const char *user;   /* for SASL; NULL: libvirt's own auth.conf, else refused when asked */
    const char *password_file; /* its first line, read at each opening; NULL: none */
} MomVirtAddress;

typedef struct MomVirtSession MomVirtSession;

/* References SINK. */
MomVirtSession *mom_virt_session_new(const MomVirtAddress *address, MomVirtSink *sink);
/* Closes and frees; a GDestroyNotify. */
void mom_virt_session_free(gpointer session);

/* Closes the connection if there is one and opens it anew. The error names the URI. */
gboolean mom_virt_session_open(MomVirtSession *self, GError **error);

/* The open connection, borrowed, or NULL with ERROR (MOM_VIRT_ERROR_DISCONNECTED). */
virConnectPtr mom_virt_session_connection(MomVirtSession *self, GError **error);
/* FALSE if the connection is known to have ended: it must be opened anew. */
gboolean mom_virt_session_is_alive(const MomVirtSession *self);
