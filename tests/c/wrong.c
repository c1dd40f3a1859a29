/* What no host may do, so that the checks can show that they see it.   wrong leak|freed|race FILE.dcm
 * Ends well where nobody looks; a sanitizer or valgrind must object.
 */
#define _XOPEN_SOURCE 700
#include <pthread.h>

#include "check.h"

static void *set(void *options) {
    for (uint64_t bytes = 1; bytes < 1000; bytes++) mx_options_set_merge_gap((mx_options_t *)options, bytes);
    return NULL;
}

int main(int argc, char **argv) {
    mx_document_t *doc = NULL;
    mx_options_t *o = mx_options_new();
    pthread_t one, two;
    if (argc != 3) return 2;
    CHECK_STATUS(mx_extract_file(argv[2], NULL, &doc, NULL), MX_DONE);
    const char *json = mx_document_json(doc, NULL);
    for (int i = 0; i < 10 && strcmp(argv[1], "leak") == 0; i++) (void)mx_options_new();
    mx_document_free(doc);
    if (strcmp(argv[1], "freed") == 0) printf("%c\n", json[1]);
    if (strcmp(argv[1], "race") == 0) {
        CHECK(pthread_create(&one, NULL, set, o) == 0 && pthread_create(&two, NULL, set, o) == 0);
        pthread_join(one, NULL);
        pthread_join(two, NULL);
    }
    mx_options_free(o);
    return failures != 0;
}
