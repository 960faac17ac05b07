/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See event.h.  libvirt's callbacks differ in their arguments only; each is reduced to one of our
 * kinds and posted, never handled on the spot.
 */
#include "libvirt-client/event.h"

#define N_EVENTS 6

struct MomVirtSink {
    gatomicrefcount references;
    GMainContext *context;
    MomVirtEventFunc func; /* NULL once cut; the context's thread only */
    gpointer data;
    int ids[N_EVENTS]; /* the worker's; -1: not registered */
};

typedef struct {
    MomVirtSink *sink; /* a reference */
    MomVirtEventKind kind;
    char *uuid;
    char *name;
} Event;

MomVirtSink *
mom_virt_sink_new(MomVirtEventFunc func, gpointer data)
{
    MomVirtSink *sink = g_new0(MomVirtSink, 1);

    g_atomic_ref_count_init(&sink->references);
    sink->context = g_main_context_ref_thread_default();
    sink->func = func;
    sink->data = data;
    for (int i = 0; i < N_EVENTS; i++)
        sink->ids[i] = -1;
    return sink;
}

MomVirtSink *
mom_virt_sink_ref(MomVirtSink *sink)
{
    g_atomic_ref_count_inc(&sink->references);
    return sink;
}

void
mom_virt_sink_unref(MomVirtSink *sink)
{
    if (!g_atomic_ref_count_dec(&sink->references))
        return;
    g_main_context_unref(sink->context);
    g_free(sink);
}

void
mom_virt_sink_cut(MomVirtSink *sink)
{
    sink->func = NULL;
}

static void
release_sink(void *opaque)
{
    mom_virt_sink_unref(opaque);
}

static void
free_event(gpointer data)
{
    Event *event = data;

    mom_virt_sink_unref(event->sink);
    g_free(event->uuid);
    g_free(event->name);
    g_free(event);
}

static gboolean
deliver(gpointer data)
{
    Event *event = data;

    if (event->sink->func != NULL)
        event->sink->func(event->kind, event->uuid, event->name, event->sink->data);
    return G_SOURCE_REMOVE;
}

static void
post(MomVirtSink *sink, MomVirtEventKind kind, virDomainPtr domain)
{
    Event *event = g_new0(Event, 1);
    g_autoptr(GSource) source = g_idle_source_new();
    char uuid[VIR_UUID_STRING_BUFLEN];

    event->sink = mom_virt_sink_ref(sink);
    event->kind = kind;
    if (domain != NULL && virDomainGetUUIDString(domain, uuid) == 0) {
        event->uuid = g_strdup(uuid);
        event->name = g_strdup(virDomainGetName(domain));
    }
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, deliver, event, free_event);
    g_source_attach(source, sink->context);
}

static void
on_close(virConnectPtr connection, int reason, void *opaque)
{
    post(opaque, MOM_VIRT_EVENT_LOST, NULL);
}

static int
on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail, void *opaque)
{
    static const struct {
        int event;
        MomVirtEventKind kind;
    } kinds[] = {
        {VIR_DOMAIN_EVENT_STARTED, MOM_VIRT_EVENT_STARTED},
        {VIR_DOMAIN_EVENT_STOPPED, MOM_VIRT_EVENT_STOPPED},
        {VIR_DOMAIN_EVENT_CRASHED, MOM_VIRT_EVENT_STOPPED},
        {VIR_DOMAIN_EVENT_SUSPENDED, MOM_VIRT_EVENT_PAUSED},
        {VIR_DOMAIN_EVENT_PMSUSPENDED, MOM_VIRT_EVENT_PAUSED},
        {VIR_DOMAIN_EVENT_RESUMED, MOM_VIRT_EVENT_RESUMED},
        {VIR_DOMAIN_EVENT_DEFINED, MOM_VIRT_EVENT_CHANGED},
        {VIR_DOMAIN_EVENT_UNDEFINED, MOM_VIRT_EVENT_CHANGED},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (kinds[i].event == event)
            post(opaque, kinds[i].kind, domain);
    return 0;
}

static void
on_metadata(virConnectPtr connection, virDomainPtr domain, int type, const char *uri, void *opaque)
{
    post(opaque, MOM_VIRT_EVENT_CHANGED, domain);
}

static void
on_tunable(
    virConnectPtr connection, virDomainPtr domain, virTypedParameterPtr params, int n, void *opaque)
{
    post(opaque, MOM_VIRT_EVENT_CHANGED, domain);
}

static void
on_device(virConnectPtr connection, virDomainPtr domain, const char *alias, void *opaque)
{
    post(opaque, MOM_VIRT_EVENT_CHANGED, domain);
}

static void
on_agent(virConnectPtr connection, virDomainPtr domain, int state, int reason, void *opaque)
{
    post(opaque, MOM_VIRT_EVENT_CHANGED, domain);
}

static const struct {
    int id;
    virConnectDomainEventGenericCallback callback;
} events[N_EVENTS] = {
    {VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle)},
    {VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_metadata)},
    {VIR_DOMAIN_EVENT_ID_TUNABLE, VIR_DOMAIN_EVENT_CALLBACK(on_tunable)},
    {VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, VIR_DOMAIN_EVENT_CALLBACK(on_device)},
    {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(on_device)},
    {VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_agent)},
};

/* A failed registration is no error: a hint that never comes only makes things a cycle later. */
void
mom_virt_sink_attach(MomVirtSink *sink, virConnectPtr connection, gboolean remote)
{
    /* Other drivers say yes to the callback and then neither call nor release it. */
    if (remote && virConnectRegisterCloseCallback(connection, on_close, mom_virt_sink_ref(sink),
                                                  release_sink) < 0)
        mom_virt_sink_unref(sink);
    for (int i = 0; i < N_EVENTS; i++) {
        sink->ids[i] =
            virConnectDomainEventRegisterAny(connection, NULL, events[i].id, events[i].callback,
                                             mom_virt_sink_ref(sink), release_sink);
        if (sink->ids[i] < 0)
            mom_virt_sink_unref(sink);
    }
    virResetLastError();
}

void
mom_virt_sink_detach(MomVirtSink *sink, virConnectPtr connection)
{
    for (int i = 0; i < N_EVENTS; i++) {
        if (sink->ids[i] >= 0)
            virConnectDomainEventDeregisterAny(connection, sink->ids[i]);
        sink->ids[i] = -1;
    }
    virConnectUnregisterCloseCallback(connection, on_close);
    virResetLastError();
}
