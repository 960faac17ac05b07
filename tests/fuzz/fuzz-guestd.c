/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzes what mom-guestd reads: requests in any pieces, the kernel's texts, its settings.
 *
 * The first byte says what the rest is, and of requests how it is cut.  Run by tests/fuzz/run.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/guestd/facts.h"
#include "agent/guestd/peers.h"
#include "agent/guestd/reply.h"
#include "agent/guestd/request.h"
#include "agent/guestd/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
take_requests(const uint8_t *data, size_t size, size_t piece)
{
    MomRequestBuffer buffer = {.length = 0};
    MomRequest request = MOM_REQUEST_NONE;

    while (size > 0 && request != MOM_REQUEST_WRONG) {
        size_t room, n;
        char *to = mom_request_room(&buffer, &room);

        if (room == 0)
            abort(); /* a full line is wrong or taken */
        n = size < piece ? size : piece;
        n = n < room ? n : room;
        memcpy(to, data, n);
        mom_request_received(&buffer, n);
        data += n;
        size -= n;
        do
            request = mom_request_next(&buffer);
        while (request != MOM_REQUEST_NONE && request != MOM_REQUEST_WRONG);
    }
}

/* Whatever the kernel says, an answer has its end and fits. */
static void
take_facts(const char *text)
{
    MomNumbers numbers = {0};
    MomTold told = {0};
    MomReply reply;

    mom_facts_parse_meminfo(text, &numbers);
    mom_facts_parse_vmstat(text, &numbers);
    mom_facts_parse_pressure(text, &numbers);
    mom_reply_stats(&reply, MOM_GUESTD_DISTRESS, &numbers, &told);
    if (reply.length > MOM_GUESTD_MAX_REPLY || reply.text[reply.length - 1] != '\n')
        abort();
}

static void
take_settings(const char *text)
{
    static const char *const keys[] = {"host", "port", "vsock-port", "allowed-peers", "min_free"};
    char why[MOM_SETTINGS_MESSAGE];
    MomSettings settings;

    mom_settings_init(&settings);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        mom_settings_set(&settings, keys[i], text, why);
    mom_settings_set(&settings, text, text, why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;

    if (size == 0)
        return 0;
    text = strndup((const char *)data + 1, size - 1);
    if (data[0] & 0x80)
        take_facts(text);
    else if (data[0] & 0x40)
        take_settings(text);
    else
        take_requests(data + 1, size - 1, (data[0] & 0x3f) + 1u);
    free(text);
    return 0;
}
