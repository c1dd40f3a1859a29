/* What the C tests share: CHECK, and a file in memory. */
#ifndef CHECK_H
#define CHECK_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metaextract.h"

static int failures;

/* Says which condition failed, and goes on: one run names all that is wrong. */
#define CHECK(condition) \
    ((condition) ? (void)0 : (void)(failures++, fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition)))

/* As CHECK, and names the status that came instead. */
#define CHECK_STATUS(call, expected) check_status((call), (expected), #call, __LINE__)

static inline void check_status(int32_t status, int32_t expected, const char *call, int line) {
    if (status == expected) return;
    failures++;
    fprintf(stderr, "line %d: %s gave %s, not %s\n", line, call, mx_status_name(status), mx_status_name(expected));
}

static uint8_t *file_bytes; /* the sample */
static size_t file_size;

static inline void load(const char *path) {
    FILE *file = fopen(path, "rb");
    long size;
    if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) <= 0) {
        perror(path);
        exit(2);
    }
    rewind(file);
    file_size = (size_t)size;
    file_bytes = (uint8_t *)malloc(file_size);
    if (!file_bytes || fread(file_bytes, 1, file_size, file) != file_size) exit(2);
    fclose(file);
}

/* Answers what is wanted, up to an end before the file's own. */
static inline mx_status_t feed_wanted(mx_extractor_t *x, size_t end) {
    mx_status_t status = MX_OK;
    mx_range_t want;
    while (status == MX_OK && mx_wanted(x, &want, 1) > 0) {
        size_t from = want.offset < end ? (size_t)want.offset : end;
        size_t size = want.length < end - from ? (size_t)want.length : end - from;
        status = mx_feed_at(x, want.offset, file_bytes + from, size);
    }
    return status;
}

#endif
