import JEPATensor

/// One fold's rows in units of standard deviations.
///
/// Every column is shifted and scaled by its mean and standard deviation (dividing by n) over all of
/// the fold's rows that are not test rows, as the published tables do. Densities are of these scaled
/// values; nothing is added for the scaling.
public struct FoldData: Sendable {
  /// Targets [N, D] and contexts [N, C], float64; C may be 0.
  public struct Part: Sendable {
    public let targets: Tensor
    public let contexts: Tensor

    public var rows: Int { targets.shape[0] }

    /// The same values in another type.
    public func cast(to dtype: DType) -> Part {
      Part(targets: targets.cast(to: dtype), contexts: contexts.cast(to: dtype))
    }
  }

  public let training: Part
  public let validation: Part
  public let test: Part
  /// Per column of the table: what was subtracted, and what was divided by.
  public let means: [Double]
  public let deviations: [Double]

  /// The rows that are not test rows: what a density without early stopping is fitted to.
  public var notTest: Part {
    Part(
      targets: .concatenated([training.targets, validation.targets], axis: 0),
      contexts: .concatenated([training.contexts, validation.contexts], axis: 0))
  }

  /// - Parameters:
  ///   - conditions: the columns that are given; all others are targets.
  /// - Throws: ``TableError`` for a column without variance.
  public init(_ table: Table, fold: DensityFold, conditions: [Int] = []) throws {
    let all = Array(table.columns.indices)
    let known = fold.training + fold.validation
    require(!known.isEmpty, "FoldData: fold \(fold.name) has no training rows")
    let values = table.tensor(rows: known, columns: all)
    let mean = values.mean(axis: 0)
    let deviation = (values - mean).square().mean(axis: 0).squareRoot()
    let means = mean.doubles()
    let deviations = deviation.doubles()
    for column in all {
      let refuse = { TableError(table.path, column: table.columns[column], $0) }
      guard deviations[column].isFinite else {
        throw refuse("holds values too large to square; rescale it")
      }
      // Rounding of the mean leaves a little deviation where there is none.
      let first = table.value(row: known[0], column: column)
      guard known.contains(where: { table.value(row: $0, column: column) != first }) else {
        throw refuse(
          "is constant in the training rows of fold \(fold.name), so its density has no bound; "
            + "--drop it")
      }
    }
    let targets = all.filter { !conditions.contains($0) }
    func scaled(_ rows: [Int], _ columns: [Int]) -> Tensor {
      let center = Tensor(columns.map { means[$0] }, shape: [columns.count])
      let scale = Tensor(columns.map { deviations[$0] }, shape: [columns.count])
      return (table.tensor(rows: rows, columns: columns) - center) / scale
    }
    func part(_ rows: [Int]) -> Part {
      Part(targets: scaled(rows, targets), contexts: scaled(rows, conditions))
    }
    training = part(fold.training)
    validation = part(fold.validation)
    test = part(fold.test)
    self.means = means
    self.deviations = deviations
  }
}
