/* A disk that fails on command, under one PostgreSQL: loaded into it with LD_PRELOAD, switched by the first byte of the file CUOTAS_DISK_SWITCH
 * names, which every process of the server has mapped (made before the server starts):
 *
 *     0  all is well          1  full: what would write or grow a file is refused with ENOSPC          2  fsync and fdatasync fail with EIO
 *
 * Only regular files below CUOTAS_DISK_DIRECTORY are touched: logs, sockets and pipes work on. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WELL, FULL, FAILING };

static const volatile unsigned char *control;
static char directory[PATH_MAX];   /* a copy: PostgreSQL writes its title over the environment */

__attribute__((constructor)) static void disk_begin(void)
{
    const char *path = getenv("CUOTAS_DISK_SWITCH");
    const char *below = getenv("CUOTAS_DISK_DIRECTORY");
    int fd = path && below ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    snprintf(directory, sizeof directory, "%s/", below);
    void *page = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    control = page == MAP_FAILED ? NULL : page;
}

/* Whether the disk is in that state for this file; errno is set then. */
static bool fails(int fd, int state, int error)
{
    char link[32], path[PATH_MAX];
    if (!control || *control != state)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path);
    if (length < (ssize_t)strlen(directory) || strncmp(path, directory, strlen(directory)) != 0)
        return false;
    errno = error;
    return true;
}

#define NEXT(name) ((__typeof__(&name))next(&found_##name, #name))
#define FOUND(name) static void *found_##name

static void *next(void **found, const char *name)
{
    if (!*found)
        *found = dlsym(RTLD_NEXT, name);
    return *found;
}

FOUND(write), *found_pwrite, *found_pwritev, *found_writev, *found_fallocate, *found_posix_fallocate, *found_fsync, *found_fdatasync,
    *found_sync_file_range;

ssize_t write(int fd, const void *bytes, size_t size)
{
    return fails(fd, FULL, ENOSPC) ? -1 : NEXT(write)(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return fails(fd, FULL, ENOSPC) ? -1 : NEXT(pwrite)(fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset) __attribute__((alias("pwrite")));

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return fails(fd, FULL, ENOSPC) ? -1 : NEXT(writev)(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    return fails(fd, FULL, ENOSPC) ? -1 : NEXT(pwritev)(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) __attribute__((alias("pwritev")));

int fallocate(int fd, int mode, off_t offset, off_t size)
{
    return fails(fd, FULL, ENOSPC) ? -1 : NEXT(fallocate)(fd, mode, offset, size);
}

int fallocate64(int fd, int mode, off_t offset, off_t size) __attribute__((alias("fallocate")));

int posix_fallocate(int fd, off_t offset, off_t size)
{
    return fails(fd, FULL, ENOSPC) ? ENOSPC : NEXT(posix_fallocate)(fd, offset, size);
}

int posix_fallocate64(int fd, off_t offset, off_t size) __attribute__((alias("posix_fallocate")));

int fsync(int fd)
{
    return fails(fd, FAILING, EIO) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
    return fails(fd, FAILING, EIO) ? -1 : NEXT(fdatasync)(fd);
}

int sync_file_range(int fd, off_t offset, off_t size, unsigned flags)
{
    return fails(fd, FAILING, EIO) ? -1 : NEXT(sync_file_range)(fd, offset, size, flags);
}
