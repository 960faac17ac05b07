/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See poller.h.  A guest is idle, queued, or asked; the queue is first come, first served.
 *
 * Time is the clock's: a question's patience is a timer, when to ask next is looked at when the
 * poller is tended.
 */
#define G_LOG_DOMAIN "mom.Poller"

#include "agent/pollers/poller.h"

#include "agent/hypervisor/source.h"

typedef enum {
    IDLE,
    QUEUED,
    ASKED,
} State;

typedef struct {
    MomProbeGuest who;
    MomPoller *poller;
    State state;
    gint64 asked_us;
    gint64 due_us;
    guint failures; /* since it last answered */
    guint timer;    /* of the question under way */
    guint seen;     /* the tending that last named it */
} Guest;

struct MomPoller {
    MomProbe *probe;
    MomAnswers *answers;
    MomClock *clock;
    gint64 interval_us;
    gint64 patience_us;
    guint at_once;
    GHashTable *guests; /* uuid of the guest -> Guest, owned */
    GQueue queue;       /* of Guest*, borrowed */
    guint under_way;
    guint tending;
    MomPollerDistress distress; /* NULL: nobody wants to know */
    gpointer distress_data;
};

static void begin_questions(MomPoller *poller);

static void
guest_free(gpointer data)
{
    Guest *guest = data;

    g_free(guest->who.uuid);
    g_free(guest->who.name);
    g_free(guest);
}

/* ---- one question ---- */

/* A guest without an agent stays so, mostly: it must not cost what one with an agent does. */
static gint64
pause_us(const MomPoller *poller, const Guest *guest)
{
    gint64 pause = poller->interval_us;

    for (guint i = 1; i < guest->failures && pause < MOM_POLLER_MAX_PAUSE_US; i++)
        pause *= 2;
    return MAX(MIN(pause, MOM_POLLER_MAX_PAUSE_US), poller->interval_us);
}

static void
end_question(Guest *guest)
{
    MomPoller *poller = guest->poller;

    mom_clock_cancel(poller->clock, guest->timer);
    guest->timer = 0;
    guest->state = IDLE;
    poller->under_way--;
}

static void
note_failure(Guest *guest, const char *why)
{
    MomPoller *poller = guest->poller;

    guest->failures++;
    guest->due_us = mom_clock_now_us(poller->clock) + pause_us(poller, guest);
    mom_answers_put_failure(poller->answers, poller->probe->klass->source, guest->who.uuid, why);
    g_debug("guest %s: %s: %s", guest->who.name, poller->probe->klass->name, why);
}

static void
answered(const MomAnswer *answer, const GError *error, gpointer data)
{
    Guest *guest = data;
    MomPoller *poller = guest->poller;

    end_question(guest);
    if (answer) {
        guest->failures = 0;
        guest->due_us = guest->asked_us + poller->interval_us;
        mom_answers_put(poller->answers, poller->probe->klass->source, guest->who.uuid, answer,
                        mom_clock_now_us(poller->clock));
    } else {
        note_failure(guest, error->message);
    }
    begin_questions(poller);
}

/* It goes on being asked as before. */
static void
told(const MomProbeGuest *who, const MomAnswer *answer, gpointer data)
{
    MomPoller *poller = data;

    mom_answers_put(poller->answers, poller->probe->klass->source, who->uuid, answer,
                    mom_clock_now_us(poller->clock));
    if (poller->distress)
        poller->distress(who->uuid, poller->distress_data);
}

static void
took_too_long(gpointer data)
{
    Guest *guest = data;
    MomPoller *poller = guest->poller;

    guest->timer = 0;
    guest->state = IDLE;
    poller->under_way--;
    poller->probe->klass->leave(poller->probe, &guest->who);
    note_failure(guest, "no answer in time");
    begin_questions(poller);
}

static void
begin_questions(MomPoller *poller)
{
    while (poller->under_way < poller->at_once && !g_queue_is_empty(&poller->queue)) {
        Guest *guest = g_queue_pop_head(&poller->queue);

        guest->state = ASKED;
        guest->asked_us = mom_clock_now_us(poller->clock);
        guest->timer = mom_clock_after(poller->clock, poller->patience_us, took_too_long, guest);
        poller->under_way++;
        poller->probe->klass->ask(poller->probe, &guest->who, answered, guest);
    }
}

/* ---- who there is ---- */

static void
leave_guest(Guest *guest)
{
    if (guest->state == ASKED)
        end_question(guest);
    else if (guest->state == QUEUED)
        g_queue_remove(&guest->poller->queue, guest);
    guest->state = IDLE;
    guest->poller->probe->klass->leave(guest->poller->probe, &guest->who);
}

static Guest *
add_guest(MomPoller *poller, const MomGuestData *data)
{
    Guest *guest = g_new0(Guest, 1);

    guest->poller = poller;
    guest->who.uuid = g_strdup(data->uuid);
    guest->due_us = mom_clock_now_us(poller->clock);
    g_hash_table_insert(poller->guests, guest->who.uuid, guest);
    return guest;
}

static gint64
number_or_zero(MomValue v)
{
    gint64 number;

    return mom_value_to_int(v, &number) ? number : 0;
}

static gboolean
is_another_process(const Guest *guest, const MomProbeGuest *now)
{
    return guest->who.pid && now->pid && guest->who.pid != now->pid;
}

static gboolean
is_changed(const Guest *guest, const MomProbeGuest *now)
{
    return guest->who.name &&
           (g_strcmp0(guest->who.name, now->name) != 0 ||
            (now->vsock_cid && guest->who.vsock_cid != now->vsock_cid) ||
            (!mom_value_is_nil(guest->who.agent_connected) &&
             !mom_value_is_nil(now->agent_connected) &&
             !mom_value_equal(guest->who.agent_connected, now->agent_connected)));
}

static void
leave_for_now(Guest *guest)
{
    leave_guest(guest);
    guest->failures = 0;
    guest->due_us = mom_clock_now_us(guest->poller->clock);
}

/* The way to it may lead to another guest by now. */
static void
forget_former_run(Guest *guest)
{
    MomPoller *poller = guest->poller;

    leave_for_now(guest);
    guest->who.vsock_cid = 0;
    guest->who.agent_connected = MOM_NIL;
    mom_answers_forget(poller->answers, poller->probe->klass->source, guest->who.uuid);
}

/* One that was started anew, or is reached otherwise, is asked as if it were new.  What is not told
 * of it, as of one that hangs, is as it was. */
static void
update_guest(Guest *guest, const MomGuestData *data)
{
    const MomProbeGuest now = {
        .name = data->name,
        .pid = number_or_zero(data->pid),
        .vsock_cid = number_or_zero(data->vsock_cid),
        .agent_connected = data->agent_connected,
    };

    if (is_another_process(guest, &now))
        forget_former_run(guest);
    else if (is_changed(guest, &now))
        leave_for_now(guest);
    if (g_strcmp0(guest->who.name, now.name) != 0) {
        g_free(guest->who.name);
        guest->who.name = g_strdup(now.name);
    }
    guest->who.pid = now.pid ? now.pid : guest->who.pid;
    guest->who.vsock_cid = now.vsock_cid ? now.vsock_cid : guest->who.vsock_cid;
    if (!mom_value_is_nil(now.agent_connected))
        guest->who.agent_connected = now.agent_connected;
}

/* A tenth is for timers that ring a little early, as in agent/engine/monitor.c. */
static gboolean
is_due(const MomPoller *poller, const Guest *guest)
{
    return guest->state == IDLE &&
           mom_clock_now_us(poller->clock) >= guest->due_us - poller->interval_us / 10;
}

static void
tend_guest(MomPoller *poller, const MomGuestData *data)
{
    Guest *guest;

    if (!data->uuid || !data->name)
        return;
    guest = g_hash_table_lookup(poller->guests, data->uuid);
    if (!guest)
        guest = add_guest(poller, data);
    else if (guest->seen == poller->tending)
        return; /* reported twice */
    guest->seen = poller->tending;
    update_guest(guest, data);
    if (is_due(poller, guest)) {
        guest->state = QUEUED;
        g_queue_push_tail(&poller->queue, guest);
    }
}

static void
drop_unseen(MomPoller *poller)
{
    GHashTableIter iter;
    Guest *guest;

    g_hash_table_iter_init(&iter, poller->guests);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&guest)) {
        if (guest->seen == poller->tending)
            continue;
        leave_guest(guest);
        mom_answers_forget(poller->answers, poller->probe->klass->source, guest->who.uuid);
        g_hash_table_iter_remove(&iter);
    }
}

void
mom_poller_tend(MomPoller *poller, GPtrArray *guests)
{
    poller->tending++;
    for (guint i = 0; i < guests->len; i++)
        tend_guest(poller, g_ptr_array_index(guests, i));
    drop_unseen(poller);
    begin_questions(poller);
}

/* ---- poller ---- */

MomPoller *
mom_poller_new(const MomPollerOptions *options)
{
    MomPoller *poller = g_new0(MomPoller, 1);

    poller->probe = options->probe;
    poller->answers = options->answers;
    poller->clock = options->clock;
    poller->interval_us = options->interval_us;
    poller->patience_us = options->patience_us ? options->patience_us : MOM_POLLER_PATIENCE_US;
    poller->at_once = options->at_once ? options->at_once : MOM_POLLER_AT_ONCE;
    poller->distress = options->distress;
    poller->distress_data = options->distress_data;
    poller->probe->told = told;
    poller->probe->told_data = poller;
    poller->guests = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, guest_free);
    g_queue_init(&poller->queue);
    return poller;
}

void
mom_poller_free(MomPoller *poller)
{
    GHashTableIter iter;
    Guest *guest;

    if (!poller)
        return;
    poller->probe->klass->free(poller->probe);
    g_hash_table_iter_init(&iter, poller->guests);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&guest))
        if (guest->state == ASKED)
            mom_clock_cancel(poller->clock, guest->timer);
    g_queue_clear(&poller->queue);
    g_hash_table_unref(poller->guests);
    g_free(poller);
}

void
mom_poller_set_interval(MomPoller *poller, gint64 interval_us)
{
    poller->interval_us = interval_us;
}

MomPollerCount
mom_poller_count(const MomPoller *poller)
{
    MomPollerCount count = {.under_way = poller->under_way};
    GHashTableIter iter;
    Guest *guest;

    g_hash_table_iter_init(&iter, poller->guests);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&guest)) {
        count.guests++;
        count.silent += guest->failures > 0 ? 1 : 0;
    }
    return count;
}
