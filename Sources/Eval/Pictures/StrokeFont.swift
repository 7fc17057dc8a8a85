import Foundation

/// Letters as strokes, drawn at any size. Heights: capitals and digits 7, small letters 5, descenders
/// to −2, with y upwards from the baseline.
package enum StrokeFont {
  static let capitalHeight = 7.0
  private static let spacing = 1.9
  private static let space = 2.4

  /// The width of a line of text.
  package static func width(of text: String) -> Double {
    max(0, text.reduce(-spacing) { $0 + advance(of: $1) })
  }

  /// The strokes of a line of text, each a polyline from the start of its baseline. Characters
  /// without a drawing leave a gap.
  static func strokes(of text: String) -> [[(x: Double, y: Double)]] {
    var result: [[(x: Double, y: Double)]] = []
    var offset = 0.0
    for character in text {
      for stroke in glyphs[character]?.strokes ?? [] {
        result.append(stroke.map { (offset + $0.x, $0.y) })
      }
      offset += advance(of: character)
    }
    return result
  }

  /// Whether the character can be drawn.
  package static func has(_ character: Character) -> Bool {
    character == " " || glyphs[character] != nil
  }

  private static func advance(of character: Character) -> Double {
    (glyphs[character]?.width ?? space - spacing + 0.6) + spacing
  }

  private struct Glyph {
    var width: Double
    var strokes: [[(x: Double, y: Double)]]
  }

  private static let glyphs: [Character: Glyph] = {
    var result: [Character: Glyph] = [:]
    for line in drawings.split(separator: "\n") {
      if let character = line.first { result[character] = glyph(line.dropFirst()) }
    }
    return result
  }()

  /// "width | L x y x y … | A cx cy rx ry from to | …": lines through points, and arcs of ellipses
  /// from one angle to another, in degrees anticlockwise from the right.
  private static func glyph(_ drawing: Substring) -> Glyph {
    let parts = drawing.split(separator: "|")
    var result = Glyph(width: numbers(parts[0]).first ?? 0, strokes: [])
    for part in parts.dropFirst() {
      let values = numbers(part)
      if part.contains("A"), values.count == 6 {
        result.strokes.append(
          (0...20).map { step in
            let degrees = values[4] + (values[5] - values[4]) * Double(step) / 20
            let angle = degrees * Double.pi / 180
            return (values[0] + values[2] * cos(angle), values[1] + values[3] * sin(angle))
          })
      } else {
        result.strokes.append(
          stride(from: 0, to: values.count - 1, by: 2).map { (values[$0], values[$0 + 1]) })
      }
    }
    return result
  }

  private static func numbers(_ text: Substring) -> [Double] {
    text.split(separator: " ").compactMap { Double($0) }
  }

  private static let drawings = """
    a 4.4 | A 2.2 2.5 2.2 2.5 0 360 | L 4.4 5 4.4 0
    b 4.4 | L 0 7.2 0 0 | A 2.2 2.5 2.2 2.5 0 360
    c 4 | A 2.3 2.5 2.3 2.5 48 312
    d 4.4 | L 4.4 7.2 4.4 0 | A 2.2 2.5 2.2 2.5 0 360
    e 4.4 | A 2.2 2.5 2.2 2.5 0 315 | L 0 2.5 4.4 2.5
    f 2.7 | L 1.1 0 1.1 5.7 | A 2.6 5.7 1.5 1.5 180 75 | L 0 4.8 2.6 4.8
    g 4.4 | A 2.2 2.5 2.2 2.5 0 360 | L 4.4 5 4.4 -0.1 | A 2.2 -0.1 2.2 1.9 0 -145
    h 4 | L 0 7.2 0 0 | A 2 3 2 2 180 0 | L 4 3 4 0
    i 0 | L 0 5 0 0 | L 0 6.9
    j 0.8 | L 0.8 5 0.8 -0.9 | A -0.2 -0.9 1 1.1 0 -90 | L 0.8 6.9
    k 3.8 | L 0 7.2 0 0 | L 3.6 5 0 1.8 | L 1.3 2.95 3.8 0
    l 0 | L 0 7.2 0 0
    m 6.4 | L 0 5 0 0 | A 1.6 3.4 1.6 1.6 180 0 | L 3.2 3.4 3.2 0 | A 4.8 3.4 1.6 1.6 180 0 | L 6.4 3.4 6.4 0
    n 4 | L 0 5 0 0 | A 2 3 2 2 180 0 | L 4 3 4 0
    o 4.6 | A 2.3 2.5 2.3 2.5 0 360
    p 4.4 | L 0 5 0 -2 | A 2.2 2.5 2.2 2.5 0 360
    q 4.4 | L 4.4 5 4.4 -2 | A 2.2 2.5 2.2 2.5 0 360
    r 2.6 | L 0 5 0 0 | A 2 2.8 2 2.2 180 65
    s 3.5 | A 1.8 3.75 1.6 1.25 35 270 | A 1.7 1.25 1.8 1.25 90 -150
    t 2.7 | L 1.1 6.6 1.1 1.2 | A 2.3 1.2 1.2 1.2 180 290 | L 0 4.8 2.6 4.8
    u 4 | L 0 5 0 2 | A 2 2 2 2 180 360 | L 4 5 4 0
    v 4 | L 0 5 2 0 4 5
    w 6 | L 0 5 1.5 0 3 5 4.5 0 6 5
    x 3.8 | L 0 5 3.8 0 | L 0 0 3.8 5
    y 4 | L 0 5 2 0 | L 4 5 1.2 -2
    z 3.8 | L 0.1 5 3.7 5 0 0 3.8 0
    A 5 | L 0 0 2.5 7 5 0 | L 0.9 2.4 4.1 2.4
    B 4.4 | L 2.4 0 0 0 0 7 2.3 7 | A 2.3 5.3 1.7 1.7 90 -90 | L 2.3 3.6 0 3.6 | A 2.4 1.8 2 1.8 90 -90
    C 5.2 | A 3 3.5 3 3.5 48 312
    D 4.8 | L 1.6 0 0 0 0 7 1.6 7 | A 1.6 3.5 3.2 3.5 90 -90
    E 4 | L 4 7 0 7 0 0 4 0 | L 0 3.7 3.4 3.7
    F 3.8 | L 3.8 7 0 7 0 0 | L 0 3.7 3.2 3.7
    G 5.8 | A 3 3.5 3 3.5 48 360 | L 6 3.5 3.6 3.5
    H 4.8 | L 0 7 0 0 | L 4.8 7 4.8 0 | L 0 3.7 4.8 3.7
    I 0 | L 0 7 0 0
    J 2.6 | L 2.6 7 2.6 1.7 | A 1.3 1.7 1.3 1.7 0 -170
    K 4.4 | L 0 7 0 0 | L 4.2 7 0 2.6 | L 1.5 4.1 4.4 0
    L 3.6 | L 0 7 0 0 3.6 0
    M 5.6 | L 0 0 0 7 2.8 1.6 5.6 7 5.6 0
    N 4.8 | L 0 0 0 7 4.8 0 4.8 7
    O 6 | A 3 3.5 3 3.5 0 360
    P 4.2 | L 0 0 0 7 2.3 7 | A 2.3 5.1 1.9 1.9 90 -90 | L 2.3 3.2 0 3.2
    Q 6 | A 3 3.5 3 3.5 0 360 | L 3.8 2 6 -0.5
    R 4.4 | L 0 0 0 7 2.3 7 | A 2.3 5.2 1.8 1.8 90 -90 | L 2.3 3.4 0 3.4 | L 2.1 3.4 4.4 0
    S 4.2 | A 2.1 5.25 1.9 1.75 35 270 | A 2.1 1.75 2.1 1.75 90 -150
    T 4.8 | L 0 7 4.8 7 | L 2.4 7 2.4 0
    U 4.8 | L 0 7 0 2.4 | A 2.4 2.4 2.4 2.4 180 360 | L 4.8 2.4 4.8 7
    V 5 | L 0 7 2.5 0 5 7
    W 7.2 | L 0 7 1.8 0 3.6 7 5.4 0 7.2 7
    X 4.8 | L 0 7 4.8 0 | L 0 0 4.8 7
    Y 4.8 | L 0 7 2.4 3.4 4.8 7 | L 2.4 3.4 2.4 0
    Z 4.6 | L 0.1 7 4.5 7 0 0 4.6 0
    0 4.4 | A 2.2 3.5 2.2 3.5 0 360
    1 4.4 | L 0.8 5.7 2.5 7 2.5 0
    2 4.4 | A 2.15 4.9 2.05 2.1 165 -35 | L 3.83 3.7 0.1 0 4.4 0
    3 4.4 | A 2.1 5.25 1.8 1.75 150 -90 | A 2.1 1.75 2.15 1.75 90 -150
    4 4.4 | L 3.4 0 3.4 7 0 2 4.5 2
    5 4.4 | L 3.9 7 0.9 7 0.54 3.84 | A 2.1 2.25 2.2 2.25 135 -145
    6 4.4 | A 2.2 2.2 2.2 2.2 0 360 | A 3.9 2.3 3.9 4.7 180 95
    7 4.4 | L 0 7 4.4 7 1.5 0
    8 4.4 | A 2.2 5.25 1.85 1.75 0 360 | A 2.2 1.75 2.2 1.75 0 360
    9 4.4 | A 2.2 4.8 2.2 2.2 0 360 | A 0.5 4.7 3.9 4.7 0 -85
    . 0 | L 0 0.1
    , 0.4 | L 0.4 0.2 0 -1.2
    : 0 | L 0 0.3 | L 0 4.2
    ; 0.4 | L 0.4 0.2 0 -1.2 | L 0.4 4.2
    < 3.4 | L 3.4 5.2 0 3.2 3.4 1.2
    > 3.4 | L 0 5.2 3.4 3.2 0 1.2
    ' 0 | L 0 7 0 5.4
    - 2.2 | L 0 2.7 2.2 2.7
    − 3.4 | L 0 3.2 3.4 3.2
    + 3.6 | L 0 3.2 3.6 3.2 | L 1.8 1.4 1.8 5
    ± 3.6 | L 0 3.8 3.6 3.8 | L 1.8 2 1.8 5.6 | L 0 0.5 3.6 0.5
    = 3.8 | L 0 4.2 3.8 4.2 | L 0 2.2 3.8 2.2
    ( 1.6 | A 4 3 4 5 135 225
    ) 1.6 | A -2.4 3 4 5 45 -45
    / 2.6 | L 0 -0.8 2.6 7.6
    % 6 | A 1.3 5.5 1.3 1.5 0 360 | A 4.7 1.5 1.3 1.5 0 360 | L 1.2 0 4.8 7
    _ 4 | L 0 -1 4 -1
    """
}
