/* Generated code, from a contract made for this (contract/sample.yaml): what reaches a handler from a good request, what a hostile
 * one is told, and the tables. Requests enter where dispatch hands them over: at the route's handle. */
#include "gen/problems.h"
#include "gen/sample/api.h"
#include "gen/sample/sql.h"
#include "gen/sample/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ID "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10"
#define LINE "{\"product_id\":\"" ID "\",\"quantity\":2}"
#define BASE "\"name\":\"lamp\",\"count\":5,\"on\":true"
#define LINES "\"lines\":[" LINE "]"
#define GOOD "{" BASE "," LINES "}"
#define REPEAT_8(text) text text text text text text text text

/* What the handlers were given; NULL when they were not called. */
static const void *given;

#define HANDLER(name)                                                                                                          \
    struct reply name(struct request *rq, const struct name##_in *in)                                                          \
    {                                                                                                                          \
        given = in;                                                                                                            \
        return reply_ok(rq, SLICE("{}"));                                                                                      \
    }
HANDLER(change_thing)
HANDLER(list_things)
HANDLER(note_thing)
HANDLER(take_raw)
HANDLER(take_form)
HANDLER(take_stream)
HANDLER(forget_things)

enum job_outcome job_tidy_up(struct work *w, const struct job *job)
{
    (void)w;
    (void)job;
    return JOB_DONE;
}

static const struct route *route_of(const char *operation)
{
    for (size_t i = 0; i < sample_route_count; i++)
        if (strcmp(sample_routes[i].operation, operation) == 0)
            return &sample_routes[i];
    fail_msg("no route %s", operation);
    return NULL;
}

struct call {
    const char *operation, *body, *query, *id, *shade, *version;
};

static struct request rq;
static struct http_head head;

static struct reply send(struct call call)
{
    arena_free(rq.work.arena);
    static char text[256];
    snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: here\r\n%s%s%s\r\n", call.version ? "X-Sample-Version: " : "",
             call.version ? call.version : "", call.version ? "\r\n" : "");
    size_t used;
    assert_int_equal(http_parse_request(slice_from_text(text), &head, &used, NULL), HTTP_PARSE_OK);
    rq = (struct request){ .work = { .arena = arena_new() }, .head = &head, .route = route_of(call.operation) };
    rq.query = slice_from_text(call.query ? call.query : "q=abc");
    rq.path_args[0] = slice_from_text(call.id ? call.id : ID);
    rq.path_args[1] = slice_from_text(call.shade ? call.shade : "dark");
    rq.body = slice_from_text(call.body);
    given = NULL;
    return rq.route->handle(&rq);
}

static int free_request(void **state)
{
    (void)state;
    arena_free(rq.work.arena);
    rq.work.arena = NULL;
    return 0;
}

/* The fields complained of, as "pointer code" pairs in a row. */
static const char *complaints(void)
{
    static char text[4096];
    size_t size = 0;
    text[0] = '\0';
    const struct failure *failure = &rq.work.failure;
    for (size_t i = 0; i < failure->field_count; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%.*s %.*s", i ? " " : "", SLICE_FMT(failure->fields[i].pointer),
                                 SLICE_FMT(failure->fields[i].code));
    return text;
}

static void assert_slice(struct slice got, const char *wanted)
{
    if (!wanted ? !slice_is_none(got) : !slice_equals_text(got, wanted))
        fail_msg("got \"%.*s\", wanted \"%s\"", SLICE_FMT(got), wanted ? wanted : "(none)");
}

static void test_everything_arrives(void **state)
{
    (void)state;
    struct reply reply = send((struct call){
        .operation = "change_thing", .query = "limit=7&q=a%20b&deep=false&sort=down", .version = "3",
        .body = "{\"name\":\"l\\u00e1mpara\",\"note\":\"two\\nlines\",\"kind\":\"big\",\"length\":365.25,\"count\":1000,\"weight\":-5,\"size\":0,\"on\":false,"
                "\"loud\":true,\"mail\":\"ana@example.com\",\"currency\":\"COP\",\"due\":\"2028-02-29\",\"at\":\"2026-11-22T10:00:00Z\","
                "\"rate\":\"-0.0199\",\"phone\":\"+573001234567\",\"language\":\"es-CO\",\"web\":\"https://example.com/a\","
                "\"price\":{\"amount\":-9007199254740991,\"currency\":\"USD\"},"
                "\"buyer\":{\"name\":\"Ana\",\"address\":{\"city\":\"Cali\",\"zip\":null},\"second\":{\"city\":\"Neiva\",\"zip\":\"41\"}},"
                "\"default\":\"\",\"lines\":[" LINE ",{\"product_id\":\"" ID "\",\"quantity\":99,\"marks\":[\"b\",\"a\"]}],"
                "\"tags\":[\"x\",\"yy\"],\"numbers\":[0,10],\"flags\":[true,false],\"meta\":{\"deep\":[1,{\"k\":null}]}}" });
    assert_int_equal(reply.status, 200);
    const struct change_thing_in *in = given;
    assert_slice(in->id, ID);
    assert_slice(in->shade, "dark");
    assert_true(in->has_limit && in->limit == 7);
    assert_slice(in->q, "a b");
    assert_true(in->has_deep && !in->deep);
    assert_slice(in->sort, "down");
    assert_true(in->has_x_sample_version && in->x_sample_version == 3);
    assert_slice(in->name, "l\xc3\xa1mpara");
    assert_slice(in->note, "two\nlines");
    assert_slice(in->kind, "big");
    assert_slice(in->length, "365.25");
    assert_true(in->has_count && in->count == 1000);
    assert_true(in->has_weight && in->weight == -5);
    assert_true(in->has_size && in->size == 0);
    assert_true(in->has_on && !in->on);
    assert_true(in->has_loud && in->loud);
    assert_slice(in->currency, "COP");
    assert_slice(in->rate, "-0.0199");
    assert_int_equal(in->price->amount, INT64_C(-9007199254740991));
    assert_slice(in->buyer->address->city, "Cali");
    assert_slice(in->buyer->address->zip, NULL);
    assert_slice(in->buyer->second->zip, "41");
    assert_slice(in->default_, "");
    assert_int_equal(in->lines_count, 2);
    assert_slice(in->lines[0].product_id, ID);
    assert_null(in->lines[0].marks);
    assert_int_equal(in->lines[1].quantity, 99);
    assert_int_equal(in->lines[1].marks_count, 2);
    assert_slice(in->lines[1].marks[0], "b");
    assert_int_equal(in->tags_count, 2);
    assert_slice(in->tags[1], "yy");
    assert_true(in->numbers_count == 2 && in->numbers[1] == 10);
    assert_true(in->flags_count == 2 && in->flags[0] && !in->flags[1]);
    assert_slice(in->meta, "{\"deep\":[1,{\"k\":null}]}");
}

static void test_absent_and_defaults(void **state)
{
    (void)state;
    assert_int_equal(send((struct call){ .operation = "change_thing",
                                         .body = "{" BASE "," LINES ",\"note\":null,\"loud\":null,\"tags\":[],\"buyer\":"
                                                 "{\"name\":\"A\",\"address\":{\"city\":\"B\"},\"second\":null}}" }).status, 200);
    const struct change_thing_in *in = given;
    assert_true(in->has_limit && in->limit == 20);
    assert_true(in->has_deep && in->deep);
    assert_slice(in->sort, "up");
    assert_false(in->has_x_sample_version);
    assert_slice(in->note, NULL);
    assert_slice(in->kind, "small");
    assert_false(in->has_weight);
    assert_true(in->has_size && in->size == 4);
    assert_false(in->has_loud);
    assert_slice(in->mail, NULL);
    assert_null(in->price);
    assert_null(in->buyer->second);
    assert_non_null(in->tags);
    assert_int_equal(in->tags_count, 0);
    assert_null(in->numbers);
    assert_slice(in->meta, NULL);
}

static void test_optional_body(void **state)
{
    (void)state;
    assert_int_equal(send((struct call){ .operation = "note_thing", .query = "", .body = "" }).status, 200);
    const struct note_thing_in *in = given;
    assert_slice(in->colour, "who? \"me\"");
    assert_true(in->has_count && in->count == -3);
    assert_int_equal(send((struct call){ .operation = "note_thing", .query = "", .body = "{\"colour\":\"red\"}" }).status, 200);
    in = given;
    assert_slice(in->colour, "red");
    assert_true(in->has_count && in->count == -3);
}

static void test_bodies_taken_as_they_are(void **state)
{
    (void)state;
    assert_int_equal(send((struct call){ .operation = "take_raw", .query = "", .body = " { \"a\" : [ 1 , 2 ] } " }).status, 200);
    assert_slice(((const struct take_raw_in *)given)->body, "{\"a\":[1,2]}");
    assert_int_equal(send((struct call){ .operation = "take_raw", .query = "", .body = "[1]" }).status, 422);
    assert_int_equal(send((struct call){ .operation = "take_raw", .query = "", .body = "{\"a\":{\"b\":1,\"b\":2}}" }).status, 422);
    assert_int_equal(send((struct call){ .operation = "take_form", .query = "", .body = "a=1&b" }).status, 200);
    assert_slice(((const struct take_form_in *)given)->body, "a=1&b");
}

/* Bodies of change_thing and what is complained of; NULL: malformed_json. */
static const struct {
    const char *body, *complaints;
} hostile[] = {
    /* not JSON */
    { "", NULL },
    { "{", NULL },
    { "{" BASE "," LINES "} x", NULL },
    { "{" BASE "," LINES ",}", NULL },
    { "\xef\xbb\xbf" GOOD, NULL },
    { "{" BASE "," LINES ",\"note\":\"\xff\"}", NULL },
    { "{" BASE "," LINES ",\"note\":\"a\nb\"}", NULL },
    { "{" BASE "," LINES ",\"note\":\"ad\\u0000min\"}", NULL },
    { "{" BASE "," LINES ",\"note\":\"\\ud800\"}", NULL },
    { "{" BASE "," LINES ",\"weight\":01}", NULL },
    { "{" BASE "," LINES ",\"weight\":1.}", NULL },
    { "{" BASE "," LINES ",\"weight\":NaN}", NULL },
    { "{" BASE "," LINES ",\"weight\":1e400}", NULL },
    { "{" BASE "," LINES ",\"weight\":9007199254740993}", NULL },
    { "{" BASE "," LINES ",\"meta\":" REPEAT_8("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":") "1" REPEAT_8("}}}}}") "}", NULL },
    /* a decimal may be a number, but one that can be written out */
    { "{" BASE "," LINES ",\"length\":1e-7}", "/length format" },
    { "{" BASE "," LINES ",\"length\":1234567.25}", "/length length" },
    { "{" BASE "," LINES ",\"length\":\"12,5\"}", "/length format" },
    { "{" BASE "," LINES ",\"length\":true}", "/length type" },
    /* another shape */
    { "[]", " type" },
    { "null", " type" },
    { "\"x\"", " type" },
    { "{}", "/name required /count required /on required /lines required" },
    { "{" BASE "," LINES ",\"x\":1}", "/x unknown_field" },
    { "{" BASE "," LINES ",\"Name\":\"a\"}", "/Name unknown_field" },
    { "{" BASE "," LINES ",\"a/b~c\":1}", "/a~1b~0c unknown_field" },
    { "{" BASE "," LINES ",\"\":1}", "/ unknown_field" },
    { "{" BASE "," LINES ",\"name\":\"b\"}", "/name duplicate" },
    { "{" BASE "," LINES ",\"n\\u0061me\":\"b\"}", "/name duplicate" },
    /* one member wrong */
    { "{\"name\":1,\"count\":5,\"on\":true," LINES "}", "/name type" },
    { "{\"name\":null,\"count\":5,\"on\":true," LINES "}", "/name type" },
    { "{\"name\":\"\",\"count\":5,\"on\":true," LINES "}", "/name length" },
    { "{\"name\":\"12345678901\",\"count\":5,\"on\":true," LINES "}", "/name length" },
    { "{\"name\":\"a\\tb\",\"count\":5,\"on\":true," LINES "}", "/name format" },
    { "{\"name\":\"lamp\",\"count\":\"5\",\"on\":true," LINES "}", "/count type" },
    { "{\"name\":\"lamp\",\"count\":1.5,\"on\":true," LINES "}", "/count type" },
    { "{\"name\":\"lamp\",\"count\":true,\"on\":true," LINES "}", "/count type" },
    { "{\"name\":\"lamp\",\"count\":0,\"on\":true," LINES "}", "/count range" },
    { "{\"name\":\"lamp\",\"count\":1001,\"on\":true," LINES "}", "/count range" },
    { "{\"name\":\"lamp\",\"count\":5,\"on\":1," LINES "}", "/on type" },
    { "{\"name\":\"lamp\",\"count\":5,\"on\":\"true\"," LINES "}", "/on type" },
    { "{" BASE "," LINES ",\"weight\":-6}", "/weight range" },
    { "{" BASE "," LINES ",\"kind\":\"BIG\"}", "/kind enum" },
    { "{" BASE "," LINES ",\"kind\":\"\"}", "/kind enum" },
    { "{" BASE "," LINES ",\"mail\":\"ana\"}", "/mail format" },
    { "{" BASE "," LINES ",\"mail\":\"a@b@c.d\"}", "/mail format" },
    { "{" BASE "," LINES ",\"currency\":\"ZZZ\"}", "/currency format" },
    { "{" BASE "," LINES ",\"currency\":\"cop\"}", "/currency format" },
    { "{" BASE "," LINES ",\"due\":\"2026-02-29\"}", "/due format" },
    { "{" BASE "," LINES ",\"due\":\"2026-11-22T00:00:00Z\"}", "/due format" },
    { "{" BASE "," LINES ",\"at\":\"2026-11-22\"}", "/at format" },
    { "{" BASE "," LINES ",\"rate\":\"1e3\"}", "/rate format" },
    { "{" BASE "," LINES ",\"rate\":0.1}", "/rate type" },
    { "{" BASE "," LINES ",\"phone\":\"300 123\"}", "/phone format" },
    { "{" BASE "," LINES ",\"language\":\"es_CO\"}", "/language format" },
    { "{" BASE "," LINES ",\"web\":\"example\"}", "/web format" },
    { "{" BASE "," LINES ",\"meta\":[]}", "/meta type" },
    { "{" BASE "," LINES ",\"meta\":{\"a\":1,\"a\":2}}", "/meta duplicate" },
    /* below */
    { "{" BASE "," LINES ",\"price\":{\"amount\":1}}", "/price/currency required" },
    { "{" BASE "," LINES ",\"price\":129900}", "/price type" },
    { "{" BASE "," LINES ",\"buyer\":{\"name\":\"A\",\"address\":{\"city\":\"\",\"x\":0}}}", "/buyer/address/x unknown_field /buyer/address/city length" },
    { "{" BASE "," LINES ",\"buyer\":{\"name\":\"A\",\"address\":null}}", "/buyer/address type" },
    { "{" BASE "," LINES ",\"buyer\":{\"name\":\"A\",\"address\":{\"city\":\"C\"},\"second\":{}}}", "/buyer/second/city required" },
    { "{" BASE ",\"lines\":[]}", "/lines length" },
    { "{" BASE ",\"lines\":[" LINE "," LINE "," LINE "," LINE "]}", "/lines length" },
    { "{" BASE ",\"lines\":{}}", "/lines type" },
    { "{" BASE ",\"lines\":[null]}", "/lines/0 type" },
    { "{" BASE ",\"lines\":[" LINE ",7]}", "/lines/1 type" },
    { "{" BASE ",\"lines\":[{\"product_id\":\"x\",\"quantity\":0}," LINE ",{\"product_id\":\"" ID "\",\"quantity\":100,\"marks\":[\"a\",\"c\"]}]}",
      "/lines/0/product_id format /lines/0/quantity range /lines/2/quantity range /lines/2/marks/1 enum" },
    { "{" BASE "," LINES ",\"tags\":[\"a\",null,\"\",\"12345\"]}", "/tags length" },
    { "{" BASE "," LINES ",\"tags\":[\"a\",null,\"12345\"]}", "/tags/1 type /tags/2 length" },
    { "{" BASE "," LINES ",\"numbers\":[0,\"1\",11]}", "/numbers/1 type /numbers/2 range" },
    { "{" BASE "," LINES ",\"flags\":[0]}", "/flags/0 type" },
};

static void test_hostile_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        struct reply reply = send((struct call){ .operation = "change_thing", .body = hostile[i].body });
        const char *wanted = hostile[i].complaints;
        const struct problem *problem = wanted ? &PROBLEM_validation_failed : &PROBLEM_malformed_json;
        if (given || rq.work.failure.problem != problem || reply.status != problem->status || (wanted && strcmp(complaints(), wanted) != 0))
            fail_msg("%s: %d %s, \"%s\" instead of \"%s\"", hostile[i].body, reply.status,
                     rq.work.failure.problem ? rq.work.failure.problem->code : "accepted", complaints(), wanted ? wanted : "malformed_json");
    }
    assert_int_equal(send((struct call){ .operation = "change_thing", .body = GOOD }).status, 200);
}

static const struct {
    struct call call;
    const char *complaints;
} parameters[] = {
    { { .query = "" }, "query:q required" },
    { { .query = "q=a" }, "query:q length" },
    { { .query = "q=abcdef" }, "query:q length" },
    { { .query = "q=%C3%A1%C3%A9" }, "" },
    { { .query = "q=abc&sort=%ff%fe" }, "query:sort format" },
    { { .query = "q=a%0Ab" }, "query:q format" },
    { { .query = "q=abc&limit=0" }, "query:limit range" },
    { { .query = "q=abc&limit=101" }, "query:limit range" },
    { { .query = "q=abc&limit=1e1" }, "query:limit type" },
    { { .query = "q=abc&limit=" }, "query:limit type" },
    { { .query = "q=abc&limit=99999999999999999999" }, "query:limit type" },
    { { .query = "q=abc&limit=1&limit=2" }, "query:limit duplicate" },
    { { .query = "q=abc&deep=yes" }, "query:deep type" },
    { { .query = "q=abc&sort=sideways" }, "query:sort enum" },
    { { .query = "q=abc&page=2" }, "query:page unknown_field" },
    { { .query = "q=abc&Limit=2" }, "query:Limit unknown_field" },
    { { .id = "7" }, "path:id format" },
    { { .id = "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e1%30" }, "" },
    { { .id = "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e1%zz" }, "path:id format" },
    { { .shade = "grey" }, "path:shade enum" },
    { { .version = "10" }, "header:X-Sample-Version range" },
    { { .version = "one" }, "header:X-Sample-Version type" },
    { { .id = "7", .query = "x=1", .version = "0", .body = "{}" },
      "path:id format query:x unknown_field query:q required header:X-Sample-Version range "
      "/name required /count required /on required /lines required" },
};

static void test_hostile_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        struct call call = parameters[i].call;
        call.operation = "change_thing";
        call.body = call.body ? call.body : GOOD;
        struct reply reply = send(call);
        bool good = !parameters[i].complaints[0];
        if (reply.status != (good ? 200 : 422) || good != (given != NULL) || strcmp(complaints(), parameters[i].complaints) != 0)
            fail_msg("row %zu: %d, \"%s\" instead of \"%s\"", i, reply.status, complaints(), parameters[i].complaints);
    }
    assert_int_equal(send((struct call){ .operation = "list_things", .query = "limit=1" }).status, 422);
    assert_string_equal(complaints(), "query:limit unknown_field");
}

static void test_complaints_have_a_maximum(void **state)
{
    (void)state;
    char body[2048] = "{" BASE "," LINES;
    for (size_t i = 0; i < 40; i++)
        snprintf(body + strlen(body), sizeof body - strlen(body), ",\"x%zu\":1", i);
    strcat(body, "}");
    assert_int_equal(send((struct call){ .operation = "change_thing", .body = body }).status, 422);
    assert_int_equal(rq.work.failure.field_count, PROBLEM_FIELDS_MAX);
}

static void test_problem_document_names_the_fields(void **state)
{
    (void)state;
    struct reply reply = send((struct call){ .operation = "change_thing", .id = "7", .body = GOOD });
    assert_string_equal(reply.content_type, "application/problem+json");
    cJSON *document = cJSON_ParseWithLength(reply.body.data, reply.body.size);
    const cJSON *field = cJSON_GetArrayItem(cJSON_GetObjectItem(document, "errors"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(document, "code")), "validation_failed");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(field, "pointer")), "path:id");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(field, "code")), "format");
    cJSON_Delete(document);
}

static void test_routes(void **state)
{
    (void)state;
    const struct route *route = route_of("change_thing");
    assert_int_equal(route->method, HTTP_POST);
    assert_string_equal(route->path, "/v1/things/{id}/{shade}");
    assert_string_equal(route->scopes[0], "customer");
    assert_string_equal(route->scopes[1], "crm.write");
    assert_null(route->scopes[2]);
    assert_int_equal(route->idempotency, IDEMPOTENCY_REQUIRED);
    assert_true(route->accepts_json && !route->streams_body);
    assert_int_equal(route->body_max, 4096);
    assert_int_equal(route->timeout_ms, 1500);
    route = route_of("list_things");
    assert_null(route->scopes);
    assert_int_equal(route->idempotency, IDEMPOTENCY_NONE);
    assert_int_equal(route->body_max, 0);
    assert_int_equal(route->timeout_ms, REQUEST_TIMEOUT_MS);
    assert_int_equal(route_of("note_thing")->idempotency, IDEMPOTENCY_OPTIONAL);
    assert_int_equal(route_of("note_thing")->body_max, HTTP_BODY_BYTES_MAX);
    assert_false(route_of("take_form")->accepts_json);
    assert_true(route_of("take_stream")->streams_body);
    assert_int_equal(route_of("take_stream")->body_max, HTTP_STREAMED_BYTES_MAX);
    assert_string_equal(route_of("forget_things")->scopes[0], "service");
}

static void test_tables(void **state)
{
    (void)state;
    const struct service service = { .name = "sample", SERVICE_TABLES };
    assert_int_equal(service.route_count, 7);
    assert_string_equal(service.peers[0], "orders");
    assert_null(service.peers[1]);
    assert_string_equal(service.rules[0].type, "order.placed");
    assert_ptr_equal(service.rules[0].statement, &sql_on_order_placed);
    assert_int_equal(service.rules[0].subject, 0);
    assert_int_equal(service.rules[0].event_id, 1);
    assert_int_equal(service.rules[0].data, 2);
    assert_int_equal(service.rules[0].customer_id, -1);
    assert_null(service.rules[1].producer);
    assert_string_equal(service.job_kinds[0].kind, "tidy_up");
    assert_int_equal(service.job_kinds[0].attempts_max, 3);
    assert_int_equal(service.job_kinds[0].timeout_s, 7);
    assert_ptr_equal(service.job_kinds[0].run, job_tidy_up);
    assert_null(service.job_kinds[1].kind);
    assert_string_equal(service.migrations[0].name, "0000_common");
    assert_string_equal(service.migrations[service.migration_count - 1].name, "0001_thing");
    assert_ptr_equal(service.statements[0], &sql_list_things);
}

static void test_statements(void **state)
{
    (void)state;
    assert_string_equal(sql_list_things.text, "/* sample.list_things */ SELECT 'insert into outbox' FROM thing "
                                              "WHERE $1::uuid IS NULL OR customer_id = $1::uuid");
    assert_int_equal(sql_list_things.pool, POOL_READ);
    assert_int_equal(sql_list_things.autofill.owner, 0);
    assert_false(sql_list_things.emits_events || sql_list_things.adds_jobs);
    assert_int_equal(sql_make_thing.pool, POOL_WRITE);
    assert_int_equal(sql_make_thing.parameter_count, 8);
    assert_true(sql_make_thing.emits_events && sql_make_thing.adds_jobs);
    assert_int_equal(sql_make_thing.autofill.idem_hash, 7);
    assert_non_null(strstr(sql_make_thing.text, "data ? 'k'"));
    struct sql_make_thing_args args = { .id = SLICE("1"), .name = SLICE("2") };
    const struct slice *list = (const struct slice *)&args;
    assert_int_equal(sizeof args / sizeof *list, sql_make_thing.parameter_count);
    assert_slice(list[0], "1");
    assert_slice(list[1], "2");
}

static void test_problems(void **state)
{
    (void)state;
    assert_ptr_equal(problem_find(SLICE("thing_gone")), &PROBLEM_thing_gone);
    assert_ptr_equal(problem_find(SLICE("not_found")), &PROBLEM_not_found);
    assert_int_equal(PROBLEM_thing_gone.status, 409);
    assert_string_equal(PROBLEM_thing_gone.title, "The thing is gone?");
    assert_null(problem_find(SLICE("thing_gon")));
    assert_null(problem_find(SLICE("thing_gone_")));
    assert_null(problem_find(SLICE("")));
    assert_null(problem_find(SLICE_NONE));
    assert_ptr_equal(problem_for_constraint(SLICE("thing_name_key")), &PROBLEM_conflict);
    assert_ptr_equal(problem_for_constraint(SLICE("thing_gone_check")), &PROBLEM_thing_gone);
    assert_null(problem_for_constraint(SLICE("thing_")));
    assert_null(problem_for_constraint(SLICE_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_everything_arrives, free_request),
        cmocka_unit_test_teardown(test_absent_and_defaults, free_request),
        cmocka_unit_test_teardown(test_optional_body, free_request),
        cmocka_unit_test_teardown(test_bodies_taken_as_they_are, free_request),
        cmocka_unit_test_teardown(test_hostile_bodies, free_request),
        cmocka_unit_test_teardown(test_hostile_parameters, free_request),
        cmocka_unit_test_teardown(test_complaints_have_a_maximum, free_request),
        cmocka_unit_test_teardown(test_problem_document_names_the_fields, free_request),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
