/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Blindness: which samples are a gap, what is told of it, and what it keeps from being sent.
 *
 * The times of samples are the test's; where the engine runs, time is virtual.
 */
#include "agent/engine/sight.h"

#include <gio/gio.h>
#include <string.h>

#include "tests/agent/engine-fixture.h"
#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

#define HISTORY 10
#define AFTER_S 45

/* Samples at the SECONDS of TEXT: "0 5 10"; a number with a point has no news of memory. */
static MomEntity *
entity_seen_at(const char *text)
{
    static const char *const fields[] = {"balloon_cur", "mem_unused"};
    g_autoptr(MomSchema) schema = mom_schema_new(fields, G_N_ELEMENTS(fields));
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    MomEntity *entity = mom_entity_new(schema);

    for (char **word = words; *word; word++) {
        MomSample *sample = mom_sample_new(schema, g_ascii_strtoll(*word, NULL, 10) * SECOND);

        mom_sample_set(sample, "balloon_cur", mom_value_int(1));
        mom_sample_set(sample, "mem_unused", strchr(*word, '.') ? MOM_NIL : mom_value_int(1));
        mom_entity_add_sample(entity, sample, HISTORY);
    }
    return entity;
}

static void
look_at(
    MomSight *sight, const char *host_text, const char *guest_text, gint64 now_s, MomEntity **guest)
{
    g_autoptr(MomEntity) host = entity_seen_at(host_text);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();

    *guest = entity_seen_at(guest_text);
    g_ptr_array_add(guests, *guest);
    mom_sight_look(sight, host, guests, now_s * SECOND, FALSE);
}

static void
test_which_samples_are_seen(void **state)
{
    static const struct {
        const char *seconds;
        gint64 now_s;
        gboolean blind;
    } rows[] = {
        {"0", 0, FALSE},
        {"0", 45, FALSE},
        {"0", 46, TRUE}, /* nothing since */
        {"0 5 10", 10, FALSE},
        {"0 45 90", 90, FALSE},
        {"0 46", 46, TRUE}, /* one of two is old */
        {"0 46 51", 51, FALSE},
        {"0 5 10 15 100 105 110 115", 115, TRUE},
        {"0 5 10 15 100 105 110 115 120", 120, FALSE},
        {"0 100 200 205", 205, TRUE}, /* the last gap counts */
        {"", 0, TRUE},
        /* Of a guest only samples that tell of its memory are news ... */
        {"0 5 10 15. 20. 25. 30. 35. 40. 45. 50. 55.", 55, FALSE},
        {"0 5 10 15. 20. 25. 30. 35. 40. 45. 50. 56.", 56, TRUE},
        {"0 5 10. 60.", 60, TRUE},
        {"0. 5. 100", 100, FALSE},
        /* ... unless none does. */
        {"0. 5. 10.", 10, FALSE},
        {"0. 5. 100.", 100, TRUE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *now = g_strdup_printf("%" G_GINT64_FORMAT, rows[i].now_s);
        g_autoptr(MomEntity) guest = NULL;
        MomSight sight;

        mom_sight_init(&sight, "mom");
        mom_sight_set(&sight, AFTER_S * SECOND, 5 * SECOND);
        look_at(&sight, now, rows[i].seconds, rows[i].now_s, &guest);
        assert_int_equal(mom_sight_is_blind(&sight, guest), rows[i].blind);
        assert_int_equal(sight.guests, rows[i].blind);
        assert_int_equal(mom_sight_fault(&sight) != NULL, rows[i].blind);
        mom_sight_clear(&sight);
    }
}

static void
test_a_blind_host_hides_all_guests(void **state)
{
    g_autoptr(MomEntity) guest = NULL;
    MomSight sight;

    mom_sight_init(&sight, "mom");
    mom_sight_set(&sight, AFTER_S * SECOND, 5 * SECOND);
    look_at(&sight, "0. 100.", "95 100", 100, &guest);
    assert_true(mom_sight_is_blind(&sight, guest));
    assert_int_equal(sight.guests, 0);
    mom_sight_clear(&sight);
}

static void
test_samples_are_never_too_seldom_for_themselves(void **state)
{
    static const struct {
        gint64 after_s, spacing_s, expected_s;
    } rows[] = {{45, 5, 45}, {45, 15, 45}, {45, 60, 180}, {0, 60, 0}};
    MomSight sight;

    mom_sight_init(&sight, "mom");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        mom_sight_set(&sight, rows[i].after_s * SECOND, rows[i].spacing_s * SECOND);
        assert_int_equal(sight.after_us, rows[i].expected_s * SECOND);
    }
    mom_sight_clear(&sight);
}

static void
test_switched_off_everything_is_seen(void **state)
{
    g_autoptr(MomEntity) guest = NULL;
    MomSight sight;

    mom_sight_init(&sight, "mom");
    mom_sight_set(&sight, 0, 5 * SECOND);
    look_at(&sight, "0 5", "0 5", 5000, &guest);
    assert_false(mom_sight_is_blind(&sight, guest));
    assert_null(mom_sight_fault(&sight));
    mom_sight_clear(&sight);
}

static void
test_it_is_told_once_and_its_end_when_that_lasts(void **state)
{
    g_autoptr(MomEntity) host = entity_seen_at("100");
    g_autoptr(MomEntity) blind = entity_seen_at("0 100");
    g_autoptr(MomEntity) seen = entity_seen_at("95 100");
    GPtrArray *guests = g_ptr_array_new();
    MomSight sight;

    g_string_truncate(told, 0);
    mom_sight_init(&sight, "mom");
    mom_sight_set(&sight, AFTER_S * SECOND, 5 * SECOND);
    g_ptr_array_add(guests, blind);
    for (guint i = 0; i < 3 * MOM_SIGHT_WELL_AFTER; i++) {
        guests->pdata[0] = i % 2 ? seen : blind;
        assert_false(mom_sight_look(&sight, host, guests, 100 * SECOND, FALSE));
        assert_int_equal(mom_sight_fault(&sight) != NULL, i % 2 == 0);
    }
    assert_string_equal(told->str, "W:Blind: of guests (1) there was no data for a while; until "
                                   "there is enough of it, they are not shrunk;");
    g_string_truncate(told, 0);
    for (guint i = 0; i < MOM_SIGHT_WELL_AFTER; i++)
        mom_sight_look(&sight, host, guests, 100 * SECOND, FALSE);
    assert_string_equal(told->str, "I:There is enough data of host and guests again;");
    g_string_truncate(told, 0);
    guests->pdata[0] = blind;
    assert_true(mom_sight_look(&sight, host, guests, 100 * SECOND, TRUE));
    assert_string_equal(told->str, "");
    assert_non_null(mom_sight_fault(&sight));
    g_ptr_array_unref(guests);
    mom_sight_clear(&sight);
}

/* ---- in the engine ---- */

static gboolean
was_railed(EngineFixture *f)
{
    const MomDecisionRing *ring = mom_decisions_ring(mom_engine_decisions(f->engine));
    const MomDecision *last = mom_decision_ring_get(ring, mom_decision_ring_newest(ring));

    return last && g_strcmp0(last->rail, "balloon-blind") == 0;
}

/* A calm host for a while, then pressed; the guests are known all the time, or so it seems. */
static void
begin(EngineFixture *f)
{
    engine_add_guest(f, "a", 3000000);
    engine_write_host(f, 9900000);
    engine_start(f);
    virtual_clock_advance(f->clock, 100 * SECOND);
    engine_assert_calls(f, "");
}

static void
test_after_a_gap_nobody_is_shrunk_until_there_is_enough_data(void **state)
{
    EngineFixture *f = *state;

    begin(f);
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    virtual_clock_advance(f->clock, 60 * SECOND);
    g_string_truncate(told, 0);
    engine_forget_guests(f);
    engine_add_guest(f, "a", 3000000);
    engine_write_host(f, 1000000);
    virtual_clock_advance(f->clock, 20 * SECOND);
    engine_assert_calls(f, "");
    assert_true(was_railed(f));
    assert_non_null(mom_engine_sight_fault(f->engine));
    virtual_clock_advance(f->clock, 20 * SECOND);
    engine_assert_calls(f, "a 2000000");
    assert_null(mom_engine_sight_fault(f->engine));
    virtual_clock_advance(f->clock, 300 * SECOND);
    /* That nothing came was told, and is not told twice. */
    assert_null(strstr(told->str, "Blind"));
    assert_null(strstr(told->str, "enough data"));
}

static void
test_a_short_silence_is_no_gap(void **state)
{
    EngineFixture *f = *state;

    begin(f);
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    virtual_clock_advance(f->clock, 30 * SECOND);
    engine_forget_guests(f);
    engine_add_guest(f, "a", 3000000);
    engine_write_host(f, 1000000);
    virtual_clock_advance(f->clock, 10 * SECOND);
    engine_assert_calls(f, "a 2000000");
}

static void
test_an_unreadable_host_blinds_for_all(void **state)
{
    EngineFixture *f = *state;

    begin(f);
    engine_write_file(f->root, "proc/meminfo", "");
    virtual_clock_advance(f->clock, 60 * SECOND);
    engine_write_host(f, 1000000);
    g_string_truncate(told, 0);
    virtual_clock_advance(f->clock, 20 * SECOND);
    engine_assert_calls(f, "");
    assert_non_null(strstr(told->str, "W:Blind: there was no data of the host"));
    virtual_clock_advance(f->clock, 30 * SECOND);
    engine_assert_calls(f, "a 2000000");
    assert_null(mom_engine_sight_fault(f->engine));
    assert_null(strstr(told->str, "enough data"));
    virtual_clock_advance(f->clock, 300 * SECOND);
    assert_non_null(strstr(told->str, "I:There is enough data of host and guests again;"));
    assert_null(strstr(strstr(told->str, "W:Blind") + 1, "W:Blind"));
}

/* What helps a guest may be done on old data. */
static void
test_the_blind_may_give(void **state)
{
    EngineFixture *f = *state;

    begin(f);
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    virtual_clock_advance(f->clock, 60 * SECOND);
    engine_forget_guests(f);
    engine_add_guest(f, "a", 900000); /* its guarantee is more */
    engine_write_host(f, 1000000);
    virtual_clock_advance(f->clock, 10 * SECOND);
    assert_non_null(mom_engine_sight_fault(f->engine));
    assert_int_equal(f->calls->len, 1);
    g_ptr_array_set_size(f->calls, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_samples_are_seen),
        cmocka_unit_test(test_a_blind_host_hides_all_guests),
        cmocka_unit_test(test_samples_are_never_too_seldom_for_themselves),
        cmocka_unit_test(test_switched_off_everything_is_seen),
        cmocka_unit_test(test_it_is_told_once_and_its_end_when_that_lasts),
        ENGINE_TEST(test_after_a_gap_nobody_is_shrunk_until_there_is_enough_data),
        ENGINE_TEST(test_a_short_silence_is_no_gap),
        ENGINE_TEST(test_an_unreadable_host_blinds_for_all),
        ENGINE_TEST(test_the_blind_may_give),
    };
    int result;

    kept_log_begin();
    result = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return result;
}
