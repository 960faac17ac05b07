/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Events of guests, and the sink that carries them from libvirt to the main loop.
 *
 * libvirt calls back in whichever thread runs its event loop and may do so while a connection is
 * being given up.  The sink outlives both sides and is cut off by its owner: after that nothing
 * comes. Events are hints: truth is what a call reads afterwards.
 */
#pragma once

#include "libvirt-client/autoptr.h"

typedef enum {
    MOM_VIRT_EVENT_STARTED,
    MOM_VIRT_EVENT_STOPPED,
    MOM_VIRT_EVENT_PAUSED,
    MOM_VIRT_EVENT_RESUMED,
    MOM_VIRT_EVENT_CHANGED, /* definition, metadata, tuning, devices or its agent: what is cached
                             * may be stale */
    MOM_VIRT_EVENT_LOST,    /* the connection ended; no guest */
} MomVirtEventKind;

/* UUID and NAME are borrowed for the call, and NULL if the event is of no guest. */
typedef void (*MomVirtEventFunc)(MomVirtEventKind kind,
                                 const char *uuid,
                                 const char *name,
                                 gpointer data);

typedef struct MomVirtSink MomVirtSink;

/* A sink that calls FUNC in the main context that is the thread's default now. */
MomVirtSink *mom_virt_sink_new(MomVirtEventFunc func, gpointer data);
MomVirtSink *mom_virt_sink_ref(MomVirtSink *sink);
void mom_virt_sink_unref(MomVirtSink *sink);
/* No call of FUNC after this; in the context's thread. */
void mom_virt_sink_cut(MomVirtSink *sink);

/* Registers SINK for the end of CONNECTION and for its guests' events, as far as the driver has
 * them; to be undone before the connection is closed, because each registration holds it.  Both in
 * the worker. */
void mom_virt_sink_attach(MomVirtSink *sink, virConnectPtr connection, gboolean remote);
void mom_virt_sink_detach(MomVirtSink *sink, virConnectPtr connection);
