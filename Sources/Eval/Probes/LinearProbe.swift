import Foundation
import JEPATensor

/// How well classes can be told apart by a linear layer on frozen features.
///
/// Features are standardised by the training rows' statistics; the layer is multinomial logistic
/// regression. The strength of its regularisation is chosen on a stratified part held out of the
/// *training* rows: the largest held-out accuracy, then the smallest held-out loss. The layer is then
/// fitted again to all training rows. ``fit(_:using:)`` never sees validation rows.
public struct LinearProbe: Sendable {
  public enum Optimizer: Sendable, Equatable {
    /// Full batch, to the optimum; a strength is λ in mean cross-entropy + λ/2 ‖W‖². Ends where the
    /// objective is at most `tolerance` nats above its minimum, by a bound on it. Strengths are compared by
    /// fits to ten times that.
    case lbfgs(maximumIterations: Int = 1000, tolerance: Double = 1e-5)
    /// Mini-batches with a cosine learning rate; a strength is the decoupled weight decay.
    case adamW(epochs: Int = 30, batchSize: Int = 1024, learningRate: Double = 3e-3)
  }

  public var optimizer: Optimizer
  /// The strengths to choose from; biases are never regularised.
  public var strengths: [Double]
  /// The part of each class's training rows held out for the choice.
  public var heldOutFraction: Double
  /// The type of the matrix products: float32 or float64. Sums are in float64 either way.
  public var precision: DType

  public init(
    optimizer: Optimizer = .lbfgs(), strengths: [Double]? = nil, heldOutFraction: Double = 0.1,
    precision: DType = .float32
  ) {
    let defaults: [Double]
    switch optimizer {
    case .lbfgs: defaults = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]
    case .adamW: defaults = [1e-2, 1e-1, 1, 10]
    }
    self.optimizer = optimizer
    self.strengths = strengths ?? defaults
    self.heldOutFraction = heldOutFraction
    self.precision = precision
    require(
      !self.strengths.isEmpty && self.strengths.allSatisfy { $0 >= 0 },
      "LinearProbe: strengths \(self.strengths) are none, or negative")
    require(
      0 <= heldOutFraction && heldOutFraction < 1,
      "LinearProbe: heldOutFraction \(heldOutFraction) is not in 0 ..< 1")
    require(precision != .bfloat16, "LinearProbe: precision bfloat16; use float32 or float64")
  }

  /// What one strength gave on the held-out rows.
  public struct Trial: Sendable, Codable, Equatable {
    public let strength: Double
    /// Part of the held-out rows, 0 to 1.
    public let heldOutTop1: Double
    /// Mean cross-entropy, nats.
    public let heldOutLoss: Double
    /// Whether L-BFGS reached its tolerance; nil in older files.
    public let converged: Bool?
  }

  /// A fitted probe.
  public struct Fit: Sendable {
    public let classifier: LinearClassifier
    /// The strength chosen.
    public let strength: Double
    /// Every strength tried, from strong to weak; empty where there was nothing to choose.
    public let trials: [Trial]
    /// The objective at the end: mean cross-entropy over the training rows, nats, with L-BFGS's
    /// penalty.
    public let objective: Double
    /// The gradient's largest entry at the end; L-BFGS only.
    public let gradientNorm: Double?
    /// At most so many nats is the objective above its minimum; L-BFGS only.
    public let optimalityGap: Double?
    public let iterations: Int
    /// Whether L-BFGS reached its tolerance; always true of AdamW, which has none.
    public let converged: Bool
  }

  /// What ``evaluate(train:validation:using:)`` found.
  public struct Result: Sendable, Codable, Equatable {
    /// `lbfgs` or `adamw`.
    public let optimizer: String
    public let strength: Double
    public let trials: [Trial]
    public let trainCount: Int
    public let validationCount: Int
    /// Part of the training rows, 0 to 1, classified rightly.
    public let trainTop1: Double
    /// Part of the validation rows whose class has the largest logit.
    public let top1: Double
    /// Part of the validation rows whose class has one of the five largest.
    public let top5: Double
    public let iterations: Int
    public let converged: Bool
    /// At most so many nats is the objective above its minimum; nil of AdamW, and in older files.
    public let optimalityGap: Double?

    /// What a reader of the accuracies must know; nil where all fits reached their optimum.
    public var caveat: String? {
      if !converged {
        let gap = optimalityGap.map { String(format: "up to %.1g nats above the optimum", $0) }
        return
          "not converged: \(gap ?? "the optimum is not reached") after \(iterations) iterations"
      }
      let missed = trials.filter { $0.converged == false }.map { String(format: "%g", $0.strength) }
      return missed.isEmpty
        ? nil : "strength chosen without convergence at \(missed.joined(separator: ", "))"
    }
  }

  /// Fits to `train` and measures on `validation`.
  ///
  /// - Parameter random: picks the held-out rows and AdamW's batches.
  /// - Throws: ``EvaluationError`` if there are no rows, or numbers that are not finite.
  public func evaluate(
    train: LabeledFeatures, validation: LabeledFeatures, using random: RandomSource
  ) throws -> Result {
    require(
      train.dimensions == validation.dimensions,
      "LinearProbe: training features \(train.features.shape), validation "
        + "\(validation.features.shape)")
    try validation.check("validation features")
    let fit = try fit(train, using: random)
    let (top1, top5) = fit.classifier.accuracy(validation)
    let name =
      switch optimizer {
      case .lbfgs: "lbfgs"
      case .adamW: "adamw"
      }
    return Result(
      optimizer: name, strength: fit.strength, trials: fit.trials, trainCount: train.count,
      validationCount: validation.count, trainTop1: fit.classifier.accuracy(train).top1,
      top1: top1, top5: top5, iterations: fit.iterations, converged: fit.converged,
      optimalityGap: fit.optimalityGap)
  }

  /// The same with the labels of `fraction` of each class's training rows alone, at least one.
  ///
  /// Where classes are left with few rows, more than ``heldOutFraction`` of them is held out, so that
  /// there is at least one row a class to choose the strength by.
  public func evaluate(
    fraction: Double, train: LabeledFeatures, validation: LabeledFeatures,
    using random: RandomSource
  ) throws -> Result {
    var draws = random.split("labels")
    let labeled = train.rows(train.stratifiedSample(fraction, using: &draws))
    let counts = Dictionary(labeled.labels.map { ($0, 1) }, uniquingKeysWith: +)
    var probe = self
    if let fewest = counts.values.min(), fewest > 1 {
      probe.heldOutFraction = max(heldOutFraction, min(0.5, 1 / (Double(fewest) - 0.5)))
    }
    return try probe.evaluate(train: labeled, validation: validation, using: random)
  }

  /// Chooses the strength on a held-out part of `train`, then fits to all of it.
  ///
  /// - Throws: ``EvaluationError`` if there are no rows, or numbers that are not finite.
  public func fit(_ train: LabeledFeatures, using random: RandomSource) throws -> Fit {
    try train.check("training features")
    let falling = Array(Set(strengths)).sorted(by: >)
    var split = random.split("held out")
    let (fitRows, heldOutRows) = train.stratifiedSplit(heldOut: heldOutFraction, using: &split)
    if falling.count == 1 || heldOutRows.isEmpty {
      // Nothing to choose, or no class with rows to spare: the strongest.
      return try solve(train, [falling[0]], start: nil, random)[0].fit(trials: [])
    }
    let heldOut = train.rows(heldOutRows)
    let solutions = try solve(
      train.rows(fitRows), falling, start: nil, random, slack: Self.trialSlack)
    let trials = solutions.map { $0.trial(on: heldOut) }
    let best = trials.indices.reduce(0) { best, index in
      let (a, b) = (trials[best], trials[index])
      if b.heldOutTop1 != a.heldOutTop1 { return b.heldOutTop1 > a.heldOutTop1 ? index : best }
      return b.heldOutLoss < a.heldOutLoss ? index : best
    }
    let start = solutions[best].parameters
    return try solve(train, [falling[best]], start: start, random)[0].fit(trials: trials)
  }

  /// Strengths are compared by fits whose tolerance is so many times the last fit's.
  private static let trialSlack = 10.0

  /// One solution for each strength; L-BFGS takes each as the start of the next.
  private func solve(
    _ data: LabeledFeatures, _ strengths: [Double], start: [Double]?, _ random: RandomSource,
    slack: Double = 1
  ) throws -> [ProbeSolution] {
    let problem = ProbeProblem(data, precision: precision)
    switch optimizer {
    case .lbfgs(let maximumIterations, let tolerance):
      return try problem.minimize(
        LBFGS(maximumIterations: maximumIterations, tolerance: tolerance * slack),
        strengths: strengths, start: start)
    case .adamW(let epochs, let batchSize, let learningRate):
      return parallelMap(strengths.count) { index in
        problem.descend(
          epochs: epochs, batchSize: batchSize, learningRate: learningRate,
          weightDecay: strengths[index], using: random.split("batches"))
      }
    }
  }
}
