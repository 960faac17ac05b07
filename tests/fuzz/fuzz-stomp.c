/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libFuzzer against the STOMP parser: whole and byte by byte it must tell the same, and never read
 * beyond.
 *
 * Every crash found becomes a file in corpus-stomp/.
 */
#include <stdint.h>
#include <stdlib.h>

#include "vdsm-client/stomp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    guint heads, ends;
    gsize body;
    gboolean good;
} Told;

static Told
run(const char *bytes, gsize len, gsize step)
{
    Told told = {.good = TRUE};
    g_autoptr(MomStompParser) parser = mom_stomp_parser_new();
    for (gsize at = 0; at < len && told.good; at += step) {
        MomStompBytes input = {bytes + at, MIN(step, len - at)}, piece;
        MomStompEvent event = MOM_STOMP_HEAD;
        while (told.good && event != MOM_STOMP_MORE) {
            told.good = mom_stomp_parser_next(parser, &input, &event, &piece, NULL);
            told.heads += told.good && event == MOM_STOMP_HEAD;
            told.ends += told.good && event == MOM_STOMP_END;
            told.body += told.good && event == MOM_STOMP_BODY ? piece.len : 0;
        }
    }
    return told;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Told whole = run((const char *)data, size, size);
    Told bytes = run((const char *)data, size, 1);
    if (whole.good != bytes.good || whole.heads != bytes.heads || whole.ends != bytes.ends ||
        whole.body != bytes.body)
        abort();
    return 0;
}
