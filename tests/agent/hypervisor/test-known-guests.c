/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What vdsm told of a guest, and what libvirt says of it later.
 */
#include "agent/hypervisor/known-guests.h"

#include "tests/mom-test.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

typedef struct {
    MomKnownGuests *known;
    GPtrArray *list; /* of the side that is about to speak */
    GPtrArray *told; /* what became of libvirt's */
    gint64 now_us;
} Fixture;

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->known = mom_known_guests_new();
    f->list = g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_known_guests_free(f->known);
    g_clear_pointer(&f->told, g_ptr_array_unref);
    g_ptr_array_unref(f->list);
    g_free(f);
    return 0;
}

static MomGuestData *
add(Fixture *f, const char *uuid, const char *name)
{
    MomGuestData *guest = mom_guest_data_new(uuid, name);

    guest->has_balloon = guest->has_memory = TRUE;
    g_ptr_array_add(f->list, guest);
    return guest;
}

/* As libvirt's adapter tells one whose guarantee it does not know. */
static MomGuestData *
add_of_libvirt(Fixture *f, const char *uuid)
{
    MomGuestData *guest = add(f, uuid, "libvirt's");

    guest->balloon_min_kib = mom_value_int(0);
    return guest;
}

static void
vdsm_speaks(Fixture *f)
{
    mom_known_guests_learn(f->known, f->list);
    g_ptr_array_set_size(f->list, 0);
}

/* The first of those that are ours; NULL: none is. Until libvirt speaks again. */
static MomGuestData *
libvirt_speaks(Fixture *f)
{
    g_clear_pointer(&f->told, g_ptr_array_unref);
    f->told = mom_known_guests_translate(f->known, f->list, f->now_us);
    return f->told->len ? g_ptr_array_index(f->told, 0) : NULL;
}

static void
next(Fixture *f)
{
    g_ptr_array_set_size(f->list, 0);
    f->now_us += 10 * SECOND;
}

static void
what_only_vdsm_knows_is_kept(void **state)
{
    Fixture *f = *state;
    MomGuestData *guest = add(f, "a", "web");

    guest->balloon_min_kib = mom_value_int(1000);
    guest->ballooning_enabled = mom_value_bool(FALSE);
    guest->swap_total_kib = mom_value_int(500);
    guest->swap_usage_kib = mom_value_int(20);
    guest->vcpu_period_us = mom_value_int(100000);
    vdsm_speaks(f);
    guest = add_of_libvirt(f, "a");
    guest->ballooning_enabled = mom_value_bool(TRUE);
    guest->balloon_cur_kib = mom_value_int(4000);
    guest = libvirt_speaks(f);
    assert_string_equal(guest->name, "web");
    assert_int_equal(guest->balloon_min_kib.integer, 1000);
    assert_false(mom_value_truth(guest->ballooning_enabled));
    assert_int_equal(guest->swap_total_kib.integer, 500);
    assert_int_equal(guest->swap_usage_kib.integer, 20);
    assert_int_equal(guest->vcpu_period_us.integer, 100000);
    assert_int_equal(guest->balloon_cur_kib.integer, 4000); /* libvirt's own */
    assert_true(guest->has_balloon);
}

static void
what_vdsm_leaves_out_once_it_has_not_taken_back(void **state)
{
    Fixture *f = *state;

    add(f, "a", "web")->balloon_min_kib = mom_value_int(1000);
    vdsm_speaks(f);
    add(f, "a", NULL)->has_balloon = FALSE;
    vdsm_speaks(f);
    add_of_libvirt(f, "a");
    assert_int_equal(libvirt_speaks(f)->balloon_min_kib.integer, 1000);
}

static void
a_guest_without_a_known_guarantee_is_not_ballooned(void **state)
{
    Fixture *f = *state;

    add(f, "a", "web")->has_balloon = FALSE;
    vdsm_speaks(f);
    add_of_libvirt(f, "a");
    assert_false(libvirt_speaks(f)->has_balloon);
    next(f);
    add_of_libvirt(f, "a")->ovirt_guarantee_kib = mom_value_int(2000);
    assert_true(libvirt_speaks(f)->has_balloon);
    assert_int_equal(libvirt_speaks(f)->balloon_min_kib.integer, 2000);
}

static void
a_guest_that_vdsm_never_told_is_ours_by_ovirt_s_metadata_only(void **state)
{
    Fixture *f = *state;

    add_of_libvirt(f, "stranger")->balloon_min_kib = mom_value_int(7);
    assert_null(libvirt_speaks(f));
    add_of_libvirt(f, "theirs")->ovirt_guarantee_kib = mom_value_int(2000);
    assert_string_equal(libvirt_speaks(f)->uuid, "theirs");
    assert_int_equal(f->told->len, 1);
    assert_int_equal(libvirt_speaks(f)->balloon_min_kib.integer, 2000);
    /* It hangs, and its metadata are not read: it is still the same guest. */
    next(f);
    add_of_libvirt(f, "theirs")->has_balloon = FALSE;
    assert_int_equal(libvirt_speaks(f)->balloon_min_kib.integer, 2000);
    assert_false(libvirt_speaks(f)->has_balloon);
    /* Metadata may be changed. */
    next(f);
    add_of_libvirt(f, "theirs")->ovirt_guarantee_kib = mom_value_int(3000);
    assert_int_equal(libvirt_speaks(f)->balloon_min_kib.integer, 3000);
}

static void
vdsm_s_word_of_a_guarantee_counts_more_than_metadata(void **state)
{
    Fixture *f = *state;

    add(f, "a", "web")->balloon_min_kib = mom_value_int(1000);
    vdsm_speaks(f);
    add_of_libvirt(f, "a")->ovirt_guarantee_kib = mom_value_int(500);
    assert_int_equal(libvirt_speaks(f)->balloon_min_kib.integer, 1000);
}

static void
another_run_of_a_guest_has_nothing_of_the_one_before(void **state)
{
    Fixture *f = *state;
    MomGuestData *guest = add(f, "a", "web");

    guest->pid = mom_value_int(4711);
    guest->balloon_min_kib = mom_value_int(1000);
    vdsm_speaks(f);
    add_of_libvirt(f, "a")->pid = mom_value_int(4711);
    assert_int_equal(libvirt_speaks(f)->balloon_min_kib.integer, 1000);
    next(f);
    add_of_libvirt(f, "a"); /* its process is not found this time */
    assert_int_equal(libvirt_speaks(f)->balloon_min_kib.integer, 1000);
    next(f);
    add_of_libvirt(f, "a")->pid = mom_value_int(4712);
    assert_false(libvirt_speaks(f)->has_balloon);
    assert_true(mom_value_is_nil(libvirt_speaks(f)->balloon_min_kib));
}

/* vdsm need not tell of processes: what it tells is of the one that runs. */
static void
a_process_that_vdsm_does_not_tell_of_is_not_held_against_its_word(void **state)
{
    Fixture *f = *state;

    add(f, "a", "web")->balloon_min_kib = mom_value_int(1000);
    vdsm_speaks(f);
    add_of_libvirt(f, "a")->pid = mom_value_int(4711);
    libvirt_speaks(f);
    next(f);
    add(f, "a", "web")->balloon_min_kib = mom_value_int(2000); /* restarted meanwhile */
    vdsm_speaks(f);
    add_of_libvirt(f, "a")->pid = mom_value_int(4712);
    assert_int_equal(libvirt_speaks(f)->balloon_min_kib.integer, 2000);
}

static void
no_quota_is_told_as_vdsm_tells_it(void **state)
{
    static const struct {
        gint64 vdsm, expected; /* G_MININT64: nothing */
    } rows[] = {
        {G_MININT64, G_MININT64}, /* as of one of which it never told anything */
        {-1, -1},
        {0, 0},
        {G_GINT64_CONSTANT(17592186044415), G_GINT64_CONSTANT(17592186044415)},
        {50000, G_MININT64}, /* it was lifted */
    };
    Fixture *f = *state;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 quota_us = G_MININT64;

        next(f);
        if (rows[i].vdsm != G_MININT64)
            add(f, "a", "web")->vcpu_quota_us = mom_value_int(rows[i].vdsm);
        else
            add(f, "a", "web");
        vdsm_speaks(f);
        add_of_libvirt(f, "a");
        mom_value_to_int(libvirt_speaks(f)->vcpu_quota_us, &quota_us);
        assert_int_equal(quota_us, rows[i].expected);
    }
    next(f);
    add_of_libvirt(f, "a")->vcpu_quota_us = mom_value_int(7000);
    assert_int_equal(libvirt_speaks(f)->vcpu_quota_us.integer, 7000);
}

/* Libvirt counts from a guest's start, vdsm tells growth in a second. */
/* As of one that hangs, of which nothing is told but that it is there. */
static void
a_quota_that_is_not_told_once_is_not_taken_back(void **state)
{
    Fixture *f = *state;

    add(f, "a", "web")->vcpu_quota_us = mom_value_int(-1);
    vdsm_speaks(f);
    add(f, "a", "web");
    vdsm_speaks(f);
    add_of_libvirt(f, "a");
    assert_int_equal(libvirt_speaks(f)->vcpu_quota_us.type, MOM_VALUE_INT);
    assert_int_equal(libvirt_speaks(f)->vcpu_quota_us.integer, -1);
}

static void
counters_are_told_as_vdsm_tells_them(void **state)
{
    Fixture *f = *state;

    add(f, "a", "web")->swap_out = mom_value_int(12);
    vdsm_speaks(f);
    add_of_libvirt(f, "a")->swap_out = mom_value_int(5000000);
    assert_int_equal(libvirt_speaks(f)->swap_out.integer, 12);
    next(f);
    add_of_libvirt(f, "a")->swap_out = mom_value_int(5000300);
    assert_int_equal(libvirt_speaks(f)->swap_out.integer, 30);
}

static void
guests_that_vdsm_lists_no_more_are_forgotten(void **state)
{
    Fixture *f = *state;

    add(f, "a", "web")->balloon_min_kib = mom_value_int(1000);
    add(f, "b", "db")->balloon_min_kib = mom_value_int(1000);
    vdsm_speaks(f);
    add(f, "b", "db");
    vdsm_speaks(f);
    add_of_libvirt(f, "a");
    add_of_libvirt(f, "b");
    assert_string_equal(libvirt_speaks(f)->uuid, "b");
    assert_int_equal(f->told->len, 1);
}

static gboolean
are_all_in(Fixture *f)
{
    gboolean all_in = mom_known_guests_are_all_in(f->known, f->list);

    next(f);
    return all_in;
}

static void
vdsm_s_list_is_whole_if_it_tells_of_all_what_it_did(void **state)
{
    Fixture *f = *state;

    assert_true(are_all_in(f)); /* nobody is missed */
    add(f, "a", "web");
    add(f, "b", "db")->has_memory = FALSE;
    vdsm_speaks(f);
    assert_true(are_all_in(f)); /* libvirt has not spoken */
    add_of_libvirt(f, "a");
    add_of_libvirt(f, "b");
    add_of_libvirt(f, "theirs")->ovirt_guarantee_kib = mom_value_int(1);
    add_of_libvirt(f, "stranger");
    libvirt_speaks(f);
    next(f);
    add(f, "a", "web");
    add(f, "b", "db")->has_memory = FALSE;
    assert_false(are_all_in(f));
    add(f, "a", "web")->has_balloon = FALSE;
    add(f, "b", "db")->has_memory = FALSE;
    add(f, "theirs", "x");
    assert_false(are_all_in(f));
    add(f, "a", "web");
    add(f, "b", "db")->has_memory = FALSE;
    add(f, "theirs", "x")->has_balloon = FALSE;
    add(f, "new", "y");
    assert_true(are_all_in(f));
    /* Who is no more at libvirt is not missed. */
    add_of_libvirt(f, "b");
    libvirt_speaks(f);
    next(f);
    add(f, "b", "db");
    assert_true(are_all_in(f));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_only_vdsm_knows_is_kept),
        TEST(what_vdsm_leaves_out_once_it_has_not_taken_back),
        TEST(a_guest_without_a_known_guarantee_is_not_ballooned),
        TEST(a_guest_that_vdsm_never_told_is_ours_by_ovirt_s_metadata_only),
        TEST(vdsm_s_word_of_a_guarantee_counts_more_than_metadata),
        TEST(another_run_of_a_guest_has_nothing_of_the_one_before),
        TEST(a_process_that_vdsm_does_not_tell_of_is_not_held_against_its_word),
        TEST(no_quota_is_told_as_vdsm_tells_it),
        TEST(a_quota_that_is_not_told_once_is_not_taken_back),
        TEST(counters_are_told_as_vdsm_tells_them),
        TEST(guests_that_vdsm_lists_no_more_are_forgotten),
        TEST(vdsm_s_list_is_whole_if_it_tells_of_all_what_it_did),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
