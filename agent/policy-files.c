/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading policies from disk, see policy-files.h.
 *
 * SEMANTICS section 2 says which files are read and under which name.
 */
#define G_LOG_DOMAIN "mom.Policy"

#include "agent/policy-files.h"

#include <string.h>

#include "agent/set-aside.h"

#define SUFFIX ".policy"

typedef struct {
    MomPolicyStore *store;
    const char *tuning_name;
    const MomTrust *trust;
} Reader;

/* Reads one file; what is wrong is logged here, once, as nobody above handles it. */
static gboolean
read_file(const Reader *reader, const char *path, const char *name, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (mom_trust_check(reader->trust, path, MOM_TRUST_FILE, &why) &&
        g_file_get_contents(path, &text, &length, &why)) {
        if (mom_set_aside_put(reader->store, reader->tuning_name, name, text, (gssize)length,
                              &why)) {
            return TRUE;
        }
        g_prefix_error(&why, "%s: ", path);
    }
    g_warning("policy not loaded: %s", why->message);
    if (error && !*error) {
        g_propagate_error(error, g_steal_pointer(&why));
    }
    return FALSE;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of DIR's policy files, in order. */
static GPtrArray *
list_files(const char *dir, GError **error)
{
    g_autoptr(GDir) handle = g_dir_open(dir, 0, error);
    GPtrArray *names;
    const char *name;

    if (!handle) {
        return NULL;
    }
    names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(handle))) {
        if (name[0] != '.' && g_str_has_suffix(name, SUFFIX)) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* What a policy of FILE is called. */
static char *
name_of(const char *file)
{
    return g_strndup(file, (gsize)(strstr(file, SUFFIX) - file));
}

/* FALSE if DIR cannot be read, or holds policies of which none loads. */
static gboolean
read_dir(const Reader *reader, const char *dir, GError **error)
{
    g_autoptr(GError) first = NULL;
    g_autoptr(GPtrArray) names = mom_trust_check(reader->trust, dir, MOM_TRUST_DIRECTORY, &first)
                                     ? list_files(dir, &first)
                                     : NULL;
    guint loaded = 0;

    if (!names) {
        g_warning("policies not loaded: %s", first->message);
        g_propagate_error(error, g_steal_pointer(&first));
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++) {
        const char *file = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename(dir, file, NULL);
        g_autofree char *name = name_of(file);

        loaded += read_file(reader, path, name, first ? NULL : &first) ? 1 : 0;
    }
    if (first && loaded == 0) {
        g_propagate_error(error, g_steal_pointer(&first));
        return FALSE;
    }
    return TRUE;
}

gboolean
mom_policy_files_read(MomPolicyStore *store,
                      const char *file,
                      const char *dir,
                      const char *tuning_name,
                      const MomTrust *trust,
                      GError **error)
{
    Reader reader = {store, tuning_name, trust};

    return file ? read_file(&reader, file, NULL, error) : !dir || read_dir(&reader, dir, error);
}

GPtrArray *
mom_policy_files_names(const char *file, const char *dir)
{
    g_autoptr(GPtrArray) files = !file && dir ? list_files(dir, NULL) : NULL;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    if (file) {
        g_ptr_array_add(names, g_strdup(MOM_POLICY_MAIN_NAME));
    }
    for (guint i = 0; files && i < files->len; i++) {
        g_ptr_array_add(names, name_of(g_ptr_array_index(files, i)));
    }
    return names;
}
