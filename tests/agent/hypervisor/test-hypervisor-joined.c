/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two sources as one, in virtual time: who is asked when, who is waited for, and what is told.
 */
#include "agent/hypervisor/hypervisor-joined.h"

#include <gio/gio.h>
#include <string.h>

#include "tests/agent/kept-log.h"
#include "tests/agent/virtual-clock.h"
#include "tests/mom-test.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
#define INTERVAL_US (15 * SECOND)

/* A source that answers when the test says so, or at once. */
typedef struct {
    MomSource base;
    MomSourceDone done; /* an open question */
    gpointer data;
    guint asked;
    gboolean holds;    /* leaves questions open */
    const char *error; /* what it answers; NULL: guests */
    const char *uuids; /* of its guests, one letter each */
    gint64 unused_kib;
} Peer;

typedef struct {
    VirtualClock *clock;
    Peer vdsm, libvirt;
    MomHypervisorJoined *joined;
    guint answers;
    GPtrArray *guests; /* of the last answer; NULL: an error */
    char *error;
    guint hints;
} Fixture;

static GPtrArray *
guests_of(const Peer *peer)
{
    GPtrArray *guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);

    for (const char *c = peer->uuids; *c; c++) {
        char uuid[] = {*c, '\0'};
        MomGuestData *guest = mom_guest_data_new(uuid, uuid);

        guest->data_source = peer->base.klass->name;
        guest->has_memory = TRUE;
        guest->mem_unused_kib = mom_value_int(peer->unused_kib);
        guest->balloon_cur_kib = mom_value_int(peer->unused_kib);
        g_ptr_array_add(guests, guest);
    }
    return guests;
}

static void
answer(Peer *peer)
{
    MomSourceDone done = peer->done;
    g_autoptr(GPtrArray) guests = guests_of(peer);
    g_autoptr(GError) error =
        peer->error ? g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, peer->error) : NULL;

    assert_non_null(done);
    peer->done = NULL;
    done(error ? NULL : guests, error, peer->data);
}

static void
peer_sample(MomSource *source, MomSourceDone done, gpointer data)
{
    Peer *peer = (Peer *)source;

    assert_null(peer->done); /* at most one question at a time */
    peer->done = done;
    peer->data = data;
    peer->asked++;
    if (!peer->holds)
        answer(peer);
}

static const MomSourceClass vdsm_class = {.sample = peer_sample, .name = "vdsm"};
static const MomSourceClass libvirt_class = {.sample = peer_sample, .name = "libvirt"};

static void
note_live(gpointer data)
{
    ((Fixture *)data)->hints++;
}

static void
make(Fixture *f, gboolean is_wanted)
{
    MomHypervisorJoinedOptions options = {
        .list = &f->vdsm.base,
        .numbers = &f->libvirt.base,
        .clock = virtual_clock_base(f->clock),
        .list_lasts_us = INTERVAL_US,
        .is_wanted = is_wanted,
        .live = note_live,
        .data = f,
    };

    mom_hypervisor_joined_free(f->joined);
    f->joined = mom_hypervisor_joined_new(&options);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->clock = virtual_clock_new();
    virtual_clock_advance(f->clock, 1000 * SECOND);
    f->vdsm = (Peer){.base = {&vdsm_class}, .uuids = "ab", .unused_kib = 1};
    f->libvirt = (Peer){.base = {&libvirt_class}, .uuids = "ab", .unused_kib = 2};
    make(f, FALSE);
    g_string_truncate(told, 0);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_hypervisor_joined_free(f->joined);
    virtual_clock_free(f->clock);
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    g_free(f->error);
    g_free(f);
    return 0;
}

static void
take(GPtrArray *guests, const GError *error, gpointer data)
{
    Fixture *f = data;

    f->answers++;
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    g_clear_pointer(&f->error, g_free);
    f->guests = guests ? g_ptr_array_ref(guests) : NULL;
    f->error = error ? g_strdup(error->message) : NULL;
}

static void
ask(Fixture *f)
{
    MomSource *source = mom_hypervisor_joined_source(f->joined);

    f->answers = 0;
    source->klass->sample(source, take, f);
}

/* "a:libvirt:2 b:vdsm:1?" of the last answer; the question mark is for one side only. */
static char *
text_of(const Fixture *f)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; f->guests && i < f->guests->len; i++) {
        const MomGuestData *guest = g_ptr_array_index(f->guests, i);

        g_string_append_printf(text, "%s%s:%s:%d%s", i ? " " : "", guest->uuid, guest->data_source,
                               (int)guest->mem_unused_kib.integer, guest->is_one_sided ? "?" : "");
    }
    return g_string_free(text, FALSE);
}

#define assert_guests(f, expected)                                                                 \
    do {                                                                                           \
        g_autofree char *text_ = text_of(f);                                                       \
        assert_int_equal((f)->answers, 1);                                                         \
        assert_string_equal(text_, expected);                                                      \
    } while (0)

static void
pass(Fixture *f, gint64 seconds)
{
    virtual_clock_advance(f->clock, seconds * SECOND);
}

/* ---- who is asked ---- */

static void
numbers_are_read_each_time_and_the_list_as_often_as_without_them(void **state)
{
    Fixture *f = *state;

    for (int second = 0; second < 60; second++) {
        ask(f);
        assert_guests(f, "a:libvirt:2 b:libvirt:2");
        pass(f, 1);
    }
    assert_int_equal(f->libvirt.asked, 60);
    assert_in_range(f->vdsm.asked, 4, 5); /* every 15 s, less a tenth for early timers */
}

static void
a_short_interval_is_libvirts_affair(void **state)
{
    Fixture *f = *state;

    mom_hypervisor_joined_set_list_lasts(f->joined, 1 * SECOND);
    for (int second = 0; second < 60; second++) {
        ask(f);
        pass(f, 1);
    }
    assert_int_equal(f->libvirt.asked, 60);
    assert_in_range(f->vdsm.asked, 12, 15);
}

static void
a_list_that_may_be_wrong_is_asked_for(void **state)
{
    Fixture *f = *state;

    ask(f);
    mom_hypervisor_joined_renew_list(f->joined);
    ask(f);
    ask(f);
    assert_int_equal(f->vdsm.asked, 2);
}

/* Once: a guest that only one side knows for long is no reason to ask on. */
static void
a_guest_that_comes_or_goes_renews_the_list(void **state)
{
    Fixture *f = *state;

    ask(f);
    f->libvirt.uuids = "abc";
    f->vdsm.uuids = "abc";
    ask(f);
    assert_guests(f, "a:libvirt:2 b:libvirt:2 c:libvirt:2");
    assert_int_equal(f->vdsm.asked, 2);
    f->libvirt.uuids = "ab";
    for (int i = 0; i < 5; i++)
        ask(f);
    assert_guests(f, "a:libvirt:2 b:libvirt:2 c:vdsm:1?");
    assert_int_equal(f->vdsm.asked, 3);
}

/* ---- one side only ---- */

static void
a_guest_of_libvirt_alone_is_none_of_ours_and_told_once(void **state)
{
    Fixture *f = *state;

    f->libvirt.uuids = "abx";
    ask(f);
    assert_guests(f, "a:libvirt:2 b:libvirt:2");
    g_string_truncate(told, 0);
    pass(f, 59);
    ask(f);
    assert_string_equal(told->str, "");
    for (int i = 0; i < 3; i++) {
        pass(f, 2);
        ask(f);
    }
    assert_string_equal(
        told->str,
        "I:Guest x runs under libvirt, and vdsm does not list it as up: it is not managed;");
}

static void
a_guest_that_is_only_coming_is_not_told(void **state)
{
    Fixture *f = *state;

    f->libvirt.uuids = "abx";
    ask(f);
    g_string_truncate(told, 0);
    pass(f, 50);
    f->vdsm.uuids = "abx";
    ask(f);
    f->vdsm.uuids = "ab";
    pass(f, 20);
    ask(f);
    pass(f, 50);
    ask(f);
    assert_string_equal(told->str, "");
}

/* ---- who is waited for ---- */

static void
both_answers_are_waited_for_in_any_order(void **state)
{
    Fixture *f = *state;

    f->vdsm.holds = f->libvirt.holds = TRUE;
    ask(f);
    answer(&f->libvirt);
    assert_int_equal(f->answers, 0);
    answer(&f->vdsm);
    assert_guests(f, "a:libvirt:2 b:libvirt:2");
    pass(f, 15);
    ask(f);
    answer(&f->vdsm);
    assert_int_equal(f->answers, 0);
    answer(&f->libvirt);
    assert_guests(f, "a:libvirt:2 b:libvirt:2");
}

static void
vdsms_error_is_the_answer(void **state)
{
    Fixture *f = *state;

    ask(f);
    f->vdsm.error = "no such bus";
    pass(f, 15);
    ask(f);
    assert_int_equal(f->answers, 1);
    assert_null(f->guests);
    assert_string_equal(f->error, "no such bus");
    f->vdsm.error = NULL;
    ask(f);
    assert_guests(f, "a:libvirt:2 b:libvirt:2");
}

static void
a_libvirt_that_fails_leaves_vdsms_numbers_of_now(void **state)
{
    Fixture *f = *state;
    MomSource *source = mom_hypervisor_joined_source(f->joined);

    ask(f);
    assert_string_equal(mom_source_data_source(source), "libvirt");
    assert_true(mom_source_is_live(source));
    g_string_truncate(told, 0);
    f->libvirt.error = "it was killed";
    f->vdsm.unused_kib = 3;
    for (int second = 0; second < 30; second++) {
        ask(f);
        assert_guests(f, "a:vdsm:3 b:vdsm:3");
        pass(f, 1);
    }
    assert_string_equal(mom_source_data_source(source), "vdsm");
    assert_false(mom_source_is_live(source));
    assert_int_equal(f->vdsm.asked, 31); /* as it would be alone */
    f->libvirt.error = NULL;
    for (int second = 0; second < 5; second++) {
        ask(f);
        assert_guests(f, "a:libvirt:2 b:libvirt:2");
    }
    assert_true(mom_source_is_live(source));
    assert_string_equal(told->str,
                        "W:The guests' memory is read through vdsm alone, which looks at them "
                        "every 15 s only: it was killed;"
                        "I:The guests' memory is read from libvirt again;");
}

static void
a_libvirt_that_hangs_is_waited_for_once(void **state)
{
    Fixture *f = *state;

    ask(f);
    g_string_truncate(told, 0);
    f->libvirt.holds = TRUE;
    ask(f);
    assert_int_equal(f->answers, 0);
    pass(f, 5);
    assert_guests(f, "a:vdsm:1 b:vdsm:1");
    for (int i = 0; i < 3; i++) {
        ask(f);
        assert_guests(f, "a:vdsm:1 b:vdsm:1");
    }
    assert_int_equal(f->libvirt.asked, 2);
    answer(&f->libvirt); /* too late to be taken for well */
    assert_int_equal(f->hints, 0);
    ask(f);
    assert_guests(f, "a:vdsm:1 b:vdsm:1");
    answer(&f->libvirt);
    assert_int_equal(f->hints, 1);
    f->libvirt.holds = FALSE;
    ask(f);
    assert_guests(f, "a:libvirt:2 b:libvirt:2");
    assert_string_equal(told->str,
                        "W:The guests' memory is read through vdsm alone, which looks at them "
                        "every 15 s only: libvirt has not answered in time;"
                        "I:The guests' memory is read from libvirt again;");
}

static void
a_host_without_libvirt_is_a_fault_only_if_it_is_wanted(void **state)
{
    Fixture *f = *state;

    f->libvirt.error = "no socket";
    ask(f);
    pass(f, 15);
    f->libvirt.error = "other words";
    ask(f);
    assert_guests(f, "a:vdsm:1 b:vdsm:1");
    assert_string_equal(told->str, "I:The guests' memory is read through vdsm alone, which looks "
                                   "at them every 15 s only: no socket;");
    g_string_truncate(told, 0);
    make(f, TRUE);
    ask(f);
    assert_true(g_str_has_prefix(told->str, "W:"));
}

static void
the_age_of_the_list_is_that_of_vdsms_numbers(void **state)
{
    Fixture *f = *state;
    const MomGuestData *guest;

    f->libvirt.uuids = "a";
    ask(f);
    pass(f, 7);
    ask(f);
    guest = g_ptr_array_index(f->guests, 0);
    assert_int_equal(guest->data_age_s.integer, 0);
    guest = g_ptr_array_index(f->guests, 1);
    assert_true(guest->is_one_sided);
    assert_int_equal(guest->data_age_s.integer, 7);
}

/* The sources are freed first, and vdsm's answers what is open. */
static void
it_may_be_freed_in_the_middle(void **state)
{
    Fixture *f = *state;

    f->vdsm.holds = f->libvirt.holds = TRUE;
    ask(f);
    f->vdsm.error = "closed";
    answer(&f->vdsm);
    assert_int_equal(f->answers, 1);
    mom_hypervisor_joined_free(g_steal_pointer(&f->joined));
    pass(f, 60);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_read_each_time_and_the_list_as_often_as_without_them),
        TEST(a_short_interval_is_libvirts_affair),
        TEST(a_list_that_may_be_wrong_is_asked_for),
        TEST(a_guest_that_comes_or_goes_renews_the_list),
        TEST(a_guest_of_libvirt_alone_is_none_of_ours_and_told_once),
        TEST(a_guest_that_is_only_coming_is_not_told),
        TEST(both_answers_are_waited_for_in_any_order),
        TEST(vdsms_error_is_the_answer),
        TEST(a_libvirt_that_fails_leaves_vdsms_numbers_of_now),
        TEST(a_libvirt_that_hangs_is_waited_for_once),
        TEST(a_host_without_libvirt_is_a_fault_only_if_it_is_wanted),
        TEST(the_age_of_the_list_is_that_of_vdsms_numbers),
        TEST(it_may_be_freed_in_the_middle),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests_name("hypervisor-joined", tests, NULL, NULL);
    kept_log_end();
    return failed;
}
