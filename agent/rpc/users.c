/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who may call, see users.h.
 */
#define G_LOG_DOMAIN "mom.RPCServer"

#include "agent/rpc/users.h"

#include <pwd.h>
#include <unistd.h>

#define VDSM_USER "vdsm"

struct MomRpcUsers {
    GArray *uids; /* of uid_t */
};

static void
add(MomRpcUsers *users, uid_t uid)
{
    g_array_append_val(users->uids, uid);
}

/* A number need not be anybody's yet. FALSE: NAME is nobody's. */
static gboolean
add_named(MomRpcUsers *users, const char *name)
{
    const struct passwd *user = getpwnam(name);
    guint64 number;

    if (user) {
        add(users, user->pw_uid);
        return TRUE;
    }
    /* The last one is what the kernel calls no user. */
    if (!g_ascii_string_to_unsigned(name, 10, 0, G_MAXUINT32 - 1, &number, NULL))
        return FALSE;
    add(users, (uid_t)number);
    return TRUE;
}

MomRpcUsers *
mom_rpc_users_new(const char *const *names)
{
    MomRpcUsers *users = g_new0(MomRpcUsers, 1);

    users->uids = g_array_new(FALSE, FALSE, sizeof(uid_t));
    add(users, 0);
    add(users, geteuid());
    if (!names)
        add_named(users, VDSM_USER);
    for (; names && *names; names++)
        if (!add_named(users, *names))
            g_warning("rpc-allowed-users: there is no user \"%s\"; it is left out", *names);
    return users;
}

void
mom_rpc_users_free(MomRpcUsers *users)
{
    if (!users)
        return;
    g_array_unref(users->uids);
    g_free(users);
}

gboolean
mom_rpc_users_has(const MomRpcUsers *users, uid_t uid)
{
    for (guint i = 0; i < users->uids->len; i++)
        if (g_array_index(users->uids, uid_t, i) == uid)
            return TRUE;
    return FALSE;
}
