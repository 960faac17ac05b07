/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a guest's domain XML says: guarantee, CPU and disk limits, as libvirt and as oVirt's
 * metadata have them.
 *
 * One text holds all that changes only by an event, so it is read once and kept.  No I/O here, only
 * a reader: an element that is missing or odd leaves its own field unknown and costs nothing else.
 */
#pragma once

#include "libvirt-client/error.h"

/* The limits of a disk, in the order and by the names of libvirt's typed parameters. */
#define MOM_VIRT_N_LIMITS 6
extern const char *const mom_virt_limit_names[MOM_VIRT_N_LIMITS];

/* Bytes or operations per second; 0 is unlimited. */
typedef struct {
    guint present; /* bit 1 << index */
    guint64 value[MOM_VIRT_N_LIMITS];
} MomVirtLimits;

typedef struct {
    char *target; /* "vda"; may be NULL, as all strings here */
    char *source; /* file, device or volume on the host */
    MomVirtLimits limits;
} MomVirtDisk;

/* The channel of QEMU's guest agent. */
typedef enum {
    MOM_VIRT_AGENT_UNKNOWN, /* there is a channel; libvirt does not tell who is at its other end */
    MOM_VIRT_AGENT_NONE,    /* the guest has no such channel */
    MOM_VIRT_AGENT_AWAY,    /* nobody in the guest has opened it */
    MOM_VIRT_AGENT_CONNECTED,
} MomVirtAgent;

/* What oVirt's metadata allows a disk. */
typedef struct {
    char *name;
    char *path;
    MomVirtLimits guaranteed;
    MomVirtLimits maximum;
} MomVirtDiskPolicy;

typedef enum {
    MOM_VIRT_BALLOON_UNKNOWN,
    MOM_VIRT_BALLOON_NONE, /* the guest has no balloon device */
    MOM_VIRT_BALLOON_PRESENT,
} MomVirtBalloon;

typedef enum {
    MOM_VIRT_MIN_GUARANTEE_KIB,  /* <memtune>, else oVirt's metadata, else ours */
    MOM_VIRT_VCPU_LIMIT_PERCENT, /* oVirt's metadata */
    MOM_VIRT_VCPUS,
    MOM_VIRT_VCPU_QUOTA_US, /* -1 is unlimited */
    MOM_VIRT_VCPU_PERIOD_US,
    MOM_VIRT_OVIRT_GUARANTEE_KIB, /* oVirt's metadata alone: vdsm made this guest */
    MOM_VIRT_BALLOONING_ENABLED,  /* likewise: 0 or 1 */
    MOM_VIRT_VSOCK_CID,           /* of a guest with a vsock device, 3 to 2^32 - 2 */
} MomVirtDomainField;

#define MOM_VIRT_N_DOMAIN_FIELDS 8

typedef struct {
    gatomicrefcount references;
    int run;       /* libvirt's id of this run of the guest; 0 until set */
    guint present; /* bit 1 << MomVirtDomainField */
    gint64 value[MOM_VIRT_N_DOMAIN_FIELDS];
    MomVirtBalloon balloon;
    MomVirtAgent agent;
    gboolean passthrough; /* a host's PCI function or mediated device, which pins all memory */
    gboolean hugepages;   /* memory is backed by huge pages */
    guint stats_period_s; /* how often the guest reports its memory; 0: never */
    GPtrArray *disks;     /* of MomVirtDisk */
    GPtrArray *policies;  /* of MomVirtDiskPolicy */
} MomVirtDomain;

/* Our own metadata: <momd:guest xmlns:momd='THIS'><momd:min_guarantee_kib>N, for hypervisors that
 * refuse <min_guarantee>. */
#define MOM_VIRT_METADATA_URI "urn:momd:guest:1"

/* NULL and MOM_VIRT_ERROR_DATA, naming GUEST, if XML is no XML. */
MomVirtDomain *mom_virt_domain_parse(const char *guest, const char *xml, GError **error);
MomVirtDomain *mom_virt_domain_ref(MomVirtDomain *domain);
void mom_virt_domain_unref(MomVirtDomain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomVirtDomain, mom_virt_domain_unref)

/* FALSE, *OUT untouched, if the field is not known. */
gboolean mom_virt_domain_get(const MomVirtDomain *domain, MomVirtDomainField field, gint64 *out);
void mom_virt_domain_set(MomVirtDomain *domain, MomVirtDomainField field, gint64 value);
