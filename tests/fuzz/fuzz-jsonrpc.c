/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libFuzzer against messages: JSON-RPC's table of calls and the parsers of vdsm's answers.
 *
 * The first byte says where the message is cut in two. Every crash found becomes a file in
 * corpus-jsonrpc/.
 */
#include <json.h>
#include <stdint.h>

#include "vdsm-client/answers.h"
#include "vdsm-client/jsonrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_event(const char *method, struct json_object *params, gpointer data)
{
    MomVdsmEvent event;
    char *memory = NULL;
    mom_vdsm_parse_event(method, params, &event, &memory);
    g_clear_pointer(&memory, g_free);
    GPtrArray *parsed[] = {mom_vdsm_parse_stats(params, NULL),
                           mom_vdsm_parse_io_tunes(params, NULL)};
    for (gsize i = 0; i < G_N_ELEMENTS(parsed); i++)
        if (parsed[i])
            g_ptr_array_unref(parsed[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const char *bytes = (const char *)data + 1;
    gsize len = size - 1, cut = MIN(data[0], len);
    g_autoptr(MomJsonrpc) rpc = mom_jsonrpc_new(1, 1);
    mom_jsonrpc_watch_events(rpc, on_event, NULL);
    if (mom_jsonrpc_body(rpc, bytes, cut, NULL) &&
        mom_jsonrpc_body(rpc, bytes + cut, len - cut, NULL))
        mom_jsonrpc_body_end(rpc, NULL);
    return 0;
}
