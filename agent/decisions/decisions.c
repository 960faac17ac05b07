/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From reports to decisions, see decisions.h.
 *
 * An attempt that goes on with what the last decision on the same knob tried is counted there; all
 * else is a new decision.  An answer finds its decision by the number of the guard's call.
 */
#include "agent/decisions/decisions.h"

#include "agent/decisions/decision-log.h"
#include "controllers/sent.h"
#include "vdsm-client/error.h"

/* What the gist of a failure begins with. */
#define FAILED_MARK "failed: "

/* A decision whose call is not answered yet.  Most calls turn one knob; where they turn more the
 * other decisions follow. */
typedef struct Pending Pending;

struct Pending {
    char *uuid;     /* of the first; NULL: the host's */
    guint64 number; /* 0: answered */
    Pending *next;
};

typedef struct {
    guint64 number;
    MomEntity *entity; /* borrowed until the cycle ends */
} Unread;

struct MomDecisions {
    MomClock *clock;
    guint64 cycle;
    MomDecisionRing *ring;
    MomKnobs *knobs;
    GHashTable *pending; /* call -> Pending */
    GArray *unread;      /* of Unread: this cycle's, whose reads are wanted */
    gboolean troubled;   /* a knob may be failing, or be sent again and again */
};

static void
pending_free(gpointer data)
{
    Pending *next;

    for (Pending *pending = data; pending; pending = next) {
        next = pending->next;
        g_clear_pointer(&pending->uuid, g_ref_string_release);
        g_free(pending);
    }
}

MomDecisions *
mom_decisions_new(MomClock *clock, guint kept)
{
    MomDecisions *decisions = g_new0(MomDecisions, 1);

    decisions->clock = clock;
    decisions->ring = mom_decision_ring_new(kept);
    decisions->knobs = mom_knobs_new();
    decisions->unread = g_array_new(FALSE, FALSE, sizeof(Unread));
    decisions->pending = g_hash_table_new_full(NULL, NULL, NULL, pending_free);
    return decisions;
}

void
mom_decisions_free(MomDecisions *decisions)
{
    if (!decisions)
        return;
    g_hash_table_unref(decisions->pending);
    g_array_unref(decisions->unread);
    mom_knobs_free(decisions->knobs);
    mom_decision_ring_free(decisions->ring);
    g_free(decisions);
}

void
mom_decisions_begin_cycle(MomDecisions *decisions, guint64 cycle)
{
    decisions->cycle = cycle;
    g_array_set_size(decisions->unread, 0);
}

const MomDecisionRing *
mom_decisions_ring(const MomDecisions *decisions)
{
    return decisions->ring;
}

const MomKnobs *
mom_decisions_knobs(const MomDecisions *decisions)
{
    return decisions->knobs;
}

guint64
mom_decisions_cycle(const MomDecisions *decisions)
{
    return decisions->cycle;
}

/* ---- attempts ---- */

static gboolean
is_same_place(const MomDecision *last, MomPlace place)
{
    return g_strcmp0(last->policy, place.policy) == 0 && last->line == place.line;
}

/* Whether LAST, the knob's last decision, was after the same thing with the same end. */
static gboolean
goes_on(const MomDecision *last, const MomGuardReport *report, MomDecisionVerdict verdict)
{
    if (!last || !is_same_place(last, report->place))
        return FALSE;
    switch (verdict) {
    case MOM_DECISION_SENT:
        return last->verdict == MOM_DECISION_FAILED ||
               (report->repeats > 0 && last->rail == g_intern_string(report->rail) &&
                mom_decision_value_equal(last->to, report->to));
    case MOM_DECISION_RAILED:
        return last->verdict == verdict && last->rail == g_intern_string(report->rail);
    case MOM_DECISION_PASSED_OVER:
        return last->verdict == verdict && g_strcmp0(last->reason, report->why) == 0;
    case MOM_DECISION_DRY:
        return last->verdict == verdict && report->repeats > 0 &&
               mom_decision_value_equal(last->to, report->to);
    case MOM_DECISION_DONE:
    case MOM_DECISION_FAILED:
    case MOM_DECISION_STUCK:
    case MOM_DECISION_FOLLOWS:
        break;
    }
    return FALSE;
}

/* Most texts are those of the knob's last decision, or of the one before.  Taken before there is a
 * new one, which may be in the place of one of these. */
static void
take_texts(MomDecision *texts,
           const MomDecisions *decisions,
           const MomKnob *knob,
           const MomGuardReport *report)
{
    const MomDecisionRing *ring = decisions->ring;
    const MomDecision *last = mom_decision_ring_get(ring, knob->decision);
    const MomDecision *before = mom_decision_ring_get(ring, mom_decision_ring_newest(ring));

    mom_decision_share_text(&texts->uuid, report->uuid, last ? last->uuid : NULL);
    mom_decision_share_text(&texts->name, report->name, last ? last->name : NULL);
    mom_decision_share_text(&texts->disk, report->disk, last ? last->disk : NULL);
    mom_decision_share_text(&texts->policy, report->place.policy, before ? before->policy : NULL);
}

static MomDecision *
make_decision(MomDecisions *decisions, MomKnob *knob, const MomGuardReport *report)
{
    MomDecision texts = {0};
    MomDecision *decision;

    take_texts(&texts, decisions, knob, report);
    decision = mom_decision_ring_add(decisions->ring);
    decision->first_us = mom_clock_wall_us(decisions->clock);
    decision->knob = knob->name;
    decision->uuid = texts.uuid;
    decision->name = texts.name;
    decision->disk = texts.disk;
    decision->policy = texts.policy;
    decision->line = report->place.line;
    decision->column = report->place.column;
    knob->decision = decision->number;
    return decision;
}

static MomDecision *
note_attempt(MomDecisions *decisions,
             MomKnob *knob,
             const MomGuardReport *report,
             MomDecisionVerdict verdict)
{
    MomDecision *decision = mom_decision_ring_get(decisions->ring, knob->decision);

    if (!goes_on(decision, report, verdict))
        decision = make_decision(decisions, knob, report);
    if (report->entity &&
        (decision->times == 0 || !mom_decision_value_equal(decision->to, report->to))) {
        Unread unread = {decision->number, report->entity};

        g_array_append_val(decisions->unread, unread);
    }
    decision->times++;
    decision->cycle = decisions->cycle;
    decision->last_us = mom_clock_wall_us(decisions->clock);
    decision->verdict = verdict;
    decision->rail = g_intern_string(report->rail);
    decision->repeated = report->repeats > 0;
    mom_decision_set_text(&decision->reason, report->why);
    mom_decision_set_value(&decision->from, report->from);
    mom_decision_set_value(&decision->to, report->to);
    return decision;
}

/* ---- what led to them ---- */

static const MomReads *
find_tune_reads(MomEntity *entity, const char *disk)
{
    gsize n;
    const MomTune *tunes = mom_entity_tunes(entity, &n);

    for (gsize i = 0; i < n; i++)
        if (g_strcmp0(tunes[i].path ? tunes[i].path : tunes[i].name, disk) == 0)
            return tunes[i].reads;
    return NULL;
}

static const MomReads *
find_reads(MomEntity *entity, const MomDecision *decision)
{
    const MomControl *control;

    if (decision->disk)
        return find_tune_reads(entity, decision->disk);
    control = mom_entity_get_control(entity, decision->knob);
    return control ? control->reads : NULL;
}

void
mom_decisions_take_reads(MomDecisions *decisions)
{
    for (guint i = 0; i < decisions->unread->len; i++) {
        const Unread *unread = &g_array_index(decisions->unread, Unread, i);
        MomDecision *decision = mom_decision_ring_get(decisions->ring, unread->number);

        if (decision)
            mom_decision_set_reads(decision, find_reads(unread->entity, decision));
    }
}

/* ---- calls under way ---- */

static void
await_answer(MomDecisions *decisions, guint call, const MomDecision *decision)
{
    Pending *first = g_hash_table_lookup(decisions->pending, GUINT_TO_POINTER(call));
    Pending *pending = g_new0(Pending, 1);

    pending->number = decision->number;
    if (first) {
        pending->next = first->next;
        first->next = pending;
        return;
    }
    pending->uuid = decision->uuid ? g_ref_string_acquire(decision->uuid) : NULL;
    g_hash_table_insert(decisions->pending, GUINT_TO_POINTER(call), pending);
}

static gboolean
is_answered(const Pending *pending)
{
    while (pending && pending->number == 0)
        pending = pending->next;
    return !pending;
}

/* The decision that REPORT answers; NULL if it is forgotten or was none. */
static MomDecision *
take_answered(MomDecisions *decisions, const MomGuardReport *report)
{
    Pending *first = g_hash_table_lookup(decisions->pending, GUINT_TO_POINTER(report->call));
    MomDecision *answered = NULL;

    for (Pending *pending = first; pending && !answered; pending = pending->next) {
        MomDecision *decision = mom_decision_ring_get(decisions->ring, pending->number);

        if (decision && (g_strcmp0(decision->knob, report->knob) != 0 ||
                         g_strcmp0(decision->disk, report->disk) != 0))
            continue;
        pending->number = 0;
        answered = decision;
    }
    if (first && is_answered(first))
        g_hash_table_remove(decisions->pending, GUINT_TO_POINTER(report->call));
    return answered;
}

typedef struct {
    MomDecisions *decisions;
    const char *uuid;
} Gone;

/* The guard tells nobody of calls for a guest that is gone. */
static gboolean
drop_if_gone(gpointer call, gpointer data, gpointer gone_data)
{
    const Gone *gone = gone_data;
    const Pending *pending = data;

    if (g_strcmp0(pending->uuid, gone->uuid) != 0)
        return FALSE;
    for (; pending; pending = pending->next) {
        MomDecision *decision = mom_decision_ring_get(gone->decisions->ring, pending->number);

        if (decision)
            mom_decision_set_text(&decision->reason, "the guest went before an answer came");
    }
    return TRUE;
}

/* ---- telling ---- */

static gboolean
is_failing(const MomKnob *knob)
{
    return knob->told && g_str_has_prefix(knob->told, FAILED_MARK);
}

/* What is sent along with a knob that turns, and stays (a CPU period with its quota). */
static gboolean
stays(const MomGuardReport *report)
{
    return report->from.type == MOM_VALUE_INT && mom_value_equal(report->from, report->to);
}

/* What failed before is tried again and again: told when it works, not at each attempt.  So is what
 * is sent and never reached. */
static void
note_sent(MomDecisions *decisions, MomKnob *knob, const MomGuardReport *report)
{
    gboolean loud = !is_failing(knob) && !knob->stuck && !(report->repeats > 0 && knob->unreached);
    MomDecision *decision;

    if (stays(report))
        return;
    knob->unreached = report->repeats > 0;
    decisions->troubled |= knob->unreached;
    decision = note_attempt(decisions, knob, report, MOM_DECISION_SENT);
    await_answer(decisions, report->call, decision);
    mom_decision_log(decision, loud ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_DEBUG);
}

static void
note_done(MomKnob *knob, MomDecision *decision)
{
    if (decision->failures > 0) {
        g_autofree char *reason =
            g_strdup_printf("after %" G_GUINT64_FORMAT " that failed", decision->failures);

        mom_decision_set_text(&decision->reason, reason);
    }
    decision->verdict = MOM_DECISION_DONE;
    mom_decision_log(decision, is_failing(knob) ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_DEBUG);
    g_clear_pointer(&knob->told, g_free);
}

/* A lost connection fails every call under way and is told once by who keeps it; a line for each
 * knob would only bury that one. */
static gboolean
is_told_elsewhere(const GError *error)
{
    return g_error_matches(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_NOT_CONNECTED);
}

static void
note_failed(MomKnob *knob, MomDecision *decision, const MomGuardReport *report)
{
    g_autofree char *mark = g_strconcat(FAILED_MARK, report->why, NULL);
    gboolean loud = !is_told_elsewhere(report->error) && mom_knob_is_news(knob, mark);

    decision->verdict = MOM_DECISION_FAILED;
    decision->failures++;
    mom_decision_set_text(&decision->reason, report->why);
    mom_decision_log(decision, loud ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_DEBUG);
}

static void
note_answer(MomDecisions *decisions, MomKnob *knob, const MomGuardReport *report)
{
    MomDecision *decision = take_answered(decisions, report);

    if (!decision)
        return;
    decision->last_us = mom_clock_wall_us(decisions->clock);
    if (report->verdict == MOM_GUARD_DONE) {
        note_done(knob, decision);
    } else {
        decisions->troubled = TRUE;
        note_failed(knob, decision, report);
    }
}

static void
note_railed(MomDecisions *decisions, MomKnob *knob, const MomGuardReport *report)
{
    MomDecision *decision = note_attempt(decisions, knob, report, MOM_DECISION_RAILED);

    if (mom_knob_is_news(knob, report->rail))
        mom_decision_log(decision, G_LOG_LEVEL_INFO);
}

/* Told as what is sent would be, but for repetitions. */
static void
note_dry(MomDecisions *decisions, MomKnob *knob, const MomGuardReport *report)
{
    if (!stays(report)) {
        mom_decision_log(note_attempt(decisions, knob, report, MOM_DECISION_DRY),
                         report->repeats > 0 ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_INFO);
    }
}

/* The guard tells each once. */
static void
note_follow(MomDecisions *decisions, MomKnob *knob, const MomGuardReport *report)
{
    gboolean stuck = report->verdict == MOM_GUARD_STUCK;

    knob->stuck = stuck;
    mom_decision_log(
        note_attempt(decisions, knob, report, stuck ? MOM_DECISION_STUCK : MOM_DECISION_FOLLOWS),
        stuck ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_INFO);
}

/* What stood on KNOB is over, for the reason HOW. */
static void
end_trouble(MomDecisions *decisions, MomKnob *knob, const char *how)
{
    MomDecision *decision = mom_decision_ring_get(decisions->ring, knob->decision);

    knob->unreached = FALSE;
    g_clear_pointer(&knob->told, g_free);
    if (decision) {
        decision->repeated = FALSE;
        mom_decision_set_text(&decision->reason, how);
        mom_decision_log(decision, G_LOG_LEVEL_INFO);
    }
}

/* No decision: this is what happens to every knob in every cycle. */
static void
note_unchanged(MomDecisions *decisions, MomKnob *knob, const MomGuardReport *report)
{
    if ((knob->unreached || is_failing(knob)) && g_strcmp0(report->why, MOM_SENT_IS_SET) == 0)
        end_trouble(decisions, knob, "it is set now");
}

static void
note_wish(MomDecisions *decisions, MomKnob *knob, const MomGuardReport *report)
{
    mom_decision_set_value(&knob->wish, report->to);
    knob->wish_cycle = decisions->cycle;
    knob->held = report->verdict == MOM_GUARD_UNCHANGED ? report->why : NULL;
}

void
mom_decisions_report(const MomGuardReport *report, gpointer data)
{
    MomDecisions *decisions = data;
    MomKnob *knob = mom_knobs_get(decisions->knobs, report->uuid, report->knob, report->disk);

    switch (report->verdict) {
    case MOM_GUARD_SENT:
        note_wish(decisions, knob, report);
        note_sent(decisions, knob, report);
        break;
    case MOM_GUARD_DONE:
    case MOM_GUARD_FAILED:
        note_answer(decisions, knob, report);
        break;
    case MOM_GUARD_RAILED:
        note_wish(decisions, knob, report);
        note_railed(decisions, knob, report);
        break;
    case MOM_GUARD_DRY:
        note_wish(decisions, knob, report);
        note_dry(decisions, knob, report);
        break;
    case MOM_GUARD_STUCK:
    case MOM_GUARD_FOLLOWS:
        note_follow(decisions, knob, report);
        break;
    case MOM_GUARD_UNCHANGED:
        note_wish(decisions, knob, report);
        note_unchanged(decisions, knob, report);
        break;
    }
}

void
mom_decisions_complain(MomEntity *entity, const char *control, const char *why, gpointer data)
{
    MomDecisions *decisions = data;
    const MomControl *set = mom_entity_get_control(entity, control);
    MomGuardReport report = {
        .uuid = mom_entity_get_string_property(entity, "uuid"),
        .name = mom_entity_get_string_property(entity, "name"),
        .entity = entity,
        .knob = control,
        .why = why,
        .to = set ? set->value : MOM_NIL,
        .place = set ? set->place : (MomPlace){0},
    };
    MomKnob *knob = mom_knobs_get(decisions->knobs, report.uuid, control, NULL);
    MomDecision *decision;

    if (!report.uuid) /* the host, which is called so */
        report.name = NULL;
    note_wish(decisions, knob, &report);
    decision = note_attempt(decisions, knob, &report, MOM_DECISION_PASSED_OVER);
    if (mom_knob_is_news(knob, why))
        mom_decision_log(decision, G_LOG_LEVEL_WARNING);
}

/* A wish that is no longer wished fails no more. */
static void
look_after(MomKnob *knob, gpointer data)
{
    MomDecisions *decisions = data;

    if (!knob->unreached && !is_failing(knob))
        return;
    if (knob->wish_cycle != decisions->cycle)
        end_trouble(decisions, knob, "no longer wished");
    else
        decisions->troubled = TRUE;
}

void
mom_decisions_end_cycle(MomDecisions *decisions)
{
    g_array_set_size(decisions->unread, 0);
    if (decisions->troubled) {
        decisions->troubled = FALSE;
        mom_knobs_foreach(decisions->knobs, look_after, decisions);
    }
}

void
mom_decisions_forget(MomDecisions *decisions, const char *uuid)
{
    Gone gone = {decisions, uuid};

    mom_knobs_forget(decisions->knobs, uuid);
    g_hash_table_foreach_remove(decisions->pending, drop_if_gone, &gone);
}
