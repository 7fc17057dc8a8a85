import JEPA
import JEPAEval
import JEPAHeads

/// What `--set` says: options of the head and of its training in one list, on top of the head's
/// defaults for tables.
struct DensityOptions {
  let head: HeadConfiguration
  let training: DensityFitSettings
  /// Nil where it is to be chosen by validation rows.
  let noise: Double?
  /// Nil where it is to be chosen by validation rows.
  let whitening: Bool?

  /// The options of the training; all others are the head's.
  static let trainingKeys = TableTraining.fields.map(\.key)

  /// - Parameter assignments: `key=value`; the last of equal keys counts.
  /// - Throws: `CommandError` for a value that the training cannot have. The head's own options are
  ///   read where the head is made.
  init(head name: String, assignments: [String]) throws {
    var headOptions: [String: ConfigurationValue] = [:]
    var trainingOptions: [String: ConfigurationValue] = [:]
    for assignment in assignments {
      guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
        throw CommandError("--set \(assignment): give an option as key=value")
      }
      let key = String(assignment[..<equals])
      let value = ConfigurationValue(
        plainScalar: String(assignment[assignment.index(after: equals)...]))
      if Self.trainingKeys.contains(key) {
        trainingOptions[key] = value
      } else {
        headOptions[key] = value
      }
    }
    var configuration = HeadConfiguration(name: name, options: headOptions)
    configuration.otherKeys = Self.trainingKeys
    head = configuration
    let assigned = HeadConfiguration(name: name, options: trainingOptions)
    (training, whitening) = try Self.rewording {
      let defaults = TableTraining(try JEPATool.heads.type(of: assigned).tableTraining)
      let found = try TableTraining(reading: assigned, defaults: defaults)
      return (found.settings, found.whitening)
    }
    noise = trainingOptions["noise"] == nil ? nil : training.noise
  }

  /// Runs `body`, which reads the head's options, and words its refusals as this command's.
  func explaining<Result>(_ body: () throws -> Result) throws -> Result {
    try Self.rewording(body)
  }

  private static func rewording<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as ConfigurationError {
      let message = error.message
      throw CommandError(
        error.key == "head.name"
          ? message.replacing("head.name is", with: "--head")
            .replacing("; it must be", with: " is not")
          : "--set " + message.replacing("head.", with: ""))
    }
  }
}
