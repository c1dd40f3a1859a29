/* Prints the metadata of many files, each as soon as it is read, on the library's threads.
 *
 *     cc -pthread -Iinclude examples/c/batch.c -Ltarget/release -lmetaextract -o batch
 *     LD_LIBRARY_PATH=target/release ./batch FILE...
 *
 * One thread names the files while another takes the documents: so it is the same for ten files and for millions.
 */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "metaextract.h"

struct list {
    mx_batch_t *batch;
    char **paths;
    int count;
};

static void *add_all(void *argument) {
    const struct list *list = (const struct list *)argument;
    for (int i = 0; i < list->count; i++)
        if (mx_batch_add(list->batch, list->paths[i], (uint64_t)i) != MX_OK) break; /* waits while enough work waits */
    mx_batch_end(list->batch);
    return NULL;
}

static int32_t to_stdout(void *user_data, const char *data, size_t len) {
    (void)user_data;
    return fwrite(data, 1, len, stdout) == len ? 0 : 1;
}

int main(int argc, char **argv) {
    mx_options_t *options = mx_options_new();
    struct list list = {NULL, argv + 1, argc - 1};
    mx_document_t *document = NULL;
    mx_error_t error = {0};
    uint64_t tag = 0;
    pthread_t adder;
    int failed = 0;

    mx_options_set_memory_limit(options, 64 * 1024 * 1024); /* for all files together */
    mx_status_t status = mx_batch_open(options, 0, &list.batch);
    mx_options_free(options);
    if (status != MX_OK || pthread_create(&adder, NULL, add_all, &list) != 0) {
        fprintf(stderr, "no batch: %s\n", mx_status_name(status));
        mx_batch_close(list.batch);
        return 1;
    }
    error.struct_size = sizeof error;
    while (mx_batch_next(list.batch, &tag, &document, &error) == MX_OK) { /* in the order in which they are finished */
        const char *path = list.paths[tag];
        if (error.status < 0) { /* this file's own: the others go on */
            fprintf(stderr, "%s: %s: %s\n", path, mx_status_name(error.status), error.message);
            failed = 1;
            continue;
        }
        if (error.status == MX_PARTIAL) fprintf(stderr, "%s: incomplete, see its warnings\n", path);
        mx_document_write(document, to_stdout, NULL);
        putchar('\n');
        mx_document_free(document);
    }
    pthread_join(adder, NULL);
    mx_batch_close(list.batch);
    return failed;
}
