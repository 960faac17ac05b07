/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzes agent/rpc/jsonrpc: any bytes are calls or an error; what is answered is JSON, and steps
 * come to an end.
 *
 * Run by tests/fuzz/run.
 */
#include <stdint.h>
#include <stdlib.h>

#include "agent/rpc/json-check.h"
#include "agent/rpc/json-format.h"
#include "agent/rpc/jsonrpc.h"
#include "tests/agent/rpc/canned-service.h"

/* A call each, and three pieces of a state at most. */
#define STEPS (4 * MOM_RPC_JSON_BATCH + 1)
/* An answer holds statistics, which nest deeper than a request may. */
#define ANSWER_DEPTH 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What passes the check json-c reads, and what is written of it passes again. */
static void
check_reading(const char *text, gsize length)
{
    json_tokener *tokener;
    json_object *value;
    GString *out;

    if (length == 0 || !mom_json_check(text, length, MOM_RPC_JSON_DEPTH, NULL))
        return;
    tokener = json_tokener_new_ex(MOM_RPC_JSON_DEPTH + 1);
    value = json_tokener_parse_ex(tokener, text, (int)length);
    if (json_tokener_get_error(tokener) != json_tokener_success &&
        json_tokener_get_error(tokener) != json_tokener_continue)
        abort();
    if (value) {
        out = g_string_new(NULL);
        mom_json_append(out, value);
        if (!mom_json_check(out->str, out->len, MOM_RPC_JSON_DEPTH, NULL))
            abort();
        g_string_free(out, TRUE);
    }
    json_object_put(value);
    json_tokener_free(tokener);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CannedService service;
    gpointer answer;
    char *text;
    gsize length;
    guint steps = 1;

    check_reading((const char *)data, size);
    canned_service_init(&service);
    answer = mom_rpc_json.begin(&service.base, (const char *)data, size);
    while (mom_rpc_json.step(answer))
        if (++steps > STEPS)
            abort();
    text = mom_rpc_json.end(answer, &length);
    if (text && !mom_json_check(text, length, ANSWER_DEPTH, NULL))
        abort();
    g_free(text);
    canned_service_clear(&service);
    return 0;
}
