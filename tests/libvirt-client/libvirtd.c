/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See libvirtd.h.
 */
#include "tests/libvirt-client/libvirtd.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <libvirt/libvirt.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

/* As root libvirtd would want its system's users and folders; as anyone else it is content with
 * HOME. */
static void
become_nobody(gpointer data)
{
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void
remove_folder(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_DIR) && !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
            remove_folder(child);
        else
            g_unlink(child);
    }
    g_rmdir(path);
}

char *
libvirtd_write(Libvirtd *libvirtd, const char *name, const char *text)
{
    char *path = g_build_filename(libvirtd->folder, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(g_chmod(path, 0644), ==, 0);
    return path;
}

Libvirtd *
libvirtd_new(void)
{
    Libvirtd *libvirtd = g_new0(Libvirtd, 1);
    g_autofree char *from =
        g_build_filename(g_getenv("MOM_SOURCE_ROOT"), "tests/libvirt-client/node.xml", NULL);
    g_autofree char *text = NULL;

    libvirtd->folder = g_dir_make_tmp("mom-virt-XXXXXX", NULL);
    libvirtd->socket = g_build_filename(libvirtd->folder, "libvirt/libvirt-sock", NULL);
    libvirtd->uri =
        g_strdup_printf("test+unix:///%s/node.xml?socket=%s", libvirtd->folder, libvirtd->socket);
    if (geteuid() == 0)
        g_assert_cmpint(chown(libvirtd->folder, NOBODY, NOBODY), ==, 0);
    /* the daemon's user may not see the source tree */
    g_assert_true(g_file_get_contents(from, &text, NULL, NULL));
    g_free(libvirtd_write(libvirtd, "node.xml", text));
    return libvirtd;
}

void
libvirtd_free(Libvirtd *libvirtd)
{
    libvirtd_kill(libvirtd);
    remove_folder(libvirtd->folder);
    g_free(libvirtd->folder);
    g_free(libvirtd->socket);
    g_free(libvirtd->uri);
    g_free(libvirtd);
}

void
libvirtd_start(Libvirtd *libvirtd, const char *config, const char *sasl_folder)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *found = g_find_program_in_path("libvirtd");
    g_autofree char *home = g_strconcat("HOME=", libvirtd->folder, NULL);
    g_autofree char *runtime = g_strconcat("XDG_RUNTIME_DIR=", libvirtd->folder, NULL);
    g_autofree char *sasl = g_strconcat("SASL_CONF_PATH=", sasl_folder, NULL);
    char *argv[] = {found != NULL ? found : (char *)"/usr/sbin/libvirtd",
                    config != NULL ? (char *)"--config" : NULL, (char *)config, NULL};
    char *envp[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", home, runtime,
                    sasl_folder != NULL ? sasl : NULL, NULL};

    g_unlink(libvirtd->socket);
    if (!g_spawn_async("/", argv, envp,
                       G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                           G_SPAWN_STDERR_TO_DEV_NULL,
                       become_nobody, NULL, &libvirtd->pid, &error))
        g_error("libvirtd: %s", error->message);
}

void
libvirtd_kill(Libvirtd *libvirtd)
{
    if (libvirtd->pid == 0)
        return;
    kill(libvirtd->pid, SIGKILL);
    while (waitpid(libvirtd->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    libvirtd->pid = 0;
}

void
libvirtd_wait(Libvirtd *libvirtd)
{
    virConnectPtr connection;

    while ((connection = virConnectOpen(libvirtd->uri)) == NULL)
        g_usleep(20000);
    virConnectClose(connection);
}
