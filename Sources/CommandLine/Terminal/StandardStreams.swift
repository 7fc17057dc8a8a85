import Foundation

/// The three descriptors that a process is started with.
enum StandardStreams {
  /// To be called before anything else: gives them a meaning whatever the process was started with.
  ///
  /// A descriptor that is closed would be the next file's, a checkpoint's for instance, which log lines would then be
  /// written into; `/dev/null` takes its place. A reader that goes away, as `tee` does at Ctrl-C, makes a write fail
  /// rather than end the process.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    // Nothing is read from the first and nothing can be written to the second, which reports that; the log is dropped.
    for (descriptor, mode) in [
      (STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY),
    ] where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      // The lowest that is free, since those below are open.
      _ = open("/dev/null", mode)
    }
  }
}
