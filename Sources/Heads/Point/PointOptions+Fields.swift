import JEPADensity

extension PointOptions: HeadOptions {
  public static let fields: [ConfigurationField<Self>] = [
    .init("beta", \.beta, .above(0), "where smooth L1 turns from squared to linear"),
    .init(
      "scale",
      "deviation of the Gaussian that is read around the point; unless given that of the targets' noise",
      expectation: "a number; must be above 0",
      read: { value, options in
        guard let number = Double(value) else { return Double.mismatch(with: value) }
        guard number > 0 else { return "is \(value.yaml); it must be above 0.0" }
        options.scale = .fixed(number)
        return nil
      },
      write: { options in
        if case .fixed(let value) = options.scale { return .number(value) }
        return .null
      }),
    .init(
      "learn_scale", "whether that deviation is learned instead", expectation: Bool.expectation,
      read: { value, options in
        guard let isLearned = Bool(value) else { return Bool.mismatch(with: value) }
        if isLearned {
          options.scale = .learned
        } else if options.scale == .learned {
          options.scale = .fixed(1)
        }
        return nil
      },
      write: { .boolean($0.scale == .learned) }),
  ]
}
