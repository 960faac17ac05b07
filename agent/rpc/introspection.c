/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * system.listMethods, system.methodHelp and system.methodSignature: the table about itself.
 *
 * Must say nothing that is not in the rows, so that it cannot grow out of date.
 */
#include "agent/rpc/method.h"

gboolean
mom_rpc_list_methods(MomRpcService *service,
                     json_object *const *args,
                     json_object **result,
                     GError **error)
{
    *result = json_object_new_array();
    for (gsize i = 0; i < mom_rpc_n_methods; i++)
        json_object_array_add(*result, json_object_new_string(mom_rpc_methods[i].name));
    return TRUE;
}

gboolean
mom_rpc_method_help(MomRpcService *service,
                    json_object *const *args,
                    json_object **result,
                    GError **error)
{
    const MomRpcMethod *method = mom_rpc_method_find(json_object_get_string(args[0]), error);

    if (method)
        *result = json_object_new_string(method->help);
    return method != NULL;
}

static void
add_type(json_object *signature, guint types)
{
    guint type;
    const char *name, *phrase;

    for (guint i = 0; mom_rpc_type_name(i, &type, &name, &phrase); i++) {
        if (types & type) {
            json_object_array_add(signature, json_object_new_string(name));
            return;
        }
    }
}

/* With the first N arguments, the last of which is of LAST_TYPE. */
static json_object *
signature_of(const MomRpcMethod *method, guint n, guint last_type)
{
    json_object *signature = json_object_new_array();

    json_object_array_add(signature, json_object_new_string(method->result));
    for (guint i = 0; i < n; i++)
        add_type(signature, i + 1 < n ? method->params[i].types : last_type);
    return signature;
}

static void
add_signatures(json_object *signatures, const MomRpcMethod *method, guint n)
{
    guint type;
    const char *name, *phrase;

    if (n == 0) {
        json_object_array_add(signatures, signature_of(method, 0, 0));
        return;
    }
    for (guint i = 0; mom_rpc_type_name(i, &type, &name, &phrase); i++)
        if (method->params[n - 1].types & type)
            json_object_array_add(signatures, signature_of(method, n, type));
}

/* Every number of arguments, and of each the types of the last one: of no row more than that one
 * matters. */
gboolean
mom_rpc_method_signature(MomRpcService *service,
                         json_object *const *args,
                         json_object **result,
                         GError **error)
{
    const MomRpcMethod *method = mom_rpc_method_find(json_object_get_string(args[0]), error);

    if (!method)
        return FALSE;
    *result = json_object_new_array();
    for (guint n = mom_rpc_method_n_needed(method); n <= mom_rpc_method_n_params(method); n++)
        add_signatures(*result, method, n);
    return TRUE;
}
