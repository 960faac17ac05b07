/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Prints every name that a policy can use, one a line with its kind, from the tables that the
 * daemon itself uses.
 *
 * For the test that holds the manual mom-policy(7) against them.  It must read the real tables: a
 * list kept here by hand would forget what the manual forgets.
 */
#include "agent/collectors/collector.h"
#include "controllers/controller.h"
#include "policy/builtins.h"

#include <stdio.h>

static void
print_methods(const char *kind, const MomMethod *methods, gsize n)
{
    for (gsize i = 0; i < n; i++)
        printf("%s %s\n", kind, methods[i].name);
}

static void
print_strings(const char *kind, const char *const *names, gsize n)
{
    for (gsize i = 0; i < n; i++)
        printf("%s %s\n", kind, names[i]);
}

/* NAMES end with NULL and belong to OWNER. */
static void
print_owned(const char *kind, const char *owner, const char *const *names)
{
    for (gsize i = 0; names[i]; i++)
        printf("%s %s %s\n", kind, owner, names[i]);
}

static void
print_collectors(void)
{
    for (gsize i = 0; mom_collectors[i]; i++) {
        const MomCollector *collector = mom_collectors[i];

        printf("collector %s\n", collector->name);
        print_owned("field", collector->name, collector->fields);
        print_owned("field", collector->name, collector->optional);
    }
}

static void
print_controllers(void)
{
    for (gsize i = 0; mom_controllers[i]->name; i++) {
        printf("controller %s\n", mom_controllers[i]->name);
        print_owned("control", mom_controllers[i]->name, mom_controllers[i]->controls);
    }
}

int
main(void)
{
    for (gsize i = 0; i < mom_n_builtins; i++)
        printf("builtin %s\n", mom_builtins[i].name);
    for (gsize i = 0; i < mom_n_extensions; i++)
        printf("extension %s\n", mom_extensions[i].name);
    print_methods("function", &mom_function_abs, 1);
    print_methods("function", &mom_function_debug, 1);
    print_methods("method", mom_entity_methods, mom_n_entity_methods);
    print_methods("tune", mom_tune_methods, MOM_N_LIMITS);
    print_strings("tune", mom_tune_attribute_names, MOM_N_TUNE_ATTRIBUTES);
    print_strings("tune", mom_limit_names, MOM_N_LIMITS);
    print_collectors();
    print_controllers();
    return 0;
}
