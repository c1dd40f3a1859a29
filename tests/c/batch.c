/* Batches: every file's result comes once, failures are each file's own, nothing waits for ever.   batch FILE.dcm */
#define _XOPEN_SOURCE 700
#include <pthread.h>

#include "check.h"

enum { MANY = 2000 };

static const char *sample;
static mx_document_t *alone;

/* Takes all results of MANY samples, and checks each; returns how many came. */
static int take_all(mx_batch_t *b) {
    static unsigned char seen[MANY];
    mx_error_t error = {0};
    uint64_t tag = 0;
    mx_document_t *doc = NULL;
    mx_status_t status;
    int count = 0;
    memset(seen, 0, sizeof seen);
    error.struct_size = sizeof error;
    while ((status = mx_batch_next(b, &tag, &doc, &error)) == MX_OK) {
        CHECK(tag < MANY && !seen[tag]++);
        CHECK(error.status == MX_DONE && doc);
        CHECK(strcmp(mx_document_json(doc, NULL), mx_document_json(alone, NULL)) == 0);
        mx_document_free(doc);
        count++;
    }
    CHECK(status == MX_DONE);
    CHECK_STATUS(mx_batch_next(b, &tag, &doc, &error), MX_DONE);
    return count;
}

static void *add_many(void *batch) {
    mx_batch_t *b = (mx_batch_t *)batch;
    int *added = (int *)calloc(1, sizeof *added);
    while (*added < MANY && mx_batch_add(b, sample, (uint64_t)*added) == MX_OK) ++*added;
    return added;
}

static void on_one_thread(void) {
    mx_batch_t *b = NULL;
    CHECK_STATUS(mx_batch_open(NULL, 2, &b), MX_OK);
    for (uint64_t i = 0; i < MANY; i++) CHECK_STATUS(mx_batch_add(b, sample, i), MX_OK);
    CHECK_STATUS(mx_batch_end(b), MX_OK);
    CHECK_STATUS(mx_batch_add(b, sample, 0), MX_ERR_STATE);
    CHECK(take_all(b) == MANY);
    mx_batch_close(b);
}

static void *add_and_end(void *batch) {
    void *added = add_many(batch);
    CHECK_STATUS(mx_batch_end((mx_batch_t *)batch), MX_OK);
    return added;
}

static void on_two_threads(void) {
    mx_options_t *o = mx_options_new();
    mx_batch_t *b = NULL;
    pthread_t adder;
    void *added = NULL;
    CHECK_STATUS(mx_options_set_memory_limit(o, 1 << 20), MX_OK); /* for all of them */
    CHECK_STATUS(mx_batch_open(o, 3, &b), MX_OK);
    mx_options_free(o);
    CHECK(pthread_create(&adder, NULL, add_and_end, b) == 0);
    CHECK(take_all(b) == MANY);
    pthread_join(adder, &added);
    CHECK(*(int *)added == MANY);
    free(added);
    mx_batch_close(b);
}

static void failures_are_each_files_own(void) {
    const char *paths[] = {"/no/such/file", sample, "/", "", __FILE__};
    const int32_t expected[] = {MX_ERR_IO, MX_DONE, MX_ERR_IO, MX_ERR_IO, 0};
    mx_batch_t *b = NULL;
    mx_document_t *doc = NULL, *kept = NULL;
    mx_error_t error = {0};
    uint64_t tag = 0;
    int count = 0;
    error.struct_size = sizeof error;
    CHECK_STATUS(mx_batch_open(NULL, 0, &b), MX_OK);
    for (uint64_t i = 0; i < 5; i++) CHECK_STATUS(mx_batch_add(b, paths[i], i), MX_OK);
    CHECK_STATUS(mx_batch_end(b), MX_OK);
    while (mx_batch_next(b, &tag, &doc, &error) == MX_OK) {
        count++;
        CHECK(tag == 4 ? error.status < 0 : error.status == expected[tag]); /* this source is of no format, if it is there */
        CHECK((doc == NULL) == (error.status < 0));
        CHECK((error.message[0] == 0) == (error.status >= 0));
        if (doc) kept = doc;
    }
    CHECK(count == 5);
    mx_batch_close(b);
    CHECK(kept && strcmp(mx_document_json(kept, NULL), mx_document_json(alone, NULL)) == 0);
    mx_document_free(kept);
}

static void closed_early(void) {
    mx_batch_t *b = NULL;
    CHECK_STATUS(mx_batch_open(NULL, 2, &b), MX_OK);
    for (uint64_t i = 0; i < MANY; i++) CHECK_STATUS(mx_batch_add(b, sample, i), MX_OK); /* nobody takes */
    mx_batch_close(b);
    CHECK_STATUS(mx_batch_open(NULL, 2, &b), MX_OK);
    mx_batch_close(b);
}

/* Who takes has enough: it ends the batch, and the one who adds, waiting or not, hears of it. */
static void ended_by_the_taker(void) {
    mx_batch_t *b = NULL;
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    uint64_t tag = 0;
    pthread_t adder;
    void *added = NULL;
    error.struct_size = sizeof error;
    CHECK_STATUS(mx_batch_open(NULL, 2, &b), MX_OK);
    CHECK(pthread_create(&adder, NULL, add_many, b) == 0);
    CHECK_STATUS(mx_batch_next(b, &tag, &doc, &error), MX_OK);
    mx_document_free(doc);
    CHECK_STATUS(mx_batch_end(b), MX_OK);
    pthread_join(adder, &added);
    CHECK(*(int *)added > 0);
    free(added);
    mx_batch_close(b);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    sample = argv[1];
    CHECK_STATUS(mx_extract_file(sample, NULL, &alone, NULL), MX_DONE);
    on_one_thread();
    on_two_threads();
    failures_are_each_files_own();
    closed_early();
    ended_by_the_taker();
    mx_document_free(alone);
    if (failures == 0) puts("batch: as agreed");
    return failures != 0;
}
