/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See guarantees.h.
 */
#include "agent/config/guarantees.h"

#include <fnmatch.h>
#include <string.h>

#include "agent/config/config-guest.h"

typedef struct {
    char *pattern;
    MomConfigShare share;
} Guarantee;

struct MomGuarantees {
    GArray *list; /* of Guarantee, the first that matches counts */
};

static void
clear_guarantee(gpointer data)
{
    Guarantee *guarantee = data;

    g_free(guarantee->pattern);
}

static void
take(const MomConfigGuestEntry *entry, gpointer data)
{
    MomGuarantees *self = data;
    Guarantee guarantee = {0};

    if (strcmp(entry->key, MOM_CONFIG_GUEST_GUARANTEE) != 0 ||
        !mom_config_parse_share(entry->value, &guarantee.share))
        return;
    guarantee.pattern = g_strdup(entry->pattern);
    g_array_append_val(self->list, guarantee);
}

MomGuarantees *
mom_guarantees_new(const MomConfig *config)
{
    MomGuarantees *self = g_new0(MomGuarantees, 1);

    self->list = g_array_new(FALSE, FALSE, sizeof(Guarantee));
    g_array_set_clear_func(self->list, clear_guarantee);
    mom_config_foreach_guest(config, take, self);
    return self;
}

void
mom_guarantees_free(MomGuarantees *self)
{
    if (!self)
        return;
    g_array_unref(self->list);
    g_free(self);
}

gboolean
mom_guarantees_find(const MomGuarantees *self, const char *name, gint64 max_kib, gint64 *out_kib)
{
    for (guint i = 0; i < self->list->len; i++) {
        const Guarantee *guarantee = &g_array_index(self->list, Guarantee, i);
        double kib = guarantee->share.is_percent ? (double)max_kib * guarantee->share.amount / 100
                                                 : guarantee->share.amount;

        if (fnmatch(guarantee->pattern, name, 0) != 0)
            continue;
        *out_kib = MIN((gint64)kib, max_kib);
        return TRUE;
    }
    return FALSE;
}
