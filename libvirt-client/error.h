/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Errors of libvirt and of the client around it, as GError.
 *
 * libvirt's own code is kept, so that a caller can ask what happened: a guest that stopped between
 * two calls is normal life and no failure.  Ask by the predicates, not by codes.  libvirt keeps its
 * last error per thread: it must be taken right after the call that failed, in the same thread.
 */
#pragma once

#include <glib.h>

/* Codes are libvirt's virErrorNumber below MOM_VIRT_ERROR_OWN and ours above. */
#define MOM_VIRT_ERROR (mom_virt_error_quark())
GQuark mom_virt_error_quark(void);

typedef enum {
    MOM_VIRT_ERROR_OWN = 100000,
    MOM_VIRT_ERROR_TIMEOUT,      /* no answer before the deadline; whether it was done is unknown */
    MOM_VIRT_ERROR_BUSY,         /* not asked: an earlier call has not come back yet */
    MOM_VIRT_ERROR_DISCONNECTED, /* not asked: there is no connection at present */
    MOM_VIRT_ERROR_CLOSED,       /* the client was freed before the answer came */
    MOM_VIRT_ERROR_DATA,         /* libvirt's answer makes no sense, or the request does not */
    MOM_VIRT_ERROR_LEFT_ALONE,   /* not asked: the guest hangs, or migrates, or the like */
} MomVirtErrorCode;

/* Sets ERROR from this thread's last libvirt error: "WHAT SUBJECT: libvirt's words".  SUBJECT, a
 * guest, an URI or a disk, may be NULL.  Always FALSE, to be returned. */
gboolean mom_virt_fail(GError **error, const char *what, const char *subject);

/* The guest does not exist (any more). */
gboolean mom_virt_err_gone(const GError *error);
/* This hypervisor, or this guest as it is configured, cannot do that. */
gboolean mom_virt_err_unsupported(const GError *error);
/* The connection may only read, or the user may not do that. */
gboolean mom_virt_err_denied(const GError *error);
/* It is the connection, not the request: nothing can be concluded, a later call may succeed. */
gboolean mom_virt_err_connection(const GError *error);
