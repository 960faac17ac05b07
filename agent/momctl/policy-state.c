/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl policy state: what a running momd knows of host and guests, to standard output.
 *
 * Meant for a file that eval and repl read, here or elsewhere.
 */
#include <stdio.h>

#include "agent/config.h"
#include "agent/momctl/client.h"
#include "agent/momctl/command.h"

static MomCtlResult
save(const char *port)
{
    g_autoptr(GError) error = NULL;
    json_object *state = NULL;

    if (!mom_ctl_call(port, "getState", &state, &error))
        return mom_ctl_fail(NULL, error);
    if (json_object_is_type(state, json_type_string))
        puts(json_object_get_string(state));
    else
        g_set_error(&error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: momd answered no text", port);
    json_object_put(state);
    return error ? mom_ctl_fail(NULL, error) : MOM_CTL_OK;
}

static MomCtlResult
find_and_save(const char *socket, const char *config_file)
{
    g_autoptr(MomConfig) config = NULL;
    g_autoptr(GError) error = NULL;
    const char *port;

    if (socket || !config_file)
        return save(socket ? socket : MOM_CTL_DEFAULT_SOCKET);
    config = mom_config_new();
    if (!mom_config_load(config, config_file, &error))
        return mom_ctl_fail(NULL, error);
    port = mom_config_get(config, "main", "rpc-port");
    if (*port == '\0' || g_ascii_strtoll(port, NULL, 10) < 0) {
        fprintf(stderr, "%s: %s: [main] rpc-port is off; this momd cannot be asked\n",
                g_get_prgname(), config_file);
        return MOM_CTL_FAILED;
    }
    return save(port);
}

MomCtlResult
mom_ctl_policy_state(int argc, char **argv)
{
    static const MomCtlUsage usage = {
        .arguments = "> STATE.json",
        .description = "Prints the present state of a running momd: host and guests with all "
                       "samples and\nvariables, as JSON for momctl policy eval and repl.",
        .no_arguments = TRUE};
    g_autofree char *socket = NULL;
    g_autofree char *config = NULL;
    const GOptionEntry entries[] = {
        {"socket", 's', 0, G_OPTION_ARG_STRING, &socket,
         "momd's socket, or its port on 127.0.0.1 (default: " MOM_CTL_DEFAULT_SOCKET ")", "PATH"},
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &config,
         "Take the socket from momd's configuration", "FILE"},
        {0},
    };

    if (!mom_ctl_parse(&usage, entries, &argc, &argv))
        return MOM_CTL_USAGE;
    return find_and_save(socket, config);
}
