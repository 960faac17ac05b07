/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Domain XML to fields: whole texts, one oddity each.
 */
#include "libvirt-client/domain.h"

#include "tests/mom-test.h"

#define IN_METADATA(text) "<domain><metadata>" text "</metadata></domain>"
#define TUNE(text) IN_METADATA("<o:qos xmlns:o='http://ovirt.org/vm/tune/1.0'>" text "</o:qos>")
#define VM(text) IN_METADATA("<v:vm xmlns:v='http://ovirt.org/vm/1.0'>" text "</v:vm>")
#define ENABLED(text) VM("<v:ballooningEnabled type='bool'>" text "</v:ballooningEnabled>")

static MomVirtDomain *
parse(const char *xml)
{
    g_autoptr(GError) error = NULL;
    MomVirtDomain *domain = mom_virt_domain_parse("a", xml, &error);

    assert_ok(domain != NULL);
    return domain;
}

static void
fields_are_found_by_path_and_namespace(void **state)
{
    static const struct {
        const char *xml;
        MomVirtDomainField field;
        gint64 expected; /* -99: not there */
    } rows[] = {
        {"<domain/>", MOM_VIRT_MIN_GUARANTEE_KIB, -99},
        {"<domain><memtune><min_guarantee unit='KiB'>42</min_guarantee></memtune></domain>",
         MOM_VIRT_MIN_GUARANTEE_KIB, 42},
        {"<domain><memtune><min_guarantee> 42\n</min_guarantee></memtune></domain>",
         MOM_VIRT_MIN_GUARANTEE_KIB, 42},
        {"<domain><memtune><min_guarantee>-1</min_guarantee></memtune></domain>",
         MOM_VIRT_MIN_GUARANTEE_KIB, -99},
        {"<domain><memtune><min_guarantee>much</min_guarantee></memtune></domain>",
         MOM_VIRT_MIN_GUARANTEE_KIB, -99},
        {"<domain><other><min_guarantee>42</min_guarantee></other></domain>",
         MOM_VIRT_MIN_GUARANTEE_KIB, -99},
        {IN_METADATA("<v:vm xmlns:v='http://ovirt.org/vm/1.0'>"
                     "<v:minGuaranteedMemoryMb type='int'>3</v:minGuaranteedMemoryMb></v:vm>"),
         MOM_VIRT_MIN_GUARANTEE_KIB, 3072},
        {IN_METADATA(
             "<v:vm xmlns:v='http://ovirt.org/vm/1.0'>"
             "<v:minGuaranteedMemoryMb>9223372036854775807</v:minGuaranteedMemoryMb></v:vm>"),
         MOM_VIRT_MIN_GUARANTEE_KIB, -99},
        {IN_METADATA(
             "<guest xmlns='urn:momd:guest:1'><min_guarantee_kib>7</min_guarantee_kib></guest>"),
         MOM_VIRT_MIN_GUARANTEE_KIB, 7},
        {IN_METADATA("<momd:guest xmlns:momd='urn:other'><momd:min_guarantee_kib>7"
                     "</momd:min_guarantee_kib></momd:guest>"),
         MOM_VIRT_MIN_GUARANTEE_KIB, -99},
        {VM("<v:minGuaranteedMemoryMb>3</v:minGuaranteedMemoryMb>"), MOM_VIRT_OVIRT_GUARANTEE_KIB,
         3072},
        {VM("<v:minGuaranteedMemoryMb>0</v:minGuaranteedMemoryMb>"), MOM_VIRT_OVIRT_GUARANTEE_KIB,
         0},
        {VM("<v:minGuaranteedMemoryMb>-1</v:minGuaranteedMemoryMb>"), MOM_VIRT_OVIRT_GUARANTEE_KIB,
         -99},
        {IN_METADATA(
             "<guest xmlns='urn:momd:guest:1'><min_guarantee_kib>7</min_guarantee_kib></guest>"),
         MOM_VIRT_OVIRT_GUARANTEE_KIB, -99},
        {VM(""), MOM_VIRT_BALLOONING_ENABLED, -99},
        {ENABLED("True"), MOM_VIRT_BALLOONING_ENABLED, 1},
        {ENABLED(" true "), MOM_VIRT_BALLOONING_ENABLED, 1},
        {ENABLED("1"), MOM_VIRT_BALLOONING_ENABLED, 1},
        {ENABLED("false"), MOM_VIRT_BALLOONING_ENABLED, 0},
        {ENABLED("0"), MOM_VIRT_BALLOONING_ENABLED, 0},
        {ENABLED(""), MOM_VIRT_BALLOONING_ENABLED, 0},
        {TUNE("<o:vcpuLimit>30</o:vcpuLimit>"), MOM_VIRT_VCPU_LIMIT_PERCENT, 30},
        {TUNE("<o:deep><o:vcpuLimit>30</o:vcpuLimit></o:deep>"), MOM_VIRT_VCPU_LIMIT_PERCENT, -99},
        {"<domain><vcpu placement='static'>4</vcpu></domain>", MOM_VIRT_VCPUS, 4},
        {"<domain><vcpu current='2'>4</vcpu></domain>", MOM_VIRT_VCPUS, 2},
        {"<domain><cputune><quota>-1</quota></cputune></domain>", MOM_VIRT_VCPU_QUOTA_US, -1},
        {"<domain><cputune><period>100000</period></cputune></domain>", MOM_VIRT_VCPU_PERIOD_US,
         100000},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(MomVirtDomain) domain = parse(rows[i].xml);
        gint64 value = -99;
        gboolean found = mom_virt_domain_get(domain, rows[i].field, &value);

        if (value != rows[i].expected)
            print_error("row %zu: %s\n", i, rows[i].xml);
        assert_int_equal(value, rows[i].expected);
        assert_int_equal(found, rows[i].expected != -99);
    }
}

static void
the_weightiest_guarantee_counts(void **state)
{
    g_autoptr(MomVirtDomain) domain = parse(
        "<domain><metadata>"
        "<m:guest xmlns:m='urn:momd:guest:1'><m:min_guarantee_kib>1</m:min_guarantee_kib></m:guest>"
        "<v:vm "
        "xmlns:v='http://ovirt.org/vm/1.0'><v:minGuaranteedMemoryMb>2</v:minGuaranteedMemoryMb></"
        "v:vm>"
        "</metadata></domain>");
    gint64 value = 0;

    assert_true(mom_virt_domain_get(domain, MOM_VIRT_MIN_GUARANTEE_KIB, &value));
    assert_int_equal(value, 2048);
}

static void
disks_keep_their_names_and_limits_apart(void **state)
{
    g_autoptr(MomVirtDomain) domain =
        parse("<domain><devices>"
              "<disk><source file='/a'/><target dev='vda'/>"
              "<iotune><read_bytes_sec>10</read_bytes_sec><write_iops_sec>20</write_iops_sec>"
              "<read_bytes_sec_max>99</read_bytes_sec_max></iotune></disk>"
              "<disk><source protocol='rbd' name='pool/b'><host name='h'/></source>"
              "<backingStore><source file='/base'/></backingStore><target dev='vdb'/></disk>"
              "<disk device='cdrom'><target dev='sda'/></disk>"
              "</devices></domain>");
    MomVirtDisk *disk = domain->disks->pdata[0];

    assert_int_equal(domain->disks->len, 3);
    assert_string_equal(disk->target, "vda");
    assert_string_equal(disk->source, "/a");
    assert_int_equal(disk->limits.present, 1 << 1 | 1 << 5);
    assert_int_equal(disk->limits.value[1], 10);
    assert_int_equal(disk->limits.value[5], 20);
    disk = domain->disks->pdata[1];
    assert_string_equal(disk->target, "vdb");
    assert_string_equal(disk->source, "pool/b");
    assert_int_equal(disk->limits.present, 0);
    disk = domain->disks->pdata[2];
    assert_null(disk->source);
}

static void
ovirt_s_disk_policies_are_read(void **state)
{
    g_autoptr(MomVirtDomain) domain =
        parse(TUNE("<o:ioTune><o:device name='vda' path='/a'>"
                   "<o:maximum><o:total_iops_sec>100</o:total_iops_sec></o:maximum>"
                   "<o:guaranteed><o:total_iops_sec>40</o:total_iops_sec></o:guaranteed>"
                   "</o:device><o:device name='vdb'/></o:ioTune>"));
    MomVirtDiskPolicy *policy = domain->policies->pdata[0];

    assert_int_equal(domain->policies->len, 2);
    assert_string_equal(policy->name, "vda");
    assert_string_equal(policy->path, "/a");
    assert_int_equal(policy->maximum.present, 1 << 3);
    assert_int_equal(policy->maximum.value[3], 100);
    assert_int_equal(policy->guaranteed.value[3], 40);
    policy = domain->policies->pdata[1];
    assert_null(policy->path);
    assert_int_equal(policy->maximum.present, 0);
}

static void
a_balloon_is_there_or_not_or_unknown(void **state)
{
    static const struct {
        const char *xml;
        MomVirtBalloon expected;
        guint period_s;
    } rows[] = {
        {"<domain/>", MOM_VIRT_BALLOON_UNKNOWN, 0},
        {"<domain><devices><memballoon model='none'/></devices></domain>", MOM_VIRT_BALLOON_NONE,
         0},
        {"<domain><devices><memballoon model='virtio'><stats "
         "period='5'/></memballoon></devices></domain>",
         MOM_VIRT_BALLOON_PRESENT, 5},
        {"<domain><devices><memballoon model='virtio'><stats "
         "period='-5'/></memballoon></devices></domain>",
         MOM_VIRT_BALLOON_PRESENT, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(MomVirtDomain) domain = parse(rows[i].xml);

        assert_int_equal(domain->balloon, rows[i].expected);
        assert_int_equal(domain->stats_period_s, rows[i].period_s);
    }
}

static void
what_is_no_xml_is_an_error_that_names_the_guest(void **state)
{
    static const char *const broken[] = {
        "",
        "<domain>",
        "<domain><devices><disk></domain>",
        "<domain><metadata><o:qos xmlns:o='http://ovirt.org/vm/tune/1.0'><o:ioTune>",
        "<domain>\xff</domain>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(mom_virt_domain_parse("web-1", broken[i], &error));
        assert_true(g_error_matches(error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_DATA));
        assert_true(g_str_has_prefix(error->message, "guest web-1: "));
    }
}

static void
what_pins_memory_and_what_it_is_made_of_is_told(void **state)
{
    static const struct {
        const char *xml;
        gboolean passthrough, hugepages;
    } rows[] = {
        {"<domain><devices/></domain>", FALSE, FALSE},
        {"<domain><devices><hostdev mode='subsystem' type='pci'/></devices></domain>", TRUE, FALSE},
        {"<domain><devices><hostdev mode='subsystem' type='mdev'/></devices></domain>", TRUE,
         FALSE},
        {"<domain><devices><hostdev mode='subsystem' type='usb'/></devices></domain>", FALSE,
         FALSE},
        {"<domain><devices><interface type='hostdev'/></devices></domain>", TRUE, FALSE},
        {"<domain><devices><interface type='vdpa'/></devices></domain>", TRUE, FALSE},
        {"<domain><devices><interface type='bridge'/></devices></domain>", FALSE, FALSE},
        {"<domain><memoryBacking><hugepages/></memoryBacking></domain>", FALSE, TRUE},
        {"<domain><memoryBacking><nosharepages/></memoryBacking></domain>", FALSE, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(MomVirtDomain) domain = parse(rows[i].xml);

        assert_int_equal(domain->passthrough, rows[i].passthrough);
        assert_int_equal(domain->hugepages, rows[i].hugepages);
    }
}

static void
the_context_id_of_vsock_is_read_if_it_can_be_one(void **state)
{
    static const struct {
        const char *vsock;
        gint64 expected; /* -1: none is known */
    } rows[] = {
        {"<vsock model='virtio'><cid auto='no' address='3'/></vsock>", 3},
        {"<vsock model='virtio'><cid auto='yes' address='4294967294'/><alias "
         "name='vsock0'/></vsock>",
         4294967294},
        {"<vsock><cid auto='no' address='4294967295'/></vsock>", -1},
        {"<vsock><cid auto='no' address='2'/></vsock>", -1},
        {"<vsock><cid auto='no' address='x'/></vsock>", -1},
        {"<vsock><cid auto='yes'/></vsock>", -1},
        {"<vsock/>", -1},
        {"", -1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml =
            g_strdup_printf("<domain><devices>%s</devices></domain>", rows[i].vsock);
        g_autoptr(MomVirtDomain) domain = parse(xml);
        gint64 cid = -1;

        assert_int_equal(mom_virt_domain_get(domain, MOM_VIRT_VSOCK_CID, &cid),
                         rows[i].expected >= 0);
        assert_int_equal(cid, rows[i].expected);
    }
}

static void
an_agent_s_channel_is_known_by_its_name_and_its_state_told(void **state)
{
#define CHANNEL(attributes)                                                                        \
    "<domain><devices><channel type='unix'><source mode='bind'/><target type='virtio' " attributes \
    "/></channel></devices></domain>"
    static const struct {
        const char *xml;
        MomVirtAgent expected;
    } rows[] = {
        {"<domain/>", MOM_VIRT_AGENT_NONE},
        {CHANNEL("name='com.redhat.spice.0' state='connected'"), MOM_VIRT_AGENT_NONE},
        {CHANNEL("name='org.qemu.guest_agent.0' state='connected'"), MOM_VIRT_AGENT_CONNECTED},
        {CHANNEL("name='org.qemu.guest_agent.0' state='disconnected'"), MOM_VIRT_AGENT_AWAY},
        {CHANNEL("name='org.qemu.guest_agent.0'"), MOM_VIRT_AGENT_UNKNOWN},
        {"<domain><metadata><channel><target name='org.qemu.guest_agent.0'/></channel></metadata>"
         "</domain>",
         MOM_VIRT_AGENT_NONE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(MomVirtDomain) domain = parse(rows[i].xml);

        assert_int_equal(domain->agent, rows[i].expected);
    }
#undef CHANNEL
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_found_by_path_and_namespace),
        cmocka_unit_test(the_weightiest_guarantee_counts),
        cmocka_unit_test(disks_keep_their_names_and_limits_apart),
        cmocka_unit_test(ovirt_s_disk_policies_are_read),
        cmocka_unit_test(a_balloon_is_there_or_not_or_unknown),
        cmocka_unit_test(what_is_no_xml_is_an_error_that_names_the_guest),
        cmocka_unit_test(what_pins_memory_and_what_it_is_made_of_is_told),
        cmocka_unit_test(the_context_id_of_vsock_is_read_if_it_can_be_one),
        cmocka_unit_test(an_agent_s_channel_is_known_by_its_name_and_its_state_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
