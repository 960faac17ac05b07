/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See session.h.  A password is read when it is asked for, so that one changed on disk is used at
 * the next opening, and it never gets into a message.
 */
#include "libvirt-client/session.h"

#include <string.h>

#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_COUNT 3

struct MomVirtSession {
    char *uri;
    char *user;
    char *password_file;
    gboolean read_only;
    MomVirtSink *sink;
    virConnectPtr connection;
    GError *credentials_error; /* why the last question was not answered */
    char *refusal;             /* why the last opening failed, for calls made meanwhile */
};

static int credential_types[] = {VIR_CRED_AUTHNAME, VIR_CRED_ECHOPROMPT, VIR_CRED_PASSPHRASE,
                                 VIR_CRED_NOECHOPROMPT};

static char *
read_password(const char *path, GError **error)
{
    g_autofree char *text = NULL;

    if (path == NULL) {
        g_set_error_literal(error, MOM_VIRT_ERROR, VIR_ERR_AUTH_CANCELLED,
                            "a password is asked for and no password file is configured");
        return NULL;
    }
    if (!g_file_get_contents(path, &text, NULL, error))
        return NULL;
    text[strcspn(text, "\r\n")] = '\0';
    return g_steal_pointer(&text);
}

static char *
find_credential(MomVirtSession *self, int type, GError **error)
{
    if (type == VIR_CRED_PASSPHRASE || type == VIR_CRED_NOECHOPROMPT)
        return read_password(self->password_file, error);
    if (self->user != NULL)
        return g_strdup(self->user);
    g_set_error_literal(error, MOM_VIRT_ERROR, VIR_ERR_AUTH_CANCELLED,
                        "a user name is asked for and none is configured");
    return NULL;
}

static int
answer_credentials(virConnectCredentialPtr questions, unsigned int n, void *data)
{
    MomVirtSession *self = data;

    for (unsigned int i = 0; i < n; i++) {
        g_autofree char *credential = NULL;

        g_clear_error(&self->credentials_error);
        credential = find_credential(self, questions[i].type, &self->credentials_error);
        if (credential == NULL)
            return -1;
        questions[i].result = strdup(credential); /* libvirt frees it */
        if (questions[i].result == NULL)
            return -1;
        questions[i].resultlen = (unsigned int)strlen(credential);
    }
    return 0;
}

MomVirtSession *
mom_virt_session_new(const MomVirtAddress *address, MomVirtSink *sink)
{
    MomVirtSession *self = g_new0(MomVirtSession, 1);

    self->uri = g_strdup(address->uri != NULL ? address->uri : "qemu:///system");
    self->user = g_strdup(address->user);
    self->password_file = g_strdup(address->password_file);
    self->read_only = address->read_only;
    self->sink = mom_virt_sink_ref(sink);
    return self;
}

static void
close_connection(MomVirtSession *self)
{
    if (self->connection == NULL)
        return;
    mom_virt_sink_detach(self->sink, self->connection);
    virConnectClose(self->connection);
    self->connection = NULL;
}

void
mom_virt_session_free(gpointer session)
{
    MomVirtSession *self = session;

    close_connection(self);
    mom_virt_sink_unref(self->sink);
    g_clear_error(&self->credentials_error);
    g_free(self->refusal);
    g_free(self->uri);
    g_free(self->user);
    g_free(self->password_file);
    g_free(self);
}

static gboolean
refuse(MomVirtSession *self, GError **error)
{
    g_autoptr(GError) cause = NULL;

    mom_virt_fail(&cause, "connect to", self->uri);
    if (self->credentials_error != NULL)
        g_prefix_error(&cause, "%s: ", self->credentials_error->message);
    g_free(self->refusal);
    self->refusal = g_strdup(cause->message);
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

gboolean
mom_virt_session_open(MomVirtSession *self, GError **error)
{
    virConnectAuth auth = {credential_types, G_N_ELEMENTS(credential_types), answer_credentials,
                           self};
    gboolean remote;

    close_connection(self);
    g_clear_error(&self->credentials_error);
    self->connection = virConnectOpenAuth(self->uri, &auth, self->read_only ? VIR_CONNECT_RO : 0);
    if (self->connection == NULL)
        return refuse(self, error);
    /* Drivers inside this process have no keepalive and need none. */
    remote = virConnectSetKeepAlive(self->connection, KEEPALIVE_INTERVAL_S, KEEPALIVE_COUNT) == 0;
    mom_virt_sink_attach(self->sink, self->connection, remote);
    return TRUE;
}

virConnectPtr
mom_virt_session_connection(MomVirtSession *self, GError **error)
{
    if (self->connection == NULL)
        g_set_error(error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_DISCONNECTED, "not connected: %s",
                    self->refusal != NULL ? self->refusal : self->uri);
    return self->connection;
}

gboolean
mom_virt_session_is_alive(const MomVirtSession *self)
{
    return self->connection != NULL && virConnectIsAlive(self->connection) != 0;
}
