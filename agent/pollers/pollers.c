/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See pollers.h.  One row a source: how its probe is made of the configuration.
 */
#include "agent/pollers/pollers.h"

#include "agent/config/config-keys.h"
#include "agent/guest-agent/probe.h"
#include "agent/pollers/guestd-probe.h"

#define GUESTD_SECTION MOM_CONFIG_COLLECTOR_PREFIX "GuestNetworkDaemon"

/* An answer serves as long as three could have come since, and at least so long. */
#define MAX_AGE_INTERVALS 3
#define LEAST_MAX_AGE_US (30 * (gint64)G_USEC_PER_SEC)

struct MomPollers {
    MomPollersOptions options;
    MomAnswers *answers;
    MomPoller *pollers[MOM_N_SLOW_SOURCES]; /* NULL: not wanted */
};

static MomProbe *
make_guestd_probe(MomPollers *pollers)
{
    const MomConfig *config = pollers->options.config;
    const char *helper = mom_config_get(config, GUESTD_SECTION, "name-to-ip-helper");

    return mom_guestd_probe_new(&(MomGuestdProbeOptions){
        .helper = *helper ? helper : NULL,
        .port = (guint16)mom_config_get_int(config, GUESTD_SECTION, "port"),
        .vsock = mom_config_get_bool(config, GUESTD_SECTION, "vsock"),
        .trust = pollers->options.trust,
        .clock = pollers->options.clock,
    });
}

static MomProbe *
make_agent_probe(MomPollers *pollers)
{
    return mom_agent_probe_configured(pollers->options.config, pollers->options.hypervisors);
}

/* What suits a source better than the poller's own figures; 0: nothing does. */
static const struct {
    gint64 patience_us;
    guint at_once;
} figures[MOM_N_SLOW_SOURCES] = {
    [MOM_SLOW_QEMU_AGENT] = {MOM_AGENT_PATIENCE_US, MOM_AGENT_CONNECTIONS},
};

/* What makes a source's probe. */
static MomProbe *(*const probe_makers[MOM_N_SLOW_SOURCES])(MomPollers *pollers) = {
    [MOM_SLOW_GUESTD] = make_guestd_probe,
    [MOM_SLOW_QEMU_AGENT] = make_agent_probe,
};

static gint64
interval_us(const MomConfig *config)
{
    return (gint64)(mom_config_get_double(config, "main", "guest-monitor-interval") *
                    G_USEC_PER_SEC);
}

static void
set_max_age(MomPollers *pollers, MomSlowSource source)
{
    mom_answers_set_max_age(
        pollers->answers, source,
        MAX(MAX_AGE_INTERVALS * interval_us(pollers->options.config), LEAST_MAX_AGE_US));
}

static void
make_poller(MomPollers *pollers, MomSlowSource source)
{
    if (!(pollers->options.wanted & 1u << source))
        return;
    pollers->pollers[source] = mom_poller_new(&(MomPollerOptions){
        .probe = probe_makers[source](pollers),
        .answers = pollers->answers,
        .clock = pollers->options.clock,
        .interval_us = interval_us(pollers->options.config),
        .distress = pollers->options.distress,
        .distress_data = pollers->options.distress_data,
        .patience_us = figures[source].patience_us,
        .at_once = figures[source].at_once,
    });
    set_max_age(pollers, source);
}

MomPollers *
mom_pollers_new(const MomPollersOptions *options)
{
    MomPollers *pollers;

    if (!options->wanted)
        return NULL;
    pollers = g_new0(MomPollers, 1);
    pollers->options = *options;
    pollers->answers = mom_answers_new();
    for (guint i = 0; i < MOM_N_SLOW_SOURCES; i++)
        make_poller(pollers, i);
    return pollers;
}

void
mom_pollers_free(MomPollers *pollers)
{
    if (!pollers)
        return;
    for (guint i = 0; i < MOM_N_SLOW_SOURCES; i++)
        mom_poller_free(pollers->pollers[i]);
    mom_answers_free(pollers->answers);
    g_free(pollers);
}

const MomAnswers *
mom_pollers_answers(const MomPollers *pollers)
{
    return pollers ? pollers->answers : NULL;
}

void
mom_pollers_tend(MomPollers *pollers, GPtrArray *guests)
{
    for (guint i = 0; pollers && i < MOM_N_SLOW_SOURCES; i++)
        if (pollers->pollers[i])
            mom_poller_tend(pollers->pollers[i], guests);
}

void
mom_pollers_reconfigure(MomPollers *pollers, const MomConfig *config)
{
    if (!pollers)
        return;
    pollers->options.config = config;
    for (guint i = 0; i < MOM_N_SLOW_SOURCES; i++) {
        if (!pollers->pollers[i])
            continue;
        mom_poller_set_interval(pollers->pollers[i], interval_us(config));
        set_max_age(pollers, i);
    }
}
