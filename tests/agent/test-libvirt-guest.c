/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libvirt's guest to collectors' guest, on guests made by hand.
 */
#include "agent/libvirt-guest.h"

#include <string.h>

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

static MomGuestData *
convert(MomVirtGuest *guest)
{
    MomGuestData *data = mom_libvirt_guest_data(guest);

    mom_virt_guest_free(guest);
    return data;
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

static void
memory_that_a_balloon_cannot_free_is_told(void **state)
{
    g_autoptr(MomGuestData) data = convert(
        guest_new("<domain><memoryBacking><hugepages/></memoryBacking>"
                  "<devices><hostdev mode='subsystem' type='pci'/></devices></domain>"));

    assert_true(data->hugepages.boolean);
    assert_true(data->passthrough.boolean);
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
        cmocka_unit_test(a_number_beyond_our_integers_is_nil),
        cmocka_unit_test(a_guest_without_a_balloon_device_is_told),
        cmocka_unit_test(disks_with_a_policy_are_listed_with_what_is_set),
        cmocka_unit_test(limits_go_back_by_name_and_nil_is_unlimited),
        cmocka_unit_test(a_negative_limit_is_refused),
        cmocka_unit_test(a_driver_that_never_reported_is_told),
        cmocka_unit_test(memory_that_a_balloon_cannot_free_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
