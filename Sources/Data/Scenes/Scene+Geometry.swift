import Foundation

extension Scene.Shape {
  /// The distance from `p` to the edge of the shape in the unit circle, negative inside. Exact
  /// near the edges, which is where antialiasing reads it; near corners it is a bound.
  func signedDistance(_ p: Scene.Point) -> Float {
    switch self {
    case .disc:
      return 0.95 * ((p * p).sum().squareRoot() - 0.9)
    case .square:
      return max(abs(p.x), abs(p.y)) - 0.76
    case .triangle:
      // The largest of the distances to three lines, 120 degrees apart.
      let half = Float(3).squareRoot() / 2
      return max(p.y, half * abs(p.x) - 0.5 * p.y) - 0.5
    case .cross:
      let x = abs(p.x)
      let y = abs(p.y)
      return min(max(x - 0.95, y - 0.31), max(y - 0.95, x - 0.31))
    }
  }
}

extension Scene.Texture {
  /// The share of the second colour at `p`, in periods; `blur` is a pixel's size in periods.
  func share(_ p: Scene.Point, blur: Float) -> Float {
    switch self {
    case .stripes:
      return Self.squareWave(p.x, blur: blur)
    case .checks:
      // A half of each square of two by two.
      let x = 2 * Self.squareWave(p.x, blur: blur) - 1
      let y = 2 * Self.squareWave(p.y, blur: blur) - 1
      return 0.5 + 0.5 * x * y
    case .dots:
      // Half of the area, as with the others: pi r^2 = 1/2.
      let cell = p - p.rounded(.down) - 0.5
      let distance = (cell * cell).sum().squareRoot() - 0.39894
      return max(0, min(1, 0.5 - distance / blur))
    }
  }

  /// 1 on the first half of each period and 0 on the second, with edges `blur` wide.
  private static func squareWave(_ x: Float, blur: Float) -> Float {
    let t = x - x.rounded(.down)
    // The distance to the nearer edge (at 0, 1/2 and 1), positive on the first half.
    let distance = t < 0.5 ? min(t, 0.5 - t) : -min(t - 0.5, 1 - t)
    return max(0, min(1, 0.5 + distance / blur))
  }
}
