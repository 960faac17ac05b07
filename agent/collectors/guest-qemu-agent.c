/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestQemuAgent and GuestQemuAgentOptional: a guest's own view of its memory, told by QEMU's guest
 * agent.
 *
 * Reads what the agent answered last and waits for nobody (agent/guest-agent asks it).  Fields and
 * sums are the reference's; what the guest does not tell is nil, and so is a sum with it.  Swap is
 * growth since the collection before, which is none if no newer answer has come.
 */
#include "agent/collectors/last-answer.h"
#include "agent/guest-agent/numbers.h"

typedef struct {
    gboolean seen;
    gint64 pages;
} Counter;

typedef struct {
    Counter swapped_in;
    Counter swapped_out;
} State;

static gpointer
state_new(const MomCollector *self)
{
    return g_new0(State, 1);
}

/* ---- numbers ---- */

static const struct {
    const char *field;
    MomAgentNumber number;
} told[] = {
    {"mem_available", MOM_AGENT_MEM_TOTAL_KIB},  {"mem_unused", MOM_AGENT_MEM_FREE_KIB},
    {"mem_usable", MOM_AGENT_MEM_AVAILABLE_KIB}, {"major_fault", MOM_AGENT_MAJOR_FAULTS},
    {"minor_fault", MOM_AGENT_MINOR_FAULTS},     {"swap_total", MOM_AGENT_SWAP_TOTAL_KIB},
};

static const struct {
    const char *field;
    MomAgentNumber parts[3];
    gint64 signs[3];
} sums[] = {
    {"mem_free", {MOM_AGENT_MEM_FREE_KIB, MOM_AGENT_BUFFERS_KIB, MOM_AGENT_CACHED_KIB}, {1, 1, 1}},
    {"swap_usage",
     {MOM_AGENT_SWAP_TOTAL_KIB, MOM_AGENT_SWAP_FREE_KIB, MOM_AGENT_SWAP_FREE_KIB},
     {1, -1, 0}},
};

/* None overflows, see MOM_AGENT_GREATEST. */
static MomValue
sum_of(const MomAnswer *answer, gsize row)
{
    gint64 sum = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(sums[row].parts); i++) {
        gint64 part;

        if (!mom_value_to_int(answer->number[sums[row].parts[i]], &part))
            return MOM_NIL;
        sum += sums[row].signs[i] * part;
    }
    return mom_value_int(sum);
}

/* A counter that is less than it was is that of a guest that has started anew. */
static MomValue
growth(Counter *counter, MomValue now, gboolean interim)
{
    gint64 pages, before;

    if (!mom_value_to_int(now, &pages))
        return MOM_NIL;
    before = !counter->seen ? pages : counter->pages <= pages ? counter->pages : 0;
    if (!interim || !counter->seen)
        *counter = (Counter){TRUE, pages};
    return mom_value_int(pages - before);
}

static gboolean
collect(gpointer data, const MomCollectInput *input, MomSample *sample, GError **error)
{
    State *state = data;
    gint64 age_s;
    const MomAnswer *answer = mom_last_answer(input, MOM_SLOW_QEMU_AGENT, &age_s, error);

    if (!answer)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(told); i++)
        mom_sample_set(sample, told[i].field, answer->number[told[i].number]);
    for (gsize i = 0; i < G_N_ELEMENTS(sums); i++)
        mom_sample_set(sample, sums[i].field, sum_of(answer, i));
    mom_sample_set(
        sample, "swap_in",
        growth(&state->swapped_in, answer->number[MOM_AGENT_SWAP_IN_PAGES], input->interim));
    mom_sample_set(
        sample, "swap_out",
        growth(&state->swapped_out, answer->number[MOM_AGENT_SWAP_OUT_PAGES], input->interim));
    mom_sample_set(sample, "agent_age", mom_value_int(age_s));
    return TRUE;
}

static const char *const fields[] = {
    "mem_available", "mem_unused", "mem_free",   "major_fault", "minor_fault",
    "swap_in",       "swap_out",   "swap_total", "swap_usage",  NULL,
};
/* Ours. */
static const char *const extra_fields[] = {"mem_usable", "agent_age", NULL};
static const char *const all_fields[] = {
    "mem_available", "mem_unused", "mem_free",   "major_fault", "minor_fault", "swap_in",
    "swap_out",      "swap_total", "swap_usage", "mem_usable",  "agent_age",   NULL,
};
static const char *const none[] = {NULL};

const MomCollector mom_collector_guest_qemu_agent = {
    .name = "GuestQemuAgent",
    .fields = fields,
    .optional = extra_fields,
    .slow_sources = 1u << MOM_SLOW_QEMU_AGENT,
    .state_new = state_new,
    .state_free = g_free,
    .collect = collect,
};

const MomCollector mom_collector_guest_qemu_agent_optional = {
    .name = "GuestQemuAgentOptional",
    .fields = none,
    .optional = all_fields,
    .slow_sources = 1u << MOM_SLOW_QEMU_AGENT,
    .state_new = state_new,
    .state_free = g_free,
    .collect = collect,
};
