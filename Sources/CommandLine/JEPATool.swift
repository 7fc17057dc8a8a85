import JEPA
import JEPAEval
import JEPAHeads
import JEPATensor

/// The command-line tool `jepa`, with what its configurations and options can name.
///
/// A package of your own makes a tool of its own in one file:
///
/// ```swift
/// import JEPACommandLine
/// import JEPAHeads
///
/// JEPATool.main(heads: .standard + [MyHead.self])
/// ```
///
/// With more than heads:
///
/// ```swift
/// var parts = ToolParts(heads: .standard + [MyHead.self])
/// parts.datasets = [.myImages]
/// parts.probes = [CentroidProbe()]
/// JEPATool.main(parts)
/// ```
public enum JEPATool {
  private static let chosen = Lock(ToolParts())

  static var parts: ToolParts { chosen.withLock { $0 } }

  /// The heads that this process's configurations can name.
  static var heads: HeadList { parts.heads }

  /// Runs the command that the process's arguments name, and ends the process with its status.
  ///
  /// To be called once, from the main thread, before anything else.
  ///
  /// - Parameter heads: in the order in which help, `compare` and reports list them.
  public static func main(heads: HeadList = .standard) { main(ToolParts(heads: heads)) }

  /// As ``main(heads:)``, with more than heads.
  public static func main(_ parts: ToolParts) {
    chosen.withLock { $0 = parts }
    DatasetKind.withDatasets(parts.datasets) { JEPACommand.main() }
  }
}
