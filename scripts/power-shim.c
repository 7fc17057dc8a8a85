/* A preloaded library that records what a program does to the files below POWER_FOLDER: an event a line in POWER_LOG, and
   the bytes of its writes, one behind the other, in POWER_LOG.data. See power-loss.

     create INODE PATH      open for writing, of a file that was not there
     write INODE OFFSET COUNT
     truncate INODE LENGTH
     rename FROM TO         unlink PATH        mkdir PATH
     sync INODE             of a file's bytes
     syncfolder PATH        of a folder's names                                                                        */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int log_file = -1, data_file = -1;
static char folder[4096];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("POWER_LOG"), *below = getenv("POWER_FOLDER");
  if (!path || !below || strlen(below) >= sizeof folder) return;
  strcpy(folder, below);
  char data[4200];
  snprintf(data, sizeof data, "%s.data", path);
  log_file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  data_file = (int)syscall(SYS_openat, AT_FDCWD, data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static int is_below(const char *path) {
  size_t length = strlen(folder);
  return log_file >= 0 && strncmp(path, folder, length) == 0 && (path[length] == '/' || !path[length]);
}

static void record(const char *format, ...) {
  char line[9000];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  syscall(SYS_write, log_file, line, (size_t)length);
}

/* The inode of a file of the folder that is open; 0 of others. */
static unsigned long inode(int file, char *path, int *is_folder) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, 4095);
  if (length <= 0) return 0;
  path[length] = 0;
  struct stat status;
  if (!is_below(path) || fstat(file, &status)) return 0;
  *is_folder = S_ISDIR(status.st_mode);
  return status.st_ino;
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }
#define REAL(result, name, ...)                                       \
  static result (*real)(__VA_ARGS__);                                 \
  if (!real) real = (result(*)(__VA_ARGS__))next(#name)

static int opened(int (*real)(const char *, int, ...), const char *path, int flags, int mode) {
  if ((flags & O_ACCMODE) == O_RDONLY || !is_below(path)) return real(path, flags, mode);
  pthread_mutex_lock(&lock);
  struct stat status;
  int existed = lstat(path, &status) == 0;
  int file = real(path, flags, mode);
  if (file >= 0 && fstat(file, &status) == 0) {
    if (!existed) record("create %lu %s\n", (unsigned long)status.st_ino, path);
    else if (flags & O_TRUNC) record("truncate %lu 0\n", (unsigned long)status.st_ino);
  }
  pthread_mutex_unlock(&lock);
  return file;
}

#define OPEN(name)                                                    \
  int name(const char *path, int flags, ...) {                        \
    REAL(int, name, const char *, int, ...);                          \
    va_list arguments;                                                \
    va_start(arguments, flags);                                       \
    int mode = flags & O_CREAT ? va_arg(arguments, int) : 0;          \
    va_end(arguments);                                                \
    return opened(real, path, flags, mode);                           \
  }
OPEN(open)
OPEN(open64)

static void wrote(int file, const void *bytes, ssize_t count, off_t offset) {
  char path[4096];
  int is_folder;
  unsigned long number = count > 0 ? inode(file, path, &is_folder) : 0;
  if (!number) return;
  record("write %lu %lld %lld\n", number, (long long)offset, (long long)count);
  syscall(SYS_write, data_file, bytes, (size_t)count);
}

ssize_t write(int file, const void *bytes, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t);
  if (log_file < 0) return real(file, bytes, count);
  pthread_mutex_lock(&lock);
  ssize_t done = real(file, bytes, count);
  if (done > 0) {
    off_t end = lseek(file, 0, SEEK_CUR);
    if (end >= done) wrote(file, bytes, done, end - done);
  }
  pthread_mutex_unlock(&lock);
  return done;
}

#define PWRITE(name)                                                             \
  ssize_t name(int file, const void *bytes, size_t count, off_t offset) {        \
    REAL(ssize_t, name, int, const void *, size_t, off_t);                       \
    if (log_file < 0) return real(file, bytes, count, offset);                   \
    pthread_mutex_lock(&lock);                                                   \
    ssize_t done = real(file, bytes, count, offset);                             \
    wrote(file, bytes, done, offset);                                            \
    pthread_mutex_unlock(&lock);                                                 \
    return done;                                                                 \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

#define FTRUNCATE(name)                                                          \
  int name(int file, off_t length) {                                             \
    REAL(int, name, int, off_t);                                                 \
    if (log_file < 0) return real(file, length);                                 \
    pthread_mutex_lock(&lock);                                                   \
    int result = real(file, length);                                             \
    char path[4096];                                                             \
    int is_folder;                                                               \
    unsigned long number = result == 0 ? inode(file, path, &is_folder) : 0;      \
    if (number) record("truncate %lu %lld\n", number, (long long)length);        \
    pthread_mutex_unlock(&lock);                                                 \
    return result;                                                               \
  }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

#define SYNC(name)                                                               \
  int name(int file) {                                                           \
    REAL(int, name, int);                                                        \
    if (log_file < 0) return real(file);                                         \
    pthread_mutex_lock(&lock);                                                   \
    int result = real(file);                                                     \
    char path[4096];                                                             \
    int is_folder;                                                               \
    unsigned long number = result == 0 ? inode(file, path, &is_folder) : 0;      \
    if (number && is_folder) record("syncfolder %s\n", path);                    \
    else if (number) record("sync %lu\n", number);                               \
    pthread_mutex_unlock(&lock);                                                 \
    return result;                                                               \
  }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  pthread_mutex_lock(&lock);
  int result = real(from, to);
  if (result == 0 && is_below(to)) record("rename %s\t%s\n", from, to);
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  pthread_mutex_lock(&lock);
  int result = real(path);
  if (result == 0 && is_below(path)) record("unlink %s\n", path);
  pthread_mutex_unlock(&lock);
  return result;
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  pthread_mutex_lock(&lock);
  int result = real(path, mode);
  if (result == 0 && is_below(path)) record("mkdir %s\n", path);
  pthread_mutex_unlock(&lock);
  return result;
}
