/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/state-text: the pieces make up the text of state-json, each holds a bounded number of
 * guests, and what happens to the entities meanwhile is not told.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "agent/state/state-json.h"
#include "agent/state/state-text.h"

static MomSchema *
fields(void)
{
    static const char *const names[] = {"mem_free", "name_of_os"};

    return mom_schema_new(names, G_N_ELEMENTS(names));
}

static void
add_sample(MomEntity *entity, MomSchema *schema, gint64 time_us)
{
    MomSample *sample = mom_sample_new(schema, time_us);

    mom_sample_set(sample, "mem_free", mom_value_int(time_us * 7));
    mom_sample_set(sample, "name_of_os", mom_value_string("\"a\xc3\xa9\\\n"));
    mom_entity_add_sample(entity, sample, 2);
}

static MomEntity *
entity_new(guint number)
{
    g_autofree char *name = g_strdup_printf("vm %u", number);
    g_autoptr(MomSchema) schema = fields();
    MomEntity *entity = mom_entity_new(schema);

    mom_entity_set_property(entity, "name", mom_value_string(name));
    add_sample(entity, schema, number);
    add_sample(entity, schema, number + 1);
    mom_entity_begin_run(entity);
    mom_entity_set_variable(entity, "seen", mom_value_int(number));
    mom_entity_commit_run(entity);
    return entity;
}

static GPtrArray *
guests_new(guint n)
{
    GPtrArray *guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);

    for (guint i = 0; i < n; i++)
        g_ptr_array_add(guests, entity_new(i));
    return guests;
}

static char *
whole_text(MomEntity *host, GPtrArray *guests)
{
    json_object *json = mom_state_to_json(host, guests);
    char *text = g_strdup(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
                                                                   JSON_C_TO_STRING_NOSLASHESCAPE));

    json_object_put(json);
    return text;
}

static gsize
count(const char *text, const char *what)
{
    gsize n = 0;

    while ((text = strstr(text, what))) {
        n++;
        text += strlen(what);
    }
    return n;
}

/* All pieces as one text; *N is how many they were. Asserts that none holds more guests than it
 * may. */
static char *
drain(MomRpcPieces *pieces, guint *n)
{
    GString *text = g_string_new(NULL);
    gboolean more;

    *n = 0;
    do {
        g_autoptr(GString) piece = g_string_new(NULL);

        more = pieces->klass->next(pieces, piece);
        assert_true(count(piece->str, "\"name\":\"vm ") <= MOM_STATE_TEXT_GUESTS + 1);
        assert_true(g_utf8_validate_len(piece->str, piece->len, NULL));
        g_string_append_len(text, piece->str, (gssize)piece->len);
        (*n)++;
    } while (more);
    mom_rpc_pieces_free(pieces);
    return g_string_free(text, FALSE);
}

static void
the_pieces_are_the_whole_text(void **state)
{
    static const guint counts[] = {0, 1, 15, 16, 17, 32, 1000};

    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autoptr(MomEntity) host = entity_new(5);
        g_autoptr(GPtrArray) guests = guests_new(counts[i]);
        g_autofree char *wanted = whole_text(host, guests);
        guint n;
        g_autofree char *text = drain(mom_state_text_new(host, guests), &n);

        assert_string_equal(text, wanted);
        assert_int_equal(n,
                         MAX(1, (counts[i] + MOM_STATE_TEXT_GUESTS - 1) / MOM_STATE_TEXT_GUESTS));
    }
}

static void
what_happens_later_is_not_told(void **state)
{
    MomEntity *host = entity_new(5);
    GPtrArray *guests = guests_new(40);
    g_autofree char *wanted = whole_text(host, guests);
    MomRpcPieces *pieces = mom_state_text_new(host, guests);
    g_autofree char *text = NULL;
    guint n;

    for (guint i = 0; i < 40; i++) { /* as the next cycle does: all known samples are dropped */
        MomEntity *guest = guests->pdata[i];

        mom_entity_set_property(guest, "name", mom_value_string("renamed"));
        for (gint64 k = 100; k < 103; k++)
            add_sample(guest, (MomSchema *)mom_entity_schema(guest), k);
        mom_entity_begin_run(guest);
        mom_entity_set_variable(guest, "seen", mom_value_int(-1));
        mom_entity_commit_run(guest);
    }
    g_ptr_array_unref(guests);
    mom_entity_free(host);
    text = drain(pieces, &n);
    assert_string_equal(text, wanted);
}

static void
one_may_stop_at_any_piece(void **state)
{
    g_autoptr(MomEntity) host = entity_new(5);
    g_autoptr(GPtrArray) guests = guests_new(40);

    for (guint stop = 0; stop <= 3; stop++) {
        MomRpcPieces *pieces = mom_state_text_new(host, guests);
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < stop; i++)
            pieces->klass->next(pieces, text);
        mom_rpc_pieces_free(pieces);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pieces_are_the_whole_text),
        cmocka_unit_test(what_happens_later_is_not_told),
        cmocka_unit_test(one_may_stop_at_any_piece),
    };

    return cmocka_run_group_tests_name("state-text", tests, NULL, NULL);
}
