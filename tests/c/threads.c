/* Threads: many readers of const handles, one who cancels.   threads FILE.dcm */
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
    cancelled();
    free(file_bytes);
    if (failures == 0) puts("threads: as agreed");
    return failures != 0;
}
