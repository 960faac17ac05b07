/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading a file of configuration, see config-file.h.
 */
#include "agent/config/config-file.h"

#include "agent/config/config.h"

static gboolean
read_text(const char *file, const MomTrust *trust, char **text, gsize *length, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (!mom_trust_check(trust, file, MOM_TRUST_FILE, &why)) {
        g_set_error_literal(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_UNTRUSTED, why->message);
        return FALSE;
    }
    if (!g_file_get_contents(file, text, length, &why)) {
        g_set_error_literal(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_UNREADABLE, why->message);
        return FALSE;
    }
    return TRUE;
}

MomIni *
mom_config_file_read(const char *file, const MomTrust *trust, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *text = NULL;
    gsize length;
    MomIni *ini;

    if (!read_text(file, trust, &text, &length, error))
        return NULL;
    if (length > MOM_CONFIG_FILE_BYTES) {
        g_set_error(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_UNREADABLE,
                    "%s: larger than %d bytes, this is no configuration", file,
                    MOM_CONFIG_FILE_BYTES);
        return NULL;
    }
    ini = mom_ini_parse(text, length, file, &why);
    if (!ini)
        g_set_error_literal(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_SYNTAX, why->message);
    return ini;
}
