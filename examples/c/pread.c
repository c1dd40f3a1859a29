/* Reads a file's metadata with positioned reads: the library says which bytes it wants, the program fetches them.
 * Against an object store, put a range request in the place of pread().
 *
 *     cc -Iinclude examples/c/pread.c -Ltarget/release -lmetaextract -o pread
 *     LD_LIBRARY_PATH=target/release ./pread FILE
 */
#define _XOPEN_SOURCE 700
#define _FILE_OFFSET_BITS 64
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaextract.h"

static int32_t to_stdout(void *user_data, const char *data, size_t len) {
    (void)user_data;
    return fwrite(data, 1, len, stdout) == len ? 0 : 1;
}

/* Says what went wrong, and where. */
static void complain(const mx_extractor_t *x, const char *name) {
    mx_error_t error = {0};
    error.struct_size = sizeof error;
    mx_last_error(x, &error);
    fprintf(stderr, "%s: %s: %s", name, mx_status_name(error.status), error.message);
    if (error.offset != UINT64_MAX) fprintf(stderr, " (offset %" PRIu64 ")", error.offset);
    fputc('\n', stderr);
}

/* Answers what is wanted until nothing is. */
static mx_status_t feed(mx_extractor_t *x, int fd) {
    static uint8_t buffer[64 * 1024];
    mx_status_t status = MX_OK;
    mx_range_t want;
    while (status == MX_OK && mx_wanted(x, &want, 1) > 0) {
        size_t size = want.length < sizeof buffer ? (size_t)want.length : sizeof buffer;
        ssize_t n = pread(fd, buffer, size, (off_t)want.offset);
        if (n < 0) {
            perror("pread"); /* the document will lack what could not be read, and say so */
            break;
        }
        status = mx_feed_at(x, want.offset, buffer, (size_t)n); /* n == 0: the file ends here */
    }
    return status;
}

int main(int argc, char **argv) {
    struct stat file;
    mx_extractor_t *x = NULL;
    mx_document_t *document = NULL;
    const char *modality;

    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    int fd = open(argv[1], O_RDONLY);
    if (fd < 0 || fstat(fd, &file) != 0) {
        perror(argv[1]);
        return 1;
    }
    mx_status_t status = mx_open(NULL, &x);
    if (status == MX_OK) status = mx_set_length(x, (uint64_t)file.st_size);
    if (status == MX_OK) status = feed(x, fd);
    if (status >= MX_OK) status = mx_finish(x, &document);
    close(fd);

    if (status < MX_OK) {
        complain(x, argv[1]);
        mx_close(x);
        return 1;
    }
    if (status == MX_PARTIAL) fprintf(stderr, "%s: incomplete, see its warnings\n", argv[1]);
    mx_document_write(document, to_stdout, NULL);
    putchar('\n');
    if (mx_document_get_string(document, "/headers/dataset/00080060/Value/0", &modality, NULL) == MX_OK)
        printf("modality: %s\n", modality);

    mx_document_free(document);
    mx_close(x);
    return 0;
}
