/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See probe.h.  A route on which anything at all was replied is the guest's; one on which nobody
 * is makes way for the next.
 */
#define G_LOG_DOMAIN "mom.GuestQemuAgent"

#include "agent/guest-agent/probe.h"

#include <gio/gio.h>

#include "agent/config/config-keys.h"
#include "agent/guest-agent/question.h"
#include "agent/guest-agent/socket-channel.h"
#include "agent/guest-agent/socket-path.h"

typedef struct {
    MomProbe base;
    MomAgentPool *pool;
    char *socket_path;
    char *socket_template;
    guint socket_timeout_ms;
    GHashTable *guests;  /* uuid -> Guest */
    GHashTable *endings; /* of Ending, a set */
} Probe;

/* What is known of a guest, and the question to it if one is under way. */
typedef struct {
    Probe *probe;
    const MomProbeGuest *who;
    MomAgentRoute route; /* the one that is being tried, or that answered last */
    gboolean answered;   /* on this route: somebody is there */
    gboolean may_read;   /* its agent said so */
    MomAgentChannel *channel;
    MomAgentQuestion *question;
    GString *failures; /* of the routes before */
    guint idle;
    MomProbeDone done; /* NULL: no question is under way */
    gpointer data;
} Guest;

/* A question whose guest was left while a file was being opened in it: only the reply tells which
 * one is to be closed.  It ends with that, or with the channel's time-out. */
typedef struct {
    Probe *probe;
    MomAgentChannel *channel;
    MomAgentQuestion *question;
} Ending;

static void try_route(Guest *guest);

/* ---- the end of a question ---- */

static void
ending_free(gpointer data)
{
    Ending *ending = data;
    g_autofree char *farewell = mom_agent_question_farewell(ending->question);

    ending->channel->klass->close(ending->channel, farewell);
    mom_agent_question_free(ending->question);
    g_free(ending);
}

static void
on_last_reply(const char *text, gsize length, const GError *error, gpointer data)
{
    Ending *ending = data;

    if (!error)
        mom_agent_question_take(ending->question, text, length);
    g_hash_table_remove(ending->probe->endings, ending);
}

static void
let_end(Guest *guest)
{
    Ending *ending = g_new0(Ending, 1);

    *ending =
        (Ending){guest->probe, g_steal_pointer(&guest->channel), g_steal_pointer(&guest->question)};
    ending->channel->klass->redirect(ending->channel, on_last_reply, ending);
    g_hash_table_add(guest->probe->endings, ending);
}

static void
close_question(Guest *guest)
{
    g_autofree char *farewell =
        guest->question ? mom_agent_question_farewell(guest->question) : NULL;

    g_clear_handle_id(&guest->idle, g_source_remove);
    if (guest->channel)
        guest->channel->klass->close(guest->channel, farewell);
    guest->channel = NULL;
    g_clear_pointer(&guest->question, mom_agent_question_free);
    guest->done = NULL;
}

static void
guest_free(gpointer data)
{
    Guest *guest = data;

    if (guest->channel && mom_agent_question_opens(guest->question))
        let_end(guest);
    close_question(guest);
    g_string_free(guest->failures, TRUE);
    g_free(guest);
}

/* ANSWER or ERROR; what follows may be the guest's end. */
static void
finish(Guest *guest, const MomAnswer *answer, const GError *error)
{
    MomProbeDone done = guest->done;
    gpointer data = guest->data;
    MomAnswer copy = answer ? *answer : (MomAnswer){0};

    close_question(guest);
    done(answer ? &copy : NULL, error, data);
}

static void
finish_question(Guest *guest)
{
    g_autoptr(GError) error = NULL;
    const MomAnswer *answer = mom_agent_question_answer(guest->question, &error);

    /* What it may do can be changed by whoever owns the guest: then it is asked once more. */
    guest->may_read = answer != NULL;
    finish(guest, answer, error);
}

/* ---- on a route ---- */

static gboolean
has_route(const Guest *guest, MomAgentRoute route)
{
    const Probe *probe = guest->probe;

    if (route == MOM_AGENT_SOCKET)
        return probe->socket_path != NULL;
    return route == MOM_AGENT_LIBVIRT && probe->pool &&
           (mom_value_is_nil(guest->who->agent_connected) ||
            mom_value_truth(guest->who->agent_connected));
}

static void
note_failure(Guest *guest, const char *why)
{
    if (guest->failures->len)
        g_string_append(guest->failures, "; ");
    g_string_append(guest->failures, why);
}

/* The next route, or the end. */
static void
give_up_route(Guest *guest, const char *why)
{
    note_failure(guest, why);
    if (guest->channel)
        guest->channel->klass->close(guest->channel, NULL);
    guest->channel = NULL;
    g_clear_pointer(&guest->question, mom_agent_question_free);
    guest->route++;
    try_route(guest);
}

static void send_command(Guest *guest);

static void
on_reply(const char *text, gsize length, const GError *error, gpointer data)
{
    Guest *guest = data;

    if (error && !guest->answered) {
        give_up_route(guest, error->message);
        return;
    }
    if (error) {
        guest->answered = FALSE;
        guest->may_read = FALSE;
        finish(guest, NULL, error);
        return;
    }
    guest->answered = TRUE;
    mom_agent_question_take(guest->question, text, length);
    if (mom_agent_question_command(guest->question))
        send_command(guest);
    else
        finish_question(guest);
}

static void
send_command(Guest *guest)
{
    guest->channel->klass->send(guest->channel, mom_agent_question_command(guest->question),
                                on_reply, guest);
}

/* NULL, and why. */
static MomAgentChannel *
make_channel(const Guest *guest, GError **error)
{
    const Probe *probe = guest->probe;
    g_autofree char *path = NULL;

    if (guest->route == MOM_AGENT_LIBVIRT)
        return mom_agent_pool_channel(probe->pool, guest->who->uuid);
    path = mom_agent_socket_path(probe->socket_path, probe->socket_template, guest->who->name,
                                 guest->who->uuid, error);
    return path ? mom_agent_socket_channel_new(path, probe->socket_timeout_ms) : NULL;
}

static gboolean
tell_no_route(gpointer data)
{
    Guest *guest = data;
    g_autoptr(GError) error = NULL;

    guest->idle = 0;
    guest->route = 0;
    guest->may_read = FALSE;
    if (!guest->failures->len)
        note_failure(guest, "nothing leads to its agent");
    error = g_error_new_literal(MOM_AGENT_ERROR, MOM_AGENT_ERROR_GONE, guest->failures->str);
    finish(guest, NULL, error);
    return G_SOURCE_REMOVE;
}

static void
try_route(Guest *guest)
{
    g_autoptr(GError) error = NULL;

    for (; guest->route < MOM_AGENT_N_ROUTES && !has_route(guest, guest->route); guest->route++)
        if (guest->route == MOM_AGENT_LIBVIRT && guest->probe->pool)
            note_failure(guest, "libvirt knows of no agent that is connected");
    guest->answered = FALSE;
    if (guest->route == MOM_AGENT_N_ROUTES) {
        guest->idle = g_idle_add(tell_no_route, guest);
        return;
    }
    guest->channel = make_channel(guest, &error);
    if (!guest->channel) {
        give_up_route(guest, error->message);
        return;
    }
    guest->question = mom_agent_question_new(!guest->may_read);
    send_command(guest);
}

/* ---- a probe ---- */

static void
ask(MomProbe *self, const MomProbeGuest *who, MomProbeDone done, gpointer data)
{
    Probe *probe = (Probe *)self; /* its first member */
    Guest *guest = g_hash_table_lookup(probe->guests, who->uuid);

    if (!guest) {
        guest = g_new0(Guest, 1);
        guest->probe = probe;
        guest->failures = g_string_new(NULL);
        g_hash_table_insert(probe->guests, g_strdup(who->uuid), guest);
    }
    guest->who = who;
    guest->done = done;
    guest->data = data;
    g_string_truncate(guest->failures, 0);
    if (!guest->answered)
        guest->route = 0;
    try_route(guest);
}

static void
leave(MomProbe *self, const MomProbeGuest *who)
{
    g_hash_table_remove(((Probe *)self)->guests, who->uuid);
}

static void
probe_free(MomProbe *self)
{
    Probe *probe = (Probe *)self;

    g_hash_table_unref(probe->guests);
    g_hash_table_unref(probe->endings);
    mom_agent_pool_free(probe->pool);
    g_free(probe->socket_path);
    g_free(probe->socket_template);
    g_free(probe);
}

static const MomProbeClass probe_class = {
    .name = "QEMU's guest agent",
    .source = MOM_SLOW_QEMU_AGENT,
    .ask = ask,
    .leave = leave,
    .free = probe_free,
};

MomProbe *
mom_agent_probe_new(const MomAgentProbeOptions *options)
{
    Probe *probe = g_new0(Probe, 1);

    probe->base.klass = &probe_class;
    probe->pool = options->pool;
    probe->socket_path = g_strdup(options->socket_path);
    probe->socket_template = g_strdup(options->socket_template);
    probe->socket_timeout_ms = options->socket_timeout_ms;
    probe->guests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, guest_free);
    probe->endings = g_hash_table_new_full(NULL, NULL, ending_free, NULL);
    return &probe->base;
}

/* ---- by configuration ---- */

#define SECTION MOM_CONFIG_COLLECTOR_PREFIX "GuestQemuAgent"

/* NULL: libvirt is not wanted, or cannot be used. */
static MomAgentPool *
make_pool(const char *channel, MomHypervisors *hypervisors)
{
    g_autoptr(GError) error = NULL;
    MomVirtAddress address;

    if (g_str_equal(channel, "socket") || !hypervisors)
        return NULL;
    if (!mom_hypervisors_libvirt_address(hypervisors, &address, &error)) {
        g_warning("Guests' agents are not asked through libvirt: %s", error->message);
        return NULL;
    }
    return mom_agent_pool_new(&address, NULL);
}

MomProbe *
mom_agent_probe_configured(const MomConfig *config, MomHypervisors *hypervisors)
{
    const char *channel = mom_config_get(config, SECTION, "channel");
    const MomAgentProbeOptions options = {
        .pool = make_pool(channel, hypervisors),
        .socket_path =
            g_str_equal(channel, "libvirt") ? NULL : mom_config_get(config, SECTION, "socket_path"),
        .socket_template = mom_config_get(config, SECTION, "socket_name_template"),
    };

    return mom_agent_probe_new(&options);
}
