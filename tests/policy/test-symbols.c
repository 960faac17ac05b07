/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Symbols: numbers, parts of dotted names, and what they are known to mean.
 *
 * A symbol's number is an index into a run's cells, so numbers must be dense and stable.
 */
#include "policy/builtins.h"
#include "policy/symbols.h"

#include "tests/mom-test.h"

#include <string.h>

static MomSymbol *
intern(MomSymbols *symbols, const char *name)
{
    return mom_symbols_intern(symbols, name, strlen(name));
}

static void
builtins_and_extensions_come_first_in_their_order(void **state)
{
    g_autoptr(MomSymbols) symbols = mom_symbols_new();

    for (gsize i = 0; i < mom_n_builtins; i++)
        assert_int_equal(intern(symbols, mom_builtins[i].name)->id, i);
    for (gsize i = 0; i < mom_n_extensions; i++)
        assert_int_equal(intern(symbols, mom_extensions[i].name)->id, mom_n_builtins + i);
    assert_string_equal(mom_symbols_predefined(symbols, MOM_PREDEFINED_HOST)->name, "Host");
}

static void
equal_names_are_one_symbol_with_one_number(void **state)
{
    g_autoptr(MomSymbols) symbols = mom_symbols_new();
    gsize before = mom_symbols_count(symbols);
    MomSymbol *a = intern(symbols, "some-name");

    assert_ptr_equal(mom_symbols_intern(symbols, "some-name and more", 9), a);
    assert_int_equal(a->id, before);
    assert_int_equal(mom_symbols_count(symbols), before + 1);
    assert_true(a->is_plain);
}

static void
a_dotted_name_is_split_at_its_first_two_dots(void **state)
{
    g_autoptr(MomSymbols) symbols = mom_symbols_new();
    MomSymbol *dotted = intern(symbols, "g.mem_free.more.parts");

    assert_ptr_equal(dotted->base, intern(symbols, "g"));
    assert_string_equal(dotted->attribute, "mem_free");
    assert_false(dotted->is_plain);
    assert_string_equal(intern(symbols, "g.")->attribute, "");
    assert_string_equal(intern(symbols, "g..x")->attribute, "");
    assert_null(intern(symbols, "g")->base);
}

static void
attributes_are_known_by_number(void **state)
{
    g_autoptr(MomSymbols) symbols = mom_symbols_new();

    assert_string_equal(mom_entity_methods[intern(symbols, "x.StatAvg")->entity_method].name,
                        "StatAvg");
    assert_int_equal(intern(symbols, "x.StatMin")->entity_method, MOM_FIRST_EXTENSION_METHOD);
    assert_string_equal(mom_entity_methods[MOM_FIRST_EXTENSION_METHOD - 1].name, "GetControl");
    assert_int_equal(intern(symbols, "x.maximum")->tune_member, MOM_TUNE_MAXIMUM);
    assert_int_equal(intern(symbols, "x.setReadIopsSec")->tune_member,
                     MOM_N_TUNE_ATTRIBUTES + MOM_LIMIT_READ_IOPS);
    assert_int_equal(intern(symbols, "x.read_iops_sec")->limit, MOM_LIMIT_READ_IOPS);
    assert_int_equal(intern(symbols, "x.nothing")->entity_method, -1);
    assert_int_equal(intern(symbols, "x.nothing")->tune_member, -1);
    assert_int_equal(intern(symbols, "x.nothing")->limit, -1);
}

static void
nil_is_neither_plain_nor_dotted(void **state)
{
    g_autoptr(MomSymbols) symbols = mom_symbols_new();
    g_autoptr(MomSymbols) again = mom_symbols_ref(symbols);

    assert_true(intern(again, "nil")->is_nil);
    assert_false(intern(again, "nil")->is_plain);
    assert_false(intern(again, "nil.x")->is_nil);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builtins_and_extensions_come_first_in_their_order),
        cmocka_unit_test(equal_names_are_one_symbol_with_one_number),
        cmocka_unit_test(a_dotted_name_is_split_at_its_first_two_dots),
        cmocka_unit_test(attributes_are_known_by_number),
        cmocka_unit_test(nil_is_neither_plain_nor_dotted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
