/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pushes told once, see pushes.h.
 *
 * Names of policies come from callers: there is a bound on how many are remembered.
 */
#define G_LOG_DOMAIN "mom.RPCServer"

#include "agent/policies/pushes.h"

struct MomPushes {
    GHashTable *refused; /* what -> why */
};

MomPushes *
mom_pushes_new(void)
{
    MomPushes *pushes = g_new0(MomPushes, 1);

    pushes->refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return pushes;
}

void
mom_pushes_free(MomPushes *pushes)
{
    if (!pushes)
        return;
    g_hash_table_unref(pushes->refused);
    g_free(pushes);
}

void
mom_pushes_refused(MomPushes *pushes, const char *what, const char *why)
{
    gboolean told = g_strcmp0(g_hash_table_lookup(pushes->refused, what), why) == 0;

    g_log(G_LOG_DOMAIN, told ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_WARNING,
          "%s refused, the policies in force stay: %s", what, why);
    if (!told && g_hash_table_size(pushes->refused) >= MOM_PUSHES_REMEMBERED)
        g_hash_table_remove_all(pushes->refused);
    if (!told)
        g_hash_table_replace(pushes->refused, g_strdup(what), g_strdup(why));
}

void
mom_pushes_accepted(MomPushes *pushes, const char *what, gboolean changed)
{
    gboolean was_refused = g_hash_table_remove(pushes->refused, what);

    g_log(G_LOG_DOMAIN, changed || was_refused ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_DEBUG,
          "%s accepted", what);
}
