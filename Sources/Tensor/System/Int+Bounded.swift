extension Int {
  /// A number without what follows its point, held within ± 2⁵³, so that its magnitude, and sums of some, are numbers too;
  /// 0 for NaN.
  ///
  /// For numbers from outside, such as those of a file, of which `Int(_:)` would end the process.
  package init(bounded value: Double) {
    let limit = Double(1 << 53)
    self = value.isNaN ? 0 : Int(Swift.min(Swift.max(value, -limit), limit))
  }
}
