/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The adapters as the configuration wants them, see hypervisors.h.
 *
 * Options of [vdsm] and [libvirt] become options of the two clients here, and nowhere else.
 */
#define G_LOG_DOMAIN "mom.libvirtInterface"

#include "agent/hypervisor/hypervisors.h"

#include "agent/config/guarantees.h"
#include "agent/config/vet.h"
#include "agent/hypervisor/hypervisor-failover.h"
#include "agent/hypervisor/hypervisor-joined.h"
#include "agent/hypervisor/hypervisor-libvirt.h"

/* See mom_hypervisors_patience_us: (4 + 2) x 15. */
#define LIBVIRT_PATIENCE_S 90

/* How often guests under libvirt are asked to report their memory; vdsm's figure. */
#define GUEST_STATS_PERIOD_S 5

/* How often libvirt is asked for guests while one has less than its maximum: as often as they
 * report. */
#define WATCH_INTERVAL_US (5 * (gint64)G_USEC_PER_SEC)

struct MomHypervisors {
    MomHypervisorsOptions options;
    MomHypervisorVdsm *vdsm;         /* NULL: libvirt alone */
    MomHypervisorLibvirt *libvirt;   /* beside vdsm: it stands by; NULL: it cannot be used */
    MomHypervisorLibvirt *numbers;   /* beside vdsm, or NULL: libvirt read for its numbers */
    MomHypervisorJoined *joined;     /* of it and vdsm; NULL without it */
    MomHypervisorFailover *failover; /* over vdsm's, joined or not, and libvirt; or NULL */
    gboolean libvirt_is_ready;       /* its library */
};

/* ---- vdsm ---- */

/* The bus's files are looked at before each connection that needs them. */
static gboolean
vet_file(const char *file, gpointer data, GError **error)
{
    const MomHypervisors *self = data;

    return mom_trust_check(self->options.trust, file, MOM_TRUST_FILE, error);
}

/* What [vdsm] says; the strings of FILES (ca, certificate, key) are the caller's to free. */
static MomVdsmOptions
vdsm_options(MomHypervisors *self, char *files[3])
{
    const MomConfig *config = self->options.config;

    files[0] = mom_config_vdsm_file(config, "ca-cert-file");
    files[1] = mom_config_vdsm_file(config, "cert-file");
    files[2] = mom_config_vdsm_file(config, "key-file");
    return (MomVdsmOptions){
        .host = mom_config_get(config, "vdsm", "host"),
        .port = (guint16)mom_config_get_int(config, "vdsm", "port"),
        .tls = mom_config_get_bool(config, "vdsm", "ssl"),
        .ca_file = files[0],
        .cert_file = files[1],
        .key_file = files[2],
        .request_timeout_ms =
            (guint)(mom_config_get_double(config, "vdsm", "request-timeout") * 1000),
        /* Within a cycle of vdsm's return there is an attempt. */
        .retry_within_ms =
            (guint)(mom_config_get_double(config, "main", "policy-engine-interval") * 1000),
        .vet = vet_file,
        .vet_data = self,
    };
}

/* A guest that came or went is not on the list that was. */
static void
vdsm_changed(const char *reason, gpointer data)
{
    MomHypervisors *self = data;

    if (self->joined)
        mom_hypervisor_joined_renew_list(self->joined);
    self->options.hint(reason, self->options.data);
}

/* While vdsm does not count it is only seen that it is there. */
static void
vdsm_connected(const char *reason, gpointer data)
{
    MomHypervisors *self = data;

    if (self->joined)
        mom_hypervisor_joined_renew_list(self->joined);
    if (!self->failover || !mom_hypervisor_failover_stands_in(self->failover))
        self->options.reconnected(reason, self->options.data);
}

static void
make_vdsm(MomHypervisors *self)
{
    g_auto(GStrv) files = g_new0(char *, 4);
    MomVdsmOptions options = vdsm_options(self, files);

    self->vdsm = mom_hypervisor_vdsm_new(&options, mom_clock_real(), self->options.with_io_tune,
                                         vdsm_changed, self);
    mom_hypervisor_vdsm_watch_connected(self->vdsm, vdsm_connected);
}

/* ---- libvirt ---- */

/* Not while it only stands by, or is tried. */
static gboolean
libvirt_counts(const MomHypervisors *self)
{
    return !self->vdsm || (self->failover && mom_hypervisor_failover_stands_in(self->failover));
}

static void
libvirt_guests_changed(gpointer data)
{
    const MomHypervisors *self = data;

    if (self->joined || libvirt_counts(self))
        self->options.hint("libvirt: guests changed", self->options.data);
}

static void
libvirt_connected(gpointer data)
{
    const MomHypervisors *self = data;

    if (libvirt_counts(self))
        self->options.reconnected("libvirt is connected", self->options.data);
}

/* Before each opening that may need it. */
static gboolean
vet_password(const char *file, gpointer data, GError **error)
{
    const MomHypervisors *self = data;
    MomTrust trust = mom_vet_password_trust(self->options.trust);

    return mom_trust_check(&trust, file, MOM_TRUST_FILE, error);
}

static const char *
text_or_null(const MomConfig *config, const char *section, const char *key)
{
    const char *text = mom_config_get(config, section, key);

    return *text ? text : NULL;
}

/* Its library is readied once. */
static gboolean
ready_libvirt(MomHypervisors *self, GError **error)
{
    self->libvirt_is_ready = self->libvirt_is_ready || mom_virt_init(error);
    return self->libvirt_is_ready;
}

gboolean
mom_hypervisors_libvirt_address(MomHypervisors *self, MomVirtAddress *out, GError **error)
{
    const MomConfig *config = self->options.config;

    if (!ready_libvirt(self, error))
        return FALSE;
    *out = (MomVirtAddress){
        .uri = text_or_null(config, "main", "libvirt-hypervisor-uri"),
        .read_only = mom_config_get_bool(config, "libvirt", "read-only"),
        .user = text_or_null(config, "libvirt", "auth-user"),
        .password_file = text_or_null(config, "libvirt", "auth-password-file"),
        .vet = vet_password,
        .vet_data = self,
    };
    return TRUE;
}

static gboolean
make_libvirt(MomHypervisors *self, GError **error)
{
    const MomConfig *config = self->options.config;
    MomHypervisorLibvirtOptions options = {
        .host_root = mom_config_get(config, "main", "host-root"),
        .stats_period_s = GUEST_STATS_PERIOD_S,
        .stands_by = self->vdsm != NULL,
        .guests_changed = libvirt_guests_changed,
        .connected = libvirt_connected,
        .data = self,
    };

    if (!mom_hypervisors_libvirt_address(self, &options.address, error))
        return FALSE;
    self->libvirt = mom_hypervisor_libvirt_new(&options);
    return TRUE;
}

/* Of guests that are vdsm's the engine says what they are guaranteed. */
static void
take_guarantees(MomHypervisors *self)
{
    if (!self->vdsm)
        mom_hypervisor_libvirt_guarantee(self->libvirt, mom_guarantees_new(self->options.config));
}

/* ---- libvirt's numbers beside vdsm ---- */

static void
numbers_live(gpointer data)
{
    const MomHypervisors *self = data;

    self->options.hint("libvirt's numbers are there again", self->options.data);
}

static gint64
guest_interval_us(const MomConfig *config)
{
    return (gint64)(mom_config_get_double(config, "main", "guest-monitor-interval") *
                    G_USEC_PER_SEC);
}

/* For reading alone libvirt asks for no password, and how often guests report is vdsm's to say. */
static void
make_joined(MomHypervisors *self, gboolean is_wanted)
{
    const MomConfig *config = self->options.config;
    MomHypervisorLibvirtOptions numbers = {
        .address = {.uri = text_or_null(config, "main", "libvirt-hypervisor-uri"),
                    .read_only = TRUE},
        .host_root = mom_config_get(config, "main", "host-root"),
        .is_second = TRUE,
        .guests_changed = libvirt_guests_changed,
        .data = self,
    };
    MomHypervisorJoinedOptions options = {
        .list = mom_hypervisor_vdsm_source(self->vdsm),
        .clock = mom_clock_real(),
        .list_lasts_us = guest_interval_us(config),
        .is_wanted = is_wanted,
        .live = numbers_live,
        .data = self,
    };

    self->numbers = mom_hypervisor_libvirt_new(&numbers);
    options.numbers = mom_hypervisor_libvirt_source(self->numbers);
    self->joined = mom_hypervisor_joined_new(&options);
}

/* FALSE only if libvirt is asked for by name. */
static gboolean
join_numbers(MomHypervisors *self, GError **error)
{
    const char *wish = mom_config_get(self->options.config, "main", "guest-data");
    gboolean is_wanted = g_str_equal(wish, "libvirt");
    g_autoptr(GError) why = NULL;

    if (g_str_equal(wish, "vdsm"))
        return TRUE;
    if (ready_libvirt(self, &why)) {
        make_joined(self, is_wanted);
        return TRUE;
    }
    if (is_wanted) {
        g_propagate_prefixed_error(error, g_steal_pointer(&why), "[main] guest-data: ");
        return FALSE;
    }
    g_info("The guests' memory is read through vdsm alone: %s", why->message);
    return TRUE;
}

/* ---- vdsm, and libvirt in its place ---- */

static gint64
fallback_after_us(const MomConfig *config)
{
    gboolean none = g_str_equal(mom_config_get(config, "main", "hypervisor-fallback"), "none");
    double after_s = mom_config_get_double(config, "main", "fallback-after");

    return none ? 0 : (gint64)(after_s * G_USEC_PER_SEC);
}

static void
libvirt_may_rest(gpointer data)
{
    mom_hypervisor_libvirt_rest(((MomHypervisors *)data)->libvirt);
}

/* vdsm's, as it is read. */
static MomSource *
vdsm_source(MomHypervisors *self)
{
    return self->joined ? mom_hypervisor_joined_source(self->joined)
                        : mom_hypervisor_vdsm_source(self->vdsm);
}

/* What vdsm told is of a time before the other one's changes. */
static void
interface_changed(gpointer data)
{
    const MomHypervisors *self = data;

    mom_hypervisor_vdsm_renew_io_tunes(self->vdsm);
    if (self->joined)
        mom_hypervisor_joined_renew_list(self->joined);
    self->options.changed(self->options.data);
}

/* A host where libvirt cannot be used is managed as long as vdsm is there. */
static void
make_failover(MomHypervisors *self)
{
    g_autoptr(GError) error = NULL;

    if (!make_libvirt(self, &error)) {
        g_info("Nothing stands in for vdsm while it is away: %s", error->message);
        return;
    }
    self->failover = mom_hypervisor_failover_new(&(MomHypervisorFailoverOptions){
        .primary = {vdsm_source(self), mom_hypervisor_vdsm_actuator(self->vdsm)},
        .secondary = {mom_hypervisor_libvirt_source(self->libvirt),
                      mom_hypervisor_libvirt_actuator(self->libvirt)},
        .clock = mom_clock_real(),
        .fallback_after_us = fallback_after_us(self->options.config),
        .rest = libvirt_may_rest,
        .changed = interface_changed,
        .data = self,
    });
}

/* ---- whichever ---- */

MomHypervisors *
mom_hypervisors_new(const MomHypervisorsOptions *options, GError **error)
{
    g_autoptr(MomHypervisors) self = g_new0(MomHypervisors, 1);

    self->options = *options;
    if (options->beside_vdsm) {
        make_vdsm(self);
        if (!join_numbers(self, error))
            return NULL;
        make_failover(self);
    } else if (make_libvirt(self, error)) {
        take_guarantees(self);
    } else {
        return NULL;
    }
    return g_steal_pointer(&self);
}

void
mom_hypervisors_free(MomHypervisors *self)
{
    if (!self)
        return;
    if (self->failover)
        mom_hypervisor_failover_close(self->failover);
    mom_hypervisor_vdsm_free(self->vdsm);
    mom_hypervisor_libvirt_free(self->libvirt);
    mom_hypervisor_libvirt_free(self->numbers);
    mom_hypervisor_joined_free(self->joined);
    mom_hypervisor_failover_free(self->failover);
    g_free(self);
}

void
mom_hypervisors_start(MomHypervisors *self)
{
    if (self->vdsm)
        mom_hypervisor_vdsm_start(self->vdsm);
}

MomSource *
mom_hypervisors_source(MomHypervisors *self)
{
    if (self->failover)
        return mom_hypervisor_failover_source(self->failover);
    return self->vdsm ? vdsm_source(self) : mom_hypervisor_libvirt_source(self->libvirt);
}

MomActuator *
mom_hypervisors_actuator(MomHypervisors *self)
{
    if (self->failover)
        return mom_hypervisor_failover_actuator(self->failover);
    return self->vdsm ? mom_hypervisor_vdsm_actuator(self->vdsm)
                      : mom_hypervisor_libvirt_actuator(self->libvirt);
}

gint64
mom_hypervisors_watch_interval_us(const MomHypervisors *self)
{
    return self->vdsm && !self->joined ? 0 : WATCH_INTERVAL_US;
}

/* vdsm may take one request's time to connect and two to answer (guests, then I/O limits); libvirt,
 * in a reading that meets one guest after the other that hangs, as many times the patience with a
 * slow host as calls may hang at once, and once more.  One question may go to vdsm, in vain, and
 * then to libvirt. */
gint64
mom_hypervisors_patience_us(const MomConfig *config)
{
    double request_s = mom_config_get_double(config, "vdsm", "request-timeout");

    return (gint64)((LIBVIRT_PATIENCE_S + 3 * request_s) * G_USEC_PER_SEC);
}

void
mom_hypervisors_reconfigure(MomHypervisors *self, const MomConfig *config)
{
    self->options.config = config;
    take_guarantees(self);
    if (self->failover)
        mom_hypervisor_failover_set_after(self->failover, fallback_after_us(config));
    if (self->joined)
        mom_hypervisor_joined_set_list_lasts(self->joined, guest_interval_us(config));
}

void
mom_hypervisors_hurry(MomHypervisors *self)
{
    if (self->failover)
        mom_hypervisor_failover_hurry(self->failover);
}

gboolean
mom_hypervisors_renew_connection(MomHypervisors *self, GError **error)
{
    g_auto(GStrv) files = g_new0(char *, 4);
    MomVdsmOptions options;

    if (!self->vdsm)
        return TRUE;
    options = vdsm_options(self, files);
    return mom_hypervisor_vdsm_configure(self->vdsm, &options, error);
}
