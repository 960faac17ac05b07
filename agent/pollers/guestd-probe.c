/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See guestd-probe.h.  One guest: find its address, open a link, ask; the link stays.
 *
 * A link that was good may have been closed by a daemon that nobody asked for long (the reference's
 * does so after ten seconds), so a question that meets that is asked once more over a new one.
 */
#include "agent/pollers/guestd-probe.h"

#include "agent/guestd/protocol.h"
#include "agent/pollers/guestd-link.h"
#include "agent/pollers/guestd-answer.h"
#include "agent/pollers/helper.h"

#include <string.h>

typedef struct {
    MomProbe base;
    char *helper; /* NULL: there is none */
    guint16 port;
    gboolean vsock;
    const MomTrust *trust;
    MomClock *clock;
    GHashTable *guests; /* uuid of the guest -> Guest */
} Probe;

typedef struct {
    Probe *probe;
    const MomProbeGuest *who;
    MomProbeDone done; /* NULL: no question is under way */
    gpointer data;
    guint failing; /* a source that will tell `failure` */
    GError *failure;
    MomHelper *lookup; /* NULL: none under way */
    gboolean has_address;
    MomGuestAddress address;
    MomGuestdLink *link;
    gboolean proven; /* this link has brought an answer */
    gboolean asked_to_watch;
    gboolean watching;
    gboolean by_cid; /* `address` is its context id */
    gboolean deaf;   /* it said too much, or hung up when it was asked to: not listened to */
    guint excess;    /* lines that nobody waited for, since one was told */
    gint64 told_us;  /* when it last told of distress; 0: never */
} Guest;

/* ---- the end of a question ---- */

static void
finish(Guest *guest, const MomAnswer *answer, const GError *error)
{
    MomProbeDone done = guest->done;

    guest->done = NULL;
    if (done)
        done(answer, error, guest->data);
}

/* What was learnt of the peer over this link is forgotten with it. */
static void
drop_link(Guest *guest)
{
    mom_guestd_link_close(guest->link);
    guest->proven = FALSE;
    guest->asked_to_watch = FALSE;
    guest->watching = FALSE;
}

static gboolean
tell_failure(gpointer data)
{
    Guest *guest = data;
    g_autoptr(GError) failure = g_steal_pointer(&guest->failure);

    guest->failing = 0;
    finish(guest, NULL, failure);
    return G_SOURCE_REMOVE;
}

/* From within `ask`, which is to come back first. FAILURE is taken over. */
static void
fail_later(Guest *guest, GError *failure)
{
    guest->failure = failure;
    guest->failing = g_idle_add(tell_failure, guest);
}

/* ---- lines ---- */

static void
take_answer(Guest *guest, const char *line)
{
    g_autoptr(GError) error = NULL;
    MomAnswer answer;
    gint64 version;

    if (!mom_guestd_answer_parse(line, &answer)) {
        drop_link(guest);
        g_set_error_literal(&error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            "what the guest answers is no answer of mom-guestd");
        finish(guest, NULL, error);
        return;
    }
    guest->proven = TRUE;
    if (!guest->asked_to_watch && !guest->deaf &&
        mom_value_to_int(answer.number[MOM_GUESTD_VERSION], &version)) {
        guest->asked_to_watch = TRUE;
        mom_guestd_link_send(guest->link, MOM_GUESTD_WATCH);
    }
    finish(guest, &answer, NULL);
}

/* A line that nobody waits for: each costs the main loop a turn, so there is an end to them.  A
 * question that is under way is asked over a new link, but only once: the next may be no better. */
static void
pass_over(Guest *guest)
{
    gboolean was_deaf = guest->deaf;
    g_autoptr(GError) error = NULL;

    if (++guest->excess <= MOM_GUESTD_MAX_EXCESS)
        return;
    g_debug("guest %s says what nobody has asked for: not listened to any more", guest->who->name);
    guest->deaf = TRUE;
    drop_link(guest);
    if (guest->done && !was_deaf) {
        mom_guestd_link_open(guest->link, &guest->address);
        return;
    }
    g_set_error_literal(&error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "the guest says again and again what nobody has asked for");
    finish(guest, NULL, error);
}

/* FALSE: it is too early for another one. */
static gboolean
may_cry(Guest *guest)
{
    gint64 now_us = mom_clock_now_us(guest->probe->clock);

    if (guest->told_us && now_us - guest->told_us < MOM_GUESTD_DISTRESS_SPACING_US)
        return FALSE;
    guest->told_us = now_us;
    guest->excess = 0;
    return TRUE;
}

static void
take_distress(Guest *guest, const char *line)
{
    MomProbe *base = &guest->probe->base;
    MomAnswer answer;

    if (guest->watching && mom_guestd_answer_parse(line, &answer) && may_cry(guest))
        base->told(guest->who, &answer, base->told_data);
    else
        pass_over(guest);
}

static void
on_line(const char *line, gpointer data)
{
    Guest *guest = data;

    if (g_str_has_prefix(line, MOM_GUESTD_DISTRESS))
        take_distress(guest, line + strlen(MOM_GUESTD_DISTRESS));
    else if (guest->watching && g_str_equal(line, MOM_GUESTD_WATCHING))
        pass_over(guest);
    else if (guest->asked_to_watch && g_str_equal(line, MOM_GUESTD_WATCHING))
        guest->watching = TRUE;
    else if (guest->done)
        take_answer(guest, line);
    else
        drop_link(guest); /* nobody asked */
}

/* ---- the way to it ---- */

static void
on_opened(gpointer data)
{
    Guest *guest = data;

    mom_guestd_link_send(guest->link, MOM_GUESTD_STATS);
}

static void look_up(Guest *guest);

/* Which way is to be gone now that a link is closed. FALSE: there is none. */
static gboolean
try_again(Guest *guest, gboolean was_proven)
{
    if (was_proven)
        mom_guestd_link_open(guest->link, &guest->address);
    else if (guest->by_cid && guest->probe->helper)
        look_up(guest); /* a guest with vsock may have a daemon that knows TCP only */
    else
        return FALSE;
    return TRUE;
}

static void
on_closed(const GError *error, gpointer data)
{
    Guest *guest = data;
    gboolean was_proven = guest->proven;

    guest->deaf = guest->deaf || (guest->asked_to_watch && !guest->watching);
    drop_link(guest);
    /* One that never answered is looked for anew. */
    guest->has_address = was_proven;
    if (!guest->done || !try_again(guest, was_proven))
        finish(guest, NULL, error);
}

static const MomGuestdLinkFuncs link_funcs = {on_opened, on_line, on_closed};

static void
open_link(Guest *guest, gboolean by_cid)
{
    guest->has_address = TRUE;
    guest->by_cid = by_cid;
    mom_guestd_link_open(guest->link, &guest->address);
}

static void
looked_up(const char *output, const GError *error, gpointer data)
{
    Guest *guest = data;
    g_autoptr(GError) none = NULL;

    guest->lookup = NULL;
    if (output && mom_guest_address_find(&guest->address, output, guest->probe->port)) {
        open_link(guest, FALSE);
        return;
    }
    none = error ? g_error_copy(error)
                 : g_error_new(G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s printed no address for it",
                               guest->probe->helper);
    finish(guest, NULL, none);
}

static void
look_up(Guest *guest)
{
    GError *error = NULL;

    if (!guest->probe->helper)
        g_set_error_literal(&error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                            "no address is known: the guest has no vsock device, and there is no "
                            "name-to-ip-helper");
    else
        guest->lookup = mom_helper_run(guest->probe->helper, guest->who->name, guest->probe->trust,
                                       looked_up, guest, &error);
    if (error)
        fail_later(guest, error);
}

/* ---- the probe ---- */

static void
guest_free(gpointer data)
{
    Guest *guest = data;

    g_clear_handle_id(&guest->failing, g_source_remove);
    g_clear_error(&guest->failure);
    if (guest->lookup)
        mom_helper_end(guest->lookup);
    mom_guestd_link_free(guest->link);
    g_free(guest);
}

static Guest *
find_guest(Probe *probe, const MomProbeGuest *who)
{
    Guest *guest = g_hash_table_lookup(probe->guests, who->uuid);

    if (!guest) {
        guest = g_new0(Guest, 1);
        guest->probe = probe;
        guest->who = who;
        guest->link = mom_guestd_link_new(&link_funcs, guest);
        g_hash_table_insert(probe->guests, g_strdup(who->uuid), guest);
    }
    return guest;
}

static void
ask(MomProbe *self, const MomProbeGuest *who, MomProbeDone done, gpointer data)
{
    Probe *probe = (Probe *)self;
    Guest *guest = find_guest(probe, who);

    guest->done = done;
    guest->data = data;
    if (mom_guestd_link_is_open(guest->link)) {
        mom_guestd_link_send(guest->link, MOM_GUESTD_STATS);
        return;
    }
    drop_link(guest);
    if (guest->has_address) {
        mom_guestd_link_open(guest->link, &guest->address);
    } else if (probe->vsock && who->vsock_cid > 0 && who->vsock_cid < G_MAXUINT32) {
        mom_guest_address_vsock(&guest->address, (guint32)who->vsock_cid, probe->port);
        open_link(guest, TRUE);
    } else {
        look_up(guest);
    }
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
    g_free(probe->helper);
    g_free(probe);
}

static const MomProbeClass probe_class = {
    .name = "mom-guestd",
    .source = MOM_SLOW_GUESTD,
    .ask = ask,
    .leave = leave,
    .free = probe_free,
};

MomProbe *
mom_guestd_probe_new(const MomGuestdProbeOptions *options)
{
    Probe *probe = g_new0(Probe, 1);

    probe->base.klass = &probe_class;
    probe->helper = g_strdup(options->helper);
    probe->port = options->port;
    probe->vsock = options->vsock;
    probe->trust = options->trust;
    probe->clock = options->clock;
    probe->guests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, guest_free);
    return &probe->base;
}
