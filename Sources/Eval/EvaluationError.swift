/// Why features cannot be evaluated.
public enum EvaluationError: Error, CustomStringConvertible, Equatable {
  /// There are no rows.
  case empty(String)
  /// Some values are NaN or infinite.
  case notFinite(String)

  public var description: String {
    switch self {
    case .empty(let what): "\(what) has no rows; is the data set empty?"
    case .notFinite(let what):
      "\(what) hold NaN or infinity; the encoder has diverged: take an earlier checkpoint"
    }
  }
}
