/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A source's silence, see silence.h.
 *
 * Nothing here decides what is done without data.
 */
#include "agent/engine/silence.h"

#include <gio/gio.h>

void
mom_silence_init(MomSilence *silence, const char *domain, const char *source)
{
    *silence = (MomSilence){.source = source, .fault = MOM_FAULT_INIT(domain)};
}

static void
say(const MomSilence *silence, GLogLevelFlags level, const char *message)
{
    g_log_structured(silence->fault.domain, level, "MESSAGE", "%s", message);
}

void
mom_silence_turn_to(MomSilence *silence, const char *source)
{
    silence->waiting = silence->waiting && g_str_equal(silence->source, source);
    silence->source = source;
}

void
mom_silence_goes_on(MomSilence *silence, const GError *error)
{
    g_autofree char *message = NULL;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY)) {
        message = g_strdup_printf("Waiting for %s, nothing is decided: %s", silence->source,
                                  error->message);
        say(silence, silence->waiting ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_INFO, message);
        silence->waiting = TRUE;
        return;
    }
    silence->waiting = FALSE;
    message = g_strdup_printf("No guest data from %s, nothing is decided: %s", silence->source,
                              error->message);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED))
        mom_fault_raise_silently(&silence->fault, message);
    else
        mom_fault_raise(&silence->fault, message);
}

gboolean
mom_silence_lasts(const MomSilence *silence)
{
    return silence->waiting || mom_fault_stands(&silence->fault);
}

void
mom_silence_end(MomSilence *silence)
{
    if (silence->waiting) {
        g_autofree char *message = g_strdup_printf("%s is ready", silence->source);

        say(silence, G_LOG_LEVEL_INFO, message);
    }
    silence->waiting = FALSE;
    mom_fault_end(&silence->fault, "Guest data comes again");
}

void
mom_silence_clear(MomSilence *silence)
{
    mom_fault_clear(&silence->fault);
}
