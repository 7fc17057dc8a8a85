/* A preloaded library that lets one call to the system fail: the FAULT_AT-th call of the kind FAULT_CALL since main()
   began, with the code FAULT_ERRNO; with FAULT_LASTING all from that one on. With FAULT_COUNTS=FILE it writes to FILE
   how many calls of each kind there were. See fault-test. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind {
  OPEN, READ, WRITE, LOG, PWRITE, FSYNC, RENAME, CLOSE, STAT, MKDIR, FLOCK, FTRUNCATE, UNLINK, READDIR, MMAP, MALLOC,
  THREAD, KINDS
};
static const char *const names[KINDS] = {
  "open", "read", "write", "log", "pwrite", "fsync", "rename", "close", "stat", "mkdir", "flock", "ftruncate", "unlink",
  "readdir", "mmap", "malloc", "pthread_create",
};

static atomic_long counts[KINDS];
static int armed, lasting, code, chosen = -1;
static long at;

/* Whether this call is to fail. Before main() none is, and none is counted: nobody could say a word. */
static int fails(enum kind kind) {
  if (!armed) return 0;
  long number = atomic_fetch_add_explicit(&counts[kind], 1, memory_order_relaxed) + 1;
  if ((int)kind != chosen) return 0;
  if (lasting ? number < at : number != at) return 0;
  errno = code;
  return 1;
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

#define REAL(result, name, ...)                                       \
  static result (*real)(__VA_ARGS__);                                 \
  if (!real) real = (result(*)(__VA_ARGS__))next(#name)

static void write_counts(void) {
  const char *path = getenv("FAULT_COUNTS");
  if (!path) return;
  armed = 0;
  FILE *file = fopen(path, "w");
  if (!file) return;
  for (int kind = 0; kind < KINDS; kind++) fprintf(file, "%s %ld\n", names[kind], atomic_load(&counts[kind]));
  fclose(file);
}

static int (*program)(int, char **, char **);

static int armed_program(int count, char **arguments, char **environment) {
  const char *call = getenv("FAULT_CALL");
  for (int kind = 0; call && kind < KINDS; kind++) {
    if (strcmp(call, names[kind]) == 0) chosen = kind;
  }
  if (getenv("FAULT_AT")) at = atol(getenv("FAULT_AT"));
  if (getenv("FAULT_ERRNO")) code = atoi(getenv("FAULT_ERRNO"));
  lasting = getenv("FAULT_LASTING") != NULL;
  atexit(write_counts);
  armed = 1;
  return program(count, arguments, environment);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end) {
  REAL(int, __libc_start_main, int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
       void (*)(void), void *);
  program = main;
  return real(armed_program, argc, argv, init, fini, rtld_fini, stack_end);
}

/* Memory: glibc's own names, since looking others up takes memory. */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) { return fails(MALLOC) ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return fails(MALLOC) ? NULL : __libc_calloc(count, size); }
void *realloc(void *block, size_t size) { return fails(MALLOC) ? NULL : __libc_realloc(block, size); }
void *aligned_alloc(size_t alignment, size_t size) { return fails(MALLOC) ? NULL : __libc_memalign(alignment, size); }
int posix_memalign(void **block, size_t alignment, size_t size) {
  if (fails(MALLOC)) return ENOMEM;
  void *result = __libc_memalign(alignment, size);
  if (!result) return ENOMEM;
  *block = result;
  return 0;
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  REAL(void *, mmap, void *, size_t, int, int, int, off_t);
  return fails(MMAP) ? MAP_FAILED : real(address, length, protection, flags, file, offset);
}
void *mmap64(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  return mmap(address, length, protection, flags, file, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  REAL(int, pthread_create, pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  return fails(THREAD) ? code : real(thread, attributes, start, argument);
}

/* Files. */

static int open_mode(int flags, va_list arguments) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, int) : 0;
}
int open(const char *path, int flags, ...) {
  REAL(int, open, const char *, int, ...);
  va_list arguments;
  va_start(arguments, flags);
  int mode = open_mode(flags, arguments);
  va_end(arguments);
  return fails(OPEN) ? -1 : real(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = open_mode(flags, arguments);
  va_end(arguments);
  return open(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  REAL(int, openat, int, const char *, int, ...);
  va_list arguments;
  va_start(arguments, flags);
  int mode = open_mode(flags, arguments);
  va_end(arguments);
  return fails(OPEN) ? -1 : real(folder, path, flags, mode);
}
ssize_t read(int file, void *bytes, size_t count) {
  REAL(ssize_t, read, int, void *, size_t);
  return fails(READ) ? -1 : real(file, bytes, count);
}
ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
  REAL(ssize_t, pread, int, void *, size_t, off_t);
  return fails(READ) ? -1 : real(file, bytes, count, offset);
}
ssize_t pread64(int file, void *bytes, size_t count, off_t offset) { return pread(file, bytes, count, offset); }
ssize_t write(int file, const void *bytes, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t);
  return fails(file == 2 ? LOG : WRITE) ? -1 : real(file, bytes, count);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
  return fails(PWRITE) ? -1 : real(file, bytes, count, offset);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off_t offset) {
  return pwrite(file, bytes, count, offset);
}
int fsync(int file) {
  REAL(int, fsync, int);
  return fails(FSYNC) ? -1 : real(file);
}
int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  return fails(RENAME) ? -1 : real(from, to);
}
int close(int file) {
  REAL(int, close, int);
  int failed = fails(CLOSE);
  int result = real(file);
  if (!failed) return result;
  errno = code;
  return -1;
}
int stat(const char *path, struct stat *result) {
  REAL(int, stat, const char *, struct stat *);
  return fails(STAT) ? -1 : real(path, result);
}
int lstat(const char *path, struct stat *result) {
  REAL(int, lstat, const char *, struct stat *);
  return fails(STAT) ? -1 : real(path, result);
}
int fstat(int file, struct stat *result) {
  REAL(int, fstat, int, struct stat *);
  return fails(STAT) ? -1 : real(file, result);
}
int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  return fails(MKDIR) ? -1 : real(path, mode);
}
int flock(int file, int operation) {
  REAL(int, flock, int, int);
  return fails(FLOCK) ? -1 : real(file, operation);
}
int ftruncate(int file, off_t length) {
  REAL(int, ftruncate, int, off_t);
  return fails(FTRUNCATE) ? -1 : real(file, length);
}
int unlink(const char *path) {
  REAL(int, unlink, const char *);
  return fails(UNLINK) ? -1 : real(path);
}
struct dirent *readdir(DIR *folder) {
  REAL(struct dirent *, readdir, DIR *);
  return fails(READDIR) ? NULL : real(folder);
}
