/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A walk from / to a path's end, see trust.h.
 *
 * `..` is taken from where the walk is and not from the text, because of links before it.
 */
#include "agent/config/trust.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define VDSM_USER "vdsm"
/* The kernel's own limit on links in one path. */
#define MAX_LINKS 40

G_DEFINE_QUARK(mom - trust - error - quark, mom_trust_error)

typedef struct {
    const MomTrust *trust;
    const char *path; /* as asked, for messages */
    MomTrustKind kind;
    GString *at;   /* where the walk is: no link in it, no slash at the end but for / */
    GString *rest; /* what is still to be walked */
    guint links;
} Walk;

/* ---- one node ---- */

static gboolean
owner_trusted(const MomTrust *trust, uid_t owner)
{
    return owner == 0 || owner == geteuid() || (gint64)owner == trust->also_uid;
}

static char *
owner_name(uid_t owner)
{
    const struct passwd *user = getpwuid(owner);

    return user ? g_strdup_printf("%s (%lu)", user->pw_name, (unsigned long)owner)
                : g_strdup_printf("user %lu", (unsigned long)owner);
}

/* Quoted only where a shell needs it: most paths can be read as they are. */
static char *
for_shell(const char *path)
{
    static const char plain[] = G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "/._-+:@%,";

    return strspn(path, plain) == strlen(path) ? g_strdup(path) : g_shell_quote(path);
}

/* The commands that mend NODE. */
static char *
remedy(const char *node, gboolean bad_owner, gboolean bad_mode)
{
    g_autofree char *quoted = for_shell(node);
    g_autofree char *chown = bad_owner ? g_strdup_printf("chown root %s", quoted) : g_strdup("");
    g_autofree char *chmod = bad_mode ? g_strdup_printf("chmod go-w %s", quoted) : g_strdup("");

    return g_strconcat(chown, bad_owner && bad_mode ? " && " : "", chmod, NULL);
}

static gboolean
refuse(
    const Walk *walk, const struct stat *st, gboolean bad_owner, gboolean bad_mode, GError **error)
{
    g_autofree char *owner = owner_name(st->st_uid);
    g_autofree char *commands = remedy(walk->at->str, bad_owner, bad_mode);
    gboolean itself = strcmp(walk->at->str, walk->path) == 0;

    g_set_error(error, MOM_TRUST_ERROR, MOM_TRUST_ERROR_WRITABLE,
                "%s is not trusted, others could change it: %s%sowner %s, mode %04o; mend it with "
                "`%s', or allow it with %sthe option --trust-writable-paths",
                walk->path, itself ? "" : walk->at->str, itself ? "" : " has ", owner,
                (unsigned)(st->st_mode & 07777), commands,
                walk->trust->option_only ? "" : "`trust-writable-paths: true' in [main] or ");
    return FALSE;
}

/* A directory on the way may be one like /tmp: only its owner can replace what is in it. */
static gboolean
check_node(const Walk *walk, const struct stat *st, gboolean last, GError **error)
{
    gboolean sticky =
        S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) && (!last || walk->kind == MOM_TRUST_PLACE);
    gboolean bad_owner = !owner_trusted(walk->trust, st->st_uid);
    gboolean bad_mode = (st->st_mode & (S_IWGRP | S_IWOTH)) && !sticky;

    return !(bad_owner || bad_mode) || refuse(walk, st, bad_owner, bad_mode, error);
}

static gboolean
is_null_device(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* Also where owners do not count: a pipe would hold up who reads it. */
static gboolean
check_kind(const Walk *walk, const struct stat *st, GError **error)
{
    gboolean good = walk->kind == MOM_TRUST_FILE ? S_ISREG(st->st_mode) : S_ISDIR(st->st_mode);

    if (!good) {
        g_set_error(error, MOM_TRUST_ERROR, MOM_TRUST_ERROR_KIND, "%s is no %s", walk->path,
                    walk->kind == MOM_TRUST_FILE ? "regular file" : "directory");
    }
    return good;
}

/* ---- the walk ---- */

/* The next component, cut off from what is to be walked; NULL at the end. The caller frees. */
static char *
take_component(Walk *walk)
{
    gsize slashes = strspn(walk->rest->str, "/");
    gsize length = strcspn(walk->rest->str + slashes, "/");
    char *component = length ? g_strndup(walk->rest->str + slashes, length) : NULL;

    g_string_erase(walk->rest, 0, (gssize)(slashes + length));
    return component;
}

static void
go_up(Walk *walk)
{
    const char *slash = strrchr(walk->at->str, '/');

    g_string_truncate(walk->at, MAX(1, (gsize)(slash - walk->at->str)));
}

static void
go_down(Walk *walk, const char *component)
{
    if (walk->at->len > 1)
        g_string_append_c(walk->at, '/');
    g_string_append(walk->at, component);
}

/* The walk stands on a link: it goes on where the link leads. */
static gboolean
follow(Walk *walk, const struct stat *st, GError **error)
{
    g_autofree char *target = g_file_read_link(walk->at->str, error);

    if (!target)
        return FALSE;
    if (!walk->trust->off && !owner_trusted(walk->trust, st->st_uid))
        return refuse(walk, st, TRUE, FALSE, error);
    if (++walk->links > MAX_LINKS) {
        g_set_error(error, MOM_TRUST_ERROR, MOM_TRUST_ERROR_KIND,
                    "%s leads through more than %d links", walk->path, MAX_LINKS);
        return FALSE;
    }
    g_string_prepend_c(walk->rest, '/');
    g_string_prepend(walk->rest, target);
    if (g_path_is_absolute(target))
        g_string_assign(walk->at, "/");
    else
        go_up(walk);
    return TRUE;
}

static gboolean
at_end(const Walk *walk)
{
    return walk->rest->str[strspn(walk->rest->str, "/.")] == '\0' && !strstr(walk->rest->str, "..");
}

/* FALSE without an error: there is nothing more to look at. */
static gboolean
step(Walk *walk, GError **error)
{
    g_autofree char *component = take_component(walk);
    struct stat st;

    if (!component)
        return FALSE;
    if (strcmp(component, ".") == 0)
        return TRUE;
    if (strcmp(component, "..") == 0) {
        go_up(walk);
        return TRUE;
    }
    go_down(walk, component);
    if (lstat(walk->at->str, &st) < 0)
        return FALSE;
    if (S_ISLNK(st.st_mode))
        return follow(walk, &st, error);
    if (at_end(walk) && walk->kind == MOM_TRUST_FILE && is_null_device(&st))
        return FALSE;
    return (!at_end(walk) || check_kind(walk, &st, error)) &&
           (walk->trust->off || check_node(walk, &st, at_end(walk), error));
}

gboolean
mom_trust_check(const MomTrust *trust, const char *path, MomTrustKind kind, GError **error)
{
    g_autofree char *here = g_path_is_absolute(path) ? NULL : g_get_current_dir();
    g_autoptr(GString) at = g_string_new("/");
    g_autoptr(GString) rest = g_string_new(here);
    Walk walk = {.trust = trust, .path = path, .kind = kind, .at = at, .rest = rest};
    g_autoptr(GError) why = NULL;
    struct stat st;

    if (!trust)
        return TRUE;
    g_string_append_printf(rest, "/%s", path);
    if (stat("/", &st) == 0 && !trust->off)
        check_node(&walk, &st, at_end(&walk), &why);
    while (!why && step(&walk, &why)) {
        /* on to the next component */
    }
    if (!why)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

gint64
mom_trust_vdsm_uid(void)
{
    const struct passwd *user = getpwnam(VDSM_USER);

    return user ? (gint64)user->pw_uid : -1;
}

char *
mom_trust_secret_fault(const char *path)
{
    g_autofree char *quoted = for_shell(path);
    struct stat st;

    if (stat(path, &st) < 0 || !(st.st_mode & S_IROTH))
        return NULL;
    return g_strdup_printf("%s is a secret that every user may read (mode %04o); mend it with "
                           "`chmod o-r %s'",
                           path, (unsigned)(st.st_mode & 07777), quoted);
}
