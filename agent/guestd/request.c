/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See request.h.
 */
#include "agent/guestd/request.h"

#include <string.h>

static const struct {
    const char *word;
    MomRequest request;
} words[] = {
    {MOM_GUESTD_STATS, MOM_REQUEST_STATS},
    {MOM_GUESTD_PROPS, MOM_REQUEST_PROPS},
    {MOM_GUESTD_WATCH, MOM_REQUEST_WATCH},
};

char *
mom_request_room(MomRequestBuffer *buffer, size_t *room)
{
    *room = sizeof buffer->bytes - buffer->length;
    return buffer->bytes + buffer->length;
}

void
mom_request_received(MomRequestBuffer *buffer, size_t length)
{
    buffer->length += length;
}

static MomRequest
find(const char *line, size_t length)
{
    if (length > 0 && line[length - 1] == '\r')
        length--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == length && memcmp(words[i].word, line, length) == 0)
            return words[i].request;
    return MOM_REQUEST_WRONG;
}

MomRequest
mom_request_next(MomRequestBuffer *buffer)
{
    const char *newline = memchr(buffer->bytes, '\n', buffer->length);
    MomRequest request;
    size_t taken;

    if (!newline)
        return buffer->length < sizeof buffer->bytes ? MOM_REQUEST_NONE : MOM_REQUEST_WRONG;
    request = find(buffer->bytes, (size_t)(newline - buffer->bytes));
    taken = (size_t)(newline - buffer->bytes) + 1;
    buffer->length -= taken;
    memmove(buffer->bytes, buffer->bytes + taken, buffer->length);
    return request;
}
