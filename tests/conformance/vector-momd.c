/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Kind momd: the policy set of a directory, with an overlay, on the state of a host.
 *
 * Files are taken as the daemon takes them (SEMANTICS section 2): in order of name, those that end
 * in .policy, each under its name up to there.
 */
#include "tests/conformance/vector-kinds.h"

#include <string.h>

#define SUFFIX ".policy"

static gboolean
load_file(MomPolicyStore *store, const char *dir, const char *file, GError **error)
{
    g_autofree char *path = g_build_filename(dir, file, NULL);
    g_autofree char *name = g_strndup(file, (gsize)(strstr(file, SUFFIX) - file));
    g_autofree char *text = NULL;
    gsize length;

    if (!g_file_get_contents(path, &text, &length, NULL))
        return TRUE;
    return mom_policy_store_set(store, name, text, (gssize)length, error);
}

static int
by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean
load_dir(MomPolicyStore *store, const char *path, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, error);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    const char *file;

    if (!dir)
        return FALSE;
    while ((file = g_dir_read_name(dir)))
        if (g_str_has_suffix(file, SUFFIX) && file[0] != '.')
            g_ptr_array_add(files, g_strdup(file));
    g_ptr_array_sort(files, by_name);
    for (guint i = 0; i < files->len; i++)
        if (!load_file(store, path, files->pdata[i], error))
            return FALSE;
    return TRUE;
}

static gboolean
load_overlay(MomPolicyStore *store, json_object *overlay, GError **error)
{
    if (!json_object_is_type(overlay, json_type_object))
        return TRUE;
    json_object_object_foreach(overlay, key, value)
    {
        if (!mom_policy_store_set(store, key, json_object_get_string(value),
                                  json_object_get_string_len(value), error))
            return FALSE;
    }
    return TRUE;
}

json_object *
mom_vector_momd(json_object *vector, const char *policy_dir)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(MomState) state = mom_state_from_json(vector);
    g_autoptr(GError) error = NULL;

    if (!policy_dir)
        return NULL;
    if (!load_dir(store, policy_dir, &error) ||
        !load_overlay(store, json_object_object_get(vector, "overlay"), &error))
        return mom_vector_load_error(error);
    return mom_vector_evaluate(store, state, vector, NULL);
}
