/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding momd, see reach.h.
 *
 * An option on the command line wins over a configuration; what is in neither is the oVirt host's.
 */
#include "agent/momctl/reach.h"

#include <stdio.h>

#include "agent/config/config.h"

void
mom_ctl_reach_clear(MomCtlReach *reach)
{
    g_clear_pointer(&reach->socket, g_free);
    g_clear_pointer(&reach->config, g_free);
}

/* Where to ask, in CONFIG if that is where it stands; NULL: told why not. */
static const char *
find_port(const MomCtlReach *reach, MomConfig *config)
{
    g_autoptr(GError) error = NULL;
    const char *port;

    if (reach->socket || !reach->config) {
        return reach->socket ? reach->socket : MOM_CTL_DEFAULT_SOCKET;
    }
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

    if (argument) {
        json_object_array_add(arguments, argument);
    }
    done = port && mom_ctl_call(port, method, arguments, result, &error);
    if (error) {
        mom_ctl_fail(NULL, error);
    }
    json_object_put(arguments);
    return done;
}
