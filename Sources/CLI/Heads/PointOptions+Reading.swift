import JEPA
import JEPAPoint

extension PointOptions: ReadableOptions {
  /// `beta`; the deviation `scale`, or `learn_scale: true`.
  init(reading options: inout HeadOptionReader) throws {
    self.init()
    beta = try options.number("beta", default: beta, above: 0)
    if try options.boolean("learn_scale", default: false) {
      scale = .learned
    } else {
      scale = .fixed(try options.number("scale", default: 1, above: 0))
    }
  }
}
