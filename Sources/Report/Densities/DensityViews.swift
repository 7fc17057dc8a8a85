import JEPATensor

/// What was computed from the checkpoints of a report's variants.
public struct DensityViews: Sendable {
  /// The answers of the variants that were asked the same questions.
  public struct Group: Sendable {
    public let questions: [HiddenQuestion]
    /// By variant: one answer a question.
    public internal(set) var answers: [(variant: String, answers: [DensityAnswer])]
  }

  /// The masks of variants that draw the same.
  public struct Masks: Sendable {
    public let examples: MaskExamples
    public internal(set) var variants: [String]
  }

  public private(set) var groups: [Group] = []
  public private(set) var masks: [Masks] = []
  /// What could not be made, and why.
  public private(set) var missing: [MissingPart] = []

  public init() {}

  public mutating func add(
    _ answers: [DensityAnswer], to questions: [HiddenQuestion], variant: String
  ) {
    require(
      answers.count == questions.count,
      "DensityViews.add: \(answers.count) answers to \(questions.count) questions")
    guard !questions.isEmpty else { return }
    if let index = groups.firstIndex(where: { $0.questions == questions }) {
      groups[index].answers.append((variant, answers))
    } else {
      groups.append(Group(questions: questions, answers: [(variant, answers)]))
    }
  }

  public mutating func add(_ examples: MaskExamples, variant: String) {
    if let index = masks.firstIndex(where: { $0.examples == examples }) {
      masks[index].variants.append(variant)
    } else {
      masks.append(Masks(examples: examples, variants: [variant]))
    }
  }

  public mutating func add(_ part: MissingPart) { missing.append(part) }
}
