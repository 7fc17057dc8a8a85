import JEPATensor

/// The make-up of a ``FlowHead``.
///
/// With C = 96 and D = 191 the defaults cost 3.0 MFLOP a row forward: 0.37 for the conditional affine
/// layer and 0.33 a coupling. Splines of 8 bins cost 1.1 a coupling, so 2 to 4 of them do; `lu` adds
/// 0.07 a coupling, in float32 even where matrices are bfloat16.
public struct FlowOptions: Sendable, Equatable {
  /// How a coupling maps a coordinate.
  public enum Coupling: String, Sendable, CaseIterable {
    /// v eˢ + t (Dinh et al. 2017).
    case affine
    /// A monotonic rational-quadratic spline (Durkan et al. 2019).
    case spline
  }

  /// What stands between couplings.
  public enum Mixing: String, Sendable, CaseIterable {
    /// A fixed random permutation, drawn from `permutationSeed`.
    case permutation
    /// That, and a learned linear map as a product of triangular matrices (Kingma & Dhariwal 2018,
    /// section 3.2).
    case lu
  }

  /// The number of couplings; 0 leaves the conditional affine layer alone, a diagonal Gaussian.
  public var couplings = 8
  public var coupling = Coupling.affine
  public var mixing = Mixing.permutation
  /// The width of each network.
  public var hiddenDimensions = 192
  /// Residual blocks of two layers in each network.
  public var residualBlocks = 1
  /// Whether targets first pass an affine map of every coordinate whose scale and shift come from the
  /// context alone: a conditional Gaussian, which the couplings then bend. Has no effect without
  /// context, unless there are no couplings.
  public var conditionalAffine = true
  /// The largest |log-scale| of one affine coupling.
  public var logScaleBound = 3.0
  /// Bins of a spline, 1 to ``Tensor/largestSplineBins``.
  public var bins = 8
  /// Splines act on [−tailBound, tailBound] and are the identity outside.
  public var tailBound = 5.0
  /// The seed of the random halves that couplings transform. It is part of the model: parameters fit
  /// the seed they were trained with.
  public var permutationSeed = 0
  /// Draws behind each row of `mean`, at least 2; taken as pairs z, −z.
  public var meanDraws = 64

  public init() {}

  /// Which coordinates coupling `index` transforms, rising. Couplings 2j and 2j + 1 transform the two
  /// halves of one random permutation, so that any two couplings in a row reach every coordinate. A
  /// coordinate alone is transformed by every coupling.
  func transformedColumns(of index: Int, dimensions: Int) -> [Int32] {
    if dimensions == 1 { return [0] }
    var random = RandomSource(seed: UInt64(bitPattern: Int64(permutationSeed)))
      .split("flow permutation").split(index / 2)
    let order = random.permutation(dimensions).map(Int32.init)
    let half = dimensions / 2
    return (index % 2 == 0 ? order[..<half] : order[half...]).sorted()
  }
}
