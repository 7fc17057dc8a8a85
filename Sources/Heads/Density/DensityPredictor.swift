import JEPATensor

/// A head: a conditional density over embeddings y ∈ R^D given context features c ∈ R^C.
///
/// A head reads its context once and *returns a distribution*; rows are tokens and independent of each
/// other. It knows nothing of images, masks or how targets were made.
public protocol DensityPredictor: Module {
  associatedtype Prediction: ConditionalDensity

  /// - Parameter context: [N, C].
  func callAsFunction(_ context: Tensor) -> Prediction
}

/// A distribution per row.
public protocol ConditionalDensity: Sendable {
  /// The quantity to minimize, per row and unreduced: [N].
  ///
  /// - Parameters:
  ///   - y: [N, D], without gradient.
  ///   - random: a stream for each row. What a row draws from its own does not depend on which rows stand beside
  ///     it, and so training does not depend on how a batch is cut into parts.
  func loss(of y: Tensor, using random: inout RandomRows) -> Tensor

  /// `count` draws per row: [S, N, D].
  func sample(_ count: Int, using random: inout RandomSource) -> Tensor

  /// The expectation per row: [N, D].
  func mean(using random: inout RandomSource) -> Tensor

  /// The draws a row that ``mean(using:)`` averages; nil where it is exact.
  var meanDraws: Int? { get }

  /// Whether the density is exact or estimated; nil where there is neither. An ``ExactDensity`` and an
  /// ``EstimatedDensity`` have it already.
  static var likelihoodKind: Likelihood.Kind? { get }

  /// log p(y | c) per row, exact or estimated; nil where there is neither. An ``ExactDensity`` and an
  /// ``EstimatedDensity`` have it already.
  ///
  /// - Parameters:
  ///   - y: [N, D].
  ///   - random: for estimates.
  func likelihood(of y: Tensor, using random: inout RandomSource) -> Likelihood?
}

extension ConditionalDensity {
  /// The loss of rows that have no streams of their own, which are made from `random`: [N].
  ///
  /// - Parameter y: [N, D], without gradient.
  public func loss(of y: Tensor, using random: inout RandomSource) -> Tensor {
    var rows = RandomRows(count: y.shape[0], from: RandomSource(seed: random.next()))
    return loss(of: y, using: &rows)
  }

  /// As ``lossPerRow(of:using:)``, of rows that have no streams of their own.
  public func lossPerRow(of y: Tensor, using random: inout RandomSource) -> Tensor {
    var rows = RandomRows(count: y.shape[0], from: RandomSource(seed: random.next()))
    return lossPerRow(of: y, using: &rows)
  }

  public var meanDraws: Int? { nil }

  /// ``loss(of:using:)``, checked to have one value a row: whoever sums losses and divides by the rows reads it here.
  /// A mean would be divided by them once more, and nobody would notice.
  ///
  /// - Parameter y: [N, D], without gradient.
  /// - Returns: [N].
  public func lossPerRow(of y: Tensor, using random: inout RandomRows) -> Tensor {
    let loss = loss(of: y, using: &random)
    require(
      loss.shape == [y.shape[0]],
      "\(Self.self).loss: \(loss.shape) for targets \(y.shape); return one value a row, [\(y.shape[0])]: "
        + "leave out mean(), and sum what there is per coordinate")
    return loss
  }
}

/// A distribution whose density can be computed, not just estimated.
public protocol ExactDensity: ConditionalDensity {
  /// log p(y | c) per row, in nats: [N].
  func logDensity(of y: Tensor) -> Tensor
}

/// A distribution whose density can only be estimated. Its estimates have a name of their own, so that
/// they never stand among exact densities by mistake.
public protocol EstimatedDensity: ConditionalDensity {
  /// An estimate of log p(y | c) per row, in nats: [N].
  func estimatedLogDensity(of y: Tensor, using random: inout RandomSource) -> Tensor

  /// The random vectors a row that an estimate is made of; nil where none decide it.
  var traceProbes: Int? { get }
}

extension EstimatedDensity {
  public var traceProbes: Int? { nil }
}

/// A distribution that is a mixture, and can tell how many of its components are in use.
public protocol ComponentDensity: ConditionalDensity {
  /// The perplexity of the mean mixture weights over the rows: from 1, where one component does all,
  /// to the number of components.
  var usedComponents: Double { get }
}

/// A local maximum of a density.
public struct Mode: Sendable {
  /// [D].
  public let location: Tensor
  /// The probability mass attributed to the mode.
  public let weight: Double
  /// log p at the location, in nats.
  public let logDensity: Double

  public init(location: Tensor, weight: Double, logDensity: Double) {
    self.location = location
    self.weight = weight
    self.logDensity = logDensity
  }
}

/// A distribution that can list its modes.
public protocol ModalDensity: ConditionalDensity {
  /// Per row, at most `limit` modes, the heaviest first.
  func modes(limit: Int) -> [[Mode]]
}
