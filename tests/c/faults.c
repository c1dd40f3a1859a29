/* Faults of the file system: reads that are short, interrupted or refused, files that change while they are read.
 *   faults FILE.dcm FOLDER
 * This program's own pread64() and read() stand before the C library's, and do what the plan says.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"
#include "large.h"

static const struct plan {
    size_t most;     /* bytes that one read gives; 0: all */
    int interrupts;  /* so many times EINTR before each read */
    int refused;     /* this read, counted from 1, fails with EIO */
    int changed;     /* before this read the file is changed */
    off_t length;    /* to this length */
} plain = {0, 0, 0, 0, 0};
static struct plan plan;
static int reads, interrupted;
static const char *path; /* of the file that is changed */

/* What stands before a read; 0: the read may be done, of as much as then stands in size. */
static int faulty(size_t *size) {
    if (__sync_fetch_and_add(&interrupted, 1) < plan.interrupts) return errno = EINTR;
    __sync_lock_test_and_set(&interrupted, 0);
    int read = __sync_add_and_fetch(&reads, 1);
    if (read == plan.refused) return errno = EIO;
    if (read == plan.changed && truncate(path, plan.length) != 0) exit(2);
    if (plan.most && *size > plan.most) *size = plan.most;
    return 0;
}

ssize_t pread64(int fd, void *to, size_t size, off64_t offset) {
    return faulty(&size) ? -1 : syscall(SYS_pread64, fd, to, size, offset);
}

ssize_t read(int fd, void *to, size_t size) {
    return faulty(&size) ? -1 : syscall(SYS_read, fd, to, size);
}

static void follow(struct plan next) {
    plan = next;
    reads = interrupted = 0;
}

/* Writes the file as it should be. */
static void restore(void) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(file_bytes, 1, file_size, file) != file_size || fclose(file) != 0) exit(2);
}

static char *copy(const mx_document_t *doc) {
    size_t len = 0;
    const char *json = doc ? mx_document_json(doc, &len) : NULL;
    char *text = json ? (char *)malloc(len + 1) : NULL;
    if (!text) exit(2);
    return (char *)memcpy(text, json, len + 1);
}

/* What a host gets that answers all wants, and knows the length, but has the bytes up to an end only. */
static mx_status_t as_far_as(size_t end, char **json) {
    mx_extractor_t *x = NULL;
    mx_document_t *doc = NULL;
    CHECK_STATUS(mx_open(NULL, &x), MX_OK);
    mx_status_t status = mx_set_length(x, file_size);
    if (status == MX_OK) status = feed_wanted(x, end);
    if (status >= MX_OK) status = mx_finish(x, &doc);
    *json = doc ? copy(doc) : NULL;
    mx_document_free(doc);
    mx_close(x);
    return status;
}

static void gives(const char *file, const char *json) {
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    error.struct_size = sizeof error;
    CHECK_STATUS(mx_extract_file(file, NULL, &doc, &error), MX_DONE);
    CHECK(doc && strcmp(mx_document_json(doc, NULL), json) == 0);
    mx_document_free(doc);
}

/* A pipe that has the small sample in it, and nobody who would write more. */
static int pipe_of(const char *file, char *name, size_t size) {
    static char bytes[32 << 10];
    int ends[2];
    FILE *from = fopen(file, "rb");
    size_t got = from ? fread(bytes, 1, sizeof bytes, from) : 0;
    if (!from || got == sizeof bytes || pipe(ends) != 0 || write(ends[1], bytes, got) != (ssize_t)got) exit(2);
    fclose(from);
    close(ends[1]);
    snprintf(name, size, "/dev/fd/%d", ends[0]);
    return ends[0];
}

/* Short and interrupted reads change nothing: from a large file, a small one, a pipe. */
static void delayed(const char *small, const char *json) {
    static const struct plan plans[] = {{7, 0, 0, 0, 0}, {1, 0, 0, 0, 0}, {0, 1, 0, 0, 0}, {1000, 3, 0, 0, 0}, {0, 1000, 0, 0, 0}};
    mx_document_t *doc = NULL;
    char name[32];
    follow(plain);
    CHECK_STATUS(mx_extract_file(small, NULL, &doc, NULL), MX_DONE);
    char *of_small = copy(doc), *of_pipe;
    mx_document_free(doc);
    int fd = pipe_of(small, name, sizeof name);
    CHECK_STATUS(mx_extract_file(name, NULL, &doc, NULL), MX_DONE);
    of_pipe = copy(doc);
    mx_document_free(doc);
    close(fd);
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        follow(plans[i]);
        gives(path, json);
        CHECK(reads > 1);
        follow(plans[i]);
        gives(small, of_small);
        follow(plain);
        fd = pipe_of(small, name, sizeof name);
        follow(plans[i]);
        gives(name, of_pipe);
        close(fd);
    }
    free(of_small);
    free(of_pipe);
}

/* Whichever read is refused: an error that says where, and the extractor goes on with bytes from elsewhere. */
static void refused(const char *json) {
    mx_document_t *doc = NULL;
    mx_error_t error = {0};
    error.struct_size = sizeof error;
    follow(plain);
    gives(path, json);
    int all = reads;
    CHECK(all > 1);
    for (int at = 1; at <= all; at++) {
        struct plan eio = {0, 0, at, 0, 0};
        mx_extractor_t *x = NULL;
        follow(eio);
        CHECK_STATUS(mx_extract_file(path, NULL, &doc, &error), MX_ERR_IO);
        CHECK(doc == NULL && error.status == MX_ERR_IO && error.message[0] && error.offset <= file_size);

        follow(eio);
        CHECK_STATUS(mx_open(NULL, &x), MX_OK);
        CHECK_STATUS(mx_read_file(x, path), MX_ERR_IO);
        mx_status_t status = mx_finish(x, &doc);
        CHECK(status == MX_PARTIAL || (status < MX_OK && doc == NULL));
        CHECK((status == MX_PARTIAL) == (at > 1)); /* what was read stands */
        mx_document_free(doc);
        doc = NULL;
        if (status == MX_PARTIAL) {
            CHECK_STATUS(feed_wanted(x, file_size), MX_DONE);
            CHECK_STATUS(mx_finish(x, &doc), MX_DONE);
            CHECK(doc && strcmp(mx_document_json(doc, NULL), json) == 0);
            mx_document_free(doc);
            doc = NULL;
        }
        mx_close(x);
    }
}

/* Whenever a file becomes shorter or longer: it is read as long as it was, or as far as it still reaches. */
static void changed(const char *json) {
    const size_t lengths[] = {0, 1, 200, file_size / 2, file_size - 1, file_size + 1, file_size + (1 << 20)};
    follow(plain);
    gives(path, json);
    int all = reads;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (int at = 1; at <= all; at++) {
            struct plan change = {0, 0, 0, at, (off_t)lengths[i]};
            mx_document_t *doc = NULL;
            restore();
            follow(change);
            mx_status_t status = mx_extract_file(path, NULL, &doc, NULL);
            CHECK((status >= MX_OK) == (doc != NULL));
            if (lengths[i] >= file_size) {
                CHECK_STATUS(status, MX_DONE);
                CHECK(doc && strcmp(mx_document_json(doc, NULL), json) == 0);
            } else if (at == 1) { /* before anything was read: as a host that has no more */
                char *cut = NULL;
                CHECK_STATUS(status, as_far_as(lengths[i], &cut));
                CHECK((doc == NULL) == (cut == NULL) && (!doc || strcmp(mx_document_json(doc, NULL), cut) == 0));
                free(cut);
            } else {
                CHECK(status == MX_PARTIAL || status == MX_DONE); /* done: nothing of what is gone was needed */
            }
            mx_document_free(doc);
        }
    }
    restore();
}

/* In a batch: the same documents, and the file whose read is refused fails alone. */
static void in_a_batch(const char *json) {
    enum { FILES = 40 };
    const struct plan slow = {0, 2, 0, 0, 0}, one_refused = {0, 0, FILES, 0, 0};
    for (int failing = 0; failing < 2; failing++) {
        mx_batch_t *b = NULL;
        mx_document_t *doc = NULL;
        mx_error_t error = {0};
        uint64_t tag = 0;
        int done = 0, failed = 0;
        error.struct_size = sizeof error;
        follow(failing ? one_refused : slow);
        CHECK_STATUS(mx_batch_open(NULL, 2, &b), MX_OK);
        for (uint64_t i = 0; i < FILES; i++) CHECK_STATUS(mx_batch_add(b, path, i), MX_OK);
        CHECK_STATUS(mx_batch_end(b), MX_OK);
        while (mx_batch_next(b, &tag, &doc, &error) == MX_OK) {
            if (error.status == MX_DONE) {
                done++;
                CHECK(strcmp(mx_document_json(doc, NULL), json) == 0);
                mx_document_free(doc);
            } else {
                failed++;
                CHECK(error.status == MX_ERR_IO && doc == NULL);
            }
        }
        CHECK(done + failed == FILES && failed == failing);
        mx_batch_close(b);
    }
}

int main(int argc, char **argv) {
    static char name[4096];
    mx_document_t *doc = NULL;
    if (argc != 3) return 2;
    snprintf(name, sizeof name, "%s/faults-%d.dcm", argv[2], (int)getpid());
    path = name;
    load(argv[1]);
    enlarge();
    restore();
    CHECK_STATUS(mx_extract_file(path, NULL, &doc, NULL), MX_DONE);
    char *json = copy(doc);
    mx_document_free(doc);
    delayed(argv[1], json);
    refused(json);
    changed(json);
    in_a_batch(json);
    remove(path);
    free(json);
    free(file_bytes);
    if (failures == 0) puts("faults: as agreed");
    return failures != 0;
}
