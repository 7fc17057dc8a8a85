import JEPA
import JEPAPoint

extension PointOptions: ReadableOptions {
  /// `beta`; the deviation `scale`, or `learn_scale: true`.
  init(reading options: inout HeadOptionReader, defaults: Self) throws {
    self = defaults
    beta = try options.number("beta", default: beta, above: 0)
    let (learned, fixed): (Bool, Double) =
      switch scale {
      case .learned: (true, 1)
      case .fixed(let value): (false, value)
      }
    let isGiven = options.has("scale")
    if try options.boolean("learn_scale", default: learned && !isGiven) {
      scale = .learned
    } else {
      scale = .fixed(try options.number("scale", default: fixed, above: 0))
    }
  }
}
