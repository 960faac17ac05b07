/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See hypervisor-failover.h.
 *
 * Whoever asks us has at most one question open.  Each interface has at most one of ours, which
 * need not be the same: while the secondary is in force the primary is asked beside it, to see
 * whether it is there, and a primary that does not answer at all is not waited for.  Sides change
 * only at a question, never within an answer of the side that is left.
 */
#define G_LOG_DOMAIN "mom.Failover"

#include "agent/hypervisor/hypervisor-failover.h"

#include "agent/fault.h"
#include "agent/hypervisor/known-guests.h"
#include "agent/hypervisor/return-hold.h"
#include "agent/hypervisor/switched-actuator.h"

typedef enum {
    PRIMARY,
    SECONDARY,
} Side;

#define N_SIDES 2

/* A question that is due when the secondary is to be asked may come this much early. */
#define SLACK_US (G_USEC_PER_SEC / 2)

struct MomHypervisorFailover {
    MomSource source;
    MomSwitchedActuator *actuator;
    MomHypervisorFailoverOptions options;
    Side in_force;
    gboolean closed;
    gboolean hurries; /* see mom_hypervisor_failover_hurry */

    MomSourceDone done; /* the question to us, or NULL */
    gpointer done_data;
    gboolean asked[N_SIDES]; /* one of ours is open */
    gboolean second_wanted;  /* the question to us is for the secondary to answer */
    gboolean awake;          /* the secondary was asked since it last rested */

    gint64 primary_asked_us; /* when it was last asked */
    guint patience;          /* the timer of a question that the primary leaves open */
    GError *why;             /* it gives no data; NULL: it does, as far as is known */
    gint64 away_us;          /* since when, if there is WHY */
    gint64 back_us;          /* since when it has answered, if there is none */
    gboolean all_in;         /* its last answer had all guests */
    gboolean secondary_fails;
    gboolean grace;      /* no decision was made over what the primary told since its return */
    gboolean told_since; /* it has told something since */
    MomReturnHold hold;
    MomKnownGuests *known;

    MomFault no_secondary; /* it cannot stand in; told once */
    char *note;            /* see `note` of the source */
};

static gint64
now_us(const MomHypervisorFailover *self)
{
    return mom_clock_now_us(self->options.clock);
}

static MomHypervisorPair *
pair_of(MomHypervisorFailover *self, Side side)
{
    return side == PRIMARY ? &self->options.primary : &self->options.secondary;
}

static const char *
name_of(const MomHypervisorFailover *self, Side side)
{
    return mom_source_name(side == PRIMARY ? self->options.primary.source
                                           : self->options.secondary.source);
}

static void
finish(MomHypervisorFailover *self, GPtrArray *guests, const GError *error)
{
    MomSourceDone done = self->done;

    self->done = NULL;
    if (done)
        done(guests, error, self->done_data);
}

/* ---- from one side to the other ---- */

/* What comes of changes under way will not be heard. */
static void
put_in_force(MomHypervisorFailover *self, Side side)
{
    g_autofree char *why = g_strdup_printf("%s had not answered when it was given up, and may have "
                                           "done it or not",
                                           name_of(self, self->in_force));

    mom_switched_actuator_switch(self->actuator, pair_of(self, side)->actuator, why);
    self->in_force = side;
    self->grace = side == PRIMARY;
    self->told_since = FALSE;
    self->secondary_fails = FALSE;
    if (self->options.changed)
        self->options.changed(self->options.data);
}

static void
stand_in(MomHypervisorFailover *self)
{
    const char *first = name_of(self, PRIMARY), *second = name_of(self, SECONDARY);

    mom_return_hold_away(&self->hold, now_us(self));
    mom_fault_clear(&self->no_secondary);
    g_warning("%s has told nothing of its guests for %" G_GINT64_FORMAT
              " s: they are read and tuned through %s until it does: %s",
              first, (now_us(self) - self->away_us) / G_USEC_PER_SEC, second, self->why->message);
    put_in_force(self, SECONDARY);
}

static void
take_back(MomHypervisorFailover *self)
{
    const char *first = name_of(self, PRIMARY), *second = name_of(self, SECONDARY);

    mom_return_hold_back(&self->hold, now_us(self));
    mom_known_guests_pause(self->known);
    if (self->options.fallback_after_us > 0) {
        g_info("%s is back: guests are read and tuned through it again, and no more through %s",
               first, second);
    } else {
        g_info("%s stands in no more: guests are read and tuned through %s", second, first);
    }
    put_in_force(self, PRIMARY);
}

/* Not while it owes an answer: that would come in the middle of this. */
static void
let_secondary_rest(MomHypervisorFailover *self)
{
    if (!self->awake || self->asked[SECONDARY])
        return;
    self->awake = FALSE;
    if (self->options.rest)
        self->options.rest(self->options.data);
}

/* Changes that the secondary has not answered are waited for: they end by its time-outs. */
static gboolean
may_take_back(const MomHypervisorFailover *self)
{
    gint64 answers_us = now_us(self) - self->back_us;

    if (self->options.fallback_after_us == 0)
        return TRUE;
    if (self->why || self->asked[PRIMARY])
        return FALSE;
    if (self->secondary_fails)
        return TRUE;
    return mom_switched_actuator_pending(self->actuator) == 0 &&
           answers_us >= mom_return_hold_us(&self->hold) &&
           (self->all_in || answers_us >= MOM_FAILOVER_RECOVERY_US);
}

/* ---- asking the secondary ---- */

static void
finish_with_nobody(MomHypervisorFailover *self, const GError *secondary_error)
{
    g_autofree char *message =
        g_strdup_printf("%s cannot stand in for %s, which is waited for: %s",
                        name_of(self, SECONDARY), name_of(self, PRIMARY), secondary_error->message);

    if (!mom_fault_same_gist(self->no_secondary.message, message))
        g_info("%s", message);
    mom_fault_raise_silently(&self->no_secondary, message);
    finish(self, NULL, self->why);
}

static void
secondary_failed(MomHypervisorFailover *self, const GError *error)
{
    if (self->in_force == PRIMARY) {
        finish_with_nobody(self, error);
        return;
    }
    self->secondary_fails = TRUE;
    finish(self, NULL, error);
}

static void
secondary_done(GPtrArray *guests, const GError *error, gpointer data)
{
    MomHypervisorFailover *self = data;
    g_autoptr(GPtrArray) ours = NULL;

    self->asked[SECONDARY] = FALSE;
    if (!self->second_wanted || !self->done || self->closed)
        return; /* the primary answered in time after all */
    if (!guests) {
        secondary_failed(self, error);
        return;
    }
    ours = mom_known_guests_translate(self->known, guests, now_us(self));
    if (self->in_force == PRIMARY)
        stand_in(self);
    self->secondary_fails = FALSE;
    finish(self, ours, NULL);
}

static void
ask_secondary(MomHypervisorFailover *self)
{
    MomSource *source = self->options.secondary.source;

    self->second_wanted = TRUE;
    if (!self->asked[SECONDARY]) {
        self->asked[SECONDARY] = self->awake = TRUE;
        source->klass->sample(source, secondary_done, self);
    }
}

/* ---- asking the primary ---- */

/* When the secondary is to be asked, if the primary goes on as it does. */
static gint64
fallback_due_us(const MomHypervisorFailover *self)
{
    gint64 since_us = self->why ? self->away_us : self->primary_asked_us;

    return self->options.fallback_after_us > 0 ? since_us + self->options.fallback_after_us
                                               : G_MAXINT64;
}

static void
stop_patience(MomHypervisorFailover *self)
{
    if (self->patience) {
        mom_clock_cancel(self->options.clock, self->patience);
        self->patience = 0;
    }
}

/* Its answer, if one comes, tells whether it is there. */
static void
patience_ended(gpointer data)
{
    MomHypervisorFailover *self = data;

    self->patience = 0;
    if (self->options.fallback_after_us == 0)
        return; /* it was forbidden meanwhile */
    if (!self->why) {
        self->away_us = self->primary_asked_us;
        self->why = g_error_new(G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, "%s does not answer",
                                name_of(self, PRIMARY));
    }
    ask_secondary(self);
}

static void
note_primary(MomHypervisorFailover *self, GPtrArray *guests, const GError *error)
{
    if (error && !self->why)
        self->away_us = self->primary_asked_us;
    else if (!error && self->why)
        self->back_us = now_us(self);
    g_clear_error(&self->why);
    self->why = error ? g_error_copy(error) : NULL;
    if (guests && self->in_force == PRIMARY) {
        mom_known_guests_learn(self->known, guests);
        self->told_since = TRUE;
    } else if (guests) {
        self->all_in = mom_known_guests_are_all_in(self->known, guests);
    }
}

/* The primary has just failed. */
static gboolean
is_given_up(const MomHypervisorFailover *self)
{
    return self->options.fallback_after_us > 0 &&
           (self->hurries || now_us(self) + SLACK_US >= fallback_due_us(self));
}

static void
primary_done(GPtrArray *guests, const GError *error, gpointer data)
{
    MomHypervisorFailover *self = data;

    self->asked[PRIMARY] = FALSE;
    if (self->closed)
        return;
    stop_patience(self);
    note_primary(self, guests, error);
    if (self->in_force == SECONDARY || !self->done)
        return;
    if (guests)
        finish(self, guests, NULL);
    else if (is_given_up(self))
        ask_secondary(self);
    else if (!self->second_wanted)
        finish(self, NULL, error);
}

static void
ask_primary(MomHypervisorFailover *self)
{
    MomSource *source = self->options.primary.source;

    if (!self->asked[PRIMARY]) {
        self->asked[PRIMARY] = TRUE;
        self->primary_asked_us = now_us(self);
        source->klass->sample(source, primary_done, self);
    }
}

/* A question that is not answered by the time it would be given up must not hold the cycle up. */
static void
wait_for_primary(MomHypervisorFailover *self)
{
    gint64 due_us = fallback_due_us(self);

    if (self->done && self->asked[PRIMARY] && !self->patience && due_us < G_MAXINT64) {
        self->patience =
            mom_clock_after(self->options.clock, due_us - now_us(self), patience_ended, self);
    }
}

/* ---- the source ---- */

static void
sample(MomSource *source, MomSourceDone done, gpointer data)
{
    MomHypervisorFailover *self = (MomHypervisorFailover *)source; /* its first member */

    if (self->in_force == SECONDARY && may_take_back(self))
        take_back(self);
    if (self->in_force == PRIMARY && (!self->why || self->options.fallback_after_us == 0))
        let_secondary_rest(self);
    self->done = done;
    self->done_data = data;
    self->second_wanted = FALSE;
    if (self->in_force == PRIMARY) {
        ask_primary(self);
        wait_for_primary(self);
        return;
    }
    ask_primary(self); /* to see whether it is there */
    ask_secondary(self);
}

static const char *
name(const MomSource *source)
{
    const MomHypervisorFailover *self = (const MomHypervisorFailover *)source;

    return name_of(self, self->in_force);
}

static MomSource *
source_in_force(MomSource *source)
{
    MomHypervisorFailover *self = (MomHypervisorFailover *)source;

    return pair_of(self, self->in_force)->source;
}

static const char *
data_source(MomSource *source)
{
    return mom_source_data_source(source_in_force(source));
}

static gboolean
is_live(MomSource *source)
{
    return mom_source_is_live(source_in_force(source));
}

/* For how long it is still watched, in whole seconds. */
static gint64
watched_s(const MomHypervisorFailover *self)
{
    gint64 left_us = self->back_us + mom_return_hold_us(&self->hold) - now_us(self);

    return MAX(left_us, 0) / G_USEC_PER_SEC;
}

static const char *
note(MomSource *source)
{
    MomHypervisorFailover *self = (MomHypervisorFailover *)source;
    const char *first = name_of(self, PRIMARY);

    g_clear_pointer(&self->note, g_free);
    if (self->in_force == PRIMARY)
        return NULL;
    if (self->why) {
        self->note = g_strdup_printf("in place of %s: %s", first, self->why->message);
    } else if (watched_s(self) > 0) {
        self->note = g_strdup_printf(
            "in place of %s, which comes and goes and is watched for %" G_GINT64_FORMAT " s more",
            first, watched_s(self));
    } else {
        self->note = g_strdup_printf("in place of %s, which is coming back", first);
    }
    return self->note;
}

static const char *
hold(MomSource *source)
{
    MomHypervisorFailover *self = (MomHypervisorFailover *)source;
    gboolean grace = self->grace;

    self->grace = self->grace && !self->told_since;
    return grace ? "the hypervisor interface has just come back, and this cycle only looks" : NULL;
}

/* ---- life ---- */

MomHypervisorFailover *
mom_hypervisor_failover_new(const MomHypervisorFailoverOptions *options)
{
    static const MomSourceClass source_class = {
        .sample = sample,
        .name = "failover",
        .name_now = name,
        .note = note,
        .hold = hold,
        .data_source = data_source,
        .is_live = is_live,
    };
    MomHypervisorFailover *self = g_new0(MomHypervisorFailover, 1);

    self->source.klass = &source_class;
    self->actuator = mom_switched_actuator_new(options->primary.actuator);
    self->options = *options;
    self->known = mom_known_guests_new();
    self->no_secondary = MOM_FAULT_INIT(G_LOG_DOMAIN);
    return self;
}

void
mom_hypervisor_failover_close(MomHypervisorFailover *self)
{
    self->closed = TRUE;
    self->done = NULL;
    stop_patience(self);
    mom_switched_actuator_switch(self->actuator, self->options.primary.actuator,
                                 "given up, closing");
}

void
mom_hypervisor_failover_free(MomHypervisorFailover *self)
{
    if (!self)
        return;
    stop_patience(self);
    mom_switched_actuator_free(self->actuator);
    mom_known_guests_free(self->known);
    mom_fault_clear(&self->no_secondary);
    g_clear_error(&self->why);
    g_free(self->note);
    g_free(self);
}

void
mom_hypervisor_failover_set_after(MomHypervisorFailover *self, gint64 fallback_after_us)
{
    self->options.fallback_after_us = fallback_after_us;
}

void
mom_hypervisor_failover_hurry(MomHypervisorFailover *self)
{
    if (self->options.fallback_after_us == 0)
        return;
    self->hurries = TRUE;
    self->options.fallback_after_us = MIN(self->options.fallback_after_us, MOM_FAILOVER_HURRY_US);
    stop_patience(self);
    if (self->in_force == PRIMARY && !self->second_wanted)
        wait_for_primary(self);
}

gboolean
mom_hypervisor_failover_stands_in(const MomHypervisorFailover *self)
{
    return self->in_force == SECONDARY;
}

MomSource *
mom_hypervisor_failover_source(MomHypervisorFailover *self)
{
    return &self->source;
}

MomActuator *
mom_hypervisor_failover_actuator(MomHypervisorFailover *self)
{
    return mom_switched_actuator_base(self->actuator);
}
