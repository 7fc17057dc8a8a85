#include "CJEPAFatalSignals.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* Memory that was refused to a library or to Swift's runtime, which end the process by a signal then.
 *
 * Neither asks whoever called it. What they leave is the thread's errno, which is ENOMEM when the signal comes: the
 * process then ends with a line and status 1. All other crashes stay what they were.
 *
 * In C and set by a constructor, since the first lines of Swift in main() need memory already. A library must not take
 * a program's signals, so this is a part of the tool alone. */

static const int numbers[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP};
enum { COUNT = sizeof numbers / sizeof numbers[0] };
static struct sigaction earlier[COUNT];
static volatile sig_atomic_t is_set;

static const char line[] =
    "jepa: out of memory: the system refused memory to a library or to Swift's runtime; lower data.batch_size, "
    "meta.threads, data.num_workers or the model's size, or raise the limit; what a run has saved is intact\n";

static void handle(int number) {
  if (errno == ENOMEM) {
    ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
    (void)written;
    _exit(1);
  }
  /* As if we had not been there: it comes again as soon as this returns. */
  for (int i = 0; i < COUNT; i++)
    if (numbers[i] == number) sigaction(number, &earlier[i], NULL);
  raise(number);
}

__attribute__((constructor)) static void listen_for_fatal_signals(void) {
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < COUNT; i++) sigaction(numbers[i], &action, &earlier[i]);
  is_set = 1;
}

int jk_fatal_signals_are_handled(void) { return is_set; }
