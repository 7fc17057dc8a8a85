import JEPADensity

extension PointHead: TableHead {
  /// A deviation that is learned: a table has no other.
  public static var tableOptions: PointOptions {
    var options = PointOptions()
    options.scale = .learned
    return options
  }

  public static var tableTraining: DensityFitSettings { DensityFitSettings() }
}
