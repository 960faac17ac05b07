/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What all controllers do with a control: read it as an integer, or say why it is passed over.
 *
 * Only for the controllers of this folder.  A wish that cannot be read costs itself; reading it
 * never fails louder than by a complaint.
 */
#pragma once

#include "controllers/controller.h"

typedef enum {
    MOM_WISH_NONE, /* no such control, or nil */
    MOM_WISH_BAD,  /* no integer in it; complained */
    MOM_WISH_SET,
} MomWish;

/* The control NAME of ENTITY, truncated; *OUT is untouched unless the answer is MOM_WISH_SET. */
MomWish mom_wish_read(const MomControllerContext *context,
                      MomEntity *entity,
                      const char *name,
                      gint64 *out);

/* The control of KEY of HOST, as mom_wish_read; a key of words is read as the number of its word.
 */
MomWish
mom_wish_read_ksm(const MomControllerContext *context, MomEntity *host, MomKsmKey key, gint64 *out);

/* The control NAME of ENTITY as the policy set it, or nil. */
MomValue mom_wish_raw(const MomEntity *entity, const char *name);

/* TRUE if GUEST has the properties without which no call can be made (uuid, name); else complained
 * about CONTROL. */
gboolean
mom_wish_has_address(const MomControllerContext *context, MomEntity *guest, const char *control);

void mom_wish_complain(const MomControllerContext *context,
                       MomEntity *entity,
                       const char *control,
                       const char *why);
