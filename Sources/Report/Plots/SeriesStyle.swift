import JEPATensor

/// How a head is drawn, the same in all plots: a colour, a dash and a mark, so that none is needed to
/// tell lines apart where another serves.
struct SeriesStyle: Sendable, Hashable {
  /// From 0; colours begin again after ``colors``.
  let index: Int

  static let colors = 8

  /// `k0` … `k7`, which the style sheet gives colours.
  var className: String { "k\(index % Self.colors)" }

  /// Of lines; nil is solid.
  var dash: String? {
    [nil, nil, "7 3", "2 3", "9 3 2 3", "5 2", "3 2", "1 2"][index % Self.colors]
  }

  /// The outline of a mark of radius `radius` about a point.
  func mark(x: Double, y: Double, radius r: Double) -> String {
    let p = Coordinates.text
    switch index % 5 {
    case 0:
      return "M\(p(x - r)) \(p(y))a\(p(r)) \(p(r)) 0 1 0 \(p(2 * r)) 0"
        + "a\(p(r)) \(p(r)) 0 1 0 \(p(-2 * r)) 0z"
    case 1:
      let s = 0.88 * r
      return "M\(p(x - s)) \(p(y - s))h\(p(2 * s))v\(p(2 * s))h\(p(-2 * s))z"
    case 2: return "M\(p(x)) \(p(y - 1.2 * r))l\(p(1.15 * r)) \(p(2 * r))h\(p(-2.3 * r))z"
    case 3:
      let s = 1.25 * r
      return "M\(p(x)) \(p(y - s))l\(p(s)) \(p(s))l\(p(-s)) \(p(s))l\(p(-s)) \(p(-s))z"
    default: return "M\(p(x)) \(p(y + 1.2 * r))l\(p(1.15 * r)) \(p(-2 * r))h\(p(-2.3 * r))z"
    }
  }
}

/// Styles for a report's variants: the known heads have colours of their own, other names the rest.
struct StyleKey {
  private var styles: [String: SeriesStyle] = [:]

  /// - Parameters:
  ///   - variants: names with the head of each. Where heads repeat, as in an ablation, colors follow the order.
  ///   - known: the heads that have colors of their own, in their order.
  init(_ variants: [(name: String, head: String?)], heads known: [String]) {
    let heads = variants.compactMap(\.head)
    let areDistinct = heads.count == variants.count && Set(heads).count == heads.count
    var next = areDistinct ? known.count : 0
    for variant in variants {
      if areDistinct, let head = variant.head, let own = known.firstIndex(of: head) {
        styles[variant.name] = SeriesStyle(index: own)
      } else {
        styles[variant.name] = SeriesStyle(index: next)
        next += 1
      }
    }
  }

  subscript(name: String) -> SeriesStyle { styles[name] ?? SeriesStyle(index: 0) }
}

/// Numbers in SVG.
enum Coordinates {
  /// To a tenth of a pixel, as short as it can be.
  static func text(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let tenths = Int(bounded: (value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, rest) = abs(tenths).quotientAndRemainder(dividingBy: 10)
    return sign + (rest == 0 ? "\(whole)" : "\(whole).\(rest)")
  }

  /// `M x y L x y …`; points that are not finite break the line.
  static func path(_ points: [(x: Double, y: Double)]) -> String {
    var text = ""
    var isDown = false
    for point in points {
      guard point.x.isFinite, point.y.isFinite else {
        isDown = false
        continue
      }
      text += (isDown ? "L" : "M") + Self.text(point.x) + " " + Self.text(point.y)
      isDown = true
    }
    return text
  }
}
