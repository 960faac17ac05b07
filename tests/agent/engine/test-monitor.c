/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A monitor over collectors that answer what a table says, cycle by cycle.
 *
 * Each case of the conformance vectors of kind monitor stands here in a shorter notation, so that a
 * failure points at one rule.
 */
#include "tests/mom-test.h"

#include "agent/engine/monitor.h"

#define MAX_COLLECTORS 2
#define MAX_CYCLES 4

/* An output is "a=1 b=nil", or "!collection", "!fatal", "!awaited", "!other". */
typedef struct {
    const char *fields; /* "a b" */
    const char *optional;
    const char *outputs[MAX_CYCLES];
} Told;

typedef struct {
    MomCollector base; /* first: state_new is given it */
    const Told *told;
    char **fields;
    char **optional;
    gsize next;
} Canned;

/* ---- collectors ---- */

static gpointer
state_new(const MomCollector *self)
{
    return (gpointer)self;
}

static gboolean
fail_as(const char *what, GError **error)
{
    if (g_str_equal(what, "!other"))
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_IO, "a bug");
    else
        g_set_error_literal(error, MOM_COLLECTOR_ERROR,
                            g_str_equal(what, "!fatal")     ? MOM_COLLECTOR_ERROR_FATAL
                            : g_str_equal(what, "!awaited") ? MOM_COLLECTOR_ERROR_AWAITED
                                                            : MOM_COLLECTOR_ERROR_COLLECTION,
                            "no data");
    return FALSE;
}

static gboolean
collect(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    Canned *canned = state;
    const char *output = canned->told->outputs[canned->next++];
    g_auto(GStrv) pairs = NULL;

    if (output[0] == '!')
        return fail_as(output, error);
    pairs = g_strsplit(output, " ", -1);
    for (gsize i = 0; pairs[i] && pairs[i][0]; i++) {
        g_auto(GStrv) pair = g_strsplit(pairs[i], "=", 2);
        gboolean is_nil = g_str_equal(pair[1], "nil"), is_text = !g_ascii_isdigit(pair[1][0]);

        mom_sample_set(sample, pair[0],
                       is_nil    ? MOM_NIL
                       : is_text ? mom_value_string(g_str_equal(pair[1], "empty") ? "" : pair[1])
                                 : mom_value_int(g_ascii_strtoll(pair[1], NULL, 10)));
    }
    return TRUE;
}

static void
canned_init(Canned *canned, const Told *told)
{
    canned->told = told;
    canned->fields = told->fields[0] ? g_strsplit(told->fields, " ", -1) : g_new0(char *, 1);
    canned->optional = told->optional[0] ? g_strsplit(told->optional, " ", -1) : g_new0(char *, 1);
    canned->base = (MomCollector){
        .name = "Canned",
        .fields = (const char *const *)canned->fields,
        .optional = (const char *const *)canned->optional,
        .state_new = state_new,
        .collect = collect,
    };
}

static void
canned_clear(Canned *canned)
{
    g_strfreev(canned->fields);
    g_strfreev(canned->optional);
}

/* ---- what is seen of a monitor ---- */

static void
append_value(const char *name, MomValue v, gpointer data)
{
    GString *text = data;

    g_string_append_printf(text, " %s=", name);
    if (v.type == MOM_VALUE_INT)
        g_string_append_printf(text, "%" G_GINT64_FORMAT, v.integer);
    else
        g_string_append(text, v.type != MOM_VALUE_STRING ? "nil"
                              : v.string[0]              ? v.string
                                                         : "empty");
}

static void
keep_text(const MomSample *sample, gpointer data)
{
    g_string_truncate(data, 0);
    mom_sample_foreach(sample, append_value, data);
}

/* "yes a=1 (1)": readiness, the sample that was made, the length of the history. */
static char *
one_cycle(MomMonitor *monitor)
{
    static const char *const ready[] = {"unknown", "no", "yes"};
    MomCollectInput input = {.root = "/"};
    g_autoptr(GString) made = g_string_new(NULL);
    gboolean added;

    if (mom_monitor_terminated(monitor)) {
        assert_false(mom_monitor_collect(monitor, &input));
        return g_strdup("stopped");
    }
    mom_monitor_watch(monitor, keep_text, made);
    added = mom_monitor_collect(monitor, &input);
    mom_monitor_watch(monitor, NULL, NULL);
    assert_int_equal(added, mom_monitor_ready(monitor) == MOM_READY_YES);
    return g_strdup_printf("%s%s%s (%u)", ready[mom_monitor_ready(monitor)], made->str,
                           mom_monitor_terminated(monitor) ? " terminated" : "",
                           (guint)mom_entity_n_samples(mom_monitor_entity(monitor)));
}

/* ---- cases ---- */

typedef struct {
    const char *what;
    gsize history;
    gsize n_collectors;
    Told told[MAX_COLLECTORS];
    const char *expected[MAX_CYCLES];
} Case;

static const Case cases[] = {
    {"one collector", 10, 1, {{"a", "", {"a=1", "a=2"}}}, {"yes a=1 (1)", "yes a=2 (2)"}},
    {"a missing mandatory field keeps the sample out",
     10,
     1,
     {{"a b", "", {"a=1", "a=2 b=3", "b=1", "a=4 b=5"}}},
     {"no (0)", "yes a=2 b=3 (1)", "no (1)", "yes a=4 b=5 (2)"}},
    {"the first value wins, nil does not count",
     10,
     2,
     {{"a", "", {"a=1", "a=nil"}}, {"a", "", {"a=10", "a=20"}}},
     {"yes a=1 (1)", "yes a=20 (2)"}},
    {"a mandatory nil is enough",
     10,
     1,
     {{"a", "", {"a=nil", "a=1"}}},
     {"yes a=nil (1)", "yes a=1 (2)"}},
    {"a collector with nothing to say",
     10,
     2,
     {{"", "o", {"", "o=1"}}, {"a", "", {"a=1", "a=2"}}},
     {"yes o=nil a=1 (1)", "yes o=1 a=2 (2)"}},
    {"a collection error costs that collector",
     10,
     2,
     {{"", "o", {"!collection", "o=1", "!collection"}}, {"a", "", {"a=1", "a=2", "a=3"}}},
     {"yes o=nil a=1 (1)", "yes o=1 a=2 (2)", "yes o=nil a=3 (3)"}},
    {"a fatal error ends the monitor",
     10,
     1,
     {{"a", "", {"a=1", "!fatal", "a=3"}}},
     {"yes a=1 (1)", "no terminated (1)", "stopped"}},
    {"a fatal error ends the collection",
     10,
     2,
     {{"", "o", {"!fatal", ""}}, {"a", "", {"a=1", "a=2"}}},
     {"no terminated (0)", "stopped"}},
    {"what is awaited is neither there nor a failure",
     10,
     1,
     {{"a", "", {"!awaited", "a=1", "!awaited", "!collection"}}},
     {"unknown (0)", "yes a=1 (1)", "unknown (1)", "no (1)"}},
    {"another failure costs that collector too",
     10,
     2,
     {{"", "o", {"!other", "o=1"}}, {"a", "", {"a=1", "a=2"}}},
     {"yes o=nil a=1 (1)", "yes o=1 a=2 (2)"}},
    {"a history of one",
     1,
     1,
     {{"a", "", {"a=0", "a=1", "a=2"}}},
     {"yes a=0 (1)", "yes a=1 (1)", "yes a=2 (1)"}},
    {"a history of none",
     0,
     1,
     {{"a", "", {"a=0", "a=1", "a=2"}}},
     {"yes a=0 (0)", "yes a=1 (0)", "yes a=2 (0)"}},
    {"mandatory anywhere is not optional",
     10,
     2,
     {{"", "a", {"a=1", ""}}, {"a", "", {"", ""}}},
     {"yes a=1 (1)", "no (1)"}},
    {"all optional and all missing",
     10,
     1,
     {{"", "x y", {"", "", "!collection"}}},
     {"yes x=nil y=nil (1)", "yes x=nil y=nil (2)", "yes x=nil y=nil (3)"}},
    {"readiness lost and found again",
     2,
     1,
     {{"a", "", {"a=1", "a=2", "", "a=4"}}},
     {"yes a=1 (1)", "yes a=2 (2)", "no (2)", "yes a=4 (2)"}},
    {"zero and an empty text are values",
     10,
     2,
     {{"a b", "", {"a=0 b=empty"}}, {"a b", "", {"a=5 b=x"}}},
     {"yes a=0 b=empty (1)"}},
    {"an undeclared key stays in the sample", 10, 1, {{"a", "", {"z=9 a=1"}}}, {"yes a=1 z=9 (1)"}},
};

static void
run_case(const Case *c)
{
    Canned canned[MAX_COLLECTORS] = {0};
    const MomCollector *collectors[MAX_COLLECTORS];
    g_autoptr(MomMonitorPlan) plan = NULL;
    g_autoptr(MomMonitor) monitor = NULL;

    for (gsize i = 0; i < c->n_collectors; i++) {
        canned_init(&canned[i], &c->told[i]);
        collectors[i] = &canned[i].base;
    }
    plan = mom_monitor_plan_new(collectors, c->n_collectors, c->history);
    monitor = mom_monitor_new(plan, "vm0");
    assert_int_equal(mom_monitor_ready(monitor), MOM_READY_UNKNOWN);
    for (gsize i = 0; i < MAX_CYCLES && c->expected[i]; i++) {
        g_autofree char *got = one_cycle(monitor);

        if (!g_str_equal(got, c->expected[i]))
            print_error("%s, cycle %u\n", c->what, (guint)i);
        assert_string_equal(got, c->expected[i]);
    }
    for (gsize i = 0; i < c->n_collectors; i++)
        canned_clear(&canned[i]);
}

static void
samples_are_made_as_the_semantics_say(void **state)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        run_case(&cases[i]);
}

static void
all_monitors_of_a_plan_share_its_schema(void **state)
{
    const Told told = {"a", "b", {""}};
    Canned canned = {0};
    const MomCollector *collectors[] = {&canned.base, &canned.base};
    MomMonitorPlan *plan;
    g_autoptr(MomMonitor) one = NULL, two = NULL;

    canned_init(&canned, &told);
    plan = mom_monitor_plan_new(collectors, 2, 10);
    one = mom_monitor_new(plan, "one");
    two = mom_monitor_new(plan, "two");
    assert_int_equal(mom_schema_size(mom_monitor_plan_schema(plan)), 2);
    mom_monitor_plan_unref(plan);
    assert_string_equal(mom_monitor_name(two), "two");
    assert_ptr_equal(mom_entity_schema(mom_monitor_entity(one)),
                     mom_entity_schema(mom_monitor_entity(two)));
    canned_clear(&canned);
}

/* ---- what is logged ---- */

/* A 'W' or an 'I' for each line. */
static GString *lines;

static GLogWriterOutput
keep_levels(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
    if (level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_INFO))
        g_string_append_c(lines, level & G_LOG_LEVEL_WARNING ? 'W' : 'I');
    return G_LOG_WRITER_HANDLED;
}

/* How a monitor is asked. */
typedef struct {
    gsize turns;    /* the first outputs, one for each collection */
    gsize and_then; /* the last of them for so many more */
    gint64 every_s;
    gint64 patience_s;
} Asked;

static void
assert_asked(const Told *told, const Asked *asked, const char *expected)
{
    Canned canned = {0};
    const MomCollector *collectors[] = {&canned.base};
    g_autoptr(MomMonitorPlan) plan = NULL;
    g_autoptr(MomMonitor) monitor = NULL;

    canned_init(&canned, told);
    plan = mom_monitor_plan_new(collectors, 1, 10);
    monitor = mom_monitor_new(plan, "vm0");
    mom_monitor_be_patient(monitor, asked->patience_s * G_USEC_PER_SEC);
    g_string_truncate(lines, 0);
    for (gsize i = 0; i < asked->turns + asked->and_then; i++) {
        canned.next = (guint)MIN(i, asked->turns - 1);
        mom_monitor_collect(
            monitor,
            &(MomCollectInput){.root = "/", .now_us = (gint64)i * asked->every_s * G_USEC_PER_SEC});
    }
    assert_string_equal(lines->str, expected);
    canned_clear(&canned);
}

static void
assert_lines(const Told *told, gsize turns, gsize and_then, const char *expected)
{
    assert_asked(told, &(Asked){.turns = turns, .and_then = and_then}, expected);
}

/* With 30 s of patience, until trouble would be over. */
static void
assert_patient_lines(const Told *told, gint64 every_s, const char *expected)
{
    assert_asked(told, &(Asked){MAX_CYCLES, MOM_MONITOR_WELL_AFTER, every_s, 30}, expected);
}

static void
a_failing_collector_is_told_once(void **state)
{
    const Told fails = {"", "o", {"!collection"}};
    const Told flaps = {"", "o", {"!collection", "o=1", "o=1", "!collection"}};

    assert_lines(&fails, 1, 100, "W");
    assert_lines(&flaps, 4, 0, "W");
}

static void
a_collector_that_works_again_is_told_after_a_while(void **state)
{
    const Told recovers = {"", "o", {"!collection", "o=1"}};

    assert_lines(&recovers, 2, MOM_MONITOR_WELL_AFTER - 2, "W");
    assert_lines(&recovers, 2, MOM_MONITOR_WELL_AFTER - 1, "WI");
    assert_lines(&recovers, 2, 100, "WI");
}

static void
missing_fields_are_told_once_and_when_they_are_back(void **state)
{
    const Told lacks = {"a", "", {""}};
    const Told flaps = {"a", "", {"", "a=1", "a=1", ""}};
    const Told recovers = {"a", "", {"", "a=1"}};

    assert_lines(&lacks, 1, 100, "W");
    assert_lines(&flaps, 4, 0, "W");
    assert_lines(&recovers, 2, 100, "WI");
}

static void
trouble_beside_what_is_told_is_not_told_as_well(void **state)
{
    const Told fails_beside = {"a", "", {"", "!collection", "!collection"}};

    assert_lines(&fails_beside, 3, 0, "W");
    assert_lines(&fails_beside, 3, 100, "W");
}

static void
what_is_awaited_is_not_told(void **state)
{
    const Told awaits = {"a", "", {"!awaited"}};
    const Told then_fails = {"a", "", {"!awaited", "!collection"}};
    const Told then_comes = {"a", "", {"!awaited", "a=1"}};

    assert_lines(&awaits, 1, 100, "");
    assert_lines(&then_fails, 2, 100, "WW"); /* the collector, and what it does not bring */
    assert_lines(&then_comes, 2, 100, "");
}

static void
trouble_that_passes_while_one_is_patient_is_not_told(void **state)
{
    const Told comes = {"a", "", {"", "", "", "a=1"}};
    const Told stays_out = {"a", "", {"", "", "", ""}};
    const Told works_late = {"a", "o", {"!collection", "!collection", "a=1", "a=1"}};
    const Told lost = {"a", "", {"a=1", "", "", ""}};

    assert_patient_lines(&comes, 10, "");
    assert_patient_lines(&stays_out, 10, "W");
    assert_patient_lines(&works_late, 10, "");
    assert_patient_lines(&works_late, 40, "WWII"); /* the collector, and what it does not bring */
    assert_patient_lines(&lost, 1, "");
    assert_patient_lines(&lost, 10, "W");
}

/* ---- samples that come early ---- */

static const char *const clock_fields[] = {"second", NULL};
static const char *const no_fields[] = {NULL};

static gboolean
collect_clock(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    mom_sample_set(sample, "second", mom_value_int(input->now_us / G_USEC_PER_SEC));
    return TRUE;
}

static const MomCollector clock_collector = {
    .name = "Clock", .fields = clock_fields, .optional = no_fields, .collect = collect_clock};

/* The seconds of the samples that MONITOR holds: "0 10 20". */
static char *
seconds_held(MomMonitor *monitor)
{
    MomEntity *entity = mom_monitor_entity(monitor);
    GString *text = g_string_new(NULL);

    for (gsize i = 0; i < mom_entity_n_samples(entity); i++) {
        MomValue v;

        assert_true(mom_sample_get(mom_entity_sample(entity, i), "second", &v));
        g_string_append_printf(text, "%s%d", i ? " " : "", (int)v.integer);
    }
    return g_string_free(text, FALSE);
}

static void
samples_that_come_early_do_not_shorten_what_averages_look_at(void **state)
{
    const struct {
        int second;
        const char *held;
    } steps[] = {
        {0, "0"},
        {3, "0 3"},
        {5, "0 5"},
        {10, "0 10"},
        {11, "0 10 11"},
        {19, "0 10 19"},
        {20, "0 10 19 20"},
        {28, "0 10 19 28"},
        {29, "10 19 28 29"},
        {38, "10 19 28 38"},
        {50, "19 28 38 50"},
        {90, "28 38 50 90"},
        {91, "38 50 90 91"},
    };
    const MomCollector *collectors[] = {&clock_collector};
    g_autoptr(MomMonitorPlan) plan = mom_monitor_plan_new(collectors, 1, 4);
    g_autoptr(MomMonitor) monitor = mom_monitor_new(plan, "vm0");

    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        MomCollectInput input = {.root = "/",
                                 .now_us = steps[i].second * G_USEC_PER_SEC,
                                 .spacing_us = 10 * G_USEC_PER_SEC};
        g_autofree char *held = NULL;

        assert_true(mom_monitor_collect(monitor, &input));
        held = seconds_held(monitor);
        assert_string_equal(held, steps[i].held);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_made_as_the_semantics_say),
        cmocka_unit_test(all_monitors_of_a_plan_share_its_schema),
        cmocka_unit_test(a_failing_collector_is_told_once),
        cmocka_unit_test(a_collector_that_works_again_is_told_after_a_while),
        cmocka_unit_test(missing_fields_are_told_once_and_when_they_are_back),
        cmocka_unit_test(trouble_beside_what_is_told_is_not_told_as_well),
        cmocka_unit_test(what_is_awaited_is_not_told),
        cmocka_unit_test(trouble_that_passes_while_one_is_patient_is_not_told),
        cmocka_unit_test(samples_that_come_early_do_not_shorten_what_averages_look_at),
    };

    int failed;

    lines = g_string_new(NULL);
    g_log_set_writer_func(keep_levels, NULL, NULL);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    g_string_free(lines, TRUE);
    return failed;
}
