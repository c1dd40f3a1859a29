/* A bug in the library ends the handle that met it, and nothing else.   panic FILE.dcm FOLDER
 * For a library that was built with the feature `fault`: it panics where a file asks for it (src/formats/injected.rs).
 */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <unistd.h>

#include "check.h"

static const uint8_t REQUEST[] = "metaextract: panic";
static const char *good;
static char bad[4096];
static mx_document_t *plain;

static int is_plain(const mx_document_t *doc) {
    return doc && strcmp(mx_document_json(doc, NULL), mx_document_json(plain, NULL)) == 0;
}

static void ends_its_extractor_only(void) {
    mx_extractor_t *x = NULL, *other = NULL;
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    mx_usage_t usage = {0};
    error.struct_size = sizeof error;
    usage.struct_size = sizeof usage;
    CHECK_STATUS(mx_open(NULL, &other), MX_OK);
    CHECK_STATUS(mx_set_length(other, file_size), MX_OK);
    CHECK_STATUS(mx_feed_at(other, 0, file_bytes, 300), MX_OK);

    CHECK_STATUS(mx_open(NULL, &x), MX_OK);
    CHECK_STATUS(mx_feed_chunk(x, REQUEST, sizeof REQUEST), MX_ERR_PANIC);
    CHECK_STATUS(mx_last_error(x, &error), MX_OK);
    CHECK(error.status == MX_ERR_PANIC && error.message[0] && !strstr(error.message, "on request"));
    CHECK_STATUS(mx_feed_chunk(x, file_bytes, file_size), MX_ERR_STATE);
    CHECK_STATUS(mx_feed_at(x, 0, file_bytes, file_size), MX_ERR_STATE);
    CHECK_STATUS(mx_read_file(x, good), MX_ERR_STATE);
    CHECK_STATUS(mx_finish(x, &doc), MX_ERR_STATE);
    CHECK(doc == NULL && mx_wanted(x, NULL, 0) == 0);
    CHECK_STATUS(mx_usage(x, &usage), MX_OK);
    mx_cancel(x);
    CHECK_STATUS(mx_last_error(x, &error), MX_OK);
    CHECK(error.status == MX_ERR_PANIC); /* why it has ended */

    CHECK_STATUS(feed_wanted(other, file_size), MX_DONE);
    mx_close(x);
    CHECK_STATUS(mx_finish(other, &doc), MX_DONE);
    CHECK(is_plain(doc));
    mx_document_free(doc);
    mx_close(other);
}

static void in_one_call(void) {
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    error.struct_size = sizeof error;
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(mx_extract_file(bad, NULL, &doc, &error), MX_ERR_PANIC);
        CHECK(doc == NULL && error.status == MX_ERR_PANIC);
        CHECK_STATUS(mx_extract_file(good, NULL, &doc, &error), MX_DONE);
        CHECK(error.status == MX_OK && is_plain(doc));
        mx_document_free(doc);
        doc = NULL;
    }
}

static void *on_its_own(void *unused) {
    in_one_call();
    return unused;
}

static void on_threads(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, on_its_own, NULL) == 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}

/* Every third file has a bug: the batch's threads live on, and the other files are read. */
static void in_a_batch(void) {
    enum { FILES = 300 };
    mx_batch_t *b = NULL;
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    uint64_t tag = 0;
    int count = 0;
    error.struct_size = sizeof error;
    CHECK_STATUS(mx_batch_open(NULL, 3, &b), MX_OK);
    for (uint64_t i = 0; i < FILES; i++) CHECK_STATUS(mx_batch_add(b, i % 3 == 0 ? bad : good, i), MX_OK);
    CHECK_STATUS(mx_batch_end(b), MX_OK);
    for (; mx_batch_next(b, &tag, &doc, &error) == MX_OK; count++) {
        if (tag % 3 == 0) {
            CHECK(error.status == MX_ERR_PANIC && doc == NULL);
        } else {
            CHECK(error.status == MX_DONE && is_plain(doc));
            mx_document_free(doc);
        }
    }
    CHECK(count == FILES);
    mx_batch_close(b);
}

int main(int argc, char **argv) {
    FILE *file;
    if (argc != 3) return 2;
    load(good = argv[1]);
    snprintf(bad, sizeof bad, "%s/panic-%d", argv[2], (int)getpid());
    if (!(file = fopen(bad, "wb")) || fwrite(REQUEST, 1, sizeof REQUEST, file) != sizeof REQUEST || fclose(file) != 0) return 2;
    CHECK_STATUS(mx_extract_file(good, NULL, &plain, NULL), MX_DONE);
    ends_its_extractor_only();
    in_one_call();
    on_threads();
    in_a_batch();
    remove(bad);
    mx_document_free(plain);
    free(file_bytes);
    if (failures == 0) puts("panic: as agreed");
    return failures != 0;
}
