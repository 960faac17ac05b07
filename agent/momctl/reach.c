/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding momd, see reach.h.
 *
 * An option on the command line wins over a configuration; what is in neither is where the packaged
 * configurations have it.
 */
#include "agent/momctl/reach.h"

#include <stdio.h>
#include <sys/stat.h>

#include "agent/config/config.h"

static const char *const default_sockets[] = {MOM_CTL_VDSM_SOCKET, MOM_CTL_PLAIN_SOCKET, NULL};

void
mom_ctl_reach_clear(MomCtlReach *reach)
{
    g_clear_pointer(&reach->socket, g_free);
    g_clear_pointer(&reach->config, g_free);
}

const char *
mom_ctl_reach_first_socket(const char *const *paths)
{
    struct stat st;

    for (const char *const *path = paths; *path; path++)
        if (stat(*path, &st) == 0 && S_ISSOCK(st.st_mode))
            return *path;
    return paths[0];
}

/* Where to ask, in CONFIG if that is where it stands; NULL: told why not. */
static const char *
find_port(const MomCtlReach *reach, MomConfig *config)
{
    g_autoptr(GError) error = NULL;
    const char *port;

    if (reach->socket || !reach->config)
        return reach->socket ? reach->socket : mom_ctl_reach_first_socket(default_sockets);
    if (!mom_config_load(config, reach->config, &error)) {
        mom_ctl_fail(NULL, error);
        return NULL;
    }
    port = mom_config_get(config, "main", "rpc-port");
    if (*port == '\0' || g_ascii_strtoll(port, NULL, 10) < 0) {
        fprintf(stderr, "%s: %s: [main] rpc-port is off; this momd cannot be asked\n",
                g_get_prgname(), reach->config);
        return NULL;
    }
    return port;
}

gboolean
mom_ctl_reach_call(const MomCtlReach *reach,
                   const char *method,
                   json_object *argument,
                   json_object **result)
{
    g_autoptr(MomConfig) config = mom_config_new();
    g_autoptr(GError) error = NULL;
    json_object *arguments = json_object_new_array();
    const char *port = find_port(reach, config);
    gboolean done;

    if (argument)
        json_object_array_add(arguments, argument);
    done = port && mom_ctl_call(port, method, arguments, result, &error);
    if (error)
        mom_ctl_fail(NULL, error);
    json_object_put(arguments);
    return done;
}
