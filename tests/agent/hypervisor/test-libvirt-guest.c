/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libvirt's guest to collectors' guest, on guests made by hand.
 */
#include "agent/hypervisor/libvirt-guest.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/mom-test.h"

static MomVirtGuest *
guest_new(const char *xml)
{
    g_autoptr(GError) error = NULL;
    MomVirtGuest *guest = g_new0(MomVirtGuest, 1);

    strcpy(guest->uuid, "u");
    guest->name = g_strdup("a");
    if (xml != NULL) {
        guest->domain = mom_virt_domain_parse("a", xml, &error);
        assert_ok(guest->domain != NULL);
    }
    return guest;
}

static void
put(MomVirtGuest *guest, MomVirtStat stat, guint64 value)
{
    guest->present |= 1u << stat;
    guest->value[stat] = value;
}

#define NOW_S 1800000000

static MomGuestData *
convert_with(MomVirtGuest *guest, const MomLibvirtView *view)
{
    MomGuestData *data = mom_libvirt_guest_data(guest, view);

    mom_virt_guest_free(guest);
    return data;
}

static MomGuestData *
convert(MomVirtGuest *guest)
{
    return convert_with(guest, &(MomLibvirtView){.wall_s = NOW_S, .period_s = 5});
}

static void
a_guest_of_which_nothing_is_known_is_nil_throughout(void **state)
{
    g_autoptr(MomGuestData) data = convert(guest_new(NULL));

    assert_string_equal(data->uuid, "u");
    assert_string_equal(data->name, "a");
    assert_false(data->has_memory);
    assert_false(data->has_balloon);
    assert_false(data->has_io_tune);
    assert_true(mom_value_is_nil(data->pid));
    assert_true(mom_value_is_nil(data->mem_unused_kib));
    assert_true(mom_value_is_nil(data->balloon_min_kib));
    assert_true(mom_value_is_nil(data->balloon_device));
    assert_true(mom_value_is_nil(data->vcpu_user_limit));
}

static void
what_is_absent_from_the_xml_has_its_default(void **state)
{
    g_autoptr(MomGuestData) data = convert(guest_new("<domain/>"));

    assert_int_equal(data->balloon_min_kib.integer, 0);
    assert_int_equal(data->vcpu_user_limit.integer, 100);
    assert_true(mom_value_is_nil(data->vcpu_quota_us));
}

static void
memory_and_balloon_keep_their_units(void **state)
{
    MomVirtGuest *guest = guest_new("<domain><memtune><min_guarantee>7</min_guarantee></memtune>"
                                    "<devices><memballoon model='virtio'/></devices></domain>");
    g_autoptr(MomGuestData) data = NULL;

    put(guest, MOM_VIRT_AVAILABLE_KIB, 1000);
    put(guest, MOM_VIRT_UNUSED_KIB, 300);
    put(guest, MOM_VIRT_DISK_CACHES_KIB, 50);
    put(guest, MOM_VIRT_USABLE_KIB, 340);
    put(guest, MOM_VIRT_SWAP_IN_KIB, 1);
    put(guest, MOM_VIRT_SWAP_OUT_KIB, 2);
    put(guest, MOM_VIRT_MAJOR_FAULTS, 3);
    put(guest, MOM_VIRT_MINOR_FAULTS, 4);
    put(guest, MOM_VIRT_BALLOON_CURRENT_KIB, 1200);
    put(guest, MOM_VIRT_BALLOON_MAXIMUM_KIB, 2400);
    data = convert(guest);
    assert_true(data->has_memory);
    assert_true(data->has_balloon);
    assert_int_equal(data->mem_available_kib.integer, 1000);
    assert_int_equal(data->mem_unused_kib.integer, 300);
    assert_int_equal(data->mem_free_kib.integer, 350);
    assert_int_equal(data->mem_usable_kib.integer, 340);
    assert_int_equal(data->disk_caches_kib.integer, 50);
    assert_int_equal(data->swap_in.integer, 1);
    assert_int_equal(data->swap_out.integer, 2);
    assert_int_equal(data->major_faults.integer, 3);
    assert_int_equal(data->minor_faults.integer, 4);
    assert_int_equal(data->balloon_cur_kib.integer, 1200);
    assert_int_equal(data->balloon_max_kib.integer, 2400);
    assert_int_equal(data->balloon_min_kib.integer, 7);
    assert_true(data->balloon_device.boolean);
}

static void
what_vdsm_keeps_with_its_guests_is_told(void **state)
{
    g_autoptr(MomGuestData) theirs = convert(guest_new(
        "<domain><metadata><o:vm xmlns:o='http://ovirt.org/vm/1.0'><o:minGuaranteedMemoryMb>1"
        "</o:minGuaranteedMemoryMb><o:ballooningEnabled>false</o:ballooningEnabled></o:vm>"
        "</metadata></domain>"));
    g_autoptr(MomGuestData) ours = convert(guest_new("<domain/>"));

    assert_int_equal(theirs->ovirt_guarantee_kib.integer, 1024);
    assert_true(mom_value_equal(theirs->ballooning_enabled, mom_value_bool(FALSE)));
    assert_true(mom_value_is_nil(ours->ovirt_guarantee_kib));
    assert_true(mom_value_is_nil(ours->ballooning_enabled));
}

static void
a_number_beyond_our_integers_is_nil(void **state)
{
    MomVirtGuest *guest = guest_new("<domain/>");
    g_autoptr(MomGuestData) data = NULL;

    put(guest, MOM_VIRT_UNUSED_KIB, G_MAXUINT64);
    put(guest, MOM_VIRT_AVAILABLE_KIB, 5);
    data = convert(guest);
    assert_true(mom_value_is_nil(data->mem_unused_kib));
    assert_int_equal(data->mem_available_kib.integer, 5);
    assert_false(data->has_memory);
}

static void
a_driver_that_never_reported_is_told(void **state)
{
    const struct {
        guint64 last_update_s;
        gboolean driver;
    } cases[] = {{0, FALSE}, {1700000000, TRUE}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        MomVirtGuest *guest = guest_new("<domain/>");
        g_autoptr(MomGuestData) data = NULL;

        put(guest, MOM_VIRT_LAST_UPDATE_S, cases[i].last_update_s);
        data = convert(guest);
        assert_int_equal(data->balloon_driver.type, MOM_VALUE_BOOL);
        assert_int_equal(data->balloon_driver.boolean, cases[i].driver);
    }
}

static MomVirtGuest *
guest_that_reported(guint64 last_update_s)
{
    MomVirtGuest *guest = guest_new("<domain/>");

    put(guest, MOM_VIRT_AVAILABLE_KIB, 1000);
    put(guest, MOM_VIRT_UNUSED_KIB, 300);
    put(guest, MOM_VIRT_USABLE_KIB, 340);
    put(guest, MOM_VIRT_DISK_CACHES_KIB, 50);
    put(guest, MOM_VIRT_MAJOR_FAULTS, 3);
    put(guest, MOM_VIRT_BALLOON_CURRENT_KIB, 1200);
    put(guest, MOM_VIRT_BALLOON_MAXIMUM_KIB, 2400);
    put(guest, MOM_VIRT_LAST_UPDATE_S, last_update_s);
    return guest;
}

static void
the_age_of_a_report_is_told_if_it_makes_sense(void **state)
{
    const struct {
        gint64 last_update_s;
        gint64 guest_age_s; /* -1: not known */
        gint64 expected_s;  /* -1: nil */
    } rows[] = {
        {NOW_S, -1, 0},
        {NOW_S - 7, -1, 7},
        {NOW_S + 2, -1, 0},     /* a clock that was set */
        {NOW_S + 3600, -1, -1}, /* or is not to be believed */
        {0, -1, -1},            /* never */
        {627319920, -1, -1},    /* libvirt's test driver */
        {NOW_S - 40, 3600, 40},
        {NOW_S - 3600, 30, -1}, /* older than the guest */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomLibvirtView view = {.wall_s = NOW_S, .period_s = 5};
        g_autoptr(MomGuestData) data = NULL;
        gint64 age_s = -1;

        if (rows[i].guest_age_s >= 0)
            view.age_s = mom_value_int(rows[i].guest_age_s);
        data = convert_with(guest_that_reported((guint64)rows[i].last_update_s), &view);
        mom_value_to_int(data->report_age_s, &age_s);
        assert_int_equal(age_s, rows[i].expected_s);
    }
}

static void
a_report_that_stands_still_is_not_used(void **state)
{
    const struct {
        guint period_s;
        gint64 age_s;
        gboolean used;
    } rows[] = {
        {5, 0, TRUE},       {5, MOM_LIBVIRT_STALE_S, TRUE}, {5, MOM_LIBVIRT_STALE_S + 1, FALSE},
        {60, 3 * 60, TRUE}, {60, 3 * 60 + 1, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomLibvirtView view = {.wall_s = NOW_S, .period_s = rows[i].period_s};
        g_autoptr(MomGuestData) data =
            convert_with(guest_that_reported((guint64)(NOW_S - rows[i].age_s)), &view);

        assert_int_equal(data->report_age_s.integer, rows[i].age_s);
        assert_int_equal(data->report_time_s.integer, NOW_S - rows[i].age_s);
        assert_int_equal(data->has_memory, rows[i].used);
        assert_int_equal(data->is_stale, !rows[i].used);
        assert_int_equal(mom_value_is_nil(data->mem_unused_kib), !rows[i].used);
        assert_int_equal(mom_value_is_nil(data->mem_free_kib), !rows[i].used);
        assert_int_equal(mom_value_is_nil(data->mem_usable_kib), !rows[i].used);
        assert_int_equal(mom_value_is_nil(data->disk_caches_kib), !rows[i].used);
        assert_int_equal(mom_value_is_nil(data->major_faults), !rows[i].used);
        /* the host's own knowledge, and the driver once was there */
        assert_true(data->has_balloon);
        assert_true(data->balloon_driver.boolean);
    }
}

static void
a_period_that_somebody_else_set_is_in_the_xml(void **state)
{
    const char *xml = "<domain><devices><memballoon model='virtio'><stats period='60'/>"
                      "</memballoon></devices></domain>";
    const struct {
        guint period_s;
        gint64 age_s;
        gboolean used;
    } rows[] = {{0, 180, TRUE}, {0, 181, FALSE}, {5, 61, FALSE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomLibvirtView view = {.wall_s = NOW_S, .period_s = rows[i].period_s};
        MomVirtGuest *guest = guest_new(xml);
        g_autoptr(MomGuestData) data = NULL;

        put(guest, MOM_VIRT_AVAILABLE_KIB, 1000);
        put(guest, MOM_VIRT_UNUSED_KIB, 300);
        put(guest, MOM_VIRT_LAST_UPDATE_S, (guint64)(NOW_S - rows[i].age_s));
        data = convert_with(guest, &view);
        assert_int_equal(data->has_memory, rows[i].used);
    }
}

static void
of_a_guest_that_hangs_only_its_process_is_known(void **state)
{
    const MomLibvirtView view = {
        .wall_s = NOW_S, .hangs = TRUE, .pid = mom_value_int(42), .age_s = mom_value_int(100)};
    g_autoptr(MomGuestData) data = convert_with(guest_that_reported(NOW_S), &view);

    assert_int_equal(data->pid.integer, 42);
    assert_int_equal(data->age_s.integer, 100);
    assert_true(data->hangs);
    assert_false(data->has_memory);
    assert_false(data->has_balloon);
    assert_true(mom_value_is_nil(data->balloon_cur_kib));
    assert_true(mom_value_is_nil(data->vcpu_user_limit));
}

/* ---- guarantees ---- */

static MomGuarantees *
guarantees_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomConfig) config = mom_config_new();
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("mom-guarantees-XXXXXX", &file, &error);

    assert_true(fd >= 0);
    close(fd);
    assert_true(g_file_set_contents(file, text, -1, NULL));
    assert_ok(mom_config_load(config, file, &error));
    g_unlink(file);
    return mom_guarantees_new(config);
}

static void
a_guarantee_is_libvirt_s_or_else_the_configuration_s(void **state)
{
    const struct {
        const char *xml;
        gint64 expected_kib;
    } rows[] = {
        {"<domain><memtune><min_guarantee>7</min_guarantee></memtune></domain>", 7},
        {"<domain><metadata><o:vm xmlns:o='http://ovirt.org/vm/1.0'><o:minGuaranteedMemoryMb>1"
         "</o:minGuaranteedMemoryMb></o:vm></metadata></domain>",
         1024},
        {"<domain><metadata><m:guest xmlns:m='urn:momd:guest:1'><m:min_guarantee_kib>9"
         "</m:min_guarantee_kib></m:guest></metadata></domain>",
         9},
        {"<domain><memtune><min_guarantee>0</min_guarantee></memtune></domain>", 0},
        {"<domain/>", 600},
    };
    g_autoptr(MomGuarantees) guarantees = guarantees_of("[guest \"a*\"]\nmin-guarantee: 25 %\n");
    const MomLibvirtView view = {.wall_s = NOW_S, .guarantees = guarantees};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomVirtGuest *guest = guest_new(rows[i].xml);
        g_autoptr(MomGuestData) data = NULL;

        put(guest, MOM_VIRT_BALLOON_MAXIMUM_KIB, 2400);
        data = convert_with(guest, &view);
        assert_int_equal(data->balloon_min_kib.integer, rows[i].expected_kib);
    }
}

static void
without_its_xml_a_guest_s_guarantee_is_not_known(void **state)
{
    g_autoptr(MomGuarantees) guarantees = guarantees_of("[guest \"*\"]\nmin-guarantee: 1 KiB\n");
    const MomLibvirtView view = {.wall_s = NOW_S, .guarantees = guarantees};
    g_autoptr(MomGuestData) data = convert_with(guest_new(NULL), &view);

    assert_true(mom_value_is_nil(data->balloon_min_kib));
}

static void
memory_that_a_balloon_cannot_free_is_told(void **state)
{
    g_autoptr(MomGuestData) data =
        convert(guest_new("<domain><memoryBacking><hugepages/></memoryBacking>"
                          "<devices><hostdev mode='subsystem' type='pci'/></devices></domain>"));

    assert_true(data->hugepages.boolean);
    assert_true(data->passthrough.boolean);
}

/* Nothing is known where the XML could not be read, or libvirt does not say. */
static void
whether_an_agent_is_there_is_told(void **state)
{
#define CHANNEL(state)                                                                             \
    "<domain><devices><channel><target name='org.qemu.guest_agent.0'" state                        \
    "/></channel></devices></domain>"
    g_autoptr(MomGuestData) there = convert(guest_new(CHANNEL(" state='connected'")));
    g_autoptr(MomGuestData) away = convert(guest_new(CHANNEL(" state='disconnected'")));
    g_autoptr(MomGuestData) none = convert(guest_new("<domain/>"));
    g_autoptr(MomGuestData) unsaid = convert(guest_new(CHANNEL("")));
    g_autoptr(MomGuestData) unread = convert(guest_new(NULL));
#undef CHANNEL

    assert_true(there->agent_connected.boolean);
    assert_int_equal(away->agent_connected.type, MOM_VALUE_BOOL);
    assert_false(away->agent_connected.boolean);
    assert_int_equal(none->agent_connected.type, MOM_VALUE_BOOL);
    assert_false(none->agent_connected.boolean);
    assert_true(mom_value_is_nil(unsaid->agent_connected));
    assert_true(mom_value_is_nil(unread->agent_connected));
}

static void
the_way_into_a_guest_is_told(void **state)
{
    g_autoptr(MomGuestData) with = convert(guest_new(
        "<domain><devices><vsock><cid auto='no' address='7'/></vsock></devices></domain>"));
    g_autoptr(MomGuestData) without = convert(guest_new("<domain/>"));

    assert_int_equal(with->vsock_cid.integer, 7);
    assert_true(mom_value_is_nil(without->vsock_cid));
}

static void
a_guest_without_a_balloon_device_is_told(void **state)
{
    g_autoptr(MomGuestData) data =
        convert(guest_new("<domain><devices><memballoon model='none'/></devices></domain>"));

    assert_int_equal(data->balloon_device.type, MOM_VALUE_BOOL);
    assert_false(data->balloon_device.boolean);
}

static void
disks_with_a_policy_are_listed_with_what_is_set(void **state)
{
    g_autoptr(MomGuestData) data = convert(guest_new(
        "<domain><metadata><o:qos xmlns:o='http://ovirt.org/vm/tune/1.0'><o:ioTune>"
        "<o:device path='/b'><o:maximum><o:write_iops_sec>9</o:write_iops_sec></o:maximum>"
        "<o:guaranteed><o:write_iops_sec>3</o:write_iops_sec></o:guaranteed></o:device>"
        "<o:device name='vdz'/></o:ioTune></o:qos></metadata><devices>"
        "<disk><source file='/a'/><target dev='vda'/></disk>"
        "<disk><source file='/b'/><target dev='vdb'/>"
        "<iotune><write_iops_sec>5</write_iops_sec></iotune></disk>"
        "</devices></domain>"));
    MomTune *tune = &g_array_index(data->io_policies, MomTune, 0);
    MomTuneState *now = &g_array_index(data->io_states, MomTuneState, 0);

    assert_true(data->has_io_tune);
    assert_int_equal(data->io_policies->len, 1);
    assert_int_equal(data->io_states->len, 1);
    assert_string_equal(tune->name, "vdb");
    assert_string_equal(tune->path, "/b");
    assert_int_equal(tune->maximum.present, 1 << MOM_LIMIT_WRITE_IOPS);
    assert_int_equal(tune->maximum.value[MOM_LIMIT_WRITE_IOPS].integer, 9);
    assert_int_equal(tune->guaranteed.value[MOM_LIMIT_WRITE_IOPS].integer, 3);
    assert_int_equal(now->io_tune.present, (1 << MOM_N_LIMITS) - 1);
    assert_int_equal(now->io_tune.value[MOM_LIMIT_WRITE_IOPS].integer, 5);
    assert_int_equal(now->io_tune.value[MOM_LIMIT_TOTAL_BYTES].integer, 0);
}

static void
limits_go_back_by_name_and_nil_is_unlimited(void **state)
{
    for (int i = 0; i < MOM_VIRT_N_LIMITS; i++) {
        MomLimits limits = {0};
        MomVirtLimits out = {0};

        mom_limits_set(&limits, mom_limit_by_name(mom_virt_limit_names[i]), mom_value_float(7.9));
        assert_true(mom_libvirt_limits(&limits, &out));
        assert_int_equal(out.present, 1 << i);
        assert_int_equal(out.value[i], 7);
        mom_limits_set(&limits, mom_limit_by_name(mom_virt_limit_names[i]), MOM_NIL);
        assert_true(mom_libvirt_limits(&limits, &out));
        assert_int_equal(out.value[i], 0);
    }
}

static void
a_negative_limit_is_refused(void **state)
{
    MomLimits limits = {0};
    MomVirtLimits out = {.present = 1};

    mom_limits_set(&limits, MOM_LIMIT_TOTAL_BYTES, mom_value_int(-1));
    assert_false(mom_libvirt_limits(&limits, &out));
    assert_int_equal(out.present, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_of_which_nothing_is_known_is_nil_throughout),
        cmocka_unit_test(what_is_absent_from_the_xml_has_its_default),
        cmocka_unit_test(memory_and_balloon_keep_their_units),
        cmocka_unit_test(what_vdsm_keeps_with_its_guests_is_told),
        cmocka_unit_test(a_number_beyond_our_integers_is_nil),
        cmocka_unit_test(the_way_into_a_guest_is_told),
        cmocka_unit_test(a_guest_without_a_balloon_device_is_told),
        cmocka_unit_test(disks_with_a_policy_are_listed_with_what_is_set),
        cmocka_unit_test(limits_go_back_by_name_and_nil_is_unlimited),
        cmocka_unit_test(a_negative_limit_is_refused),
        cmocka_unit_test(the_age_of_a_report_is_told_if_it_makes_sense),
        cmocka_unit_test(a_report_that_stands_still_is_not_used),
        cmocka_unit_test(a_period_that_somebody_else_set_is_in_the_xml),
        cmocka_unit_test(of_a_guest_that_hangs_only_its_process_is_known),
        cmocka_unit_test(a_guarantee_is_libvirt_s_or_else_the_configuration_s),
        cmocka_unit_test(without_its_xml_a_guest_s_guarantee_is_not_known),
        cmocka_unit_test(a_driver_that_never_reported_is_told),
        cmocka_unit_test(memory_that_a_balloon_cannot_free_is_told),
        cmocka_unit_test(whether_an_agent_is_there_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
