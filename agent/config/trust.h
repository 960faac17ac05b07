/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether what a path leads to can be changed only by those whom momd obeys anyway.
 *
 * Looks at owner and mode of every component from / on, and of what symbolic links lead to; reads
 * no file.  So what was found good stays so until it is opened: nobody who is not trusted can put
 * another file in its place.  An ACL that lets others write shows in the mode's group bits.  It
 * must never let a path through because it could not be understood.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#define MOM_TRUST_ERROR (mom_trust_error_quark())
GQuark mom_trust_error_quark(void);

typedef enum {
    MOM_TRUST_ERROR_WRITABLE, /* others could change it */
    MOM_TRUST_ERROR_KIND,     /* no regular file, or no directory */
} MomTrustErrorCode;

/* Root and momd's own effective user are trusted always. */
typedef struct {
    gboolean off;         /* the administrator's word: owners and modes do not count */
    gint64 also_uid;      /* one more owner to trust; -1: none */
    gboolean option_only; /* for the message: the configuration cannot allow it */
} MomTrust;

typedef enum {
    MOM_TRUST_FILE,      /* a regular file, or the null device */
    MOM_TRUST_DIRECTORY, /* what is in it counts */
    MOM_TRUST_PLACE,     /* a directory to put files in: a sticky one, as /tmp, will do */
} MomTrustKind;

/* FALSE if others than the trusted could change what PATH leads to; the message names what is
 * wrong, its owner and mode, and what to do.  TRUE also for a path that is not there, or cannot be
 * looked at: whoever opens it will say so.  A relative PATH counts from the present directory.
 * TRUST NULL: nothing is looked at. */
gboolean
mom_trust_check(const MomTrust *trust, const char *path, MomTrustKind kind, GError **error);

/* The uid of user vdsm, or -1. */
gint64 mom_trust_vdsm_uid(void);

/* What is wrong with PATH as a secret, if every user of the host may read it, else NULL; the caller
 * frees. */
char *mom_trust_secret_fault(const char *path);
