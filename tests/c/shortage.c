/* Memory that the system refuses: an error or a document that says so, never the end of the program.
 *   shortage FOLDER [FILE...]
 * Each file is read by children whose address space may grow by so much and no more. Without FILE: by files full of metadata
 * that are made in FOLDER.
 */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { MANY = 100000 };

static const char *folder;
static char path[4096];

static FILE *begin(const char *name) {
    snprintf(path, sizeof path, "%s/shortage-%d.%s", folder, (int)getpid(), name);
    FILE *file = fopen(path, "wb");
    if (!file) exit(2);
    return file;
}

static void be32(FILE *file, uint32_t number) {
    const uint8_t bytes[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    fwrite(bytes, 1, sizeof bytes, file);
}

/* Items of one sequence, each with one short text. */
static void make_dicom(void) {
    static const uint8_t head[] = "DICM\2\0\0\0UL\4\0\34\0\0\0\2\0\20\0UI\24\0001.2.840.10008.1.2.1\0\10\0\100\21SQ\0\0\377\377\377\377";
    FILE *file = begin("dcm");
    for (int i = 0; i < 128; i++) fputc(0, file);
    fwrite(head, 1, sizeof head - 1, file);
    for (unsigned i = 0; i < MANY; i++) {
        fwrite("\376\377\0\340\30\0\0\0\10\0\4\1LO\20\0", 1, 16, file);
        fprintf(file, "%016u", i);
    }
    fwrite("\376\377\335\340\0\0\0", 1, 8, file);
    fclose(file);
}

static void make_fits(void) {
    FILE *file = begin("fits");
    unsigned cards = 4;
    fprintf(file, "%-80s%-80s%-80s", "SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    0");
    for (unsigned i = 0; i < MANY; i++, cards++) fprintf(file, "K%07u= %20u / %-47s", i, i, "one of many");
    fprintf(file, "%-80s", "END");
    while (cards++ % 36 != 0) fprintf(file, "%-80s", "");
    fclose(file);
}

/* Classic: one dimension, many variables of it. */
static void make_netcdf(void) {
    FILE *file = begin("nc");
    fwrite("CDF\1", 1, 4, file);
    be32(file, 0); /* records */
    be32(file, 10), be32(file, 1), be32(file, 1), fwrite("x\0\0", 1, 4, file), be32(file, 1);
    be32(file, 0), be32(file, 0); /* no attributes */
    be32(file, 11), be32(file, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        be32(file, 8);
        fprintf(file, "v%07u", i);
        be32(file, 1), be32(file, 0);
        be32(file, 0), be32(file, 0);
        be32(file, 1), be32(file, 4), be32(file, 44 + 40 * MANY + 4 * i);
    }
    for (unsigned i = 0; i < MANY; i++) be32(file, i);
    fclose(file);
}

static size_t address_space(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%lu", &pages) != 1) exit(2);
    fclose(file);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int is_clean(mx_status_t status, const mx_document_t *doc) {
    return (status == MX_DONE || status == MX_PARTIAL) ? doc != NULL : status == MX_ERR_LIMIT && doc == NULL;
}

static int32_t count(void *user_data, const char *data, size_t len) {
    (void)data;
    *(size_t *)user_data += len;
    return 0;
}

/* One file, and all that can be asked of a document that takes memory. 0: clean; 1: not; 2: clean and complete. */
static int alone(const mx_options_t *o) {
    mx_document_t *doc = NULL;
    const char *text = NULL;
    size_t bytes = 0;
    mx_status_t status = mx_extract_file(path, o, &doc, NULL);
    if (!is_clean(status, doc)) return 1;
    if (!doc) return 0;
    mx_status_t got = mx_document_get_json(doc, "/headers", &text, NULL);
    if (got != MX_OK && got != MX_ERR_LIMIT) return 1;
    if (mx_document_write(doc, count, &bytes) != MX_OK || bytes == 0) return 1;
    const char *json = mx_document_json(doc, NULL);
    if (json && strlen(json) != bytes) return 1;
    mx_document_free(doc);
    return status == MX_DONE && json && got == MX_OK ? 2 : 0;
}

static int together(const mx_options_t *o) {
    enum { FILES = 4 };
    mx_batch_t *b = NULL;
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    uint64_t tag = 0;
    int added = 0, taken = 0, done = 0;
    error.struct_size = sizeof error;
    if (mx_batch_open(o, 2, &b) != MX_OK) return 1;
    for (; added < FILES; added++) {
        mx_status_t status = mx_batch_add(b, path, (uint64_t)added);
        if (status == MX_ERR_IO) break; /* no thread */
        if (status != MX_OK) return 1;
    }
    mx_batch_end(b);
    for (; mx_batch_next(b, &tag, &doc, &error) == MX_OK; taken++) {
        if (!is_clean(error.status, doc)) return 1;
        done += error.status == MX_DONE;
        mx_document_free(doc);
    }
    mx_batch_close(b);
    return taken != added ? 1 : done == FILES ? 2 : 0;
}

/* Runs it in a child with less and less refused, until it is complete. The last 2 MiB are not looked at: an extraction that
 * holds little does not ask the system what it has. */
static void in_children(const char *who, int (*run)(const mx_options_t *)) {
    int outcome = 0, tried = 0;
    for (size_t more = 2 << 20; outcome != 2 && more < (size_t)4 << 30; more += more / 8, tried++) {
        int ended = 0;
        pid_t child = fork();
        if (child == 0) {
            mx_options_t *o = mx_options_new();
            mx_options_set_memory_limit(o, UINT64_MAX);
            const struct rlimit core = {0, 0}, space = {address_space() + more, RLIM_INFINITY};
            alarm(60);
            if (setrlimit(RLIMIT_CORE, &core) != 0 || setrlimit(RLIMIT_AS, &space) != 0) _exit(3);
            _exit(run(o));
        }
        if (child < 0 || waitpid(child, &ended, 0) != child) exit(2);
        outcome = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
        if (outcome != 0 && outcome != 2) {
            failures++;
            fprintf(stderr, "%s, %s, %zu bytes more: exit %d, signal %d\n", path, who, more, outcome,
                    WIFSIGNALED(ended) ? WTERMSIG(ended) : 0);
        }
    }

    CHECK(outcome == 2 && tried > 3);
}

static void read_short_of_memory(void) {
    in_children("alone", alone);
    in_children("together", together);
}

int main(int argc, char **argv) {
    void (*const make[])(void) = {make_dicom, make_fits, make_netcdf};
    if (argc < 2) return 2;
    folder = argv[1];
    for (int i = 2; i < argc; i++) {
        snprintf(path, sizeof path, "%s", argv[i]);
        read_short_of_memory();
    }
    for (size_t i = 0; argc == 2 && i < sizeof make / sizeof *make; i++) {
        make[i]();
        read_short_of_memory();
        remove(path);
    }
    if (failures == 0) puts("shortage: as agreed");
    return failures != 0;
}
