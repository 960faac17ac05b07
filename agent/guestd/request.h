/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Requests: from the bytes of a connection to the words that are known.
 *
 * Pure and of a fixed size.  A peer that sends what is no request, or a line that does not end,
 * is to be hung up on, as the reference does: there is no answer that means "what?".
 */
#pragma once

#include <stddef.h>

#include "agent/guestd/protocol.h"

typedef enum {
    MOM_REQUEST_NONE, /* the line has not ended yet */
    MOM_REQUEST_STATS,
    MOM_REQUEST_PROPS,
    MOM_REQUEST_WATCH,
    MOM_REQUEST_WRONG,
} MomRequest;

/* What came and was not taken. Zeroed at first. */
typedef struct {
    char bytes[MOM_GUESTD_MAX_REQUEST + 1]; /* a line and its newline */
    size_t length;
} MomRequestBuffer;

/* Where what comes next is to be read to, and how much of it there is room for. */
char *mom_request_room(MomRequestBuffer *buffer, size_t *room);
/* So much was read there. */
void mom_request_received(MomRequestBuffer *buffer, size_t length);
/* Takes the next line. */
MomRequest mom_request_next(MomRequestBuffer *buffer);
