/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The checker, rule by rule: a text and all that is to be found in it.
 *
 * Each rule has texts that must be found and texts that must not.  Findings are written
 * "LINE:COLUMN E message" or W, one per line.
 */
#include "policy/checker.h"

#include "tests/mom-test.h"

#include <string.h>

typedef struct {
    const char *text;
    const char *expect;
} Case;

static const char *const host_fields[] = {
    "mem_available",
    "mem_unused",
    "mem_free",
    "swap_in",
    "swap_out",
    "anon_pages",
    "swap_total",
    "swap_usage",
    "ksm_full_scans",
    "ksm_pages_sharing",
    "ksm_pages_unshared",
    "ksm_run",
    "ksm_pages_shared",
    "ksm_pages_to_scan",
    "ksm_pages_volatile",
    "ksm_sleep_millisecs",
    "ksm_merge_across_nodes",
    "ksm_shareable",
    "ksmd_cpu_usage",
    "cpu_count",
};
static const char *const guest_fields[] = {
    "mem_available",   "mem_unused",      "major_fault", "minor_fault", "swap_in",
    "swap_out",        "swap_total",      "swap_usage",  "balloon_cur", "balloon_max",
    "balloon_min",     "vcpu_quota",      "vcpu_period", "vcpu_count",  "io_tune",
    "io_tune_current", "vcpu_user_limit",
};
static const char *const controls[] = {
    "balloon_target",         "ksm_run",    "ksm_pages_to_scan", "ksm_sleep_millisecs",
    "ksm_merge_across_nodes", "vcpu_quota", "vcpu_period",       NULL,
};

/* The findings of STORE as text; NAMES: with the policies' names. */
static char *
found_in(MomPolicyStore *store, const MomCheckWorld *world, gboolean names)
{
    g_autoptr(GPtrArray) findings = mom_policy_check(store, world);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < findings->len; i++) {
        const MomFinding *finding = findings->pdata[i];

        if (i > 0)
            g_string_append_c(text, '\n');
        if (names)
            g_string_append_printf(text, "%s:", finding->policy);
        g_string_append_printf(text, "%u:%u %c %s", finding->line, finding->column,
                               finding->severity == MOM_FINDING_ERROR ? 'E' : 'W',
                               finding->message);
    }
    return g_strdup(text->str);
}

static char *
found_in_world(MomPolicyStore *store, gboolean names)
{
    g_autoptr(MomSchema) host = mom_schema_new(host_fields, G_N_ELEMENTS(host_fields));
    g_autoptr(MomSchema) guest = mom_schema_new(guest_fields, G_N_ELEMENTS(guest_fields));
    const MomCheckWorld world = {
        .host = host, .guest = guest, .controls = controls, .parameters_policy = "01-parameters"};

    return found_in(store, &world, names);
}

static void
expect_same(const char *text, const char *found, const char *expect)
{
    if (strcmp(found, expect) != 0) {
        print_error("%.300s\n--- found\n%.2000s\n--- wanted\n%.2000s\n---\n", text, found, expect);
        fail();
    }
}

static void
set(MomPolicyStore *store, const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;

    assert_ok(mom_policy_store_set(store, name, text, -1, &error));
}

static void
expect_all(const Case *cases, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        g_autoptr(MomPolicyStore) store = mom_policy_store_new();
        g_autofree char *found = NULL;

        set(store, "p", cases[i].text);
        found = found_in_world(store, FALSE);
        expect_same(cases[i].text, found, cases[i].expect);
    }
}

#define TABLE(...)                                                                                 \
    do {                                                                                           \
        const Case cases[] = {__VA_ARGS__};                                                        \
                                                                                                   \
        expect_all(cases, G_N_ELEMENTS(cases));                                                    \
    } while (0)

static void
test_unknown_functions_are_found_with_the_nearest_name(void **state)
{
    TABLE({"(floopr 1)", "1:2 E unknown function floopr; did you mean floor?"},
          {"(defvr a 1)",
           "1:2 E unknown function defvr; did you mean defvar?\n1:8 E unknown variable a"},
          {"(def shrink (g) g)\n (shrnik 1)",
           "1:6 W the function shrink is never called\n"
           "2:3 E unknown function shrnik; did you mean shrink?"},
          {"(wholly_unlike 1)", "1:2 E unknown function wholly_unlike"},
          {"(x)", "1:2 E unknown function x"},
          {"(if Host.mem_free (nope) 0)", "1:20 E unknown function nope"},
          {"(1 2)", "1:2 E a call starts with a name, not with a number"},
          {"(\"a\" 2)", "1:2 E a call starts with a name, not with a string"},
          {"((abs) 2)", "1:1 E a call starts with a name, not with a list"},
          {"()", "1:1 E an empty list calls nothing"}, {"+", "1:1 E an operator is no value"},
          /* A parameter may be a function's value. */
          {"(def apply (fn) (fn -1)) (apply abs)", ""},
          {"(def inner () (fn -1)) (let ((fn abs)) (inner))", ""},
          {"(let ((fn Host.StatAvg)) (fn \"mem_free\"))", ""});
}

static void
test_calls_before_the_definition_are_found(void **state)
{
    TABLE(
        {"(f)\n(def f () 1)", "1:2 E f is called before it is defined at line 2"},
        {"(def f () (g)) (def g () 1) (f)", ""},
        {"(def f () (g)) (f) (def g () 1)", "1:12 E g is called, through f, before it is defined"},
        {"(def f () (g)) (f) (def g () 1) (f)",
         "1:12 W g is called, through f, at times before it is defined"},
        {"(def outer () (def inner () 1)) (outer) (inner)", ""},
        {"(def f (n) (if n (f (- n 1)) 0)) (f 3)", ""},
        /* Of an extension's name: until it is defined the extension is called. */
        {"(floor 1.5) (def floor (x) x)", ""});
}

static void
test_unknown_variables_are_found_with_the_nearest_name(void **state)
{
    TABLE({"(defvar threshold 1) (+ treshold 1)",
           "1:25 E unknown variable treshold; did you mean threshold?"},
          {"host.mem_free", "1:1 E unknown variable host; did you mean Host?"},
          {"(with Guest g 1)", "1:7 E unknown variable Guest; did you mean Guests?"},
          {"(gest.Control \"ksm_run\" 1)", "1:2 E unknown variable gest"},
          {"None", "1:1 E unknown variable None"},
          {"(def f () 1) (f) f", "1:18 E f is a function, and functions are no values"},
          {"(def f () nope) (f)", "1:11 E unknown variable nope"},
          {"(def f () nope)", "1:6 W the function f is never called\n1:11 W unknown variable nope"},
          {"(def f () (f nope)) (def g () (f 1))",
           "1:6 W the function f is never called\n1:12 W f takes 0 arguments, not 1\n"
           "1:14 W unknown variable nope\n1:26 W the function g is never called\n"
           "1:32 W f takes 0 arguments, not 1"},
          {"(def f () nope) (def f () 1) (f)", "1:11 W unknown variable nope"},
          {"nil (defvar a nil) a", ""});
}

static void
test_order_counts_at_top_level(void **state)
{
    TABLE({"a\n(defvar a 1)", "1:1 E the variable a is not defined before line 2"},
          {"(defvar a (+ a 1))", "1:14 E the variable a is not defined before line 1"},
          {"(let ((a 1)) a) a",
           "1:17 E the variable a is not defined here, only inside of other expressions (line 1)"},
          {"(+ (defvar a 1) a)", ""}, {"(let ((a 1) (b a)) b)", ""},
          {"(let ((b a) (a 1)) b)",
           "1:10 E the variable a is not defined here, only inside of other expressions (line 1)"},
          {"(with Guests g {(defvar a 1) a})", ""},
          {"(with Guests g (defvar a 1)) a",
           "1:30 E the variable a is not defined here, only inside of other expressions (line 1)"});
}

static void
test_branches_define_only_perhaps(void **state)
{
    TABLE(
        {"(if Host.mem_free {(defvar a 1)} 0) a",
         "1:37 W the variable a may not be defined here, as only one branch of an if or cond "
         "defines it"},
        {"(if Host.mem_free (defvar a 1) (defvar a 2)) a", ""},
        {"(if Host.mem_free (defvar a 1) a)", "1:32 E the variable a is not defined before line 1"},
        {"(if 1 (defvar a 1) 0) a",
         "1:5 W the condition is always true, so the second branch is never taken"},
        {"(cond (Host.mem_free (defvar a 1)) (1 a)) a",
         "1:39 W the variable a may not be defined here, as only one branch of an if or cond "
         "defines it\n"
         "1:43 W the variable a may not be defined here, as only one branch of an if or cond "
         "defines it"},
        {"(def f () {(if Host.mem_free (defvar a 1) 0) a}) (f)",
         "1:46 W the variable a may not be defined, as not every call of f comes from where it "
         "is"});
}

static void
test_scopes_are_dynamic(void **state)
{
    TABLE(/* As the reference's own policies: the parameter has another name than what is used. */
          {"(def qos (quest) guest.balloon_cur) (with Guests guest (qos guest))", ""},
          {"(def f () x) (def g () (f)) (let ((x 1)) (g))", ""},
          {"(def f () x) (def g () (f)) (let ((x 1)) (g)) (f)",
           "1:11 W the variable x may not be defined, as not every call of f comes from where it "
           "is"},
          {"(def f () x) (f) (let ((x 1)) x)",
           "1:11 E the variable x is not defined where f is called (it is at line 1)"},
          {"(def f () x) (defvar x 1) (f)", ""},
          {"(def f () x) (f) (defvar x 1)",
           "1:11 E the variable x is not defined where f is called (it is at line 1)"},
          {"(def f () x) (let ((y (f)) (x 1)) y)",
           "1:11 E the variable x is not defined where f is called (it is at line 1)"},
          {"(def f () {(defvar x 1) (g)}) (def g () x) (f)", ""},
          {"(def f (n) (if n (f (- n 1)) x)) (let ((x 1)) (f 3))", ""},
          /* Arguments see the parameters before them (Q5), the body what arguments define. */
          {"(def f (a b) (+ a b)) (f 1 a)", ""},
          {"(def f (a b) (+ a b)) (f b 1)",
           "1:26 E the variable b is not defined here, only inside of other expressions (line 1)"},
          {"(def f (a) z) (f (defvar z 1))", ""});
}

static void
test_arity_is_checked(void **state)
{
    TABLE(
        {"(if 1 2)", "1:2 E if takes 3 arguments, not 2"},
        {"(+ 1 2 3)", "1:2 E add takes 2 arguments, not 3"},
        {"(not)", "1:2 E not takes 1 argument, not 0"},
        {"(max)", "1:2 E max takes 1 or more arguments, not 0"},
        {"{}", "1:1 E eval takes 1 or more arguments, not 0"},
        {"(abs 1 2)", "1:2 E abs takes 1 argument, not 2"},
        {"(debug)", "1:2 E debug takes 1 or more arguments, not 0"},
        {"(clamp 1 2)", "1:2 E clamp takes 3 arguments, not 2"},
        {"(clamp 1 2 3) (floor 1.5) (concat \"a\" 1) (sum (with Guests g 1))", ""},
        {"(def f (a b) (+ a b)) (f 1)", "1:24 E f takes 2 arguments, not 1"},
        {"(def f (a) a) (def f (a b) a) (f 1) (f 1 2)", ""},
        {"(def f {a} a) (f 1 2)", "1:8 W the variable eval hides the builtin eval"},
        {"(Host.StatAvg)", "1:2 E StatAvg takes 1 argument, not 0"},
        {"(Host.Stat \"mem_free\" 1 2)", "1:2 E Stat takes 1 to 2 arguments, not 3"},
        {"(def f (x) (x.Control \"ksm_run\")) (f Host)", "1:13 E Control takes 2 arguments, not 1"},
        {"(let ((h Host)) (h.GetVar))", "1:18 E GetVar takes 1 argument, not 0"},
        {"(def f (t) (t.setReadBytesSec)) (f 1)", "1:13 E setReadBytesSec takes 1 argument, not 0"},
        {"(Host.StatMin \"mem_free\") (Host.Since \"x\") (Host.StatRate)",
         "1:45 E StatRate takes 1 argument, not 0"},
        {"(null) (valid) (or 1) (eval 1)", ""});
}

static void
test_shapes_are_checked(void **state)
{
    TABLE({"(defvar \"a\" 1)", "1:9 E argument 1 of defvar must be a name"},
          {"(defvar + 1)", "1:9 E argument 1 of defvar must be a name"},
          {"(set 1 1)", "1:6 E argument 1 of set must be a name"},
          {"(def 1 () 1)", "1:6 E argument 1 of def must be a name"},
          {"(with (abs 1) g 1)", "1:7 E argument 1 of with must be a name"},
          {"(with Guests 1 1)", "1:14 E argument 2 of with must be a name"},
          {"(with nil g 1)", "1:7 E with cannot go over nil"},
          {"(with Host g 1)", "1:7 E with cannot go over this, which is no list"},
          {"(defvar n 5) (with n g 1)", "1:20 E with cannot go over this, which is no list"},
          {"(defvar s \"abc\") (with s c c)", ""},
          {"(let a 1)", "1:6 E let wants a list of pairs (NAME VALUE)"},
          {"(let (a) 1)", "1:7 E let wants pairs (NAME VALUE)"},
          {"(let ((a 1 2)) 1)", "1:7 E let wants pairs (NAME VALUE)"},
          {"(let ((1 a)) 1)", "1:7 E let wants pairs (NAME VALUE)"},
          {"(cond 1)", "1:7 E cond wants clauses (TEST VALUE)"},
          {"(sort-by Guests 1 1)", "1:17 E argument 2 of sort-by must be a name"},
          {"(sort-by 1 g g)", "1:10 E sort-by cannot go over this, which is no list"},
          {"(sort-by Guests g g.balloon_cur)", ""},
          {"(def f 1 2)", "1:6 W the function f is never called\n"
                          "1:8 W the parameters of f are no list, so that no call can work"},
          {"(def f (1) 2) (f 1)", "1:9 W parameter 1 of f is no name, so that no call can work\n"
                                  "1:16 E no call of f can work: see its parameters"},
          {"(defvar a 1) (a 2)", "1:15 E a is a variable here and cannot be called"},
          {"(let ((f 1)) (f))", "1:15 E f is a variable here and cannot be called"});
}

static void
test_fields_are_checked(void **state)
{
    TABLE({"Host.mem_fre", "1:1 E no configured collector declares the field mem_fre of the host; "
                           "did you mean mem_free?"},
          {"Host.balloon_cur",
           "1:1 E no configured collector declares the field balloon_cur of the host"},
          {"(Host.StatAvg \"mem_fre\")",
           "1:15 E no configured collector declares the field mem_fre of the host; did you mean "
           "mem_free?"},
          {"(with Guests g g.ballon_cur)",
           "1:16 E no configured collector declares the field ballon_cur of guests; did you mean "
           "balloon_cur?"},
          {"(with Guests g (g.StatMax \"mem_free\"))",
           "1:27 E no configured collector declares the field mem_free of guests"},
          {"(let ((h Host)) h.nope)",
           "1:17 E no configured collector declares the field nope of the host"},
          {"(def f (x) (+ x.mem_unusd (x.Stat \"nope\"))) (f Host)",
           "1:15 W no configured collector declares the field mem_unusd; did you mean mem_unused?\n"
           "1:35 W no configured collector declares the field nope"},
          {"(def f (x) (+ x.ksm_run x.balloon_cur)) (f Host)", ""},
          {"(Host.Stat 5)", "1:12 E Stat takes a name, which is a string"},
          {"(Host.Prop nil)", "1:12 E Prop takes a name, which is a string"},
          {"(def f (n) (Host.Stat n)) (f \"mem_free\")", ""},
          {"(Host.StatAvrg \"mem_free\")", "1:2 E unknown method StatAvrg; did you mean StatAvg?"},
          {"(Host.mem_free)", "1:2 E Host.mem_free is no method and cannot be called"},
          {"(defvar a 1) a.b (a.Stat 1)",
           "1:14 E a is a number and has no b\n1:19 E a is a number and has no method Stat"},
          {"Host.mem_free.whatever", ""},
          /* A nearer variable without the attribute is passed over (Q15). */
          {"(with Guests g (let ((g 1)) g.balloon_cur))", ""},
          {"(def f () (let ((g 1)) g.balloon_cur)) (with Guests g (f))",
           "1:24 W g is a number and has no balloon_cur"},
          /* What is set may be anything. */
          {"(defvar a 1) (set a Host) a.mem_free", ""});
}

static void
test_tunes_are_known(void **state)
{
    TABLE({"(with Guests g (with g.io_tune t t.maximun))", "1:34 E t is a tune and has no maximun"},
          {"(with Guests g (with g.io_tune t (let ((m t.maximum)) m.total_byts_sec)))",
           "1:55 W m is a set of limits, and none is usually named total_byts_sec"},
          {"(with Guests g (with g.io_tune t (t.setTotalBytesSec 1 2)))",
           "1:35 E setTotalBytesSec takes 1 argument, not 2"},
          {"(with Guests g (with g.io_tune t (t.Stat \"x\")))",
           "1:35 E t is a tune and has no method Stat"},
          {"(with Guests g (with g.io_tune t (let ((m t.maximum)) (t.setReadIopsSec "
           "m.read_iops_sec))))",
           ""});
}

static void
test_controls_are_checked(void **state)
{
    TABLE({"(with Guests g (g.Control \"baloon_target\" 1))",
           "1:27 W no configured controller reads the control baloon_target; did you mean "
           "balloon_target?"},
          {"(Host.Control \"x\" 1)", "1:15 W no configured controller reads the control x"},
          {"(def f (n) (Host.Control n 1)) (f \"x\")", ""},
          {"(Host.Control \"ksm_run\" 1) (Host.GetControl \"x\") (Host.SetVar \"x\" 1)", ""});
}

static void
test_names_that_hide_others_are_told(void **state)
{
    TABLE(
        {"(defvar max 1)", "1:9 W the variable max hides the builtin max"},
        {"(let ((Host 1)) Host)", "1:8 W the variable Host hides the predefined one"},
        {"(def min (a b) a)", "1:6 W the function min is never called, as a builtin has that name"},
        {"(def abs (a) a)", "1:6 W the function abs is never called, as a variable has that name"},
        {"(defvar a.b 1)", "1:9 W a variable named a.b can never be read"},
        {"(defvar nil 1)", "1:9 W a variable named nil can never be read"},
        {"(defvar sum 1) sum (def round (x) x) (round 1)", ""},
        /* Hidden or not, the builtin may be meant: only what is certain is said. */
        {"(def f (max) (max 1 2)) (f 3)", "1:9 W the variable max hides the builtin max"},
        {"(defvar min nil) (min 1 2) (min)", "1:9 W the variable min hides the builtin min\n"
                                             "1:29 E min takes 1 or more arguments, not 0"});
}

static void
test_set_needs_a_variable(void **state)
{
    TABLE({"(set nope 1)",
           "1:6 E set of the variable nope, which is never defined; defvar makes one"},
          {"(defvar enabled 1) (set enabeld 2)",
           "1:25 E set of the variable enabeld, which is never defined; defvar makes one; did you "
           "mean enabled?"},
          {"(set Host.mem_free 1)",
           "1:6 E set of the variable Host.mem_free, which is never defined; defvar makes one"},
          {"(set a 1) (defvar a 1)", "1:6 E the variable a is not defined before line 1"},
          {"(defvar a 1) (def f () (set a 2)) (f) (setq a 3)", ""});
}

static void
test_definitions_without_effect_are_told(void **state)
{
    TABLE({"(defvar a 1)\n(defvar a 2)",
           "2:9 W a is defined already (line 1) and keeps that value; set changes it"},
          {"(defvar abs 2)", "1:9 W abs exists already and keeps its value; set changes it"},
          {"(let ((a 1) (a 2)) a)",
           "1:14 W a is defined already (line 1) and keeps that value; set changes it"},
          {"(if Host.mem_free (defvar a 1) 0) (defvar a 2) a", ""},
          {"(defvar a 1) (let ((a 2)) a) (def f (a) a) (f 1)", ""},
          {"(def f () 1)", "1:6 W the function f is never called"},
          {"(def f () (g)) (def g () (f))",
           "1:6 W the function f is never called\n1:21 W the function g is never called"});
}

static void
test_ifs_without_effect_are_told(void **state)
{
    TABLE({"(if Host.mem_free 1 2)", "1:2 W this if has no effect, as its value is not used"},
          {"(+ 1 (if Host.mem_free 1 2))", ""},
          {"{(if Host.mem_free 1 2) 3}", "1:3 W this if has no effect, as its value is not used"},
          {"(let ((a 1)) (if a 1 2) a)", "1:15 W this if has no effect, as its value is not used"},
          {"(if Host.mem_free (Host.Control \"ksm_run\" 1) 0)", ""},
          {"(if Host.mem_free (Host.Control \"ksm_run\" 1) (Host.Control \"ksm_run\" 1))",
           "1:2 W both branches of this if are the same"},
          {"(if Host.mem_free (Host.Control \"ksm_run\" 1) (Host.Control \"ksm_run\" 1.0))", ""},
          {"(if nil (nope) 0)",
           "1:5 W the condition is always false, so the first branch is never taken\n"
           "1:10 W unknown function nope"},
          {"(if Host 1 (nope))",
           "1:5 W the condition is always true, so the second branch is never taken\n"
           "1:13 W unknown function nope"},
          {"(if (and Host.mem_free nil) (nope) (Host.Control \"ksm_run\" 1))",
           "1:5 W the condition is always false, so the first branch is never taken\n"
           "1:30 W unknown function nope"},
          {"(if (not (or 0 nil)) (Host.Control \"ksm_run\" 1) (nope))",
           "1:5 W the condition is always true, so the second branch is never taken\n"
           "1:50 W unknown function nope"},
          {"(if (or Host.mem_free nil) (Host.Control \"ksm_run\" 1) 0)", ""},
          {"(if (< 1 2) 1 (nope))",
           "1:5 W the condition is the same in every run, so one branch is never taken\n"
           "1:16 W unknown function nope"},
          {"(def f () (if 0 (g) 1)) (def g () (nope)) (f)",
           "1:15 W the condition is always false, so the first branch is never taken\n"
           "1:30 W the function g is never called\n1:36 W unknown function nope"});
}

/* ---- several policies ---- */

static void
expect_set(const char *const *names_and_texts, const char *expect)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autofree char *found = NULL;

    for (gsize i = 0; names_and_texts[i]; i += 2)
        set(store, names_and_texts[i], names_and_texts[i + 1]);
    found = found_in_world(store, TRUE);
    expect_same(names_and_texts[1], found, expect);
}

#define SET(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
test_policies_are_checked_together_and_in_order(void **state)
{
    expect_set(SET("a", "(def f () x)", "b", "(defvar x 1)", "c", "(f)"), "");
    expect_set(SET("b", "(f)", "a", "(def f () 1)"), "");
    expect_set(SET("a", "\n(f)", "b", "(def f () 1)"),
               "a:2:2 E f is called before it is defined at b:1\n"
               "b:1:1 W this policy is never reached: the error at a:2 ends every run before it");
    expect_set(SET("a", "(defvar x 1)", "b", "# none\n (defvar x 2)"),
               "b:2:10 W x is defined already (a:1) and keeps that value; set changes it");
}

static void
test_policies_behind_a_certain_failure_are_told(void **state)
{
    expect_set(SET("a", "(nope)", "b", "1", "c", "# nothing"),
               "a:1:2 E unknown function nope\n"
               "b:1:1 W this policy is never reached: the error at a:1 ends every run before it");
    expect_set(SET("a", "(if Host.mem_free (nope) 0)", "b", "1"), "a:1:20 E unknown function nope");
    expect_set(SET("a", "(with Guests g (nope))", "b", "1"), "a:1:17 E unknown function nope");
}

static void
test_parameters_must_be_known_and_read(void **state)
{
    expect_set(SET("00-defines", "(defvar used 1) (defvar idle 1) (defvar True 1)", "01-parameters",
                   "(set used True)\n(set idle True)\n(set usde 0)", "02", "used"),
               "01-parameters:2:6 W the parameter idle is set, but no policy reads it\n"
               "01-parameters:3:6 E no policy before this one defines the parameter usde; did you "
               "mean used?\n"
               "02:1:1 W this policy is never reached: the error at 01-parameters:3 ends every run "
               "before it");
    expect_set(SET("00", "(defvar a 1)", "02", "(set a 2)"), "");
    /* What is there without a policy is no parameter; elsewhere the language allows it. */
    expect_set(SET("01-parameters", "(set Host 1)"),
               "01-parameters:1:6 E Host is no parameter, as no policy defines it");
    expect_set(SET("02", "(set Host 1)"), "");
}

/* ---- the whole ---- */

static void
test_the_stock_set_is_free_of_findings(void **state)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autofree char *path =
        g_build_filename(g_getenv("MOM_SOURCE_ROOT"), "contrib", "vdsm", "mom.d", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_autofree char *found = NULL;
    const char *file;
    gsize n;

    assert_non_null(dir);
    while ((file = g_dir_read_name(dir))) {
        g_autofree char *full = g_build_filename(path, file, NULL);
        g_autofree char *name = g_strndup(file, strcspn(file, "."));
        g_autofree char *text = NULL;

        assert_true(g_file_get_contents(full, &text, NULL, NULL));
        set(store, name, text);
    }
    g_free(mom_policy_store_names(store, &n));
    assert_true(n >= 6);
    found = found_in_world(store, TRUE);
    expect_same(path, found, "");
    set(store, "01-parameters",
        "(set balloonEnabled True)\n(set ksmEnabled False)\n(set ksmMergeAcrossNodes True)");
    g_clear_pointer(&found, g_free);
    found = found_in_world(store, TRUE);
    expect_same(path, found, "");
}

static void
test_what_the_world_does_not_tell_is_not_checked(void **state)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autofree char *found = NULL;

    set(store, "p",
        "(Host.Control \"x\" Host.y) (with Guests g (g.Stat \"z\")) (def f (a) a.b) (f Host)");
    found = found_in(store, NULL, FALSE);
    expect_same("p", found, "");
    set(store, "p", "(nope)");
    g_clear_pointer(&found, g_free);
    found = found_in(store, NULL, FALSE);
    expect_same("p", found, "1:2 E unknown function nope");
}

static void
test_an_empty_store_has_no_findings(void **state)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autofree char *found = found_in_world(store, FALSE);

    expect_same("", found, "");
    set(store, "p", "# only a comment");
    g_clear_pointer(&found, g_free);
    found = found_in_world(store, FALSE);
    expect_same("", found, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_functions_are_found_with_the_nearest_name),
        cmocka_unit_test(test_calls_before_the_definition_are_found),
        cmocka_unit_test(test_unknown_variables_are_found_with_the_nearest_name),
        cmocka_unit_test(test_order_counts_at_top_level),
        cmocka_unit_test(test_branches_define_only_perhaps),
        cmocka_unit_test(test_scopes_are_dynamic),
        cmocka_unit_test(test_arity_is_checked),
        cmocka_unit_test(test_shapes_are_checked),
        cmocka_unit_test(test_fields_are_checked),
        cmocka_unit_test(test_tunes_are_known),
        cmocka_unit_test(test_controls_are_checked),
        cmocka_unit_test(test_names_that_hide_others_are_told),
        cmocka_unit_test(test_set_needs_a_variable),
        cmocka_unit_test(test_definitions_without_effect_are_told),
        cmocka_unit_test(test_ifs_without_effect_are_told),
        cmocka_unit_test(test_policies_are_checked_together_and_in_order),
        cmocka_unit_test(test_policies_behind_a_certain_failure_are_told),
        cmocka_unit_test(test_parameters_must_be_known_and_read),
        cmocka_unit_test(test_the_stock_set_is_free_of_findings),
        cmocka_unit_test(test_what_the_world_does_not_tell_is_not_checked),
        cmocka_unit_test(test_an_empty_store_has_no_findings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
