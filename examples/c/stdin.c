/* Reads the metadata of what comes in on a pipe, and stops reading as soon as it is complete.
 *
 *     cc -Iinclude examples/c/stdin.c -Ltarget/release -lmetaextract -o stdin
 *     curl -s https://example.org/image.dcm | LD_LIBRARY_PATH=target/release ./stdin
 */
#include <inttypes.h>
#include <stdio.h>

#include "metaextract.h"

/* Says what went wrong, and where. */
static void complain(const mx_extractor_t *x) {
    mx_error_t error = {0};
    error.struct_size = sizeof error;
    mx_last_error(x, &error);
    fprintf(stderr, "stdin: %s: %s", mx_status_name(error.status), error.message);
    if (error.offset != UINT64_MAX) fprintf(stderr, " (offset %" PRIu64 ")", error.offset);
    fputc('\n', stderr);
}

int main(void) {
    static uint8_t buffer[64 * 1024];
    mx_extractor_t *x = NULL;
    mx_document_t *document = NULL;
    const char *modality;
    size_t n;

    mx_status_t status = mx_open(NULL, &x);
    while (status == MX_OK && (n = fread(buffer, 1, sizeof buffer, stdin)) > 0)
        status = mx_feed_chunk(x, buffer, n);
    if (status == MX_OK && ferror(stdin)) perror("stdin"); /* the document will say that its end is missing */
    if (status >= MX_OK) status = mx_finish(x, &document);

    if (status < MX_OK) {
        complain(x);
        mx_close(x);
        return 1;
    }
    if (status == MX_PARTIAL) fputs("stdin: incomplete, see its warnings\n", stderr);
    puts(mx_document_json(document, NULL));
    if (mx_document_get_string(document, "/headers/dataset/00080060/Value/0", &modality, NULL) == MX_OK)
        printf("modality: %s\n", modality);

    mx_document_free(document);
    mx_close(x);
    return 0;
}
