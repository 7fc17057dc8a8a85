import JEPAHeads
import JEPATensor

/// The command-line tool `jepa`, with the heads that its configurations can name.
///
/// A package of your own makes a tool of its own in one file:
///
/// ```swift
/// import JEPACommandLine
/// import JEPAHeads
///
/// JEPATool.main(heads: .standard + [MyHead.self])
/// ```
public enum JEPATool {
  private static let chosen = Lock(HeadList.standard)

  /// The heads that this process's configurations can name.
  static var heads: HeadList { chosen.withLock { $0 } }

  /// Runs the command that the process's arguments name, and ends the process with its status.
  ///
  /// To be called once, from the main thread, before anything else.
  ///
  /// - Parameter heads: in the order in which help, `compare` and reports list them.
  public static func main(heads: HeadList = .standard) {
    chosen.withLock { $0 = heads }
    JEPACommand.main()
  }
}
