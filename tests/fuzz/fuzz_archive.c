/* Fuzz target of zip archives: the bytes as a file, whose members are listed and read.
 */
#include "data/stream.h"
#include "fuzz_check.h"
#include "merit/data.h"

enum { LIMIT_BYTES = 1 << 18 };

// To its end, or to a message.
static void read_all(const char *path, const merit__member_wish *wish)
{
    static unsigned char bytes[5000];
    merit_error err = {.code = 0};
    merit__stream *stream = NULL;
    size_t n = 1;
    merit_status status =
        merit__stream_open_member(&stream, path, wish, LIMIT_BYTES, &err);
    check_answer(status, stream != NULL, &err);
    while (status == MERIT_OK && n > 0) {
        status = merit__stream_read_some(stream, bytes, sizeof bytes, &n, &err);
    }
    fail_if(status != MERIT_OK && (err.code != (int32_t)status || err.message[0] == 0),
            "no message");
    fail_if(stream != NULL && merit__stream_offset(stream) > LIMIT_BYTES,
            "more than the limit");
    merit__stream_close(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    static int fd = -1;
    char path[INPUT_PATH_BYTES];
    merit_archive *archive = NULL;
    merit_dataset *examples = NULL;
    open_input(path, &fd, data, n_bytes);
    read_all(path, &(merit__member_wish){.part = MERIT__PART_FEATURES});
    if (merit_archive_open(&archive, path, NULL) == MERIT_OK && archive != NULL) {
        for (int64_t i = 0; i < merit_archive_n(archive); i++) {
            fail_if(merit_archive_content(archive, i)[0] == '\0', "nothing to say");
            read_all(path,
                     &(merit__member_wish){.name = merit_archive_name(archive, i)});
        }
        merit_dataset_load(&examples, path,
                           &(merit_dataset_options){.max_bytes = LIMIT_BYTES}, NULL);
    }
    merit_dataset_free(examples);
    merit_archive_free(archive);
    return 0;
}
