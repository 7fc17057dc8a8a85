/// A choice among preparations by what they give on validation rows.
public struct PreparationChoice: Sendable, Equatable {
  /// What was tried, in that order, with the mean log-likelihood of validation rows in nats; nil where the fit failed.
  public private(set) var tried: [(preparation: DensityPreparation, validation: Double?)] = []
  /// What was best.
  public private(set) var chosen: DensityPreparation

  /// Chooses whether to whiten, with the noise as it is given, and then among smaller noises, 0 the last of them. Of
  /// equals, the later.
  ///
  /// - Parameters:
  ///   - noise: the largest noise that is tried.
  ///   - fixedNoise: the noise, where it is not to be chosen.
  ///   - fixedWhitening: whether to whiten, where that is not to be chosen.
  ///   - validation: the mean log-likelihood of validation rows with a preparation; nil where it cannot be fitted.
  public init(
    noise: Double, fixedNoise: Double? = nil, fixedWhitening: Bool? = nil,
    validation: (DensityPreparation) throws -> Double?
  ) rethrows {
    let largest = fixedNoise ?? noise
    chosen = DensityPreparation(noise: largest, whitening: fixedWhitening ?? false)
    var best: Double?
    func consider(_ preparation: DensityPreparation) throws {
      let value = try validation(preparation)
      tried.append((preparation, value))
      if let value, value.isFinite, best.map({ value >= $0 }) ?? true {
        (best, chosen) = (value, preparation)
      }
    }
    for whitening in fixedWhitening.map({ [$0] }) ?? [false, true] {
      try consider(DensityPreparation(noise: largest, whitening: whitening))
    }
    if fixedNoise == nil, noise > 0 {
      let whitening = chosen.whitening
      for part in [0.3, 0] {
        try consider(DensityPreparation(noise: noise * part, whitening: whitening))
      }
    }
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.chosen == b.chosen && a.tried.elementsEqual(b.tried) { $0 == $1 }
  }
}
