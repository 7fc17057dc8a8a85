extension AmbiguousScene {
  /// A pattern in white on red or blue. It fills a square.
  ///
  /// Any two flags differ in every ninth of the square, the middle one included.
  public struct Flag: Sendable, Hashable, Codable, CustomStringConvertible {
    public enum Pattern: String, Sendable, Codable, CaseIterable {
      case roundel, checks, cross, stripes
    }

    public enum Ground: String, Sendable, Codable, CaseIterable {
      case red, blue
    }

    public let ground: Ground
    public let pattern: Pattern

    public init(_ ground: Ground, _ pattern: Pattern) {
      self.ground = ground
      self.pattern = pattern
    }

    /// All eight, in the order in which a scene's possible flags follow each other, cyclically: any
    /// four neighbours have four patterns and both grounds.
    public static let cycle: [Flag] = (0..<8).map { index in
      Flag(
        (index + index / 4).isMultiple(of: 2) ? .red : .blue,
        Pattern.allCases[index % Pattern.allCases.count])
    }

    /// Such as "red-cross".
    public var description: String { "\(ground.rawValue)-\(pattern.rawValue)" }

    /// The colour at a point of the square [-1, 1]², y downwards.
    func color(at p: Scene.Point) -> Scene.Color {
      if isWhite(p) { return Scene.Color(0.97, 0.96, 0.93) }
      switch ground {
      case .red: return Scene.Color(0.82, 0.20, 0.13)
      case .blue: return Scene.Color(0.10, 0.30, 0.66)
      }
    }

    private func isWhite(_ p: Scene.Point) -> Bool {
      switch pattern {
      case .roundel:
        let square = (p * p).sum()
        return square < 0.84 * 0.84 && square > 0.42 * 0.42
      case .checks:
        // Four by four.
        let cell = ((p + 1) * 2).rounded(.down)
        return Int(cell.x + cell.y).isMultiple(of: 2)
      case .cross:
        // Open in the middle, where the ground would not be seen otherwise.
        let (x, y) = (abs(p.x), abs(p.y))
        return min(x, y) < 0.2 && max(x, y) > 0.2
      case .stripes:
        // Six, two in each third.
        return !Int(((p.y + 1) * 3).rounded(.down)).isMultiple(of: 2)
      }
    }
  }
}
