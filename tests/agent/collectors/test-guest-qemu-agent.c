/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestQemuAgent: the reference's fields of an agent's answer, and what is made of old ones and of
 * holes.
 */
#include "agent/collectors/collector.h"

#include "agent/guest-agent/numbers.h"
#include "tests/mom-test.h"

#define SECOND_US ((gint64)G_USEC_PER_SEC)

typedef struct {
    const MomCollector *collector;
    MomSchema *schema;
    gpointer state;
    MomAnswers *answers;
    MomGuestData *guest;
    MomCollectInput input;
    MomAnswer answer;
} Fixture;

static int
setup(void **state)
{
    static const gint64 numbers[MOM_AGENT_N_NUMBERS] = {
        [MOM_AGENT_MEM_TOTAL_KIB] = 1000000,    [MOM_AGENT_MEM_FREE_KIB] = 400000,
        [MOM_AGENT_BUFFERS_KIB] = 20000,        [MOM_AGENT_CACHED_KIB] = 130000,
        [MOM_AGENT_MEM_AVAILABLE_KIB] = 550000, [MOM_AGENT_SWAP_TOTAL_KIB] = 300000,
        [MOM_AGENT_SWAP_FREE_KIB] = 290000,     [MOM_AGENT_MINOR_FAULTS] = 5000,
        [MOM_AGENT_MAJOR_FAULTS] = 50,          [MOM_AGENT_SWAP_IN_PAGES] = 100,
        [MOM_AGENT_SWAP_OUT_PAGES] = 200,
    };
    Fixture *f = g_new0(Fixture, 1);

    f->collector = mom_collector_find("GuestQemuAgentOptional");
    for (guint i = 0; i < MOM_AGENT_N_NUMBERS; i++)
        f->answer.number[i] = mom_value_int(numbers[i]);
    f->schema = mom_schema_new(f->collector->optional,
                               g_strv_length((char **)(gpointer)f->collector->optional));
    f->state = f->collector->state_new(f->collector);
    f->answers = mom_answers_new();
    f->guest = mom_guest_data_new("u", "vm");
    f->input = (MomCollectInput){.guest = f->guest, .answers = f->answers};
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    f->collector->state_free(f->state);
    mom_schema_unref(f->schema);
    mom_answers_free(f->answers);
    mom_guest_data_free(f->guest);
    g_free(f);
    return 0;
}

static void
answer(Fixture *f)
{
    mom_answers_put(f->answers, MOM_SLOW_QEMU_AGENT, "u", &f->answer, f->input.now_us);
}

static MomSample *
collect(Fixture *f, GError **error)
{
    g_autoptr(MomSample) sample = mom_sample_new(f->schema, f->input.now_us);

    if (!f->collector->collect(f->state, &f->input, sample, error))
        return NULL;
    return g_steal_pointer(&sample);
}

/* -99 is nil. */
static gint64
field(const MomSample *sample, const char *name)
{
    MomValue v;
    gint64 number = -99;

    assert_true(mom_sample_get(sample, name, &v));
    mom_value_to_int(v, &number);
    return number;
}

/* Which leaves it to others when it has nothing. */
static void
fields_are_the_reference_s_and_all_mandatory(void **state)
{
    const MomCollector *collector = mom_collector_find("GuestQemuAgent");
    static const char *const expected[] = {"mem_available", "mem_unused",  "mem_free",
                                           "major_fault",   "minor_fault", "swap_in",
                                           "swap_out",      "swap_total",  "swap_usage"};

    assert_int_equal(g_strv_length((char **)(gpointer)collector->fields), G_N_ELEMENTS(expected));
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
        assert_true(g_strv_contains(collector->fields, expected[i]));
    assert_int_equal(collector->slow_sources, 1u << MOM_SLOW_QEMU_AGENT);
}

static void
an_answer_becomes_the_reference_s_sums(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomSample) sample = NULL;

    answer(f);
    f->input.now_us += 7 * SECOND_US;
    sample = collect(f, &error);
    assert_ok(sample != NULL);
    assert_int_equal(field(sample, "mem_available"), 1000000);
    assert_int_equal(field(sample, "mem_unused"), 400000);
    assert_int_equal(field(sample, "mem_free"), 550000);
    assert_int_equal(field(sample, "mem_usable"), 550000);
    assert_int_equal(field(sample, "major_fault"), 50);
    assert_int_equal(field(sample, "minor_fault"), 5000);
    assert_int_equal(field(sample, "swap_total"), 300000);
    assert_int_equal(field(sample, "swap_usage"), 10000);
    assert_int_equal(field(sample, "swap_in"), 0);
    assert_int_equal(field(sample, "swap_out"), 0);
    assert_int_equal(field(sample, "agent_age"), 7);
}

static void
swapping_is_growth_since_the_collection_before(void **state)
{
    Fixture *f = *state;
    static const struct {
        gint64 pages;
        gboolean interim;
        gint64 expected;
    } rows[] = {
        {100, FALSE, 0},
        {130, FALSE, 30},
        {130, FALSE, 0},
        {150, TRUE, 20},
        {160, TRUE, 30},
        {170, FALSE, 40},
        {5, FALSE, 5} /* started anew */,
        {-1, FALSE, -99},
        {9, FALSE, 4},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(MomSample) sample = NULL;

        f->input.interim = rows[i].interim;
        f->answer.number[MOM_AGENT_SWAP_OUT_PAGES] =
            rows[i].pages < 0 ? MOM_NIL : mom_value_int(rows[i].pages);
        answer(f);
        sample = collect(f, NULL);
        assert_int_equal(field(sample, "swap_out"), rows[i].expected);
    }
}

static void
a_sum_of_which_a_part_is_missing_is_nil(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomSample) sample = NULL;

    f->answer.number[MOM_AGENT_BUFFERS_KIB] = MOM_NIL;
    f->answer.number[MOM_AGENT_SWAP_TOTAL_KIB] = MOM_NIL;
    answer(f);
    sample = collect(f, NULL);
    assert_int_equal(field(sample, "mem_free"), -99);
    assert_int_equal(field(sample, "swap_usage"), -99);
    assert_int_equal(field(sample, "swap_total"), -99);
    assert_int_equal(field(sample, "mem_unused"), 400000);
}

static void
the_greatest_numbers_make_no_overflow(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomSample) sample = NULL;

    for (guint i = 0; i < MOM_AGENT_N_NUMBERS; i++)
        f->answer.number[i] = mom_value_int(MOM_AGENT_GREATEST);
    answer(f);
    sample = collect(f, NULL);
    assert_int_equal(field(sample, "mem_free"), 3 * MOM_AGENT_GREATEST);
}

static void
an_answer_that_is_too_old_or_awaited_is_none(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_fails(collect(f, &error) != NULL, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_AWAITED);
    mom_answers_set_max_age(f->answers, MOM_SLOW_QEMU_AGENT, 30 * SECOND_US);
    answer(f);
    f->input.now_us += 31 * SECOND_US;
    assert_fails(collect(f, &error) != NULL, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fields_are_the_reference_s_and_all_mandatory),
        TEST(an_answer_becomes_the_reference_s_sums),
        TEST(swapping_is_growth_since_the_collection_before),
        TEST(a_sum_of_which_a_part_is_missing_is_nil),
        TEST(the_greatest_numbers_make_no_overflow),
        TEST(an_answer_that_is_too_old_or_awaited_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
