/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One row a path, see vet.h.
 */
#include "agent/config/vet.h"

#include <gio/gio.h>

#include "agent/config/config-keys.h"

static const struct {
    const char *section;
    const char *key;
    MomTrustKind kind;
    gboolean fatal; /* no warning would do */
} paths[] = {
    {"main", "host-root", MOM_TRUST_DIRECTORY, TRUE},
    {MOM_CONFIG_COLLECTOR_PREFIX "GuestNetworkDaemon", "name-to-ip-helper", MOM_TRUST_FILE, TRUE},
    {"main", "state-dir", MOM_TRUST_DIRECTORY, FALSE},
    {"main", "plot-dir", MOM_TRUST_DIRECTORY, FALSE},
    /* The file's directory: what is in it can be replaced. */
    {"main", "rpc-port", MOM_TRUST_PLACE, FALSE},
    {"logging", "log", MOM_TRUST_PLACE, FALSE},
};

/* What is to be looked at for PATHS' row I; NULL: the value is no path. The caller frees. */
static char *
path_of(const MomConfig *config, gsize i)
{
    const char *value = mom_config_get(config, paths[i].section, paths[i].key);

    if (paths[i].kind == MOM_TRUST_PLACE)
        return g_path_is_absolute(value) ? g_path_get_dirname(value) : NULL;
    return *value ? g_strdup(value) : NULL;
}

static gboolean
vet_path(
    const MomConfig *config, const MomTrust *trust, gsize i, GPtrArray *complaints, GError **error)
{
    g_autofree char *origin = mom_config_origin(config, paths[i].section, paths[i].key);
    g_autofree char *path = path_of(config, i);
    g_autoptr(GError) why = NULL;

    if (!path || mom_trust_check(trust, path, paths[i].kind, &why))
        return TRUE;
    g_prefix_error(&why, "%s: [%s] %s: ", origin, paths[i].section, paths[i].key);
    if (paths[i].fatal) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    g_ptr_array_add(complaints, g_strdup(why->message));
    return TRUE;
}

static void
vet_secret(const MomConfig *config,
           const char *section,
           const char *key,
           const char *file,
           GPtrArray *complaints)
{
    g_autofree char *origin = mom_config_origin(config, section, key);
    g_autofree char *fault = mom_trust_secret_fault(file);

    if (fault) {
        g_ptr_array_add(complaints,
                        g_strdup_printf("%s: [%s] %s: %s", origin, section, key, fault));
    }
}

MomTrust
mom_vet_password_trust(const MomTrust *trust)
{
    MomTrust wider = *trust;

    wider.also_uid = mom_trust_vdsm_uid();
    return wider;
}

/* Whoever opens a connection looks at it again, each time. */
static void
vet_password(const MomConfig *config, const MomTrust *trust, GPtrArray *complaints)
{
    const char *file = mom_config_get(config, "libvirt", "auth-password-file");
    g_autofree char *origin = mom_config_origin(config, "libvirt", "auth-password-file");
    const MomTrust wider = mom_vet_password_trust(trust);
    g_autoptr(GError) why = NULL;

    if (!*file)
        return;
    if (!mom_trust_check(&wider, file, MOM_TRUST_FILE, &why)) {
        g_ptr_array_add(complaints, g_strdup_printf("%s: [libvirt] auth-password-file: %s", origin,
                                                    why->message));
    }
    vet_secret(config, "libvirt", "auth-password-file", file, complaints);
}

gboolean
mom_vet_paths(const MomConfig *config, const MomTrust *trust, GPtrArray *complaints, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
        if (!vet_path(config, trust, i, complaints, error))
            return FALSE;
    if (mom_config_get_bool(config, "vdsm", "ssl")) {
        g_autofree char *key = mom_config_vdsm_file(config, "key-file");

        vet_secret(config, "vdsm", "key-file", key, complaints);
    }
    vet_password(config, trust, complaints);
    return TRUE;
}
