/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ksm-files.h.  sysfs wants one write per value into the file itself, so no temporary file and
 * no rename.
 */
#include "agent/hypervisor/ksm-files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

/* In the order in which they are written: the advisor takes its parameters when it is turned on,
 * and scanning starts only with all of its own in place. */
static const MomKsmKey order[] = {
    MOM_KSM_MAX_PAGE_SHARING,
    MOM_KSM_MERGE_ACROSS_NODES,
    MOM_KSM_USE_ZERO_PAGES,
    MOM_KSM_SMART_SCAN,
    MOM_KSM_PAGES_TO_SCAN,
    MOM_KSM_SLEEP_MILLISECS,
    MOM_KSM_ADVISOR_MAX_CPU,
    MOM_KSM_ADVISOR_TARGET_SCAN_TIME,
    MOM_KSM_ADVISOR_MIN_PAGES_TO_SCAN,
    MOM_KSM_ADVISOR_MAX_PAGES_TO_SCAN,
    MOM_KSM_ADVISOR_MODE,
    MOM_KSM_RUN,
};
G_STATIC_ASSERT(G_N_ELEMENTS(order) == MOM_N_KSM_KEYS);

/* What makes the kernel refuse other knobs is taken out of their way before they are written:
 * merged pages, and the advisor, which in going sets pages_to_scan itself. */
static const struct {
    MomKsmKey key;
    gint64 value;
} first[] = {
    {MOM_KSM_RUN, MOM_KSM_RUN_UNMERGE},
    {MOM_KSM_ADVISOR_MODE, MOM_KSM_ADVISOR_NONE},
};

static const char *
advice(MomKsmKey key, int code)
{
    if (code == EBUSY)
        return " (pages are merged; unmerge them first with run = 2)";
    if (code == EINVAL && key == MOM_KSM_PAGES_TO_SCAN)
        return " (the kernel's advisor is on; turn it off first with advisor_mode = none)";
    if (code == ENOENT)
        return " (this kernel does not have it)";
    if (code == EACCES || code == EROFS)
        return " (momd has to run as root or with CAP_DAC_OVERRIDE)";
    return "";
}

static char *
text_of(MomKsmKey key, gint64 value)
{
    MomValue v = mom_ksm_value(key, value);

    if (v.type == MOM_VALUE_STRING)
        return g_strdup_printf("%s\n", v.string);
    return g_strdup_printf("%" G_GINT64_FORMAT "\n", value);
}

static gboolean
write_key(const char *folder, MomKsmKey key, gint64 value, GError **error)
{
    g_autofree char *path = g_build_filename(folder, mom_ksm_key_name(key), NULL);
    g_autofree char *text = text_of(key, value);
    gsize length = strlen(text);
    int fd = g_open(path, O_WRONLY | O_TRUNC | O_CLOEXEC, 0);
    gboolean ok = fd >= 0 && write(fd, text, length) == (gssize)length;
    int code = errno;

    if (!ok)
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "cannot write %s: %s%s", path,
                    g_strerror(code), advice(key, code));
    if (fd >= 0)
        g_close(fd, NULL);
    return ok;
}

/* TRUE if TUNE sets the key of first[INDEX] to its value. */
static gboolean
goes_first(const MomKsmTune *tune, gsize index)
{
    return tune->present & MOM_KSM_BIT(first[index].key) &&
           tune->value[first[index].key] == first[index].value;
}

gboolean
mom_ksm_files_write(const char *root, const MomKsmTune *tune, GError **error)
{
    g_autofree char *folder = g_build_filename(root, "sys/kernel/mm/ksm", NULL);
    guint left = tune->present;
    gboolean ok = TRUE;

    for (gsize i = 0; i < G_N_ELEMENTS(first); i++) {
        if (!goes_first(tune, i))
            continue;
        left &= ~MOM_KSM_BIT(first[i].key);
        ok &= write_key(folder, first[i].key, first[i].value, ok ? error : NULL);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
        if (left & MOM_KSM_BIT(order[i]))
            ok &= write_key(folder, order[i], tune->value[order[i]], ok ? error : NULL);
    return ok;
}
