/* Threads: many readers of const handles, many handles at once, one who cancels and counts.   threads FILE.dcm */
#define _XOPEN_SOURCE 700
#include <pthread.h>

#include "check.h"

enum { READERS = 4, TIMES = 200 };

struct shared {
    const mx_document_t *doc;
    const mx_extractor_t *x;
    size_t wanted;
    const char *json;
    int wrong; /* of this reader */
};

static void *read_all(void *argument) {
    struct shared *s = (struct shared *)argument;
    mx_usage_t usage = {0};
    mx_error_t error = {0};
    usage.struct_size = sizeof usage;
    error.struct_size = sizeof error;
    for (int i = 0; i < TIMES; i++) {
        const char *text = NULL;
        s->wrong += mx_document_json(s->doc, NULL) != s->json;
        s->wrong += mx_document_get_string(s->doc, "/headers/dataset/00080060/Value/0", &text, NULL) != MX_OK;
        s->wrong += !text || strcmp(text, "CT") != 0;
        s->wrong += mx_wanted(s->x, NULL, 0) != s->wanted;
        s->wrong += mx_usage(s->x, &usage) != MX_OK;
        s->wrong += mx_last_error(s->x, &error) != MX_OK || error.status != MX_OK;
    }
    return NULL;
}

static void readers(const char *path) {
    pthread_t threads[READERS];
    struct shared shared[READERS];
    mx_document_t *doc = NULL;
    mx_extractor_t *x = NULL;
    CHECK_STATUS(mx_extract_file(path, NULL, &doc, NULL), MX_DONE);
    CHECK_STATUS(mx_open(NULL, &x), MX_OK);
    for (int i = 0; i < READERS; i++) {
        struct shared s = {doc, x, mx_wanted(x, NULL, 0), mx_document_json(doc, NULL), 0};
        shared[i] = s;
        CHECK(pthread_create(&threads[i], NULL, read_all, &shared[i]) == 0);
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(shared[i].wrong == 0);
    }
    mx_close(x);
    mx_document_free(doc);
}

struct host {
    const char *path, *json;
    const mx_options_t *o; /* everybody's */
    size_t chunk;
    int wrong;
};

static void judge(struct host *host, mx_status_t status, mx_document_t *doc) {
    host->wrong += status != MX_DONE || !doc || strcmp(mx_document_json(doc, NULL), host->json) != 0;
    mx_document_free(doc);
}

/* Extractors, documents and a batch of this thread's own, made with options that others use too. */
static void *extract(void *argument) {
    struct host *host = (struct host *)argument;
    for (int i = 0; i < 20; i++) {
        mx_document_t *doc = NULL, *of_batch = NULL;
        mx_extractor_t *x = NULL;
        mx_batch_t *b = NULL;
        mx_error_t error = {0};
        uint64_t tag = 0;
        mx_status_t status = MX_OK;
        error.struct_size = sizeof error;
        host->wrong += mx_open(host->o, &x) != MX_OK || mx_set_length(x, file_size) != MX_OK;
        for (size_t at = 0; at < file_size && status == MX_OK; at += host->chunk)
            status = mx_feed_chunk(x, file_bytes + at, file_size - at < host->chunk ? file_size - at : host->chunk);
        status = mx_finish(x, &doc);
        mx_close(x);
        judge(host, status, doc);
        doc = NULL;
        status = mx_extract_file(host->path, host->o, &doc, NULL);
        judge(host, status, doc);
        host->wrong += mx_batch_open(host->o, 2, &b) != MX_OK;
        for (tag = 0; tag < 3; tag++) host->wrong += mx_batch_add(b, host->path, tag) != MX_OK;
        host->wrong += mx_batch_end(b) != MX_OK;
        while (mx_batch_next(b, &tag, &of_batch, &error) == MX_OK) judge(host, error.status, of_batch);
        mx_batch_close(b);
    }
    return NULL;
}

static void many_handles(const char *path) {
    pthread_t threads[READERS];
    struct host hosts[READERS];
    mx_document_t *doc = NULL;
    mx_options_t *o = mx_options_new();
    CHECK_STATUS(mx_extract_file(path, o, &doc, NULL), MX_DONE);
    for (int i = 0; i < READERS; i++) {
        struct host host = {path, mx_document_json(doc, NULL), o, (size_t)1 << 3 * i, 0};
        hosts[i] = host;
        CHECK(pthread_create(&threads[i], NULL, extract, &hosts[i]) == 0);
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(hosts[i].wrong == 0);
    }
    mx_options_free(o);
    mx_document_free(doc);
}

/* Counts while the extraction runs, then ends it. */
static void *watch(void *argument) {
    const mx_extractor_t *x = (const mx_extractor_t *)argument;
    mx_usage_t usage = {0};
    usage.struct_size = sizeof usage;
    do {
        if (mx_usage(x, &usage) != MX_OK) return argument;
    } while (usage.bytes_fed < 1000);
    mx_cancel(x);
    return NULL;
}

/* Feeds over and over what is not known yet to be of no format, until the other thread cancels. */
static void watched(void) {
    static const uint8_t nothing[64] = {0};
    pthread_t thread;
    void *failed = NULL;
    mx_extractor_t *x = NULL;
    mx_status_t status = MX_OK;
    CHECK_STATUS(mx_open(NULL, &x), MX_OK);
    CHECK(pthread_create(&thread, NULL, watch, x) == 0);
    for (long i = 0; i < 200000 && status == MX_OK; i++) status = mx_feed_chunk(x, nothing, sizeof nothing);
    pthread_join(thread, &failed);
    CHECK(failed == NULL);
    if (status == MX_OK) status = mx_feed_chunk(x, nothing, sizeof nothing);
    CHECK_STATUS(status, MX_ERR_CANCELLED);
    mx_close(x);
}

static void *cancel(void *x) {
    mx_cancel((const mx_extractor_t *)x);
    return NULL;
}

static void cancelled(void) {
    pthread_t thread;
    mx_extractor_t *x = NULL;
    mx_status_t status = MX_OK;
    CHECK_STATUS(mx_open(NULL, &x), MX_OK);
    CHECK(pthread_create(&thread, NULL, cancel, x) == 0);
    for (size_t at = 0; at < 200 && status == MX_OK; at++) status = mx_feed_chunk(x, file_bytes + at, 1);
    CHECK(status == MX_OK || status == MX_ERR_CANCELLED);
    pthread_join(thread, NULL);
    CHECK_STATUS(mx_feed_chunk(x, file_bytes, 1), MX_ERR_CANCELLED);
    mx_close(x);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    load(argv[1]);
    readers(argv[1]);
    many_handles(argv[1]);
    for (int i = 0; i < 20; i++) {
        cancelled();
        watched();
    }
    free(file_bytes);
    if (failures == 0) puts("threads: as agreed");
    return failures != 0;
}
