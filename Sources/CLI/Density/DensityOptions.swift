import JEPA
import JEPAEval

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
  static let trainingKeys = [
    "epochs", "batch_size", "learning_rate", "final_learning_rate", "warm_up_epochs",
    "weight_decay", "noise", "whitening", "patience", "gradient_clip", "averaging",
  ]

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
      let defaults = try HeadRegistry.tableTraining(assigned)
      return try assigned.reading {
        (
          try DensityFitSettings(reading: &$0, defaults: defaults),
          $0.has("whitening") ? try $0.boolean("whitening", default: false) : nil
        )
      }
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

extension DensityFitSettings {
  /// Every option of the training.
  init(reading options: inout HeadOptionReader, defaults: DensityFitSettings) throws {
    self = defaults
    epochs = try options.integer("epochs", default: epochs, atLeast: 1)
    batchSize = try options.integer("batch_size", default: batchSize, atLeast: 1)
    learningRate = try options.number("learning_rate", default: learningRate, above: 0)
    patience = try options.integer("patience", default: patience, atLeast: 0)
    func notNegative(_ key: String, _ path: WritableKeyPath<DensityFitSettings, Double>) throws {
      let value = try options.number(key, default: self[keyPath: path])
      guard value >= 0 else {
        throw ConfigurationError(
          key: "head.\(key)", message: "head.\(key) is \(value); it must be at least 0")
      }
      self[keyPath: path] = value
    }
    try notNegative("final_learning_rate", \.finalLearningRate)
    try notNegative("warm_up_epochs", \.warmUpEpochs)
    try notNegative("weight_decay", \.weightDecay)
    try notNegative("noise", \.noise)
    try notNegative("gradient_clip", \.gradientClip)
    try notNegative("averaging", \.averaging)
    guard averaging < 1 else {
      throw ConfigurationError(
        key: "head.averaging",
        message: "head.averaging is \(averaging); it must be at least 0 and below 1")
    }
  }
}
