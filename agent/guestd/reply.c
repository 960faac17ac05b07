/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See reply.h.
 */
#include "agent/guestd/reply.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* What does not fit is cut, which no line of ours is. */
__attribute__((format(printf, 2, 3))) static void
append(MomReply *reply, const char *format, ...)
{
    size_t room = MOM_GUESTD_MAX_REPLY - reply->length;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(reply->text + reply->length, room, format, args);
    va_end(args);
    if (n > 0)
        reply->length += (size_t)n < room ? (size_t)n : room - 1;
}

static void
begin(MomReply *reply, const char *prefix)
{
    reply->length = 0;
    append(reply, "%s", prefix);
}

static void
end(MomReply *reply)
{
    reply->text[reply->length++] = '\n';
}

static void
append_number(MomReply *reply, const char *key, int64_t number)
{
    append(reply, ",%s:%" PRId64, key, number);
}

/* Counters that went back, as none should, did not grow. */
static int64_t
growth(int64_t from, int64_t to)
{
    return to > from ? to - from : 0;
}

static void
append_pressure(MomReply *reply, const MomNumbers *now)
{
    append_number(reply, MOM_GUESTD_KEY_SOME_AVG10, now->some_avg10);
    append_number(reply, MOM_GUESTD_KEY_FULL_AVG10, now->full_avg10);
    append_number(reply, MOM_GUESTD_KEY_SOME_TOTAL, now->some_total_us);
    append_number(reply, MOM_GUESTD_KEY_FULL_TOTAL, now->full_total_us);
}

void
mom_reply_stats(MomReply *reply, const char *prefix, const MomNumbers *now, MomTold *told)
{
    MomTold before = told->asked ? *told : (MomTold){true, now->pages_in, now->pages_out};

    begin(reply, prefix);
    append(reply, "%s:%" PRId64, MOM_GUESTD_KEY_AVAILABLE, now->total);
    append_number(reply, MOM_GUESTD_KEY_UNUSED, now->free + now->buffers + now->cached);
    append_number(reply, MOM_GUESTD_KEY_SWAP_IN, growth(before.pages_in, now->pages_in));
    append_number(reply, MOM_GUESTD_KEY_SWAP_OUT, growth(before.pages_out, now->pages_out));
    append_number(reply, MOM_GUESTD_KEY_MAJOR_FAULT, now->major_faults);
    append_number(reply, MOM_GUESTD_KEY_MINOR_FAULT, now->minor_faults);
    append_number(reply, MOM_GUESTD_KEY_VERSION, MOM_GUESTD_PROTOCOL_VERSION);
    if (now->usable >= 0)
        append_number(reply, MOM_GUESTD_KEY_USABLE, now->usable);
    append_number(reply, MOM_GUESTD_KEY_SWAP_TOTAL, now->swap_total);
    append_number(reply, MOM_GUESTD_KEY_SWAP_USAGE, growth(now->swap_free, now->swap_total));
    if (now->has_pressure)
        append_pressure(reply, now);
    end(reply);
    *told = (MomTold){true, now->pages_in, now->pages_out};
}

void
mom_reply_props(MomReply *reply, const char *min_free, const char *max_free)
{
    begin(reply, "");
    append(reply, "min_free:%.*s,max_free:%.*s", MOM_REPLY_PROP, min_free, MOM_REPLY_PROP,
           max_free);
    end(reply);
}

void
mom_reply_word(MomReply *reply, const char *word)
{
    begin(reply, word);
    end(reply);
}
