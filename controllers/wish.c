/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The reading of controls that the four controllers share.
 *
 * Texts of complaints are made here and nowhere else, so that all controllers speak alike.  Nothing
 * is logged: the one who gave the context decides what becomes of a complaint.
 */
#include "controllers/wish.h"

void
mom_wish_complain(const MomControllerContext *context,
                  MomEntity *entity,
                  const char *control,
                  const char *why)
{
    if (context->complain)
        context->complain(entity, control, why, context->complain_data);
}

MomValue
mom_wish_raw(const MomEntity *entity, const char *name)
{
    const MomControl *control = mom_entity_get_control(entity, name);

    return control ? control->value : MOM_NIL;
}

MomWish
mom_wish_read(const MomControllerContext *context, MomEntity *entity, const char *name, gint64 *out)
{
    MomValue v = mom_wish_raw(entity, name);
    g_autofree char *why = NULL;

    if (mom_value_is_nil(v))
        return MOM_WISH_NONE;
    if (mom_value_to_int(v, out))
        return MOM_WISH_SET;
    if (v.type == MOM_VALUE_FLOAT)
        why = g_strdup_printf("%g is no integer that can be set", v.real);
    else if (v.type == MOM_VALUE_STRING)
        why = g_strdup_printf("\"%.40s\" is no number", v.string);
    else
        why = g_strdup_printf("%s is no number", mom_value_type_name(v.type));
    mom_wish_complain(context, entity, name, why);
    return MOM_WISH_BAD;
}

static char *
list_words(const char *const *words)
{
    g_autofree char *joined = g_strjoinv("\", \"", (char **)(gpointer)words);

    return g_strdup_printf("\"%s\"", joined);
}

MomWish
mom_wish_read_ksm(const MomControllerContext *context, MomEntity *host, MomKsmKey key, gint64 *out)
{
    const char *const *words = mom_ksm_words(key);
    MomValue v = mom_wish_raw(host, mom_ksm_controls[key]);
    g_autofree char *list = NULL, *why = NULL;

    if (!words)
        return mom_wish_read(context, host, mom_ksm_controls[key], out);
    if (mom_value_is_nil(v))
        return MOM_WISH_NONE;
    if (mom_ksm_number(key, v, out))
        return MOM_WISH_SET;
    list = list_words(words);
    if (v.type == MOM_VALUE_STRING)
        why = g_strdup_printf("\"%.40s\" is not one of %s", v.string, list);
    else
        why = g_strdup_printf("%s is not one of %s", mom_value_type_name(v.type), list);
    mom_wish_complain(context, host, mom_ksm_controls[key], why);
    return MOM_WISH_BAD;
}

gboolean
mom_wish_has_address(const MomControllerContext *context, MomEntity *guest, const char *control)
{
    static const char *const needed[] = {"uuid", "name"};

    for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
        if (!mom_entity_get_string_property(guest, needed[i])) {
            g_autofree char *why = g_strdup_printf("the guest has no property %s", needed[i]);

            mom_wish_complain(context, guest, control, why);
            return FALSE;
        }
    }
    return TRUE;
}
