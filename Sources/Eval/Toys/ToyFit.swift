import Foundation
import JEPAData
import JEPADensity
import JEPATensor

/// A head fitted to a toy, and held to the toy's truth: its likelihood to the conditional entropy, its
/// modes to the true modes.
public struct ToyFit<Toy: ConditionalToy, Head: DensityPredictor>: Sendable {
  public let toy: Toy
  /// The fitted head.
  public let head: Head
  /// The toy's conditional entropy, in nats: the least mean loss that any head can reach.
  public let entropy: Double
  /// Minus the mean log-density of held-out rows, in nats; nil where the head can neither compute nor
  /// estimate it.
  public let heldOutLoss: Double?
  /// The mean over the same rows of log p(y | c) of the truth minus that of the head, in nats. Its
  /// expectation is that of `heldOutLoss` − `entropy`, the mean Kullback-Leibler divergence, but the
  /// luck of the draw is the same on both sides and cancels.
  public let excessLoss: Double?
  /// Whether both losses are estimates (``EstimatedDensity``) and not exact.
  public let isEstimate: Bool
  /// Per example context of the toy, the modes found among the head's samples.
  public let modes: [[Mode]]
  /// How they agree with the true ones.
  public let agreement: ModeAgreement
  /// Of the fit alone.
  public let seconds: Double

  /// Fits `head` to draws from `toy`.
  ///
  /// - Parameters:
  ///   - trainingCount: Rows to fit to.
  ///   - testCount: Held-out rows, other than those.
  ///   - dtype: The head's element type.
  /// - Throws: ``DensityFitError`` where training diverges.
  public init(
    _ head: Head, to toy: Toy, trainingCount: Int = 20_000, testCount: Int = 20_000,
    settings: DensityFitSettings = .init(), finder: ModeFinder = .init(),
    dtype: DType = .float32, random: RandomSource
  ) throws {
    var (training, testing) = (random.split("training"), random.split("testing"))
    let rows = toy.sample(trainingCount, dtype: dtype, using: &training)
    let test = toy.sample(testCount, dtype: dtype, using: &testing)
    let start = ContinuousClock.now
    let fit = try DensityFit(
      head, targets: rows.targets, contexts: rows.contexts, settings: settings,
      random: random.split("fit"))
    seconds = (ContinuousClock.now - start) / .seconds(1)
    self.toy = toy
    self.head = fit.head
    entropy = toy.conditionalEntropy()
    let values = Self.logDensities(
      of: fit.head, test.targets, test.contexts, random: random.split("estimate"))
    isEstimate = values?.isEstimate ?? false
    heldOutLoss = values.map { -$0.values.mean().item() }
    let truth = toy.logDensity(of: test.targets, given: test.contexts)
    excessLoss = values.map { (truth - $0.values).mean().item() }
    var draws = random.split("modes")
    modes = finder.modes(of: fit.head(toy.exampleContexts.cast(to: dtype)), using: &draws)
    agreement = ModeAgreement(found: modes, truth: toy.modes(given: toy.exampleContexts))
  }

  private static func logDensities(
    of head: Head, _ targets: Tensor, _ contexts: Tensor, random: RandomSource
  ) -> (values: Tensor, isEstimate: Bool)? {
    let (chunk, count) = (2048, targets.shape[0])
    let parts = parallelMap((count + chunk - 1) / chunk) { index -> Likelihood? in
      let range = index * chunk..<min((index + 1) * chunk, count)
      let prediction = head(contexts.slice(axis: 0, range))
      let y = targets.slice(axis: 0, range)
      var draws = random.split(index)
      return prediction.likelihood(of: y, using: &draws)
    }.compactMap(\.self)
    guard let first = parts.first else { return nil }
    let values = Tensor.concatenated(
      parts.map { $0.logDensity.detached().cast(to: .float64) }, axis: 0)
    return (values, first.kind == .estimate)
  }

  /// A line of figures: "NLL 0.4071 (entropy 0.3910, excess 0.0161); 7 of 7 modes found, …".
  public var summary: String {
    let kind = isEstimate ? "estimated NLL" : "NLL"
    let loss =
      heldOutLoss.map { value in
        String(
          format: "%@ %.4f (entropy %.4f, excess %.4f nats)", kind, value, entropy, excessLoss ?? 0)
      } ?? String(format: "no likelihood (entropy %.4f nats)", entropy)
    return loss + "; \(agreement); " + String(format: "%.1f s", seconds)
  }

  /// Why the fit is not good enough; empty where it is.
  ///
  /// - Parameters:
  ///   - tolerance: The largest excess in nats: how far the held-out loss may be above what the truth
  ///     itself has on the same rows. (The entropy differs from that by the rows' chance.)
  ///   - countsModes: Whether missed and spurious modes are shortcomings. Not where the samples of the
  ///     truth itself would not show all modes.
  public func shortcomings(tolerance: Double = 0.05, countsModes: Bool = true) -> [String] {
    var result: [String] = []
    if let excessLoss, !(abs(excessLoss) < tolerance) {
      result.append(
        String(format: "NLL is %.4f nats from the truth's, allowed %.2f", excessLoss, tolerance))
    }
    if countsModes && !agreement.isExact { result.append("\(agreement)") }
    return result
  }

  /// True and learned density side by side, with the modes found.
  ///
  /// - Parameter label: Stands beside the rows that have no label of their own.
  public func picture(title: String, named name: String, label: String = "", random: RandomSource)
    -> DensityPicture
  {
    var draws = random.split("picture")
    var picture = DensityPicture(
      comparing: head, named: name, with: toy, title: title, subtitle: caption, modes: modes,
      using: &draws)
    for index in picture.rows.indices where picture.rows[index].label.isEmpty {
      picture.rows[index].label = label
    }
    return picture
  }

  /// `excessLoss` with three decimals, or "unknown".
  public var nats: String { excessLoss.map { String(format: "%.3f", $0) } ?? "unknown" }

  /// The figures in few words: "0.016 nats above the truth on the same rows, 7 of 7 modes".
  public var caption: String {
    let found = "\(agreement.foundCount) of \(agreement.trueCount) modes"
    if excessLoss == nil { return found }
    return "\(nats) nats above the truth on the same rows, "
      + found + (isEstimate ? " (likelihood estimated)" : "")
  }
}
