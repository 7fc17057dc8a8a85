import JEPADensity
import JEPATensor
import Testing

/// What must hold for a head, whatever it is. One test per law and head:
///
/// ```swift
/// @Test(arguments: HeadLaw.forExactDensities)
/// func laws(_ law: HeadLaw) throws {
///   try HeadUnderTest("mixture") { context, target, dtype, random in
///     MixtureHead(
///       contextDimensions: context, targetDimensions: target, options: options, dtype: dtype,
///       using: &random)
///   }.expect(law)
/// }
/// ```
public enum HeadLaw: String, CaseIterable, Sendable {
  /// Shapes and types of losses, samples and means, zero rows, draws and context features included.
  case shapes
  /// Every tensor is walked, and a gradient other than zero reaches every trained one.
  case gradientsReachEveryParameter
  /// Gradients of the loss, in parameters and context, agree with finite differences.
  case gradientsAreDerivatives
  /// A row's loss and density depend on nothing in other rows.
  case rowsAreIndependent
  /// Losses and their gradients are finite 100 deviations away, for constant targets and no rows, and
  /// stay so while training on constant targets.
  case robust
  /// float32 and float64 agree.
  case precisionsAgree
  /// Writing to safetensors and reading into another head gives the same bits.
  case survivesSaving
  /// The same seed gives the same draws, at any number of threads.
  case drawsAreReproducible
  /// The mean is the samples' mean.
  case meanOfSamples
  /// Mixed precision changes losses little, and gives them in float32.
  case bfloat16
  /// The density integrates to 1 over one coordinate.
  case integratesToOne
  /// The density integrates to 1 over two coordinates.
  case integratesToOneInTwoDimensions
  /// Quantiles of the draws are those of the density, in one dimension.
  case samplesFollowTheDensity
  /// Moments and marginal quantiles of the draws are those of the density, in two dimensions.
  case samplesFollowTheDensityInTwoDimensions

  /// The laws of every head.
  public static let forAll: [HeadLaw] = [
    .shapes, .gradientsReachEveryParameter, .gradientsAreDerivatives, .rowsAreIndependent, .robust,
    .precisionsAgree, .survivesSaving, .drawsAreReproducible, .meanOfSamples, .bfloat16,
  ]
  /// The laws of a head whose predictions conform to `ExactDensity`.
  public static let forExactDensities = allCases
}

/// A head on trial, with what its nature asks to be allowed.
///
/// It is tried with weights moved away from their initial values, which are often zeros.
public struct HeadUnderTest<Head: DensityPredictor>: Sendable {
  public typealias Make =
    @Sendable (
      _ contextDimensions: Int, _ targetDimensions: Int, _ dtype: DType,
      _ random: inout RandomSource
    ) -> Head

  let label: String
  /// The standard deviation of what is added to every trained value.
  public var perturbation = 0.15
  /// Draws behind the head's mean; nil where it has a closed form.
  public var meanDraws: Int?
  /// How far the integral of a density may be from 1.
  public var integrationTolerance = 1e-3
  /// The largest relative error of a derivative; larger where the density has kinks.
  public var gradientTolerance = 1e-5
  /// How far float32's log-density may be from float64's, relative to 1 + its magnitude.
  public var precisionTolerance = 1e-4
  /// How far bfloat16's mean loss may be from float32's, relative to 1 + its magnitude.
  public var bfloat16Tolerance = 0.05
  /// Trained tensors that a loss may leave untouched, such as those of a part not used.
  public var unreached: Set<String> = []
  let make: Make

  public init(_ label: String, make: @escaping Make) {
    self.label = label
    self.make = make
  }

  /// Expects the law to hold.
  public func expect(_ law: HeadLaw) throws {
    switch law {
    case .shapes: expectShapes()
    case .gradientsReachEveryParameter: expectGradientsReachEveryParameter()
    case .gradientsAreDerivatives: expectGradientsAreDerivatives()
    case .rowsAreIndependent: expectRowsAreIndependent()
    case .robust: expectRobustLosses()
    case .precisionsAgree: expectPrecisionsAgree()
    case .survivesSaving: try expectSurvivesSaving()
    case .drawsAreReproducible: expectReproducibleDraws()
    case .meanOfSamples: expectMeanOfSamples()
    case .bfloat16: expectMixedPrecision()
    case .integratesToOne: expectIntegralOfOneDimension()
    case .integratesToOneInTwoDimensions: expectIntegralOfTwoDimensions()
    case .samplesFollowTheDensity: expectSamplesOfOneDimension()
    case .samplesFollowTheDensityInTwoDimensions: expectSamplesOfTwoDimensions()
    }
  }

  /// A head with weights moved away from their initial values.
  func head(
    context: Int, target: Int, dtype: DType = .float64, seed: UInt64 = 1
  ) -> Head {
    var random = RandomSource(seed: seed)
    var head = make(context, target, dtype, &random)
    head.forEachParameter { name, tensor, kind in
      guard kind == .trained, tensor.count > 0 else { return }
      var draws = random.split(name)
      tensor = tensor + Tensor.normal(tensor.shape, dtype: dtype, using: &draws) * perturbation
    }
    return head
  }

  func normal(_ shape: [Int], _ purpose: String, dtype: DType = .float64) -> Tensor {
    var random = RandomSource(seed: 77).split(purpose)
    return .normal(shape, dtype: dtype, using: &random)
  }

  /// The exact log-density, or a failure that says there is none.
  func logDensity(_ prediction: Head.Prediction, of y: Tensor) -> Tensor? {
    guard let exact = prediction as? any ExactDensity else {
      Issue.record("\(label): \(Head.Prediction.self) is not an ExactDensity")
      return nil
    }
    return exact.logDensity(of: y)
  }

  func loss(_ head: Head, _ context: Tensor, _ y: Tensor) -> Tensor {
    var draws = RandomSource(seed: 5)
    return head(context).loss(of: y, using: &draws)
  }
}
