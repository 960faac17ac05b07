/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzes agent/rpc/xmlrpc: any bytes are a call, a response or an error; what was read can be
 * written, and what is written reads back as the same.
 *
 * Run by tests/fuzz/run.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/rpc/xmlrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_round_trip(json_object *value)
{
    gsize length;
    gsize again_length;
    g_autofree char *text = mom_xmlrpc_format_response(value, &length);
    g_autofree char *again = NULL;
    g_autoptr(GError) error = NULL;
    json_object *back = NULL;

    if (!mom_xmlrpc_parse_response(text, length, &back, &error)) {
        /* A call's parameters lie one level deeper in a response. */
        if (!g_error_matches(error, MOM_XMLRPC_ERROR, MOM_XMLRPC_ERROR_LIMIT))
            abort();
        return;
    }
    again = mom_xmlrpc_format_response(back, &again_length);
    if (length != again_length || memcmp(text, again, length) != 0)
        abort();
    json_object_put(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *method = NULL;
    json_object *value = NULL;

    if (mom_xmlrpc_parse_call((const char *)data, size, &method, &value, &error)) {
        if (!method || !json_object_is_type(value, json_type_array) || error)
            abort();
        check_round_trip(value);
    } else if (!error || method || value) {
        abort();
    }
    json_object_put(value);
    value = NULL;
    g_clear_error(&error);
    if (mom_xmlrpc_parse_response((const char *)data, size, &value, &error))
        check_round_trip(value);
    else if (!error || value)
        abort();
    json_object_put(value);
    return 0;
}
