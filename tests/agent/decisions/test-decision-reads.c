/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What led to a decision is noted by evaluating once more: with the same outcome, and without a
 * second effect.
 *
 * An engine in virtual time; what is asserted is what decisions hold and what policies kept.
 */
#include "agent/decisions/decision-query.h"
#include "tests/agent/engine-fixture.h"
#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

/* A count of evaluations that took effect, and a target that differs in every cycle. */
static const char counting[] =
    "(def count () (if (== nil (Host.GetVar \"n\")) 1 (+ 1 (Host.GetVar \"n\"))))\n"
    "(Host.SetVar \"n\" (count))\n"
    "(def give (guest) (guest.Control \"balloon_target\" (- guest.balloon_max (* 4096 (count)))))\n"
    "(with Guests guest (give guest))\n";

static void
use(EngineFixture *f, const char *policy)
{
    engine_write_file(f->policy_dir, "10-act.policy", policy);
}

static const MomDecision *
decision_at(EngineFixture *f, guint64 number)
{
    const MomDecision *decision =
        mom_decision_ring_get(mom_decisions_ring(mom_engine_decisions(f->engine)), number);

    assert_non_null(decision);
    return decision;
}

static void
assert_read(const MomDecision *decision, const char *name, gint64 value)
{
    for (gsize i = 0; i < mom_decision_n_reads(decision); i++) {
        g_autofree char *read = mom_decision_read_name(decision, i);

        if (strcmp(read, name) == 0) {
            assert_int_equal(decision->reads[i].integer, value);
            return;
        }
    }
    print_error("nothing called %s was read\n", name);
    fail();
}

static void
test_evaluating_twice_has_one_effect(void **state)
{
    EngineFixture *f = *state;
    MomValue n = MOM_NIL;

    use(f, counting);
    engine_write_host(f, 5000000); /* no rail is to act */
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    for (gint64 cycle = 1; cycle <= 5; cycle++) {
        assert_true(mom_entity_get_variable(mom_engine_host(f->engine), "n", &n));
        assert_int_equal(n.integer, cycle);
        assert_int_equal(decision_at(f, (guint64)cycle)->to.integer, 4000000 - 4096 * (cycle + 1));
        virtual_clock_advance(f->clock, 10 * SECOND);
    }
}

static void
test_reads_are_those_of_the_cycle_that_decided(void **state)
{
    EngineFixture *f = *state;

    use(f, counting);
    engine_write_host(f, 5000000); /* no rail is to act */
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    virtual_clock_advance(f->clock, 30 * SECOND);
    for (gint64 cycle = 1; cycle <= 3; cycle++) {
        const MomDecision *decision = decision_at(f, (guint64)cycle);

        assert_string_equal(mom_decision_function(decision), "give");
        assert_read(decision, "guest.balloon_max", 4000000);
        assert_read(decision, "count()", cycle + 1);
    }
}

static void
test_what_is_refused_tells_its_reads_too(void **state)
{
    EngineFixture *f = *state;
    const MomDecision *decision;

    use(f, "(defvar wish -5)(with Guests g (g.Control \"balloon_target\" wish))"
           "(Host.Control \"ksm_run\" 1)");
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    decision = decision_at(f, 1);
    assert_int_equal(decision->verdict, MOM_DECISION_RAILED);
    assert_null(mom_decision_function(decision));
    assert_read(decision, "wish", -5);
}

static void
test_a_complaint_tells_its_reads_too(void **state)
{
    EngineFixture *f = *state;

    use(f, "(defvar size 12)(with Guests g {size (g.Control \"balloon_target\" \"much\")})");
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    assert_int_equal(decision_at(f, 1)->verdict, MOM_DECISION_PASSED_OVER);
    assert_read(decision_at(f, 1), "size", 12);
}

static guint debugged;

static GLogWriterOutput
count_debug(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
    for (gsize i = 0; i < n; i++) {
        debugged += g_str_equal(fields[i].key, "MESSAGE") &&
                    g_str_has_suffix(fields[i].value, "10-act:1: here");
    }
    return G_LOG_WRITER_HANDLED;
}

static void
test_debug_speaks_once(void **state)
{
    EngineFixture *f = *state;

    use(f, "(debug 'here')(with Guests g (g.Control \"balloon_target\" 2000000))");
    engine_add_guest(f, "a", 3000000);
    mom_engine_start(f->engine);
    debugged = 0;
    virtual_clock_advance(f->clock, 0);
    assert_int_equal(debugged, 1);
    assert_non_null(decision_at(f, 1)->read_names);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(test_evaluating_twice_has_one_effect),
        ENGINE_TEST(test_reads_are_those_of_the_cycle_that_decided),
        ENGINE_TEST(test_what_is_refused_tells_its_reads_too),
        ENGINE_TEST(test_a_complaint_tells_its_reads_too),
        ENGINE_TEST(test_debug_speaks_once),
    };
    int failed;

    told = g_string_new(NULL);
    g_log_set_writer_func(count_debug, NULL, NULL);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
