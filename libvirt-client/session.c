/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See session.h.  A password is read when it is asked for, so that one changed on disk is used at
 * the next opening, and it never gets into a message.
 */
#include "libvirt-client/session.h"

#include <string.h>

struct MomVirtSession {
    char *uri;
    char *user;
    char *password_file;
    gboolean read_only;
    int keepalive_s;
    guint keepalive_count;
    MomVirtSink *sink;
    virConnectPtr connection;
    const char *password_fault; /* of the opening under way */
    GError *credentials_error;  /* why the last question was not answered */
    char *refusal;              /* why the last opening failed, for calls made meanwhile */
};

static int credential_types[] = {VIR_CRED_AUTHNAME, VIR_CRED_ECHOPROMPT, VIR_CRED_PASSPHRASE,
                                 VIR_CRED_NOECHOPROMPT};

static char *
read_password(MomVirtSession *self, GError **error)
{
    const char *path = self->password_file;
    g_autofree char *text = NULL;

    if (self->password_fault != NULL) {
        g_set_error(error, MOM_VIRT_ERROR, VIR_ERR_AUTH_CANCELLED, "the password is not used: %s",
                    self->password_fault);
        return NULL;
    }
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
        return read_password(self, error);
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
mom_virt_session_new(const MomVirtAddress *address,
                     int keepalive_s,
                     guint keepalive_count,
                     MomVirtSink *sink)
{
    MomVirtSession *self = g_new0(MomVirtSession, 1);

    self->uri = g_strdup(address->uri != NULL ? address->uri : "qemu:///system");
    self->user = g_strdup(address->user);
    self->password_file = g_strdup(address->password_file);
    self->read_only = address->read_only;
    self->keepalive_s = keepalive_s;
    self->keepalive_count = keepalive_count;
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

void
mom_virt_opening_clear(MomVirtOpening *opening)
{
    g_clear_pointer(&opening->password_fault, g_free);
    g_clear_pointer(&opening->read_only, g_free);
}

/* What was asked for and could not be given says more than libvirt, which only knows that it got
 * nothing. */
static gboolean
open_as(MomVirtSession *self, unsigned int flags, GError **error)
{
    virConnectAuth auth = {credential_types, G_N_ELEMENTS(credential_types), answer_credentials,
                           self};

    g_clear_error(&self->credentials_error);
    self->connection = virConnectOpenAuth(self->uri, &auth, flags);
    if (self->connection != NULL)
        return TRUE;
    mom_virt_fail(error, "connect to", self->uri);
    if (self->credentials_error != NULL)
        g_prefix_error(error, "%s: ", self->credentials_error->message);
    return FALSE;
}

/* TRUE and why, if CAUSE is a denial and reading at least is allowed. */
static gboolean
open_to_read(MomVirtSession *self, const GError *cause, char **why)
{
    if (!mom_virt_err_denied(cause) || !open_as(self, VIR_CONNECT_RO, NULL))
        return FALSE;
    *why = g_strdup(cause->message);
    return TRUE;
}

static gboolean
open_anyhow(MomVirtSession *self, char **read_only, GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (self->read_only) {
        *read_only = g_strdup("it is configured so");
        return open_as(self, VIR_CONNECT_RO, error);
    }
    if (open_as(self, 0, &cause) || open_to_read(self, cause, read_only))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

gboolean
mom_virt_session_open(MomVirtSession *self, MomVirtOpening *opening, GError **error)
{
    g_autoptr(GError) cause = NULL;
    gboolean opened, remote;

    close_connection(self);
    self->password_fault = opening->password_fault;
    opened = open_anyhow(self, &opening->read_only, &cause);
    self->password_fault = NULL;
    if (!opened) {
        g_free(self->refusal);
        self->refusal = g_strdup(cause->message);
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    /* Drivers inside this process have no keepalive and need none. */
    remote =
        virConnectSetKeepAlive(self->connection, self->keepalive_s, self->keepalive_count) == 0;
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
