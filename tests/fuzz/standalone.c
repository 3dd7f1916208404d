/* Runs a fuzz target over files and directories of files, each once: the committed corpus as a regression test, or one crashing input.
 *     build/tests/fuzz/fuzz_json tests/fuzz/corpus/json
 * Ends like the target does; prints how many inputs ran. Each input is a malloc'ed block of its exact size, so that a sanitizer sees
 * a read past its end. */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static size_t ran;

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    if (!file || fstat(fileno(file), &info) != 0) {
        perror(path);
        exit(2);
    }
    size_t size = (size_t)info.st_size;
    uint8_t *data = malloc(size ? size : 1);
    if (!data || fread(data, 1, size, file) != size) {
        perror(path);
        exit(2);
    }
    fclose(file);
    fprintf(stderr, "%s\n", path);   /* the last line tells which one it was */
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    ran++;
}

static void run_directory(const char *path)
{
    struct dirent **names;
    int count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char file[1024];
        snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.')
            run_file(file);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat info;
        if (stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode))
            run_directory(argv[i]);
        else
            run_file(argv[i]);
    }
    printf("%zu inputs\n", ran);
    return ran == 0;
}
