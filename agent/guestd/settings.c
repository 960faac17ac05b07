/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See settings.h.  One table of keys serves the file and the command line.
 */
#include "agent/guestd/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"
#define MOST_PORT 65535
#define MOST_VSOCK_PORT 4294967294ul /* the last is a wildcard */
#define LOGGING "logging"            /* the reference's section; ours goes where stderr goes */

/* ---- one value ---- */

static bool
set_number(const char *value, unsigned long most, unsigned *out)
{
    char *end;
    unsigned long number;

    errno = 0;
    number = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || errno || number > most)
        return false;
    *out = (unsigned)number;
    return true;
}

static bool
set_host(MomSettings *settings, const char *value)
{
    struct in6_addr ignored;

    if (*value && inet_pton(AF_INET, value, &ignored) != 1 &&
        inet_pton(AF_INET6, value, &ignored) != 1)
        return false;
    snprintf(settings->host, sizeof settings->host, "%s", value);
    return true;
}

static bool
set_port(MomSettings *settings, const char *value)
{
    return set_number(value, MOST_PORT, &settings->port);
}

static bool
set_vsock_port(MomSettings *settings, const char *value)
{
    if (!set_number(value, MOST_VSOCK_PORT, &settings->vsock_port))
        return false;
    settings->wants_vsock = settings->vsock_port != 0;
    return true;
}

/* A list takes the place of the one before. */
static bool
set_peers(MomSettings *settings, const char *value)
{
    MomPeers peers = {.n = 0};
    const char *ignored;

    if (!mom_peers_parse(&peers, value, &ignored))
        return false;
    settings->peers = peers;
    return true;
}

static bool
copy_fraction(char out[MOM_REPLY_PROP + 1], const char *value)
{
    if (!*value || strlen(value) > MOM_REPLY_PROP || strspn(value, "0123456789.") != strlen(value))
        return false;
    memcpy(out, value, strlen(value) + 1);
    return true;
}

static bool
set_min_free(MomSettings *settings, const char *value)
{
    return copy_fraction(settings->min_free, value);
}

static bool
set_max_free(MomSettings *settings, const char *value)
{
    return copy_fraction(settings->max_free, value);
}

static const struct {
    const char *key;
    bool (*set)(MomSettings *settings, const char *value);
    const char *meant;
} keys[] = {
    {"host", set_host, "an IPv4 or IPv6 address, or nothing for all"},
    {"port", set_port, "a port from 0 (no TCP) to 65535"},
    {"vsock-port", set_vsock_port, "a port of vsock, or 0 for none"},
    {"allowed-peers", set_peers, "a list of up to 64 addresses, ADDRESS/BITS and cid:N"},
    {"min_free", set_min_free, "a fraction such as 0.20"},
    {"max_free", set_max_free, "a fraction such as 0.50"},
};

bool
mom_settings_set(MomSettings *settings,
                 const char *key,
                 const char *value,
                 char why[MOM_SETTINGS_MESSAGE])
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].key, key) != 0)
            continue;
        if (keys[i].set(settings, value))
            return true;
        snprintf(why, MOM_SETTINGS_MESSAGE, "%s: `%.200s' is not %s", key, value, keys[i].meant);
        return false;
    }
    snprintf(why, MOM_SETTINGS_MESSAGE, "there is no key `%.200s'", key);
    return false;
}

void
mom_settings_init(MomSettings *settings)
{
    *settings = (MomSettings){
        .port = MOM_GUESTD_PORT,
        .vsock_port = MOM_GUESTD_PORT,
        .min_free = "0.20",
        .max_free = "0.50",
    };
}

/* ---- the file ---- */

static char *
strip(char *text)
{
    size_t length;

    text += strspn(text, BLANKS);
    length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* One line within SECTION, which a heading changes. */
static bool
take_line(MomSettings *settings,
          char *line,
          char section[MOM_SETTINGS_LINE],
          char why[MOM_SETTINGS_MESSAGE])
{
    char *at = strip(line);
    size_t length = strlen(at), key_length;
    char *value;

    if (*at == '\0' || *at == '#' || *at == ';')
        return true;
    if (*at == '[' && at[length - 1] == ']') {
        at[length - 1] = '\0';
        snprintf(section, MOM_SETTINGS_LINE, "%s", at + 1);
        if (strcmp(section, "main") == 0 || strcmp(section, LOGGING) == 0)
            return true;
        snprintf(why, MOM_SETTINGS_MESSAGE, "there is no section [%.200s]", section);
        return false;
    }
    key_length = strcspn(at, ":=");
    if (at[key_length] == '\0' || *section == '\0') {
        snprintf(why, MOM_SETTINGS_MESSAGE, "this is no `key: value' of a section");
        return false;
    }
    if (strcmp(section, LOGGING) == 0)
        return true;
    at[key_length] = '\0';
    value = strip(at + key_length + 1);
    return mom_settings_set(settings, strip(at), value, why);
}

static bool
take_file(MomSettings *settings, const char *name, FILE *file, char why[MOM_SETTINGS_MESSAGE])
{
    char line[MOM_SETTINGS_LINE], section[MOM_SETTINGS_LINE] = "", what[MOM_SETTINGS_MESSAGE] = "";
    unsigned number = 0;

    while (fgets(line, sizeof line, file)) {
        bool whole = strchr(line, '\n') || feof(file);

        number++;
        if (whole && take_line(settings, line, section, what))
            continue;
        snprintf(why, MOM_SETTINGS_MESSAGE, "%.100s:%u: %.350s", name, number,
                 whole ? what : "the line is too long");
        return false;
    }
    return true;
}

bool
mom_settings_load(MomSettings *settings,
                  const char *file,
                  bool required,
                  char why[MOM_SETTINGS_MESSAGE])
{
    FILE *opened = fopen(file, "re");
    bool good;

    if (!opened) {
        if (errno == ENOENT && !required)
            return true;
        snprintf(why, MOM_SETTINGS_MESSAGE, "%.300s: %s", file, strerror(errno));
        return false;
    }
    good = take_file(settings, file, opened, why);
    fclose(opened);
    return good;
}

/* ---- the command line ---- */

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"bind", required_argument, NULL, 'b'},
    {"port", required_argument, NULL, 'p'},
    {"vsock", required_argument, NULL, 's'},
    {"allowed-peers", required_argument, NULL, 'a'},
    {"daemon", no_argument, NULL, 'd'},
    {"foreground", no_argument, NULL, 'f'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};
static const char short_options[] = "c:b:p:s:a:dfhV";

static void
print_help(void)
{
    printf("Usage: mom-guestd [OPTION]...\n"
           "Tells momd, on the host, how a guest is off for memory.\n\n"
           "  -c, --config=FILE         settings (default: " MOM_SETTINGS_FILE ")\n"
           "  -b, --bind=ADDRESS        listen on this address alone\n"
           "  -p, --port=PORT           of TCP (default: %d); 0: none\n"
           "  -s, --vsock=PORT          of vsock (default: %d, if there is vsock); 0: none\n"
           "  -a, --allowed-peers=LIST  who may ask: ADDRESS, ADDRESS/BITS, cid:N\n"
           "  -d, --daemon              go to the background once it listens\n"
           "  -f, --foreground          stay in the foreground (the default)\n"
           "  -h, --help                print this help\n"
           "  -V, --version             print the version\n",
           MOM_GUESTD_PORT, MOM_GUESTD_PORT);
}

/* The key that an option sets; NULL: it sets none. */
static const char *
key_of(int option)
{
    switch (option) {
    case 'b':
        return "host";
    case 'p':
        return "port";
    case 's':
        return "vsock-port";
    case 'a':
        return "allowed-peers";
    default:
        return NULL;
    }
}

/* Before all else: what is asked for once is printed, and which file it is. */
static MomSettingsVerdict
look_ahead(int argc, char *argv[], const char **file)
{
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        if (option == '?')
            return MOM_SETTINGS_WRONG;
        if (option == 'c')
            *file = optarg;
        if (option == 'h' || option == 'V') {
            if (option == 'h')
                print_help();
            else
                printf("mom-guestd %s\n", MOM_VERSION);
            return MOM_SETTINGS_DONE;
        }
    }
    if (optind == argc)
        return MOM_SETTINGS_RUN;
    fprintf(stderr, "mom-guestd: what is `%s'? See --help\n", argv[optind]);
    return MOM_SETTINGS_WRONG;
}

static bool
take_options(MomSettings *settings, int argc, char *argv[], char why[MOM_SETTINGS_MESSAGE])
{
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        const char *key = key_of(option);

        if (option == 'd' || option == 'f')
            settings->daemon = option == 'd';
        if (key && !mom_settings_set(settings, key, optarg, why))
            return false;
    }
    return true;
}

MomSettingsVerdict
mom_settings_from_arguments(MomSettings *settings, int argc, char *argv[])
{
    char why[MOM_SETTINGS_MESSAGE] = "";
    const char *file = NULL;
    MomSettingsVerdict verdict;

    mom_settings_init(settings);
    verdict = look_ahead(argc, argv, &file);
    if (verdict != MOM_SETTINGS_RUN)
        return verdict;
    if (mom_settings_load(settings, file ? file : MOM_SETTINGS_FILE, file != NULL, why) &&
        take_options(settings, argc, argv, why)) {
        if (settings->port || settings->vsock_port)
            return MOM_SETTINGS_RUN;
        snprintf(why, sizeof why, "neither TCP nor vsock: nobody could ask");
    }
    fprintf(stderr, "mom-guestd: %s\n", why);
    return MOM_SETTINGS_WRONG;
}
