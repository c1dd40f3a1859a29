/* Callbacks: re-entry, cancelling, records.   callbacks FILE.dcm */
#include "check.h"

static const char *path;

/* Makes the sample's pixel data larger, and lets an element follow: then there is progress to hear of. */
static void grow(void) {
    static const uint8_t trailing_padding[] = {0xFC, 0xFF, 0xFC, 0xFF, 'O', 'B', 0, 0, 2, 0, 0, 0, 0, 0};
    const uint32_t more = 2u << 20;
    size_t at = file_size - 12;
    while (at > 0 && memcmp(file_bytes + at, "\xE0\x7F\x10\x00OW\0\0", 8) != 0) at--;
    if (at == 0) exit(2);
    file_size = at + 12 + more + sizeof trailing_padding;
    file_bytes = (uint8_t *)realloc(file_bytes, file_size);
    if (!file_bytes) exit(2);
    for (int i = 0; i < 4; i++) file_bytes[at + 8 + (size_t)i] = (uint8_t)(more >> 8 * i);
    memset(file_bytes + at + 12, 0, more);
    memcpy(file_bytes + at + 12 + more, trailing_padding, sizeof trailing_padding);
}

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

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    load(path = argv[1]);
    grow();
    for (int records = 0; records < 2; records++) {
        reentry(records);
        cancelled(records, 0);
        cancelled(records, 1);
    }
    in_one_call();
    free(file_bytes);
    if (failures == 0) puts("callbacks: as agreed");
    return failures != 0;
}
