/// A head that says how it is best fitted to a table, where options for embeddings would not do: `jepa density` and
/// `FoldDensity` begin with it, so that tool and library give the same figures.
public protocol TableHead: DensityPredictor {
  associatedtype Options

  /// Options for tables of a few columns and some thousands of rows.
  static var tableOptions: Options { get }

  /// The training that goes with them. Its noise is the largest that is tried, where noise is chosen by validation
  /// rows.
  static var tableTraining: DensityFitSettings { get }
}
