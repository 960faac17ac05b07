/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See hypervisor-joined.h.
 *
 * A sample asks up to two sources at once and is answered when both have answered, or when the
 * second is no longer waited for.  What comes from that one later counts for the next sample.
 */
#define G_LOG_DOMAIN "mom.libvirtInterface"

#include "agent/hypervisor/hypervisor-joined.h"

#include "agent/hypervisor/joined-guest.h"

typedef enum {
    NOT_KNOWN, /* libvirt has not been heard yet: worth waiting for */
    LIVE,      /* its last answer was one, and in time */
    AWAY,      /* it was none: vdsm's numbers are used, and nobody waits */
} State;

typedef struct {
    MomJoinedGuest *numbers;
    gboolean seen;
    gint64 since_us; /* of a guest that vdsm does not list: since when; 0: it does */
    gboolean told;
} Guest;

struct MomHypervisorJoined {
    MomSource source;
    MomHypervisorJoinedOptions options;

    MomSourceDone done; /* NULL: no sample is under way */
    gpointer done_data;
    gboolean list_asked; /* in this sample */
    gboolean list_pending;
    gboolean list_wrong; /* it may be */
    GPtrArray *list;     /* of MomGuestData; NULL: none yet */
    gint64 listed_us;

    State state;
    gboolean was_live;
    gboolean numbers_pending;
    gint64 numbers_asked_us;
    guint timer;        /* while they are waited for, or 0 */
    GHashTable *guests; /* uuid -> Guest, of all that libvirt told */
};

static void
guest_free(gpointer data)
{
    Guest *guest = data;

    mom_joined_guest_free(guest->numbers);
    g_free(guest);
}

static gint64
now_us(const MomHypervisorJoined *self)
{
    return mom_clock_now_us(self->options.clock);
}

/* ---- libvirt's numbers ---- */

static void
become_live(MomHypervisorJoined *self)
{
    if (self->state == LIVE)
        return;
    g_info("The guests' memory is read from libvirt%s", self->was_live ? " again" : "");
    if (self->state == AWAY && !self->done && self->options.live)
        self->options.live(self->options.data);
    self->state = LIVE;
    self->was_live = TRUE;
}

static void
become_away(MomHypervisorJoined *self, const char *why)
{
    GLogLevelFlags level =
        self->was_live || self->options.is_wanted ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_INFO;

    if (self->state == AWAY)
        return;
    self->state = AWAY;
    g_log_structured(G_LOG_DOMAIN, level, "MESSAGE",
                     "The guests' memory is read through %s alone, which looks at them every 15 s "
                     "only: %s",
                     self->options.list->klass->name, why);
}

static Guest *
guest_of(MomHypervisorJoined *self, const char *uuid, gboolean *is_new)
{
    Guest *guest = g_hash_table_lookup(self->guests, uuid);

    if (!guest) {
        guest = g_new0(Guest, 1);
        guest->numbers = mom_joined_guest_new();
        g_hash_table_insert(self->guests, g_strdup(uuid), guest);
        *is_new = TRUE;
    }
    return guest;
}

static gboolean
is_unseen(gpointer uuid, gpointer value, gpointer data)
{
    Guest *guest = value;
    gboolean unseen = !guest->seen;

    guest->seen = FALSE;
    return unseen;
}

/* Guests that came or went are on the list's other side soon, or already. */
static void
take_numbers(MomHypervisorJoined *self, const GPtrArray *told)
{
    gboolean is_first = g_hash_table_size(self->guests) == 0;
    gboolean changed = FALSE;

    for (guint i = 0; i < told->len; i++) {
        const MomGuestData *data = g_ptr_array_index(told, i);
        Guest *guest = guest_of(self, data->uuid, &changed);

        guest->seen = TRUE;
        mom_joined_guest_take(guest->numbers, data, now_us(self));
    }
    changed |= g_hash_table_foreach_remove(self->guests, is_unseen, NULL) > 0;
    self->list_wrong = self->list_wrong || (changed && !is_first);
}

static void finish_if_ready(MomHypervisorJoined *self);

static void
stop_waiting(MomHypervisorJoined *self)
{
    if (self->timer) {
        mom_clock_cancel(self->options.clock, self->timer);
        self->timer = 0;
    }
}

static void
on_numbers(GPtrArray *guests, const GError *error, gpointer data)
{
    MomHypervisorJoined *self = data;

    self->numbers_pending = FALSE;
    stop_waiting(self);
    if (!guests) {
        become_away(self, error->message);
    } else {
        take_numbers(self, guests);
        /* What takes so long each time would only hold up the cycle. */
        if (now_us(self) - self->numbers_asked_us < MOM_JOINED_PATIENCE_US)
            become_live(self);
    }
    finish_if_ready(self);
}

static void
on_timer(gpointer data)
{
    MomHypervisorJoined *self = data;

    self->timer = 0;
    become_away(self, "libvirt has not answered in time");
    finish_if_ready(self);
}

static void
ask_numbers(MomHypervisorJoined *self)
{
    if (self->numbers_pending)
        return;
    self->numbers_pending = TRUE;
    self->numbers_asked_us = now_us(self);
    if (self->state != AWAY)
        self->timer = mom_clock_after(self->options.clock, MOM_JOINED_PATIENCE_US, on_timer, self);
    self->options.numbers->klass->sample(self->options.numbers, on_numbers, self);
}

/* ---- vdsm's list ---- */

static void
finish(MomHypervisorJoined *self, GPtrArray *guests, const GError *error)
{
    MomSourceDone done = self->done;

    self->done = NULL;
    done(guests, error, self->done_data);
}

static void
on_list(GPtrArray *guests, const GError *error, gpointer data)
{
    MomHypervisorJoined *self = data;

    self->list_pending = FALSE;
    if (!guests) {
        /* Of a list that could not be had the old one is no substitute. */
        self->list_wrong = TRUE;
        finish(self, NULL, error);
        return;
    }
    g_clear_pointer(&self->list, g_ptr_array_unref);
    self->list = g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);
    for (guint i = 0; i < guests->len; i++)
        g_ptr_array_add(self->list, mom_guest_data_copy(g_ptr_array_index(guests, i)));
    self->listed_us = now_us(self);
    finish_if_ready(self);
}

static void
ask_list(MomHypervisorJoined *self)
{
    self->list_asked = TRUE;
    self->list_pending = TRUE;
    self->list_wrong = FALSE;
    self->options.list->klass->sample(self->options.list, on_list, self);
}

/* A tenth is for timers that ring a little early. */
static gboolean
needs_list(const MomHypervisorJoined *self)
{
    gint64 lasts_us = self->options.list_lasts_us - self->options.list_lasts_us / 10;

    return !self->list || self->list_wrong || self->state == AWAY ||
           now_us(self) - self->listed_us >= lasts_us;
}

/* ---- both ---- */

/* A guest that vdsm does not list is nobody's business of ours; whoever wonders why it is not
 * managed finds one line. */
static void
note_stranger(MomHypervisorJoined *self, const char *uuid, Guest *guest)
{
    if (guest->since_us == 0)
        guest->since_us = now_us(self);
    if (guest->told || now_us(self) - guest->since_us < MOM_JOINED_STRANGER_US)
        return;
    guest->told = TRUE;
    g_info("Guest %s runs under libvirt, and %s does not list it as up: it is not managed", uuid,
           self->options.list->klass->name);
}

static void
note_strangers(MomHypervisorJoined *self)
{
    g_autoptr(GHashTable) listed = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iter;
    gpointer uuid, guest;

    for (guint i = 0; i < self->list->len; i++) {
        const MomGuestData *data = g_ptr_array_index(self->list, i);

        if (data->uuid)
            g_hash_table_add(listed, data->uuid);
    }
    g_hash_table_iter_init(&iter, self->guests);
    while (g_hash_table_iter_next(&iter, &uuid, &guest))
        if (g_hash_table_contains(listed, uuid))
            ((Guest *)guest)->since_us = 0;
        else
            note_stranger(self, uuid, guest);
}

static MomGuestData *
join(MomHypervisorJoined *self, const MomGuestData *listed)
{
    const Guest *known = listed->uuid ? g_hash_table_lookup(self->guests, listed->uuid) : NULL;
    const MomJoinedGuest *numbers = known ? known->numbers : NULL;

    return self->state == LIVE && listed->uuid
               ? mom_joined_guest_join(numbers, listed, now_us(self))
               : mom_joined_guest_without(numbers, listed);
}

static void
finish_if_ready(MomHypervisorJoined *self)
{
    g_autoptr(GPtrArray) guests = NULL;

    if (!self->done || self->list_pending || (self->numbers_pending && self->state != AWAY))
        return;
    if (!self->list_asked && needs_list(self)) {
        ask_list(self);
        return;
    }
    if (self->state == LIVE)
        note_strangers(self);
    guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);
    for (guint i = 0; i < self->list->len; i++) {
        MomGuestData *listed = g_ptr_array_index(self->list, i);

        listed->data_age_s = mom_value_int((now_us(self) - self->listed_us) / G_USEC_PER_SEC);
        g_ptr_array_add(guests, join(self, listed));
    }
    finish(self, guests, NULL);
}

static MomHypervisorJoined *
from_source(MomSource *source)
{
    return (MomHypervisorJoined *)source; /* its first member */
}

static void
sample(MomSource *source, MomSourceDone done, gpointer data)
{
    MomHypervisorJoined *self = from_source(source);

    self->done = done;
    self->done_data = data;
    self->list_asked = FALSE;
    ask_numbers(self);
    /* One that answers at once may have ended the sample. */
    if (self->done && !self->list_asked && needs_list(self))
        ask_list(self);
}

static const char *
data_source(MomSource *source)
{
    const MomHypervisorJoined *self = from_source(source);

    return (self->state == LIVE ? self->options.numbers : self->options.list)->klass->name;
}

static gboolean
is_live(MomSource *source)
{
    return from_source(source)->state == LIVE;
}

static const MomSourceClass source_class = {
    .sample = sample,
    .name = "vdsm",
    .data_source = data_source,
    .is_live = is_live,
};

/* ---- life ---- */

MomHypervisorJoined *
mom_hypervisor_joined_new(const MomHypervisorJoinedOptions *options)
{
    MomHypervisorJoined *self = g_new0(MomHypervisorJoined, 1);

    self->source.klass = &source_class;
    self->options = *options;
    self->guests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, guest_free);
    mom_hypervisor_joined_set_list_lasts(self, options->list_lasts_us);
    return self;
}

void
mom_hypervisor_joined_free(MomHypervisorJoined *self)
{
    if (!self)
        return;
    stop_waiting(self);
    g_clear_pointer(&self->list, g_ptr_array_unref);
    g_hash_table_unref(self->guests);
    g_free(self);
}

MomSource *
mom_hypervisor_joined_source(MomHypervisorJoined *self)
{
    return &self->source;
}

void
mom_hypervisor_joined_renew_list(MomHypervisorJoined *self)
{
    self->list_wrong = TRUE;
}

void
mom_hypervisor_joined_set_list_lasts(MomHypervisorJoined *self, gint64 us)
{
    self->options.list_lasts_us = MAX(us, MOM_JOINED_LIST_LEAST_US);
}
