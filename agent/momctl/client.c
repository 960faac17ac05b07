/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * XML-RPC over libsoup, see client.h.
 *
 * libsoup connects where it is told to, so that a unix socket is a host like others.
 */
#include "agent/momctl/client.h"

#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>

#include "agent/rpc/xmlrpc.h"

#define TIMEOUT_S 30

static SoupSession *
new_session(const char *port)
{
    SoupSession *session = soup_session_new();
    g_autoptr(GSocketConnectable) address = NULL;

    if (g_path_is_absolute(port)) {
        address = G_SOCKET_CONNECTABLE(g_unix_socket_address_new(port));
        g_object_unref(session);
        session = soup_session_new_with_options("remote-connectable", address, NULL);
    }
    soup_session_set_timeout(session, TIMEOUT_S);
    soup_session_set_proxy_resolver(session, NULL);
    return session;
}

static SoupMessage *
new_message(const char *port, const char *method, json_object *arguments)
{
    g_autofree char *url = g_path_is_absolute(port)
                               ? g_strdup("http://localhost/RPC2")
                               : g_strdup_printf("http://127.0.0.1:%s/RPC2", port);
    SoupMessage *message = soup_message_new(SOUP_METHOD_POST, url);
    gsize length;
    char *body = mom_xmlrpc_format_call(method, arguments, &length);
    g_autoptr(GBytes) bytes = g_bytes_new_take(body, length);

    if (message)
        soup_message_set_request_body_from_bytes(message, "text/xml", bytes);
    return message;
}

static gboolean
check_status(SoupMessage *message, GError **error)
{
    guint status = soup_message_get_status(message);

    if (status == SOUP_STATUS_OK)
        return TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "momd answered HTTP %u %s", status,
                soup_status_get_phrase(status));
    return FALSE;
}

gboolean
mom_ctl_call(const char *port,
             const char *method,
             json_object *arguments,
             json_object **result,
             GError **error)
{
    g_autoptr(SoupSession) session = new_session(port);
    g_autoptr(SoupMessage) message = new_message(port, method, arguments);
    g_autoptr(GBytes) answer = NULL;
    gconstpointer body;
    gsize length;

    if (!message) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "\"%s\" is neither an absolute path nor a port", port);
        return FALSE;
    }
    answer = soup_session_send_and_read(session, message, NULL, error);
    if (!answer) {
        g_prefix_error(error, "no momd at %s: ", port);
        return FALSE;
    }
    if (!check_status(message, error))
        return FALSE;
    body = g_bytes_get_data(answer, &length);
    return mom_xmlrpc_parse_response(body, length, result, error);
}
