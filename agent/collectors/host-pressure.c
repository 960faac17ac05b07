/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostPressure: how long tasks of the host waited for memory, processors and I/O, from
 * /proc/pressure.
 *
 * Free memory says what is left; this says what its lack costs.  Each file is read for itself, so
 * that a kernel that tells of one only is heard about that one.  A kernel that tells nothing is an
 * error of this collection, which is told once: the fields are nil then, and the host is managed
 * without them.
 */
#include "agent/collectors/collector.h"
#include "agent/collectors/hostfile.h"
#include "agent/collectors/parse.h"

#define FILE_CAP 4096

#define ADVICE "; the kernel tells of no pressure (booted without psi=1?)"

/* Each gives four fields. For processors "full" means nothing on a whole host. */
static const struct {
    const char *path;
    const char *kind;
    const char *prefix;
} lines[] = {
    {"proc/pressure/memory", "some", "psi_memory_some"},
    {"proc/pressure/memory", "full", "psi_memory_full"},
    {"proc/pressure/io", "some", "psi_io_some"},
    {"proc/pressure/io", "full", "psi_io_full"},
    {"proc/pressure/cpu", "some", "psi_cpu_some"},
};

static void
set(MomSample *sample, const char *prefix, const char *end, MomValue value)
{
    g_autofree char *field = g_strconcat(prefix, end, NULL);

    mom_sample_set(sample, field, value);
}

static void
set_line(MomSample *sample, const char *prefix, const MomPressureLine *line)
{
    set(sample, prefix, "_avg10", mom_value_float(line->avg10));
    set(sample, prefix, "_avg60", mom_value_float(line->avg60));
    set(sample, prefix, "_avg300", mom_value_float(line->avg300));
    set(sample, prefix, "_total", mom_value_int(line->total_us));
}

static gboolean
collect(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gboolean found = FALSE;

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text =
            mom_hostfile_read(input->root, lines[i].path, FILE_CAP, failure ? NULL : &failure);
        MomPressureLine line;

        if (!text || !mom_parse_pressure(text, lines[i].kind, &line))
            continue;
        set_line(sample, lines[i].prefix, &line);
        found = TRUE;
    }
    if (!found)
        g_set_error(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION, "%s" ADVICE,
                    failure ? failure->message : "no file of proc/pressure is as it should be");
    return found;
}

static const char *const fields[] = {NULL};

#define FIELDS(prefix) prefix "_avg10", prefix "_avg60", prefix "_avg300", prefix "_total"
static const char *const optional[] = {
    FIELDS("psi_memory_some"), FIELDS("psi_memory_full"), FIELDS("psi_io_some"),
    FIELDS("psi_io_full"),     FIELDS("psi_cpu_some"),    NULL,
};

const MomCollector mom_collector_host_pressure = {
    .name = "HostPressure",
    .for_host = TRUE,
    .fields = fields,
    .optional = optional,
    .collect = collect,
};
