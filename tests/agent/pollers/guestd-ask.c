/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The probe of mom-guestd on a wire: asks the guests that standard input names and prints what is
 * heard, so that the peers can be written in another language.
 *
 * Usage: guestd-ask PORT [HELPER [NAME CID]].  Lines in: "ask NAME [CID]", "leave NAME".  Lines
 * out: "NAME answer N,N,nil...", "NAME told ...", "NAME error TEXT".  A guest that is named on the
 * command line is asked now and then without being told to; HELPER "-" is none.  For tests only.
 */
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/pollers/guestd-probe.h"
#include "agent/pollers/guestd-answer.h"

/* Long enough for an answer in a guest that is emulated on a busy machine. */
#define ASK_EVERY_S 4

typedef struct {
    MomProbe *probe;
    GHashTable *guests; /* name -> MomProbeGuest */
    GDataInputStream *input;
    GMainLoop *loop;
    const char *name; /* of the one to be asked again and again, or NULL */
    gint64 cid;
} Asker;

static void
print_answer(const MomProbeGuest *guest, const char *what, const MomAnswer *answer)
{
    printf("%s %s", guest->name, what);
    for (guint i = 0; i < MOM_GUESTD_N; i++) {
        MomValue v = answer->number[i];

        if (v.type == MOM_VALUE_INT)
            printf("%c%" G_GINT64_FORMAT, i ? ',' : ' ', v.integer);
        else if (v.type == MOM_VALUE_FLOAT)
            printf("%c%.2f", i ? ',' : ' ', v.real);
        else
            printf("%cnil", i ? ',' : ' ');
    }
    printf("\n");
}

static void
done(const MomAnswer *answer, const GError *error, gpointer data)
{
    const MomProbeGuest *guest = data;

    if (answer)
        print_answer(guest, "answer", answer);
    else
        printf("%s error %s\n", guest->name, error->message);
}

static void
told(const MomProbeGuest *guest, const MomAnswer *answer, gpointer data)
{
    print_answer(guest, "told", answer);
}

static void
guest_free(gpointer data)
{
    MomProbeGuest *guest = data;

    g_free(guest->uuid);
    g_free(guest->name);
    g_free(guest);
}

static MomProbeGuest *
find_guest(Asker *asker, const char *name)
{
    MomProbeGuest *guest = g_hash_table_lookup(asker->guests, name);

    if (!guest) {
        guest = g_new0(MomProbeGuest, 1);
        guest->uuid = g_strconcat("uuid-", name, NULL);
        guest->name = g_strdup(name);
        g_hash_table_insert(asker->guests, guest->name, guest);
    }
    return guest;
}

static void
obey(Asker *asker, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 3);
    MomProbeGuest *guest = words[0] && words[1] ? find_guest(asker, words[1]) : NULL;

    if (!guest)
        return;
    if (g_str_equal(words[0], "ask")) {
        guest->vsock_cid = words[2] ? g_ascii_strtoll(words[2], NULL, 10) : 0;
        asker->probe->klass->ask(asker->probe, guest, done, guest);
    } else if (g_str_equal(words[0], "leave")) {
        asker->probe->klass->leave(asker->probe, guest);
    }
}

/* A guest of the command line. */
static gboolean
ask_again(gpointer data)
{
    Asker *asker = data;
    MomProbeGuest *guest = find_guest(asker, asker->name);

    asker->probe->klass->leave(asker->probe, guest);
    guest->vsock_cid = asker->cid;
    asker->probe->klass->ask(asker->probe, guest, done, guest);
    return G_SOURCE_CONTINUE;
}

static void read_next(Asker *asker);

static void
on_command(GObject *stream, GAsyncResult *result, gpointer data)
{
    Asker *asker = data;
    g_autofree char *line = g_data_input_stream_read_line_finish(asker->input, result, NULL, NULL);

    if (!line) {
        g_main_loop_quit(asker->loop);
        return;
    }
    obey(asker, line);
    read_next(asker);
}

static void
read_next(Asker *asker)
{
    g_data_input_stream_read_line_async(asker->input, G_PRIORITY_DEFAULT, NULL, on_command, asker);
}

int
main(int argc, char *argv[])
{
    g_autoptr(GInputStream) stdin_stream = g_unix_input_stream_new(STDIN_FILENO, FALSE);
    Asker asker = {
        .probe = mom_guestd_probe_new(&(MomGuestdProbeOptions){
            .port = (guint16)atoi(argv[1]),
            .helper = argc > 2 && !g_str_equal(argv[2], "-") ? argv[2] : NULL,
            .vsock = TRUE,
            .clock = mom_clock_real(),
        }),
        .guests = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, guest_free),
        .input = g_data_input_stream_new(stdin_stream),
        .loop = g_main_loop_new(NULL, FALSE),
        .name = argc > 4 ? argv[3] : NULL,
        .cid = argc > 4 ? g_ascii_strtoll(argv[4], NULL, 10) : 0,
    };

    setvbuf(stdout, NULL, _IOLBF, 0);
    asker.probe->told = told;
    read_next(&asker);
    if (asker.name)
        g_timeout_add_seconds(ASK_EVERY_S, ask_again, &asker);
    g_main_loop_run(asker.loop);
    asker.probe->klass->free(asker.probe);
    g_main_loop_unref(asker.loop);
    g_object_unref(asker.input);
    g_hash_table_unref(asker.guests);
    return EXIT_SUCCESS;
}
