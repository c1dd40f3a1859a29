/* Callbacks: re-entry, cancelling, records, other handles.   callbacks FILE.dcm */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <unistd.h>

#include "check.h"
#include "large.h"

static const char *path;

struct host {
    mx_extractor_t *x;
    int calls, cancel_at; /* 0: never */
    int by_mx_cancel;
    size_t bytes;
    uint64_t done;
};

/* Everything that a callback must not do is refused, and leaves no trace. */
static void intrude(mx_extractor_t *x) {
    mx_document_t *doc = NULL;
    mx_usage_t usage = {0};
    mx_range_t range;
    usage.struct_size = sizeof usage;
    CHECK_STATUS(mx_set_length(x, 1), MX_ERR_STATE);
    CHECK_STATUS(mx_feed_chunk(x, file_bytes, file_size), MX_ERR_STATE);
    CHECK_STATUS(mx_feed_at(x, 0, file_bytes, file_size), MX_ERR_STATE);
    CHECK_STATUS(mx_feed_at(x, 0, NULL, 0), MX_ERR_STATE);
    CHECK_STATUS(mx_read_file(x, path), MX_ERR_STATE);
    CHECK_STATUS(mx_finish(x, &doc), MX_ERR_STATE);
    CHECK(doc == NULL);
    CHECK(mx_wanted(x, &range, 1) == 0);
    CHECK_STATUS(mx_usage(x, &usage), MX_OK); /* at any time */
    mx_close(x);                              /* not now */
}

static int32_t answer(struct host *host) {
    host->calls++;
    if (host->x && host->calls <= 3) intrude(host->x);
    if (host->cancel_at == 0 || host->calls < host->cancel_at) return 0;
    if (!host->by_mx_cancel) return 1;
    mx_cancel(host->x);
    return 0;
}

static int32_t progress(void *user_data, uint64_t done, uint64_t total) {
    struct host *host = (struct host *)user_data;
    CHECK(done >= host->done); /* never back */
    CHECK(total == 0 || (total == file_size && done <= total));
    host->done = done;
    return answer(host);
}

static int32_t record(void *user_data, const char *line, size_t len) {
    struct host *host = (struct host *)user_data;
    static const char begin[] = "{\"pointer\":";
    CHECK(len > sizeof begin && memcmp(line, begin, sizeof begin - 1) == 0);
    CHECK(memchr(line, '\n', len - 1) == NULL); /* one line */
    host->bytes += len;
    return answer(host);
}

static mx_extractor_t *open_for(struct host *host, int records) {
    mx_options_t *o = mx_options_new();
    mx_extractor_t *x = NULL;
    if (records)
        CHECK_STATUS(mx_options_set_records(o, record, host), MX_OK);
    else
        CHECK_STATUS(mx_options_set_progress(o, progress, host), MX_OK);
    CHECK_STATUS(mx_open(o, &x), MX_OK);
    mx_options_free(o);
    if (!x) exit(1);
    return x;
}

/* In chunks, so that there are many calls to interrupt. */
static mx_status_t push(mx_extractor_t *x) {
    enum { CHUNK = 1000 };
    mx_status_t status = mx_set_length(x, file_size);
    for (size_t at = 0; at < file_size && status == MX_OK; at += CHUNK)
        status = mx_feed_chunk(x, file_bytes + at, file_size - at < CHUNK ? file_size - at : CHUNK);
    return status;
}

static mx_document_t *without_callbacks(void) {
    mx_document_t *doc = NULL;
    mx_extractor_t *x = NULL;
    CHECK_STATUS(mx_open(NULL, &x), MX_OK);
    CHECK_STATUS(push(x), MX_DONE);
    CHECK_STATUS(mx_finish(x, &doc), MX_DONE);
    mx_close(x);
    return doc;
}

static void reentry(int records) {
    struct host host = {0};
    mx_document_t *doc = NULL, *plain = without_callbacks();
    mx_error_t error = {0};
    error.struct_size = sizeof error;
    host.x = open_for(&host, records);
    CHECK_STATUS(push(host.x), MX_DONE);
    CHECK_STATUS(mx_finish(host.x, &doc), MX_DONE);
    CHECK(host.calls > 0);
    CHECK_STATUS(mx_last_error(host.x, &error), MX_OK);
    CHECK(error.status == MX_ERR_STATE); /* the intrusions were noticed */
    if (records)
        CHECK(strlen(mx_document_json(doc, NULL)) < strlen(mx_document_json(plain, NULL)) && host.bytes > 0);
    else
        CHECK(strcmp(mx_document_json(doc, NULL), mx_document_json(plain, NULL)) == 0);
    mx_document_free(doc);
    mx_document_free(plain);
    mx_close(host.x);
}

static void cancelled(int records, int by_mx_cancel) {
    struct host host = {0};
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    int calls;
    error.struct_size = sizeof error;
    host.cancel_at = 5;
    host.by_mx_cancel = by_mx_cancel;
    mx_extractor_t *x = open_for(&host, records);
    if (by_mx_cancel) host.x = x;
    CHECK_STATUS(push(x), MX_ERR_CANCELLED);
    calls = host.calls;
    CHECK_STATUS(mx_feed_chunk(x, file_bytes, 1), MX_ERR_CANCELLED);
    CHECK_STATUS(mx_feed_at(x, 0, file_bytes, 1), MX_ERR_CANCELLED);
    CHECK_STATUS(mx_last_error(x, &error), MX_OK);
    CHECK(error.status == MX_ERR_CANCELLED && error.message[0]);
    CHECK_STATUS(mx_finish(x, &doc), MX_PARTIAL); /* what stands */
    CHECK(by_mx_cancel || host.calls == calls);   /* a callback that cancels is left alone */
    mx_document_free(doc);
    mx_close(x);
}

static void in_one_call(void) {
    struct host host = {0};
    mx_options_t *o = mx_options_new();
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    error.struct_size = sizeof error;
    host.cancel_at = 1;
    CHECK_STATUS(mx_options_set_records(o, record, &host), MX_OK);
    mx_status_t status = mx_extract_file(path, o, &doc, &error);
    CHECK(status == MX_ERR_CANCELLED ? doc == NULL && error.status == status : status == MX_PARTIAL && doc != NULL);
    mx_document_free(doc);
    mx_options_free(o);
}

/* What another thread does while a callback runs: it may cancel and count, and is refused the rest. */
static void *meddle(void *argument) {
    mx_extractor_t *x = (mx_extractor_t *)argument;
    mx_document_t *doc = NULL;
    mx_usage_t usage = {0};
    usage.struct_size = sizeof usage;
    CHECK_STATUS(mx_feed_chunk(x, file_bytes, 1), MX_ERR_STATE);
    CHECK_STATUS(mx_finish(x, &doc), MX_ERR_STATE);
    CHECK(doc == NULL && mx_wanted(x, NULL, 0) == 0);
    CHECK_STATUS(mx_usage(x, &usage), MX_OK);
    mx_cancel(x);
    return NULL;
}

static int32_t count(void *user_data, const char *data, size_t len) {
    (void)data;
    *(size_t *)user_data += len;
    return 0;
}

struct other {
    mx_extractor_t *x, *own;
    mx_options_t *o;
    mx_document_t *doc;
    int calls;
};

/* A callback may use every handle but the one that called it: its own options, other extractors, documents, batches. */
static int32_t use_others(void *user_data, const char *line, size_t len) {
    struct other *other = (struct other *)user_data;
    mx_document_t *doc = NULL;
    mx_batch_t *b = NULL;
    mx_error_t error = {0};
    uint64_t tag = 0;
    size_t bytes = 0;
    pthread_t thread;
    (void)line, (void)len;
    error.struct_size = sizeof error;
    if (++other->calls > 3) return 0;
    CHECK_STATUS(mx_options_set_max_depth(other->o, 3), MX_OK);
    CHECK_STATUS(mx_feed_chunk(other->x, file_bytes + (other->calls - 1) * 100, 100), MX_OK);
    CHECK_STATUS(mx_extract_file(path, NULL, &doc, &error), MX_DONE);
    mx_document_free(doc);
    CHECK_STATUS(mx_document_write(other->doc, count, &bytes), MX_OK);
    CHECK(bytes > 0 && bytes == strlen(mx_document_json(other->doc, NULL)));
    CHECK_STATUS(mx_batch_open(NULL, 2, &b), MX_OK);
    CHECK_STATUS(mx_batch_add(b, path, 7), MX_OK);
    CHECK_STATUS(mx_batch_end(b), MX_OK);
    CHECK_STATUS(mx_batch_next(b, &tag, &doc, &error), MX_OK);
    CHECK(tag == 7 && error.status == MX_DONE);
    mx_document_free(doc);
    mx_batch_close(b);
    if (other->calls < 3) return 0;
    CHECK(pthread_create(&thread, NULL, meddle, other->own) == 0);
    pthread_join(thread, NULL);
    return 0;
}

static void other_handles(void) {
    struct other other = {NULL, NULL, mx_options_new(), without_callbacks(), 0};
    mx_document_t *doc = NULL;
    mx_status_t status = MX_OK;
    CHECK_STATUS(mx_open(NULL, &other.x), MX_OK);
    CHECK_STATUS(mx_options_set_records(other.o, use_others, &other), MX_OK);
    CHECK_STATUS(mx_open(other.o, &other.own), MX_OK);
    mx_extractor_t *x = other.own;
    CHECK_STATUS(push(x), MX_ERR_CANCELLED); /* by the other thread, in the third call */
    CHECK(other.calls >= 3);
    CHECK_STATUS(mx_finish(x, &doc), MX_PARTIAL);
    mx_document_free(doc);
    mx_close(x);
    for (size_t at = 300; at < file_size && status == MX_OK; at += 100)
        status = mx_feed_chunk(other.x, file_bytes + at, file_size - at < 100 ? file_size - at : 100);
    CHECK_STATUS(mx_finish(other.x, &doc), MX_DONE);
    CHECK(mx_document_format(doc) == MX_FORMAT_DICOM);
    mx_document_free(doc);
    mx_close(other.x);
    mx_document_free(other.doc);
    mx_options_free(other.o);
}

/* A document may be asked while it is written, by the function that takes the pieces. */
static int32_t ask(void *user_data, const char *data, size_t len) {
    const mx_document_t *doc = (const mx_document_t *)user_data;
    const char *text = NULL;
    size_t bytes = 0;
    (void)data, (void)len;
    CHECK_STATUS(mx_document_get_string(doc, "/headers/dataset/00080060/Value/0", &text, NULL), MX_OK);
    CHECK(mx_document_json(doc, NULL) != NULL);
    CHECK_STATUS(mx_document_write(doc, count, &bytes), MX_OK);
    return 0;
}

static void while_it_is_written(void) {
    mx_document_t *doc = without_callbacks();
    CHECK_STATUS(mx_document_write(doc, ask, doc), MX_OK);
    mx_document_free(doc);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    alarm(120); /* a deadlock is a failure */
    load(path = argv[1]);
    enlarge();
    for (int records = 0; records < 2; records++) {
        reentry(records);
        cancelled(records, 0);
        cancelled(records, 1);
    }
    in_one_call();
    other_handles();
    while_it_is_written();
    free(file_bytes);
    if (failures == 0) puts("callbacks: as agreed");
    return failures != 0;
}
