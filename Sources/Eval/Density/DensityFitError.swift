/// Why a head could not be fitted.
public enum DensityFitError: Error, CustomStringConvertible, Equatable {
  /// There are no training rows.
  case empty
  /// Some targets or contexts are NaN or infinite.
  case data(String)
  /// A quantity became NaN or infinite; epochs count from 1.
  case notFinite(quantity: String, epoch: Int)

  public var description: String {
    switch self {
    case .empty: "there are no training rows to fit a density to"
    case .data(let what): "the \(what) hold NaN or infinity; leave those rows out"
    case .notFinite(let quantity, let epoch):
      "the \(quantity) is not finite in epoch \(epoch); lower learning_rate or gradient_clip"
    }
  }
}
