/* The unit of work: the first failure wins, fields of one problem add up, who the owner is. */
#include "check.h"

#include "base/work.h"

static const struct problem cart_empty = { "cart_empty", 409, "The cart has no lines" };
static const struct problem invalid = { "validation_failed", 422, "Wrong input" };

static int new_work(void **state)
{
    struct work *work = calloc(1, sizeof *work);
    work->arena = arena_new();
    *state = work;
    return 0;
}

static int free_work(void **state)
{
    struct work *work = *state;
    arena_free(work->arena);
    free(work);
    return 0;
}

static void the_first_failure_wins(void **state)
{
    struct work *work = *state;
    assert_false(work_failed(work));
    assert_null(work_fail(work, &cart_empty, "cart %d", 7));
    assert_null(work_fail(work, &invalid, "later"));
    work_fail_field(work, &invalid, SLICE("/a"), "type", "later");
    assert_true(work_failed(work));
    assert_ptr_equal(work->failure.problem, &cart_empty);
    assert_slice(work->failure.detail, "cart 7");
    assert_int_equal(work->failure.field_count, 0);
}

static void fields_add_up_to_their_maximum(void **state)
{
    struct work *work = *state;
    for (int i = 0; i < PROBLEM_FIELDS_MAX + 5; i++) {
        char pointer[16] = "/lines";   /* must be copied */
        work_fail_field(work, &invalid, slice_from_text(pointer), "range", "row %d", i);
        pointer[1] = 'x';
    }
    assert_int_equal(work->failure.field_count, PROBLEM_FIELDS_MAX);
    assert_slice(work->failure.fields[0].pointer, "/lines");
    assert_slice(work->failure.fields[3].detail, "row 3");
    assert_slice(work->failure.fields[3].code, "range");
}

static void a_failure_needs_no_detail(void **state)
{
    struct work *work = *state;
    work_fail(work, &cart_empty, NULL);
    assert_none(work->failure.detail);
}

static void only_customers_own(void **state)
{
    struct work *work = *state;
    work->identity = (struct identity){ .kind = IDENTITY_CUSTOMER, .subject = SLICE("c1") };
    assert_slice(work_owner(work), "c1");
    work->identity.kind = IDENTITY_STAFF;
    assert_none(work_owner(work));
    work->identity.kind = IDENTITY_SERVICE;
    assert_none(work_owner(work));
}

static void scopes_are_whole_words(void **state)
{
    (void)state;
    struct identity identity = { .scopes = SLICE("orders.read billing.write") };
    assert_true(identity_has_scope(&identity, "orders.read"));
    assert_true(identity_has_scope(&identity, "billing.write"));
    assert_false(identity_has_scope(&identity, "billing"));
    assert_false(identity_has_scope(&identity, "read"));
    assert_false(identity_has_scope(&identity, "orders.read billing.write"));
    identity.scopes = SLICE_NONE;
    assert_false(identity_has_scope(&identity, "orders.read"));
}

static void numbers_become_text(void **state)
{
    struct work *work = *state;
    assert_slice(work_int(work, INT64_MIN), "-9223372036854775808");
    assert_slice(work_int(work, 0), "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_failure_wins, new_work, free_work),
        cmocka_unit_test_setup_teardown(fields_add_up_to_their_maximum, new_work, free_work),
        cmocka_unit_test_setup_teardown(a_failure_needs_no_detail, new_work, free_work),
        cmocka_unit_test_setup_teardown(only_customers_own, new_work, free_work),
        cmocka_unit_test(scopes_are_whole_words),
        cmocka_unit_test_setup_teardown(numbers_become_text, new_work, free_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
